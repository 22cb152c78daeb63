"""The packs: loading, broken packs, own packs over ours, and what the lexicons find."""

from __future__ import annotations

from extractors.packs import default_packs


def found(text: str) -> list[tuple[str, str, str]]:
    return [(text[m.start : m.end], m.kind, m.entry.id) for m in default_packs().mentions(text)]


def test_spelling_variants_are_one_entry() -> None:
    for written in ("Kim Jong Un", "Kim Jong-un", "Kim Jong-Un", "KIM JONG UN"):
        assert found(f"It was {written}’s order.") == [(written, "person", "Kim Jong Un")]
