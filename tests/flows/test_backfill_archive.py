"""Ten days of polls, the lake deleted, and everything back from the archive alone."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.coverage import Coverage
from flows.demo import DemoSite
from flows.filling import fill
from flows.ingest import Ingest
from flows.poll import poll_all, poll_group
from flows.settings import Settings
from flows.sources.archive import ArchiveSource
from flows.spans import Span
from flows.subscriptions import load_subscriptions
from storage.lake import Lake

FIRST = datetime(2026, 1, 9, 6, tzinfo=UTC)
DAYS = 10
SPAN = Span(FIRST.date(), FIRST.date() + timedelta(days=DAYS - 1))
TABLES = ("articles", "revisions", "launches", "reactions", "fetches")


def rows(data: Path) -> dict[str, list[Any]]:
    with Lake.open(Settings(data_dir=data).lake(), create=False) as lake, lake.read() as con:
        return {table: con.execute(f"FROM {table} ORDER BY ALL").fetchall() for table in TABLES}


def settings(data: Path) -> Settings:
    return Settings(
        data_dir=data, allow_networks=("127.0.0.0/8",), workers=0, host_pace_seconds=0, feeds=data / "f.toml"
    )


async def poll_over_days(data: Path, site: DemoSite) -> None:
    """A poll every twelve hours of the site's clock."""
    config = settings(data)
    with Lake.open(config.lake()) as lake:
        for n in range(2 * DAYS):
            site.now = FIRST + timedelta(hours=12 * n)
            moment = site.now
            async with Ingest(config, lake, f"run-{n}", clock=lambda moment=moment: moment) as ingest:  # type: ignore[misc]
                await poll_all(ingest, load_subscriptions(config.feeds), everything=True, run_group=poll_group)


async def backfill_from_archive(data: Path, span: Span = SPAN) -> Coverage:
    config, coverage = settings(data), Coverage(span)
    with Lake.open(config.lake()) as lake:
        async with Ingest(config, lake, "backfill") as ingest:
            await fill(ingest, ArchiveSource(data / "archive"), span, span, coverage)
    return coverage


@pytest.fixture(scope="module")
def polled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("polled") / "data"
    data.mkdir()
    with DemoSite(now=FIRST) as site:
        site.feeds_toml(data / "f.toml")
        asyncio.run(poll_over_days(data, site))
    return data


@pytest.fixture
def without_lake(polled: Path, tmp_path: Path) -> Path:
    data = tmp_path / "data"
    shutil.copytree(polled / "archive", data / "archive")
    shutil.copy(polled / "f.toml", data / "f.toml")
    return data


def test_everything_comes_back_row_by_row(polled: Path, without_lake: Path) -> None:
    coverage = asyncio.run(backfill_from_archive(without_lake))
    before, after = rows(polled), rows(without_lake)
    assert len(before["articles"]) > 15
    for table in ("articles", "revisions", "launches", "reactions"):
        assert after[table] == before[table], table
    assert {row for row in before["fetches"] if "page" in row} == {row for row in after["fetches"] if "page" in row}
    assert coverage.totals()["stored"] == len(before["articles"])


def test_a_second_run_changes_nothing(without_lake: Path) -> None:
    asyncio.run(backfill_from_archive(without_lake))
    first = rows(without_lake)
    again = asyncio.run(backfill_from_archive(without_lake))
    assert rows(without_lake) == first
    assert again.totals()["stored"] == 0


def test_an_intact_lake_is_left_alone(polled: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(polled, data)
    before = rows(polled)
    asyncio.run(backfill_from_archive(data))
    after = rows(data)
    assert {t: after[t] for t in TABLES if t != "fetches"} == {t: before[t] for t in TABLES if t != "fetches"}


def test_only_the_dates_asked_for_come_back(polled: Path, without_lake: Path) -> None:
    day = date(2026, 1, 14)
    coverage = asyncio.run(backfill_from_archive(without_lake, Span(day, day)))
    published = {row[0] for row in _column(without_lake, "published_date")}
    assert day in published
    assert max(published) == day
    assert set(coverage.days) == {day}


@pytest.mark.parametrize("order", [1, -1])
def test_parts_in_any_order_give_the_rows_of_the_whole(polled: Path, without_lake: Path, order: int) -> None:
    async def fill_parts() -> None:
        config = settings(without_lake)
        with Lake.open(config.lake()) as lake:
            for part in list(SPAN.chunks(3))[::order]:
                async with Ingest(config, lake, "backfill") as ingest:
                    await fill(ingest, ArchiveSource(without_lake / "archive"), SPAN, part, Coverage(part))

    asyncio.run(fill_parts())
    before, after = rows(polled), rows(without_lake)
    for table in ("articles", "revisions", "launches", "reactions"):
        assert after[table] == before[table], table


def _column(data: Path, name: str) -> list[Any]:
    with Lake.open(Settings(data_dir=data).lake()) as lake, lake.read() as con:
        return con.execute(f"SELECT DISTINCT {name} FROM articles").fetchall()
