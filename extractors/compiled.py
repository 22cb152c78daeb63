"""What is compiled from the packs, kept on disk between starts: reading and compiling them takes most of a second.

Nothing is kept until `keep_in` names a directory. A file there holds one object, is named by what it was made from
(the packs' version, these modules as they are on disk, Python's version), and is made anew when it is missing, older
or broken. Files are pickles, which run code when read; so only a directory of our own user's, that nobody else can
write to, is used, the same trust that Python gives its `__pycache__`.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TypeVar, cast

T = TypeVar("T")

_KEPT = 16
"""Files kept; some versions of some packs at a time are in use, older ones are removed."""

_directory: Path | None = None


def keep_in(directory: Path | None) -> None:
    """Keep what is compiled in `directory`, made when needed; None keeps nothing."""
    global _directory
    _directory = directory


def compiled(name: str, version: str, build: Callable[[], T]) -> T:
    """`build()`, or what it gave an earlier process for the same `name`, `version` and code."""
    if _directory is None:
        return build()
    path = _directory / f"{name}-{version}-{_code()}.pickle"
    with suppress(Exception):  # a missing, cut or foreign file is no more than a file to be made again
        if _ours(_directory):
            return cast(T, pickle.loads(path.read_bytes()))
    made = build()
    _keep(path, made)
    return made


@cache
def _code() -> str:
    """Changes with the Python version and with any module of the extractors."""
    marks = [f"{file.name} {(stat := file.stat()).st_size} {stat.st_mtime_ns}" for file in _modules()]
    return hashlib.sha256("\n".join([sys.version, *marks]).encode()).hexdigest()[:12]


def _modules() -> list[Path]:
    return sorted(Path(__file__).parent.glob("*.py"))


def _ours(directory: Path) -> bool:
    if os.name != "posix":
        return True
    stat = directory.stat()
    return stat.st_uid == os.getuid() and not stat.st_mode & 0o022


def _keep(path: Path, made: object) -> None:
    """Written aside and moved into place, so that a reader never sees half; a directory that refuses is left alone."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _ours(path.parent):
            return
        _write(path, made)
        for old in sorted(path.parent.glob("*.pickle"), key=lambda file: -file.stat().st_mtime)[_KEPT:]:
            old.unlink(missing_ok=True)
    except OSError:
        return


def _write(path: Path, made: object) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        aside = Path(file.name)
        try:
            pickle.dump(made, file, protocol=5)
            file.close()
            aside.replace(path)
        except BaseException:
            # A full disk is not to be filled further, start by start.
            aside.unlink(missing_ok=True)
            raise
