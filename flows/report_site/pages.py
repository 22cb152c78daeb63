"""Pages of incidents, made in batches: each is read from the lake, rendered and written by one process."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

from extractors.errors import UserError
from extractors.gazetteer import Gazetteer
from flows.caching import rules
from flows.report_site import charts, claims, gather, names, render, wording
from flows.report_site.gather import Row
from flows.report_site.writer import Site
from storage.lake import Connection, Lake, LakeConfig

# Incidents of one query, whose fixed cost is that of some hundred pages; as many as keep a process within 200 MB.
_BATCH = 2000
# Fewer pages are written sooner than one more process starts.
_WORTH_A_PROCESS = 500


class WritersError(UserError):
    """A process that writes pages is gone; the message says what to do."""


_ROLES = {"launch site": "launch_site", "landing area": "landing_area"}


class Wanted(NamedTuple):
    """An incident to make the page of."""

    incident_id: str
    day: date


@dataclass(frozen=True, slots=True)
class Source:
    """A state of the lake that other processes can open, and the packs besides our own."""

    config: LakeConfig
    snapshot: int
    packs: tuple[Path, ...]


def write(con: Connection, site: Site, gazetteer: Gazetteer, wanted: Sequence[Wanted]) -> None:
    """Write the pages of these incidents, which come by day."""
    for at in range(0, len(wanted), _BATCH):
        batch = wanted[at : at + _BATCH]
        for row in gather.details(con, [incident.incident_id for incident in batch], (batch[0].day, batch[-1].day)):
            site.put(names.incident_page(row["incident_id"]), _page(row, gazetteer))


@contextmanager
def beside(source: Source, site: Site, workers: int, wanted: Sequence[Wanted]) -> Iterator[Sequence[Wanted]]:
    """Write pages in up to `workers` other processes while the block runs; what is too few for that is handed to it.

    Processes are spawned, as DuckDB does not survive the fork of a threaded process. Raises WritersError where one
    dies; the next build makes again what this one had not noted as done.
    """
    processes = min(workers, len(wanted) // _WORTH_A_PROCESS)
    if processes < 2:
        yield wanted
        return
    pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), _start, (source, site.directory))
    try:
        size = min(_BATCH, -(-len(wanted) // processes))
        done = [pool.submit(_batch, wanted[at : at + size]) for at in range(0, len(wanted), size)]
        yield ()
        for future in done:
            site.count(*future.result())
    except BrokenProcessPool as error:
        raise WritersError(
            "a process that writes pages of the report ended early, perhaps for want of memory; publish again, with "
            "the setting `workers` at 1 where memory is short."
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


_of_process: tuple[Connection, Site, Gazetteer] | None = None
# Open until the process ends.
_opened = ExitStack()


def _start(source: Source, directory: Path) -> None:
    """Open what the batches of this process need."""
    global _of_process
    threading.Thread(target=_end_with_parent, daemon=True).start()
    lake = _opened.enter_context(Lake.open(source.config, create=False))
    con = _opened.enter_context(lake.read(as_of=source.snapshot))
    _of_process = con, Site(directory), Gazetteer(rules(source.packs))


def _end_with_parent() -> None:
    # A killed parent closes no queue, and its workers would wait for ever.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _batch(wanted: Sequence[Wanted]) -> tuple[int, int]:
    """Write a batch; returns the files written and those that were as they should be."""
    assert _of_process is not None
    con, site, gazetteer = _of_process
    before = site.written, site.kept
    write(con, site, gazetteer, wanted)
    return site.written - before[0], site.kept - before[1]


def _page(row: Row, gazetteer: Gazetteer) -> str:
    columns, agreed, lines = claims.table(row, gazetteer)
    places = [
        (role, row[name], row["weapon_class"], 1, row["incident_id"]) for role, name in _ROLES.items() if row[name]
    ]
    dots = charts.dots(places, gazetteer)
    slant = charts.upright(charts.around(dots)) if dots else None
    dots = slant.moved(dots) if slant else []
    view = charts.around(dots) if dots else None
    return render.page(
        "incident.html",
        root="../",
        row=row,
        country=gazetteer.state(row["country"]) if row["country"] else "no country",
        facts=_facts(row),
        columns=columns,
        agreed=agreed,
        lines=lines,
        dots=charts.labelled(dots, [(view, charts.small_scale(view), charts.STRAIGHT)], [*_ROLES]) if view else [],
        slant=slant,
        flights=charts.flights([row], gazetteer),
        strip=charts.reactions(row["responses"]),
        view=view,
        scale=charts.small_scale(view) if view else 1,
    )


def _facts(row: Row) -> list[tuple[str, str, str]]:
    """What is known: name, agreed value, and the spread of what sources give where they differ."""
    figures = (
        ("Number", wording.count(row["count_min"], row["count_max"]),
         wording.spread(row["count_low"], row["count_high"]), ""),
        ("Distance", wording.quantity(row["distance_km"]),
         wording.spread(row["distance_low_km"], row["distance_high_km"]), " km"),
        ("Greatest altitude", wording.quantity(row["apogee_km"]),
         wording.spread(row["apogee_low_km"], row["apogee_high_km"]), " km"),
    )  # fmt: skip
    number, *distances = (
        (name, f"{value}{unit}" if value else "", f"{told}{unit}" if told else "")
        for name, value, told, unit in figures
    )
    told = [
        ("Status", row["status"], ""),
        ("Date", wording.when(row), ""),
        ("Time", row["time_local"] and f"{row['time_local']} local", ""),
        ("Time in UTC", wording.moment(row["time_utc"]), ""),
        number,
        ("Class", wording.words(row["weapon_class"]), ""),
        ("Weapon", row["weapon_name"], ""),
        ("Launched by", wording.side(row), ""),
        ("From", row["launch_site"], ""),
        ("Toward", row["landing_area"], ""),
        *distances,
        ("Told by", _sources(row), ""),
        ("First report", _first(row), ""),
    ]
    return [fact for fact in told if fact[1]]


def _sources(row: Row) -> str:
    articles, sources = row["articles"], row["sources"]
    return (
        f"{articles} {'article' if articles == 1 else 'articles'}, "
        f"{sources} independent {'source' if sources == 1 else 'sources'}"
    )


def _first(row: Row) -> str:
    if not row["first_reported_at"]:
        return ""
    told = f"{row['first_source']}, {wording.moment(row['first_reported_at'])}"
    if not row["next_reported_at"]:
        return told
    lead = int((row["next_reported_at"] - row["first_reported_at"]).total_seconds() // 60)
    return f"{told}; {wording.later(lead)} before {row['next_source']}"
