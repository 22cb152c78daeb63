"""Which dates a backfill takes, and how it refuses the others."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from click.testing import CliRunner

from flows.cli import cli
from flows.spans import Span, SpanError, checked_span

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (date(2026, 1, 31), date(2026, 2, 1), 2),
        (date(2024, 2, 28), date(2024, 3, 1), 3),
        (date(2023, 2, 28), date(2023, 3, 1), 2),
        (date(2025, 12, 31), date(2026, 1, 1), 2),
        (date(2026, 1, 31), date(2026, 1, 31), 1),
        (date(2026, 2, 28), date(2026, 3, 1), 2),
    ],
)
def test_both_ends_are_included_over_month_ends_and_leap_days(start: date, end: date, days: int) -> None:
    span = checked_span(start, end, now=NOW)
    assert len(span.days) == days
    assert (span.days[0], span.days[-1]) == (start, end)


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        (date(2026, 2, 2), date(2026, 2, 1), "START 2026-02-02 comes after END 2026-02-01"),
        (date(2026, 2, 2), date(2026, 3, 3), "END 2026-03-03 lies in the future"),
        (date(1900, 1, 1), date(1900, 1, 2), "START 1900-01-01 is before 1990-01-01"),
        (date(1, 1, 1), date(9999, 12, 31), "before 1990-01-01"),
    ],
)
def test_dates_that_cannot_be_filled_are_refused_with_a_sentence(start: date, end: date, says: str) -> None:
    with pytest.raises(SpanError, match=says):
        checked_span(start, end, now=NOW)


def test_today_is_today_in_any_zone() -> None:
    evening = datetime(2026, 2, 28, 13, tzinfo=UTC)
    assert checked_span(date(2026, 3, 1), date(2026, 3, 1), now=evening).days == (date(2026, 3, 1),)
    with pytest.raises(SpanError, match="future"):
        checked_span(date(2026, 3, 1), date(2026, 3, 1), now=datetime(2026, 2, 28, 9, tzinfo=UTC))


def test_chunks_cover_every_date_once() -> None:
    span = Span(date(2024, 1, 1), date(2024, 12, 31))
    chunks = list(span.chunks(7))
    assert [day for chunk in chunks for day in chunk.days] == list(span.days)
    assert len(span.days) == 366
    assert len(chunks[-1].days) == 366 % 7


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["backfill", "2026-01-10", "2026-01-04"], "comes after END"),
        (["backfill", "2026-01-10", "2999-01-04"], "lies in the future"),
        (["backfill", "1900-01-01", "1900-01-04"], "before 1990-01-01"),
        (["reextract", "2026-01-10", "2026-01-04"], "comes after END"),
    ],
)
def test_the_command_refuses_before_anything_is_made(arguments: list[str], says: str) -> None:
    with pytest.raises(SpanError, match=says):
        CliRunner().invoke(cli, arguments, catch_exceptions=False)


@pytest.mark.parametrize("text", ["2026-02-30", "20260101", "yesterday", "1900", "2026-1-1"])
def test_a_date_that_is_none_is_a_usage_error(text: str) -> None:
    result = CliRunner().invoke(cli, ["backfill", text, "2026-02-01"])
    assert result.exit_code == 2
    assert "is not a date" in result.output
