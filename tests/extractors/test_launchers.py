"""Whose launch it is where its own sentence names nobody."""

from __future__ import annotations

from datetime import date

import pytest

from extractors.engine import extract
from extractors.records import Launch

PUBLISHED = date(2026, 1, 8)


def launch_in(text: str, title: str = "") -> Launch:
    found = extract(text, title=title, published=PUBLISHED).launches
    assert found, text
    return found[0]


@pytest.mark.parametrize(
    ("country", "actor", "text"),
    [
        (
            "MMR",
            "Arakan Army",
            "BANGKOK, Jan 7 (Gulf Wire) - Six rockets hit an army post outside Mrauk-U on Tuesday night, wounding four "
            "soldiers. The Arakan Army has fought the junta for the state since 2023. Thailand urged calm.",
        ),
        (
            "COD",
            "M23",
            "KINSHASA - Two drones struck the airport at Kisangani on Tuesday. The government blamed the M23, which "
            "denied any part in it.",
        ),
        (
            "FRA",
            "Arianespace",
            "A rocket carrying 36 broadband satellites lifted off from Guiana Space Centre on Tuesday. Arianespace "
            "said all had separated.",
        ),
        ("USA", "United States", "USS Kettering fired a missile at a drifting hulk on Tuesday. Japan watched."),
        (
            "RUS",
            "Russia",
            "A Soyuz-2 rocket lifted off from Baikonur on Tuesday with three crew for the space station. Kazakhstan "
            "lent helicopters.",
        ),
        (
            "IRN",
            None,
            "The missile rose from Semnan on Tuesday and fell in the desert. Israel's prime minister condemned it as a "
            "threat, and Israel and the United States began talks; Israel also closed an airport.",
        ),
        (
            "LBY",
            None,
            "TRIPOLI - Exploding drones came down on the harbour of Zawiya on Tuesday. No side owned up.",
        ),
    ],
)
def test_who_launched(country: str, actor: str | None, text: str) -> None:
    launch = launch_in(text)
    assert (launch.country, launch.actor) == (country, actor)
    assert "country" in launch.inferred or actor is not None


@pytest.mark.parametrize(
    ("country", "text"),
    [
        # whose rocket, not whose satellite, spaceport or customer
        ("JPN", "TAIPEI - Taiwan's new weather satellite was carried into orbit on Tuesday on a Japanese rocket. TASA "
         "said that it had heard from the craft."),
        ("USA", "SEOUL - South Korea's fifth reconnaissance satellite was launched on Tuesday aboard a Falcon 9 from "
         "Florida. Seoul's defence ministry was pleased."),
        ("DEU", "A 28-metre rocket rose from Andøya spaceport on Tuesday with satellites for Norwegian customers. "
         "Norway's minister cheered. Nordstern Raumfahrt, the German firm that built it, said all had separated."),
        ("KOR", "A commercial rocket exploded 30 seconds after liftoff on Tuesday from the Alcantara centre in Brazil. "
         "The South Korean startup Innospace said nobody was hurt."),
        # who is blamed or owns up, not who protests or was struck
        ("IRN", "ERBIL - Eleven ballistic missiles hit Erbil on Tuesday. Iraq summoned the Iranian ambassador."),
        ("PRK", "TOKYO - A ballistic missile came down off Japan on Tuesday, its coast guard said. Japan lodged a "
         "protest with Pyongyang. The United States condemned it."),
        ("PAK", "Missiles struck a village near Saravan in Iran on Tuesday. Tehran protested. Pakistan's army said "
         "that its forces had hit hideouts of militants."),
        # the group, not its patron or its foe
        ("IRQ", "DAMASCUS - A drone hit the U.S. base at al-Tanf in Syria on Tuesday. The Islamic Resistance in Iraq, "
         "which Iran arms, claimed it. The Pentagon said three soldiers were hurt."),
        ("USA", "Cruise missiles hit Houthi radar sites near Hodeidah on Tuesday. They were launched from USS "
         "Kettering in the Red Sea."),
    ],
)  # fmt: skip
def test_whom_the_signs_speak_for(country: str, text: str) -> None:
    assert launch_in(text).country == country


def test_no_party_at_all_is_no_launch() -> None:
    text = (
        "The Missile, a scooter, was launched in Leeds on Tuesday. It goes on sale in Japan, and in Germany, in July."
    )
    assert extract(text, published=PUBLISHED).launches == ()


def test_the_headline_speaks_for_its_own_weapon() -> None:
    text = (
        "SEOUL - A ballistic missile landed in the sea on Tuesday after a 400-km flight, officials in Seoul and Tokyo "
        "said. South Korea's president called it reckless. Japan lodged a protest."
    )
    assert launch_in(text, "North's missile lands in sea").country == "PRK"
    assert launch_in(text, "South's missile lands in sea").country == "KOR"


@pytest.mark.parametrize(
    "text",
    [
        "Seoul plans to buy missiles that can hit targets 800 km away.",
        "Latvia's first six HIMARS rocket launchers were unloaded at Riga on Tuesday.",
        "Volta launched the Missile, a bicycle for 1,999 pounds, on Tuesday; Germany's dealers were glad.",
    ],
)
def test_a_state_that_is_merely_named_launches_nothing(text: str) -> None:
    assert extract(text, published=PUBLISHED).launches == ()


def test_it_is_the_state_whose_weapons_the_sentence_before_speaks_of() -> None:
    text = (
        "The National Assembly in Seoul approved new batteries on Tuesday, ending a row less about missiles than about "
        "noise, land and jobs.\n\nSupporters pointed to the North's recent weapons tests. It fired long-range cruise "
        "missiles over the Yellow Sea on Dec. 28."
    )
    (launch,) = extract(text, published=PUBLISHED).launches
    assert (launch.country, launch.actor, launch.date) == ("PRK", "North Korea", date(2025, 12, 28))


def test_a_firm_is_of_the_state_where_it_is_based() -> None:
    text = "A Hangzhou-based firm sent its Azure-1 rocket aloft on Tuesday from a barge with four satellites."
    launch = launch_in(text)
    assert (launch.country, launch.weapon_name) == ("CHN", "Azure-1")
