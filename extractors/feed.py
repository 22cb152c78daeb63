"""Feed bytes to entries and the publisher's polling hints: RSS 0.9x-2.0, RDF (RSS 1.0), Atom, JSON Feed 1.x.

lxml reads the XML first, recovering what is broken, dropping document types and thus entities, and bounding entries
and depth; it also reads what feedparser does not keep (RSS `ttl`, all `skipHours` and `skipDays`, the syndication
module, RFC 5005 paging). feedparser then gets well-formed XML, which keeps it off its quadratic fallback parser.
"""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import feedparser
from lxml import etree

from extractors.markup import decode, gunzip, mend_xml, one_line, plain_line
from extractors.people import clean_authors
from extractors.records import Feed, FeedEntry, FeedHints
from extractors.timestamps import read_timestamp
from extractors.walls import looks_like

MAX_BYTES = 5 * 1024 * 1024
MAX_ENTRIES = 5_000
MAX_ELEMENTS = 40_000
MAX_DEPTH = 200
MAX_FIELDS = 300
MAX_ATTRIBUTES = 30
MAX_SPECIALS = 1_000_000
MAX_PROBLEMS = 40
MAX_TEXT = 2_000
MAX_NAME = 500
FULL_TEXT = 1_000
"""Characters of plain text from which an entry's description counts as the article itself."""


class NotAFeed(ValueError):  # noqa: N818 (the name of the interface)
    """The bytes are no feed; the message is a sentence that says what they look like."""


def parse_feed(body: bytes, *, url: str, content_type: str | None = None, now: datetime | None = None) -> Feed:
    """Parse a feed document of any format; broken XML keeps what was recovered, and `problems` says so.

    `url` is where it came from and the base of relative addresses; `content_type` the header, for its charset.
    With `now` (aware), dates more than a day ahead of it become None. Entries keep the document's order; at most
    5,000 of them and 5 MiB are read. `summary` is plain text, `content` HTML. Raises NotAFeed and nothing else.
    """
    reading = _Reading(url, (urlsplit_host(url)), now)
    if body.startswith(b"\x1f\x8b"):
        body, problem = gunzip(body, limit=MAX_BYTES + 1)
        reading.note("the feed is compressed twice" if problem is None else problem)
    if len(body) > MAX_BYTES:
        body = body[:MAX_BYTES]
        reading.note(f"only the first {MAX_BYTES:,} bytes were read")
    text, problem = decode(body, content_type, family="xml")
    reading.note(problem)
    start = text.lstrip("\ufeff\0 \t\r\n")
    if start[:1] in ("{", "["):
        return _json_feed(start, reading)
    return _xml_feed(start, reading)


def urlsplit_host(url: str) -> str:
    """Host of a URL in lower case, or an empty string."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


@dataclass(slots=True)
class _Reading:
    """One document being read: where it came from, and the problems met so far."""

    url: str
    host: str
    now: datetime | None
    problems: list[str] = field(default_factory=list)

    def note(self, problem: str | None) -> None:
        if problem and problem not in self.problems and len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)

    def date(self, raw: object) -> datetime | None:
        if not isinstance(raw, str | int | float) or isinstance(raw, bool):
            return None
        stamp = read_timestamp(str(raw), host=self.host, now=self.now)
        self.note(stamp.problem)
        return stamp.moment

    def address(self, raw: object, base: str | None = None) -> str | None:
        """An absolute http(s) address, or None."""
        if not isinstance(raw, str) or not raw.strip():
            return None
        try:
            joined = urljoin(base or self.url, "".join(raw.split()))
            parts = urlsplit(joined)
            parts.port  # noqa: B018 (reading the property is what checks it)
        except ValueError:
            return None
        if parts.scheme not in ("http", "https") or not parts.hostname or len(joined) > 4096:
            return None
        return joined


# --- XML --------------------------------------------------------------------------------------------------------------

_ROOT = re.compile(r"<(?:[\w.-]+:)?(rss|RDF|feed|channel)(?=[\s>/])[^<>]*>", re.IGNORECASE)
_PROLOG = re.compile(
    r"(?:\s++|<\?.*?(?:\?>|\Z)|<!--.*?(?:-->|\Z)"
    r"|<!DOCTYPE\s+[^<>\[]*(?:\[(?:[^\]\"']|\"[^\"]*\"|'[^']*')*\]\s*)?>)*+",
    re.DOTALL | re.IGNORECASE,
)
_HTML = re.compile(r"<!doctype\s+html\b|<html\b", re.IGNORECASE)
_NAMESPACE = re.compile(r"(xmlns(?::[\w.-]++)?\s*+=\s*+[\"'])([^\"'<>]*+)")
_PREFIX = re.compile(r"(?:</?|\s)([A-Za-z_][\w.-]{0,60}):[A-Za-z_][\w.-]*(?=[\s=>/])", re.ASCII)
_DECLARED = re.compile(r"xmlns:([A-Za-z_][\w.-]{0,60})\s*=", re.ASCII)
_NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom", "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/", "dcterms": "http://purl.org/dc/terms/",
    "media": "http://search.yahoo.com/mrss/", "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "sy": "http://purl.org/rss/1.0/modules/syndication/", "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0", "fh": "http://purl.org/syndication/history/1.0",
}  # fmt: skip
_HOLDERS = frozenset({"rss", "rdf", "feed", "channel"})
_PEOPLE = frozenset(
    {"author", "contributor", "creator", "publisher", "managingeditor", "webmaster", "owner", "name", "email"}
)


def _xml_feed(text: str, reading: _Reading) -> Feed:
    found = _find_root(text, reading)
    if found is None:
        raise NotAFeed(f"{reading.url} is not a feed: it {looks_like(text)}.")
    source = _well_formed(text[found.start() :], reading)
    root = _tree(source, reading)
    if root is None:
        raise NotAFeed(f"{reading.url} is not a feed: its XML could not be read at all.")
    _bound(root, reading)
    parsed = _parsed(root, reading)
    links = _links(root, reading)
    base = links.get("alternate") or reading.url
    entries = [entry for raw in parsed.entries if (entry := _entry(raw, reading, base, parsed.version))]
    if not entries:
        reading.note("the feed has no entries")
    return Feed(
        format=_format(parsed.version, root),
        title=plain_line(_string(parsed.feed.get("title"))),
        home_url=links.get("alternate"),
        language=_language(parsed.feed.get("language")),
        entries=_without_duplicates(entries, reading),
        hints=_hints(root, reading),
        self_url=links.get("self"),
        prev_archive=links.get("prev-archive"),
        next_page=links.get("next"),
        complete=any(_local(element) == "complete" for element in _head(root)),
        problems=tuple(reading.problems),
    )


def _parsed(root: etree._Element, reading: _Reading) -> Any:
    """feedparser's reading of the tree."""
    try:
        return feedparser.parse(
            # A file object, as feedparser would take bytes for a file name first.
            io.BytesIO(etree.tostring(root, encoding="utf-8")),
            response_headers={"content-location": reading.url, "content-type": "application/xml; charset=utf-8"},
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except Exception as error:  # feedparser trips over structures that no feed has, in many ways
        reason = f"its elements stand in an order that cannot be read ({type(error).__name__})"
        raise NotAFeed(f"{reading.url} is not a feed: {reason}.") from error


def _find_root(text: str, reading: _Reading) -> re.Match[str] | None:
    """The start tag of the feed: first in the document, or behind what a server printed before it."""
    prolog = _PROLOG.match(text)
    start = prolog.end() if prolog else 0
    found = _ROOT.search(text, start, start + 65_536)
    if found is None or found.start() == start:
        return found
    if _HTML.search(text, 0, found.start()):
        return None
    reading.note("text stands before the feed and was skipped")
    return found


def _well_formed(text: str, reading: _Reading) -> str:
    """Mend what would otherwise lose text: control characters, HTML entities, bare ampersands, undeclared prefixes."""
    text, problems = mend_xml(text)
    for problem in problems:
        reading.note(problem)
    # expat parts a namespace from its name by a space.
    text = _NAMESPACE.sub(lambda found: found[1] + "".join(found[2].split()), text)
    prefixes = set(_PREFIX.findall(text)) - set(_DECLARED.findall(text)) - {"xml", "xmlns"}
    root = _ROOT.match(text)
    if not prefixes or root is None or len(prefixes) > 100:
        return text
    known = "".join(f' xmlns:{name}="{_NAMESPACES.get(name, "urn:undeclared:" + name)}"' for name in sorted(prefixes))
    end = root.end() - (2 if root[0].endswith("/>") else 1)
    return text[:end] + known + text[end:]


def _tree(text: str, reading: _Reading) -> etree._Element | None:
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True, strip_cdata=True,
        huge_tree=True, encoding="utf-8",
    )  # fmt: skip
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    for error in list(parser.error_log)[:3]:
        if error.level >= etree.ErrorLevels.ERROR:
            reading.note(f"broken XML: {one_line(error.message)[:120]} (line {error.line})")
    return root


def _bound(root: etree._Element, reading: _Reading) -> None:
    """Cut what feedparser would spend more than seconds on: entries, elements, depth, and markup within texts."""
    _bound_entries(root, reading)
    depth = elements = 0
    specials = 0
    doomed: list[etree._Element] = []
    for event, element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if event == "end":
            continue
        elements += 1
        if depth > MAX_DEPTH or elements > MAX_ELEMENTS or _unbound(element):
            doomed.append(element)
        for name in [*element.attrib][MAX_ATTRIBUTES:] + [name for name in element.attrib if _unbound_name(name)]:
            element.attrib.pop(name, None)
        if _local(element) in _PEOPLE:
            _bound_name(element)
        # Each of these characters costs the SAX parser a call of its own.
        specials += sum(map((element.text or "").count, "&<>\n"))
        if specials > MAX_SPECIALS and len(element.text or "") > MAX_TEXT:
            element.text = (element.text or "")[:MAX_TEXT]
            reading.note("overlong texts were cut")
    for element in reversed(doomed):
        _remove(element)
    if doomed:
        reading.note(f"elements beyond {MAX_ELEMENTS:,}, deeper than {MAX_DEPTH} or of no namespace were dropped")


def _bound_name(element: etree._Element) -> None:
    """Keep the beginning of a name: feedparser looks for a mail address in it in quadratic time."""
    element.text = (element.text or "")[:MAX_NAME]
    for child in element:
        child.tail = None


def _unbound(element: etree._Element) -> bool:
    """Whether an element's prefix is declared nowhere, which feedparser's strict parser refuses."""
    return isinstance(element.tag, str) and _unbound_name(element.tag)


def _unbound_name(name: str | bytes) -> bool:
    return ":" in str(name) and not str(name).startswith("{")


def _bound_entries(root: etree._Element, reading: _Reading) -> None:
    entries = list(root.iter("{*}item", "{*}entry"))
    for element in reversed(entries[MAX_ENTRIES:]):
        _remove(element)
    if len(entries) > MAX_ENTRIES:
        reading.note(f"only the first {MAX_ENTRIES:,} of {len(entries):,} entries were read")
    if _unnest(entries[:MAX_ENTRIES]):
        reading.note("entries that were never closed were parted")
    for holder in (root, *root.iterchildren("{*}channel"), *entries[:MAX_ENTRIES]):
        if len(holder) <= MAX_FIELDS:
            continue
        fields = [child for child in holder if _local(child) not in ("item", "entry", "channel")]
        for element in reversed(fields[MAX_FIELDS:]):
            _remove(element)


def _unnest(entries: list[etree._Element]) -> bool:
    """Put entries side by side that stand within elements never closed, each other even; whether there were any."""
    behind: dict[etree._Element, etree._Element] = {}
    for entry in entries:
        outer = entry
        for parent in entry.iterancestors():
            if _local(parent) in _HOLDERS:
                break
            outer = parent
        if outer is not entry and outer.getparent() is not None:
            behind.get(outer, outer).addnext(entry)
            behind[outer] = entry
    return bool(behind)


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _local(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _head(root: etree._Element) -> Iterator[etree._Element]:
    """Elements that speak of the feed as a whole: children of the root and of the channel, no entries."""
    for child in root:
        name = _local(child)
        if name == "channel":
            yield from (inner for inner in child if _local(inner) not in ("item", "entry"))
        elif name not in ("item", "entry"):
            yield child


def _hints(root: etree._Element, reading: _Reading) -> FeedHints:
    """RSS 2.0 ttl, skipHours, skipDays (GMT), and the RSS 1.0 syndication module."""
    ttl: int | None = None
    hours: set[int] = set()
    days: set[int] = set()
    period, frequency = "", 1
    for element in _head(root):
        name, value = _local(element), one_line(element.text or "").lower()
        if name == "ttl" and (minutes := _number(value)):
            ttl = minutes
        elif name == "skiphours":
            hours |= {hour % 24 for child in element if (hour := _number(one_line(child.text or ""))) is not None}
        elif name == "skipdays":
            days |= {day for child in element if (day := _weekday(one_line(child.text or ""))) is not None}
        elif name == "updateperiod":
            period = value
        elif name == "updatefrequency":
            frequency = _number(value) or 1
    minutes_of = {"hourly": 60, "daily": 1440, "weekly": 10080, "monthly": 43200, "yearly": 525600}
    if len(hours) == 24 or len(days) == 7:
        reading.note("skipHours or skipDays exclude every poll and were ignored")
        hours, days = (set() if len(hours) == 24 else hours), (set() if len(days) == 7 else days)
    every = max(1, minutes_of[period] // frequency) if period in minutes_of else None
    return FeedHints(ttl, tuple(sorted(hours)), tuple(sorted(days)), every)


def _number(value: str) -> int | None:
    return int(value) if re.fullmatch(r"[0-9]{1,7}", value) else None


def _weekday(value: str) -> int | None:
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    short = value[:3].lower()
    return names.index(short) if short in names else None


def _links(root: etree._Element, reading: _Reading) -> dict[str, str]:
    """Addresses the feed gives of itself by relation (RFC 4287, RFC 5005); "alternate" is the site's page."""
    links: dict[str, str] = {}
    for element in _head(root):
        if _local(element) != "link":
            continue
        target = reading.address(element.get("href") or element.text, urljoin_safe(reading.url, element.base or ""))
        for relation in (element.get("rel") or "alternate").lower().split():
            if target:
                links.setdefault(relation.rsplit("/", 1)[-1], target)
    return links


def urljoin_safe(base: str, url: str) -> str:
    """urljoin that answers `base` where the address cannot be joined."""
    try:
        return urljoin(base, url)
    except ValueError:
        return base


def _format(version: str, root: etree._Element) -> str:
    names = {
        "rss090": "RSS 0.90", "rss091n": "RSS 0.91", "rss091u": "RSS 0.91", "rss092": "RSS 0.92", "rss093": "RSS 0.93",
        "rss094": "RSS 0.94", "rss10": "RSS 1.0", "rss20": "RSS 2.0", "atom03": "Atom 0.3", "atom10": "Atom 1.0",
    }  # fmt: skip
    if version in names:
        return names[version]
    return {"rdf": "RSS 1.0", "feed": "Atom"}.get(_local(root), "RSS")


def _language(raw: object) -> str | None:
    text = _string(raw).strip().lower().replace("_", "-")
    return text if re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", text) else None


def _string(raw: object) -> str:
    return raw if isinstance(raw, str) else ""


def _entry(raw: Any, reading: _Reading, base: str, version: str) -> FeedEntry | None:
    """One feedparser entry as a record; None (noted) when it holds nothing to keep."""
    guid = one_line(_string(dict.get(raw, "id")))[:MAX_TEXT] or None
    url = _entry_address(raw, reading, base)
    title = plain_line(_string(raw.get("title")), 2 * MAX_TEXT)[:MAX_TEXT]
    summary_markup = _string(dict.get(raw, "summary"))
    content = _content(raw, summary_markup)
    if not url and not title and not content and not summary_markup.strip():
        reading.note("an entry without link, title and text was dropped")
        return None
    if not url:
        reading.note("an entry has no usable link")
    published = reading.date(dict.get(raw, "published") or dict.get(raw, "created"))
    updated = reading.date(dict.get(raw, "updated"))
    if published is None and not version.startswith("atom"):
        published = updated
    return FeedEntry(
        guid=guid,
        url=url,
        title=title,
        published=published,
        updated=updated,
        authors=_authors(raw),
        summary=plain_line(summary_markup)[:MAX_TEXT],
        content=content,
    )


def _entry_address(raw: Any, reading: _Reading, base: str) -> str | None:
    for candidate in (dict.get(raw, "feedburner_origlink"), dict.get(raw, "link")):
        address = reading.address(candidate, base)
        if address:
            return address
    for link in raw.get("links") or ():
        if link.get("rel", "alternate") == "alternate" and (address := reading.address(link.get("href"), base)):
            return address
    guid = _string(dict.get(raw, "id")).strip()
    return reading.address(guid) if guid.startswith(("http://", "https://")) else None


def _content(raw: Any, summary: str) -> str:
    """The entry's full text as HTML: its content element, or a description long enough to be the article."""
    bodies = [_as_html(part.get("value"), part.get("type")) for part in dict.get(raw, "content") or ()]
    best = max(bodies, key=len, default="")
    if best.strip():
        return best
    detail = dict.get(raw, "summary_detail") or {}
    return _as_html(summary, detail.get("type")) if len(plain_line(summary)) >= FULL_TEXT else ""


def _as_html(value: object, kind: object) -> str:
    text = _string(value)
    return _escaped(text) if kind == "text/plain" and "<" not in text else text


def _escaped(text: str) -> str:
    """Plain text as HTML paragraphs."""
    return "".join(f"<p>{html.escape(part)}</p>" for part in re.split(r"\n\s*\n", text) if part.strip())


def _authors(raw: Any) -> tuple[str, ...]:
    names = [_string(author.get("name")) for author in dict.get(raw, "authors") or () if author]
    return clean_authors([*names, _string(dict.get(raw, "author"))] if not any(names) else names)


def _without_duplicates(entries: list[FeedEntry], reading: _Reading) -> tuple[FeedEntry, ...]:
    """One entry for each article: the newest of those that share id and link.

    An id that stands on different links identifies nothing and is taken off them (publishers do give all entries one).
    """
    addresses: dict[str, set[str | None]] = {}
    for entry in entries:
        if entry.guid:
            addresses.setdefault(entry.guid, set()).add(entry.url)
    chosen: dict[tuple[str | None, str | None, str], FeedEntry] = {}
    for entry in entries:
        if entry.guid and len(addresses[entry.guid]) > 1:
            reading.note("one id stands on entries with different links and was ignored")
            entry = replace(entry, guid=None)
        key = (entry.guid, entry.url, "" if entry.guid or entry.url else entry.title)
        known = chosen.get(key)
        if known is not None:
            reading.note("an entry stands in the feed more than once")
        if known is None or _age(entry) > _age(known):
            chosen[key] = entry
    return tuple(chosen.values())


def _age(entry: FeedEntry) -> datetime:
    return entry.updated or entry.published or datetime.min.replace(tzinfo=UTC)


# --- JSON Feed (https://www.jsonfeed.org/version/1.1/) ----------------------------------------------------------------


def _json_feed(text: str, reading: _Reading) -> Feed:
    document = _load_json(text, reading)
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise NotAFeed(f"{reading.url} is not a feed: it is JSON, but no JSON Feed.")
    version = _string(document.get("version"))
    found = re.search(r"jsonfeed\.org/version/([\d.]+)", version)
    if found is None:
        reading.note("the JSON Feed names no version")
    items = document["items"]
    if len(items) > MAX_ENTRIES:
        reading.note(f"only the first {MAX_ENTRIES:,} of {len(items):,} entries were read")
    entries = [entry for item in items[:MAX_ENTRIES] if (entry := _json_entry(item, document, reading))]
    return Feed(
        format=f"JSON Feed {found[1]}" if found else "JSON Feed",
        title=plain_line(_string(document.get("title"))),
        home_url=reading.address(document.get("home_page_url")),
        language=_language(document.get("language")),
        entries=_without_duplicates(entries, reading),
        self_url=reading.address(document.get("feed_url")),
        next_page=reading.address(document.get("next_url")),
        problems=tuple(reading.problems),
    )


def _load_json(text: str, reading: _Reading) -> Any:
    try:
        return json.loads(text, strict=False)
    except RecursionError:
        return None
    except ValueError:
        return _load_cut_json(text, reading)


def _load_cut_json(text: str, reading: _Reading) -> Any:
    """A JSON Feed whose end is missing or broken: what stands before its items, and each whole item."""
    start = re.search(r'"items"\s*:\s*\[', text)
    if start is None or "jsonfeed.org" not in text[:2000]:
        return None
    decoder = json.JSONDecoder(strict=False)
    try:
        document = json.loads(re.sub(r",\s*\Z", "", text[: start.start()]) + "}", strict=False)
    except (ValueError, RecursionError):
        document = {}
    items: list[Any] = []
    at = start.end()
    try:
        while len(items) <= MAX_ENTRIES and (gap := re.compile(r"[\s,]*(?=\{)").match(text, at)):
            item, at = decoder.raw_decode(text, gap.end())
            items.append(item)
    except (ValueError, RecursionError):
        pass
    reading.note("broken JSON: the entries before the break were kept")
    return {**document, "items": items} if isinstance(document, dict) else None


def _json_entry(item: Any, document: dict[str, Any], reading: _Reading) -> FeedEntry | None:
    if not isinstance(item, dict):
        reading.note("an entry that is no object was dropped")
        return None
    guid = item.get("id")
    content = _string(item.get("content_html")) or _escaped(_string(item.get("content_text")))
    entry = FeedEntry(
        guid=one_line(str(guid))[:MAX_TEXT] or None if isinstance(guid, str | int | float) else None,
        url=reading.address(item.get("url")) or reading.address(item.get("external_url")),
        title=plain_line(_string(item.get("title")), 2 * MAX_TEXT)[:MAX_TEXT],
        published=reading.date(item.get("date_published")),
        updated=reading.date(item.get("date_modified")),
        authors=_json_authors(item) or _json_authors(document),
        summary=plain_line(_string(item.get("summary")))[:MAX_TEXT],
        content=content,
    )
    if not entry.url and not entry.title and not content.strip():
        reading.note("an entry without link, title and text was dropped")
        return None
    if not entry.url:
        reading.note("an entry has no usable link")
    return entry


def _json_authors(holder: dict[str, Any]) -> tuple[str, ...]:
    listed = holder.get("authors")
    people = [*(listed if isinstance(listed, list) else []), holder.get("author")]
    return clean_authors([_string(person.get("name")) for person in people if isinstance(person, dict)])
