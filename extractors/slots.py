"""Shares the dates, clock times, places and lengths of a sentence out among its sightings: each to the nearest one."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from extractors.chunks import Chunk, Row
from extractors.clauses import is_verbal
from extractors.dates import FoundDate
from extractors.document import Document
from extractors.leaving import of_leaving
from extractors.lengths import measure_role
from extractors.places import PlaceReader
from extractors.quantities import Count
from extractors.sightings import RowSightings, Sighting

_BREAKS = {"SUBORD": 6, "WHEN": 5, "REL": 3, "COMMA": 1, "SAYS": 0}
_APART = 50  # on the other side of "and" with a verb left out
_JOINT = 4  # ", and": what follows is mostly a clause of its own
_STATED = re.compile(
    r"\b(?:said|says|announced|reported|confirmed|told\s\w+|(?:statement|message|post|report|bulletin|briefing|alert)(?:\s\w+)?)\s"
    r"(?:(?:on\s)?\w+day\s|issued\s|sent\s|released\s|early\s)?(?:at|around|by)\s(?:about\s|around\s)?$"
)
_STATEMENT = 120  # characters from the verb of a statement to its time
_IT_WAS = re.compile(r"(?:it|the\stime)\swas\s(?:(?:about|around|exactly|just)\s)?", re.IGNORECASE)
# "Only on Monday did the ministry confirm that ... had": the day of the telling.
_REPORTS = re.compile(
    r"\b(?:confirm|disclose|acknowledge|admit|reveal|announce|say|report|concede|confirmed|disclosed|acknowledged|admitted"
    r"|revealed|announced|said|reported|conceded)\sthat\b[^.;]*\bhad\b"
)
_BOTH = re.compile(r"\bboth\b", re.IGNORECASE)
_CLOSE = 8  # sightings on either side that a date or a place may belong to
_NOT_OF_THE_EVENT = ("since", "until", "till", "by", "before", "after", "than", "from")


class SlotSharer:
    """Fills `dates`, `times`, `places` and `measures` of the sightings of one document."""

    def __init__(self, document: Document) -> None:
        self._doc = document
        self._places = PlaceReader(document)

    def share(self, found: RowSightings) -> None:
        """Fill the slots of one sentence's sightings."""
        row, sightings = found
        echoes = {i: s for i, s in sightings if s.echo}
        ends: list[FoundDate] = []
        for at, chunk in enumerate(row.chunks):
            if chunk.name == "DATE" and (echo := self._echo(row.chunks, echoes, at)) is not None:
                echo.dates.append(chunk.item)
            elif chunk.name == "DATE" and chunk.item in ends:
                continue
            elif chunk.name == "DATE" and self._opens_stretch(row, sightings, at):
                ends.append(row.chunks[at + 2].item)
                self._nearest(row, sightings, at).dates.append(replace(chunk.item, until=ends[-1]))
            elif chunk.name == "DATE" and not self._of_another(row.chunks, at):
                sighting = self._nearest(row, sightings, at)
                if at >= 2 and row.chunks[at - 1].name == "AND" and row.chunks[at - 2].name == "DATE":
                    self._second_day(chunk.item, sighting)
                    continue
                if not sighting.postponed or row.chunks[at - 1].low in ("to", "until", "for"):
                    sighting.dates = [chunk.item] if sighting.postponed else [*sighting.dates, chunk.item]
            elif chunk.name == "TIME":
                sighting = self._nearest(row, self._in_clause(chunk.start, sightings), at)
                of_flight = sighting.kind == "flight" and (sighting.definite or sighting.stopped)
                since = max(row.sentence.start, chunk.start - _STATEMENT)
                stated = _STATED.search(self._doc.low, since, chunk.start) is not None
                of_another = of_flight or stated or self._apart(chunk.start, sighting)
                if not of_another or of_leaving(self._doc, row.sentence, chunk.start, chunk.end):
                    sighting.times.append(chunk.item)
            elif chunk.name == "MEASURE":
                role = measure_role(self._doc, chunk.item, row.sentence.start, row.sentence.end)
                if role:
                    self._nearest(row, sightings, at).measures.append((chunk.item, role))
        for place in self._places.read(row):
            self._nearest(row, sightings, place.chunk).places.append(place)
        for _, sighting in sightings:
            sighting.outside = [found for found in sighting.dates if self._elsewhere(found, sighting)]
            sighting.dates = [found for found in sighting.dates if found not in sighting.outside]
            sighting.dates += [
                phrase.date for phrase in sighting.phrases if phrase.date and phrase.date not in sighting.dates
            ]

    def _echo(self, chunks: Sequence[Chunk], echoes: Mapping[int, Sighting], at: int) -> Sighting | None:
        """The launch recalled right before a day, or of several recalled in a row, each with its day, the one before
        ("the first on Monday, the second ...").
        """
        if at - 1 in echoes:
            return echoes[at - 1]
        told = [i for i, sighting in echoes.items() if "echo" in sighting.rules]
        before = max((i for i in told if i < at), default=-1)
        if len(told) < 2 or before < 0 or any(chunk.name == "SUBORD" for chunk in chunks[before:at]):
            return None
        return echoes[before]

    def _opens_stretch(self, row: Row, sightings: Sequence[tuple[int, Sighting]], at: int) -> bool:
        """Whether a date begins a stretch: "between Wednesday and Dec. 1", but not "put off from ... to ..."."""
        chunks = row.chunks
        if at + 2 >= len(chunks) or chunks[at - 1].low not in ("between", "from") or chunks[at + 2].name != "DATE":
            return False
        joined = chunks[at + 1].low in ("and", "to", "until", "till", "through")
        return joined and not self._nearest(row, sightings, at).postponed

    def _elsewhere(self, found: FoundDate, sighting: Sighting) -> bool:
        """Whether the date stands in another clause that has a verb of its own."""
        between = self._doc.normal[found.end : sighting.at] if found.end < sighting.at else ""
        if _REPORTS.search(between):
            return True
        if re.search(r"\b(?:that|which|who|where|after|when|as)\b", between) and not between.lstrip().startswith(","):
            return True
        if ";" in self._doc.normal[sighting.end : found.start]:
            return True
        clause = self._doc.clause_at(found.start)
        if clause == self._doc.clause_at(sighting.at) or clause.start >= sighting.at:
            return False
        words = self._doc.words_in(clause.start, clause.end)
        return any(is_verbal(words, at) for at in range(len(words)))

    def _second_day(self, found: FoundDate, sighting: Sighting) -> None:
        """The second of two days: a launch of its own where the count is that of the days, or "both" are spoken of."""
        if sighting.phrase is None or found.kind not in ("weekday", "day", "month", "year"):
            return
        sentence = self._doc.sentences[sighting.sentence]
        pair = sighting.phrase.count == Count(2, 2) and found.kind in ("weekday", "day")
        if pair or _BOTH.search(self._doc.normal, sentence.start, sentence.end):
            sighting.each_day.append(found)

    def _in_clause(self, offset: int, sightings: list[tuple[int, Sighting]]) -> list[tuple[int, Sighting]]:
        """The sightings in the clause of an offset, or all where it has none; what is recalled stands behind."""
        clause = self._doc.clause_at(offset)
        beside = [pair for pair in sightings if clause.start <= pair[1].at < clause.end] or sightings
        return [pair for pair in beside if not pair[1].echo] or beside

    def _apart(self, offset: int, sighting: Sighting) -> bool:
        """Whether an offset lies in a clause of its own, with a verb, away from the sighting."""
        clause = self._doc.clause_at(offset)
        if _IT_WAS.fullmatch(self._doc.normal, clause.start, offset):
            return False
        if clause == self._doc.clause_at(sighting.at) or clause.start <= sighting.at < clause.end:
            return False
        words = self._doc.words_in(clause.start, clause.end)
        return any(is_verbal(words, at) for at in range(len(words))) and not clause.start <= sighting.end <= clause.end

    def _nearest(self, row: Row, sightings: Sequence[tuple[int, Sighting]], at: int) -> Sighting:
        """The nearest sighting; one that only looks back ("in the fourth such firing") stands behind those that
        tell.
        """
        after = bisect_left([pair[0] for pair in sightings], at)
        sightings = sightings[max(0, after - _CLOSE) : after + _CLOSE]
        sightings = [pair for pair in sightings if "echo.since" not in pair[1].rules] or sightings
        telling = [pair for pair in sightings if pair[1].kind == "event" or pair[1].weapon_class]

        since = max(pair[1].since for pair in sightings)
        late = row.chunks[at].start >= since

        def cost(pair: tuple[int, Sighting]) -> int:
            behind = bool(telling) and pair[1].kind == "nominal" and pair[1].weapon_class is None
            behind = behind and not (pair[0] < at and _of_another_party(pair[1], telling))
            apart = since > 0 and late == (pair[1].at < since)
            return _distance(row.chunks, at, pair[0]) + (15 if behind else 0) + (_APART if apart else 0)

        return min(sightings, key=cost)[1]

    def _elsewhere_in_brackets(self, chunks: Sequence[Chunk], at: int) -> bool:
        """Whether the day is the one elsewhere of a launch dated or timed already: "on Monday (2230 GMT Sunday)"."""
        if not any(chunk.name == "DATE" or (chunk.name == "TIME" and not chunk.item.zone) for chunk in chunks[:at]):
            return False
        before = chunks[max(0, at - 4) : at]
        named = any(chunk.name == "TIME" and chunk.item.zone in ("gmt", "utc", "z") for chunk in before[-2:])
        return named or (
            any(chunk.low == "(" for chunk in before)
            and any(chunk.name == "TIME" and chunk.item.zone for chunk in chunks[max(0, at - 3) : at + 3])
        )

    def _of_another(self, chunks: Sequence[Chunk], at: int) -> bool:
        """Whether the date bounds a stretch ("since May") rather than dating the event, or repeats it in GMT."""
        if chunks[at].end <= self._doc.dateline_end:
            return True
        if self._elsewhere_in_brackets(chunks, at):
            return True
        if any(chunk.low == "when" for chunk in chunks[at + 1 : at + 3]):
            return False
        if any(chunk.low in ("since", "until") for chunk in chunks[max(0, at - 9) : at]):
            return True
        if chunks[at].item.unit == "window" and chunks[at - 1].low == "from":
            return False
        return at > 0 and chunks[at - 1].low in _NOT_OF_THE_EVENT and chunks[at].item.kind != "offset"


def _of_another_party(sighting: Sighting, telling: Sequence[tuple[int, Sighting]]) -> bool:
    """Whether it names its own party, and that is none of those that the others tell of."""
    country = sighting.actor.country if sighting.actor is not None else None
    return country is not None and all(s.actor is not None and s.actor.country != country for _, s in telling)


def _distance(chunks: Sequence[Chunk], a: int, b: int) -> int:
    low, high = sorted((a, b))
    between = chunks[low + 1 : high]
    joints = sum(left.name == "COMMA" and right.name == "AND" for left, right in pairwise(between))
    return high - low + _JOINT * joints + sum(_BREAKS.get(chunk.name, 0) for chunk in between)


def joined(found: list[Sighting]) -> list[Sighting]:
    """Sightings of one sentence with a pronoun told together with the weapon before it ("... exploded after it rose
    ...").
    """
    kept: list[Sighting] = []
    for sighting in found:
        if (
            kept
            and sighting.pronoun
            and kept[-1].phrase is not None
            and kept[-1].phrase.kind == "weapon"
            and sighting.actor is None
        ):
            before = kept[-1]
            before.dates += sighting.dates
            before.times += sighting.times
            before.places += sighting.places
            before.measures += sighting.measures
            before.failed = before.failed or sighting.failed
            before.kind = "event" if "event" in (before.kind, sighting.kind) else before.kind
            before.rules = tuple(dict.fromkeys((*before.rules, *sighting.rules)))
            continue
        kept.append(sighting)
    return kept
