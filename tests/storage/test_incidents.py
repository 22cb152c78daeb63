"""Incidents in the lake: as formed from everything at once, whatever the batches; named for good; found again."""

from __future__ import annotations

import random
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import sample
from lake_of_reports import findings

from extractors.records import Extraction, Finding
from storage.articles import replace_extractions, save
from storage.incidents import Refreshed, refresh
from storage.lake import Lake

sys.path.insert(0, str(Path(__file__).parents[1] / "extractors"))
from labelled_days import days

NOW = datetime(2031, 3, 5, tzinfo=UTC)


def told(name: str, *, hour: int = 1, source: str = "Harbour Wire", **changes: Any) -> Finding:
    """An article with one launch of 4 March 2031."""
    made = sample.article(
        name,
        source=source,
        published_at=datetime(2031, 3, 4, tzinfo=UTC) + timedelta(hours=hour),
        published_date=(datetime(2031, 3, 4, tzinfo=UTC) + timedelta(hours=hour)).date(),
    )
    given = {"date": date(2031, 3, 4), "time_utc": None, "time_local": None, "weapon_name": None} | changes
    return Finding(made, Extraction((sample.launch(**given),), (sample.reaction(),), "p1", "en"))


def stored(lake: Lake) -> list[tuple[Any, ...]]:
    """All that is said of incidents but their names and times of writing, by their reports."""
    with lake.read() as con:
        return con.execute(
            "SELECT (SELECT list(m.launch_id ORDER BY launch_id) FROM incident_members m "
            "WHERE m.incident_id = i.incident_id) AS reports, "
            "i.* EXCLUDE (incident_id, apart, created_at, changed_at, digest) FROM incidents i ORDER BY reports"
        ).fetchall()


def ids(lake: Lake) -> dict[str, str]:
    with lake.read() as con:
        return dict(con.execute("SELECT launch_id, incident_id FROM launches WHERE incident_id IS NOT NULL").fetchall())


def changes(lake: Lake) -> list[tuple[Any, ...]]:
    with lake.read() as con:
        return con.execute(
            "SELECT kind, incident_id, other_id FROM incident_changes ORDER BY changed_at, kind"
        ).fetchall()


def test_batches_and_their_order_change_nothing(lake: Lake, tmp_path: Path) -> None:
    chosen = [day for day in days("korea", "space") if day.reports[0].launch.country]
    articles = findings([report for day in chosen for report in day.reports])
    save(lake, findings=articles, message="all")
    refresh(lake, now=NOW)
    at_once = stored(lake)
    shuffler = random.Random(7)
    shuffler.shuffle(articles)
    with Lake.open(replace(lake.config, directory=tmp_path / "other")) as other:
        while articles:
            size = shuffler.randint(8, 30)
            save(other, findings=articles[:size], message="part")
            refresh(other, now=NOW)
            del articles[:size]
        assert stored(other) == at_once
        with other.read() as con:
            assert con.execute(
                "SELECT count(*) FROM launches l FULL JOIN incident_members m USING (launch_id) "
                "WHERE l.incident_id IS DISTINCT FROM m.incident_id"
            ).fetchall() == [(0,)]


def test_a_refresh_without_change_writes_nothing_and_one_after_a_crash_catches_up(lake: Lake) -> None:
    save(lake, findings=[told("a")], message="test")
    save(lake, findings=[told("b", hour=2, source="Capital Post")], message="no refresh in between, as after a crash")
    first = refresh(lake, now=NOW)
    assert len(first.written) == 1
    before = lake.snapshot()
    assert refresh(lake, now=NOW + timedelta(hours=1)) == Refreshed()
    assert refresh(lake, [date(2031, 3, 4)], now=NOW + timedelta(hours=1)).written == ()
    with lake.read() as con:
        assert con.execute(
            f"SELECT count(*) FROM news.table_changes('incidents', {before + 1}, {lake.snapshot()})"
        ).fetchall() == [(0,)]


def test_changes_in_snapshots_that_were_thinned_out_are_found(lake: Lake) -> None:
    items = [told("a"), told("b", hour=2, source="Capital Post")]
    save(lake, findings=items, message="test")
    refresh(lake, now=NOW)
    bare = [replace(item, extraction=replace(item.extraction, launches=(), reactions=())) for item in items]
    replace_extractions(lake, bare, message="the only snapshot that says what went")
    save(lake, findings=[told("c", date=date(2031, 1, 1))], message="later")
    with lake.read() as con:
        numbers = [row[0] for row in con.execute("SELECT snapshot_id FROM news.snapshots() ORDER BY 1").fetchall()]
    for gone in (numbers[-2:-1], numbers[1:-1]):
        lake.maintain(lambda con, gone=gone: con.execute(f"CALL ducklake_expire_snapshots('news', versions => {gone})"))
    refresh(lake, now=NOW)
    assert [len(row[0]) for row in stored(lake)] == [1]


def test_names_stay_and_only_touched_incidents_are_written(lake: Lake) -> None:
    far = told("far", date=date(2030, 1, 1))
    save(lake, findings=[told("a", hour=5), far], message="test")
    refresh(lake, now=NOW)
    names = ids(lake)
    save(lake, findings=[told("earlier", hour=1, source="Capital Post", count_min=4, count_max=4)], message="test")
    again = refresh(lake, now=NOW + timedelta(hours=1))
    (name,) = {n for launch_id, n in names.items() if not launch_id.startswith(far.article.article_id)}
    assert again.written == (name,)
    assert set(ids(lake).values()) == set(names.values())


def test_merges_splits_and_withdrawals_are_recorded(lake: Lake) -> None:
    morning = told("m", time_local="07:00", launch_site="Sunan")
    evening = told("e", hour=12, time_local="19:00", launch_site="Wonsan", source="Capital Post")
    also = told("also", hour=2, time_local="07:00", launch_site="Sunan", source="Bay Times")
    save(lake, findings=[morning, also, evening], message="test")
    refresh(lake, now=NOW)
    names = ids(lake)
    assert len(set(names.values())) == 2
    fixed = replace(
        evening, extraction=replace(evening.extraction, launches=morning.extraction.launches, pack_version="p2")
    )
    replace_extractions(lake, [fixed], message="test")
    refresh(lake, now=NOW + timedelta(hours=1))
    (kept,) = set(ids(lake).values())
    (merged,) = set(names.values()) - {kept}
    assert ("merged", merged, kept) in changes(lake)
    replace_extractions(lake, [evening], message="test")
    refresh(lake, now=NOW + timedelta(hours=2))
    (fresh,) = set(ids(lake).values()) - {kept}
    assert ("split", kept, fresh) in changes(lake)
    assert fresh != merged
    nothing = replace(evening, extraction=replace(evening.extraction, launches=(), reactions=()))
    replace_extractions(lake, [nothing], message="test")
    refresh(lake, now=NOW + timedelta(hours=3))
    assert ("withdrawn", fresh, None) in changes(lake)
    assert set(ids(lake).values()) == {kept}


def test_a_plan_and_its_launch_share_a_name_and_raise_two_alerts(lake: Lake) -> None:
    rocket = {"weapon_class": "space_launch_vehicle", "weapon_name": "Unha-9", "launch_site": "Sohae"}
    save(lake, findings=[told("p", status="planned", **rocket)], message="test")
    refresh(lake, now=NOW)
    (name,) = set(ids(lake).values())
    flown = told("f", hour=60, date=date(2031, 3, 6), status="failed", source="Capital Post", **rocket)
    save(lake, findings=[flown], message="test")
    refresh(lake, now=NOW + timedelta(days=2))
    assert set(ids(lake).values()) == {name}
    with lake.read() as con:
        alerts = con.execute("SELECT kind, subject FROM alerts ORDER BY raised_at").fetchall()
    assert alerts == [("incident.new", name), ("incident.status", name)]


def test_old_launches_raise_no_alert(lake: Lake) -> None:
    save(lake, findings=[told("a")], message="a backfill")
    assert refresh(lake, now=NOW + timedelta(days=400)).alerts == 0


def test_reactions_are_gathered_by_incident(lake: Lake) -> None:
    first = told("a", time_utc=datetime(2031, 3, 3, 23, 0, tzinfo=UTC), time_local="08:00")
    second = told("b", hour=3, source="Capital Post")
    save(lake, findings=[first, second], message="test")
    refresh(lake, now=NOW)
    with lake.read() as con:
        found = con.execute(
            "SELECT actor_country, type, reports, minutes_after, after_launch, first_of_country FROM incident_reactions"
        ).fetchall()
    assert found == [("KOR", "condemn", 2, 120, True, True)]


def test_hostile_names_are_only_text(lake: Lake) -> None:
    nasty = "'; DROP TABLE incidents; --\0\ud800"
    save(lake, findings=[told("a", country=None, actor=nasty, launch_site=nasty)], message="test")
    refresh(lake, now=NOW)
    refresh(lake, [date(2031, 3, 4)], now=NOW)
    assert len(stored(lake)) == 1
