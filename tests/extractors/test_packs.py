"""The packs: loading, broken packs, own packs over ours, what the lexicons find and what they hold."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.entries import ORGANISATIONS, Person, Weapon
from extractors.errors import PackError
from extractors.packs import Mention, Packs, default_packs, fold, load_packs

PACKS = default_packs()

# Rough boxes: south, north, west, east in degrees. Islands far from the rest of a state widen its box.
BOXES = {
    "AFG": (29, 39, 60, 75), "ARE": (22, 27, 51, 57), "ARG": (-56, -21, -74, -53), "ARM": (38, 42, 43, 47),
    "AUS": (-44, -10, 112, 154), "AUT": (46, 49, 9, 18), "AZE": (38, 42, 44, 51), "BEL": (49, 52, 2, 7),
    "BGD": (20, 27, 88, 93), "BGR": (41, 45, 22, 29), "BHR": (25, 27, 50, 51), "BHS": (20, 28, -80, -72),
    "BLR": (51, 57, 23, 33), "BRA": (-34, 6, -74, -34), "CAN": (41, 84, -141, -52), "CHE": (45, 48, 5, 11),
    "CHN": (15, 54, 73, 135), "COD": (-14, 6, 12, 32), "CUB": (19, 24, -85, -74), "CYP": (34, 36, 32, 35),
    "DEU": (47, 56, 5, 16), "DJI": (10, 13, 41, 44), "DZA": (18, 38, -9, 12), "EGY": (21, 32, 24, 37),
    "ERI": (12, 18, 36, 44), "ESH": (20, 28, -18, -8), "ESP": (27, 44, -19, 5), "EST": (57, 60, 21, 29),
    "ETH": (3, 15, 32, 48), "FRA": (41, 52, -6, 10), "GBR": (49, 61, -9, 2), "GEO": (41, 44, 39, 47),
    "GRC": (34, 42, 19, 30), "GRL": (59, 84, -74, -10), "GUF": (2, 6, -55, -51), "GUM": (13, 14, 144, 145),
    "HKG": (22, 23, 113, 115), "HUN": (45, 49, 16, 23), "IDN": (-11, 6, 95, 141), "IND": (6, 37, 68, 98),
    "IOT": (-8, -5, 71, 73), "IRN": (25, 40, 44, 64), "IRQ": (29, 38, 38, 49), "ISL": (63, 67, -25, -13),
    "ISR": (29, 34, 34, 36), "ITA": (35, 48, 6, 19), "JOR": (29, 34, 34, 40), "JPN": (24, 46, 122, 154),
    "KAZ": (40, 56, 46, 88), "KEN": (-5, 6, 33, 42), "KGZ": (39, 44, 69, 81), "KHM": (10, 15, 102, 108),
    "KIR": (-12, 5, -175, -150), "KOR": (33, 39, 124, 132), "KWT": (28, 31, 46, 49), "LBN": (33, 35, 35, 37),
    "LBY": (19, 34, 9, 26), "LKA": (5, 10, 79, 82), "LTU": (53, 57, 20, 27), "LVA": (55, 59, 20, 29),
    "MAR": (27, 36, -14, -1), "MDA": (45, 49, 26, 31), "MDV": (-1, 8, 72, 74), "MEX": (14, 33, -118, -86),
    "MHL": (4, 15, 160, 173), "MMR": (9, 29, 92, 102), "MNP": (14, 21, 144, 147), "NGA": (4, 14, 2, 15),
    "NLD": (50, 54, 3, 8), "NOR": (57, 82, 4, 32), "NZL": (-48, -34, 166, 179), "OMN": (16, 27, 51, 60),
    "PAK": (23, 38, 60, 78), "PHL": (4, 22, 116, 127), "PLW": (2, 9, 131, 135), "PNG": (-12, 0, 140, 160),
    "POL": (48, 55, 14, 25), "PRK": (37, 44, 124, 131), "PRT": (36, 43, -32, -6), "PSE": (31, 33, 34, 36),
    "PYF": (-28, -7, -155, -134), "QAT": (24, 27, 50, 52), "ROU": (43, 49, 20, 30), "RUS": (41, 82, 19, 180),
    "SAU": (16, 33, 34, 56), "SDN": (8, 23, 21, 39), "SGP": (1, 2, 103, 105), "SOM": (-2, 12, 40, 52),
    "SVK": (47, 50, 16, 23), "SWE": (55, 70, 10, 25), "SYR": (32, 38, 35, 43), "TCA": (21, 22, -73, -71),
    "THA": (5, 21, 97, 106), "TUN": (30, 38, 7, 12), "TUR": (35, 43, 25, 45), "TWN": (20, 27, 116, 123),
    "UKR": (44, 53, 22, 41), "UMI": (-1, 29, 166, 180), "USA": (18, 72, -180, -66), "VEN": (0, 13, -74, -59),
    "VNM": (8, 24, 102, 110), "YEM": (12, 19, 41, 55), "ZAF": (-35, -22, 16, 33),
}  # fmt: skip


def found(text: str, packs: Packs = PACKS) -> list[tuple[str, str, str]]:
    return [(text[m.start : m.end], m.kind, m.entry.id) for m in packs.mentions(text)]


def named(text: str, kind: str, packs: Packs = PACKS) -> list[str]:
    return [m.entry.id for m in packs.mentions(text) if m.kind == kind]


def only(text: str, kind: str) -> Mention:
    (mention,) = [m for m in PACKS.mentions(text) if m.kind == kind]
    return mention


# --- how names are found ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["Kim Jong Un", "Kim Jong-un", "Kim Jong-Un", "KIM JONG UN", "Kim Jong‑un"])
def test_spelling_variants_are_one_entry(written: str) -> None:
    assert found(f"It was {written}’s order.") == [(written, "person", "Kim Jong Un")]


@pytest.mark.parametrize(
    "written",
    ["Hwasong-18", "Hwasong 18", "Hwasong18", "HWASONG-18", "Hwasong‑18", "Hwasong–18", "Hwasongpho-18"],
)
def test_hyphen_space_or_nothing(written: str) -> None:
    assert found(f"the {written}, a missile")[0] == (written, "weapon", "Hwasong-18")


def test_headline_in_capitals() -> None:
    assert found("NORTH KOREA FIRES TWO ICBMS") == [
        ("NORTH KOREA", "state", "PRK"),
        ("ICBMS", "noun", "intercontinental ballistic missile"),
    ]


def test_a_proper_name_needs_its_capitals() -> None:
    assert found("turkey for thanksgiving, china on the table and jordan shoes") == []


def test_us_is_not_a_pronoun() -> None:
    assert named("He told us that the US and the U.S. agree with us.", "state") == ["USA", "USA"]
    assert named("LEADER TELLS US TO STAY AT HOME", "state") == []


def test_abbreviation_keeps_its_dot_even_at_the_end() -> None:
    text = "It was fired at the U.S."
    mention = only(text, "state")
    assert text[mention.start : mention.end] == "U.S."


def test_possessive_stays_outside() -> None:
    text = "Russia's and Iran’s missiles"
    assert [text[m.start : m.end] for m in PACKS.mentions(text)][:2] == ["Russia", "Iran"]


def test_plurals_are_told() -> None:
    assert only("two ballistic missiles", "noun").plural
    assert not only("a ballistic missile", "noun").plural
    assert (
        only("The Houthis and a Houthi", "group") if False else named("Iranians, Israelis", "state") == ["IRN", "ISR"]
    )


def test_the_longest_name_wins() -> None:
    assert found("The North Korean leader")[0] == ("North Korean", "state", "PRK")
    assert found("the Sea of Japan")[0] == ("Sea of Japan", "place", "Sea of Japan")
    assert named("the guided-missile destroyer", "noun") == ["missile submarine"]


def test_words_are_whole() -> None:
    assert found("Tehrangeles, Iranology, the Northrop plant, Hamasaki") == []


def test_a_name_can_run_over_a_line_end_but_not_over_a_paragraph() -> None:
    assert named("the East\nSea", "place") == ["Sea of Japan"]
    assert named("from the East\n\nSea levels rose", "place") == []


def test_one_word_for_several_entries_gives_all_of_them() -> None:
    assert {(m.kind, m.form) for m in PACKS.mentions("Pyongyang said")} == {("state", "capital"), ("place", "city")}


def test_contextual_names_say_what_must_have_been_named() -> None:
    mention = next(m for m in PACKS.mentions("the North said") if m.entry.id == "PRK")
    assert set(mention.after) == {"PRK", "KOR"}
    assert next(m for m in PACKS.mentions("North Korea said")).after == ()


@pytest.mark.parametrize(
    "word", ["Electron", "Arrow", "Patriot", "Trident", "Grad", "Neptune", "Vega", "Epsilon", "Fatah", "Atlas", "Zenit"]
)
def test_weapons_with_everyday_names_are_flagged(word: str) -> None:
    weapons = [m for m in PACKS.mentions(f"The {word} was there") if m.kind == "weapon"]
    assert weapons
    assert all(m.needs == "weapon" for m in weapons)


@pytest.mark.parametrize(
    "text",
    [
        "The company launched a rocket science podcast and a missile crisis documentary.",
        "A model rocket, a toy rocket and a bottle rocket were on sale.",
        "The missile submarine and the missile defence system stayed in port.",
        "The museum shows a rocket engine, a rocket motor and tins of rocket fuel.",
        "Rocket-propelled grenades, mortar shells and anti-tank missiles were fired.",
        "Trash balloons and a spy balloon drifted over the border.",
    ],
)
def test_compounds_that_fly_nothing_are_nouns_of_another_role(text: str) -> None:
    nouns = [m.entry for m in PACKS.mentions(text) if m.kind == "noun"]
    assert nouns
    assert {getattr(noun, "role", None) for noun in nouns} == {"other"}


def test_ordinary_words_are_not_names() -> None:
    text = (
        "The patriot shot an arrow over the jordan of his youth, a major step in general; it may be extra, it may be "
        "smart, in the us and in the uk of old. She took aim at 6:29 pm. Then, said the reaper."
    )
    assert [
        m for m in PACKS.mentions(text) if m.kind in ("state", "group", "weapon", "person", "place", "office")
    ] == []


# --- mentions on any text ---------------------------------------------------------------------------------------------

_pieces = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from([" ", "\n\n", "’s ", "North Korea", "U.S.", "Kim Jong-un", "ICBMs", "Sea of Japan", "İ", "ß"]),
    ),
    max_size=30,
).map("".join)


@given(_pieces)
@settings(max_examples=150, deadline=None)
def test_offsets_hold_on_any_text(text: str) -> None:
    assert len(fold(text)) == len(text)
    spans = []
    for mention in PACKS.mentions(text):
        assert 0 <= mention.start < mention.end <= len(text)
        assert fold(text[mention.start : mention.end]).strip()
        spans.append((mention.start, mention.end))
    assert spans == sorted(spans)
    distinct = sorted(set(spans))
    assert all(left[1] <= right[0] for left, right in pairwise(distinct))


@given(_pieces, _pieces)
@settings(max_examples=60, deadline=None)
def test_an_unrelated_paragraph_changes_no_mention(before: str, after: str) -> None:
    body = "\n\nNorth Korea fired two ballistic missiles from Sunan.\n\n"
    offset = len(before)
    inside = [
        (m.start - offset, m.end - offset, m.entry.id)
        for m in PACKS.mentions(before + body + after)
        if offset < m.start and m.end < offset + len(body)
    ]
    assert inside == [(m.start, m.end, m.entry.id) for m in PACKS.mentions(body)]


def test_long_chains_of_overlapping_names_are_settled() -> None:
    text = "Sea of Japan East Sea of Japan East " * 2000
    assert set(named(text, "place")) == {"Sea of Japan"}


def test_folding_keeps_one_character_for_one() -> None:
    assert fold("İstanbul’s Hwasong–18 ÉLYSÉE") == "İstanbul s hwasong 18 élysée"


# --- loading ----------------------------------------------------------------------------------------------------------


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path.parent


def test_an_own_pack_adds_and_overrides(tmp_path: Path) -> None:
    directory = write(
        tmp_path / "mine.yaml",
        "pack: weapons\nentries:\n"
        "  - {name: Testbird-7, class: irbm, countries: [PRK, IRN], aliases: [TB-7]}\n"
        "  - {name: Hwasong-18, class: icbm, countries: PRK, aliases: Hwasong-eighteen; Big One}\n",
    )
    packs = load_packs([directory])
    assert packs.weapons["Testbird-7"].countries == ("PRK", "IRN")
    assert named("a TB-7 and the Big One", "weapon", packs) == ["Testbird-7", "Hwasong-18"]
    assert named("a Hwasongpho-18", "weapon", packs) == ["Hwasong"]
    assert named("a TB-7", "weapon") == []
    assert packs.version != PACKS.version


def test_an_own_pack_can_be_a_table(tmp_path: Path) -> None:
    directory = write(
        tmp_path / "mine.yaml",
        "pack: weapons\nentries: |\n  name | class | countries | aliases | needs\n\n  # birds\n"
        "  Testbird-7 | irbm | PRK; IRN | Tee Bird; TB-7 | Tee Bird: weapon\n  Plainbird | srbm | PRK\n",
    )
    packs = load_packs([directory])
    assert packs.weapons["Testbird-7"].needs == {"Tee Bird": "weapon"}
    assert packs.weapons["Plainbird"].aliases == ()
    assert [(m.entry.id, m.needs) for m in packs.mentions("TB7, Tee Bird")] == [
        ("Testbird-7", None),
        ("Testbird-7", "weapon"),
    ]


def test_an_own_pack_takes_entries_out(tmp_path: Path) -> None:
    directory = write(tmp_path / "a.yml", "pack: states\nentries:\n  - {code: USA, remove: true}\n")
    assert named("the US", "state", load_packs([directory])) == []


def test_rules_are_kept_whole(tmp_path: Path) -> None:
    directory = write(
        tmp_path / "rules.yaml",
        "pack: guards\nrules:\n  - id: mine.one\n    description: A rule of mine\n    pattern: '{WEAPON} parade'\n"
        "    set: {count_min: 2, share: 0.5, lead: true, nothing: null, words: [one, '2']}\n"
        "    examples: [A missile parade, {text: Missiles on parade, count: 3}]\n    counterexamples: [A missile]\n",
    )
    rule = load_packs([directory]).rules["guards"]["mine.one"]
    assert rule.patterns == ("{WEAPON} parade",)
    assert rule.set == {"count_min": 2, "share": 0.5, "lead": True, "nothing": None, "words": ["one", 2]}
    assert rule.examples == ("A missile parade", {"text": "Missiles on parade", "count": 3})


def test_version_is_of_the_content(tmp_path: Path) -> None:
    one = write(tmp_path / "one" / "x.yaml", "pack: states\nentries:\n  - {code: ZZZ, name: Zedland}\n")
    same = write(tmp_path / "two" / "y.yaml", "pack: states\r\nentries:\r\n  - {code: ZZZ, name: Zedland}\r\n")
    other = write(tmp_path / "three" / "x.yaml", "pack: states\nentries:\n  - {code: ZZZ, name: Zeddland}\n")
    versions = [load_packs([directory]).version for directory in (one, same, other)]
    assert versions[0] == versions[1] != versions[2]
    assert load_packs().version == PACKS.version


def test_yaml_words_stay_words(tmp_path: Path) -> None:
    directory = write(tmp_path / "x.yaml", "pack: bodies\nentries:\n  - {name: NO, kind: agency, country: NOR}\n")
    assert load_packs([directory]).bodies["NO"].name == "NO"


_WEAPONS = "pack: weapons\nentries:\n  - "
_PLACES = "pack: places\nentries:\n  - "
_TABLE = "pack: places\nentries: |\n  name | kind | lat | lon | aliases\n"
_STATES = "pack: states\nentries:\n  - "
_PERSONS = "pack: persons\nentries:\n  - "
_GUARDS = "pack: guards\nrules:\n  - "

BROKEN = [
    ("", 1, "pack", "empty"),
    ("- a\n- b\n", 1, "pack", "does not say"),
    ("pack: rockets\n", 1, "pack", "no kind of pack called 'rockets'"),
    ("pack: weapons\nitems: []\n", 2, "items", "no such key"),
    ("pack: weapons\nentries: {a: b}\n", 2, "entries", "not a list"),
    (
        _WEAPONS + "{name: A, class: icbm, countries: PRK}\n  - {name: B, class: icbn, countries: A}",
        4,
        "class",
        "'icbm'",
    ),
    (_WEAPONS + "{name: A, class: icbm}", 3, "countries", "required"),
    (_WEAPONS + "name: A\n    class: icbm\n    countries: PRK\n    alias: B", 6, "alias", "no such key"),
    (_WEAPONS + "{name: A, class: icbm, countries: PRK, needs: {Aa: weapon}}", 3, "needs", "no alias"),
    (_PLACES + "name: A\n    kind: city\n    lat: 95\n    lon: 3", 5, "lat", "outside of the globe"),
    (_PLACES + "{name: A, kind: city, lat: north, lon: 3}", 3, "lat", "valid number"),
    (_PERSONS + "{name: A B, country: PRK, tenures: leader since 2011-13-01}", 3, "from", "date"),
    (_PERSONS + "{name: A B, country: PRK, tenures: 2011-12-01}", 3, "tenures", "no office is named"),
    (_STATES + "{code: ABC, name: A}\n  - {code: ABC, name: B}", 4, "name", "another entry"),
    (_STATES + "{remove: true}", 3, "remove", "nothing is named"),
    (_STATES + "{code: ABC, code: ABD, name: A}", 3, "code", "twice"),
    (_STATES + "&a {code: ABC, name: A}\n  - *a", 4, "", "anchors"),
    (_STATES + "{code: ABC, name: [}", 3, "", "did not find"),
    (_STATES + "{code: ABC, name: A}\n---\nentries: []\n", 4, "", "second document"),
    ("  pack: rockets\n?x", 2, "", "did not find"),
    ("pack: " + "[" * 5_000 + "]" * 5_000, 1, "", "too deeply"),
    (_STATES + "{code: ABC, ? [a, b] : c}", 3, "", "not plain text"),
    (_TABLE + "  A | city | 1 | 2\n  # a comment\n\n  B | citty | 1 | 2\n", 7, "kind", "'launch_site'"),
    (_TABLE + "  A | city | 1 | 2\n  B | city | 1 | 2 | C | D\n", 5, "entries", "6 cells under 5 columns"),
    (_GUARDS + "{id: Bad Id, description: x}", 3, "id", "no id of a rule"),
    (_GUARDS + "{id: a.b}", 3, "description", "required"),
]


@pytest.mark.parametrize(("text", "line", "key", "words"), BROKEN)
def test_a_broken_pack_names_file_line_key_and_remedy(
    text: str, line: int, key: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PackError) as error:
        load_packs([tmp_path])
    assert (error.value.path, error.value.line) == (path, line)
    assert error.value.key.endswith(key)
    assert words in error.value.problem
    assert error.value.remedy
    assert str(error.value).startswith(f"{path}, line {line}")


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="no such pack directory"):
        load_packs([tmp_path / "missing"])
    (tmp_path / "x.yaml").write_bytes(b"pack: states\n# caf\xe9\n")
    with pytest.raises(PackError, match=r"line 2: the file is not UTF-8"):
        load_packs([tmp_path])


# --- what the lexicons hold -------------------------------------------------------------------------------------------


def test_all_members_of_the_united_nations_and_organisations() -> None:
    states = [state for state in PACKS.states.values() if not state.organisation]
    assert len({"TWN", "PSE", "XKX", "VAT"} & {state.code for state in states}) == 4
    assert len(states) >= 193 + 4
    without_capital = {state.code for state in states if not state.capital}
    assert without_capital <= {"ESH", "HKG", "MCO", "MDV"}
    assert all(PACKS.states[code].organisation for code in ORGANISATIONS if code != "ESA")


def test_codes_are_of_known_states() -> None:
    known = set(PACKS.states) | {"ESA"}
    territories = {"GUF", "GUM", "HKG", "IOT", "MNP", "PYF", "TCA", "UMI"}
    owners = [*PACKS.groups.values(), *PACKS.bodies.values(), *PACKS.offices.values(), *PACKS.persons.values()]
    assert {e.country for e in owners if e.country} <= known
    assert {c for weapon in PACKS.weapons.values() for c in weapon.countries} <= known
    assert {c for place in PACKS.places.values() for c in place.country} <= known | territories


def test_zones_exist_for_every_state_that_launches() -> None:
    zones = {state.code: state.zone for state in PACKS.states.values() if state.zone}
    assert all(ZoneInfo(zone) for zone in zones.values())
    assert {c for weapon in PACKS.weapons.values() for c in weapon.countries} <= set(zones) | {"SRB"}


def test_contextual_names_wait_for_known_entries() -> None:
    known = set(PACKS.states) | set(PACKS.groups)
    for table in (PACKS.states, PACKS.groups):
        assert {i for entry in table.values() for after in entry.contextual.values() for i in after} <= known


def test_tenures_end_after_they_begin() -> None:
    for person in PACKS.persons.values():
        for tenure in person.tenures:
            assert tenure.valid_from is None or tenure.valid_to is None or tenure.valid_from <= tenure.valid_to, (
                person.name
            )


@pytest.mark.parametrize(
    ("name", "day", "in_office"),
    [
        ("Fumio Kishida", date(2022, 3, 24), True),
        ("Fumio Kishida", date(2025, 1, 1), False),
        ("Moon Jae-in", date(2017, 5, 15), True),
        ("Donald Trump", date(2022, 1, 1), False),
        ("Donald Trump", date(2025, 6, 1), True),
        ("Ali Khamenei", date(2026, 3, 9), False),
        ("Ban Ki-moon", None, True),
    ],
)
def test_office_holders_by_day(name: str, day: date | None, in_office: bool) -> None:
    assert PACKS.persons[name].in_office(day) is in_office


def test_surnames_stand_where_the_language_puts_them() -> None:
    assert PACKS.persons["Kim Jong Un"].surname == "Kim"
    assert PACKS.persons["Wang Yi"].surname == "Wang"
    assert PACKS.persons["Fumio Kishida"].surname == "Kishida"
    assert only("Kishida said", "person").form == "surname"
    assert named("Kim said, and Park and Wang agreed", "person") == []


def test_places_lie_in_their_countries() -> None:
    astray = []
    for place in PACKS.places.values():
        boxes = [BOXES[code] for code in place.country]
        inside = [s <= place.lat <= n and w <= place.lon <= e for s, n, w, e in boxes]
        if boxes and not any(inside):
            astray.append((place.name, place.country, place.lat, place.lon))
    assert astray == []


@pytest.mark.parametrize(
    ("name", "country", "lat", "lon"),
    [
        ("Tongchang-ri", "PRK", 39.66, 124.71),
        ("Musudan-ri", "PRK", 40.85, 129.67),
        ("Sunan", "PRK", 39.20, 125.71),
        ("Jiuquan", "CHN", 40.96, 100.29),
        ("Sriharikota", "IND", 13.72, 80.23),
        ("Plesetsk", "RUS", 62.93, 40.58),
        ("Cape Canaveral", "USA", 28.49, -80.57),
        ("Kourou", "GUF", 5.24, -52.77),
        ("Kwajalein", "MHL", 9.05, 167.40),
        ("Palmachim", "ISR", 31.88, 34.68),
    ],
)
def test_launch_sites_are_where_they_are(name: str, country: str, lat: float, lon: float) -> None:
    (place,) = [PACKS.places[i] for i in named(f"from {name} on Sunday", "place")]
    assert place.country == (country,)
    assert place.lat == pytest.approx(lat, abs=0.1)
    assert place.lon == pytest.approx(lon, abs=0.1)


@pytest.mark.parametrize(
    ("text", "weapon_class"),
    [
        ("an intercontinental ballistic missile", "icbm"),
        ("inter-continental ballistic missiles", "icbm"),
        ("two ICBMs", "icbm"),
        ("an intermediate range ballistic missile", "irbm"),
        ("a medium-range ballistic missile", "mrbm"),
        ("short range ballistic missiles", "srbm"),
        ("a close-range ballistic missile", "crbm"),
        ("a submarine-launched ballistic missile", "slbm"),
        ("a long-range ballistic missile", "ballistic_missile"),
        ("land-attack cruise missiles", "cruise_missile"),
        ("an anti-ship ballistic missile", "anti_ship_missile"),
        ("a hypersonic glide vehicle", "hypersonic_missile"),
        ("an air-defence missile", "surface_to_air_missile"),
        ("an air defense missile", "surface_to_air_missile"),
        ("guided artillery rockets", "artillery_rocket"),
        ("a carrier rocket", "space_launch_vehicle"),
        ("a satellite launch vehicle", "space_launch_vehicle"),
        ("one-way attack drones", "attack_drone"),
        ("kamikaze drones", "attack_drone"),
        ("a loitering munition", "attack_drone"),
        ("a short-range missile", "missile"),
        ("a nuke missile", "missile"),
        ("a doomsday missile", "missile"),
        ("two unidentified projectiles", "projectile"),
        ("a rocket", "projectile"),
    ],
)
def test_nouns_give_the_class_of_the_words(text: str, weapon_class: str) -> None:
    (noun,) = [PACKS.nouns[i] for i in named(text, "noun")]
    assert noun.weapon_class == weapon_class
    assert noun.role in ("weapon", "interceptor")


@pytest.mark.parametrize(
    ("text", "weapon_class", "country"),
    [
        ("KN-23", "srbm", "PRK"),
        ("Rodong", "mrbm", "PRK"),
        ("Pukguksong-3", "slbm", "PRK"),
        ("Hyunmoo-2C", "srbm", "KOR"),
        ("Agni-V", "irbm", "IND"),
        ("GSLV Mk III", "space_launch_vehicle", "IND"),
        ("Babur-3", "cruise_missile", "PAK"),
        ("Kheibar Shekan", "mrbm", "IRN"),
        ("Shahed-136", "attack_drone", "IRN"),
        ("Kh-101", "cruise_missile", "RUS"),
        ("Tsirkon", "hypersonic_missile", "RUS"),
        ("ATACMS", "srbm", "USA"),
        ("Minuteman III", "icbm", "USA"),
        ("DF-21D", "anti_ship_missile", "CHN"),
        ("Long March-5B", "space_launch_vehicle", "CHN"),
        ("H-IIA", "space_launch_vehicle", "JPN"),
        ("Hsiung Feng III", "anti_ship_missile", "TWN"),
        ("M51.3", "slbm", "FRA"),
        ("Storm Shadow", "cruise_missile", "GBR"),
        ("Tochka-U", "srbm", "UKR"),
        ("Jericho-3", "ballistic_missile", "ISR"),
        ("Tayfun Block-4", "srbm", "TUR"),
        ("Katyushas", "artillery_rocket", "LBN"),
    ],
)
def test_named_weapons(text: str, weapon_class: str, country: str) -> None:
    (entry,) = [m.entry for m in PACKS.mentions(f"a {text} fell") if m.kind == "weapon"]
    assert isinstance(entry, Weapon)
    assert entry.weapon_class == weapon_class
    assert country in entry.countries


def test_bodies_offices_and_groups() -> None:
    text = "Ansar Allah, KCNA, the Pentagon, U.S. Indo-Pacific Command, its foreign ministry and the defence minister"
    assert [(i, k) for _, k, i in found(text)] == [
        ("Houthi movement", "group"),
        ("Korean Central News Agency", "body"),
        ("Pentagon", "body"),
        ("U.S. Indo-Pacific Command", "body"),
        ("foreign ministry", "body"),
        ("defence minister", "office"),
    ]
    assert PACKS.bodies["foreign ministry"].country is None
    assert PACKS.bodies["SpaceX"].launches
    assert not PACKS.offices["analyst"].official


def test_no_person_hides_behind_a_common_word() -> None:
    for person in PACKS.persons.values():
        assert isinstance(person, Person)
        for alias in (person.name, *person.aliases):
            assert " " in alias or alias in person.needs or len(alias) >= 4, alias
