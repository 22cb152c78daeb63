"""A poll killed at any moment, then run again, leaves the rows of an undisturbed one."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from newsroom import Newsroom

from flows.demo import DemoSite
from storage.lake import Lake
from storage.maintenance import check

# Imports once, then forks a poll for every line it reads: the kills fall into polls, not into Python's imports.
_NURSERY = """
import asyncio, json, os, sys
from datetime import datetime
from flows.settings import Settings
from flows.poll import poll_once
from extractors.packs import default_packs
default_packs()
for line in sys.stdin:
    settings, now = json.loads(line)
    child = os.fork()
    if child == 0:
        run = poll_once(Settings.model_validate(settings), "killed", everything=True,
                        clock=lambda: datetime.fromisoformat(now))
        asyncio.run(run)
        os._exit(0)
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
"""


class Nursery:
    """Starts polls that can be killed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _NURSERY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, newsroom: Newsroom) -> int:
        """Start a poll; returns its process id."""
        assert self._process.stdin is not None
        settings = json.loads(newsroom.settings.model_dump_json())
        self._process.stdin.write(json.dumps([settings, newsroom.now.isoformat()]) + "\n")
        self._process.stdin.flush()
        return self._number()

    def wait(self) -> bool:
        """Wait for the poll's end; whether it came to a good one."""
        return self._number() == 0

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)

    def _number(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    running = Nursery()
    yield running
    running.stop()


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("moments", [5, pytest.param(20, marks=pytest.mark.soak)])
def test_killed_at_random_moments(moments: int, tmp_path: Path, site: DemoSite, nursery: Nursery) -> None:
    undisturbed = Newsroom(tmp_path / "undisturbed", site)
    nursery.start(undisturbed)
    began = time.monotonic()
    assert nursery.wait()
    seconds = time.monotonic() - began
    expected = undisturbed.rows()
    assert expected["launches"]
    rng = random.Random(20260104)
    survived = 0
    for moment in range(moments):
        newsroom = Newsroom(tmp_path / f"killed {moment}", site)
        poll = nursery.start(newsroom)
        time.sleep(rng.uniform(0, seconds))
        with contextlib.suppress(ProcessLookupError):
            os.kill(poll, signal.SIGKILL)
        survived += nursery.wait()
        newsroom.poll()
        for table, rows in newsroom.rows().items():
            assert rows == expected[table], f"{table} after kill {moment}"
        with Lake.open(newsroom.settings.lake()) as lake:
            assert check(lake) == []
    assert survived <= moments // 2, "most kills must fall into the poll"
