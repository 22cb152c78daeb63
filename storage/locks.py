"""Named locks that die with the process that holds them.

A lake with a SQLite catalog locks files beside it (flock: the kernel frees them on any death); one with a Postgres
catalog takes advisory locks on a connection of their own, which the server frees when that connection ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import random
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

from storage.errors import BusyLockError, LakeError, UnwritableLakeError, explain
from storage.extensions import connect, end, quoted

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.002, 0.05


@contextlib.contextmanager
def file_lock(catalog: Path, name: str, *, wait_seconds: float) -> Iterator[None]:
    """Hold lock `name` of the SQLite catalog at `catalog`; raises BusyLockError after `wait_seconds`."""
    path = catalog.with_name(f"{catalog.name}.{_checked(name)}.lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise UnwritableLakeError(
            f"the lock file {path} cannot be opened ({error.strerror}); check the permissions of {path.parent}"
        ) from error
    try:
        _wait(lambda: _try_flock(descriptor), name, str(path), wait_seconds)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def postgres_lock(dsn: str, name: str, *, wait_seconds: float) -> Iterator[None]:
    """Hold advisory lock `name` in the Postgres database `dsn`; raises BusyLockError after `wait_seconds`.

    The lock belongs to a transaction that stays open on a connection of its own, as DuckDB pools its connections and
    only a transaction pins one.
    """
    key = int.from_bytes(hashlib.sha256(f"launchwire:{_checked(name)}".encode()).digest()[:8], "big", signed=True)
    con = connect(("postgres_scanner",), threads=1)
    try:
        con.execute(f"ATTACH {quoted(dsn)} AS locks (TYPE postgres)")
        con.execute("BEGIN")
        con.execute("CALL postgres_execute('locks', 'SET LOCAL idle_in_transaction_session_timeout = 0')")
        _wait(lambda: _try_advisory(con, key), name, "the Postgres catalog", wait_seconds)
    except duckdb.Error as error:
        end(con)
        raise explain(error, "the Postgres catalog") or LakeError(f"lock {name} failed: {error}") from error
    except BaseException:
        end(con)
        raise
    try:
        yield
    finally:
        end(con)


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"lock name {name!r} is not of the form {_NAME.pattern}")
    return name


def _wait(attempt: Callable[[], bool], name: str, place: str, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    pause = _FIRST_PAUSE
    while not attempt():
        if time.monotonic() >= deadline:
            raise BusyLockError(
                f"another launchwire process holds the {name} lock ({place}) after {wait_seconds:g} s of waiting; "
                "let it finish or stop it, then run again"
            )
        time.sleep(pause * random.uniform(0.5, 1.5))
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def _try_flock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _try_advisory(con: duckdb.DuckDBPyConnection, key: int) -> bool:
    row = con.execute(f"FROM postgres_query('locks', 'SELECT pg_try_advisory_xact_lock({key})')").fetchone()
    return bool(row and row[0])
