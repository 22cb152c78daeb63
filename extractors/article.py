"""Page bytes to article: text by trafilatura, everything else (dates, authors, what the page is) by our own reading.

The HTML is parsed once. trafilatura 2 was measured best without comments and tables, on a tree pruned of figures,
asides, newsletter prompts and related stories (fundus-evaluation, 80 pages: F1 .935; scrapinghub benchmark: .957).
Its dates have no time of day, so JSON-LD, meta elements and <time> are read here, with the offset they were written in.
"""

from __future__ import annotations

import html
import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import urljoin, urlsplit

from htmldate import find_date
from lxml import etree
from lxml.html import HtmlElement
from trafilatura import bare_extraction
from trafilatura.settings import Document

from extractors.markup import clean, decode, join, one_line, paragraphs, parse_html, plain_line
from extractors.people import clean_authors
from extractors.records import Page, Quality
from extractors.timestamps import Stamp, read_timestamp
from extractors.walls import wall

MAX_CHARACTERS = 5 * 1024 * 1024
"""What is left of a page without its scripts; the rest is cut."""
MAX_BODY = 32 * 1024 * 1024
MAX_ELEMENTS = 30_000
MAX_DEPTH = 250
MAX_JSON_LD = 1024 * 1024
MIN_ARTICLE = 250
MIN_FRAGMENT = 600
"""Characters below which a feed entry's content is a teaser."""

# trafilatura logs every page it finds nothing on as an error; the outcome of the Page says it.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
logging.getLogger("htmldate").setLevel(logging.CRITICAL)


def parse_page(body: bytes, *, url: str, encoding: str | None = None, now: datetime | None = None) -> Page:
    """What a page says, as a record; never raises: what cannot be read has outcome "unparsable" and the reason.

    `encoding` is the charset or Content-Type of the response. With `now` (aware), dates more than a day ahead of it
    are refused. `text` is plain: paragraphs parted by a blank line, NFC, no control characters but the newline.
    """
    try:
        return _page(body, url, encoding, now)
    except Exception as error:  # any bytes at all may come; a page must never stop the others
        return _nothing(url, "unparsable", f"the page could not be read ({type(error).__name__}: {str(error)[:120]})")


def parse_fragment(
    markup: str,
    *,
    url: str,
    title: str,
    published: datetime | None = None,
    modified: datetime | None = None,
    authors: tuple[str, ...] = (),
    language: str | None = None,
    site_name: str | None = None,
) -> Page:
    """A feed entry's HTML content as a Page; never raises. What is no longer than a teaser is of quality "partial".

    `date_source` is "feed" where `published` is given.
    """
    try:
        return _fragment(markup, url, title, published, modified, authors, language, site_name)
    except Exception as error:
        return _nothing(url, "unparsable", f"the entry could not be read ({type(error).__name__}: {str(error)[:120]})")


def _nothing(url: str, outcome: str, problem: str) -> Page:
    return Page(url=url, outcome=outcome, title="", text="", quality="none", problems=(problem,))


# --- the page as a whole ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Source:
    """A page being read: its parts, and the problems met so far."""

    url: str
    host: str
    now: datetime | None
    markup: str
    tree: HtmlElement
    meta: dict[str, list[str]]
    ld: _JsonLd
    problems: list[str] = field(default_factory=list)

    def note(self, problem: str | None) -> None:
        if problem and problem not in self.problems and len(self.problems) < 20:
            self.problems.append(problem)

    def first(self, *names: str) -> str:
        """The first non-empty meta content of these names, in one line of plain text."""
        for name in names:
            for value in self.meta.get(name, ()):
                if text := plain_line(value):
                    return text
        return ""


def _page(body: bytes, url: str, encoding: str | None, now: datetime | None) -> Page:
    if not body.strip(b"\0 \t\r\n"):
        return _nothing(url, "empty", "the page is empty")
    problems: list[str] = []
    if len(body) > MAX_BODY:
        body = body[:MAX_BODY]
        problems.append(f"only the first {MAX_BODY:,} bytes were read")
    text, problem = decode(body, encoding, family="html")
    if reason := _binary(body, text):
        return _nothing(url, "unparsable", reason)
    # A NUL parted words in what was meant; libxml2 would end the text there, trafilatura fuse the words.
    markup, scripts = _without_scripts(text.replace("\0", " "))
    if len(markup) > MAX_CHARACTERS:
        markup = markup[:MAX_CHARACTERS]
        problems.append(f"only the first {MAX_CHARACTERS:,} characters were read")
    tree = parse_html(markup)
    if tree is None:
        return _nothing(url, "empty", "the page has no elements")
    source = _Source(url, _host(url), now, markup, tree, _meta(tree), _JsonLd.read(scripts), [*problems])
    source.note(problem)
    for complaint in source.ld.problems:
        source.note(complaint)
    return _judge(source)


def _judge(source: _Source) -> Page:
    """Text, dates and people of the page, and what kind of page it is."""
    dates = _dates(source)
    title = _title(source)
    shown = paragraphs(source.tree)
    blocks = _body(source)
    fallback = _ld_body(source)
    if len(fallback) > max(1.5 * sum(map(len, blocks)), MIN_ARTICLE) and sum(map(len, blocks)) < 1500:
        blocks = [one_line(part) for part in re.split(r"\n\s*\n|\n", clean(fallback)) if part.strip()]
        source.note("the text is that of the JSON-LD, as the page shows less")
    blocks = _without_title(blocks, title)
    text = join(blocks)
    outcome = _outcome(source, title, text, shown)
    if outcome != "article":
        text = ""
    quality: Quality = "none" if outcome != "article" else _quality(source, blocks)
    authors = _authors(source)
    return Page(
        url=source.url,
        outcome=outcome,
        title=title,
        text=text,
        quality=quality,
        authors=authors,
        published=dates.published.moment,
        modified=dates.modified,
        date_source=dates.source,
        date_precision=dates.published.precision,
        canonical_url=_canonical(source),
        site_name=_site_name(source),
        language=_language(source, text),
        credit=credit(blocks, authors) if outcome == "article" else None,
        problems=tuple(source.problems),
    )


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _binary(body: bytes, text: str) -> str | None:
    """Why these bytes are no page at all, or None."""
    kinds = ((b"%PDF-", "a PDF"), (b"\x89PNG", "an image"), (b"\xff\xd8\xff", "an image"), (b"GIF8", "an image"),
             (b"PK\x03\x04", "a ZIP archive"), (b"\x1f\x8b", "gzip data"))  # fmt: skip
    for magic, name in kinds:
        if body.startswith(magic):
            return f"the page is {name}"
    head = text[:2000]
    odd = sum(char == "�" or (ord(char) < 32 and char not in "\t\n\r\f\0") for char in head)
    return "the page is binary data" if odd > len(head) // 5 else None


_SCRIPT_OPEN = re.compile(r"<script\b", re.IGNORECASE)
_SCRIPT_CLOSE = re.compile(r"</script\b[^>]*>?", re.IGNORECASE)
_LD_TYPE = re.compile(r"type\s*=\s*[\"']?\s*application/ld\+json", re.IGNORECASE)


def _without_scripts(text: str) -> tuple[str, list[str]]:
    """The markup without script elements, and the contents of those that are JSON-LD, in time linear in the text."""
    kept: list[str] = []
    scripts: list[str] = []
    at = room = 0
    while opened := _SCRIPT_OPEN.search(text, at):
        kept.append(text[at : opened.start()])
        tag_end = text.find(">", opened.end())
        closed = _SCRIPT_CLOSE.search(text, tag_end + 1) if tag_end >= 0 else None
        end = closed.start() if closed else len(text)
        if tag_end >= 0 and _LD_TYPE.search(text, opened.end(), min(tag_end, opened.end() + 2000)):
            content = text[tag_end + 1 : min(end, tag_end + 1 + MAX_JSON_LD - room)]
            room += len(content)
            scripts.append(content)
        at = closed.end() if closed else len(text)
    kept.append(text[at:])
    return " ".join(kept), scripts


def _meta(tree: HtmlElement) -> dict[str, list[str]]:
    """Contents of meta elements by name, property or itemprop in lower case."""
    found: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        content = element.get("content")
        name = element.get("property") or element.get("name") or element.get("itemprop") or element.get("http-equiv")
        if content and name and len(found) < 500:
            found.setdefault(name.strip().lower()[:100], []).append(content[:4000])
    return found


# --- JSON-LD ------------------------------------------------------------------------------------------------------------

_ARTICLE_TYPES = re.compile(r"(?:Article|Posting|Report|Blog|LiveBlogPosting|OpinionNewsArticle|Story)$")
_LD_STRING = r'"\s*:\s*"((?:[^"\\\n]|\\.){0,500})"'
_LD_KEYS = ("datePublished", "dateModified", "dateCreated", "headline", "description")


@dataclass(slots=True)
class _JsonLd:
    """What a page's JSON-LD says: all its objects, the one that is the article first found, and broken text."""

    nodes: list[dict[str, Any]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, scripts: Iterable[str]) -> _JsonLd:
        found = cls()
        for script in scripts:
            value = _loads(script)
            if value is None:
                found.broken.append(script)
                found.problems.append("the JSON-LD is broken and was read by pattern")
            else:
                found.nodes.extend(_objects(value))
        return found

    def articles(self) -> list[dict[str, Any]]:
        return [node for node in self.nodes if _is_article(node)]

    def article(self, url: str, title: str = "") -> dict[str, Any]:
        """The article object of this page: the one that names its address or headline, else the first; or {}."""
        articles = self.articles()
        path = urlsplit(url).path.rstrip("/") if url else ""
        for node in articles:
            names = [node.get("url"), node.get("@id"), node.get("mainEntityOfPage")]
            texts = [name.get("@id") if isinstance(name, dict) else name for name in names]
            if path and any(isinstance(name, str) and name.split("#")[0].rstrip("/").endswith(path) for name in texts):
                return node
        return articles[0] if articles else {}

    def string(self, node: dict[str, Any], key: str) -> str:
        """A string of the article, or of what could be read of broken JSON-LD."""
        value = node.get(key)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, str) and value.strip():
            return value
        if key in _LD_KEYS:
            for script in self.broken:
                if found := re.search('"' + key + _LD_STRING, script):
                    return html.unescape(found[1].replace('\\"', '"').replace("\\/", "/"))
        return ""

    def locked(self) -> bool:
        """Whether the publisher says that the article is not free to read (schema.org isAccessibleForFree)."""
        values = [node.get("isAccessibleForFree") for node in self.articles()]
        return any(value is False or str(value).lower() in ("false", "no") for value in values) or any(
            re.search(r'"isAccessibleForFree"\s*:\s*"?false', script, re.IGNORECASE) for script in self.broken
        )


def _loads(script: str) -> Any:
    text = script.strip().removeprefix("<!--").removesuffix("-->").strip()
    text = re.sub(r"^/?/?\*?\s*<!\[CDATA\[\s*\*?/?|/?/?\*?\s*\]\]>\s*\*?/?$", "", text).strip().rstrip(";")
    for candidate in (text, re.sub(r",\s*([}\]])", r"\1", text)):
        try:
            return json.loads(candidate, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object of a JSON document, outer ones first, down to a bounded depth and number."""
    level, seen = [value], 0
    for _ in range(8):
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                seen += 1
                if seen > 2000:
                    return
                yield item
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
        level = below


def _is_article(node: dict[str, Any]) -> bool:
    kinds = node.get("@type")
    names = kinds if isinstance(kinds, list) else [kinds]
    return any(isinstance(name, str) and _ARTICLE_TYPES.search(name.rsplit("/", 1)[-1]) for name in names)


def _ld_body(source: _Source) -> str:
    body = source.ld.article(source.url).get("articleBody")
    if not isinstance(body, str):
        return ""
    if not re.search(r"<(?:p|br|div)\b", body, re.IGNORECASE):
        return html.unescape(body)
    tree = parse_html(f"<html><body>{body}</body></html>")
    return join(paragraphs(tree)) if tree is not None else ""


# --- dates --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Dates:
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
_ELSEWHERE = re.compile(
    r"related|recommend|more-?(?:stories|news|from)|read-?(?:more|next|also)|trending|most-?(?:read|popular)|popular"
    r"|sidebar|latest|newsletter|promo|teaser|carousel|comment|(?:^|[\s_-])cards?(?:$|[\s_-])|footer|outbrain|taboola"
    r"|up-?next|also-?(?:like|read)|copyright",
    re.IGNORECASE,
)
_DATE_WORDS = re.compile(r"publish|posted|pubdate|dateline|timestamp|byline|article-?date|post-?date|(?:^|[\s_-])date",
                         re.IGNORECASE)  # fmt: skip
_UPDATED = re.compile(r"updat|modif|last[- ]?edit|revis", re.IGNORECASE)
_URL_DATE = re.compile(r"/((?:19|20)\d\d)[/-]?(0[1-9]|1[0-2]|[a-z]{3})[/-]?([0-2]\d|3[01])(?=[/_-])", re.IGNORECASE)
_WRITTEN_DATE = re.compile(
    r"(?:(?:\d{1,2}(?:st|nd|rd|th)?\s+[A-Z][a-z]{2,8}\.?,?\s+\d{4}|[A-Z][a-z]{2,8}\.?\s+\d{1,2}(?:st|nd|rd|th)?,?\s+\d{4}"
    r"|\d{4}-\d\d-\d\d)"
    r"(?:\s*(?:,|at|\||·|-|–|—|T)?\s*\d{1,2}[:.]\d\d(?::\d\d)?\s*(?:[AaPp]\.?[Mm]\.?)?\s*\(?(?:[A-Z]{1,4}(?:[+-]\d{1,4})?"
    r"|[+-]\d\d:?\d\d)?\b\)?)?)"
)


def _dates(source: _Source) -> _Dates:
    """When the page says it was published: JSON-LD, meta, <time>, its address, then written in a dateline."""
    node = source.ld.article(source.url)
    modified = _stamp(source, source.ld.string(node, "dateModified")).moment
    modified = modified or _stamp(source, source.first(*_META_MODIFIED)).moment
    readers: tuple[tuple[str, Callable[[], Stamp]], ...] = (
        ("json-ld", lambda: _ld_published(source, node)),
        ("meta", lambda: _meta_published(source)),
        ("time", lambda: _time_published(source)),
        ("url", lambda: _url_published(source)),
        ("text", lambda: _text_published(source)),
    )
    best, origin = Stamp(None), "none"
    for name, reader in readers:
        found = reader()
        if found.moment is None:
            continue
        if best.moment is None:
            best, origin = found, name
        elif _sharper(found, best):
            best, origin = found, name
        if best.precision != "day":
            break
    if best.moment is not None and modified is not None and modified < best.moment - timedelta(days=1):
        modified = None
    return _Dates(best, origin, modified)


def _sharper(found: Stamp, known: Stamp) -> bool:
    """Whether a stamp tells the time of the day that another only names."""
    if found.moment is None or known.moment is None or found.precision == "day":
        return False
    return abs(found.moment.date() - known.moment.date()) <= timedelta(days=0)


def _stamp(source: _Source, raw: str) -> Stamp:
    if not raw.strip():
        return Stamp(None)
    stamp = read_timestamp(raw, host=source.host, now=source.now)
    source.note(stamp.problem)
    return stamp


def _ld_published(source: _Source, node: dict[str, Any]) -> Stamp:
    for key in ("datePublished", "dateCreated"):
        stamp = _stamp(source, source.ld.string(node, key))
        if stamp.moment is not None:
            return stamp
    for other in source.ld.nodes:
        kinds = str(other.get("@type"))
        if ("WebPage" in kinds or "VideoObject" in kinds) and isinstance(other.get("datePublished"), str):
            return _stamp(source, other["datePublished"])
    return Stamp(None)


def _meta_published(source: _Source) -> Stamp:
    for name in _META_PUBLISHED:
        for value in source.meta.get(name, ()):
            stamp = _stamp(source, value)
            if stamp.moment is not None:
                return stamp
    return Stamp(None)


def _described(element: HtmlElement) -> str:
    return " ".join(
        filter(None, (element.get("class"), element.get("id"), element.get("itemprop"), element.get("data-testid")))
    )


def _is_elsewhere(element: HtmlElement) -> bool:
    """Whether an element stands in a part of the page that speaks of other stories."""
    for holder in [element, *element.iterancestors()]:
        if holder.tag in ("aside", "footer", "nav") or _ELSEWHERE.search(_described(holder)):
            return True
        if holder.tag in ("article", "main", "body"):
            return False
    return False


def _time_published(source: _Source) -> Stamp:
    """The <time> (or abbr, or itemprop) that stands for the publication; none where several could."""
    candidates: list[tuple[bool, Stamp]] = []
    for element in islice(source.tree.iter("time", "abbr", "span", "div"), 5_000):
        raw = element.get("datetime") or (element.get("title") if element.tag == "abbr" else None)
        if raw is None and "datePublished" in (element.get("itemprop") or ""):
            raw = element.get("content") or element.text_content()
        if not raw or _is_elsewhere(element):
            continue
        parent = element.getparent()
        near = _described(element) + " " + (_described(parent) if parent is not None else "")
        words = near + " " + one_line(element.text_content()[:100])
        if _UPDATED.search(words) and not re.search(r"publish|pubdate", words, re.IGNORECASE):
            continue
        stamp = _stamp(source, raw)
        if stamp.moment is not None:
            candidates.append((bool(_DATE_WORDS.search(near)) or element.get("pubdate") is not None, stamp))
    marked = [stamp for named, stamp in candidates if named]
    if marked:
        return marked[0]
    days = {stamp.moment.date() for _, stamp in candidates if stamp.moment}
    return candidates[0][1] if len(days) == 1 or (days and _one_article(source.tree)) else Stamp(None)


def _one_article(tree: HtmlElement) -> bool:
    return sum(1 for _ in islice(tree.iter("article"), 2)) == 1


def _url_published(source: _Source) -> Stamp:
    found = _URL_DATE.search(urlsplit(source.url).path)
    if not found:
        return Stamp(None)
    raw = f"{found[3]} {found[2]} {found[1]}" if found[2].isalpha() else f"{found[1]}-{found[2]}-{found[3]}"
    stamp = read_timestamp(raw, now=source.now)
    return stamp if stamp.precision == "day" else Stamp(None)


def _text_published(source: _Source) -> Stamp:
    """A date written in a byline or dateline element; never one of running text, which undated pages also have."""
    for element in islice(source.tree.iter("p", "div", "span", "li", "small", "address", "time"), 8_000):
        described = _described(element)
        if not (element.tag == "time" or _DATE_WORDS.search(described)) or _is_elsewhere(element):
            continue
        text = one_line(element.text_content()[:400])
        if not text or len(text) > 200 or (_UPDATED.search(text) and "ublish" not in text):
            continue
        found = _WRITTEN_DATE.search(text)
        stamp = read_timestamp(found[0], host=source.host, now=source.now) if found else Stamp(None)
        if stamp.moment is None:
            stamp = _foreign_date(text, source.now)
        if stamp.moment is not None:
            source.note(stamp.problem)
            return stamp
    return Stamp(None)


def _foreign_date(text: str, now: datetime | None) -> Stamp:
    """A dateline in another language, by htmldate on that line alone: on whole pages it invents dates."""
    tree = parse_html(f"<html><body><p class='date'>{html.escape(text)}</p></body></html>")
    latest = (now or datetime(2100, 1, 1, tzinfo=UTC)) + timedelta(days=1)
    found = find_date(tree, extensive_search=False, original_date=True, max_date=latest.replace(tzinfo=None))
    return read_timestamp(found, now=now) if found else Stamp(None)


# --- title, people, language --------------------------------------------------------------------------------------------


def _title(source: _Source) -> str:
    headline = plain_line(source.ld.string(source.ld.article(source.url), "headline"))
    heads = [
        one_line(element.text_content()) for element in islice(source.tree.iter("h1"), 5) if not _is_elsewhere(element)
    ]
    heads = [head for head in heads if head]
    shared = source.first("og:title", "twitter:title", "dc.title", "sailthru.title", "parsely-title")
    element = source.tree.find(".//title")
    written = one_line(element.text_content()) if element is not None else ""
    site = _site_name(source)
    if headline and len(headline) > 8:
        return headline[:500]
    if len(heads) == 1 and len(heads[0]) > 8 and not (site and heads[0].lower() == site.lower()):
        return heads[0][:500]
    return _without_site(shared or written or (heads[0] if heads else ""), site)[:500]


def _without_site(title: str, site: str | None) -> str:
    """A title without the name of its site at the end."""
    if site:
        title = re.sub(rf"\s+[|\-–—:·»]\s+{re.escape(site)}\s*$", "", title, flags=re.IGNORECASE)
    return re.sub(r"\s+\|\s+[^|]{2,40}$", "", title)


def _site_name(source: _Source) -> str | None:
    publisher = source.ld.article(source.url).get("publisher")
    if isinstance(publisher, list) and publisher:
        publisher = publisher[0]
    named = publisher.get("name") if isinstance(publisher, dict) else publisher
    name = source.first("og:site_name", "application-name") or (plain_line(named) if isinstance(named, str) else "")
    return name[:200] or None


def _authors(source: _Source) -> tuple[str, ...]:
    node = source.ld.article(source.url)
    listed = node.get("author") or node.get("creator")
    names = [_person(person) for person in (listed if isinstance(listed, list) else [listed])]
    if not any(names):
        names = [value for key in ("author", "article:author", "byl", "dc.creator", "parsely-author", "sailthru.author")
                 for value in source.meta.get(key, ())]  # fmt: skip
    if not any(names):
        names = [_byline(source)]
    split = [
        part
        for name in names
        if name
        for part in re.split(r"\s+(?:and|&)\s+|\s*[;|]\s*|,\s+(?=[A-Z])", plain_line(name))
    ]
    return clean_authors(split)[:20]


def _person(person: Any) -> str:
    if isinstance(person, dict):
        name = person.get("name")
        return _person(name[0]) if isinstance(name, list) and name else name if isinstance(name, str) else ""
    return person if isinstance(person, str) else ""


def _byline(source: _Source) -> str:
    for element in islice(source.tree.iter("a", "span", "p", "div", "address"), 8_000):
        described = _described(element) + " " + (element.get("rel") or "")
        if not re.search(r"(?:^|[\s_-])(?:byline|author(?:-?name)?s?)(?:$|[\s_-])", described, re.IGNORECASE):
            continue
        text = one_line(element.text_content()[:300])
        found = re.match(
            r"(?:[Bb]y:?\s+)?([A-Z][\w.'’-]+(?:\s+(?:[A-Z][\w.'’-]+|and|de|van|von|al|bin|el)){1,7})", text
        )
        if found and not _is_elsewhere(element):
            return found[1]
    return ""


_FUNCTION_WORDS = frozenset(("the", "of", "and", "to", "in", "a", "that", "said", "on", "for", "was", "is"))


def _language(source: _Source, text: str) -> str | None:
    """The language declared, unless the text is plainly English and something else is declared, or nothing is."""
    declared = source.tree.get("lang") or source.first("og:locale", "content-language", "language", "dc.language")
    found = re.match(r"[a-zA-Z]{2,3}(?=$|[-_,\s])", declared.strip())
    code = found[0].lower() if found else None
    words = re.findall(r"[^\W\d_]+", text[:4000].lower())
    if len(words) < 40:
        return code
    share = sum(word in _FUNCTION_WORDS for word in words) / len(words)
    if share > 0.15:
        if code not in (None, "en"):
            source.note(f"the page says its language is {code}, but the text is English")
        return "en"
    if code == "en" and share < 0.05:
        source.note("the page says its language is en, but the text is not English")
        return None
    return code


def _canonical(source: _Source) -> str | None:
    for element in source.tree.iter("link"):
        if "canonical" in (element.get("rel") or "").lower().split() and (href := element.get("href")):
            return _absolute(source.url, href)
    return _absolute(source.url, source.meta["og:url"][0]) if source.meta.get("og:url") else None


def _absolute(base: str, address: str) -> str | None:
    try:
        joined = urljoin(base, "".join(address.split()))
        parts = urlsplit(joined)
    except ValueError:
        return None
    return joined if parts.scheme in ("http", "https") and parts.hostname and len(joined) <= 4096 else None


# --- text ---------------------------------------------------------------------------------------------------------------

_NOISE = ("figure", "aside", "svg", "style", "template", "iframe", "object", "form", "select", "button", "dialog")
_NOISE_NAME = re.compile(
    r"newsletter|sign-?up|subscri(?:be|ption)-?(?:box|form|promo|prompt|widget)|related|recommend|read-?(?:more|next|also)"
    r"|more-?(?:stories|news|from|on-this|coverage)|most-?(?:read|popular|viewed)|trending|also-?(?:like|read)|up-?next"
    r"|inline-?promo|promo-?(?:box|link|unit)|teaser-?list|(?:social|share)-?(?:bar|buttons?|links|tools)|outbrain|taboola"
    r"|image-?caption|photo-?caption|wp-caption|(?:^|[\s_-])caption(?:$|[\s_-])|cookie-?(?:banner|notice|consent)"
    r"|consent-?(?:banner|layer)|advert(?:isement)?(?:$|[\s_-])|donat(?:e|ion)-?(?:box|prompt)|app-?(?:promo|banner)",
    re.IGNORECASE,
)
_KEPT_NAME = re.compile(r"article-?body|story-?body|post-?content|entry-?content|main-?content|has-related|with-related",
                        re.IGNORECASE)  # fmt: skip
_PROMPT = re.compile(
    r"(?:read (?:more|also|next|the full|our)|related|see also|also read|watch(?: more)?|listen|more(?: on this| from| stories)"
    r"|sign up|subscribe|follow us|click here|advertisement|story continues|continue reading below|share this|join our"
    r"|download (?:the|our)|recommended|photo|image|file photo|getty images|copyright|all rights reserved)\b",
    re.IGNORECASE,
)


def _body(source: _Source) -> list[str]:
    """The article's paragraphs, by trafilatura on the pruned tree."""
    tree = _pruned(source)
    document = bare_extraction(
        tree, url=source.url, include_comments=False, include_tables=False, deduplicate=False, with_metadata=False
    )
    if not isinstance(document, Document) or document.body is None:
        return []
    return [block for block in paragraphs(document.body) if not _is_prompt(block)]


def _is_prompt(block: str) -> bool:
    """A line that invites the reader elsewhere: it begins like one and is no sentence."""
    return len(block) < 160 and bool(_PROMPT.match(block)) and not re.search(r"[.!?][\"”’)]*$", block)


def _pruned(source: _Source) -> HtmlElement:
    """A copy of the tree without what is not the article, and within the bounds of trafilatura's time."""
    tree = deepcopy(source.tree)
    for element in list(tree.iter(*_NOISE)):
        _drop(element)
    for element in list(tree.iter("div", "section", "ul", "p", "span", "ol")):
        described = _described(element)
        if (
            described
            and _NOISE_NAME.search(described)
            and not _KEPT_NAME.search(described)
            and not _holds_article(element)
        ):
            _drop(element)
    return _bounded(tree, source)


def _holds_article(element: HtmlElement) -> bool:
    """Whether so much of the page stands in an element that its name must be about something else."""
    if next(element.iter("h1", "article"), None) is not None:
        return True
    long_paragraphs = (p for p in element.iter("p") if len(p.text_content()) > 200)
    return sum(1 for _ in islice(long_paragraphs, 4)) == 4


def _drop(element: HtmlElement) -> None:
    """Take an element out, its tail kept."""
    if element.getparent() is not None:
        element.drop_tree()


def _bounded(tree: HtmlElement, source: _Source) -> HtmlElement:
    count = sum(1 for _ in tree.iter())
    if count > MAX_ELEMENTS:
        source.note(f"the page has {count:,} elements; only the first {MAX_ELEMENTS:,} were read")
        for element in list(tree.iter())[MAX_ELEMENTS:]:
            parent = element.getparent()
            if parent is not None:
                parent.remove(element)
    return _flattened(tree)


def _flattened(tree: HtmlElement) -> HtmlElement:
    """The tree with what is nested too deep for recursive readers lifted to the bound."""
    depth = 0
    deep: list[HtmlElement] = []
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if event == "start":
            depth += 1
            if depth > MAX_DEPTH:
                deep.append(element)
        else:
            depth -= 1
    for element in reversed(deep):
        element.drop_tag()
    return tree


def _without_title(blocks: list[str], title: str) -> list[str]:
    """Blocks without the headline where the text begins by repeating it, and without repeated blocks in a row."""
    kept: list[str] = []
    for index, block in enumerate(blocks):
        if (index < 3 and title and block.casefold() == title.casefold()) or (kept and kept[-1] == block):
            continue
        kept.append(block)
    return kept


# --- what kind of page --------------------------------------------------------------------------------------------------

_SENTENCE = re.compile(r"[.!?…][\"”’»)\]]*$")
_CUT = re.compile(
    r"(?:continue reading|read (?:more|the (?:full|rest))|keep reading|(?:to|please) (?:continue|read)|subscribe to (?:read|continue)"
    r"|sign in to|log in to|already a subscriber|subscribers? only|this (?:article|story|content) is (?:for|reserved|available)"
    r"|\[(?:…|\.\.\.|&hellip;)\]|unlock (?:this|the)|to read the full|remaining \d+%)",
    re.IGNORECASE,
)


def _outcome(source: _Source, title: str, text: str, shown: list[str]) -> str:
    """ "article", or why there is none."""
    everything = join(shown)
    claims = bool(source.ld.articles()) or "article" in source.first("og:type").lower()
    length = len(text)
    if not claims or length < MIN_ARTICLE:
        kind = wall(title, text if length >= 1500 else everything, source.markup)
        if kind and (length < 1500 or kind == "consent"):
            return kind
    if not everything.strip():
        return (
            "shell"
            if "<noscript" in source.markup or 'id="root"' in source.markup or "__NEXT_DATA__" in source.markup
            else "empty"
        )
    if _is_listing(source, text, claims):
        return "listing"
    if length >= MIN_ARTICLE or (claims and length >= 40):
        return "article"
    if claims or length >= 80:
        sentences = sum(bool(_SENTENCE.search(block)) for block in text.split("\n\n"))
        return "article" if sentences else "empty"
    return "empty"


def _is_listing(source: _Source, text: str, claims: bool) -> bool:
    """A front page or section: mostly links, or lines that end no sentence."""
    if claims and len(text) >= MIN_ARTICLE:
        return False
    if urlsplit(source.url).path in ("", "/") and not claims:
        return True
    types = " ".join(str(node.get("@type")) for node in source.ld.nodes)
    if re.search(r"CollectionPage|ItemList|SearchResultsPage", types) and not claims:
        return True
    blocks = [block for block in text.split("\n\n") if block]
    final = sum(bool(_SENTENCE.search(block)) for block in blocks)
    if len(blocks) >= 6 and final < 0.35 * len(blocks):
        return True
    return not claims and sum(1 for _ in islice(source.tree.iter("article"), 6)) >= 5


def _quality(source: _Source, blocks: list[str]) -> Quality:
    length = sum(map(len, blocks))
    if source.ld.locked():
        source.note("the publisher says that the article is not free to read")
        return "partial"
    if blocks and _CUT.search(blocks[-1]) and len(blocks[-1]) < 300:
        source.note("the text ends with an invitation to read on")
        return "partial"
    if blocks and _ends_cut(blocks):
        source.note("the text ends in the middle of a sentence")
        return "partial"
    if source.first("article:content_tier").lower() in ("locked", "metered") and length < 1500:
        source.note("the publisher says that the article is not free to read")
        return "partial"
    if length < MIN_ARTICLE:
        source.note("the text is very short")
        return "partial"
    return "full"


def _ends_cut(blocks: list[str]) -> bool:
    """Whether the last long block stops without the end of a sentence (a trailing credit or list does not count)."""
    last = blocks[-1]
    if re.search(r"(?:…|\.\.\.|\[…\])[\"”’)]*$", last):
        return True
    return len(last) > 60 and bool(re.search(r"[\w,;–—-]$", last)) and not credit([last], ())


# --- wire credit --------------------------------------------------------------------------------------------------------

_AGENCIES = {
    "Reuters": r"Reuters", "AP": r"AP|Associated Press|The Associated Press", "AFP": r"AFP|Agence France-Presse",
    "Yonhap": r"Yonhap(?: News Agency)?", "Kyodo": r"Kyodo(?: News)?", "Jiji": r"Jiji(?: Press)?", "Xinhua": r"Xinhua",
    "TASS": r"TASS", "Interfax": r"Interfax", "RIA Novosti": r"RIA(?: Novosti)?", "KCNA": r"KCNA", "dpa": r"dpa|DPA",
    "ANI": r"ANI", "PTI": r"PTI|Press Trust of India", "IANS": r"IANS", "UPI": r"UPI", "EFE": r"EFE", "ANSA": r"ANSA",
    "Bloomberg": r"Bloomberg", "Anadolu": r"Anadolu(?: Agency)?|AA", "IRNA": r"IRNA", "Ukrinform": r"Ukrinform",
    "PA": r"PA Media|Press Association", "AAP": r"AAP", "CNA": r"CNA|Central News Agency", "Tasnim": r"Tasnim",
    "Bernama": r"Bernama", "Antara": r"Antara", "Belga": r"Belga", "NTB": r"NTB", "TT": r"TT News Agency",
}  # fmt: skip
_ANY_AGENCY = "|".join(_AGENCIES.values())
_DATELINE = re.compile(rf"^[^.!?\n]{{0,90}}?\((?P<name>{_ANY_AGENCY})\)\s*(?:[-–—:]|$)?")
_DATELINE_DASH = re.compile(
    rf"^[A-Z][A-Z .,'’/-]{{2,60}}(?:,\s[^.\n]{{1,30}})?\s*[-–—,/]+\s*(?P<name>{_ANY_AGENCY})\s*[-–—:/]"
)
_TAIL = re.compile(rf"(?:^|[(\[–—-]\s*|[.!?”\"]\s+)(?:Source:\s*|With\s+)?(?P<name>{_ANY_AGENCY})\s*[)\]]?\.?$")
_AGENCE = re.compile(r"\bAgence\s+[A-Z][\w-]+(?:[ -][A-Z][\w-]+)?")
_REPORTING = re.compile(r"^[(\[]?\s*(?:Additional )?(?:[Rr]eporting|[Ww]riting|[Ee]diting) by\s")
_WITH_INPUT = re.compile(rf"(?:with (?:inputs?|reporting|files|material) from|(?:contributed to|via|by|from))\s+(?:the\s+)?(?P<name>{_ANY_AGENCY})\b",
                         re.IGNORECASE)  # fmt: skip


def credit(blocks: list[str], authors: tuple[str, ...]) -> str | None:
    """The wire agency (or the credit line) that an article names as its origin, or None.

    Looked for where credits stand: authors, the dateline that opens the text, the last three blocks. An agency that
    the text merely quotes is none.
    """
    for author in authors:
        for name, pattern in _AGENCIES.items():
            if re.fullmatch(rf"(?:by |the )?(?:{pattern})(?: (?:staff|news agency|writers?))?", author, re.IGNORECASE):
                return name
        if found := _AGENCE.search(author):
            return _agency(found[0])
    for block in blocks[:2]:
        if found := _DATELINE.match(block) or _DATELINE_DASH.match(block):
            return _agency(found["name"])
    for block in reversed(blocks[-3:]):
        if len(block) < 400 and _REPORTING.match(block):
            named = re.search(rf"\b(?:{_ANY_AGENCY})\b", block)
            return _agency(named[0]) if named else block[:200]
        short = len(block) < 120
        if short and (found := _TAIL.search(block) or _WITH_INPUT.search(block)):
            return _agency(found["name"])
        if short and (found := _AGENCE.search(block)):
            return _agency(found[0])
    return None


def _agency(text: str) -> str:
    for name, pattern in _AGENCIES.items():
        if re.fullmatch(pattern, text, re.IGNORECASE):
            return name
    return text


# --- feed entries -------------------------------------------------------------------------------------------------------

_FRAGMENT_NOISE = ("figure", "figcaption", "aside", "form")
_APPEARED = re.compile(
    r"^(?:The post\b.{0,300}\bappeared first on\b|Read more at\b|View (?:Full|Original) )", re.IGNORECASE
)


def _fragment(
    markup: str,
    url: str,
    title: str,
    published: datetime | None,
    modified: datetime | None,
    authors: tuple[str, ...],
    language: str | None,
    site_name: str | None,
) -> Page:
    problems: list[str] = []
    markup, _ = _without_scripts(markup.replace("\0", " "))
    if len(markup) > MAX_CHARACTERS:
        markup = markup[:MAX_CHARACTERS]
        problems.append(f"only the first {MAX_CHARACTERS:,} characters were read")
    tree = parse_html(f"<html><body><div>{markup}</div></body></html>")
    if tree is None:
        return _nothing(url, "empty", "the entry has no text")
    source = _Source(url, _host(url), None, markup, tree, {}, _JsonLd(), problems)
    if language:
        tree.set("lang", language)
    for element in list(tree.iter(*_FRAGMENT_NOISE)):
        _drop(element)
    blocks = [block for block in paragraphs(tree) if not _is_prompt(block) and not _APPEARED.match(block)]
    blocks = _without_title(blocks, one_line(title))
    text = join(blocks)
    quality: Quality = "none" if not text else _quality(source, blocks)
    if quality == "full" and len(text) < MIN_FRAGMENT:
        source.note("the entry is no longer than a teaser")
        quality = "partial"
    page = Page(
        url=url,
        outcome="article" if text else "empty",
        title=one_line(title)[:500],
        text=text,
        quality=quality,
        authors=authors,
        published=published,
        modified=modified,
        date_source="feed" if published else "none",
        date_precision="second" if published else "none",
        site_name=site_name,
        language=_language(source, text),
        credit=credit(blocks, authors),
    )
    return replace(page, problems=tuple(source.problems))
