"""How far a run is: log lines, ever rarer; and for a backfill at a terminal a bar, date by date."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import AsyncIterator, Callable

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from flows.coverage import Coverage
from flows.sources import Source
from flows.terminal import console

log = logging.getLogger("launchwire")

_FIRST_SECONDS = 5.0
# Of the time that a run has taken: one of a day says less than thirty lines.
_PAUSE = 0.4


@contextlib.asynccontextmanager
async def told(words: Callable[[], str]) -> AsyncIterator[None]:
    """Log what `words` says now and then while the block runs."""
    began = time.monotonic()

    async def tell() -> None:
        while True:
            await asyncio.sleep(max(_FIRST_SECONDS, _PAUSE * (time.monotonic() - began)))
            log.info("%s", words())

    telling = asyncio.create_task(tell())
    try:
        yield
    finally:
        telling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await telling


@contextlib.asynccontextmanager
async def shown(source: Source, coverage: Coverage) -> AsyncIterator[Callable[[Coverage], None]]:
    """Show the counts as they grow; yields what is to be called after each batch."""
    if not sys.stderr.isatty():
        async with told(lambda: f"{_where(coverage)}: {_words(coverage)}"):
            yield lambda counted: None
        return
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[counts]}"),
        TimeRemainingColumn(),
        console=console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task(f"{coverage.span}: listing", total=None, counts="")

        def tell(counted: Coverage) -> None:
            done = counted.totals()["candidates"]
            bar.update(task, completed=done, total=source.total, description=_where(counted), counts=_words(counted))

        yield tell


def _where(coverage: Coverage) -> str:
    """The latest date that has candidates."""
    reached = [day for day, count in coverage.days.items() if count.candidates]
    return f"{max(reached)}" if reached else f"{coverage.span}: listing"


def _words(coverage: Coverage) -> str:
    totals = coverage.totals()
    return ", ".join(f"{totals[name]} {name}" for name in ("fetched", "known", "failed", "stored", "launches"))
