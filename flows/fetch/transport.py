"""httpx over connection pools, one for each host, whose every connection goes through the address guard."""

from __future__ import annotations

import ssl
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from functools import lru_cache
from pathlib import Path

import httpcore
import httpx

from flows.fetch.addresses import GuardedBackend

_KEEPALIVE_SECONDS = 5.0


class _Pool:
    """The connections to one host. `in_use` counts answers not yet read to their end."""

    def __init__(self, pool: httpcore.AsyncConnectionPool) -> None:
        self.connections = pool
        self.in_use = 0
        self.idle_since = 0.0


class _CoreStream(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response, pool: _Pool) -> None:
        self._response = response
        self._pool: _Pool | None = pool

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._response.aiter_stream():
            yield part

    async def aclose(self) -> None:
        try:
            await self._response.aclose()
        finally:
            if self._pool is not None:
                _release(self._pool)
                self._pool = None


def _release(pool: _Pool) -> None:
    pool.in_use -= 1
    pool.idle_since = time.monotonic()


class GuardedTransport(httpx.AsyncBaseTransport):
    """httpx over connection pools whose every connection goes through the address guard, a pool for each host.

    A pool looks at each of its connections for each request, so that one pool for all hosts would cost the square of
    their number: half of the time of a poll of 500 feeds. Failures leave as httpcore's exceptions or the guard's own.
    """

    def __init__(self, backend: GuardedBackend, context: ssl.SSLContext, hosts_at_once: int) -> None:
        self._backend = backend
        self._context = context
        self._most_idle = hosts_at_once
        self._pools: OrderedDict[tuple[bytes, bytes, int | None], _Pool] = OrderedDict()

    def _pool(self, url: httpx.URL) -> _Pool:
        key = (url.raw_scheme, url.raw_host, url.port)
        if key not in self._pools:
            self._pools[key] = _Pool(
                httpcore.AsyncConnectionPool(
                    ssl_context=self._context,
                    keepalive_expiry=_KEEPALIVE_SECONDS,
                    http1=True,
                    http2=True,
                    network_backend=self._backend,
                )
            )
        self._pools.move_to_end(key)
        return self._pools[key]

    def _take_idle(self) -> list[_Pool]:
        """Pools of hosts that nobody asks, too many or too long idle: those first that were asked longest ago."""
        now = time.monotonic()
        idle = [key for key, pool in self._pools.items() if not pool.in_use]
        late = [key for key in idle if now - self._pools[key].idle_since >= _KEEPALIVE_SECONDS]
        return [self._pools.pop(key) for key in idle[: max(len(late), len(idle) - self._most_idle)]]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it over a guarded connection."""
        url = request.url
        core_request = httpcore.Request(
            method=request.method,
            url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            extensions=request.extensions,
        )
        pool = self._pool(url)
        pool.in_use += 1
        try:
            for idle in self._take_idle():
                await idle.connections.aclose()
            response = await pool.connections.handle_async_request(core_request)
        except BaseException:
            _release(pool)
            raise
        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_CoreStream(response, pool),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        """Close every connection."""
        while self._pools:
            await self._pools.popitem()[1].connections.aclose()


def peer(response: httpx.Response) -> str | None:
    """The address that answered."""
    stream = response.extensions.get("network_stream")
    address = stream.get_extra_info("server_addr") if stream is not None else None
    return str(address[0]) if address else None


@lru_cache(maxsize=4)  # reading the authorities takes some 50 ms
def tls_context(ca_bundle: Path | None) -> ssl.SSLContext:
    """The usual authorities and those in `ca_bundle`, whatever the environment says."""
    context = httpx.create_ssl_context(trust_env=False)
    if ca_bundle is not None:
        context.load_verify_locations(cafile=ca_bundle)
    return context
