"""The pattern language of the rule packs: frames over chunks, compiled to linear-time expressions.

A sentence is read as a sequence of chunks, each with one class: a word class of the pack (`LAUNCHED`, `BE`, ...) or a
class the engine sets (`ACTOR`, `WEAPON`, `DATE`, ...). Every class is one character, so a frame is an ordinary
regular expression over a short string. A pattern is a row of items parted by spaces:

- `WEAPON` one chunk of that class; `LAUNCHED|LAUNCHES` of either; `^WEAPON` of any class but that one
- `ACTOR?` perhaps one
- `~4` up to four chunks of any class but those of `stops` (by default the ends of sentences and clauses, launch verbs
  and weapons); `~~4` up to four of any class but an end of sentence
- `actor=ACTOR` the chunk fills the slot `actor`

Repetition is always bounded and never nested, and there is neither lookaround nor backreference: matching takes time
linear in the number of chunks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

from extractors.errors import UserError


class PatternError(UserError, ValueError):
    """A pattern that cannot be compiled; the message names the item and the remedy."""


_ITEM = re.compile(r"(?:(?P<slot>[a-z_]+)=)?(?P<not>\^)?(?P<classes>[A-Z][A-Z_]*(?:\|[A-Z][A-Z_]*)*)(?P<optional>\?)?")
_GAP = re.compile(r"(?P<wide>~)?~(?P<most>\d{1,2})")
_LONGEST_GAP = 25
_FIRST_CHARACTER = 0x100


class Alphabet:
    """One character for each class name, given out in order of first use."""

    def __init__(self, classes: Iterable[str] = ()) -> None:
        self._characters: dict[str, str] = {}
        for name in classes:
            self.add(name)

    def add(self, name: str) -> str:
        """The character of class `name`, a new one if need be."""
        return self._characters.setdefault(name, chr(_FIRST_CHARACTER + len(self._characters)))

    def __getitem__(self, name: str) -> str:
        return self._characters[name]

    def code(self, names: Iterable[str]) -> str:
        """The characters of the classes `names`."""
        return "".join(map(self._characters.__getitem__, names))

    def __contains__(self, name: str) -> bool:
        return name in self._characters

    def names(self) -> tuple[str, ...]:
        """All class names."""
        return tuple(self._characters)


@dataclass(frozen=True)
class Frame:
    """A compiled pattern of a rule: `expression` has one named group for each slot; `says` is the rule's `set`.

    `needs`: for each item that must be there the characters of which it needs one, the rarest first.
    """

    rule: str
    expression: re.Pattern[str]
    needs: tuple[frozenset[str], ...]
    says: Mapping[str, object]


class FrameBook:
    """Frames in order, indexed by the rarest class that each must have."""

    def __init__(self, frames: Iterable[Frame]) -> None:
        self._frames = tuple(frames)
        self._by_rarest: dict[str, list[int]] = {}
        for number, frame in enumerate(self._frames):
            for character in frame.needs[0]:
                self._by_rarest.setdefault(character, []).append(number)

    def __iter__(self) -> Iterator[Frame]:
        return iter(self._frames)

    def likely(self, characters: Set[str]) -> list[Frame]:
        """The frames of which a row of these characters has all that they cannot do without."""
        numbers: set[int] = set()
        for character in characters:
            numbers.update(self._by_rarest.get(character, ()))
        frames = [self._frames[number] for number in sorted(numbers)]
        return [frame for frame in frames if not any(map(characters.isdisjoint, frame.needs))]


def compile_frame(
    rule: str, pattern: str, alphabet: Alphabet, stops: Iterable[str], says: Mapping[str, object]
) -> Frame:
    """A pattern compiled. Raises PatternError for an unknown class or an item that is not in the language."""
    return Frame(rule, _expression(pattern, alphabet, stops), _needs(pattern, alphabet), says)


_EVERYWHERE = frozenset({"WORD", "ACTOR", "OWNER", "WEAPON", "LAUNCHNOUN", "PRONOUN", "COMMA", "DATE"})


def _needs(pattern: str, alphabet: Alphabet) -> tuple[frozenset[str], ...]:
    items = [match for item in pattern.split() if (match := _ITEM.fullmatch(item))]
    listed = [item["classes"].split("|") for item in items if not item["not"] and not item["optional"]]
    if not listed:
        raise PatternError(
            f"the pattern {pattern!r} has no class that must be there; write one, as in `LAUNCHED ~3 WEAPON`"
        )
    listed.sort(key=lambda names: (len(_EVERYWHERE.intersection(names)), len(names)))
    return tuple(frozenset(map(alphabet.__getitem__, names)) for names in listed)


def _expression(pattern: str, alphabet: Alphabet, stops: Iterable[str]) -> re.Pattern[str]:
    stopping = "".join(alphabet[name] for name in stops if name in alphabet)
    parts = [_item(item, alphabet, stopping) for item in pattern.split()]
    if not parts:
        raise PatternError("the pattern is empty; write at least one class, as in `ACTOR ~4 LAUNCHED ~3 WEAPON`")
    return re.compile("".join(parts))


def _item(item: str, alphabet: Alphabet, stopping: str) -> str:
    gap = _GAP.fullmatch(item)
    if gap:
        if int(gap["most"]) > _LONGEST_GAP:
            raise PatternError(f"the gap {item!r} is too long; use at most ~{_LONGEST_GAP}")
        excluded = alphabet["STOP"] if gap["wide"] else stopping
        return f"[^{excluded}]{{0,{gap['most']}}}"
    match = _ITEM.fullmatch(item)
    if match is None:
        raise PatternError(f"{item!r} is no item of a pattern; write a class in capitals, slot=CLASS or ~4")
    unknown = [name for name in match["classes"].split("|") if name not in alphabet]
    if unknown:
        raise PatternError(f"there is no class {unknown[0]!r}; define it in a `words` rule or correct its spelling")
    characters = "".join(alphabet[name] for name in match["classes"].split("|"))
    body = f"[{'^' if match['not'] else ''}{characters}]"
    if match["slot"]:
        body = f"(?P<{match['slot']}>{body})"
    return f"(?:{body})?" if match["optional"] else body
