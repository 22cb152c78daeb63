"""A lake's catalog as a whole: copied to a file, put back, carried to another database.

A catalog is a set of tables named `ducklake_*`; together they hold every snapshot. Files are named relative to the
store, so the same rows with another store name are the same lake elsewhere.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import duckdb

from storage.errors import LakeError, explain, without_secrets
from storage.extensions import connect, quoted

# SQLite's own backup: consistent while others write, and safe for those who read the target.
_COPY = """
import sqlite3, sys
source, target = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True), sqlite3.connect(sys.argv[2], timeout=30)
source.backup(target)
"""
# Rows of these are about files that wait for their removal; a copy of the lake elsewhere has none.
WAITING = "ducklake_files_scheduled_for_deletion"


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy the SQLite catalog `source` over or to `target`, consistently. Raises LakeError.

    In a process of its own: closing a file drops all POSIX locks that the process has on it (SQLite's "How to corrupt
    a database", 2.2), and DuckDB brings a second copy of the SQLite library that would not notice.
    """
    done = subprocess.run(
        [sys.executable, "-I", "-c", _COPY, quote(str(source)), str(target)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["unknown reason"])[-1]
        raise LakeError(f"the catalog {source} could not be copied to {target} ({reason}); nothing was changed")


def back_up_sqlite(path: Path, target: Path) -> None:
    """Copy the SQLite catalog `path` to `target`, which appears whole or not at all."""
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    copy_sqlite(path, part)
    part.replace(target)


def back_up_postgres(dsn: str, target: Path) -> None:
    """Copy the tables of the catalog in Postgres into a DuckDB file, which appears whole or not at all."""
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    con = connect(("ducklake", "postgres_scanner"), threads=1)
    try:
        con.execute(f"ATTACH {quoted(dsn)} AS source (TYPE postgres, READ_ONLY)")
        con.execute(f"ATTACH {quoted(str(part))} AS target")
        con.execute("BEGIN")
        for name in tables(con, "source").values():
            con.execute(f"CREATE TABLE target.{name.rpartition('.')[2]} AS FROM {name}")
        con.execute("COMMIT")
    except duckdb.Error as error:
        place = without_secrets(dsn)
        raise explain(error, place) or LakeError(
            f"the catalog {place} could not be backed up ({without_secrets(str(error))}); nothing was changed"
        ) from error
    finally:
        con.close()
    part.replace(target)


def tables(con: duckdb.DuckDBPyConnection, database: str) -> dict[str, str]:
    """The catalog's tables in the attached `database`: quoted names to select from, by name."""
    found = con.execute(
        "SELECT table_name, schema_name FROM duckdb_tables() WHERE database_name = ? AND "
        "starts_with(table_name, 'ducklake_') ORDER BY table_name",
        [database],
    ).fetchall()
    return {table: f'"{database}"."{schema}"."{table}"' for table, schema in found}


def copy_rows(con: duckdb.DuckDBPyConnection, source: str, target: str, store: str) -> None:
    """Within a transaction: make the catalog in database `target` hold the rows of the one in `source`, with its files
    in `store`. Both must be of the same DuckLake format. Raises LakeError.
    """
    theirs, ours = tables(con, source), tables(con, target)
    if theirs.keys() - ours.keys():
        unknown = ", ".join(sorted(theirs.keys() - ours.keys()))
        raise LakeError(f"the catalog has tables that this version of DuckLake does not know: {unknown}; update both")
    for name, table in ours.items():
        con.execute(f"DELETE FROM {table}")
        if name in theirs:
            con.execute(f"INSERT INTO {table} BY NAME FROM {theirs[name]}")
    con.execute(f"UPDATE {ours['ducklake_metadata']} SET value = ? WHERE key = 'data_path'", [store])


def different(con: duckdb.DuckDBPyConnection, source: str, target: str) -> list[str]:
    """Names of the tables of the catalog in database `target` that do not hold the rows of the one in `source`, apart
    from the store's name and what waits for its removal.
    """
    theirs, ours = tables(con, source), tables(con, target)
    same = ours.keys() & theirs.keys() - {WAITING}
    return sorted(name for name in same if _rows_differ(con, theirs[name], ours[name]))


def _rows_differ(con: duckdb.DuckDBPyConnection, theirs: str, ours: str) -> bool:
    types = [
        dict(con.execute(f"SELECT column_name, column_type FROM (DESCRIBE {t})").fetchall()) for t in (theirs, ours)
    ]
    # SQLite keeps times and UUIDs as texts: a text is compared as what the other side takes it for.
    columns = ", ".join(
        f'"{name}"::{types[0][name] if kind == "VARCHAR" else kind} AS "{name}"' for name, kind in types[1].items()
    )
    kept = " WHERE key <> 'data_path'" if ours.endswith('"ducklake_metadata"') else ""
    sides = [f"(SELECT {columns} FROM {table}{kept})" for table in (theirs, ours)]
    (counts,) = con.execute(f"SELECT (SELECT count(*) FROM {sides[0]}), (SELECT count(*) FROM {sides[1]})").fetchall()
    missing = con.execute(f"FROM {sides[0]} EXCEPT ALL FROM {sides[1]} LIMIT 1").fetchall()
    return counts[0] != counts[1] or bool(missing)


def files(con: duckdb.DuckDBPyConnection, database: str) -> dict[str, int]:
    """Every file that some snapshot of the catalog in `database` still names: bytes by path below the store.

    Raises LakeError where one lies outside of the store.
    """
    names = tables(con, database)
    rows = con.execute(
        f"""
        SELECT DISTINCT s.path || t.path || f.path, f.file_size_bytes,
               s.path_is_relative::BOOLEAN AND t.path_is_relative::BOOLEAN AND f.path_is_relative::BOOLEAN
        FROM (SELECT table_id, path, path_is_relative, file_size_bytes FROM {names["ducklake_data_file"]} UNION ALL
              SELECT table_id, path, path_is_relative, file_size_bytes FROM {names["ducklake_delete_file"]}) f
        JOIN {names["ducklake_table"]} t USING (table_id) JOIN {names["ducklake_schema"]} s USING (schema_id)
        """
    ).fetchall()
    outside = [path for path, _, relative in rows if not relative]
    if outside:
        raise LakeError(f"the lake has {len(outside)} files outside of its store (such as {outside[0]}); move by hand")
    return {path: int(size) for path, size, _ in rows}
