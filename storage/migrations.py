"""Numbered migrations: what brings a lake that an earlier launchwire made to the tables of `schema`.

Migration 1 makes all tables as they are declared today; so each later one finds its change done in a new lake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import duckdb

from storage import schema
from storage.extensions import quoted
from storage.keys import key_sql
from storage.schema import MIGRATIONS_TABLE, Column, Partition
from storage.staging import stage

# A day's articles at least are updated at once, and no day more than makes so many.
_BATCH = 20_000
_KEYS = {"id_key": "articles.article_id", "url_key": "url", "canonical_key": "canonical_url"}
_BANDS = (Column("article_id", "VARCHAR", ""), Column("bands", "UINTEGER[]", ""))


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered step; `apply` runs in a transaction under the writer lock, the catalog backed up before."""

    version: int
    name: str
    apply: Callable[[duckdb.DuckDBPyConnection, Partition], None]


def version(con: duckdb.DuckDBPyConnection) -> int:
    """Number of the last migration that the lake had, 0 for an empty one."""
    try:
        row = con.execute(f"SELECT max(version) FROM {MIGRATIONS_TABLE.name}").fetchone()
    except duckdb.CatalogException:
        return 0
    return int(row[0]) if row and row[0] is not None else 0


def migrate(con: duckdb.DuckDBPyConnection, have: int, partition: Partition) -> None:
    """Apply every migration after `have` and note each."""
    for step in MIGRATIONS:
        if step.version > have:
            step.apply(con, partition)
            con.execute(f"INSERT INTO {MIGRATIONS_TABLE.name} VALUES (?, ?)", [step.version, step.name])


def _create(con: duckdb.DuckDBPyConnection, partition: Partition) -> None:
    for option, value in (("parquet_compression", "zstd"), ("target_file_size", "64MB")):
        con.execute(f"CALL news.set_option('{option}', '{value}')")
    con.execute("CALL news.set_option('data_inlining_row_limit', 0)")
    for table in (MIGRATIONS_TABLE, *schema.TABLES):
        schema.create_table(con, table, partition)
    for view in schema.VIEWS:
        schema.create_view(con, view)


def _add_lookup_columns(con: duckdb.DuckDBPyConnection, partition: Partition) -> None:
    """Keys for lookups and bands for near-duplicates, which lakes of version 1 have or lack: the first had none.

    The columns stay nullable where they are added: NOT NULL on a list that was just added leaves a catalog that
    DuckLake 1.0 cannot load any more, and on one added before it is refused.
    """
    columns = [column for column in schema.ARTICLES.columns if column.name in (*_KEYS, "bands")]
    present = {row[0] for row in con.execute("SELECT column_name FROM (DESCRIBE articles)").fetchall()}
    missing = [column for column in columns if column.name not in present]
    for column in missing:
        con.execute(f'ALTER TABLE articles ADD COLUMN "{column.name}" {column.type}')
        con.execute(f'COMMENT ON COLUMN articles."{column.name}" IS {quoted(column.comment)}')
    for first, last in _spans(con) if missing else ():
        _fill_lookup_columns(con, f"published_date BETWEEN DATE '{first}' AND DATE '{last}'")


def _spans(con: duckdb.DuckDBPyConnection) -> list[tuple[date, date]]:
    """First and last day of each stretch of articles to be updated at once."""
    days = con.execute("SELECT published_date, count(*) FROM articles GROUP BY ALL ORDER BY ALL").fetchall()
    return list(_grouped(days))


def _grouped(days: list[tuple[date, int]]) -> Iterator[tuple[date, date]]:
    span: list[date] = []
    articles = 0
    for day, count in days:
        if span and articles + count > _BATCH:
            yield span[0], span[-1]
            span, articles = [], 0
        span.append(day)
        articles += count
    if span:
        yield span[0], span[-1]


def _fill_lookup_columns(con: duckdb.DuckDBPyConnection, condition: str) -> None:
    # Imported here, as every reader imports this module and few lakes need it.
    from extractors.copies import band_digests

    rows = con.execute(f"SELECT article_id, signature FROM articles WHERE {condition}").fetchall()
    stage(con, "staged_bands", _BANDS, [(article_id, band_digests(sketch or b"")) for article_id, sketch in rows])
    keys = ", ".join(f"{key} = {key_sql(column)}" for key, column in _KEYS.items())
    con.execute(
        f"UPDATE articles SET bands = s.bands, {keys} "
        f"FROM temp.staged_bands s WHERE articles.article_id = s.article_id AND {condition}"
    )


MIGRATIONS: tuple[Migration, ...] = (
    Migration(1, "tables and views", _create),
    Migration(2, "keys and bands of articles", _add_lookup_columns),
)
VERSION = MIGRATIONS[-1].version
