"""Polls of feeds on as many loopback hosts. Run: python -m bench.poll [FEEDS [ARTICLES]] [--prefect]

Nothing new: CPU milliseconds a feed of the poll's own process. New articles in each feed: pages a second from HTTP to
committed rows, beside a bare pool of trafilatura processes and beside our own workers on the same pages, both without
HTTP, archive and lake; also by CPU, in which the server's part does not count. Many cycles: growth of memory. With
--prefect: what the flow adds to a poll with nothing new, with 100 new articles and with all the others.
Pages: bench.pages.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import os
import resource
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench import site
from bench.yardstick import Meter, Spent, bare
from extractors.findings import Candidate, Capture
from flows.settings import Settings
from flows.workers import Workers

CYCLES = int(os.environ.get("PGC", "50"))
PROCESSES = 2


class Bench:
    """A site that is served, and a place for lakes."""

    def __init__(self, place: Path, port: int, server: int, feeds: int, articles: int) -> None:
        self.place = place
        self.feeds = feeds
        self.articles = articles
        self._port = port
        self._server = server

    def advance(self, count: int) -> None:
        """Let `count` more articles appear."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/advance/{count}") as answer:
            assert answer.status == 200

    def settings(self, name: str) -> Settings:
        """Settings of a lake of its own, which polls all feeds."""
        hosts = [f"{site.host(feed)}:{self._port}" for feed in range(self.feeds)]
        listing = "".join(f'[[feed]]\nurl = "http://{host}/rss"\nsource = "{host}"\n\n' for host in hosts)
        (self.place / "feeds.toml").write_text(listing, "utf-8")
        return Settings(
            data_dir=self.place / name, feeds=self.place / "feeds.toml", allow_networks=("127.0.0.0/8",),
            workers=PROCESSES, concurrent_hosts=64,
        )  # fmt: skip

    def bodies(self) -> Iterator[bytes]:
        """Every page, as HTML."""
        for feed in range(self.feeds):
            for number in range(self.articles):
                yield gzip.decompress(site.page_file(self.place / "pages", feed, number).read_bytes())

    def server_seconds(self) -> float:
        """CPU that the site has taken so far."""
        return _seconds(self._server)

    def other_seconds(self) -> float:
        """CPU that this process's other children that still run have taken so far."""
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        return sum(_seconds(int(child)) for child in children if int(child) != self._server)


def _seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(feeds: int, articles: int) -> Iterator[Bench]:
    """A bench with its site; ends both."""
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as ends:
        place = Path(scratch)
        (place / "pages").mkdir()
        arguments = [sys.executable, "-m", "bench.site", str(place / "pages"), str(feeds), str(articles)]
        server = ends.enter_context(subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True))
        ends.callback(server.kill)
        assert server.stdout is not None
        yield Bench(place, int(server.stdout.readline()), server.pid, feeds, articles)


class Clock:
    """A time of day that moves only when told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def polled(settings: Settings, clock: Clock) -> Spent:
    """One poll of every feed."""
    from flows.poll import poll_once  # with Prefect, which reads its settings when it is imported

    clock.now += timedelta(minutes=61)
    with Meter() as meter:
        report = asyncio.run(poll_once(settings, "bench", everything=True, clock=clock))
    assert not report.failed, report.failed[:3]
    return meter.spent


def measure(bench: Bench) -> None:
    """Print the measurements of the poll itself."""
    settings, clock = bench.settings("data"), Clock()
    polled(settings, clock)
    polled(settings, clock)
    cycles = [polled(settings, clock) for _ in range(3)]
    own, wall = sum(spent.own for spent in cycles) / 3, min(spent.wall for spent in cycles)
    print(
        f"nothing new: {1000 * own / bench.feeds:.2f} ms CPU a feed, {wall:.1f} s for {bench.feeds} feeds (bound 6 ms)"
    )

    new_articles(bench, settings, clock)

    first = memory()
    for _ in range(CYCLES):
        polled(settings, clock)
    print(f"memory: {first:.0f} MB before, {memory():.0f} MB after {CYCLES} cycles")


def new_articles(bench: Bench, settings: Settings, clock: Clock) -> None:
    """Print throughput and CPU of a poll in which every feed has new articles."""
    pages = bench.feeds * bench.articles
    bench.advance(pages)
    before = bench.server_seconds()
    ours = polled(settings, clock)
    serving = bench.server_seconds() - before
    with Meter() as meter:
        assert bare(bench.bodies(), PROCESSES) == pages
    plain = meter.spent
    with Meter() as meter:
        asyncio.run(_workers_alone(bench, settings))
    workers = meter.spent

    def line(name: str, spent: Spent) -> str:
        return (
            f"  {name:<22} {pages / spent.wall:6.1f} pages/s; CPU {1000 * spent.cpu / pages:.1f} ms a page: "
            f"{1000 * spent.own / pages:.1f} main process, {1000 * spent.children / pages:.1f} workers"
        )

    print(f"{bench.articles} new articles in each of {bench.feeds} feeds, {PROCESSES} worker processes")
    print(line("HTTP to committed rows", ours))
    print(line("trafilatura alone", plain))
    print(line("our workers alone", workers))
    print(f"  the site itself took {1000 * serving / pages:.1f} ms CPU a page beside the poll")
    for name, yardstick in (("trafilatura alone (bound 90 %)", plain), ("our workers alone", workers)):
        print(f"  {yardstick.wall / ours.wall:.0%} of {name} by the clock, {yardstick.cpu / ours.cpu:.0%} by CPU")


async def _workers_alone(bench: Bench, settings: Settings) -> None:
    now = datetime(2026, 1, 5, 9, tzinfo=UTC)
    with Workers(settings.workers, settings.page_seconds, settings.page_attempts, settings.packs) as workers:
        window = asyncio.Semaphore(16)

        async def read(number: int, body: bytes) -> None:
            url = f"http://bench.example/news/{number}"
            try:
                await workers.read_one(Capture(Candidate(url, "Quay"), url, body, "text/html", "ok", now))
            finally:
                window.release()

        async with asyncio.TaskGroup() as tasks:
            for number, body in enumerate(bench.bodies()):
                await window.acquire()
                tasks.create_task(read(number, body))


def memory() -> float:
    """The most that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def orchestration(bench: Bench) -> None:
    """Print what Prefect adds to a poll: the flow with a private server against the same poll without."""
    from flows.runtime import private_server

    pages = bench.feeds * bench.articles
    bare_settings, flow_settings, clock = bench.settings("without"), bench.settings("with"), Clock()
    with private_server():
        from flows.poll import poll

        flow_settings.activate()

        def flow() -> Spent:
            with Meter() as meter:
                assert not asyncio.run(poll(everything=True))["failed"]
            return meter.spent

        flow()
        polled(bare_settings, clock)
        few = min(100, pages)
        for new in (0, few, pages - few):
            bench.advance(new)
            alone, before = polled(bare_settings, clock), bench.other_seconds()
            within = flow()
            server = bench.other_seconds() - before
            added = within.cpu - alone.cpu + server
            print(
                f"{new} new articles: {alone.wall:.1f} s, {alone.cpu:.1f} s CPU without Prefect; {within.wall:.1f} s, "
                f"{within.cpu:.1f} s CPU in its flow and {server:.1f} s in its server: {added:.1f} s are Prefect's, "
                f"{added / (within.cpu + server):.0%}"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("feeds", type=int, nargs="?", default=500)
    parser.add_argument("articles", type=int, nargs="?", default=10)
    parser.add_argument("--prefect", action="store_true")
    given = parser.parse_args()
    with served(given.feeds, given.articles) as made:
        orchestration(made) if given.prefect else measure(made)
