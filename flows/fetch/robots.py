"""robots.txt by RFC 9309, on protego's matching: what may be fetched, how fast, and where the sitemaps are.

It is asked before every page, every sitemap and every hop of their redirects, never before a feed: a feed is published
to be polled, and is polled because its user named its address. The crawl-delay of a host holds for both.

- 2xx: the rules, the first 500 KiB of them; 4xx and endless redirects: no rules, everything is allowed; 429, 5xx and
  no answer: nothing is allowed, unless a copy that was good within 30 days is at hand.
- A copy serves for 24 hours, one that could not be had is asked for again after an hour.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from urllib.parse import urljoin
from weakref import WeakValueDictionary

import httpx
from protego import Protego

from flows.fetch.http import PRODUCT, Client, Response

FRESH = timedelta(hours=24)
RETRY = timedelta(hours=1)
LAST_GOOD = timedelta(days=30)
MOST_BYTES = 500 * 1024
MOST_REDIRECTS = 5
MOST_SITEMAPS = 1_000
MOST_REMEMBERED = 2_000_000

_NO_RULES = frozenset({
    "gone", "forbidden", "not_found", "rejected", "unexpected_status", "redirect_loop", "too_many_redirects",
    "bad_redirect",
})  # fmt: skip
_AGENT = re.compile(r"user[- ]?agent(?:\s*:|\s)(.*)", re.IGNORECASE)
_SITE_WIDE = re.compile(r"(?:site-?maps?|host)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a URL may be fetched, why, and the seconds that its host wants between requests (None: it says none)."""

    allowed: bool
    reason: str
    crawl_delay: float | None = None


@dataclass(frozen=True, slots=True)
class _Copy:
    """What is known of one robots.txt. `rules` are the lines that concern us, None where nothing good ever came."""

    origin: str
    rules: str | None
    note: str
    good_at: datetime | None
    again_at: datetime
    etag: str | None = None
    last_modified: str | None = None
    validators_url: str | None = None


class Robots:
    """The robots.txt files of all hosts met. With a `directory`, copies outlive the process there.

    `clock` gives the aware UTC time.
    """

    def __init__(
        self,
        client: Client,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        directory: Path | None = None,
    ) -> None:
        self._client = client
        self._clock = clock
        self._directory = directory
        self._copies: dict[str, _Copy] = {}
        self._parsed: dict[str, Protego] = {}
        self._remembered = 0
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._prune()

    async def allowed(self, url: str) -> Verdict:
        """Whether this URL may be fetched now; its host's crawl-delay is passed on to the client."""
        origin = _origin(url)
        if origin is None:
            return Verdict(False, "it is no http or https URL")
        copy = await self._copy(origin)
        if copy.rules is None:
            return Verdict(False, copy.note)
        parsed = self._parse(copy)
        delay = _delay(parsed)
        if delay is not None:
            self._client.slow_down(url, delay)
        if parsed.can_fetch(url, PRODUCT):
            return Verdict(True, copy.note, delay)
        return Verdict(False, f"{origin}/robots.txt forbids it", delay)

    async def refusal(self, url: str) -> str | None:
        """Why this URL may not be fetched, None where it may: the `permit` of `Client.get`."""
        verdict = await self.allowed(url)
        return None if verdict.allowed else verdict.reason

    def heed(self, url: str) -> None:
        """Pass on the crawl-delay of a host whose robots.txt is at hand, before a request for which none is fetched."""
        origin = _origin(url)
        copy = (self._copies.get(origin) or self._load(origin)) if origin is not None else None
        if copy is not None and copy.rules:
            self._remember(copy)
            delay = _delay(self._parse(copy))
            if delay is not None:
                self._client.slow_down(url, delay)

    async def sitemaps(self, origin: str) -> tuple[str, ...]:
        """The sitemaps that the robots.txt of this origin (or of any URL's) names: absolute http(s) URLs, each once."""
        known = _origin(origin)
        copy = await self._copy(known) if known is not None else None
        if copy is None or copy.rules is None:
            return ()
        urls = (urljoin(f"{known}/", text.strip()) for text in self._parse(copy).sitemaps)
        good = dict.fromkeys(url for url in urls if _origin(url) is not None)
        return tuple(good)[:MOST_SITEMAPS]

    async def unknown(self, url: str) -> str | None:
        """Why the rules of this URL's host cannot be known now, None where they are."""
        origin = _origin(url)
        copy = await self._copy(origin) if origin is not None else None
        return copy.note if copy is not None and copy.rules is None else None

    async def _copy(self, origin: str) -> _Copy:
        async with self._locks.setdefault(origin, asyncio.Lock()):
            copy = self._copies.get(origin) or self._load(origin)
            if copy is None or self._clock() >= copy.again_at:
                copy = await self._fetch(origin, copy)
                self._store(copy)
            self._remember(copy)
            return copy

    async def _fetch(self, origin: str, old: _Copy | None) -> _Copy:
        conditional = old is not None and old.rules is not None
        response = await self._client.get(
            f"{origin}/robots.txt",
            kind="robots",
            etag=old.etag if old and conditional else None,
            last_modified=old.last_modified if old and conditional else None,
            validators_url=old.validators_url if old and conditional else None,
            max_bytes=MOST_BYTES,
            max_redirects=MOST_REDIRECTS,
        )
        now = self._clock()
        if response.outcome == "unchanged" and old is not None:
            return replace(old, good_at=now, again_at=now + FRESH)
        if response.outcome in {"ok", "too_large"}:
            return _good(origin, response, now)
        if response.outcome in _NO_RULES:
            return _Copy(origin, "", f"there is no robots.txt ({response.detail})", now, now + FRESH)
        asked = timedelta(seconds=response.retry_after or 0)
        wait = asked if response.outcome == "held_back" else max(RETRY, asked)
        if old is not None and old.rules is not None and old.good_at is not None and now - old.good_at <= LAST_GOOD:
            return replace(old, again_at=now + min(wait, FRESH))
        note = f"{origin}/robots.txt cannot be had ({response.detail}); nothing is fetched there until it can"
        return _Copy(origin, None, note, None, now + min(wait, FRESH))

    def _parse(self, copy: _Copy) -> Protego:
        parsed = self._parsed.get(copy.origin)
        if parsed is None:
            parsed = self._parsed[copy.origin] = Protego.parse(copy.rules or "")
        return parsed

    def _remember(self, copy: _Copy) -> None:
        """Keep it in memory, the last used last; the sum of all rules is bounded, as a hostile file can be large."""
        self._forget(copy.origin, keep_parsed=self._copies.get(copy.origin) == copy)
        self._copies[copy.origin] = copy
        self._remembered += _size(copy)
        for origin in list(self._copies):
            if self._remembered <= MOST_REMEMBERED or origin == copy.origin:
                break
            self._forget(origin)

    def _forget(self, origin: str, *, keep_parsed: bool = False) -> None:
        copy = self._copies.pop(origin, None)
        if copy is not None:
            self._remembered -= _size(copy)
        if not keep_parsed:
            self._parsed.pop(origin, None)

    def _path(self, origin: str) -> Path | None:
        if self._directory is None:
            return None
        return self._directory / f"{hashlib.sha256(origin.encode()).hexdigest()[:32]}.json"

    def _load(self, origin: str) -> _Copy | None:
        path = self._path(origin)
        if path is None:
            return None
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            times = {key: values[key] and datetime.fromisoformat(values[key]) for key in ("good_at", "again_at")}
            copy = _Copy(**{**values, **times})
            # A time further off than any copy serves comes from a clock that was wrong.
            return copy if copy.origin == origin and copy.again_at <= self._clock() + FRESH else None
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def _store(self, copy: _Copy) -> None:
        path = self._path(copy.origin)
        if path is None:
            return
        times = {"good_at": copy.good_at and copy.good_at.isoformat(), "again_at": copy.again_at.isoformat()}
        draft = path.with_suffix(f".{os.getpid()}.tmp")
        # A copy that cannot be kept costs a request tomorrow, no more.
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps({**asdict(copy), **times}), encoding="utf-8")
            draft.replace(path)

    def _prune(self) -> None:
        """Drop the files that nobody asked for in the time that a copy can be of use."""
        oldest = time.time() - LAST_GOOD.total_seconds()
        with suppress(OSError):
            for path in self._directory.iterdir() if self._directory is not None else ():
                if path.suffix in {".json", ".tmp"} and path.stat().st_mtime < oldest:
                    path.unlink(missing_ok=True)


def _good(origin: str, response: Response, now: datetime) -> _Copy:
    text = response.body.decode("utf-8-sig", "replace")
    if response.outcome == "too_large":
        text = text[: text.rfind("\n") + 1]
    return _Copy(
        origin=origin,
        rules="\n".join(concerning(text)),
        note="robots.txt allows it",
        good_at=now,
        again_at=now + FRESH,
        etag=response.etag,
        last_modified=response.last_modified,
        validators_url=response.final_url,
    )


def concerning(text: str) -> Iterator[str]:
    """The lines of a robots.txt that concern us: the groups for our product token and for all, and the sitemaps.

    The token is compared whole and without regard to case (RFC 9309 section 2.2.1). The parser never sees the groups
    of others: thousands of agents before thousands of rules would cost it their product.
    """
    applies = heading = False
    for raw in text.splitlines():
        line = raw.partition("#")[0].strip()
        if not line:
            continue
        agent = _AGENT.fullmatch(line)
        if agent:
            applies = applies and heading
            heading = True
            token = re.split(r"[/\s]", agent[1].strip().lower(), maxsplit=1)[0]
            if token == "*" or token.rstrip("*") == PRODUCT:
                applies = True
                yield f"User-agent: {'*' if token == '*' else PRODUCT}"
        elif _SITE_WIDE.match(line):
            yield line
        else:
            heading = False
            if applies:
                yield line


def _delay(parsed: Protego) -> float | None:
    delay: float | None = parsed.crawl_delay(PRODUCT)
    rate = parsed.request_rate(PRODUCT)
    if rate is None:
        return delay
    return max(delay or 0.0, float(rate.seconds) / rate.requests)


def _size(copy: _Copy) -> int:
    return len(copy.rules or "") + 200


def _origin(url: str) -> str | None:
    # By what stands before the path, which pages of one site share: to parse a URL takes 0.2 ms.
    return _origin_of("/".join(url.split("/", 3)[:3]))


@lru_cache(maxsize=1_000)
def _origin_of(url: str) -> str | None:
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return None
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        return None
    return f"{parsed.scheme}://{parsed.netloc.decode('ascii')}"
