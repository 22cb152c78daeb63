"""What backfills did for each date: stored, and read back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from storage import schema
from storage.lake import Lake
from storage.staging import stage, utc


@dataclass(frozen=True, slots=True)
class CoveredDay:
    """One row of `coverage` as a run gives it; `articles` and `launches` of the date are counted on saving."""

    date: date
    candidates: int
    known: int
    fetched: int
    refused: int
    failed: int
    stored: int
    articles: int = 0
    launches: int = 0


_COUNTS = ("candidates", "known", "fetched", "refused", "failed", "stored", "articles", "launches")


def save(
    lake: Lake, days: Sequence[CoveredDay], *, run_id: str, source: str, scope: str, finished_at: datetime
) -> None:
    """Write a run's rows for `days`, in place of those that it wrote for them before. Raises LakeError."""
    if days:
        lake.write(
            lambda con: _save(con, days, (run_id, source, scope), finished_at),
            message=f"coverage of a {source} backfill",
        )


def of_run(lake: Lake, run_id: str, start: date, end: date) -> list[CoveredDay]:
    """What a run did from `start` to `end`, both included, by date."""
    with lake.read() as con:
        con.execute(
            f"SELECT date, {', '.join(_COUNTS)} FROM coverage WHERE date BETWEEN ? AND ? AND run_id = ? ORDER BY date",
            [start, end, run_id],
        )
        return [CoveredDay(*row) for row in con.fetchall()]


def _save(
    con: duckdb.DuckDBPyConnection, days: Sequence[CoveredDay], about: tuple[str, str, str], finished_at: datetime
) -> None:
    bounds = [min(day.date for day in days), max(day.date for day in days)]
    held = {table: _held(con, table, bounds) for table in ("articles", "launches")}
    run_id, source, scope = about
    counts = (
        (
            run_id, day.date, source, scope, day.candidates, day.known, day.fetched, day.refused, day.failed,
            day.stored, held["articles"].get(day.date, 0), held["launches"].get(day.date, 0), utc(finished_at),
        )
        for day in days
    )  # fmt: skip
    stage(con, "staged_coverage", schema.COVERAGE.columns, counts)
    con.execute("DELETE FROM coverage WHERE date BETWEEN ? AND ? AND run_id = ?", [*bounds, run_id])
    con.execute("INSERT INTO coverage FROM temp.staged_coverage")


def _held(con: duckdb.DuckDBPyConnection, table: str, bounds: list[date]) -> dict[date, int]:
    """How many rows of `table` each date has."""
    con.execute(f"SELECT published_date, count(*) FROM {table} WHERE published_date BETWEEN ? AND ? GROUP BY 1", bounds)
    return dict(con.fetchall())
