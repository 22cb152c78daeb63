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
from extractors.leaving import of_leaving
from extractors.lengths import measure_role

_NEAR = 3  # sentences, beyond the paragraph of the launch and the next
_FAR = 9  # sentences, where only one launch has been told of
_OPENING = 3  # sentences in which the first launch may be spoken of before it is told
_FLYER = re.compile(
    r"\b(?:its?|they|their|both|each|all|none|neither|the\s(?:first|second|third|last|other|former|latter|pair|two|three|four|longest)"
    r"|missiles?|rockets?|projectiles?|weapons?|warheads?|drones?|flights?|trajector(?:y|ies)|apogees?|altitudes?|ranges?"
    r"|distances?|peaks?|salvo|volley|vehicle|booster|launcher|object|rounds?|things?|one|highest)\b",
    re.IGNORECASE,
)
_NEW_SLOT = re.compile(
    r"\b(?:booked|set|scheduled|pencill?ed|planned|targeted|targeting|targets|moved|rescheduled|slated|due|ey(?:ed|es|eing)|earmarked"
    r"|reset|opens|will\snow|now\s(?:aims?|plans?|hopes?)|(?:try|tries|go|fly)\sagain|next\s(?:attempt|opportunity|try|window))\b",
    re.IGNORECASE,
)
_ANEW = re.compile(
    r"\bnew\s(?:slot|date|time|target|window)|\b(?:again|rescheduled|reset|next\s(?:attempt|opportunity))\b", re.I
)
_SUPPOSED = re.compile(
    r"\b(?:supposed\sto|meant\sto|expected\sto|intended\sto|due\sto|could|would|can|may|might|should|if|capable|able\sto|designed|is\ssaid\sto|maximum\srange|plans?|planned|will)\b",
    re.IGNORECASE,
)


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
            if "DATE" in row.names and (rough := self._spoken_of(row, told, row.sentence.start)):
                self._refine(row, rough)
            if "DATE" in row.names and (coming := self._spoken_of(row, told, row.sentence.start, planned=True)):
                self._set_anew(row, coming)
            if row.names.isdisjoint(("TIME", "MEASURE")) or self._quoted_or_asked(row):
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
            chunk.item
            for chunk in row.chunks
            if chunk.name == "TIME" and of_leaving(self._doc, row.sentence, chunk.start, chunk.end)
        ]

    def _refine(self, row: Row, launch: Told) -> None:
        """The day of a launch first dated by its month or week only: "... was submerged off Florida on Thursday"."""
        rough = launch.date is not None and launch.date.precision == "month" and launch.date_from is not None
        if not rough or row.sentence.index - launch.first.sentence > _NEAR or launch.date is None:
            return
        if not any(chunk.name in ("WEAPON", "LAUNCHNOUN", "PRONOUN") for chunk in row.chunks):
            return
        for chunk in row.chunks:
            if chunk.name == "DATE" and not self._doc.peeled(chunk.start):
                at = row.sentence.start
                day = self._calendar.resolve(chunk.item, planned=False, country=launch.country, at_event=at)
                if day is None or day.precision != "day" or day.date.replace(day=1) != launch.date.date:
                    return
                launch.date, launch.date_from = day, chunk.item
                return

    def _set_anew(self, row: Row, launch: Told) -> None:
        """The new day and hour of a launch put off: "a new slot has been booked for Thursday at 6:20 p.m."."""
        start, end = row.sentence.start, row.sentence.end
        put_off = any(sighting.postponed for sighting in launch.sightings) or _ANEW.search(self._doc.normal, start, end)
        if not put_off or not _NEW_SLOT.search(self._doc.normal, start, end):
            return
        for chunk in row.chunks:
            if chunk.name == "DATE" and not self._doc.peeled(chunk.start):
                day = self._calendar.resolve(chunk.item, planned=True, country=launch.country, at_event=start)
                if day is None or (launch.date is not None and day.date <= launch.date.date):
                    return
                launch.date, launch.date_from, launch.date_inferred = day, chunk.item, False
                launch.times = [c.item for c in row.chunks if c.name == "TIME"]
                for sighting in launch.sightings:
                    sighting.times = []
                return

    def _spoken_of(self, row: Row, told: Sequence[Told], offset: int, *, planned: bool = False) -> Told | None:
        """The launch told last before the offset and near it; one that is to come has not flown."""
        here = row.sentence
        before = [launch for launch in told if launch.first.start < offset]
        reach = _FAR if len(before) == 1 else _NEAR
        best: tuple[int, Told] | None = None
        for launch in before:
            for sighting in launch.sightings:
                close = sighting.paragraph >= here.paragraph - 1 or here.index - sighting.sentence <= reach
                if sighting.start < offset and close and (best is None or sighting.start > best[0]):
                    best = (sighting.start, launch)
        if not before and told and here.index < _OPENING and told[0].first.sentence - here.index <= _OPENING:
            best = (0, told[0])
        return best[1] if best is not None and best[1].planned == planned else None

    def _same_day(self, row: Row, launch: Told) -> bool:
        """Whether one of the dates of the sentence, if it has any, is that of the launch."""
        others = False
        for chunk in row.chunks:
            if chunk.name != "DATE" or self._doc.peeled(chunk.start):
                continue
            day = self._calendar.resolve(chunk.item, planned=False, country=launch.country, at_event=row.sentence.start)
            if day is not None and launch.date is not None and day.date == launch.date.date:
                return True
            others = others or day is not None
        return not others

    def _quoted_or_asked(self, row: Row) -> bool:
        quotation = self._doc.quotation_at(row.sentence.start)
        whole = quotation is not None and quotation.end >= row.sentence.end - 1
        return whole or self._doc.normal[row.sentence.end - 1] == "?"
