"""Backups of the catalog: made by each daily maintenance, proved, and put back.

A backup is worth as much as the files that it names. Maintenance removes a file some two days after the last
snapshot let go of it, so a backup older than that may name files that are gone; it is refused then.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from storage import catalogs, migrations
from storage.errors import CorruptLakeError, LakeError, MissingLakeError, NewerLakeError
from storage.extensions import connect, quoted
from storage.lake import Lake, LakeConfig
from storage.maintenance import Problem, check
from storage.staging import utc

_LOST = frozenset({"missing file", "damaged file"})


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy of the catalog: its file, when it was made, its bytes."""

    path: Path
    made_at: datetime
    bytes: int


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did: the snapshot that is the latest now, how many later ones were discarded, the file that keeps
    the former catalog, and what `check` finds in the restored lake.
    """

    snapshot: int
    discarded: int
    kept: Path | None
    problems: tuple[Problem, ...]


class LaterCommitsError(LakeError):
    """The catalog in place works and holds commits that the backup does not have."""


def listing(config: LakeConfig) -> list[Backup]:
    """The backups that there are, the latest first."""
    suffix = ".sqlite" if config.sqlite_path else ".duckdb"
    found = [
        Backup(path, datetime.fromtimestamp(path.stat().st_mtime, UTC), path.stat().st_size)
        for path in config.backups.glob(f"*{suffix}")
    ]
    return sorted(found, key=lambda backup: (backup.made_at, backup.path.name), reverse=True)


def restore(config: LakeConfig, backup: Path, *, now: datetime, discard_later: bool = False) -> Restored:
    """Put `backup` in the place of the catalog, after reading every file that it names; what was in place becomes a
    backup itself.

    Refuses with nothing changed: a file that is no backup of a catalog (CorruptLakeError), one of a newer launchwire
    (NewerLakeError), one that names files which are gone (CorruptLakeError), and, without `discard_later`, one that is
    behind a catalog in working order (LaterCommitsError).
    """
    if not backup.is_file():
        raise MissingLakeError(f"there is no backup {backup}; `launchwire restore` lists those that there are")
    with tempfile.TemporaryDirectory(prefix="launchwire-restore-") as place:
        copy = _as_sqlite(config, backup, Path(place) / "catalog.sqlite")
        trial = Lake(replace(config, directory=Path(place), catalog=f"sqlite:{copy}", store=config.store_path))
        with trial:
            snapshot, problems = _proved(trial, backup)
            lake = Lake(config)
            with lake.exclusive("writer", wait_seconds=config.lock_wait_seconds):
                later = _later(lake, snapshot)
                if later and not discard_later:
                    raise LaterCommitsError(
                        f"the catalog {config.place} is in working order, and {backup} lacks its last {later} "
                        f"commit{'s' if later > 1 else ''}; give --discard-later to go back behind them"
                    )
                kept = _set_aside(lake, utc(now))
                _put_in_place(lake, copy)
                lake.close()
    return Restored(snapshot, later, kept, tuple(problems))


# Reading a backup


def _as_sqlite(config: LakeConfig, backup: Path, copy: Path) -> Path:
    """The catalog that `backup` holds as a SQLite catalog of its own, which names the store as `config` does."""
    unusable = CorruptLakeError(f"{backup} is no backup of a lake's catalog, or is damaged; nothing was changed")
    try:
        with Lake(LakeConfig(directory=copy.parent, store=config.store_path, s3=config.s3)) as empty:
            empty.ensure_catalog()
        kind = "TYPE sqlite, " if backup.suffix == ".sqlite" else ""
        with closing(connect(("ducklake", "sqlite_scanner"), threads=1)) as con:
            con.execute(f"ATTACH {quoted(str(_readable(backup, copy)))} AS backup ({kind}READ_ONLY)")
            con.execute(f"ATTACH {quoted(str(copy))} AS copy (TYPE sqlite)")
            if "ducklake_snapshot" not in catalogs.tables(con, "backup"):
                raise unusable
            con.execute("BEGIN")
            catalogs.copy_rows(con, "backup", "copy", config.store_path)
            con.execute("COMMIT")
    except duckdb.Error as error:
        raise unusable from error
    return copy


def _readable(backup: Path, copy: Path) -> Path:
    """A copy of the backup's file: a reader of SQLite leaves its marks beside what it reads."""
    return Path(shutil.copyfile(backup, copy.with_name(f"backup{backup.suffix}")))


def _proved(trial: Lake, backup: Path) -> tuple[int, list[Problem]]:
    """The backup's latest snapshot, and what is wrong in it but for what makes it unusable."""
    with trial.read() as con:
        version = migrations.version(con)
    if version > migrations.VERSION:
        raise NewerLakeError(
            f"{backup} has schema version {version}, newer than the {migrations.VERSION} that this launchwire knows; "
            "update launchwire; nothing was changed"
        )
    problems = check(trial)
    lost = [problem.detail for problem in problems if problem.kind in _LOST]
    if lost:
        raise CorruptLakeError(
            f"{backup} names {len(lost)} files that are gone or damaged, first {lost[0]}; choose another backup, "
            "nothing was changed"
        )
    return trial.snapshot(), problems


# Putting it in place, under the writer lock


def _later(lake: Lake, snapshot: int) -> int:
    """Commits of the catalog in place after `snapshot`; none where there is no catalog or it is damaged."""
    if lake.config.sqlite_path is not None and not lake.config.sqlite_path.exists():
        return 0
    try:
        return max(0, lake.snapshot() - snapshot)
    except (MissingLakeError, CorruptLakeError):
        return 0
    finally:
        lake.close()


def _set_aside(lake: Lake, now: datetime) -> Path | None:
    """Keep the catalog in place as a backup; a damaged one is moved as it is."""
    label = f"before-restore-{now:%Y%m%dT%H%M%S}"
    path = lake.config.sqlite_path
    if path is not None and not path.exists():
        return None
    try:
        with lake.read() as con:
            con.execute("SELECT 1")
        lake.close()
        return lake.backup_catalog(label)
    except MissingLakeError:
        return None
    except CorruptLakeError:
        if path is None:
            raise
        return _moved_away(path, lake.config.backups / f"{path.stem}-{label}.damaged")


def _moved_away(path: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return path.replace(target)


def _put_in_place(lake: Lake, copy: Path) -> None:
    config = lake.config
    lake.ensure_catalog()
    if config.sqlite_path is not None:
        catalogs.copy_sqlite(copy, config.sqlite_path)
        return
    with closing(connect(("ducklake", "sqlite_scanner", "postgres_scanner"), threads=1)) as con:
        con.execute(f"ATTACH {quoted(str(copy))} AS copy (TYPE sqlite, READ_ONLY)")
        con.execute(f"ATTACH {quoted(config.postgres_dsn)} AS catalog (TYPE postgres)")
        con.execute("BEGIN")
        catalogs.copy_rows(con, "copy", "catalog", config.store_path)
        con.execute("COMMIT")
