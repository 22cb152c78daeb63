"""The rule packs in use: every alias of every entry in one automaton, and the rules by kind of pack.

Own packs lie in `extractors/packs/`; a user's directory adds entries to them, or replaces the one of the same id
(`remove: true` takes it out).

Spelling of aliases: an upper-case letter must be upper case in the text, a lower-case letter may be either ("IRAN" is
found by `Iran`, "defence Minister" by `defence minister`, "us" is not found by `US`). Punctuation is one separator: the
alias `Hwasong-18` finds "Hwasong 18" and "Kim Jong Un" finds "Kim Jong-un"; `U.S.` finds "U.S." alone. A possessive 's
stays outside of the mention.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from ahocorasick_rs import AhoCorasick

from extractors.compiled import compiled
from extractors.entries import (
    LEXICONS,
    RULES,
    Body,
    Entry,
    Form,
    Group,
    Kind,
    Noun,
    Office,
    Person,
    Place,
    Rule,
    State,
    Texts,
    Weapon,
)  # fmt: skip
from extractors.errors import PackError
from extractors.garbage import no_collection
from extractors.text import translated

if TYPE_CHECKING:
    from extractors.packfiles import PackFile

FORMAT = 2
PACKS_DIR = Path(__file__).parent / "packs"

E = TypeVar("E", bound=Entry)


class _Fold(dict[int, int]):
    """str.translate table: letters to lower case, all else but digits to a space; one character to one character."""

    def __missing__(self, code: int) -> int:
        char = chr(code)
        lower = char.lower()
        self[code] = folded = ord(lower) if len(lower) == 1 and lower.isalnum() else code if char.isalnum() else 32
        return folded


_FOLD = _Fold({code: ord(chr(code).lower()) if chr(code).isalnum() else 32 for code in range(128)})


def fold(text: str) -> str:
    """`text` with letters lowered and everything but letters and digits made a space; offsets stay the same."""
    return translated(text, _FOLD)


def _fold_all(texts: list[str]) -> list[str]:
    """Each of `texts` folded and stripped, in one pass over all."""
    lines = _Fold(_FOLD)
    lines[10] = 10
    return [line.strip() for line in translated("\n".join(texts), lines).split("\n")]


class _Alias(NamedTuple):
    """One way to write an entry. `capitals`: positions that must be upper case in the text."""

    text: str
    entry: Entry
    form: Form
    capitals: tuple[int, ...]
    plural: bool
    after: Texts
    needs: str | None
    dotted: bool


class Mention(NamedTuple):
    """An entry named in a text: `text[start:end]` is the alias as written, without a possessive 's.

    Several entries can share one span; each is a Mention of its own. `alias` is the spelling in the pack, `form` what
    it is of the entry, `plural` that it stands in the plural, `after` the ids of which one must have been named
    before (empty: no such need) and `needs` the context an everyday word asks for (None: none).
    """

    start: int
    end: int
    kind: Kind
    entry: Entry
    alias: str
    form: Form
    plural: bool = False
    after: Texts = ()
    needs: str | None = None


def _plural(word: str) -> str:
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


def _joined(alias: str) -> str:
    """KN-23 as KN23; the alias itself where no letter and digit are parted by a hyphen."""
    return re.sub(r"(?<=[A-Za-z])-(?=[0-9])", "", alias) if "-" in alias else alias


def _takes_plural(entry: Entry, form: Form) -> bool:
    if isinstance(entry, Noun):
        return entry.plural
    return isinstance(entry, (Office, Weapon)) or (form == "demonym" and isinstance(entry, (State, Group)))


_NO_PLURAL = ("ese", "ish", "men")

_Written = tuple[str, str, Form, Entry, bool]
"""Alias as listed, as spelled, form, entry, plural."""


def _spellings(entries: Iterator[Entry]) -> list[_Written]:
    """Every spelling of every entry, singular and plural.

    Kept raw and made an _Alias at its first match: most aliases of the lexicons never occur in a text.
    """
    written: list[_Written] = []
    for entry in entries:
        for text, form in entry.forms():
            written.append((text, text, form, entry, False))
            joined = _joined(text)
            if joined != text:
                written.append((text, joined, form, entry, False))
            if text[-1:].isalnum() and _takes_plural(entry, form) and not text.endswith(_NO_PLURAL):
                written.append((text, joined, form, entry, True))
                if joined != text:
                    written.append((text, text, form, entry, True))
    return written


def _alias(written: _Written) -> _Alias:
    """Capitals are counted from the first letter or digit. Of persons only the first two: "Kim Jong-un" is one too."""
    text, spelling, form, entry, plural = written
    first = next(i for i, char in enumerate(spelling) if char.isalnum())
    capitals = tuple(i - first for i, char in enumerate(spelling) if char.isupper())
    after = entry.contextual.get(text)
    return _Alias(
        text=text,
        entry=entry,
        form=form,
        capitals=capitals[:2] if isinstance(entry, Person) else capitals,
        plural=plural,
        after=() if after is None else (after or (entry.id,)),
        needs=entry.needs.get(text),
        dotted=spelling.endswith(".") and not plural,
    )


_Span = tuple[int, int, list[_Alias]]


def _longest(spans: list[_Span]) -> list[_Span]:
    """Of overlapping spans the longest, then the leftmost; sorted by start. Time grows with the text covered."""
    spans.sort(key=_by_start)
    kept: list[_Span] = []
    at, count = 0, len(spans)
    while at < count:
        span = spans[at]
        left, right, _ = span
        last = at + 1
        while last < count and spans[last][0] < right:
            right = max(right, spans[last][1])
            last += 1
        if last == at + 1:
            kept.append(span)
        else:
            kept += _settle(spans[at:last], left, right)
        at = last
    return kept


def _by_start(span: _Span) -> int:
    return span[0]


def _settle(cluster: list[_Span], left: int, right: int) -> list[_Span]:
    taken = bytearray(right - left)
    kept = []
    for span in sorted(cluster, key=lambda span: (span[0] - span[1], span[0])):
        start, end = span[0] - left, span[1] - left
        if not any(taken[start:end]):
            taken[start:end] = b"\1" * (end - start)
            kept.append(span)
    return sorted(kept, key=_by_start)


class Packs:
    """The packs in use: entries by id, rules by kind of pack, and the automaton over all aliases.

    `version` changes when any pack file does. States are keyed by code, everything else by name (or `id` where given).
    """

    def __init__(self, files: Sequence[PackFile], version: str) -> None:
        self.version = version
        self._entries: dict[type[Entry], dict[str, Entry]] = {
            model: {} for lists in LEXICONS.values() for model in lists.values()
        }
        self.rules: Mapping[str, Mapping[str, Rule]] = {pack: {} for pack in RULES}
        for file in files:
            _merge(self._entries, self.rules, file)
        self._compile()

    def _table(self, model: type[E]) -> Mapping[str, E]:
        return cast(Mapping[str, E], self._entries[model])

    @property
    def states(self) -> Mapping[str, State]:
        return self._table(State)

    @property
    def groups(self) -> Mapping[str, Group]:
        return self._table(Group)

    @property
    def bodies(self) -> Mapping[str, Body]:
        return self._table(Body)

    @property
    def offices(self) -> Mapping[str, Office]:
        return self._table(Office)

    @property
    def persons(self) -> Mapping[str, Person]:
        return self._table(Person)

    @property
    def weapons(self) -> Mapping[str, Weapon]:
        return self._table(Weapon)

    @property
    def nouns(self) -> Mapping[str, Noun]:
        return self._table(Noun)

    @property
    def places(self) -> Mapping[str, Place]:
        return self._table(Place)

    def _compile(self) -> None:
        written = _spellings(entry for table in self._entries.values() for entry in table.values())
        patterns: dict[str, list[_Written]] = {}
        for folded, spelling in zip(_fold_all([spelling[1] for spelling in written]), written, strict=True):
            key = _plural(folded) if spelling[4] else folded
            if key in patterns:
                patterns[key].append(spelling)
            elif key:
                patterns[key] = [spelling]
        self._patterns = [f" {folded} " for folded in patterns]
        self._found_by = list(patterns.values())
        self._ready()

    def _ready(self) -> None:
        self._aliases: list[list[_Alias] | None] = [None] * len(self._patterns)
        self._automaton = AhoCorasick(self._patterns)

    def __getstate__(self) -> dict[str, Any]:
        """All but what `_ready` makes again: the automaton cannot be pickled."""
        return {key: value for key, value in vars(self).items() if key not in ("_aliases", "_automaton")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._ready()

    def _aliases_of(self, pattern: int) -> list[_Alias]:
        aliases = self._aliases[pattern]
        if aliases is None:
            aliases = self._aliases[pattern] = [_alias(written) for written in self._found_by[pattern]]
        return aliases

    def mentions(self, text: str) -> list[Mention]:
        """Everything of the lexicons that `text` names, by start; of overlapping names the longest.

        Offsets are code points into `text`. Entries that share a span come one after another. Runs in linear time.
        """
        spans: list[_Span] = []
        compiled = self._aliases
        for pattern, start, end in self._automaton.find_matches_as_indexes(f" {fold(text)} ", overlapping=True):
            written = []
            for alias in compiled[pattern] or self._aliases_of(pattern):
                for position in alias.capitals:
                    if not text[start + position].isupper():
                        break
                else:
                    if alias.needs != "mixed_case" or _mixed_case(text, start, end - 2):
                        written.append(alias)
            if written:
                spans.append((start, end - 2, written))
        found: list[Mention] = []
        for start, end, written in _longest(spans):
            if len(written) == 1:
                found.append(_mention(text, start, end, written[0]))
            else:
                by_entry = {id(alias.entry): alias for alias in reversed(written)}
                found.extend([_mention(text, start, end, alias) for alias in reversed(by_entry.values())])
        return found


def _mention(text: str, start: int, end: int, alias: _Alias) -> Mention:
    entry = alias.entry
    if alias.dotted and text[end : end + 1] == ".":
        end += 1
    return Mention(start, end, entry.kind_, entry, alias.text, alias.form, alias.plural, alias.after, alias.needs)


def _mixed_case(text: str, start: int, end: int) -> bool:
    """Whether letters around the span are lower case: in a line of capitals "US" may be the pronoun."""
    return any(char.islower() for char in text[max(0, start - 20) : end + 20])


def _merge(entries: dict[type[Entry], dict[str, Entry]], rules: Mapping[str, Any], file: PackFile) -> None:
    for model, name, entry in file.entries:
        if entry is None:
            entries[model].pop(name, None)
        else:
            entries[model][name] = entry
    for name, rule in file.rules:
        if rule is None:
            rules[file.pack].pop(name, None)
        else:
            rules[file.pack][name] = rule


def load_packs(extra: Sequence[Path] = ()) -> Packs:
    """Our packs, then those of each directory (or file) in `extra`, later ones winning. Raises PackError."""
    paths = sorted(PACKS_DIR.glob("*.yaml"))
    for place in extra:
        if not place.exists():
            raise PackError(place, 1, "", "there is no such pack directory", "Correct the path or make the directory")
        paths += sorted([*place.glob("*.yaml"), *place.glob("*.yml")]) if place.is_dir() else [place]
    sources = [(path, _bytes(path)) for path in paths]
    with no_collection():
        return compiled("packs", version_of(sources), lambda: _read(sources))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PackError(path, 1, "", f"the file cannot be read ({error.strerror})", "Check its permissions") from error


def version_of(sources: Sequence[tuple[Path, bytes]]) -> str:
    """Changes when the content of any pack file does, or their order; their names and line ends do not matter."""
    digests = (hashlib.sha256(raw.replace(b"\r\n", b"\n")).digest() for _, raw in sources)
    return f"{FORMAT}-{hashlib.sha256(b''.join(digests)).hexdigest()[:12]}"


def _read(sources: Sequence[tuple[Path, bytes]]) -> Packs:
    from extractors.packfiles import read_pack  # the validator's import alone is a tenth of a second

    return Packs([read_pack(path, raw) for path, raw in sources], version_of(sources))


@cache
def default_packs() -> Packs:
    """Our own packs, loaded once a process."""
    return load_packs()
