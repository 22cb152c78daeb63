"""The stretch of a backfill without its orchestration: leads -> those not landed yet -> captures -> the lake."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from extractors.identity import article_id, canonical_url
from extractors.records import Finding
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

    A batch is read while the one before it is being stored. `tell` hears after each batch.
    """
    asked: set[str] = set()
    storing: asyncio.Task[None] | None = None
    try:
        async for batch in _batches(source, whole, part):
            fresh = _fresh(ingest.lake, batch, asked, coverage)
            kept, replayed = await _read(ingest, source, fresh, whole, coverage)
            if storing is not None:
                await storing
            storing = asyncio.create_task(_store(ingest, kept, replayed, part, coverage))
            await tell(coverage)
    finally:
        if storing is not None:
            await storing
    if ingest.uncommitted:
        await ingest.commit([], [], f"backfill: requests for {part}")
    await tell(coverage)


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


async def _read(
    ingest: Ingest, source: Source, leads: Sequence[Lead], whole: Span, coverage: Coverage
) -> tuple[list[Finding], list[Lead]]:
    """What the leads' captures hold and belongs to the span; and the leads that replay a request."""
    captures = await asyncio.gather(*(source.capture(lead) for lead in leads))
    for lead, capture in zip(leads, captures, strict=True):
        coverage.note_capture(lead.day, capture)
    findings = await ingest.read(captures)
    kept = [f for f, lead in zip(findings, leads, strict=True) if source.keeps(f, lead, whole)]
    return kept, [lead for lead in leads if lead.fetch is not None]


async def _store(
    ingest: Ingest, kept: Sequence[Finding], replayed: Sequence[Lead], part: Span, coverage: Coverage
) -> None:
    if not (kept or replayed or ingest.uncommitted):
        return
    requests = [lead.fetch for lead in replayed if lead.fetch is not None]
    saved = await ingest.commit(kept, [], f"backfill: {part}", replayed=requests)
    new = set(saved.new)
    for finding in kept:
        if finding.article.article_id in new:
            # Two captures of an article in one batch are one new article.
            new.discard(finding.article.article_id)
            day = coverage.days[part.nearest(finding.article.published_date)]
            day.stored += 1
            day.articles += 1
            day.launches += len(finding.extraction.launches)
