"""Whether a clock time in a sentence is that of a launch, or of its detection, and of nothing else that happened."""

from __future__ import annotations

import re

from extractors.document import Document
from extractors.text import Sentence

_LEAVING = re.compile(
    r"\b(?:lift(?:s|ed|ing)?-?\s?off|blast(?:ed|s|ing)?-?\s?off|ignition|ignited|launch(?:ed|es|ing)?|t[ao]k(?:e|es|ing|en)?-?\s?off"
    r"|took-?\s?off|fir(?:ed|ing)|shot|departure|departed|left|leaving|clear(?:ed|ing|s)|picked\s(?:\w+\s){0,2}up|seen"
    r"|noticed|detected|tracked|spotted|registered|logged|thundered|roared|rose|soared|climbed|flew|went\s(?:up|off)"
    r"|got\saway|t-0|countdown|zero|engines?\slit|began|started|releas\w+|loosed|hurled|lobbed|unleash\w+|sprang|burst"
    r"|emerged|broke\sthe\ssurface|rode|lofted|opened\sfire|came|was\sat|set\soff|test(?:ed)?|flight|volley|salvo)\b",
)
_OTHER_DOING = re.compile(
    r"\b(?:land(?:ed|ing)?|splash\w*|hit|hits|struck|impact\w*|crash\w*|fell|intercept\w*|shot\sdown|downed|explo\w+|blasts?"
    r"|sound\w*|alert\w*|warn\w*|said|says|told|met|meets|docked|arriv\w*|clos(?:ed|ure)|reopen\w*|shut|announc\w+"
    r"|evacuat\w*|posted|published|reported|separat\w*|deploy\w*|heard|woke\w*|call(?:ed)?|aired|opens?|opened\s(?!fire)"
    r"|added|confirmed|tweeted|wrote|lifted\s(?!off)|addressed|ended)\b",
)
_OTHER_MATTER = re.compile(
    r"\b(?:meetings?|council|sessions?|statements?|briefings?|conference|press|bulletins?|broadcasts?|docking|trains?|curfew"
    r"|votes?|speech|window|orbit|separation|planned|scheduled|will|would|notices?|airspace|sirens?|flights\swere|bus|video"
    r"|photos?|posts?|updates?|hearing|parliament|funeral|vigil|markets?|match|game|kick-?off|lawmakers|cabinet|interceptors?|air\sdefen[cs]es?)\b",
)
_CLAUSE_EDGE = re.compile(r"[;:—]|,\s(?:and|but|while|which|who|where)\s|\b(?:and|while|but)\b")
_REACH = 400  # characters
_STAMP = re.compile(r"\s?(?:[-–—:|]|$)")


def of_leaving(document: Document, sentence: Sentence, start: int, end: int) -> bool:
    """Whether the clause of the clock time `start`..`end` speaks of a launch: the nearest verb before it decides, or
    the first after it.
    """
    if start - sentence.start <= 2 and _STAMP.match(document.normal, end):
        return False
    before = _CLAUSE_EDGE.split(document.low[max(sentence.start, start - _REACH) : start])[-1]
    after = _CLAUSE_EDGE.split(document.low[end : min(sentence.end, end + _REACH)], maxsplit=1)[0]
    if _OTHER_MATTER.search(before):
        return False
    leaving = _last(_LEAVING, before)
    if leaving >= 0 or _OTHER_DOING.search(before):
        return leaving > _last(_OTHER_DOING, before)
    if _OTHER_MATTER.search(after):
        return False
    first, other = _LEAVING.search(after), _OTHER_DOING.search(after)
    return first is not None and (other is None or first.start() < other.start())


def _last(pattern: re.Pattern[str], text: str) -> int:
    """Offset of the last match, -1 without one."""
    return max((match.start() for match in pattern.finditer(text)), default=-1)
