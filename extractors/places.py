"""Where a launch came from and where it went: place phrases after the prepositions and verbs that give them their
role.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from extractors.chunks import Chunk, Row
from extractors.document import Document
from extractors.entries import Place, State
from extractors.text import word_set

Role = Literal["site", "landing"]


def sea_vessel(word: str) -> bool:
    """Whether the word is a ship that launches from where it is."""
    return word in _VESSELS


@dataclass(frozen=True, slots=True)
class PlacePhrase:
    """A place with its role; `text` as written without leading articles, offsets of that text. Higher `rank` wins."""

    role: Role
    text: str
    start: int
    end: int
    rank: int
    country: str | None
    chunk: int


_GEO = word_set(
    """sea seas ocean waters water coast coasts shore peninsula zone desert strait straits bay gulf range ranges site
    centre center spaceport cosmodrome pad silo base island islands airport airfield airfields province region area
    capital city town territory soil border ground complex facility station field mountain mountains airspace exclave
    valley county district target targets villages village port ship submarine destroyer frigate warship launcher
    launchpad port depot refinery plant kibbutz settlement settlements lake barge vessel carrier polygon atoll oblast
    governorate road tel"""
)
_SITE_NOUNS = word_set(
    "site centre center spaceport cosmodrome pad silo launchpad station range complex base polygon barge ground"
)
_SITE_WORDS = word_set("site position pad facility ground area point centre center base complex")
_SPOKEN = word_set(
    """rebuke rebukes condemnation condemnations protest protests call calls criticism reaction reactions response
    responses statement statements report reports footage comment comments praise support appeal anger outrage word
    away data images information objections support far km kilometres kilometers miles"""
)
_SEA_NOUNS = word_set("sea seas ocean waters water coast coasts shore gulf bay strait straits pacific atlantic")
_TARGET_NOUNS = word_set("target targets boat ship hulk vessel drone barge")
_LINKS = word_set(
    "of in near off inside outside between along on east west north south northeast northwest southeast southwest"
)
_NEW_PHRASE = word_set("the a an its his their some about this these")
_DANGLING = word_set(
    "some about roughly around nearly almost the a an early late and its his their first just on both all"
)
_VESSELS = word_set(
    "vessel ship destroyer submarine frigate warship cruiser warships submarines ships vessels carrier boat"
)
_ENDING_VERBS = word_set(
    "came occurred happened began pushed belonged for drew brought marked shows showed wrecking about"
)
_LOWER = word_set(
    "target targets city site station zone of factory military railway open territory country capital area areas"
)
_VAGUE = word_set(
    "airfield desert airport pad silo ground zone water under range launcher ship submarine vessel port board deck road base tel"  # noqa: E501
)
_NOT_PLACES = word_set(
    """night morning evening afternoon response retaliation order total part particular fact series row answer years
    months weeks hours minutes seconds days time presence attempt bid effort event case wake statement footage message
    low high full power success failure sight first second third range speed height altitude distance flight test
    drill exercise exercises launch front line end start middle violation defiance reply turn addition combat action
    world history public private television state-run national international security council reporters social media"""
)
_TRIM = re.compile(
    r"^(?:the|a|an|its|their|his|our|about|around|somewhere|some|what|this|that|same|two|three|several|as|least)\s+",
    re.IGNORECASE,
)
_ENDS_PHRASE = (
    "STOP", "COMMA", "DATE", "TIME", "MEASURE", "SAYS", "SUBORD", "WHEN", "WEAPON", "LAUNCHNOUN", "REL", "WITH", "BY",
    "LAUNCHED", "LAUNCHES", "LAUNCHING", "FLIGHT", "IMPACT", "INTERCEPT", "BE", "HAVE", "FUTURE", "CAN", "NOT",
    "LIFTOFF", "VERB",
    "FAIL", "AND", "INCLUDE", "TO", "FROM", "USED", "USES", "PRONOUN", "DETECT", "CONDUCTED",
)  # fmt: skip
_LONGEST = 9  # chunks
_LAUNCHING = (
    "LAUNCHED", "LAUNCH", "LAUNCHES", "LAUNCHING", "LAUNCHNOUN", "WEAPON", "LIFTOFF", "FLIGHT", "PRONOUN", "IMPACT",
    "PUTTED",
)  # fmt: skip
_TOWARD = word_set("toward towards into at onto against over across")


class PlaceReader:
    """Place phrases of the rows of one document."""

    def __init__(self, document: Document) -> None:
        self._doc = document

    def read(self, row: Row) -> list[PlacePhrase]:
        """All place phrases of a sentence that have a role, in text order."""
        found: list[PlacePhrase] = []
        for at, chunk in enumerate(row.chunks):
            phrase = None
            if (
                (chunk.name == "FROM" and self._of_launch(row, at))
                or (chunk.name == "LIFTOFF" and chunk.low.endswith(("from", "left", "departed")))
                or (chunk.name == "OF" and at and row.chunks[at - 1].low.endswith("pad"))
            ):
                phrase = self._phrase(row, at, "site", 5)
            elif (
                chunk.name == "AT"
                and at >= 2
                and row.chunks[at - 1].low in _SITE_WORDS
                and row.chunks[at - 2].low in ("launch", "firing", "test")
            ):
                phrase = self._phrase(row, at, "site", 4)
            elif chunk.name == "AT":
                phrase = self._at_phrase(row, at)
            elif chunk.name == "TO" and self._moves(row, at):
                phrase = self._phrase(row, at, "landing", 3)
            elif chunk.name in ("IMPACT", "USED", "USES"):
                phrase = self._phrase(row, at, "landing", 4)
            elif chunk.low in ("inside", "outside", "between", "west", "east", "north", "south"):
                phrase = self._beside(row, at)
            if phrase is not None and not (found and found[-1].end > phrase.start):
                found.append(phrase)
        return self._aimed(row, found)

    def _aimed(self, row: Row, found: list[PlacePhrase]) -> list[PlacePhrase]:
        """Beside an origin with "from", a range after "at" is the target."""
        if not any(p.role == "site" and row.chunks[p.chunk].name == "FROM" for p in found):
            return found
        return [
            PlacePhrase("landing", p.text, p.start, p.end, p.rank, p.country, p.chunk)
            if p.role == "site" and row.chunks[p.chunk].low == "at"
            else p
            for p in found
        ]

    def _of_launch(self, row: Row, at: int) -> bool:
        """Whether "from" goes with a launch word before it, or opens the sentence."""
        if row.chunks[at - 1].low in _SPOKEN:
            return False
        for chunk in reversed(row.chunks[max(0, at - 12) : at]):
            if chunk.name in _LAUNCHING:
                return True
            if chunk.name in ("AND", "SUBORD", "WHEN", "SAYS"):
                return False
        return at <= 1

    def _at_phrase(self, row: Row, at: int) -> PlacePhrase | None:
        word = row.chunks[at].low.rsplit(" ", 1)[-1]
        back = {chunk.name for chunk in row.chunks[max(0, at - 7) : at]}
        fell = bool(back & {"FLIGHT", "IMPACT", "INTERCEPT", "USED", "USES"})
        if word in _TOWARD:
            phrase = self._phrase(row, at, "landing", 2 if word in ("over", "across") else 5)
            if phrase and word == "at" and self._is_site(phrase, strict=not fell):
                return self._as_site(phrase, 4)
            return phrase
        phrase = self._phrase(row, at, "landing", 3)
        if phrase is None:
            return None
        low = {w.strip(".,'\"").removesuffix("'s") for w in phrase.text.lower().split()}
        sea = bool(low & _SEA_NOUNS) or self._kind(phrase) in ("sea", "strait")
        if not fell and (at <= 1 or not self._of_launch(row, at)):
            return None
        if sea_vessel(row.chunks[at - 1].low) and word in ("in", "off", "on"):
            return self._phrase(row, at, "site", 4)
        if word in ("off", "near", "in", "on") and not fell and not (sea and word in ("in", "off", "on")):
            if (
                self._is_site(phrase, strict=False)
                or word in ("off", "near")
                or self._kind(phrase) in ("city", "region")
            ):
                return self._as_site(phrase, 3)
            return None if word == "on" else self._as_site(phrase, 1)
        return phrase

    def _beside(self, row: Row, at: int) -> PlacePhrase | None:
        """ "inside Japan's zone", "west of Japan's island" after a fall."""
        back = {chunk.name for chunk in row.chunks[max(0, at - 7) : at]}
        if not back & {"FLIGHT", "IMPACT", "LAUNCHED", "LIFTOFF"}:
            return None
        phrase = self._phrase(row, at, "landing", 2)
        chunk = row.chunks[at]
        if phrase is None or chunk.low in ("inside", "outside", "between"):
            return phrase
        text = self._doc.text[chunk.start : phrase.end]
        return PlacePhrase("landing", text, chunk.start, phrase.end, 2, None, at)

    def _moves(self, row: Row, at: int) -> bool:
        """Whether "to" names a goal: "from X to Y", or right after a verb of launch or flight."""
        near = {chunk.name for chunk in row.chunks[max(0, at - 2) : at]}
        if near & {"LAUNCHED", "FLIGHT"}:
            return True
        return any(chunk.name == "FROM" for chunk in row.chunks[max(0, at - 7) : at]) and self._of_launch(row, at)

    def _as_site(self, phrase: PlacePhrase, rank: int) -> PlacePhrase:
        return PlacePhrase("site", phrase.text, phrase.start, phrase.end, rank, phrase.country, phrase.chunk)

    def _is_site(self, phrase: PlacePhrase, *, strict: bool) -> bool:
        low = [w.strip(".,'\"") for w in phrase.text.lower().split()]
        kind = self._kind(phrase)
        if kind in ("launch_site", "test_range"):
            return True
        if any(word in _TARGET_NOUNS for word in low):
            return False
        nouns = _SITE_NOUNS - {"base", "station", "complex"} if strict else _SITE_NOUNS
        return any(word in nouns for word in low)

    def _kind(self, phrase: PlacePhrase) -> str:
        for mention in self._doc.mentions_in(phrase.start, phrase.end, "place"):
            if isinstance(mention.entry, Place):
                return mention.entry.kind
        return ""

    def _phrase(self, row: Row, at: int, role: Role, rank: int) -> PlacePhrase | None:
        """The place named right after chunk `at`, or None where what follows is no place."""
        taken: list[Chunk] = []
        for chunk in row.chunks[at + 1 : at + 1 + _LONGEST]:
            if chunk.name in _ENDS_PHRASE or chunk.low in ("(", ")", '"', "—", "-"):
                if chunk.low == '"' and not taken:
                    continue
                if chunk.name == "TO" and taken and taken[-1].low in _SEA_NOUNS:
                    taken.append(chunk)
                    continue
                break
            if taken and (
                chunk.low in _NEW_PHRASE and taken[-1].name not in ("OF", "AT", "TO") and taken[-1].low not in _LINKS
            ):
                break
            if chunk.name == "ACTOR" and chunk.item.kind not in ("state", "group", "person"):
                break
            if chunk.low == "at" and role == "site" and taken and all(c.low in _VAGUE | _NEW_PHRASE for c in taken):
                taken.append(chunk)
                continue
            if chunk.low in _ENDING_VERBS and taken:
                break
            if chunk.name == "AT" and taken and self._ends_place(row, row.chunks.index(chunk)):
                break
            if chunk.name == "AT" and (not taken or chunk.low not in _LINKS):
                break
            if chunk.name == "WORD" and (
                chunk.low.endswith(("ing", "ly")) and len(taken) > 0 and chunk.low != "landing"
            ):
                break
            taken.append(chunk)
        while taken and (taken[-1].low in _LINKS or taken[-1].low in _DANGLING or taken[-1].name in ("AT", "OF", "TO")) and taken[-1].low not in (  # noqa: E501
            "east", "west", "north", "south",
        ):  # fmt: skip
            taken.pop()
        if taken and all(chunk.low in _VAGUE | _NEW_PHRASE | _LOWER for chunk in taken):
            return None
        if not taken or not self._is_place(taken) or (len(taken) <= 2 and role == "site" and taken[-1].low in _VAGUE):
            return None
        return self._built(taken, role, rank, at)

    def _ends_place(self, row: Row, at: int) -> bool:
        """Whether the preposition at chunk `at` opens something that is no place ("in the night")."""
        for chunk in row.chunks[at + 1 : at + 3]:
            if chunk.name in ("DATE", "TIME", "MEASURE", "LAUNCHNOUN") or chunk.low in _NOT_PLACES:
                return True
        return row.chunks[at + 1].low in ("a", "an") and row.chunks[at].low in ("in", "on")

    def _is_place(self, taken: Sequence[Chunk]) -> bool:
        start, end = taken[0].start, taken[-1].end
        if taken[-1].low in _NOT_PLACES or (taken[0].low in _NOT_PLACES and len(taken) == 1):
            return False
        if self._doc.mentions_in(start, end, "place"):
            return True
        if any(
            isinstance(m.entry, State) and not m.entry.organisation for m in self._doc.mentions_in(start, end, "state")
        ):
            return not any(m.kind in ("body", "office", "person") for m in self._doc.mentions_in(start, end))
        words = [chunk.low.removesuffix("'s") for chunk in taken]
        if any(word in _GEO for word in words):
            return True
        if any(m.kind in ("body", "office", "person", "group") for m in self._doc.mentions_in(start, end)):
            return False
        capitals = [c for c in taken if c.name == "WORD" and self._doc.text[c.start].isupper()]
        return bool(capitals) and len(capitals) * 2 >= len([c for c in taken if c.name == "WORD"]) - 1

    def _built(self, taken: Sequence[Chunk], role: Role, rank: int, at: int) -> PlacePhrase:
        start, end = taken[0].start, taken[-1].end
        if taken[-1].name in ("OWNER", "ACTOR", "PLACE") and self._doc.normal[end : end + 2] == "'s":
            end += 2
        text = self._doc.normal[start:end]
        while match := _TRIM.match(text):
            start += match.end()
            text = self._doc.normal[start:end]
        text = self._doc.text[start:end].rstrip(" .,\"”'’")
        return PlacePhrase(role, text, start, start + len(text), rank, self._country(start, end), at)

    def _country(self, start: int, end: int) -> str | None:
        for mention in self._doc.mentions_in(start, end, "state", "place"):
            entry = mention.entry
            if isinstance(entry, State) and not entry.organisation:
                return entry.code
            if isinstance(entry, Place) and len(entry.country) == 1:
                return entry.country[0]
        return None
