from __future__ import annotations

import duckdb
import pytest

from storage.keys import key_in, key_of, key_sql


def test_python_and_sql_agree() -> None:
    for text in ("", "abc", "it's", "Übersee 🚀"):
        assert duckdb.execute(f"SELECT {key_sql('?')}", [text]).fetchall() == [(key_of(text),)]


@pytest.mark.parametrize("count", [0, 1, 200, 201, 5000])
def test_conditions_of_any_length_find_exactly_theirs(count: int) -> None:
    texts = [f"text {number}" for number in range(count)]
    con = duckdb.connect()
    con.execute(
        f"CREATE TABLE t AS SELECT n, {key_sql('s')} AS k FROM (SELECT n, 'text ' || n AS s FROM range(6000) r(n))"
    )
    assert con.execute(f"SELECT count(*), max(n) FROM t WHERE {key_in('k', texts)}").fetchall() == [
        (count, count - 1 if count else None)
    ]
