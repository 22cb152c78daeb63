"""Every launch rule and guard against its own examples and counterexamples."""

from __future__ import annotations

import pytest

from extractors.launch_checks import check_launch_rules
from extractors.packs import default_packs
from extractors.patterns import Alphabet, PatternError, compile_frame


def test_every_example_of_every_rule_holds() -> None:
    assert check_launch_rules(default_packs()) == ()


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
        compile_frame("rule", pattern, Alphabet(["STOP", "ACTOR", "WEAPON"]), ["STOP"], {})


def test_gaps_stop_at_stops_and_wide_gaps_only_at_ends() -> None:
    alphabet = Alphabet(["STOP", "ACTOR", "WEAPON", "WORD", "COMMA"])
    narrow = compile_frame("rule", "ACTOR ~3 WEAPON", alphabet, ["STOP", "COMMA"], {}).expression
    wide = compile_frame("rule", "ACTOR ~~3 WEAPON", alphabet, ["STOP", "COMMA"], {}).expression
    code = alphabet.code(["ACTOR", "COMMA", "WORD", "WEAPON"])
    assert narrow.search(code) is None
    assert wide.search(code) is not None
    assert wide.search(code.replace(alphabet["COMMA"], alphabet["STOP"])) is None
