"""What the site shows, read from the lake."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from storage.lake import Connection
from storage.schema import ARTICLES, INCIDENTS
from storage.staging import ANY_OF, in_days, listed, spans

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
_TIMES = frozenset(
    {"since", "superseded_at"}
    | {column.name for column in (*INCIDENTS.columns, *ARTICLES.columns) if column.type == "TIMESTAMPTZ"}
)
# As `names.month_of`.
_MONTH = "printf('%04d-%02d', year(incident_date), month(incident_date))"


class Month(NamedTuple):
    """How many launches a country made in a month written as "2026-01"."""

    country: str | None
    month: str
    number: int


class Noted(NamedTuple):
    """What of an incident decides which pages it is told on; `digest` changes with anything that its own page shows."""

    digest: str
    day: date
    country: str | None


def noted(line: str) -> Noted:
    """What a line of `every` says."""
    digest, day, *country = line.split(" ", 2)
    return Noted(digest, date.fromisoformat(day), country[0] if country else None)


def every(con: Connection) -> dict[str, str]:
    """Each incident with a line that changes when its pages do. The table `known` keeps what is counted of all."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE known AS SELECT incident_id, incident_date, country, changed_at, weapon_class, "
        "status, launch_site, landing_area, concat_ws(' ', digest, incident_date, country) AS noted FROM incidents"
    )
    return dict(con.execute("SELECT incident_id, noted FROM temp.known").fetchall())


class Reach(NamedTuple):
    """How many launches were told of, how many of them are announced only, and the day of the latest that happened."""

    total: int
    announced: int
    last: date | None


def reach(con: Connection) -> Reach:
    """What all incidents span.

    Announcements lie ahead, and so does a launch whose year was misread: neither is the latest launch, unless there is
    no other.
    """
    found = con.execute(
        "SELECT count(*), count(*) FILTER (status = 'planned'), coalesce(max(incident_date) FILTER "
        "(status <> 'planned' AND incident_date <= changed_at::DATE + 1), max(incident_date)) FROM temp.known"
    ).fetchall()
    return Reach(*found[0])


def months(con: Connection) -> list[Month]:
    """All launches counted by country and month, in order of both."""
    found = con.execute(f"SELECT country, {_MONTH}, count(*) FROM temp.known GROUP BY ALL ORDER BY ALL").fetchall()
    return [Month(*row) for row in found]


def latest(con: Connection, countries: Iterable[str | None], number: int) -> dict[str | None, list[str]]:
    """The latest incidents of each of these countries that has any, the latest first."""
    found: dict[str | None, list[str]] = {}
    for country, name in con.execute(
        f"SELECT country, incident_id FROM temp.known WHERE coalesce(country, '') IN {ANY_OF} "
        f"QUALIFY row_number() OVER (PARTITION BY country ORDER BY incident_date DESC, incident_id DESC) <= {number} "
        "ORDER BY incident_date DESC, incident_id DESC",
        [listed(country or "" for country in countries)],
    ).fetchall():
        found.setdefault(country, []).append(name)
    return found


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


def prepare(con: Connection, shown: Iterable[str], months: Iterable[str], years: Iterable[int], since: date) -> None:
    """Copy what lists and data files say of incidents into the table `listed`: of those `shown`, of these months and
    years, and of all after `since`.

    Many small queries of a lake cost more than one large one, and what was in other months need not be read.
    """
    days = con.execute(
        "SELECT DISTINCT incident_date FROM temp.known WHERE incident_date > ? "
        f"OR incident_id IN {ANY_OF} OR {_MONTH} IN {ANY_OF} OR year(incident_date)::VARCHAR IN {ANY_OF}",
        [since, listed(shown), listed(months), listed(map(str, years))],
    ).fetchall()
    parts = [
        f"{', '.join(SUMMARY)} FROM incidents WHERE incident_date BETWEEN DATE '{first}' AND DATE '{last}'"
        for first, last in spans(day for (day,) in days)
    ] or [f"{', '.join(SUMMARY)} FROM incidents LIMIT 0"]
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE listed AS FROM (SELECT {' UNION ALL SELECT '.join(parts)}) ORDER BY {ORDER}"
    )


def summaries(
    con: Connection, condition: str, parameters: Sequence[Any] = (), *, columns: Sequence[str] = SUMMARY
) -> list[Row]:
    """Columns of the prepared incidents that meet a condition, by day."""
    return _rows(con, columns, f"FROM temp.listed WHERE {condition} ORDER BY {ORDER}", list(parameters))


def details(con: Connection, ids: Sequence[str], between: tuple[date, date]) -> list[Row]:
    """All that is said of incidents: with `members` (reports and their articles) and `responses` (reactions)."""
    named = f"incident_id IN {ANY_OF}"
    days = f"incident_date BETWEEN DATE '{between[0]}' AND DATE '{between[1]}'"
    found = _rows(con, _INCIDENT, f"FROM incidents WHERE {days} AND {named} ORDER BY {ORDER}", [listed(ids)])
    members = _rows(con, _MEMBER, f"FROM incident_members WHERE {days} AND {named}", [listed(ids)])
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


_INCIDENT = (*SUMMARY, "claims", "apart")
_MEMBER = ("launch_id", "incident_id", "article_id", "published_date", "how", "reasons")
_LAUNCH = ("launch_id", "article_id", "attribution", "evidence")
_RESPONSE = (
    "reaction_id", "incident_id", "article_id", "actor_country", "actor", "type", "quoted", "evidence",
)  # fmt: skip
_ARTICLE = ("article_id", "title", "source", "url", "published_at", "copy_of")


def _told(con: Connection, members: Sequence[Row]) -> tuple[dict[str, Row], list[Row]]:
    """What the members' launches say, by launch_id, and the reactions to them, each with its article."""
    if not members:
        return {}, []
    between = in_days("published_date", (m["published_date"] for m in members))
    told = listed(m["launch_id"] for m in members)
    launches, responses = (
        _rows(con, columns, f"FROM {table} WHERE {between} AND launch_id IN {ANY_OF}", [told])
        for table, columns in (("launches", _LAUNCH), ("reactions", _RESPONSE))
    )
    articles = {
        row["article_id"]: row
        for row in _rows(
            con,
            _ARTICLE,
            f"FROM articles WHERE {between} AND article_id IN {ANY_OF}",
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


def _rows(con: Connection, columns: Sequence[str], source: str, parameters: Sequence[Any]) -> list[Row]:
    """Columns of what `source` ("FROM ...") gives as dictionaries, times in UTC."""
    found = con.execute(f"SELECT {', '.join(map(_column, columns))} {source}", parameters)
    made = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    for name in _TIMES.intersection(columns):
        for row in made:
            row[name] = _utc(row[name])
    if "claims" in columns:
        for row in made:
            for claim in row["claims"]:
                claim["since"], claim["superseded_at"] = _utc(claim["since"]), _utc(claim["superseded_at"])
    return made


def _column(name: str) -> str:
    """What is read as the column `name`."""
    if name == "claims":
        shown = ", ".join(f"{part} := {_read(f'c.{part}')}" for part in _CLAIM)
        return f"[struct_pack({shown}) FOR c IN claims IF c.field IN {FIELDS}] AS claims"
    return f"{_read(name)} AS {name}"


def _read(name: str) -> str:
    # DuckDB hands out a time with its zone through pytz, which takes longer than everything else about a row.
    return f"make_timestamp(epoch_us({name}))" if name.rpartition(".")[2] in _TIMES else name


def _utc(value: datetime | None) -> datetime | None:
    return None if value is None else value.replace(tzinfo=UTC)
