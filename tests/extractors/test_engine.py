"""The chain as a whole: its account of itself, its gate, and packs of the user's own."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from extractors.engine import explain, extract
from extractors.packs import load_packs

_DAY = date(2025, 1, 6)
_TEXT = (
    "North Korea fired two ballistic missiles from Sunan at 7:10 a.m. on Monday, Seoul's military said. "
    "It did not fire any rocket on Sunday."
)


def test_the_account_quotes_the_words_of_each_field() -> None:
    account = explain(_TEXT, published=_DAY)
    (launch,) = account.launches
    words = {name: evidence.text for name, evidence in launch.fields}
    assert words["date"].endswith("Monday")
    assert words["time_local"] == "7:10 a.m."
    assert words["launch_site"] == "Sunan"
    assert words["weapon_class"] == words["count_min"] == "two ballistic missiles"
    assert words["country"] == "North Korea"
    assert launch.rules == account.extraction.launches[0].rules == ("active",)
    assert all(_TEXT[e.start : e.end] == e.text for _, e in launch.fields)


def test_the_account_names_the_guards_that_refused() -> None:
    refused = explain(_TEXT, published=_DAY).refused
    assert ("guard.negated", "fire") in [(guard, evidence.text) for guard, evidence in refused]


def test_local_time_becomes_utc_by_the_zone_of_the_launching_state() -> None:
    assert extract(_TEXT, published=_DAY).launches[0].time_utc == datetime(2025, 1, 5, 22, 10, tzinfo=UTC)


def test_attribution_is_the_source_of_the_sentence() -> None:
    assert extract(_TEXT, published=_DAY).launches[0].attribution == "Seoul's military"


def test_an_article_without_a_weapon_is_not_read() -> None:
    found = extract("The minister launched a reading campaign on Monday.", published=_DAY)
    assert (found.launches, found.reactions, found.language) == ((), (), None)
    assert found.pack_version


def test_a_verb_of_the_users_own(tmp_path: Path) -> None:
    pack = tmp_path / "verbs.yaml"
    pack.write_text(
        "pack: launch_rules\nrules:\n  - id: words.yeet\n    description: A verb of our own.\n"
        "    set: {class: LAUNCH, verbs: [yeet yeets yeeted yeeting]}\n",
        encoding="utf-8",
    )
    text = "Iran yeeted a ballistic missile on Sunday."
    assert extract(text, published=_DAY).launches == ()
    (launch,) = extract(text, published=_DAY, packs=load_packs([tmp_path])).launches
    assert (launch.country, launch.date) == ("IRN", date(2025, 1, 5))


def test_five_megabytes_are_read_in_bounded_time() -> None:
    huge = _TEXT + "\n\n" + "The harbour council met again about the missile exhibit. " * 90_000
    first = extract(huge, published=_DAY).launches[0]
    assert (first.country, first.count_min) == ("PRK", 2)


@pytest.mark.parametrize("published", [date.min, date(1, 1, 5), date(9999, 12, 25), date.max])
@pytest.mark.parametrize("told", ["last Sunday", "last month", "on the 29th", "overnight", "at Easter", "that Monday"])
def test_a_publication_date_at_an_end_of_the_calendar_anchors_nothing(published: date, told: str) -> None:
    (launch,) = extract(f"North Korea fired a missile {told}, Seoul said.", published=published).launches
    assert launch.date is None
