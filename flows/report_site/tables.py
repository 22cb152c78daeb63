"""Data files: CSV (RFC 4180), GeoJSON (RFC 7946), a table a missile in the columns of the CNS database, search lists.

Data files are made in parts, one a month, so that one new incident costs the rows of its month and not of all.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from extractors.gazetteer import Gazetteer, Spot
from flows.report_site import wording
from flows.report_site.gather import SUMMARY, Row
from storage.exports import inert

# A salvo is one row a missile up to here; "thousands of rockets" are no table.
_MOST_ROWS = 200
CNS = (
    "F1", "Date", "Launch Time (UTC)", "Missile Name", "Missile Type", "Launch Country", "Launch Agency/Authority",
    "Facility Name", "Facility Latitude", "Facility Longitude", "Landing Location", "Landing Latitude",
    "Landing Longitude", "Apogee (km)", "Distance Travelled (km)", "Confirmation Status", "Test Outcome",
    "Missiles in Incident", "Missile of Incident", "First Source", "Independent Sources", "Incident",
)  # fmt: skip
_PROPERTIES = (
    "incident_id", "country", "actor", "date", "date_precision", "time_utc", "weapon_class", "weapon_name", "status",
    "launch_site", "landing_area", "count_min", "count_max", "distance_km", "apogee_km", "articles", "sources",
)  # fmt: skip
_OUTCOMES = {"conducted": "Success", "failed": "Failure", "planned": "Planned"}


@dataclass(frozen=True, slots=True)
class File:
    """A data file: what stands before, between and after the parts that `part` makes of the rows of a month."""

    name: str
    before: str
    between: str
    after: str
    part: Callable[[Sequence[Row], Gazetteer], str]


def _csv_part(rows: Sequence[Row], _gazetteer: Gazetteer) -> str:
    return _csv([row[name] for name in SUMMARY] for row in rows)


def _cns_part(rows: Sequence[Row], gazetteer: Gazetteer) -> str:
    return _csv(line for row in rows for line in _missiles(row, gazetteer))


def _missiles(row: Row, gazetteer: Gazetteer) -> Iterable[list[Any]]:
    """A row for each missile that by consensus flew at least; drones are not in that database."""
    if row["weapon_class"] == "attack_drone":
        return
    site, landing = _spot(row["launch_site"], gazetteer), _spot(row["landing_area"], gazetteer)
    number = max(1, min(row["count_min"] or row["count_max"] or 1, _MOST_ROWS))
    for at in range(1, number + 1):
        yield [
            f"{row['incident_id']}-{at}", row["date"] or row["incident_date"], row["time_utc"], row["weapon_name"],
            wording.words(row["weapon_class"]), row["country"], row["actor"], row["launch_site"], *site,
            row["landing_area"], *landing, row["apogee_km"], row["distance_km"],
            "Confirmed" if row["sources"] > 1 else "Single source", _OUTCOMES[row["status"]],
            wording.count(row["count_min"], row["count_max"]), at, row["first_source"], row["sources"],
            row["incident_id"],
        ]  # fmt: skip


def _spot(named: str | None, gazetteer: Gazetteer) -> tuple[float | None, float | None]:
    spot = gazetteer.place(named) if named else None
    return (spot.lat, spot.lon) if spot else (None, None)


def _geojson_part(rows: Sequence[Row], gazetteer: Gazetteer) -> str:
    return ",\n".join(
        json.dumps(feature, ensure_ascii=False, separators=(",", ":"))
        for row in rows
        for feature in _features(row, gazetteer)
    )


def _features(row: Row, gazetteer: Gazetteer) -> Iterable[dict[str, Any]]:
    """A point for the launch site and one for the landing area, where the packs know them."""
    for role in ("launch_site", "landing_area"):
        spot = gazetteer.place(row[role]) if row[role] else None
        if spot:
            yield {
                "type": "Feature",
                "id": f"{row['incident_id']}-{role}",
                "geometry": {"type": "Point", "coordinates": [spot.lon, spot.lat]},
                "properties": {"role": role, "place": spot.name, **{n: _plain(row[n]) for n in _PROPERTIES}},
            }


def search_part(rows: Sequence[Row]) -> str:
    """A script that hands the page the incidents of a year: [id, day, line] each, to be searched there."""
    entries = [[row["incident_id"], str(row["incident_date"]), wording.headline(row)] for row in rows]
    # Within a script file only the line separators of older JavaScript need care; `<` is escaped all the same.
    text = json.dumps(entries, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")
    return f"launchwireSearch({text});\n"


FILES = (
    File("incidents.csv", ",".join(SUMMARY) + "\r\n", "", "", _csv_part),
    File("missiles-cns.csv", ",".join(CNS) + "\r\n", "", "", _cns_part),
    File(
        "incidents.geojson", '{"type":"FeatureCollection","features":[\n', ",\n", "\n]}\n", _geojson_part
    ),
)  # fmt: skip


def assembled(file: File, parts: Iterable[bytes]) -> bytes:
    """The whole file from the parts of its months, in their order."""
    return file.before.encode() + file.between.encode().join(part for part in parts if part) + file.after.encode()


def spots(rows: Iterable[Row], gazetteer: Gazetteer) -> dict[str, tuple[Spot, list[Row]]]:
    """Launch sites by name with the incidents that began there."""
    found: dict[str, tuple[Spot, list[Row]]] = {}
    for row in rows:
        spot = gazetteer.place(row["launch_site"]) if row["launch_site"] else None
        if spot:
            found.setdefault(spot.name, (spot, []))[1].append(row)
    return found


def _csv(lines: Iterable[Sequence[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([inert(_plain(value)) for value in line] for line in lines)
    return out.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    return wording.shown(value) if isinstance(value, str) else value
