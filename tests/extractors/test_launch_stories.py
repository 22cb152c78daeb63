"""How several launches follow one another in an article: which mentions are one launch, and which another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from extractors.engine import extract

_TABLE = Path(__file__).parent / "launch_stories.tsv"


def _stories() -> Iterator[tuple[str, str, str, str]]:
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            published, title, text, launches = line.split("\t")
            yield published, title, text.replace("¶", "\n\n"), launches


@pytest.mark.parametrize(
    ("published", "title", "text", "launches"), [pytest.param(*story, id=story[1]) for story in _stories()]
)
def test_story(published: str, title: str, text: str, launches: str) -> None:
    told = extract(text, title=title, published=date.fromisoformat(published)).launches
    assert [f"{t.country} {t.date} {t.date_precision} {t.status}" for t in told] == launches.split("; ")
