"""Where a launch left from and where it fell, told in sentences that no frame reads: "It came down in the Yellow Sea."

A launch whose own sentences leave one of the two open takes it from the next ones, as long as they go on about what
flew and tell of no other launch; a launch site that stands alone in the article is that of its main launch.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from extractors.chunks import Row
from extractors.discourse import Told
from extractors.document import Document
from extractors.entries import Place
from extractors.places import PlacePhrase, PlaceReader, Role
from extractors.sightings import Sighting

_GOES_ON = re.compile(
    r"^\W*(?:both|one|each|all|four|three|two|some|most|several)\b|\b(?:it|they|missiles?|rockets?|drones?|projectiles?|weapons?|rounds?|launcher|launch|liftoff|"
    r"lift-off|debris|remains|fragments|wreckage|warheads?|boosters?|stages?|vehicle|salvo|volley|barrage|test|flight|"
    r"firing|shots?|impact|target|crater|fire|fall)\b",
    re.IGNORECASE,
)
_SUPPOSED = re.compile(
    r"\b(?:could|can|may|might|would|if|range of|capable|last (?:year|month|week)|earlier|previous|ago)\b",
    re.IGNORECASE,
)
_AHEAD = 3  # sentences
_SURE = 4
_HOME = ("launch_site", "test_range")


class Whereabouts:
    """Completes the places of told launches. `rows` are the sentences of the document as chunks, `sightings` all that
    tell of launches.
    """

    def __init__(self, document: Document, rows: Sequence[Row], sightings: Sequence[Sighting]) -> None:
        self._doc = document
        self._rows = rows
        self._reader = PlaceReader(document)
        self._taken = {sighting.sentence for sighting in sightings}
        self._read: dict[int, list[PlacePhrase]] = {}

    def found(self, launch: Told, role: Role) -> PlacePhrase | None:
        """The place of that role that later sentences give a launch, or None."""
        for sighting in launch.sightings[:_AHEAD]:
            for index in range(sighting.sentence + 1, min(sighting.sentence + 1 + _AHEAD, len(self._rows))):
                if index in self._taken:
                    break
                place = self._place(self._rows[index], role, planned=launch.planned)
                if place is not None:
                    return place
        return None

    def only_site(self, launch: Told) -> PlacePhrase | None:
        """The launch site or range of the launching state that the article names, if it names one only and nothing
        fell there.
        """
        sites = [
            (m, m.entry)
            for m in self._doc.mentions
            if isinstance(m.entry, Place) and m.entry.kind in _HOME and m.entry.country == (launch.country,)
        ]
        if len({entry.name for _, entry in sites}) != 1:
            return None
        first, entry = sites[0]
        if any(p.start <= first.start < p.end for s in launch.sightings for p in s.places):
            return None
        written = self._doc.text[first.start : first.end]
        text = entry.name if written.isupper() and first.end <= self._doc.dateline_end else written
        return PlacePhrase("site", text, first.start, first.end, 0, launch.country, 0)

    def _place(self, row: Row, role: Role, *, planned: bool) -> PlacePhrase | None:
        sentence = row.sentence
        words = self._doc.normal[sentence.start : sentence.end]
        if not _GOES_ON.search(words) or (not planned and _SUPPOSED.search(words)):
            return None
        if sentence.index not in self._read:
            self._read[sentence.index] = self._reader.read(row)
        fitting = [
            place
            for place in self._read[sentence.index]
            if place.role == role and place.rank >= _SURE and self._doc.quotation_at(place.start) is None
        ]
        return max(fitting, key=lambda p: p.rank, default=None)
