"""When a page says it was published and changed: JSON-LD, meta, <time>, the address, a written dateline.

Extractors of article text give the day at best, and date libraries invent dates for undated pages (measured: 121 of
123). Here a date counts only where a publisher puts one, and it keeps its offset: UTC can change the weekday.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from htmldate import find_date
from lxml.html import HtmlElement

from extractors.markup import parse_html
from extractors.pagesource import Source, described, is_elsewhere, short_text
from extractors.timestamps import Stamp, read_timestamp

MAX_LOOKED_AT = 8_000


@dataclass(frozen=True, slots=True)
class Dates:
    """`source` is json-ld, meta, time, url, text or none."""

    published: Stamp
    source: str
    modified: datetime | None


_META_PUBLISHED = (
    "article:published_time", "og:article:published_time", "datepublished", "date_published", "published_time",
    "parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime", "article.published", "pubdate", "publishdate",
    "publish-date", "publish_date", "publication_date", "publicationdate", "dc.date.issued", "dcterms.issued",
    "dcterms.created", "dc.date.created", "dc.date", "dcterms.date", "citation_publication_date", "article:published",
    "og:pubdate", "og:published_time", "rnews:datepublished", "bt:pubdate", "cse-pubdate", "date", "datecreated",
    "article_date_original", "ptime", "originalpublicationdate", "displaydate", "iso-8601-publish-date",
)  # fmt: skip
_META_MODIFIED = (
    "article:modified_time", "og:updated_time", "datemodified", "lastmod", "last-modified", "dcterms.modified",
    "dc.date.modified", "article:updated_time", "utime", "revised", "lastmodified",
)  # fmt: skip
_DATE_WORDS = re.compile(
    r"publish|posted|pubdate|dateline|timestamp|byline|article-?date|post-?date|(?:^|[\s_-])date", re.IGNORECASE
)
_UPDATED = re.compile(r"updat|modif|last[- ]?edit|revis", re.IGNORECASE)
_PUBLISHED = re.compile(r"publish|pubdate|posted", re.IGNORECASE)
_URL_DATE = re.compile(r"/((?:19|20)\d\d)[/-]?(0[1-9]|1[0-2]|[a-z]{3})[/-]?([0-2]\d|3[01])(?=[/_-])", re.IGNORECASE)
_WRITTEN = re.compile(
    r"(?:\d{1,2}(?:st|nd|rd|th)?\s+[A-Z][a-z]{2,8}\.?,?\s+\d{4}|[A-Z][a-z]{2,8}\.?\s+\d{1,2}(?:st|nd|rd|th)?,?\s+\d{4}"
    r"|\d{4}-\d\d-\d\d)"
    r"(?:\s*(?:,|at|\||·|-|–|—|T)?\s*\d{1,2}[:.]\d\d(?::\d\d)?\s*(?:[AaPp]\.?[Mm]\.?)?"
    r"\s*\(?(?:[A-Z]{1,4}(?:[+-]\d{1,4})?|[+-]\d\d:?\d\d)?\b\)?)?"
)


def read_dates(source: Source) -> Dates:
    """The best date of publication, with the time of day and the zone from a later place if the first has none."""
    node = source.ld.article(source.url)
    modified = _stamp(source, source.ld.string(node, "dateModified")).moment
    modified = modified or _stamp(source, source.first(*_META_MODIFIED)).moment
    readers: tuple[tuple[str, Callable[[], Stamp]], ...] = (
        ("json-ld", lambda: _from_json_ld(source, node)),
        ("meta", lambda: _from_meta(source)),
        ("time", lambda: _from_time(source)),
        ("url", lambda: _from_url(source)),
        ("text", lambda: _from_text(source)),
    )
    best, origin = Stamp(None), "none"
    for name, reader in readers:
        found = reader()
        if _better(found, best):
            best, origin = found, name
        if best.precision not in ("none", "day") and best.zoned:
            break
    source.note(best.problem)
    if best.moment is not None and modified is not None and modified < best.moment - timedelta(days=1):
        modified = None
    return Dates(best, origin, modified)


def _better(found: Stamp, known: Stamp) -> bool:
    """Whether a stamp tells more than a known one from a surer place: the time of that day, or its zone."""
    if found.moment is None or known.moment is None:
        return known.moment is None and found.moment is not None
    if found.precision == "day" or found.moment.date() != known.moment.date():
        return False
    if known.precision == "day":
        return True
    # The same wall-clock time with a zone; another time is another event.
    return (
        found.zoned
        and not known.zoned
        and found.moment.replace(tzinfo=None, second=0) == known.moment.replace(tzinfo=None, second=0)
    )


def _stamp(source: Source, raw: str) -> Stamp:
    stamp = read_timestamp(raw, host=source.host, now=source.now)
    if stamp.moment is None:
        source.note(stamp.problem)
    return stamp


def _from_json_ld(source: Source, node: dict[str, Any]) -> Stamp:
    for key in ("datePublished", "dateCreated"):
        stamp = _stamp(source, source.ld.string(node, key))
        if stamp.moment is not None:
            return stamp
    for other in source.ld.nodes:
        if re.search(r"WebPage|VideoObject", str(other.get("@type"))) and isinstance(other.get("datePublished"), str):
            return _stamp(source, other["datePublished"])
    return Stamp(None)


def _from_meta(source: Source) -> Stamp:
    for name in _META_PUBLISHED:
        for value in source.meta.get(name, ()):
            stamp = _stamp(source, value)
            if stamp.moment is not None:
                return stamp
    return Stamp(None)


def _from_time(source: Source) -> Stamp:
    """The <time> (or abbr, or itemprop) that stands for the publication; none where several could."""
    candidates: list[tuple[bool, Stamp]] = []
    for element in islice(source.tree.iter("time", "abbr", "span", "div"), MAX_LOOKED_AT):
        raw = _machine_date(element)
        if not raw or is_elsewhere(element):
            continue
        parent = element.getparent()
        near = f"{described(element)} {described(parent) if parent is not None else ''}"
        if _UPDATED.search(f"{near} {short_text(element, 100)}") and not _PUBLISHED.search(near):
            continue
        stamp = _stamp(source, raw)
        if stamp.moment is not None:
            candidates.append((bool(_DATE_WORDS.search(near)) or element.get("pubdate") is not None, stamp))
    marked = [stamp for is_marked, stamp in candidates if is_marked]
    if marked:
        return marked[0]
    days = {stamp.moment.date() for _, stamp in candidates if stamp.moment}
    return candidates[0][1] if len(days) == 1 or (days and _is_one_article(source.tree)) else Stamp(None)


def _machine_date(element: HtmlElement) -> str | None:
    if element.get("datetime"):
        return str(element.get("datetime"))
    if element.tag == "abbr" and element.get("title"):
        return str(element.get("title"))
    if "datePublished" in (element.get("itemprop") or ""):
        return element.get("content") or short_text(element, 100)
    return None


def _is_one_article(tree: HtmlElement) -> bool:
    return sum(1 for _ in islice(tree.iter("article"), 2)) == 1


def _from_url(source: Source) -> Stamp:
    found = _URL_DATE.search(urlsplit(source.url).path)
    if not found:
        return Stamp(None)
    raw = f"{found[3]} {found[2]} {found[1]}" if found[2].isalpha() else f"{found[1]}-{found[2]}-{found[3]}"
    return read_timestamp(raw, now=source.now)


def _from_text(source: Source) -> Stamp:
    """A date written in a byline or dateline element; never one of running text, which undated pages also have."""
    for element in islice(source.tree.iter("p", "div", "span", "li", "small", "address", "time"), MAX_LOOKED_AT):
        if not (element.tag == "time" or _DATE_WORDS.search(described(element))) or is_elsewhere(element):
            continue
        text = short_text(element)
        if not text or len(text) > 200 or (_UPDATED.search(text) and not _PUBLISHED.search(text)):
            continue
        found = _WRITTEN.search(text)
        stamp = read_timestamp(found[0], host=source.host, now=source.now) if found else Stamp(None)
        if stamp.moment is None:
            stamp = _foreign(text, source.now)
        if stamp.moment is not None:
            return stamp
    return Stamp(None)


def _foreign(text: str, now: datetime | None) -> Stamp:
    """A dateline in another language, by htmldate on that line alone."""
    tree = parse_html(f"<html><body><p class='date'>{html.escape(text)}</p></body></html>")
    latest = (now or datetime(2100, 1, 1, tzinfo=UTC)) + timedelta(days=1)
    found = find_date(tree, extensive_search=False, original_date=True, max_date=latest.replace(tzinfo=None))
    return read_timestamp(found, now=now) if found else Stamp(None)
