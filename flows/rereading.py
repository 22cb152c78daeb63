"""The stretch of a re-extraction without its orchestration: stored articles -> rules -> difference -> lake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import get_args

from extractors.records import Article, Finding, Quality
from flows.differences import RuleChanges
from flows.progress import told
from flows.settings import Settings
from flows.sources.archive import ArchiveSource
from flows.spans import Span
from flows.workers import Workers
from storage import articles
from storage.lake import Lake

BATCH_ARTICLES = 500
_WORST_LAST: tuple[Quality, ...] = get_args(Quality)


@dataclass(slots=True)
class Rereading:
    """What a re-extraction did: `articles` read, `touched` those where something differs, and what was not as asked."""

    articles: int = 0
    touched: int = 0
    changes: RuleChanges = field(default_factory=RuleChanges)
    failed: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


async def reread(settings: Settings, lake: Lake, span: Span, *, from_html: bool, dry_run: bool) -> Rereading:
    """Extract every stored article of the span anew, batch by batch, each replaced in one transaction.

    With `from_html` the archived page is read anew where there is one, else the stored text.
    """
    done = Rereading()
    async with told(lambda: f"{span}: {done.articles} articles read, {done.touched} of them differ"):
        await _reread_all(settings, lake, span, done, from_html=from_html, dry_run=dry_run)
    return done


async def _reread_all(
    settings: Settings, lake: Lake, span: Span, done: Rereading, *, from_html: bool, dry_run: bool
) -> None:
    source = ArchiveSource(settings.data_dir / "archive")
    with Workers(settings.workers, settings.page_seconds, settings.page_attempts, settings.packs) as workers:
        for batch in _batches(articles.between(lake, span.start, span.end)):
            pages = await _pages(source, workers, batch, done) if from_html else {}
            texts = [article for article in batch if article.article_id not in pages]
            found = await workers.reread(texts)
            done.failed += [f"{a.url}: the rules failed on it" for a, f in zip(texts, found, strict=True) if f is None]
            fresh = [finding for finding in found if finding is not None]
            _compare(lake, [*fresh, *pages.values()], done)
            if not dry_run:
                _replace(lake, fresh, list(pages.values()), span, done)


async def _pages(
    source: ArchiveSource, workers: Workers, batch: Sequence[Article], done: Rereading
) -> Mapping[str, Finding]:
    """Articles of the batch as their archived pages read now, by id; those without one, or worse than what is stored,
    are left out and counted.
    """
    leads = await source.leads_of({(article.url, article.last_seen_at): article.article_id for article in batch})
    captures = {article_id: await source.capture(lead) for article_id, lead in leads.items()}
    had = {i: c for i, c in captures.items() if c.outcome != "unreadable"}
    findings = dict(zip(had, await workers.read(list(had.values())), strict=True))
    stored = {article.article_id: article for article in batch}
    pages = {i: f for i, f in findings.items() if f.article.article_id == i and not _worse(f.article, stored[i])}
    if len(pages) < len(batch):
        done.remarks.append(
            f"{len(batch) - len(pages)} articles from {batch[0].published_date} on have no archived page that reads as "
            "well; their stored texts were read"
        )
    return pages


def _worse(found: Article, stored: Article) -> bool:
    return _WORST_LAST.index(found.quality) > _WORST_LAST.index(stored.quality)


def _compare(lake: Lake, findings: Sequence[Finding], done: Rereading) -> None:
    """Count the difference to what is stored."""
    stored = {f.article.article_id: f for f in articles.findings(lake, [f.article.article_id for f in findings])}
    for finding in findings:
        before = stored.get(finding.article.article_id)
        if before is not None:
            done.articles += 1
            done.touched += done.changes.compare(before.extraction, finding.extraction)


def _replace(lake: Lake, texts: Sequence[Finding], pages: Sequence[Finding], span: Span, done: Rereading) -> None:
    """Write them; what was edited since it was read is left alone and named."""
    stale: list[str] = []
    if texts:
        stale += articles.replace_extractions(lake, texts, message=f"reextract: {span}").stale
    if pages:
        stale += articles.replace_readings(lake, pages, message=f"reextract from html: {span}")
    done.failed += [f"{article_id}: edited while it was read; run again" for article_id in stale]


def _batches(found: Iterable[Article]) -> Iterator[list[Article]]:
    waiting = iter(found)
    while batch := list(islice(waiting, BATCH_ARTICLES)):
        yield batch
