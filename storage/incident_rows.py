"""Rows of incidents and their members from what was formed, and their digests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from extractors.consensus import Claim, Summary
from extractors.incidents import Incident, Member
from extractors.likeness import DECISIVE, weight
from storage import schema
from storage.staging import in_days, stage

_CLAIM = tuple(Claim.__dataclass_fields__)
_SUMMARY = tuple(name for name in Summary.__dataclass_fields__ if name != "claims")


@dataclass(frozen=True, slots=True)
class Old:
    """A stored incident: enough to know it again."""

    incident_id: str
    day: date
    status: str
    digest: str
    created_at: datetime
    members: frozenset[str]

    @property
    def articles(self) -> frozenset[str]:
        return frozenset(launch_id.rpartition(":")[0] for launch_id in self.members)


@dataclass(frozen=True, slots=True)
class Related:
    """Article addresses by article_id and, by launch_id, each reaction as text."""

    urls: Mapping[str, str]
    reactions: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Row:
    """An incident ready to be written."""

    incident_id: str
    day: date
    status: str
    digest: str
    title: str
    values: tuple[Any, ...]
    members: tuple[tuple[Any, ...], ...]

    def payload(self) -> dict[str, Any]:
        """What an alert says of it."""
        row = dict(zip(schema.INCIDENTS.column_names, self.values, strict=True))
        return {name: row[name] for name in _ALERTED}


_ALERTED = (
    "incident_id", "country", "actor", "date", "date_precision", "time_utc", "weapon_class", "weapon_name", "status",
    "launch_site", "landing_area", "count_min", "count_max", "distance_km", "apogee_km", "articles", "sources",
    "first_reported_at", "first_source",
)  # fmt: skip


def made(incident: Incident, names: Mapping[str, str], old: Old | None, related: Related, now: datetime) -> Row:
    """The row of an incident; `names` gives incident_ids by anchor. Unless its digest changed, it is not written."""
    incident_id = names[incident.anchor]
    reactions = [said for m in incident.members for said in related.reactions.get(m.report.launch_id, ())]
    claims = [{name: getattr(claim, name) for name in _CLAIM} for claim in incident.summary.claims]
    apart = [
        {"incident_id": names[other.other], "reasons": [_words(reason) for reason in other.reasons]}
        for other in incident.apart
    ]
    members = tuple(_member(m, incident_id, incident.day) for m in incident.members)
    digest = _digest(incident, claims, apart, members, reactions, related)
    summary = incident.summary
    given = {
        "incident_id": incident_id,
        "incident_date": incident.day,
        "claims": claims,
        "apart": apart,
        "reactions": len(reactions),
        "side": incident.side,
        "basis": incident.basis,
        "created_at": old.created_at if old else now,
        "changed_at": now,
        "digest": digest,
    }
    values = tuple(given[name] if name in given else getattr(summary, name) for name in schema.INCIDENTS.column_names)
    return Row(incident_id, incident.day, summary.status, digest, title(incident), values, members)


def title(incident: Incident) -> str:
    """An incident in one line."""
    summary = incident.summary
    who = summary.actor or summary.country or "Unknown side"
    what = summary.weapon_name or summary.weapon_class.replace("_", " ")
    when = summary.date or f"around {incident.day}"
    site = f" from {summary.launch_site}" if summary.launch_site else ""
    return f"{who}: {what}{site}, {when}, {summary.status}"


def insert(con: duckdb.DuckDBPyConnection, table: schema.Table, made: Iterable[Sequence[Any]]) -> None:
    """Append rows of `table`."""
    listed = list(made)
    if listed:
        stage(con, f"staged_{table.name}", table.columns, listed)
        con.execute(f"INSERT INTO {table.name} FROM temp.staged_{table.name}")


def name_launches(
    con: duckdb.DuckDBPyConnection,
    named: Sequence[tuple[str, str | None, date]],
) -> None:
    """Set incident_id of launches (launch_id, name, published_date) and of the reactions to them."""
    if not named:
        return
    by_name = {column.name: column for column in schema.LAUNCHES.columns}
    columns = [by_name[name] for name in ("launch_id", "incident_id", "published_date")]
    stage(con, "staged_names", columns, named)
    between = in_days("t.published_date", (day for _, _, day in named))
    for table in (schema.LAUNCHES, schema.REACTIONS):
        con.execute(
            f"UPDATE {table.name} AS t SET incident_id = s.incident_id FROM temp.staged_names s "
            f"WHERE t.launch_id = s.launch_id AND t.published_date = s.published_date AND {between} "
            "AND t.incident_id IS DISTINCT FROM s.incident_id"
        )


def _member(member: Member, incident_id: str, day: date) -> tuple[Any, ...]:
    report = member.report
    return (
        report.launch_id, incident_id, day, report.article_id, report.published_date, member.how, member.beside,
        round(weight(list(member.reasons)), 2), [_words(reason) for reason in member.reasons],
    )  # fmt: skip


def _words(reason: Any) -> str:
    return f"{'decisive:' if reason.weight <= DECISIVE else f'{reason.weight:+.2f}'} {reason.words}"


def _digest(
    incident: Incident, claims: Any, apart: Any, members: Any, reactions: Sequence[str], related: Related
) -> str:
    """A digest of all that pages say of an incident, so that what did not change is not written again."""
    summary = [getattr(incident.summary, name) for name in _SUMMARY]
    told = [
        (m.report.article_id, m.report.source, m.report.title, m.report.published_at, m.report.origin,
         related.urls.get(m.report.article_id), [(e.start, e.text) for e in m.report.launch.evidence],
         m.report.launch.rules, m.report.launch.attribution)
        for m in incident.members
    ]  # fmt: skip
    everything = (str(incident.day), incident.basis, summary, claims, apart, members, reactions, told)
    text = json.dumps(everything, default=str, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:20]
