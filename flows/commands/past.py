"""The commands that work on past dates: `launchwire backfill` and `launchwire reextract`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args

import click

from flows.commands.options import DATE, with_settings
from flows.commands.running import _run
from flows.ingest import utc_now
from flows.settings import Settings
from flows.sources import SourceName
from flows.spans import checked_span
from flows.terminal import console, safe, table

_COLUMNS = ("date", "candidates", "known", "fetched", "refused", "failed", "stored", "articles", "launches")
_RULE_COLUMNS = ("record", "rule", "gained", "lost", "changed")


def wherever(inputs: Iterable[str]) -> list[str]:
    """The inputs as a worker finds them, which runs in another directory: files by their absolute path."""
    return [str(Path(one).absolute()) if Path(one).exists() else one for one in inputs]


@click.command()
@click.argument("start", type=DATE)
@click.argument("end", type=DATE)
@click.option("--from", "source", type=click.Choice(get_args(SourceName)), default="archive", show_default=True,
              help="Where the articles come from.")  # fmt: skip
@click.option("--feed", "feeds", multiple=True, metavar="FEED",
              help="Only this subscription, by name, address or outlet; may be repeated.")  # fmt: skip
@click.option("--site", "sites", multiple=True, metavar="HOST", help="Only this site; may be repeated.")
@click.option("--warc", "inputs", multiple=True, metavar="PATH_OR_URL",
              help="A WARC file or a listing of some, for --from warc; may be repeated.")  # fmt: skip
@click.option("--late", "late_days", type=int, default=3, show_default=True, metavar="DAYS",
              help="How many days after END captures of articles of these dates are looked for.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be fetched, and fetch nothing but the listings.")
@with_settings
def backfill(
    settings: Settings,
    start: date,
    end: date,
    source: SourceName,
    feeds: tuple[str, ...],
    sites: tuple[str, ...],
    inputs: tuple[str, ...],
    late_days: int,
    dry_run: bool,
) -> int:
    """Fill the past dates from START to END, both included: store their articles with what the rules find in them.

    Safe to repeat and to interrupt: what is stored is neither requested nor written again.

    \b
    Example:
      launchwire backfill 2026-01-04 2026-01-10
      launchwire backfill 2026-01-04 2026-01-10 --from sitemap --site example.org --dry-run
    """
    checked_span(start, end, now=utc_now(), late_days=late_days)

    async def run() -> dict[str, Any]:
        from flows.backfill import backfill as flow

        counts: dict[str, Any] = await flow(
            start=start, end=end, source=source, feeds=list(feeds), sites=list(sites), inputs=wherever(inputs),
            late_days=late_days, dry_run=dry_run,
        )  # fmt: skip
        rows = [[row[name] for name in _COLUMNS] for row in counts.pop("coverage") if any(list(row.values())[1:])]
        if rows:
            console().print(table(f"{start} to {end} from {source}", _COLUMNS, rows))
        for remark in counts.pop("remarks"):
            click.echo(f"note: {safe(remark)}", err=True)
        if dry_run:
            took = timedelta(seconds=counts.pop("seconds"))
            click.echo(f"requests that would be made: {counts.pop('requests')}; they take about {took} (h:mm:ss)")
        return counts

    return _run(settings, run)


@click.command()
@click.argument("start", type=DATE)
@click.argument("end", type=DATE)
@click.option("--from-html", is_flag=True, help="Read the archived pages anew, not the stored texts.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@with_settings
def reextract(settings: Settings, start: date, end: date, from_html: bool, dry_run: bool) -> int:
    """Read the stored articles published from START to END, both included, with the current rules.

    Replaces exactly the launches and reactions of those articles, and prints what changed, rule by rule.

    \b
    Example:
      launchwire reextract 2026-01-01 2026-01-31 --dry-run
      launchwire reextract 2026-01-01 2026-01-31
    """
    checked_span(start, end, now=utc_now())

    async def run() -> dict[str, Any]:
        from flows.reextract import reextract as flow

        counts: dict[str, Any] = await flow(start=start, end=end, from_html=from_html, dry_run=dry_run)
        rules = counts.pop("rules")
        title = f"{start} to {end}: {'what would change' if dry_run else 'what changed'}"
        if rules:
            console().print(table(title, _RULE_COLUMNS, [[row[name] for name in _RULE_COLUMNS] for row in rules]))
        for remark in counts.pop("remarks"):
            click.echo(f"note: {safe(remark)}", err=True)
        return counts

    return _run(settings, run, makes_lake=False)
