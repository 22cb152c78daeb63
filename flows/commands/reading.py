"""`launchwire sql`, `status` and `export`: reading the lake without ever writing to it."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TextIO

import click
import duckdb

from flows.commands.options import with_settings, written_whole
from flows.settings import Settings
from flows.terminal import console, safe, table
from storage.exports import Format, inert
from storage.exports import export as write_export
from storage.lake import Lake

FORMATS = ("table", "csv", "json", "parquet")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, bytes):
        return value.hex()
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def write_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows as a table, and how many there were."""
    listed = [[_plain(value) for value in row] for row in rows]
    screen = console()
    screen.print(table(None, columns, listed))
    screen.print(f"{len(listed)} row{'' if len(listed) == 1 else 's'}", style="dim")


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]], out: TextIO) -> None:
    """RFC 4180 with a header; text that a spreadsheet would run as a formula is made inert."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        cells = (_plain(value) for value in row)
        writer.writerow([inert(json.dumps(c, ensure_ascii=False) if isinstance(c, list | dict) else c) for c in cells])


def write_json(columns: Sequence[str], rows: Iterable[Sequence[Any]], out: TextIO) -> None:
    """One JSON object a line."""
    for row in rows:
        values = dict(zip(columns, (_plain(value) for value in row), strict=True))
        out.write(json.dumps(values, ensure_ascii=False) + "\n")


@click.command()
@click.argument("query")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="File to write (needed by parquet)."
)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]),
              help="The lake as it was at this UTC time.")  # fmt: skip
@with_settings
def sql(settings: Settings, query: str, form: str, output: Path | None, as_of: datetime | None) -> None:
    """Run QUERY on the lake, read-only. docs/tables.md lists the tables and views.

    \b
    Example:
      launchwire sql "SELECT country, count(*) AS launches FROM launches GROUP BY ALL ORDER BY launches DESC"
    """
    if not query.strip(" \t\n;"):
        raise click.UsageError("the query is empty.")
    if form == "parquet" and output is None:
        raise click.UsageError("parquet needs a file to write; add -o launches.parquet.")
    with Lake.open(settings.lake(), create=False) as lake, lake.read(as_of=_utc(as_of)) as con:
        try:
            result = con.sql(query)
        except duckdb.Error as error:
            raise click.ClickException(safe(error).strip()) from None
        if result is None:  # a statement without rows, such as COPY … TO
            return
        try:
            _write(result, form, output)
        except duckdb.Error as error:
            raise click.ClickException(safe(error).strip()) from None


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None


def _write(result: duckdb.DuckDBPyRelation, form: str, output: Path | None) -> None:
    if form == "parquet":
        assert output is not None
        with written_whole(output) as path:
            result.write_parquet(str(path))
        return
    columns, rows = result.columns, iter(result.fetchone, None)
    if form == "table" and output is None:
        write_table(columns, rows)
        return
    write = write_json if form == "json" else write_csv
    if output is None:
        write(columns, rows, sys.stdout)
    else:
        with written_whole(output) as path, path.open("w", encoding="utf-8", newline="") as out:
            write(columns, rows, out)


@click.command()
@click.argument("tables", nargs=-1)
@click.option(
    "--format", "form", type=click.Choice(["csv", "json", "parquet", "duckdb"]), default="parquet", show_default=True
)
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), required=True, help="Directory, or the file for duckdb."
)
@with_settings
def export(settings: Settings, tables: tuple[str, ...], form: Format, output: Path) -> None:
    """Write TABLES (tables and views; default all) for tools that know no DuckLake.

    \b
    Example:
      launchwire export launches reactions --format csv -o out/
      launchwire export --format duckdb -o news.duckdb
    """
    with Lake.open(settings.lake(), create=False) as lake:
        for path in write_export(lake, output, form, only=tables):
            click.echo(str(path))


_COUNTS = """
    SELECT (SELECT count(*) FROM articles) AS articles, (SELECT count(*) FROM launches) AS launches,
           (SELECT count(*) FROM reactions) AS reactions, (SELECT min(published_date) FROM articles) AS first_day,
           (SELECT max(published_date) FROM articles) AS last_day,
           (SELECT count(*) FROM articles WHERE quality = 'none') AS without_text,
           (SELECT count(*) FROM articles WHERE retry_at IS NOT NULL) AS to_retry,
           (SELECT date_trunc('second', max(fetched_at)) FROM fetches) AS last_request
"""
_TROUBLED = """
    SELECT source, status, last_outcome, failures, next_poll_reason FROM feed_health
    WHERE failures > 0 OR status = 'gone' ORDER BY failures DESC, source
"""
_GAPS = """
    SELECT source, url AS feed, since, until, 'launchwire backfill ' || fill_from || ' ' || fill_to AS fill_with
    FROM open_gaps ORDER BY since
"""
_REFUSED = """
    SELECT host, kind, outcome, sum(requests) AS requests, any_value(detail) AS detail FROM failed_fetches
    WHERE fetched_date >= current_date - 7 AND kind <> 'feed' GROUP BY ALL ORDER BY requests DESC LIMIT 15
"""


@click.command()
@with_settings
def status(settings: Settings) -> None:
    """Say what the lake holds, which feeds fail and why, and what was refused in the last week.

    \b
    Example:
      launchwire status
    """
    screen = console()
    with Lake.open(settings.lake(), create=False) as lake, lake.read() as con:
        counts = con.sql(_COUNTS)
        screen.print(f"lake at {safe(lake.config.place)}")
        for name, value in zip(counts.columns, counts.fetchall()[0], strict=True):
            screen.print(f"{name.replace('_', ' '):>14}  {'' if value is None else _plain(value)}")
        troubled, refused, gaps = con.sql(_TROUBLED), con.sql(_REFUSED), con.sql(_GAPS)
        failing = troubled.fetchall()
        if failing:
            screen.print(table("Feeds that need attention", troubled.columns, failing))
        missed = gaps.fetchall()
        if missed:
            screen.print(table("Feeds that rotated past what was seen", gaps.columns, missed))
        rows = refused.fetchall()
        if rows:
            screen.print(table("Requests without an article, last 7 days", refused.columns, rows))
    if not failing:
        screen.print("No feed needs attention.")
