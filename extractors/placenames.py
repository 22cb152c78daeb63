"""Where the name of a place begins and ends: "the Shizunai firing range", "waters off Cape Ashizuri".

A name is read rightward from a word, over its parts ("the launch complex at Biscarrosse"), up to what cannot belong to
it. What it says of a launch is no matter here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from extractors.document import Document
from extractors.entries import Place, State
from extractors.text import Word, word_set


class Name(NamedTuple):
    """A place as written, without leading articles: offsets of the text and the word after it; `kind` of its entry.

    `proper`: it holds a name of its own ("the coast off Geoje"), not only what sort of place it is ("a mock target").
    """

    start: int
    end: int
    after: int
    kind: str
    country: str | None
    proper: bool


SEA_NOUNS = word_set("sea seas ocean oceans waters water gulf bay strait straits pacific atlantic surf channel")
SHORES = word_set("coast coasts shore shores headland cape peninsula")
SITE_NOUNS = word_set(
    """site centre center spaceport cosmodrome pad pads silo silos launchpad station range ranges complex polygon barge
    facility ground grounds platform pontoon launcher"""
)
_GEO = (
    SEA_NOUNS
    | SHORES
    | SITE_NOUNS
    | word_set(
        """zone desert base bases island islands islet islets airport airfield airfields airbase airstrip province
        provinces prefecture region regions area areas capital city cities town towns territory soil border frontier
        complex field fields mountain mountains hill hills hillside airspace exclave valley county counties district
        districts target targets villages village port harbour harbor ship ships submarine destroyer frigate warship
        depot refinery plant kibbutz settlement settlements lake vessel carrier atoll oblast governorate road peninsula
        suburb suburbs outskirts neighbourhood neighborhood terminal headquarters camp barracks outpost steppe tundra
        farmland orchard forest beach estuary river delta plain plateau archipelago garrison factory substation
        shipyard dockyard runway trench coastline state states dunes wadi gully canyon quarry thicket pier quay berth
        crossing bridge dam power hospital station pipeline reactor compound enclave strip triangle canal"""
    )
)
_LEADING = word_set(
    """the a an its their his her our my some this that these those same about around roughly nearly almost somewhere
    what two three four five six several both various many all open"""
)
_LINKS = word_set("of in near off on at along behind above beyond around")
_DIRECTIONS = word_set(
    """north south east west northeast northwest southeast southwest north-east north-west south-east south-west
    northern-east"""
)
_COMPASS = word_set(
    """northern southern eastern western central north-eastern north-western south-eastern south-western northeastern
    northwestern southeastern southwestern upper lower"""
)
_BREAKERS = word_set(
    """and or but nor which that who whom whose where when while whereas as after before since until because if
    unless although though so than then is are was were be been being am has have had do does did will would can
    could may might must shall should not never n't said says say told from for with without by during via using
    per to into onto toward towards against over above across under through around past beyond inside outside
    between late early yesterday today tonight tomorrow overnight again later earlier soon shortly just only also
    however instead according amid despite within including following once where's it he she they we you i there
    here yet ago away downrange long about killing beside facing fell hit struck sank rose flew came went took
    made gave sent broke blew ran lost led tore kept began caused found seen held built known apart time"""
)
_ING_NOUNS = word_set("landing firing training testing launching proving living mining housing shipping drilling ring")
_NOT_PLACES = word_set(
    """direction
    night nights morning mornings evening afternoon dawn dusk midnight noon response retaliation order total part
    parts particular fact series row answer years year months month weeks week hours hour minutes minute seconds days
    day time times presence attempt bid effort event case cases wake statement footage message low full power success
    failure sight first second third speed height altitude altitudes distance flight test tests drill drills exercise
    exercises launch front line end start middle violation defiance reply turn turns addition combat action history
    public private state-run national international council reporters media half quick succession waves
    wave volley volleys salvo barrage pairs detail details question revenge answer return person brief
    question orbit space air sky skies pieces flames fire vain anger place hand hands mode future past hope
    charge rapport talks office power secret doubt trouble force use service view favour favor light support
    custody need danger board course average least all once home work war peace risk stake issue record
    television tv radio video tape film page stage schedule track purpose trial duty leave guard alert foot
    behalf condition grounds paper rail way ways its itself themselves one ones them it
    moon mars sun earth stars"""
)
_VAGUE = word_set(
    """airfield desert airport pad silo ground zone water waters under range launcher ship submarine vessel port board
    deck road base tel site position place area facility platform target targets capital city town country territory
    region station border frontier field location province vehicle truck complex destroyer frigate warship centre
    center barge road highway state states power plant military railway open coast"""
)
_LOWER_TARGETS = word_set("target targets")
_TRAILING = _LINKS | _LEADING | word_set("and between") - word_set("open")
_LONGEST = 14  # words


class NameReader:
    """Reads place names in the words of one document."""

    def __init__(self, document: Document) -> None:
        self._doc = document
        self._words = document.words
        self._starts = [word.start for word in document.words]
        spans = [(d.start, d.end) for d in document.dates] + [(t.start, t.end) for t in document.times]
        self._timed = {
            at for start, end in spans for at in range(bisect_left(self._starts, start), bisect_left(self._starts, end))
        }
        self._measured = {
            at
            for m in document.measures
            for at in range(bisect_left(self._starts, m.start), bisect_left(self._starts, m.end))
        }
        self._people = {
            at
            for actor in document.actors
            if actor.kind in ("body", "office", "person")
            for at in range(bisect_left(self._starts, actor.start), bisect_left(self._starts, actor.end))
        }

    def word_at(self, offset: int) -> int:
        """Index of the first word that starts at or after an offset."""
        return bisect_left(self._starts, offset)

    def timed(self, at: int) -> bool:
        """Whether word `at` belongs to a date or a time."""
        return at in self._timed

    def measured(self, at: int) -> bool:
        """Whether word `at` belongs to a length."""
        return at in self._measured

    def person(self, at: int) -> bool:
        """Whether word `at` belongs to a body, an office or a person."""
        return at in self._people

    def read(self, at: int, limit: int) -> Name | None:
        """The place named from word `at` on and before word `limit`, or None where what stands there is no place."""
        while at < limit and (self._words[at].low in _LEADING or self._words[at].text in "\"'" or at in self._measured):
            at += 1
        if at < limit and self._words[at].low in _LINKS | {"to"} and at - 1 in self._measured:
            at += 1
            while at < limit and self._words[at].low in _LEADING:
                at += 1
        stop = self._stop(at, limit)
        while stop > at and self._words[stop - 1].low in _TRAILING:
            stop -= 1
        if stop <= at or not self._is_place(at, stop):
            return None
        start, end = self._words[at].start, self._words[self._told(at, stop) - 1].end
        end = max([end, *(m.end for m in self._doc.mentions_in(start, end, "place"))])
        text = self._doc.normal[start:end].rstrip(" .,\"'")
        proper = any(word.text[0].isupper() for word in self._words[at:stop])
        return Name(start, start + len(text), stop, *self._entry(start, end), proper)

    def _told(self, first: int, stop: int) -> int:
        """Where a name of the lexicon ends: what says where that lies is no part of it ("Sunan near Pyongyang")."""
        for at in range(first + 1, stop - 1):
            if self._words[at].low in _LINKS - {"of"}:
                known = self._doc.mentions_in(self._words[first].start, self._words[at].start, "place")
                return at if known else stop
        return stop

    # -- the end of the name -------------------------------------------------------------------------------------------

    def _stop(self, first: int, limit: int) -> int:
        at = first
        paired = self._words[first - 1].low == "between" if first else False
        while at < limit and at - first < _LONGEST:
            word = self._words[at]
            if at in self._timed or at in self._measured or self._names_people(at, first):
                break
            if at > first and word.start - self._words[at - 1].end > 1:
                break
            if word.low == "and" and paired and at > first and self._capital(at + 1, limit):
                paired = False
                at += 1
                continue
            if word.text == "." and at > first and self._abbreviated(at):
                at += 1
                continue
            if not word.text[0].isalnum():
                break
            if word.low in _LINKS:
                if at == first or not self._goes_on(at, limit):
                    break
                at += 1
                continue
            if word.low in _DIRECTIONS and at + 1 < limit and self._words[at + 1].low == "of":
                at += 2
                continue
            if self._breaks(at, first):
                break
            at += 1
        return at

    def _abbreviated(self, at: int) -> bool:
        """Whether the stop at word `at` ends an abbreviation within a name ("Dr. Abdul Kalam Island")."""
        before = self._words[at - 1]
        initials = all(len(part) == 1 and part.isupper() for part in before.text.split("."))
        short = initials or before.low in ("dr", "st", "mt", "ft")
        return short and at + 1 < len(self._words) and self._words[at + 1].text[0].isupper()

    def _names_people(self, at: int, first: int) -> bool:
        """Whether word `at` names a party that is no state; one that owns the place may open the name."""
        word = self._words[at]
        if at not in self._people or not word.text[0].isupper() or self._is_state(word):
            return False
        places = self._doc.mentions_in(word.start - 48, word.end, "place")
        if any(m.start <= word.start < m.end for m in places):
            return False
        return not (at == first and word.text.endswith("'s"))

    def _breaks(self, at: int, first: int) -> bool:
        word = self._words[at]
        if word.text[0].isupper():
            return False
        if word.low in _BREAKERS or (word.low in _LEADING and at > first and self._words[at - 1].low not in _LINKS):
            return True
        if word.low.endswith("ing") and len(word.low) > 4 and word.low not in _ING_NOUNS:
            return True
        if word.low.endswith("ly") and len(word.low) > 4 and at > first:
            return True
        return at > first and word.low.endswith("ed") and len(word.low) > 4 and self._words[at - 1].low not in _LEADING

    def _goes_on(self, at: int, limit: int) -> bool:
        """Whether the link word at `at` opens a further part of the name."""
        after = at + 1
        while after < limit and self._words[after].low in _LEADING | _COMPASS:
            after += 1
        if after >= limit or after in self._timed or after in self._measured:
            return False
        word = self._words[after]
        if self._words[at].low == "of":
            return word.text[0].isalnum() and word.low not in _BREAKERS and word.low not in _NOT_PLACES
        if word.low in _NOT_PLACES or self._people_at(after):
            return False
        return word.text[0].isupper() or any(
            w.low.removesuffix("'s") in _GEO for w in self._words[after : min(limit, after + 3)] if w.text[0].isalnum()
        )

    def _people_at(self, at: int) -> bool:
        return at in self._people and not self._is_state(self._words[at])

    def _capital(self, at: int, limit: int) -> bool:
        while at < limit and self._words[at].low in _LEADING:
            at += 1
        return at < limit and self._words[at].text[0].isupper()

    def _is_state(self, word: Word) -> bool:
        return any(isinstance(m.entry, State) for m in self._doc.mentions_in(word.start, word.end, "state"))

    # -- whether it is one ---------------------------------------------------------------------------------------------

    def _is_place(self, first: int, stop: int) -> bool:
        words = self._words[first:stop]
        start, end = words[0].start, words[-1].end
        if words[0].low in _NOT_PLACES or words[-1].low in _NOT_PLACES or words[0].low == "any":
            return False
        if self._doc.normal[start:end] in ("North", "South"):
            return False
        if stop < len(self._words) and self._words[stop].low == "time" and words[-1].text[0].isupper():
            return False
        if any(m.kind in ("weapon", "noun") for m in self._doc.mentions_in(start, end)):
            return False
        if self._doc.mentions_in(start, end, "place"):
            return True
        plain = [word.low.removesuffix("'s") for word in words]
        if is_vague(plain) and not set(plain) & (SEA_NOUNS | SHORES):
            return False
        if self._named_state(start, end):
            return True
        heads, proper = self._heads(first, stop), any(word.text[0].isupper() for word in words)
        if words[0].low in heads and first in self._people:
            return False
        if heads & _GEO:
            return proper or bool(heads & (SEA_NOUNS | SHORES)) or not is_vague(list(heads))
        if any(at in self._people for at in range(first, stop)) or self._doc.mentions_in(start, end, "group"):
            return False
        names = [word for word in words if word.text[0].isupper() and not self._demonym(word)]
        return bool(names) and len(names) * 2 >= len(words) and names[0].low not in _NOT_PLACES

    def _heads(self, first: int, stop: int) -> set[str]:
        """The last words of the parts of a name: "launch site at Kusong" has "site" and "kusong"."""
        last = [at for at in range(first, stop) if at + 1 == stop or self._words[at + 1].low in _LINKS | _DIRECTIONS]
        return {self._words[at].low for at in last}

    def _demonym(self, word: Word) -> bool:
        return any(m.form == "demonym" for m in self._doc.mentions_in(word.start, word.end, "state"))

    def _named_state(self, start: int, end: int) -> bool:
        states = [m for m in self._doc.mentions_in(start, end, "state") if isinstance(m.entry, State)]
        if not any(not m.entry.organisation for m in states if isinstance(m.entry, State)):
            return False
        return states[-1].form != "demonym" and states[-1].end + 2 >= end

    def _entry(self, start: int, end: int) -> tuple[str, str | None]:
        kind, country = "", None
        for mention in self._doc.mentions_in(start, end, "state", "place"):
            entry = mention.entry
            if isinstance(entry, State) and not entry.organisation:
                country = country or entry.code
            elif isinstance(entry, Place):
                kind = kind or entry.kind
                country = country or (entry.country[0] if len(entry.country) == 1 else None)
        return kind, country


def is_vague(words: Sequence[str]) -> bool:
    """Whether the words name a thing that any place has ("the pad", "its base"), and no place."""
    return all(word in _VAGUE | _LEADING | _LINKS for word in words)
