"""The outbox of alerts: written with what they tell of, read by the sinks, marked when a sink has taken one.

A sink that has taken an alert may be asked again after a crash, so every alert keeps its id: delivered at least once,
and a repetition is known by the id.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb

from storage import schema
from storage.lake import Lake
from storage.staging import ANY_OF, listed, stage, utc

# A feed that failed this often in a row is told of, once until it answers again.
FAILURES = 5
_LONGEST_WAIT = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Alert:
    """Something to tell people of. `payload` holds the facts; `taken_by` the sinks that took it."""

    alert_id: str
    kind: str
    subject: str
    title: str
    payload: dict[str, Any]
    raised_at: datetime
    taken_by: tuple[str, ...] = ()
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: the sinks that took the alert now, and what the others said."""

    alert: Alert
    taken_by: tuple[str, ...]
    errors: tuple[str, ...] = ()


def raised(kind: str, subject: str, title: str, payload: Mapping[str, Any], state: str, now: datetime) -> Alert:
    """An alert. Its id is a digest of kind, subject and state: the same thing told again has the same id."""
    digest = hashlib.sha256("\x1f".join((kind, subject, state)).encode("utf-8", "replace")).hexdigest()[:20]
    plain = json.loads(json.dumps(dict(payload), default=str))
    return Alert(digest, kind, subject, title, plain, utc(now))


def put(con: duckdb.DuckDBPyConnection, alerts: Sequence[Alert]) -> int:
    """Within a transaction: add the alerts that are not in the outbox, nor ever were. Returns how many."""
    by_id = {alert.alert_id: alert for alert in alerts}
    if not by_id:
        return 0
    known = con.execute(f"SELECT alert_id FROM alerts WHERE alert_id IN {ANY_OF}", [listed(by_id)]).fetchall()
    for (alert_id,) in known:
        del by_id[alert_id]
    if by_id:
        stage(con, "staged_alerts", schema.ALERTS.columns, [_row(alert) for alert in by_id.values()])
        con.execute("INSERT INTO alerts FROM temp.staged_alerts")
    return len(by_id)


def raise_for_feeds(lake: Lake, *, now: datetime) -> int:
    """Raise alerts for feeds that are gone or failed `FAILURES` times in a row. Returns how many are new."""
    with lake.read() as con:
        troubled = con.execute(
            "SELECT feed_id, source, url, status, last_outcome, failures, last_full_fetch_at "
            "FROM feeds WHERE status = 'gone' OR (status = 'active' AND failures >= ?) ORDER BY feed_id",
            [FAILURES],
        ).fetchall()
        found = [_of_feed(row, now) for row in troubled]
        ids = listed(alert.alert_id for alert in found)
        known = {
            row[0] for row in con.execute(f"SELECT alert_id FROM alerts WHERE alert_id IN {ANY_OF}", [ids]).fetchall()
        }
    fresh = [alert for alert in found if alert.alert_id not in known]
    return lake.write(lambda con: put(con, fresh), message="feeds to tell of") if fresh else 0


def due(lake: Lake, *, now: datetime, limit: int = 500) -> list[Alert]:
    """Alerts that some sink has not taken yet and that may be tried now, the oldest first.

    Those that no sink has taken come before all others: what waits for one sink that is gone for good must not keep
    the rest from the sinks that answer.
    """
    with lake.read() as con:
        found = con.execute(
            "SELECT alert_id, kind, subject, title, payload, raised_at, taken_by, attempts FROM alerts "
            "WHERE done_at IS NULL AND (retry_at IS NULL OR retry_at <= ?) "
            "ORDER BY len(taken_by), raised_at, alert_id LIMIT ?",
            [utc(now), limit],
        ).fetchall()
    return [
        Alert(alert_id, kind, subject, title, json.loads(payload), utc(at), tuple(taken_by), attempts)
        for alert_id, kind, subject, title, payload, at, taken_by, attempts in found
    ]


def taken(lake: Lake, sink: str, *, since: datetime) -> int:
    """How many alerts that were done after `since` this sink had taken."""
    with lake.read() as con:
        row = con.execute(
            "SELECT count(*) FROM alerts WHERE done_at > ? AND list_contains(taken_by, ?)", [utc(since), sink]
        ).fetchone()
    return int(row[0]) if row else 0


def mark(lake: Lake, outcomes: Sequence[Outcome], sinks: Sequence[str], *, now: datetime) -> None:
    """Note which sinks took which alerts; one that all `sinks` have taken is done, another is tried again later."""
    if not outcomes:
        return
    rows = []
    for outcome in outcomes:
        alert = outcome.alert
        taken = sorted({*alert.taken_by, *outcome.taken_by})
        done = set(sinks) <= set(taken)
        attempts = alert.attempts + (1 if outcome.errors else 0)
        retry_at = now + min(_LONGEST_WAIT, timedelta(minutes=2**attempts)) if outcome.errors else None
        rows.append((alert.alert_id, now if done else None, taken, attempts, retry_at, "; ".join(outcome.errors)[:500]))
    names = ("alert_id", "done_at", "taken_by", "attempts", "retry_at", "last_error")
    columns = {column.name: column for column in schema.ALERTS.columns}
    days = [outcome.alert.raised_at.date() for outcome in outcomes]

    def work(con: duckdb.DuckDBPyConnection) -> None:
        stage(con, "staged_outcomes", [columns[name] for name in names], rows)
        con.execute(
            f"UPDATE alerts AS a SET {', '.join(f'{name} = s.{name}' for name in names[1:])} "
            "FROM temp.staged_outcomes s WHERE a.alert_id = s.alert_id "
            f"AND a.raised_date BETWEEN DATE '{min(days)}' AND DATE '{max(days)}'"
        )

    lake.write(work, message="alerts told")


def _of_feed(row: tuple[Any, ...], now: datetime) -> Alert:
    feed_id, source, url, status, outcome, failures, last_good = row
    kind = "feed.gone" if status == "gone" else "feed.failing"
    title = (
        f"{source}: the feed is gone ({outcome})"
        if status == "gone"
        else f"{source}: the feed failed {failures} times in a row ({outcome})"
    )
    payload = {"feed_id": feed_id, "source": source, "url": url, "outcome": outcome, "failures": failures}
    # Until it answers again, it is one and the same trouble.
    return raised(kind, feed_id, title, payload, str(utc(last_good) if last_good else None), now)


def _row(alert: Alert) -> tuple[Any, ...]:
    payload = json.dumps(alert.payload, ensure_ascii=False)
    return (
        alert.alert_id, alert.raised_at.date(), alert.raised_at, alert.kind, alert.subject, alert.title, payload, None,
        [], 0, None, "",
    )  # fmt: skip
