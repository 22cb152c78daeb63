"""Data files: GeoJSON (RFC 7946) and CSV (RFC 4180)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from extractors.gazetteer import Gazetteer
from flows.report_site.gather import Row
from storage.exports import inert


def csv_text(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """A table with a header; text that a spreadsheet would run as a formula is made inert."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([inert(_cell(row[name])) for name in columns] for row in rows)
    return out.getvalue()


def geojson(rows: Iterable[Row], gazetteer: Gazetteer, properties: Sequence[str]) -> str:
    """A FeatureCollection: a point for each launch site and each landing area that the places pack knows."""
    features = [
        {
            "type": "Feature",
            "id": f"{row['launch_id']}-{role}",
            "geometry": {"type": "Point", "coordinates": [spot.lon, spot.lat]},
            "properties": {"role": role, "place": spot.name, **{name: _cell(row[name]) for name in properties}},
        }
        for row in rows
        for role in ("launch_site", "landing_area")
        if (spot := gazetteer.place(row[role] or "")) is not None
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, indent=1)


def _cell(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
