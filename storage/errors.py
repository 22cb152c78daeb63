"""What can go wrong with a lake, each error one sentence: what, where, what to do."""

from __future__ import annotations

import re
from pathlib import Path

from extractors.errors import UserError


class LakeError(UserError):
    """Base of every error of the lake that a user can meet; `str()` is a whole sentence."""


class MissingLakeError(LakeError):
    """There is no lake at the configured place."""


class UnwritableLakeError(LakeError):
    """The data directory, catalog or store cannot be written."""


class NewerLakeError(LakeError):
    """The catalog was written by a newer version than this code."""


class OutdatedLakeError(LakeError):
    """The catalog needs a migration, and the caller asked for none."""


class CorruptLakeError(LakeError):
    """The catalog or a data file cannot be read as what it should be."""


class BusyLockError(LakeError):
    """Another process holds the lock for longer than the caller would wait."""


class StoreMismatchError(LakeError):
    """The catalog keeps its files elsewhere than the settings say."""


class UnreachableLakeError(LakeError):
    """The catalog's server or the object store does not answer."""


class RefusedLakeError(LakeError):
    """The catalog's server or the object store does not let this user in, or has no such database or bucket."""


class FullLakeError(LakeError):
    """The disk or store has no space left."""


class MissingExtensionError(LakeError):
    """A DuckDB extension is neither packaged nor installable."""


_SECRET = re.compile(r"(?i)(password|secret|session_token)\s*=\s*('[^']*'|[^\s&'\"]+)|(?<=://)([^:@/\s]+):[^@/\s]+@")

# The first pattern that is found in DuckDB's message names the error; DuckDB gives these causes no class of their own.
_SIGNS: tuple[tuple[re.Pattern[str], type[LakeError], str], ...] = (
    (
        re.compile(r'missing "=" after|invalid connection option|invalid URI|invalid port number'),
        LakeError,
        "{place} is no connection string; write postgres:host=… dbname=… or postgres:postgresql://USER@HOST/DATABASE",
    ),
    (
        re.compile(r"(?i)no space left|disk quota|disk is full|database or disk is full"),
        FullLakeError,
        "no space is left for the lake at {place}; free some space and run again, nothing stored was lost",
    ),
    (
        re.compile(
            r"(?i)readonly database|read-only file system|permission denied(?! for)|attempt to write a readonly"
        ),
        UnwritableLakeError,
        "the lake at {place} cannot be written; check the owner and permissions of that directory",
    ),
    (
        re.compile(r"(?i)file is not a database|disk image is malformed|file is encrypted"),
        CorruptLakeError,
        "the catalog {place} is damaged; `launchwire restore` puts a backup in its place",
    ),
    (
        re.compile(r"(?i)DuckLake (catalog )?version|catalog version mismatch|unsupported ducklake"),
        NewerLakeError,
        "the catalog {place} has a DuckLake format that this version does not read; update launchwire",
    ),
    (
        re.compile(
            r"(?i)No magic bytes|too small to be a parquet|invalid parquet|thrift|snappy|zstd decompress"
            r"|cannot open file .*\.parquet|\.parquet.*HTTP (404|416)"
        ),
        CorruptLakeError,
        "a data file of the lake at {place} is missing or damaged; `launchwire maintain --check` names it",
    ),
    (
        re.compile(
            r'(?i)(database|role) "[^"]*" does not exist|password authentication failed|no pg_hba|permission denied for'
        ),
        RefusedLakeError,
        "the catalog's server refuses {place}; check the database's name, the user and the password",
    ),
    (
        re.compile(r"HTTP (401|403|404)|NoSuchBucket|AccessDenied"),
        RefusedLakeError,
        "the object store refuses {place}; check the bucket's name and the AWS_* variables",
    ),
    (
        re.compile(
            r"(?i)connection refused|could not connect|connection to server|server closed the connection"
            r"|no connection to the server|could not resolve|could not translate host|connection error"
            r"|HTTP (code )?5\d\d|terminating connection|timeout was reached|the database system is"
        ),
        UnreachableLakeError,
        "the lake at {place} does not answer; check that its server runs and that the settings name it rightly",
    ),
)


def without_secrets(text: str) -> str:
    """`text` with passwords and keys in connection strings replaced by `***`."""
    return _SECRET.sub(lambda m: f"{m[1]}=***" if m[1] else f"{m[3]}:***@", text)


def explain(error: Exception, place: str | Path) -> LakeError | None:
    """The LakeError that DuckDB's `error` amounts to, or None where its text tells nothing known."""
    text = str(error)
    for sign, kind, sentence in _SIGNS:
        if sign.search(text):
            detail = without_secrets(text.strip().splitlines()[0])[:300]
            return kind(f"{sentence.format(place=without_secrets(str(place)))} ({detail})")
    return None
