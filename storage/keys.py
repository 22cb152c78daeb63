"""Numbers that stand for texts in lookups.

A lookup by text reads every text of a million rows, 20 bytes and more each that do not compress; one by a number of
63 bits takes a third of the time. The texts that come back still have to be compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import md5

_MOST_LITERALS = 200


def key_of(text: str) -> int:
    """The number of `text`: half of its MD5 digest, as `key_sql` gives it too. `text` must be as stored (`clean`)."""
    return int.from_bytes(md5(text.encode(), usedforsecurity=False).digest()[8:], "little") >> 1


def key_sql(expression: str) -> str:
    """SQL for the number of a text."""
    return f"(md5_number_lower({expression}) >> 1)::BIGINT"


def key_in(column: str, texts: Iterable[str]) -> str:
    """A condition that holds for the rows whose `column` has the number of one of `texts`."""
    return number_in(column, map(key_of, texts))


def number_in(column: str, numbers: Iterable[int]) -> str:
    """A condition that holds for the rows whose `column` is one of `numbers`.

    A few stand as literals, as the Parquet reader then skips the other columns of what does not match; many are joined,
    as it compares each row with each literal.
    """
    wanted = ", ".join(map(str, chosen := sorted(set(numbers)))) or "NULL"
    if len(chosen) <= _MOST_LITERALS:
        return f"{column} IN ({wanted})"
    return f"""{column} IN (SELECT unnest(from_json_strict('[{wanted}]'::JSON, '["BIGINT"]')))"""
