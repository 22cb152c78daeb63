"""The examples of the reaction rules, run: each must (or, a counterexample, must not) bring out its rule.

An example is read as an article that first tells of a launch, once for every state or group that it names and once for
North Korea: what praises is then the launching side's own, what blames somebody else's.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from extractors.cues import cue_book
from extractors.document import Document
from extractors.entries import Rule
from extractors.launches import FoundLaunch
from extractors.packs import Packs
from extractors.reactions import find_reactions
from extractors.records import Launch

_DAY = date(2025, 3, 3)  # a Monday


def check_reaction_rules(packs: Packs) -> tuple[str, ...]:
    """One sentence for every example or counterexample that does not do what it must; empty when all do."""
    cue_book(packs)
    return tuple(problem for rule in packs.rules["reaction_rules"].values() for problem in _problems(rule, packs))


def _problems(rule: Rule, packs: Packs) -> Iterator[str]:
    for expected, examples in ((True, rule.examples), (False, rule.counterexamples)):
        for example in examples:
            text = example if isinstance(example, str) else str(example.get("text", ""))
            if (rule.id in rules_in(text, packs)) != expected:
                yield f"{rule.id}: {'does not match' if expected else 'matches'} {text!r}"


def rules_in(text: str, packs: Packs) -> frozenset[str]:
    """Ids of the reaction rules that `text` brings out, beside a launch of any party it names or of North Korea."""
    named = {actor.country for actor in Document(text, published=_DAY, packs=packs).actors if actor.country}
    found: set[str] = set()
    for country in sorted({"PRK", *named}):
        if country not in packs.states:
            continue
        name = packs.states[country].name
        document = Document(f"{name} fired a ballistic missile on Monday.\n\n{text}", published=_DAY, packs=packs)
        for reaction in find_reactions(document, [launch_of(country, name)]):
            found.update(reaction.rules)
    return frozenset(found)


def launch_of(country: str, name: str) -> FoundLaunch:
    """A lead launch of a ballistic missile by `country`, told without mentions."""
    launch = Launch(
        key="L1",
        country=country,
        actor=name,
        date=_DAY,
        date_precision="day",
        time_local=None,
        weapon_class="ballistic_missile",
        weapon_name=None,
        count_min=1,
        count_max=1,
        launch_site=None,
        landing_area=None,
        distance_km=None,
        apogee_km=None,
        status="conducted",
        role="lead",
    )
    return FoundLaunch(launch, (), {}, ())
