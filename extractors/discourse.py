"""From sightings to told launches: which mentions are the same launch, and when each took place.

Definite phrases look back to the launch in focus; another date, party or kind of weapon opens a new one; an undated
retelling joins what it fits. Two launches told as one are rarer in news than one told twice, so a sighting without a
date joins.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from extractors.clocks import FoundTime
from extractors.dates import FoundDate, Resolved, resolve
from extractors.document import Document
from extractors.entries import Noun, State, Weapon
from extractors.localtime import LocalTime
from extractors.nounphrases import ROUNDS, NounPhrase, related, special
from extractors.packs import Packs
from extractors.quantities import Count, Counted, Measure
from extractors.sightings import Sighting
from extractors.text import word_set

# Zones whose day can be one ahead of an outlet's UTC day.
_YEARS_OF = re.compile(r"\b(?:years|decades|months|history|lifetime|generation)\sof\s(?:\w+\s){0,2}$", re.IGNORECASE)
_LAUNCHING = re.compile(r"(?:\w+\s)?(?:launch|test|firing|attack|strike|raid|barrage|salvo)\w*\b")
# What comes before a day that bounds a stretch of time and is not the day of the event.
_WINDOW_OPENS = re.compile(
    r"\b(?:days|window|period|weeks?|fortnight|stretch)\s(?:\w+\s)?(?:beginning|starting|opening|opens|begins|starts|from)\s(?:on\s)?$",
    re.IGNORECASE,
)
_LONG_PAST = 150  # days
_OF_A_SALVO = 3  # sentences
_NAMING = 4  # sightings of a launch within which its weapon is named
_RETOLD = 3  # days in which a launch is still spoken of
_COMING = re.compile(
    r"\b(?:will|set|due|slated|scheduled|pencill?ed|planned|expected|booked|earmarked|next|to\s(?:fly|launch|lift|follow|be|stage)"
    r"|targeted|aims?|hopes?|plans?|down)\b",
    re.IGNORECASE,
)
_NOT_YET = re.compile(r"\b(?:will|would|is\sto|are\sto|due|scheduled|plans?|next|tomorrow|if)\b", re.IGNORECASE)
_ADVERBIAL = re.compile(
    r"\s*(?:[,.;:)]|$|(?:with|in|at|on|from|by|and|but|over|near|against|into|to|toward|towards|during|that|which|had|was)\b)"
)
_THAT = re.compile(r"(?:\b(\w+)\s)?\bthat\s$", re.IGNORECASE)
_REPORTING = word_set(
    """said says say saying confirmed announced reported told added noted claimed stated believed thought is was so
    disclosed revealed confirm announce report suggested insisted argued declared denied acknowledged conceded"""
)
_HAD = re.compile(r"\bhad\s")
_BOUND = re.compile(r"\b(?:by|until|till|since)\s(?:(?:late|early|mid|the)\s)?$", re.IGNORECASE)
# Whose soil others do not launch from: a launch from there is theirs.
LAUNCH_AT_HOME = word_set("PRK IRN YEM LBN PSE IRQ SYR RUS IND PAK CHN ISR SDN UKR BLR")
# Weak nouns that, with a day, name a launch by themselves once launches are spoken of.
_DATED_NOUNS = frozenset(
    ["return to flight", "debut", "maiden voyage", "maiden flight", "maiden mission", "maiden launch",
     "inaugural flight", "inaugural launch", "first flight", "demonstration flight", "test flight",
     "qualification flight", "outing"]
)  # fmt: skip
_INTO_SPACE = "space_launch_vehicle"
_SPACE_OR_UNSURE = frozenset({None, _INTO_SPACE, "projectile", "missile", "ballistic_missile"})
_ANY_ATTACK = word_set("strike strikes attack attacks raid raids assault assaults bombardment onslaught wave blitz")
_TALLIED = frozenset(["attempts", "launches", "tests", "trials", "flights", "firings", "tries", "missions"])
_FAR_EAST = frozenset(["PRK", "KOR", "JPN", "CHN", "TWN", "RUS", "AUS", "NZL"])


@dataclass(slots=True)
class Told:
    """A launch in the making: its sightings in text order and what they agree on.

    `near` is the day named last before an undated launch was first told, most likely its own.
    `country` is known from a party or, with `country_inferred`, from a place or a weapon; None where it is `disputed`.
    `date_from` is the found date that gave `date`; `date_inferred` where it stands elsewhere than with the launch.
    `times` and `measures` stand in sentences without a sighting, `counts` are tallies.
    """

    sightings: list[Sighting] = field(default_factory=list)
    country: str | None = None
    country_inferred: bool = True
    disputed: bool = False
    date: Resolved | None = None
    date_from: FoundDate | None = None
    date_inferred: bool = False
    weapon_class: str | None = None
    name: str | None = None
    planned: bool = False
    role: str = "weapon"
    like: Told | None = None
    single: bool = False
    near: Resolved | None = None
    times: list[FoundTime] = field(default_factory=list)
    measures: list[tuple[Measure, str]] = field(default_factory=list)
    counts: list[Counted] = field(default_factory=list)

    @property
    def first(self) -> Sighting:
        """The first sighting."""
        return self.sightings[0]


class Calendar:
    """The dates of a document resolved in text order, so that "a day earlier" has something to count from."""

    def __init__(self, document: Document) -> None:
        self._doc = document
        self._starts = [found.start for found in document.dates]
        self._resolved: list[Resolved | None] = []
        self._spoken: list[Resolved | None] = []  # the day or month spoken of last before each date, and after all
        last: Resolved | None = None
        for found in document.dates:
            self._spoken.append(last)
            value = self._of_that(found, last) or resolve(found, document.published, last=last)
            self._resolved.append(value)
            if value is not None and value.precision != "year":
                last = value
        self._spoken.append(last)

    def resolve(self, found: FoundDate, *, planned: bool, country: str | None, at_event: int) -> Resolved | None:
        """The date with the tense and the place of its launch taken into account."""
        at = bisect_left(self._starts, found.start)
        before = self._spoken[at]
        if found.unit == "hour" and self._doc.published:
            before = self._in_paragraph(found) or Resolved(self._doc.published, "day")
        if planned:
            day = resolve(found, self._doc.published, reach="future", last=before)
            window = _WINDOW_OPENS.search(self._doc.normal, max(0, found.start - 40), found.start)
            return Resolved(day.date.replace(day=1), "month") if day and window else day
        if named := self._of_that(found, before):
            return named
        if found.kind == "offset" and found.relative and self._opens_clause(found):
            return self._counted_from_event(found, before, at_event - found.end)
        day = resolve(found, self._doc.published, last=before, ahead=country in _FAR_EAST)
        if day and found.kind in ("day", "month") and found.year is None and self._to_come(found, day):
            return resolve(found, self._doc.published, reach="future", last=before)
        return day

    def _opens_clause(self, found: FoundDate) -> bool:
        """Whether "a day after" has its event behind it; "had hit the day before with ..." counts back."""
        ends = self._doc.normal[found.start : found.end].lower().endswith((" after", " before"))
        return ends and _ADVERBIAL.match(self._doc.normal, found.end) is None

    def _of_that(self, found: FoundDate, last: Resolved | None) -> Resolved | None:
        """ "That Sunday", "that December": of the day spoken of last; and nights that have named their day."""
        if last is None or found.kind not in ("weekday", "month") or found.year is not None or found.way:
            return self._of_that_night(found, last)
        that = _THAT.search(self._doc.normal, max(0, found.start - 40), found.start)
        if that is None or (that[1] or "").lower() in _REPORTING or last.precision == "year":
            return None
        if found.kind == "month" and found.month:
            year = last.date.year + (found.month < last.date.month)
            return Resolved(last.date.replace(year=year, month=found.month, day=1), "month")
        if found.kind == "weekday" and found.weekday is not None and last.precision == "day":
            return Resolved(last.date + timedelta((found.weekday - last.date.weekday()) % 7), "day")
        return None

    def _of_that_night(self, found: FoundDate, last: Resolved | None) -> Resolved | None:
        """ "Overnight" after its day: "in a story of Nov. 3 about an overnight attack", "It was shut on Sunday. Kyiv
        had fired ... overnight".
        """
        if found.part != "overnight" or found.kind != "offset" or last is None or last.precision != "day":
            return None
        at = bisect_left(self._starts, found.start)
        sentence = self._doc.sentence_at(found.start)
        since = sentence.start
        if _HAD.search(self._doc.normal, sentence.start, found.start):  # told from the day spoken of before
            since = self._doc.paragraphs[sentence.paragraph].start
        return last if at > 0 and self._starts[at - 1] >= since else None

    def _to_come(self, found: FoundDate, day: Resolved) -> bool:
        """Whether a day read as long past is one to come: "the next is pencilled in for December 7"."""
        published = self._doc.published
        if published is None or (published - day.date).days < _LONG_PAST:
            return False
        sentence = self._doc.sentence_at(found.start)
        return _COMING.search(self._doc.normal, max(sentence.start, found.start - 60), found.start) is not None

    def _counted_from_event(self, found: FoundDate, before: Resolved | None, before_event: int) -> Resolved | None:
        """ "a day after Kyiv fired ...": the launch lies that much before the day spoken of; longer stretches are
        rough.
        """
        following = self._doc.normal[found.end : found.end + 160].split(".")[0]
        if found.unit not in ("day", "hour") or (before_event < 0 or "," in following[: max(0, before_event)]):
            return None
        if found.amount == 0:
            return before or resolve(found, self._doc.published)
        base = before or (Resolved(self._doc.published, "day") if self._doc.published else None)
        inverse = FoundDate(found.start, found.end, "offset", unit="day", amount=-found.amount, relative=True)
        return resolve(inverse, self._doc.published, last=base)

    def _in_paragraph(self, found: FoundDate) -> Resolved | None:
        paragraph = self._doc.paragraphs[self._doc.sentence_at(found.start).paragraph]
        near = self.nearest_before(found.start, paragraph.start)
        return near[1] if near else None

    def nearest_before(self, offset: int, since: int, *, stated: bool = False) -> tuple[FoundDate, Resolved] | None:
        """The last day or month named between the two offsets; that of "Sunday's Mass" belongs to the Mass.

        The day of a statement counts only where `stated`.
        """
        for at in range(bisect_left(self._starts, offset) - 1, -1, -1):
            if self._starts[at] < since:
                return None
            end = self._doc.dates[at].end
            if end <= self._doc.dateline_end or (not stated and self._doc.peeled(self._doc.dates[at].start)):
                continue
            if _BOUND.search(self._doc.normal, max(0, self._starts[at] - 20), self._starts[at]):
                continue
            if self._doc.normal[end : end + 2] == "'s" and not _LAUNCHING.match(self._doc.normal, end + 3):
                continue
            value = self._resolved[at]
            if value is not None and value.precision in ("day", "month"):
                return self._doc.dates[at], value
        return None

    def next_after(self, offset: int, until: int) -> tuple[FoundDate, Resolved] | None:
        """The first day named between the two offsets, in no statement and not to come."""
        for at in range(bisect_left(self._starts, offset), len(self._starts)):
            if self._starts[at] >= until:
                return None
            value, found = self._resolved[at], self._doc.dates[at]
            if value is None or value.precision != "day" or self._doc.peeled(found.start):
                continue
            if self._doc.normal[found.end : found.end + 2] == "'s" or _NOT_YET.search(
                self._doc.normal, self._doc.sentence_at(found.start).start, self._doc.sentence_at(found.start).end
            ):
                continue
            return found, value
        return None


class Teller:
    """Groups the sightings of one document into told launches."""

    def __init__(self, document: Document, packs: Packs, *, about_launches: bool = False) -> None:
        """`about_launches`: the text looks back to a launch again and again, so that it tells of one somewhere."""
        self._doc = document
        self._packs = packs
        self._about_launches = about_launches
        self.calendar = Calendar(document)
        self._local = LocalTime(document)
        self.told: list[Told] = []
        self._focus: Told | None = None
        self._failing = -1  # paragraph in which a failure was told before its launch

    def tell(self, sightings: Sequence[Sighting]) -> list[Told]:
        """The launches, in order of their first sighting."""
        for sighting in sightings:
            self._place(sighting)
        return self.told

    def _place(self, sighting: Sighting) -> None:
        country = self._country(sighting)
        found, date = self._own_date(sighting, country or (self._focus.country if self._focus else None))
        if not self.told and sighting.pronoun and sighting.antecedent is not None and sighting.kind == "event":
            sighting.phrase, sighting.pronoun = sighting.antecedent, False
        if sighting.echo and (date is None or date.precision == "year"):
            return
        if date is not None and self._dates_the_telling(sighting, country, date):
            found = date = None
        match = self._salvo_of(sighting, date)
        if match is not None:
            match.date, date = (None, date) if match.date is None or self._is_first(sighting) else (match.date, None)
        elif match := self._put_off(sighting, date):
            match.date, match.planned = None, True
            for before in match.sightings:
                before.failed = False
        match = match or self._match(sighting, country, date)
        if match is None:
            if not self._opens(sighting, date):
                self._failing = sighting.paragraph if sighting.failed else self._failing
                return
            sighting.failed = sighting.failed or self._failing == sighting.paragraph
            match = self._opened(sighting)
            self.told.append(match)
        self._add(match, sighting, country, found, date)
        for other in sighting.each_day:
            self._split(match, other, country)
        if sighting.partner is not None and match.first is sighting:
            self._pair(match, sighting, sighting.partner)

    def _dates_the_telling(self, sighting: Sighting, country: str | None, date: Resolved) -> bool:
        """Whether a day soon after that of a launch told before is the day on which it was told of once more.

        So where a definite noun looks back ("confirmed the launches late on Monday"), or where the day stands in a
        clause of its own ("only on Monday did Seoul confirm that the North had fired ..."). Another launch would be
        "another", "a second" or "Monday's".
        """
        if date.precision != "day" or sighting.planned or sighting.order or sighting.echo:
            return False
        noun = sighting.noun
        looks_back = sighting.kind == "nominal" and sighting.definite and not sighting.attack
        looks_back = looks_back and noun is not None and noun.determiner in ("the", "this", "own") and noun.date is None
        aside = not sighting.dates and (sighting.kind == "event" or (sighting.kind == "flight" and sighting.definite))
        known = sighting.definite and sighting.kind != "nominal" and not sighting.name and not sighting.pronoun
        if not (looks_back or aside or known):
            return False
        told = [
            told
            for told in self.told
            if self._fits(told, sighting, country, None) and told.date is not None and told.date.precision == "day"
        ]
        if any(_same_date(other.date, date) for other in told if other.date is not None):
            return False
        near = [t for t in told if looks_back or 0 <= sighting.sentence - t.sightings[-1].sentence <= 2]
        if known:
            near = [t for t in near if not any(s.failed or s.postponed for s in t.sightings)]
        least = -_RETOLD if known else 0  # "had been launched in answer to the killing of a commander on Sunday"
        return any(least <= (date.date - t.date.date).days <= _RETOLD for t in near if t.date is not None)

    def _salvo_of(self, sighting: Sighting, date: Resolved | None) -> Told | None:
        """The salvo told right before of which "the first", "the second" or "the other" is a part."""
        told = self._focus
        if told is None or told.planned or date is None or "echo" not in sighting.rules or sighting.planned:
            return None
        if sighting.sentence - told.first.sentence > _OF_A_SALVO or date.precision != "day":
            return None
        counts = [
            phrase.count for s in told.sightings for phrase in s.phrases if phrase.kind == "weapon" and phrase.count
        ]
        if not any((count.low or 0) > 1 for count in counts):
            return None
        same = told.date is None or (told.date.precision == "day" and abs((told.date.date - date.date).days) <= 1)
        return told if same else None

    def _put_off(self, sighting: Sighting, date: Resolved | None) -> Told | None:
        """The launch put off before, for which another day is named ("It will try again on Thursday")."""
        if sighting.rules != ("try",) or date is None:
            return None
        off = (t for t in self.told if any(s.postponed or "guard.called_off" in s.guards for s in t.sightings))
        held = self._focus if self._focus is not None and "stayed" in self._focus.sightings[-1].rules else None
        if held is not None and held.date is None and sighting.sentence - held.sightings[-1].sentence <= 1:
            return held
        return next((told for told in off if told.date is not None and told.date.date < date.date), None)

    def _is_first(self, sighting: Sighting) -> bool:
        return self._doc.normal[sighting.start : sighting.end].lower() == "the first"

    def _split(self, told: Told, found: FoundDate, country: str | None) -> None:
        """ "On Friday and Saturday two missiles ...": one on each day."""
        sibling = replace(told, sightings=list(told.sightings), date_from=found)
        sibling.date = self.calendar.resolve(found, planned=told.planned, country=country, at_event=told.first.at)
        told.single = sibling.single = True
        self.told.append(sibling)

    def _pair(self, told: Told, sighting: Sighting, partner: NounPhrase) -> None:
        """ "A Yars and a Sineva": a launch of each."""
        own = replace(sighting, phrase=partner, extra=[], partner=None)
        sibling = replace(
            told, sightings=[own], weapon_class=partner.weapon_class, name=partner.name, role=partner.role
        )
        self.told.append(sibling)

    def _opened(self, sighting: Sighting) -> Told:
        """A new launch; one named by a bare noun ("the previous flight") is of the kind of the launch in focus."""
        told = Told(planned=sighting.planned, role=sighting.phrase.role if sighting.phrase else "weapon")
        told.name = None if self.told else self._rocket_before(sighting)
        self._stand_by(told, sighting)
        model = self._focus
        if model is not None and not any(p.kind == "weapon" or p.weapon_class for p in sighting.phrases):
            told.weapon_class, told.country = model.weapon_class, model.country
            told.name = model.name if model.weapon_class in ("projectile", "space_launch_vehicle") else None
            told.like = model
        return told

    def _rocket_before(self, sighting: Sighting) -> str | None:
        """The space rocket that "the rocket" stands for: the one named in the paragraph before it."""
        phrase = sighting.phrase
        if phrase is None or phrase.name or phrase.weapon_class not in ("projectile", None):
            return None
        if not phrase.definite and (phrase.determiner != "bare" or phrase.plural):
            return None
        named = self._doc.mentions_in(self._doc.paragraphs[sighting.paragraph].start, sighting.start, "weapon")
        rockets = {m.entry.name for m in named if isinstance(m.entry, Weapon) and m.entry.weapon_class == _INTO_SPACE}
        return rockets.pop() if len(rockets) == 1 else None

    def _stand_by(self, told: Told, sighting: Sighting) -> None:
        """The day named last before a launch, which is its own until its own words say another."""
        paragraph = self._doc.paragraphs[sighting.paragraph]
        near = self.calendar.nearest_before(sighting.at, paragraph.start if self.told else 0)
        if near is not None and near[1].precision == "day" and not (sighting.planned or near[0].relative):
            told.near = near[1]

    def _add(
        self, told: Told, sighting: Sighting, country: str | None, found: FoundDate | None, date: Resolved | None
    ) -> None:
        told.sightings.append(sighting)
        if sighting.actor is not None and sighting.actor.country and (told.country is None or told.country_inferred):
            told.country, told.country_inferred = country, sighting.actor.inferred
        elif told.country is None:
            told.country = country
        better = (
            told.date is None
            or told.date_inferred
            or (told.date.precision != "day" and date and date.precision == "day")
        )
        if date is not None and better:
            told.date, told.date_from, told.date_inferred = date, found, False
        told.weapon_class = special(told.weapon_class, sighting.weapon_class)
        if sighting.name and (told.name is None or len(sighting.name) > len(told.name)):
            told.name = sighting.name
        if sighting.kind == "event" and not sighting.planned and not sighting.definite:
            told.planned = False
        self._focus = told

    # -- what a sighting says ------------------------------------------------------------------------------------------

    def _country(self, sighting: Sighting) -> str | None:
        """The launching country by the party, the place of launch or the weapon's maker; None where nothing says so."""
        if sighting.actor is not None and sighting.actor.country:
            return self.state_of(sighting.actor.country)
        for place in sighting.places:
            if place.role == "site" and place.country in LAUNCH_AT_HOME and place.rank >= 3:
                return place.country
        entry = sighting.entry
        if entry is not None and len(entry.countries) == 1:
            return self.state_of(entry.countries[0])
        return None

    def state_of(self, code: str) -> str | None:
        """The state an actor's code stands for; France for the European Space Agency, none for other organisations."""
        state = self._packs.states.get(code)
        if isinstance(state, State) and state.organisation:
            return "FRA" if code in ("ESA", "EU") else None
        return code

    def _own_date(self, sighting: Sighting, country: str | None) -> tuple[FoundDate | None, Resolved | None]:
        """The most precise date of the sighting's own words; of equals the nearest."""
        best: tuple[int, int, FoundDate, Resolved] | None = None
        for found in sighting.dates or sighting.outside:
            date = self.calendar.resolve(found, planned=sighting.planned, country=country, at_event=sighting.at)
            if date is None:
                continue
            if date.precision == "day" and sighting.times:
                date = date._replace(date=self._local.day_at_home(date.date, found, sighting.times, country))
            rank = ("day", "month", "year").index(date.precision) if date.precision != "unknown" else 3
            candidate = (rank, abs(found.start - sighting.at), found, date)
            if best is None or candidate[:2] < best[:2]:
                best = candidate
        return (best[2], best[3]) if best else (None, None)

    def _opens(self, sighting: Sighting, date: Resolved | None) -> bool:
        """Whether the sighting may open a launch of its own."""
        phrase = sighting.phrase
        if not self.told and date is not None and self._leads(sighting, date):
            if sighting.spoken is not None and not sighting.pronoun:
                sighting.extra.append(replace(sighting.spoken, determiner="the", count=Count(1, 1), plural=False))
            return True
        if sighting.rules == ("try",):
            return date is not None and (bool(self.told) or self._armed())
        if sighting.echo:
            put_off = sighting.postponed and date is not None and self._is_past(date)
            return bool(self.told) and date is not None and not put_off
        if sighting.pronoun and date is not None and self._takes_up(sighting):
            return True
        if sighting.pronoun or phrase is None:
            return bool(self.told) and sighting.kind == "event" and date is not None
        if sighting.kind == "event":
            return phrase.determiner not in ("no", "each")
        if sighting.kind == "flight":
            return self._flight_opens(sighting, phrase, date)
        return self._nominal_opens(sighting, date)

    def _takes_up(self, sighting: Sighting) -> bool:
        """Whether "it" is another launch's weapon: "The last such missile did not get far. On May 3 it fell"."""
        before = sighting.antecedent
        return bool(self.told) and before is not None and before.order in ("last", "earlier", "ordinal")

    def _is_past(self, date: Resolved) -> bool:
        return self._doc.published is not None and date.date <= self._doc.published

    def _leads(self, sighting: Sighting, date: Resolved) -> bool:
        """Whether a dated sighting that names no weapon is the first word of the launch the text is about: "it left the
        airfield on Sunday", "the flight took place on Wednesday", "the first went on Monday".
        """
        if date.precision == "year":
            return False
        if any(p.kind == "weapon" for p in sighting.phrases):
            return sighting.echo and (sighting.failed or (sighting.planned and sighting.order != "next"))
        spoken = sighting.spoken
        several = spoken is not None and spoken.count is not None and (spoken.count.low or 0) > 1
        if sighting.echo and several and sighting.order != "next":
            return True
        noun = sighting.noun
        if sighting.pronoun:
            return self._about_launches and sighting.kind == "event"
        if noun is None or noun.noun in _ANY_ATTACK or noun.plural or not noun.definite or noun.order:
            return False
        return self._about_launches and spoken is not None and not sighting.planned

    def _flight_opens(self, sighting: Sighting, phrase: NounPhrase, date: Resolved | None) -> bool:
        """Whether what became of a weapon tells that it was launched."""
        nameless = sighting.actor is None and sighting.entry is None
        if sighting.rules == ("failed",) and nameless and not (self.told and date):
            return False
        if phrase.determiner == "each":
            return False
        if not self.told:
            return True
        if date is None:
            return False
        another = phrase.order != "" or sighting.failed or self._unlike_all(sighting, date)
        return not sighting.definite or another

    def _nominal_opens(self, sighting: Sighting, date: Resolved | None) -> bool:
        """Whether a noun of launching names a launch that was not told before."""
        noun = sighting.noun
        if noun is None:
            return False
        if noun.determiner == "bare" and noun.plural and date is None:
            return False
        if noun.plural and _YEARS_OF.search(self._doc.normal, max(0, noun.start - 40), noun.start):
            return False
        if date is None and noun.order in ("earlier", "last", "next", "another"):
            return False
        if any(p.weapon_class or p.name or p.kind == "weapon" for p in sighting.phrases):
            return date is not None or noun.determiner in ("a", "own", "the", "this", "count") or not noun.plural
        if self.told and noun.strong and not noun.plural and self._of_another_side(sighting):
            return True
        if self.told and date is not None and (sighting.each_day or (sighting.failed and noun.determiner == "own")):
            return True
        if noun.noun in _DATED_NOUNS and date is not None and self.told:
            return True
        if date is None or date.precision == "year":
            return noun.strong and not self.told and not noun.plural
        return noun.strong or (noun.order != "" if self.told else noun.date is not None and self._armed())

    def _of_another_side(self, sighting: Sighting) -> bool:
        """Whether a state that has launched nothing so far is said to own the launch ("in answer to Iran's test")."""
        country = self.state_of(sighting.actor.country) if sighting.actor and sighting.actor.country else None
        return country is not None and all(told.country not in (country, None) for told in self.told)

    def _unlike_all(self, sighting: Sighting, date: Resolved) -> bool:
        """Whether a dated weapon is of a kind, or of a day, that no launch told so far is of."""
        if sighting.weapon_class is None and sighting.name is None:
            return False
        return all(
            not _kinds_agree(told, sighting) or (told.date is not None and not _same_date(told.date, date))
            for told in self.told
        )

    def _armed(self) -> bool:
        """Whether the text speaks of a weapon that flies."""
        return any(
            isinstance(m.entry, Weapon | Noun) and m.entry.weapon_class not in (None, "other")
            for m in self._doc.mentions
        )

    # -- which launch --------------------------------------------------------------------------------------------------

    def _match(self, sighting: Sighting, country: str | None, date: Resolved | None) -> Told | None:
        fitting = [told for told in self.told if self._fits(told, sighting, country, date)]
        if not fitting:
            return None
        if date is not None and date.precision != "year":
            dated = [told for told in fitting if told.date is not None and _same_date(told.date, date)]
            if dated:
                return self._nearest(dated, sighting)
            restated = next((told for told in fitting if told.date is not None and told is self._focus), None)
            if restated is not None:
                restated.date = None
                return restated
            undated = [t for t in fitting if t.date is None and not _stands_apart(t, sighting, date)]
            if sighting.echo and sighting.order != "ordinal":
                return None
            undated = [t for t in undated if sighting.definite or sighting.sentence - t.first.sentence <= 2]
            if undated and (sighting.definite or not sighting.order):
                return self._nearest(undated, sighting)
            return None
        if sighting.order in ("earlier", "last", "next") and sighting.kind != "event":
            return None
        if sighting.order == "latest" and self.told[0] in fitting:
            return self.told[0]
        return self._nearest(fitting, sighting)

    def _nearest(self, fitting: Sequence[Told], sighting: Sighting) -> Told:
        """The launch in focus if it was told in this paragraph, else the one most told."""
        focus = self._focus
        if focus in fitting and focus is not None and focus.sightings[-1].paragraph == sighting.paragraph:
            return focus
        by_class = [t for t in fitting if sighting.weapon_class and t.weapon_class == sighting.weapon_class]
        return max(by_class or fitting, key=lambda told: len(told.sightings))

    def _fits(self, told: Told, sighting: Sighting, country: str | None, date: Resolved | None) -> bool:
        if country and told.country and country != told.country:
            return False
        if not _kinds_agree(told, sighting):
            return False
        if (
            told.name
            and sighting.name
            and not _names_agree(told.name, sighting.name)
            and (not _same_breath(told, sighting) or _each_fired(told.sightings[-1], sighting))
        ):
            return False
        if _is_tally(sighting) and date is None:
            return False
        if sighting.order == "another" and sighting.times and not sighting.definite:
            return False
        if sighting.phrase and (sighting.phrase.role == "target") != (told.role == "target") and sighting.weapon_class:
            return False
        if date is not None and told.date is not None and not _same_date(told.date, date):
            return told is self._focus and _restates(told, sighting, date)
        if date is not None and date.precision == "year" and told.date is None and _stands_apart(told, sighting, date):
            return False
        anaphor = sighting.definite and sighting.weapon_class is None and sighting.rules != ("try",)
        if sighting.planned != told.planned and not anaphor:
            return date is not None and told.date is not None and _same_date(told.date, date)
        return not (told.planned and sighting.kind == "flight")


def _restates(told: Told, sighting: Sighting, date: Resolved) -> bool:
    """Whether "the Hsiung Feng III" of Monday is "a missile" told right before with Tuesday, the day of the telling."""
    near = 0 < sighting.sentence - told.sightings[-1].sentence <= 2 and len(told.sightings) == 1
    told_first = told.name is None and not told.first.definite and sighting.name is not None
    plain = sighting.definite and sighting.kind == "event" and not sighting.order and not sighting.planned
    return near and told_first and plain and told.date is not None and (told.date.date - date.date).days == 1


def _stands_apart(told: Told, sighting: Sighting, date: Resolved) -> bool:
    """Whether a dated sighting, paragraphs away, names another day than the one an undated launch stands beside."""
    if told.near is None or sighting.paragraph == told.sightings[-1].paragraph:
        return False
    if told.first.kind == "nominal" and not sighting.order and date.precision != "year":
        return False
    return not _same_date(told.near, date) and abs((told.near.date - date.date).days) > 1


def _kinds_agree(told: Told, sighting: Sighting) -> bool:
    a, b = told.weapon_class, sighting.weapon_class
    if _into_space(told) and sighting.kind == "event" and not sighting.definite and b not in _SPACE_OR_UNSURE:
        return False
    if related(a, b):
        return True
    if b == "artillery_rocket" and special("missile", a) == a and _by_their_launchers(sighting):
        return True  # big rockets fly like missiles, and who detects them tells them as such
    if _same_breath(told, sighting):
        return True
    if (a == "surface_to_air_missile") != (b == "surface_to_air_missile"):
        return False
    if {a, b} == {"hypersonic_missile", "ballistic_missile"} and not (sighting.dates or sighting.order):
        return True  # what flies fast and low is told as either
    if sighting.kind != "nominal" and not sighting.definite and not _hedged(sighting):
        return False

    return special("missile", a) == a and special("missile", b) == b


def _into_space(told: Told) -> bool:
    """Whether what is called a mere rocket carries the name of one that flies into space."""
    return any(s.entry is not None and s.entry.weapon_class == _INTO_SPACE for s in told.sightings[:_NAMING])


def _each_fired(before: Sighting, sighting: Sighting) -> bool:
    """Whether two weapons of one sentence left from two places: "a Yars from Plesetsk and a Sineva from the sea"."""
    sites = [{place.text for place in one.places if place.role == "site"} for one in (before, sighting)]
    return before.kind == sighting.kind == "event" and all(sites) and sites[0].isdisjoint(sites[1])


def _by_their_launchers(sighting: Sighting) -> bool:
    """ "Twelve rounds from multiple rocket launchers", with no day of their own."""
    phrase = sighting.phrase
    return phrase is not None and phrase.noun in ROUNDS and not sighting.dates and not sighting.order


def _is_tally(sighting: Sighting) -> bool:
    """ "Three attempts", "two tests": several launches at once, which are none of those told one by one."""
    phrase = sighting.phrase
    counted = phrase is not None and phrase.kind == "launch" and phrase.determiner == "count" and phrase.plural
    return counted and phrase is not None and phrase.noun in _TALLIED


def _same_breath(told: Told, sighting: Sighting) -> bool:
    """Coordinated in one sentence: one salvo."""
    return told.sightings[-1].sentence == sighting.sentence and not sighting.dates


def _hedged(sighting: Sighting) -> bool:
    """ "A suspected ballistic missile": the same thing, seen by somebody less sure of it."""
    return sighting.phrase is not None and sighting.phrase.hedged


def _names_agree(a: str, b: str) -> bool:
    x, y = a.lower().replace(" ", "-"), b.lower().replace(" ", "-")
    return x.startswith(y) or y.startswith(x)


def _same_date(a: Resolved, b: Resolved) -> bool:
    if "year" in (a.precision, b.precision):
        return a.date.year == b.date.year
    if "month" in (a.precision, b.precision):
        return (a.date.year, a.date.month) == (b.date.year, b.date.month)
    return a.date == b.date
