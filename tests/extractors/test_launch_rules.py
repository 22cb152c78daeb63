"""Every launch rule and guard against its own examples and counterexamples."""

from __future__ import annotations

import pytest

from extractors.chunks import Chunker
from extractors.document import Document
from extractors.grammar import grammar
from extractors.nounphrases import PhraseFinder
from extractors.packs import default_packs
from extractors.patterns import Alphabet, Frame, PatternError, compile_pattern

_RULES = grammar(default_packs())


def _cases(kind: str) -> list[tuple[str, str]]:
    packs = default_packs()
    rules = [*packs.rules["launch_rules"].values(), *packs.rules["guards"].values()]
    return [(rule.id, str(text)) for rule in rules if rule.patterns for text in getattr(rule, kind)]


def _matches(rule: str, text: str) -> bool:
    document = Document(text)
    phrases = PhraseFinder(document, _RULES).find()
    frames = [frame for frame in (*_RULES.frames, *_RULES.guards) if frame.rule == rule]
    return any(_hit(frame, row.code) for row in Chunker(document, _RULES, phrases).rows() for frame in frames)


def _hit(frame: Frame, code: str) -> bool:
    return frame.expression.search(code) is not None


@pytest.mark.parametrize(("rule", "text"), _cases("examples"))
def test_example_matches(rule: str, text: str) -> None:
    assert _matches(rule, text)


@pytest.mark.parametrize(("rule", "text"), _cases("counterexamples"))
def test_counterexample_does_not_match(rule: str, text: str) -> None:
    assert not _matches(rule, text)


def test_every_frame_has_both_kinds_of_examples() -> None:
    packs = default_packs()
    rules = [*packs.rules["launch_rules"].values(), *packs.rules["guards"].values()]
    assert [rule.id for rule in rules if rule.patterns and not (rule.examples and rule.counterexamples)] == []


@pytest.mark.parametrize(
    ("pattern", "named"),
    [
        ("", "empty"),
        ("ACTOR ~99 WEAPON", "~99"),
        ("actor WEAPON", "'actor'"),
        ("NOSUCH WEAPON", "'NOSUCH'"),
        ("A(B)*", "A(B)"),
    ],
)
def test_a_broken_pattern_names_its_item(pattern: str, named: str) -> None:
    with pytest.raises(PatternError, match=named.replace("(", r"\(").replace(")", r"\)")):
        compile_pattern(pattern, Alphabet(["STOP", "ACTOR", "WEAPON"]), ["STOP"])


def test_gaps_stop_at_stops_and_wide_gaps_only_at_ends() -> None:
    alphabet = Alphabet(["STOP", "ACTOR", "WEAPON", "WORD", "COMMA"])
    narrow = compile_pattern("ACTOR ~3 WEAPON", alphabet, ["STOP", "COMMA"])
    wide = compile_pattern("ACTOR ~~3 WEAPON", alphabet, ["STOP", "COMMA"])
    code = "".join(alphabet[name] for name in ("ACTOR", "COMMA", "WORD", "WEAPON"))
    assert narrow.search(code) is None
    assert wide.search(code) is not None
    assert wide.search(code.replace(alphabet["COMMA"], alphabet["STOP"])) is None
