"""From a feed's entries to candidates."""

from __future__ import annotations

import hashlib

from extractors.findings import Candidate
from extractors.records import FeedEntry


def entry_key(entry: FeedEntry) -> str:
    """A short name of an entry within its feed: its id, else its address, else its title."""
    named = entry.guid or entry.url or entry.title
    return hashlib.sha256(named.encode("utf-8", "replace")).hexdigest()[:16]


def entry_candidate(entry: FeedEntry, *, feed_id: str, feed_url: str, source: str) -> Candidate:
    """The candidate that an entry makes."""
    return Candidate(
        # An entry without a link is an article of its own; the address only names it and is never asked for.
        url=entry.url or f"{feed_url}?entry={entry_key(entry)}",
        fetchable=entry.url is not None,
        source=source,
        feed_id=feed_id,
        guid=entry.guid,
        title=entry.title,
        authors=entry.authors,
        published=entry.published,
        updated=entry.updated,
        summary=entry.summary,
        content=entry.content,
    )
