"""Where a launch came from and where it went: names read to their end, roles, and what later sentences add."""

from __future__ import annotations

from datetime import date

import pytest

from extractors.engine import extract

PUBLISHED = date(2026, 1, 8)


def places_in(text: str) -> tuple[str | None, str | None]:
    launch = extract(text, published=PUBLISHED).launches[0]
    return launch.launch_site, launch.landing_area


@pytest.mark.parametrize(
    ("site", "landing", "text"),
    [
        (
            "Shizunai firing range",
            "Pacific",
            "Japan's missile left the Shizunai firing range on Tuesday and flew 40 km over the Pacific.",
        ),
        (None, "Israel", "Iran rained about 180 ballistic missiles on Israel in two waves on Tuesday evening."),
        (
            None,
            "Novorossiysk",
            "Two Neptune missiles launched by Ukrainian forces against Novorossiysk on Tuesday missed.",
        ),
        ("Beit Hanoun", "Sderot", "Hamas rockets were fired at Sderot from Beit Hanoun on Tuesday, the army said."),
        (
            "position near the Spratly Islands",
            "South China Sea",
            "China fired missiles into the South China Sea on Tuesday from a position near the Spratly Islands.",
        ),
        (
            "hills behind Sukchon",
            "East Sea",
            "Two North Korean missiles rose from the hills behind Sukchon on Tuesday. They came down in the East Sea.",
        ),
        (
            "Sonchon",
            "islet",
            "On Tuesday two North Korean missiles were launched at Sonchon and crossed the country before hitting "
            "an islet.",
        ),
        ("INS Taragiri", "Bay of Bengal", "A missile fired by INS Taragiri on Tuesday fell in the Bay of Bengal."),
        (
            "beach in Pingtan County",
            "Taiwan Strait",
            "From a beach in Pingtan County, a Chinese company fired rockets into the Taiwan Strait on Tuesday.",
        ),
        (None, "west of Hokkaido", "North Korea fired a missile on Tuesday that fell 980 km away, west of Hokkaido."),
        (None, "Metula", "Four Hezbollah rockets flew on Tuesday in the direction of Metula, in Israel's north."),
        (
            "Kermanshah",
            "Deir ez-Zor province",
            "Iran fired six missiles at Deir ez-Zor province on Tuesday. The missiles set out from Kermanshah, "
            "the Guards said.",
        ),
        (
            "Sohae launch ground",
            "sea",
            "North Korea's rocket rose from the Sohae launch ground on Tuesday with a satellite. Debris fell into "
            "the sea.",
        ),
    ],
)
def test_places_of_a_launch(site: str | None, landing: str | None, text: str) -> None:
    assert places_in(text) == (site, landing)


@pytest.mark.parametrize(
    "text",
    [
        "North Korea fired a missile on Tuesday, drawing quick rebukes from Paris and a shrug from Beijing.",
        "North Korea fired a missile on Tuesday. It could reach Guam, analysts say.",
        "North Korea fired a missile on Tuesday. From Tokyo, Prime Minister Rei Amano called it reckless.",
        "North Korea fired a missile on Tuesday and in the evening of the same day in response to drills.",
        "North Korea fired a missile on Tuesday, officials in Seoul said, at a time of calm.",
        "North Korea fired a missile on Tuesday, and Tokyo called on Pyongyang to stop.",
        "SpaceX launched a Falcon 9 on Tuesday with 29 satellites; its booster landed on a ship in the Atlantic.",
    ],
)
def test_other_places_are_neither(text: str) -> None:
    assert places_in(text) == (None, None)


@pytest.mark.parametrize(
    ("site", "text"),
    [
        ("Dr. A.P.J. Abdul Kalam Island", "India test-fired a missile on Tuesday from Dr. A.P.J. Abdul Kalam Island."),
        ("Sunan", "North Korea fired missiles on Tuesday. The launch point was Sunan, the South said."),
        ("Imam Khomeini Spaceport", "Iran's rocket lifted off on Tuesday from the Imam Khomeini Spaceport in Semnan."),
    ],
)
def test_sites_by_their_whole_name_and_no_more(site: str, text: str) -> None:
    assert places_in(text)[0] == site
