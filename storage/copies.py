"""Near-duplicates across sites: `copy_of` kept right within the transaction that writes the articles.

What an article is a copy of depends on the set of articles stored and not on the order in which they came: each save
settles the whole family of its articles anew, members stored long ago included.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from extractors.copies import APART, BANDS, ROWS, Candidate, originals
from storage.lake import Connection
from storage.schema import Column
from storage.staging import ANY_OF, listed, stage

# A text signature in hexadecimal: two digits of version, then BANDS bands of ROWS values of four bytes.
_BAND_DIGITS = 8 * ROWS
_SPAN = APART + timedelta(days=1)
# A family grows by those alike to its members; a chain longer than this is no longer one story.
_MOST_ROUNDS = 4

_STAGED = (Column("article_id", "VARCHAR", ""), Column("copy_of", "VARCHAR", ""))

_NEAR = f"""
    WITH window_ AS (
        SELECT article_id, band, substring(digits, 3 + {_BAND_DIGITS} * band, {_BAND_DIGITS}) AS value
        FROM (SELECT article_id, hex(signature) AS digits, unnest(range({BANDS})) AS band FROM articles
              WHERE published_date BETWEEN ? AND ? AND octet_length(signature) > 1)
    )
    SELECT DISTINCT article_id FROM window_
    WHERE (band, value) IN (SELECT DISTINCT band, value FROM window_
                            WHERE article_id IN {ANY_OF})
"""


def settle(con: Connection, article_ids: Sequence[str], days: Sequence[date]) -> int:
    """Set `copy_of` of these articles, just written, and of all that are alike to them; returns the rows changed.

    `days` are their publication dates.
    """
    if not article_ids:
        return 0
    first, last = min(days) - _SPAN, max(days) + _SPAN
    family = _family(con, list(article_ids), first, last)
    rows = con.execute(
        "SELECT article_id, published_at, signature, text, copy_of, published_date FROM articles "
        f"WHERE published_date BETWEEN ? AND ? AND article_id IN {ANY_OF}",
        [first, last, listed(sorted(family))],
    ).fetchall()
    found = originals([Candidate(row[0], row[1], row[2] or b"", row[3]) for row in rows])
    changed = [row[0] for row in rows if found.get(row[0]) != row[4]]
    if changed:
        stage(con, "staged_copies", _STAGED, [(article_id, found.get(article_id)) for article_id in changed])
        con.execute(
            "UPDATE articles SET copy_of = s.copy_of FROM temp.staged_copies s "
            f"WHERE articles.article_id = s.article_id AND published_date BETWEEN DATE '{first}' AND DATE '{last}'"
        )
    return len(changed)


def _family(con: Connection, article_ids: list[str], first: date, last: date) -> set[str]:
    """These articles, those once held for copies of them, and all that share a band of the signature, and so on."""
    named = con.execute(
        f"SELECT article_id FROM articles WHERE published_date BETWEEN ? AND ? AND copy_of IN {ANY_OF}",
        [first, last, listed(article_ids)],
    ).fetchall()
    family = {*article_ids, *(row[0] for row in named)}
    for _ in range(_MOST_ROUNDS):
        near = con.execute(_NEAR, [first, last, listed(sorted(family))]).fetchall()
        larger = family | {row[0] for row in near}
        if larger == family:
            break
        family = larger
    return family
