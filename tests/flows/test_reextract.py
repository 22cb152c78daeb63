"""Stored articles read anew: exactly theirs replaced, the difference told rule by rule, the texts from the archive."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from newsroom import Newsroom
from past import days, query, rows

from extractors.records import Evidence, Extraction, Launch, Reaction
from flows.demo import DemoSite
from flows.differences import NO_RULE, RuleChanges
from flows.rereading import Rereading, reread
from flows.settings import Settings
from storage import rule_changes
from storage.lake import Lake
from storage.rule_changes import About

JANUARY = days("2026-01-01", "2026-02-01")

pytestmark = pytest.mark.xdist_group("reextract")


@pytest.fixture(scope="module")
def polled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("polled") / "data"
    with DemoSite() as site:
        Newsroom(data, site).poll()
    return data


@pytest.fixture
def config(polled: Path, tmp_path: Path) -> Settings:
    shutil.copytree(polled, tmp_path / "data")
    return Settings(data_dir=tmp_path / "data", workers=0)


def run(config: Settings, span: Any = JANUARY, **options: bool) -> Rereading:
    given = {"from_html": False, "dry_run": False} | options
    with Lake.open(config.lake()) as lake:
        return asyncio.run(reread(config, lake, span, **given))


def change(config: Settings, *statements: str) -> None:
    with Lake.open(config.lake()) as lake:
        lake.write(lambda con: [con.execute(statement) for statement in statements], message="another rule pack")


def test_the_same_rules_change_nothing(config: Settings) -> None:
    before = rows(config.data_dir)
    assert len(before["launches"]) > 5
    done = run(config)
    assert rows(config.data_dir) == before
    assert (done.touched, done.changes.rows(), done.failed) == (0, [], [])
    assert done.articles == len(before["articles"])


def test_what_other_rules_left_is_replaced_and_told_rule_by_rule(config: Settings) -> None:
    data = config.data_dir
    before = rows(data)
    (launch_id, rules), (other_id, _) = query(data, "SELECT launch_id, rules FROM launches ORDER BY 1 LIMIT 2")
    change(
        config,
        f"DELETE FROM launches WHERE launch_id = '{launch_id}'",
        f"UPDATE launches SET count_min = 99, rules = ['launch.old'] WHERE launch_id = '{other_id}'",
        "UPDATE articles SET pack_version = 'old'",
    )
    wrong = rows(data)
    planned = run(config, dry_run=True)
    assert rows(data) == wrong, "a dry run writes nothing"
    done = run(config)
    assert rows(data) == before
    assert planned.changes.rows() == done.changes.rows()
    assert done.changes.summary()["launches_gained"] == 1
    assert done.changes.summary()["launches_changed"] == 1
    told = {(record, rule): numbers for record, rule, *numbers in done.changes.rows()}
    assert told["launch", "launch.old"] == [0, 0, 1]
    assert all(told["launch", rule][0] == 1 for rule in rules)


def test_time_travel_shows_the_state_before(config: Settings) -> None:
    change(config, "UPDATE launches SET count_min = 99")
    with Lake.open(config.lake()) as lake:
        snapshot = lake.snapshot()
    run(config)
    with Lake.open(config.lake()) as lake, lake.read(as_of=snapshot) as con:
        assert con.execute("SELECT DISTINCT count_min FROM launches").fetchall() == [(99,)]
    assert query(config.data_dir, "FROM launches WHERE count_min = 99") == []


def test_other_dates_are_left_alone(config: Settings) -> None:
    change(config, "UPDATE launches SET count_min = 99")
    run(config, days("2026-01-12", "2026-01-14"))
    left = query(config.data_dir, "SELECT DISTINCT published_date FROM launches WHERE count_min = 99")
    assert left
    assert all(not date(2026, 1, 12) <= day <= date(2026, 1, 14) for (day,) in left)


def test_texts_come_anew_from_the_archived_pages(config: Settings) -> None:
    data = config.data_dir
    before = rows(data)
    change(config, "UPDATE articles SET text = 'Nothing.', title = 'None', content_hash = 'x' WHERE quality = 'full'")
    done = run(config, from_html=True)
    after = rows(data)
    assert after == before
    assert done.failed == []


def test_without_an_archive_the_stored_texts_are_read(config: Settings) -> None:
    before = rows(config.data_dir)
    shutil.rmtree(config.data_dir / "archive")
    done = run(config, from_html=True)
    assert rows(config.data_dir) == before
    assert any("no archived page" in remark for remark in done.remarks)


def test_the_difference_is_stored(config: Settings) -> None:
    changes = [("launch", "", 2, 1, 0), ("launch", "launch.fire", 2, 1, 0)]
    now = datetime(2026, 2, 1, tzinfo=UTC)
    with Lake.open(config.lake()) as lake:
        for start in (date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 1)):
            rule_changes.save(lake, About("run", start, start, False, now), changes)
        assert rule_changes.of_run(lake, "run") == [("launch", "", 4, 2, 0), ("launch", "launch.fire", 4, 2, 0)]


def launch(start: int, key: str = "L1", **changes: Any) -> Launch:
    made = Launch(
        key=key, country="PRK", actor=None, date=None, date_precision="unknown", time_local=None,
        weapon_class="missile", weapon_name=None, count_min=1, count_max=1, launch_site=None, landing_area=None,
        distance_km=None, apogee_km=None, status="conducted", role="lead", rules=("r1",),
        evidence=(Evidence(start, start + 5, "fired"),),
    )  # fmt: skip
    return replace(made, **changes)


def compared(before: list[Launch], after: list[Launch]) -> list[tuple[str, str, int, int, int]]:
    changes = RuleChanges()
    changes.compare(Extraction(tuple(before), (), "1"), Extraction(tuple(after), (), "2"))
    return changes.rows()


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ([launch(0)], [launch(0, "L7")], []),
        ([], [launch(0)], [("launch", "", 1, 0, 0), ("launch", "r1", 1, 0, 0)]),
        ([launch(0)], [], [("launch", "", 0, 1, 0), ("launch", "r1", 0, 1, 0)]),
        ([launch(0), launch(50, "L2")], [launch(50)], [("launch", "", 0, 1, 0), ("launch", "r1", 0, 1, 0)]),
        (
            [launch(0)],
            [launch(3, count_min=2, rules=("r2",))],
            [("launch", "", 0, 0, 1), ("launch", "r1", 0, 0, 1), ("launch", "r2", 0, 0, 1)],
        ),
        ([launch(0, rules=())], [], [("launch", "", 0, 1, 0), ("launch", NO_RULE, 0, 1, 0)]),
    ],
)
def test_differences(before: list[Launch], after: list[Launch], told: list[Any]) -> None:
    assert compared(before, after) == told


def test_a_reaction_to_a_renumbered_launch_is_no_difference() -> None:
    reaction = Reaction("JPN", "Japan", "protest", "L1", False, evidence=(Evidence(0, 3, "abc"),), rules=("p",))
    changes = RuleChanges()
    moved = Extraction((), (replace(reaction, about="L2"),), "2")
    assert not changes.compare(Extraction((), (reaction,), "1"), moved)
