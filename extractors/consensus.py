"""What many reports of one launch amount to: who claims what since when, a value for each figure, and its spread.

A claimant is who the article quotes, or the outlet where it quotes nobody. A claimant's later figure supersedes the
earlier one, by the time at which each was first reported: outlets that repeat an old figure later do not revive it.
Copies of one wire story are one source.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from extractors.gazetteer import Gazetteer
from extractors.grouping import Report
from extractors.likeness import is_broader
from extractors.records import Launch, Precision, Status, WeaponClass

FIELDS = (
    "date", "time_local", "weapon_class", "weapon_name", "count", "launch_site", "landing_area", "distance_km",
    "apogee_km", "status",
)  # fmt: skip
_ROUGHER = ("sea", "region", "area", "strait", "")


@dataclass(frozen=True, slots=True)
class Claim:
    """A value that a claimant gives for a field. `superseded_at` is when the same claimant's next value appeared.

    `launch_id` is the first report that carries it and `sources` the number of independent ones.
    """

    field: str
    value: str
    claimant: str
    attribution: str | None
    source: str
    article_id: str
    launch_id: str
    since: datetime
    superseded_at: datetime | None
    sources: int


@dataclass(frozen=True, slots=True)
class Summary:
    """One record from many. `*_low` and `*_high` span what claimants say now; counts with an open end count as low."""

    country: str | None
    actor: str | None
    date: date | None
    date_precision: Precision
    time_local: str | None
    time_utc: datetime | None
    weapon_class: WeaponClass
    weapon_name: str | None
    status: Status
    launch_site: str | None
    landing_area: str | None
    count_min: int | None
    count_max: int | None
    count_low: int | None
    count_high: int | None
    distance_km: float | None
    distance_low_km: float | None
    distance_high_km: float | None
    apogee_km: float | None
    apogee_low_km: float | None
    apogee_high_km: float | None
    claims: tuple[Claim, ...]
    articles: int
    sources: int
    first_reported_at: datetime | None
    first_source: str | None
    first_article_id: str | None
    next_reported_at: datetime | None
    next_source: str | None


def summarise(reports: Sequence[Report], *, others: Sequence[Report] = (), gazetteer: Gazetteer) -> Summary:
    """The summary of the reports of one launch; `others` recall or announced it, and only count as articles."""
    ordered = sorted(reports, key=lambda r: (reported(r), r.launch_id))
    outlets = _independent(ordered)
    claims = {name: _claims(name, ordered, outlets) for name in FIELDS}
    votes = {name: _votes(claims[name], ordered, name, outlets) for name in FIELDS}
    counts = [_parsed_count(value) for value in votes["count"]]
    count_min, count_max = _most(counts, votes["count"]) if counts else (None, None)
    first, following = _firsts(ordered, outlets)
    day = _agreed(votes["date"])
    clock = _agreed(votes["time_local"])
    distances, apogees = _numbers(votes["distance_km"]), _numbers(votes["apogee_km"])
    whole = [value for pair in counts for value in pair if value is not None]
    return Summary(
        country=_common(r.launch.country for r in ordered),
        actor=_common(r.launch.actor for r in ordered),
        date=date.fromisoformat(day) if day else None,
        date_precision=_precision(ordered),
        time_local=clock,
        time_utc=_utc(ordered, day, clock),
        weapon_class=_class(votes["weapon_class"]),
        weapon_name=_spelled(votes["weapon_name"], lambda name: gazetteer.weapon(name) or name.casefold()),
        status=_status(votes["status"]),
        launch_site=_place(votes["launch_site"], gazetteer),
        landing_area=_place(votes["landing_area"], gazetteer),
        count_min=count_min,
        count_max=count_max,
        count_low=min(whole, default=None),
        count_high=max(whole, default=None),
        distance_km=_median(distances),
        distance_low_km=min((n for n, _ in distances), default=None),
        distance_high_km=max((n for n, _ in distances), default=None),
        apogee_km=_median(apogees),
        apogee_low_km=min((n for n, _ in apogees), default=None),
        apogee_high_km=max((n for n, _ in apogees), default=None),
        claims=tuple(claim for name in FIELDS for claim in claims[name]),
        articles=len({r.article_id for r in (*ordered, *others)}),
        sources=len(set(outlets.values())),
        first_reported_at=first.published_at if first else None,
        first_source=first.source if first else None,
        first_article_id=first.article_id if first else None,
        next_reported_at=following.published_at if following else None,
        next_source=following.source if following else None,
    )


def reported(report: Report) -> datetime:
    """When a report appeared; the end of its day where only that is known."""
    return report.published_at or datetime.combine(report.published_date, time(23, 59, 59), UTC)


# Votes are (value -> sources that stand by it), each value with the time it was first given.
Votes = Mapping[str, tuple[int, datetime]]


def _independent(ordered: Sequence[Report]) -> dict[str, str]:
    """article_id -> the outlet that counts as its source: of copies, the outlet of the text they were copied from."""
    first: dict[str, str] = {}
    for report in ordered:
        if report.article_id == report.origin:
            first[report.origin] = report.source
    for report in ordered:
        first.setdefault(report.origin, report.source)
    return {report.article_id: first[report.origin] for report in ordered}


def _claims(name: str, ordered: Sequence[Report], outlets: Mapping[str, str]) -> list[Claim]:
    said: dict[str, dict[str, list[Report]]] = defaultdict(lambda: defaultdict(list))
    for report in ordered:
        value = field_value(report.launch, name)
        if value is not None:
            said[claimant(report, outlets)][value].append(report)
    made = []
    for who, values in said.items():
        since = sorted(values.items(), key=lambda item: (reported(item[1][0]), item[1][0].launch_id))
        for at, (value, reports) in enumerate(since):
            following = since[at + 1][1][0] if at + 1 < len(since) else None
            # Two values in one article are two parts of one story, not a correction.
            corrected = following is not None and following.article_id != reports[0].article_id
            made.append(
                Claim(
                    field=name,
                    value=value,
                    claimant=who,
                    attribution=reports[0].launch.attribution,
                    source=reports[0].source,
                    article_id=reports[0].article_id,
                    launch_id=reports[0].launch_id,
                    since=reported(reports[0]),
                    superseded_at=reported(following) if corrected and following else None,
                    sources=len({outlets[r.article_id] for r in reports}),
                )
            )
    return sorted(made, key=lambda c: (c.since, c.claimant, c.value))


def claimant(report: Report, outlets: Mapping[str, str]) -> str:
    """Who stands behind a report: the one it quotes, or its outlet."""
    return report.launch.attribution or outlets[report.article_id]


def field_value(launch: Launch, name: str) -> str | None:
    """What a launch gives for a field of a claim, as text: counts "2", "2-3", "2+" (or more), "-3" (up to)."""
    if name == "count":
        return _count_text(launch.count_min, launch.count_max)
    value: Any = getattr(launch, name)
    if name == "date":
        return value.isoformat() if value and launch.date_precision == "day" else None
    return f"{value:g}" if isinstance(value, float | int) else value


def _votes(
    claims: Iterable[Claim], ordered: Sequence[Report], name: str, outlets: Mapping[str, str]
) -> dict[str, tuple[int, datetime]]:
    """The independent sources behind each value that still stands."""
    standing = {(c.claimant, c.value): c for c in claims if c.superseded_at is None}
    sources: dict[str, set[str]] = defaultdict(set)
    since: dict[str, datetime] = {}
    for report in ordered:
        value = field_value(report.launch, name)
        if value is not None and (claimant(report, outlets), value) in standing:
            sources[value].add(outlets[report.article_id])
            since.setdefault(value, reported(report))
    return {value: (len(outlet), since[value]) for value, outlet in sources.items()}


def _agreed(votes: Votes) -> str | None:
    """The value with the most sources; of equals the one first reported last, which knows more."""
    return max(votes, key=lambda value: (*votes[value], value)) if votes else None


def _spelled(votes: Votes, same: Callable[[str], str]) -> str | None:
    """The value with the most sources when spellings of one thing count together, in its most usual spelling."""
    total: dict[str, int] = defaultdict(int)
    for value, (sources, _) in votes.items():
        total[same(value)] += sources
    return max(votes, key=lambda value: (total[same(value)], votes[value][0], -len(value), value)) if votes else None


def _place(votes: Votes, gazetteer: Gazetteer) -> str | None:
    """The place with the most sources, a named spot before a sea or province that contains it."""

    def kind(value: str) -> str:
        spot = gazetteer.place(value)
        return spot.kind if spot else ""

    fine = {value: vote for value, vote in votes.items() if kind(value) not in _ROUGHER}
    return _spelled(fine or votes, lambda value: spot.name if (spot := gazetteer.place(value)) else value.casefold())


def _class(votes: Votes) -> WeaponClass:
    """The class with the most sources among those that contain no other claimed one; a broader claim backs them all."""
    specific: dict[Any, tuple[int, datetime]] = {
        name: vote
        for name, vote in votes.items()
        if not any(is_broader(name, other) for other in votes)  # type: ignore[arg-type]
    }
    agreed = _agreed(specific or votes)
    if agreed is None:
        raise ValueError("a launch without a class")
    return agreed  # type: ignore[return-value]


def _status(votes: Votes) -> Status:
    """What came of it: an outcome before a plan, failure only where as many sources tell of it as do not."""
    failed, conducted = (votes[s][0] if s in votes else 0 for s in ("failed", "conducted"))
    if not failed and not conducted:
        return "planned"
    return "failed" if failed >= conducted else "conducted"


def _precision(ordered: Sequence[Report]) -> Precision:
    given: set[Precision] = {r.launch.date_precision for r in ordered if r.launch.date}
    return next((p for p in ("day", "month", "year") if p in given), "unknown")


def _common(values: Iterable[str | None]) -> str | None:
    seen: dict[str, int] = defaultdict(int)
    for value in values:
        if value:
            seen[value] += 1
    return max(seen, key=lambda value: (seen[value], -len(value), value)) if seen else None


def _utc(ordered: Sequence[Report], day: str | None, clock: str | None) -> datetime | None:
    """The time in UTC as reports with the agreed day and clock have it, else as any has it."""
    given = [r.launch for r in ordered if r.launch.time_utc]
    fitting = [
        launch for launch in given if launch.time_local == clock and launch.date and launch.date.isoformat() == day
    ]
    return min((launch.time_utc for launch in fitting or given if launch.time_utc), default=None)


def _count_text(low: int | None, high: int | None) -> str | None:
    if low is None and high is None:
        return None
    if low == high:
        return str(low)
    return f"{low}+" if high is None else f"{'' if low is None else low}-{high}"


def _parsed_count(value: str) -> tuple[int | None, int | None]:
    if value.endswith("+"):
        return int(value[:-1]), None
    low, dash, high = value.partition("-")
    return (int(low) if low else None), int(high) if dash else int(low)


def _most(counts: Sequence[tuple[int | None, int | None]], votes: Votes) -> tuple[int | None, int | None]:
    agreed = _agreed(votes)
    return counts[list(votes).index(agreed)] if agreed else (None, None)


def _numbers(votes: Votes) -> list[tuple[float, int]]:
    return sorted((float(value), sources) for value, (sources, _) in votes.items())


def _median(numbers: Sequence[tuple[float, int]]) -> float | None:
    """The median weighted by sources; of two middles the lower, so that it is a figure somebody gave."""
    total, seen = sum(sources for _, sources in numbers), 0
    for number, sources in numbers:
        seen += sources
        if 2 * seen >= total:
            return number
    return None


def _firsts(ordered: Sequence[Report], outlets: Mapping[str, str]) -> tuple[Report | None, Report | None]:
    """The first dated report and the first from another source."""
    dated = [r for r in ordered if r.published_at]
    if not dated:
        return None, None
    first = dated[0]
    return first, next((r for r in dated if outlets[r.article_id] != outlets[first.article_id]), None)
