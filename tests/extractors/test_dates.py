"""Dates in English: what is found, and which day of the calendar it stands for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from extractors.dates import Reach, Resolved, find_dates, resolve
from extractors.feasts import easter

_TABLE = Path(__file__).parent / "date_phrases.tsv"
_PUBLISHED = date(2025, 3, 13)


def _cases() -> Iterator[tuple[str, str, str]]:
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            reach, words, expected = line.split("\t")
            yield reach, words, expected


def _shown(text: str, reach: Reach, published: date | None = _PUBLISHED) -> str:
    days: list[Resolved] = []
    for found in find_dates(text):
        day = resolve(found, published, reach=reach, last=days[-1] if days else None)
        days += [day] if day else []
    return " | ".join(d.date.isoformat() + ("" if d.precision == "day" else f" {d.precision}") for d in days) or "none"


@pytest.mark.parametrize(("reach", "words", "expected"), [*_cases()])
def test_words_stand_for_days(reach: Reach, words: str, expected: str) -> None:
    assert _shown(words, reach) == expected


def test_without_a_publication_day_only_whole_dates_are_known() -> None:
    assert _shown("on Sunday, two days ago, on Christmas Day, on 3/6/2025", "past", None) == "none"
    assert _shown("on 6 March 2025 and on 25/02/2025", "past", None) == "2025-03-06 | 2025-02-25"


def test_easter_falls_where_the_almanac_has_it() -> None:
    years = {1961: (4, 2), 2008: (3, 23), 2019: (4, 21), 2024: (3, 31), 2025: (4, 20), 2038: (4, 25)}
    assert {year: (easter(year).month, easter(year).day) for year in years} == years
