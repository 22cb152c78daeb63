"""The backfill flow: past dates -> a source's leads -> the pages not stored yet -> the lake."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from prefect import flow
from prefect.artifacts import acreate_table_artifact

from flows.alerts import settle_run
from flows.coverage import Coverage, Day
from flows.filling import Plan, fill, plan
from flows.ingest import Ingest, utc_now
from flows.parts import can_fan_out, run_parts
from flows.progress import shown
from flows.runs import current_run_id, publish_report
from flows.settings import Settings, load_settings
from flows.sources import Source, SourceName
from flows.sources.order import Order, make_source
from flows.spans import Span, checked_span
from flows.terminal import safe
from storage import coverage as coverage_rows
from storage.coverage import CoveredDay
from storage.lake import Lake

PART = "backfill-part/backfill-part"
_ARTIFACT_SECONDS = 10.0
# How long a part waits for another run that fills the same dates before it gives up.
_PATIENCE_SECONDS = 6 * 3600.0


@flow(name="backfill", flow_run_name="backfill {start} to {end} from {source}", persist_result=False)
async def backfill(
    start: date,
    end: date,
    source: SourceName = "archive",
    feeds: list[str] | None = None,
    sites: list[str] | None = None,
    inputs: list[str] | None = None,
    late_days: int = 3,
    dry_run: bool = False,
    chunk_days: int = 7,
) -> dict[str, Any]:
    """Fill past dates, both ends included: store the articles of those dates with their launches and reactions.

    Safe to repeat, to cancel and to interrupt: what is stored is neither requested nor written again.

    Args:
        start: First publication date, YYYY-MM-DD.
        end: Last publication date, YYYY-MM-DD, not before start and not in the future.
        source: Where the articles come from: launchwire's own archive, the sites' sitemaps, WARC files (Common Crawl's
            news crawl among them), the Wayback Machine, or the older pages of the feeds themselves.
        feeds: Only these subscriptions, by name, address or outlet; all by default.
        sites: Only these sites, by host or address; those of the feeds by default.
        inputs: For source "warc", the files: paths or addresses of WARC files or of listings of them.
        late_days: How many days after end captures of articles of these dates are looked for.
        dry_run: Count what would be fetched, and fetch nothing but the listings.
        chunk_days: With workers on the work pool, each so many dates are a flow run of their own.
    """
    span = checked_span(start, end, now=utc_now(), late_days=late_days)
    order = Order(source, tuple(feeds or ()), tuple(sites or ()), tuple(inputs or ()))
    settings = load_settings()
    chunks = list(span.chunks(max(1, chunk_days)))
    if not dry_run and len(chunks) > 1 and await can_fan_out(PART, settings.data_dir):
        await _list_ahead(settings, order, span)
        failed = await run_parts(PART, [_part_parameters(span, chunk, order) for chunk in chunks])
        with Lake.open(settings.lake()) as lake:
            coverage = _covered(lake, span, current_run_id())
        counts = await _reported(coverage, order, [], [*failed, *_failed_days(coverage)])
    else:
        counts = await _fill_here(settings, order, span, span, run_id=current_run_id(), dry_run=dry_run)
    if not dry_run:
        counts["failed"] += await settle_run(settings)
    return counts


@flow(name="backfill-part", flow_run_name="backfill {start} to {end} from {source}", persist_result=False)
async def backfill_part(
    start: date,
    end: date,
    whole_start: date,
    whole_end: date,
    part_of: str,
    source: SourceName,
    feeds: list[str],
    sites: list[str],
    inputs: list[str],
    late_days: int,
) -> dict[str, Any]:
    """One chunk of a backfill; started by the flow "backfill".

    Args:
        start: First date of the chunk.
        end: Last date of the chunk.
        whole_start: First date of the whole backfill.
        whole_end: Last date of the whole backfill.
        part_of: Flow run of the whole backfill.
        source: As of the whole backfill.
        feeds: As of the whole backfill.
        sites: As of the whole backfill.
        inputs: As of the whole backfill.
        late_days: As of the whole backfill.
    """
    order = Order(source, tuple(feeds), tuple(sites), tuple(inputs))
    whole = checked_span(whole_start, whole_end, now=utc_now(), late_days=late_days)
    part = Span(start, end, late_days)
    return await _fill_here(load_settings(), order, whole, part, run_id=part_of)


async def _fill_here(
    settings: Settings, order: Order, whole: Span, part: Span, *, run_id: str, dry_run: bool = False
) -> dict[str, Any]:
    """Fill `part` of the span `whole` in this process."""
    coverage = Coverage(part)
    planned: Plan | None = None
    lock = f"backfill-{order.source}-{part.start:%Y%m%d}-{part.end:%Y%m%d}"
    with Lake.open(settings.lake()) as lake, lake.exclusive(lock, wait_seconds=_PATIENCE_SECONDS):
        async with Ingest(settings, lake, current_run_id()) as ingest:
            source = make_source(order, ingest)
            if dry_run:
                async with shown(source, coverage):
                    planned = await plan(ingest, source, whole, part, coverage)
            else:
                await _fill_and_count(ingest, source, whole, part, coverage, order, run_id)
                coverage = _covered(lake, part, run_id)
    if not dry_run:
        await publish_report("backfill", ingest.report)
    failed = [f"{what}: {why}" for what, why in ingest.report.failed]
    return await _reported(coverage, order, source.remarks, failed, planned)


async def _list_ahead(settings: Settings, order: Order, span: Span) -> None:
    """Ask for the listings once, before parts that would all ask for them find them in the archive."""
    if order.source in ("archive", "warc"):
        return
    with Lake.open(settings.lake()) as lake:
        async with Ingest(settings, lake, current_run_id()) as ingest:
            await plan(ingest, make_source(order, ingest), span, span, Coverage(span))


async def _fill_and_count(
    ingest: Ingest, source: Source, whole: Span, part: Span, coverage: Coverage, order: Order, run_id: str
) -> None:
    """Fill, showing how far it is, and store the count even of a run that fails or is cancelled."""
    told_at = time.monotonic()

    async def tell(counted: Coverage) -> None:
        nonlocal told_at
        show(counted)
        if time.monotonic() - told_at >= _ARTIFACT_SECONDS:
            told_at = time.monotonic()
            await _publish(counted, order, "so far")

    try:
        async with shown(source, coverage) as show:
            await fill(ingest, source, whole, part, coverage, tell)
    finally:
        coverage_rows.save(
            ingest.lake,
            [CoveredDay(day, **asdict(count)) for day, count in coverage.days.items()],
            run_id=run_id,
            source=order.source,
            scope=order.scope,
            finished_at=utc_now(),
        )


def _covered(lake: Lake, span: Span, run_id: str) -> Coverage:
    """What is stored of a run's count, with what the lake holds of each date."""
    coverage = Coverage(span)
    for row in coverage_rows.of_run(lake, run_id, span.start, span.end):
        coverage.days[row.date] = Day(**{name: getattr(row, name) for name in Day.__dataclass_fields__})
    return coverage


async def _reported(
    coverage: Coverage, order: Order, remarks: Sequence[str], failed: Sequence[str], planned: Plan | None = None
) -> dict[str, Any]:
    """Publish a run's count as an artifact; returns it, JSON-ready."""
    plan_counts = {"requests": planned.requests.total(), "seconds": round(planned.seconds)} if planned else {}
    await _publish(coverage, order, "plan" if planned else "done", [*remarks, *failed])
    return {
        **coverage.totals(),
        **plan_counts,
        "coverage": coverage.rows(),
        "remarks": list(remarks),
        "failed": list(failed),
    }


async def _publish(coverage: Coverage, order: Order, state: str, notes: Sequence[str] = ()) -> None:
    rows = [{**row, "note": ""} for row in coverage.rows()]
    rows += [{"date": "", **dict.fromkeys(Day.__dataclass_fields__, ""), "note": safe(note)} for note in notes]
    await acreate_table_artifact(
        key="backfill-coverage", table=rows, description=f"Backfill of {coverage.span} from {order.source}: {state}"
    )


def _failed_days(coverage: Coverage) -> list[str]:
    """What failed in the parts, by date; their own reports name each page."""
    return [f"{day}: {count.failed} pages could not be had" for day, count in coverage.days.items() if count.failed]


def _part_parameters(whole: Span, chunk: Span, order: Order) -> dict[str, Any]:
    return {
        "start": chunk.start.isoformat(),
        "end": chunk.end.isoformat(),
        "whole_start": whole.start.isoformat(),
        "whole_end": whole.end.isoformat(),
        "part_of": current_run_id(),
        "source": order.source,
        "feeds": list(order.feeds),
        "sites": list(order.sites),
        "inputs": list(order.inputs),
        "late_days": whole.late_days,
    }
