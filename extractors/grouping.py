"""Reports of one country and day into groups that each tell of one launch.

Average-link clustering over distinct reports, with walls: two groups never become one while any report of one is
clearly of another launch than any of the other. Reports are sorted first, so the order of their arrival is of no
account.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from extractors.likeness import DECISIVE, ENOUGH, PRESUMED, Facts, Reason, compare, relation, weight
from extractors.records import Launch

# Two reports this much unlike stay apart however many vague ones lie between them.
_WALL = -0.8


@dataclass(frozen=True, slots=True)
class Report:
    """A launch as one article tells it, with what joining needs of the article.

    `origin` is the article that the text was copied from, or the article itself: copies count as one source.
    """

    launch_id: str
    article_id: str
    origin: str
    source: str
    title: str
    published_at: datetime | None
    published_date: date
    launch: Launch


def pair_reasons(a: Report, b: Report, facts: Callable[[Report], Facts]) -> list[Reason]:
    """Reasons for two reports of one day, that they stand in one article among them."""
    one, other = facts(a), facts(b)
    reasons = compare(one, other)
    if _corrects(a, b, facts) or _corrects(b, a, facts):
        return [Reason(PRESUMED, "one corrects what its outlet had told before"), *(r for r in reasons if r.weight > 0)]
    if a.article_id == b.article_id and a.launch_id != b.launch_id and (told := _told_apart(one, other)):
        reasons.append(Reason(DECISIVE, f"one article tells of both and gives them different {told}"))
    return reasons


def groups(reports: Sequence[Report], facts: Callable[[Report], Facts]) -> list[list[Report]]:
    """The reports parted by launch; reports within a group and groups come in the order of their launch_id."""
    nodes = _distinct(reports, facts)
    clusters: dict[int, list[int]] = {at: [at] for at in range(len(nodes))}
    links: dict[int, dict[int, float]] = {at: {} for at in range(len(nodes))}
    heap: list[tuple[float, int, int]] = []

    def put(a: int, b: int, average: float) -> None:
        links[a][b] = links[b][a] = average
        if average >= ENOUGH:
            heapq.heappush(heap, (-average, min(a, b), max(a, b)))

    for a in range(len(nodes)):
        for b in range(a + 1, len(nodes)):
            put(a, b, _link(nodes[a], nodes[b], facts))
    while heap:
        negative, a, b = heapq.heappop(heap)
        if a not in clusters or b not in clusters or links[a].get(b) != -negative:
            continue
        size_a, size_b = len(clusters[a]), len(clusters[b])
        clusters[a] += clusters.pop(b)
        gone = links.pop(b)
        for other in clusters:
            if other == a:
                continue
            one, two = links[a][other], gone[other]
            walled = min(one, two) <= DECISIVE / 2
            del links[other][b]
            put(a, other, DECISIVE if walled else (one * size_a + two * size_b) / (size_a + size_b))
        links[a].pop(b, None)
    return sorted(
        (sorted((r for at in members for r in nodes[at]), key=_name) for members in clusters.values()),
        key=lambda group: group[0].launch_id,
    )


def nearest(report: Report, among: Sequence[Report], facts: Callable[[Report], Facts]) -> tuple[Report, list[Reason]]:
    """The report of a group that speaks most for this one's being of the group, and why."""
    scored = [(other, pair_reasons(report, other, facts)) for other in among if other.launch_id != report.launch_id]
    return max(scored, key=lambda item: (weight(item[1]), item[0].launch_id))


def _link(a: Sequence[Report], b: Sequence[Report], facts: Callable[[Report], Facts]) -> float:
    """Likeness of two nodes; reports of a node differ in article, time and words only: its first stands for all."""
    articles = {r.article_id: r for r in a}
    shared = next(((articles[r.article_id], r) for r in b if r.article_id in articles), None)
    one, other = shared or (a[0], b[0])
    total = weight(pair_reasons(one, other, facts))
    return DECISIVE if PRESUMED + total <= _WALL else PRESUMED + total


def _distinct(reports: Sequence[Report], facts: Callable[[Report], Facts]) -> list[list[Report]]:
    """Reports that say the same in every field together, the earliest first: a story on many sites is compared once."""
    nodes: dict[tuple[object, ...], list[Report]] = {}
    corrections = _corrections(reports, facts)
    for report in sorted(reports, key=lambda r: (r.launch_id in corrections, _first(r))):
        # What was corrected is told no more: it stands with its correction, not against what others say.
        telling = corrections.get(report.launch_id, report)
        launch, read = telling.launch, facts(telling)
        said = (
            launch.weapon_class, read.weapon, launch.time_local, launch.count_min, launch.count_max, launch.launch_site,
            launch.landing_area, launch.distance_km, launch.apogee_km, launch.status, launch.actor, read.hours,
            read.second,
        )  # fmt: skip
        nodes.setdefault(said, []).append(report)
    return list(nodes.values())


def _corrects(later: Report, earlier: Report, facts: Callable[[Report], Facts]) -> bool:
    return (
        facts(later).corrects
        and later.source == earlier.source
        and later.article_id != earlier.article_id
        and _first(earlier) < _first(later)
    )


def _corrections(reports: Sequence[Report], facts: Callable[[Report], Facts]) -> dict[str, Report]:
    """launch_id -> the report that corrects it, where its outlet had told of that one launch on the day."""
    told: dict[str, list[Report]] = defaultdict(list)
    for report in reports:
        told[report.source].append(report)
    corrections: dict[str, list[Report]] = defaultdict(list)
    for report in reports:
        if facts(report).corrects:
            earlier = [other for other in told[report.source] if _corrects(report, other, facts)]
            if len(earlier) == 1:
                corrections[earlier[0].launch_id].append(report)
    return {launch_id: found[0] for launch_id, found in corrections.items() if len(found) == 1}


def _told_apart(a: Facts, b: Facts) -> str:
    """What one article says differently of two of its launches, in words; empty where nothing parts them."""
    if relation(a.weapon_class, b.weapon_class) in ("near", "conflict"):
        return "classes"
    for name, one, other in (
        ("weapons", a.weapon, b.weapon),
        ("times", a.minutes, b.minutes),
        ("parts of the day", a.hours, b.hours),
        ("launch sites", a.site, b.site),
        ("landing areas", a.landing, b.landing),
        ("counts", a.count, b.count),
    ):
        if one is not None and other is not None and one != other:
            return name
    return "outcomes" if a.status != b.status else ""


def _name(report: Report) -> str:
    return report.launch_id


def _first(report: Report) -> tuple[bool, datetime | date, str]:
    """Before others: reports with a time by it, those without after them."""
    at = report.published_at
    return at is None, at or report.published_date, report.launch_id
