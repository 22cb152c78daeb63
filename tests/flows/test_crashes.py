"""A poll killed at any moment, then run again, leaves the rows of an undisturbed one."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from newsroom import Newsroom

from flows.demo import DemoSite
from storage.lake import Lake
from storage.maintenance import check

MOMENTS = 20

# Says when it is about to begin, so that the kills fall into the poll and not into Python's imports.
_POLL = """
import sys
from datetime import datetime
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from flows.settings import Settings
from flows.poll import poll_once
from extractors.packs import default_packs
import asyncio
settings = Settings.model_validate_json(sys.argv[2])
now = datetime.fromisoformat(sys.argv[3])
print("ready", flush=True)
asyncio.run(poll_once(settings, "killed", everything=True, clock=lambda: now))
print("done", flush=True)
"""


def _start(newsroom: Newsroom) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _POLL, str(Path(__file__).parent), newsroom.settings.model_dump_json(),
         newsroom.now.isoformat()],
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.timeout(600)
def test_killed_at_twenty_random_moments(tmp_path: Path, site: DemoSite) -> None:
    undisturbed = Newsroom(tmp_path / "undisturbed", site)
    process = _start(undisturbed)
    began = time.monotonic()
    assert process.wait() == 0
    seconds = time.monotonic() - began
    expected = undisturbed.rows()
    assert expected["launches"]
    rng = random.Random(20260104)
    survived = 0
    for moment in range(MOMENTS):
        newsroom = Newsroom(tmp_path / f"killed {moment}", site)
        process = _start(newsroom)
        time.sleep(rng.uniform(0, seconds))
        process.kill()
        survived += process.wait() == 0
        newsroom.poll()
        for table, rows in newsroom.rows().items():
            assert rows == expected[table], f"{table} after kill {moment}"
        with Lake.open(newsroom.settings.lake()) as lake:
            assert check(lake) == []
    assert survived < MOMENTS // 2, "most kills must fall into the poll"
