"""The reextract flow: stored articles of past dates -> the current rules -> their launches and reactions anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from prefect import flow
from prefect.artifacts import acreate_table_artifact

from flows.alerts import settle_run
from flows.differences import RuleChanges
from flows.ingest import utc_now
from flows.parts import can_fan_out, run_parts
from flows.rereading import reread
from flows.runs import current_run_id
from flows.settings import load_settings
from flows.spans import Span, checked_span
from storage import rule_changes
from storage.lake import Lake
from storage.rule_changes import About

PART = "reextract-part/reextract-part"


@flow(name="reextract", flow_run_name="reextract {start} to {end}", persist_result=False)
async def reextract(
    start: date, end: date, from_html: bool = False, dry_run: bool = False, chunk_days: int = 31
) -> dict[str, Any]:
    """Read the stored articles of past dates with the current rules and replace exactly their launches and reactions.

    Args:
        start: First publication date, YYYY-MM-DD.
        end: Last publication date, YYYY-MM-DD, not before start and not in the future.
        from_html: Read the archived pages anew instead of the stored texts, and replace the texts too.
        dry_run: Only count what would change.
        chunk_days: With workers on the work pool, each so many dates are a flow run of their own.
    """
    span = checked_span(start, end, now=utc_now())
    settings = load_settings()
    chunks = list(span.chunks(max(1, chunk_days)))
    if len(chunks) > 1 and await can_fan_out(PART, settings.data_dir):
        given = {"part_of": current_run_id(), "from_html": from_html, "dry_run": dry_run}
        dates = [{"start": chunk.start.isoformat(), "end": chunk.end.isoformat()} for chunk in chunks]
        failed = await run_parts(PART, [{**chunk, **given} for chunk in dates])
        changes = RuleChanges()
        with Lake.open(settings.lake()) as lake:
            changes.add(rule_changes.of_run(lake, current_run_id()))
        counts = await _reported(span, changes, {}, failed)
    else:
        counts = await _reread_here(span, run_id=current_run_id(), from_html=from_html, dry_run=dry_run)
    if not dry_run:
        counts["failed"] += await settle_run(settings)
    return counts


@flow(name="reextract-part", flow_run_name="reextract {start} to {end}", persist_result=False)
async def reextract_part(start: date, end: date, part_of: str, from_html: bool, dry_run: bool) -> dict[str, Any]:
    """One chunk of a re-extraction; started by the flow "reextract".

    Args:
        start: First date of the chunk.
        end: Last date of the chunk.
        part_of: Flow run of the whole re-extraction.
        from_html: As of the whole re-extraction.
        dry_run: As of the whole re-extraction.
    """
    return await _reread_here(
        checked_span(start, end, now=utc_now()), run_id=part_of, from_html=from_html, dry_run=dry_run
    )


async def _reread_here(span: Span, *, run_id: str, from_html: bool, dry_run: bool) -> dict[str, Any]:
    settings = load_settings()
    with Lake.open(settings.lake()) as lake:
        done = await reread(settings, lake, span, from_html=from_html, dry_run=dry_run)
        about = About(run_id, span.start, span.end, dry_run, utc_now())
        rule_changes.save(lake, about, done.changes.rows())
    counts = {"articles": done.articles, "touched": done.touched}
    return await _reported(span, done.changes, counts, done.failed, done.remarks)


async def _reported(
    span: Span, changes: RuleChanges, counts: dict[str, int], failed: Sequence[str], remarks: Sequence[str] = ()
) -> dict[str, Any]:
    """Publish the difference as an artifact; returns it, JSON-ready."""
    rows = [
        {"record": record, "rule": rule or "(all)", "gained": gained, "lost": lost, "changed": changed}
        for record, rule, gained, lost, changed in changes.rows()
    ]
    await acreate_table_artifact(key="reextract-difference", table=rows, description=f"Re-extraction of {span}")
    return {**counts, **changes.summary(), "rules": rows, "remarks": list(remarks), "failed": list(failed)}
