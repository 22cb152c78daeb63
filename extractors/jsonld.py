"""What a page's JSON-LD says of its article; broken JSON is read by pattern."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

MAX_OBJECTS = 2_000
MAX_LEVELS = 8

_ARTICLE_TYPES = re.compile(r"(?:Article|Posting|Report|Blog)$")
_BY_PATTERN = frozenset({"datePublished", "dateModified", "dateCreated", "headline"})
_STRING = r'"\s*:\s*"((?:[^"\\\n]|\\.){0,500})"'
_CDATA = re.compile(r"^/{0,2}\*?\s?<!\[CDATA\[\s?\*?/?|/{0,2}\*?\s?\]\]>\s?\*?/?$")


@dataclass(slots=True)
class JsonLd:
    """All objects of a page's JSON-LD (outer ones first) and the scripts that could not be parsed."""

    nodes: list[dict[str, Any]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    _articles: list[dict[str, Any]] | None = None

    @classmethod
    def read(cls, scripts: Iterable[str]) -> JsonLd:
        """Parse the contents of `application/ld+json` scripts."""
        found = cls()
        for script in scripts:
            value = _loads(script)
            if value is not None:
                found.nodes.extend(_objects(value))
            elif script.strip():
                found.broken.append(script)
        return found

    def articles(self) -> list[dict[str, Any]]:
        """Objects of a type that ends in Article, Posting, Report or Blog."""
        if self._articles is None:
            self._articles = [node for node in self.nodes if _is_article(node)]
        return self._articles

    def article(self, url: str) -> dict[str, Any]:
        """The article object of the page at `url`: the one that names this address, else the first; or {}."""
        articles = self.articles()
        path = _path(url)
        for node in articles:
            if path and any(_path(name) == path for name in _names(node)):
                return node
        return articles[0] if articles else {}

    def string(self, node: dict[str, Any], key: str) -> str:
        """A string of an object, or the first of that name in JSON-LD that is broken; "" where there is none."""
        value = node.get(key)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, str) and value.strip():
            return value
        for script in self.broken if key in _BY_PATTERN else ():
            if found := re.search('"' + key + _STRING, script):
                return html.unescape(found[1].replace('\\"', '"').replace("\\/", "/"))
        return ""

    def locked(self) -> bool:
        """Whether the publisher says that the article is not free to read (schema.org isAccessibleForFree)."""
        values = (node.get("isAccessibleForFree") for node in self.articles())
        return any(str(value).lower() in ("false", "no", "http://schema.org/false") for value in values) or any(
            re.search(r'"isAccessibleForFree"\s*:\s*"?false', script, re.IGNORECASE) for script in self.broken
        )


def _loads(script: str) -> Any:
    """The JSON value of a script, comment and CDATA wrappers and trailing commas forgiven; None when broken."""
    text = script.strip().removeprefix("<!--").removesuffix("-->").strip()
    text = _CDATA.sub("", text).strip().removesuffix(";")
    for candidate in (text, re.sub(r",\s*([}\]])", r"\1", text)):
        try:
            return json.loads(candidate, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object of a JSON document, level by level, down to a bounded depth and number."""
    level, seen = [value], 0
    for _ in range(MAX_LEVELS):
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                seen += 1
                if seen > MAX_OBJECTS:
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


def _names(node: dict[str, Any]) -> Iterator[str]:
    """The addresses an object gives itself."""
    for key in ("url", "@id", "mainEntityOfPage"):
        value = node.get(key)
        value = value.get("@id") if isinstance(value, dict) else value
        if isinstance(value, str):
            yield value


def _path(url: str) -> str:
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""
