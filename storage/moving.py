"""A lake carried to another catalog and store, with every snapshot that it still holds.

Files never change once they are written, so they are copied byte for byte while polls go on; the writer lock is taken
for the last of them and the catalog's rows. The source is left as it was.

There is never an unproved lake at the target: the copied files are read and compared through a catalog of their own,
which is thrown away, and the target's catalog is filled after that, in one transaction that compares its rows before
it commits. A move that was stopped at any moment before leaves no lake there, and a rerun copies what is missing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from storage import catalogs
from storage.errors import CorruptLakeError, LakeError, explain, without_secrets
from storage.extensions import connect, quoted
from storage.lake import Lake, LakeConfig
from storage.maintenance import Problem, check

Progress = Callable[[int, int], None]


class OccupiedTargetError(LakeError):
    """There is a lake already where one is to be moved to."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move did: files and bytes of all snapshots, rows by table, and what `check` finds at the target."""

    files: int
    bytes: int
    snapshots: int
    rows: Mapping[str, int]
    problems: tuple[Problem, ...]


def move(source: LakeConfig, target: LakeConfig, *, progress: Progress = lambda done, total: None) -> Moved:
    """Copy the lake at `source` to the empty place `target` and prove the copy: every file read back with its digest,
    the rows and digest of every table in the first, a middle and the last snapshot the same, and `check`.

    `progress` is told the files done and the files in all. Raises LakeError: OccupiedTargetError, those of `Lake.open`,
    and CorruptLakeError where the copy is not the same; then the target holds no lake.
    """
    with Lake.open(source, create=False) as lake, Lake(target) as there:
        _refuse_occupied(lake, there)
        there.make_directories()
        with lake.exclusive("move", wait_seconds=0), _stores(source, target) as con:
            _copy_files(con, source, target, progress)
            with (
                lake.exclusive("writer", wait_seconds=source.lock_wait_seconds),
                there.exclusive("writer", wait_seconds=target.lock_wait_seconds),
            ):
                files = _copy_files(con, source, target, progress)
                rows = _compared(lake, con, target)
                _copy_catalog(con, there, target)
        snapshots = _snapshots(there)
        return Moved(len(files), sum(files.values()), len(snapshots), rows, tuple(check(there)))


def _refuse_occupied(lake: Lake, there: Lake) -> None:
    if lake.config.place == there.config.place or lake.config.store_path == there.config.store_path:
        raise OccupiedTargetError(
            f"the lake at {lake.config.place} cannot be moved onto itself; name another catalog and another store"
        )
    if not there.stored_version():
        return
    latest = _snapshots(there)[-1]
    if latest in _snapshots(lake):
        raise OccupiedTargetError(
            f"the lake at {there.config.place} is a whole and proved copy of this one as of "
            f"{latest[1]:%Y-%m-%d %H:%M:%S} UTC (snapshot {latest[0]}); use it, or move to an empty place"
        )
    raise OccupiedTargetError(f"there is a lake at {there.config.place} already; move to an empty place")


@contextmanager
def _stores(source: LakeConfig, target: LakeConfig) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that reads and writes both stores and has the source's catalog attached as `source`."""
    con = connect(tuple({*source.extensions, *target.extensions, "sqlite_scanner"}), threads=1)
    try:
        for name, config in (("source_store", source), ("target_store", target)):
            if config.on_s3 and config.s3 is not None:
                con.execute(config.s3.secret_sql(name, scope=config.store_path))
        con.execute(f"ATTACH {_raw_address(source)} AS source ({_raw_type(source)}, READ_ONLY)")
        yield con
    except duckdb.Error as error:
        raise explain(error, target.place) or LakeError(
            f"the move to {target.place} failed ({without_secrets(str(error).splitlines()[0])}); run it again"
        ) from error
    finally:
        con.close()


def _raw_address(config: LakeConfig) -> str:
    return quoted(str(config.sqlite_path or config.postgres_dsn))


def _raw_type(config: LakeConfig) -> str:
    return "TYPE sqlite" if config.sqlite_path else "TYPE postgres"


# Files


def _copy_files(
    con: duckdb.DuckDBPyConnection, source: LakeConfig, target: LakeConfig, progress: Progress
) -> dict[str, int]:
    """Copy what is missing at the target; returns the bytes of every file by path below the store."""
    files = catalogs.files(con, "source")
    present = _present(con, target)
    for done, (path, size) in enumerate(files.items(), 1):
        if present.get(path) != size:
            _copy_file(con, source.store_path + path, target, path)
        progress(done, len(files))
    return files


def _present(con: duckdb.DuckDBPyConnection, target: LakeConfig) -> dict[str, int]:
    """Bytes of the files that an earlier attempt left in the target's store."""
    pattern = quoted(f"{target.store_path}**/*.parquet")
    if not con.execute(f"FROM glob({pattern}) LIMIT 1").fetchall():
        return {}
    rows = con.execute(f"SELECT filename, size FROM read_blob({pattern})").fetchall()
    return {name.removeprefix(target.store_path): size for name, size in rows}


def _copy_file(con: duckdb.DuckDBPyConnection, origin: str, target: LakeConfig, path: str) -> None:
    final = target.store_path + path
    part = final if target.on_s3 else final + ".part"
    if not target.on_s3:
        Path(final).parent.mkdir(parents=True, exist_ok=True)
    con.execute(f"COPY (SELECT content FROM read_blob({quoted(origin)})) TO {quoted(part)} (FORMAT blob)")
    digests = [
        con.execute(f"SELECT md5(content) FROM read_blob({quoted(place)})").fetchall() for place in (origin, part)
    ]
    if digests[0] != digests[1]:
        raise CorruptLakeError(f"the copy of {origin} at {part} reads differently; the target holds no lake, try again")
    if not target.on_s3:
        Path(part).replace(final)


# Proof and catalog, under the writer lock of both


def _compared(lake: Lake, con: duckdb.DuckDBPyConnection, target: LakeConfig) -> dict[str, int]:
    """Rows by table, found the same in the lake and in the target's files in three snapshots."""
    history = _snapshots(lake)
    with _trial(con, target) as copy:
        if _snapshots(copy) != history:
            raise CorruptLakeError("the snapshots of the copy differ from those of the lake; the target holds no lake")
        for snapshot in (history[at][0] for at in (0, len(history) // 2, -1)):
            ours, theirs = _digests(lake, snapshot), _digests(copy, snapshot)
            for table in ours:
                if ours[table] != theirs.get(table):
                    raise CorruptLakeError(
                        f"table {table} of the copy differs in snapshot {snapshot}; the target holds no lake"
                    )
    return {table: rows for table, (rows, _) in ours.items()}


@contextmanager
def _trial(con: duckdb.DuckDBPyConnection, target: LakeConfig) -> Iterator[Lake]:
    """The lake that the target is to hold: its files, by a catalog that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="launchwire-move-") as place:
        config = LakeConfig(directory=Path(place), store=target.store_path, s3=target.s3)
        with Lake(config) as copy:
            copy.ensure_catalog()
            _fill_catalog(con, "trial", config)
            con.execute("DETACH trial")
            yield copy


def _copy_catalog(con: duckdb.DuckDBPyConnection, there: Lake, target: LakeConfig) -> None:
    there.ensure_catalog()
    _fill_catalog(con, "target", target)


def _fill_catalog(con: duckdb.DuckDBPyConnection, name: str, config: LakeConfig) -> None:
    """Attach the empty catalog of `config` as `name` and make it that of the source, all of it or nothing."""
    con.execute(f"ATTACH {_raw_address(config)} AS {name} ({_raw_type(config)})")
    con.execute("BEGIN")
    try:
        catalogs.copy_rows(con, "source", name, config.store_path)
        # What waits for its removal was not copied.
        con.execute(f"DELETE FROM {catalogs.tables(con, name)[catalogs.WAITING]}")
        different = catalogs.different(con, "source", name)
        if different:
            raise CorruptLakeError(
                f"the copied catalog differs from the lake's in {', '.join(different)}; the target holds no lake"
            )
        con.execute("COMMIT")
    except BaseException:
        with suppress(duckdb.Error):
            con.execute("ROLLBACK")
        raise


def _snapshots(lake: Lake) -> list[tuple[int, object, object]]:
    """Number, time and message of each snapshot."""
    with lake.read() as con:
        return con.execute(
            "SELECT snapshot_id, snapshot_time, commit_message FROM news.snapshots() ORDER BY snapshot_id"
        ).fetchall()


def _digests(lake: Lake, snapshot: int) -> dict[str, tuple[int, object]]:
    """Rows and digest of each table that there was in a snapshot."""
    with lake.read(as_of=snapshot) as con:
        tables = con.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'news' ORDER BY table_name"
        ).fetchall()
        return {name: _digest(con, name) for (name,) in tables}


def _digest(con: duckdb.DuckDBPyConnection, table: str) -> tuple[int, object]:
    ((rows, digest),) = con.execute(f"SELECT count(*), bit_xor(hash(t)) FROM {table} t").fetchall()
    return int(rows), digest
