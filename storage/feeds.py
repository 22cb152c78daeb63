"""Subscriptions and their state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb

from extractors.records import FeedState, Gap
from storage import rows, schema
from storage.lake import Lake
from storage.staging import ANY_OF, listed, stage


def states(lake: Lake) -> dict[str, FeedState]:
    """Every subscription's state by feed_id."""
    with lake.read() as con:
        con.execute(f"SELECT {rows.selected(FeedState)} FROM feeds ORDER BY feed_id")
        return {state.feed_id: state for state in (rows.read(FeedState, row) for row in con.fetchall())}


def register(lake: Lake, feeds: Sequence[FeedState], *, message: str) -> tuple[str, ...]:
    """Store the subscriptions that are not stored yet; what is remembered of the others stays. Returns the new ids."""

    def work(con: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
        stored = {row[0] for row in con.execute("SELECT feed_id FROM feeds").fetchall()}
        new = [state for state in feeds if state.feed_id not in stored]
        put(con, new)
        return tuple(state.feed_id for state in new)

    return lake.write(work, message=message)


def update(lake: Lake, feeds: Sequence[FeedState], *, message: str) -> None:
    """Replace the states of these subscriptions."""
    lake.write(lambda con: put(con, feeds), message=message)


def remove(lake: Lake, feed_ids: Iterable[str], *, message: str) -> int:
    """Forget these subscriptions; their articles stay. Returns how many there were."""
    ids = list(feed_ids)

    def work(con: duckdb.DuckDBPyConnection) -> int:
        row = con.execute(f"DELETE FROM feeds WHERE feed_id IN {ANY_OF}", [listed(ids)]).fetchone()
        return int(row[0]) if row else 0

    return lake.write(work, message=message)


def put(con: duckdb.DuckDBPyConnection, feeds: Sequence[FeedState]) -> int:
    """Within a transaction: replace the states of `feeds`, of several with one id the last. Returns the rows."""
    if not feeds:
        return 0
    latest = {state.feed_id: state for state in feeds}
    stage(con, "staged_feeds", schema.FEEDS.columns, map(rows.feed_row, latest.values()))
    con.execute("DELETE FROM feeds WHERE feed_id IN (SELECT feed_id FROM temp.staged_feeds)")
    con.execute("INSERT INTO feeds FROM temp.staged_feeds")
    return len(latest)


def put_gaps(con: duckdb.DuckDBPyConnection, gaps: Sequence[Gap]) -> None:
    """Within a transaction: remember gaps, each once."""
    if gaps:
        stage(con, "staged_gaps", schema.GAPS.columns, map(rows.gap_row, gaps))
        con.execute(
            "INSERT INTO gaps FROM temp.staged_gaps s "
            "WHERE NOT EXISTS (FROM gaps g WHERE g.feed_id = s.feed_id AND g.since = s.since)"
        )
