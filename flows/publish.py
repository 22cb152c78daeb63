"""The publish flow: the lake -> a report, feeds and data files in a directory that any web server can serve."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from prefect import flow, task
from prefect.artifacts import acreate_table_artifact
from prefect.cache_policies import NO_CACHE

from extractors.gazetteer import Gazetteer
from flows.alerts import settle
from flows.caching import rules
from flows.report_site.build import build
from flows.report_site.writer import Site
from flows.settings import Settings, load_settings
from storage.lake import Lake

log = logging.getLogger("launchwire")

# A build that another run is at takes a minute at most.
_PATIENCE_SECONDS = 120.0


@flow(name="publish", persist_result=False)
async def publish() -> dict[str, Any]:
    """Write the report, the feeds and the data files; only what changed is written again."""
    settings = load_settings()
    with Lake.open(settings.lake()) as lake:
        site, failed = await _build(lake, settings)
    counts = {"written": site.written, "unchanged": site.kept, "removed": site.removed}
    await acreate_table_artifact(
        key="publish-report",
        table=[{"files": name, "count": value} for name, value in counts.items()],
        description=f"Published to {site.directory}",
    )
    return {**counts, "failed": failed}


@task(name="build-site", cache_policy=NO_CACHE, persist_result=False)
async def _build(lake: Any, settings: Settings) -> tuple[Site, list[str]]:
    return await asyncio.to_thread(build_site, lake, settings)


def build_site(lake: Lake, settings: Settings) -> tuple[Site, list[str]]:
    """Join what a crashed run may have left unjoined, tell of it, then bring the published directory up to date.

    Returns the directory, and why somebody could not be told. Raises BusyLockError where another run publishes all the
    while.
    """
    log.info("joining launches into incidents, and telling of them")
    gazetteer = Gazetteer(rules(settings.packs))
    failed = settle(lake, settings, gazetteer=gazetteer)
    log.info("bringing %s up to date", settings.published_to)
    with lake.exclusive("publish", wait_seconds=_PATIENCE_SECONDS):
        site = build(
            lake,
            settings.published_to,
            home=settings.home_url,
            packs=settings.packs,
            gazetteer=gazetteer,
            workers=settings.workers,
        )
    return site, failed
