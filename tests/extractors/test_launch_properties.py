"""What must hold for any text: exact evidence, no exception, linear time, no influence of what is beside the point."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.document import Document, publication_day
from extractors.engine import extract
from extractors.launches import find_launches
from extractors.text import normalise, paragraphs, quotations, sentences, words

_DAY = date(2025, 1, 6)
_STORY = (
    "SEOUL, Jan. 6 - North Korea fired two short-range ballistic missiles from the Sunan area on Monday, the military "
    "said.\n\nThe missiles flew about 600 km before falling into the sea off its east coast. “It was a success,” state "
    "media said.\n\n"
    "On Dec. 18 it launched an intercontinental ballistic missile from near Pyongyang."
)
_ASIDES = (
    "The harbour council will vote on new parking fees in spring.",
    "Tomatoes were cheaper this week, growers said, after a mild autumn in the valley.",
    "A choir from Leipzig sang to a full house; the encore lasted ten minutes.",
)
_FRAGMENTS = st.sampled_from(
    ["North Korea", " fired ", "two missiles", "the launch", " “", "” ", "‘", "’s ", " said", ", ", ".",
     "\n\n", "\u200f",
     "\u00a0", "İ", "ﬁ", "😀", "on Monday", "at 7.10 a.m.", "300 miles", "\x00", "\r\n", "the North",
     "Kim Jong Un", "U.S.",
     "(", ")", "—", "it", "was", "launched by", "e\u0301"]
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.one_of(st.text(max_size=300), st.lists(_FRAGMENTS, max_size=60).map("".join)))
def test_any_text_gives_exact_evidence_and_no_exception(text: str) -> None:
    found = extract(f"{text} missile", published=_DAY)
    for record in (*found.launches, *found.reactions):
        for evidence in record.evidence:
            assert f"{text} missile"[evidence.start : evidence.end] == evidence.text


@settings(deadline=None, max_examples=150)
@given(st.one_of(st.text(max_size=300), st.lists(_FRAGMENTS, max_size=60).map("".join)))
def test_the_text_layer_keeps_every_offset(text: str) -> None:
    normal = normalise(text)
    assert len(normal) == len(text)
    assert len(normal.lower()) == len(text)
    blocks = paragraphs(normal)
    assert all(normal[w.start : w.end] == w.text for w in words(normal))
    for span in (*blocks, *sentences(normal, blocks)):
        assert normal[span.start : span.end] == normal[span.start : span.end].strip() != ""
    for quote in quotations(text, blocks):
        assert 0 <= quote.start < quote.inner_start <= quote.inner_end < quote.end <= len(text)


def test_the_story_is_read() -> None:
    first, second = extract(_STORY, published=_DAY).launches
    assert (first.country, first.date, first.weapon_class, first.count_min, first.distance_km) == (
        "PRK",
        _DAY,
        "srbm",
        2,
        600.0,
    )
    assert (second.date, second.weapon_class, second.role) == (date(2024, 12, 18), "icbm", "background")


@pytest.mark.parametrize("aside", _ASIDES)
@pytest.mark.parametrize("place", [1, 2, 3])
def test_an_unrelated_paragraph_changes_no_launch(aside: str, place: int) -> None:
    blocks = _STORY.split("\n\n")
    longer = "\n\n".join([*blocks[:place], aside, *blocks[place:]])
    assert _facts(longer) == _facts(_STORY)


def _facts(text: str) -> list[tuple[object, ...]]:
    return [
        (
            x.country,
            x.date,
            x.weapon_class,
            x.count_min,
            x.count_max,
            x.launch_site,
            x.landing_area,
            x.distance_km,
            x.status,
            x.role,
        )
        for x in extract(text, published=_DAY).launches
    ]


def test_without_a_published_date_relative_dates_stay_unknown_and_say_so() -> None:
    first = extract(_STORY.replace("SEOUL, Jan. 6 - ", "")).launches[0]
    assert first.date is None
    assert first.date_precision == "unknown"
    assert "date" in first.inferred


def test_other_languages_give_their_code_and_nothing_else() -> None:
    german = (
        "Nordkorea hat am Montag nach Angaben des Militärs eine Rakete (missile) in das Meer vor der Küste"
        " gefeuert, und "
        "die Welt ist besorgt."
    )
    found = extract(german, published=_DAY)
    assert (found.launches, found.reactions, found.language) == ((), (), "de")


@pytest.mark.parametrize(
    "text", ["", " ", "\n\n\n", "missile", "“missile", "missile’s", "\x00missile\x00", "\u202emissile"]
)
def test_scraps_are_no_launch(text: str) -> None:
    assert extract(text, published=_DAY).launches == ()


def test_the_publication_day_is_the_utc_day() -> None:
    seoul = timezone(timedelta(hours=9))
    assert publication_day(datetime(2025, 1, 6, 7, 30, tzinfo=seoul)) == date(2025, 1, 5)
    assert publication_day(datetime(2025, 1, 6, 23, 30, tzinfo=UTC)) == date(2025, 1, 6)
    assert publication_day(None) is None


def test_mentions_of_a_launch_come_in_text_order_with_the_anaphoric_ones() -> None:
    found = find_launches(Document(_STORY, published=_DAY)).found[0]
    starts = [mention.start for mention in found.mentions]
    assert starts == sorted(starts)
    assert any(_STORY[m.start : m.end].startswith("The missiles") for m in found.mentions)


_REPETITIONS = [
    "missile ", "the missile, ", "fired a missile and ", "North Korea fired ",
    "the launch of the launch of ", "“missile ",
    "‘missile’ ", "said the army, ", "a salvo of ", "two hundred and ", "on the 4th ", "Monday ",
    "7 a.m. to ", "(missile ",
    "from the from the ", "missile, a rocket, ", "it was fired by ", "Kim Jong Un, ",
    "not no never missile ", "1,000 km ",
    "launched off the coast of ", "according to the missile ",
]  # fmt: skip


@pytest.mark.parametrize("unit", _REPETITIONS)
def test_repetition_stays_linear(unit: str) -> None:
    """Four times the text may take at most some nine times as long; a quadratic rule would take sixteen."""
    small, large = (_seconds(unit * (size // len(unit))) for size in (8_000, 32_000))
    assert large < max(small, 0.02) * 9


def _seconds(text: str) -> float:
    """CPU seconds, the least of three runs: a neighbour on the same core makes any one of them dearer."""
    return min(_once(text) for _ in range(3))


def _once(text: str) -> float:
    began = time.process_time()
    extract(f"{text} missile", published=_DAY)
    return time.process_time() - began
