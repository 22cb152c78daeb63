"""The feeds' own older documents: RFC 5005 archives and pages, JSON Feed's `next_url`, WordPress's `?paged=`."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

from extractors.feed import NotAFeed, parse_feed
from extractors.findings import Candidate, Capture
from extractors.identity import same_site
from extractors.records import Feed, Finding
from flows.entries import entry_candidate, entry_key
from flows.fetch.responses import Response
from flows.ingest import Ingest
from flows.sources import Lead, published_within
from flows.sources.sites import Selection, utc_day
from flows.spans import Span
from flows.subscriptions import Subscription

MOST_DOCUMENTS = 200
# A rerun, and the parts of one run, read a document again rather than ask for it again.
_RECALL = timedelta(hours=6)
_WORDPRESS = re.compile(rb"<generator>\s*https?://wordpress\.org/")


class HistorySource:
    """Entries that the feeds' older documents date within the span; their pages as they are today."""

    batch = 50

    def __init__(self, ingest: Ingest, selection: Selection) -> None:
        self.pace_seconds = ingest.settings.host_pace_seconds
        self.total: int | None = None
        self.remarks: list[str] = []
        self._ingest = ingest
        self._feeds = selection.feeds

    async def leads(self, whole: Span, part: Span) -> AsyncIterator[Lead]:
        """Leads by date, each address once."""
        found: dict[str, Lead] = {}
        for feed in self._feeds:
            for candidate in await self._entries(feed, whole):
                day = utc_day(candidate.published) if candidate.published else None
                if day is not None and day in whole and day in part:
                    asked = None if candidate.carries_article else candidate.url
                    found.setdefault(candidate.url, Lead(candidate, day, asked=asked))
        self.total = len(found)
        for lead in sorted(found.values(), key=lambda lead: (lead.day, lead.candidate.url)):
            yield lead

    async def capture(self, lead: Lead) -> Capture:
        """The page as it is today, or the entry that carries it."""
        return await self._ingest.capture(lead.candidate)

    def keeps(self, finding: Finding, lead: Lead, whole: Span) -> bool:
        """Whether the article's own date lies in the span."""
        return published_within(finding, whole)

    async def _entries(self, feed: Subscription, whole: Span) -> list[Candidate]:
        """Every entry back to the span's first date; of an entry in several documents the newest document's."""
        entries: dict[str, Candidate] = {}
        undated = 0
        oldest: date | None = None
        async for document in self._documents(feed):
            before = len(entries)
            for entry in document.parsed.entries:
                candidate = entry_candidate(entry, feed_id=feed.feed_id, feed_url=feed.url, source=feed.source)
                undated += candidate.published is None and entry_key(entry) not in entries
                entries.setdefault(entry_key(entry), candidate)
            oldest = min((day for day in (oldest, document.newest) if day is not None), default=None)
            if len(entries) == before or (document.newest is not None and document.newest < whole.start):
                break
        days = [utc_day(c.published) for c in entries.values() if c.published]
        if days and min(days) > whole.start:
            self.remarks.append(f"{feed.source}: {feed.url} and its older documents reach back to {min(days)} only")
        if undated:
            self.remarks.append(f"{feed.source}: {undated} entries of {feed.url} have no date and were left out")
        return list(entries.values())

    async def _documents(self, feed: Subscription) -> AsyncIterator[_Document]:
        """The feed and its older documents, newest first; each address once."""
        url: str | None = feed.url
        asked: set[str] = set()
        while url is not None and url not in asked and len(asked) < MOST_DOCUMENTS:
            asked.add(url)
            document = await self._document(url, first=url == feed.url)
            if document is None:
                return
            yield document
            url = document.older(feed.url)
        if len(asked) == MOST_DOCUMENTS:
            self.remarks.append(f"{feed.source}: only {MOST_DOCUMENTS} documents of {feed.url} were read")

    async def _document(self, url: str, *, first: bool) -> _Document | None:
        # A subscribed feed is there to be asked for; what it links to is a page like any other.
        response = await self._ingest.get(url, kind="feed", obey_robots=not first, recall=_RECALL)
        if response.outcome != "ok":
            return None
        try:
            parsed = parse_feed(
                response.body, url=response.final_url, content_type=response.content_type, now=response.fetched_at
            )
        except NotAFeed as error:
            self._ingest.report.failed.append((url, str(error)))
            return None
        return _Document(url, response, parsed)


@dataclass(frozen=True, slots=True)
class _Document:
    """One document of a feed, as asked for at `url`."""

    url: str
    response: Response
    parsed: Feed

    @property
    def newest(self) -> date | None:
        """The latest day of its entries, None where none has a date."""
        days = [utc_day(entry.published) for entry in self.parsed.entries if entry.published]
        return max(days, default=None)

    def older(self, feed_url: str) -> str | None:
        """Where the next older document is, on the same site; None at the end or where the feed is complete."""
        if self.parsed.complete:
            return None
        url = self.parsed.prev_archive or self.parsed.next_page
        if url is None and _WORDPRESS.search(self.response.body[:20_000]):
            url = next_paged(self.url)
        return url if url is not None and same_site(url, feed_url) else None


def next_paged(url: str) -> str:
    """The address of WordPress's next older page of a feed: `paged` one higher, 2 after the feed itself."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    page = next((value for name, value in query if name == "paged"), "1")
    number = int(page) + 1 if page.isdecimal() and len(page) < 6 else 2
    rest = [(name, value) for name, value in query if name != "paged"]
    return parts._replace(query=urlencode([*rest, ("paged", str(number))]), fragment="").geturl()
