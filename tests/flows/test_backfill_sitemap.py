"""Past dates from the demo sites' sitemaps: robots.txt lines, an index, gzip, news dates, lastmod."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from past import Backfill, days, query, rows, settings
from pytest_httpserver import HTTPServer

from extractors.records import SitemapUrl
from flows.demo import DemoSite
from flows.demo.content import load_stories
from flows.sources.order import Order
from flows.sources.sitemap import claimed_day, may_hold
from flows.sources.sites import day_of, month_of

WEEK = days("2026-01-10", "2026-01-16")


@pytest.fixture
def data(tmp_path: Path, site: DemoSite) -> Path:
    site.feeds_toml(tmp_path / "feeds.toml")
    return tmp_path


def test_a_week_is_filled_with_its_own_articles(data: Path, site: DemoSite) -> None:
    done = Backfill(settings(data), Order("sitemap"), WEEK)
    published = dict(query(data, "SELECT url, published_date FROM articles"))
    forbidden = {s.path for s in load_stories() if s.path.startswith("/members/")}
    expected = {
        site.url(s.slug)
        for s in load_stories()
        if s.published.astimezone(UTC).date() in WEEK and s.dated and s.access != "consent" and s.path not in forbidden
    }
    assert expected <= set(published)
    assert all(day in WEEK for day in published.values())
    assert done.totals["stored"] == len(published)
    assert not [r.path for r in site.requests if r.path in forbidden]
    assert query(data, "SELECT DISTINCT kind FROM fetches ORDER BY 1") == [("page",), ("robots",), ("sitemap",)]


def test_a_second_run_fetches_nothing_and_changes_nothing(data: Path, site: DemoSite) -> None:
    Backfill(settings(data), Order("sitemap"), WEEK)
    before, asked = rows(data), len(site.requests)
    again = Backfill(settings(data), Order("sitemap"), WEEK)
    assert len(site.requests) == asked
    assert rows(data) == before
    assert again.totals["known"] == again.totals["candidates"] > 0


def test_a_dry_run_asks_for_listings_alone_and_the_run_after_it_does_not_ask_again(data: Path, site: DemoSite) -> None:
    dry = Backfill(settings(data, host_pace_seconds=2), Order("sitemap"), WEEK, dry=True)
    assert dry.plan is not None
    assert {"sitemap" in r.path or "robots" in r.path for r in site.requests} == {True}
    assert dry.plan.requests.total() == dry.totals["candidates"] > 5
    assert dry.plan.seconds == pytest.approx(2 * max(dry.plan.requests.values()))
    assert not query(data, "FROM articles")
    site.requests.clear()
    Backfill(settings(data), Order("sitemap"), WEEK)
    assert len(site.requests) == dry.plan.requests.total()


def test_one_site_and_one_feed_may_be_chosen(data: Path, site: DemoSite) -> None:
    Backfill(settings(data), Order("sitemap", sites=(site.base("strait"),)), WEEK)
    assert {r.outlet for r in site.requests} == {"strait"}


def test_parts_ask_for_no_page_twice(data: Path, site: DemoSite) -> None:
    for part in WEEK.chunks(4):
        Backfill(settings(data), Order("sitemap"), WEEK, part)
    paths = [(r.outlet, r.path) for r in site.requests if "sitemap" not in r.path]
    assert len(paths) == len(set(paths))


def test_a_site_without_sitemaps_is_noted_and_one_without_answer_has_failed(data: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("User-agent: *\nDisallow:\n")
    bare = httpserver.url_for("").rstrip("/")
    done = Backfill(settings(data), Order("sitemap", sites=("http://127.0.0.9:9", bare)), WEEK)
    assert done.source.remarks == [f"no sitemap is named in the robots.txt of {bare}"]
    ((what, why),) = done.report.failed
    assert what == "http://127.0.0.9:9"
    assert "cannot be had" in why
    assert done.totals["candidates"] == 0


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("entry", "day"),
    [
        (SitemapUrl("https://a.example/x", moment("2026-01-12")), date(2026, 1, 12)),
        (SitemapUrl("https://a.example/x", moment("2026-01-19")), date(2026, 1, 19)),
        (SitemapUrl("https://a.example/x", moment("2026-01-20")), None),
        (SitemapUrl("https://a.example/x", moment("2026-01-09")), None),
        (SitemapUrl("https://a.example/x", None), None),
        (SitemapUrl("https://a.example/2026/01/12/x", None), date(2026, 1, 12)),
        (SitemapUrl("https://a.example/2020/01/12/x", moment("2026-01-12")), None),
        (SitemapUrl("https://a.example/x", moment("2026-11-20"), moment("2026-01-16 23:00")), date(2026, 1, 16)),
        (SitemapUrl("https://a.example/x", moment("2026-01-12"), moment("2024-01-12")), None),
    ],
)
def test_the_day_that_an_entry_claims(entry: SitemapUrl, day: date | None) -> None:
    assert claimed_day(entry, WEEK) == day


@pytest.mark.parametrize(
    ("url", "lastmod", "wanted"),
    [
        ("https://a.example/sitemap-2026-01.xml", None, True),
        ("https://a.example/sitemap-2025-12.xml", None, False),
        ("https://a.example/sitemap-2025-10.xml", None, False),
        ("https://a.example/sitemap-2026-03.xml", None, False),
        ("https://a.example/sitemap.xml?yyyy=2026&mm=01", None, True),
        ("https://a.example/posts-17.xml", "2026-01-08", False),
        ("https://a.example/posts-17.xml", "2026-05-08", True),
        ("https://a.example/posts-17.xml", None, True),
    ],
)
def test_which_files_of_an_index_are_read(url: str, lastmod: str | None, wanted: bool) -> None:
    assert may_hold(SitemapUrl(url, moment(lastmod) if lastmod else None), WEEK) is wanted


def test_dates_in_addresses() -> None:
    assert day_of("https://a.example/news/2026/02/29/x") is None
    assert day_of("https://a.example/2024/2/29/x") == date(2024, 2, 29)
    assert day_of("https://a.example/story-20260104-salvo.html") == date(2026, 1, 4)
    assert day_of("https://a.example/id/123456789012") is None
    assert month_of("https://a.example/sitemap-2026-13.xml") is None
