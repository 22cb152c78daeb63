"""The lake: a DuckLake named `news`, its one writer lock, replayed transactions, and readers that take no lock.

The protocol is a measured one. Small overlapping writes without the lock fail ("database is locked" on SQLite) or
double rows (Postgres); inlined rows make other open connections fail in DuckLake 1.0 (issues 1305 and 1413 there).
So every writer takes the lock before BEGIN, rows are never inlined, and a failed transaction is replayed whole on a
fresh connection.
"""

from __future__ import annotations

import contextlib
import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import duckdb

from storage import migrations, schema
from storage.catalogs import back_up_postgres, back_up_sqlite
from storage.errors import (
    CorruptLakeError,
    FullLakeError,
    LakeError,
    MissingLakeError,
    NewerLakeError,
    OutdatedLakeError,
    StoreMismatchError,
    UnreachableLakeError,
    UnwritableLakeError,
    explain,
    without_secrets,
)
from storage.extensions import connect, end, quoted
from storage.locks import file_lock, postgres_lock
from storage.staging import clean

T = TypeVar("T")

Connection = duckdb.DuckDBPyConnection

NAME = "news"
_SQLITE, _POSTGRES, _S3 = "sqlite:", "postgres:", "s3://"
# What a replay cannot cure: the statement itself is wrong, or there is no memory for it.
_HOPELESS = (
    duckdb.BinderException,
    duckdb.ParserException,
    duckdb.SyntaxException,
    duckdb.ConversionException,
    duckdb.ConstraintException,
    duckdb.InvalidInputException,
    duckdb.NotImplementedException,
    duckdb.OutOfMemoryException,
)


_INCURABLE_LAKE = (CorruptLakeError, FullLakeError, UnwritableLakeError, NewerLakeError)
_NO_LAKE_SIGNS = ("does not exist", "ducklake_metadata")


class _NoLakeError(MissingLakeError):
    """The catalog's database is there, or its server answers, but holds no lake."""


@dataclass(frozen=True, slots=True)
class S3Options:
    """How to reach an S3-compatible store; empty fields are left to DuckDB's defaults."""

    endpoint: str = ""
    region: str = ""
    key_id: str = ""
    secret: str = field(default="", repr=False)
    session_token: str = field(default="", repr=False)
    path_style: bool = False
    use_ssl: bool = True

    @staticmethod
    def from_environment(environ: Mapping[str, str]) -> S3Options:
        """The usual AWS_* variables; an AWS_ENDPOINT_URL with http:// turns TLS off."""
        endpoint = environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL", "")
        return S3Options(
            endpoint=endpoint.split("://", 1)[-1].rstrip("/"),
            region=environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION", ""),
            key_id=environ.get("AWS_ACCESS_KEY_ID", ""),
            secret=environ.get("AWS_SECRET_ACCESS_KEY", ""),
            session_token=environ.get("AWS_SESSION_TOKEN", ""),
            path_style=bool(endpoint),
            use_ssl=not endpoint.startswith("http://"),
        )

    def secret_sql(self, name: str = "lake_store", *, scope: str = "") -> str:
        """CREATE SECRET statement for DuckDB's httpfs, for addresses that start with `scope`."""
        given = {
            "ENDPOINT": self.endpoint,
            "REGION": self.region,
            "KEY_ID": self.key_id,
            "SECRET": self.secret,
            "SESSION_TOKEN": self.session_token,
            "URL_STYLE": "path" if self.path_style else "",
            "SCOPE": scope,
        }
        parts = [f"{key} {quoted(value)}" for key, value in given.items() if value]
        return f"CREATE SECRET {name} ({', '.join(['TYPE s3', *parts, f'USE_SSL {str(self.use_ssl).lower()}'])})"


@dataclass(frozen=True, slots=True)
class LakeConfig:
    """Where a lake is.

    `directory` holds what is local: by default the catalog (`catalog.sqlite`), the store (`lake/`) and, with any
    catalog, the backups. `catalog` is `sqlite:PATH` or `postgres:DSN` (libpq keywords or a URI); `store` a directory
    or `s3://bucket/prefix`. `partition` counts for a lake that is created now.
    """

    directory: Path = Path("data")
    catalog: str | None = None
    store: str | None = None
    s3: S3Options | None = None
    partition: schema.Partition = "month"
    lock_wait_seconds: float = 300.0
    attempts: int = 8

    def __post_init__(self) -> None:
        if self.catalog is not None and not self.catalog.startswith((_SQLITE, _POSTGRES)):
            raise LakeError(
                f"the catalog {without_secrets(self.catalog)!r} is of no known kind; write sqlite:PATH or postgres:DSN"
            )
        if self.catalog in (_SQLITE, _POSTGRES):
            raise LakeError(f"the catalog {self.catalog!r} names no place; write sqlite:PATH or postgres:DSN")
        if self.store and "://" in self.store and (not self.on_s3 or not self.store.removeprefix(_S3).strip("/")):
            raise LakeError(f"the store {self.store!r} is of no known kind; write a directory or s3://bucket/prefix")
        if self.partition not in ("month", "day"):
            raise LakeError(f"the partition {self.partition!r} is not known; write month or day")
        if not self.on_s3:
            self._refuse_shared_store(Path(self.store_path))

    def _refuse_shared_store(self, store: Path) -> None:
        # Cleaning removes every file below the store that the catalog does not name.
        neighbours = [self.directory.absolute(), *([self.sqlite_path.parent] if self.sqlite_path else [])]
        for neighbour in neighbours:
            if neighbour.is_relative_to(store):
                raise LakeError(f"the store {store} also holds {neighbour}; give the store a directory of its own")

    @property
    def sqlite_path(self) -> Path | None:
        """Absolute path of the SQLite catalog, or None where the catalog is in Postgres."""
        if self.catalog is None:
            return (self.directory / "catalog.sqlite").absolute()
        if self.catalog.startswith(_SQLITE):
            return Path(self.catalog.removeprefix(_SQLITE)).expanduser().absolute()
        return None

    @property
    def postgres_dsn(self) -> str:
        """The connection string of a Postgres catalog, empty otherwise."""
        return self.catalog.removeprefix(_POSTGRES) if self.catalog and self.catalog.startswith(_POSTGRES) else ""

    @property
    def store_path(self) -> str:
        """Absolute path or s3 address of the data files, with a slash at its end."""
        store = self.store or str(self.directory / "lake")
        return store.rstrip("/") + "/" if store.startswith(_S3) else f"{Path(store).expanduser().absolute()}/"

    @property
    def on_s3(self) -> bool:
        return self.store_path.startswith(_S3)

    @property
    def place(self) -> str:
        """The catalog, and a store that is elsewhere, in words without secrets."""
        catalog = str(self.sqlite_path or without_secrets(self.catalog or ""))
        return f"{catalog} with its files in {self.store_path}" if self.on_s3 else catalog

    @property
    def backups(self) -> Path:
        """Directory of catalog backups."""
        return (self.sqlite_path.parent if self.sqlite_path else self.directory.absolute()) / "backups"

    @property
    def extensions(self) -> tuple[str, ...]:
        catalog = "sqlite_scanner" if self.sqlite_path else "postgres_scanner"
        return ("ducklake", catalog, "httpfs") if self.on_s3 else ("ducklake", catalog)


class Lake:
    """An open lake. May be shared between threads; every process opens its own.

    Nothing is held between calls but idle connections: a writer's lock lasts for one `write`. The writer's connection
    is touched under that lock only, which parts threads as well as processes.
    """

    def __init__(self, config: LakeConfig) -> None:
        self.config = config
        self._reader_guard = threading.Lock()
        self._writer: Connection | None = None
        self._reader: Connection | None = None

    @staticmethod
    def open(config: LakeConfig, *, create: bool = True) -> Lake:
        """Open the lake at `config`, making or migrating it where needed and `create` allows.

        Raises a LakeError: MissingLakeError or OutdatedLakeError (only without `create`), NewerLakeError,
        UnwritableLakeError, CorruptLakeError, StoreMismatchError, BusyLockError, UnreachableLakeError,
        MissingExtensionError.
        """
        lake = Lake(config)
        try:
            version = lake.stored_version()
            if version > migrations.VERSION:
                raise NewerLakeError(
                    f"the lake at {config.place} has schema version {version}, newer than the {migrations.VERSION} "
                    "that this launchwire knows; update launchwire"
                )
            if version < migrations.VERSION:
                lake._bring_up(version, create)
        except BaseException:
            lake.close()
            raise
        return lake

    def write(self, work: Callable[[Connection], T], *, message: str) -> T:
        """Run `work` in one transaction under the writer lock and return its result; `message` goes to the snapshot.

        `work` gets a connection whose default database is the lake. It must be idempotent and free of side effects
        elsewhere: on a conflict or a lost connection it is run again from the start. Raises LakeError.
        """
        return self._replayed(lambda con: _transaction(con, work, message))

    def maintain(self, work: Callable[[Connection], T]) -> T:
        """Run `work` under the writer lock without a transaction around it, for calls that bring their own."""
        return self._replayed(work)

    @contextlib.contextmanager
    def read(self, *, as_of: datetime | int | None = None) -> Iterator[Connection]:
        """A read-only connection whose default database is the lake; takes no lock.

        `as_of` pins it to the state at a time, or to a snapshot's number; unpinned, each statement sees the latest.
        A report of several statements that must agree is pinned, or runs between BEGIN and COMMIT.
        """
        if as_of is not None:
            con = self._attached(read_only=True, as_of=as_of)
            try:
                yield con
            finally:
                end(con)
            return
        with self._reader_guard:
            if self._reader is None:
                self._reader = self._attached(read_only=True)
            con = self._reader.cursor()
        try:
            con.execute(f"USE {NAME}")
            yield con
        except (duckdb.FatalException, duckdb.InternalException):
            self._drop_reader()
            raise
        except duckdb.Error as error:
            known = explain(error, self.config.place)
            if known is None:
                raise
            self._drop_reader()
            raise known from error
        finally:
            end(con)

    @contextlib.contextmanager
    def exclusive(self, name: str, *, wait_seconds: float) -> Iterator[None]:
        """Hold the lake's lock called `name` (a-z, 0-9, - and _), which dies with this process.

        Raises BusyLockError where another holder keeps it for longer than `wait_seconds`.
        """
        path = self.config.sqlite_path
        lock = (
            file_lock(path, name, wait_seconds=wait_seconds)
            if path
            else postgres_lock(self.config.postgres_dsn, name, wait_seconds=wait_seconds)
        )
        with lock:
            yield

    def snapshot(self) -> int:
        """Number of the latest snapshot."""
        with self.read() as con:
            return int(con.execute(f"SELECT max(snapshot_id) FROM {NAME}.snapshots()").fetchall()[0][0])

    def backup_catalog(self, label: str) -> Path:
        """Copy the catalog to the backups directory as it is now; returns the file. To be called under the lock."""
        self.config.backups.mkdir(parents=True, exist_ok=True)
        path = self.config.sqlite_path
        if path is not None:
            target = self.config.backups / f"{path.stem}-{label}.sqlite"
            back_up_sqlite(path, target)
            return target
        target = self.config.backups / f"catalog-{label}.duckdb"
        back_up_postgres(self.config.postgres_dsn, target)
        return target

    def close(self) -> None:
        """Close idle connections; the lake object may be used again."""
        self._drop_reader()
        self._discard_writer()

    def __enter__(self) -> Lake:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Opening

    def stored_version(self) -> int:
        """Schema version of the lake, 0 where there is none. Raises LakeError where it cannot be read."""
        path = self.config.sqlite_path
        if path is not None and (not path.exists() or path.stat().st_size == 0):
            return 0
        try:
            with self.read() as con:
                return migrations.version(con)
        except _NoLakeError:
            return 0

    def _bring_up(self, version: int, create: bool) -> None:
        if not create:
            if version == 0:
                raise MissingLakeError(
                    f"there is no lake at {self.config.place}; `launchwire poll` makes one, or name another by --data"
                )
            raise OutdatedLakeError(
                f"the lake at {self.config.place} has schema version {version}, older than {migrations.VERSION}; "
                "`launchwire maintain` upgrades it after a backup"
            )
        self.make_directories()
        self._drop_reader()
        self._replayed(self._migrate)

    def _migrate(self, con: Connection) -> None:
        # Another process may have made or migrated it while this one waited for the lock.
        version = migrations.version(con)
        if version >= migrations.VERSION:
            return
        if version > 0:
            self.backup_catalog(f"before-v{migrations.VERSION}-from-v{version}")
        _transaction(
            con,
            lambda inner: migrations.migrate(inner, version, self.config.partition),
            f"schema version {migrations.VERSION}",
        )

    def make_directories(self) -> None:
        """Make what is local of the configured place. Raises UnwritableLakeError."""
        local = [self.config.directory]
        if self.config.sqlite_path:
            local.append(self.config.sqlite_path.parent)
        if not self.config.on_s3:
            local.append(Path(self.config.store_path))
        for directory in local:
            try:
                directory.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise UnwritableLakeError(
                    f"the directory {directory} cannot be made ({error.strerror}); name another by --data or "
                    "LAUNCHWIRE_DATA_DIR"
                ) from error
            if not os.access(directory, os.W_OK | os.X_OK):
                raise UnwritableLakeError(
                    f"the directory {directory} cannot be written; change its permissions, or name another by --data "
                    "or LAUNCHWIRE_DATA_DIR"
                )

    # Connections

    def ensure_catalog(self) -> None:
        """Make an empty catalog in the configured place where there is none. To be called under the lock."""
        self.make_directories()
        end(self._attached(read_only=False))

    def _attached(self, *, read_only: bool, as_of: datetime | int | None = None) -> Connection:
        con = connect(self.config.extensions, threads=None if read_only else 1)
        try:
            # Files never change, and a lookup over all months would read every footer anew for each statement.
            con.execute("SET parquet_metadata_cache = true")
            if self.config.on_s3 and self.config.s3 is not None:
                con.execute(self.config.s3.secret_sql())
            self._attach(con, read_only, as_of)
            con.execute(f"USE {NAME}")
        except BaseException:
            con.close()
            raise
        return con

    def _attach(self, con: Connection, read_only: bool, as_of: datetime | int | None) -> None:
        options = [f"DATA_PATH {quoted(self.config.store_path)}", "DATA_INLINING_ROW_LIMIT 0"]
        path = self.config.sqlite_path
        if path is not None:
            options += ["META_JOURNAL_MODE 'WAL'", "META_BUSY_TIMEOUT 30000"]
            if Path(self.config.store_path).parent == path.parent:
                # Catalog and files lie side by side, so a directory moved as a whole stays one lake.
                options.append("OVERRIDE_DATA_PATH true")
        if read_only:
            options.append("READ_ONLY")
        if isinstance(as_of, datetime):
            options.append(f"SNAPSHOT_TIME {quoted(as_of.isoformat())}")
        elif as_of is not None:
            options.append(f"SNAPSHOT_VERSION {as_of:d}")
        address = f"ducklake:{_SQLITE}{path}" if path else f"ducklake:{_POSTGRES}{self.config.postgres_dsn}"
        try:
            con.execute(f"ATTACH {quoted(address)} AS {NAME} ({', '.join(options)})")
        except duckdb.Error as error:
            raise self._attach_error(error) from error

    def _attach_error(self, error: duckdb.Error) -> LakeError:
        text = str(error)
        if "does not match existing data path" in text:
            return StoreMismatchError(
                f"the catalog {self.config.place} keeps its files elsewhere than {self.config.store_path}; set the "
                f"store to what it names ({text.splitlines()[0]})"
            )
        known = explain(error, self.config.place)
        if known is not None:
            return known
        if "No snapshot found" in text:
            return LakeError(
                f"the lake at {self.config.place} has no snapshot of that time any more, or none yet; "
                '`launchwire sql "FROM snapshots()"` lists those that there are'
            )
        if "unable to open database file" in text:
            return UnwritableLakeError(
                f"the catalog {self.config.place} cannot be opened; even a reader keeps its marks beside it, so check "
                "the permissions of that directory, or read an export (`launchwire export`)"
            )
        if any(sign in text for sign in _NO_LAKE_SIGNS):
            return _NoLakeError(f"there is no lake at {self.config.place}")
        return LakeError(f"the lake at {self.config.place} cannot be opened ({without_secrets(text.splitlines()[0])})")

    def _drop_reader(self) -> None:
        with self._reader_guard:
            if self._reader is not None:
                end(self._reader)
                self._reader = None

    # Transactions

    def _replayed(self, work: Callable[[Connection], T]) -> T:
        """`work` under the writer lock, again after each curable error of the database.

        The lock is taken anew for each attempt, as a server that restarts forgets it.
        """
        for attempt in range(1, self.config.attempts + 1):
            try:
                with self.exclusive("writer", wait_seconds=self.config.lock_wait_seconds):
                    return self._attempted(work)
            except (duckdb.Error, LakeError) as error:
                known = explain(error, self.config.place) if isinstance(error, duckdb.Error) else None
                if attempt == self.config.attempts or not _curable(known or error):
                    if known is None:
                        raise
                    raise known from error
                time.sleep(min(0.05 * 2**attempt, 2.0) * random.uniform(0.5, 1.5))
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _attempted(self, work: Callable[[Connection], T]) -> T:
        try:
            if self._writer is None:
                self._writer = self._attached(read_only=False)
            return work(self._writer)
        except BaseException:
            self._discard_writer()
            raise

    def _discard_writer(self) -> None:
        con, self._writer = self._writer, None
        if con is not None:
            end(con)


def _curable(error: BaseException) -> bool:
    """Whether a replay on a fresh connection may help."""
    if isinstance(error, LakeError):
        return isinstance(error, UnreachableLakeError)
    return isinstance(error, duckdb.Error) and not isinstance(error, _HOPELESS)


def _transaction(con: Connection, work: Callable[[Connection], T], message: str) -> T:
    con.execute("BEGIN")
    result = work(con)
    con.execute(f"CALL {NAME}.set_commit_message('launchwire', {quoted(clean(message))})")
    con.execute("COMMIT")
    return result
