"""What was launched, where the launch's own words leave it open."""

from __future__ import annotations

from datetime import date

import pytest

from extractors.engine import extract
from extractors.records import Launch

PUBLISHED = date(2026, 1, 8)


def last_launch(text: str) -> Launch:
    return extract(text, published=PUBLISHED).launches[-1]


@pytest.mark.parametrize(
    ("weapon_class", "text"),
    [
        (
            "slbm",
            "A Trident missile fell back into the sea beside HMS Vigorous on Tuesday. The submarine-launched ballistic "
            "missile carried no warhead, the Ministry of Defence in London said.",
        ),
        ("slbm", "India test-fired the K-4 on Tuesday from a submarine in the Bay of Bengal, a ballistic missile."),
        (
            "srbm",
            "North Korea fired a missile on Tuesday. The short-range ballistic missile flew 300 km, officials in Seoul "
            "said.",
        ),
        ("missile", "North Korea fired a short-range missile on Tuesday. A ballistic missile may follow, Seoul fears."),
        ("artillery_rocket", "Chinese artillery fired long-range rockets over the strait on Tuesday."),
        ("artillery_rocket", "North Korea fired a dozen 240-millimeter rockets on Tuesday from Sonchon."),
        ("projectile", "North Korea launched a rocket on Tuesday, the military in Seoul said."),
        ("ballistic_missile", "Israel's target ballistic missile took off on Tuesday from Palmachim."),
    ],
)
def test_class_from_the_words_about_it(weapon_class: str, text: str) -> None:
    assert last_launch(text).weapon_class == weapon_class


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Shahed", "Russia launched 145 Shahed-type attack drones at Ukraine on Tuesday."),
        ("PSLV-C63", "India's PSLV-C63 rocket put a satellite in orbit on Tuesday."),
        (
            "Shaheen-1A",
            "Pakistan fired a ballistic missile over the Arabian Sea on Tuesday. Tuesday's weapon was the Shaheen-1A.",
        ),
        ("Kairos", "Japan's Kairos No. 2 rocket lifted off with five satellites on Tuesday and was lost."),
        (None, "North Korea fired a ballistic missile on Tuesday. Iran's Fattah, its army says, is faster."),
    ],
)
def test_name_with_its_number_in_the_series(name: str | None, text: str) -> None:
    assert last_launch(text).weapon_name == name


def test_who_fired_is_no_name_of_a_weapon() -> None:
    text = "Iran's Guards fired three missiles on Tuesday from Tabriz at a base near Erbil in Iraq."
    launch = last_launch(text)
    assert (launch.weapon_name, launch.launch_site) == (None, "Tabriz")
