"""The user's cache directory: what can be made again, kept to start faster."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from extractors.compiled import keep_in
from extractors.packs import Packs, load_packs


def cache_directory() -> Path | None:
    """`launchwire` in XDG_CACHE_HOME, or in ~/.cache (XDG Base Directory Specification); it may not exist yet.

    None where there is no home: a container run under a user id that its passwd file does not know.
    """
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "launchwire"
    except RuntimeError:
        return None


def checked_rules(extra: Sequence[Path]) -> Packs:
    """As `rules`, with every pattern of theirs compiled. Raises UserError."""
    from extractors.cues import cue_book
    from extractors.grammar import grammar

    packs = rules(extra)
    grammar(packs)
    cue_book(packs)
    return packs


def rules(extra: Sequence[Path] = ()) -> Packs:
    """Our packs and those in `extra`, compiled by an earlier process where one did. Raises PackError."""
    cache = cache_directory()
    keep_in(cache / "rules" if cache else None)
    return load_packs(extra)
