"""Writer and reader processes for the crash and concurrency tests.

They are forked from a server that has imported everything, so that a test may start and kill many. A writer sends the
name of each acknowledged batch, so the test knows what must be there after a kill.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
import traceback
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

import sample

from extractors.records import Finding
from storage import articles, moving
from storage.lake import Lake, LakeConfig
from storage.maintenance import maintain

NAMES = [f"article-{n}" for n in range(40)]


def made(name: str, version: int = 0) -> Finding:
    """Version `version` of article `name`; its words, date and revision follow from both."""
    first = date(2025, 11, 1) + timedelta(days=3 * NAMES.index(name))
    item = sample.finding(name, published_date=first)
    for _ in range(version):
        item = sample.edited(item, item.article.text + " More.")
    return item


def batches() -> list[tuple[list[Finding], str]]:
    """What an undisturbed run writes: new articles, then edits of every other one."""
    news = [[made(name) for name in NAMES[start : start + 8]] for start in range(0, len(NAMES), 8)]
    edits = [[made(name, 1) for name in NAMES[start : start + 20 : 2]] for start in range(0, len(NAMES), 20)]
    return [(batch, f"batch-{number}") for number, batch in enumerate([*news, *edits])]


def write(lake: Lake, findings: list[Finding], name: str) -> None:
    articles.save(
        lake,
        findings=findings,
        fetches=[sample.fetch(f"fetch-{name}")],
        feeds=[sample.feed(etag=name, new_times=())],
        message=name,
    )


def run(out: Connection, config: LakeConfig) -> None:
    """Write every batch once."""
    with Lake.open(config) as lake:
        out.send("open")
        for findings, name in batches():
            write(lake, findings, name)
            out.send(name)


def contend(out: Connection, config: LakeConfig, seed: int, seconds: float) -> None:
    """Write random overlapping batches until the time is up, one at least."""
    rng = random.Random(seed)
    end = time.monotonic() + seconds
    written = 0
    with Lake.open(config) as lake:
        while not written or time.monotonic() < end:
            written += 1
            name = f"writer-{seed}-{rng.random()}"
            write(lake, [made(name, rng.choice((0, 0, 1))) for name in rng.sample(NAMES, 6)], name)
            out.send(name)


def watch(out: Connection, config: LakeConfig, seconds: float) -> None:
    """Query throughout, once at least; every answer must be consistent in itself and never lose an article."""
    end = time.monotonic() + seconds
    most = reads = 0
    with Lake.open(config, create=False) as lake:
        while not reads or time.monotonic() < end:
            reads += 1
            with lake.read() as con:
                ((total, distinct, launches),) = con.execute(
                    "SELECT count(*), count(DISTINCT article_id), (SELECT count(*) FROM launches) FROM articles"
                ).fetchall()
                con.execute("FROM launches_by_day").fetchall()
            assert total == distinct == launches, (total, distinct, launches)
            assert total >= most, (total, most)
            most = total
            out.send("read")


def keep_house(out: Connection, config: LakeConfig, seconds: float) -> None:
    """Run maintenance over and over."""
    end = time.monotonic() + seconds
    with Lake.open(config) as lake:
        while time.monotonic() < end:
            for round_ in ("hourly", "weekly"):
                maintain(lake, round_, now=datetime.now(UTC))
                out.send(round_)


def hold(out: Connection, config: LakeConfig) -> None:
    """Hold the poll lock until killed."""
    with Lake(config).exclusive("poll", wait_seconds=0):
        out.send("held")
        time.sleep(60)


def move_until(out: Connection, source: LakeConfig, target: LakeConfig, moment: str, calls: int) -> None:
    """Move a lake and die, as by kill -9, when the function of `storage.moving` so named is called for the nth time."""
    owner, _, name = moment.rpartition(".")
    module = getattr(moving, owner) if owner else moving
    function = getattr(module, name)
    left = iter(range(calls - 1))

    def dying(*given: object) -> object:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*given)

    setattr(module, name, dying)
    moving.move(source, target)


class Worker:
    """A process that runs one of the functions above; whatever it sent or died of can be read afterwards."""

    def __init__(self, work: Callable[..., None], *arguments: object) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["storage.articles", "storage.maintenance"])
        self._receiver, sender = context.Pipe(duplex=False)
        self.process: BaseProcess = context.Process(target=_guarded, args=(sender, work, arguments), daemon=True)
        self.process.start()
        sender.close()

    def next(self, timeout: float = 60) -> str:
        """The next thing sent; raises EOFError where the process ended."""
        assert self._receiver.poll(timeout)
        return str(self._receiver.recv())

    def kill(self) -> None:
        self.process.kill()

    def finish(self, timeout: float = 120) -> list[str]:
        """Wait for the end and return what was sent since; raises AssertionError for an error in the process."""
        sent: list[str] = []
        try:
            while True:
                sent.append(self.next(timeout))
        except (EOFError, ConnectionResetError):
            pass
        self.process.join(timeout)
        failures = [line for line in sent if line.startswith("error: ")]
        assert not failures, failures[0]
        return sent


def _guarded(out: Connection, work: Callable[..., None], arguments: tuple[object, ...]) -> None:
    try:
        work(out, *arguments)
    except BaseException:
        out.send("error: " + traceback.format_exc())
