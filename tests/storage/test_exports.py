from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sample

from extractors.records import Extraction
from storage import articles, schema
from storage.errors import UnwritableLakeError
from storage.exports import UnknownTableError, export, inert, names
from storage.lake import Lake


@pytest.fixture
def filled(lake: Lake) -> Lake:
    articles.save(
        lake,
        findings=[sample.finding("a", title="=cmd|'/c calc'!A1"), sample.finding("b", title='Say "no",\nthen go')],
        feeds=[sample.feed()],
        fetches=[sample.fetch()],
        message="test",
    )
    return lake


@pytest.mark.parametrize(
    ("given", "expected"),
    [("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("-2", "'-2"), ("＝1", "'＝1"), ("\tx", "'\tx"), ("plain", "plain"),
     ("", ""), (-2, -2), (None, None)],
)  # fmt: skip
def test_inert(given: Any, expected: Any) -> None:
    assert inert(given) == expected


def test_csv_holds_every_row_and_no_formula(filled: Lake, tmp_path: Path) -> None:
    files = export(filled, tmp_path / "out dir", "csv")
    assert [path.stem for path in files] == list(names())
    with (tmp_path / "out dir/articles.csv").open(newline="", encoding="utf-8") as stream:
        rows = sorted(csv.DictReader(stream), key=lambda row: row["url"])
    assert [row["title"] for row in rows] == ["'=cmd|'/c calc'!A1", 'Say "no",\nthen go']
    assert rows[0]["text"] == sample.TEXT
    assert json.loads(rows[0]["authors"]) == list(sample.article().authors)
    with (tmp_path / "out dir/launches.csv").open(newline="", encoding="utf-8") as stream:
        (launch, _) = csv.DictReader(stream)
    assert json.loads(launch["evidence"])[0]["text"] == "fired two"


def test_json_and_parquet_hold_every_row(filled: Lake, tmp_path: Path) -> None:
    (lines,) = export(filled, tmp_path, "json", only=["launches"])
    records = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [record["evidence"][1]["text"] for record in records] == ["Sunday", "Sunday"]
    (file,) = export(filled, tmp_path, "parquet", only=["launch_reports"])
    assert duckdb.sql(f"SELECT DISTINCT source, count_min FROM '{file}'").fetchall() == [("Example Wire", 2)]


def test_a_plain_database_has_tables_comments_and_views(filled: Lake, tmp_path: Path) -> None:
    (path,) = export(filled, tmp_path / "news of today.duckdb", "duckdb")
    with duckdb.connect(str(path), read_only=True) as con:
        for view in schema.VIEWS:
            con.execute(view.example).fetchall()
        assert con.execute("SELECT count(*) FROM launch_reports").fetchall() == [(2,)]
        comments = con.execute("SELECT comment FROM duckdb_columns() WHERE table_name = 'launches'").fetchall()
        assert all(comment for (comment,) in comments)
    (part,) = export(filled, tmp_path / "part.duckdb", "duckdb", only=["country_timeline"])
    with duckdb.connect(str(part), read_only=True) as con:
        assert con.execute("SELECT words FROM country_timeline").fetchall() == [("fired two",)] * 2


def test_an_export_shows_one_snapshot(filled: Lake, tmp_path: Path) -> None:
    then = filled.snapshot()
    item = sample.finding("a")
    articles.save(filled, findings=[replace(item, extraction=Extraction((), (), "p9"))], message="later")
    (old,) = export(filled, tmp_path / "old", "parquet", only=["launches"], as_of=then)
    (new,) = export(filled, tmp_path / "new", "parquet", only=["launches"])
    counts = [duckdb.sql(f"SELECT count(*) FROM '{path}'").fetchall()[0][0] for path in (old, new)]
    assert counts == [2, 1]


def test_bad_exports_are_sentences_and_leave_nothing(filled: Lake, tmp_path: Path) -> None:
    with pytest.raises(UnknownTableError, match="no table or view 'lanches'"):
        export(filled, tmp_path, "csv", only=["lanches"])
    (tmp_path / "file").write_text("")
    with pytest.raises(UnwritableLakeError, match="failed"):
        export(filled, tmp_path / "file", "csv")
    (tmp_path / "taken" / "x.duckdb").mkdir(parents=True)
    with pytest.raises(UnwritableLakeError, match="failed"):
        export(filled, tmp_path / "taken" / "x.duckdb", "duckdb")
    assert {path.name for path in tmp_path.iterdir()} >= {"file", "taken"}
