"""Backfills of a test's own data directory, without Prefect and without worker processes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

from flows.coverage import Coverage
from flows.filling import Plan, fill, plan
from flows.ingest import Ingest
from flows.report import RunReport
from flows.settings import Settings
from flows.sources import Source
from flows.sources.order import Order, make_source
from flows.spans import Span
from storage.lake import Lake

FOUND = ("articles", "revisions", "launches", "reactions")


def settings(data: Path, **changes: Any) -> Settings:
    """Settings for loopback sites, their feed list in `data`."""
    home = {"allow_networks": ("127.0.0.0/8",), "workers": 0, "host_pace_seconds": 0, "feeds": data / "feeds.toml"}
    return Settings.model_validate({"data_dir": data, **home, **changes})


def rows(data: Path, *tables: str) -> dict[str, list[Any]]:
    """Every row of these tables (what a backfill must reproduce, by default)."""
    with Lake.open(settings(data).lake(), create=False) as lake, lake.read() as con:
        return {table: con.execute(f"FROM {table} ORDER BY ALL").fetchall() for table in tables or FOUND}


def query(data: Path, sql: str) -> list[Any]:
    """Rows of a query on the lake."""
    with Lake.open(settings(data).lake(), create=False) as lake, lake.read() as con:
        return con.execute(sql).fetchall()


class Backfill:
    """One backfill that has run: its count, its report and its source's remarks."""

    def __init__(self, config: Settings, order: Order, span: Span, part: Span | None = None, *, dry: bool = False):
        self.coverage = Coverage(part or span)
        self.report: RunReport
        self.source: Source
        self.plan: Plan | None = None
        asyncio.run(self._run(config, order, span, part or span, dry))

    async def _run(self, config: Settings, order: Order, span: Span, part: Span, dry: bool) -> None:
        with Lake.open(config.lake()) as lake:
            async with Ingest(config, lake, f"{order.source} {span}") as ingest:
                self.report, self.source = ingest.report, make_source(order, ingest)
                if dry:
                    self.plan = await plan(ingest, self.source, span, part, self.coverage)
                else:
                    await fill(ingest, self.source, span, part, self.coverage)

    @property
    def totals(self) -> dict[str, int]:
        """Sums over all dates."""
        return self.coverage.totals()


def days(first: str, last: str, late_days: int = 3) -> Span:
    """A span of dates given as YYYY-MM-DD."""
    from datetime import date

    span = Span(date.fromisoformat(first), date.fromisoformat(last), late_days)
    assert span.end - span.start >= timedelta(0)
    return span
