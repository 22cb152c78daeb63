"""The readers of what strangers write, each with the promise that must hold for any bytes, and bytes to begin from.

A target raises only where its promise is broken; the declared errors are part of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

from extractors.article import parse_fragment, parse_page
from extractors.engine import extract
from extractors.errors import PackError
from extractors.feed import NotAFeed, parse_feed
from extractors.packfiles import read_pack
from extractors.sitemap import NotASitemap, parse_sitemap
from extractors.timestamps import EARLIEST_YEAR, LATEST_YEAR, read_timestamp
from storage.archive import MAX_BODY_BYTES, captures_from

NOW = datetime(2024, 1, 8, tzinfo=UTC)
URL = "https://www.harbour.example/world/1"
OUTCOMES = {"article", "consent", "challenge", "shell", "listing", "empty", "unparsable"}


def feed(body: bytes) -> None:
    """A feed or NotAFeed; addresses lead to the web, moments have a zone."""
    try:
        found = parse_feed(body, url=URL, now=NOW)
    except NotAFeed:
        return
    for entry in found.entries:
        assert entry.url is None or entry.url.startswith(("http://", "https://"))
        assert all(moment is None or moment.utcoffset() is not None for moment in (entry.published, entry.updated))


def sitemap(body: bytes) -> None:
    """A sitemap or NotASitemap; addresses lead to the web."""
    try:
        found = parse_sitemap(body, url=URL, now=NOW)
    except NotASitemap:
        return
    assert all(one.url.startswith(("http://", "https://")) for one in (*found.urls, *found.sitemaps))


def page(body: bytes) -> None:
    """A page, always; that the reader itself failed is no answer."""
    found = parse_page(body, url=URL, now=NOW)
    assert found.outcome in OUTCOMES
    assert (found.outcome == "article") == bool(found.text)
    assert not any("could not be read" in problem for problem in found.problems), found.problems
    fragment = parse_fragment(body.decode("utf-8", "replace"), url=URL, title="A story")
    assert fragment.outcome in {"article", "empty"}, fragment.problems


def rules(body: bytes) -> None:
    """Launches and reactions whose evidence is what the text says."""
    text = body.decode("utf-8", "replace")[:20_000]
    found = extract(f"{text} missile", published=date(2024, 1, 8))
    for record in (*found.launches, *found.reactions):
        assert record.rules
        assert record.evidence
        for evidence in record.evidence:
            assert f"{text} missile"[evidence.start : evidence.end] == evidence.text


def timestamp(body: bytes) -> None:
    """A moment that can be true, or a problem in words."""
    stamp = read_timestamp(body.decode("utf-8", "replace"), host="www.harbour.example", now=NOW)
    if stamp.moment is not None:
        assert EARLIEST_YEAR <= stamp.moment.year <= LATEST_YEAR
        assert stamp.moment.utcoffset() is not None


def archive(body: bytes) -> None:
    """Captures with a time and a bounded body, or fewer of them."""
    for one in captures_from(BytesIO(body), "f.warc", damaged=lambda why: None):
        assert one.captured_at.tzinfo is not None
        assert len(one.body) <= MAX_BODY_BYTES


def pack(body: bytes) -> None:
    """A pack, or PackError."""
    try:
        read_pack(Path("mine.yaml"), body)
    except PackError:
        return


@dataclass(frozen=True, slots=True)
class Target:
    """`check` raises where the promise is broken; `words` are what such input is made of."""

    check: Callable[[bytes], None]
    words: tuple[bytes, ...]


def _words(text: str) -> tuple[bytes, ...]:
    """The words of `text`, in which an underscore stands for a space and a tilde for the end of a line."""
    return tuple(word.replace("_", " ").replace("~", "\r\n").encode() for word in text.split())


_BYTES = (
    b"\0", b"\xff", b"\xed\xa0\x80", b"\xc3\xa9", b"\xe2\x80\x9c", b" ", b"\n", b"&", b"&amp;", b"&#xD800;", b"x" * 9,
    b"\x1f\x8b\x08", b"(\xb5/\xfd",
)  # fmt: skip
_DATES = _words("2024-01-07T09:12:00+09:00 Sun,_07_Jan_2024_09:12:00_IST 9999-12-31T23:59:59-23:59 0000-00-00")
_MARKUP = _words("<!-- --> <![CDATA[ ]]> <?xml_version='1.0'_encoding='utf-16'?> <!DOCTYPE_a_[ <!ENTITY_a_'b'> &a;")

TARGETS: dict[str, Target] = {
    "feed": Target(
        feed,
        (
            *_words("""
                <rss_version='2.0'> </rss> <channel> </channel> <item> </item> <title> </title> <link> </link>
                <guid> </guid> <pubDate> </pubDate> <description> <author> <dc:creator> <ttl>60</ttl>
                <skipHours><hour>7 <media:group> <feed_xmlns='http://www.w3.org/2005/Atom'> <entry> </entry>
                <link_href='/x'/> <content_type='xhtml'> <updated> xml:base='//[' a@b.example https://a.example/
                <rdf:RDF> <sy:updatePeriod>hourly {"version":"https://jsonfeed.org/version/1.1","items":[
                {"id":1,"url": "} ]}
            """),
            *_DATES, *_MARKUP, *_BYTES,
        ),
    ),
    "sitemap": Target(
        sitemap,
        (
            *_words("""
                <urlset> </urlset> <sitemapindex> <sitemap> </sitemap> <url> </url> <loc> </loc> https://a.example/1
                <lastmod> </lastmod> <news:news> <news:publication_date> <news:title> <image:loc> http://[::1
            """),
            *_DATES, *_MARKUP, *_BYTES,
        ),
    ),
    "page": Target(
        page,
        (
            *_words("""
                <html> <head> <body> <p> </p> <div> </div> <article> <h1> </h1> <time_datetime=' <br>
                <table><tr><td> <svg> <script> </script> <style> <title> </title>
                <meta_property='article:published_time'_content=' '> <b> </b> <script_type='application/ld+json'>
                {"@type":"NewsArticle","datePublished":" "} <form> <ul><li> class='related' class='byline'
                <a_href='/x'> </a> By_Mina_Orrow (Reuters) <noscript> <template>
                The_committee_met_again_on_Tuesday_and_put_off_its_vote_on_the_harbour_wall_until_the_spring._
            """),
            *_DATES, *_MARKUP, *_BYTES,
        ),
    ),
    "rules": Target(
        rules,
        (
            *_words("""
                North_Korea_ fired_ launched_ two_missiles_ a_ballistic_missile_ a_salvo_of_ from_Sunan_ on_Sunday,
                at_7:10_a.m._ Japan_condemned_the_launch. said, the_military_said. Iran_ denied_ that_ not_ failed_
                Jan._4 300_km_ miles_ into_the_sea. intercepted_ drones_ Kim_Jong_Un_ Hwasong-18_ it_ were_ which_ (
                ) , . ; — and_ by_ of_ to_ 17 “ ”_ ’s_ İ é
            """),
            *_BYTES,
        ),
    ),
    "timestamp": Target(
        timestamp,
        (
            *_words("""
                2024 01 Jan January Sun, 7 07 T Z : - / . +09:00 -0500 GMT IST EST at_ a.m. p.m. , 9999 1704
            """),
            *_DATES, *_BYTES,
        ),
    ),
    "archive": Target(
        archive,
        (
            *_words("""
                WARC/1.0~ WARC/1.1~ WARC-Type:_response~ WARC-Type:_revisit~ ~ ~~ WARC-Date:_2026-01-04T00:00:00Z~
                WARC-Date:_0000-01-04T00:00:00Z~ WARC-Target-URI:_https://a/~
                Content-Type:_application/http;_msgtype=response~ Content-Length:_20~ Content-Length:_9999~
                HTTP/1.1_200_OK~ Content-Encoding:_gzip~ Content-Encoding:_br~ Transfer-Encoding:_chunked~ 5~abcde~
                0~~ <p>x</p>
            """),
            *_BYTES,
        ),
    ),
    "pack": Target(
        pack,
        (
            *_words("""
                pack:_weapons pack:_rules entries: rules: -_name: {name: class:_icbm, countries:_PRK } [ ] id: when:
                unless: | &a *a !!python/object:os.system ? : # " ' > examples: counterexamples: table: ~ ~__-_
                ~____ ---~
            """),
            *_BYTES,
        ),
    ),
}  # fmt: skip
