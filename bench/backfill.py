"""A backfill of a WARC file, pages a second and memory. Run: python -m bench.backfill [PAGES]

Yardstick: a bare loop of fastwarc and trafilatura over the same file with as many processes, in the same run; the rest
(dates, identity, rules, the lake) is what launchwire adds. Pages: bench.pages, of which one in fifty tells of a launch.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import tempfile
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType
from isal import isal_zlib

from bench import pages
from bench.yardstick import Meter, Spent, bare
from flows.coverage import Coverage
from flows.filling import fill
from flows.ingest import Ingest
from flows.settings import Settings
from flows.sources.order import ALL_SITES, Order, make_source
from flows.spans import Span
from storage.lake import Lake

SPAN = Span(date(2026, 1, 1), date(2026, 1, 31))
PROCESSES = 2


def write(path: Path, count: int) -> None:
    """A WARC file of so many pages, spread over the span's dates; takes some 7 ms a page."""
    with path.open("wb") as file:
        for number in range(count):
            day = SPAN.start + timedelta(days=number * len(SPAN.days) // count)
            site = f"https://site{number % pages.SITES}.example"
            body = pages.page(number, site, pages.moment(day.day)).body
            record = WarcRecord()
            record.init_headers(record_type=WarcRecordType.response)
            record.headers["WARC-Date"] = f"{day}T20:00:00Z"
            record.headers["WARC-Target-URI"] = f"{site}/news/{number}"
            record.headers["Content-Type"] = "application/http; msgtype=response"
            head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
            record.set_bytes_content(head.encode() + body)
            record.write(member := _Member())
            file.write(isal_zlib.compress(bytes(member), 2, 31))


class _Member(bytearray):
    """One record before it is packed."""

    def write(self, part: bytes) -> int:
        """As a file's."""
        self.extend(part)
        return len(part)


def bare_loop(path: Path, count: int) -> Spent:
    """What the yardstick takes."""
    with Meter() as meter:
        assert bare(_bodies(path), PROCESSES) == count
    return meter.spent


def _bodies(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, record_types=WarcRecordType.response):
            yield record.reader.read()


async def _fill(path: Path, data: Path) -> int:
    settings = Settings(data_dir=data, workers=PROCESSES)
    coverage = Coverage(SPAN)
    with Lake.open(settings.lake()) as lake:
        async with Ingest(settings, lake, "bench") as ingest:
            source = make_source(Order("warc", sites=(ALL_SITES,), inputs=(str(path),)), ingest)
            await fill(ingest, source, SPAN, SPAN, coverage)
    return int(coverage.totals()["stored"])


def backfill(path: Path, data: Path, count: int) -> Spent:
    """What a backfill from the file takes."""
    with Meter() as meter:
        assert asyncio.run(_fill(path, data)) == count
    return meter.spent


class Memory:
    """This process's resident size, sampled each second, in MB."""

    def __init__(self) -> None:
        self.samples: list[float] = []
        self._ended = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while not self._ended.wait(1):
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            self.samples.append(pages * resource.getpagesize() / 1e6)

    def end(self) -> None:
        """Stop sampling."""
        self._ended.set()


def main(count: int) -> None:
    """Print both rates, their ratio, and memory early and late in the run."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "bench.warc.gz"
        write(path, count)
        plain = bare_loop(path, count)
        memory = Memory()
        ours = backfill(path, Path(scratch) / "data", count)
        memory.end()
        third = max(1, len(memory.samples) // 3)
        early, late = max(memory.samples[:third], default=0), max(memory.samples[-third:], default=0)
        print(f"{count} pages in {path.stat().st_size / 1e6:.0f} MB of WARC, {PROCESSES} processes")
        for name, spent in (("bare fastwarc + trafilatura", plain), ("backfill --from warc", ours)):
            print(
                f"  {name:<28} {count / spent.wall:6.1f} pages/s; CPU {1000 * spent.cpu / count:.1f} ms a page: "
                f"{1000 * spent.own / count:.1f} main process, {1000 * spent.children / count:.1f} workers"
            )
        print(f"  {plain.wall / ours.wall:.0%} of the bare loop by the clock, {plain.cpu / ours.cpu:.0%} by CPU "
              "(bound 85 %)")  # fmt: skip
        print(f"  memory: {early:.0f} MB in the first third, {late:.0f} MB in the last")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
