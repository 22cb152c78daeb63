"""The maintain flow: a lake that stays small, an archive within its retention, and proof that both are sound."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from prefect import flow, task
from prefect.artifacts import acreate_table_artifact
from prefect.cache_policies import NO_CACHE

from flows.progress import told
from flows.settings import Settings, load_settings
from storage import archive, maintenance
from storage.lake import Lake

log = logging.getLogger("launchwire")

Scope = Literal["hourly", "daily", "weekly"]


@flow(name="maintain", persist_result=False)
async def maintain(scope: Scope = "daily", check: bool = True) -> dict[str, Any]:
    """Compact the lake, expire what is old, retire old archive files and prove the lake sound.

    Args:
        scope: hourly merges small files and thins out snapshots; daily also expires and cleans; weekly also removes
            orphaned files.
        check: Read every file and verify keys and evidence afterwards (daily and weekly).
    """
    settings = load_settings()
    with Lake.open(settings.lake()) as lake:
        report = await _compact(lake, scope)
        retired = archive.prune(settings.data_dir / "archive", _oldest_day(settings)) if settings.archive_days else 0
        problems = await _check(lake) if check and scope != "hourly" else []
    await acreate_table_artifact(key="maintain-report", table=size_rows(report), description="The lake by table")
    return {
        **{step.name: step.count for step in report.steps},
        "files": sum(size.files for size in report.after),
        "bytes": sum(size.bytes for size in report.after),
        "archive_files_retired": retired,
        "failed": [f"{problem.table}: {problem.detail}" for problem in problems],
    }


@task(name="compact", cache_policy=NO_CACHE, persist_result=False)
async def _compact(lake: Any, scope: Scope) -> maintenance.Report:
    return await asyncio.to_thread(maintenance.maintain, lake, scope, now=datetime.now(UTC), progress=_log_step)


def _log_step(step: maintenance.Step) -> None:
    log.info("%s: %d in %.1f s", step.name, step.count, step.seconds)


@task(name="check", cache_policy=NO_CACHE, persist_result=False)
async def _check(lake: Any) -> list[maintenance.Problem]:
    log.info("reading every file and proving it")
    async with told(lambda: "still reading"):
        return await asyncio.to_thread(maintenance.check, lake)


def size_rows(report: maintenance.Report) -> list[dict[str, Any]]:
    """Rows of a table: each lake table's rows, files and bytes before and after."""
    before = {size.table: size for size in report.before}
    return [
        {
            "table": size.table,
            "rows": size.rows,
            "files before": before[size.table].files if size.table in before else 0,
            "files after": size.files,
            "bytes before": before[size.table].bytes if size.table in before else 0,
            "bytes after": size.bytes,
        }
        for size in report.after
    ]


def _oldest_day(settings: Settings) -> date:
    return datetime.now(UTC).date() - timedelta(days=settings.archive_days)
