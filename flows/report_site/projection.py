"""The map: Equal Earth projection (Savric, Patterson, Jenny 2018), centred on 150° E so that the Pacific stays whole.

`python -m flows.report_site.projection land-50m.json > flows/report_site/templates/land.svg` makes the coastlines from
the npm package world-atlas 2.0.2 (ISC licence), which holds Natural Earth 4.1.0 (public domain) as TopoJSON.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

WIDTH, HEIGHT = 1000.0, 487.0
_CENTRE = 150.0
_A = (1.340264, -0.081106, 0.000893, 0.003796)
_M = math.sqrt(3) / 2
_SCALE = WIDTH / 5.41332
# Units of the map; a pixel of a map drawn 1,000 pixels wide.
_TOLERANCE = 0.22
_LEAST_AREA = 0.35

Point = tuple[float, float]


def project(lon: float, lat: float) -> Point:
    """Position on the map of WGS 84 degrees: x from 0 to `WIDTH`, y from 0 (north) to `HEIGHT`."""
    return _flat(_turned(lon), lat)


def lean(x: float, y: float) -> float:
    """How far the meridian through a point of the map leans there: units eastward for each unit southward."""
    height = (HEIGHT / 2 - y) / _SCALE
    theta = height
    for _ in range(6):
        theta -= (_height(theta) - height) / _rise(theta)
    step = 1e-4
    widening = (_width(theta + step) - _width(theta - step)) / (2 * step * _width(theta))
    return -(x - WIDTH / 2) * widening / (_rise(theta) * _SCALE)


def tracks(start: Point, end: Point) -> list[tuple[Point, Point]]:
    """The shorter way between two (longitude, latitude) on the map: one stretch, or where it leads over the map's edge
    two, each of which ends beyond it.
    """
    a, b = _turned(start[0]), _turned(end[0])
    turn = 360.0 if b - a < -180.0 else -360.0 if b - a > 180.0 else 0.0
    stretches = [(a, b + turn), (a - turn, b)] if turn else [(a, b)]
    return [(_flat(x, start[1]), _flat(y, end[1])) for x, y in stretches]


def _turned(lon: float) -> float:
    """Degrees east of the middle of the map, -180 to 180."""
    return (lon - _CENTRE + 180.0) % 360.0 - 180.0


def _flat(turned: float, lat: float) -> Point:
    theta = math.asin(_M * math.sin(math.radians(lat)))
    return WIDTH / 2 + math.radians(turned) * _width(theta) * _SCALE, HEIGHT / 2 - _height(theta) * _SCALE


def _width(theta: float) -> float:
    """How wide a radian of longitude is."""
    return math.cos(theta) / (_M * _rise(theta))


def _height(theta: float) -> float:
    a1, a2, a3, a4 = _A
    square = theta * theta
    return theta * (a1 + a2 * square + square**3 * (a3 + a4 * square))


def _rise(theta: float) -> float:
    """The derivative of the height."""
    a1, a2, a3, a4 = _A
    square = theta * theta
    return a1 + 3 * a2 * square + square**3 * (7 * a3 + 9 * a4 * square)


def land_path(topology: dict[str, Any]) -> str:
    """SVG path data of the land in a TopoJSON topology with one object `land`."""
    parts = []
    for ring in _rings(topology):
        turned = _unwrapped(ring)
        for shift in (-360.0, 0.0, 360.0):
            clipped = _clip([(lon + shift, lat) for lon, lat in turned])
            line = _simplified([_flat(lon, lat) for lon, lat in clipped])
            if len(line) > 3 and abs(_area(line)) >= _LEAST_AREA:
                parts.append(_relative(line))
    return "".join(parts)


def _rings(topology: dict[str, Any]) -> Iterator[list[Point]]:
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * sx + tx, y * sy + ty))
        arcs.append(points)
    for geometry in topology["objects"]["land"]["geometries"]:
        for polygon in geometry["arcs"]:
            for ring in polygon:
                points = []
                for index in ring:
                    points += arcs[index] if index >= 0 else arcs[~index][::-1]
                yield points


def _unwrapped(ring: Sequence[Point]) -> list[Point]:
    """Longitudes from the centre, running on where the ring crosses the date line instead of jumping back."""
    points: list[Point] = []
    turns = 0.0
    for at, (lon, lat) in enumerate(ring):
        if at and abs(lon - ring[at - 1][0]) > 180.0:
            turns += 360.0 if lon < ring[at - 1][0] else -360.0
        points.append((lon - _CENTRE + turns, lat))
    return points


def _clip(ring: Sequence[Point]) -> list[Point]:
    """The part of a ring between 180 degrees west and east of the centre (Sutherland and Hodgman 1974)."""
    points = list(ring)
    for edge, keep in ((-180.0, 1.0), (180.0, -1.0)):
        kept: list[Point] = []
        for before, at in zip([*points[-1:], *points[:-1]], points, strict=True):
            inside, was_inside = (at[0] - edge) * keep >= 0, (before[0] - edge) * keep >= 0
            if inside != was_inside:
                share = (edge - before[0]) / (at[0] - before[0])
                kept.append((edge, before[1] + share * (at[1] - before[1])))
            if inside:
                kept.append(at)
        points = kept
    return points


def _simplified(line: Sequence[Point]) -> list[Point]:
    """The line without points nearer than the tolerance to it (Douglas and Peucker 1973)."""
    if len(line) < 4:
        return list(line)
    keep = [False] * len(line)
    keep[0] = keep[-1] = True
    spans = [(0, len(line) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        far, at = max((_off(line[n], line[first], line[last]), n) for n in range(first + 1, last))
        if far > _TOLERANCE:
            keep[at] = True
            spans += [(first, at), (at, last)]
    return [point for point, kept in zip(line, keep, strict=True) if kept]


def _off(point: Point, a: Point, b: Point) -> float:
    length = math.dist(a, b)
    if length < 1e-9:
        return math.dist(point, a)
    return abs((b[0] - a[0]) * (a[1] - point[1]) - (a[0] - point[0]) * (b[1] - a[1])) / length


def _area(line: Sequence[Point]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(line, [*line[1:], line[0]], strict=True)) / 2


def _relative(line: Sequence[Point]) -> str:
    whole = [(round(x * 10), round(y * 10)) for x, y in line]
    steps = [f"M{whole[0][0]} {whole[0][1]}l"]
    last = whole[0]
    for at in whole[1:]:
        if at != last:
            steps.append(f"{at[0] - last[0]} {at[1] - last[1]} ".replace(" -", "-"))
            last = at
    return "".join(steps).rstrip() + "z"


def _main() -> None:
    path = land_path(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    sys.stdout.write(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}">'
        "<style>path{fill:#c9d1cb}@media(prefers-color-scheme:dark){path{fill:#3a4540}}</style>"
        f'<path transform="scale(.1)" d="{path}"/></svg>\n'
    )


if __name__ == "__main__":
    _main()
