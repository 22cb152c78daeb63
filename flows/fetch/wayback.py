"""The Wayback Machine's two interfaces: the CDX index of captures, and the replay of one as it was received.

CDX server: https://github.com/internetarchive/wayback/tree/master/wayback-cdx-server; replay with `id_` gives the raw
bytes, and `Memento-Datetime` (RFC 7089) the time of the capture that was nearest. The public service allows some 25
requests a minute and answers those who go on after a 429 with an hour's block that doubles: a refusal is waited out,
and after a few in a row nothing more is asked.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol
from urllib.parse import quote, urlencode

from flows.fetch.responses import Kind, Response

# The public service gives at most so many rows an answer.
ROWS_AT_ONCE = 10_000
MOST_ANSWERS = 50
MOST_BYTES = 50 * 1024 * 1024
FIRST_WAIT_SECONDS = 60.0
LONGEST_WAIT_SECONDS = 3_600.0
MOST_REFUSALS = 4
# Captures never change; the index of past dates hardly does.
CAPTURE_RECALL = timedelta(days=36_500)
INDEX_RECALL = timedelta(days=7)

_FIELDS = ("timestamp", "original", "mimetype", "statuscode", "digest")
_REPLAYED = re.compile(r"/(\d{1,14})(?:[a-z]{2}_)?/(https?:/{1,2}.+)$", re.DOTALL)
_REFUSALS = frozenset({"throttled", "held_back"})


class Get(Protocol):
    """`Ingest.get`."""

    def __call__(
        self, url: str, *, kind: Kind, max_bytes: int | None = None, obey_robots: bool = False,
        recall: timedelta | None = None,
    ) -> Awaitable[Response]: ...  # fmt: skip


@dataclass(frozen=True, slots=True)
class CaptureRow:
    """One line of the index: `url` as it was captured at `at`; `timestamp` are the 14 digits that name it."""

    timestamp: str
    url: str
    mime: str
    digest: str

    @property
    def at(self) -> datetime:
        """The time of the capture."""
        return datetime.strptime(self.timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)


class Wayback:
    """An archive at `base`, asked through `get` (which paces, records and recalls).

    `failures` names index answers that could not be had.
    """

    def __init__(self, get: Get, base: str, *, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        self.failures: list[tuple[str, str]] = []
        self._get = get
        self._base = base.rstrip("/")
        self._sleep = sleep
        self._refusals = 0

    async def captures(self, url: str, start: date, end: date, *, whole_site: bool = False) -> list[CaptureRow]:
        """Good captures (status 200) of an address, or with `whole_site` of the first capture of each HTML page below
        it, from `start` to `end`, both included, by time.
        """
        query = [
            ("url", f"{url.rstrip('/')}/*" if whole_site else url),
            ("from", f"{start:%Y%m%d}"),
            ("to", f"{end:%Y%m%d}235959"),
            ("output", "json"),
            ("fl", ",".join(_FIELDS)),
            ("filter", "statuscode:200"),
        ]
        if whole_site:
            query += [("filter", "mimetype:text/html"), ("collapse", "urlkey")]
        query += [("limit", str(ROWS_AT_ONCE)), ("showResumeKey", "true")]
        found: list[CaptureRow] = []
        resume: str | None = None
        for _ in range(MOST_ANSWERS):
            rest = [("resumeKey", resume)] if resume else []
            address = f"{self._base}/cdx/search/cdx?{urlencode([*query, *rest], safe=':/,*')}"
            response = await self.ask(address, recall=INDEX_RECALL)
            if response.outcome != "ok":
                self.failures.append((address, response.detail or response.outcome))
                break
            rows, resume = parse_index(response.body)
            found += rows
            if not resume:
                break
        else:
            self.failures.append((url, f"only the first {len(found):,} captures were listed"))
        return sorted(found, key=lambda row: (row.timestamp, row.url))

    def replay_url(self, timestamp: str, url: str) -> str:
        """Where the raw bytes of the capture nearest to `timestamp` are."""
        return f"{self._base}/web/{timestamp}id_/{quote(url, safe=_URL_CHARACTERS)}"

    async def ask(self, address: str, *, recall: timedelta | None = CAPTURE_RECALL) -> Response:
        """One request; a refusal is waited out, for at least as long as the archive says."""
        while True:
            response = await self._get(address, kind="archive", max_bytes=MOST_BYTES, obey_robots=True, recall=recall)
            if response.outcome not in _REFUSALS:
                self._refusals = 0
                return response
            if response.outcome == "throttled":
                self._refusals += 1
            if self._refusals >= MOST_REFUSALS:
                return replace(response, detail=f"refused {self._refusals} times in a row; try again in some hours")
            patience = FIRST_WAIT_SECONDS * 2 ** max(0, self._refusals - 1)
            await self._sleep(min(max(response.retry_after or 0.0, patience), LONGEST_WAIT_SECONDS))


_URL_CHARACTERS = ":/?#[]@!$&'()*+,;=%~"


def parse_index(body: bytes) -> tuple[list[CaptureRow], str | None]:
    """Rows of a CDX answer in JSON (an array of arrays with a header row), and the resume key after an empty row.

    What is no row is passed over; an empty or broken answer has none.
    """
    try:
        lines = json.loads(body or b"[]")
    except ValueError:
        return [], None
    if not isinstance(lines, list):
        return [], None
    lines = [line for line in lines if isinstance(line, list) and all(isinstance(cell, str) for cell in line)]
    resume = None
    if len(lines) >= 2 and not lines[-2] and len(lines[-1]) == 1:
        resume = lines[-1][0]
    return list(_rows(lines)), resume


def _rows(lines: list[list[str]]) -> Iterator[CaptureRow]:
    names = lines[0] if lines and "timestamp" in lines[0] else list(_FIELDS)
    for line in lines:
        if line is names or len(line) != len(names):
            continue
        row = dict(zip(names, line, strict=True))
        try:
            found = CaptureRow(row["timestamp"], row["original"], row.get("mimetype", ""), row.get("digest", ""))
            _ = found.at
        except (KeyError, ValueError):
            continue
        yield replace(found, url=re.sub(r"^(http://[^/:?#]+):80(?=[/?#]|$)", r"\1", found.url))


def captured_at(response: Response) -> datetime | None:
    """When the replayed capture was made: Memento-Datetime, else the digits of its address; None where neither is."""
    stated = response.headers.get("memento-datetime")
    if stated:
        try:
            moment = parsedate_to_datetime(stated)
        except ValueError:
            moment = None
        if moment is not None:
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    found = _REPLAYED.search(response.final_url)
    try:
        return datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def original_url(address: str) -> str:
    """The captured page's own address within a replay's; the address itself where it is no replay."""
    found = _REPLAYED.search(address)
    return re.sub(r"^(https?):/{1,2}", r"\1://", found[2]) if found else address
