"""The chain from an article's text to its launches and reactions."""

from __future__ import annotations

import re
from datetime import date, datetime

from extractors.document import Document
from extractors.launches import find_launches
from extractors.packs import Packs, default_packs
from extractors.reactions import find_reactions
from extractors.records import Extraction

# Without one of these an article tells of no launch, and is not read further.
_GATE = re.compile(
    r"missile|rocket|drone|\bICBM|\bSLBM|ballistic|satellite|projectile|hypersonic|warhead|spacecraft|katyusha|shahed|orbit"
    r"|lift-?off|tomahawk|hwasong|starship|falcon 9|\bUAV|iskander|atacms|minuteman|test-fir|airspace|space (?:cent|launch|agency)",
    re.IGNORECASE,
)


def extract(
    text: str, *, title: str = "", published: date | datetime | None = None, packs: Packs | None = None
) -> Extraction:
    """The launches and reactions an article tells of.

    `text` is the plain body; every offset in the result is a code point of it. `published` anchors relative dates; a
    datetime counts by its UTC day. Text that is not English gives nothing but its language.
    """
    packs = packs or default_packs()
    if not (_GATE.search(text) or _GATE.search(title)):
        return Extraction((), (), packs.version, None)
    document = Document(text, title=title, published=published, packs=packs)
    if document.language not in ("en", None):
        return Extraction((), (), packs.version, document.language)
    reading = find_launches(document)
    reactions = find_reactions(document, reading.found)
    return Extraction(tuple(found.launch for found in reading.found), reactions, packs.version, document.language)
