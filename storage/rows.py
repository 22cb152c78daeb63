"""Records to rows and back: the one place that knows which field is in which column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeVar

import duckdb

from extractors.copies import band_digests, signature
from extractors.records import Article, Evidence, FeedHints, FeedState, Fetch, Finding, Gap, Launch, Reaction
from storage import schema
from storage.keys import key_of
from storage.staging import clean, utc

R = TypeVar("R", Article, FeedState, Fetch, Launch, Reaction)

_HINTS = tuple(f.name for f in fields(FeedHints))
_SPAN = tuple(f.name for f in fields(Evidence))


def names(record: type[R]) -> tuple[str, ...]:
    """Field names of `record`, which are the names of the columns that hold them."""
    return tuple(f.name for f in fields(record))


def selected(record: type[R], prefix: str = "") -> str:
    """The columns of `record` for a SELECT list, in the order that `read` expects."""
    return ", ".join(f'{prefix}"{name}"' for name in names(record))


def read(record: type[R], row: Sequence[Any]) -> R:
    """The record that a row of `selected(record)` holds."""
    return record(*(_value(name, value) for name, value in zip(names(record), row, strict=True)))


def article_row(finding: Finding) -> tuple[Any, ...]:
    """The row of `articles` for a finding."""
    article, extraction = finding.article, finding.extraction
    sketch = signature(article.text) if article.quality != "none" else None
    given = {
        "signature": sketch,
        "bands": band_digests(sketch or b""),
        "id_key": key_of(clean(article.article_id)),
        "url_key": key_of(clean(article.url)),
        "canonical_key": key_of(clean(article.canonical_url)),
        "pack_version": extraction.pack_version,
        "language": article.language or extraction.language,
    }
    return _row(schema.ARTICLES, article, given)


def revision_row(article: Article) -> tuple[Any, ...]:
    """The row of `revisions` for an earlier version."""
    return _row(schema.REVISIONS, article, {})


def launch_rows(finding: Finding) -> Iterator[tuple[Any, ...]]:
    """The rows of `launches` for a finding; of launches with the same key the first counts."""
    for launch in {item.key: item for item in reversed(finding.extraction.launches)}.values():
        yield _row(schema.LAUNCHES, launch, _origin(finding) | {"launch_id": _launch_id(finding, launch.key)})


def reaction_rows(finding: Finding) -> Iterator[tuple[Any, ...]]:
    """The rows of `reactions` for a finding."""
    keys = {launch.key for launch in finding.extraction.launches}
    for number, reaction in enumerate(finding.extraction.reactions, 1):
        launch_id = _launch_id(finding, reaction.about) if reaction.about in keys else None
        given = {"reaction_id": f"{finding.article.article_id}:R{number}", "launch_id": launch_id}
        yield _row(schema.REACTIONS, reaction, _origin(finding) | given)


def gap_row(gap: Gap) -> tuple[Any, ...]:
    """The row of `gaps`."""
    return _row(schema.GAPS, gap, {})


def fetch_row(fetch: Fetch) -> tuple[Any, ...]:
    """The row of `fetches` for a request."""
    return _row(schema.FETCHES, fetch, {"fetched_date": utc(fetch.fetched_at).date()})


def feed_row(state: FeedState) -> tuple[Any, ...]:
    """The row of `feeds` for a feed's state."""
    return _row(schema.FEEDS, state, {})


def fetched(con: duckdb.DuckDBPyConnection, batch: int) -> Iterator[tuple[Any, ...]]:
    """The rows of the last query, fetched `batch` at a time."""
    while rows := con.fetchmany(batch):
        yield from rows


def _launch_id(finding: Finding, key: str | None) -> str:
    return f"{finding.article.article_id}:{key}"


def _origin(finding: Finding) -> dict[str, Any]:
    return {
        "article_id": finding.article.article_id,
        "published_date": finding.article.published_date,
        "pack_version": finding.extraction.pack_version,
        "incident_id": None,
    }


def _row(table: schema.Table, record: object, given: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(given[name] if name in given else _nested(attrgetter(name)(record)) for name in table.column_names)


def _nested(value: Any) -> Any:
    if isinstance(value, FeedHints):
        return {name: getattr(value, name) for name in _HINTS}
    if isinstance(value, Evidence):
        return {name: getattr(value, name) for name in _SPAN}
    return [_nested(item) for item in value] if isinstance(value, tuple) else value


def _hints(given: dict[str, Any]) -> FeedHints:
    ttl, hours, days, period = (given[name] for name in _HINTS)
    return FeedHints(ttl, tuple(hours), tuple(days), period)


def _value(name: str, value: Any) -> Any:
    match value:
        case datetime():
            return utc(value)
        case dict():
            return _hints(value)
        case list() if name == "evidence":
            return tuple(Evidence(**span) for span in value)
        case list():
            return tuple(_value(name, item) for item in value)
    return value
