"""The commands that work on past dates: `launchwire backfill` and `launchwire reextract`."""

from __future__ import annotations

from datetime import date
from typing import Any, get_args

import click

from flows.commands.options import DATE, Settings, with_settings
from flows.commands.running import _run
from flows.ingest import utc_now
from flows.sources import SourceName
from flows.spans import checked_span


@click.command()
@click.argument("start", type=DATE)
@click.argument("end", type=DATE)
@click.option("--from", "source", type=click.Choice(get_args(SourceName)), default="archive", show_default=True,
              help="Where the articles come from.")  # fmt: skip
@click.option("--late", "late_days", type=int, default=3, show_default=True, metavar="DAYS",
              help="How many days after END captures of articles of these dates are looked for.")  # fmt: skip
@with_settings
def backfill(settings: Settings, start: date, end: date, source: SourceName, late_days: int) -> int:
    """Fill the past dates from START to END, both included: store their articles with what the rules find in them.

    Safe to repeat and to interrupt: what is stored is neither requested nor written again.

    \b
    Example:
      launchwire backfill 2026-01-04 2026-01-10 --from archive
    """
    checked_span(start, end, now=utc_now(), late_days=late_days)

    async def run() -> dict[str, Any]:
        from flows.backfill import backfill as flow

        counts: dict[str, Any] = await flow(start=start, end=end, source=source, late_days=late_days)
        counts.pop("coverage")
        return counts

    return _run(settings, run)


@click.command()
@click.argument("start", type=DATE)
@click.argument("end", type=DATE)
@with_settings
def reextract(settings: Settings, start: date, end: date) -> int:
    """Read the stored articles published from START to END, both included, with the current rules.

    Replaces exactly the launches and reactions of those articles, and prints what changed.

    \b
    Example:
      launchwire reextract 2026-01-01 2026-01-31
    """
    checked_span(start, end, now=utc_now())

    async def run() -> dict[str, Any]:
        from flows.reextract import reextract as flow

        counts: dict[str, Any] = await flow(start=start, end=end)
        return counts

    return _run(settings, run)
