"""The stretch of a backfill without its orchestration: leads -> those not landed yet -> captures -> the lake."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from extractors.findings import Capture
from extractors.identity import article_id, canonical_url
from extractors.records import Fetch, Finding
from flows.coverage import Coverage
from flows.ingest import Ingest
from flows.sources import Lead, Source
from flows.spans import Span
from storage import articles, fetches
from storage.lake import Lake

Tell = Callable[[Coverage], Awaitable[None]]

# Answers that a second request would only repeat.
_FINAL = ("ok", "not_found", "gone")
# What reading and storing a page takes, for the plan's estimate.
_PAGE_SECONDS = 0.05


async def _silent(coverage: Coverage) -> None:
    """Tell nobody."""


async def fill(
    ingest: Ingest, source: Source, whole: Span, part: Span, coverage: Coverage, tell: Tell = _silent
) -> None:
    """Store what the source has for `part` of the span `whole`, batch by batch, each in one transaction.

    While one batch is read, the next is captured and the one before is stored. `tell` hears after each batch.
    """
    asked: set[str] = set()
    line = _Line(ingest, source, whole, part, coverage)
    try:
        async for batch in _batches(source, whole, part):
            fresh = await asyncio.to_thread(_fresh, ingest.lake, batch, asked, coverage)
            await line.take(fresh, await asyncio.gather(*(source.capture(lead) for lead in fresh)))
            await tell(coverage)
    finally:
        await line.end()
    if ingest.uncommitted:
        await ingest.commit([], [], f"backfill: requests for {part}")
    await tell(coverage)


class _Line:
    """Batches on their way into the lake: one being read, the one before being stored."""

    def __init__(self, ingest: Ingest, source: Source, whole: Span, part: Span, coverage: Coverage) -> None:
        self._ingest = ingest
        self._source = source
        self._whole = whole
        self._part = part
        self._coverage = coverage
        self._leads: Sequence[Lead] = ()
        self._requests: Sequence[Fetch] = ()
        self._reading: asyncio.Task[list[Finding]] | None = None
        self._storing: asyncio.Task[None] | None = None

    async def take(self, leads: Sequence[Lead], captures: Sequence[Capture]) -> None:
        """Read a batch, once the one before it is read."""
        for lead, capture in zip(leads, captures, strict=True):
            self._coverage.note_capture(lead.day, capture)
        # Taken now: by the time that this batch is stored, requests for the next one will have been made.
        requests = [*self._ingest.take_requests(), *(lead.fetch for lead in leads if lead.fetch is not None)]
        await self._move_on()
        self._leads, self._requests = leads, requests
        self._reading = asyncio.create_task(self._ingest.read(captures))

    async def end(self) -> None:
        """Store what was taken."""
        await self._move_on()
        if self._storing is not None:
            await self._storing

    async def _move_on(self) -> None:
        """From reading to storing, once the batch before is stored."""
        if self._reading is None:
            return
        findings, leads, requests = await self._reading, self._leads, self._requests
        self._reading = None
        if self._storing is not None:
            await self._storing
        kept = [f for f, lead in zip(findings, leads, strict=True) if self._source.keeps(f, lead, self._whole)]
        self._storing = asyncio.create_task(_store(self._ingest, kept, requests, self._part, self._coverage))


@dataclass(frozen=True, slots=True)
class Plan:
    """What a backfill would do: `requests` by host, and about how long at the pace of each."""

    requests: Counter[str]
    seconds: float

    @property
    def duration(self) -> timedelta:
        """The estimate in whole seconds."""
        return timedelta(seconds=round(self.seconds))


async def plan(ingest: Ingest, source: Source, whole: Span, part: Span, coverage: Coverage) -> Plan:
    """Count what `fill` would fetch and store nothing but the requests for the listings themselves."""
    asked: set[str] = set()
    hosts: Counter[str] = Counter()
    pages = 0
    async for batch in _batches(source, whole, part):
        fresh = _fresh(ingest.lake, batch, asked, coverage)
        pages += len(fresh)
        hosts.update(urlsplit(lead.asked).netloc for lead in fresh if lead.asked is not None)
    if ingest.uncommitted:
        await ingest.commit([], [], f"backfill: listings for {part}")
    busiest = max(hosts.values(), default=0)
    return Plan(hosts, max(busiest * source.pace_seconds, pages * _PAGE_SECONDS))


async def _batches(source: Source, whole: Span, part: Span) -> AsyncIterator[list[Lead]]:
    batch: list[Lead] = []
    async for lead in source.leads(whole, part):
        batch.append(lead)
        if len(batch) == source.batch:
            yield batch
            batch = []
    if batch:
        yield batch


def _fresh(lake: Lake, batch: Sequence[Lead], asked: set[str], coverage: Coverage) -> list[Lead]:
    """The leads that have not landed yet, each address once; the others are counted as known."""
    fresh = []
    for lead, known in zip(batch, landed(lake, batch), strict=True):
        day = coverage.days[lead.day]
        if lead.asked is not None and lead.asked in asked:
            continue
        day.candidates += 1
        if lead.asked is not None:
            asked.add(lead.asked)
        if known:
            day.known += 1
        else:
            fresh.append(lead)
    return fresh


def landed(lake: Lake, leads: Sequence[Lead]) -> list[bool]:
    """For each lead whether a run before this one has had it.

    A request that is to be replayed landed when it is stored and its article too; a page to be requested when its
    article is stored with text, or when it was asked for and the answer is final.
    """
    keys = [article_id(canonical_url(lead.candidate.url)) for lead in leads]
    by_url = articles.known_urls(lake, [lead.candidate.url for lead in leads])
    by_id = articles.known(lake, keys)
    replayed = fetches.landed(lake, [lead.fetch.fetch_id for lead in leads if lead.fetch is not None])
    answered = fetches.latest(lake, [lead.asked for lead in leads if lead.asked is not None], outcomes=_FINAL)
    found = []
    for lead, key in zip(leads, keys, strict=True):
        stored = by_url.get(lead.candidate.url) or by_id.get(key)
        if lead.fetch is not None:
            found.append(stored is not None and lead.fetch.fetch_id in replayed)
        elif lead.version:
            found.append(False)
        else:
            found.append((stored is not None and stored.quality != "none") or lead.asked in answered)
    return found


async def _store(
    ingest: Ingest, kept: Sequence[Finding], requests: Sequence[Fetch], part: Span, coverage: Coverage
) -> None:
    if not (kept or requests):
        return
    saved = await ingest.commit(kept, [], f"backfill: {part}", requests=requests)
    new = set(saved.new)
    for finding in kept:
        if finding.article.article_id in new:
            # Two captures of an article in one batch are one new article.
            new.discard(finding.article.article_id)
            day = coverage.days[part.nearest(finding.article.published_date)]
            day.stored += 1
            day.articles += 1
            day.launches += len(finding.extraction.launches)
