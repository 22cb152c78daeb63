"""Feeds, pages and sitemaps that nobody sends by accident, made to a size: small ones for each run, large for the soak.

A case says what must come of it. What a reader may answer at all (its record or its declared error), and within which
time and memory, its test asks of every case.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from newspages import BODY, TEXT, URL, json_ld, page

from extractors.article import MAX_TEXT, parse_page
from extractors.feed import MAX_ENTRIES, NotAFeed, parse_feed
from extractors.records import Feed, Page
from extractors.sitemap import MAX_URLS, NotASitemap, Sitemap, parse_sitemap

NOW = datetime(2024, 1, 8, tzinfo=UTC)
FEED_URL = "https://www.harbour.example/feeds/world.xml"
SITEMAP_URL = "https://www.harbour.example/sitemaps/2024-01.xml"


@dataclass(frozen=True, slots=True)
class Case:
    """`make(n)` gives the bytes; `right` is asked of what was read, and of its declared error."""

    make: Callable[[int], bytes]
    small: int
    large: int
    right: Callable[[Any], object]


def read_feed(body: bytes) -> Feed | NotAFeed:
    """What the feed reader says, its declared error included."""
    try:
        return parse_feed(body, url=FEED_URL, now=NOW)
    except NotAFeed as error:
        return error


def read_sitemap(body: bytes) -> Sitemap | NotASitemap:
    """What the sitemap reader says, its declared error included."""
    try:
        return parse_sitemap(body, url=SITEMAP_URL, now=NOW)
    except NotASitemap as error:
        return error


def read_page(body: bytes) -> Page:
    """What the page reader says; it has no error."""
    return parse_page(body, url=URL, now=NOW)


def _attributes(n: int) -> str:
    return " ".join(f"a{at}='x'" for at in range(n))


# --- feeds ------------------------------------------------------------------------------------------------------------

_GOOD = "<item><title>Good</title><link>https://www.harbour.example/good</link><guid>good</guid></item>"


def _rss(items: str, *, good: str = _GOOD) -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Harbour Post</title>'
        f"{good}{items}</channel></rss>"
    ).encode("utf-8", "surrogatepass")


def _json_feed(items: str) -> bytes:
    return ('{"version":"https://jsonfeed.org/version/1.1","title":"Harbour Post","items":[' + items).encode()


def _item(inner: str, number: int = 0) -> str:
    return f"<item><title>Story {number}</title><guid>{number}</guid>{inner}</item>"


def _good(found: object) -> bool:
    """The feed was read, and its good entry is there as it was written."""
    return isinstance(found, Feed) and any(
        (entry.title, entry.url) == ("Good", "https://www.harbour.example/good") for entry in found.entries
    )


def _full(found: object) -> bool:
    return isinstance(found, Feed) and len(found.entries) == MAX_ENTRIES and any("only" in p for p in found.problems)


def _no_feed(found: object) -> bool:
    return isinstance(found, NotAFeed)


def _either(found: object) -> bool:
    return isinstance(found, Feed | NotAFeed)


def _times(found: object) -> bool:
    """Every entry is there, and no date that cannot be true."""
    return _good(found) and all(
        moment is None or datetime(1990, 1, 1, tzinfo=UTC) <= moment <= NOW.replace(day=9)
        for entry in found.entries  # type: ignore[attr-defined]
        for moment in (entry.published, entry.updated)
    )


_YEARS = [0, 1, 99, 1000, 1899, 1969, 1970, 1989, 2023, 2025, 2038, 2100, 9999, 10_000, 99_999]
_STAMPS = ("{:04}-06-01T12:00:00Z", "Thu, 01 Jun {:04} 12:00:00 GMT", "{:04}-12-31T23:59:60+15:59", "{:04}0101")


def _dated(template: str) -> Callable[[int], str]:
    stamps = [form.format(year) for year in _YEARS for form in _STAMPS] + [
        "0000-00-00",
        "-1",
        "9" * 300,
        "253402300800",
    ]
    return lambda n: "".join(template.format(stamps[at % len(stamps)], at) for at in range(n))


def _bomb(n: int) -> bytes:
    """`n` megabytes as some kilobytes."""
    return gzip.compress(_rss(_item(f"<description>{' ' * n * 1_000_000}</description>")), compresslevel=1)


def _laughs(n: int) -> bytes:
    levels = "".join(
        f'<!ENTITY l{level} "{f"&l{level - 1};" * 10 if level else "ha" * 5}">' for level in range(min(n, 60))
    )
    return b"<!DOCTYPE rss [" + levels.encode() + b"]>" + _rss(_item(f"<description>&l{min(n, 60) - 1};</description>"))


def _blowup(n: int) -> bytes:
    """One long entity, named many times: quadratic where it is expanded."""
    return f'<!DOCTYPE rss [<!ENTITY a "{"a" * n}">]>'.encode() + _rss(_item(f"<description>{'&a;' * n}</description>"))


def _marks(n: int) -> str:
    """A letter under many marks of two classes in turn, which normalisation sorts."""
    return "a" + "\u0301\u0323" * (n // 2)


FEEDS: dict[str, Case] = {
    "entries": Case(lambda n: _rss("".join(_item("", at) for at in range(n))), 6_000, 100_000, _full),
    "empty entries": Case(lambda n: _rss("<item/>" * n), 10_000, 400_000, _good),
    "nesting": Case(lambda n: _rss(f"<item>{'<title>' * n}"), 10_000, 400_000, _good),
    "nesting that ends": Case(lambda n: _rss(f"<item>{'<a>' * n}{'</a>' * n}</item>"), 10_000, 100_000, _good),
    "bare ampersands": Case(lambda n: _rss(_item(f"<description>{'&' * n}</description>")), 100_000, 3_000_000, _good),
    "references": Case(
        lambda n: _rss("".join(_item(f"<description>{'&lt;' * 4_000}</description>", at) for at in range(n))),
        10, 200, _good,
    ),
    "line breaks": Case(lambda n: _rss(_item("<description>" + "\n " * n)), 50_000, 1_500_000, _good),
    "unclosed CDATA": Case(lambda n: _rss(_item("<description>" + "<![CDATA[" * n)), 20_000, 300_000, _good),
    "unclosed comments": Case(lambda n: b"<!--" * n, 50_000, 800_000, _no_feed),
    "attributes": Case(lambda n: _rss("<item " + _attributes(n) + "/>"), 10_000, 200_000, _good),
    "an attribute": Case(lambda n: _rss(f'<item a="{"x" * n}"/>'), 100_000, 4_000_000, _good),
    "namespaces": Case(
        lambda n: _rss(_item("".join(f'<p{at}:a xmlns:p{at}="u{at}"/>' for at in range(n)))), 5_000, 100_000, _good
    ),
    "undeclared prefixes": Case(
        lambda n: _rss(_item("".join(f"<p{at}:a/>" for at in range(n)))), 5_000, 100_000, _good
    ),
    "links": Case(lambda n: _rss("<link>x</link>" * n), 10_000, 150_000, _good),
    "authors": Case(lambda n: _rss(_item("<author>x</author>" * n)), 10_000, 150_000, _good),
    "long authors": Case(
        lambda n: _rss("".join(_item(f"<author>{'x' * 15_000}</author>", at) for at in range(n))), 20, 300, _good
    ),
    "spaces": Case(lambda n: _rss(_item(f"<description>{' ' * n}x</description>")), 300_000, 4_000_000, _good),
    "marks": Case(lambda n: _rss(_item(f"<description>{_marks(n)}</description>")), 20_000, 1_000_000, _good),
    "a word": Case(lambda n: _rss(_item(f"<description>{'x' * n}</description>")), 300_000, 4_500_000, _good),
    "tags in a text": Case(
        lambda n: _rss(_item(f"<description><![CDATA[{'<b><i>' * n}x]]></description>")), 10_000, 600_000, _good
    ),
    "no Unicode": Case(
        lambda n: _rss("ITEMS").replace(b"ITEMS", random.Random(n).randbytes(n).translate(None, b"<>&")),
        50_000, 4_000_000, _good,
    ),
    "surrogates": Case(lambda n: _rss("".join(_item("\ud800\udfff", at) for at in range(n))), 300, 4_000, _good),
    "NUL bytes": Case(
        lambda n: _rss(_item("", 1) * n).replace(b"Story", b"S\0t\0o\0r\0y"), 300, 4_000, _good
    ),
    "a bomb": Case(_bomb, 6, 200, _good),
    "a bomb within a bomb": Case(lambda n: gzip.compress(_bomb(n)), 2, 200, _either),
    "empty members": Case(lambda n: gzip.compress(b"") * n + gzip.compress(_rss("")), 20_000, 250_000, _either),
    "laughs": Case(_laughs, 10, 60, _good),
    "a long entity": Case(_blowup, 10_000, 900_000, _good),
    "a file as entity": Case(
        lambda n: b'<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/hostname">]>' + _rss(_item("<link>&a;</link>") * n),
        100, 4_000, _good,
    ),
    "years": Case(
        lambda n: _rss(_dated("<item><title>Story {1}</title><guid>{1}</guid><pubDate>{0}</pubDate></item>")(n)),
        100, 4_900, _times,
    ),
    "JSON items": Case(lambda n: _json_feed('{"id":"1"},' * n), 20_000, 400_000, _either),
    "JSON entries": Case(
        lambda n: _json_feed(",".join(json.dumps({"id": str(at), "title": f"Story {at}"}) for at in range(n)) + "]}"),
        6_000, 100_000, _full,
    ),
    "JSON nesting": Case(lambda n: _json_feed('{"a":' * n), 50_000, 900_000, _no_feed),
    "JSON lists": Case(lambda n: b"[" * n + b"]" * n, 100_000, 2_500_000, _no_feed),
    "a JSON number": Case(lambda n: _json_feed('{"id":' + "9" * n + "}]}"), 5_000, 4_000_000, _either),
    "JSON surrogates": Case(
        lambda n: _json_feed(",".join(f'{{"id":"{at}","title":"\\ud800 x"}}' for at in range(n)) + "]}"),
        300, 4_000, lambda found: isinstance(found, Feed) and found.entries[0].title == "x",
    ),
}  # fmt: skip


# --- pages ------------------------------------------------------------------------------------------------------------


def _body(before: str, after: str = "") -> bytes:
    return page(before + BODY + after)


def _text(found: Page) -> bool:
    """The article's text, whatever stands around it."""
    return found.outcome == "article" and found.text.endswith(TEXT)


def _article(found: Page) -> bool:
    return found.outcome == "article" and len(found.text) <= MAX_TEXT


def _read(found: Page) -> bool:
    """Anything that is an answer, but not that the reader itself failed."""
    return not any("could not be read" in problem for problem in found.problems)


def _undated(found: Page) -> bool:
    return _text(found) and found.published is None


_STAMP_PLACES = (
    '<meta property="article:published_time" content="{0}">',
    '<meta name="date" content="{0}">',
    '<script type="application/ld+json">{{"@type":"NewsArticle","datePublished":"{0}"}}</script>',
    '<time datetime="{0}">{0}</time>',
)
_FALSE = [f.format(y) for y in (0, 1, 99, 1000, 1899, 1989, 2025, 9999, 10_000) for f in _STAMPS[:3]]


def _graph(n: int) -> str:
    """JSON-LD of `n` megabytes, the article last."""
    nodes = ['{"@type":"ListItem","name":"' + "x" * 968 + '"}'] * (n * 1024)
    return f'<script type="application/ld+json">{{"@graph":[{",".join(nodes)}]}}</script>'


PAGES: dict[str, Case] = {
    "levels": Case(lambda n: _body("<div>" * n, "</div>" * n), 5_000, 100_000, _text),
    "levels that never end": Case(lambda n: _body("<section>" * n), 5_000, 100_000, _text),
    "inline levels": Case(lambda n: _body("<b>" * n, "</b>" * n), 3_000, 100_000, _text),
    "formatting never closed": Case(lambda n: _body("<p><b><i><a href=x>" * n), 500, 50_000, _article),
    "tables in tables": Case(lambda n: _body("<table><tr><td>" * n), 1_000, 50_000, _read),
    "lists in lists": Case(lambda n: _body("<ul><li>" * n), 2_000, 100_000, _article),
    "forms": Case(lambda n: _body("<form>" * n), 5_000, 100_000, _text),
    "foreign elements": Case(lambda n: _body("<svg><math>" * n, "</math></svg>" * n), 2_000, 50_000, _read),
    "elements": Case(
        lambda n: _body("<ul>" + "<li><a href='/x'>An item of some list</a></li>" * n + "</ul>"), 2_000, 16_000, _read
    ),
    "empty elements": Case(lambda n: _body("<i></i>" * n), 10_000, 500_000, _read),
    "paragraphs": Case(lambda n: _body("", "<p>a" * n), 5_000, 1_000_000, _article),
    "breaks": Case(lambda n: _body("", "<br>" * n), 10_000, 1_000_000, _article),
    "links": Case(lambda n: _body("<p>" + "<a href='x'>word</a> " * n + "</p>"), 2_000, 20_000, _read),
    "a table": Case(
        lambda n: _body("", "<table>" + "<tr><td>1</td><td>two</td><td>3 km</td></tr>" * n + "</table>"),
        2_000, 100_000, _text,
    ),
    "attributes": Case(
        lambda n: _body("<p " + _attributes(n) + ">"), 5_000, 100_000, _article
    ),
    "an attribute": Case(lambda n: _body(f'<div data-page="{"x" * n}">', "</div>"), 200_000, 4_900_000, _text),
    "an attribute over the bound": Case(lambda n: _body(f'<i title="{"x" * n}">'), 5_300_000, 20_000_000, _read),
    "a class": Case(lambda n: _body(f'<div class="{"date " * n}">', "</div>"), 20_000, 900_000, _article),
    "unclosed scripts": Case(lambda n: page(BODY + "<script " * n), 20_000, 200_000, _text),
    "unclosed comments": Case(lambda n: page(BODY + "<!--" * n), 50_000, 500_000, _text),
    "less-than signs": Case(lambda n: _body("<" * n), 100_000, 2_000_000, _read),
    "ampersands": Case(lambda n: _body("<p>" + "&" * n + "</p>"), 100_000, 4_000_000, _article),
    "references": Case(
        lambda n: _body("<p>" + "&#xD800;&#1114112;&amp;amp;lt;&#0;&NoSuchName;" * n + "</p>"), 2_000, 90_000, _article
    ),
    "spaces": Case(lambda n: _body("<p>" + " " * n + "</p>"), 500_000, 4_000_000, _text),
    "invisible marks": Case(lambda n: _body("<p>" + "\u200b\u202e" * n + "</p>"), 20_000, 700_000, _text),
    "marks": Case(lambda n: _body(f"<p>{_marks(n)}</p>"), 20_000, 1_000_000, _article),
    "a word": Case(lambda n: _body(f"<p>{'x' * n}</p>"), 300_000, 4_900_000, _article),
    "a sentence": Case(lambda n: _body(f"<p>{'of the quay ' * n}</p>"), 10_000, 400_000, _article),
    "capitals": Case(lambda n: _body(f"<p>{'SEOUL, ' * n}</p>"), 10_000, 600_000, _article),
    "a byline": Case(lambda n: page(byline="By " + "A. " * n), 10_000, 1_000_000, _article),
    "a title": Case(lambda n: page(title="Missile " * n), 10_000, 300_000, _article),
    "meta elements": Case(lambda n: page(head="<meta name='date' content='x'>" * n), 5_000, 60_000, _text),
    "meta content": Case(
        lambda n: page(head=f"<meta name='author' content='{'x@' * n}'>"), 20_000, 2_000_000, _text
    ),
    "authors": Case(lambda n: page(head=json_ld(author=[{"name": "x" * 15_000}] * n)), 20, 60, _text),
    "a canonical address": Case(
        lambda n: page(head=f"<link rel=canonical href='https://www.harbour.example/{'x/../' * n}'>"),
        10_000, 900_000, _text,
    ),
    "JSON-LD": Case(lambda n: page(head=_graph(n) + json_ld()), 1, 20, _text),
    "a body in the JSON-LD": Case(
        lambda n: page("<p>Short.</p>", head=json_ld(articleBody="It rained on the quay. " * n)),
        5_000, 40_000, _article,
    ),
    "a body over the bound in the JSON-LD": Case(
        lambda n: page("<p>Short.</p>", head=json_ld(articleBody="It rained on the quay. " * n)), 50_000, 900_000, _read
    ),
    "JSON-LD nesting": Case(
        lambda n: page(head='<script type="application/ld+json">' + "[" * n + "</script>"), 100_000, 900_000, _text
    ),
    "JSON-LD spaces": Case(
        lambda n: page(head='<script type="application/ld+json">x' + " " * n + "</script>"), 100_000, 900_000, _text
    ),
    "JSON-LD commas": Case(
        lambda n: page(head='<script type="application/ld+json">{' + ", " * n + "</script>"), 50_000, 500_000, _text
    ),
    "JSON-LD quotes": Case(
        lambda n: page(head='<script type="application/ld+json">{"datePublished":"' * n + "</script>"),
        1_000, 20_000, _text,
    ),
    "dates in dates": Case(
        lambda n: _body("<div class='date'>" * 190 + "<span class='date'>Monday</span>" * n), 1_000, 20_000, _read
    ),
    "years": Case(
        lambda n: page(
            head="".join(place.format(_FALSE[at % len(_FALSE)]) for at in range(n) for place in _STAMP_PLACES)
        ),
        len(_FALSE), 4_000, _undated,
    ),
    "no Unicode": Case(
        lambda n: _body("", "<p>RAW</p>").replace(b"RAW", random.Random(n).randbytes(n).translate(None, b"<>&")),
        50_000, 4_000_000, _article,
    ),
    "NUL bytes": Case(lambda n: _body("<p>" + "\0" * n + "</p>"), 100_000, 4_000_000, _text),
    "entities": Case(
        lambda n: b"<!DOCTYPE html [<!ENTITY a '" + b"a" * n + b"'>]>" + _body("&a;" * n), 5_000, 900_000, _read
    ),
    "a script over the bound": Case(
        lambda n: _body(f"<script>var data = {'[1, 2, 3],' * n}</script>"), 50_000, 1_200_000, _text
    ),
    "a style over the bound": Case(lambda n: _body(f"<style>{'a{} ' * n}</style>"), 50_000, 1_500_000, _read),
    "a picture as text": Case(
        lambda n: _body(f'<img src="data:image/png;base64,{"QUJD" * n}">'), 50_000, 1_200_000, _text
    ),
}  # fmt: skip


# --- sitemaps ---------------------------------------------------------------------------------------------------------


def _urlset(inner: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        f"<url><loc>https://www.harbour.example/good</loc></url>{inner}</urlset>"
    ).encode("utf-8", "surrogatepass")


def _url(number: int, inner: str = "") -> str:
    return f"<url><loc>https://www.harbour.example/{number}</loc>{inner}</url>"


def _listed(found: object) -> bool:
    """The sitemap was read, with its good address."""
    return isinstance(found, Sitemap) and found.urls[0].url == "https://www.harbour.example/good"


def _list_full(found: object) -> bool:
    return isinstance(found, Sitemap) and 0 < len(found.urls) + len(found.sitemaps) <= MAX_URLS


def _list_times(found: object) -> bool:
    return _listed(found) and all(
        one.lastmod is None or datetime(1990, 1, 1, tzinfo=UTC) <= one.lastmod <= NOW.replace(day=9)
        for one in found.urls[1:]  # type: ignore[attr-defined]
    )


def _no_list(found: object) -> bool:
    return isinstance(found, NotASitemap)


def _list_or_none(found: object) -> bool:
    return isinstance(found, Sitemap | NotASitemap)


SITEMAPS: dict[str, Case] = {
    "pages": Case(lambda n: _urlset("".join(map(_url, range(n)))), 5_000, 1_000_000, _listed),
    "sitemaps": Case(
        lambda n: b"<sitemapindex>"
        + b"".join(b"<sitemap><loc>https://a.example/%d.xml</loc></sitemap>" % at for at in range(n)),
        5_000, 1_000_000, _list_full,
    ),
    "lines": Case(lambda n: b"".join(b"https://a.example/%d\n" % at for at in range(n)), 10_000, 1_000_000, _list_full),
    "a line": Case(lambda n: b"https://a.example/" + b"x" * n, 100_000, 50_000_000, _list_or_none),
    "a bomb": Case(lambda n: gzip.compress(_urlset(" " * n * 1_000_000), compresslevel=1), 2, 300, _listed),
    "a bomb within a bomb": Case(
        lambda n: gzip.compress(gzip.compress(_urlset(" " * n * 1_000_000))), 2, 300, _list_or_none
    ),
    "empty members": Case(
        lambda n: gzip.compress(b"") * n + gzip.compress(_urlset("")), 20_000, 1_000_000, _list_or_none
    ),
    "empty entries": Case(lambda n: gzip.compress(_urlset("<url/>" * n), compresslevel=1), 10_000, 8_000_000, _listed),
    "nesting": Case(lambda n: _urlset("<url>" * n), 20_000, 1_000_000, _list_or_none),
    "children": Case(lambda n: _urlset("<url>" + "<loc>https://a.example/</loc>" * n), 20_000, 300_000, _listed),
    "attributes": Case(
        lambda n: _urlset("<url " + _attributes(n) + "/>"), 10_000, 1_000_000, _listed
    ),
    "an address": Case(
        lambda n: _urlset(f"<url><loc>https://a.example/{'x' * n}</loc></url>"), 100_000, 9_000_000, _listed
    ),
    "comments": Case(lambda n: _urlset("<!-- a -->" * n), 20_000, 1_000_000, _listed),
    "unclosed comments": Case(lambda n: _urlset("<!--" * n), 20_000, 1_000_000, _listed),
    "entities": Case(
        lambda n: "".join(
            ["<!DOCTYPE urlset [", *(f"<!ENTITY a{at} '{f'&a{at - 1};' * 10 if at else 'ha' * 5}'>" for at in range(n))]
        ).encode() + b"]>" + _urlset(f"<url><loc>https://a.example/&a{n - 1};</loc></url>"),
        10, 60, _list_or_none,
    ),
    "a long entity": Case(
        lambda n: f"<!DOCTYPE urlset [<!ENTITY a '{'a' * n}'>]>".encode()
        + _urlset(f"<url><loc>https://a.example/{'&a;' * n}</loc></url>"),
        10_000, 2_000_000, _list_or_none,
    ),
    "years": Case(
        lambda n: _urlset(_dated("<url><loc>https://a.example/{1}</loc><lastmod>{0}</lastmod></url>")(n)),
        100, 49_000, _list_times,
    ),
    "no Unicode": Case(
        lambda n: _urlset("RAW").replace(b"RAW", random.Random(n).randbytes(n).translate(None, b"<>&")),
        100_000, 9_000_000, _list_or_none,
    ),
    "NUL bytes": Case(lambda n: _urlset("\0" * n), 100_000, 40_000_000, _list_or_none),
}  # fmt: skip
