"""Worker processes that read captures: a page that hangs or kills its process costs that page only."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

from isal import isal_zlib
from pebble import ProcessExpired, ProcessPool

from extractors.findings import Capture, finding, read
from extractors.packs import Packs
from extractors.records import Article, Finding
from flows.caching import checked_rules, rules

# lxml and the pattern caches grow slowly; a worker is replaced after so many pages.
_PAGES_PER_WORKER = 2_000
# Bytes of a body that fit into a pipe with the rest of the capture.
_SENT_PLAIN = 48_000

_packs: Packs | None = None


def _start(packs: tuple[Path, ...]) -> None:
    global _packs
    _packs = rules(packs)


def _sendable(capture: Capture) -> tuple[Capture, bool]:
    """The capture with a large body packed, and whether it is.

    A pipe holds 64 KB. What is larger is written in turns with its reader, and for each the writing thread waits for
    the interpreter, which the event loop holds: 5 to 10 ms for a page of 215 KB, under 1 ms for its 50 KB packed.
    """
    # Not `len`, by which a body of another class could run code of its own in this process.
    if capture.body is None or memoryview(capture.body).nbytes <= _SENT_PLAIN:
        return capture, False
    return replace(capture, body=isal_zlib.compress(capture.body, 1)), True


def _read(capture: Capture, packed: bool, attempts_allowed: int) -> Finding:
    assert _packs is not None
    if packed and capture.body is not None:
        capture = replace(capture, body=isal_zlib.decompress(capture.body))
    return finding(capture, _packs, attempts_allowed=attempts_allowed)


def _reread(article: Article) -> Finding:
    assert _packs is not None
    return Finding(article, read(article, _packs))


class Workers:
    """A pool of `count` processes for `finding`, started with the first capture; 0 reads in this process, unguarded.

    `page_seconds` is what one page may take. Processes are spawned, not forked: lxml and DuckDB do not survive a fork
    of a threaded process.
    """

    def __init__(self, count: int, page_seconds: float, attempts_allowed: int, packs: tuple[Path, ...]) -> None:
        self._page_seconds = page_seconds
        self._attempts_allowed = attempts_allowed
        self._packs = packs
        if packs:  # a mistake in them is told here, and not by workers that cannot start
            checked_rules(packs)
        self._pool = _pool(count, packs) if count else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool.join()

    async def read(self, captures: Sequence[Capture]) -> list[Finding]:
        """Findings in the order of `captures`; one that failed in its worker says so in its article's outcome."""
        return list(await asyncio.gather(*(self.read_one(capture) for capture in captures)))

    async def reread(self, articles: Sequence[Article]) -> list[Finding | None]:
        """Stored articles with what the rules find now, in order; None for one that failed in its worker."""
        return list(await asyncio.gather(*(self._again(article) for article in articles)))

    async def _again(self, article: Article) -> Finding | None:
        if self._pool is None:
            return Finding(article, read(article, _cached_packs(self._packs)))
        future = self._pool.schedule(_reread, args=[article], timeout=self._page_seconds)
        try:
            result: Finding = await asyncio.wrap_future(future)
        except (FutureTimeoutError, ProcessExpired):
            return None
        return result

    async def read_one(self, capture: Capture) -> Finding:
        """The finding of one capture; that it failed in its worker stands in its article's outcome."""
        if self._pool is None:
            return self._read_here(capture)
        sent = [*_sendable(capture), self._attempts_allowed]
        future = self._pool.schedule(_read, args=sent, timeout=self._page_seconds)
        try:
            result: Finding = await asyncio.wrap_future(future)
        except FutureTimeoutError:
            return self._lost(capture, "too_slow")
        except ProcessExpired:
            return self._lost(capture, "crashed")
        return result

    def _lost(self, capture: Capture, outcome: str) -> Finding:
        bare = replace(capture.candidate, content="", summary="", fetchable=True)
        return self._read_here(replace(capture, body=None, outcome=outcome, candidate=bare))

    def _read_here(self, capture: Capture) -> Finding:
        return finding(capture, _cached_packs(self._packs), attempts_allowed=self._attempts_allowed)


@cache
def _cached_packs(packs: tuple[Path, ...]) -> Packs:
    return rules(packs)


def _pool(count: int, packs: tuple[Path, ...]) -> ProcessPool:
    return ProcessPool(
        max_workers=count,
        max_tasks=_PAGES_PER_WORKER,
        initializer=_start,
        initargs=[packs],
        context=multiprocessing.get_context("spawn"),
    )
