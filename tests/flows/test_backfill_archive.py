"""Ten days of polls, the lake deleted, and everything back from the archive alone."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from past import FOUND, Backfill, query, rows, settings

from flows.demo import DemoSite
from flows.poll import poll_once
from flows.sources.order import Order
from flows.spans import Span

# A poll falls between a story and its correction an hour later.
FIRST = datetime(2026, 1, 9, 11, 30, tzinfo=UTC)
DAYS = 10
SPAN = Span(FIRST.date(), FIRST.date() + timedelta(days=DAYS - 1))

pytestmark = pytest.mark.xdist_group("archive")


@pytest.fixture(scope="module")
def polled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory after a poll every twelve hours of the site's clock."""
    data = tmp_path_factory.mktemp("polled") / "data"
    data.mkdir()
    with DemoSite(now=FIRST) as site:
        site.feeds_toml(data / "feeds.toml")
        for n in range(2 * DAYS):
            site.now = moment = FIRST + timedelta(hours=12 * n)
            poll = poll_once(settings(data), f"run-{n}", everything=True, clock=lambda moment=moment: moment)  # type: ignore[misc]
            asyncio.run(poll)
    return data


def fill(data: Path, span: Span = SPAN, part: Span | None = None) -> Backfill:
    return Backfill(settings(data), Order("archive"), span, part)


@pytest.fixture
def without_lake(polled: Path, tmp_path: Path) -> Path:
    data = tmp_path / "data"
    shutil.copytree(polled / "archive", data / "archive")
    return data


def test_everything_comes_back_row_by_row(polled: Path, without_lake: Path) -> None:
    done = fill(without_lake)
    before, after = rows(polled), rows(without_lake)
    assert len(before["articles"]) > 15
    assert before["revisions"]
    for table in FOUND:
        assert after[table] == before[table], table
    pages = "FROM fetches WHERE kind = 'page' ORDER BY ALL"
    assert query(without_lake, pages) == query(polled, pages)
    assert done.totals["stored"] == len(before["articles"])


def test_a_second_run_changes_nothing(without_lake: Path) -> None:
    fill(without_lake)
    first = rows(without_lake, *FOUND, "fetches")
    again = fill(without_lake)
    assert rows(without_lake, *FOUND, "fetches") == first
    assert again.totals["stored"] == 0


def test_an_intact_lake_is_left_alone(polled: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(polled, data)
    before = rows(polled)
    done = fill(data)
    assert rows(data) == before
    assert done.totals["fetched"] == 0


def test_only_the_dates_asked_for_come_back(without_lake: Path) -> None:
    day = date(2026, 1, 14)
    done = fill(without_lake, Span(day, day))
    published = {row[0] for row in query(without_lake, "SELECT DISTINCT published_date FROM articles")}
    assert day in published
    assert max(published) == day
    assert set(done.coverage.days) == {day}


def test_articles_captured_months_after_their_dates_come_back_too(without_lake: Path) -> None:
    fill(without_lake, Span(date(2026, 1, 4), date(2026, 1, 5), late_days=0))
    published = Counter(day for (day,) in query(without_lake, "SELECT published_date FROM articles"))
    assert set(published) == {date(2026, 1, 4), date(2026, 1, 5)}


@pytest.mark.parametrize("order", [1, -1])
def test_parts_in_any_order_give_the_rows_of_the_whole(polled: Path, without_lake: Path, order: int) -> None:
    for part in list(SPAN.chunks(4))[::order]:
        fill(without_lake, SPAN, part)
    before, after = rows(polled), rows(without_lake)
    for table in FOUND:
        assert after[table] == before[table], table


def test_a_torn_archive_gives_what_it_has(without_lake: Path) -> None:
    folder = without_lake / "archive" / "2026" / "01" / "12"
    for path in folder.glob("*.warc.gz"):
        path.write_bytes(path.read_bytes()[:-40])
    fill(without_lake)
    assert query(without_lake, "SELECT count(*) FROM articles")[0][0] > 10


def test_retired_bodies_are_named(without_lake: Path) -> None:
    for path in (without_lake / "archive").rglob("*.warc.gz"):
        if not path.name.endswith("-notes.warc.gz"):
            path.unlink()
    done = fill(without_lake)
    assert done.totals["stored"] == query(without_lake, "SELECT count(*) FROM articles")[0][0]
    assert any("may have been retired" in remark for remark in done.source.remarks)
