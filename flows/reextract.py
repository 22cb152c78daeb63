"""The reextract flow: stored articles of past dates -> the current rules -> their launches and reactions anew."""

from __future__ import annotations

import logging
from dataclasses import fields
from datetime import date
from typing import Any

from prefect import flow
from prefect.artifacts import acreate_table_artifact

from flows.ingest import utc_now
from flows.runs import batched
from flows.settings import Settings, load_settings
from flows.spans import Span, checked_span
from flows.workers import Workers
from storage import articles
from storage.articles import Difference
from storage.lake import Lake

log = logging.getLogger("launchwire")

BATCH_ARTICLES = 500


@flow(name="reextract", flow_run_name="reextract {start} to {end}", persist_result=False)
async def reextract(start: date, end: date) -> dict[str, Any]:
    """Read the stored articles of past dates with the current rules and replace exactly their launches and reactions.

    Args:
        start: First publication date, YYYY-MM-DD.
        end: Last publication date, YYYY-MM-DD, not before start and not in the future.
    """
    span = checked_span(start, end, now=utc_now())
    settings = load_settings()
    with Lake.open(settings.lake()) as lake:
        difference, failed = await reread(settings, lake, span)
    counts = {f.name: getattr(difference, f.name) for f in fields(difference) if f.name != "stale"}
    await acreate_table_artifact(
        key="reextract-difference",
        table=[{"what": name.replace("_", " "), "value": str(value)} for name, value in counts.items()],
        description=f"Re-extraction of {span}",
    )
    failed += [f"{article_id}: edited while it was read" for article_id in difference.stale]
    return {**counts, "failed": failed}


async def reread(settings: Settings, lake: Lake, span: Span) -> tuple[Difference, list[str]]:
    """Extract every stored article of the span anew, batch by batch; returns the difference and what failed."""
    total, failed = Difference(), []
    with Workers(settings.workers, settings.page_seconds, settings.page_attempts, settings.packs) as workers:
        for batch in batched(articles.between(lake, span.start, span.end), BATCH_ARTICLES):
            found = await workers.reread(batch)
            failed += [f"{a.url}: the rules failed on it" for a, f in zip(batch, found, strict=True) if f is None]
            findings = [finding for finding in found if finding is not None]
            total = _sum(total, articles.replace_extractions(lake, findings, message=f"reextract: {span}"))
    return total, failed


def _sum(a: Difference, b: Difference) -> Difference:
    return Difference(*(getattr(a, f.name) + getattr(b, f.name) for f in fields(Difference)))
