"""The one HTTP client: polite, bounded, guarded. Feeds, pages, robots.txt, sitemaps and archives all go through it.

`Client.get` returns a `Response` whatever the server does; `outcome` says in one word how it ended and `detail` in a
sentence. It is built on httpx's transport, not on its client, which would keep cookies and judge redirects itself.
Redirects are followed here, hop by hop, so that each is judged (scheme, address, loop) and remembered with
its status. Bodies are decoded here under a bound (see decoding.py), addresses judged before they are connected to (see
addresses.py), requests to one host kept apart in time (see pace.py).

Proxies are deliberately not used, neither from the environment nor by a setting: behind one, the address connected to
could not be judged.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Self

import httpcore
import httpx

from flows.fetch import headers as header_values
from flows.fetch.addresses import (
    BlockedAddress,
    GuardedBackend,
    NameFailure,
    Network,
    Resolver,
    parse_networks,
    system_resolver,
)
from flows.fetch.decoding import ACCEPT_ENCODING, Body, TooLargeError, UndecodableError
from flows.fetch.pace import Pace
from flows.fetch.responses import Exchange, Hop, Kind, Outcome, Response

__all__ = ["Client", "Exchange", "FetchSettings", "Hop", "Kind", "Outcome", "Recorder", "Response"]

PRODUCT = "launchwire"
REDIRECTS = frozenset({301, 302, 303, 307, 308})

_ACCEPT = {
    "feed": "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, */*;q=0.5",
    "page": "text/html, application/xhtml+xml, */*;q=0.5",
    "robots": "text/plain, */*;q=0.5",
    "sitemap": "application/xml, text/xml, */*;q=0.5",
    "archive": "*/*",
}
_NETWORK_ERRORS = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException)
_KEEPALIVE_SECONDS = 5.0
_ERROR_BODY_BYTES = 262_144
_ERROR_BODY_SECONDS = 5.0
_MOST_CRUMBS = 10_000
_CRUMB_BYTES = 16
_LONGEST_DETAIL = 300
_LONGEST_VALIDATOR = 4_096
_STATUS_OUTCOMES: Mapping[int, Outcome] = {
    401: "forbidden", 402: "forbidden", 403: "forbidden", 451: "forbidden",
    404: "not_found", 410: "gone", 420: "throttled", 429: "throttled",
}  # fmt: skip


def default_user_agent(contact: str) -> str:
    """`launchwire/VERSION (+CONTACT)`; without a contact, the name and version alone."""
    try:
        number = version(PRODUCT)
    except PackageNotFoundError:
        number = "0"
    return f"{PRODUCT}/{number} (+{contact})" if contact else f"{PRODUCT}/{number}"


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """Bounds and manners. Times in seconds, sizes in bytes, networks as CIDR texts.

    `user_agent` empty means `launchwire/VERSION (+contact)`. `home_pace_seconds` is the pause for hosts inside
    `allow_networks`, None the same as for all. `ca_bundle` adds certificate authorities; none is ever taken away.
    """

    contact: str
    user_agent: str = ""
    allow_networks: tuple[str, ...] = ()
    ca_bundle: Path | None = None
    max_body_bytes: int = 5_000_000
    connect_seconds: float = 10.0
    read_seconds: float = 15.0
    total_seconds: float = 45.0
    host_pace_seconds: float = 1.0
    home_pace_seconds: float | None = None
    concurrent_hosts: int = 32
    max_redirects: int = 10

    def name(self) -> str:
        """The User-Agent sent. Raises ValueError where it could not be a header."""
        text = self.user_agent or default_user_agent(self.contact)
        if not text.isascii() or not text.isprintable():
            raise ValueError(f"the User-Agent {text!r} must be printable ASCII; mend USER_AGENT or CONTACT")
        return text


Recorder = Callable[[Exchange], object]
Permit = Callable[[str], Awaitable[str | None]]


class _EndError(Exception):
    """A get that ends here, with its outcome."""

    def __init__(self, outcome: Outcome, detail: str) -> None:
        super().__init__(detail)
        self.outcome: Outcome = outcome
        self.detail = detail


@dataclass(slots=True)
class _Journey:
    """What one `get` has met so far."""

    url: str
    kind: Kind
    etag: str | None
    last_modified: str | None
    validators_url: str
    limit: int
    total_seconds: float
    now: datetime
    hops: list[Hop] = field(default_factory=list)
    seconds: float = 0.0
    wire_bytes: int = 0
    exchange: Exchange | None = None
    recorded: object = None
    conditional: bool = False
    held_seconds: float | None = None
    piece: tuple[int, int] | None = None


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


class Client:
    """`async with Client(settings) as client: response = await client.get(url, kind="feed")`.

    `clock` gives the aware UTC time of day, `monotonic` and `sleep` the time of pauses; `resolver` the addresses of a
    host name; `recorder` is called with every exchange, redirects included, and what it returns for the last one is
    `Response.recorded`.
    """

    def __init__(
        self,
        settings: FetchSettings,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        resolver: Resolver = system_resolver,
        recorder: Recorder | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._recorder = recorder
        allowed: tuple[Network, ...] = parse_networks(settings.allow_networks)
        backend = GuardedBackend(allowed, resolver)
        self._pace = Pace(
            settings.host_pace_seconds,
            settings.concurrent_hosts,
            monotonic=monotonic,
            sleep=sleep,
            is_home=backend.is_home,
            home_seconds=settings.home_pace_seconds,
        )
        self._transport = GuardedTransport(backend, _tls_context(settings.ca_bundle), settings.concurrent_hosts)
        self._headers = {"User-Agent": settings.name(), "Accept-Encoding": ACCEPT_ENCODING}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._transport.aclose()

    def slow_down(self, url: str, delay: float) -> None:
        """Keep `delay` seconds between requests to this URL's host (its robots.txt says so), two minutes at most."""
        try:
            self._pace.slow_down(_host_key(httpx.URL(url)), delay)
        except httpx.InvalidURL:
            return

    async def get(
        self,
        url: str,
        *,
        kind: Kind,
        etag: str | None = None,
        last_modified: str | None = None,
        validators_url: str | None = None,
        max_bytes: int | None = None,
        max_redirects: int | None = None,
        total_seconds: float | None = None,
        permit: Permit | None = None,
        piece: tuple[int, int] | None = None,
    ) -> Response:
        """Fetch a URL. Never raises for what a server, a name server or a URL does.

        The validators go, unaltered, to `validators_url` alone (default: `url`), wherever in the chain of redirects it
        comes up: they belong to the URL that gave them. `permit` is asked before every hop and gives the reason why it
        may not be fetched, or None (`Robots.refusal`). With `piece`, only the bytes from the first to the last of the
        two are asked for (RFC 9110 section 14) and nothing is recorded; a server may send the whole in its stead.
        """
        journey = _Journey(
            url=url,
            kind=kind,
            etag=etag,
            last_modified=last_modified,
            validators_url=url if validators_url is None else validators_url,
            limit=self._settings.max_body_bytes if max_bytes is None else max_bytes,
            total_seconds=self._settings.total_seconds if total_seconds is None else total_seconds,
            now=self._clock(),
            piece=piece,
        )
        most = self._settings.max_redirects if max_redirects is None else max_redirects
        try:
            current = _checked_url(url)
            journey.validators_url = _same_form(journey.validators_url)
        except _EndError as end:
            return _response(journey, None, end.outcome, end.detail)
        while True:
            try:
                await _ask(permit, current)
                outcome, detail = await self._exchange(journey, current)
                if journey.exchange is None or journey.exchange.status not in REDIRECTS:
                    return _response(journey, current, outcome, detail)
                current = self._follow(journey, current, most)
            except _EndError as end:
                return _response(journey, current, end.outcome, end.detail)

    def _follow(self, journey: _Journey, current: httpx.URL, most: int) -> httpx.URL:
        assert journey.exchange is not None
        target = _redirect_target(current, journey.exchange)
        seen = {hop.url for hop in journey.hops} | {_public(current)}
        if len(journey.hops) >= most:
            raise _EndError("too_many_redirects", f"more than {most} redirects, the last to {_public(target)}")
        journey.hops.append(Hop(_public(current), journey.exchange.status, _public(target)))
        if _public(target) in seen:
            raise _EndError("redirect_loop", f"{_public(current)} redirects back to {_public(target)}")
        return target

    async def _exchange(self, journey: _Journey, url: httpx.URL) -> tuple[Outcome, str]:
        key = _host_key(url)
        async with self._pace.turn(key, url.host):
            held = self._pace.held_for(key)
            if held > 0:
                journey.exchange, journey.held_seconds = None, held
                raise _EndError("held_back", f"{url.host} asked for quiet; the next request may go in {held:.0f} s")
            journey.now = self._clock()
            outcome, detail = await self._send(journey, url)
        self._note_manners(key, journey)
        return outcome, detail

    def _note_manners(self, key: str, journey: _Journey) -> None:
        if journey.exchange is None:
            return
        wait = _retry_after(journey.exchange, journey.now)
        status = journey.exchange.status
        if status in {420, 429} or (status == 503 and wait is not None):
            self._pace.hold(key, wait)
        elif status < 500:
            self._pace.release(key)

    async def _send(self, journey: _Journey, url: httpx.URL) -> tuple[Outcome, str]:
        begun = time.monotonic()
        attempt = _Attempt(self._settings, journey, self._request(journey, url))
        try:
            try:
                async with asyncio.timeout(max(0.0, journey.total_seconds - journey.seconds)):
                    return await attempt.run(self._transport)
            except TimeoutError:
                came = f"{attempt.wire_bytes} bytes came"
                raise _EndError("timeout", f"not finished within {journey.total_seconds:g} s ({came})") from None
            except UndecodableError as error:
                raise _EndError("undecodable", f"the body cannot be decoded: {error}") from None
            except Exception as error:
                raise _failure(error, url.host) from None
        finally:
            seconds = time.monotonic() - begun
            journey.seconds += seconds
            journey.wire_bytes += attempt.wire_bytes
            journey.exchange = attempt.exchange(seconds)
            if journey.exchange is not None and self._recorder is not None and journey.piece is None:
                journey.recorded = self._recorder(journey.exchange)

    def _request(self, journey: _Journey, url: httpx.URL) -> httpx.Request:
        headers = httpx.Headers({**self._headers, "Accept": _ACCEPT[journey.kind]}, encoding="latin-1")
        journey.conditional = False
        if _public(url) == journey.validators_url:
            for name, value in (("If-None-Match", journey.etag), ("If-Modified-Since", journey.last_modified)):
                if value is not None and _usable(value):
                    headers[name] = value
                    journey.conditional = True
        if journey.piece is not None:
            headers["Range"] = f"bytes={journey.piece[0]}-{journey.piece[1]}"
            headers["Accept-Encoding"] = "identity"
        timeout = httpx.Timeout(self._settings.read_seconds, connect=self._settings.connect_seconds, pool=None)
        request = httpx.Request("GET", url, headers=headers, extensions={"timeout": timeout.as_dict()})
        if url.userinfo:
            next(httpx.BasicAuth(url.username, url.password).auth_flow(request))
        return request


class _Attempt:
    """One request on the wire and what came of it, kept where a deadline or an error cannot lose it."""

    def __init__(self, settings: FetchSettings, journey: _Journey, request: httpx.Request) -> None:
        self._settings = settings
        self._journey = journey
        self._request = request
        self._response: httpx.Response | None = None
        self._body: Body | None = None
        self._complete = False
        self._address: str | None = None
        self._connected = False
        self.wire_bytes = 0
        request.extensions["trace"] = self._trace

    async def run(self, transport: GuardedTransport) -> tuple[Outcome, str]:
        self._response = response = await self._answer(transport)
        self._address = _peer(response)
        try:
            outcome, detail = _by_status(response.status_code, self._journey.conditional, response.headers)
            if response.status_code == 206 and self._journey.piece is not None:
                outcome, detail = "ok", ""
            if outcome == "ok":
                await self._read_whole(response)
            else:
                await self._read_politely(response)
            return outcome, detail
        finally:
            await response.aclose()

    async def _answer(self, transport: GuardedTransport) -> httpx.Response:
        try:
            return await transport.handle_async_request(self._request)
        except (httpcore.ReadError, httpcore.WriteError, httpcore.RemoteProtocolError):
            if self._connected:
                raise
            # The server closed an idle connection just as it was used again: no answer to this request was lost
            # (RFC 9112 section 9.3.1).
            return await transport.handle_async_request(self._request)

    async def _trace(self, event: str, info: Mapping[str, object]) -> None:
        self._connected = self._connected or event.startswith("connection.connect_tcp")

    async def _read_whole(self, response: httpx.Response) -> None:
        limit = self._journey.limit
        self._body = Body(_codings(response), limit)
        try:
            await self._read(response, self._body, limit)
        except TooLargeError:
            raise _EndError("too_large", f"the body is larger than {limit} bytes") from None
        except (httpcore.ReadError, httpcore.RemoteProtocolError) as error:
            came = f"after {self.wire_bytes} bytes"
            raise _EndError("truncated", f"the connection ended inside the body, {came} ({error})") from None
        self._body.finish()
        self._complete = True

    async def _read_politely(self, response: httpx.Response) -> None:
        """The body of an error or a redirect: worth keeping, not worth waiting for.

        Read to its end, if only an empty one as of a 304, the connection can be used again.
        """
        try:
            self._body = Body(_codings(response), min(self._journey.limit, _ERROR_BODY_BYTES))
            async with asyncio.timeout(_ERROR_BODY_SECONDS):
                await self._read(response, self._body, _ERROR_BODY_BYTES)
            self._complete = True
        except (
            TooLargeError,
            UndecodableError,
            TimeoutError,
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.TimeoutException,
        ):
            return

    async def _read(self, response: httpx.Response, body: Body, limit: int) -> None:
        pieces = 0
        async for part in response.aiter_raw():
            pieces += 1
            if pieces > _MOST_CRUMBS and self.wire_bytes < pieces * _CRUMB_BYTES:
                # Each piece costs the same time, however small: without end they would busy the loop to the deadline.
                raise _EndError("protocol_error", f"the body comes in pieces of less than {_CRUMB_BYTES} bytes")
            room = limit - self.wire_bytes
            self.wire_bytes += len(part)
            body.feed(part[:room])
            if len(part) > room:
                raise TooLargeError

    def exchange(self, seconds: float) -> Exchange | None:
        if self._response is None:
            return None
        response = self._response
        return Exchange(
            url=_public(self._request.url),
            target=self._request.url.raw_path.decode("ascii", "replace"),
            request_headers=tuple(
                (name, value) for name, value in self._request.headers.raw if name.lower() != b"authorization"
            ),
            http_version=response.http_version,
            status=response.status_code,
            reason=response.reason_phrase,
            headers=tuple(response.headers.raw),
            body=self._body.taken if self._body is not None else b"",
            complete=self._complete,
            wire_bytes=self.wire_bytes,
            address=self._address,
            started_at=self._journey.now,
            seconds=seconds,
        )


def _one_line(text: str) -> str:
    """What a server says can end in a terminal or a log: printable, in one line, not long."""
    clean = "".join(character if character.isprintable() else " " for character in text[: 4 * _LONGEST_DETAIL])
    return clean if len(clean) <= _LONGEST_DETAIL else f"{clean[:_LONGEST_DETAIL]}…"


async def _ask(permit: Permit | None, url: httpx.URL) -> None:
    reason = await permit(_public(url)) if permit is not None else None
    if reason is not None:
        raise _EndError("disallowed", reason)


def _response(journey: _Journey, url: httpx.URL | None, outcome: Outcome, detail: str) -> Response:
    exchange = journey.exchange
    head = httpx.Headers(list(exchange.headers), encoding="latin-1") if exchange else httpx.Headers()
    fresh = None
    if exchange is not None:
        fresh = header_values.fresh_for(
            head.get_list("cache-control"), head.get("age"), head.get("expires"), head.get("date"), journey.now
        )
    return Response(
        url=journey.url,
        final_url=journey.url if url is None else _public(url),
        kind=journey.kind,
        status=exchange.status if exchange else None,
        outcome=outcome,
        detail=_one_line(detail),
        fetched_at=journey.now,
        seconds=journey.seconds,
        wire_bytes=journey.wire_bytes,
        headers=head,
        body=exchange.body if exchange else b"",
        redirects=tuple(journey.hops),
        etag=_validator(exchange, b"etag"),
        last_modified=_validator(exchange, b"last-modified"),
        conditional=journey.conditional,
        retry_after=journey.held_seconds if exchange is None else _retry_after(exchange, journey.now),
        fresh_for=fresh,
        exchange=exchange,
        recorded=journey.recorded if exchange else None,
    )


def _by_status(status: int, conditional: bool, headers: httpx.Headers) -> tuple[Outcome, str]:
    if status in {200, 203, 226}:
        return "ok", ""
    if status == 304 and conditional:
        return "unchanged", ""
    if status in REDIRECTS:
        return "unexpected_status", f"status {status}"
    if "challenge" in headers.get("cf-mitigated", ""):
        return "forbidden", f"status {status}: Cloudflare challenges clients that are no browser; ask the publisher"
    if status in {401, 403} and headers.get("server", "").lower() == "cloudflare":
        return "forbidden", f"status {status}, given by Cloudflare in front of the site"
    if status in _STATUS_OUTCOMES:
        return _STATUS_OUTCOMES[status], f"status {status}"
    if 400 <= status < 500:
        return "rejected", f"status {status}"
    if status >= 500:
        return "server_error", f"status {status}"
    return "unexpected_status", f"status {status}"


def _failure(error: Exception, host: str) -> _EndError:
    """The outcome for whatever the network or the protocol threw; the cause chain tells TLS and refusals apart."""
    causes = list(_causes(error))
    text = str(error) or type(error).__name__
    if isinstance(error, _EndError):
        return error
    if isinstance(error, BlockedAddress):
        return _EndError("blocked_address", text)
    if isinstance(error, NameFailure):
        return _EndError("dns", text)
    if isinstance(error, httpcore.TimeoutException):
        waited = "to connect" if isinstance(error, httpcore.ConnectTimeout) else "for the next bytes"
        return _EndError("timeout", f"{host} took too long {waited}")
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            reason = getattr(cause, "verify_message", "") or cause.reason or str(cause)
            return _EndError("tls", f"no safe connection to {host}: {reason}")
        if isinstance(cause, ConnectionRefusedError):
            return _EndError("refused", f"{host} refuses connections")
    if isinstance(error, httpcore.ConnectError):
        return _EndError("unreachable", f"{host} cannot be reached: {_reason(causes) or text}")
    if isinstance(error, httpcore.NetworkError) or "disconnected" in text or "ConnectionTerminated" in text:
        return _EndError("disconnected", f"{host} closed the connection without an answer")
    return _EndError("protocol_error", f"{host} does not speak proper HTTP: {text[:200]}")


def _causes(error: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = error
    for _ in range(8):
        if current is None:
            return
        yield current
        current = current.__cause__ or current.__context__


def _reason(causes: Sequence[BaseException]) -> str:
    return next((cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror), "")


def _redirect_target(current: httpx.URL, exchange: Exchange) -> httpx.URL:
    location = httpx.Headers(list(exchange.headers)).get("location", "").strip()
    if not location:
        raise _EndError("bad_redirect", f"status {exchange.status} without a Location")
    try:
        target = current.join(location)
    except (httpx.InvalidURL, ValueError) as error:
        raise _EndError("bad_redirect", f"status {exchange.status} to an unusable Location: {error}") from None
    if target.host != current.host or target.scheme != current.scheme or target.port != current.port:
        target = target.copy_with(userinfo=b"")
    return _checked(target, "bad_redirect")


def _checked_url(url: str) -> httpx.URL:
    try:
        return _checked(httpx.URL(url), "bad_url")
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise _EndError("bad_url", f"no usable URL: {error}") from None


def _checked(url: httpx.URL, otherwise: Outcome) -> httpx.URL:
    if url.scheme not in {"http", "https"}:
        raise _EndError("bad_scheme", f"only http and https are fetched, not {(url.scheme or 'a relative URL')!r}")
    if not url.host:
        raise _EndError(otherwise, "the URL has no host")
    if url.port is not None and not 0 < url.port < 65_536:
        raise _EndError(otherwise, f"{url.port} is no port")
    return url


def _public(url: httpx.URL) -> str:
    """The URL as it may be stored and shown: without a password and without the fragment, which is never sent."""
    if url.userinfo or url.fragment:
        url = url.copy_with(userinfo=b"", fragment=None)
    return str(url)


def _same_form(url: str) -> str:
    try:
        return _public(httpx.URL(url))
    except (httpx.InvalidURL, ValueError):
        return ""


def _host_key(url: httpx.URL) -> str:
    """A host's http and https are one; another port is another server."""
    return url.host if url.port in {None, 80, 443} else f"{url.host}:{url.port}"


def _codings(response: httpx.Response) -> list[str]:
    value: str = response.headers.get("content-encoding", "")
    return value.split(",")


def _peer(response: httpx.Response) -> str | None:
    stream = response.extensions.get("network_stream")
    address = stream.get_extra_info("server_addr") if stream is not None else None
    return str(address[0]) if address else None


def _usable(value: str) -> bool:
    """Whether a validator can be sent back as a header exactly as it came."""
    if not value or value != value.strip() or len(value) > _LONGEST_VALIDATOR:
        return False
    return all(0x20 <= ord(character) <= 0xFF and ord(character) != 0x7F for character in value)


def _validator(exchange: Exchange | None, name: bytes) -> str | None:
    if exchange is None:
        return None
    found = next((value for key, value in exchange.headers if key.lower() == name), b"")
    value = found.decode("latin-1").strip()
    return value if _usable(value) else None


def _retry_after(exchange: Exchange | None, now: datetime) -> float | None:
    if exchange is None:
        return None
    found = next((value for key, value in exchange.headers if key.lower() == b"retry-after"), None)
    return None if found is None else header_values.retry_after(found.decode("latin-1"), now)


@lru_cache(maxsize=4)  # reading the authorities takes some 50 ms
def _tls_context(ca_bundle: Path | None) -> ssl.SSLContext:
    context = httpx.create_ssl_context(trust_env=False)
    if ca_bundle is not None:
        context.load_verify_locations(cafile=ca_bundle)
    return context
