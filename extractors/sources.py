"""Who says that there was a launch: the source of the first sentence of it that names one."""

from __future__ import annotations

import re

from extractors.discourse import Told
from extractors.document import Document
from extractors.speech import Attribution

_NO_SOURCE = re.compile(
    r"(?i:nobody|no one|none|neither|not|first|initially|originally|earlier|previously|as|had|one of them)\b"
    r"|[a-z]+(?:ing|ed)\s"
    r"|.*\b(?:rockets?|missiles?|drones?|incidents?|story|figures|wave|launch|test)$"
    r"|.*\b(?:missile|rocket)\s(?:had|has|was|is)\b"
)
_TRAILING = re.compile(r"(?:\s(?:has|have|had|also|later|then|now))+$")
_DATELINE = re.compile(r"^[A-Z][A-Z/ .,]+(?:\([A-Za-z]+\)\s)?\s?[-–—]\s")
_ASIDE = re.compile(r",\s(?:who|which|whose|invited|speaking|citing|quoting|a\s|an\s).*$", re.DOTALL)
_PRONOUNS = ("he", "she", "they", "it")


def source_of(document: Document, told: Told) -> str | None:
    """The source as written, without what is said of it; a pronoun gives the name it stands for. None without one."""
    for sighting in told.sightings:
        named = next((a for a in document.attributions if a.sentence == sighting.sentence and a.source), None)
        if named is not None and (source := _written(named)):
            return source
    return None


def _written(attribution: Attribution) -> str | None:
    source = _ASIDE.sub("", _TRAILING.sub("", _DATELINE.sub("", attribution.source))).strip(" ,")
    if source.lower() in _PRONOUNS:
        return attribution.speaker.name if attribution.speaker is not None else None
    if _NO_SOURCE.match(source):
        return None
    return source
