"""The timeline and the map as shapes with positions; the templates draw them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

from extractors.gazetteer import Gazetteer
from flows.report_site import wording
from flows.report_site.gather import Month, Row
from flows.report_site.projection import HEIGHT, WIDTH, Point, lean, project, tracks

_ROWS = 12
RECENT_DAYS = 90
_COLUMN, _LINE, _LEFT = 9.4, 30.0, 110.0
_MARKS = 22.0
_LANE, _STRIP = 24.0, 940.0
# The middle of the first lane: marks stand above it, and the labels of time above them.
_TOP = 32.0
_AFTER = (("0", 0), ("15 min", 15), ("1 h", 60), ("3 h", 180), ("12 h", 720), ("2 days", 2880), ("1 week", 10080),
          ("1 month", 43200))  # fmt: skip
_LABELS = 14
# Size of a label's letters in pixels of a map drawn 1,000 pixels wide, and what one takes on average.
_LETTER, _LETTER_WIDTH = 10.0, 5.7
_LEAST_SCALE = 0.3
# Views up to this width are set upright.
_REGIONAL = 400.0

Side = Literal["start", "end"]
View = tuple[float, float, float, float]


def _view(lon: float, lat: float, width: float) -> View:
    x, y = project(lon, lat)
    height = width * HEIGHT / WIDTH
    return x - width / 2, y - height / 2, width, height


# x, y, width and height on the map.
VIEWS = {
    "World": (0.0, 0.0, WIDTH, HEIGHT),
    "East Asia": _view(130.0, 36.0, 200.0),
    "Middle East": _view(46.0, _TOP, 165.0),
    "Europe": _view(32.0, 51.0, 160.0),
    "Americas": _view(-90.0, 22.0, 330.0),
}


class Upright(NamedTuple):
    """How a view is slanted so that north is up in its middle; far from the map's own middle meridians lean."""

    slope: float
    middle: float

    @property
    def matrix(self) -> str:
        """For the attribute `transform` of what is drawn in units of the map."""
        return f"matrix(1 0 {self.slope:.4f} 1 {-self.slope * self.middle:.2f} 0)"

    def moved(self, found: Iterable[Dot]) -> list[Dot]:
        """The dots where the view shows them."""
        return [replace(dot, x=dot.x + self.slope * (dot.y - self.middle)) for dot in found]


STRAIGHT = Upright(0.0, 0.0)


def upright(view: View) -> Upright:
    """The slant of a view; none where it shows so much that it has no one north."""
    x, y = view[0] + view[2] / 2, view[1] + view[3] / 2
    return Upright(-lean(x, y) if view[2] < _REGIONAL else 0.0, y)


@dataclass(frozen=True, slots=True)
class Mark:
    """An incident on the timeline; `x` and `y` in units of its drawing."""

    x: float
    y: float
    row: Row


@dataclass(frozen=True, slots=True)
class Lanes:
    """A drawing with time from left to right: `lanes` are (label, y) from the top, `ticks` (label, x), all in units."""

    width: float
    height: float
    lanes: tuple[tuple[str, float], ...]
    ticks: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Timeline(Lanes):
    """Launches from the first day to the last, by launching side."""

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
    place = {name: _TOP + _LINE * at for at, name in enumerate(lanes)}
    beside: dict[tuple[date, float], list[Row]] = defaultdict(list)
    for row in shown:
        beside[row["incident_date"], place.get(wording.side(row), place.get("others", 0.0))].append(row)
    marks = [
        Mark(_LEFT + column * ((day - first).days + 0.5), y + offset, row)
        for (day, y), rows in beside.items()
        for offset, row in zip(_spread(len(rows)), rows, strict=True)
    ]
    ticks = tuple(
        (f"{day:%-d %b}", _LEFT + column * ((day - first).days + 0.5))
        for day in (first + timedelta(days=n) for n in range(days))
        if days <= 20 or day.day in (1, 11, 21)
    )
    return Timeline(
        _LEFT + column * days + 14, _TOP + _LINE * len(lanes), tuple(place.items()), ticks, tuple(marks), first, last
    )


@dataclass(frozen=True, slots=True)
class Response:
    """A reaction on its strip: position, its place in the list below, and the row."""

    x: float
    y: float
    number: int
    row: Row


@dataclass(frozen=True, slots=True)
class Strip(Lanes):
    """Reactions by country and time since the launch."""

    marks: tuple[Response, ...]


def reactions(responses: Sequence[Row]) -> Strip | None:
    """Reactions whose time after the launch is known, countries by their first; None where that shows nothing."""
    told = [(at, row) for at, row in enumerate(responses, 1) if row["minutes"] is not None and row["minutes"] >= 0]
    lanes: dict[str, float] = {}
    for _, row in told:
        lanes.setdefault(_reacting(row), _TOP + _LANE * len(lanes))
    if len(told) < 2:
        return None
    last = max(60, *(row["minutes"] for _, row in told))
    width = _STRIP / _since(last)
    return Strip(
        _LEFT + _STRIP + 24,
        _TOP + _LANE * len(lanes),
        tuple(lanes.items()),
        tuple((label, _LEFT + width * _since(minutes)) for label, minutes in _AFTER if minutes <= last),
        tuple(Response(_LEFT + width * _since(row["minutes"]), lanes[_reacting(row)], at, row) for at, row in told),
    )


def _reacting(row: Row) -> str:
    return wording.shown(row["actor_country"]) or "no country"


def _since(minutes: float) -> float:
    # The first hours matter most and the last reactions come after weeks.
    return math.log1p(minutes / 15)


def _spread(number: int) -> list[float]:
    """Offsets of marks of one day and lane from its middle: apart as far as the lane allows."""
    step = min(10.0, _MARKS / max(1, number - 1))
    return [(at - (number - 1) / 2) * step for at in range(number)]


@dataclass(frozen=True, slots=True)
class Months:
    """Incidents by launching country and month: `lines` are (country, {month: number}), all months in order."""

    months: tuple[str, ...]
    lines: tuple[tuple[str | None, dict[str, int]], ...]
    most: int


def months(counted: Iterable[Month]) -> Months:
    """How many incidents each month saw, by country, the busiest first."""
    counts: dict[str | None, dict[str, int]] = defaultdict(dict)
    for country, month, number in counted:
        counts[country][month] = number
    lines = sorted(counts.items(), key=lambda item: (-sum(item[1].values()), item[0] or "~"))
    return Months(
        tuple(sorted({month for _, line in lines for month in line})),
        tuple(lines),
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
    # Views, by their place among those given to `labelled`, with the side of the dot that the name stands on there.
    labels: tuple[tuple[int, Side], ...] = ()


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
    return [
        Dot(
            *project(known["spot"].lon, known["spot"].lat),
            min(9.0, 2.2 + 1.1 * math.sqrt(known["number"])),
            key[1],
            key[0],
            known["number"],
            known["families"].most_common(1)[0][0],
            known["latest"],
        )
        for key, known in ordered
    ]


def labelled(
    found: Sequence[Dot], views: Iterable[tuple[View, float, Upright]], roles: Sequence[str] = ("launch site",)
) -> list[Dot]:
    """The dots with labels where these find room, the busiest first, in views drawn with dots of that scale."""
    labels: dict[int, list[tuple[int, Side]]] = defaultdict(list)
    for number, (view, scale, slant) in enumerate(views):
        for at, side in _labels(slant.moved(found), view, scale, roles).items():
            labels[at].append((number, side))
    return [replace(dot, labels=tuple(labels.get(at, ()))) for at, dot in enumerate(found)]


def scaled(views: Iterable[View]) -> list[tuple[View, float, Upright]]:
    """Views of the large map with how much smaller site.js draws dots and letters in each, and how it slants them."""
    return [(view, max(_LEAST_SCALE, view[2] / WIDTH), upright(view)) for view in views]


def _labels(found: Sequence[Dot], view: View, scale: float, roles: Sequence[str]) -> dict[int, Side]:
    """Position of each dot that is labelled in this view, and on which side."""
    taken: list[View] = []
    sides: dict[int, Side] = {}
    for at, dot in enumerate(found):
        if dot.role not in roles or len(taken) == _LABELS:
            continue
        free = [
            (sum(_meets(box, (d.x, d.y, 0, 0)) for d in found if d.role == "launch site"), side, box)
            for side, box in _boxes(dot, scale)
            if _within(box, view) and not any(_meets(box, other) for other in taken)
        ]
        if free:
            _, side, box = min(free, key=lambda item: item[0])
            sides[at] = side
            taken.append(box)
    return sides


def _boxes(dot: Dot, scale: float) -> Iterator[tuple[Side, View]]:
    width, height = len(dot.name) * _LETTER_WIDTH * scale, (_LETTER + 1) * scale
    gap = (dot.radius + 2) * scale
    yield "start", (dot.x + gap, dot.y - height / 2, width, height)
    yield "end", (dot.x - gap - width, dot.y - height / 2, width, height)


def _meets(a: View, b: View) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


def _within(a: View, b: View) -> bool:
    return a[0] >= b[0] and a[1] >= b[1] and a[0] + a[2] <= b[0] + b[2] and a[1] + a[3] <= b[1] + b[3]


def flights(rows: Iterable[Row], gazetteer: Gazetteer) -> list[Flight]:
    """Arcs of incidents whose launch site and landing area the packs both know."""
    drawn = {}
    for row in rows:
        start, end = (gazetteer.place(row[name]) if row[name] else None for name in ("launch_site", "landing_area"))
        if start and end:
            for one, other in tracks((start.lon, start.lat), (end.lon, end.lat)):
                path = _arc(one, other)
                drawn[path] = Flight(path, wording.family(row["weapon_class"]))
    return list(drawn.values())


def _arc(start: Point, end: Point) -> str:
    (x1, y1), (x2, y2) = start, end
    lift = math.hypot(x2 - x1, y2 - y1) * 0.2
    return f"M{x1:.1f} {y1:.1f}Q{(x1 + x2) / 2:.1f} {(y1 + y2) / 2 - lift:.1f} {x2:.1f} {y2:.1f}"


def small_scale(view: View) -> float:
    """The scale of dots and letters on the map of one incident, which is drawn a third as wide."""
    return view[2] / 330.0


def around(found: Sequence[Dot]) -> View:
    """The view that holds these dots with room about them, within the map: x, y, width, height."""
    left, right = min(dot.x for dot in found), max(dot.x for dot in found)
    top, bottom = min(dot.y for dot in found), max(dot.y for dot in found)
    width = min(WIDTH, max(60.0, (right - left) * 1.6, (bottom - top) * 1.6 * WIDTH / HEIGHT))
    height = width * HEIGHT / WIDTH
    x, y = (left + right - width) / 2, (top + bottom - height) / 2
    return min(max(0.0, x), WIDTH - width), min(max(0.0, y), HEIGHT - height), width, height
