"""A backfill of a WARC file, pages a second and memory. Run: python -m bench.backfill [PAGES]

Yardstick: a bare loop of fastwarc and trafilatura over the same file with as many processes, in the same run; the rest
(dates, identity, rules, the lake) is what launchwire adds. The pages are ordinary news with a launch in every tenth.
"""

from __future__ import annotations

import asyncio
import random
import resource
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from io import BytesIO
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from fastwarc.warc import ArchiveIterator, WarcRecordType
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from flows.coverage import Coverage
from flows.filling import fill
from flows.ingest import Ingest
from flows.settings import Settings
from flows.sources.order import ALL_SITES, Order, make_source
from flows.spans import Span
from storage.lake import Lake

SPAN = Span(date(2026, 1, 1), date(2026, 1, 31))
PROCESSES = 2
_SUBJECTS = ("The council", "A spokesman", "The port authority", "Officials", "Residents", "The museum", "A judge")
_ACTS = ("said the plan would be debated", "opened the road to traffic", "asked for more time", "signed the contract",
         "rejected the appeal", "published the figures", "postponed the vote")  # fmt: skip
_WHEN = (
    "on Monday",
    "after a long meeting",
    "for the second time this year",
    "as the weather cleared",
    "in the capital",
)
# As many different words as a newspaper has: pages over a few words would all be near-duplicates of each other.
_PARTS = ("ba", "co", "di", "fe", "gu", "lan", "mer", "nos", "tul", "ver")
_WORDS = [a + b + c for a in _PARTS for b in _PARTS for c in _PARTS]
_LAUNCH = "North Korea fired two short-range ballistic missiles toward the Sea of Japan on Sunday, the military said."
_CHROME = "".join(f'<li><a href="/section/{n}">Section {n}</a></li>' for n in range(60))


def page(number: int, day: date) -> bytes:
    """A whole page of some 25 KB with 24 paragraphs."""
    chance = random.Random(number)
    sentences = [
        " ".join([*(chance.choice(words) for words in (_SUBJECTS, _ACTS, _WHEN)), *chance.choices(_WORDS, k=9)]) + "."
        for _ in range(72)
    ]
    if number % 10 == 0:
        sentences[0] = _LAUNCH
    text = "".join(f"<p>{' '.join(sentences[n : n + 3])}</p>" for n in range(0, 72, 3))
    head = f'<title>Report {number}</title><meta property="article:published_time" content="{day}T09:00:00Z">'
    aside = "".join(f'<div class="card"><a href="/r/{n}">Related story number {n}</a></div>' for n in range(80))
    return (
        f"<!doctype html><html lang=en><head>{head}<style>{'.a{margin:0}' * 200}</style></head><body><nav><ul>{_CHROME}"
        f"</ul></nav><main><article><h1>Report {number}</h1>{text}</article></main><aside>{aside}</aside>"
        f"<script>{'var x=1;' * 600}</script><footer><ul>{_CHROME}</ul></footer></body></html>"
    ).encode()


def write(path: Path, pages: int) -> None:
    """A WARC file of so many pages, spread over the span's dates."""
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for number in range(pages):
            day = SPAN.start + timedelta(days=number * len(SPAN.days) // pages)
            body = page(number, day)
            headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
            about = {"WARC-Date": f"{day}T12:00:00Z"}
            url = f"https://bench.example/report/{number}"
            writer.write_record(
                writer.create_warc_record(
                    url, "response", payload=BytesIO(body), http_headers=headers, warc_headers_dict=about
                )
            )


def _bare(bodies: list[bytes]) -> int:
    from trafilatura import bare_extraction

    return sum(bare_extraction(body.decode(), with_metadata=True) is not None for body in bodies)


def bare_loop(path: Path) -> float:
    """Pages a second of the yardstick."""
    began, done = time.monotonic(), 0
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool, path.open("rb") as stream:
        records = ArchiveIterator(stream, record_types=WarcRecordType.response)
        bodies = (record.reader.read() for record in records)
        batches = iter(lambda: list(islice(bodies, 50)), [])
        done = sum(pool.map(_bare, batches))
    return done / (time.monotonic() - began)


async def backfill(path: Path, data: Path) -> float:
    """Pages a second of a backfill from the file."""
    settings = Settings(data_dir=data, workers=PROCESSES)
    began = time.monotonic()
    coverage = Coverage(SPAN)
    with Lake.open(settings.lake()) as lake:
        async with Ingest(settings, lake, "bench") as ingest:
            source = make_source(Order("warc", sites=(ALL_SITES,), inputs=(str(path),)), ingest)
            await fill(ingest, source, SPAN, SPAN, coverage)
    return coverage.totals()["stored"] / (time.monotonic() - began)


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


def main(pages: int) -> None:
    """Print both rates, their ratio, and memory early and late in the run."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "bench.warc.gz"
        write(path, pages)
        bare = bare_loop(path)
        memory = Memory()
        ours = asyncio.run(backfill(path, Path(scratch) / "data"))
        memory.end()
        third = max(1, len(memory.samples) // 3)
        early, late = max(memory.samples[:third], default=0), max(memory.samples[-third:], default=0)
        print(f"{pages} pages, {PROCESSES} processes")
        print(f"bare fastwarc + trafilatura: {bare:.1f} pages/s")
        print(f"backfill --from warc:        {ours:.1f} pages/s, {ours / bare:.0%} of it")
        print(f"memory: {early:.0f} MB in the first third, {late:.0f} MB in the last")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
