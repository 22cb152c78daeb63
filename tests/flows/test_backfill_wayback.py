"""A week from a real pywb: twelve captures of a feed, a page in two versions, a 404, a 301, the site's index."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from past import Backfill, days, query, rows, settings
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter
from wayback_machine import Front, PywbMissingError, pywb_bin, wayback_machine

from flows.demo import DemoSite
from flows.demo.content import load_outlets, load_stories
from flows.fetch.wayback import parse_index
from flows.settings import Settings
from flows.sources.order import Order
from flows.sources.wayback import may_be_article

# The first run on a machine installs pywb.
pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("wayback")]

WEEK = days("2026-01-10", "2026-01-16")
HOST = "https://www.strait.example"
OUTLET = load_outlets()["strait"]
FEED = HOST + OUTLET.feeds[0].path
STORIES = [s for s in load_stories() if s.outlet == "strait"]
IN_WEEK = [s for s in STORIES if s.published.astimezone(UTC).date() in WEEK]
# One story of the week is in no captured page, and one was moved.
LOST, MOVED = IN_WEEK[0], IN_WEEK[1]


def write_captures(path: Path) -> None:
    """What a crawler of the demo site would have: the site's clock is the capture's time."""
    with path.open("wb") as file, DemoSite() as site:
        writer = WARCWriter(file, gzip=True)
        base = site.base("strait")

        def get(path: str, at: datetime) -> bytes:
            site.now = at
            with urllib.request.urlopen(base + path, timeout=10) as answer:
                body: bytes = answer.read()
            return body.replace(base.encode(), HOST.encode())

        def write(url: str, at: datetime, body: bytes, kind: str, status: str = "200 OK", **headers: str) -> None:
            given = [("Content-Type", kind), *headers.items(), ("Content-Length", str(len(body)))]
            record = writer.create_warc_record(
                url,
                "response",
                payload=BytesIO(body),
                http_headers=StatusAndHeaders(status, given, protocol="HTTP/1.1"),
                warc_headers_dict={"WARC-Date": f"{at:%Y-%m-%dT%H:%M:%SZ}"},
            )
            writer.write_record(record)

        for n in range(12):
            at = datetime(2026, 1, 10, 6, tzinfo=UTC) + timedelta(hours=17 * n)
            write(FEED, at, get(OUTLET.feeds[0].path, at), "application/rss+xml")
        for story in STORIES:
            seen = story.published.astimezone(UTC) + timedelta(hours=2)
            if story is LOST:
                write(HOST + story.path, seen, b"gone", "text/html", "404 Not Found")
            elif story is MOVED:
                moved = f"{HOST}/moved{story.path}"
                write(HOST + story.path, seen, b"", "text/html", "301 Moved Permanently", Location=moved)
                write(moved, seen, get(story.path, seen), "text/html; charset=utf-8")
            else:
                for at in (seen, seen + timedelta(hours=30)):
                    write(HOST + story.path, at, get(story.path, at), "text/html; charset=utf-8")
        write(f"{HOST}/", datetime(2026, 1, 12, tzinfo=UTC), b"<h1>front</h1>", "text/html")


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    try:
        pywb_bin()
    except PywbMissingError as error:
        pytest.skip(str(error))
    directory = tmp_path_factory.mktemp("pywb")
    write_captures(directory / "captures.warc.gz")
    with wayback_machine(directory, [directory / "captures.warc.gz"], rows_at_once=5) as running:
        yield running


@pytest.fixture
def config(tmp_path: Path, front: Front) -> Settings:
    (tmp_path / "feeds.toml").write_text(f'[[feed]]\nurl = "{FEED}"\nsource = "{OUTLET.name}"\n')
    front.requests.clear()
    return settings(tmp_path, wayback_url=front.url, wayback_pace_seconds=0)


def test_a_week_is_found_and_a_second_run_asks_for_nothing(config: Settings, front: Front) -> None:
    done = Backfill(config, Order("wayback"), WEEK)
    data = config.data_dir
    found = dict(query(data, "SELECT canonical_url, quality FROM articles"))
    expected = {HOST + s.path for s in IN_WEEK if s.dated}
    assert len(expected) >= 3
    assert expected <= {url for url, quality in found.items() if quality != "none"}
    assert found[HOST + LOST.path] == "partial", "of a page that nobody captured, the feed's summary stands"
    for published, seen in query(data, "SELECT published_date, last_seen_at FROM articles"):
        assert published in WEEK
        assert f"{seen:%Y-%m}" == "2026-01", "an article is seen when it was captured, not when it was filled"
    assert done.totals["stored"] == len(found)
    assert [path for path in front.requests if "resumeKey" in path], "the index comes in more than one answer"
    assert len(front.requests) == len(set(front.requests))

    before = rows(data)
    front.requests.clear()
    again = Backfill(config, Order("wayback"), WEEK)
    assert front.requests == []
    assert rows(data) == before
    assert again.totals["stored"] == 0


def test_entries_bring_their_feeds_words(config: Settings) -> None:
    Backfill(config, Order("wayback"), WEEK)
    ids = query(config.data_dir, "SELECT count(*), count(feed_id), count(guid) FROM articles")
    assert ids[0][0] >= ids[0][1] == ids[0][2] >= 2


def test_captures_of_a_feed_that_follow_on_each_other_are_not_all_asked_for(config: Settings, front: Front) -> None:
    Backfill(config, Order("wayback"), WEEK)
    replayed = [path for path in front.requests if path.startswith("/web/") and path.endswith(OUTLET.feeds[0].path)]
    assert 2 <= len(replayed) < 12


def test_a_refusal_is_waited_out(config: Settings, front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.fetch.wayback.FIRST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr("flows.fetch.pace.FIRST_HOLD", 0.01)
    front.refuse = 2
    done = Backfill(config, Order("wayback"), WEEK)
    assert done.totals["stored"] >= 3


def test_what_wayback_gave_comes_back_from_our_own_archive(config: Settings, tmp_path: Path) -> None:
    Backfill(config, Order("wayback"), WEEK)
    before = rows(config.data_dir)
    for path in tmp_path.glob("catalog.sqlite*"):
        path.unlink()
    Backfill(config, Order("archive"), WEEK)
    assert rows(config.data_dir) == before


def test_index_answers_of_any_kind() -> None:
    header = '["timestamp","original","mimetype","statuscode","digest"]'
    row = '["20260104123000","http://a.example:80/x","text/html","200","D"]'
    found, key = parse_index(f'[{header},{row},[],["com,example)/x 2026"]]'.encode())
    assert [(r.url, r.at, key) for r in found] == [
        ("http://a.example/x", datetime(2026, 1, 4, 12, 30, tzinfo=UTC), "com,example)/x 2026")
    ]
    for junk in (
        b"",
        b"[]",
        b"{}",
        b"<html>",
        b"[1,2]",
        b'[["timestamp"],["x"]]',
        b'[["99999999999999","u","m","200","d"]]',
    ):
        assert parse_index(junk) == ([], None)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://a.example/", False),
        ("https://a.example/world", False),
        ("https://a.example/tag/north-korea-missile-tests", False),
        ("https://a.example/2026/01/04/salvo", True),
        ("https://a.example/world/three-missiles-fired-at-dawn", True),
        ("https://a.example/story?id=7", False),
        ("https://a.example/news/articles/c0123456789o", True),
        ("https://a.example/images/three-missiles-fired.jpg", False),
    ],
)
def test_which_pages_of_an_index_may_be_articles(url: str, wanted: bool) -> None:
    assert may_be_article(url) is wanted
    assert re.match("https", url)
