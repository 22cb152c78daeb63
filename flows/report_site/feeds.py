"""Atom (RFC 4287) for feed readers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

from flows.report_site.wording import shown

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


def atom(items: Iterable[Item], *, title: str, home: str, updated: datetime) -> bytes:
    """The feed document; `home` is the site's address with a slash at its end, or empty where that is not known."""
    feed = etree.Element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM})  # type: ignore[dict-item]
    _text(feed, "id", f"{_IDS}atom")
    _text(feed, "title", title)
    _text(feed, "updated", _time(updated))
    _text(etree.SubElement(feed, f"{{{_ATOM}}}author"), "name", "launchwire")
    etree.SubElement(feed, f"{{{_ATOM}}}link", rel="self", type="application/atom+xml", href=f"{home}atom.xml")
    etree.SubElement(feed, f"{{{_ATOM}}}link", rel="alternate", type="text/html", href=f"{home}index.html")
    for item in items:
        entry = etree.SubElement(feed, f"{{{_ATOM}}}entry")
        _text(entry, "id", f"{_IDS}{item.name}")
        _text(entry, "title", item.title)
        _text(entry, "published", _time(item.published))
        _text(entry, "updated", _time(item.updated))
        etree.SubElement(entry, f"{{{_ATOM}}}link", rel="alternate", type="text/html", href=f"{home}{item.link}")
        _text(entry, "summary", item.summary)
    return bytes(etree.tostring(feed, xml_declaration=True, encoding="utf-8", pretty_print=True))


def _text(parent: etree._Element, name: str, value: str) -> None:
    etree.SubElement(parent, f"{{{_ATOM}}}{name}").text = shown(value)


def _time(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
