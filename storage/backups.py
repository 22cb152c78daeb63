"""Backups of the catalog: made by each daily maintenance, proved, and put back.

A backup is worth as much as the files that it names. Maintenance removes a file some two days after the last
snapshot let go of it, so a backup older than that may name files that are gone; it is refused then.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from storage import catalogs, schema
from storage.errors import CorruptLakeError, LakeError, MissingLakeError, NewerLakeError, explain
from storage.extensions import connect, quoted
from storage.lake import Lake, LakeConfig
from storage.maintenance import Problem, check
from storage.staging import utc

_DAILY = "daily"
# With a backup a day and files kept for two days and more, these name no file that is gone.
_KEPT = 3
_LOST = frozenset({"missing file", "damaged file"})


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy of the catalog: its file, when it was made, its bytes."""

    path: Path
    made_at: datetime
    bytes: int


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did: snapshots that the catalog had beyond the backup, where they are kept, what is wrong still."""

    snapshot: int
    discarded: int
    kept: Path | None
    problems: tuple[Problem, ...]


class LaterCommitsError(LakeError):
    """The catalog in place works and holds commits that the backup does not have."""


def back_up(lake: Lake, *, now: datetime) -> Path:
    """Copy the catalog to today's backup and drop daily ones beyond the last few. To be called under the lock."""
    made = lake.backup_catalog(f"{_DAILY}-{utc(now).date()}")
    stem = made.name.partition(f"-{_DAILY}-")[0]
    for old in sorted(made.parent.glob(f"{stem}-{_DAILY}-*{made.suffix}"))[:-_KEPT]:
        old.unlink(missing_ok=True)
    return made


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
                        f"the catalog {config.place} is in working order and has {later} commits that {backup} lacks; "
                        "give --discard-later to go back behind them"
                    )
                kept = _set_aside(lake, utc(now))
                _put_in_place(lake, copy)
                lake.close()
    return Restored(snapshot, later, kept, tuple(problems))


@contextmanager
def _raw(**places: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with catalogs attached as plain databases, by name: `sqlite:PATH`, `postgres:DSN` or a DuckDB file;
    a name that ends with _ is written to."""
    con = connect(("ducklake", "sqlite_scanner", "postgres_scanner"), threads=1)
    try:
        for name, place in places.items():
            kind, _, rest = place.partition(":")
            options = ([f"TYPE {kind}"] if kind in ("sqlite", "postgres") else []) + (
                [] if name.endswith("_") else ["READ_ONLY"]
            )
            address = rest if kind in ("sqlite", "postgres") else place
            con.execute(f"ATTACH {quoted(address)} AS {name}" + (f" ({', '.join(options)})" if options else ""))
        yield con
    finally:
        con.close()
