"""What the site shows, read from the lake."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

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
ORDER = "incident_date, time_utc NULLS LAST, incident_id"
# The fields that claims are shown of, and what is shown of a claim.
FIELDS = (
    "count", "weapon_class", "weapon_name", "time_local", "launch_site", "landing_area", "distance_km", "apogee_km",
    "status",
)  # fmt: skip
_CLAIM = ("field", "value", "claimant", "attribution", "since", "superseded_at", "sources")


class Known(NamedTuple):
    """An incident as lists of all of them need it; `digest` changes with anything that its page shows."""

    incident_id: str
    day: date
    country: str | None
    digest: str


def every(con: Connection) -> list[Known]:
    """All incidents by day. They are also kept in the table `known`, with what the front page counts of all."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE known AS SELECT incident_id, incident_date, country, digest, changed_at, "
        "weapon_class, launch_site, landing_area FROM incidents ORDER BY incident_date, incident_id"
    )
    found = con.execute("SELECT incident_id, incident_date, country, digest FROM temp.known").fetchall()
    return [Known(*row) for row in found]


def newest(con: Connection, number: int) -> list[str]:
    """The incidents that changed last, the latest first."""
    found = con.execute(
        f"SELECT incident_id FROM temp.known ORDER BY changed_at DESC, incident_date DESC, incident_id DESC "
        f"LIMIT {number}"
    ).fetchall()
    return [name for (name,) in found]


def places(con: Connection) -> list[tuple[str, str, str, int, str]]:
    """(role, place as named, weapon class, incidents, the latest of them) over all incidents."""
    parts = [
        f"SELECT '{role}', {name}, weapon_class, count(*), max_by(incident_id, (incident_date, incident_id)) "
        f"FROM temp.known WHERE {name} IS NOT NULL GROUP BY ALL"
        for role, name in (("launch site", "launch_site"), ("landing area", "landing_area"))
    ]
    found: list[tuple[str, str, str, int, str]] = con.execute(f"{' UNION ALL '.join(parts)} ORDER BY ALL").fetchall()
    return found


def prepare(con: Connection, years: Iterable[int]) -> None:
    """Copy the incidents of these years into the table `listed`, which lists and data files are made from.

    Many small queries of a lake cost more than one large one, and the files of other years need not be read.
    """
    parts = [
        f"FROM incidents WHERE incident_date BETWEEN DATE '{date(first, 1, 1)}' AND DATE '{date(last, 12, 31)}'"
        for first, last in _runs(sorted(set(years)))
    ] or ["FROM incidents LIMIT 0"]
    con.execute(f"CREATE OR REPLACE TEMP TABLE listed AS FROM ({' UNION ALL '.join(parts)}) ORDER BY {ORDER}")


def _runs(years: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of years that follow each other."""
    runs: list[tuple[int, int]] = []
    for year in years:
        if runs and runs[-1][1] == year - 1:
            runs[-1] = (runs[-1][0], year)
        else:
            runs.append((year, year))
    return runs


def summaries(
    con: Connection, condition: str, parameters: Sequence[Any] = (), *, columns: Sequence[str] = SUMMARY
) -> list[Row]:
    """Columns of the prepared incidents that meet a condition, by day."""
    query = f"SELECT {', '.join(columns)} FROM temp.listed WHERE {condition} ORDER BY {ORDER}"
    return rows(con, query, list(parameters))


def details(con: Connection, ids: Sequence[str], between: tuple[date, date]) -> list[Row]:
    """All that is said of incidents: with `members` (reports and their articles) and `responses` (reactions)."""
    named = f"incident_id IN {ANY_OF}"
    days = f"incident_date BETWEEN DATE '{between[0]}' AND DATE '{between[1]}'"
    shown = ", ".join(f"{name} := c.{name}" for name in _CLAIM)
    claims = f"[struct_pack({shown}) FOR c IN claims IF c.field IN {FIELDS}]"
    found = rows(
        con,
        f"SELECT * REPLACE ({claims} AS claims) FROM incidents WHERE {days} AND {named} ORDER BY {ORDER}",
        [listed(ids)],
    )
    members = rows(con, f"SELECT * FROM incident_members WHERE {days} AND {named}", [listed(ids)])
    told, responses = _told(con, members)
    for member in members:
        member |= told.get(member["launch_id"], {})
    by_incident = _grouped((m for m in members if m.get("title") is not None), "incident_id")
    responded = _grouped(responses, "incident_id")
    for row in found:
        row["members"] = sorted(by_incident[row["incident_id"]], key=_published)
        row["responses"] = _firsts(responded[row["incident_id"]], row)
        row["sentences"] = _sentences(row["members"])
    return found


_LAUNCH = ("launch_id", "article_id", "attribution", "evidence")
_RESPONSE = (
    "reaction_id", "incident_id", "article_id", "actor_country", "actor", "type", "quoted", "evidence",
)  # fmt: skip
_ARTICLE = ("article_id", "title", "source", "url", "published_at", "copy_of")


def _told(con: Connection, members: Sequence[Row]) -> tuple[dict[str, Row], list[Row]]:
    """What the members' launches say, by launch_id, and the reactions to them, each with its article."""
    if not members:
        return {}, []
    between = _published_between(members)
    launches, responses = (
        rows(
            con,
            f"SELECT {', '.join(columns)} FROM {table} WHERE {between} AND launch_id IN {ANY_OF}",
            [listed(m["launch_id"] for m in members)],
        )
        for table, columns in (("launches", _LAUNCH), ("reactions", _RESPONSE))
    )
    articles = {
        row["article_id"]: row
        for row in rows(
            con,
            f"SELECT {', '.join(_ARTICLE)} FROM articles WHERE {between} AND article_id IN {ANY_OF}",
            [listed({m["article_id"] for m in members})],
        )
    }
    for row in responses:
        row |= articles.get(row["article_id"], {})
        row["origin"] = row.get("copy_of") or row["article_id"]
    return (
        {row["launch_id"]: row | articles[row["article_id"]] for row in launches if row["article_id"] in articles},
        [row for row in responses if "title" in row],
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
