"""Whatever comes, in bounded time and memory: an answer or the declared error, and the right one of them."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import hostile
import pytest

READERS: dict[str, tuple[dict[str, hostile.Case], Callable[[bytes], Any]]] = {
    "feed": (hostile.FEEDS, hostile.read_feed),
    "page": (hostile.PAGES, hostile.read_page),
    "sitemap": (hostile.SITEMAPS, hostile.read_sitemap),
}
CASES = [(kind, name) for kind, (cases, _) in READERS.items() for name in cases]
# What a case may take at its large size. Measured at most: 7.4 s (a million paragraphs) and 386 MB.
SECONDS = 10.0
MEGABYTES = 700


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_small(kind: str, name: str) -> None:
    cases, read = READERS[kind]
    case = cases[name]
    body = case.make(case.small)
    started = time.process_time()
    found = read(body)
    assert time.process_time() - started < 3
    assert case.right(found), found


@pytest.mark.soak
@pytest.mark.parametrize(("kind", "name"), CASES)
def test_large(kind: str, name: str, tmp_path: Path) -> None:
    """In a process of its own, whose peak of memory is that of reading this one body."""
    case = READERS[kind][0][name]
    (tmp_path / "body").write_bytes(case.make(case.large))
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(kind, name, tmp_path / "body", theirs))
    process.start()
    theirs.close()
    try:
        seconds, megabytes, right = ours.recv()
    finally:
        process.join()
    print(f"{kind}: {name}: {seconds:.1f} s, {megabytes} MB")  # noqa: T201 (the measurement)
    assert right
    assert seconds < SECONDS
    assert megabytes < MEGABYTES


def _measure(kind: str, name: str, place: Path, answer: Connection) -> None:
    cases, read = READERS[kind]
    body = place.read_bytes()
    before = _peak_megabytes()
    started = time.process_time()
    found = read(body)
    seconds = time.process_time() - started
    answer.send((seconds, _peak_megabytes() - before, bool(cases[name].right(found))))


def _peak_megabytes() -> int:
    """Most memory held so far; by Linux, as getrusage also counts what the process that started this one held."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
