"""One request at a time per host, a pause between them, and a bound on how many hosts are asked at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

LONGEST_DELAY = 120.0
LONGEST_HOLD = 3_600.0
FIRST_HOLD = 60.0
MOST_HOSTS = 4_096


@dataclass(slots=True)
class _Host:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    free_at: float = 0.0
    delay: float = 0.0
    held_until: float = 0.0
    holds: int = 0


class Pace:
    """Turns of requests. `monotonic` and `sleep` are given, so that tests need not wait.

    A host's pause is `seconds` or its crawl-delay where that is longer (at most two minutes), measured from the end of
    a request to the start of the next. Hosts for which `is_home` is true pause `home_seconds`.
    """

    def __init__(
        self,
        seconds: float,
        hosts_at_once: int,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[object]],
        is_home: Callable[[str], bool] = lambda host: False,
        home_seconds: float | None = None,
    ) -> None:
        self._seconds = seconds
        self._home_seconds = seconds if home_seconds is None else home_seconds
        self._is_home = is_home
        self._monotonic = monotonic
        self._sleep = sleep
        self._slots = asyncio.Semaphore(hosts_at_once)
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def turn(self, key: str, name: str) -> AsyncIterator[None]:
        """Wait for this host's turn, hold it for the length of one request."""
        host = self._host(key)
        host.waiting += 1
        try:
            async with host.lock:
                wait = host.free_at - self._monotonic()
                if wait > 0:
                    await self._sleep(wait)
                async with self._slots:
                    try:
                        yield
                    finally:
                        host.free_at = self._monotonic() + self._pause(host, name)
        finally:
            host.waiting -= 1

    def slow_down(self, key: str, delay: float) -> None:
        """Take over a host's own crawl-delay, in seconds."""
        self._host(key).delay = min(LONGEST_DELAY, max(0.0, delay))

    def hold(self, key: str, seconds: float | None) -> None:
        """The host asked for quiet: for `seconds` where it said how long, else a minute, doubled at each repeat."""
        host = self._host(key)
        wait = max(seconds or 0.0, FIRST_HOLD * 2.0 ** min(host.holds, 6))
        host.holds += 1
        host.held_until = max(host.held_until, self._monotonic() + min(wait, LONGEST_HOLD))

    def release(self, key: str) -> None:
        """The host answered as usual."""
        host = self._hosts.get(key)
        if host is not None:
            host.holds = 0

    def held_for(self, key: str) -> float:
        """Seconds for which the host is still to be left alone."""
        host = self._hosts.get(key)
        return 0.0 if host is None else max(0.0, host.held_until - self._monotonic())

    def _pause(self, host: _Host, name: str) -> float:
        return max(self._home_seconds if self._is_home(name) else self._seconds, host.delay)

    def _host(self, key: str) -> _Host:
        host = self._hosts.get(key)
        if host is None:
            if len(self._hosts) >= MOST_HOSTS:
                self._forget_idle()
            host = self._hosts[key] = _Host()
        return host

    def _forget_idle(self) -> None:
        now = self._monotonic()
        for key, host in list(self._hosts.items()):
            if not host.waiting and host.free_at <= now and host.held_until <= now and not host.delay:
                del self._hosts[key]
