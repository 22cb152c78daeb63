"""Records into temporary tables, fast and whatever text they carry."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

import duckdb

from storage.extensions import quoted
from storage.schema import Column

# `column IN {ANY_OF}` with `listed(values)` as its parameter. A Python list as a parameter is bound item by item, each
# with two failed imports of numpy: a millisecond an item where numpy is not installed.
ANY_OF = """(SELECT unnest(from_json_strict(?::JSON, '["VARCHAR"]')))"""

_BATCH = 2000
_INT64 = 2**63 - 1


def clean(text: str) -> str:
    """`text` as any catalog can hold it, character for character, so that offsets stay true.

    A lone surrogate has no UTF-8 and NUL no place in Postgres, where the catalog keeps columns' least and greatest
    values; each becomes U+FFFD.
    """
    if "\0" not in text and _encodable(text):
        return text
    return "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text)


def listed(values: Iterable[str]) -> str:
    """Texts as the one parameter of `ANY_OF`."""
    return json.dumps([clean(value) for value in values], ensure_ascii=False)


def spans(days: Iterable[date]) -> list[tuple[date, date]]:
    """First and last of stretches that hold all the days, as few as gaps of a month allow."""
    found: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if found and (day - found[-1][1]).days <= 31:
            found[-1] = found[-1][0], day
        else:
            found.append((day, day))
    return found


def in_days(column: str, days: Iterable[date]) -> str:
    """A condition that the column lies in the `spans` of days."""
    parts = [f"{column} BETWEEN DATE '{first}' AND DATE '{last}'" for first, last in spans(days)]
    return f"({' OR '.join(parts) or 'false'})"


def utc(value: datetime) -> datetime:
    """`value` in UTC; a naive one is taken as UTC."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def stage(con: duckdb.DuckDBPyConnection, name: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> None:
    """Make temporary table `name` with `columns` and fill it with `rows`, replacing an earlier one.

    The rows go over as JSON, which DuckDB reads a hundred times faster than it binds rows one by one. Numbers that no
    column holds (infinite, beyond 64 bits) become NULL rather than stop the rest.
    """
    declared = ", ".join(f'"{column.name}" {column.type}' for column in columns)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({declared})")
    names = [column.name for column in columns]
    binary = [column.name for column in columns if column.type == "BLOB"]
    structure = quoted(json.dumps([{c.name: "VARCHAR" if c.type == "BLOB" else c.type for c in columns}]))
    decoded = ", ".join(f'unhex("{name}") AS "{name}"' for name in binary)
    selected = f"* REPLACE ({decoded})" if binary else "*"
    for batch in _batches(rows):
        text = json.dumps([dict(zip(names, map(_plain, row), strict=True)) for row in batch], ensure_ascii=False)
        con.execute(
            f"INSERT INTO temp.{name} SELECT {selected} FROM "
            f"(SELECT unnest(from_json_strict(?::JSON, {structure}), max_depth := 2))",
            [text],
        )


def _batches(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, _BATCH)):
        yield batch


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _plain(value: Any) -> Any:
    """`value` as JSON that DuckDB casts back to the column's type."""
    match value:
        case str():
            return clean(value)
        case bool() | None:
            return value
        case int():
            return value if -_INT64 <= value <= _INT64 else None
        case float():
            return value if math.isfinite(value) else None
        case datetime():
            return utc(value).isoformat()
        case date():
            return value.isoformat()
        case bytes():
            return value.hex()
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case tuple() | list():
            return [_plain(item) for item in value]
    raise TypeError(f"a value of type {type(value).__name__} has no column type")
