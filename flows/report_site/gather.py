"""What the site shows, read from the lake."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from storage.lake import Connection
from storage.staging import ANY_OF, listed, utc

Row = dict[str, Any]

# The columns of lists and data files; pages of incidents have all.
SUMMARY = (
    "incident_id", "incident_date", "country", "actor", "date", "date_precision", "time_local", "time_utc",
    "weapon_class", "weapon_name", "status", "launch_site", "landing_area", "count_min", "count_max", "count_low",
    "count_high", "distance_km", "distance_low_km", "distance_high_km", "apogee_km", "apogee_low_km", "apogee_high_km",
    "articles", "sources", "reactions", "first_reported_at", "first_source", "next_reported_at", "next_source",
    "created_at", "changed_at", "basis",
)  # fmt: skip
_ORDER = "incident_date, time_utc NULLS LAST, incident_id"


def prepare(con: Connection) -> None:
    """Copy what lists need of every incident into memory: many small queries of a lake cost more than one large one."""
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE listed AS SELECT {', '.join(SUMMARY)}, digest FROM incidents ORDER BY {_ORDER}"
    )


def overview(con: Connection) -> list[tuple[str, date, str | None, str]]:
    """incident_id, incident_date, country and digest of every incident."""
    found: list[tuple[str, date, str | None, str]] = con.execute(
        f"SELECT incident_id, incident_date, country, digest FROM temp.listed ORDER BY {_ORDER}"
    ).fetchall()
    return found


def summaries(con: Connection, condition: str = "true", parameters: Sequence[Any] = ()) -> list[Row]:
    """The `SUMMARY` of incidents by day."""
    return rows(
        con, f"SELECT {', '.join(SUMMARY)} FROM temp.listed WHERE {condition} ORDER BY {_ORDER}", list(parameters)
    )


def details(con: Connection, ids: Sequence[str], between: tuple[date, date]) -> list[Row]:
    """All that is said of incidents: with `members` (reports and their articles) and `responses` (reactions)."""
    named = f"incident_id IN {ANY_OF}"
    days = f"incident_date BETWEEN DATE '{between[0]}' AND DATE '{between[1]}'"
    found = rows(con, f"SELECT * FROM incidents WHERE {days} AND {named} ORDER BY {_ORDER}", [listed(ids)])
    members = rows(con, f"SELECT * FROM incident_members WHERE {days} AND {named}", [listed(ids)])
    told = _told(con, members)
    for member in members:
        member |= told.get(member["launch_id"], {})
    by_incident = _grouped((m for m in members if m.get("title") is not None), "incident_id")
    responses = _grouped(_responses(con, members), "incident_id")
    for row in found:
        row["members"] = sorted(by_incident[row["incident_id"]], key=_published)
        row["responses"] = _firsts(responses[row["incident_id"]], row)
        row["sentences"] = _sentences(row["members"])
    return found


_LAUNCH = (
    "launch_id", "attribution", "weapon_class", "weapon_name", "date", "time_local", "count_min", "count_max",
    "launch_site", "landing_area", "distance_km", "apogee_km", "status", "role", "evidence", "rules", "pack_version",
)  # fmt: skip
_ARTICLE = ("title", "source", "url", "published_at", "copy_of")


def _told(con: Connection, members: Sequence[Row]) -> dict[str, Row]:
    """What the members' launches and articles say, by launch_id."""
    if not members:
        return {}
    columns = ", ".join((*(f"l.{name}" for name in _LAUNCH), *(f"a.{name}" for name in _ARTICLE)))
    found = rows(
        con,
        f"SELECT {columns} FROM (FROM launches WHERE {_published_between(members)} "
        f"AND launch_id IN {ANY_OF}) l "
        f"JOIN (FROM articles WHERE {_published_between(members)}) a USING (article_id, published_date)",
        [listed(m["launch_id"] for m in members)],
    )
    return {row["launch_id"]: row for row in found}


def _responses(con: Connection, members: Sequence[Row]) -> list[Row]:
    if not members:
        return []
    return rows(
        con,
        "SELECT r.reaction_id, r.incident_id, r.actor_country, r.actor, r.type, r.quoted, r.evidence, a.article_id, "
        "a.title, a.source, a.url, a.published_at, coalesce(a.copy_of, a.article_id) AS origin "
        f"FROM (FROM reactions WHERE {_published_between(members)} AND launch_id IN {ANY_OF}) r "
        f"JOIN (FROM articles WHERE {_published_between(members)}) a USING (article_id, published_date)",
        [listed(m["launch_id"] for m in members)],
    )


def _published_between(members: Sequence[Row]) -> str:
    days = sorted({m["published_date"] for m in members})
    return " OR ".join(f"published_date BETWEEN DATE '{first}' AND DATE '{last}'" for first, last in _spans(days)).join(
        "()"
    )


def _spans(days: Sequence[date]) -> list[tuple[date, date]]:
    spans: list[tuple[date, date]] = []
    for day in days:
        if spans and (day - spans[-1][1]).days <= 31:
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return spans


def _firsts(told: Sequence[Row], incident: Row) -> list[Row]:
    """Each actor's reaction of each type once, as first reported, in time; `minutes` counts from the launch."""
    began = incident["time_utc"] or incident["first_reported_at"]
    kept: dict[tuple[Any, ...], Row] = {}
    for row in sorted(told, key=_published):
        key = (row["actor_country"], str(row["actor"]).casefold(), row["type"])
        first = kept.setdefault(key, row | {"origins": set()})
        first["origins"].add(row["origin"])
    seen: set[str] = set()
    for row in kept.values():
        at, country = row["published_at"], row["actor_country"]
        row["minutes"] = round((at - began).total_seconds() / 60) if at and began else None
        row["first_of_country"] = bool(country) and country not in seen
        seen.add(country or "")
    return list(kept.values())


def _sentences(members: Sequence[Row]) -> list[Row]:
    """The members whose words are not copied from another one's, for the evidence of a page."""
    seen: set[str] = set()
    kept = []
    for member in members:
        said = " … ".join(span["text"] for span in member["evidence"])
        if said not in seen:
            seen.add(said)
            kept.append(member | {"said": said})
    return kept


def _published(row: Row) -> tuple[bool, datetime | int, str]:
    at = row["published_at"]
    return at is None, at or 0, str(row.get("launch_id") or row.get("reaction_id"))


def _grouped(found: Iterable[Row], name: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in found:
        groups[row[name]].append(row)
    return groups


def moved(con: Connection) -> dict[str, str]:
    """Names of incidents that were merged into others, with the names that these have now."""
    merged = dict(
        con.execute(
            "SELECT incident_id, other_id FROM incident_changes WHERE kind = 'merged' ORDER BY changed_at"
        ).fetchall()
    )
    ends = {}
    for name in merged:
        end, steps = name, 0
        while end in merged and steps < len(merged):
            end, steps = merged[end], steps + 1
        ends[name] = end
    return ends


def rows(con: Connection, query: str, parameters: object = None) -> list[Row]:
    """The rows of a query as dictionaries, times in UTC."""
    found = con.execute(query, parameters)
    names = [column[0] for column in found.description or ()]
    return [
        {name: utc(value) if isinstance(value, datetime) else value for name, value in zip(names, row, strict=True)}
        for row in found.fetchall()
    ]
