"""What response headers say about time: Retry-After and freshness (RFC 9110 section 10.2.3, RFC 9111 section 4.2)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 31 * 86_400.0

_SECONDS = re.compile(r"\s*\"?(-?\d{1,20})(?:\.\d*)?\"?\s*")
_MAX_AGE = re.compile(r"max-age\s*=\s*\"?(-?\d{1,20})", re.IGNORECASE)


def http_date(value: str) -> datetime | None:
    """An HTTP-date, in any of its three forms and with the usual slips, as an aware UTC time; None where it is none."""
    try:
        moment = parsedate_to_datetime(value.strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        return None


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header, 0 to 31 days; None where there is none or it says nothing."""
    if not value:
        return None
    seconds = _SECONDS.fullmatch(value)
    if seconds:
        return _capped(float(seconds[1]))
    moment = http_date(value)
    return None if moment is None else _capped((moment - now).total_seconds())


def fresh_for(
    cache_control: Sequence[str], age: str | None, expires: str | None, date: str | None, now: datetime
) -> float | None:
    """Seconds for which the response stays fresh, 0 to 31 days; None where the publisher says nothing.

    `no-cache` and `no-store` win over everything, `max-age` (minus Age) over `Expires` (minus Date). `s-maxage` is for
    shared caches and not read.
    """
    directives = ", ".join(cache_control)
    names = {part.split("=")[0].strip().lower() for part in directives.split(",")}
    if names & {"no-cache", "no-store"}:
        return 0.0
    lifetime = _MAX_AGE.search(directives)
    if lifetime:
        elapsed = _SECONDS.fullmatch(age or "0")
        return _capped(float(lifetime[1]) - max(0.0, float(elapsed[1]) if elapsed else 0.0))
    if expires is None:
        return None
    until = http_date(expires)
    if until is None:  # RFC 9111 section 5.3: an invalid date, "0" above all, means already expired
        return 0.0
    since = http_date(date or "") or now
    return _capped((until - since).total_seconds())


def _capped(seconds: float) -> float:
    return min(LONGEST, max(0.0, seconds))
