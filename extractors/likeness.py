"""How alike two reports of a launch are, as weighed reasons that can be read.

Reports of one country and day are presumed to tell of one launch: outlets are many and launches few. Each comparison
below moves that presumption; a reason marked decisive keeps two reports apart whatever else agrees. The weights were
set on the labelled days of tests/extractors/incident_days.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from extractors.daytimes import Hours, hours_apart, told_hours
from extractors.gazetteer import Gazetteer, Spot
from extractors.records import Launch, Status, WeaponClass
from extractors.text import word_set

Relation = Literal["same", "broader", "near", "conflict"]

PRESUMED = 1.0
ENOUGH = 0.6
DECISIVE = -100.0

_BY_RANGE: tuple[WeaponClass, ...] = ("crbm", "srbm", "mrbm", "irbm", "icbm")
_BALLISTIC = frozenset({*_BY_RANGE, "slbm", "ballistic_missile"})
_MISSILES = frozenset(
    {*_BALLISTIC, "cruise_missile", "anti_ship_missile", "hypersonic_missile", "surface_to_air_missile", "missile"}
)
_BROADER: dict[str, frozenset[str]] = {
    "ballistic_missile": _BALLISTIC | {"hypersonic_missile"},
    "cruise_missile": frozenset({"anti_ship_missile"}),
    "missile": _MISSILES,
    "projectile": _MISSILES | {"artillery_rocket", "space_launch_vehicle"},
}
# Outlets call these by each other's names: a satellite launch is "a missile" to its neighbours, a large-calibre rocket
# a short-range missile to others.
_NEAR: frozenset[frozenset[str]] = frozenset(
    frozenset(pair)
    for pair in (
        ("hypersonic_missile", "srbm"), ("hypersonic_missile", "mrbm"), ("hypersonic_missile", "irbm"),
        ("hypersonic_missile", "cruise_missile"), ("anti_ship_missile", "ballistic_missile"),
        ("anti_ship_missile", "srbm"), ("artillery_rocket", "srbm"), ("artillery_rocket", "crbm"),
        ("artillery_rocket", "ballistic_missile"), ("artillery_rocket", "missile"),
        ("space_launch_vehicle", "ballistic_missile"), ("space_launch_vehicle", "icbm"),
        ("space_launch_vehicle", "irbm"), ("space_launch_vehicle", "missile"), ("slbm", "srbm"), ("slbm", "mrbm"),
        ("slbm", "irbm"), ("slbm", "icbm"), ("attack_drone", "projectile"),
    )
)  # fmt: skip

_CLASS_WEIGHT: dict[Relation, float] = {"same": 0.4, "broader": 0.1, "near": -0.35, "conflict": DECISIVE}
# Clock times and figures this near are one: outlets round.
SAME_MINUTES, SAME_SHARE = 20, 0.08
_NEAR_MINUTES, _FAR_MINUTES = 75, 180
# Parts of the day that lie this far apart are two: "morning" has no sharp end.
_PART_MINUTES = 120
# A launch is in the news within hours; a clock told wrong may make a report look this much too early.
_FRESH, _EARLY = timedelta(hours=3), timedelta(minutes=30)
# What lies within an ocean or a large region may still lie anywhere in it.
_BROAD_KM = 250.0
_DAY_MINUTES = 24 * 60
# Words of place names and stories that tell no two of them apart.
_IDLE = word_set(
    """a an the of in on at to from for and or by with its it is was were are be been has had have that this as into
    toward towards off near after about around over said says say told according area areas region coast coastal sea
    waters site base city town county province north south east west eastern western northern southern northeast
    northwest southeast southwest northeastern northwestern southeastern southwestern missile missiles launch launched
    launches fired fires firing test tested tests military official officials us he she they their his"""
)
_WORD = re.compile(r"\w+")
_SECOND = re.compile(
    r"\b(?:another|a second|second (?:launch|test|salvo|missile|rocket)|hours (?:after|later)|later (?:in|on|that|the)|"
    r"(?:third|fourth) (?:launch|test|salvo)|again)\b",
    re.IGNORECASE,
)
_CORRECTS = re.compile(
    r"^correct(?:s|ed|ing|ion)\b|\bcorrection\b|\bcorrects? (?:an?|the|its|our|day|date)\b|"
    r"\b(?:an|our) earlier (?:version|report|story|article)\b",
    re.IGNORECASE,
)


class Reason(NamedTuple):
    """What one comparison says: its weight (above 0 for one launch, below for two) and the words for it."""

    weight: float
    words: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a report says, made comparable. `minutes` and `hours` count from midnight in the launching side's zone."""

    day: date | None
    weapon_class: WeaponClass
    status: Status
    minutes: int | None
    hours: Hours | None
    time_utc: datetime | None
    weapon: str | None
    weapon_words: tuple[str, ...]
    weapon_known: bool
    count: tuple[int | None, int | None] | None
    site: str | None
    site_spot: Spot | None
    landing: str | None
    landing_spot: Spot | None
    distance_km: float | None
    apogee_km: float | None
    actor: str | None
    site_words: frozenset[str]
    landing_words: frozenset[str]
    actor_words: frozenset[str]
    words: frozenset[str]
    second: bool
    corrects: bool
    reported_at: datetime | None


def facts(launch: Launch, *, day: date | None, title: str, reported_at: datetime | None, gazetteer: Gazetteer) -> Facts:
    """The comparable form of a launch told by an article with that title."""
    told = " ".join(span.text for span in launch.evidence)
    known = gazetteer.weapon(launch.weapon_name) if launch.weapon_name else None
    counted = launch.count_min is not None or launch.count_max is not None
    return Facts(
        day=day,
        weapon_class=launch.weapon_class,
        status=launch.status,
        minutes=clock_minutes(launch.time_local),
        hours=told_hours(told),
        time_utc=launch.time_utc,
        weapon=known or _folded(launch.weapon_name),
        weapon_words=tuple(_WORD.findall((launch.weapon_name or "").casefold())),
        weapon_known=known is not None,
        count=(launch.count_min, launch.count_max) if counted else None,
        site=launch.launch_site,
        site_spot=gazetteer.place(launch.launch_site) if launch.launch_site else None,
        landing=launch.landing_area,
        landing_spot=gazetteer.place(launch.landing_area) if launch.landing_area else None,
        distance_km=launch.distance_km,
        apogee_km=launch.apogee_km,
        actor=launch.actor,
        site_words=_content_words(launch.launch_site or ""),
        landing_words=_content_words(launch.landing_area or ""),
        actor_words=_content_words(launch.actor or ""),
        words=_content_words(f"{title} {told}"),
        second=_SECOND.search(told) is not None,
        corrects=_CORRECTS.search(f"{title} {told}") is not None,
        reported_at=reported_at,
    )


def clock_minutes(clock: str | None) -> int | None:
    """Minutes since midnight of "HH:MM", None for anything else."""
    match = re.fullmatch(r"(\d\d):(\d\d)", clock or "")
    return int(match[1]) * 60 + int(match[2]) if match else None


def compare(a: Facts, b: Facts) -> list[Reason]:
    """Every reason for and against one launch, the presumption of the day not among them."""
    return [reason for part in _PARTS for reason in part(a, b)]


def weight(reasons: list[Reason]) -> float:
    """The sum of their weights."""
    return sum(reason.weight for reason in reasons)


def relation(a: WeaponClass, b: WeaponClass) -> Relation:
    """How two classes can name one weapon: "broader" is one containing the other, "near" a usual confusion."""
    if a == b:
        return "same"
    if b in _BROADER.get(a, ()) or a in _BROADER.get(b, ()):
        return "broader"
    if a in _BY_RANGE and b in _BY_RANGE:
        return "near" if abs(_BY_RANGE.index(a) - _BY_RANGE.index(b)) == 1 else "conflict"
    return "near" if frozenset((a, b)) in _NEAR else "conflict"


def is_broader(a: WeaponClass, b: WeaponClass) -> bool:
    """Whether class `a` contains class `b`."""
    return b in _BROADER.get(a, ())


def _classes(a: Facts, b: Facts) -> Iterator[Reason]:
    how = relation(a.weapon_class, b.weapon_class)
    one, other = sorted((_plain(a.weapon_class), _plain(b.weapon_class)))
    yield {
        "same": Reason(_CLASS_WEIGHT["same"], f"both {one}"),
        "broader": Reason(_CLASS_WEIGHT["broader"], f"{one} and {other} fit together"),
        "near": Reason(_CLASS_WEIGHT["near"], f"{one} and {other} are sometimes confused"),
        "conflict": Reason(_CLASS_WEIGHT["conflict"], f"{one} is not {other}"),
    }[how]


def _times(a: Facts, b: Facts) -> Iterator[Reason]:
    if a.minutes is None or b.minutes is None:
        return
    gap = abs(a.minutes - b.minutes)
    gap = min(gap, _DAY_MINUTES - gap)
    if a.time_utc and b.time_utc:
        gap = min(gap, int(abs(a.time_utc - b.time_utc) / timedelta(minutes=1)))
    one, other = sorted((_clock(a.minutes), _clock(b.minutes)))
    if gap <= SAME_MINUTES:
        yield Reason(1.5, f"launch times {one} and {other} agree")
    elif gap <= _NEAR_MINUTES:
        yield Reason(-0.6, f"launch times {one} and {other} are {gap} minutes apart")
    else:
        against = -5.0 if gap > _FAR_MINUTES else -2.2
        yield Reason(against, f"launch times {one} and {other} are {gap // 60} h {gap % 60:02} min apart")


def _parts_of_day(a: Facts, b: Facts) -> Iterator[Reason]:
    if a.minutes is not None and b.minutes is not None:
        return
    one, other = (f.hours if f.minutes is None else (f.minutes, f.minutes) for f in (a, b))
    if not one or not other:
        return
    apart = hours_apart(one, other)
    if apart >= _PART_MINUTES:
        yield Reason(-0.8, f"the parts of the day they tell of lie {apart // 60} h apart")
    elif not apart:
        yield Reason(0.2, "told of the same part of the day")


def _freshness(a: Facts, b: Facts) -> Iterator[Reason]:
    if a.reported_at is None or b.reported_at is None or "planned" in (a.status, b.status):
        return
    for report, launch in ((a, b), (b, a)):
        # No proof: pages are edited under their first date, and clocks are told in wrong zones.
        told = report.reported_at
        if told and launch.time_utc and not report.time_utc and told < launch.time_utc - _EARLY:
            yield Reason(-1.2, f"one was reported before {launch.time_utc:%H:%M} UTC, when the other was launched")
    if abs(a.reported_at - b.reported_at) <= _FRESH:
        yield Reason(0.15, "reported within three hours of each other")


def _sites(a: Facts, b: Facts) -> Iterator[Reason]:
    if not a.site or not b.site:
        return
    one, other = sorted((a.site, b.site))
    if a.site_spot and b.site_spot:
        apart = a.site_spot.apart_km(b.site_spot)
        reach = a.site_spot.radius_km + b.site_spot.radius_km
        broadest = max(a.site_spot.radius_km, b.site_spot.radius_km)
        if broadest > _BROAD_KM and a.site_spot != b.site_spot and apart <= broadest:
            yield Reason(0.3, f"launch sites {one} and {other} fit together")
        elif apart <= max(20.0, reach * 0.6):
            yield Reason(0.8, f"launch sites {one} and {other} are one place or neighbours")
        elif apart > reach + 30.0:
            yield Reason(-1.5, f"launch sites {one} and {other} lie {apart:.0f} km apart")
        return
    if a.site_words & b.site_words:
        yield Reason(0.6, f"launch sites {one} and {other} share a name")
    elif a.site_words and b.site_words:
        yield Reason(-0.3, f"launch sites {one} and {other} have different names")


def _landings(a: Facts, b: Facts) -> Iterator[Reason]:
    if not a.landing or not b.landing:
        return
    one, other = sorted((a.landing, b.landing))
    if a.landing_spot and b.landing_spot:
        apart = a.landing_spot.apart_km(b.landing_spot)
        reach = a.landing_spot.radius_km + b.landing_spot.radius_km
        if apart <= max(20.0, reach * 0.6):
            yield Reason(0.3, f"landing areas {one} and {other} agree")
        elif apart > reach + 60.0:
            yield Reason(-0.9, f"landing areas {one} and {other} lie {apart:.0f} km apart")
    elif a.landing_words & b.landing_words:
        yield Reason(0.3, f"landing areas {one} and {other} share a name")


def _weapons(a: Facts, b: Facts) -> Iterator[Reason]:
    if not a.weapon or not b.weapon:
        return
    one, other = sorted((a.weapon, b.weapon))
    if one == other:
        yield Reason(0.9, f"both name the {one}")
    elif _shares_name(a, b):
        yield Reason(0.3, f"{one} and {other} share a name")
    else:
        yield Reason(-1.8 if a.weapon_known and b.weapon_known else -0.8, f"{one} is not {other}")


def _shares_name(a: Facts, b: Facts) -> bool:
    """Whether one name is the other with more words, as told or, for a variant ("Shahed", "Shahed-136"), as known."""
    short, long = sorted((a.weapon_words, b.weapon_words), key=len)
    if long[: len(short)] == short:
        return True
    short, long = sorted((tuple(_WORD.findall((f.weapon or "").casefold())) for f in (a, b)), key=len)
    return long[: len(short)] == short and all(any(map(str.isdigit, w)) or len(w) == 1 for w in long[len(short) :])


def _counts(a: Facts, b: Facts) -> Iterator[Reason]:
    if a.count is None or b.count is None:
        return
    one, other = sorted((_number(a.count), _number(b.count)))
    if a.count == b.count:
        yield Reason(0.3, f"both count {one}")
    elif _overlap(a.count, b.count):
        yield Reason(0.15, f"counts {one} and {other} fit together")
    else:
        low, high = sorted((_middle(a.count), _middle(b.count)))
        far = high >= 5 * max(low, 1)
        yield Reason(-0.8 if far else -0.25, f"counts {one} and {other} differ")


def _figures(a: Facts, b: Facts) -> Iterator[Reason]:
    for name, one, other in (
        ("distances", a.distance_km, b.distance_km),
        ("altitudes", a.apogee_km, b.apogee_km),
    ):
        if not one or not other:
            continue
        low, high = sorted((one, other))
        told = f"{name} {low:g} and {high:g} km"
        if high <= low * (1 + SAME_SHARE):
            yield Reason(0.7, f"{told} agree")
        elif high <= low * 1.25:
            yield Reason(0.1, f"{told} are close")
        elif high <= low * 1.7:
            yield Reason(-0.4, f"{told} differ")
        else:
            yield Reason(-0.9, f"{told} differ widely")


def _status(a: Facts, b: Facts) -> Iterator[Reason]:
    if {a.status, b.status} == {"failed", "conducted"}:
        yield Reason(-0.35, "one is told as failed, the other not")


def _actors(a: Facts, b: Facts) -> Iterator[Reason]:
    if a.actor and b.actor and not a.actor_words & b.actor_words:
        one, other = sorted((a.actor, b.actor))
        yield Reason(-0.25, f"told of {one} and of {other}")


def _texts(a: Facts, b: Facts) -> Iterator[Reason]:
    shared, smaller = len(a.words & b.words), min(len(a.words), len(b.words))
    if smaller >= 4:
        share = shared / smaller
        if share >= 0.4:
            yield Reason(0.5 * share, f"their sentences share {shared} words")
    if a.second != b.second:
        later, earlier = (a, b) if a.second else (b, a)
        if later.reported_at and earlier.reported_at and later.reported_at >= earlier.reported_at:
            yield Reason(-0.5, "the later one speaks of another launch")


def _plain(weapon_class: str) -> str:
    return weapon_class.upper() if weapon_class in (*_BY_RANGE, "slbm") else weapon_class.replace("_", " ")


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _folded(name: str | None) -> str | None:
    return " ".join(_WORD.findall(name.casefold())) if name else None


def _content_words(text: str) -> frozenset[str]:
    return frozenset(word for word in _WORD.findall(text.casefold()) if len(word) > 1 and word not in _IDLE)


def _number(count: tuple[int | None, int | None]) -> str:
    low, high = count
    if low == high:
        return str(low)
    return f"{low}+" if high is None else f"{low or 0}–{high}"


def _overlap(a: tuple[int | None, int | None], b: tuple[int | None, int | None]) -> bool:
    return max(a[0] or 0, b[0] or 0) <= min(_or_many(a[1]), _or_many(b[1]))


def _middle(count: tuple[int | None, int | None]) -> float:
    low = count[0] or 0
    return (low + (count[1] if count[1] is not None else low)) / 2


def _or_many(value: int | None) -> float:
    return float("inf") if value is None else value


_PARTS = (
    _classes, _times, _parts_of_day, _freshness, _sites, _landings, _weapons, _counts, _figures, _status, _actors,
    _texts,
)  # fmt: skip
