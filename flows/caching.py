"""The user's cache directory: what can be made again, kept to start faster."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from extractors.compiled import keep_in
from extractors.packs import Packs, load_packs


def cache_directory() -> Path:
    """`launchwire` in XDG_CACHE_HOME, or in ~/.cache (XDG Base Directory Specification); it may not exist yet."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "launchwire"


def rules(extra: Sequence[Path] = ()) -> Packs:
    """Our packs and those in `extra`, compiled by an earlier process where one did. Raises PackError."""
    keep_in(cache_directory() / "rules")
    return load_packs(extra)
