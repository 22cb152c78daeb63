"""What a fetch leaves behind: the response as the pipeline sees it, and the exchange as an archive needs it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import httpx

Kind = Literal["feed", "page", "robots", "sitemap", "archive"]
Outcome = Literal[
    "ok", "unchanged", "gone", "forbidden", "not_found", "rejected", "throttled", "server_error", "unexpected_status",
    "timeout", "too_large", "truncated", "undecodable",
    "dns", "refused", "unreachable", "tls", "disconnected", "protocol_error",
    "redirect_loop", "too_many_redirects", "bad_redirect", "bad_scheme", "bad_url", "blocked_address", "held_back",
    "disallowed",
]  # fmt: skip

PERMANENT = frozenset({301, 308})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request with its response, enough for a pair of WARC records.

    Header names and values are the bytes as sent and as received, in order, less Authorization. `body` is the decoded
    payload (at most the bound), not the bytes of the wire: whoever writes it renames Content-Encoding and
    Transfer-Encoding and sets Content-Length anew, as browsertrix and warcprox do. `complete` is false where the body
    was cut by the bound, the deadline or the server. HTTP/2 requests are told in the form of HTTP/1.1.
    """

    url: str
    target: str
    request_headers: tuple[tuple[bytes, bytes], ...]
    http_version: str
    status: int
    reason: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    complete: bool
    wire_bytes: int
    address: str | None
    started_at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Hop:
    """A redirect that was followed: the URL asked, the status it gave, the URL it led to."""

    url: str
    status: int
    target: str


@dataclass(frozen=True, slots=True)
class Response:
    """How a `get` ended.

    `status` is None where no response came. `body` is decoded; with "truncated", "too_large" and "timeout" it is what
    had come until then. `etag` and `last_modified` are byte-identical to the headers (as Latin-1 text) and None where
    absent or unusable; they belong to `final_url` alone. `seconds` leaves out waiting for the host's turn.
    `wire_bytes` is the size of the bodies as they came. `retry_after` and `fresh_for` are seconds, None where the
    server says nothing. `conditional` is true where validators were sent to `final_url`. `exchange` is the last one,
    `recorded` what the recorder returned for it.
    """

    url: str
    final_url: str
    kind: Kind
    status: int | None
    outcome: Outcome
    detail: str
    fetched_at: datetime
    seconds: float = 0.0
    wire_bytes: int = 0
    headers: httpx.Headers = field(default_factory=httpx.Headers)
    body: bytes = b""
    redirects: tuple[Hop, ...] = ()
    etag: str | None = None
    last_modified: str | None = None
    conditional: bool = False
    retry_after: float | None = None
    fresh_for: float | None = None
    exchange: Exchange | None = None
    recorded: object = None

    @property
    def content_type(self) -> str | None:
        """The Content-Type header."""
        value: str | None = self.headers.get("content-type")
        return value

    @property
    def permanent_url(self) -> str | None:
        """Where the leading run of permanent redirects ends, None where the first hop is none.

        A step from https down to http ends the run: it is followed, but must never be stored.
        """
        target: str | None = None
        for hop in self.redirects:
            if hop.status not in PERMANENT or (hop.url.startswith("https:") and not hop.target.startswith("https:")):
                break
            target = hop.target
        return target
