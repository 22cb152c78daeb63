"""DuckDB's extensions from the packages that the project pins, without a download.

The packaged file is loaded from where pip put it: nothing is copied, so processes that start together cannot race, and
a read-only home does no harm. DuckDB would hash each 35 MB file at every start to check its signature (0.2 s an
extension); the file comes from the same place as DuckDB's own library, so the check is left out for it and switched
on again before any SQL of a user runs.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from importlib.util import find_spec
from pathlib import Path

import duckdb

from storage.errors import MissingExtensionError


def connect(extensions: tuple[str, ...], *, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """A fresh in-memory DuckDB with `extensions` loaded and times in UTC.

    Raises MissingExtensionError where an extension is neither packaged nor can be installed.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "allow_unsigned_extensions": True,
        "autoinstall_known_extensions": False,
        # A query too big for memory would else spill into the current directory.
        "temp_directory": str(Path(tempfile.gettempdir()) / f"launchwire-duckdb-{os.getpid()}"),
    }
    if threads:
        config["threads"] = threads
    con = duckdb.connect(config=config)
    for name in extensions:
        _load(con, name)
    if "sqlite_scanner" in extensions:
        # A catalog scan by several threads opens a SQLite connection for each, and they see different commits: beside a
        # writer one query in a few hundred then counts a moved row twice, and BEGIN pins nothing.
        con.execute("SET GLOBAL sqlite_disable_multithreaded_scans = true")
    con.execute("SET allow_unsigned_extensions = false")
    con.execute("SET TimeZone = 'UTC'")
    # It goes to standard output, amid what `launchwire sql` prints there.
    con.execute("SET enable_progress_bar = false")
    return con


def end(con: duckdb.DuckDBPyConnection) -> None:
    """Close `con`, its transaction rolled back first: closing with one open aborts the whole process where the
    catalog's server has dropped the connection.
    """
    with contextlib.suppress(duckdb.Error):
        con.execute("ROLLBACK")
    with contextlib.suppress(duckdb.Error):
        con.close()


def packaged(name: str) -> Path | None:
    """Path of the packaged file of extension `name` for this DuckDB, or None."""
    spec = find_spec(f"duckdb_extension_{name}")
    if spec is None or not spec.submodule_search_locations:
        return None
    home = Path(next(iter(spec.submodule_search_locations)))
    file = home / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    return file if file.is_file() else None


def _load(con: duckdb.DuckDBPyConnection, name: str) -> None:
    file = packaged(name)
    try:
        if file is not None:
            con.execute(f"LOAD {quoted(str(file))}")
        else:
            con.execute(f"INSTALL {name}")
            con.execute(f"LOAD {name}")
    except duckdb.Error as error:
        raise MissingExtensionError(
            f"DuckDB's extension {name} could not be loaded; run `pip install duckdb-extension-{name.replace('_', '-')}"
            f"=={duckdb.__version__}` ({str(error).splitlines()[0]})"
        ) from error


def quoted(text: str) -> str:
    """`text` as an SQL string literal, for statements that take no parameters (ATTACH, LOAD, COMMENT)."""
    return "'" + text.replace("'", "''") + "'"
