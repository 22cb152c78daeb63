"""Keeping the lake small and proving it sound.

Ages are such that no running reader or writer can need what is removed: a reader may hold a snapshot for six hours,
and a writer's files are orphans until its commit. DuckLake's `cleanup_all` is never used: it deletes the files of a
transaction in flight, whose commit still succeeds.

Every statement reads what the catalog knows of every column of every file, dead ones included until no snapshot names
them: a microsecond each. A poll leaves some ninety of these, so the hourly round also rewrites small files that lost
rows, which a merge leaves alone, and thins out snapshots.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal

import duckdb

from storage import schema
from storage.errors import UnreachableLakeError, explain, without_secrets
from storage.extensions import quoted
from storage.keys import key_sql
from storage.lake import NAME, Connection, Lake
from storage.staging import utc

Round = Literal["hourly", "daily", "weekly"]

SNAPSHOT_AGE = timedelta(days=30)
# Beyond the first age one snapshot an hour is kept, the last, and beyond the second one a day.
READER_AGE, HOURS_AGE = timedelta(hours=6), timedelta(days=2)
FILE_AGE = timedelta(days=2)
# A file that lost rows is merged with no other until it is rewritten. Each day that is done for all but the largest
# that lost next to nothing; each hour where it is cheap.
_DELETED_SHARE = {"hourly": 0.1, "daily": 0.001, "weekly": 0.001}
_DAILY = "daily"
# Of a backup a day; with files kept for two days and more, these name none that is gone.
_BACKUPS = 3


@dataclass(frozen=True, slots=True)
class TableSize:
    """What a table takes; `files` are data files, `delete_files` lists of deleted rows beside them."""

    table: str
    rows: int
    files: int
    delete_files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of maintenance: how many files or snapshots it handled, in how many seconds."""

    name: str
    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """Sizes before and after, by table, and the steps between."""

    before: tuple[TableSize, ...]
    steps: tuple[Step, ...]
    after: tuple[TableSize, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that `check` found wrong, in words."""

    kind: str
    table: str
    detail: str


def maintain(
    lake: Lake, round_: Round, *, now: datetime, progress: Callable[[Step], None] = lambda step: None
) -> Report:
    """Run the hourly (rewrite, merge, thin), daily (backup, expire, clean too) or weekly (orphans too) round. Each step
    takes the lock for itself, so that writers get their turn between; `progress` hears of each that is done. Raises
    LakeError.
    """
    before = sizes(lake)
    work = [] if round_ == "hourly" else [("backup", partial(_back_up, lake, utc(now)))]
    work += [(name, partial(_execute, lake, name, sql)) for name, sql in _statements(round_, utc(now))]
    work.append(("thin", partial(_thin, lake, utc(now))))
    steps = []
    for name, step in work:
        steps.append(_timed(name, step))
        progress(steps[-1])
    return Report(before, tuple(steps), sizes(lake))


def _back_up(lake: Lake, now: datetime) -> int:
    """Copy the catalog to today's backup, drop those beyond the last few, and return how many there are."""
    made = lake.maintain(lambda con: lake.backup_catalog(f"{_DAILY}-{now.date()}"))
    stem = made.name.partition(f"-{_DAILY}-")[0]
    daily = sorted(made.parent.glob(f"{stem}-{_DAILY}-*{made.suffix}"))
    for old in daily[:-_BACKUPS]:
        old.unlink(missing_ok=True)
    return min(len(daily), _BACKUPS)


def _thin(lake: Lake, now: datetime) -> int:
    """Expire all snapshots but the last of each hour, or day, once no reader holds them; returns how many."""

    def expire(con: Connection) -> int:
        unit = "if(snapshot_time < $hours, date_trunc('day', snapshot_time), date_trunc('hour', snapshot_time))"
        rows = con.execute(
            "SELECT snapshot_id FROM news.snapshots() WHERE snapshot_time < $readers AND snapshot_id NOT IN "
            f"(SELECT max(snapshot_id) FROM news.snapshots() GROUP BY {unit}) ORDER BY ALL",
            {"readers": now - READER_AGE, "hours": now - HOURS_AGE},
        ).fetchall()
        listed = ", ".join(str(snapshot) for (snapshot,) in rows)
        return len(_rows(con, f"CALL ducklake_expire_snapshots('{NAME}', versions => [{listed}])")) if rows else 0

    return lake.maintain(expire)


def sizes(lake: Lake) -> tuple[TableSize, ...]:
    """What each table takes now."""
    with lake.read() as con:
        info = con.execute(
            "SELECT table_name, file_count, delete_file_count, file_size_bytes + delete_file_size_bytes "
            f"FROM ducklake_table_info('{NAME}') ORDER BY table_name"
        ).fetchall()
        return tuple(TableSize(name, _count(con, name), *map(int, figures)) for name, *figures in info)


def _count(con: Connection, table: str) -> int:
    return int(con.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


def _statements(round_: Round, now: datetime) -> Iterator[tuple[str, str]]:
    snapshots, files = (_before(now - age) for age in (SNAPSHOT_AGE, FILE_AGE))
    yield "rewrite", f"CALL ducklake_rewrite_data_files('{NAME}', delete_threshold => {_DELETED_SHARE[round_]})"
    yield "merge", f"CALL ducklake_merge_adjacent_files('{NAME}')"
    if round_ != "hourly":
        yield "expire", f"CALL ducklake_expire_snapshots('{NAME}', older_than => {snapshots})"
        yield "clean", f"CALL ducklake_cleanup_old_files('{NAME}', older_than => {files})"
    if round_ == "weekly":
        yield "orphans", f"CALL ducklake_delete_orphaned_files('{NAME}', older_than => {files})"


def _before(moment: datetime) -> str:
    """Midnight a day before `moment`'s, as a literal.

    On a SQLite catalog DuckLake compares times as text, "2026-01-04 23:00" with "2026-01-04T01:00": whatever is of the
    same day counts as older. A whole day earlier, nothing younger than asked can go.
    """
    day = moment.date() - timedelta(days=1)
    return f"TIMESTAMPTZ '{day.isoformat()} 00:00:00+00'"


def _timed(name: str, step: Callable[[], int]) -> Step:
    start = time.monotonic()
    return Step(name, step(), round(time.monotonic() - start, 3))


def _execute(lake: Lake, name: str, statement: str) -> int:
    result = lake.maintain(lambda con: _rows(con, statement))
    # merge and rewrite give a row for each table with the number of files, the others a row for each thing removed.
    return sum(row[2] for row in result) if name in ("merge", "rewrite") else len(result)


def _rows(con: Connection, statement: str) -> list[tuple[Any, ...]]:
    return con.execute(statement).fetchall()


# Checks


def check(lake: Lake) -> list[Problem]:
    """Prove one snapshot of the lake sound: every file is there, reads, and has the rows that the catalog counts; keys
    are unique; what was found in an article stands beside it; evidence is what the text says. Reads all data, takes
    no lock; returns what is wrong. Raises LakeError where the catalog cannot be read, or the store does not answer.
    """
    snapshot = lake.snapshot()
    with lake.read(as_of=snapshot) as con:
        damaged = _Problems()
        for table in schema.TABLES:
            _check_files(con, table, snapshot, damaged)
        bad = {problem.table for problem in damaged.found}
        sound = _Problems()
        for table in schema.TABLES:
            if table.name not in bad:
                _check_keys(con, table, sound)
        for name, tables, sql in _RULES:
            if not bad.intersection(tables):
                sound.add_rows(name, tables[0], _rows(con, f"{sql} LIMIT {_SHOWN + 1}"))
        return [*damaged.found, *sound.found]


_SHOWN = 20


@dataclass(slots=True)
class _Problems:
    found: list[Problem] = field(default_factory=list)

    def add(self, kind: str, table: str, detail: str) -> None:
        self.found.append(Problem(kind, table, detail))

    def add_rows(self, kind: str, table: str, rows: list[tuple[Any, ...]]) -> None:
        for row in rows[:_SHOWN]:
            self.add(kind, table, " ".join(str(value) for value in row))
        if len(rows) > _SHOWN:
            self.add(kind, table, f"and more, after the first {_SHOWN}")


def _check_files(con: Connection, table: schema.Table, snapshot: int, problems: _Problems) -> None:
    files = _rows(
        con,
        "SELECT data_file, data_file_size_bytes, delete_file, delete_file_size_bytes "
        f"FROM ducklake_list_files('{NAME}', '{table.name}')",
    )
    for data_file, data_bytes, delete_file, delete_bytes in files:
        for file, size in ((data_file, data_bytes), (delete_file, delete_bytes)):
            if file:
                _check_file(con, table.name, file, size, problems)
    if any(problem.table == table.name for problem in problems.found):
        return
    counted = _rows(con, _CATALOG_ROWS.format(table=table.name, snapshot=snapshot))[0][0]
    stored = _count(con, table.name)
    if counted != stored:
        problems.add("row count", table.name, f"the catalog counts {counted} rows, the files hold {stored}")


_CATALOG_ROWS = f"""
SELECT coalesce(sum(d.record_count - coalesce(x.delete_count, 0)), 0)::BIGINT
FROM __ducklake_metadata_{NAME}.ducklake_data_file d
JOIN __ducklake_metadata_{NAME}.ducklake_table t ON t.table_id = d.table_id AND t.table_name = '{{table}}'
LEFT JOIN __ducklake_metadata_{NAME}.ducklake_delete_file x ON x.data_file_id = d.data_file_id
     AND x.begin_snapshot <= {{snapshot}} AND coalesce(x.end_snapshot > {{snapshot}}, true)
WHERE d.begin_snapshot <= {{snapshot}} AND coalesce(d.end_snapshot > {{snapshot}}, true) AND t.end_snapshot IS NULL
"""


def _check_file(con: Connection, table: str, file: str, size: int, problems: _Problems) -> None:
    if "://" not in file:
        try:
            actual = Path(file).stat().st_size
        except OSError as error:
            problems.add("missing file", table, f"{file}: {error.strerror}")
            return
        if actual != size:
            problems.add("damaged file", table, f"{file}: {actual} bytes, the catalog says {size}")
            return
    try:
        con.execute(f"SELECT bit_xor(hash(f)) FROM read_parquet({quoted(file)}) f").fetchall()
    except duckdb.Error as error:
        known = explain(error, file)
        if isinstance(known, UnreachableLakeError):
            raise known from error
        problems.add("damaged file", table, f"{file}: {without_secrets(str(error).splitlines()[0])}")


def _check_keys(con: Connection, table: schema.Table, problems: _Problems) -> None:
    keys = ", ".join(table.key)
    rows = _rows(con, f"SELECT {keys}, count(*) || ' times' FROM {table.name} GROUP BY ALL HAVING count(*) > 1")
    problems.add_rows("double key", table.name, rows)


def _orphans(table: str) -> str:
    return (
        f"SELECT d.article_id, d.published_date FROM {table} d LEFT JOIN articles a "
        "ON a.article_id = d.article_id AND a.published_date = d.published_date WHERE a.article_id IS NULL"
    )


def _false_evidence(table: str, id_: str) -> str:
    return (
        f'SELECT d.{id_}, d.e."start", d.e."end" FROM (SELECT {id_}, article_id, published_date, unnest(evidence) AS e '
        f"FROM {table}) d JOIN articles a ON a.article_id = d.article_id AND a.published_date = d.published_date "
        'WHERE substring(a."text", d.e."start" + 1, d.e."end" - d.e."start") IS DISTINCT FROM d.e."text"'
    )


def _without_evidence(table: str, id_: str) -> str:
    return f"SELECT {id_} FROM {table} WHERE len(evidence) = 0 OR len(rules) = 0"


_RULES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("no article", ("launches", "articles"), _orphans("launches")),
    ("no article", ("reactions", "articles"), _orphans("reactions")),
    (
        "no launch",
        ("reactions", "launches"),
        "SELECT r.reaction_id FROM reactions r LEFT JOIN launches l ON l.launch_id = r.launch_id "
        "WHERE r.launch_id IS NOT NULL AND l.launch_id IS NULL",
    ),
    ("false evidence", ("launches", "articles"), _false_evidence("launches", "launch_id")),
    ("false evidence", ("reactions", "articles"), _false_evidence("reactions", "reaction_id")),
    (
        "false key",
        ("articles",),
        f"SELECT article_id FROM articles WHERE id_key <> {key_sql('article_id')} OR url_key <> {key_sql('url')} "
        f"OR canonical_key <> {key_sql('canonical_url')}",
    ),
    ("no evidence", ("launches",), _without_evidence("launches", "launch_id")),
    ("no evidence", ("reactions",), _without_evidence("reactions", "reaction_id")),
)
