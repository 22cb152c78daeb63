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
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from flows.fetch import headers as header_values
from flows.fetch.addresses import GuardedBackend, Network, Resolver, parse_networks, system_resolver
from flows.fetch.attempt import Attempt, Journey, public
from flows.fetch.decoding import ACCEPT_ENCODING, UndecodableError
from flows.fetch.outcomes import REDIRECTS, EndError, failure
from flows.fetch.pace import Pace
from flows.fetch.responses import Exchange, Hop, Kind, Outcome, Response
from flows.fetch.transport import GuardedTransport, tls_context

__all__ = ["Client", "Exchange", "FetchSettings", "Hop", "Kind", "Outcome", "Recorder", "Response"]

PRODUCT = "launchwire"

_ACCEPT = {
    "feed": "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, */*;q=0.5",
    "page": "text/html, application/xhtml+xml, */*;q=0.5",
    "robots": "text/plain, */*;q=0.5",
    "sitemap": "application/xml, text/xml, */*;q=0.5",
    "archive": "*/*",
}
_LONGEST_DETAIL = 300
_LONGEST_VALIDATOR = 4_096


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
            raise ValueError(f"the User-Agent {text!r} must be printable ASCII; mend user_agent or contact")
        return text


Recorder = Callable[[Exchange], object]
Permit = Callable[[str], Awaitable[str | None]]


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
        self._transport = GuardedTransport(backend, tls_context(settings.ca_bundle), settings.concurrent_hosts)
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
        journey = Journey(
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
        except EndError as end:
            return _response(journey, None, end.outcome, end.detail)
        while True:
            try:
                await _ask(permit, current)
                outcome, detail = await self._exchange(journey, current)
                if journey.exchange is None or journey.exchange.status not in REDIRECTS:
                    return _response(journey, current, outcome, detail)
                current = self._follow(journey, current, most)
            except EndError as end:
                return _response(journey, current, end.outcome, end.detail)

    def _follow(self, journey: Journey, current: httpx.URL, most: int) -> httpx.URL:
        assert journey.exchange is not None
        target = _redirect_target(current, journey.exchange)
        seen = {hop.url for hop in journey.hops} | {public(current)}
        if len(journey.hops) >= most:
            raise EndError("too_many_redirects", f"more than {most} redirects, the last to {public(target)}")
        journey.hops.append(Hop(public(current), journey.exchange.status, public(target)))
        if public(target) in seen:
            raise EndError("redirect_loop", f"{public(current)} redirects back to {public(target)}")
        return target

    async def _exchange(self, journey: Journey, url: httpx.URL) -> tuple[Outcome, str]:
        key = _host_key(url)
        async with self._pace.turn(key, url.host):
            held = self._pace.held_for(key)
            if held > 0:
                journey.exchange, journey.held_seconds = None, held
                raise EndError("held_back", f"{url.host} asked for quiet; the next request may go in {held:.0f} s")
            journey.now = self._clock()
            outcome, detail = await self._send(journey, url)
        self._note_manners(key, journey)
        return outcome, detail

    def _note_manners(self, key: str, journey: Journey) -> None:
        if journey.exchange is None:
            return
        wait = _retry_after(journey.exchange, journey.now)
        status = journey.exchange.status
        if status in {420, 429} or (status == 503 and wait is not None):
            self._pace.hold(key, wait)
        elif status < 500:
            self._pace.release(key)

    async def _send(self, journey: Journey, url: httpx.URL) -> tuple[Outcome, str]:
        begun = time.monotonic()
        attempt = Attempt(journey, self._request(journey, url))
        try:
            try:
                async with asyncio.timeout(max(0.0, journey.total_seconds - journey.seconds)):
                    return await attempt.run(self._transport)
            except TimeoutError:
                came = f"{attempt.wire_bytes} bytes came"
                raise EndError("timeout", f"not finished within {journey.total_seconds:g} s ({came})") from None
            except UndecodableError as error:
                raise EndError("undecodable", f"the body cannot be decoded: {error}") from None
            except Exception as error:
                raise failure(error, url.host) from None
        finally:
            seconds = time.monotonic() - begun
            journey.seconds += seconds
            journey.wire_bytes += attempt.wire_bytes
            journey.exchange = attempt.exchange(seconds)
            if journey.exchange is not None and self._recorder is not None and journey.piece is None:
                journey.recorded = self._recorder(journey.exchange)

    def _request(self, journey: Journey, url: httpx.URL) -> httpx.Request:
        headers = httpx.Headers({**self._headers, "Accept": _ACCEPT[journey.kind]}, encoding="latin-1")
        journey.conditional = False
        if public(url) == journey.validators_url:
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


def _one_line(text: str) -> str:
    """What a server says can end in a terminal or a log: printable, in one line, not long."""
    clean = "".join(character if character.isprintable() else " " for character in text[: 4 * _LONGEST_DETAIL])
    return clean if len(clean) <= _LONGEST_DETAIL else f"{clean[:_LONGEST_DETAIL]}…"


async def _ask(permit: Permit | None, url: httpx.URL) -> None:
    reason = await permit(public(url)) if permit is not None else None
    if reason is not None:
        raise EndError("disallowed", reason)


def _response(journey: Journey, url: httpx.URL | None, outcome: Outcome, detail: str) -> Response:
    exchange = journey.exchange
    head = httpx.Headers(list(exchange.headers), encoding="latin-1") if exchange else httpx.Headers()
    fresh = None
    if exchange is not None:
        fresh = header_values.fresh_for(
            head.get_list("cache-control"), head.get("age"), head.get("expires"), head.get("date"), journey.now
        )
    return Response(
        url=journey.url,
        final_url=journey.url if url is None else public(url),
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


def _redirect_target(current: httpx.URL, exchange: Exchange) -> httpx.URL:
    location = httpx.Headers(list(exchange.headers)).get("location", "").strip()
    if not location:
        raise EndError("bad_redirect", f"status {exchange.status} without a Location")
    try:
        target = current.join(location)
    except (httpx.InvalidURL, ValueError) as error:
        raise EndError("bad_redirect", f"status {exchange.status} to an unusable Location: {error}") from None
    if target.host != current.host or target.scheme != current.scheme or target.port != current.port:
        target = target.copy_with(userinfo=b"")
    return _checked(target, "bad_redirect")


def _checked_url(url: str) -> httpx.URL:
    try:
        return _checked(httpx.URL(url), "bad_url")
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise EndError("bad_url", f"no usable URL: {error}") from None


def _checked(url: httpx.URL, otherwise: Outcome) -> httpx.URL:
    if url.scheme not in {"http", "https"}:
        raise EndError("bad_scheme", f"only http and https are fetched, not {(url.scheme or 'a relative URL')!r}")
    if not url.host:
        raise EndError(otherwise, "the URL has no host")
    if url.port is not None and not 0 < url.port < 65_536:
        raise EndError(otherwise, f"{url.port} is no port")
    return url


def _same_form(url: str) -> str:
    try:
        return public(httpx.URL(url))
    except (httpx.InvalidURL, ValueError):
        return ""


def _host_key(url: httpx.URL) -> str:
    """A host's http and https are one; another port is another server."""
    return url.host if url.port in {None, 80, 443} else f"{url.host}:{url.port}"


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
