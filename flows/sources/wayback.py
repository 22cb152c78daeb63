"""The Wayback Machine: captures of the feeds themselves first, then its index of each site.

A feed's captures tell of many articles for one request each, with their dates and titles; the index adds the pages that
no captured feed named. What neither has is lost, and the stretches that the feed's captures leave open are named.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from urllib.parse import urlsplit

from extractors.feed import NotAFeed, parse_feed
from extractors.findings import Candidate, Capture
from extractors.identity import article_id, canonical_url
from extractors.records import Feed, Finding
from flows.entries import entry_candidate, entry_key
from flows.fetch.wayback import CaptureRow, Wayback, captured_at, original_url
from flows.ingest import Ingest
from flows.sources import Lead, published_within
from flows.sources.sites import Selection, Site, day_of, utc_day
from flows.spans import Span
from flows.subscriptions import Subscription

_NO_ARTICLE = re.compile(
    r"/(tags?|topics?|category|categories|authors?|search|page|feed|rss|wp-json|wp-content|login|account)(/|$)"
    r"|\.(xml|rss|json|js|css|jpe?g|png|gif|svg|webp|ico|pdf|mp[34]|zip|woff2?)$",
    re.IGNORECASE,
)


class WaybackSource:
    """Articles of the span as they were captured, from its first date until a few days after its last."""

    batch = 20

    def __init__(self, ingest: Ingest, selection: Selection) -> None:
        settings = ingest.settings
        ingest.slow_down(settings.wayback_url, settings.wayback_pace_seconds)
        self.pace_seconds = settings.wayback_pace_seconds
        self.total: int | None = None
        self.remarks: list[str] = []
        self._ingest = ingest
        self._selection = selection
        self._archive = Wayback(ingest.get, settings.wayback_url)

    async def leads(self, whole: Span, part: Span) -> AsyncIterator[Lead]:
        """Leads by date, each article once."""
        found: dict[str, Lead] = {}
        for feed in self._selection.feeds:
            for candidate, seen_at in await self._entries(feed, whole):
                lead = self._entry_lead(candidate, seen_at, whole)
                if lead is not None:
                    found.setdefault(_name(candidate.url), lead)
        for site in self._selection.sites:
            rows = await self._archive.captures(site.host, whole.start, whole.search_end, whole_site=True)
            for row in rows:
                self._add(found, row, site, whole)
        self._ingest.report.failed += self._archive.failures
        self._archive.failures.clear()
        chosen = [lead for lead in found.values() if lead.day in part]
        self.total = len(chosen)
        for lead in sorted(chosen, key=lambda lead: (lead.day, lead.candidate.url)):
            yield lead

    async def capture(self, lead: Lead) -> Capture:
        """The captured page, at the time of its capture; where there is none, at the time of what names it."""
        candidate, sighting = lead.candidate, lead.handle
        if lead.asked is None:
            return self._ingest.noted(candidate, None, sighting.at, candidate.url)
        response = await self._archive.ask(lead.asked)
        if response.outcome == "ok":
            at = captured_at(response) or sighting.at
            return self._ingest.noted(candidate, response, at, original_url(response.final_url))
        self._ingest.report.failed.append((candidate.url, response.detail or response.outcome))
        return self._ingest.noted(candidate, response, sighting.at, candidate.url)

    def keeps(self, finding: Finding, lead: Lead, whole: Span) -> bool:
        """Whether the page's own date lies in the span."""
        return published_within(finding, whole)

    def _entry_lead(self, candidate: Candidate, seen_at: datetime, whole: Span) -> Lead | None:
        if candidate.published is None or utc_day(candidate.published) not in whole:
            return None
        stamp = f"{candidate.published.astimezone(UTC):%Y%m%d%H%M%S}"
        asked = None if candidate.carries_article else self._archive.replay_url(stamp, candidate.url)
        return Lead(candidate, utc_day(candidate.published), asked=asked, handle=_Sighting(seen_at, exact=False))

    def _add(self, found: dict[str, Lead], row: CaptureRow, site: Site, whole: Span) -> None:
        """Take a line of the index: as the exact capture of an entry's page, or as a lead of its own."""
        name, asked = _name(row.url), self._archive.replay_url(row.timestamp, row.url)
        sighting = _Sighting(row.at, exact=True)
        lead = found.get(name)
        if lead is not None:
            if lead.asked is not None and not lead.handle.exact:
                found[name] = replace(lead, asked=asked, handle=sighting)
            return
        claimed = day_of(row.url)
        if not may_be_article(row.url) or (claimed is not None and claimed not in _widened(whole)):
            return
        day = whole.nearest(claimed or utc_day(row.at))
        found[name] = Lead(Candidate(url=row.url, source=site.source), day, asked=asked, handle=sighting)

    async def _entries(self, feed: Subscription, whole: Span) -> list[tuple[Candidate, datetime]]:
        """Candidates from the feed's captures, of each entry as its latest capture has it, and the time of that."""
        failed = len(self._archive.failures)
        rows = _distinct(await self._archive.captures(feed.url, whole.start, whole.search_end))
        if not rows and len(self._archive.failures) == failed:
            self.remarks.append(f"{feed.source}: no capture of {feed.url} from {whole.start} to {whole.search_end}")
        windows = await self._windows(feed, rows)
        self._name_gaps(feed, windows)
        entries: dict[str, tuple[Candidate, datetime]] = {}
        for window in windows:
            for entry in window.feed.entries:
                candidate = entry_candidate(entry, feed_id=feed.feed_id, feed_url=feed.url, source=feed.source)
                entries[entry_key(entry)] = candidate, window.at
        return list(entries.values())

    async def _windows(self, feed: Subscription, rows: Sequence[CaptureRow]) -> list[_Window]:
        """The captured windows, by time; a capture between two whose windows follow on each other is not asked for."""
        had: dict[int, _Window | None] = {}

        async def window(i: int) -> _Window | None:
            if i not in had:
                had[i] = await self._window(feed, rows[i])
            return had[i]

        spans = [(0, len(rows) - 1)] if rows else []
        while spans:
            first, last = spans.pop()
            before, after = await window(first), await window(last)
            if last - first > 1 and not (before and after and after.continues(before)):
                middle = (first + last) // 2
                spans += [(middle, last), (first, middle)]
        return [found for _, found in sorted(had.items()) if found is not None]

    async def _window(self, feed: Subscription, row: CaptureRow) -> _Window | None:
        response = await self._archive.ask(self._archive.replay_url(row.timestamp, row.url))
        if response.outcome != "ok":
            self._ingest.report.failed.append((response.url, response.detail or response.outcome))
            return None
        try:
            parsed = parse_feed(response.body, url=row.url, content_type=response.content_type, now=row.at)
        except NotAFeed as error:
            self.remarks.append(f"{feed.source}, capture of {row.at:%Y-%m-%d %H:%M}: {error}")
            return None
        return _Window(row.at, parsed)

    def _name_gaps(self, feed: Subscription, windows: Sequence[_Window]) -> None:
        for before, after in pairwise(windows):
            if not after.continues(before):
                self.remarks.append(
                    f"{feed.source}: no capture of {feed.url} tells what it carried between "
                    f"{before.at:%Y-%m-%d %H:%M} and {after.at:%Y-%m-%d %H:%M} UTC"
                )


@dataclass(frozen=True, slots=True)
class _Sighting:
    """When something that names an article was captured; `exact` where that is the page itself."""

    at: datetime
    exact: bool


@dataclass(frozen=True, slots=True)
class _Window:
    """A feed as captured at a time."""

    at: datetime
    feed: Feed

    def continues(self, earlier: _Window) -> bool:
        """Whether nothing can be missing between the two: the newest entry then is still here now.

        A feed drops its oldest entries first, so all that came later is here too.
        """
        dated = [entry for entry in earlier.feed.entries if entry.published is not None]
        if not dated:
            return not earlier.feed.entries
        newest = max(dated, key=lambda entry: entry.published or earlier.at)
        return entry_key(newest) in {entry_key(entry) for entry in self.feed.entries}


def may_be_article(url: str) -> bool:
    """Whether an address can be an article's: not a front page, section, tag, author's page or file."""
    path = urlsplit(url).path
    if _NO_ARTICLE.search(path):
        return False
    last = path.rstrip("/").rpartition("/")[2]
    return day_of(url) is not None or last.count("-") + last.count("_") >= 2 or len(re.findall(r"\d", path)) >= 4


def _distinct(rows: Sequence[CaptureRow]) -> list[CaptureRow]:
    """One capture of each run of equal bodies."""
    return [row for i, row in enumerate(rows) if i == 0 or row.digest != rows[i - 1].digest or not row.digest]


def _widened(span: Span) -> set[date]:
    """The span's dates and their neighbours: an outlet's day can be another than the UTC day."""
    return {day + timedelta(days=n) for day in span.days for n in (-1, 0, 1)}


def _name(url: str) -> str:
    return article_id(canonical_url(url))
