"""Incidents kept up to date with the launches they are formed from.

`refresh` reads which launches changed since it last ran from DuckLake's change feed, so a crash between a save and a
refresh loses nothing, and forms anew exactly the incidents whose reports could have changed. Everything it writes goes
in one transaction: incidents, their members, the names on launches and reactions, the record of changes, and alerts.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import duckdb

from extractors.consensus import reported
from extractors.gazetteer import Gazetteer
from extractors.grouping import Report
from extractors.incidents import (
    AGREED,
    DAY,
    MARGIN,
    PLAN_DAYS,
    REACH,
    Basis,
    Formed,
    Incident,
    Standing,
    agreed_facts,
    day_of,
    form,
    side_of,
)
from extractors.likeness import Facts
from extractors.packs import default_packs
from extractors.records import Launch
from storage import alerts, incident_rows, rows, schema
from storage.lake import Lake
from storage.staging import ANY_OF, in_days, listed, utc

# Raised whenever extractors.incidents would join the same reports differently.
JOINING_VERSION = 3
ALERT_DAYS = 14
_ROUNDS = 5
# What launches an incident stands for: where all are joined anew, some incidents may have none left.
_STANDING = (
    "FROM (SELECT country, actor, date, date_precision, 'lead' AS role, incident_date AS published_date FROM incidents)"
)

Cell = tuple[Basis, str, date]


@dataclass(frozen=True, slots=True)
class Change:
    """What became of an incident: new, merged, split, withdrawn or status; see the table `incident_changes`."""

    kind: str
    incident_id: str
    other_id: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh did. `written` are ids of incidents that are new or changed, `removed` of those that are gone."""

    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    alerts: int = 0


def refresh(
    lake: Lake,
    dates: Iterable[date] = (),
    *,
    now: datetime,
    gazetteer: Gazetteer | None = None,
    alert_days: int = ALERT_DAYS,
) -> Refreshed:
    """Form anew the incidents of launches that changed since the last refresh, and of articles published on `dates`.

    An alert is raised for each new incident and each change of status, where the launch (or its announcement) is not
    older than `alert_days`. Idempotent: a second call writes nothing. Raises LakeError; then nothing was written.
    """
    wanted = sorted(set(dates))
    places = gazetteer or default_gazetteer()
    return lake.write(
        lambda con: _Refresh(con, places, utc(now), alert_days).run(wanted), message="incidents of what was saved"
    )


@cache
def default_gazetteer() -> Gazetteer:
    """The gazetteer of the shipped packs."""
    return Gazetteer(default_packs())


class _Stored(NamedTuple):
    """A launch with its article's part of a Report, and the incident that its row names now."""

    report: Report
    incident_id: str | None


class _Near(NamedTuple):
    """Stored incidents that a refresh may replace, those that reports may join, and launch_id -> (incident, how)."""

    old: dict[str, incident_rows.Old]
    standing: list[Standing]
    members: dict[str, tuple[str, str]]


@dataclass(slots=True)
class _Scope:
    """Which incidents are formed anew: dated ones by side and day, recalls by side and first of the month or year."""

    days: dict[str, set[date]] = field(default_factory=lambda: defaultdict(set))
    months: set[tuple[str, date]] = field(default_factory=set)

    def add(self, side: str, day: date, reach: timedelta = REACH) -> bool:
        """Whether that was more than there was."""
        before = len(self.days[side])
        self.days[side].update(_around(day, reach, reach))
        return len(self.days[side]) > before

    def plan_days(self, side: str) -> set[date]:
        return {d for day in self.days.get(side, ()) for d in _around(day, (PLAN_DAYS + 1) * DAY, DAY)}

    def all_months(self) -> set[tuple[str, date]]:
        return self.months | {(side, day.replace(day=1)) for side, days in self.days.items() for day in days}

    def wants(self) -> Any:
        """A predicate over (basis, side, day)."""
        plans = {side: self.plan_days(side) for side in self.days}
        months = self.all_months()

        def within(basis: Basis, side: str, day: date) -> bool:
            if basis == "month":
                return (side, day) in months
            return day in (self.days if basis == "day" else plans).get(side, ())

        return within


class _Refresh:
    """One refresh, within a transaction."""

    def __init__(self, con: duckdb.DuckDBPyConnection, gazetteer: Gazetteer, now: datetime, alert_days: int) -> None:
        self._con = con
        self._gazetteer = gazetteer
        self._now = now
        self._alert_days = alert_days
        self._urls: dict[str, str] = {}

    def run(self, dates: Sequence[date]) -> Refreshed:
        latest = self._latest_snapshot()
        touched = self._touched(latest) | self._published_on(dates)
        result = self._form(touched) if touched else Refreshed()
        if touched or self._progress() is None:
            self._con.execute("DELETE FROM incident_progress")
            self._con.execute("INSERT INTO incident_progress VALUES (?, ?)", [latest, JOINING_VERSION])
        return result

    # What changed

    def _latest_snapshot(self) -> int:
        return int(self._con.execute("SELECT max(snapshot_id) FROM news.snapshots()").fetchall()[0][0])

    def _progress(self) -> int | None:
        row = self._con.execute("SELECT snapshot_id, joining_version FROM incident_progress").fetchone()
        return int(row[0]) if row and row[1] == JOINING_VERSION else None

    def _touched(self, latest: int) -> set[tuple[Launch, date]]:
        """Launches (with their publication dates) that came or went since the last refresh."""
        since = self._progress()
        if since is None or not self._has_changes(since, latest):
            return self._launches("FROM launches") | self._launches(_STANDING)
        if since >= latest:
            return set()
        # Updates are this module's own: it alone writes names of incidents on launches.
        return self._launches(
            f"FROM news.table_changes('launches', {since + 1}, {latest}) WHERE change_type IN ('insert', 'delete')"
        )

    def _has_changes(self, since: int, latest: int) -> bool:
        """Whether the change feed still has every snapshot from `since` on; maintenance thins out those of old."""
        row = self._con.execute(
            "SELECT count(*) FROM news.snapshots() WHERE snapshot_id BETWEEN ? AND ?", [since, latest]
        ).fetchone()
        return row is not None and int(row[0]) == latest - since + 1

    def _published_on(self, dates: Sequence[date]) -> set[tuple[Launch, date]]:
        if not dates:
            return set()
        days = ", ".join(f"DATE '{day}'" for day in dates)
        return self._launches(f"FROM launches WHERE published_date IN ({days})")

    def _launches(self, source: str) -> set[tuple[Launch, date]]:
        """The distinct (side, day, precision, role) of launches: all that decides which incidents they touch."""
        found = self._con.execute(
            f"SELECT DISTINCT country, actor, date, date_precision, role, published_date {source}"
        ).fetchall()
        return {
            (_bare(country, actor, day, precision, role), published)
            for country, actor, day, precision, role, published in found
        }

    # Forming

    def _form(self, touched: set[tuple[Launch, date]]) -> Refreshed:
        scope = _Scope()
        for launch, published in touched:
            day = day_of(launch, published)
            if day is not None:
                scope.add(side_of(launch), day)
            elif launch.date is not None:
                scope.months.add((side_of(launch), launch.date))
        for _ in range(_ROUNDS):
            stored = self._load(scope)
            near = self._near(scope)
            formed = form(
                [item.report for item in stored.values()],
                gazetteer=self._gazetteer,
                standing=near.standing,
                within=scope.wants(),
            )
            if not self._widen(scope, formed, near, stored):
                break
        return self._write(stored, near.old, formed)

    def _widen(self, scope: _Scope, formed: Formed, near: _Near, stored: Iterable[str]) -> bool:
        """Take in standing incidents that a plan or recall joins or leaves; whether there were any."""
        places = {s.name: s for s in near.standing}
        joined = {m.report.launch_id: j.name for j in formed.joined for m in j.members}
        grown = False
        for launch_id in stored:
            incident_id, how = near.members.get(launch_id, ("", ""))
            if how in ("plan", "recall") and incident_id in places and joined.get(launch_id) != incident_id:
                grown |= scope.add(places[incident_id].side, places[incident_id].day, timedelta(0))
        for launch_id, name in joined.items():
            if near.members.get(launch_id, ("", ""))[0] != name:
                grown |= scope.add(places[name].side, places[name].day, timedelta(0))
        return grown

    def _load(self, scope: _Scope) -> dict[str, _Stored]:
        """Every report that the incidents of the scope depend on, by launch_id."""
        days = {
            side: {d for day in wanted for d in _around(day, MARGIN, MARGIN)} for side, wanted in scope.days.items()
        }
        plans = {side: scope.plan_days(side) for side in scope.days}
        months = scope.all_months()
        reach = [day for wanted in (*days.values(), *plans.values()) for day in wanted]
        told_in = ", ".join(f"DATE '{first}'" for first in sorted({first for _, first in months})) or "NULL"
        # Each part by itself, so that files without such days are not opened.
        parts = (
            f"date_precision = 'day' AND {in_days('date', reach)}",
            f"date_precision = 'unknown' AND {in_days('published_date', reach)}",
            f"date_precision IN ('month', 'year') AND date IN ({told_in})",
        )
        sides = listed(sorted({_country(side) for side in (*scope.days, *(side for side, _ in scope.months))}))
        columns = f"launch_id, article_id, published_date, incident_id, {rows.selected(Launch)}"
        found = self._con.execute(
            " UNION ALL ".join(
                f"SELECT {columns} FROM launches WHERE coalesce(country, '~') IN {ANY_OF} AND {part}" for part in parts
            )
            + " ORDER BY launch_id",
            [sides] * len(parts),
        ).fetchall()
        launches = []
        for launch_id, article_id, published, incident_id, *row in found:
            launch = rows.read(Launch, row)
            side, day = side_of(launch), day_of(launch, published)
            if day is None:
                fits = (side, launch.date) in months
            else:
                fits = day in (plans if launch.status == "planned" else days).get(side, ())
            if fits:
                launches.append((launch_id, article_id, published, incident_id, launch))
        articles = self._articles({(item[1], item[2]) for item in launches})
        return {
            launch_id: _Stored(Report(launch_id, article_id, *articles[article_id], published, launch), incident_id)
            for launch_id, article_id, published, incident_id, launch in launches
            if article_id in articles
        }

    def _articles(self, wanted: set[tuple[str, date]]) -> dict[str, tuple[str, str, str, datetime | None]]:
        """Origin, outlet, title and publication time of articles; their addresses are kept for `_related`."""
        if not wanted:
            return {}
        found = self._con.execute(
            "SELECT article_id, coalesce(copy_of, article_id), source, title, published_at, url FROM articles "
            f"WHERE {in_days('published_date', (day for _, day in wanted))} "
            f"AND article_id IN {ANY_OF}",
            [listed({article_id for article_id, _ in wanted})],
        ).fetchall()
        self._urls = {article_id: url for article_id, *_, url in found}
        return {
            article_id: (origin, source, title, utc(published) if published else None)
            for article_id, origin, source, title, published, _ in found
        }

    def _near(self, scope: _Scope) -> _Near:
        """Stored incidents of the scope, and those beyond that its plans and recalls may belong to."""
        reach = [first + DAY * n for _, first in scope.all_months() for n in (0, 31)]
        reach += [d for side in scope.days for day in scope.plan_days(side) for d in (day - DAY, day + PLAN_DAYS * DAY)]
        between = in_days("incident_date", reach)
        found = self._con.execute(
            "SELECT incident_id, side, incident_date, basis, status, digest, created_at, "
            f"{', '.join(AGREED)} FROM incidents WHERE {between} AND side IN {ANY_OF} ORDER BY incident_id",
            [listed({*scope.days, *(side for side, _ in scope.months)})],
        ).fetchall()
        belonging: dict[str, set[str]] = defaultdict(set)
        members: dict[str, tuple[str, str]] = {}
        for name, launch_id, how in self._con.execute(
            f"SELECT incident_id, launch_id, how FROM incident_members WHERE {between}"
        ).fetchall():
            belonging[name].add(launch_id)
            members[launch_id] = name, how
        within = scope.wants()
        old: dict[str, incident_rows.Old] = {}
        standing: list[Standing] = []
        for name, side, day, basis, status, digest, created, *agreed in found:
            if within(basis, side, day):
                old[name] = incident_rows.Old(name, day, status, digest, utc(created), frozenset(belonging[name]))
            elif basis != "month":
                standing.append(Standing(name, side, day, self._agreed(agreed, day)))
        return _Near(old, standing, members)

    def _agreed(self, agreed: Sequence[Any], day: date) -> Facts:
        given = {name: utc(v) if isinstance(v, datetime) else v for name, v in zip(AGREED, agreed, strict=True)}
        return agreed_facts(given, day=day, gazetteer=self._gazetteer)

    # Writing

    def _write(self, stored: Mapping[str, _Stored], old: Mapping[str, incident_rows.Old], formed: Formed) -> Refreshed:
        names, changes = _named(formed.incidents, old, self._taken)
        related = self._related(stored)
        made = [
            incident_rows.made(incident, names, old.get(names[incident.anchor]), related, self._now)
            for incident in formed.incidents
        ]
        written = [row for row in made if (before := old.get(row.incident_id)) is None or before.digest != row.digest]
        kept = set(names.values())
        gone = [name for name in old if name not in kept]
        changes += [
            Change("status", row.incident_id, None, f"{before.status} before, {row.status} now")
            for row in written
            if (before := old.get(row.incident_id)) is not None and before.status != row.status
        ]
        self._replace(old, written, gone)
        self._name_launches(stored, formed, names)
        self._log(changes)
        raised = self._raise_alerts(changes, {row.incident_id: row for row in written})
        return Refreshed(tuple(row.incident_id for row in written), tuple(gone), tuple(changes), raised)

    def _taken(self, names: Sequence[str]) -> set[str]:
        """Which of these names are or were in use: every incident was once noted as new."""
        found = self._con.execute(
            f"SELECT DISTINCT incident_id FROM incident_changes WHERE incident_id IN {ANY_OF}", [listed(names)]
        ).fetchall()
        return {row[0] for row in found}

    def _related(self, stored: Mapping[str, _Stored]) -> incident_rows.Related:
        """What else is said of the incidents' reports: addresses of their articles, and reactions."""
        articles = {(item.report.article_id, item.report.published_date) for item in stored.values()}
        if not articles:
            return incident_rows.Related({}, {})
        between = in_days("published_date", (day for _, day in articles))
        reactions: dict[str, list[str]] = defaultdict(list)
        for launch_id, said in self._con.execute(
            "SELECT launch_id, concat_ws('|', reaction_id, actor_country, actor, type, quoted, evidence) "
            f"FROM reactions WHERE {between} AND launch_id IS NOT NULL "
            f"AND article_id IN {ANY_OF} ORDER BY ALL",
            [listed({article_id for article_id, _ in articles})],
        ).fetchall():
            reactions[launch_id].append(said)
        return incident_rows.Related(self._urls, reactions)

    def _replace(
        self, old: Mapping[str, incident_rows.Old], written: Sequence[incident_rows.Row], gone: Sequence[str]
    ) -> None:
        outdated = [name for name in (*(row.incident_id for row in written), *gone) if name in old]
        if outdated:
            days = [old[name].day for name in outdated]
            for table in (schema.INCIDENTS, schema.INCIDENT_MEMBERS):
                self._con.execute(
                    f"DELETE FROM {table.name} WHERE {in_days('incident_date', days)} AND incident_id IN {ANY_OF}",
                    [listed(outdated)],
                )
        ordered = sorted(written, key=lambda row: (row.day, row.incident_id))
        incident_rows.insert(self._con, schema.INCIDENTS, (row.values for row in ordered))
        incident_rows.insert(self._con, schema.INCIDENT_MEMBERS, (m for row in ordered for m in row.members))

    def _name_launches(self, stored: Mapping[str, _Stored], formed: Formed, names: Mapping[str, str]) -> None:
        """Put the incidents' names on the rows of launches and reactions that carry other ones."""
        due: dict[str, str | None] = dict.fromkeys(formed.left_out)
        for incident in formed.incidents:
            due.update((m.report.launch_id, names[incident.anchor]) for m in incident.members)
        for joined in formed.joined:
            due.update((m.report.launch_id, joined.name) for m in joined.members)
        changed = [
            (launch_id, name, stored[launch_id].report.published_date)
            for launch_id, name in sorted(due.items())
            if launch_id in stored and stored[launch_id].incident_id != name
        ]
        incident_rows.name_launches(self._con, changed)

    def _log(self, changes: Sequence[Change]) -> None:
        if not changes:
            return
        noted = [
            (
                _digest(change.kind, change.incident_id, change.other_id, change.detail, self._now.isoformat()),
                self._now.date(), self._now, change.incident_id, change.kind, change.other_id, change.detail,
            )
            for change in changes
        ]  # fmt: skip
        incident_rows.insert(self._con, schema.INCIDENT_CHANGES, noted)

    def _raise_alerts(self, changes: Sequence[Change], written: Mapping[str, incident_rows.Row]) -> int:
        """An alert for each new incident and change of status that is news."""
        oldest = self._now.date() - timedelta(days=self._alert_days)
        due = [
            (change, written[change.incident_id])
            for change in changes
            if change.kind in ("new", "status") and written[change.incident_id].day >= oldest
        ]
        return alerts.put(self._con, [_alert(change, row, self._now) for change, row in due])


def _alert(change: Change, row: incident_rows.Row, now: datetime) -> alerts.Alert:
    title = row.title if change.kind == "new" else f"{row.title} ({change.detail})"
    return alerts.raised(f"incident.{change.kind}", row.incident_id, title, row.payload(), row.status, now)


def _named(
    incidents: Sequence[Incident], old: Mapping[str, incident_rows.Old], taken: Any
) -> tuple[dict[str, str], list[Change]]:
    """anchor -> incident_id, and what changed.

    An incident keeps the name of the stored one that it shares most reports with.
    """
    shares = _shares(incidents, old)
    names: dict[str, str] = {}
    kept: set[str] = set()
    for name, anchor in shares:
        if name not in kept and anchor not in names:
            names[anchor] = name
            kept.add(name)
    fresh = [incident for incident in incidents if incident.anchor not in names]
    names |= _fresh_names(fresh, taken, set(old))
    changes: list[Change] = []
    for incident in fresh:
        mine = names[incident.anchor]
        changes.append(Change("new", mine, None, f"first told of in {incident.anchor}"))
        parents = sorted({name for name, anchor in shares if anchor == incident.anchor and name in kept})
        changes += [Change("split", parent, mine, "some of its reports are of another launch") for parent in parents]
    for name in sorted(old.keys() - kept):
        into = next((names[anchor] for gone, anchor in shares if gone == name), None)
        changes.append(
            Change("merged", name, into, "its reports are of one launch with those of the other")
            if into
            else Change("withdrawn", name, None, "no article tells of it any more")
        )
    return names, changes


def _shares(incidents: Sequence[Incident], old: Mapping[str, incident_rows.Old]) -> list[tuple[str, str]]:
    """(name of a stored incident, anchor of one formed now) that share reports, those that share most first.

    A report that was extracted anew under another key still shares its article.
    """
    holders: dict[str, list[str]] = defaultdict(list)
    for name, before in old.items():
        for held in before.articles:
            holders[held].append(name)
    shares: list[tuple[float, datetime, str, datetime, str]] = []
    for incident in incidents:
        launches = {m.report.launch_id for m in incident.members}
        articles = {m.report.article_id for m in incident.members}
        first = reported(incident.members[0].report)
        for name in {name for article in articles for name in holders.get(article, ())}:
            before = old[name]
            share = len(launches & before.members) + 0.5 * len(articles & before.articles)
            shares.append((-share, before.created_at, name, first, incident.anchor))
    return [(name, anchor) for _, _, name, _, anchor in sorted(shares)]


def _fresh_names(incidents: Sequence[Incident], taken: Any, old: set[str]) -> dict[str, str]:
    """Names as PRK-20260104-3fa9c1: side, day and a digest of the first report."""
    names: dict[str, str] = {}
    proposed = {incident.anchor: _name(incident, 6) for incident in incidents}
    used = old | (taken(list(proposed.values())) if proposed else set())
    for incident in incidents:
        name = proposed[incident.anchor]
        length = 6
        while name in used and length < 40:
            length += 4
            name = _name(incident, length)
        used.add(name)
        names[incident.anchor] = name
    return names


def _name(incident: Incident, digits: int) -> str:
    side = incident.summary.country or "XXX"
    digest = hashlib.sha256(incident.anchor.encode("utf-8", "replace")).hexdigest()
    return f"{side}-{incident.day:%Y%m%d}-{digest[:digits]}"


def _digest(*parts: object) -> str:
    return hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8", "replace")).hexdigest()[:20]


def _bare(country: str | None, actor: str | None, day: date | None, precision: Any, role: Any) -> Launch:
    return Launch(
        "", country, actor, day, precision, None, "missile", None, None, None, None, None, None, None, "conducted", role
    )


def _around(day: date, before: timedelta, after: timedelta) -> list[date]:
    """The days from `before` to `after`, both ends included, within the calendar."""
    first = day.toordinal() - before.days
    last = day.toordinal() + after.days
    return [date.fromordinal(n) for n in range(max(1, first), min(date.max.toordinal(), last) + 1)]


def _country(side: str) -> str:
    return "~" if side.startswith("~") else side
