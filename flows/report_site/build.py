"""The site from the lake: gather, render, write what changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time
from pathlib import Path

from extractors.gazetteer import Gazetteer
from extractors.packs import load_packs
from flows.report_site import feeds, gather, render, tables, wording
from flows.report_site.gather import Row
from flows.report_site.writer import Site
from storage.lake import Lake

_COLUMNS = (
    "launch_id", "date", "date_precision", "time_local", "country", "actor", "weapon_class", "weapon_name", "count_min",
    "count_max", "launch_site", "landing_area", "distance_km", "apogee_km", "status", "attribution", "words", "title",
    "source", "url", "published_at",
)  # fmt: skip
_FEED_ITEMS = 100


def build(lake: Lake, directory: Path, *, home: str, packs: Sequence[Path] = ()) -> Site:
    """Bring the published directory up to date. `home` is the address that it will be served from, with a slash."""
    with lake.read(as_of=lake.snapshot()) as con:
        launches = gather.launches(con)
    site = Site(directory)
    gazetteer = Gazetteer(load_packs(packs))
    site.put("index.html", render.page("launches.html", launches=launches))
    site.put("launches.csv", tables.csv_text(_COLUMNS, launches))
    site.put("launches.geojson", tables.geojson(launches, gazetteer, _COLUMNS))
    items = [_item(row) for row in launches[:_FEED_ITEMS]]
    updated = max((item.updated for item in items), default=datetime(1970, 1, 1, tzinfo=UTC))
    site.put("atom.xml", feeds.atom(items, title="Missile and rocket launches", home=home, updated=updated))
    return site


def _item(row: Row) -> feeds.Item:
    published = row["published_at"] or datetime.combine(row["published_date"], time(), UTC)
    what = " ".join(
        part for part in (wording.count(row["count_min"], row["count_max"]), wording.words(row["weapon_class"])) if part
    )
    return feeds.Item(
        name=row["launch_id"].replace(":", "-"),
        title=f"{row['actor'] or row['country'] or 'Unknown'}: {what}, {row['date'] or 'undated'} ({row['status']})",
        summary=f"{row['words'] or ''} ({row['source']})",
        link=f"index.html#{row['launch_id'].replace(':', '-')}",
        published=published,
        updated=published,
    )
