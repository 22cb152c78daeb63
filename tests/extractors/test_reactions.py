"""Reactions: who, of what kind, to which launch, with which words."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.cues import CueError, cue_book
from extractors.document import Document
from extractors.launches import FoundLaunch, Span
from extractors.packs import default_packs, load_packs
from extractors.reaction_checks import check_reaction_rules, launch_of, rules_in
from extractors.reactions import find_reactions
from extractors.records import Reaction

PUBLISHED = date(2025, 3, 4)
NORTH = launch_of("PRK", "North Korea")
OPENING = "North Korea fired a ballistic missile on Monday.\n\n"


def reactions(text: str, *launches: FoundLaunch) -> tuple[Reaction, ...]:
    return find_reactions(Document(text, published=PUBLISHED), launches or (NORTH,))


def pairs(text: str) -> set[tuple[str | None, str]]:
    return {(r.actor_country, r.type) for r in reactions(OPENING + text) if r.about}


def test_every_example_of_every_rule_holds() -> None:
    assert check_reaction_rules(default_packs()) == ()


def test_every_rule_has_examples_and_counterexamples() -> None:
    rules = default_packs().rules["reaction_rules"].values()
    assert [rule.id for rule in rules if not (rule.examples and rule.counterexamples)] == []


def sentences() -> list[list[str]]:
    lines = Path(__file__).with_name("reaction_sentences.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def found_in(launcher: str, text: str) -> set[tuple[str | None, str]]:
    packs = default_packs()
    name = {"YEM": "The Houthi movement", "LBN": "Hezbollah", "PSE": "Hamas"}.get(launcher, packs.states[launcher].name)
    document = Document(f"{name} fired a ballistic missile on Monday.\n\n{text}", published=PUBLISHED)
    return {(r.actor_country, r.type) for r in find_reactions(document, [launch_of(launcher, name)]) if r.about}


def test_most_ways_of_saying_it_are_understood() -> None:
    wanted = [(launcher, country, kind, text) for launcher, country, kind, text in sentences() if kind != "-"]
    missed = [text for launcher, country, kind, text in wanted if (country, kind) not in found_in(launcher, text)]
    assert len(wanted) > 300
    assert len(missed) < 0.13 * len(wanted), missed


@pytest.mark.parametrize("row", [row for row in sentences() if row[2] == "-"], ids=lambda row: row[3][:40])
def test_what_is_no_reaction_gives_none(row: list[str]) -> None:
    assert found_in(row[0], row[3]) == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Seoul, Tokyo and Washington condemned it.", {("KOR", "condemn"), ("JPN", "condemn"), ("USA", "condemn")}),
        ("The launch was condemned by Japan and by Australia.", {("JPN", "condemn"), ("AUS", "condemn")}),
        ("Germany condemned the test and so did the Netherlands.", {("DEU", "condemn"), ("NLD", "condemn")}),
        ("Japan's defence minister, Kenji Mori, who was in Paris, condemned it.", {("JPN", "condemn")}),
        ("South Korea's military said on Monday it had raised its vigilance.", {("KOR", "monitor")}),
        ("Canada urged the North to stop, and lodged a protest.", {("CAN", "urge"), ("CAN", "protest")}),
        ("China: the foreign ministry called for restraint.", {("CHN", "urge")}),
        ("Norway, condemning the launch, called for talks.", {("NOR", "condemn"), ("NOR", "urge")}),
        ('"This is unacceptable." So spoke a hotel guest in Seoul.', set()),
        ("Poland did not condemn the launch.", set()),
        ("Poland may condemn the launch.", set()),
        ("Hours after the European Union imposed sanctions, the missile flew.", set()),
        ("Canada urged the North to refrain from provocative acts.", {("CAN", "urge")}),
        ("Japan condemned the coup in Bissau.", set()),
    ],
)
def test_who_reacts(text: str, expected: set[tuple[str, str]]) -> None:
    assert pairs(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Saudi Arabia denounced the firing. So did Cairo.", ("EGY", "condemn")),
        ("Saudi Arabia denounced the firing. Egypt did likewise.", ("EGY", "condemn")),
        ("Wu Jiacheng, for China, pleaded for calm on every side.", ("CHN", "urge")),
        ("SAMO KRAJNC (Slovenia) exhorted Pyongyang to come back to talks.", ("SVN", "urge")),
        ("NASA's station manager Dolores Whitcomb applauded the crews of the launch.", ("USA", "endorse")),
        ("In Tokyo, officials met. The coast guard told ships to stay away from the debris.", ("JPN", "alert")),
        ('"Our ocean is a garden of ours," Fiji\'s foreign minister, Ratu Semi Vakalala, said.', ("FJI", "condemn")),
    ],
)
def test_speakers_and_echoes_of_any_form(text: str, expected: tuple[str, str]) -> None:
    assert expected in pairs(text)


def test_a_neutral_sentence_after_a_reaction_repeats_nothing() -> None:
    assert ("EGY", "condemn") not in pairs("Saudi Arabia denounced the firing. Egypt did not comment.")


def test_a_named_speaker_stands_for_his_state() -> None:
    (reaction,) = reactions(OPENING + "Japan's chief cabinet secretary, Fumiko Arai, said Tokyo had lodged a protest.")
    assert (reaction.actor, reaction.actor_country, reaction.type) == ("Fumiko Arai", "JPN", "protest")


def test_a_quotation_is_noted_and_spans_its_words() -> None:
    text = OPENING + "“This is a grave provocation,” said Fumiko Arai, Japan's chief cabinet secretary."
    (reaction,) = reactions(text)
    assert reaction.quoted
    assert reaction.plover == "ACCUSE"
    assert all(text[e.start : e.end] == e.text for e in reaction.evidence)


def test_who_tells_of_a_deed_is_its_attribution() -> None:
    (reaction,) = reactions(OPENING + "Japan lodged a protest, the White House said.")
    assert (reaction.actor, reaction.attribution) == ("Japan", "White House")


def test_pronouns_and_surnames_carry_the_actor() -> None:
    text = "Japan's defence minister, Kenji Mori, spoke to reporters. He condemned the launch. Mori also urged calm."
    assert {(r.actor, r.type) for r in reactions(OPENING + text)} == {("Kenji Mori", "condemn"), ("Kenji Mori", "urge")}


def test_a_competing_target_takes_the_reaction_away_from_the_launch() -> None:
    (reaction,) = reactions(OPENING + "Norway condemned the coup in Bissau.")
    assert reaction.about is None


def test_the_launch_of_the_sentence_comes_before_the_lead() -> None:
    text = (
        "North Korea fired a missile on Monday.\n\nIran tested a rocket last week. France condemned the Iranian rocket."
    )
    at = text.index("Iran tested")
    background = replace(launch_of("IRN", "Iran").launch, key="L2", role="background")
    mentions = (Span(at, at + 20), Span(text.rindex("Iranian"), len(text) - 1))
    (reaction,) = reactions(text, NORTH, FoundLaunch(background, mentions, {}, ()))
    assert reaction.about == "L2"
    assert "about" not in reaction.inferred


def test_the_launching_side_neither_condemns_nor_intercepts_its_own_launch() -> None:
    assert pairs("North Korea called the drills of its enemies a provocation.") == set()


@pytest.mark.parametrize(
    ("change", "message"),
    [("patterns: [(tut tut]", "lacks a closing bracket"), ("set: {type: sulk, frame: act}", "`type` must be one of")],
)
def test_a_broken_rule_is_named(tmp_path: Path, change: str, message: str) -> None:
    lines = {"patterns": "patterns: [tut]", "set": "set: {type: condemn, frame: act}", change.partition(":")[0]: change}
    (tmp_path / "own.yaml").write_text(
        "pack: reaction_rules\nrules:\n  - id: own.tut\n    description: A rule.\n"
        + "".join(f"    {line}\n" for line in lines.values()),
        encoding="utf-8",
    )
    with pytest.raises(CueError, match=f"own.tut.*{message}"):
        cue_book(load_packs([tmp_path]))


@pytest.mark.parametrize("text", ["", " \n\n ", "\x00" * 50, "Токио осудил запуск. " * 5])
def test_texts_without_words_to_read_give_nothing(text: str) -> None:
    assert find_reactions(Document(text), [NORTH]) == ()


def test_without_a_launch_only_what_is_about_something_else_stays() -> None:
    assert find_reactions(Document("Japan condemned it. Seoul was calm."), []) == ()


def test_rules_in_names_the_rules() -> None:
    assert "condemn.verb" in rules_in("Tokyo condemned the launch.", default_packs())


PIECES = (
    "Tokyo|condemned|the|launch|,|“|”|said|Kim Jong Un|he|it|and|urged|to|stop|.|\n\n|lodged|a|protest|Japan's|'s"
    "|ministry|…|—|of|by|was|not|U.S.|\u200f|\x00|ミサイル|🚀|called on|that|who|Foreign Minister|Jane Roe|("
)
WORDS = st.sampled_from(PIECES.split("|"))


@settings(max_examples=120, deadline=None)
@given(st.lists(WORDS, max_size=60).map(" ".join) | st.text(max_size=300))
def test_any_text_gives_exact_spans_and_no_exception(text: str) -> None:
    for reaction in reactions(text):
        assert reaction.evidence
        assert all(text[e.start : e.end] == e.text for e in reaction.evidence)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["Tokyo condemned the launch.", "Paris urged calm.", "It rained."]), max_size=6))
def test_an_unrelated_paragraph_changes_nothing(lines: list[str]) -> None:
    text = OPENING + " ".join(lines)
    more = text + "\n\nThe bakery on the corner sells bread on weekdays."
    assert [(r.actor, r.type, r.about) for r in reactions(text)] == [
        (r.actor, r.type, r.about) for r in reactions(more)
    ]


@pytest.mark.parametrize(
    "unit", ["Tokyo condemned the launch and ", "lodged a a a a ", "Foreign Minister ", "not pose an "]
)
def test_time_grows_with_the_length_of_the_text(unit: str) -> None:
    def seconds(size: int) -> float:
        document = Document(unit * (size // len(unit)), published=PUBLISHED)
        start = time.process_time()
        find_reactions(document, [NORTH])
        return time.process_time() - start

    seconds(1_000)
    assert seconds(48_000) < 12 * max(0.05, seconds(12_000))
