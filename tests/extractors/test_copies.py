"""Near-duplicates: wire copies found, stories that quote each other kept apart."""

from __future__ import annotations

import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from newspages import PARAGRAPHS, TEXT

from extractors.copies import (
    SIGNATURE_BYTES,
    Candidate,
    CopyIndex,
    find_copy,
    is_copy,
    originals,
    signature,
    similar,
)

NOON = datetime(2024, 1, 7, 12, tzinfo=UTC)
WORDS = [f"word{number}" for number in range(4_000)]


def story(seed: int, length: int = 400) -> str:
    chosen = random.Random(seed)
    return " ".join(chosen.choice(WORDS) for _ in range(length)) + "."


def edited(text: str, share: float, seed: int = 1) -> str:
    chosen = random.Random(seed)
    return " ".join(chosen.choice(WORDS) if chosen.random() < share else word for word in text.split())


def candidate(name: str, text: str, hours: float | None = 0.0) -> Candidate:
    published = None if hours is None else NOON + timedelta(hours=hours)
    return Candidate(name, published, signature(text), text)


def test_signatures_are_the_same_in_every_process() -> None:
    script = f"from extractors.copies import signature; print(signature({TEXT!r}).hex())"
    other = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "77"}
    )
    assert bytes.fromhex(other.stdout) == signature(TEXT)
    assert len(signature(TEXT)) == SIGNATURE_BYTES


def test_dateline_credit_case_and_typography_do_not_matter() -> None:
    first = f"SEOUL, Jan. 7 (Reuters) - {TEXT}\n\n(Reporting by Ana Polk; Editing by Bo Rand)"
    second = f"TOKYO — {TEXT}\n\n© Harbour Post"
    assert similar(first, second) > 0.95
    assert similar(TEXT, TEXT.upper().replace("“", '"').replace("”", '"')) == 1


@pytest.mark.parametrize("share", [0.05, 0.10])
def test_edits_up_to_a_tenth_of_the_words_are_found(share: float) -> None:
    pairs = [(story(seed), edited(story(seed), share, seed)) for seed in range(60)]
    found = [find_copy(copy, signature(copy), [candidate("a", text)]) for text, copy in pairs]
    assert found.count("a") >= 59


def test_a_copy_that_was_shortened() -> None:
    text = "\n\n".join(story(seed, 60) for seed in range(8))
    assert is_copy(text, "\n\n".join(text.split("\n\n")[:4]))
    assert not is_copy(text, "\n\n".join(text.split("\n\n")[:2]))


def test_stories_that_share_a_paragraph_or_a_subject_are_no_copies() -> None:
    quoting = "\n\n".join([story(1, 150), PARAGRAPHS[2], story(2, 100)])
    assert not is_copy(TEXT, quoting)
    assert not is_copy(PARAGRAPHS[2], quoting)
    assert find_copy(quoting, signature(quoting), [candidate("a", TEXT)]) is None
    assert similar(story(1), story(2)) < 0.05


def test_short_texts() -> None:
    alert = "The state has launched what may be a missile. Take shelter inside a building or underground now."
    assert is_copy(alert, alert.upper())
    assert not is_copy(alert, alert.replace("missile", "satellite"))
    assert is_copy("Two missiles fired.", "Two missiles fired")
    assert not is_copy("", "")
    assert not is_copy("One", "One")
    assert signature("") == signature("Two words") == b""
    assert find_copy("", b"", [candidate("a", TEXT)]) is None


def test_the_earliest_is_the_original_in_any_order() -> None:
    copies = [candidate("c", edited(TEXT, 0.03, 3), 2), candidate("b", TEXT, 1), candidate("d", TEXT, 3)]
    undated = candidate("a", TEXT, None)
    for order in (copies, copies[::-1]):
        assert find_copy(TEXT, signature(TEXT), [undated, *order]) == "b"
    assert find_copy(TEXT, signature(TEXT), [candidate("z", TEXT, 1), candidate("y", TEXT, 1)]) == "y"


def test_later_and_much_earlier_articles_are_no_originals() -> None:
    assert find_copy(TEXT, signature(TEXT), [candidate("a", TEXT, 1)], published_at=NOON) is None
    assert find_copy(TEXT, signature(TEXT), [candidate("a", TEXT, -24 * 8)], published_at=NOON) is None
    assert find_copy(TEXT, signature(TEXT), [candidate("a", TEXT, -24 * 6)], published_at=NOON) == "a"
    alert = story(5, 40)
    assert find_copy(alert, signature(alert), [candidate("a", alert, -24 * 3)], published_at=NOON) is None


def test_originals_of_a_batch_do_not_depend_on_its_order() -> None:
    articles = [candidate(f"own{seed}", story(seed), seed) for seed in range(20)]
    articles += [candidate(f"copy{seed}", edited(story(seed), 0.05, seed), seed + 30) for seed in range(0, 20, 2)]
    articles += [candidate("again0", edited(story(0), 0.05, 9), 40)]
    expected = {f"copy{seed}": f"own{seed}" for seed in range(0, 20, 2)} | {"again0": "own0"}
    for seed in range(3):
        mixed = random.Random(seed).sample(articles, len(articles))
        assert originals(mixed) == expected


def test_the_index_finds_what_is_worth_comparing() -> None:
    index = CopyIndex({str(seed): signature(story(seed)) for seed in range(200)})
    copy = edited(story(7), 0.08)
    assert index.lookup(signature(copy)) == ["7"]
    index.add("new", signature(copy))
    assert index.lookup(signature(copy)) == ["7", "new"]
    assert index.lookup(b"") == index.lookup(b"\x09" + bytes(504)) == index.lookup(b"short") == []


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=300))
def test_any_texts(a: str, b: str) -> None:
    assert 0 <= similar(a, b) <= 1
    assert similar(a, b) == similar(b, a)
    assert is_copy(a, b) == is_copy(b, a)
    assert len(signature(a)) in (0, SIGNATURE_BYTES)
