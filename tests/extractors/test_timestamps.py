"""Machine-written dates: the zone kept, the precision told, nothing wrong in silence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.timestamps import Stamp, read_timestamp

NOW = datetime(2024, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "moment", "precision"),
    [
        ("2024-01-07T09:12:30+09:00", "2024-01-07T09:12:30+09:00", "second"),
        ("2024-01-07T09:12:30.123456789Z", "2024-01-07T09:12:30+00:00", "second"),
        ("2024-01-07 09:12 +0900", "2024-01-07T09:12:00+09:00", "minute"),
        ("2024-01-07T09:12:30 Z", "2024-01-07T09:12:30+00:00", "second"),
        ("2024-01-07", "2024-01-07T00:00:00+00:00", "day"),
        ("2024-01-07T00:00:00+09:00", "2024-01-07T00:00:00+09:00", "day"),
        ("2024/1/7", "2024-01-07T00:00:00+00:00", "day"),
        ("20240107T091230Z", "2024-01-07T09:12:30+00:00", "second"),
        ("20240107", "2024-01-07T00:00:00+00:00", "day"),
        ("Sun, 07 Jan 2024 09:12:30 -0000", "2024-01-07T09:12:30+00:00", "second"),
        ("Sun,07 Jan 24 09:12 EDT", "2024-01-07T09:12:00-04:00", "minute"),
        ("7 January 2024 21:12:30 GMT+0530 (IST)", "2024-01-07T21:12:30+05:30", "second"),
        ("Sun Jan  7 09:12:30 UTC 2024", "2024-01-07T09:12:30+00:00", "second"),
        ("Sunday, January 7th, 2024 - 9:12 pm JST", "2024-01-07T21:12:00+09:00", "minute"),
        ("Jan. 7, 2024, 12:05 a.m. ET", "2024-01-07T00:05:00-05:00", "minute"),
        ("Jul. 7, 2023 12:05 p.m. ET", "2023-07-07T12:05:00-04:00", "minute"),
        ("01:38:07 PM JST Jan 7, 2024", "2024-01-07T13:38:07+09:00", "second"),
        ("Fri 6:45 PM, Jan 5, 2024", "2024-01-05T18:45:00+00:00", "minute"),
        ("09:12 GMT, 7 January 2024", "2024-01-07T09:12:00+00:00", "minute"),
        ("Dec 31, 2023 | 23:59:60 UTC", "2023-12-31T23:59:59+00:00", "second"),
        ("٢٠٢٤-٠١-٠٧", "2024-01-07T00:00:00+00:00", "day"),
        ("2024-02-30", None, "none"),
        ("2024-01-07T25:00:00Z", None, "none"),
        ("2024-01-07T13:00 pm", None, "none"),
        ("2024-01-07T09:12:30+99:00", None, "none"),
        ("07/01/2024", None, "none"),
        ("2024-01", None, "none"),
        ("Jan 7", None, "none"),
        ("0000-00-00T00:00:00Z", None, "none"),
        ("1970-01-01T00:00:00Z", None, "none"),
        ("9999-12-31T23:59:59-14:00", None, "none"),
        ("2024-01-10T00:00:00Z", None, "none"),
        ("9" * 400, None, "none"),
    ],
)
def test_read_timestamp(raw: str, moment: str | None, precision: str) -> None:
    found = read_timestamp(raw, now=NOW)
    assert (found.moment.isoformat() if found.moment else None, found.precision) == (moment, precision)
    assert found.problem is None or found.moment is None or not found.zoned
    assert found.problem is not None or found.moment is not None


def test_what_is_assumed_is_said() -> None:
    naive = read_timestamp("2024-01-07T09:12:30")
    assert (naive.moment, naive.zoned) == (datetime(2024, 1, 7, 9, 12, 30, tzinfo=UTC), False)
    assert "no zone" in (naive.problem or "")
    assert read_timestamp("2024-01-07T09:12:30Z").zoned
    ambiguous = read_timestamp("Sun, 07 Jan 2024 09:12:30 CST")
    assert "North America" in (ambiguous.problem or "")
    chinese = read_timestamp("Sun, 07 Jan 2024 09:12:30 CST", host="news.example.cn")
    assert chinese.moment is not None
    assert (chinese.moment.utcoffset(), chinese.problem) == (timedelta(hours=8), None)


def test_nothing_is_read_from_nothing() -> None:
    assert read_timestamp(" \n ") == Stamp(None)


@settings(deadline=None)
@given(st.one_of(st.text(max_size=60), st.from_regex(r"[0-9T:+Zapm ,./-]{1,40}", fullmatch=True)))
def test_any_text_gives_an_aware_moment_or_none(raw: str) -> None:
    found = read_timestamp(raw, now=NOW)
    if found.moment is None:
        assert found.precision == "none"
    else:
        assert found.moment.utcoffset() is not None
        assert found.moment.astimezone(UTC) <= NOW + timedelta(days=1)


@settings(deadline=None)
@given(st.datetimes(datetime(1990, 1, 2), datetime(2023, 12, 31)), st.integers(-14 * 60, 14 * 60))
def test_iso_dates_come_back_as_written(naive: datetime, minutes: int) -> None:
    text = (
        naive.replace(microsecond=0).isoformat()
        + f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    )
    found = read_timestamp(text, now=NOW)
    assert found.moment == datetime.fromisoformat(text)
    assert found.moment is not None
    assert found.moment.utcoffset() == timedelta(minutes=minutes)
