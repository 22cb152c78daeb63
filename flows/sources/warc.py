"""WARC files of anyone: paths, addresses, listings of them, and Common Crawl's news crawl month by month.

Files are read as streams, remote ones in pieces (RFC 9110 ranges), and never held whole. A crawl knows when it fetched
a page and not when the page was published, so the pages' own dates decide.
"""

from __future__ import annotations

import asyncio
import io
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import IO, cast
from urllib.parse import urljoin, urlsplit

from extractors.findings import Candidate, Capture
from extractors.markup import gunzip
from extractors.records import Finding
from flows.ingest import Ingest
from flows.sources import Lead, published_within
from flows.sources.sites import Selection, day_of
from flows.spans import SelectionError, Span
from storage.archive import Captured, captures_from

log = logging.getLogger("launchwire")

CC_NEWS = "cc-news"
# The news crawl began on this day (https://commoncrawl.org/blog/news-dataset-available).
CC_NEWS_BEGAN = date(2016, 8, 26)
MOST_FILE_BYTES = 8 * 1024**3
PIECE_BYTES = 16 * 1024 * 1024
_RECORDS_AT_ONCE = 100
_CC_NAME = re.compile(r"CC-NEWS-(\d{8})\d{6}-")
_LISTING = re.compile(r"\.(paths|txt)(\.gz)?$")
_MOST_LISTING_BYTES = 20 * 1024 * 1024
_RECALL = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WarcFile:
    """One file, by path or address; `day` is when a file of the news crawl was begun."""

    place: str
    day: date | None

    @property
    def remote(self) -> bool:
        """Whether it has to be fetched."""
        return is_remote(self.place)


class WarcSource:
    """Pages of the selected sites in WARC files, by the time of their capture; with no site, of all of them."""

    batch = 200

    def __init__(self, ingest: Ingest, selection: Selection | None, inputs: tuple[str, ...], base: str) -> None:
        if not inputs:
            raise SelectionError(
                f"--from warc needs files: --warc PATH_OR_URL, or --warc {CC_NEWS} for Common Crawl's news crawl."
            )
        self.pace_seconds = ingest.settings.host_pace_seconds
        self.total: int | None = None
        self.remarks: list[str] = []
        self._ingest = ingest
        self._selection = selection
        self._inputs = inputs
        self._base = base.rstrip("/")
        self._sources: dict[str, str | None] = {}

    async def leads(self, whole: Span, part: Span) -> AsyncIterator[Lead]:
        """A lead for each page, file after file."""
        for file in [file async for file in self._files(whole)]:
            owner = None if file.day is None else whole.nearest(file.day)
            if owner is not None and owner not in part:
                continue
            async for record in self._records(file):
                captured = record.captured_at.astimezone(UTC).date()
                claimed = day_of(record.url)
                if not whole.searches(captured) or (claimed is not None and not _near(claimed, whole)):
                    continue
                day = whole.nearest(claimed or captured)
                if owner is not None:
                    day = part.nearest(day)
                if day in part:
                    candidate = Candidate(url=record.url, source=self._source_of(record.url) or "")
                    yield Lead(candidate, day, handle=record)

    async def capture(self, lead: Lead) -> Capture:
        """The page as it was captured."""
        record: Captured = lead.handle
        kind = next((value for name, value in record.headers if name.lower() == "content-type"), None)
        return Capture(lead.candidate, record.url, record.body, kind, "ok", record.captured_at)

    def keeps(self, finding: Finding, lead: Lead, whole: Span) -> bool:
        """Whether the page is an article whose own date lies in the span."""
        return published_within(finding, whole)

    async def _files(self, whole: Span) -> AsyncIterator[WarcFile]:
        """The files to read, listings resolved; of the news crawl, those that hold captures of the span."""
        for given in self._inputs:
            if given == CC_NEWS:
                for listing in cc_news_listings(self._base, whole):
                    async for file in self._listed(listing, whole):
                        yield file
            elif _LISTING.search(urlsplit(given).path if is_remote(given) else given):
                async for file in self._listed(given, whole):
                    yield file
            else:
                yield WarcFile(given, _cc_day(given))

    async def _listed(self, listing: str, whole: Span) -> AsyncIterator[WarcFile]:
        body = await self._listing(listing)
        for line in body.decode("utf-8", "replace").splitlines():
            place = resolve(line.strip(), listing)
            day = _cc_day(place) if place else None
            # A file goes on for hours after the time in its name.
            if place and (day is None or whole.start - timedelta(days=1) <= day <= whole.search_end):
                yield WarcFile(place, day)

    async def _listing(self, place: str) -> bytes:
        if is_remote(place):
            response = await self._ingest.get(
                place, kind="archive", max_bytes=_MOST_LISTING_BYTES, obey_robots=True, recall=_RECALL
            )
            if response.outcome != "ok":
                self._ingest.report.failed.append((place, response.detail or response.outcome))
                return b""
            body = response.body
        else:
            body = _checked(place).read_bytes()
        if body.startswith(b"\x1f\x8b"):
            body, problem = gunzip(body, limit=_MOST_LISTING_BYTES)
            if problem:
                self._ingest.report.failed.append((place, f"the listing cannot be read whole: {problem}"))
        return body

    async def _records(self, file: WarcFile) -> AsyncIterator[Captured]:
        loop = asyncio.get_running_loop()
        with _Pieces(self._ingest, file.place, loop) if file.remote else _checked(file.place).open("rb") as stream:
            records = captures_from(
                cast(IO[bytes], stream), file.place, wanted=self._wanted, damaged=self._damaged(file.place)
            )
            most = self._ingest.settings.max_body_bytes
            pages = (record for record in records if _is_page(record, most))
            try:
                while batch := await asyncio.to_thread(_take, pages):
                    for record in batch:
                        yield record
            except PieceError as error:
                self._ingest.report.failed.append((file.place, str(error)))

    def _damaged(self, place: str) -> Callable[[str], None]:
        return lambda problem: self._ingest.report.failed.append((place, problem))

    def _wanted(self, url: str) -> bool:
        return is_remote(url) and is_readable(url) and self._source_of(url) is not None

    def _source_of(self, url: str) -> str | None:
        """The outlet of an address, None where it is not selected; remembered by host."""
        host = urlsplit(url).netloc
        if host not in self._sources:
            bare = host.rpartition("@")[2].partition(":")[0].removeprefix("www.")
            self._sources[host] = bare if self._selection is None else self._selection.source_of(url)
        return self._sources[host]


class PieceError(Exception):
    """A piece of a remote file that cannot be had; the message says why."""


class _Pieces(io.RawIOBase):
    """A remote file as a stream, fetched piece by piece by the event loop while another thread reads."""

    def __init__(self, ingest: Ingest, url: str, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._ingest = ingest
        self._url = url
        self._loop = loop
        self._have = b""
        self._at = 0
        self._next = 0
        self._ended = False

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._next - len(self._have) + self._at

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, none at the end of the file. Raises PieceError. Not for the loop's own thread."""
        if self._at >= len(self._have) and not self._ended:
            future: Future[bytes] = asyncio.run_coroutine_threadsafe(self._fetch(), self._loop)
            self._have, self._at = future.result(), 0
        end = len(self._have) if size < 0 else self._at + size
        given = self._have[self._at : end]
        self._at += len(given)
        return given

    async def _fetch(self) -> bytes:
        if self._next >= MOST_FILE_BYTES:
            raise PieceError(f"the file is larger than {MOST_FILE_BYTES} bytes; the rest was not read")
        response = await self._ingest.piece(self._url, self._next, PIECE_BYTES)
        if response.status == 416:
            self._ended = True
            return b""
        if response.outcome == "too_large" and response.status == 200:
            raise PieceError("its server gives no pieces of files, and the file is too large to have at once")
        if response.outcome != "ok":
            raise PieceError(f"{response.detail or response.outcome} at byte {self._next}")
        self._next += len(response.body)
        self._ended = response.status == 200 or len(response.body) < PIECE_BYTES
        return response.body


def cc_news_listings(base: str, span: Span) -> Iterator[str]:
    """The news crawl's listings of the months that hold captures of the span."""
    month = max(span.start - timedelta(days=1), CC_NEWS_BEGAN).replace(day=1)
    while month <= span.search_end:
        yield f"{base}/crawl-data/CC-NEWS/{month:%Y/%m}/warc.paths.gz"
        month = (month + timedelta(days=31)).replace(day=1)


def resolve(line: str, listing: str) -> str | None:
    """Where a line of a listing points: an address, or a path from the host's root or from the listing's directory."""
    if not line or line.startswith("#"):
        return None
    if is_remote(line):
        return line
    if is_remote(listing):
        return urljoin(listing, f"/{line.lstrip('/')}")
    return str(Path(listing).parent / line)


def is_remote(place: str) -> bool:
    """Whether a place is an http(s) address and no path."""
    return place.startswith(("http://", "https://"))


def is_readable(url: str) -> bool:
    """Whether an address has the form of one; crawls also hold those that a page's script put together."""
    try:
        urlsplit(url)
    except ValueError:
        return False
    return True


def _checked(place: str) -> Path:
    path = Path(place)
    if not path.is_file():
        raise SelectionError(f"{place} is no file; give the path or the address of a WARC file or of a listing.")
    return path


def _cc_day(place: str) -> date | None:
    found = _CC_NAME.search(place)
    try:
        return datetime.strptime(found[1], "%Y%m%d").date() if found else None
    except ValueError:
        return None


def _near(day: date, span: Span) -> bool:
    return span.start - timedelta(days=1) <= day <= span.end + timedelta(days=1)


def _is_page(record: Captured, most_bytes: int) -> bool:
    kind = next((value for name, value in record.headers if name.lower() == "content-type"), "")
    whole = record.complete and len(record.body) <= most_bytes
    return record.status == 200 and whole and ("html" in kind.lower() or not kind)


def _take(records: Iterator[Captured]) -> list[Captured]:
    return list(islice(records, _RECORDS_AT_ONCE))
