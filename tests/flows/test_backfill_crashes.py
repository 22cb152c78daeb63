"""kill -9 of a backfill at any moment, and several processes at one backfill beside polls."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fill_child import NOW
from past import days, query, rows, settings

from extractors.records import FeedState
from flows.demo import DemoSite
from flows.spans import Span
from storage import feeds
from storage.lake import Lake

HERE = Path(__file__).parent
SPAN = days("2026-01-10", "2026-01-16")


class Nursery:
    """Starts backfills that can be killed."""

    def __init__(self) -> None:
        paths = os.pathsep.join([str(HERE), str(HERE.parent.parent)])
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "fill_child.py")],
            env={**os.environ, "PYTHONPATH": paths},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, data: Path, part: Span = SPAN) -> int:
        """Start a backfill of `part`; returns its process id."""
        assert self._process.stdin is not None
        dates = {name: [f"{span.start}", f"{span.end}"] for name, span in (("whole", SPAN), ("part", part))}
        self._process.stdin.write(json.dumps({"data": str(data), "source": "sitemap", **dates}) + "\n")
        self._process.stdin.flush()
        return self._number()

    def wait(self) -> bool:
        """Wait for the backfill's end; whether it came to a good one."""
        return self._number() == 0

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)

    def _number(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())


@pytest.fixture(scope="module")
def nurseries() -> Iterator[tuple[Nursery, Nursery]]:
    running = Nursery(), Nursery()
    yield running
    for nursery in running:
        nursery.stop()


def fresh(directory: Path, site: DemoSite, name: str) -> Path:
    data = directory / name
    data.mkdir()
    site.feeds_toml(data / "feeds.toml")
    Lake.open(settings(data).lake()).close()
    return data


@dataclass(frozen=True)
class Undisturbed:
    """The site, the rows of a run that nothing disturbs, and how many pages it asked for."""

    site: DemoSite
    rows: dict[str, list[Any]]
    pages: int


@pytest.fixture(scope="module")
def undisturbed(nurseries: tuple[Nursery, Nursery], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Undisturbed]:
    with DemoSite(now=NOW) as site:
        data = fresh(tmp_path_factory.mktemp("undisturbed"), site, "data")
        nurseries[0].start(data)
        assert nurseries[0].wait()
        yield Undisturbed(site, rows(data), pages(site).total())


def pages(site: DemoSite) -> Counter[str]:
    """How often each page was asked for."""
    listings = ("/robots.txt", "/sitemap")
    return Counter(site.base(r.outlet) + r.path for r in site.requests if not r.path.startswith(listings))


def kill_and_rerun(directory: Path, nursery: Nursery, run: Undisturbed, moments: Sequence[tuple[int, float]]) -> None:
    """Kill a backfill so many seconds after its so-manieth page was asked for, run it again, and compare."""
    caught_at_work = 0
    for number, (asked, later) in enumerate(moments):
        data = fresh(directory, run.site, f"data-{number}")
        run.site.requests.clear()
        child = nursery.start(data)
        deadline = time.monotonic() + 60
        while pages(run.site).total() < asked and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(later)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        nursery.wait()
        landed = {url for (url,) in query(data, "SELECT url FROM fetches WHERE kind = 'page'")}
        run.site.requests.clear()
        nursery.start(data)
        assert nursery.wait()
        again = pages(run.site)
        assert not landed & set(again), "a page that had landed was asked for again"
        assert max(again.values(), default=0) <= 1
        assert rows(data) == run.rows
        caught_at_work += bool(landed) and bool(again)
        shutil.rmtree(data)
    assert caught_at_work, "no kill found the run between its first page and its last"


def test_a_killed_backfill_goes_on_where_it_was(
    tmp_path: Path, nurseries: tuple[Nursery, Nursery], undisturbed: Undisturbed
) -> None:
    kill_and_rerun(tmp_path, nurseries[0], undisturbed, [(3, 0.0), (8, 0.1)])


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_twenty_kills(tmp_path: Path, nurseries: tuple[Nursery, Nursery], undisturbed: Undisturbed) -> None:
    chance = random.Random(5)
    moments = [(chance.randint(0, undisturbed.pages), chance.uniform(0, 1)) for _ in range(20)]
    kill_and_rerun(tmp_path, nurseries[0], undisturbed, moments)


def test_two_workers_share_a_backfill_beside_a_writer_that_never_waits_long(
    tmp_path: Path, nurseries: tuple[Nursery, Nursery], undisturbed: Undisturbed
) -> None:
    data = fresh(tmp_path, undisturbed.site, "data")
    undisturbed.site.requests.clear()
    ended = threading.Event()

    def fill_parts(nursery: Nursery, parts: Sequence[Span]) -> None:
        for part in parts:
            nursery.start(data, part)
            assert nursery.wait()

    waits = []

    def write_as_polls_do() -> None:
        state = FeedState("beside", "https://beside.example/rss", "Beside")
        with Lake.open(settings(data).lake()) as lake:
            while not ended.wait(0.3):
                feeds.register(lake, [state], message="poll beside")
                began = time.monotonic()
                with lake.exclusive("writer", wait_seconds=60):
                    waits.append(time.monotonic() - began)

    parts = list(SPAN.chunks(2))
    with ThreadPoolExecutor(3) as pool:
        writer = pool.submit(write_as_polls_do)
        try:
            workers = [pool.submit(fill_parts, n, parts[i::2]) for i, n in enumerate(nurseries)]
            for worker in workers:
                worker.result()
        finally:
            ended.set()
        writer.result()
    assert rows(data) == undisturbed.rows
    assert max(pages(undisturbed.site).values()) == 1
    assert len(waits) > 3
    assert max(waits) < 5
