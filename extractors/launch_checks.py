"""The launch rules and guards against their own examples: what `launchwire rules test` and the test suite run."""

from __future__ import annotations

from collections.abc import Iterator

from extractors.chunks import Chunker
from extractors.document import Document
from extractors.entries import Rule
from extractors.grammar import Grammar, grammar
from extractors.nounphrases import PhraseFinder
from extractors.packs import Packs


def check_launch_rules(packs: Packs) -> tuple[str, ...]:
    """One sentence for every example or counterexample that does not do what it must; empty when all do."""
    rules = grammar(packs)
    kinds = ("launch_rules", "guards")
    return tuple(
        problem for kind in kinds for rule in packs.rules[kind].values() for problem in _problems(rule, rules, packs)
    )


def _problems(rule: Rule, rules: Grammar, packs: Packs) -> Iterator[str]:
    if not rule.patterns:
        return
    for expected, examples in ((True, rule.examples), (False, rule.counterexamples)):
        for example in examples:
            text = example if isinstance(example, str) else str(example.get("text", ""))
            if matches(rule.id, text, rules, packs) != expected:
                yield f"{rule.id}: {'does not match' if expected else 'matches'} {text!r}"


def matches(rule_id: str, text: str, rules: Grammar, packs: Packs) -> bool:
    """Whether a frame or guard of this rule matches somewhere in `text`."""
    document = Document(text, packs=packs)
    phrases = PhraseFinder(document, rules).find()
    frames = [frame for frame in (*rules.frames, *rules.guards) if frame.rule == rule_id]
    rows = Chunker(document, rules, phrases).rows()
    return any(frame.expression.search(row.code) for row in rows for frame in frames)
