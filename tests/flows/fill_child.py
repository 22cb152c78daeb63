"""Backfills in processes of their own, to be killed.

Imports once, then forks a backfill for every line of JSON that it reads: kills fall into backfills, not into Python's
imports, and every backfill reads by the same rules. For each it writes the process id, then the exit status.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from past import days, settings

from extractors.packs import default_packs
from flows.coverage import Coverage
from flows.filling import fill
from flows.ingest import Ingest
from flows.sources.order import Order, make_source
from storage.lake import Lake

# Pages are captured when a run asks for them; with the time fixed, runs can be compared row by row.
NOW = datetime(2026, 2, 1, tzinfo=UTC)


async def run(order: dict[str, Any]) -> None:
    """Fill, in batches so small that a kill finds work in every state."""
    config = settings(Path(order["data"]))
    whole, part = days(*order["whole"]), days(*order["part"])
    with Lake.open(config.lake()) as lake:
        async with Ingest(config, lake, "child", clock=lambda: NOW) as ingest:
            source = make_source(Order(order["source"]), ingest)
            source.batch = 2
            await fill(ingest, source, whole, part, Coverage(part))


def main() -> None:
    """Serve the lines of the standard input."""
    default_packs()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(run(json.loads(line)))
            os._exit(0)
        _say(child)
        _say(os.waitpid(child, 0)[1])


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
