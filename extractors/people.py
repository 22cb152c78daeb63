"""Names of authors as feeds and pages give them, made comparable."""

from __future__ import annotations

import re
from collections.abc import Iterable

from extractors.markup import plain_line

_BY = re.compile(r"(?i)^\s*(?:by|from|written by)\b[:\s]+")
# From the beginning of a word alone, or a long word without an @ would be gone through from each of its letters.
_ADDRESS = re.compile(r"(?<!\S)\S[^\s@]*+@\S+\s*|\(\s*+\)")


def clean_authors(names: Iterable[str]) -> tuple[str, ...]:
    """Names without "By", mail addresses, web addresses and repetitions, in order."""
    found: dict[str, None] = {}
    for name in names:
        text = _ADDRESS.sub("", _BY.sub("", plain_line(name))).strip(" ()<>,;|")
        if 1 < len(text) <= 200 and not text.startswith(("http://", "https://")):
            found.setdefault(text)
    return tuple(found)
