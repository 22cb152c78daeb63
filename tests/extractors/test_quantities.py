"""Dates, clock times, lengths and counts in English: what is found, and what it stands for."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from extractors.clocks import find_times
from extractors.dates import Reach, Resolved, find_dates, resolve
from extractors.document import Document
from extractors.feasts import easter
from extractors.launches import find_launches
from extractors.lengths import measure_role

_HERE = Path(__file__).parent
_PUBLISHED = date(2025, 3, 13)


def _cases(table: str) -> list[list[str]]:
    lines = (_HERE / table).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def _shown(text: str, reach: Reach, published: date | None = _PUBLISHED) -> str:
    days: list[Resolved] = []
    for found in find_dates(text):
        day = resolve(found, published, reach=reach, last=days[-1] if days else None)
        days += [day] if day else []
    return " | ".join(d.date.isoformat() + ("" if d.precision == "day" else f" {d.precision}") for d in days) or "none"


@pytest.mark.parametrize(("reach", "words", "expected"), _cases("date_phrases.tsv"))
def test_words_stand_for_days(reach: Reach, words: str, expected: str) -> None:
    assert _shown(words, reach) == expected


def test_without_a_publication_day_only_whole_dates_are_known() -> None:
    assert _shown("on Sunday, two days ago, on Christmas Day, on 3/6/2025", "past", None) == "none"
    assert _shown("on 6 March 2025 and on 25/02/2025", "past", None) == "2025-03-06 | 2025-02-25"


def test_easter_falls_where_the_almanac_has_it() -> None:
    years = {1961: (4, 2), 2008: (3, 23), 2019: (4, 21), 2024: (3, 31), 2025: (4, 20), 2038: (4, 25)}
    assert {year: (easter(year).month, easter(year).day) for year in years} == years


@pytest.mark.parametrize(("words", "expected"), _cases("clock_phrases.tsv"))
def test_words_stand_for_times(words: str, expected: str) -> None:
    shown = [t.clock + ("" if t.exact else "~") + (f" {t.zone}" if t.zone else "") for t in find_times(words)]
    assert (" | ".join(shown) or "none") == expected


@pytest.mark.parametrize(("sentence", "expected"), _cases("length_phrases.tsv"))
def test_lengths_say_how_far_and_how_high(sentence: str, expected: str) -> None:
    document = Document(sentence)
    roles = [(measure_role(document, m, 0, len(sentence)), round(m.km, 1)) for m in document.measures]
    assert (" | ".join(f"{role} {km:g}" for role, km in roles if role) or "none") == expected


@pytest.mark.parametrize(("sentence", "expected"), _cases("count_phrases.tsv"))
def test_sentences_say_how_many(sentence: str, expected: str) -> None:
    found = find_launches(Document(sentence, published=date(2025, 1, 6))).found
    assert [f"{one.launch.count_min} {one.launch.count_max}" for one in found] == [expected]
