from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sample

from extractors.records import Evidence, Extraction, Finding
from storage import articles
from storage.lake import Lake
from storage.maintenance import check, maintain, sizes


def save(lake: Lake, *findings: Finding, **more: Any) -> None:
    articles.save(lake, findings=findings, message="test", **more)


def kinds(lake: Lake) -> list[tuple[str, str]]:
    return sorted({(problem.kind, problem.table) for problem in check(lake)})


def data_files(lake: Lake, table: str) -> list[Path]:
    with lake.read() as con:
        return [Path(r[0]) for r in con.execute(f"FROM ducklake_list_files('news', '{table}')").fetchall()]


def execute(lake: Lake, sql: str, *parameters: Any) -> None:
    lake.write(lambda con: con.execute(sql, list(parameters)), message="planted")


def fill(lake: Lake, count: int = 5) -> list[Finding]:
    """Several small transactions, with an edit and a deletion among them."""
    items = [sample.finding(f"n{n}", published_date=date(2026, 1, 1) + timedelta(days=5 * n)) for n in range(count)]
    for item in items:
        save(lake, item, feeds=[sample.feed()], fetches=[sample.fetch(item.article.article_id)])
    items[0] = sample.edited(items[0], sample.TEXT + " More.")
    save(lake, items[0])
    return items


def test_a_sound_lake_has_no_problems(lake: Lake) -> None:
    assert check(lake) == []
    fill(lake)
    assert check(lake) == []


@pytest.mark.parametrize("round_", ["hourly", "daily", "weekly"])
def test_maintenance_keeps_rows_and_shrinks_files(lake: Lake, round_: Any) -> None:
    items = fill(lake)
    report = maintain(lake, round_, now=sample.NOW)
    before, after = ({size.table: size for size in part} for part in (report.before, report.after))
    assert {name: size.rows for name, size in before.items()} == {name: size.rows for name, size in after.items()}
    assert before["articles"].rows == len(items)
    assert after["articles"].files < before["articles"].files
    assert after["articles"].bytes < before["articles"].bytes
    assert next(step.count for step in report.steps if step.name == "merge") > 0
    assert check(lake) == []
    ids = [item.article.article_id for item in items]
    assert {f.article.text for f in articles.findings(lake, ids)} == {item.article.text for item in items}


def test_old_snapshots_and_files_go_in_time(lake: Lake) -> None:
    fill(lake)
    maintain(lake, "hourly", now=sample.NOW)
    newest = max(snapshots(lake).values())
    age_of_first_snapshot(lake, newest - timedelta(days=25))
    counts = {}
    for hours in (47, 24 * 4, 24 * 8):
        report = maintain(lake, "daily", now=newest + timedelta(hours=hours))
        counts[hours] = [step.count for step in report.steps if step.name in ("expire", "clean")]
    assert counts[47] == [0, 0], "nothing that a backup may name"
    assert counts[24 * 4][0] == 0
    assert counts[24 * 4][1] > 0, "the files that were merged into others"
    assert counts[24 * 8][0] == 1
    assert check(lake) == []
    assert {size.table: size.rows for size in sizes(lake)}["articles"] == 5


def age_of_first_snapshot(lake: Lake, moment: datetime) -> None:
    lake.close()
    assert lake.config.sqlite_path is not None
    with closing(sqlite3.connect(lake.config.sqlite_path)) as catalog:
        catalog.execute(f"UPDATE ducklake_snapshot SET snapshot_time = '{moment:%F %T}+00' WHERE snapshot_id = 1")
        catalog.commit()


def snapshots(lake: Lake) -> dict[int, datetime]:
    with lake.read() as con:
        return dict(con.execute("SELECT snapshot_id, snapshot_time FROM news.snapshots()").fetchall())


def lasts(times: dict[int, datetime], form: str) -> set[int]:
    """The last snapshot of each hour or day."""
    return set({f"{moment:{form}}": number for number, moment in sorted(times.items())}.values())


def test_snapshots_thin_out_with_age_and_what_only_they_named_goes(lake: Lake) -> None:
    fill(lake)
    before = snapshots(lake)
    now = max(before.values())
    maintain(lake, "hourly", now=now + timedelta(hours=5))
    assert before.keys() < snapshots(lake).keys(), "a reader may hold them"
    for age, form in ((timedelta(hours=7), "%F %H"), (timedelta(days=4), "%F")):
        expected = lasts(snapshots(lake), form)
        maintain(lake, "hourly", now=now + age)
        assert snapshots(lake).keys() == expected
    with lake.read() as con:
        dead = con.execute(
            "SELECT count(*) FROM __ducklake_metadata_news.ducklake_data_file WHERE end_snapshot <= "
            "(SELECT min(snapshot_id) FROM news.snapshots())"
        ).fetchall()
    assert dead == [(0,)]
    assert check(lake) == []
    assert {size.table: size.rows for size in sizes(lake)}["articles"] == 5


def test_files_stay_few_however_often_polls_edit(lake: Lake) -> None:
    """A file that lost rows is merged with no other; each poll here takes a row from the file of the poll before."""
    poll: list[Finding] = []
    for number in range(4):
        edits = [sample.edited(poll[0], poll[0].article.text + " More.")] if poll else []
        poll = [sample.finding(f"{number}-{n}") for n in range(3)]
        save(lake, *poll, *edits, feeds=[sample.feed()])
        if number % 2:
            maintain(lake, "hourly", now=sample.NOW)
    maintain(lake, "daily", now=sample.NOW)
    assert {size.table: (size.files, size.delete_files) for size in sizes(lake) if size.files} == dict.fromkeys(
        ("articles", "feeds", "launches", "migrations", "reactions", "revisions"), (1, 0)
    )


def test_an_orphan_goes_only_when_old(lake: Lake) -> None:
    save(lake, sample.finding())
    orphan = data_files(lake, "articles")[0].with_name("ducklake-orphan.parquet")
    orphan.write_bytes(data_files(lake, "articles")[0].read_bytes())
    with lake.read() as con:
        (now,) = con.execute("SELECT now()").fetchall()[0]
    maintain(lake, "weekly", now=now)
    assert orphan.exists()
    maintain(lake, "weekly", now=now + timedelta(days=4))
    assert not orphan.exists()
    assert check(lake) == []


def test_a_reader_keeps_its_snapshot_through_maintenance(lake: Lake) -> None:
    fill(lake)
    query = (
        "SELECT count(*), count(DISTINCT article_id), (SELECT count(*) FROM launches), sum(length(text)) FROM articles"
    )
    with lake.read(as_of=lake.snapshot()) as pinned, lake.read() as latest, lake.read() as began:
        began.execute("BEGIN")
        before = [con.execute(query).fetchall() for con in (pinned, latest, began)]
        assert [figures[0][:3] for figures in before] == [(5, 5, 5)] * 3
        save(lake, sample.finding("late"))
        for round_ in ("hourly", "daily", "weekly"):
            maintain(lake, round_, now=sample.NOW)
            assert pinned.execute(query).fetchall() == began.execute(query).fetchall() == before[0]
            assert latest.execute(query).fetchall()[0][:3] == (6, 6, 6)


def test_missing_and_damaged_files_are_named(lake: Lake) -> None:
    fill(lake)
    gone, cut, flipped = (
        data_files(lake, "articles")[0],
        data_files(lake, "launches")[0],
        data_files(lake, "fetches")[0],
    )
    gone.unlink()
    cut.write_bytes(cut.read_bytes()[:-7])
    content = bytearray(flipped.read_bytes())
    for position in range(4, 24):
        content[position] ^= 0xFF
    flipped.write_bytes(content)
    problems = check(lake)
    assert {(p.kind, p.table) for p in problems} == {
        ("missing file", "articles"), ("damaged file", "launches"), ("damaged file", "fetches"),
    }  # fmt: skip
    for path in (gone, cut, flipped):
        assert any(str(path) in problem.detail for problem in problems)


def test_double_keys_and_lost_articles_are_found(lake: Lake) -> None:
    items = fill(lake)
    execute(lake, "INSERT INTO launches SELECT * FROM launches WHERE article_id = ?", items[1].article.article_id)
    assert kinds(lake) == [("double key", "launches")]
    execute(lake, "DELETE FROM articles WHERE article_id = ?", items[1].article.article_id)
    execute(lake, "DELETE FROM launches WHERE article_id = ?", items[1].article.article_id)
    assert kinds(lake) == [("no article", "reactions"), ("no launch", "reactions")]


def test_false_and_missing_evidence_is_found(lake: Lake) -> None:
    item = sample.finding()
    false = replace(item.extraction.launches[0], evidence=(Evidence(3, 9, "fired"),))
    bare = replace(item.extraction.reactions[0], evidence=())
    save(lake, replace(item, extraction=Extraction((false,), (bare,), "p1")))
    assert kinds(lake) == [("false evidence", "launches"), ("no evidence", "reactions")]


def test_evidence_after_characters_beyond_the_bmp_is_sound(lake: Lake) -> None:
    text = "🚀🇰🇷 e\u0301 Norland fired two missiles on Sunday; “a provocation”."
    save(lake, sample.finding(text=text))
    assert check(lake) == []


def test_a_row_count_that_disagrees_is_found(lake: Lake) -> None:
    fill(lake)
    path = lake.config.sqlite_path
    assert path is not None
    lake.close()
    with sqlite3.connect(path) as catalog:
        catalog.execute(
            "UPDATE ducklake_data_file SET record_count = record_count + 5 WHERE data_file_id = "
            "(SELECT max(data_file_id) FROM ducklake_data_file d JOIN ducklake_table t USING (table_id) "
            "WHERE t.table_name = 'articles')"
        )
    catalog.close()
    assert ("row count", "articles") in kinds(lake)
