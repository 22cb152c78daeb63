"""Ranges of past dates: checked, cut into chunks, and which captures may belong to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from extractors.errors import UserError

# Web feeds began in the nineties; an earlier date is a slip of the hand.
EARLIEST = date(1990, 1, 1)
MOST_LATE_DAYS = 366
# The date is already this far on in the easternmost zone (Line Islands, UTC+14).
_EASTERNMOST = timedelta(hours=14)


class SpanError(UserError, ValueError):
    """Dates that cannot be filled; the message is one sentence: which date, why, what to do."""


class SelectionError(UserError, ValueError):
    """A feed, site or file that cannot be filled from; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Span:
    """Publication dates from `start` to `end`, both included; captures are looked for until `late_days` after `end`."""

    start: date
    end: date
    late_days: int = 3

    @property
    def search_end(self) -> date:
        """The last day on which a capture of an article of these dates is looked for."""
        return self.end + timedelta(days=self.late_days)

    @property
    def days(self) -> tuple[date, ...]:
        """Every date, in order."""
        return tuple(self.start + timedelta(days=n) for n in range((self.end - self.start).days + 1))

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end

    def searches(self, day: date) -> bool:
        """Whether captures of `day` are looked at."""
        return self.start <= day <= self.search_end

    def nearest(self, day: date) -> date:
        """`day`, or the date of the span that is nearest to it."""
        return min(max(day, self.start), self.end)

    def chunks(self, days: int) -> Iterator[Span]:
        """Spans of `days` dates each, the last one shorter."""
        first = self.start
        while first <= self.end:
            last = min(first + timedelta(days=days - 1), self.end)
            yield Span(first, last, self.late_days)
            first = last + timedelta(days=1)

    def __str__(self) -> str:
        return f"{self.start}" if self.start == self.end else f"{self.start} to {self.end}"


def checked_span(start: date, end: date, *, now: datetime, late_days: int = 3) -> Span:
    """The span from `start` to `end`. `now` is aware. Raises SpanError."""
    today = (now.astimezone(UTC) + _EASTERNMOST).date()
    if start > end:
        raise SpanError(f"START {start} comes after END {end}; give the earlier date first.")
    if start < EARLIEST:
        raise SpanError(f"START {start} is before {EARLIEST}, when no news feed existed; give a later date.")
    if end > today:
        raise SpanError(f"END {end} lies in the future (now it is {now.astimezone(UTC):%Y-%m-%d}); give a past date.")
    if not 0 <= late_days <= MOST_LATE_DAYS:
        raise SpanError(f"{late_days} days after END cannot be searched; give a number from 0 to {MOST_LATE_DAYS}.")
    return Span(start, end, late_days)
