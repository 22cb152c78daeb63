"""The site from the lake: what changed since the last build is gathered, rendered and written."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple

from extractors.gazetteer import Gazetteer
from flows.caching import rules
from flows.report_site import charts, feeds, gather, names, pages, render, tables, wording
from flows.report_site.gather import Noted, Row
from flows.report_site.pages import Source, Wanted
from flows.report_site.writer import Site
from storage.lake import Connection, Lake
from storage.staging import ANY_OF, listed

_FEED_ITEMS = 100
_LISTED = 40
_AHEAD = 12
_LISTED_OF_COUNTRY = 200
_ASSETS = ("style.css", "site.js", "land.svg")


def build(
    lake: Lake,
    directory: Path,
    *,
    home: str,
    packs: tuple[Path, ...] = (),
    gazetteer: Gazetteer | None = None,
    workers: int = 1,
) -> Site:
    """Bring the published directory up to date. `home` is the address that it will be served from, with a slash.

    `gazetteer` is that of `packs` where the caller has it already; `workers` is the number of processes that a large
    build may take. A crash in between leaves whole files, and the next build does again what this one had not noted
    as done.
    """
    site = Site(directory)
    with lake.read() as con:
        # Every query sees one state of the lake, and other processes are told which.
        con.execute("BEGIN")
        (snapshot,) = con.execute("FROM news.current_snapshot()").fetchall()[0]
        source = Source(lake.config, snapshot, packs)
        _Build(con, site, home, gazetteer or Gazetteer(rules(packs)), source, workers).run()
    return site


class _Published(NamedTuple):
    """What an earlier build left: lines of incidents as `gather.every` gives them, where pages were moved, the months
    that launches were in, and the other files; `names` are those of all its pages of incidents.
    """

    incidents: dict[str, str]
    moved: dict[str, str]
    months: set[str]
    files: set[str]
    names: set[str]


class _Build:
    def __init__(
        self, con: Connection, site: Site, home: str, gazetteer: Gazetteer, source: Source, workers: int
    ) -> None:
        self._con = con
        self._site = site
        self._home = home
        self._gazetteer = gazetteer
        self._source = source
        self._workers = workers
        self._all = gather.every(con)
        self._counted = gather.months(con)
        self._months = sorted({counted.month for counted in self._counted})

    def run(self) -> None:
        now, before = self._all, self._before()
        moved = {name: other for name, other in gather.moved(self._con).items() if name not in now and other in now}
        changed = [name for name, line in now.items() if before.incidents.get(name) != line]
        gone = before.incidents.keys() - now.keys()
        touched = {gather.noted(now[name]) for name in changed}
        touched |= {gather.noted(before.incidents[name]) for name in (*changed, *gone) if name in before.incidents}
        for name in _ASSETS:
            self._site.put(name, render.asset(name))
        wanted = sorted(
            (Wanted(name, gather.noted(now[name]).day) for name in changed), key=lambda w: (w.day, w.incident_id)
        )
        with pages.beside(self._source, self._site, self._workers, wanted) as left:
            pages.write(self._con, self._site, self._gazetteer, left)
            self._moved(moved.items() - before.moved.items())
            if touched or not before.files:
                self._lists(touched, before.months)
        files = self._files()
        self._site.drop(sorted(before.files - files))
        self._site.drop(sorted(map(names.incident_page, before.names - now.keys() - moved.keys())))
        self._site.keep_manifest(
            {
                "version": self._version(),
                "incidents": now,
                "moved": moved,
                "months": self._months,
                "files": sorted(files),
            }
        )

    def _version(self) -> str:
        return f"{render.version()} {self._home}"

    def _before(self) -> _Published:
        """What is published; where other code or another address made it, files that may be there but nothing that
        is as it should be.
        """
        manifest = self._site.manifest()
        incidents, moved = manifest.get("incidents", {}), manifest.get("moved", {})
        every = {*incidents, *moved}
        # An earlier version listed the pages of incidents among the files.
        files = {name for name in manifest.get("files", ()) if not name.startswith("incident/")}
        if manifest.get("version") != self._version():
            return _Published({}, {}, set(), files, every)
        return _Published(incidents, moved, set(manifest["months"]), files, every)

    def _files(self) -> set[str]:
        """Lists and data files that a site of these incidents has."""
        years = {int(month[:4]) for month in self._months}
        return {
            *map(names.month_page, self._months),
            *(names.country_page(counted.country) for counted in self._counted),
            *map(names.search_file, years),
            *(names.data_file(kind, year) for year in years for kind in (*tables.FILES, tables.PARQUET)),
        }

    def _moved(self, moved: Iterable[tuple[str, str]]) -> None:
        for name, other in moved:
            page = render.page("moved.html", root="../", name=name, other=other)
            self._site.put(names.incident_page(name), page)

    # Lists

    def _lists(self, touched: set[Noted], old_months: set[str]) -> None:
        """Write what lists incidents of the same month, country or year as these, and the front page."""
        months = {names.month_of(noted.day) for noted in touched} | self._beside(old_months ^ set(self._months))
        years = {noted.day.year for noted in touched}
        newest = gather.newest(self._con, _FEED_ITEMS)
        latest = gather.latest(self._con, {noted.country for noted in touched}, _LISTED_OF_COUNTRY)
        reach = gather.reach(self._con)
        last = reach.last or date(1970, 1, 1)
        since = max(date.min + timedelta(days=charts.RECENT_DAYS), last) - timedelta(days=charts.RECENT_DAYS)
        shown = {*newest, *(name for some in latest.values() for name in some)}
        gather.prepare(self._con, shown, months, years, since)
        self._month_pages(months)
        self._country_pages(latest)
        self._data(years & {int(month[:4]) for month in self._months})
        self._feeds(newest)
        self._front(reach, since)

    def _beside(self, months: Iterable[str]) -> set[str]:
        """The months before and after these, whose pages link to them."""
        found = set()
        for month in months:
            at = bisect_left(self._months, month)
            found.update(self._months[max(0, at - 1) : at + 2])
        return found

    def _month_pages(self, months: Iterable[str]) -> None:
        place = {month: at for at, month in enumerate(self._months)}
        for month in sorted(set(months) & place.keys()):
            rows = gather.summaries(self._con, "incident_date BETWEEN ? AND ?", _ends(month))
            at = place[month]
            page = render.page(
                "list.html",
                root="../",
                title=f"{_ends(month)[0]:%B %Y}",
                rows=rows,
                more=[],
                total=len(rows),
                earlier=self._months[at - 1] if at else None,
                later=self._months[at + 1] if at + 1 < len(self._months) else None,
            )
            self._site.put(names.month_page(month), page)

    def _country_pages(self, latest: dict[str | None, list[str]]) -> None:
        for country, shown in sorted(latest.items(), key=lambda item: str(item[0])):
            rows = gather.summaries(self._con, f"incident_id IN {ANY_OF}", [listed(shown)])
            by_month = {counted.month: counted.number for counted in self._counted if counted.country == country}
            page = render.page(
                "list.html",
                root="../",
                title=f"Launches by {self._state(country)}",
                rows=rows[::-1],
                more=sorted(by_month.items(), reverse=True),
                total=sum(by_month.values()),
                earlier=None,
                later=None,
            )
            self._site.put(names.country_page(country), page)

    def _data(self, years: Iterable[int]) -> None:
        tables.prepare(self._con, self._gazetteer)
        for year in sorted(years):
            for kind, made in tables.FILES.items():
                self._site.put(names.data_file(kind, year), made(self._con, year))
            self._site.put(names.search_file(year), tables.search_list(self._con, year))
            part = self._site.directory / "data" / ".incidents.parquet.part"
            tables.incidents_parquet(self._con, year, part)
            self._site.adopt(names.data_file(tables.PARQUET, year), part)

    def _feeds(self, newest: Iterable[str]) -> None:
        items = gather.summaries(self._con, f"incident_id IN {ANY_OF}", [listed(newest)])
        items.sort(key=lambda row: (row["changed_at"], row["incident_id"]), reverse=True)
        self._site.put("atom.xml", feeds.atom(list(map(_item, items)), home=self._home))
        self._site.put("feed.json", feeds.json_feed(list(map(_item, items)), home=self._home))

    def _front(self, reach: gather.Reach, since: date) -> None:
        recent = gather.summaries(self._con, "incident_date > ? AND incident_date <= ?", [since, reach.last])
        ahead = gather.summaries(self._con, "incident_date > ? AND status = 'planned'", [reach.last])
        page = render.page(
            "index.html",
            root="",
            reach=reach,
            recent=recent[::-1][:_LISTED],
            ahead=ahead[:_AHEAD],
            months_told=[month for month in self._months if month <= names.month_of(reach.last or since)][-3:][::-1],
            timeline=charts.timeline(recent),
            months=charts.months(self._counted),
            states={counted.country: self._state(counted.country) for counted in self._counted},
            dots=charts.labelled(
                charts.dots(gather.places(self._con), self._gazetteer), charts.scaled(charts.VIEWS.values())
            ),
            flights=charts.flights(recent, self._gazetteer),
            views=charts.VIEWS,
            slants={name: charts.upright(view) for name, view in charts.VIEWS.items()},
            years=sorted({int(month[:4]) for month in self._months}, reverse=True),
            kinds=(*tables.FILES, tables.PARQUET),
        )
        self._site.put("index.html", page)

    def _state(self, country: str | None) -> str:
        return self._gazetteer.state(country) if country else "sides without a country"


def _ends(month: str) -> list[date]:
    """First and last day of a month written as "2026-01"."""
    first = date.fromisoformat(f"{month}-01")
    return [first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)]


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
        link=names.incident_page(row["incident_id"]),
        published=row["first_reported_at"] or datetime.combine(row["incident_date"], time(), UTC),
        updated=row["changed_at"],
        tags=tuple(tag for tag in (row["country"], row["weapon_class"], row["status"]) if tag),
    )
