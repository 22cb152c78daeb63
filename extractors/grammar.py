"""The launch rules compiled: word classes, frames and guards, ready to read sentences with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from extractors.compiled import compiled
from extractors.entries import Rule
from extractors.packs import Packs
from extractors.patterns import Alphabet, Frame, FrameBook, PatternError, compile_frame

# What the engine itself finds, beside the word classes of the pack.
ENGINE_CLASSES = (
    "STOP", "COMMA", "WORD", "ACTOR", "OWNER", "WEAPON", "LAUNCHNOUN", "PRONOUN", "DATE", "TIME", "PLACE", "MEASURE",
    "SAYS", "VERB",
)  # fmt: skip
_STOPS = ("STOP", "WEAPON", "LAUNCHED", "LAUNCHES", "LIFTOFF", "SUBORD", "CONDUCTED", "LAUNCHNOUN")


@dataclass(frozen=True)
class Cue:
    """Words of one kind that make a launch more or, with a negative weight, less likely."""

    name: str
    weight: int
    expression: re.Pattern[str]


@dataclass(frozen=True)
class Grammar:
    """`phrases`: first word -> (words, class), longest first. `strong` and `weak`: nouns of launching, as word
    tuples.
    """

    alphabet: Alphabet
    phrases: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]
    strong: frozenset[str]
    weak: frozenset[str]
    frames: FrameBook
    guards: FrameBook
    words: frozenset[tuple[str, ...]]
    noun_openers: frozenset[str]
    cues: tuple[Cue, ...]


@lru_cache(maxsize=8)
def grammar(packs: Packs) -> Grammar:
    """The grammar of the packs in use. Raises PatternError naming the rule that cannot be compiled."""
    return compiled("grammar", packs.version, lambda: _grammar(packs))


def _grammar(packs: Packs) -> Grammar:
    rules = packs.rules["launch_rules"]
    alphabet = Alphabet(ENGINE_CLASSES)
    listed: dict[tuple[str, ...], str] = {}
    for rule in rules.values():
        for words, name in _words(rule):
            alphabet.add(name)
            listed.setdefault(words, name)
    by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for words, name in listed.items():
        by_first.setdefault(words[0], []).append((words, name))
    phrases = {first: tuple(sorted(entries, key=lambda e: -len(e[0]))) for first, entries in by_first.items()}
    nouns = [rule.set["nouns"] for rule in rules.values() if "nouns" in rule.set]
    strong = frozenset(noun for listed_nouns in nouns for noun in listed_nouns.get("strong", ()))
    weak = frozenset(noun for listed_nouns in nouns for noun in listed_nouns.get("weak", ())) - strong
    return Grammar(
        alphabet,
        phrases,
        strong,
        weak,
        FrameBook(_frames(rules, alphabet)),
        FrameBook(_frames(packs.rules["guards"], alphabet)),
        frozenset(listed),
        frozenset(noun.split()[0] for noun in strong | weak),
        tuple(_cue(rule) for rule in rules.values() if "cue" in rule.set),
    )


def _cue(rule: Rule) -> Cue:
    """A cue rule compiled: its `forms` as whole words, in lower case."""
    forms = sorted((str(form).lower() for form in rule.set["forms"]), key=len, reverse=True)
    joined = "|".join(re.escape(form) for form in forms)
    return Cue(str(rule.set["cue"]), int(rule.set["weight"]), re.compile(rf"(?<![\w-])(?:{joined})(?![\w-])"))


def _words(rule: Rule) -> Iterator[tuple[tuple[str, ...], str]]:
    name = str(rule.set.get("class", ""))
    for entry in rule.set.get("words", ()):
        yield tuple(str(entry).lower().split()), name
    for entry in rule.set.get("verbs", ()):
        forms = [form.replace("-", " ") if _is_phrasal(form) else form for form in str(entry).split()]
        classes = [name, _third_person(name), _past(name), _participle(name), _past(name)]
        pairs = [(tuple(form.split()), class_) for form, class_ in zip(forms, classes, strict=False)]
        yield from sorted(pairs, key=lambda pair: pair[1] != _past(name))  # "hit" is the past first


def _is_phrasal(form: str) -> bool:
    return form.endswith(("-out", "-off"))


def _third_person(name: str) -> str:
    return name + ("ES" if name.endswith("CH") else "S")


def _past(name: str) -> str:
    return name + ("D" if name.endswith("E") else "TED" if name.endswith("UT") else "ED")


def _participle(name: str) -> str:
    return name.removesuffix("E") + ("TING" if name.endswith("UT") else "ING")


def _frames(rules: Mapping[str, Rule], alphabet: Alphabet) -> Iterator[Frame]:
    for rule in rules.values():
        for pattern in rule.patterns:
            try:
                yield compile_frame(rule.id, pattern, alphabet, _STOPS, dict(rule.set))
            except PatternError as error:
                raise PatternError(f"rule {rule.id}: {error}") from None
