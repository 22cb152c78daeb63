"""One request on the wire, its body read under bounds, and what one `get` has met so far."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import httpcore
import httpx

from flows.fetch.decoding import Body, TooLargeError, UndecodableError
from flows.fetch.outcomes import EndError, by_status
from flows.fetch.responses import Exchange, Hop, Kind, Outcome
from flows.fetch.transport import GuardedTransport, peer

_ERROR_BODY_BYTES = 262_144
_ERROR_BODY_SECONDS = 5.0
_MOST_CRUMBS = 10_000
_CRUMB_BYTES = 16


@dataclass(slots=True)
class Journey:
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


class Attempt:
    """One request on the wire and what came of it, kept where a deadline or an error cannot lose it."""

    def __init__(self, journey: Journey, request: httpx.Request) -> None:
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
        """Send it and read the answer; raises EndError, or what the network and the decoders raise."""
        self._response = response = await self._answer(transport)
        self._address = peer(response)
        try:
            outcome, detail = by_status(response.status_code, self._journey.conditional, response.headers)
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
            raise EndError("too_large", f"the body is larger than {limit} bytes") from None
        except (httpcore.ReadError, httpcore.RemoteProtocolError) as error:
            came = f"after {self.wire_bytes} bytes"
            raise EndError("truncated", f"the connection ended inside the body, {came} ({error})") from None
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
                raise EndError("protocol_error", f"the body comes in pieces of less than {_CRUMB_BYTES} bytes")
            room = limit - self.wire_bytes
            self.wire_bytes += len(part)
            body.feed(part[:room])
            if len(part) > room:
                raise TooLargeError

    def exchange(self, seconds: float) -> Exchange | None:
        """What went over the wire in `seconds`, None where no answer came."""
        if self._response is None:
            return None
        response = self._response
        return Exchange(
            url=public(self._request.url),
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


def public(url: httpx.URL) -> str:
    """The URL as it may be stored and shown: without a password and without the fragment, which is never sent."""
    if url.userinfo or url.fragment:
        url = url.copy_with(userinfo=b"", fragment=None)
    return str(url)


def _codings(response: httpx.Response) -> list[str]:
    value: str = response.headers.get("content-encoding", "")
    return value.split(",")
