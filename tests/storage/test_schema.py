from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from extractors.records import Article, FeedState, Fetch, Launch, Reaction
from storage import schema
from storage.lake import Lake

DICTIONARY = Path(__file__).parents[2] / "docs" / "tables.md"


def test_the_data_dictionary_is_up_to_date() -> None:
    assert DICTIONARY.read_text(encoding="utf-8") == schema.dictionary(), "run `python -m storage.schema`"


@pytest.mark.parametrize(
    ("record", "table"),
    [(FeedState, "feeds"), (Fetch, "fetches"), (Article, "articles"), (Launch, "launches"), (Reaction, "reactions")],
)
def test_every_field_of_a_record_has_its_column(record: type, table: str) -> None:
    assert {field.name for field in fields(record)} <= set(schema.table(table).column_names)


def test_the_lake_has_the_declared_tables_columns_and_comments(lake: Lake) -> None:
    with lake.read() as con:
        found = con.execute(
            "SELECT table_name, column_name, data_type, NOT is_nullable, comment FROM duckdb_columns() "
            "WHERE database_name = 'news' ORDER BY table_name, column_index"
        ).fetchall()
        tables = dict(
            con.execute("SELECT table_name, comment FROM duckdb_tables() WHERE database_name = 'news'").fetchall()
        )
        views = dict(
            con.execute("SELECT view_name, comment FROM duckdb_views() WHERE database_name = 'news'").fetchall()
        )
    for table in schema.TABLES:
        assert tables[table.name] == table.comment
        columns = [row[1:] for row in found if row[0] == table.name]
        assert [(name, required, comment) for name, _, required, comment in columns] == [
            (column.name, column.required, column.comment) for column in table.columns
        ]
    for view in schema.VIEWS:
        assert views[view.name] == view.comment


def test_growing_tables_are_partitioned_by_a_required_date(lake: Lake) -> None:
    with lake.read() as con:
        parts = con.execute(
            "SELECT t.table_name, list(c.transform ORDER BY c.partition_key_index) "
            "FROM __ducklake_metadata_news.ducklake_partition_column c "
            "JOIN __ducklake_metadata_news.ducklake_table t USING (table_id) GROUP BY t.table_name"
        ).fetchall()
    partitioned = [table for table in schema.TABLES if table.partition]
    assert dict(parts) == {table.name: ["year", "month"] for table in partitioned}
    for table in partitioned:
        (column,) = [column for column in table.columns if column.name == table.partition]
        assert (column.type, column.required) == ("DATE", True)


@pytest.mark.parametrize("view", schema.VIEWS, ids=lambda view: view.name)
def test_every_view_and_its_example_run(lake: Lake, view: schema.View) -> None:
    with lake.read() as con:
        con.execute(f"FROM {view.name}").fetchall()
        con.execute(view.example).fetchall()
