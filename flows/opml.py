"""OPML subscription lists in and out (opml.org/spec2.opml). No network."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from flows.subscriptions import (
    InvalidValueError,
    Subscription,
    SubscriptionError,
    checked,
    one_line,
    shown,
    written_pace,
)

MAX_BYTES = 10_000_000
NAMESPACE = "urn:launchwire:opml"


@dataclass(frozen=True, slots=True)
class OpmlImport:
    """What an OPML document held: the usable subscriptions in its order, and what was left out and why."""

    subscriptions: tuple[Subscription, ...]
    problems: tuple[str, ...] = ()


def import_opml(body: bytes) -> OpmlImport:
    """Read an OPML 1.0 or 2.0 subscription list (opml.org/spec2.opml); nested folders and categories become tags.

    Feeds listed twice appear once, with the tags of both places. Raises SubscriptionError where the bytes are no OPML.
    """
    root = _root(body)
    found: dict[str, Subscription] = {}
    problems: list[str] = []
    for outline, folders in _outlines(root):
        attributes = _attributes(outline)
        if not (address := attributes.get("xmlurl", "").strip()):
            continue
        try:
            one = _from_outline(address, attributes, folders)
        except InvalidValueError as error:
            problems.append(f"{shown(address)} was left out: {error.problem}")
            continue
        if (old := found.get(one.feed_id)) is not None:
            one = replace(old, tags=tuple(dict.fromkeys(old.tags + one.tags)))
        found[one.feed_id] = one
    if not found and not problems:
        problems.append("the document lists no feed")
    return OpmlImport(tuple(found.values()), tuple(problems))


def export_opml(subscriptions: Iterable[Subscription], *, title: str = "launchwire feeds") -> bytes:
    """The list as OPML 2.0, a folder for each first tag; source, pace and status in a namespace of our own."""
    root = etree.Element("opml", {"version": "2.0"}, nsmap={"launchwire": NAMESPACE})
    etree.SubElement(etree.SubElement(root, "head"), "title").text = one_line(title)
    body = etree.SubElement(root, "body")
    folders: dict[str, etree._Element] = {}
    for one in subscriptions:
        parent = body
        if one.tags:
            if (folder := one.tags[0]) not in folders:
                folders[folder] = etree.SubElement(body, "outline", {"text": folder})
            parent = folders[folder]
        etree.SubElement(parent, "outline", _outline_attributes(one))
    return etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True)


def _outline_attributes(one: Subscription) -> dict[str, str]:
    attributes = {"type": "rss", "text": one.title or one.source, "xmlUrl": one.url}
    if one.title:
        attributes["title"] = one.title
    if one.tags:
        attributes["category"] = ",".join(one.tags)
    own = f"{{{NAMESPACE}}}"
    attributes[own + "source"] = one.source
    if one.every_minutes is not None:
        attributes[own + "every"] = written_pace(one.every_minutes)
    if one.status != "active":
        attributes[own + "status"] = one.status
    return attributes


def _root(body: bytes) -> etree._Element:
    remedy = "Export the list from your reader as OPML and give that file."
    if len(body) > MAX_BYTES:
        raise SubscriptionError(None, None, "", "the OPML document is over 10 MB", remedy)
    # libxml2 expands entities in attribute values whatever resolve_entities says; no reader writes any.
    if b"<!ENTITY" in body.replace(b"\0", b""):
        raise SubscriptionError(None, None, "", "the OPML document declares XML entities", remedy)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None or etree.QName(root).localname.lower() != "opml":
        raise SubscriptionError(None, None, "", "this is not an OPML document", remedy)
    return root


def _outlines(root: etree._Element) -> Iterator[tuple[etree._Element, tuple[str, ...]]]:
    """Every outline in document order with the names of the folders around it."""
    waiting: list[tuple[etree._Element, tuple[str, ...]]] = [(root, ())]
    while waiting:
        element, folders = waiting.pop()
        inside = folders
        if etree.QName(element).localname.lower() == "outline":
            yield element, folders
            inside = (*folders, element.get("text") or element.get("title") or "")
        waiting.extend((child, inside) for child in reversed(element) if isinstance(child.tag, str))


def _attributes(outline: etree._Element) -> dict[str, str]:
    """The outline's attributes, names in lower case as readers disagree on it ("xmlUrl"), ours with "launchwire:"."""
    found: dict[str, str] = {}
    for name, value in outline.attrib.items():
        qualified = etree.QName(name)
        if qualified.namespace in (None, NAMESPACE):
            prefix = "launchwire:" if qualified.namespace else ""
            found[prefix + qualified.localname.lower()] = str(value)
    return found


def _from_outline(address: str, attributes: Mapping[str, str], folders: Sequence[str]) -> Subscription:
    categories = re.split("[,/]", attributes.get("category", ""))
    names = (*(name.translate({ord(","): " ", ord("/"): " "}) for name in folders), *categories)
    title = attributes.get("title") or attributes.get("text") or ""
    tags = [tag for name in names if (tag := one_line(name))]
    table: dict[str, Any] = {"url": _plain_address(address), "source": title, "title": title, "tags": tags}
    if "launchwire:source" in attributes:
        table["title"] = attributes.get("title", "")
    for key in ("source", "every", "status"):
        if (own := attributes.get(f"launchwire:{key}")) is not None:
            table[key] = own
    return checked(table)


def _plain_address(address: str) -> str:
    """The http address behind a feed: one ("feed://host/…", "feed:https://…")."""
    bare = re.sub("^feed:(?=https?:)", "", re.sub("^feed://(?=https?:)", "", address))
    return re.sub("^feed://", "http://", bare)
