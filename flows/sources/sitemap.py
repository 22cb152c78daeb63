"""The sites' own sitemaps: what robots.txt names, index files and all, by the dates that they claim (sitemaps.org 0.9).

A sitemap tells when a page was last changed and seldom when it was published, and many a site sets that to "now": the
dates only choose what is worth a request, and the page's own date decides.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from datetime import date, timedelta

from extractors.findings import Candidate, Capture
from extractors.records import Finding, SitemapUrl
from extractors.sitemap import NotASitemap, Sitemap, parse_sitemap
from flows.ingest import Ingest
from flows.sources import Lead, published_within
from flows.sources.sites import Selection, Site, day_of, month_of, utc_day
from flows.spans import Span

MOST_FILES = 500
MOST_BYTES = 50 * 1024 * 1024
# A rerun, and the parts of one run, read a listing again rather than ask for it again.
RECALL = timedelta(hours=6)
_A_MONTH = timedelta(days=31)


class SitemapSource:
    """Pages whose sitemap claims a date within the span, or a change until a few days after it."""

    batch = 50

    def __init__(self, ingest: Ingest, selection: Selection) -> None:
        self.pace_seconds = ingest.settings.host_pace_seconds
        self.total: int | None = None
        self.remarks: list[str] = []
        self._ingest = ingest
        self._sites = selection.sites
        self._without: list[str] = []

    async def leads(self, whole: Span, part: Span) -> AsyncIterator[Lead]:
        """Leads by date, each address once."""
        found: dict[str, Lead] = {}
        for site in self._sites:
            async for lead in self._leads_of(site, whole):
                if lead.day in part:
                    found.setdefault(lead.candidate.url, lead)
        if self._without:
            self.remarks.append(f"no sitemap is named in the robots.txt of {', '.join(self._without)}")
        self.total = len(found)
        for lead in sorted(found.values(), key=lambda lead: (lead.day, lead.candidate.url)):
            yield lead

    async def capture(self, lead: Lead) -> Capture:
        """The page as it is today."""
        return await self._ingest.capture(lead.candidate)

    def keeps(self, finding: Finding, lead: Lead, whole: Span) -> bool:
        """Whether the page's own date lies in the span."""
        return published_within(finding, whole)

    async def _leads_of(self, site: Site, span: Span) -> AsyncIterator[Lead]:
        named = await self._ingest.sitemaps(site.origin)
        if named is None:
            return
        if not named:
            self._without.append(site.origin)
        undated = 0
        async for sitemap in self._files(site, named, span):
            for entry in sitemap.urls:
                day = claimed_day(entry, span)
                undated += day is None and entry.lastmod is None
                if day is not None and site.owns(entry.url):
                    yield Lead(_candidate(entry, site), span.nearest(day), asked=entry.url)
        if undated:
            self.remarks.append(f"{site.origin}: {undated} addresses have no date in its sitemaps and were left out")

    async def _files(self, site: Site, named: tuple[str, ...], span: Span) -> AsyncIterator[Sitemap]:
        """Every sitemap that may name pages of the span; indexes are followed, each file read once."""
        waiting, queued = deque(named), set(named)
        for _ in range(MOST_FILES):
            if not waiting:
                return
            url = waiting.popleft()
            response = await self._ingest.get(
                url, kind="sitemap", max_bytes=MOST_BYTES, obey_robots=True, recall=RECALL
            )
            if response.outcome != "ok":
                self._ingest.report.failed.append((url, response.detail or response.outcome))
                continue
            try:
                sitemap = parse_sitemap(response.body, url=response.final_url, now=response.fetched_at)
            except NotASitemap as error:
                self._ingest.report.failed.append((url, str(error)))
                continue
            for child in sitemap.sitemaps:
                if child.url not in queued and may_hold(child, span):
                    queued.add(child.url)
                    waiting.append(child.url)
            yield sitemap
        self.remarks.append(f"{site.origin}: only {MOST_FILES} of its sitemaps were read")


def claimed_day(entry: SitemapUrl, span: Span) -> date | None:
    """The day by which an entry may belong to the span, None where it does not or says nothing."""
    day = utc_day(entry.published) if entry.published else day_of(entry.url)
    if day is not None:
        # A day of the outlet's own zone can be the neighbour of the UTC day.
        return day if any(day + timedelta(days=n) in span for n in (-1, 0, 1)) else None
    changed = utc_day(entry.lastmod) if entry.lastmod else None
    return changed if changed is not None and span.searches(changed) else None


def may_hold(sitemap: SitemapUrl, span: Span) -> bool:
    """Whether a file of an index can name pages of the span: not one last changed before it, nor another month's."""
    if sitemap.lastmod is not None and utc_day(sitemap.lastmod) < span.start - timedelta(days=1):
        return False
    month = month_of(sitemap.url)
    return month is None or span.start - _A_MONTH - timedelta(days=1) <= month <= span.end + timedelta(days=1)


def _candidate(entry: SitemapUrl, site: Site) -> Candidate:
    exact = entry.published is not None and entry.precision in ("second", "minute")
    return Candidate(
        url=entry.url,
        source=site.source,
        title=entry.title or "",
        published=entry.published if exact else None,
        updated=entry.lastmod,
    )
