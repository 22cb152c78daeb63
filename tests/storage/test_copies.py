"""Near-duplicates across sites: the earliest is the original, whatever the order in which they were stored."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
import sample

from storage import articles
from storage.lake import Lake

STORY = f"{sample.TEXT}\n\n{sample.words('story')}"
PUBLISHED = sample.article().published_at
assert PUBLISHED is not None


def _telling(name: str, hours: int, text: str = STORY) -> sample.Finding:
    return sample.finding(name, text=text, published_at=PUBLISHED + timedelta(hours=hours))


def _copies(lake: Lake) -> dict[str, str | None]:
    with lake.read() as con:
        names = {sample.article(name).article_id: name for name in "abcdefg"}
        rows = con.execute("SELECT article_id, copy_of FROM articles").fetchall()
    return {names[row[0]]: names.get(row[1]) for row in rows}


@pytest.mark.parametrize("order", list(permutations("bcd")))
def test_the_order_of_arrival_changes_nothing(lake: Lake, order: tuple[str, ...]) -> None:
    tellings = {"b": _telling("b", 2), "c": _telling("c", 1), "d": _telling("d", 3, STORY + " More at eleven.")}
    for name in order:
        articles.save(lake, findings=[tellings[name]], message="test")
    assert _copies(lake) == {"b": "c", "c": None, "d": "c"}


def test_in_one_batch_as_in_many(lake: Lake) -> None:
    found = [_telling("b", 2), _telling("c", 1), sample.finding("d"), sample.finding("e")]
    articles.save(lake, findings=found, message="test")
    assert _copies(lake) == {"b": "c", "c": None, "d": None, "e": None}


def test_an_original_that_is_rewritten_frees_its_copy(lake: Lake) -> None:
    original = _telling("c", 1)
    articles.save(lake, findings=[original, _telling("b", 2)], message="test")
    own = sample.edited(original, f"Norland fired two rockets.\n\n{sample.words('anew')}")
    articles.save(lake, findings=[own], message="test")
    assert _copies(lake) == {"b": None, "c": None}


def test_saving_again_writes_nothing(lake: Lake) -> None:
    found = [_telling("b", 2), _telling("c", 1)]
    articles.save(lake, findings=found, message="test")
    before = lake.snapshot()
    articles.save(lake, findings=found, message="test")
    assert lake.snapshot() == before
