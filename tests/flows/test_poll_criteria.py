"""What only a whole poll can show of docs/polling.md's criteria: C1, C4, D8 and E1."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from flows.poll import poll_once
from flows.settings import Settings
from storage.lake import Lake

HOUR = timedelta(hours=1)
BODY = "The harbour authority said on Monday that the ferry would sail again, as the quay has been repaired. " * 20


class Outlet:
    """One feed whose entries and answers a test sets; pages are in the entries, so that only the feed is asked."""

    def __init__(self, server: HTTPServer, directory: Path) -> None:
        self.server = server
        self.now = datetime(2026, 1, 5, 12, tzinfo=UTC)
        self.items: list[tuple[str, datetime]] = []
        self.asked: list[str] = []
        self.answer: Response | None = None
        self.moved = False
        server.expect_request("/rss").respond_with_handler(self._old)
        server.expect_request("/new/rss").respond_with_handler(self._feed)
        feeds = directory / "feeds.toml"
        feeds.write_text(f'[[feed]]\nurl = "{server.url_for("/rss")}"\nsource = "Quay News"\n', "utf-8")
        self.settings = Settings(data_dir=directory / "data", feeds=feeds, allow_networks=("127.0.0.0/8",), workers=0)

    def add(self, *names: str) -> None:
        self.items += [(name, self.now - timedelta(minutes=5)) for name in names]

    def poll(self, *, everything: bool = True) -> dict[str, object]:
        report = asyncio.run(poll_once(self.settings, "run", everything=everything, clock=lambda: self.now))
        return report.counts()

    def query(self, sql: str) -> list[tuple[object, ...]]:
        with Lake.open(self.settings.lake(), create=False) as lake, lake.read() as con:
            return con.execute(sql).fetchall()

    def _old(self, request: Request) -> Response:
        if self.moved:
            self.asked.append(request.path)
            return Response(status=301, headers={"Location": self.server.url_for("/new/rss")})
        return self._feed(request)

    def _feed(self, request: Request) -> Response:
        self.asked.append(request.path)
        if self.answer is not None:
            return self.answer
        entries = "".join(
            f"<item><guid>{name}</guid><title>{name}</title><link>https://quay.example/{name}</link>"
            f"<pubDate>{format_datetime(when)}</pubDate><content:encoded><![CDATA[<p>{name}. {BODY}</p>]]>"
            "</content:encoded></item>"
            for name, when in self.items
        )
        return Response(
            '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Quay</title>'
            f"{entries}</channel></rss>",
            content_type="application/rss+xml",
        )


@pytest.fixture
def outlet(httpserver: HTTPServer, tmp_path: Path) -> Outlet:
    return Outlet(httpserver, tmp_path)


def test_a_confirmed_redirect_is_polled_at_its_new_address(outlet: Outlet) -> None:
    outlet.add("one")
    outlet.moved = True
    for _ in range(3):
        outlet.poll()
        assert outlet.asked[-2:] == ["/rss", "/new/rss"]
        outlet.now += 13 * HOUR
    outlet.asked.clear()
    outlet.add("two")
    assert outlet.poll()["new"] == 1
    assert outlet.asked == ["/new/rss"]
    assert outlet.query("SELECT count(*), count(DISTINCT article_id) FROM articles") == [(2, 2)]
    assert outlet.query("SELECT count(*) FROM feeds") == [(1,)]


def test_a_page_in_place_of_a_feed_changes_nothing(outlet: Outlet) -> None:
    outlet.add("one", "two")
    outlet.poll()
    state = 'SELECT url, etag, "window", status FROM feeds'
    before = outlet.query(state)
    outlet.answer = Response("<!doctype html><title>Sign in</title><p>Welcome to our Wi-Fi", content_type="text/html")
    outlet.now += HOUR
    counts = outlet.poll()
    assert "HTML" in str(counts["failed"])
    assert outlet.query(state) == before
    outlet.answer = None
    outlet.now += HOUR
    assert (outlet.poll()["new"], outlet.query("SELECT count(*) FROM articles")) == (0, [(2,)])


def test_a_second_poll_waits_for_the_first_and_finds_nothing_due(outlet: Outlet) -> None:
    outlet.add("one")
    counts: list[dict[str, object]] = []
    with Lake.open(outlet.settings.lake()) as lake, lake.exclusive("poll", wait_seconds=0):
        polls = [
            threading.Thread(target=lambda: counts.append(outlet.poll(everything=False)), daemon=True) for _ in range(2)
        ]
        for poll in polls:
            poll.start()
        time.sleep(0.5)
        assert outlet.asked == []
    for poll in polls:
        poll.join(60)
    assert sorted(int(str(c["polled"])) for c in counts) == [0, 1]
    assert outlet.asked == ["/rss"]


def test_a_window_that_rotated_past_is_reported_as_a_gap(outlet: Outlet) -> None:
    outlet.add("a", "b")
    outlet.poll()
    seen = outlet.items[-1][1]
    outlet.now += 30 * HOUR
    outlet.items.clear()
    outlet.add("y", "z")
    outlet.poll()
    assert outlet.query("SELECT since, until FROM gaps") == [(seen, outlet.items[0][1])]
    assert outlet.query("SELECT source, fill_from::VARCHAR, fill_to::VARCHAR FROM open_gaps") == [
        ("Quay News", "2026-01-05", "2026-01-06")
    ]
    outlet.now += HOUR
    outlet.add("after")
    outlet.poll()
    assert outlet.query("SELECT count(*) FROM gaps") == [(1,)]
