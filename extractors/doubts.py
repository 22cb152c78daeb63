"""Doubts: whether a launch told is borne out, or only spoken of in a manner that reports none.

Frames read clauses one by one; what they take for a launch may be a habit ("the Houthis launched drones at ships"), a
war summed up, a figure of speech in somebody's mouth or a budget for 2032. Such readings have something in common that
no clause shows: nothing says when, how many or by whom, and the day beside them is that of something else.
"""

from __future__ import annotations

import re

from extractors.discourse import Told
from extractors.document import Document
from extractors.records import Launch
from extractors.sightings import Sighting

_SERIES = re.compile(
    r"\bso far this\b|\bsince (?:the|january|february|last|early|20|19|(?:march|april|may|june|july|august"
    r"|september|october|november|december) 20)|\bover the (?:past|last|years)"
    r"|\bin recent (?:years|months|weeks)|\b(?:series|run|spate|string|succession|spree|flurry) of\b"
    r"|\b(?:in|during|over) the (?:first|second|third|fourth|last|past|previous) (?:quarter|half)\b"
    r"|\btotal of\b|\bthis year\b|\bper (?:month|year)\b"
    r"|\b(?:missiles|rockets|drones|launches|attacks|times) a (?:day|night|week|month|year)\b"
    r"|\bevery (?:day|night|week|month|year)\b|\byears of\b|\brepeatedly\b|\bregularly\b|\broutinely\b|\bannual"
    r"|\b(?:night after night|day after day|month after month|week after week|year after year|in the past)\b"
    r"|\b(?:in|over|within|during|for) (?:\w+ )?(?:two|three|four|five|six|seven|eight|nine|ten|\d+)"
    r" (?:years|months|weeks)\b"
    r"|\b(?:in|during|throughout) the (?:[\w-]+ ){0,2}(?:war|conflict|campaign|invasion|intifada|decade|years)\b(?! on)"
    r"|\b(?:weeks|months|years|phases?|stages?) of the (?:[\w-]+ ){0,2}(?:war|conflict|campaign|invasion|siege)\b"
    r"|\b(?:in|during) (?:19|20)\d\d alone\b|\b(?:between|from) (?:19|20)\d\d (?:and|to) (?:19|20)\d\d\b"
    r"|\b\w+ times (?:since|in|over)\b|\bthroughout\b"
)
_PROJECTILE = r"(?:missile|rocket|drone|projectile|weapon|shell|launch|strike|attack|salvo|barrage)"
_IN_DISPUTE = re.compile(
    r"\bwhose " + _PROJECTILE + r"|\b(?:who|which (?:side|army|country|state)) (?:had |has |was |might have )?"
    r"(?:fired|launched|shot|sent|behind)\b|\borigins? of (?:the|that) " + _PROJECTILE + r"|\b"
    + _PROJECTILE + r"'s origins?\b|\bwhere (?:the|that) " + _PROJECTILE
    + r" (?:had |has )?(?:come|came|been fired|was fired)"
    r"|\b(?:blam|accus)(?:ed|es|ing) (?:each other|one another|the other)\b"
    r"|\b(?:traded|exchanged|swapped) (?:blame|accusations)"
)  # fmt: skip
_NOT_SETTLED = re.compile(
    r"\b(?:unclear|not clear|unknown|not known|uncertain|unsure|unresolved|disput\w+|undetermined|evidence|proof|"
    r"question|mystery|blam\w+|accus\w+|investigat\w+|remain\w*|whether|establish\w*|determin\w+|whose)\b"
)
_PRESENT = re.compile(r"(?!was\b|has\b|is\b)[a-z-]+s\b")
_HARM = re.compile(r"\b(?:kill|wound|injur|died|dead|damag|destroy|casualt|ablaze|on fire)\w*", re.IGNORECASE)
_PARTICULARS = 5  # that make up for a day
_TOO_MANY = 1000  # weapons, for one launch without a day
_FAR = 99  # sentences or paragraphs, where no day stands anywhere


class Doubter:
    """Doubts about the launches of one document."""

    def __init__(self, document: Document) -> None:
        self._doc = document

    def doubts(self, launch: Told, *, lead: bool) -> bool:
        """Whether the launch is rather not reported as an event."""
        if self.is_series(launch) or self._remote(launch):
            return True
        if any(s.dates for s in launch.sightings) or (launch.date is not None and not launch.date_inferred):
            return False
        if launch.date is None and not any(self._introduces(sighting) for sighting in launch.sightings):
            return True
        far = self._paragraphs_from_date(launch) > 1
        if all(self._vague(s, far=far, lead=lead) for s in launch.sightings):
            return True
        return launch.planned and self._sentences_from_date(launch) > 1

    def is_thin(self, told: Told, launch: Launch, *, titled: bool) -> bool:
        """Whether the only launch of an article has no day of its own and too few particulars to be news of one.

        Whoever reports a launch says when. Where that is left to the context, party, place, number, source, harm,
        weapon, headline and retelling must make up for it; talk, drills, shows and tales give one or two of them.
        """
        if any(s.dates for s in told.sightings) or (launch.date and self._sentences_from_date(told) == 0):
            return False
        if launch.date is not None and not told.date_inferred:
            return False
        sightings = told.sightings
        if told.times or told.measures or any(s.times or s.measures for s in sightings):
            return False
        particulars = (
            any(s.actor is not None and not s.actor.inferred for s in sightings),
            launch.launch_site is not None or launch.landing_area is not None,
            launch.attribution is not None,
            any(p.count is not None and p.determiner == "count" for s in sightings for p in s.phrases),
            any(s.kind == "event" for s in sightings),
            "weapon_class" not in launch.inferred,
            len(sightings) > 1,
            titled,
            any(self._harms(s) for s in sightings),
        )
        return sum(particulars) < _PARTICULARS

    def _harms(self, sighting: Sighting) -> bool:
        """Whether somebody is killed or hurt, or something hit, in its sentence."""
        sentence = self._doc.sentences[sighting.sentence]
        return _HARM.search(self._doc.normal, sentence.start, sentence.end) is not None

    def is_disputed(self, launch: Told) -> bool:
        """Whether the article asks who fired what fell ("no evidence as to who launched it", "traded blame")."""
        if any(s.actor is not None for s in launch.sightings):
            return False
        return any(
            _IN_DISPUTE.search(low) and _NOT_SETTLED.search(low)
            for s in self._doc.sentences
            if (low := self._doc.normal[s.start : s.end].lower())
        )

    def is_series(self, launch: Told) -> bool:
        """A summary of many launches over a long time ("more than 90 missiles in 2022")."""
        if len(launch.sightings) > 2:
            return False
        sighting = launch.first
        if not any(phrase.plural for phrase in sighting.phrases):
            return False
        own = any(launch.date_from in s.dates for s in launch.sightings) and not launch.date_inferred
        if own and launch.date is not None and launch.date.precision == "day":
            return False
        if any(p.count is not None and (p.count.low or 0) >= _TOO_MANY for p in sighting.phrases):
            return True
        sentence = self._doc.sentences[sighting.sentence]
        return _SERIES.search(self._doc.normal[sentence.start : sentence.end].lower()) is not None

    def _remote(self, launch: Told) -> bool:
        """Planned for a year to come, without a month: a programme, not a launch."""
        date, published = launch.date, self._doc.published
        return date is not None and published is not None and date.precision == "year" and date.date > published

    def _vague(self, sighting: Sighting, *, far: bool, lead: bool) -> bool:
        """Whether a mention without a day of its own says neither when nor how many or by whom; `far` from any."""
        if sighting.times or sighting.measures:
            return False
        phrase = sighting.phrase
        many = phrase is not None and phrase.kind == "weapon" and phrase.determiner == "bare" and phrase.plural
        if sighting.quoted and (many or sighting.actor is None):
            return True
        if sighting.perfect and not lead and (many or sighting.definite):
            return True
        return many and far and sighting.actor is None

    def _introduces(self, sighting: Sighting) -> bool:
        """Whether a mention tells, not in the present, of the firing of a weapon that it does not take for known."""
        if sighting.kind != "event" or sighting.quoted or _PRESENT.match(self._doc.normal, sighting.at):
            return False
        return sighting.phrase is not None and not sighting.phrase.definite

    def _sentences_from_date(self, launch: Told) -> int:
        """How many sentences before the launch the day stands that was taken for its own."""
        found = launch.date_from
        return launch.first.sentence - self._doc.sentence_at(found.start).index if found is not None else _FAR

    def _paragraphs_from_date(self, launch: Told) -> int:
        """The same in paragraphs."""
        found = launch.date_from
        return launch.first.paragraph - self._doc.sentence_at(found.start).paragraph if found is not None else _FAR
