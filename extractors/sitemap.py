"""Sitemap bytes to dated URLs: urlset, sitemapindex, Google news tags, plain text lists, feeds; gzipped or not.

The protocol (sitemaps.org 0.9) allows 50,000 URLs and 50 MB a file; what goes beyond is cut, and `problems` says so.
XML is read as a stream, so that memory follows the URLs kept and not the elements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from lxml import etree

from extractors.feed import NotAFeed, parse_feed
from extractors.markup import decode, gunzip, mend_xml, one_line, plain_line
from extractors.pagesource import absolute, split_host
from extractors.records import SitemapUrl
from extractors.timestamps import Stamp, read_timestamp
from extractors.walls import looks_like

MAX_BYTES = 50 * 1024 * 1024
MAX_URLS = 50_000
MAX_ELEMENTS = 2_000_000
MAX_PROBLEMS = 20
MAX_CHILDREN = 100
PIECE = 65_536

_END = re.compile(r"</(?:[\w.-]+:)?(?:urlset|sitemapindex)\s*>|<(?:urlset|sitemapindex)\b[^<>]*/>")
_PLAIN_ADDRESS = re.compile(r"https?://[a-z0-9](?:[a-z0-9.-]{0,250})(?::\d{1,5})?/[!-~]{0,2000}", re.IGNORECASE)


class NotASitemap(ValueError):  # noqa: N818 (the name of the interface)
    """The bytes are no sitemap; the message is a sentence that says what they look like."""


@dataclass(frozen=True, slots=True)
class Sitemap:
    """`urls` are pages, `sitemaps` the files an index lists; each once, in the order of the file."""

    urls: tuple[SitemapUrl, ...]
    sitemaps: tuple[SitemapUrl, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reading:
    url: str
    host: str
    now: datetime | None
    urls: dict[str, SitemapUrl] = field(default_factory=dict)
    sitemaps: dict[str, SitemapUrl] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    seen: int = 0

    def note(self, problem: str | None) -> None:
        if problem and problem not in self.problems and len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)

    def date(self, raw: str | None) -> Stamp:
        if not raw:
            return Stamp(None)
        stamp = read_timestamp(raw, host=self.host, now=self.now)
        self.note(stamp.problem)
        return stamp

    def is_full(self) -> bool:
        """Whether another entry would be one too many; counts the entries, good or not."""
        self.seen += 1
        if self.seen <= MAX_URLS:
            return False
        self.note(f"only the first {MAX_URLS:,} entries were read")
        return True

    def result(self) -> Sitemap:
        return Sitemap(tuple(self.urls.values()), tuple(self.sitemaps.values()), tuple(self.problems))


def parse_sitemap(body: bytes, *, url: str, now: datetime | None = None) -> Sitemap:
    """Read a sitemap or sitemap index; a broken or cut one gives what stands before the break.

    `url` is where it came from. With `now` (aware), dates more than a day ahead of it become None. Raises
    NotASitemap and nothing else.
    """
    reading = _Reading(url, split_host(url), now)
    if body.startswith(b"\x1f\x8b"):
        body, problem = gunzip(body, limit=MAX_BYTES)
        reading.note(problem)
    if len(body) > MAX_BYTES:
        body = body[:MAX_BYTES]
        reading.note(f"only the first {MAX_BYTES:,} bytes were read")
    head = decode(body[:PIECE], family="xml")[0].lstrip("\ufeff\0 \t\r\n")
    root = re.search(r"<(?:[\w.-]+:)?(urlset|sitemapindex|rss|RDF|feed)(?=[\s>/])", head)
    if root is None:
        _read_lines(body, head, reading)
    elif root[1] in ("urlset", "sitemapindex"):
        _read_xml(body, reading)
    else:
        _read_feed(body, reading)
    return reading.result()


def _read_xml(body: bytes, reading: _Reading) -> None:
    for element in _entries(_mended(body, reading), reading):
        if reading.is_full():
            return
        entry = _entry(element, reading)
        if entry is not None:
            (reading.urls if _local(element) == "url" else reading.sitemaps).setdefault(entry.url, entry)


def _entries(body: bytes, reading: _Reading) -> Iterator[etree._Element]:
    """Each <url> and <sitemap> element as it ends, taken out of the tree behind the reader."""
    parser = etree.XMLPullParser(
        events=("end",),
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
    )
    seen = 0
    for start in range(0, len(body), PIECE):
        try:
            parser.feed(body[start : start + PIECE])
        except etree.XMLSyntaxError as error:
            reading.note(f"broken XML: {one_line(str(error))[:120]}")
            return
        for _, element in parser.read_events():
            seen += 1
            if isinstance(element, etree._Element) and _local(element) in ("url", "sitemap"):
                yield element
                _forget(element)
        if seen > MAX_ELEMENTS:
            reading.note(f"only the first {MAX_ELEMENTS:,} elements were read")
            return


def _mended(body: bytes, reading: _Reading) -> bytes:
    """UTF-8 that libxml2 takes as it is; it would drop bare ampersands from the addresses."""
    text, problem = decode(body, family="xml")
    text, problems = mend_xml(text)
    for one in (problem, *problems):
        reading.note(one)
    if not _END.search(text[-300:]):
        reading.note("the sitemap is cut short")
    return text.strip("\ufeff \t\r\n").encode("utf-8", "replace")


def _forget(element: etree._Element) -> None:
    element.clear()
    parent = element.getparent()
    while parent is not None and len(parent) > 1:
        del parent[0]


def _entry(element: etree._Element, reading: _Reading) -> SitemapUrl | None:
    """One entry; only the element's own <loc> counts, as image and video extensions have theirs."""
    values: dict[str, str] = {}
    news: dict[str, str] = {}
    for child in islice(element, MAX_CHILDREN):
        name = _local(child)
        if name == "news":
            news = {_local(part): part.text or "" for part in islice(child, MAX_CHILDREN)}
        elif name in ("loc", "lastmod"):
            values.setdefault(name, child.text or "")
    address = _address(values.get("loc", ""), reading)
    if address is None:
        reading.note("an entry without a usable address was dropped")
        return None
    lastmod, published = reading.date(values.get("lastmod")), reading.date(news.get("publication_date"))
    return SitemapUrl(
        url=address,
        lastmod=lastmod.moment,
        published=published.moment,
        title=plain_line(news.get("title", ""), 2_000)[:1_000] or None,
        precision=(published if published.moment else lastmod).precision,
    )


def _address(text: str, reading: _Reading) -> str | None:
    text = text.strip()
    if _PLAIN_ADDRESS.fullmatch(text):
        return text
    return absolute(reading.url, text) if text else None


def _local(element: etree._Element) -> str:
    """The name without its namespace; empty for names of the image and video extensions, and for odd ones."""
    tag = element.tag
    if not isinstance(tag, str):
        return ""
    namespace, _, name = tag.rpartition("}")
    return "" if "-image" in namespace or "-video" in namespace else name


def _read_lines(body: bytes, head: str, reading: _Reading) -> None:
    """A text sitemap: one absolute address a line, nothing else."""
    lines = (line.strip() for line in head.splitlines())
    first = next((line for line in lines if line), "")
    if not re.match(r"https?://\S+$", first):
        raise NotASitemap(f"{reading.url} is not a sitemap: it {looks_like(head)}.")
    for line in decode(body, family="xml")[0].splitlines():
        text = line.strip().lstrip("\ufeff")
        if not text:
            continue
        if reading.is_full():
            return
        address = _address(text, reading) if re.match(r"https?://\S+$", text) else None
        if address is None:
            reading.note("a line that is no address was skipped")
        else:
            reading.urls.setdefault(address, SitemapUrl(address, None))


def _read_feed(body: bytes, reading: _Reading) -> None:
    """A feed in the place of a sitemap, which the protocol allows."""
    try:
        feed = parse_feed(body, url=reading.url, now=reading.now)
    except NotAFeed as error:
        raise NotASitemap(str(error).replace(" is not a feed:", " is not a sitemap:")) from None
    for entry in feed.entries:
        if entry.url:
            dated = SitemapUrl(entry.url, entry.updated, entry.published, entry.title or None, "second")
            is_dated = entry.published or entry.updated
            reading.urls.setdefault(entry.url, dated if is_dated else replace(dated, precision="none"))
    for problem in feed.problems:
        reading.note(problem)
