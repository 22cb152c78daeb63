"""Near-duplicates across sites: `copy_of` kept right within the transaction that writes the articles.

What an article is a copy of depends on the set of articles stored and not on the order in which they came: each save
settles the whole family of its articles anew, members stored long ago included.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from extractors.copies import APART, Candidate, originals
from storage.keys import key_in
from storage.lake import Connection
from storage.schema import Column
from storage.staging import ANY_OF, listed, stage

_SPAN = APART + timedelta(days=1)
# A family grows by those alike to its members; a chain longer than this is no longer one story.
_MOST_ROUNDS = 4

_STAGED = (Column("article_id", "VARCHAR", ""), Column("copy_of", "VARCHAR", ""))

_WINDOW = "FROM articles WHERE published_date BETWEEN ? AND ?"
_CANDIDATE = "article_id, published_at, signature, text, copy_of"


def settle(con: Connection, days: Sequence[date]) -> int:
    """Set `copy_of` of the articles in `temp.staged_articles`, just written, and of all that are alike to them; returns
    the rows changed. `days` are their publication dates, before as well as after.
    """
    first, last = min(days) - _SPAN, max(days) + _SPAN
    rows = con.execute(f"SELECT {_CANDIDATE} FROM temp.staged_articles").fetchall()
    written = [row[0] for row in rows]
    others = _family(con, written, first, last) - set(written)
    if others:
        rows += con.execute(
            f"SELECT {_CANDIDATE} {_WINDOW} AND {key_in('id_key', others)} AND article_id IN {ANY_OF}",
            [first, last, listed(sorted(others))],
        ).fetchall()
    found = originals([Candidate(row[0], row[1], row[2] or b"", row[3]) for row in rows])
    changed = [row[0] for row in rows if found.get(row[0]) != row[4]]
    if changed:
        stage(con, "staged_copies", _STAGED, [(article_id, found.get(article_id)) for article_id in changed])
        con.execute(
            "UPDATE articles SET copy_of = s.copy_of FROM temp.staged_copies s "
            f"WHERE articles.article_id = s.article_id AND published_date BETWEEN DATE '{first}' AND DATE '{last}' "
            f"AND {key_in('id_key', changed)}"
        )
    return len(changed)


def _family(con: Connection, written: Sequence[str], first: date, last: date) -> set[str]:
    """These articles, those once held for copies of them, and all that share a band with them, and so on."""
    named = con.execute(
        f"SELECT article_id {_WINDOW} AND copy_of IN {ANY_OF}", [first, last, listed(written)]
    ).fetchall()
    family = {*written, *(row[0] for row in named)}
    con.execute(
        "CREATE OR REPLACE TEMP TABLE staged_bands AS SELECT DISTINCT unnest(bands) AS band FROM temp.staged_articles"
    )
    fresh = family - set(written)
    for _ in range(_MOST_ROUNDS):
        if fresh:
            con.execute(
                f"INSERT INTO temp.staged_bands SELECT DISTINCT unnest(bands) {_WINDOW} AND {key_in('id_key', fresh)}",
                [first, last],
            )
        near = con.execute(
            f"SELECT DISTINCT article_id FROM (SELECT article_id, unnest(bands) AS band {_WINDOW}) "
            "WHERE band IN (SELECT band FROM temp.staged_bands)",
            [first, last],
        ).fetchall()
        fresh = {row[0] for row in near} - family
        if not fresh:
            break
        family |= fresh
    return family
