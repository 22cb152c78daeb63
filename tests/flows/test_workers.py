"""Worker processes: a page that hangs or kills its reader costs that page only, and is not tried for ever."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest
from hostile_pages import Deadly, Hanging

from extractors.findings import Candidate, Capture
from extractors.records import Finding
from flows.workers import Workers

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
_PARAGRAPHS = "".join(
    f"<p>Harbour hand {number} said that berth {number * 7} would be dredged before winter, as the council wished.</p>"
    for number in range(12)
)
GOOD = (
    f"<html><head><title>Quay</title></head><body><article><h1>Quay</h1>{_PARAGRAPHS}</article></body></html>".encode()
)
ATTEMPTS = 3


def capture(number: int, body: bytes, attempts: int = 0) -> Capture:
    url = f"https://quay.example/{number}"
    return Capture(Candidate(url, "Quay", attempts=attempts), url, body, "text/html", "ok", NOW)


@pytest.mark.parametrize(("kind", "outcome"), [(Hanging, "too_slow"), (Deadly, "crashed")])
def test_a_page_that_hangs_or_kills_costs_that_page_only(kind: type[bytes], outcome: str) -> None:
    captures = [capture(number, GOOD) for number in range(8)]
    captures[3] = capture(3, kind(GOOD))
    captures[5] = capture(5, GOOD + f"<!-- {'large ' * 20_000}-->".encode())

    async def read() -> list[Finding]:
        with Workers(2, 3.0, ATTEMPTS, ()) as workers:
            return await workers.read(captures)

    began = time.monotonic()
    findings = asyncio.run(read())
    assert time.monotonic() - began < 60
    told = [finding.article.outcome for finding in findings]
    assert told == ["article"] * 3 + [outcome] + ["article"] * 4
    lost = findings[3].article
    assert (lost.quality, lost.attempts) == ("none", 1)
    assert lost.retry_at is not None
    assert lost.retry_at > NOW


def test_after_its_attempts_it_is_left() -> None:
    async def read() -> list[Finding]:
        with Workers(1, 3.0, ATTEMPTS, ()) as workers:
            return await workers.read([capture(0, Deadly(GOOD), attempts=ATTEMPTS - 1)])

    (finding,) = asyncio.run(read())
    assert (finding.article.attempts, finding.article.retry_at) == (ATTEMPTS, None)
