"""The phrase notation: what matches, what does not, what is refused."""

from __future__ import annotations

import pytest

from extractors.phrases import PhraseBook, PhraseError, inflections, parse, spoken_words
from extractors.text import words as words_of


def matches(pattern: str, text: str) -> list[str]:
    words = spoken_words(words_of(text))
    found = PhraseBook({"rule": [pattern]}).find(words, {})
    return [text[words[f.first].start : words[f.last].end] for f in found]


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("condemn~", "Tokyo condemned it", ["condemned"]),
        ("slam~", "Seoul slammed the test", ["slammed"]),
        ("lodge~ ..3 protest~", "Japan lodged a stern protest", ["lodged a stern protest"]),
        ("lodge~ ..3 protest~", "Japan lodged, with a sigh, a protest", []),
        ("lodge~ ..3 protest~", "Japan lodged a very stern and formal protest", []),
        ("call~ on|upon", "it called upon Moscow", ["called upon"]),
        ("(shut|close~ down) airspace", "they closed down airspace", ["closed down airspace"]),
        (
            "threat to (the)? region",
            "a threat to region, a threat to the region",
            ["threat to region", "threat to the region"],
        ),
        ("grave provocation", 'a grave "provocation"', ['grave "provocation']),
        ("not tolerate", "we won't tolerate it", ["n't tolerate"]),
        ("will answer", "we'll answer", ["'ll answer"]),
    ],
)
def test_matches(pattern: str, text: str, expected: list[str]) -> None:
    assert matches(pattern, text) == expected


def test_slot_takes_what_the_caller_accepts() -> None:
    words = spoken_words(words_of("they asked North Korea to stop"))
    book = PhraseBook({"urge": ["ask~ <state> to"]})
    found = book.find(words, {"state": lambda index: index + 2 if words[index].text == "North" else 0})
    assert [(f.first, f.last) for f in found] == [(1, 4)]


def test_the_longest_phrase_of_a_rule_wins_at_a_word() -> None:
    text = "Tokyo will respond sternly"
    words = spoken_words(words_of(text))
    found = PhraseBook({"warn": ["will respond", "will respond sternly"]}).find(words, {})
    assert [(f.first, f.last) for f in found] == [(1, 3)]


@pytest.mark.parametrize(
    "pattern", ["", "..3 protest", "protest ..3", "(shut", "shut)", "a | ", "(the)? (a)?", "<state> said", "()"]
)
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(PhraseError):
        parse(pattern)


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("stop", "stopped"),
        ("deny", "denied"),
        ("urge", "urging"),
        ("speak", "spoke"),
        ("refer", "referred"),
        ("condemn", "condemns"),
        ("address", "addresses"),
    ],
)
def test_inflections(word: str, form: str) -> None:
    assert form in inflections(word)
