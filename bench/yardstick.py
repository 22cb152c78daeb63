"""trafilatura alone on the same pages, in as many processes, and what a run took."""

from __future__ import annotations

import resource
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context

_BATCH = 50


def _bare(bodies: list[bytes]) -> int:
    from trafilatura import bare_extraction

    return sum(bare_extraction(body, with_metadata=True) is not None for body in bodies)


def bare(bodies: Iterable[bytes], processes: int) -> int:
    """Read each page as anybody would, and nothing else; returns how many gave an article."""
    rest = iter(bodies)
    done = 0
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        # No more ahead than keeps the processes busy, so that memory stays flat.
        ahead: deque[Future[int]] = deque()
        for batch in _batches(rest):
            ahead.append(pool.submit(_bare, batch))
            if len(ahead) > 2 * processes:
                done += ahead.popleft().result()
        return done + sum(future.result() for future in ahead)


def _batches(bodies: Iterator[bytes]) -> Iterator[list[bytes]]:
    while batch := list(islice(bodies, _BATCH)):
        yield batch


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds by the clock, and of CPU: this process's and that of its children that have ended."""

    wall: float
    own: float
    children: float

    @property
    def cpu(self) -> float:
        """CPU of all."""
        return self.own + self.children


class Meter:
    """`with Meter() as meter: …`, then `meter.spent`."""

    spent: Spent

    def __enter__(self) -> Meter:
        self._began = self._now()
        return self

    def __exit__(self, *error: object) -> None:
        wall, own, children = (after - before for before, after in zip(self._began, self._now(), strict=True))
        self.spent = Spent(wall, own, children)

    @staticmethod
    def _now() -> tuple[float, float, float]:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.monotonic(), time.process_time(), children.ru_utime + children.ru_stime
