"""How far a backfill is, date by date: a line and a bar for a person at a terminal, log lines elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from flows.coverage import Coverage
from flows.sources import Source
from flows.terminal import console

log = logging.getLogger("launchwire")

_LOG_SECONDS = 10.0


@contextmanager
def shown(source: Source, coverage: Coverage) -> Iterator[Callable[[Coverage], None]]:
    """Show the counts as they grow; yields what is to be called after each batch."""
    if sys.stderr.isatty():
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[counts]}"),
            TimeRemainingColumn(),
            console=console(stderr=True),
            transient=True,
        ) as bar:
            task = bar.add_task(str(coverage.span), total=None, counts="")

            def tell(counted: Coverage) -> None:
                done = counted.totals()["candidates"]
                bar.update(
                    task, completed=done, total=source.total, description=_where(counted), counts=_words(counted)
                )

            yield tell
        return
    logged_at = time.monotonic()

    def tell_log(counted: Coverage) -> None:
        nonlocal logged_at
        if time.monotonic() - logged_at >= _LOG_SECONDS:
            logged_at = time.monotonic()
            log.info("%s: %s", _where(counted), _words(counted))

    yield tell_log


def _where(coverage: Coverage) -> str:
    """The latest date that has candidates."""
    reached = [day for day, count in coverage.days.items() if count.candidates]
    return f"{max(reached)}" if reached else "listing"


def _words(coverage: Coverage) -> str:
    totals = coverage.totals()
    return ", ".join(f"{totals[name]} {name}" for name in ("fetched", "known", "failed", "stored", "launches"))
