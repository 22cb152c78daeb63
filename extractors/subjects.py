"""Whether the subject of a frame is what the frame takes it for.

A frame sees a weapon and a verb near each other. In "a frigate with missiles was launched" the verb belongs to another
noun, which a preposition or the number of the verb gives away.
"""

from __future__ import annotations

from collections.abc import Sequence

from extractors.chunks import Chunk, Row
from extractors.dates import resolve
from extractors.document import Document
from extractors.evidence import leans_ahead
from extractors.nounphrases import NounPhrase

_MERE_LEAVING = frozenset(["left", "departed", "was off", "was under way"])  # said of buses and ships as well
_TOPIC = frozenset(["of", "about", "against", "for", "on", "like"])
_USES = frozenset(["uses", "use", "used", "employs", "employ"])
_HANGS_ON = frozenset(["for", "with", "about", "against", "carrying", "containing", "without", "behind", "like"])


def of_another_subject(document: Document, row: Row, rule: str, trigger: int, weapon: int) -> bool:
    """Whether what the verb at chunk `trigger` says is said of another thing than the weapon at chunk `weapon`.

    "A frigate with missiles was launched", "the Hwasong-12 uses liquid fuel", "alarms of missiles sounded".
    """
    chunks, phrase = row.chunks, row.chunks[weapon].item
    if not isinstance(phrase, NounPhrase) or phrase.kind != "weapon":
        return False
    if rule == "passive":
        return _belongs_before(chunks, weapon) or _disagrees(document, chunks, trigger, weapon, phrase)
    if rule == "liftoff" and chunks[trigger].low in _MERE_LEAVING:
        return any(chunk.name == "BY" for chunk in chunks[weapon + 1 : trigger])
    if rule == "open.motion":
        first = weapon
        while first > 1 and chunks[first - 1].name in ("AND", "WEAPON"):
            first -= 1
        return first > 0 and chunks[first - 1].low.rpartition(" ")[2] in _TOPIC
    if rule == "flight":
        uses = chunks[trigger].low in _USES and chunks[trigger - 1].name != "BE"
        return uses or phrase.role == "payload"
    return False


def has_coming_day(document: Document, row: Row) -> bool:
    """Whether the sentence names a day that lies ahead of the publication."""
    published = document.published
    for chunk in row.chunks:
        if chunk.name == "DATE" and not document.peeled(chunk.start):
            found = resolve(chunk.item, published)
            ahead = found is not None and published is not None and found.date > published
            if ahead or leans_ahead(chunk.item, published) or chunk.item.kind == "window":
                return True
    return False


def _belongs_before(chunks: Sequence[Chunk], weapon: int) -> bool:
    """Whether a preposition hangs the weapon on the noun before it."""
    if not weapon or chunks[weapon - 1].low not in _HANGS_ON:
        return False
    before = chunks[max(0, weapon - 5) : weapon - 1]
    return bool(before) and not any(chunk.name in ("WEAPON", "COMMA", "STOP", "LAUNCHNOUN") for chunk in before)


def _disagrees(document: Document, chunks: Sequence[Chunk], trigger: int, weapon: int, phrase: NounPhrase) -> bool:
    """Whether the number of the verb is not that of the weapon ("a frigate armed with missiles was launched")."""
    if " of " in document.normal[phrase.start : phrase.end] or (weapon and chunks[weapon - 1].name == "OF"):
        return False
    between = chunks[weapon + 1 : trigger]
    if any(chunk.name in ("WEAPON", "AND", "INCLUDE", "COMMA", "OF") for chunk in between):
        return False
    return phrase.plural and any(chunk.low in ("was", "is", "has") for chunk in between)
