"""Data files, one of each kind a year so that a new incident costs its year: CSV (RFC 4180), GeoJSON (RFC 7946), a
table with a row a missile in the columns of the CNS database, Parquet, and the lists that the page searches.

The database makes the lines; all text in them is untrusted and made inert there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import get_args

from extractors.gazetteer import Gazetteer
from extractors.records import WeaponClass
from flows.report_site import gather, wording
from flows.report_site.gather import SUMMARY
from storage.exports import FORMULA
from storage.extensions import quoted
from storage.lake import Connection
from storage.schema import INCIDENTS, Column
from storage.staging import stage

# What `wording.headline` is made from.
_HEADLINE = (
    "incident_id", "incident_date", "country", "actor", "date", "date_precision", "weapon_class", "weapon_name",
    "status", "launch_site", "count_min", "count_max",
)  # fmt: skip
# A salvo is one row a missile up to here; "thousands of rockets" are no table.
_MOST_ROWS = 200
_TYPES = {column.name: column.type for column in INCIDENTS.columns}
_PROPERTIES = (
    "incident_id", "country", "actor", "date", "date_precision", "time_utc", "weapon_class", "weapon_name", "status",
    "launch_site", "landing_area", "count_min", "count_max", "distance_km", "apogee_km", "articles", "sources",
)  # fmt: skip
_CLASSES = " ".join(f"WHEN {quoted(name)} THEN {quoted(wording.words(name))}" for name in get_args(WeaponClass))
_NUMBER = (
    "CASE WHEN count_min = count_max THEN count_min::VARCHAR WHEN count_max IS NULL THEN 'at least ' || count_min "
    "WHEN count_min IS NULL THEN 'up to ' || count_max ELSE count_min || '–' || count_max END"
)
# Column of the CNS missile test database, and where it comes from.
_CNS = (
    ("F1", "line(incident_id || '-' || missile)"),
    ("Date", "coalesce(date, incident_date)::VARCHAR"),
    ("Launch Time (UTC)", "moment(time_utc)"),
    ("Missile Name", "line(weapon_name)"),
    ("Missile Type", f"CASE weapon_class {_CLASSES} END"),
    ("Launch Country", "line(country)"),
    ("Launch Agency/Authority", "line(actor)"),
    ("Facility Name", "line(launch_site)"),
    ("Facility Latitude", "site.lat::VARCHAR"),
    ("Facility Longitude", "site.lon::VARCHAR"),
    ("Landing Location", "line(landing_area)"),
    ("Landing Latitude", "landing.lat::VARCHAR"),
    ("Landing Longitude", "landing.lon::VARCHAR"),
    ("Apogee (km)", "apogee_km::VARCHAR"),
    ("Distance Travelled (km)", "distance_km::VARCHAR"),
    ("Confirmation Status", "if(sources > 1, 'Confirmed', 'Single source')"),
    ("Test Outcome", "CASE status WHEN 'conducted' THEN 'Success' WHEN 'failed' THEN 'Failure' ELSE 'Planned' END"),
    ("Missiles in Incident", _NUMBER),
    ("Missile of Incident", "missile::VARCHAR"),
    ("First Source", "line(first_source)"),
    ("Independent Sources", "sources::VARCHAR"),
    ("Incident", "line(incident_id)"),
)
# What `wording.shown` replaces, in RE2: controls, bidi marks, what XML has no place for.
_UNSAFE = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\x{061c}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}\x{fffe}\x{ffff}]"
_PLAIN = r"[0-9A-Za-z][\x20\x21\x23-\x2b\x2d-\x7e]*"
_MACROS = (
    f"shown(x) AS regexp_replace(x, {quoted(_UNSAFE)}, '\N{REPLACEMENT CHARACTER}', 'g')",
    f"inert(x) AS if(regexp_matches(x, {quoted(FORMULA)}), '''' || x, x)",
    """enclosed(x) AS if(regexp_matches(x, '[",\r\n]'), '"' || replace(x, '"', '""') || '"', x)""",
    # Most texts need none of it, and one pattern says so in a third of the time.
    f"line(x) AS if(regexp_full_match(x, {quoted(_PLAIN)}), x, enclosed(inert(shown(x))))",
    "moment(x) AS strftime(make_timestamp(epoch_us(x)), '%Y-%m-%dT%H:%M:%SZ')",
)


def prepare(con: Connection, gazetteer: Gazetteer) -> None:
    """Make what the queries use: macros, and the table `spots` of the places that `gather.listed` names."""
    for macro in _MACROS:
        con.execute(f"CREATE OR REPLACE TEMP MACRO {macro}")
    found = con.execute(
        "SELECT launch_site FROM temp.listed WHERE launch_site IS NOT NULL "
        "UNION SELECT landing_area FROM temp.listed WHERE landing_area IS NOT NULL ORDER BY ALL"
    ).fetchall()
    spots = [(named, spot.name, spot.lat, spot.lon) for (named,) in found if (spot := gazetteer.place(named))]
    stage(
        con,
        "spots",
        (Column("named", "VARCHAR", ""), Column("place", "VARCHAR", ""), Column("lat", "DOUBLE", ""),
         Column("lon", "DOUBLE", "")),
        spots,
    )  # fmt: skip


def incidents_csv(con: Connection, year: int) -> str:
    """A row a launch."""
    return _csv(con, SUMMARY, [_cell(name) for name in SUMMARY], f"FROM temp.listed WHERE {_in(year)}", "")


def missiles_cns(con: Connection, year: int) -> str:
    """A row for each missile that by consensus flew at least; drones are not in that database."""
    number = f"greatest(1, least(coalesce(count_min, count_max, 1), {_MOST_ROWS}))"
    source = (
        f"FROM (SELECT *, unnest(range(1, {number} + 1)) AS missile FROM temp.listed "
        f"WHERE weapon_class <> 'attack_drone' AND {_in(year)}) "
        "LEFT JOIN temp.spots site ON site.named = launch_site "
        "LEFT JOIN temp.spots landing ON landing.named = landing_area"
    )
    return _csv(con, [name for name, _ in _CNS], [made for _, made in _CNS], source, ", missile")


def incidents_geojson(con: Connection, year: int) -> str:
    """A point for the launch site and one for the landing area, where the packs know them."""
    properties = ", ".join(f"{quoted(name)}, {_value(name)}" for name in _PROPERTIES)
    parts = [
        f"SELECT incident_date, time_utc, incident_id, {at} AS part, json_object('type', 'Feature', "
        f"'id', incident_id || '-{role}', 'geometry', json_object('type', 'Point', 'coordinates', [lon, lat]), "
        f"'properties', json_object('role', '{role}', 'place', place, {properties}))::VARCHAR AS feature "
        f"FROM temp.listed JOIN temp.spots ON named = {role} WHERE {_in(year)}"
        for at, role in enumerate(("launch_site", "landing_area"))
    ]
    found = con.execute(f"SELECT feature FROM ({' UNION ALL '.join(parts)}) ORDER BY {gather.ORDER}, part").fetchall()
    features = ",\n".join(feature for (feature,) in found)
    return f'{{"type":"FeatureCollection","features":[\n{features}\n]}}\n'


FILES: dict[str, Callable[[Connection, int], str]] = {
    "incidents.csv": incidents_csv,
    "missiles-cns.csv": missiles_cns,
    "incidents.geojson": incidents_geojson,
}
PARQUET = "incidents.parquet"


def incidents_parquet(con: Connection, year: int, path: Path) -> None:
    """Everything that is said of the launches of a year, claims included."""
    con.execute(
        f"COPY (SELECT * EXCLUDE (digest) FROM incidents WHERE {_in(year)} ORDER BY incident_date, incident_id) "
        f"TO {quoted(str(path))} (FORMAT parquet, COMPRESSION zstd)"
    )


def search_list(con: Connection, year: int) -> str:
    """A script that hands the page the incidents of a year: [id, day, line] each, to be searched there."""
    entries = [
        [row["incident_id"], str(row["incident_date"]), wording.headline(row)]
        for row in gather.summaries(con, _in(year), columns=_HEADLINE)
    ]
    # Within a script file only the line separators of older JavaScript need care; `<` is escaped all the same.
    text = json.dumps(entries, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")
    return f"launchwireSearch({text});\n"


def _csv(con: Connection, head: Sequence[str], cells: Sequence[str], source: str, then: str) -> str:
    line = ", ".join(f"coalesce({cell}, '')" for cell in cells)
    found = con.execute(f"SELECT concat_ws(',', {line}) {source} ORDER BY {gather.ORDER}{then}").fetchall()
    return "".join(f"{told}\r\n" for told in (",".join(head), *(told for (told,) in found)))


def _cell(name: str) -> str:
    return f"line({name})" if _TYPES[name] == "VARCHAR" else f"{_value(name)}::VARCHAR"


def _value(name: str) -> str:
    return {"VARCHAR": f"shown({name})", "TIMESTAMPTZ": f"moment({name})"}.get(_TYPES[name], name)


def _in(year: int) -> str:
    return f"incident_date BETWEEN DATE '{date(year, 1, 1)}' AND DATE '{date(year, 12, 31)}'"
