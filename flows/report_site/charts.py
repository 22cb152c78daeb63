"""The timeline and the map as shapes with positions; the templates draw them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from extractors.gazetteer import Gazetteer, Spot
from flows.report_site import wording
from flows.report_site.gather import Known, Row
from flows.report_site.names import month_of
from flows.report_site.projection import HEIGHT, WIDTH, project

_ROWS = 12
RECENT_DAYS = 90
_COLUMN, _LINE, _LEFT = 9.4, 30.0, 110.0
_LABELS = 14


def _view(lon: float, lat: float, width: float) -> tuple[float, float, float, float]:
    x, y = project(lon, lat)
    height = width * HEIGHT / WIDTH
    return x - width / 2, y - height / 2, width, height


# x, y, width and height on the map.
VIEWS = {
    "World": (0.0, 0.0, WIDTH, HEIGHT),
    "East Asia": _view(130.0, 36.0, 200.0),
    "Middle East": _view(46.0, 29.0, 140.0),
    "Europe": _view(32.0, 51.0, 160.0),
    "Americas": _view(-90.0, 22.0, 330.0),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """An incident on the timeline; `x` and `y` in units of its drawing."""

    x: float
    y: float
    row: Row


@dataclass(frozen=True, slots=True)
class Timeline:
    """`lanes` are (label, y) from the top, `ticks` (label, x); width and height in units."""

    width: float
    height: float
    lanes: tuple[tuple[str, float], ...]
    ticks: tuple[tuple[str, float], ...]
    marks: tuple[Mark, ...]
    first: date
    last: date


def timeline(rows: Sequence[Row]) -> Timeline | None:
    """Incidents of the last `RECENT_DAYS` by day and launching side, the busiest sides on top."""
    if not rows:
        return None
    last = max(row["incident_date"] for row in rows)
    first = max(min(row["incident_date"] for row in rows), last - timedelta(days=RECENT_DAYS - 1))
    shown = [row for row in rows if row["incident_date"] >= first]
    busiest = [name for name, _ in Counter(wording.side(row) for row in shown).most_common()]
    lanes = [*busiest[: _ROWS - 1], "others"] if len(busiest) > _ROWS else busiest
    days = (last - first).days + 1
    column = max(_COLUMN, 980.0 / days)
    place = {name: 26.0 + _LINE * at for at, name in enumerate(lanes)}
    seen: Counter[tuple[date, float]] = Counter()
    marks = []
    for row in shown:
        y = place.get(wording.side(row), place.get("others", 0.0))
        beside = seen[row["incident_date"], y]
        seen[row["incident_date"], y] += 1
        offset = (-1) ** beside * math.ceil(beside / 2) * 5.0
        marks.append(
            Mark(_LEFT + column * ((row["incident_date"] - first).days + 0.5), y + max(-12, min(12, offset)), row)
        )
    ticks = tuple(
        (f"{day:%-d %b}", _LEFT + column * ((day - first).days + 0.5))
        for day in (first + timedelta(days=n) for n in range(days))
        if days <= 20 or day.day in (1, 11, 21)
    )
    return Timeline(
        _LEFT + column * days + 14, 26.0 + _LINE * len(lanes), tuple(place.items()), ticks, tuple(marks), first, last
    )


@dataclass(frozen=True, slots=True)
class Months:
    """Incidents by launching country and month: `lines` are (country, {month: number}), all months in order."""

    months: tuple[str, ...]
    lines: tuple[tuple[str, dict[str, int]], ...]
    most: int


def months(incidents: Iterable[Known]) -> Months:
    """How many incidents each month saw, by country, the busiest first."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for known in incidents:
        counts[known.country or "unknown"][month_of(known.day)] += 1
    lines = sorted(counts.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    return Months(
        tuple(sorted({month for _, line in lines for month in line})),
        tuple((name, dict(line)) for name, line in lines),
        max((number for _, line in lines for number in line.values()), default=0),
    )


@dataclass(frozen=True, slots=True)
class Dot:
    """A place on the map: launch site or landing area, with the number of incidents and the latest of them."""

    x: float
    y: float
    radius: float
    name: str
    role: str
    number: int
    family: str
    latest: str
    labelled: bool = False


@dataclass(frozen=True, slots=True)
class Flight:
    """A line from a launch site toward a landing area."""

    path: str
    family: str


def dots(places: Iterable[tuple[str, str, str, int, str]], gazetteer: Gazetteer) -> list[Dot]:
    """Places of (role, name as told, class, number, latest incident_id) as dots, those of one place together."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for role, named, weapon_class, number, latest in places:
        spot = gazetteer.place(named)
        if spot is None:
            continue
        known = found.setdefault(
            (role, spot.name), {"spot": spot, "number": 0, "families": Counter(), "latest": latest}
        )
        known["number"] += number
        known["families"][wording.family(weapon_class)] += number
        known["latest"] = max(known["latest"], latest, key=lambda name: (name.split("-")[1:2], name))
    ordered = sorted(found.items(), key=lambda item: (-item[1]["number"], item[0]))
    labelled = _labelled([(key, known["spot"]) for key, known in ordered if key[0] == "launch site"])
    return [
        Dot(
            *project(known["spot"].lon, known["spot"].lat),
            min(9.0, 2.2 + 1.1 * math.sqrt(known["number"])),
            key[1],
            key[0],
            known["number"],
            known["families"].most_common(1)[0][0],
            known["latest"],
            key in labelled,
        )
        for key, known in ordered
    ]


def _labelled(sites: Iterable[tuple[tuple[str, str], Spot]]) -> set[tuple[str, str]]:
    """The sites whose names find room, the busiest first."""
    taken: list[tuple[float, float]] = []
    named = set()
    for key, spot in sites:
        x, y = project(spot.lon, spot.lat)
        if len(taken) < _LABELS and all(abs(x - a) > 130 or abs(y - b) > 11 for a, b in taken):
            taken.append((x, y))
            named.add(key)
    return named


def flights(rows: Iterable[Row], gazetteer: Gazetteer) -> list[Flight]:
    """Arcs of incidents whose launch site and landing area the packs both know."""
    drawn = {}
    for row in rows:
        ends = [gazetteer.place(row[name]) if row[name] else None for name in ("launch_site", "landing_area")]
        if ends[0] and ends[1]:
            (x1, y1), (x2, y2) = (project(spot.lon, spot.lat) for spot in ends if spot)
            lift = math.hypot(x2 - x1, y2 - y1) * 0.2
            path = f"M{x1:.1f} {y1:.1f}Q{(x1 + x2) / 2:.1f} {(y1 + y2) / 2 - lift:.1f} {x2:.1f} {y2:.1f}"
            drawn[path] = Flight(path, wording.family(row["weapon_class"]))
    return list(drawn.values())


def around(found: Sequence[Dot]) -> tuple[float, float, float, float]:
    """The view that holds these dots with room about them: x, y, width, height."""
    left, right = min(dot.x for dot in found), max(dot.x for dot in found)
    top, bottom = min(dot.y for dot in found), max(dot.y for dot in found)
    width = max(60.0, (right - left) * 1.6, (bottom - top) * 1.6 * WIDTH / HEIGHT)
    height = width * HEIGHT / WIDTH
    return (left + right - width) / 2, (top + bottom - height) / 2, width, height
