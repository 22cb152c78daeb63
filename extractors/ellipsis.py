"""Weapons left unsaid: "had launched more than 200 at the south", "another is booked for May", "one was shot".

A number or a word such as "another" stands for the weapon told before where a verb of launching or planning has it as
its object or its subject.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from extractors.document import Document
from extractors.nounphrases import Determiner, NounPhrase
from extractors.quantities import Count, may_open_count, read_count
from extractors.text import word_set

_ONES = word_set("one another")
_ORDINALS = word_set("second third fourth fifth sixth seventh eighth ninth tenth further final last")
_AFTER_OBJECT = word_set("from at toward towards into against over across in on out , . ; — since during between this")
_LAUNCHED = word_set(
    """launched fired shot sent released loosed lobbed hurled lofted tested test-fired test-launched flown unleashed
    dispatched let"""
)
_LAUNCHING = _LAUNCHED | word_set("fire fires launch launches send sends loose lob firing launching sending loosing")
_COMING = word_set(
    "scheduled planned due booked set slated pencilled penciled expected earmarked lined targeted listed"
)
_BE = word_set("was were is are be been being 's")
_HAVE = word_set("had has have")
_BETWEEN = word_set("up off away down aloft out another some about around nearly almost over only just also then")
_FOLLOWS = word_set("follow follows fly go lift launch")
_MEANWHILE = word_set("also then later already since reportedly successfully")
_MEMORY = 1500  # characters back to the weapon that the word stands for


def with_elided(document: Document, phrases: Sequence[NounPhrase]) -> list[NounPhrase]:
    """The phrases and those that only a count or "another" stands for, in text order."""
    weapons = [p for p in phrases if p.kind == "weapon" and p.role in ("weapon", "target")]
    if not weapons:
        return list(phrases)
    finder = _Finder(document, phrases, weapons)
    return sorted([*phrases, *finder.find()], key=lambda phrase: phrase.start)


class _Finder:
    def __init__(self, document: Document, phrases: Sequence[NounPhrase], weapons: Sequence[NounPhrase]) -> None:
        self._words = document.words
        self._weapons = weapons
        self._ends = [phrase.end for phrase in weapons]
        spans: list[tuple[int, int]] = [(p.start, p.end) for p in phrases]
        spans += [(d.start, d.end) for d in document.dates]
        spans += [(t.start, t.end) for t in document.times]
        spans += [(m.start, m.end) for m in document.measures]
        self._spans = sorted(spans)
        self._starts = [start for start, _ in self._spans]

    def find(self) -> Iterator[NounPhrase]:
        at = 0
        while at < len(self._words):
            low = self._words[at].low
            stands = self._stands_for_one(at) if low in _ONES or may_open_count(low) else None
            if stands is None or self._covered(at):
                at += 1
                continue
            count, begin, after, determiner = stands
            model = self._model(self._words[at].start)
            if model is not None and (self._is_object(begin, after) or self._is_subject(after)):
                yield self._phrase(model, begin, after, count, determiner)
            at = after

    def _stands_for_one(self, at: int) -> tuple[Count, int, int, Determiner] | None:
        """(count, index of the first word, index after the last, determiner) of words that can stand for a weapon."""
        low = self._words[at].low
        if low in _ONES:
            return Count(1, 1), at, at + 1, "another" if low == "another" else "count"
        if low in ("a", "the") and at + 1 < len(self._words) and self._words[at + 1].low in _ORDINALS:
            after = at + 2 + (at + 2 < len(self._words) and self._words[at + 2].low == "one")
            return (Count(1, 1), at, after, "another") if low == "a" else None
        read = read_count(self._words, at)
        if read is None or low in ("a", "an"):
            return None
        count, begin, after = read
        more = after < len(self._words) and self._words[after].low in ("more", "others")
        return count, begin, after + more, "another" if more else "count"

    def _covered(self, at: int) -> bool:
        word = self._words[at]
        near = bisect_right(self._starts, word.end) - 1
        return any(start < word.end and word.start < end for start, end in self._spans[max(0, near - 2) : near + 1])

    def _model(self, offset: int) -> NounPhrase | None:
        """The weapon last spoken of."""
        at = bisect_right(self._ends, offset) - 1
        return self._weapons[at] if at >= 0 and offset - self._ends[at] < _MEMORY else None

    def _is_object(self, begin: int, after: int) -> bool:
        """Whether a verb of launching stands right before, and no noun after."""
        if after < len(self._words) and self._words[after].low not in _AFTER_OBJECT:
            return False
        back = begin - 1
        while back >= 0 and begin - back < 4 and self._words[back].low in _BETWEEN:
            back -= 1
        return back >= 0 and self._words[back].low in _LAUNCHING

    def _is_subject(self, after: int) -> bool:
        """Whether "was fired", "released by", "is booked for" or "will follow" comes next."""
        ahead = [word.low for word in self._words[after : after + 5]]
        at = 0
        while at < len(ahead) and ahead[at] in _BE | _HAVE | _MEANWHILE:
            at += 1
        passive = any(low in _BE for low in ahead[:at])
        if at < len(ahead) and passive and ahead[at] in _LAUNCHED | _COMING:
            return True
        if at == 0 and len(ahead) > 1 and ahead[0] in _LAUNCHED and ahead[1] in ("by", "from", "off", "out"):
            return True
        return (
            len(ahead) > 1 and ahead[0] in ("will", "would", "is", "to") and any(low in _FOLLOWS for low in ahead[1:3])
        )

    def _phrase(self, model: NounPhrase, begin: int, after: int, count: Count, determiner: Determiner) -> NounPhrase:
        first, last = self._words[begin], self._words[after - 1]
        return NounPhrase(
            first.start, last.end, first.start, "weapon", determiner, count=count, plural=count != Count(1, 1),
            weapon_class=model.weapon_class, name=model.name, entry=model.entry, noun=model.noun, role=model.role,
            order="another" if determiner == "another" else "",
        )  # fmt: skip
