"""Retry-After and freshness, as servers write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.fetch.headers import LONGEST, fresh_for, http_date, retry_after

NOW = datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0), (" 120 ", 120.0), ("0", 0.0), ("-5", 0.0), ("1.5", 1.0), ('"60"', 60.0),
        ("99999999999999999999", LONGEST), ("Wed, 04 Mar 2026 12:10:00 GMT", 600.0),
        ("Wednesday, 04-Mar-26 12:10:00 GMT", 600.0), ("Wed Mar  4 12:10:00 2026", 600.0),
        ("Wed, 04 Mar 2026 13:10:00 +0100", 600.0), ("Wed, 04 Mar 2020 12:10:00 GMT", 0.0),
        ("Wed, 04 Mar 2090 12:10:00 GMT", LONGEST), ("soon", None), ("", None), (None, None), ("1e9", None),
    ],
)  # fmt: skip
def test_retry_after(value: str | None, seconds: float | None) -> None:
    """B4: seconds or a date."""
    assert retry_after(value, NOW) == seconds


@pytest.mark.parametrize(
    ("cache_control", "age", "expires", "date", "seconds"),
    [
        (["max-age=3600"], None, None, None, 3600.0),
        (["public, max-age=3600"], "600", None, None, 3000.0),
        (["max-age=3600"], "7200", None, None, 0.0),
        (["max-age=3600"], "-7200", None, None, 3600.0),
        (["max-age=3600"], "never", None, None, 3600.0),
        (['max-age="3600"'], None, None, None, 3600.0),
        (["MAX-AGE = 3600"], None, None, None, 3600.0),
        (["s-maxage=7200"], None, None, None, None),
        (["s-maxage=7200, max-age=60"], None, None, None, 60.0),
        (["max-age=3600", "no-cache"], None, None, None, 0.0),
        (["no-cache"], None, "Thu, 05 Mar 2026 12:00:00 GMT", None, 0.0),
        (["no-store, max-age=3600"], None, None, None, 0.0),
        (['no-cache="set-cookie", max-age=3600'], None, None, None, 0.0),
        (["max-age=99999999999"], None, None, None, LONGEST),
        (["max-age=-1"], None, None, None, 0.0),
        (["max-age=60"], None, "Thu, 05 Mar 2026 12:00:00 GMT", None, 60.0),
        ([], None, "Wed, 04 Mar 2026 13:00:00 GMT", None, 3600.0),
        ([], None, "Wed, 04 Mar 2026 13:00:00 GMT", "Wed, 04 Mar 2026 12:30:00 GMT", 1800.0),
        ([], None, "0", None, 0.0), ([], None, "-1", None, 0.0), ([], None, "whenever", None, 0.0),
        ([], None, "Wed, 04 Mar 2020 13:00:00 GMT", None, 0.0),
        ([], "60", None, None, None), (["public"], None, None, None, None), ([""], None, None, None, None),
    ],
)  # fmt: skip
def test_fresh_for(
    cache_control: list[str], age: str | None, expires: str | None, date: str | None, seconds: float | None
) -> None:
    """B2: max-age minus Age, Expires, no-cache wins, absurd values capped."""
    assert fresh_for(cache_control, age, expires, date, NOW) == seconds


@given(st.text(max_size=60))
def test_nothing_a_header_says_is_an_error(text: str) -> None:
    for seconds in (retry_after(text, NOW), fresh_for([text], text, text, text, NOW)):
        assert seconds is None or 0.0 <= seconds <= LONGEST
    moment = http_date(text)
    assert moment is None or moment.tzinfo is not None
