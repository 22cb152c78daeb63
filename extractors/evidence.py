"""Weighed evidence: whether a weapon that no frame has read is launched where it stands.

News has more verbs than any list. What it rarely leaves out are the particulars: a day, an hour, a place, what was
carried, what was hit. Each is weak alone; together, around a weapon and in the absence of words of trade, talk and
display, they tell of a launch. The words of each kind stand in the pack as `cue` rules; the weights of what the
engine finds are here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from extractors.chunks import Chunk, Row
from extractors.dates import FoundDate, resolve
from extractors.document import Document
from extractors.grammar import Grammar
from extractors.nounphrases import NounPhrase

ENOUGH = 5
_DAY = 2
_DAY_BEFORE = 1  # the paragraph has a day, the sentence none
_SENTENCES = 3  # back to that day
_DEED = 2  # the weapon does something
_USED = 1  # somebody does something with it
_SUBJECT_DEEDS = frozenset(
    ["VERB", "FLIGHT", "SENDED", "PUTTED", "LIFTOFF", "IMPACT", "FAIL", "CRASH", "STAY", "USED", "LAUNCHED", "HALT",
     "INTERCEPT", "LOSE"]
)  # fmt: skip
_OBJECT_DEEDS = (_SUBJECT_DEEDS - {"LOSE"}) | {"SEND", "LAUNCH", "CONDUCTED", "PUT", "LAUNCHING", "SENDING"}
_UNTOLD = {
    "CAN": -3, "IF": -3, "NOT": -2, "DENY": -3, "MOCK": -4, "ENGINE": -4, "FICTION": -3, "SPORT": -3, "VENTURE": -3,
}  # fmt: skip
_IRREGULAR_DEEDS = frozenset(
    ["found", "met", "took", "paid", "won", "lost", "began", "gave", "did", "went", "flew", "left", "got",
     "got as far", "made", "came", "passed", "hit", "struck"]
)  # fmt: skip
_NOT_THE_DAY = ("since", "until", "till", "by", "before", "after", "than")
_COMING = frozenset(["FUTURE", "SCHED", "PLAN", "POSTPONE", "NOTICE"])
_PARTS = frozenset(
    ["stage", "stages", "booster", "boosters", "engine", "engines", "motor", "motors", "computer", "fairing", "nozzle",
     "debris", "wreckage", "warhead", "pieces", "parts", "fragments", "chunks", "remains", "crew", "half", "most",
     "truck", "trucks", "version", "variant", "model", "example", "turn", "battery", "launcher", "rain", "load"]
)  # fmt: skip
_INFINITIVES = frozenset(["WORD", "FLIGHT", "LAUNCH", "PUT", "SEND", "CONDUCT"])
_APPOSITION = 12  # chunks
_BEFORE, _AFTER = 5, 16  # chunks around the weapon in which a denial is about it
_REACH = 9  # chunks between the weapon and what it does
_WAYS = frozenset(["FROM", "ORBIT", "UPWARD"])
_DIRECTIONS = frozenset(["at", "into", "toward", "towards", "across", "over", "onto"])
_TURNED = frozenset(["came", "went", "followed", "rose", "flew", "climbed", "sailed", "comes", "goes"])
_ABOUT = frozenset(["of", "about", "on", "for", "against", "over", "like", "than", "between", "as"])


@dataclass(frozen=True, slots=True)
class Reading:
    """What the weighing found: the chunk of the weapon, the sum of the weights, and whether it is to come, has failed
    or is somebody's deed (`active`). `day` is the one the paragraph named before, where the sentence has none.
    """

    weapon: int
    weight: int
    planned: bool
    failed: bool
    active: bool
    day: FoundDate | None = None


@dataclass(frozen=True, slots=True)
class _Common:
    """What a sentence says for all of its weapons: the kinds of words and chunks in it, the sum of their weights."""

    cues: frozenset[str]
    names: frozenset[str]
    weight: int
    party: bool
    ahead: bool


def leans_ahead(found: FoundDate, published: date | None) -> bool:
    """Whether a day or month without its year lies much nearer ahead of the publication day than behind it."""
    if published is None or found.kind not in ("day", "month") or found.year is not None or found.way:
        return False
    behind, ahead = (resolve(found, published, reach=reach) for reach in ("past", "future"))
    if behind is None or ahead is None or ahead.date <= published:
        return False
    return 2 * (ahead.date - published).days < (published - behind.date).days


class Weigher:
    """Weighs the sentences of one document."""

    def __init__(self, document: Document, rules: Grammar) -> None:
        self._doc = document
        self._rules = rules
        self._dates = [found.start for found in document.dates]

    def best(self, row: Row, used: Collection[int], *, told: bool = False) -> Reading | None:
        """The weightiest weapon of the sentence that is not among the `used` chunks; None where none has enough.

        `told`: the text has told of a launch before, so that another is the likelier.
        """
        candidates = [i for i, c in enumerate(row.chunks) if i not in used and c.name == "WEAPON" and self._can_fly(c)]
        if not candidates:
            return None
        dated = self._dated(row)
        day = None if dated else self._day_before(row)
        if not dated and day is None:
            return None
        common = self._common(row)
        weight = common.weight + told + (_DAY if dated else _DAY_BEFORE)
        readings = [self._reading(row, at, common, weight) for at in candidates]
        found = max(readings, key=lambda reading: reading.weight)
        return replace(found, day=day) if found.weight >= ENOUGH else None

    def _can_fly(self, chunk: Chunk) -> bool:
        """Whether the chunk is a weapon that may have been launched; one in the dateline is a place."""
        phrase: NounPhrase = chunk.item
        if phrase.role not in ("weapon", "target") or phrase.determiner in ("no", "each"):
            return False
        return bool(phrase.weapon_class or phrase.name) and chunk.start >= self._doc.dateline_end

    def against(self, row: Row) -> bool:
        """Whether words of trade, display, transport or talk speak against a launch in the sentence."""
        words = self._doc.normal[row.sentence.start : row.sentence.end].lower()
        return any(cue.weight < 0 and cue.expression.search(words) for cue in self._rules.cues)

    def _common(self, row: Row) -> _Common:
        """What the sentence says for all of its weapons alike."""
        words = self._doc.normal[row.sentence.start : row.sentence.end].lower()
        found = [cue for cue in self._rules.cues if cue.expression.search(words)]
        cues = frozenset(cue.name for cue in found)
        ahead = any(c.name == "DATE" and leans_ahead(c.item, self._doc.published) for c in row.chunks)
        party = any(chunk.name in ("ACTOR", "OWNER") and chunk.item.country for chunk in row.chunks)
        weight = sum(cue.weight for cue in found) + ahead + len(row.names & {"TIME", "MEASURE", "LAUNCHNOUN"})
        return _Common(cues, row.names, weight, party, ahead)

    def _day_before(self, row: Row) -> FoundDate | None:
        """The day that the sentences right before, in the same paragraph, name."""
        since = self._doc.paragraphs[row.sentence.paragraph].start
        dates = self._doc.dates
        for at in range(bisect_left(self._dates, row.sentence.start) - 1, -1, -1):
            found = dates[at]
            near = row.sentence.index - self._doc.sentence_at(found.start).index <= _SENTENCES
            if found.start < since or not near or found.end <= self._doc.dateline_end:
                return None
            if found.kind in ("day", "weekday") and not found.relative and not self._doc.peeled(found.start):
                return None if self._doc.normal.startswith("'s", found.end) else found
        return None

    def _dated(self, row: Row) -> bool:
        """Whether the sentence names a day or month that does not merely bound a stretch of time."""
        return any(
            chunk.name == "DATE"
            and chunk.end > self._doc.dateline_end
            and chunk.item.kind != "year"
            and not (at and row.chunks[at - 1].low in _NOT_THE_DAY)
            and not self._doc.peeled(chunk.start)
            and not self._doc.normal.startswith("'s", chunk.end)
            for at, chunk in enumerate(row.chunks)
        )

    def _reading(self, row: Row, at: int, common: _Common, weight: int) -> Reading:
        chunks = row.chunks
        phrase: NounPhrase = chunks[at].item
        does = _deed_of(chunks, at) and not _spoken_about(chunks, at)
        used = _deed_with(chunks, at)
        counted = phrase.determiner == "count" and not phrase.partial
        weight += _DEED if does else _USED if used else 0
        weight += counted + (does and (counted or phrase.determiner == "a"))
        weight += common.party or (phrase.owner is not None and phrase.owner.country is not None)
        weight += bool(common.names & _WAYS) or _goes(chunks, at)
        weight += _untold(chunks, at, common.cues)
        weight += [chunk.name for chunk in chunks[at + 1 : at + 3]] == ["COMMA", "DATE"]  # "Electron, Thursday, ..."
        weight -= 2 * _given(chunks, at) + 3 * _aimed_at(chunks, at) + 2 * _spoken_about(chunks, at)
        weight -= phrase.determiner in ("bare", "each") and phrase.plural
        weight -= self._doc.quotation_at(chunks[at].start) is not None
        planned = not does and (bool(common.names & _COMING) or "coming" in common.cues or common.ahead)
        weight -= 2 * (planned and phrase.name is None and not common.party)  # "would be back in May with a rocket"
        failed = not planned and (bool(common.names & {"FAIL", "CRASH"}) or "loss" in common.cues)
        return Reading(at, weight, planned, failed, active=not does and (at == 0 or chunks[at - 1].name != "BY"))


def _untold(chunks: Sequence[Chunk], at: int, cues: Collection[str]) -> int:
    """What words of denial, condition and play near the weapon take away; what did not light is lost, not denied."""
    after = range(at + 1, min(at + _AFTER, len(chunks)))
    ends = next((i for i in after if chunks[i].name in ("SUBORD", "STOP")), after.stop)
    begins = next((i for i in range(at - 1, max(0, at - _BEFORE) - 1, -1) if chunks[i].name == "COMMA"), at - _BEFORE)
    near = {chunk.name for chunk in chunks[max(0, begins) : ends]}
    if any(chunk.name == "IF" for chunk in chunks[max(0, at - _AFTER) : at]):
        near.add("IF")
    if "loss" in cues:
        near -= {"NOT", "ENGINE"}
    return sum(least for name, least in _UNTOLD.items() if name in near)


def _spoken_about(chunks: Sequence[Chunk], at: int) -> bool:
    """Whether the weapon is a topic ("the price of a missile"); what a part of it does, it does itself."""
    before = chunks[at - 1].low if at else ""
    return before.rpartition(" ")[2] in _ABOUT and not (before == "of" and at > 1 and chunks[at - 2].low in _PARTS)


def _deed_of(chunks: Sequence[Chunk], at: int) -> bool:
    """Whether the weapon is the subject of a past verb, past an apposition or a place, or of one turned round before
    it ("from Plesetsk went a Soyuz").
    """
    if at and chunks[at - 1].name == "WITH":
        return False
    if any(chunk.low in _TURNED for chunk in chunks[max(0, at - 2) : at]):
        return True
    ahead, steps = at + 1, 0
    while ahead < len(chunks) and steps < _REACH:
        past = _past_aside(chunks, ahead)
        chunk = chunks[past]
        if chunk.name in _SUBJECT_DEEDS or chunk.low in _IRREGULAR_DEEDS:
            return True
        kept = chunk.name == "KEEP" and chunks[past + 1].low not in ("for", "by", "as")  # "a rocket meant for the town"
        if kept or chunk.name in ("STOP", "SUBORD", "COMMA", "WEAPON", *_COMING):
            return False
        ahead, steps = past + 1, steps + 1
    return False


def _past_aside(chunks: Sequence[Chunk], at: int) -> int:
    """The index after an aside between commas that starts at `at`, else `at`."""
    if chunks[at].name != "COMMA":
        return at
    ahead = range(at + 1, min(at + _APPOSITION, len(chunks)))
    return next((i + 1 for i in ahead if chunks[i].name == "COMMA"), at)


def _deed_with(chunks: Sequence[Chunk], at: int) -> bool:
    """Whether somebody does something to or with the weapon."""
    for chunk in reversed(chunks[max(0, at - 7) : at]):
        if chunk.name in ("STOP", "SUBORD", "KEEP"):
            return False
        if chunk.name in _OBJECT_DEEDS or chunk.name == "WITH":
            return True
    return False


def _aimed_at(chunks: Sequence[Chunk], at: int) -> bool:
    """Whether the weapon is the object of an infinitive ("agreed to scrap 2,692 missiles"): an aim, not an event."""
    for back in range(at - 1, max(0, at - 4), -1):
        if chunks[back].low == "to" and chunks[back + 1].name in _INFINITIVES and back + 1 < at:
            return True
        if chunks[back].name not in _INFINITIVES:
            return False
    return False


def _given(chunks: Sequence[Chunk], at: int) -> bool:
    """Whether the weapon is sent to somebody: "sent 20 missiles to Ukraine" is help, not an attack."""
    if chunks[at + 1].name != "TO" or not any(chunk.name == "SENDED" for chunk in chunks[max(0, at - 4) : at]):
        return False
    return any(chunk.name in ("ACTOR", "OWNER", "PLACE") for chunk in chunks[at + 2 : at + 5])


def _goes(chunks: Sequence[Chunk], at: int) -> bool:
    """Whether a way is told right after the weapon: "at Haifa", "into a field"."""
    return any(chunk.low in _DIRECTIONS for chunk in chunks[at + 1 : at + 6])
