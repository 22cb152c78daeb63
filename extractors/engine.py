"""The chain from an article's text to its launches and reactions, and the account of how it got there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from extractors.document import Document
from extractors.garbage import no_collection
from extractors.launches import FoundLaunch, LaunchReading, find_launches
from extractors.packs import Packs, default_packs
from extractors.reactions import find_reactions
from extractors.records import Evidence, Extraction

# Without one of these, in lower case, an article tells of no launch, and is not read further.
_GATE_WORDS = (
    "missile", "rocket", "drone", r"\bicbm", r"\bslbm", "ballistic", "satellite", "projectile", "hypersonic",
    "warhead", "spacecraft", "katyusha", "shahed", "orbit", "lift-off", "liftoff", "tomahawk", "hwasong", "starship",
    "falcon 9", r"\buav", "iskander", "atacms", "minuteman", "test-fir", "airspace", "space cent", "space launch",
    "space agency", "kinzhal", "kalibr", "himars", "storm shadow", "fateh", "zolfaghar", "qassam", "soyuz",
    "long march", "ariane", r"\bvega c", "new glenn", "angara", "proton-m", "pslv", "gslv", r"\bagni", "prithvi",
    "brahmos", "shaheen", "hyunmoo", "trident", "sarmat", r"\byars\b", "bulava", "oreshnik", "oniks", "tsirkon",
    "zircon", "neptune missile", "spaceport", "cosmodrome", "launch pad", "launchpad", "minotaur", "pralay",
    "pinaka", "atmaca", "nirbhay", "khorramshahr",
)  # fmt: skip
_GATE = re.compile("|".join(_GATE_WORDS))
# Looked for one after the other they take a twentieth of the pattern's time, and most articles hold none.
_GATE_STEMS = tuple(word.replace(r"\b", "") for word in _GATE_WORDS)


_LONGEST = 400_000  # characters read; the longest of articles has a quarter of that


@dataclass(frozen=True, slots=True)
class LaunchAccount:
    """Why a launch record is as it is: `fields` gives the words each field came from, `inferred` those without
    words.
    """

    key: str
    rules: tuple[str, ...]
    guards: tuple[str, ...]
    fields: tuple[tuple[str, Evidence], ...]
    mentions: tuple[Evidence, ...]
    inferred: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """How an article was read. `refused` are the stretches that a guard kept from telling of a launch, with its id."""

    extraction: Extraction
    launches: tuple[LaunchAccount, ...] = ()
    refused: tuple[tuple[str, Evidence], ...] = ()


def extract(
    text: str, *, title: str = "", published: date | datetime | None = None, packs: Packs | None = None
) -> Extraction:
    """The launches and reactions an article tells of.

    `text` is the plain body; every offset in the result is a code point of it. `published` anchors relative dates; a
    datetime counts by its UTC day. Text that is not English gives nothing but its language; of a text longer than
    400,000 characters the rest is not read.
    """
    return explain(text, title=title, published=published, packs=packs).extraction


def explain(
    text: str, *, title: str = "", published: date | datetime | None = None, packs: Packs | None = None
) -> Account:
    """`extract`, with the rules, source words and guards behind each launch."""
    packs = packs or default_packs()
    text = text[:_LONGEST]
    if not (_may_tell(text) or _may_tell(title)):
        return Account(Extraction((), (), packs.version, None))
    with no_collection():
        document = Document(text, title=title, published=published, packs=packs)
        if document.language not in ("en", None):
            return Account(Extraction((), (), packs.version, document.language))
        reading = find_launches(document)
        reactions = find_reactions(document, reading.found)
    launches = tuple(found.launch for found in reading.found)
    return _account(text, Extraction(launches, reactions, packs.version, document.language), reading)


def _may_tell(text: str) -> bool:
    low = text.lower()
    return any(stem in low for stem in _GATE_STEMS) and bool(_GATE.search(low))


def _account(text: str, extraction: Extraction, reading: LaunchReading) -> Account:
    refused = tuple((dropped.guard, _quoted(text, dropped.start, dropped.end)) for dropped in reading.dropped)
    return Account(extraction, tuple(_launch_account(text, found) for found in reading.found), refused)


def _launch_account(text: str, found: FoundLaunch) -> LaunchAccount:
    return LaunchAccount(
        found.launch.key,
        found.launch.rules,
        found.guards,
        tuple((name, _quoted(text, *span)) for name, span in sorted(found.sources.items(), key=lambda item: item[1])),
        tuple(_quoted(text, *span) for span in found.mentions),
        found.launch.inferred,
    )


def _quoted(text: str, start: int, end: int) -> Evidence:
    return Evidence(start, end, text[start:end])
