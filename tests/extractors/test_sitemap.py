"""Sitemaps: pages, indexes, news, text and feeds, whole, broken and hostile."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.records import SitemapUrl
from extractors.sitemap import NotASitemap, Sitemap, parse_sitemap

URL = "https://www.harbour.example/sitemaps/2024-01.xml"
NOW = datetime(2024, 1, 8, tzinfo=UTC)
SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
NEWS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
IMAGE = 'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'


def read(body: bytes | str) -> Sitemap:
    return parse_sitemap(body.encode() if isinstance(body, str) else body, url=URL, now=NOW)


def urlset(inner: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset {SPACE} {NEWS} {IMAGE}>{inner}</urlset>'


def page(number: int, more: str = "") -> str:
    return f"<url><loc>https://www.harbour.example/{number}</loc>{more}</url>"


@pytest.mark.parametrize(
    ("raw", "moment", "precision"),
    [
        ("2024-01-07T09:12:30+09:00", datetime(2024, 1, 7, 0, 12, 30, tzinfo=UTC), "second"),
        ("2024-01-07T09:12Z", datetime(2024, 1, 7, 9, 12, tzinfo=UTC), "minute"),
        ("2024-01-07", datetime(2024, 1, 7, tzinfo=UTC), "day"),
        ("2024-01", None, "none"),
        ("2031-01-07", None, "none"),
        ("now", None, "none"),
    ],
)
def test_lastmod_and_its_precision(raw: str, moment: datetime | None, precision: str) -> None:
    [found] = read(urlset(page(1, f"<lastmod>{raw}</lastmod>"))).urls
    assert (found.lastmod, found.published, found.precision) == (moment, None, precision)


def test_news_tags_and_extensions_with_addresses_of_their_own() -> None:
    more = """<image:image><image:loc>https://cdn.example/1.jpg</image:loc></image:image><lastmod>2024-01-07</lastmod>
<news:news><news:publication><news:name>Post</news:name></news:publication>
<news:publication_date>2024-01-06T23:50:00+09:00</news:publication_date>
<news:title>State &amp;amp; neighbour</news:title></news:news>"""
    found = read(urlset(f"<url>{more}<loc>\n https://www.harbour.example/1?a=1&amp;b=2 </loc></url>"))
    seoul = timezone(timedelta(hours=9))
    assert found.urls == (
        SitemapUrl(
            "https://www.harbour.example/1?a=1&b=2",
            lastmod=datetime(2024, 1, 7, tzinfo=UTC),
            published=datetime(2024, 1, 6, 23, 50, tzinfo=seoul),
            title="State & neighbour",
            precision="second",
        ),
    )
    assert found.problems == ()


def test_an_index_gzipped() -> None:
    first = "<sitemap><loc>/a.xml.gz</loc><lastmod>2024-01-07T09:12:30Z</lastmod></sitemap>"
    inner = first + "<sitemap><loc>b.xml</loc></sitemap>"
    found = read(gzip.compress(f"<sitemapindex {SPACE}>{inner}</sitemapindex>".encode()))
    assert found.urls == ()
    assert [one.url for one in found.sitemaps] == [
        "https://www.harbour.example/a.xml.gz",
        "https://www.harbour.example/sitemaps/b.xml",
    ]
    assert found.sitemaps[0].lastmod == datetime(2024, 1, 7, 9, 12, 30, tzinfo=UTC)


def test_other_forms() -> None:
    assert [one.url for one in read("\ufeffhttps://a.example/1\r\n\nhttps://a.example/2\nnot one\n").urls] == [
        "https://a.example/1",
        "https://a.example/2",
    ]
    item = "<item><title>One</title><link>/1</link><pubDate>Sun, 07 Jan 2024 09:00:00 GMT</pubDate></item>"
    [found] = read(f"<rss version='2.0'><channel>{item}</channel></rss>").urls
    assert (found.url, found.published) == ("https://www.harbour.example/1", datetime(2024, 1, 7, 9, tzinfo=UTC))
    [bare] = read("<urlset><url><loc>https://a.example/1</loc></url></urlset>".encode("utf-16")).urls
    assert bare.url == "https://a.example/1"


def test_what_is_broken_keeps_the_rest() -> None:
    text = urlset(page(1) + page(2) + page(3))
    found = read(text[: text.index("/3")])
    assert [one.url[-1] for one in found.urls] == ["1", "2"]
    assert "the sitemap is cut short" in found.problems
    found = read(
        urlset("<url><loc>https://a.example/1?x=1&y=2</loc></url><url/><url><loc>ftp://a/</loc></url>" + page(4))
    )
    assert [one.url for one in found.urls] == ["https://a.example/1?x=1&y=2", "https://www.harbour.example/4"]
    assert len(found.problems) == 2
    packed = gzip.compress(urlset("".join(page(number) for number in range(5_000))).encode())
    found = read(packed[: len(packed) // 2])
    assert len(found.urls) > 1_000
    assert "the gzip data is cut short" in found.problems


def test_each_address_once() -> None:
    assert len(read(urlset(page(1) + page(2) + page(1))).urls) == 2


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is empty"),
        (
            b"<!doctype html><html><head><title>Page not found</title></head></html>",
            "error page titled 'Page not found'",
        ),
        (b'{"a": 1}', "plain text"),
        (b"<opml/>", "root is <opml>"),
        (b"Sitemap: https://a.example/s.xml", "plain text"),
        (gzip.compress(b"\0\1\2\3" * 50, mtime=0), "binary"),
    ],
)
def test_what_is_no_sitemap_is_named(body: bytes, words: str) -> None:
    with pytest.raises(NotASitemap, match=r"2024-01\.xml is not a sitemap: it ") as caught:
        read(body)
    assert words in str(caught.value)


PIECES = st.sampled_from(
    [b"<urlset>", b"<sitemapindex>", b"<url>", b"</url>", b"<sitemap>", b"</sitemap>", b"<loc>", b"</loc>",
     b"<lastmod>", b"https://a.example/", b"</lastmod>", b"2024-01-07", b"<news:news>", b"&", b"&#0;", b"<![CDATA[",
     b"]]>", b"\xff\xfe", b"\0", b"\n"]
)  # fmt: skip
MIXED = st.lists(st.one_of(PIECES, st.binary(max_size=5)), max_size=40).map(b"".join)


@settings(max_examples=200, deadline=5000)
@given(st.one_of(st.binary(max_size=200), MIXED))
def test_any_bytes_give_a_sitemap_or_the_declared_error(body: bytes) -> None:
    try:
        found = read(body)
    except NotASitemap:
        return
    assert all(one.url.startswith(("http://", "https://")) for one in (*found.urls, *found.sitemaps))
