"""Who reacts, for which state and to which launch: names, offices, bodies and pronouns that a text leaves half said."""

from __future__ import annotations

from datetime import date

import pytest

from extractors.engine import extract
from extractors.namesakes import likely_states

_FIRED = "North Korea fired a ballistic missile into the East Sea on Sunday."
_SENT = "Russia launched 40 missiles at Ukraine on Saturday night, killing six people."


def reactors(text: str, told: str = _FIRED) -> set[tuple[str | None, str]]:
    """State and type of every reaction to a launch in an article that tells of it first."""
    found = extract(f"{told}\n\n{text}", published=date(2026, 1, 4))
    return {(reaction.actor_country, reaction.type) for reaction in found.reactions if reaction.about}


@pytest.mark.parametrize(
    ("sentence", "country"),
    [
        ("The foreign office in Islamabad condemned the launch.", "PAK"),
        ("The Élysée condemned the launch.", "FRA"),
        ("A spokesman for the presidency in Abuja condemned the launch.", "NGA"),
        ("Officials in Wellington condemned the launch.", "NZL"),
        ("Norway's armed forces condemned the launch.", "NOR"),
        ("Itamaraty condemned the launch.", "BRA"),
        ("In Vilnius, Foreign Minister Rasa Jankauskienė condemned the launch.", "LTU"),
        ("Wisma Putra condemned the launch.", "MYS"),
        ("The EU's top diplomat condemned the launch.", "EU"),
        ("A spokeswoman for the secretary-general condemned the launch.", "UNO"),
        ("The African Union's Peace and Security Council condemned the launch.", "AU"),
        ("The African Union Commission's chairperson, Kwame Adjei, condemned the launch.", "AU"),
        ("ASEAN's secretary-general condemned the launch.", "ASEAN"),
        ("The Vatican's secretary of state, Cardinal Aldo Ferri, condemned the launch.", "VAT"),
        ("The British ambassador to Japan, Abigail Forsyth, condemned the launch.", "GBR"),
        ("The U.S. envoy for Yemen, Tim Halloway, condemned the launch.", "USA"),
        ("The representative of the Republic of Korea, HWANG JI-SEOK, condemned the launch.", "KOR"),
        ("Iran's UN mission condemned the launch.", "IRN"),
        ("The European Space Agency's director general, Josefine Albrecht, condemned the launch.", "ESA"),
        ("Deputy head of Ukraine's navy command Taras Hryhorenko condemned the launch.", "UKR"),
        ("The speaker for Panama condemned the launch.", "PAN"),
        ("In the view of Canberra the launch was a provocation.", "AUS"),
        ("For Ottawa, the launch is a provocation.", "CAN"),
    ],
)
def test_a_body_or_official_with_any_tie_to_a_state_reacts_for_it(sentence: str, country: str) -> None:
    assert (country, "condemn") in reactors(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Analyst Henry Dawes of a Washington think tank condemned the launch.",
        "The opposition Democratic Party condemned the launch.",
        "A senior official who asked not to be named condemned the launch.",
        "A U.S. official, speaking on condition of anonymity, condemned the launch.",
        "Professor Jane Hollis condemned the launch.",
        "Villagers condemned the launch.",
        "Former U.S. ambassador Harold Finch condemned the launch.",
        "Retired general Kim Tae-min condemned the launch.",
        "Korean Air said it had closed the airspace of its own app.",
    ],
)
def test_analysts_parties_villagers_and_the_nameless_do_not_react(sentence: str) -> None:
    assert reactors(sentence) == set()


@pytest.mark.parametrize(
    ("sentence", "countries"),
    [
        ("Seoul, Tokyo and Washington condemned the launch.", {"KOR", "JPN", "USA"}),
        ("The leaders of Japan and South Korea condemned the launch.", {"JPN", "KOR"}),
        ("Tokyo, along with Canberra, condemned the launch.", {"JPN", "AUS"}),
        ("Norway and its neighbours condemned the launch.", {"NOR"}),
        ("Britain and France met. The two countries condemned the launch.", {"GBR", "FRA"}),
        ("Britain, France and Italy spoke. “This was a provocation,” the three said.", {"GBR", "FRA", "ITA"}),
        ("Both the president of Chile and the prime minister of Vanuatu condemned the launch.", {"CHL", "VUT"}),
        ("Switzerland's representative condemned the launch, as did Slovenia's and Japan's.", {"CHE", "SVN", "JPN"}),
        ("Neither Paris nor Berlin was silent: both condemned the launch.", {"FRA", "DEU"}),
        ("Denmark, Greece and Spain issued a paper in which they condemned the launch.", {"DNK", "GRC", "ESP"}),
    ],
)
def test_parties_named_together_react_together(sentence: str, countries: set[str]) -> None:
    assert {country for country, kind in reactors(sentence) if kind == "condemn"} == countries


def test_a_surname_and_a_pronoun_stand_for_the_one_named_before() -> None:
    text = (
        "Japan's defence minister, Sota Kurokawa, spoke to lawmakers in Tokyo.\n\n"
        "He condemned the launch.\n\nKurokawa urged the North to stop."
    )
    assert {("JPN", "condemn"), ("JPN", "urge")} <= reactors(text)


def test_its_spokesman_and_the_statement_speak_for_the_body_before() -> None:
    text = "UNIFIL lost a tower. Its spokeswoman, Lieutenant Ciara Devane, condemned the attack."
    assert reactors(text, _SENT) == {("UNO", "condemn")}
    text = "Poland's foreign ministry said it had questions. The attack was a war crime, the statement read."
    assert ("POL", "condemn") in reactors(text, _SENT)


def test_the_dateline_counts_where_notes_stand_before_it() -> None:
    text = (
        "(ATTN: UPDATES with meeting)\n\nSEOUL, Jan. 4 (Hill Wire) -- North Korea fired a ballistic missile into the"
        " East Sea on Sunday, the military said.\n\nThe national security adviser condemned the launch."
    )
    found = extract(text, published=date(2026, 1, 4))
    assert ("KOR", "condemn") in {(reaction.actor_country, reaction.type) for reaction in found.reactions}


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("Noh Byung-chul", {"KOR"}),
        ("Pak Myong-ho", {"PRK"}),
        ("Marshal Ri Tae Gol", {"PRK"}),
        ("Taiga Mizushima", {"JPN"}),
        ("Shen Kuo-liang", {"TWN"}),
        ("Qin Haoran", {"CHN"}),
        ("Andrii Hnatiuk", {"UKR"}),
        ("Rasa Daukantienė", {"LTU"}),
        ("Zbigniew Sarnecki", {"POL"}),
        ("Danae Papadopoulou", {"GRC", "CYP"}),
    ],
)
def test_a_name_points_to_the_states_where_it_is_at_home(name: str, states: set[str]) -> None:
    assert likely_states(name) == states


@pytest.mark.parametrize("name", ["Kurokawa", "U.S. Central Command", "Thein Zaw Htut", "Joseph Chen"])
def test_other_names_point_nowhere(name: str) -> None:
    assert likely_states(name) == frozenset()


def test_a_name_chooses_only_among_the_states_of_the_text() -> None:
    text = "Seoul and Tokyo were on the telephone.\n\nDefence Minister Taiga Mizushima condemned the launch."
    assert reactors(text) == {("JPN", "condemn")}


def test_allies_answer_the_first_shot_and_not_the_one_in_reply() -> None:
    text = (
        "SEOUL — North Korea fired a ballistic missile over Japan on Saturday. South Korea and the United States each"
        " fired two ATACMS missiles into the sea on Sunday in response.\n\nJapan condemned the launch as intolerable."
    )
    found = extract(text, published=date(2026, 1, 5))
    launches = {launch.key: launch.country for launch in found.launches}
    answered = {launches[r.about] for r in found.reactions if r.actor_country == "JPN" and r.about}
    assert answered == {"PRK"}


def test_what_a_launcher_calls_its_satellite_is_no_praise() -> None:
    told = "North Korea launched what it called a reconnaissance satellite on Sunday."
    assert reactors("Japan condemned the launch.", told) == {("JPN", "condemn")}
