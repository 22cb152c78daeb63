"""What every flow run shares."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from prefect.artifacts import acreate_table_artifact
from prefect.runtime import flow_run

from flows.report import RunReport
from flows.terminal import safe

T = TypeVar("T")


def current_run_id() -> str:
    """Prefect's flow run id, or a new one outside of a run."""
    return str(flow_run.id or uuid.uuid4())


def batched(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """Tuples of `size` items, the last one shorter (itertools.batched, which Python 3.11 lacks)."""
    source = iter(items)
    while batch := tuple(islice(source, size)):
        yield batch


async def publish_report(flow_name: str, report: RunReport) -> None:
    """Keep a run's report as a table artifact in Prefect."""
    rows = [{"what": name, "value": str(value)} for name, value in report.counts().items() if name != "failed"]
    rows += [{"what": f"failed: {safe(what)}", "value": safe(why)} for what, why in report.failed]
    rows += [{"what": f"slow host: {safe(host)}", "value": f"{seconds:.1f} s"} for host, seconds in report.slowest()]
    await acreate_table_artifact(key=f"{flow_name}-report", table=rows, description=f"Report of this {flow_name}")
