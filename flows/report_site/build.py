"""The site from the lake: what changed since the last build is gathered, rendered and written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from extractors.gazetteer import Gazetteer
from flows.caching import rules
from flows.report_site import charts, claims, feeds, gather, render, tables, wording
from flows.report_site.gather import Row
from flows.report_site.writer import Site
from storage.lake import Connection, Lake

_FEED_ITEMS = 100
_LISTED = 60
_LISTED_OF_COUNTRY = 200
# Incidents of one query: as many as keep memory small.
_BATCH = 500
_ASSETS = ("style.css", "site.js", "land.svg")


def build(lake: Lake, directory: Path, *, home: str, gazetteer: Gazetteer | None = None) -> Site:
    """Bring the published directory up to date. `home` is the address that it will be served from, with a slash.

    A crash in between leaves whole files, and the next build does again what this one had not noted as done.
    """
    site = Site(directory)
    with lake.read(as_of=lake.snapshot()) as con:
        _Build(con, site, home, gazetteer or Gazetteer(rules())).run()
    return site


@dataclass(frozen=True, slots=True)
class _Known:
    """An incident as the manifest has it."""

    digest: str
    day: date
    country: str | None


class _Build:
    def __init__(self, con: Connection, site: Site, home: str, gazetteer: Gazetteer) -> None:
        self._con = con
        self._site = site
        self._home = home
        self._gazetteer = gazetteer

    def run(self) -> None:
        gather.prepare(self._con)
        overview = gather.overview(self._con)
        now = {name: _Known(digest, day, country) for name, day, country, digest in overview}
        moved = gather.moved(self._con)
        before, pages = self._before()
        changed = {name for name, known in now.items() if before.get(name) != known}
        touched = [
            k for name in (*changed, *(before.keys() - now.keys())) for k in (before.get(name), now.get(name)) if k
        ]
        for name in _ASSETS:
            self._site.put(name, render.asset(name))
        self._incidents(sorted(changed, key=lambda name: (now[name].day, name)), now)
        self._moved(moved, now)
        self._months({f"{known.day:%Y-%m}" for known in touched}, overview)
        self._countries({known.country for known in touched}, overview)
        if touched or not before:
            self._files([known.day for known in touched], overview)
            self._front(overview)
        made = {*map(_incident_page, now), *map(_incident_page, moved), *_lists(overview)}
        self._site.drop(sorted(pages - made))
        self._site.keep_manifest(
            {
                "version": self._version(),
                "incidents": {name: [known.digest, str(known.day), known.country] for name, known in now.items()},
                "pages": sorted(made),
            }
        )

    def _version(self) -> str:
        return f"{render.version()} {self._home}"

    def _before(self) -> tuple[dict[str, _Known], set[str]]:
        """Incidents that are published as they should be, and every page that is there."""
        manifest = self._site.manifest()
        pages = set(manifest.get("pages", ()))
        if manifest.get("version") != self._version():
            return {}, pages
        return {
            name: _Known(digest, date.fromisoformat(day), country)
            for name, (digest, day, country) in manifest["incidents"].items()
        }, pages

    # Pages

    def _incidents(self, names: Sequence[str], now: dict[str, _Known]) -> None:
        batches = [names[at : at + _BATCH] for at in range(0, len(names), _BATCH)]

        def read(batch: Sequence[str]) -> list[Row]:
            days = [now[name].day for name in batch]
            return gather.details(self._con, batch, (min(days), max(days)))

        # The database works on the next batch while this one is rendered.
        with ThreadPoolExecutor(1) as ahead:
            coming = ahead.submit(read, batches[0]) if batches else None
            for following in [*batches[1:], None]:
                if coming is None:
                    break
                found = coming.result()
                coming = ahead.submit(read, following) if following else None
                for row in found:
                    self._site.put(_incident_page(row["incident_id"]), self._incident(row))

    def _incident(self, row: Row) -> str:
        columns, lines = claims.table(row, self._gazetteer)
        places = [
            (role, row[name], row["weapon_class"], 1, row["incident_id"])
            for role, name in (("launch site", "launch_site"), ("landing area", "landing_area"))
            if row[name]
        ]
        dots = charts.dots(places, self._gazetteer)
        return render.page(
            "incident.html",
            root="../",
            row=row,
            columns=columns,
            lines=lines,
            dots=dots,
            flights=charts.flights([row], self._gazetteer),
            view=charts.around(dots) if dots else None,
        )

    def _moved(self, moved: dict[str, str], now: dict[str, _Known]) -> None:
        for name, other in moved.items():
            if name not in now and other in now:
                self._site.put(_incident_page(name), render.page("moved.html", root="../", name=name, other=other))

    def _months(self, months: Iterable[str], overview: Sequence[Any]) -> None:
        present = sorted({f"{day:%Y-%m}" for _, day, _, _ in overview})
        for month in sorted(set(months) & set(present)):
            rows = gather.summaries(self._con, "incident_date BETWEEN ? AND ?", _ends(month))
            at = present.index(month)
            self._site.put(
                f"month/{month}.html",
                render.page(
                    "list.html",
                    root="../",
                    title=f"{_ends(month)[0]:%B %Y}",
                    rows=rows,
                    more=[],
                    total=len(rows),
                    earlier=present[at - 1] if at else None,
                    later=present[at + 1] if at + 1 < len(present) else None,
                ),
            )

    def _countries(self, countries: Iterable[str | None], overview: Sequence[Any]) -> None:
        present = {country for _, _, country, _ in overview}
        for country in sorted(set(countries) & present, key=str):
            rows = gather.summaries(
                self._con,
                "incident_id IN (SELECT incident_id FROM temp.listed WHERE country IS NOT DISTINCT FROM ? "
                f"ORDER BY incident_date DESC, incident_id DESC LIMIT {_LISTED_OF_COUNTRY})",
                [country],
            )
            by_month = Counter(f"{day:%Y-%m}" for _, day, owner, _ in overview if owner == country)
            self._site.put(
                _country_page(country),
                render.page(
                    "list.html",
                    root="../",
                    title=f"Launches by {country or 'sides without a country'}",
                    rows=rows[::-1],
                    more=sorted(by_month.items(), reverse=True),
                    total=sum(by_month.values()),
                    earlier=None,
                    later=None,
                ),
            )

    def _front(self, overview: Sequence[Any]) -> None:
        last = max((day for _, day, _, _ in overview), default=date(1970, 1, 1))
        recent = gather.summaries(
            self._con, "incident_date > ?", [max(date(1, 1, 1), last - timedelta(days=charts.RECENT_DAYS))]
        )
        newest = gather.summaries(
            self._con,
            "incident_id IN (SELECT incident_id FROM temp.listed ORDER BY changed_at DESC, incident_id LIMIT ?)",
            [_FEED_ITEMS],
        )
        items = [_item(row) for row in sorted(newest, key=lambda r: (r["changed_at"], r["incident_id"]), reverse=True)]
        self._site.put("atom.xml", feeds.atom(items, home=self._home))
        self._site.put("feed.json", feeds.json_feed(items, home=self._home))
        self._site.put(
            "index.html",
            render.page(
                "index.html",
                root="",
                total=len(overview),
                recent=recent[::-1][:_LISTED],
                timeline=charts.timeline(recent),
                months=charts.months(overview),
                dots=charts.dots(self._places(), self._gazetteer),
                flights=charts.flights(recent, self._gazetteer),
                views=charts.VIEWS,
                countries=Counter(country for _, _, country, _ in overview).most_common(),
                years=sorted({day.year for _, day, _, _ in overview}, reverse=True),
            ),
        )

    def _places(self) -> list[tuple[str, str, str, int, str]]:
        parts = [
            f"SELECT '{role}', {name}, weapon_class, count(*), max_by(incident_id, incident_date) FROM temp.listed "
            f"WHERE {name} IS NOT NULL GROUP BY ALL"
            for role, name in (("launch site", "launch_site"), ("landing area", "landing_area"))
        ]
        return self._con.execute(f"{' UNION ALL '.join(parts)} ORDER BY ALL").fetchall()

    # Files

    def _files(self, days: Sequence[date], overview: Sequence[Any]) -> None:
        present = sorted({f"{day:%Y-%m}" for _, day, _, _ in overview})
        for month in sorted({f"{day:%Y-%m}" for day in days} & set(present)):
            rows = gather.summaries(self._con, "incident_date BETWEEN ? AND ?", _ends(month))
            for file in tables.FILES:
                self._site.put(f".parts/{month}-{file.name}", file.part(rows, self._gazetteer))
        for year in sorted({day.year for day in days}):
            rows = gather.summaries(self._con, "incident_date BETWEEN ? AND ?", [date(year, 1, 1), date(year, 12, 31)])
            self._site.put(f"data/search-{year}.js", tables.search_part(rows))
        for file in tables.FILES:
            parts = [self._site.read(f".parts/{month}-{file.name}") or b"" for month in present]
            self._site.put(f"data/{file.name}", tables.assembled(file, parts))
        made = self._site.directory / "data" / ".incidents.parquet"
        self._con.execute(
            f"COPY (SELECT * EXCLUDE (digest) FROM incidents ORDER BY incident_date, incident_id) "
            f"TO '{str(made).replace(chr(39), chr(39) * 2)}' (FORMAT parquet, COMPRESSION zstd)"
        )
        self._site.adopt("data/incidents.parquet", made)


def _ends(month: str) -> list[date]:
    """First and last day of a month written as "2026-01"."""
    first = date.fromisoformat(f"{month}-01")
    return [first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)]


def _incident_page(name: str) -> str:
    return f"incident/{_plain_name(name)}.html"


def _country_page(country: str | None) -> str:
    return f"country/{_plain_name(country or 'none')}.html"


def _plain_name(text: str) -> str:
    """A file name that leads nowhere else, whatever a rule pack calls a country."""
    return re.sub(r"[^A-Za-z0-9-]", "_", text)


def _lists(overview: Iterable[tuple[str, date, str | None, str]]) -> set[str]:
    return {page for _, day, country, _ in overview for page in (f"month/{day:%Y-%m}.html", _country_page(country))}


def _item(row: Row) -> feeds.Item:
    told = [f"{row['articles']} articles, {row['sources']} independent sources."]
    for name, unit in (("distance", "km"), ("apogee", "km")):
        if row[f"{name}_km"] is not None:
            told.append(f"{name.capitalize()} {wording.quantity(row[f'{name}_km'])} {unit}.")
    if row["landing_area"]:
        told.append(f"Toward {row['landing_area']}.")
    return feeds.Item(
        name=row["incident_id"],
        title=wording.headline(row),
        summary=" ".join(told),
        link=_incident_page(row["incident_id"]),
        published=row["first_reported_at"] or datetime.combine(row["incident_date"], time(), UTC),
        updated=row["changed_at"],
        tags=tuple(tag for tag in (row["country"], row["weapon_class"], row["status"]) if tag),
    )
