"""How a fetch ended, in one word and a sentence: from a status, or from what the network or the protocol threw."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping, Sequence

import httpcore
import httpx

from flows.fetch.addresses import BlockedAddress, NameFailure
from flows.fetch.responses import Outcome

REDIRECTS = frozenset({301, 302, 303, 307, 308})

_STATUS_OUTCOMES: Mapping[int, Outcome] = {
    401: "forbidden", 402: "forbidden", 403: "forbidden", 451: "forbidden",
    404: "not_found", 410: "gone", 420: "throttled", 429: "throttled",
}  # fmt: skip


class EndError(Exception):
    """A get that ends here, with its outcome."""

    def __init__(self, outcome: Outcome, detail: str) -> None:
        super().__init__(detail)
        self.outcome: Outcome = outcome
        self.detail = detail


def by_status(status: int, conditional: bool, headers: httpx.Headers) -> tuple[Outcome, str]:
    """The outcome that a status means; a 304 is one only to a `conditional` request."""
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


def failure(error: Exception, host: str) -> EndError:
    """The outcome for whatever the network or the protocol threw; the cause chain tells TLS and refusals apart."""
    causes = list(_causes(error))
    text = str(error) or type(error).__name__
    if isinstance(error, EndError):
        return error
    if isinstance(error, BlockedAddress):
        return EndError("blocked_address", text)
    if isinstance(error, NameFailure):
        return EndError("dns", text)
    if isinstance(error, httpcore.TimeoutException):
        waited = "to connect" if isinstance(error, httpcore.ConnectTimeout) else "for the next bytes"
        return EndError("timeout", f"{host} took too long {waited}")
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            reason = getattr(cause, "verify_message", "") or cause.reason or str(cause)
            return EndError("tls", f"no safe connection to {host}: {reason}")
        if isinstance(cause, ConnectionRefusedError):
            return EndError("refused", f"{host} refuses connections")
    if isinstance(error, httpcore.ConnectError):
        return EndError("unreachable", f"{host} cannot be reached: {_reason(causes) or text}")
    if isinstance(error, httpcore.NetworkError) or "disconnected" in text or "ConnectionTerminated" in text:
        return EndError("disconnected", f"{host} closed the connection without an answer")
    return EndError("protocol_error", f"{host} does not speak proper HTTP: {text[:200]}")


def _causes(error: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = error
    for _ in range(8):
        if current is None:
            return
        yield current
        current = current.__cause__ or current.__context__


def _reason(causes: Sequence[BaseException]) -> str:
    return next((cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror), "")
