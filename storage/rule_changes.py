"""What re-extractions changed, rule by rule: stored, and read back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from storage import schema
from storage.lake import Lake
from storage.staging import stage, utc

# Record ("launch" or "reaction"), rule, and how many were gained, lost and changed.
Row = tuple[str, str, int, int, int]


@dataclass(frozen=True, slots=True)
class About:
    """The run and the dates that rows belong to."""

    run_id: str
    start: date
    end: date
    dry_run: bool
    finished_at: datetime


def save(lake: Lake, about: About, changes: Sequence[Row]) -> None:
    """Write a run's rows for its dates, in place of those that it wrote for them before. Raises LakeError."""

    def work(con: duckdb.DuckDBPyConnection) -> None:
        shared = (about.run_id, about.start, about.end, about.dry_run)
        rows = ((*shared, *change, utc(about.finished_at)) for change in changes)
        stage(con, "staged_rule_changes", schema.RULE_CHANGES.columns, rows)
        con.execute("DELETE FROM rule_changes WHERE run_id = ? AND start_date = ?", [about.run_id, about.start])
        con.execute("INSERT INTO rule_changes FROM temp.staged_rule_changes")

    lake.write(work, message=f"rule changes of {about.start} to {about.end}")


def of_run(lake: Lake, run_id: str) -> list[Row]:
    """A run's rows, summed over its dates."""
    with lake.read() as con:
        con.execute(
            "SELECT record, rule, sum(gained)::BIGINT, sum(lost)::BIGINT, sum(changed)::BIGINT FROM rule_changes "
            "WHERE run_id = ? GROUP BY ALL ORDER BY sum(gained + lost + changed) DESC, record, rule",
            [run_id],
        )
        return con.fetchall()
