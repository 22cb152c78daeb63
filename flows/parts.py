"""A long run cut into flow runs of their own, so that every worker of the work pool shares it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import WorkerFilter, WorkerFilterStatus
from prefect.client.schemas.objects import FlowRun, WorkerStatus
from prefect.deployments import arun_deployment
from prefect.exceptions import ObjectNotFound
from prefect.runtime import deployment

from flows.runtime import running_api

# Half of the work pool's limit: polls keep their place beside a backfill of a year.
PARTS_AT_ONCE = 2
_POLL_SECONDS = 1.0


async def can_fan_out(name: str, data_dir: Path) -> bool:
    """Whether parts of this run find the deployment `name`, a worker that is online, and the same data as we."""
    # Workers of a server that some variable names may have other settings than this process.
    if deployment.id is None and running_api(data_dir) is None:
        return False
    async with get_client() as client:
        try:
            found = await client.read_deployment_by_name(name)
        except ObjectNotFound:
            return False
        if found.work_pool_name is None:
            return False
        online = WorkerFilter(status=WorkerFilterStatus(any_=[WorkerStatus.ONLINE]))
        return bool(await client.read_workers_for_work_pool(found.work_pool_name, worker_filter=online))


async def run_parts(name: str, parameters: Sequence[dict[str, Any]]) -> list[str]:
    """Run the deployment `name` once with each of these parameters, some at once; returns what failed, in words."""
    turns = asyncio.Semaphore(PARTS_AT_ONCE)

    async def run(given: dict[str, Any]) -> str | None:
        async with turns:
            done: FlowRun = await arun_deployment(name, parameters=given, timeout=None, poll_interval=_POLL_SECONDS)
        if done.state is not None and done.state.is_completed():
            return None
        state = f"{done.state.name}: {done.state.message}" if done.state else "no state"
        return f"{given['start']} to {given['end']}: the part {done.name!r} ended as {state}"

    return [failure for failure in await asyncio.gather(*map(run, parameters)) if failure is not None]
