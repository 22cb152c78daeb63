"""What a backfill did for each date, counted."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from extractors.findings import Capture
from flows.spans import Span


@dataclass(slots=True)
class Day:
    """One date's count. `candidates` = `known` + `fetched` + `refused` + `failed` + those still to do.

    `fetched` pages were had, `known` ones were stored already, `refused` ones robots.txt forbids. `stored` articles
    are new in the lake, by their own date; `articles` and `launches` are what the lake holds of the date in the end.
    """

    candidates: int = 0
    known: int = 0
    fetched: int = 0
    refused: int = 0
    failed: int = 0
    stored: int = 0
    articles: int = 0
    launches: int = 0


@dataclass(slots=True)
class Coverage:
    """Counts for every date of `span`."""

    span: Span
    days: dict[date, Day] = field(init=False)

    def __post_init__(self) -> None:
        self.days = {day: Day() for day in self.span.days}

    def note_capture(self, day: date, capture: Capture) -> None:
        """Count how a capture ended."""
        count = self.days[day]
        if capture.body is not None or capture.outcome == "entry":
            count.fetched += 1
        elif capture.outcome == "disallowed":
            count.refused += 1
        else:
            count.failed += 1

    def totals(self) -> dict[str, int]:
        """The sums over all dates."""
        return {name: sum(getattr(day, name) for day in self.days.values()) for name in Day.__dataclass_fields__}

    def rows(self) -> list[dict[str, Any]]:
        """One JSON-ready row a date, in order."""
        return [{"date": day.isoformat(), **asdict(count)} for day, count in sorted(self.days.items())]
