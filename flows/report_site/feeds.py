"""Atom (RFC 4287) and JSON Feed 1.1 of incidents."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

from flows.report_site.wording import shown

TITLE = "Missile and rocket launches"
_ATOM = "http://www.w3.org/2005/Atom"
# RFC 4151; names stay true when the site moves.
_IDS = "tag:launchwire,2026:"


@dataclass(frozen=True, slots=True)
class Item:
    """One entry; `name` is unique and lasting, `link` relative to the site's front page."""

    name: str
    title: str
    summary: str
    link: str
    published: datetime
    updated: datetime
    tags: tuple[str, ...] = ()


def atom(items: Sequence[Item], *, home: str) -> bytes:
    """The Atom document; `home` is the site's address with a slash at its end, or empty where that is not known."""
    feed = etree.Element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM})  # type: ignore[dict-item]
    _text(feed, "id", f"{_IDS}incidents")
    _text(feed, "title", TITLE)
    _text(feed, "updated", _time(_updated(items)))
    _text(etree.SubElement(feed, f"{{{_ATOM}}}author"), "name", "launchwire")
    _link(feed, "self", "application/atom+xml", f"{home}atom.xml")
    _link(feed, "alternate", "text/html", f"{home}index.html")
    for item in items:
        entry = etree.SubElement(feed, f"{{{_ATOM}}}entry")
        _text(entry, "id", f"{_IDS}{item.name}")
        _text(entry, "title", item.title)
        _text(entry, "published", _time(item.published))
        _text(entry, "updated", _time(item.updated))
        for tag in item.tags:
            etree.SubElement(entry, f"{{{_ATOM}}}category", term=shown(tag))
        _link(entry, "alternate", "text/html", f"{home}{item.link}")
        _text(entry, "summary", item.summary)
    return bytes(etree.tostring(feed, xml_declaration=True, encoding="utf-8", pretty_print=True))


def json_feed(items: Sequence[Item], *, home: str) -> str:
    """The JSON Feed document (jsonfeed.org/version/1.1); its addresses are left out where `home` is not known."""
    addresses = {"home_page_url": f"{home}index.html", "feed_url": f"{home}feed.json"} if home else {}
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": TITLE,
        **addresses,
        "authors": [{"name": "launchwire"}],
        "language": "en",
        "items": [
            {
                "id": f"{_IDS}{item.name}",
                **({"url": f"{home}{item.link}"} if home else {}),
                "title": shown(item.title),
                "content_text": shown(item.summary),
                "date_published": _time(item.published),
                "date_modified": _time(item.updated),
                "tags": [shown(tag) for tag in item.tags],
            }
            for item in items
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _updated(items: Sequence[Item]) -> datetime:
    return max((item.updated for item in items), default=datetime(1970, 1, 1, tzinfo=UTC))


def _text(parent: etree._Element, name: str, value: str) -> None:
    etree.SubElement(parent, f"{{{_ATOM}}}{name}").text = shown(value)


def _link(parent: etree._Element, rel: str, kind: str, href: str) -> None:
    etree.SubElement(parent, f"{{{_ATOM}}}link", rel=rel, type=kind, href=href)


def _time(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
