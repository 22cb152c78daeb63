"""The backfill flow: past dates -> a source's leads -> the pages not stored yet -> the lake."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date
from typing import Any

from prefect import flow
from prefect.artifacts import acreate_table_artifact

from extractors.identity import article_id, canonical_url
from extractors.records import Finding
from flows.coverage import Coverage
from flows.ingest import Ingest, utc_now
from flows.runs import current_run_id
from flows.settings import load_settings
from flows.sources import Lead, Source, SourceName
from flows.sources.archive import ArchiveSource
from flows.spans import Span, checked_span
from storage import articles, fetches
from storage.lake import Lake

log = logging.getLogger("launchwire")

Tell = Callable[[Coverage], None]


@flow(name="backfill", flow_run_name="backfill {start} to {end} from {source}", persist_result=False)
async def backfill(start: date, end: date, source: SourceName = "archive", late_days: int = 3) -> dict[str, Any]:
    """Fill past dates, both ends included: store the articles of those dates with their launches and reactions.

    Safe to repeat and to interrupt: what is stored is neither requested nor written again.

    Args:
        start: First publication date, YYYY-MM-DD.
        end: Last publication date, YYYY-MM-DD, not before start and not in the future.
        source: Where the articles come from: launchwire's own archive, or the sites' sitemaps.
        late_days: How many days after end captures of articles of these dates are looked for.
    """
    span = checked_span(start, end, now=utc_now(), late_days=late_days)
    settings = load_settings()
    coverage = Coverage(span)
    with Lake.open(settings.lake()) as lake:
        async with Ingest(settings, lake, current_run_id()) as ingest:
            await fill(ingest, make_source(source, ingest), span, coverage)
    await acreate_table_artifact(
        key="backfill-coverage", table=coverage.rows(), description=f"Backfill of {span} from {source}"
    )
    failed = [f"{what}: {why}" for what, why in ingest.report.failed]
    return {**coverage.totals(), "coverage": coverage.rows(), "failed": failed}


def make_source(name: SourceName, ingest: Ingest) -> Source:
    """The source of that name."""
    return ArchiveSource(ingest.settings.data_dir / "archive")


async def fill(
    ingest: Ingest, source: Source, span: Span, coverage: Coverage, tell: Tell = lambda coverage: None
) -> None:
    """Store what the source has for the span, batch by batch, each in one transaction; `tell` hears after each."""
    asked: set[str] = set()
    async for batch in _batches(source, span):
        fresh = _fresh(ingest.lake, batch, asked, coverage)
        captures = await asyncio.gather(*(source.capture(lead) for lead in fresh))
        for lead, capture in zip(fresh, captures, strict=True):
            coverage.note_capture(lead.day, capture)
        findings = await ingest.read(captures)
        kept = [f for f, lead in zip(findings, fresh, strict=True) if source.keeps(f, lead, span)]
        replayed = [lead.fetch for lead in fresh if lead.fetch is not None]
        if kept or replayed:
            saved = await ingest.commit(kept, [], f"backfill: {span}", replayed=replayed)
            _count_stored(coverage, kept, {*saved.new, *saved.revised, *saved.refreshed})
        tell(coverage)


async def _batches(source: Source, span: Span) -> AsyncIterator[list[Lead]]:
    batch: list[Lead] = []
    async for lead in source.leads(span):
        batch.append(lead)
        if len(batch) == source.batch:
            yield batch
            batch = []
    if batch:
        yield batch


def _fresh(lake: Lake, batch: Sequence[Lead], asked: set[str], coverage: Coverage) -> list[Lead]:
    """The leads that have not landed yet, each address once; the others are counted as known."""
    landed = _landed(lake, batch)
    fresh = []
    for lead, known in zip(batch, landed, strict=True):
        day = coverage.days[lead.day]
        day.candidates += 1
        if known or lead.asked in asked:
            day.known += 1
            continue
        if lead.asked is not None:
            asked.add(lead.asked)
        fresh.append(lead)
    return fresh


def _landed(lake: Lake, batch: Sequence[Lead]) -> list[bool]:
    """For each lead whether its article is stored and, where it replays a request, whether that one is too."""
    urls = [lead.candidate.url for lead in batch]
    by_url = articles.known_urls(lake, urls)
    by_id = articles.known(lake, [article_id(canonical_url(url)) for url in urls])
    requests = fetches.landed(lake, [lead.fetch.fetch_id for lead in batch if lead.fetch is not None])
    landed = []
    for lead in batch:
        stored = by_url.get(lead.candidate.url) or by_id.get(article_id(canonical_url(lead.candidate.url)))
        if lead.asked is None:
            landed.append(stored is not None and lead.fetch is not None and lead.fetch.fetch_id in requests)
        else:
            landed.append(stored is not None and stored.quality != "none")
    return landed


def _count_stored(coverage: Coverage, kept: Sequence[Finding], written: set[str]) -> None:
    for finding in kept:
        day = coverage.days[coverage.span.nearest(finding.article.published_date)]
        if finding.article.article_id in written:
            day.articles += 1
            day.launches += len(finding.extraction.launches)
