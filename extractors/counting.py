"""How many weapons a launch was of: said with the weapon, in a tally elsewhere, by what was stopped, in the title.

"fired three missiles"                    3, 3
"put the number at sixteen"               16, 16
"shot down 36 drones", no total given     36, None: what was stopped is the least that was sent
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from extractors.discourse import Told
from extractors.document import Document
from extractors.nounphrases import NounPhrase, related
from extractors.quantities import Count, Counted, read_count
from extractors.sightings import Sighting

_SALVOES = (
    "strike", "strikes", "attack", "attacks", "barrage", "salvo", "volley", "raid", "assault", "onslaught", "barrages",
)  # fmt: skip
_TALLY = re.compile(
    r"\b(?:put|puts|putting|gave|gives|giving|set|sets|raised|raises|revised|lowered|cut|corrected|brought)\s(?:\w+\s){0,2}"
    r"(?:number|tally|count|total|figure)\s(?:of\s(?:missiles|rockets|drones|launches|projectiles|weapons)\s)?"
    r"(?:fired\s|launched\s)?(?:from\s[\w-]+\s)?(?:at|to|as)\s"
    r"|\b(?:number|tally|count|total)\s(?:of\s(?:missiles|rockets|drones|launches|projectiles|weapons)\s)?(?:fired\s|launched\s)?"
    r"(?:was|were|stood\sat|stands\sat|came\sto|reached|is\snow)\s"
    r"|\b(?:counted|tallied|speak\sof|speaks\sof|spoke\sof|talked\sof)\s",
    re.IGNORECASE,
)
_SIZES = {"pair": 2, "duo": 2, "two": 2, "trio": 3, "three": 3, "quartet": 4, "four": 4}
_PAIR = re.compile(
    r"\b(?:the\s(pair|duo|two|trio|three|quartet|four)|both)\s(?:missiles\s|rockets\s|projectiles\s|weapons\s|of\sthem\s)?"
    r"(?:took\soff|flew|rose|fell|travell?ed|landed|covered|climbed|splashed|came\sdown|were\s(?:fired|launched)|lifted\soff"
    r"|struck|reached|peaked)\b",
    re.IGNORECASE,
)
_NOT_WEAPONS = re.compile(
    r"^\W{0,2}\s?(?:people|dead|killed|wounded|injured|casualties|deaths|hits?|explosions|blasts|secondary|houses|homes|buildings"
    r"|impacts|craters|flights|vessels|ships|years|days|minutes|hours|per\s?cent|%|km|kilo|villages|aircraft|warplanes|sites)",
    re.IGNORECASE,
)
_WAS_STOPPED = re.compile(r"\s(?:\w+\s){0,2}(?:destroyed|shot\sdown|intercepted|downed|brought\sdown)\b", re.IGNORECASE)
_IN_ALL = re.compile(r"\s?,?\s(?:in\s(?:all|total)|of\sthem|all\stold|altogether)\b", re.IGNORECASE)
_STOPPING = re.compile(
    r"\b(?:intercept\w*|shot\sdown|down(?:ed|s)|destroy\w*|eliminat\w*|neutrali[sz]\w*|brought\sdown|knocked\s(?:down|out)|repel\w*"
    r"|jam(?:med|s)|suppress\w*)(?:\s(?:and|or)\s\w+(?:\sdown)?)?\s(?:(?:a\stotal\sof|another|all|some|more)\s)?$",
    re.IGNORECASE,
)
_EVERY = re.compile(r"\b(?:all|both|every\sone\sof)\s(?:of\s)?(?:the\s)?$", re.IGNORECASE)


def said_count(
    document: Document, told: Told, title: Sequence[Sighting], weapons: Sequence[NounPhrase]
) -> Counted | None:
    """The best count of a launch; None where nothing is said of it.

    `title` holds the title's sightings of it, `weapons` the noun phrases of the whole text.
    """
    named = sorted(told.sightings, key=lambda s: told.name is not None and s.name != told.name)
    pairs = [(sighting, phrase) for sighting in named for phrase in sighting.phrases]
    for found in (
        (_whole(phrase, _explicit(sighting, phrase)) for sighting, phrase in pairs),
        (_after_the_phrase(document, sighting, phrase) for sighting, phrase in pairs),
        iter(told.counts),
        (_stopped(document, sighting, phrase) for sighting, phrase in pairs if not _single(told)),
        (_whole(told.first.phrase, _explicit(s, phrase)) for s in title for phrase in s.phrases),
        (_whole(phrase, _by_form(sighting, phrase)) for sighting, phrase in pairs),
        (_whole(phrase, _by_number(phrase)) for _, phrase in pairs),
    ):
        best = next((counted for counted in found if counted is not None), None)
        if best is not None:
            return best
    return _single_shot(document, told, weapons)


def _single_shot(document: Document, told: Told, weapons: Sequence[NounPhrase]) -> Counted | None:
    """ "The previous test" of what was one weapon, "Monday's launch" where the text speaks of one weapon throughout."""
    noun = told.first.phrase
    if noun is None or noun.kind != "launch" or noun.plural or noun.noun in _SALVOES:
        return None
    said = _count_from(document, noun.start, 1)
    if said is not None and said.end <= noun.end:
        return said
    if told.like is not None:
        model = said_count(document, told.like, (), weapons)
        single = model is not None and model.bounds == Count(1, 1)
    else:
        kind = told.weapon_class
        alike = [p for p in weapons if p.kind == "weapon" and p.role == "weapon" and related(p.weapon_class, kind)]
        single = bool(alike) and all(not p.plural and p.count in (None, Count(1, 1)) for p in alike)
    return Counted(Count(1, 1), noun.start, noun.end) if single else None


def tallies(document: Document, start: int, end: int) -> Iterator[Counted]:
    """Counts of weapons in a sentence that gives them as a figure ("the army put the number at 34")."""
    for match in _PAIR.finditer(document.normal, start, end):
        size = 2 if match[1] is None else _SIZES[match[1].lower()]
        yield Counted(Count(size, size), match.start(), match.end())
    for match in _TALLY.finditer(document.normal, start, end):
        found = _count_from(document, match.end(), 4)
        if found is None or _NOT_WEAPONS.match(document.normal, found.end):
            continue
        stopped = _WAS_STOPPED.match(document.normal, found.end) and found.bounds.low is not None
        yield found._replace(bounds=Count(found.bounds.low, None)) if stopped else found


def _count_from(document: Document, offset: int, most: int) -> Counted | None:
    """The count that starts within the next few words."""
    words = document.words_in(offset, offset + 60)
    for at in range(min(most, len(words))):
        read = read_count(words, at)
        if read is not None and read[0].low != 1 and words[read[1]].start >= offset:
            return Counted(read[0], words[read[1]].start, words[read[2] - 1].end)
    return None


def _whole(phrase: NounPhrase | None, count: Count | None) -> Counted | None:
    return Counted(count, phrase.start, phrase.end) if count is not None and phrase is not None else None


def _single(told: Told) -> bool:
    """Whether the launch is first told as that of one weapon ("a missile")."""
    return told.first.phrase is not None and told.first.phrase.count == Count(1, 1)


def _explicit(sighting: Sighting, phrase: NounPhrase) -> Count | None:
    """Said in so many words, of the weapon or of the salvo ("a two-missile salvo")."""
    if phrase.role == "payload" or sighting.kind == "flight":
        return None
    if phrase.kind == "weapon":
        counted = phrase.determiner == "count" or (phrase.count is not None and phrase.definite)
        return phrase.count if counted else None
    return phrase.count if phrase.noun in _SALVOES and not phrase.plural and phrase.count != Count(1, 1) else None


def _after_the_phrase(document: Document, sighting: Sighting, phrase: NounPhrase) -> Counted | None:
    """ "Missiles, eight of them", "fired rockets on Monday, 34 in all"."""
    if phrase.kind != "weapon" or not phrase.plural or phrase.determiner != "bare":
        return None
    sentence = document.sentences[sighting.sentence]
    for match in _IN_ALL.finditer(document.normal, phrase.end, sentence.end):
        opening = max(document.normal.rfind(mark, phrase.end, match.start()) for mark in (",", "(", "-", "—", "–"))
        found = _count_from(document, opening + 1, 4) if opening >= 0 else None
        if found is not None and found.end <= match.start() + 1:
            return found
    return None


def _stopped(document: Document, sighting: Sighting, phrase: NounPhrase) -> Counted | None:
    """What was shot down is the least that was sent, unless it was all."""
    stopped = sighting.stopped or _STOPPING.search(document.normal, max(0, phrase.start - 60), phrase.start)
    if not stopped or phrase.kind != "weapon" or phrase.count is None or phrase.determiner != "count":
        return None
    if _EVERY.search(document.normal, max(0, phrase.start - 20), phrase.start):
        return Counted(phrase.count, phrase.start, phrase.end)
    low = phrase.count.low
    return Counted(Count(low, None), phrase.start, phrase.end) if low is not None and low > 1 else None


def _by_form(sighting: Sighting, phrase: NounPhrase) -> Count | None:
    """By "a" or a bare plural."""
    if phrase.role == "payload" or phrase.kind != "weapon" or (sighting.kind == "flight" and sighting.definite):
        return None
    return phrase.count


def _by_number(phrase: NounPhrase) -> Count | None:
    """By a singular or plural alone."""
    if phrase.role == "payload":
        return Count(1, 1)
    if phrase.kind == "launch" and (phrase.weapon_class or phrase.name):
        return Count(2, None) if phrase.noun in _SALVOES else None if phrase.plural else Count(1, 1)
    return Count(1, 1) if phrase.kind == "weapon" and not phrase.plural else None
