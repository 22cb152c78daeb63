"""Sightings: every place in a text that tells of a launch, or looks back to one, with what its own words say.

Frames of the launch rules find them and guards drop or change them. Dates, times, places and lengths are shared out in
`extractors.slots`; what belongs together over sentences is settled in `extractors.discourse`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

from extractors.actors import Actor
from extractors.chunks import Chunk, Chunker, Row
from extractors.clocks import FoundTime
from extractors.dates import FoundDate
from extractors.document import Document
from extractors.ellipsis import with_elided
from extractors.entries import Body, Weapon
from extractors.evidence import Weigher, leans_ahead
from extractors.grammar import Grammar
from extractors.nounphrases import CLASS_ADJECTIVES, NounPhrase, PhraseFinder, related, special
from extractors.places import PlacePhrase
from extractors.quantities import Count, Measure
from extractors.subjects import has_coming_day, of_another_subject

Kind = Literal["event", "nominal", "flight"]


@dataclass(slots=True)
class Sighting:
    """One place in the text that tells of a launch.

    `start`..`end` is the evidence, `at` the offset of the verb or noun. `phrase` is the weapon, or the launch noun
    phrase where no weapon stands beside it; `extra` are noun phrases that say more of it; `outside` are dates of
    other clauses of the sentence. `definite`: it looks back. `echo`: it recalls another launch than the one told
    before. `antecedent`: the weapon a pronoun may stand for; `spoken`: the weapon last spoken of where its own words
    name none. `since`: where its clause begins, if its verb is left out. `partner`: another weapon, launched beside it
    and told apart ("a Yars and a Sineva"). `planned`, `failed`: what the guards say; `rules` and `guards` are ids.
    `measures` are (length, "distance" or "apogee").
    """

    sentence: int
    paragraph: int
    start: int
    end: int
    at: int
    kind: Kind
    rules: tuple[str, ...]
    phrase: NounPhrase | None
    extra: list[NounPhrase] = field(default_factory=list)
    actor: Actor | None = None
    definite: bool = False
    pronoun: bool = False
    planned: bool = False
    postponed: bool = False
    failed: bool = False
    stopped: bool = False
    attack: bool = False
    perfect: bool = False
    quoted: bool = False
    joint: bool = False
    echo: bool = False
    since: int = 0
    antecedent: NounPhrase | None = None
    spoken: NounPhrase | None = None
    partner: NounPhrase | None = None
    guards: tuple[str, ...] = ()
    dates: list[FoundDate] = field(default_factory=list)
    outside: list[FoundDate] = field(default_factory=list)
    each_day: list[FoundDate] = field(default_factory=list)
    times: list[FoundTime] = field(default_factory=list)
    places: list[PlacePhrase] = field(default_factory=list)
    measures: list[tuple[Measure, str]] = field(default_factory=list)

    @property
    def phrases(self) -> list[NounPhrase]:
        """The weapon phrase and those that say more of it."""
        return [self.phrase, *self.extra] if self.phrase else self.extra

    @property
    def weapon_class(self) -> str | None:
        """The class the words give."""
        found: str | None = None
        for phrase in self.phrases:
            found = special(found, phrase.weapon_class)
        return found

    @property
    def name(self) -> str | None:
        """The weapon's name, if given."""
        return next((phrase.name for phrase in self.phrases if phrase.name), None)

    @property
    def entry(self) -> Weapon | None:
        """The lexicon entry of the weapon's name."""
        return next((phrase.entry for phrase in self.phrases if phrase.entry), None)

    @property
    def noun(self) -> NounPhrase | None:
        """The noun phrase of launching ("Wednesday's launch"), if there is one."""
        return next((phrase for phrase in self.phrases if phrase.kind == "launch"), None)

    @property
    def order(self) -> str:
        """What the words say of its place among others: "another", "earlier", "last", "ordinal" ..., or ""."""
        return next((phrase.order for phrase in self.phrases if phrase.order), "")


class Dropped(NamedTuple):
    """A frame that a guard kept from telling of a launch."""

    guard: str
    start: int
    end: int


class RowSightings(NamedTuple):
    """The sightings of one sentence with the chunk index of each one's verb or noun, in text order."""

    row: Row
    found: list[tuple[int, Sighting]]


_ATTACK_NOUNS = frozenset(
    ["strike", "strikes", "attack", "attacks", "raid", "raids", "barrage", "barrages", "bombardment", "assault", "assaults",  # noqa: E501
     "salvo", "volley", "onslaught", "blitz", "bombardments"]
)  # fmt: skip
_SALVOS = frozenset(["salvo", "salvos", "salvoes", "volley", "volleys", "barrage", "barrages", "fusillade"])
_PREPOSITIONS = ("AT", "FROM", "OF", "WITH", "TO")
_CLAUSE_EDGES = ("STOP", "SUBORD", "WHEN", "WEAPON", "LAUNCHNOUN")
_CONDUCTING = ("PLAN", "CONDUCT", "CONDUCTS", "CONDUCTED", "CONDUCTING", "LAUNCH", "LAUNCHED", "LAUNCHES")
_TRIAL = re.compile(
    r"\b(?:tests?|tested|trials?|live[ -]fir\w+|exercises?|drills?|target (?:missile|drone)s?|range|fired from"
    r"|flights? of|evaluat\w+|experiments?|qualification|debut|maiden|first time)\b",
    re.IGNORECASE,
)
_OPENING = 3  # sentences
_FAR = 60  # chunks that a party may stand away from what it does
_SUPPOSED: Mapping[str, Any] = {"kind": "event", "voice": "active"}
_NO_LAUNCH_NOUNS = frozenset(["debut", "bid", "bids", "try", "wave", "waves", "countdown", "mission", "go"])
_ACTS = frozenset(["VERB", "FLIGHT", "SENDED", "PUTTED", "USED", "LIFTOFF", "IMPACT", "FAIL", "LAUNCHED", "INTERCEPT"])
_IDLE = ("MOCK", "CAN", "IF", "NOT", "DENY", "FUTURE", "SCHED", "PLAN", "FICTION")
_GAP = frozenset(["DATE", "AT", "COMMA", "TIME"])  # what may stand between "and" and the second weapon
_GAP_ENDS = frozenset(
    [
        "STOP",
        "SUBORD",
        "WHEN",
        "REL",
        "LAUNCHED",
        "LAUNCHES",
        "LAUNCHING",
        "SENDED",
        "FLIGHT",
        "IMPACT",
        "CRASH",
        "SAYS",
    ]
)
_PLAY = frozenset(["FICTION", "SPORT", "GARDEN"])
_PLAYFUL = 4  # different words of play in one article, one fewer where no force or ministry is named
_GRAVE = frozenset(["military", "command", "ministry"])
_DIRECTIONS = frozenset(
    ["into", "toward", "towards", "over", "across", "skyward", "aloft", "away", "deep into", "onto", "up", "upward",
     "out", "from", "into space", "into orbit", "through"]
)  # fmt: skip
_DETERMINERS = frozenset(["a", "an", "the", "their", "its", "his", "her"])
_TIMELESS = frozenset(
    ["flies", "travels", "covers", "reaches", "lands", "falls", "climbs", "comes in", "drops", "carries",
     "splashes down", "sails", "tops out", "strikes", "hits"]
)  # fmt: skip
_PAST = frozenset(
    ["left", "took", "rose", "went", "shot", "got", "flew", "broke", "came", "rode", "sprang", "leapt", "lit", "made",
     "burst", "tore", "sped", "began"]
)  # fmt: skip
_HOLDERS = frozenset(["WEAPON", "LAUNCHNOUN", "PRONOUN", "ECHO", "TRY", "NEWDATE", "INPENCIL", "COUNTDOWN"])
_TOLD = frozenset(["notified", "informed", "told", "warned", "tells", "asked", "notifies", "informs"])
_CALLED_OFF = frozenset(["called off", "scrubbed", "was scrubbed", "abandoned"])
_COUNTS = frozenset(["count", "account", "tally", "reckoning", "estimate", "estimates", "figures", "standards", "book"])
_ADMITS = re.compile(r"\b(?:admit\w*|acknowledg\w+|conced\w+|own(?:s|ed) up|apologi\w+)\b", re.IGNORECASE)
_FOREMOST = re.compile(r"\b(?:first|last|latest|maiden)\b", re.IGNORECASE)
_CALLED = (
    "called",
    "named",
    "dubbed",
    "known",
    "as",
    "type",
    "version",
    "variant",
    "latest",
    "the",
    "a",
    "its",
    "it",
    "calls",
    "which",
)


class SightingFinder:
    """Finds the sightings of one document; `dropped` lists what the guards refused."""

    def __init__(self, document: Document, rules: Grammar) -> None:
        self._doc = document
        self._rules = rules
        self.phrases = with_elided(document, PhraseFinder(document, rules).find())
        self._phrase_starts = [phrase.start for phrase in self.phrases]
        self.rows = Chunker(document, rules, self.phrases).rows()
        self._weigher = Weigher(document, rules)
        self.dropped: list[Dropped] = []
        self._code = rules.alphabet
        self._subject: Actor | None = None
        self._told = False  # a sentence before has told of a launch

    def find(self) -> list[RowSightings]:
        """One entry for each sentence that has any, in text order."""
        found: list[RowSightings] = []
        play = self._of_play()
        if play and self._words_of("FICTION") > 1:
            return found
        for row in self.rows:
            sightings = [pair for pair in self._in_row(row) if not play or self._in_earnest(row, pair[1])]
            self._told = self._told or any(_tells(sighting) for _, sighting in sightings)
            if sightings:
                found.append(RowSightings(row, sightings))
            self._remember_subject(row)
        return found

    def supposed_lead(self) -> RowSightings | None:
        """The launch that an article's opening tells of in words no frame knows: a weapon with an act and a day, in an
        article that goes on to speak of "the test", "the strike" or of a flight.
        """
        if self._of_play() or not self.speaks_of_a_launch():
            return None
        for number, row in enumerate(self.rows[:_OPENING]):
            near = self.rows[max(0, number - 1)].code + row.code + self.rows[min(number + 1, len(self.rows) - 1)].code
            if not any(self._code[name] in near for name in ("TIME", "DATE")) or self._asks(row):
                continue
            if any(name in self._code and self._code[name] in row.code for name in _IDLE) or self._weigher.against(row):
                continue
            for at, chunk in enumerate(row.chunks):
                if chunk.name == "WEAPON" and self._acts(row, at, chunk.item):
                    return RowSightings(row, [(at, self._sighting(row, "lead.supposed", _SUPPOSED, at, at))])
        return None

    def speaks_of_a_launch(self) -> bool:
        """Whether the text looks back to a launch at least twice: "the test", "Monday's strike", "that shot"."""
        back = [p for p in self.phrases if p.kind == "launch" and p.definite and p.noun not in _NO_LAUNCH_NOUNS]
        flown = sum(1 for row in self.rows for chunk in row.chunks if chunk.name in ("FLIGHT", "LIFTOFF", "FAIL"))
        return len(back) >= 2 or (len(back) == 1 and flown >= 1)

    def _acts(self, row: Row, at: int, phrase: NounPhrase) -> bool:
        if phrase.role not in ("weapon", "target") or phrase.determiner in ("no", "each"):
            return False
        if not (phrase.weapon_class or phrase.name):
            return False
        near = {chunk.name for chunk in row.chunks[max(0, at - 6) : at + 9]}
        return bool(near & _ACTS)

    def _of_play(self) -> bool:
        """Whether the article is about a film, a game, a match or a salad."""
        grave = any(actor.kind == "body" and actor.rank in _GRAVE for actor in self._doc.actors)
        return self._words_of(*_PLAY) >= (_PLAYFUL if grave else _PLAYFUL - 1)

    def _words_of(self, *names: str) -> int:
        """How many different words of these classes the article has."""
        rows = [row for row in self.rows if not row.names.isdisjoint(names)]
        return len({chunk.low for row in rows for chunk in row.chunks if chunk.name in names})

    def _in_earnest(self, row: Row, sighting: Sighting) -> bool:
        """Whether a party fires a weapon that is none of play ("when India fired cruise missiles on Sunday")."""
        party = sighting.actor is not None and sighting.actor.country is not None and not sighting.planned
        armed = sighting.weapon_class not in (None, "missile", "projectile", "artillery_rocket", "space_launch_vehicle")
        return party and armed and sighting.kind == "event" and self._code["DATE"] in row.code

    def _remember_subject(self, row: Row) -> None:
        """The last party a sentence speaks of as its subject, for "it" in the next."""
        for at, chunk in enumerate(row.chunks):
            if (
                chunk.name == "ACTOR"
                and chunk.end > self._doc.dateline_end
                and chunk.item.kind in ("state", "group", "body")
                and not self._oblique(row.chunks, at)
            ):
                self._subject = chunk.item
                return
        for at, chunk in enumerate(row.chunks):
            if chunk.name == "OWNER" and chunk.item.kind in ("state", "group", "body") and self._owns_arms(row, at):
                self._subject = chunk.item
                return
            if chunk.name in ("LAUNCHNOUN", "WEAPON") and chunk.item.owner is not None and chunk.item.owner.country:
                self._subject = chunk.item.owner
                return

    def _owns_arms(self, row: Row, at: int) -> bool:
        """Whether what the party at chunk `at` owns is a launch or a weapon: "the North's recent weapons tests"."""
        return any(chunk.name in ("LAUNCHNOUN", "WEAPON") for chunk in _until_comma(row.chunks, at + 1, 4))

    # -- frames --------------------------------------------------------------------------------------------------------

    def _in_row(self, row: Row) -> list[tuple[int, Sighting]]:
        if row.names.isdisjoint(_HOLDERS) or self._asks(row):
            return []
        classes = set(row.code)
        guarded: Mapping[int, Mapping[str, str]] | None = None
        found: list[tuple[int, Sighting]] = []
        used: set[int] = set()
        refused: set[int] = set()
        for frame in self._rules.frames.likely(classes):
            for match in frame.expression.finditer(row.code):
                slots = {name: match.start(name) for name in match.groupdict() if match.start(name) >= 0}
                trigger = slots.get("verb", slots.get("noun", slots.get("weapon", -1)))
                weapon = slots.get("weapon", -1)
                if {trigger, weapon} & used:
                    continue
                used.update({trigger, weapon} - {-1})
                guarded = self._guarded(row, classes) if guarded is None else guarded
                effects = {**guarded.get(weapon, {}), **guarded.get(trigger, {})}
                sighting = self._judged(row, frame.rule, frame.says, trigger, weapon, effects)
                if sighting is not None:
                    found.append((trigger, sighting))
                elif "drop" in effects.values():
                    refused.update({trigger, weapon})
        found += self._gapped(row, found, refused)
        if not any(_tells(s) or (s.echo and self._told) for _, s in found):
            weighed = self._weighed(row, refused, found)
            again = {at for at, _ in weighed}  # a weapon that tells of a launch recalls none
            found = [pair for pair in found if not (pair[1].echo and pair[0] in again)] + weighed
        return sorted(found, key=lambda pair: pair[0])

    def _gapped(
        self, row: Row, found: Sequence[tuple[int, Sighting]], refused: Collection[int]
    ) -> list[tuple[int, Sighting]]:
        """ "Fired missiles at Erbil on Monday and drones at Basra on Tuesday": the verb left out before the second."""
        chunks = row.chunks
        read = {phrase.start for _, sighting in found for phrase in sighting.phrases}
        for trigger, sighting in found:
            if sighting.rules != ("active",) or sighting.phrase is None or sighting.planned:
                continue
            end = next((i for i in range(trigger + 1, len(chunks)) if chunks[i].name in _GAP_ENDS), len(chunks))
            days = [i for i in range(trigger, end) if chunks[i].name == "DATE"]
            weapons = [i for i in range(trigger + 2, end) if chunks[i].name == "WEAPON" and i not in refused]
            weapons = [i for i in weapons if chunks[i].start not in read]
            for at in weapons if len(days) > 1 else ():
                joint = next((i for i in range(at - 1, trigger, -1) if chunks[i].name not in _GAP), trigger)
                if chunks[joint].name == "AND" and days[0] < joint < days[-1]:
                    second = self._sighting(row, "active", {"kind": "event", "voice": "active"}, at, at)
                    second.actor, second.since = sighting.actor, chunks[joint].start
                    return [(at, second)]
        return []

    def _weighed(
        self, row: Row, refused: Collection[int], found: Sequence[tuple[int, Sighting]]
    ) -> list[tuple[int, Sighting]]:
        """The launch that the particulars around a weapon tell of, where no frame has read it."""
        read = {phrase.start for _, sighting in found if not sighting.echo for phrase in sighting.phrases}
        taken = {at for at, chunk in enumerate(row.chunks) if at in refused or chunk.start in read}
        reading = self._weigher.best(row, taken, told=self._told)
        if reading is None:
            return []
        at = reading.weapon
        says = {"kind": "event", "voice": "weighed" if reading.active else "liftoff"}
        sighting = self._sighting(row, "evidence", says, at, at)
        sighting.planned, sighting.failed = reading.planned, reading.failed
        sighting.dates = [reading.day] if reading.day else []
        return [(at, sighting)]

    def _tests(self, row: Row) -> bool:
        """Whether the sentence speaks of a trial, in which an interceptor is what is launched, or the text of a target
        for one.
        """
        if any(phrase.role == "target" for phrase in self.phrases):
            return True
        return _TRIAL.search(self._doc.normal, row.sentence.start, row.sentence.end) is not None

    def _asks(self, row: Row) -> bool:
        return self._doc.normal[row.sentence.end - 1] == "?"

    def _guarded(self, row: Row, classes: Set[str]) -> dict[int, dict[str, str]]:
        """Chunk index -> {guard id: effect} of the guards that fire there."""
        fired: dict[int, dict[str, str]] = {}
        for guard in self._rules.guards.likely(classes):
            for match in guard.expression.finditer(row.code):
                fired.setdefault(match.start("at"), {})[guard.rule] = str(guard.says.get("effect", "drop"))
        return fired

    def _judged(
        self, row: Row, rule: str, says: Mapping[str, Any], trigger: int, weapon: int, effects: Mapping[str, str]
    ) -> Sighting | None:
        if rule == "means" and row.chunks[weapon].item.role == "payload":
            return None
        if "needs" in says and not self._borne_out(row, str(says["needs"]), trigger, weapon):
            return None
        if weapon >= 0 and of_another_subject(self._doc, row, rule, trigger, weapon):
            return None
        phrase = row.chunks[weapon if weapon >= 0 else trigger].item
        if isinstance(phrase, NounPhrase) and phrase.determiner == "no":
            effects = {**effects, "guard.negated": "drop"}
        if isinstance(phrase, NounPhrase) and phrase.role == "interceptor" and not self._tests(row):
            effects = {**effects, "guard.interception": "drop"}
        if rule == "liftoff" and self._kept(row, trigger):
            effects = {guard: effect for guard, effect in effects.items() if effect != "planned"}
        if "planned" in effects.values():
            effects = {guard: effect for guard, effect in effects.items() if guard != "guard.purpose"}
        if "loose" in effects.values() and not has_coming_day(self._doc, row):
            effects = {**effects, "guard.preparing": "drop"}
        if self._general(row, rule, trigger, weapon):
            effects = {**effects, "guard.general": "drop"}
        refused = [guard for guard, effect in effects.items() if effect == "drop"]
        if refused:
            chunk = row.chunks[trigger]
            self.dropped += [Dropped(guard, chunk.start, chunk.end) for guard in refused]
            return None
        sighting = self._sighting(row, rule, says, trigger, weapon)
        sighting.guards = tuple(effects)
        sighting.planned = bool({"planned", "loose"} & set(effects.values())) or "postponed" in effects.values()
        sighting.postponed = "postponed" in effects.values()
        sighting.failed = "failed" in effects.values() or bool(says.get("failed"))
        sighting.planned = sighting.planned or bool(says.get("planned"))
        if says.get("voice") == "echo":
            self._recalled(row, trigger if trigger >= 0 else weapon, sighting)
        return sighting

    def _kept(self, row: Row, trigger: int) -> bool:
        """Whether a past form says that the rocket went, so that "will" or "would" before it speaks of something
        else ("a rocket that nobody would describe left the pad").
        """
        first = row.chunks[trigger].low.split()[0]
        past = first.endswith("ed") or first in _PAST
        return past and row.chunks[trigger - 1].name not in ("HAVE", "BE", "FUTURE", "TO")

    def _general(self, row: Row, rule: str, trigger: int, weapon: int) -> bool:
        """Whether the frame speaks of what is at any time, or has mistaken who does what.

        "Before a missile is tested" and "the missile flies at Mach 5" tell of no launch; headlines, which speak in the
        present of what has happened, are one sentence without a title of its own. In "the Rockets fired their coach"
        and "a jet with missiles flew past" the weapon is not what is launched or flies.
        """
        chunks = row.chunks
        if rule == "passive.reduced":
            return chunks[trigger + 1].low in _DETERMINERS or chunks[trigger + 1].low.isdigit()
        if rule == "failed" and chunks[trigger].name == "LOSE":
            return bool(chunks[weapon].item.weapon_class == "attack_drone")
        if rule == "flight" and weapon < trigger and weapon > 0 and chunks[weapon - 1].name == "WITH":
            return True
        headline = not self._doc.title and len(self._doc.sentences) < 2
        if rule not in ("passive", "flight", "active") or headline:
            return False
        if rule == "active":
            return chunks[trigger].name == "LAUNCHES" and chunks[max(0, trigger - 1)].low in ("each", "which", "that")
        if any(self._code[name] in row.code for name in ("DATE", "TIME")):
            return False
        near = [chunk.low for chunk in chunks[max(0, trigger - 3) : trigger + 1]]
        return any(low in ("is", "are") for low in near) or (rule == "flight" and near[-1] in _TIMELESS)

    def _borne_out(self, row: Row, needs: str, trigger: int, weapon: int) -> bool:
        """Whether the words around a frame of open words make a launch of it."""
        chunks = row.chunks
        phrase = chunks[weapon].item if weapon >= 0 else None
        if isinstance(phrase, NounPhrase) and phrase.kind == "weapon" and phrase.role not in ("weapon", "target"):
            return False
        if needs in ("direction", "motion") and self._weigher.against(row):
            return False
        if needs == "direction":
            between = {chunk.name for chunk in chunks[trigger + 1 : weapon]}
            goes = any(chunk.low in _DIRECTIONS for chunk in _until_comma(chunks, weapon + 1, 5))
            return goes and not between & {"OF", "AT", "FROM", "WITH", "BY", "TO", "AND", "COMMA"}
        if needs == "motion":
            ahead = _until_comma(chunks, trigger + 1, 12)
            goes = any(chunk.name in ("FROM", "ORBIT") or chunk.low in _DIRECTIONS for chunk in ahead)
            return goes and any(self._code[name] in row.code for name in ("TIME", "DATE", "MEASURE"))
        if needs == "salvo":
            told = isinstance(phrase, NounPhrase) and phrase.noun in _SALVOS
            return told and chunks[weapon + 1].name != "OF" and "$" not in chunks[weapon].low
        if needs == "since":
            before = self._doc.normal[max(row.sentence.start, chunks[trigger].start - 90) : chunks[trigger].start]
            return chunks[trigger].low == "since" and _FOREMOST.search(before) is not None
        if chunks[trigger].low in ("the last time", "last time") and trigger and chunks[trigger - 1].low == "for":
            return False
        dated = self._code["DATE"] in row.code and any(c.name == "DATE" and not c.item.relative for c in chunks)
        return dated and (needs == "date" or (isinstance(phrase, NounPhrase) and self._told_apart(row, weapon, phrase)))

    def _told_apart(self, row: Row, at: int, phrase: NounPhrase) -> bool:
        """Whether a weapon phrase is another than the one told of: "the maiden H3", "an earlier missile"."""
        if phrase.kind == "launch" or (at and row.chunks[at - 1].name in ("OF", "WITH", "BY")):
            return False
        if phrase.order == "another" and phrase.determiner == "bare":
            return False
        if phrase.order in ("earlier", "last", "next", "ordinal", "another"):
            return True
        if phrase.name and any(self._code[name] in row.code for name in ("FAIL", "LOSE", "LIFTOFF")):
            return True
        return "same " in self._doc.normal[max(0, phrase.start - 12) : phrase.start + 9].lower()

    def _recalled(self, row: Row, at: int, sighting: Sighting) -> None:
        """What the sentence says of the launch it recalls: it failed, or is to come."""
        chunks = row.chunks
        sighting.echo = True
        sighting.actor = None
        ends = (i for i in range(at + 1, len(chunks)) if chunks[i].low == ";" or chunks[i].name == "ECHO")
        after = chunks[at + 1 : next(ends, len(chunks))]
        names = {chunk.name for chunk in after}
        sighting.failed = sighting.failed or bool({"FAIL", "CRASH", "LOSE"} & names)
        sighting.postponed = sighting.postponed or any(c.name == "POSTPONE" or c.low in _CALLED_OFF for c in after)
        coming = bool({"FUTURE", "SCHED", "PLAN"} & names)
        coming |= any(c.name == "DATE" and leans_ahead(c.item, self._doc.published) for c in after)
        sighting.planned = sighting.planned or sighting.order == "next" or coming
        if sighting.phrase is None:
            end = chunks[at].end
            sighting.phrase = NounPhrase(
                chunks[at].start, end, chunks[at].start, "launch", "the", strong=True, order="earlier"
            )
        sighting.definite = True

    def _sighting(self, row: Row, rule: str, says: Mapping[str, Any], trigger: int, weapon: int) -> Sighting:
        chunks = row.chunks
        target = chunks[weapon] if weapon >= 0 else chunks[trigger]
        phrase = target.item if isinstance(target.item, NounPhrase) else None
        indices = [i for i in (trigger, weapon) if i >= 0]
        sighting = Sighting(
            row.sentence.index, row.sentence.paragraph, chunks[min(indices)].start, chunks[max(indices)].end,
            chunks[trigger].start, says["kind"], (rule,), phrase,
            pronoun=target.name == "PRONOUN", stopped=bool(says.get("stopped")),
        )  # fmt: skip
        sighting.definite = phrase.definite if phrase else True
        if rule == "orbit":
            sighting.extra += [
                c.item for c in chunks[max(0, trigger - 4) : trigger] if c.name == "WEAPON" and c.item is not phrase
            ]
        if weapon >= 0 and phrase is not None and phrase.kind == "weapon":
            self._beside(chunks, weapon, sighting)
        self._named_by(chunks, weapon if weapon >= 0 else trigger, sighting)
        noun = chunks[trigger].item
        if isinstance(noun, NounPhrase) and noun.kind == "launch":
            sighting.attack = noun.noun in _ATTACK_NOUNS
            if noun is not phrase:
                sighting.extra.append(noun)
                sighting.definite = noun.definite and phrase is not None and phrase.determiner != "a"
        sighting.actor = self._actor(row, str(says.get("voice", says["kind"])), trigger, weapon, sighting)
        if sighting.pronoun:
            sighting.antecedent = self._weapon_before(sighting.start)
        if not any(p.kind == "weapon" or p.weapon_class or p.name for p in sighting.phrases):
            sighting.spoken = self._spoken_before(sighting.start)
            if rule == "active.salvo" and sighting.spoken is not None:
                sighting.extra.append(replace(sighting.spoken, determiner="the", count=None, name=None, entry=None))
        sighting.quoted = self._doc.quotation_at(sighting.at) is not None
        sighting.perfect = any(chunk.low in ("has", "have") for chunk in chunks[max(0, trigger - 3) : trigger])
        return sighting

    def _weapon_before(self, offset: int) -> NounPhrase | None:
        """The last single weapon spoken of before an offset, in this sentence or the one before."""
        sentence = self._doc.sentence_at(offset)
        since = self._doc.sentences[max(0, sentence.index - 1)].start
        at = bisect_right(self._phrase_starts, offset) - 1
        while at >= 0 and self.phrases[at].start >= since:
            phrase = self.phrases[at]
            if phrase.kind == "weapon" and phrase.role in ("weapon", "target") and not phrase.plural:
                return phrase
            at -= 1
        return None

    def _spoken_before(self, offset: int) -> NounPhrase | None:
        """The last weapon spoken of before an offset, not more than a few sentences back."""
        since = self._doc.sentences[max(0, self._doc.sentence_at(offset).index - _OPENING)].start
        last = bisect_right(self._phrase_starts, offset)
        near = [phrase for phrase in self.phrases[max(0, last - _FAR) : last] if phrase.start >= since]
        weapons = (p for p in reversed(near) if p.kind == "weapon" and p.role in ("weapon", "target"))
        return next(weapons, None)

    def _beside(self, chunks: Sequence[Chunk], weapon: int, sighting: Sighting) -> None:
        """Appositions, parts and partners of the weapon phrase at chunk `weapon`."""
        phrase: NounPhrase = chunks[weapon].item
        if weapon >= 2 and chunks[weapon - 1].name == "COMMA" and chunks[weapon - 2].name == "WEAPON":
            before: NounPhrase = chunks[weapon - 2].item
            if _says_more(phrase, before):
                sighting.extra.append(before)
                sighting.definite = before.definite
                sighting.start = min(sighting.start, before.start)
        self._partner(chunks, weapon, sighting)
        at = weapon + 1
        while (
            at < len(chunks)
            and at - weapon < 7
            and (chunks[at].name == "COMMA" or chunks[at].low in (*_CALLED, "(", ")"))
        ):
            at += 1
        if at >= len(chunks):
            return
        if chunks[at].name == "INCLUDE" and chunks[at + 1].name == "WEAPON":
            self._included(phrase, chunks[at + 1].item, sighting)
        elif chunks[at].name == "WEAPON" and at > weapon + 1 and chunks[at + 1].name != "AND":
            other: NounPhrase = chunks[at].item
            if _says_more(phrase, other):
                sighting.extra.append(other)
        elif chunks[at].name == "OF" and chunks[at + 1].name == "WEAPON" and at > weapon + 1:
            sighting.extra.append(chunks[at + 1].item)
        elif chunks[at].name == "AND" and at == weapon + 1:
            sighting.joint = _joint_total(phrase, chunks, at + 1)
            if chunks[at + 1].name == "WEAPON" and _told_apart(phrase, chunks[at + 1].item):
                sighting.partner = chunks[at + 1].item

    def _partner(self, chunks: Sequence[Chunk], weapon: int, sighting: Sighting) -> None:
        """ "Drones and missiles", "cruise missiles, along with a rocket": the class named first stands for the
        salvo.
        """
        at = weapon - 1
        if at < 1 or chunks[at].name not in ("AND", "INCLUDE", "PUTTING"):
            return
        part = chunks[at].name == "INCLUDE"
        at -= 2 if chunks[at - 1].name == "COMMA" and at >= 2 else 1
        if chunks[at].name != "WEAPON":
            return
        second: NounPhrase = chunks[weapon].item
        first: NounPhrase = chunks[at].item
        if part and first.determiner == "bare" and first.weapon_class in (None, "missile", "projectile"):
            return
        if _told_apart(first, second):
            sighting.partner = second
        sighting.phrase = first
        sighting.start = min(sighting.start, first.start)
        sighting.definite = first.definite
        sighting.joint = second.determiner == "bare" and first.determiner in ("count", "bare") and second.plural

    def _named_by(self, chunks: Sequence[Chunk], at: int, sighting: Sighting) -> None:
        """A weapon that the sentence says it was: "identified it as the Hwasong-12", "carried by an Unha-3 rocket"."""
        if chunks[at].name == "BE" and chunks[at + 1].name == "WEAPON":
            sighting.extra.append(chunks[at + 1].item)
        for i in range(at + 1, min(at + 30, len(chunks) - 1)):
            if chunks[i].name in ("STOP", "SUBORD"):
                return
            if chunks[i].low in ("at first", "first", "initially", "earlier"):
                return
            adjective = CLASS_ADJECTIVES.get(chunks[i + 1].low)
            if adjective and sighting.phrase is not None and chunks[i].low in ("as", "be", "an", "of"):
                sighting.extra.append(replace(sighting.phrase, weapon_class=adjective, name=None, entry=None))
            if chunks[i + 1].name == "WEAPON" and (
                chunks[i].low in ("as", "called", "named", "dubbed") or (chunks[i].name == "BY" and i - at < 4)
            ):
                sighting.extra.append(chunks[i + 1].item)
                if i + 3 < len(chunks) and chunks[i + 2].name == "COMMA" and chunks[i + 3].name == "WEAPON":
                    sighting.extra.append(chunks[i + 3].item)
                return

    def _included(self, phrase: NounPhrase, part: NounPhrase, sighting: Sighting) -> None:
        """ "Missiles, including an ICBM": with no kind said of the whole, the part stands for it."""
        if phrase.determiner == "bare" and phrase.weapon_class in (None, "missile", "projectile"):
            sighting.phrase = part

    # -- who launches --------------------------------------------------------------------------------------------------

    def _actor(self, row: Row, voice: str, trigger: int, weapon: int, sighting: Sighting) -> Actor | None:
        chunks = row.chunks
        agent = self._agent(chunks, trigger, 5) if voice == "nominal" else self._agent(chunks, max(trigger, weapon), 11)
        if agent is not None:
            return agent
        owned = [phrase for phrase in sighting.phrases if phrase.owner]
        if voice == "nominal":  # "Ukraine's firing of British missiles"
            owned.sort(key=lambda phrase: phrase.kind != "launch")
        owner = next(map(_launching_owner, owned), None)
        if voice == "active":
            return self._subject_of(row, trigger) or owner
        if voice == "weighed":
            return owner or self._subject_of(row, trigger)
        if owner is not None and owner.country:
            return owner
        if voice == "passive" and weapon >= 0 and chunks[trigger - 1].name in ("ACTOR", "PRONOUN", "HAVE"):
            return self._subject_of(row, trigger)
        if voice == "passive" and (owning := self._owns_up(row, trigger)):
            return owning
        if voice == "nominal" and any(chunk.name in _CONDUCTING for chunk in chunks[max(0, trigger - 6) : trigger]):
            return self._subject_of(row, trigger)
        return None

    def _owns_up(self, row: Row, trigger: int) -> Actor | None:
        """The party that admits what follows ("India has admitted that a missile was fired by accident")."""
        near = row.chunks[max(0, trigger - _FAR) : trigger]
        if not near or _ADMITS.search(self._doc.normal, near[0].start, near[-1].end) is None:
            return None
        return next((c.item for c in near if c.name == "ACTOR" and _launches(c.item)), None)

    def _agent(self, chunks: Sequence[Chunk], at: int, reach: int) -> Actor | None:
        """ "by X" soon after the verb or noun."""
        for i in range(at + 1, min(at + 1 + reach, len(chunks) - 1)):
            if chunks[i].name in ("STOP", "SUBORD"):
                return None
            if chunks[i].name == "BY":
                near = (j for j in range(i + 1, min(i + 5, len(chunks) - 1)) if chunks[j].name in ("ACTOR", "OWNER"))
                return next(
                    (chunks[j].item for j in near if _launches(chunks[j].item) and not _counts(chunks, j)), None
                )
        return None

    def _subject_of(self, row: Row, trigger: int) -> Actor | None:
        """The party before the verb that is not in a prepositional phrase; of a coordinated pair the first."""
        chunks = row.chunks
        for at in range(trigger - 1, -1, -1):
            chunk = chunks[at]
            if chunk.name in _CLAUSE_EDGES:
                break
            if chunk.name == "PRONOUN":
                return self._antecedent(chunks, at)
            if chunk.end <= self._doc.dateline_end:
                break
            if self._is_subject(chunks, at):
                paired = at >= 2 and chunks[at - 1].name == "AND" and chunks[at - 2].name == "ACTOR"
                first = at - 2 if paired and _launches(chunks[at - 2].item) else at
                return chunks[first].item  # type: ignore[no-any-return]
        return self._possessor(chunks, trigger) or self._clause_subject(chunks[trigger].start)

    def _is_subject(self, chunks: Sequence[Chunk], at: int) -> bool:
        """Whether the chunk is a party that may do what the verb says, and none that is told, warned or evaded."""
        chunk = chunks[at]
        if chunk.name not in ("ACTOR", "OWNER") or not _launches(chunk.item) or self._oblique(chunks, at):
            return False
        evaded = at > 1 and chunk.name == "OWNER" and chunks[at - 1].name == "WORD" and chunks[at - 2].low == "to"
        return not evaded and not (at and chunks[at - 1].low in _TOLD)

    def _possessor(self, chunks: Sequence[Chunk], trigger: int) -> Actor | None:
        """The party of the noun right before the verb: "the navy of Iran launched"."""
        for at in range(max(1, trigger - 4), trigger):
            of = chunks[at].name in ("ACTOR", "PLACE", "OWNER") and chunks[at - 1].low in ("of", "the")
            if of and _launches(chunks[at].item):
                return chunks[at].item  # type: ignore[no-any-return]
        return None

    def _clause_subject(self, offset: int) -> Actor | None:
        clause = self._doc.clause_at(offset)
        return clause.subject if clause.subject and _launches(clause.subject) else None

    def _antecedent(self, chunks: Sequence[Chunk], at: int) -> Actor | None:
        for back in range(max(0, at - _FAR), at):
            chunk = chunks[back]
            if chunk.end <= self._doc.dateline_end:
                continue
            if chunk.name == "SAYS" and chunk.item.speaker is not None and _launches(chunk.item.speaker):
                return chunk.item.speaker  # type: ignore[no-any-return]
            if (
                chunk.name == "ACTOR"
                and chunk.item.kind in ("state", "group", "body")
                and _launches(chunk.item)
                and not self._oblique(chunks, back)
            ):
                return chunk.item  # type: ignore[no-any-return]
        return self._subject

    def _oblique(self, chunks: Sequence[Chunk], at: int) -> bool:
        before = at - 1
        while before >= 0 and chunks[before].low in ("the", "a", "an"):
            before -= 1
        return before >= 0 and chunks[before].name in _PREPOSITIONS


def _launching_owner(phrase: NounPhrase) -> Actor | None:
    """Whose a weapon is; the owner of a satellite has launched it only where nothing speaks for another."""
    return replace(phrase.owner, inferred=True) if phrase.owner and phrase.role == "payload" else phrase.owner


def _tells(sighting: Sighting) -> bool:
    """Whether a sighting tells of a launch, so that nothing need be weighed."""
    if sighting.echo or sighting.phrase is None:
        return False
    flies = sighting.phrase.kind == "weapon" and sighting.phrase.role != "payload"
    return sighting.kind == "event" or (sighting.kind == "flight" and flies)


def _until_comma(chunks: Sequence[Chunk], at: int, most: int) -> Sequence[Chunk]:
    """Up to `most` chunks from `at`, to the end of the clause."""
    for end in range(at, min(at + most, len(chunks))):
        if chunks[end].name in ("COMMA", "STOP", "SUBORD", "WHEN", "SAYS"):
            return chunks[at:end]
    return chunks[at : at + most]


def _counts(chunks: Sequence[Chunk], at: int) -> bool:
    """ "By the air force's count": no agent."""
    return any(chunk.low in _COUNTS for chunk in chunks[at + 1 : at + 4])


def _launches(actor: Actor) -> bool:
    """Whether the party can be a launching side."""
    if isinstance(actor.entry, Body):
        return actor.entry.launches or actor.entry.kind not in (
            "media",
            "council",
            "organisation",
            "company",
            "legislature",
            "police",
        )
    if actor.kind in ("office", "person"):
        return actor.country is not None and actor.rank in (
            "head_of_state",
            "head_of_government",
            "monarch",
            "military",
            "official",
            "",
        )
    return actor.country is not None or actor.kind in ("state", "group")


def _says_more(phrase: NounPhrase, other: NounPhrase) -> bool:
    if phrase.name and other.name and phrase.name != other.name:
        return False
    if phrase.determiner == "count" and other.determiner == "count":
        return False
    return related(phrase.weapon_class, other.weapon_class) and other.plural in (phrase.plural, False)


def _told_apart(first: NounPhrase, second: NounPhrase) -> bool:
    """Whether two single weapons joined by "and" are two launches: of other names, or of kinds that are not akin."""
    if first.determiner not in ("a", "another") or second.determiner not in ("a", "another"):
        return False
    if second.role == "payload" or first.role == "payload":
        return False
    named = first.name is not None and second.name is not None and first.name != second.name
    return named or not related(first.weapon_class, second.weapon_class)


def _joint_total(phrase: NounPhrase, chunks: Sequence[Chunk], at: int) -> bool:
    """ "300 drones and missiles": one count for both."""
    following = chunks[at]
    counted = phrase.count is not None and phrase.determiner != "bare" and phrase.count != Count(1, 1)
    return counted and following.name == "WEAPON" and following.item.determiner == "bare" and following.item.plural
