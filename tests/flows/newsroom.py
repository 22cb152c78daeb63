"""A demo site, a lake and a clock, polled without Prefect and without worker processes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.demo import DemoSite
from flows.poll import poll_once
from flows.settings import Settings
from storage.lake import Lake

# What a rerun must reproduce; fetches and the feeds' jittered times tell of the run itself.
ROWS = {
    "articles": "SELECT * FROM articles ORDER BY article_id",
    "revisions": "SELECT * FROM revisions ORDER BY article_id, content_hash",
    "launches": "SELECT * FROM launches ORDER BY launch_id",
    "reactions": "SELECT * FROM reactions ORDER BY reaction_id",
    "feeds": 'SELECT feed_id, url, etag, last_modified, "window", failures FROM feeds ORDER BY feed_id',
}


class Newsroom:
    """Polls a demo site into a lake of its own; `now` is the clock of both."""

    def __init__(self, directory: Path, site: DemoSite, *, now: datetime | None = None) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.site = site
        self.now = now or datetime(2026, 2, 1, tzinfo=UTC)
        self.settings = Settings(
            data_dir=directory,
            feeds=site.feeds_toml(directory / "feeds.toml"),
            allow_networks=("127.0.0.0/8",),
            workers=0,
        )

    def poll(self, *, everything: bool = True, run_id: str = "run") -> dict[str, Any]:
        """One poll at `now`; the report's counts."""
        report = asyncio.run(poll_once(self.settings, run_id, everything=everything, clock=lambda: self.now))
        return report.counts()

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query on the lake."""
        with Lake.open(self.settings.lake(), create=False) as lake, lake.read() as con:
            return con.execute(sql, list(parameters)).fetchall()

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row that a rerun must reproduce, by table."""
        return {table: self.query(sql) for table, sql in ROWS.items()}
