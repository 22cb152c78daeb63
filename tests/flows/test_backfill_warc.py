"""WARC files of others: on disk and remote, torn, foreign, by site and date; Common Crawl's listings."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from past import Backfill, days, query, rows, settings
from pytest_httpserver import HTTPServer
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter
from werkzeug import Request, Response

from flows.settings import Settings
from flows.sources.order import ALL_SITES, Order
from flows.sources.warc import cc_news_listings, resolve
from flows.spans import SelectionError, Span

SPAN = days("2026-01-05", "2026-01-12")
TEXT = "".join(
    f"<p>The ministry said on day {n} that the range had been closed to shipping and fishing boats, and that the "
    "notice would stay in force until the weekend at the latest.</p>"
    for n in range(8)
)


def page(day: date | None, title: str = "Notice to shipping") -> bytes:
    stamp = f'<meta property="article:published_time" content="{day}T09:00:00Z">' if day else ""
    return f"<html><head><title>{title}</title>{stamp}</head><body><article><h1>{title}</h1>{TEXT}</article>".encode()


def write(path: Path, records: Iterable[tuple[str, date, bytes]], *, kind: str = "text/html", status: str = "200 OK"):
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for url, captured, body in records:
            headers = StatusAndHeaders(status, [("Content-Type", kind)], protocol="HTTP/1.1")
            about = {"WARC-Date": f"{captured}T12:00:00Z"}
            writer.write_record(
                writer.create_warc_record(
                    url, "response", payload=BytesIO(body), http_headers=headers, warc_headers_dict=about
                )
            )


def published(config: Settings) -> dict[str, date]:
    return dict(query(config.data_dir, "SELECT url, published_date FROM articles"))


@pytest.fixture
def config(tmp_path: Path) -> Settings:
    (tmp_path / "feeds.toml").write_text('[[feed]]\nurl = "https://feeds.desk.example/rss"\nsource = "Desk"\n')
    return settings(tmp_path)


@pytest.fixture(autouse=True)
def no_robots(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("", status=404)


@pytest.fixture
def crawl(tmp_path: Path) -> Path:
    path = tmp_path / "crawl.warc.gz"
    day = SPAN.start
    write(
        path,
        [
            *(
                (f"https://www.desk.example/n/{n}", day + timedelta(days=n), page(day + timedelta(days=n)))
                for n in range(8)
            ),
            ("https://www.desk.example/late", SPAN.end + timedelta(days=3), page(SPAN.end)),
            ("https://www.desk.example/too-late", SPAN.end + timedelta(days=4), page(SPAN.end)),
            ("https://www.desk.example/older", day, page(date(2025, 12, 1))),
            ("https://www.desk.example/2025/11/30/old-by-address", day, page(day)),
            ("https://www.desk.example/undated", day + timedelta(days=1), page(None)),
            ("https://elsewhere.example/n/1", day, page(day)),
            ("https://notdesk.example/n/1", day, page(day)),
        ],
    )
    return path


def test_pages_of_the_feeds_sites_and_dates_alone(config: Settings, crawl: Path) -> None:
    done = Backfill(config, Order("warc", inputs=(str(crawl),)), SPAN)
    got = published(config)
    assert set(got) == {
        *(f"https://www.desk.example/n/{n}" for n in range(8)),
        "https://www.desk.example/late",
        "https://www.desk.example/undated",
    }
    assert all(day in SPAN for day in got.values())
    assert query(config.data_dir, "SELECT DISTINCT source FROM articles") == [("Desk",)]
    assert done.totals["stored"] == len(got)
    assert not query(config.data_dir, "FROM fetches")


def test_again_in_parts_and_in_one(config: Settings, crawl: Path) -> None:
    for part in SPAN.chunks(3):
        Backfill(config, Order("warc", inputs=(str(crawl),)), SPAN, part)
    before = rows(config.data_dir)
    again = Backfill(config, Order("warc", inputs=(str(crawl),)), SPAN)
    assert rows(config.data_dir) == before
    assert len(before["articles"]) == 10
    assert again.totals["stored"] == 0


def test_another_site_and_every_site(config: Settings, crawl: Path) -> None:
    Backfill(config, Order("warc", sites=("elsewhere.example",), inputs=(str(crawl),)), SPAN)
    assert set(published(config)) == {"https://elsewhere.example/n/1"}
    Backfill(config, Order("warc", sites=(ALL_SITES,), inputs=(str(crawl),)), SPAN)
    assert len(published(config)) == 12


def test_a_torn_file_gives_what_it_has_and_is_named(config: Settings, crawl: Path, tmp_path: Path) -> None:
    torn = tmp_path / "torn.warc.gz"
    torn.write_bytes(crawl.read_bytes()[: crawl.stat().st_size // 2])
    done = Backfill(config, Order("warc", inputs=(str(torn), str(crawl))), SPAN)
    assert len(published(config)) == 10
    noise = tmp_path / "noise.warc.gz"
    noise.write_bytes(b"\x1f\x8bnothing of the kind" * 100)
    Backfill(config, Order("warc", inputs=(str(noise),)), SPAN)
    assert done.totals["failed"] == 0


def test_addresses_that_are_none_and_a_listing_that_bursts_cost_only_themselves(
    config: Settings, crawl: Path, tmp_path: Path
) -> None:
    odd = tmp_path / "odd.warc.gz"
    write(odd, [("https://[half/an/address", SPAN.start, page(SPAN.start))])
    odd.write_bytes(odd.read_bytes() + crawl.read_bytes())
    listing = tmp_path / "warc.paths.gz"
    listing.write_bytes(gzip.compress(f"{odd}\n".encode()) + gzip.compress(b"#" * 30_000_000, compresslevel=1))
    done = Backfill(config, Order("warc", sites=(ALL_SITES,), inputs=(str(listing),)), SPAN)
    assert len(published(config)) == 12
    assert [(place, "20,971,520" in why) for place, why in done.report.failed] == [(str(listing), True)]


def serve_pieces(server: HTTPServer, path: str, body: bytes) -> list[str]:
    ranges: list[str] = []

    def answer(request: Request) -> Response:
        ranges.append(request.headers.get("Range", ""))
        first, last = map(int, ranges[-1].removeprefix("bytes=").split("-"))
        if first >= len(body):
            return Response(status=416)
        return Response(body[first : last + 1], status=206, content_type="application/gzip")

    server.expect_request(path).respond_with_handler(answer)
    return ranges


def test_a_remote_file_is_read_in_pieces(
    config: Settings, crawl: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.sources.warc.PIECE_BYTES", 1_000)
    body = crawl.read_bytes()
    ranges = serve_pieces(httpserver, "/crawl.warc.gz", body)
    done = Backfill(config, Order("warc", inputs=(httpserver.url_for("/crawl.warc.gz"),)), SPAN)
    assert len(published(config)) == 10
    assert len(ranges) == -(-len(body) // 1_000)
    assert done.report.failed == []


def test_a_remote_file_that_breaks_off_is_named_and_the_others_go_on(
    config: Settings, crawl: Path, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/broken.warc.gz").respond_with_data("no", status=500)
    places = (httpserver.url_for("/broken.warc.gz"), str(crawl))
    done = Backfill(config, Order("warc", inputs=places), SPAN)
    assert [place for place, _ in done.report.failed] == [places[0]]
    assert len(published(config)) == 10


def test_the_news_crawl_month_by_month(config: Settings, httpserver: HTTPServer, tmp_path: Path) -> None:
    span = days("2026-01-31", "2026-02-01", late_days=1)
    names = {
        "2026/01": ["20260129010000-00001", "20260130230000-00002", "20260131100000-00003"],
        "2026/02": ["20260201100000-00004", "20260202100000-00005", "20260203100000-00006"],
    }
    asked: dict[str, list[str]] = {}
    for month, stamps in names.items():
        paths = [f"crawl-data/CC-NEWS/{month}/CC-NEWS-{stamp}.warc.gz" for stamp in stamps]
        listing = gzip.compress("\n".join(paths).encode())
        httpserver.expect_request(f"/crawl-data/CC-NEWS/{month}/warc.paths.gz").respond_with_data(listing)
        for path, stamp in zip(paths, stamps, strict=True):
            day = datetime.strptime(stamp[:8], "%Y%m%d").replace(tzinfo=UTC).date()
            file = tmp_path / f"{stamp}.warc.gz"
            write(file, [(f"https://desk.example/{stamp}", day, page(min(day, date(2026, 2, 1))))])
            asked[stamp] = serve_pieces(httpserver, f"/{path}", file.read_bytes())
    config = config.model_copy(update={"cc_news_url": httpserver.url_for("")})
    Backfill(config, Order("warc", inputs=("cc-news",)), span)
    assert [stamp for stamp, ranges in asked.items() if ranges] == [
        "20260130230000-00002",
        "20260131100000-00003",
        "20260201100000-00004",
        "20260202100000-00005",
    ]
    assert sorted(published(config).values()) == [date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 1)]


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        (date(2026, 1, 31), date(2026, 4, 30), ["2026/01", "2026/02", "2026/03", "2026/04", "2026/05"]),
        (date(2024, 2, 29), date(2024, 2, 29), ["2024/02", "2024/03"]),
        (date(2025, 12, 10), date(2025, 12, 12), ["2025/12"]),
        (date(2026, 1, 1), date(2026, 1, 1), ["2025/12", "2026/01"]),
        (date(2016, 1, 1), date(2016, 8, 30), ["2016/08", "2016/09"]),
        (date(2010, 1, 1), date(2010, 8, 30), []),
    ],
)
def test_the_months_of_the_news_crawl(first: date, last: date, months: list[str]) -> None:
    base = "https://crawl.example"
    expected = [f"{base}/crawl-data/CC-NEWS/{month}/warc.paths.gz" for month in months]
    assert list(cc_news_listings(base, Span(first, last))) == expected


def test_lines_of_a_listing() -> None:
    assert resolve("a/b.warc.gz", "https://x.example/deep/warc.paths.gz") == "https://x.example/a/b.warc.gz"
    assert resolve("b.warc.gz", "/data/list.txt") == "/data/b.warc.gz"
    assert resolve("https://y.example/c.warc.gz", "/data/list.txt") == "https://y.example/c.warc.gz"
    assert resolve("", "/data/list.txt") is resolve("# note", "/data/list.txt") is None


def test_missing_files_are_refused_with_a_sentence(config: Settings) -> None:
    with pytest.raises(SelectionError, match="needs files"):
        Backfill(config, Order("warc"), SPAN)
    with pytest.raises(SelectionError, match="is no file"):
        Backfill(config, Order("warc", inputs=("/nowhere/x.warc.gz",)), SPAN)
