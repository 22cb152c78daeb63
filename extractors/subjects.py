"""Whether the subject of a frame is what the frame takes it for.

A frame sees a weapon and a verb near each other. In "a frigate with missiles was launched" the verb belongs to another
noun, which a preposition or the number of the verb gives away.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from extractors.chunks import Chunk, Row
from extractors.dates import resolve
from extractors.document import Document
from extractors.evidence import leans_ahead
from extractors.nounphrases import NounPhrase

_MERE_LEAVING = frozenset(["left", "departed", "was off", "was under way"])  # said of buses and ships as well
_TOPIC = frozenset(["of", "about", "against", "for", "on", "like"])
_USES = frozenset(["uses", "use", "used", "employs", "employ"])
_TRYING = frozenset(["testing", "trialling", "trialing", "flight-testing", "test-flying"])
_CALLED = frozenset(["called", "named", "dubbed", "christened", "nicknamed", "codenamed"])
_INDOORS = re.compile(
    r"\s(?:its|the|a|an|their)\s(?:[\w'-]+\s){0,3}?(?:hall|hangar|building|factory|plant|workshop|port|harbou?r|dock|depot"
    r"|shed|yard|museum|warehouse|facility)\b"
)
_REMAINING = re.compile(r"\b(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?)\s$")
_AT = frozenset(["at", "into", "against", "toward", "towards"])
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
    if rule.startswith("active"):
        if any(chunk.name == "REL" for chunk in chunks[trigger + 1 : weapon]):
            return True
        if chunks[trigger].name == "FLIGHT" and phrase.weapon_class == "attack_drone":
            return not any(chunk.low in _AT for chunk in chunks[weapon + 1 : weapon + 6])
        return _is_a_name(chunks, weapon) or _goes_on(document, row, trigger)
    if rule == "liftoff" and chunks[trigger].low in _MERE_LEAVING:
        indoors = _INDOORS.match(document.normal, chunks[trigger].end, chunks[trigger].end + 60) is not None
        remaining = _REMAINING.search(document.normal, row.sentence.start, chunks[trigger].start) is not None
        return indoors or remaining or any(chunk.name == "BY" for chunk in chunks[weapon + 1 : trigger])
    if rule == "liftoff":
        return _present(chunks[trigger]) and document.title != "" and not _timed(row)
    if rule == "open.motion":
        first = weapon
        while first > 1 and chunks[first - 1].name in ("AND", "WEAPON"):
            first -= 1
        return first > 0 and chunks[first - 1].low.rpartition(" ")[2] in _TOPIC
    if rule == "flight":
        uses = chunks[trigger].low in _USES and chunks[trigger - 1].name != "BE"
        return uses or phrase.role == "payload"
    return False


def _is_a_name(chunks: Sequence[Chunk], weapon: int) -> bool:
    """Whether something else bears the weapon's name ("a pickup called Missile")."""
    return weapon > 1 and chunks[weapon - 1].low in _CALLED and chunks[weapon - 2].name in ("WORD", "GOODS", "VENTURE")


def _goes_on(document: Document, row: Row, trigger: int) -> bool:
    """Whether the verb says what goes on or what a weapon does as a rule ("is testing", "the Pinaka fires rockets")."""
    chunks = row.chunks
    if document.title == "" or _timed(row):
        return False
    if chunks[trigger].low in _TRYING:
        return trigger > 0 and chunks[trigger - 1].low in ("is", "are")
    if chunks[trigger].name != "LAUNCHES":
        return False
    before = {chunk.name for chunk in chunks[:trigger]}
    opened = {chunk.name for chunk in chunks[max(0, trigger - 5) : trigger]}
    return not before & {"ACTOR", "OWNER"} or bool(opened & {"WHEN", "SUBORD"})


def _present(chunk: Chunk) -> bool:
    first = chunk.low.split(" ", 1)[0]
    return first.endswith("s") and first not in ("was", "has", "is")


def _timed(row: Row) -> bool:
    return any(chunk.name in ("DATE", "TIME") for chunk in row.chunks)


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
