"""What the site shows, read from the lake."""

from __future__ import annotations

from typing import Any

from storage.lake import Connection

Row = dict[str, Any]

_LAUNCHES = """
    SELECT launch_id, published_date, country, actor, date, date_precision, time_local, time_utc, weapon_class,
           weapon_name, count_min, count_max, launch_site, landing_area, distance_km, apogee_km, status, attribution,
           evidence[1]."text" AS words, title, source, url, published_at
    FROM launch_reports WHERE role = 'lead'
    ORDER BY coalesce(date, published_date) DESC, launch_id
"""


def launches(con: Connection) -> list[Row]:
    """Launches that articles are about, the latest first."""
    return rows(con, _LAUNCHES)


def rows(con: Connection, query: str, parameters: object = None) -> list[Row]:
    """The rows of a query as dictionaries."""
    found = con.execute(query, parameters)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
