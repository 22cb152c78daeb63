"""Which patterns are worth trying on a stretch of text: those of whose hints it holds one.

A pattern that begins with an optional word is tried at every character of a text. Every one of ours needs some literal
word or mark, so one automaton over all of them says in one pass which patterns can match at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from ahocorasick_rs import AhoCorasick

T = TypeVar("T")


class Hints(Generic[T]):
    """Things to try, each with its hints in lower case; a space in a hint stands for any white space."""

    def __init__(self, hinted: Iterable[tuple[Iterable[str], T]]) -> None:
        by_hint: dict[str, set[int]] = {}
        self._things: list[T] = []
        for hints, thing in hinted:
            for hint in hints:
                by_hint.setdefault(hint, set()).add(len(self._things))
            self._things.append(thing)
        self._numbers = list(by_hint.values())
        self._automaton = AhoCorasick(list(by_hint))

    def in_text(self, text: str) -> Sequence[T]:
        """What is worth trying on normalised `text`, in the order given."""
        low = text.lower().replace("\n", " ")
        numbers: set[int] = set()
        for hint, _, _ in self._automaton.find_matches_as_indexes(low, overlapping=True):
            numbers |= self._numbers[hint]
        return [self._things[number] for number in sorted(numbers)]
