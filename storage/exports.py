"""Tables and views for tools that know no DuckLake: CSV, JSON lines, Parquet, one plain `.duckdb` file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

import duckdb

from storage import schema
from storage.errors import LakeError, UnwritableLakeError, explain
from storage.extensions import quoted
from storage.lake import NAME, Connection, Lake

Format = Literal["csv", "json", "parquet", "duckdb"]

T = TypeVar("T")

# What a spreadsheet may take for a formula (OWASP, CSV Injection), its full-width forms included.
_FORMULA_STARTS = "=+-@\t\r\n＝＋－＠"
# The same as a pattern of RE2.
FORMULA = f"^[{_FORMULA_STARTS.replace('-', '')}-]"
_COPY_OPTIONS = {"csv": "FORMAT csv, HEADER", "json": "FORMAT json", "parquet": "FORMAT parquet, COMPRESSION zstd"}


class UnknownTableError(LakeError):
    """There is no such table or view."""


def inert(value: T) -> T | str:
    """`value`, or with an apostrophe before it where it is text that a spreadsheet would run as a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(tuple(_FORMULA_STARTS)) else value


def names() -> tuple[str, ...]:
    """Every table and view that can be exported."""
    return (*(table.name for table in schema.TABLES), *(view.name for view in schema.VIEWS))


def export(
    lake: Lake,
    target: Path,
    form: Format,
    *,
    only: Sequence[str] = (),
    as_of: datetime | int | None = None,
) -> list[Path]:
    """Write tables and views as they were in one snapshot, the latest unless `as_of` names another.

    csv, json (one object a line) and parquet make a file for each below the directory `target`, duckdb makes `target`
    itself one database with tables, comments and views. Files appear whole or not at all. Returns them. Raises
    UnknownTableError, UnwritableLakeError.
    """
    chosen = only or names()
    for name in chosen:
        if name not in names():
            raise UnknownTableError(f"there is no table or view {name!r}; there are {', '.join(names())}")
    directory = target.parent if form == "duckdb" else target
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with lake.read(as_of=lake.snapshot() if as_of is None else as_of) as con:
            if form == "duckdb":
                return [_database(con, target, only)]
            return [_file(con, target / f"{name}.{form}", name, form) for name in chosen]
    except OSError as error:
        raise UnwritableLakeError(f"the export to {target} failed ({error.strerror}); name another place") from error
    except duckdb.IOException as error:
        raise explain(error, target) or UnwritableLakeError(
            f"the export to {target} failed ({str(error).splitlines()[0]}); name another place"
        ) from error


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path to write to, moved to `path` at the end; where that fails, nothing is left. Raises OSError.

    A device or a pipe is written itself.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        yield path
        return
    part = path.with_name(path.name + ".part")
    try:
        part.unlink(missing_ok=True)
        yield part
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _file(con: Connection, path: Path, name: str, form: Format) -> Path:
    source = _inert_columns(con, name) if form == "csv" else f"SELECT * FROM {name}"
    with whole_file(path) as part:
        con.execute(f"COPY ({source}) TO {quoted(str(part))} ({_COPY_OPTIONS[form]})")
    return path


def _inert_columns(con: Connection, name: str) -> str:
    columns: list[tuple[Any, ...]] = con.execute(f"DESCRIBE {name}").fetchall()
    pattern = quoted(FORMULA)
    parts = []
    for column, type_, *_ in columns:
        this = f'"{column}"'
        if type_ == "VARCHAR":
            parts.append(f"if(regexp_matches({this}, {pattern}), '''' || {this}, {this}) AS {this}")
        elif type_.endswith("]") or type_.startswith("STRUCT"):
            parts.append(f"to_json({this})::VARCHAR AS {this}")
        else:
            parts.append(this)
    return f"SELECT {', '.join(parts)} FROM {name}"


def _database(con: Connection, path: Path, only: Sequence[str]) -> Path:
    """All tables with the views over them; with `only`, a view becomes a table, as what it reads may not be there."""
    with whole_file(path) as part:
        con.execute(f"ATTACH {quoted(str(part))} AS plain")
        try:
            _fill(con, only)
        finally:
            con.execute(f"USE {NAME}")
            con.execute("DETACH plain")
    return path


def _fill(con: Connection, only: Sequence[str]) -> None:
    for name in only or [table.name for table in schema.TABLES]:
        con.execute(f"CREATE TABLE plain.{name} AS FROM {NAME}.{name}")
    con.execute("USE plain")
    for table in schema.TABLES:
        if not only or table.name in only:
            schema.comment(con, table)
    for view in () if only else schema.VIEWS:
        schema.create_view(con, view)
