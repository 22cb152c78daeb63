"""kill -9 of a backfill at any moment, and several processes at one backfill beside polls."""

from __future__ import annotations

import asyncio
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

from flows.demo import DemoSite
from flows.poll import poll_once
from flows.spans import Span
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
    data: Path
    rows: dict[str, list[Any]]
    pages: int


@pytest.fixture(scope="module")
def undisturbed(nurseries: tuple[Nursery, Nursery], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Undisturbed]:
    with DemoSite(now=NOW) as site:
        data = fresh(tmp_path_factory.mktemp("undisturbed"), site, "data")
        nurseries[0].start(data)
        assert nurseries[0].wait()
        yield Undisturbed(site, data, rows(data), pages(site).total())


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


def test_two_workers_share_thirty_dates_beside_polls_that_never_wait_long(
    tmp_path: Path, nurseries: tuple[Nursery, Nursery], undisturbed: Undisturbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = fresh(tmp_path, undisturbed.site, "data")
    undisturbed.site.requests.clear()
    ended = threading.Event()
    parts = list(days("2026-01-01", "2026-01-30").chunks(3))

    def fill_parts(nursery: Nursery, share: Sequence[Span]) -> None:
        for part in share:
            nursery.start(data, part)
            assert nursery.wait()

    writes = []
    write = Lake.write

    def timed(lake: Lake, *args: Any, **options: Any) -> Any:
        began = time.monotonic()
        try:
            return write(lake, *args, **options)
        finally:
            writes.append(time.monotonic() - began)

    monkeypatch.setattr(Lake, "write", timed)

    def poll_again_and_again(other: DemoSite) -> int:
        config = settings(data, feeds=data / "polled.toml")
        other.feeds_toml(config.feeds)
        polls = 0
        while not polls or not ended.wait(2):
            report = asyncio.run(poll_once(config, f"poll-{polls}", everything=True, clock=lambda: NOW))
            assert not report.failed
            polls += 1
        return polls

    with DemoSite(now=NOW) as other, ThreadPoolExecutor(3) as pool:
        poller = pool.submit(poll_again_and_again, other)
        try:
            for worker in [pool.submit(fill_parts, n, parts[i::2]) for i, n in enumerate(nurseries)]:
                worker.result()
        finally:
            ended.set()
        assert poller.result() >= 2
        alone = fresh(tmp_path, other, "alone")
        asyncio.run(poll_once(settings(alone), "alone", everything=True, clock=lambda: NOW))
    # The time of a write holds its wait for the others.
    assert max(writes) < 5
    assert max(pages(undisturbed.site).values()) == 1
    assert told(data) == told(undisturbed.data) | told(alone)
    assert query(data, "SELECT count(*) FROM articles") == [(len(told(data)),)]


def told(data: Path) -> set[Any]:
    """Every article with its launches and reactions; what it is a copy of depends on the other site's articles."""
    counted = "SELECT article_id, string_agg(hash({0}), ' ' ORDER BY hash({0})) AS told FROM {1} GROUP BY 1"
    launches = counted.format("concat_ws('|', launch_id, country, date, evidence)", "launches")
    reactions = counted.format("concat_ws('|', reaction_id, actor, type, evidence)", "reactions")
    return set(
        query(
            data,
            "SELECT a.article_id, a.content_hash, a.published_date, l.told, r.told FROM articles a "
            f"LEFT JOIN ({launches}) l USING (article_id) LEFT JOIN ({reactions}) r USING (article_id)",
        )
    )
