"""One sentence, one launch: the many ways in which news says that something was launched, and what is no launch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from extractors.document import Document
from extractors.launches import find_launches

_TABLE = Path(__file__).parent / "launch_sentences.tsv"


def _cases() -> Iterator[tuple[str, str, str]]:
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            published, text, expected = line.split("\t")
            yield published, text, expected


@pytest.mark.parametrize(("published", "text", "expected"), list(_cases()))
def test_sentence(published: str, text: str, expected: str) -> None:
    launches = [f.launch for f in find_launches(Document(text, published=date.fromisoformat(published))).found]
    if expected == "none":
        assert launches == []
        return
    assert len(launches) == 1
    told = {name: str(getattr(launches[0], name)) for name in launches[0].__slots__}
    wanted = dict(pair.split("=", 1) for pair in _pairs(expected))
    assert {name: told[name] for name in wanted} == wanted


def _pairs(expected: str) -> list[str]:
    """Field=value pairs; a value may hold spaces ("weapon_name=Minuteman III")."""
    pairs: list[str] = []
    for word in expected.split(" "):
        if "=" in word:
            pairs.append(word)
        else:
            pairs[-1] += f" {word}"
    return pairs
