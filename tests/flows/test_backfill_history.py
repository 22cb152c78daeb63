"""Older documents of a feed: RFC 5005 archives, JSON Feed pages, WordPress pages; loops, gaps and ends."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from past import Backfill, days, query, settings
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from flows.settings import Settings
from flows.sources.history import next_paged
from flows.sources.order import Order

SPAN = days("2026-01-05", "2026-01-12")
LONG = " ".join(f"The agency said in report {n} that the launch site stayed quiet." for n in range(40))


@pytest.fixture
def config(tmp_path: Path, httpserver: HTTPServer) -> Settings:
    feed = httpserver.url_for("/feed")
    (tmp_path / "feeds.toml").write_text(f'[[feed]]\nurl = "{feed}"\nsource = "Desk"\n')
    httpserver.expect_request("/robots.txt").respond_with_data("", status=404)
    return settings(tmp_path)


def atom(server: HTTPServer, entries: list[date], links: str = "", head: str = "") -> str:
    items = "".join(
        f"<entry><id>id-{day}</id><title>Day {day}</title><updated>{day}T08:00:00Z</updated>"
        f'<published>{day}T08:00:00Z</published><link href="{server.url_for(f"/a/{day}")}"/>'
        f'<content type="html">&lt;p&gt;{LONG}&lt;/p&gt;</content></entry>'
        for day in entries
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {head}><title>Desk</title>{links}{items}</feed>'


def back(first: date, count: int) -> list[date]:
    return [first - timedelta(days=n) for n in range(count)]


def asked(server: HTTPServer, *, but: str = "/robots.txt") -> list[str]:
    return [request.full_path.rstrip("?") for request, _ in server.log if request.path != but]


def found(config: Settings) -> list[date]:
    return [row[0] for row in query(config.data_dir, "SELECT published_date FROM articles ORDER BY 1")]


def test_archives_are_followed_back_to_the_first_date_and_no_further(config: Settings, httpserver: HTTPServer) -> None:
    for n in range(6):
        previous = f'<link rel="prev-archive" href="/archive/{n + 1}"/>'
        body = atom(httpserver, back(date(2026, 1, 20) - timedelta(days=5 * n), 5), previous)
        httpserver.expect_request("/feed" if n == 0 else f"/archive/{n}").respond_with_data(body)
    Backfill(config, Order("history"), SPAN)
    assert found(config) == list(SPAN.days)
    assert asked(httpserver) == ["/feed", "/archive/1", "/archive/2", "/archive/3", "/archive/4"]


def test_the_newer_document_wins_for_an_entry_in_two(config: Settings, httpserver: HTTPServer) -> None:
    day = date(2026, 1, 8)
    newer = atom(httpserver, [day], '<link rel="prev-archive" href="/old"/>').replace(f"Day {day}", "Corrected")
    httpserver.expect_request("/feed").respond_with_data(newer)
    httpserver.expect_request("/old").respond_with_data(atom(httpserver, [day, day - timedelta(days=1)]))
    Backfill(config, Order("history"), SPAN)
    assert query(config.data_dir, "SELECT title FROM articles ORDER BY published_at DESC")[0] == ("Corrected",)


@pytest.mark.parametrize("relation", ["prev-archive", "next"])
def test_a_loop_ends(config: Settings, httpserver: HTTPServer, relation: str) -> None:
    for here, there, day in (("/feed", "/b", date(2026, 1, 12)), ("/b", "/feed", date(2026, 1, 11))):
        link = f'<link rel="{relation}" href="{there}"/>'
        httpserver.expect_request(here).respond_with_data(atom(httpserver, [day], link))
    done = Backfill(config, Order("history"), SPAN)
    assert asked(httpserver) == ["/feed", "/b"]
    assert any("reach back to 2026-01-11 only" in remark for remark in done.source.remarks)


def test_endless_pages_without_news_end(config: Settings, httpserver: HTTPServer) -> None:
    def page(request: Request) -> Response:
        number = int(request.args.get("p", "1"))
        return Response(atom(httpserver, [date(2026, 1, 10)], f'<link rel="next" href="/feed?p={number + 1}"/>'))

    httpserver.expect_request("/feed").respond_with_handler(page)
    Backfill(config, Order("history"), SPAN)
    assert asked(httpserver) == ["/feed", "/feed?p=2"]


def test_json_feeds_next_url(config: Settings, httpserver: HTTPServer) -> None:
    def document(day: date, following: str | None) -> str:
        item = {"id": f"{day}", "title": f"Day {day}", "date_published": f"{day}T08:00:00Z",
                "url": httpserver.url_for(f"/a/{day}"), "content_html": f"<p>{LONG}</p>"}  # fmt: skip
        feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Desk", "items": [item]}
        return json.dumps(feed | ({"next_url": httpserver.url_for(following)} if following else {}))

    httpserver.expect_request("/feed").respond_with_data(document(date(2026, 1, 9), "/two"))
    httpserver.expect_request("/two").respond_with_data(document(date(2026, 1, 8), None))
    Backfill(config, Order("history"), SPAN)
    assert found(config) == [date(2026, 1, 8), date(2026, 1, 9)]


def test_wordpress_pages(config: Settings, httpserver: HTTPServer) -> None:
    def page(request: Request) -> Response:
        number = int(request.args.get("paged", "1"))
        if number > 3:
            return Response("no such page", status=404)
        items = "".join(
            f"<item><title>Day {day}</title><guid>{day}</guid><link>{httpserver.url_for(f'/a/{day}')}</link>"
            f"<pubDate>{day:%a, %d %b %Y} 08:00:00 +0000</pubDate><description>{LONG}</description>"
            f'<content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/">&lt;p&gt;{LONG}&lt;/p&gt;'
            "</content:encoded></item>"
            for day in back(date(2026, 1, 12) - timedelta(days=2 * number - 2), 2)
        )
        generator = "<generator>https://wordpress.org/?v=6.8</generator>"
        return Response(f'<rss version="2.0"><channel><title>D</title>{generator}{items}</channel></rss>')

    httpserver.expect_request("/feed").respond_with_handler(page)
    Backfill(config, Order("history"), SPAN)
    assert found(config) == [date(2026, 1, day) for day in (7, 8, 9, 10, 11, 12)]
    assert asked(httpserver) == ["/feed", "/feed?paged=2", "/feed?paged=3", "/feed?paged=4"]


def test_a_complete_feed_and_a_foreign_link_are_not_followed(config: Settings, httpserver: HTTPServer) -> None:
    link = '<link rel="prev-archive" href="http://127.0.0.9:9/old"/>'
    httpserver.expect_request("/feed").respond_with_data(atom(httpserver, [date(2026, 1, 9)], link))
    Backfill(config, Order("history"), SPAN)
    assert asked(httpserver) == ["/feed"]


@pytest.mark.parametrize(
    ("url", "following"),
    [
        ("https://a.example/feed", "https://a.example/feed?paged=2"),
        ("https://a.example/?feed=rss2&paged=9", "https://a.example/?feed=rss2&paged=10"),
        ("https://a.example/?paged=x", "https://a.example/?paged=2"),
    ],
)
def test_the_next_wordpress_page(url: str, following: str) -> None:
    assert next_paged(url) == following
