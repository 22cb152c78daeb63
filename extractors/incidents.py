"""Many articles, one launch: reports joined into incidents, each with the reasons that joined it or kept it apart.

Pure and independent of order: the same reports give the same incidents however they arrived. Everything is local in
time, so that a lake can recompute the days that were touched and no others:

1. Reports of one launching side and day are parted by `grouping.groups`.
2. A group a day beside a weightier one joins it where the facts or the clock say that one of them slipped.
3. An announced launch joins the conducted or failed one within `PLAN_DAYS` after its day.
4. A report that names only a month joins the one launch of that month that it fits.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Literal

from extractors.consensus import Summary, reported, summarise
from extractors.gazetteer import Gazetteer
from extractors.grouping import Report, groups, nearest
from extractors.likeness import DECISIVE, PRESUMED, Facts, Reason, compare, facts, weight
from extractors.records import Launch

How = Literal["report", "slip", "plan", "recall"]
# What an incident was formed from: reports of a day, announcements of a day, or reports that name a month or year only.
Basis = Literal["day", "plan", "month"]

DAY = timedelta(days=1)
# A launch is often told of the day before (it still was, in UTC or for a reader far west), seldom of the day after.
_SLIP_EARLY, _SLIP_LATE = 1.0, 1.6
# A plan names the first day of a window; satellite launches are notified for ten days.
PLAN_DAYS = 10
_PLAN_ENOUGH = 0.3
_RECALL_ENOUGH = 0.5
_RECALL_MARGIN = 0.4
_SHOWN_BESIDE = 8
# How far a change reaches: groups of a day decide over their neighbours', these over theirs.
REACH = timedelta(days=3)
MARGIN = timedelta(days=6)
# The first place on Earth where a calendar day begins is 14 hours ahead of UTC.
_EARLIEST_ZONE = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class Member:
    """A report in an incident, how it came there, beside which report it stands, and the reasons."""

    report: Report
    how: How
    beside: str | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Apart:
    """Another launch of the same side and day, by its first launch_id, and why it is not this one."""

    other: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Incident:
    """A real-world launch. `anchor` is the launch_id of its first report; `day` decides where it is stored."""

    anchor: str
    basis: Basis
    side: str
    day: date
    summary: Summary
    members: tuple[Member, ...]
    apart: tuple[Apart, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """An incident formed elsewhere that plans and recalls may join: its name, side, day and agreed facts."""

    name: str
    side: str
    day: date
    facts: Facts


@dataclass(frozen=True, slots=True)
class Joined:
    """A group that joined an incident formed elsewhere: to `name`, with these members."""

    name: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Formed:
    """Incidents formed from the reports given, what joined standing ones, and reports that tell of no one launch."""

    incidents: tuple[Incident, ...]
    joined: tuple[Joined, ...]
    left_out: tuple[str, ...]


def side_of(launch: Launch) -> str:
    """The launching side that reports are parted by: the state, else the actor, else nothing."""
    return launch.country or (f"~{launch.actor.casefold()}" if launch.actor else "~")


def day_of(launch: Launch, published: date) -> date | None:
    """The day that a report stands for; an undated one that an article is about stands for the day of publication."""
    if launch.date_precision == "day" and launch.date:
        return launch.date
    return published if launch.date_precision == "unknown" and launch.role == "lead" else None


Within = Callable[[Basis, str, date], bool]


def form(
    reports: Iterable[Report], *, gazetteer: Gazetteer, standing: Sequence[Standing] = (), within: Within | None = None
) -> Formed:
    """Incidents of these reports.

    `standing` are incidents of days that `reports` do not cover. `within` tells which incidents are wanted, by basis,
    side and day; reports beyond serve as context, and an incident is exact where all within `MARGIN` of it are given.
    """
    return _Former(gazetteer, standing, within or (lambda _basis, _side, _day: True)).form(reports)


@dataclass(slots=True)
class _Group:
    """Reports of one launch on one day, and what joins them later."""

    side: str
    day: date
    reports: list[Report]
    facts: Facts
    weight: tuple[int, int]
    first: datetime
    slipped: list[tuple[_Group, list[Reason]]]
    attached: list[Member]

    @property
    def name(self) -> str:
        return self.reports[0].launch_id

    @property
    def earliest(self) -> list[Report]:
        """The reports that others are shown beside: a few, as their number squared would be compared."""
        return heapq.nsmallest(_SHOWN_BESIDE, self.reports, key=lambda r: (reported(r), r.launch_id))


class _Former:
    def __init__(self, gazetteer: Gazetteer, standing: Sequence[Standing], within: Within) -> None:
        self._gazetteer = gazetteer
        self._standing = standing
        self._within = within
        self._facts = cache(self._read)

    def _read(self, report: Report) -> Facts:
        return facts(
            report.launch,
            day=day_of(report.launch, report.published_date),
            title=report.title,
            reported_at=report.published_at,
            gazetteer=self._gazetteer,
        )

    def form(self, reports: Iterable[Report]) -> Formed:
        cells: dict[tuple[str, bool, date], list[Report]] = defaultdict(list)
        vague: list[Report] = []
        for report in reports:
            day = day_of(report.launch, report.published_date)
            if day is None:
                vague.append(report)
            else:
                cells[side_of(report.launch), report.launch.status == "planned", day].append(report)
        formed = {key: self._groups(key[0], key[2], members) for key, members in cells.items()}
        happened = [g for (_, planned, _), found in formed.items() if not planned for g in found]
        plans = [g for (_, planned, _), found in formed.items() if planned for g in found]
        roots = [g for g in self._slips(happened) if self._within("day", g.side, g.day)]
        joined = self._attach_plans(plans, roots)
        kept_plans = [g for g in plans if self._within("plan", g.side, g.day) and g.name not in joined.done]
        more, left_out = self._attach_recalls(vague, roots, kept_plans, joined)
        found: tuple[tuple[Basis, list[_Group]], ...] = (("day", roots), ("plan", kept_plans), ("month", more))
        incidents = [self._incident(basis, group) for basis, formed_so in found for group in formed_so]
        return Formed(tuple(self._with_neighbours(incidents)), tuple(joined.standing()), tuple(sorted(left_out)))

    # Groups of a day

    def _groups(self, side: str, day: date, reports: Sequence[Report]) -> list[_Group]:
        return [self._group(side, day, members) for members in groups(reports, self._facts)]

    def _group(self, side: str, day: date, members: list[Report]) -> _Group:
        summary = summarise(members, gazetteer=self._gazetteer)
        return _Group(
            side=side,
            day=day,
            reports=members,
            facts=self._agreed(summary, members, day),
            weight=(summary.sources, len({r.origin for r in members})),
            first=min(reported(r) for r in members),
            slipped=[],
            attached=[],
        )

    def _agreed(self, summary: Summary, members: Sequence[Report], day: date) -> Facts:
        words = frozenset(word for r in members for word in self._facts(r).words)
        return summary_facts(summary, day=day, gazetteer=self._gazetteer, words=words)

    # A day's slip

    def _slips(self, all_groups: Sequence[_Group]) -> list[_Group]:
        """Groups that stand on their own, with those that joined them."""
        at: dict[tuple[str, date], list[_Group]] = defaultdict(list)
        for group in all_groups:
            at[group.side, group.day].append(group)
        targets: dict[int, list[tuple[float, _Group, list[Reason]]]] = {}
        for group in all_groups:
            beside = [*at[group.side, group.day - DAY], *at[group.side, group.day + DAY]]
            scored = [(group_reasons, other) for other in beside if (group_reasons := self._slip(group, other))]
            targets[id(group)] = [(weight(found), other, found) for found, other in scored]
        roots = [group for group in all_groups if not targets[id(group)]]
        standing = {id(group) for group in roots}
        for group in all_groups:
            able = [t for t in targets[id(group)] if id(t[1]) in standing]
            if able:
                _, best, why = max(able, key=lambda t: (t[0], t[1].weight, t[1].name))
                best.slipped.append((group, why))
            elif targets[id(group)]:
                roots.append(group)
        return roots

    def _slip(self, group: _Group, other: _Group) -> list[Reason] | None:
        """Why `group` is `other` told with a day's slip; None where it is not.

        It never holds both ways: of two equals the one told of the later day stands, and a later day gives way to an
        earlier one only where a single source tells of it.
        """
        late = other.day < group.day
        if (group.weight[0] > 1 or other.weight <= group.weight) if late else other.weight < group.weight:
            return None
        earlier, later = (other, group) if late else (group, other)
        begun = later.facts.time_utc or datetime.combine(later.day, time(), UTC) - _EARLIEST_ZONE
        if not late and earlier.first < begun - timedelta(minutes=5):
            return None
        reasons = compare(group.facts, other.facts)
        clock = later.facts.time_utc
        if not late and clock and clock.date() == earlier.day:
            reasons.append(Reason(0.8, f"it was still {earlier.day} in UTC at the launch"))
        gap = abs(group.first - other.first)
        if gap <= timedelta(hours=12):
            reasons.append(Reason(0.3, "first reported within half a day of each other"))
        return reasons if weight(reasons) >= (_SLIP_LATE if late else _SLIP_EARLY) else None

    # Plans

    def _attach_plans(self, plans: Sequence[_Group], roots: Sequence[_Group]) -> _Joins:
        joins = _Joins()
        targets: list[_Group | Standing] = [*roots, *self._standing]
        for plan in sorted(plans, key=lambda g: (g.day, g.name)):
            scored: list[tuple[float, str, _Group | Standing, list[Reason]]] = []
            for target in targets:
                if target.side == plan.side and _may_follow(plan.day, target):
                    reasons = compare(plan.facts, target.facts)
                    total = weight(reasons) - 0.05 * abs((target.day - plan.day).days)
                    if total > DECISIVE / 2:
                        scored.append((total, target.name, target, reasons))
            scored.sort(key=lambda item: item[:2], reverse=True)
            if scored and scored[0][0] >= (_PLAN_ENOUGH if len(scored) > 1 else 0.0):
                _, name, target, reasons = scored[0]
                why = (Reason(PRESUMED, f"announced for {plan.day}, happened on {target.day}"), *reasons)
                joins.add(target, [Member(r, "plan", name, why) for r in plan.reports])
                joins.done.add(plan.name)
        return joins

    # Reports that name a month only

    def _attach_recalls(
        self, vague: Sequence[Report], roots: Sequence[_Group], plans: Sequence[_Group], joins: _Joins
    ) -> tuple[list[_Group], list[str]]:
        """Join them where one launch fits best by far; returns groups of their own and reports left out."""
        left: list[str] = []
        own: dict[tuple[str, date, bool], list[Report]] = defaultdict(list)
        for report in sorted(vague, key=lambda r: r.launch_id):
            best = self._recalled(report, [*roots, *plans, *self._standing])
            if best is not None:
                joins.add(best[0], [Member(report, "recall", best[0].name, tuple(best[1]))])
            elif report.launch.role == "lead" and report.launch.date:
                own[side_of(report.launch), report.launch.date, report.launch.status == "planned"].append(report)
            else:
                left.append(report.launch_id)
        more = [
            group
            for (side, day, _), members in own.items()
            if self._within("month", side, day)
            for group in self._groups(side, day, members)
        ]
        return more, left

    def _recalled(
        self, report: Report, among: Sequence[_Group | Standing]
    ) -> tuple[_Group | Standing, list[Reason]] | None:
        launch = report.launch
        if launch.date_precision != "month" or launch.date is None:
            return None
        side, month = side_of(launch), (launch.date.year, launch.date.month)
        told = self._facts(report)
        scored = []
        for target in among:
            if target.side != side or (target.day.year, target.day.month) != month:
                continue
            reasons = compare(told, target.facts)
            if weight(reasons) > DECISIVE / 2:
                scored.append((weight(reasons), target.name, target, reasons))
        scored.sort(key=lambda item: item[:2], reverse=True)
        if not scored or scored[0][0] < _RECALL_ENOUGH - PRESUMED * (len(scored) == 1):
            return None
        if len(scored) > 1 and scored[0][0] - scored[1][0] < _RECALL_MARGIN:
            return None
        only = "the one launch" if len(scored) == 1 else "by far the best fit"
        return scored[0][2], [Reason(PRESUMED, f"{only} of {launch.date:%B %Y}"), *scored[0][3]]

    # Incidents

    def _incident(self, basis: Basis, group: _Group) -> Incident:
        core = [*group.reports, *(r for slipped, _ in group.slipped for r in slipped.reports)]
        ordered = sorted(core, key=lambda r: (reported(r), r.launch_id))
        earliest = group.earliest
        members = [self._member(report, group, earliest) for report in group.reports]
        for slipped, why in group.slipped:
            members += [Member(r, "slip", group.name, tuple(why)) for r in slipped.reports]
        members += group.attached
        return Incident(
            anchor=ordered[0].launch_id,
            basis=basis,
            side=group.side,
            day=group.day,
            summary=summarise(core, others=[m.report for m in group.attached], gazetteer=self._gazetteer),
            members=tuple(sorted(members, key=lambda m: (reported(m.report), m.report.launch_id))),
        )

    def _member(self, report: Report, group: _Group, earliest: Sequence[Report]) -> Member:
        presumed = Reason(PRESUMED, f"same launching side and day, {group.day}")
        if len(group.reports) == 1:
            return Member(report, "report", None, ())
        other, why = nearest(report, earliest, self._facts)
        if other.origin == report.origin and other.article_id != report.article_id:
            why = [Reason(PRESUMED, "copies of one story"), *why]
        return Member(report, "report", other.launch_id, (presumed, *why))

    def _with_neighbours(self, incidents: Sequence[Incident]) -> list[Incident]:
        """Each with the other launches of its side and day, and why they are others."""
        cells: dict[tuple[str, date], list[Incident]] = defaultdict(list)
        for incident in sorted(incidents, key=lambda i: (i.day, i.side, i.anchor)):
            cells[incident.side, incident.day].append(incident)
        return [
            replace(
                one,
                apart=tuple(Apart(other.anchor, self._why_apart(one, other)) for other in cell if other is not one),
            )
            for cell in cells.values()
            for one in cell
        ]

    def _why_apart(self, one: Incident, other: Incident) -> tuple[Reason, ...]:
        a, b = (summary_facts(i.summary, day=i.day, gazetteer=self._gazetteer) for i in (one, other))
        reasons = [reason for reason in compare(a, b) if reason.weight < 0]
        if {m.report.article_id for m in one.members} & {m.report.article_id for m in other.members}:
            reasons.append(Reason(-PRESUMED, "one article tells of both"))
        if {one.summary.status, other.summary.status} > {"planned"}:
            reasons.append(Reason(-PRESUMED, "one is announced, the other happened"))
        return tuple(sorted(reasons)) or (Reason(-PRESUMED, "their reports differ too much taken together"),)


def _may_follow(planned: date, target: _Group | Standing) -> bool:
    """Whether a launch can be the one that was announced for that day."""
    return target.facts.status != "planned" and planned - DAY <= target.day <= planned + PLAN_DAYS * DAY


class _Joins:
    """Members that joined groups at hand (kept with them) or standing incidents (collected by name)."""

    def __init__(self) -> None:
        self.done: set[str] = set()
        self._standing: dict[str, list[Member]] = defaultdict(list)

    def add(self, target: _Group | Standing, members: Sequence[Member]) -> None:
        if isinstance(target, _Group):
            target.attached += members
        else:
            self._standing[target.name] += members

    def standing(self) -> list[Joined]:
        return [Joined(name, tuple(members)) for name, members in sorted(self._standing.items())]


def summary_facts(summary: Summary, *, day: date, gazetteer: Gazetteer, words: frozenset[str] = frozenset()) -> Facts:
    """The agreed values of an incident in comparable form."""
    return agreed_facts({name: getattr(summary, name) for name in AGREED}, day=day, gazetteer=gazetteer, words=words)


AGREED = (
    "weapon_class", "status", "time_local", "time_utc", "weapon_name", "count_min", "count_max", "launch_site",
    "landing_area", "distance_km", "apogee_km", "actor", "first_reported_at",
)  # fmt: skip


def agreed_facts(
    given: Mapping[str, object], *, day: date, gazetteer: Gazetteer, words: frozenset[str] = frozenset()
) -> Facts:
    """The same from the columns `AGREED` of a stored incident."""
    launch = Launch(
        key="", country=None, date=day, date_precision="day", role="lead",
        **{name: given[name] for name in AGREED if name != "first_reported_at"},  # type: ignore[arg-type]
    )  # fmt: skip
    made = facts(launch, day=day, title="", reported_at=given["first_reported_at"], gazetteer=gazetteer)  # type: ignore[arg-type]
    return replace(made, words=words)
