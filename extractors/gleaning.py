"""What sentences that tell of no launch themselves say of the one told before: its time, how far and how high it flew.

    "Ignition came at 8:17 p.m."    "Radars picked up the first at 5:47 a.m."    "Its highest point was 970 km."

Such a sentence speaks of the launch told last before it, unless it names another day, another party's weapon or what
merely could be.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from extractors.chunks import Row
from extractors.counting import tallies
from extractors.discourse import Calendar, Told
from extractors.document import Document
from extractors.lengths import measure_role

_NEAR = 3  # sentences, beyond the paragraph of the launch and the next
_FLYER = re.compile(
    r"\b(?:its?|they|their|both|each|all|none|neither|the\s(?:first|second|third|last|other|former|latter|pair|two|three|four|longest)"
    r"|missiles?|rockets?|projectiles?|weapons?|warheads?|drones?|flights?|trajector(?:y|ies)|apogees?|altitudes?|ranges?"
    r"|distances?|peaks?|salvo|volley|vehicle|booster|launcher|object|rounds?|things?|one|highest)\b",
    re.IGNORECASE,
)
_SUPPOSED = re.compile(
    r"\b(?:supposed\sto|meant\sto|expected\sto|intended\sto|due\sto|could|would|can|may|might|should|if|capable|able\sto|designed|is\ssaid\sto|maximum\srange|plans?|planned|will)\b",
    re.IGNORECASE,
)
_LEAVING = re.compile(
    r"\b(?:lift-?off|lifted\soff|lifts\soff|blast(?:ed|s)?-?\s?off|ignition|ignited|launch(?:ed|es|ing)?|launches|take-?off"
    r"|took\soff|takes\soff|fir(?:ed|ing)|shot|departure|departed|left|leaving|clear(?:ed|ing|s)|picked\s(?:\w+\s){0,2}up|seen|noticed|detected"
    r"|tracked|spotted|registered|logged|thundered|roared|rose|soared|climbed|flew|went\s(?:up|off)|got\saway|t-0"
    r"|countdown|zero|engines?\slit|began|started|opened\sfire|came|was\sat|set\soff|test(?:ed)?|flight|volley|salvo)\b",
    re.IGNORECASE,
)
_OTHER_DOING = re.compile(
    r"\b(?:land(?:ed|ing)?|splash\w*|hit|hits|struck|impact\w*|crash\w*|fell|intercept\w*|shot\sdown|downed|explo\w+|blasts?"
    r"|sound\w*|alert\w*|warn\w*|said|says|told|met|meets|docked|arriv\w*|clos(?:ed|ure)|reopen\w*|shut|announc\w+"
    r"|evacuat\w*|posted|published|reported|separat\w*|deploy\w*|heard|woke\w*|call(?:ed)?|aired|opens?|opened\s(?!fire)"
    r"|added|confirmed|tweeted|wrote|lifted\s(?!off)|addressed|ended)\b",
    re.IGNORECASE,
)
_OTHER_MATTER = re.compile(
    r"\b(?:meetings?|council|sessions?|statements?|briefings?|conference|press|bulletins?|broadcasts?|docking|trains?|curfew"
    r"|votes?|speech|window|orbit|separation|planned|scheduled|will|would|notices?|airspace|sirens?|flights\swere|bus|video"
    r"|photos?|posts?|updates?|hearing|parliament|funeral|vigil|markets?|match|game|kick-?off|lawmakers|cabinet|interceptors?|air\sdefen[cs]es?)\b",
    re.IGNORECASE,
)
_CLAUSE_EDGE = re.compile(r"[;:—]|,\s(?:and|but|while|which|who|where)\s|\b(?:and|while|but)\b", re.IGNORECASE)
_STAMP = re.compile(r"\s?(?:[-–—:|]|$)")


class Gleaner:
    """Adds to told launches the times and lengths that stand in sentences without a sighting, and tallies."""

    def __init__(self, document: Document, calendar: Calendar, rows: Sequence[Row]) -> None:
        self._doc = document
        self._calendar = calendar
        self._rows = rows

    def glean(self, told: Sequence[Told]) -> None:
        """Fill `measures`, `times` and `counts` of each launch, in text order."""
        telling = {sighting.sentence for launch in told for sighting in launch.sightings}
        for row in self._rows:
            for counted in tallies(self._doc, row.sentence.start, row.sentence.end):
                launch = self._spoken_of(row, told, counted.start)
                if launch is not None and self._same_day(row, launch):
                    launch.counts.append(counted)
            if row.sentence.index in telling:
                continue
            names = {chunk.name for chunk in row.chunks}
            if not names & {"TIME", "MEASURE"} or self._quoted_or_asked(row):
                continue
            launch = self._spoken_of(row, told, row.sentence.start)
            if launch is not None and self._same_day(row, launch):
                self._take(row, launch)

    def _take(self, row: Row, launch: Told) -> None:
        start, end = row.sentence.start, row.sentence.end
        if _FLYER.search(self._doc.normal, start, end) and not _SUPPOSED.search(self._doc.normal, start, end):
            for chunk in row.chunks:
                if chunk.name == "MEASURE" and (role := measure_role(self._doc, chunk.item, start, end)):
                    launch.measures.append((chunk.item, role))
        launch.times += [
            chunk.item for chunk in row.chunks if chunk.name == "TIME" and self._of_leaving(row, chunk.start, chunk.end)
        ]

    def _spoken_of(self, row: Row, told: Sequence[Told], offset: int) -> Told | None:
        """The launch told last before the offset and near it; one that is to come has not flown."""
        here = row.sentence
        best: tuple[int, Told] | None = None
        for launch in told:
            for sighting in launch.sightings:
                close = sighting.paragraph >= here.paragraph - 1 or here.index - sighting.sentence <= _NEAR
                if sighting.start < offset and close and (best is None or sighting.start > best[0]):
                    best = (sighting.start, launch)
        return best[1] if best is not None and not best[1].planned else None

    def _same_day(self, row: Row, launch: Told) -> bool:
        """Whether the dates of the sentence, if any, are that of the launch."""
        for chunk in row.chunks:
            if chunk.name != "DATE" or self._doc.peeled(chunk.start):
                continue
            day = self._calendar.resolve(chunk.item, planned=False, country=launch.country, at_event=row.sentence.start)
            if day is not None and (launch.date is None or day.date != launch.date.date):
                return False
        return True

    def _of_leaving(self, row: Row, start: int, end: int) -> bool:
        """Whether the clause of a clock time speaks of a launch or its detection, and of nothing else that happened."""
        if start - row.sentence.start <= 2 and _STAMP.match(self._doc.normal, end):
            return False
        before = _CLAUSE_EDGE.split(self._doc.normal[row.sentence.start : start])[-1]
        after = _CLAUSE_EDGE.split(self._doc.normal[end : row.sentence.end])[0]
        if _OTHER_MATTER.search(before) or _OTHER_MATTER.search(after):
            return False
        leaving = _last(_LEAVING, before)
        if leaving >= 0 or _OTHER_DOING.search(before):
            return leaving > _last(_OTHER_DOING, before)
        first, other = _LEAVING.search(after), _OTHER_DOING.search(after)
        return first is not None and (other is None or first.start() < other.start())

    def _quoted_or_asked(self, row: Row) -> bool:
        quotation = self._doc.quotation_at(row.sentence.start)
        whole = quotation is not None and quotation.end >= row.sentence.end - 1
        return whole or self._doc.normal[row.sentence.end - 1] == "?"


def _last(pattern: re.Pattern[str], text: str) -> int:
    """Offset of the last match, -1 without one."""
    return max((match.start() for match in pattern.finditer(text)), default=-1)
