"""Noun phrases of weapons and of launches: "at least two short-range ballistic missiles", "Wednesday's launch".

A phrase is read leftward from its head: adjectives, owner, count and determiner. Its class comes from the words
alone; a weapon's name is kept apart.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from extractors.actors import Actor
from extractors.dates import FoundDate
from extractors.document import Document
from extractors.entries import Body, Noun, Weapon
from extractors.grammar import Grammar
from extractors.packs import Mention
from extractors.quantities import Count, number, read_count
from extractors.text import Word, word_set

Determiner = Literal["a", "the", "this", "own", "another", "each", "no", "count", "bare"]

# From general to special; of related classes the special one wins.
PARENT: dict[str, str | None] = {
    "crbm": "ballistic_missile", "srbm": "ballistic_missile", "mrbm": "ballistic_missile", "irbm": "ballistic_missile",
    "icbm": "ballistic_missile", "slbm": "ballistic_missile", "ballistic_missile": "missile",
    "cruise_missile": "missile",
    "anti_ship_missile": "cruise_missile", "hypersonic_missile": "missile", "surface_to_air_missile": "missile",
    "missile": "projectile", "artillery_rocket": "projectile", "space_launch_vehicle": "projectile",
    "attack_drone": None,
    "projectile": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NounPhrase:
    """A weapon or a launch as a noun phrase; offsets of the whole of it.

    `determiner` "a", "the", "this", "own" (a possessive), "another", "each", "no", "count" or "bare". `count` is what
    the words say of the number of weapons, None where they say nothing. `weapon_class` comes from the words; `name`
    is the weapon's name as written, `entry` its lexicon entry. `date` is that of "Wednesday's launch". `strong` marks
    nouns that name a launch on their own. `order` is "another", "earlier", "last", "next", "latest", "ordinal" or "".
    """

    start: int
    end: int
    head: int
    kind: Literal["weapon", "launch"]
    determiner: Determiner
    count: Count | None = None
    partial: bool = False
    plural: bool = False
    weapon_class: str | None = None
    name: str | None = None
    entry: Weapon | None = None
    owner: Actor | None = None
    date: FoundDate | None = None
    strong: bool = False
    order: str = ""
    noun: str = ""
    role: str = "weapon"
    hedged: bool = False

    @property
    def definite(self) -> bool:
        """Whether the phrase looks back to something known."""
        return self.determiner in ("the", "this", "own", "each") and self.order not in ("another", "next")


def related(a: str | None, b: str | None) -> bool:
    """Whether one class is the other or an ancestor of it; an unknown class is related to all."""
    return a is None or b is None or a in _line(b) or b in _line(a)


def special(a: str | None, b: str | None) -> str | None:
    """The more special of two related classes; the first where they are not related."""
    if a is None or b is None:
        return a or b
    return b if a in _line(b) else a


def _line(name: str | None) -> Iterator[str]:
    while name:
        yield name
        name = PARENT.get(name)


_THE = word_set("the that those these this both")
_OWN = word_set("its their his her our whose")
_STOP_WORDS = word_set(
    """of in on at from to into onto toward towards by with without for over under off near across against about between
    during and or but while when where which who whom that as after before since if because is are was were be been
    being has have had do does did will would can could may might must shall should said says it he she they we i you
    not than including involving called named dubbed known following like via per"""
)
_ED_ADJECTIVES = word_set(
    """unidentified suspected unarmed upgraded improved advanced so-called modified armed alleged presumed unspecified
    unnamed purported combined fuelled fueled guided powered propelled sophisticated long-delayed armoured claimed
    repeated renewed failed planned continued reported attempted successful unexpected aborted crewed uncrewed manned
    unmanned redesigned unprecedented coordinated co-ordinated delayed unified dedicated supposed scheduled long-awaited
    extended latest limited botched sustained"""
)
_DETERMINERS: dict[str, Determiner] = {
    **dict.fromkeys(_THE, "the"), **dict.fromkeys(("this", "these", "that", "those"), "this"),
    "a": "a", "an": "a", "any": "a", "another": "another", "each": "each", "every": "each", "no": "no",
}  # fmt: skip
_ORDER = {
    "another": "another", "further": "another", "other": "another", "additional": "another", "separate": "another",
    "more": "another", "fresh": "another", "earlier": "earlier", "previous": "earlier", "prior": "earlier",
    "last": "last",
    "next": "next", "latest": "latest", "subsequent": "another", "first": "ordinal", "second": "ordinal",
    "third": "ordinal",
    "fourth": "ordinal", "fifth": "ordinal", "sixth": "ordinal", "seventh": "ordinal", "eighth": "ordinal",
    "past": "earlier",
    "recent": "latest", "smaller": "earlier", "similar": "another", "larger": "another", "bigger": "another",
    "upcoming": "next", "maiden": "ordinal", "forthcoming": "next", "failed": "failed",
}  # fmt: skip
_SINGLE = frozenset(["launch", "flight", "test", "mission", "attack", "strike"])
CLASS_ADJECTIVES = {
    "submarine-launched": "slbm", "sub-launched": "slbm", "submarine-based": "slbm", "anti-ship": "anti_ship_missile",
    "hypersonic": "hypersonic_missile", "intercontinental": "icbm", "ballistic": "ballistic_missile",
    "cruise": "cruise_missile",
    "short-range ballistic": "srbm",
}  # fmt: skip
_HEDGES = word_set("suspected presumed apparent possible likely unidentified appeared seemed believed single reported")
_ING_ADJECTIVES = word_set(
    "incoming existing attacking remaining ageing aging exploding loitering approaching following flying"
)
_MODALS = word_set("to will would can could may might not n't never shall should must")
_SALVO_OF = word_set(
    """salvo volley barrage series string flurry wave fusillade hail swarm spate burst batch number range pair trio
    handful blitz torrent storm shower rain cascade onslaught bombardment deluge stream clutch slew raft host blizzard
    quartet couple cluster fleet"""
)
_MAX_LEFT = 11
_LAUNCH_WORD = re.compile(
    r"\b(?:test-)?(?:launch|fir)(?:ed|es|ing)\b|\btest(?:ed|s)?\b|\bflights?\b|\bfl[ei]w\b|\blift-?off\b|\borbit\b"
    r"|\blaunch(?: ?pad)?\b",
    re.IGNORECASE,
)
_NOT_FLYING_TAILS = word_set(
    """channel channels television tv news dish phone phones image images imagery picture pictures photo photos
    photograph photographs data link links broadcaster office broadcast radio internet signal signals navigation
    company firm maker operator dealer show control centre center station ground"""
)
# Heads of compounds in which a weapon, in the singular, only says of what kind: "missile crews", "Iskander brigade".
_NOT_WEAPON_TAILS = word_set(
    """unit units crew crews battery batteries brigade brigades regiment regiments battalion battalions troops corps
    base bases site sites factory factories plant plants workshop workshops depot depots store stores storage warehouse
    warehouses facility facilities part parts component components engine engines motor motors fuel tube tubes canister
    canisters silo silos truck trucks lorry lorries boat boats programme program programmes programs project projects
    production technology manufacturer manufacturers builder builders designer designers scientist scientists engineer
    engineers expert experts stocks stockpile stockpiles arsenal arsenals shipment shipments delivery deliveries exports
    sales sale contract contracts budget purchase purchases parade exhibition museum model models replica replicas
    capability capabilities race gap treaty pact talks ban moratorium embargo shield sirens siren alarms casing casings
    pilots pilot operators enthusiasts hobbyists club racing makers regimental academy engineering ambitions skills"""
)
# What a drone is for, where it is no weapon.
_PEACEFUL = word_set(
    """spraying farm farming agricultural crop hobby hobbyist toy camera filming delivery cargo parcel medical survey
    surveying mapping racing surveillance reconnaissance spy observation police rescue weather consumer commercial
    civilian photography monitoring patrol inspection tethered light-show logistics firefighting"""
)
IN_SPACE = re.compile(
    r"\b(?:satellites?|spacecraft|orbit|astronauts?|space (?:agency|cent(?:re|er)|station))\b", re.IGNORECASE
)
_TOYS = re.compile(r"\b(?:bamboo|foam|toy|water|bottle|fireworks?|pyrotechnic) rockets?\b", re.IGNORECASE)
ROUNDS = frozenset(["rounds", "shots", "shells", "salvo", "salvos", "salvoes", "volley", "volleys", "burst", "bursts"])
_OF_LAUNCHER = re.compile(r"\b(?P<noun>" + "|".join(sorted(ROUNDS)) + r")\s(?:from|of|out of)\s(?:[\w-]+\s){0,3}$")
_SPACE_ROCKET = "space_launch_vehicle"
_BEFORE_LAUNCHER = 60  # characters
_FLYING_ROLES = ("weapon", "target", "interceptor")
_NOT_LAUNCHED = ("engine", "other")


@dataclass(slots=True)
class _Reading:
    """What has been read leftward of a head: `at` is the index of the phrase's first word so far."""

    at: int
    weapon_class: str | None
    determiner: Determiner = "bare"
    order: str = ""
    owner: Actor | None = None
    date: FoundDate | None = None


class PhraseFinder:
    """Finds the weapon and launch phrases of one document."""

    def __init__(self, document: Document, rules: Grammar) -> None:
        self._doc = document
        self._rules = rules
        self._words = document.words
        self._starts = [word.start for word in document.words]
        self._known: set[str] = set()
        self._space = IN_SPACE.search(document.normal) is not None
        self._firms = {a.country for a in document.actors if isinstance(a.entry, Body) and a.entry.launches}
        self._toys = _TOYS.search(document.normal) is not None
        self._owners = {actor.end: actor for actor in document.actors if actor.modifier or self._before_noun(actor)}
        self._actor_covers = {
            at: actor
            for actor in document.actors
            for at in range(bisect_left(self._starts, actor.start), bisect_left(self._starts, actor.end))
        }
        spans = [(one.start, one.end) for one in document.dates]
        spans += [(one.start, one.end) for one in document.times]
        spans += [(one.start, one.end) for one in document.measures]
        self._dated = {
            at for start, end in spans for at in range(bisect_left(self._starts, start), bisect_left(self._starts, end))
        }
        self._openers = {bisect_left(self._starts, sentence.start) for sentence in document.sentences}
        self._date_ends = {date.end: date for date in document.dates if not date.relative}

    def find(self) -> list[NounPhrase]:
        """Phrases in text order, without overlap: "missile test" is one phrase of kind launch."""
        weapons = list(self._weapons())
        by_end = {phrase.end: phrase for phrase in weapons}
        launches = [self._launch(at, length, by_end) for at, length in self._launch_nouns()]
        taken = {phrase.start for phrase in launches if phrase.weapon_class or phrase.name}
        spans = [(p.start, p.end) for p in launches]
        kept = [w for w in weapons if w.start not in taken and not any(s <= w.start and w.end <= e for s, e in spans)]
        return sorted([*kept, *launches], key=lambda phrase: phrase.start)

    # -- weapons -------------------------------------------------------------------------------------------------------

    def _weapons(self) -> Iterator[NounPhrase]:
        group: list[Mention] = []
        for mention in self._doc.mentions:
            if mention.kind not in ("weapon", "noun"):
                continue
            if isinstance(mention.entry, Noun) and mention.entry.role == "launcher":
                yield from self._rounds(mention)
            if not self._is_weapon(mention):
                continue
            if group and not self._continues(group[-1], mention):
                yield self._weapon(group)
                group = []
            if not group or mention.start >= group[-1].end:
                group.append(mention)
        if group:
            yield self._weapon(group)

    def _rounds(self, launcher: Mention) -> Iterator[NounPhrase]:
        """ "Ten rounds from multiple rocket launchers": rockets, told by what they left."""
        rounds = _OF_LAUNCHER.search(self._doc.normal, max(0, launcher.start - _BEFORE_LAUNCHER), launcher.start)
        if rounds is None or not isinstance(launcher.entry, Noun):
            return
        salvos = rounds["noun"].startswith(("salvo", "volley", "burst"))
        phrase = self._leftward(
            NounPhrase(
                rounds.start("noun"), launcher.end, rounds.start("noun"), "weapon", "bare", plural=True,
                weapon_class=launcher.entry.weapon_class, noun=rounds["noun"],
            )
        )  # fmt: skip
        yield replace(phrase, count=Count(2, None)) if salvos else phrase

    def _is_weapon(self, mention: Mention) -> bool:
        entry = mention.entry
        if isinstance(entry, Noun | Weapon) and self._only_qualifies(mention):
            return False
        if isinstance(entry, Noun):
            if entry.role == "launcher":
                return self._space and self._doc.normal[mention.start : mention.end].lower() in (
                    "launcher",
                    "launchers",
                )
            if self._word_after(mention.end) in _NOT_FLYING_TAILS:
                return False
            return entry.role in _FLYING_ROLES or (entry.role == "payload" and entry.weapon_class is not None)
        if not isinstance(entry, Weapon):
            return False
        if mention.needs == "weapon":
            if entry.id not in self._known and self._beside_weapon_noun(mention):
                self._known.add(entry.id)
            return entry.id in self._known
        return entry.weapon_class not in _NOT_LAUNCHED

    def _only_qualifies(self, mention: Mention) -> bool:
        """Whether the mention is no weapon: part of a compound ("missile crews") or a drone for peaceful use."""
        if not mention.plural and self._word_after(mention.end) in _NOT_WEAPON_TAILS:
            return self._doc.normal[mention.end : mention.end + 1] == " "
        if isinstance(mention.entry, Weapon) and self._names_a_launcher(mention):
            return True
        if self._toys and isinstance(mention.entry, Noun) and mention.entry.weapon_class == "projectile":
            return True
        if isinstance(mention.entry, Noun) and mention.entry.weapon_class == "attack_drone":
            at = bisect_left(self._starts, mention.start)
            return any(word.low in _PEACEFUL for word in self._words[max(0, at - 2) : at])
        return False

    def _names_a_launcher(self, mention: Mention) -> bool:
        """Whether the name is that of what launches: "Pinaka rocket launchers", "Iskander launchers"."""
        if self._space:
            return False
        following = self._doc.mentions_in(mention.end, mention.end + 30, "noun")
        return any(
            m.start == mention.end + 1 and isinstance(m.entry, Noun) and m.entry.role == "launcher" for m in following
        )

    def _word_after(self, offset: int) -> str:
        at = bisect_left(self._starts, offset)
        return self._words[at].low if at < len(self._words) else ""

    def _beside_weapon_noun(self, mention: Mention) -> bool:
        if (
            self._space
            and self._firms
            and isinstance(mention.entry, Weapon)
            and mention.entry.weapon_class == _SPACE_ROCKET
        ):
            return bool(self._firms.intersection(mention.entry.countries))
        near = self._doc.mentions_in(mention.start - 80, mention.end + 80, "noun")
        if any(isinstance(m.entry, Noun) and m.entry.role in (*_FLYING_ROLES, "launcher", "payload") for m in near):
            return True
        return _LAUNCH_WORD.search(self._doc.normal, max(0, mention.start - 80), mention.end + 80) is not None

    def _continues(self, left: Mention, right: Mention) -> bool:
        """Whether two mentions are one phrase: "Hwasong-18 | intercontinental ballistic missile", "missile ( |
        ICBM)".
        """
        between = self._doc.normal[left.end : right.start]
        if between.strip() in ("", "(", "-", '"') and "\n" not in between and len(between) <= 3:
            return True
        return between.strip(" \"'(") in ("type", "class", "-type", "-class", "supersonic", "tactical", "guided")

    def _weapon(self, group: list[Mention]) -> NounPhrase:
        nouns = [m for m in group if isinstance(m.entry, Noun)]
        names = [m for m in group if isinstance(m.entry, Weapon)]
        head = (nouns or group)[-1]
        start, end = group[0].start, group[-1].end
        if self._doc.normal[end : end + 1] == ")" and "(" in self._doc.normal[start:end]:
            end += 1
        weapon_class: str | None = None
        for mention in nouns:
            entry = mention.entry
            weapon_class = special(weapon_class, entry.weapon_class if isinstance(entry, Noun) else None)
        if head.kind == "noun" and _role(head) == "target":
            weapon_class = special(weapon_class, _class_of_target(self._doc.normal[start:end].lower()))
        phrase = NounPhrase(
            start, end, start, "weapon", "bare", plural=head.plural, weapon_class=weapon_class,
            name=_surface(self._doc.normal, names[0]) if names else None,
            entry=names[0].entry if names and isinstance(names[0].entry, Weapon) else None,
            noun=self._doc.normal[head.start : head.end].lower(),
            role=_role(head),
        )  # fmt: skip
        if not nouns and names and self._doc.normal[names[0].end - 1 : names[0].end] == "s":
            phrase = replace(phrase, plural=names[0].plural)
        return self._leftward(phrase)

    # -- launches ------------------------------------------------------------------------------------------------------

    def _launch_nouns(self) -> Iterator[tuple[int, int]]:
        """(index of the first word, number of words) of nouns of launching."""
        words = self._words
        listed = self._rules.strong | self._rules.weak
        at = 0
        while at < len(words):
            if words[at].low.removesuffix("'s") not in self._rules.noun_openers:
                at += 1
                continue
            for length in range(min(3, len(words) - at), 0, -1):
                joined = " ".join(word.low for word in words[at : at + length])
                bare = joined.removesuffix("'s")
                if bare in listed and self._is_noun(at, length):
                    yield at, length
                    at += length
                    break
            else:
                at += 1

    def _is_noun(self, at: int, length: int) -> bool:
        """Whether the word is used as a noun: after a determiner, an adjective, a possessive or a weapon, or before
        "of".
        """
        word = self._words[at]
        if self._actor_covers.get(at) is not None or self._inside_other_noun(word):
            return False
        if at and self._words[at - 1].low in _MODALS:
            return False
        if length > 1 or "-" in word.low:
            return word.low not in ("take", "blast", "lift")
        if at in self._openers:
            return at + 1 < len(self._words) and self._words[at + 1].low in (
                "of",
                "by",
                "from",
                "came",
                "was",
                "is",
                "had",
                "took",
            )
        before = self._words[at - 1]
        following = self._words[at + 1].low if at + 1 < len(self._words) else ""
        if word.low == "go" and (before.low in ("let", "lets", "letting") or self._ends_weapon(before.end)):
            return False
        if before.low in ("to", "will", "would", "can", "could", "may", "might", "not", "n't", "never"):
            return False
        if (
            before.low in _THE | _OWN
            or before.low in ("a", "an", "another", "any", "each", "no", "such", "every", "own")
            or before.low in _ORDER
        ):
            return not self._is_verb_after_pronoun(at, following)
        found = self._date_ends.get(before.end)
        dated = found is not None and not found.relative and not word.low.endswith("ing")
        if before.text.endswith(("'s", "s'")) or before.end in self._owners or dated:
            return following not in ("a", "an", "the", "two", "three", "its", "at", "several")
        if self._ends_weapon(before.end):
            return following not in ("a", "an", "the", "its", "their", "toward", "through") and not word.low.endswith(
                "ing"
            )
        if number(before.low) is not None:
            return True
        if following == "of":
            return True
        return before.low in _ADJECTIVES_BEFORE and not word.low.endswith("es")

    def _before_noun(self, actor: Actor) -> bool:
        """Whether a party qualifies a noun of launching: "the next SpaceX launch", "another Houthi attack"."""
        first, after = bisect_left(self._starts, actor.start), bisect_left(self._starts, actor.end)
        if not first or after >= len(self._words):
            return False
        return self._words[first - 1].low in _ORDER.keys() | {"a", "an"} and self._words[after].low in _SINGLE

    def _inside_other_noun(self, word: Word) -> bool:
        """Whether the word is part of a lexicon noun such as "launch vehicle" or "rocket attack"; the latter counts."""
        covering = self._doc.mentions_in(word.start - 40, word.end, "noun", "place")
        for mention in covering:
            if mention.start <= word.start < mention.end and not (mention.kind == "noun" and mention.end == word.end):
                return True
            if mention.start <= word.start and mention.end == word.end and isinstance(mention.entry, Noun):
                return mention.entry.role in ("salvo",) and mention.start == word.start and word.low in ("wave",)
        following = bisect_left(self._starts, word.end)
        return following < len(self._words) and self._words[following].low in _COMPOUND_TAILS

    def _is_verb_after_pronoun(self, at: int, following: str) -> bool:
        return self._words[at - 1].low in ("that", "this", "those") and following in ("a", "an", "the", "into")

    def _ends_weapon(self, offset: int) -> bool:
        return any(
            m.end == offset and self._is_weapon(m) for m in self._doc.mentions_in(offset - 60, offset, "noun", "weapon")
        )

    def _launch(self, at: int, length: int, weapons: dict[int, NounPhrase]) -> NounPhrase:
        first, last = self._words[at], self._words[at + length - 1]
        noun = " ".join(word.low for word in self._words[at : at + length])
        bare = noun.removesuffix("'s")
        strong = bare in self._rules.strong
        end = last.end - (2 if noun.endswith("'s") else 0)
        plural = bare.endswith("s") and not bare.endswith(("ss", "loss"))
        weapon = self._weapon_before(at, weapons)
        base = NounPhrase(
            first.start, end, first.start, "launch", "bare", plural=plural, strong=strong, noun=bare
        )  # fmt: skip
        if weapon is None:
            return self._owned(self._leftward(base), weapons)
        return replace(
            weapon, end=end, head=first.start, kind="launch", plural=plural, strong=strong, noun=bare,
            count=self._salvo_size(weapon.start, end) or weapon.count if bare in _SALVO_OF else None,
        )  # fmt: skip

    def _salvo_size(self, start: int, end: int) -> Count | None:
        """ "A two-missile salvo"."""
        size = _SIZED.search(self._doc.normal, start, end)
        value = number(size[1].lower()) if size else None
        return Count(value, value) if value else None

    def _owned(self, launch: NounPhrase, weapons: dict[int, NounPhrase]) -> NounPhrase:
        """ "Starship's seventh test flight": the possessor is the weapon."""
        first = self._words[bisect_left(self._starts, launch.start)]
        weapon = weapons.get(first.end - 2) if launch.determiner == "own" and first.text.endswith("'s") else None
        if weapon is None:
            return launch
        return replace(
            launch, start=weapon.start, weapon_class=weapon.weapon_class, name=weapon.name, entry=weapon.entry
        )

    def _weapon_before(self, at: int, weapons: dict[int, NounPhrase]) -> NounPhrase | None:
        """The weapon right before a noun of launching ("missile test"), an adjective between them allowed."""
        back = at - 1
        while back >= 0 and self._words[back].low in ("live", "flight", "mass", "'s", "and", "test", "launch"):
            back -= 1
        if back < 0:
            return None
        offset = self._words[back].end
        return weapons.get(offset) or weapons.get(offset - 2 if self._words[back].text.endswith("'s") else -1)

    # -- leftward ------------------------------------------------------------------------------------------------------

    def _leftward(self, phrase: NounPhrase) -> NounPhrase:
        """The phrase with its adjectives, owner, count and determiner."""
        head = bisect_left(self._starts, phrase.start)
        reading = _Reading(head, phrase.weapon_class)
        while reading.at > 0 and head - reading.at < _MAX_LEFT and not self._new_line(reading.at):
            if not self._step(reading, phrase):
                break
        left = reading.at
        phrase = replace(
            phrase,
            hedged=any(word.low in _HEDGES for word in self._words[max(0, left - 3) : head]),
            start=self._words[left].start if left < head else phrase.start, determiner=reading.determiner,
            order=reading.order, owner=reading.owner, date=reading.date, weapon_class=reading.weapon_class,
        )  # fmt: skip
        return self._counted(phrase, left, head)

    def _new_line(self, at: int) -> bool:
        """Whether word `at` begins a line."""
        end, start = self._words[at - 1].end, self._words[at].start
        return start - end > 1 and "\n" in self._doc.normal[end:start]

    def _step(self, reading: _Reading, phrase: NounPhrase) -> bool:
        """Take the word before what is read into the phrase; whether more may follow leftward."""
        for take in (self._take_owner, self._take_date, self._take_determiner, self._take_adjective):
            more = take(reading, phrase)
            if more is not None:
                return more
        return False

    def _take_owner(self, reading: _Reading, _phrase: NounPhrase) -> bool | None:
        """ "North Korea's | missile", "the Iranian | missile"."""
        word = self._words[reading.at - 1]
        found = self._owners.get(_bare_end(word)) or self._owners.get(word.end)
        if found is None:
            return None
        reading.owner = reading.owner or found
        reading.at = min(reading.at - 1, bisect_left(self._starts, found.start))
        if _possessive(word):
            reading.determiner = "own"
        return not _possessive(word)

    def _take_date(self, reading: _Reading, phrase: NounPhrase) -> bool | None:
        """ "Wednesday's | launch", "the Sunday | test"."""
        word = self._words[reading.at - 1]
        found = self._date_ends.get(_bare_end(word)) or self._date_ends.get(word.end)
        if found is None or not (_possessive(word) or phrase.kind == "launch"):
            return None
        reading.date = found
        reading.at = min(reading.at - 1, bisect_left(self._starts, found.start))
        reading.determiner = "own" if _possessive(word) else "the"
        return not _possessive(word)

    def _take_determiner(self, reading: _Reading, _phrase: NounPhrase) -> bool | None:
        """The word that begins the phrase, or one that cannot belong to it."""
        at, word = reading.at, self._words[reading.at - 1]
        low = word.low
        if low == "-" and at >= 2 and self._words[at].low in _SIZES and number(self._words[at - 2].low) is not None:
            reading.at -= 2
            return True
        if (at - 1) in self._dated or low in _PARTICLES or _is_participle(low):
            return False
        determiner = "own" if low in _OWN or _possessive(word) else _DETERMINERS.get(low)
        if determiner is None:
            return None
        reading.determiner = determiner
        reading.order = "another" if low == "another" else reading.order
        reading.at -= 1
        return False

    def _take_adjective(self, reading: _Reading, phrase: NounPhrase) -> bool | None:
        at, word = reading.at, self._words[reading.at - 1]
        if word.low in _ORDER:
            reading.order = reading.order or _ORDER[word.low]
            reading.at -= 1
            return True
        if word.low in CLASS_ADJECTIVES and phrase.kind == "weapon":
            reading.weapon_class = special(reading.weapon_class, CLASS_ADJECTIVES[word.low])
        if word.low in ("and", "or") and at >= 2 and self._words[at - 2].low in CLASS_ADJECTIVES:
            reading.weapon_class = CLASS_ADJECTIVES[self._words[at - 2].low]
            reading.at -= 2
            return True
        if not self._is_adjective(word, at - 1):
            return False
        reading.at -= 1
        return True

    def _is_adjective(self, word: Word, at: int) -> bool:
        low = word.low
        if low in _STOP_WORDS or not (word.text[0].isalnum() or word.text in "\"'"):
            return False
        actor = self._actor_covers.get(at)
        if actor is not None:
            return actor.modifier and actor.form == "demonym"
        if low in _ED_ADJECTIVES or "-" in low:
            return low not in _VERBISH
        if (low,) in self._rules.words or low in self._rules.weak or low in self._rules.strong:
            return False
        if number(low) is not None or low in ("dozens", "hundreds", "several", "multiple", "dozen", "hundred", "few"):
            return True
        if low.endswith(("ed", "ly")) and len(low) > 4:
            return low.endswith("ly")
        return word.text[0].islower() or word.text in "\"'" or word.text.isupper()

    def _counted(self, phrase: NounPhrase, left: int, head: int) -> NounPhrase:
        """The phrase with what the words before its head say of the count."""
        count, start, partial = self._explicit_count(left, head)
        if count is not None:
            begin = min(phrase.start, self._words[start].start)
            determiner: Determiner = "count" if phrase.determiner in ("bare", "a") else phrase.determiner
            return replace(phrase, count=count, start=begin, determiner=determiner, partial=partial)
        group = self._group_of(left)
        if group is not None:
            begin_word, count = group
            words = [w.low for w in self._words[max(0, begin_word - 2) : begin_word + 1]]
            determiner = "the" if "the" in words else "another" if "another" in words else "count"
            return replace(phrase, start=self._words[begin_word].start, count=count, determiner=determiner)
        if phrase.kind == "weapon" and not phrase.noun.endswith(("artillery", "fire")):
            if phrase.determiner in ("a", "another"):
                return replace(phrase, count=Count(1, 1))
            if phrase.determiner == "bare" and phrase.plural:
                return replace(phrase, count=Count(2, None))
        return phrase

    def _explicit_count(self, left: int, head: int) -> tuple[Count | None, int, bool]:
        for at in range(self._behind(left), head):
            read = read_count(self._words, at)
            if read and not self._is_measure(read[2]):
                return read[0], read[1], False
        if self._words[left].low == "both":
            return Count(2, 2), left, False
        if self._words[left].low in _THE and left >= 2 and self._words[left - 1].low == "of":
            for back in range(max(0, left - 4), left - 1):
                read = read_count(self._words, back)
                if read and read[2] == left - 1:
                    return read[0], read[1], True
        if left >= 2 and self._words[left - 1].low in ("of", "than", "to", "as", "least", "over"):
            for back in range(max(0, left - 4), left):
                read = read_count(self._words, back)
                if read and read[2] in (left - 1, left, left + 1):
                    return read[0], read[1], False
        return None, left, False

    def _behind(self, left: int) -> int:
        """Where the count begins that words no adjective part from the phrase: "40+", "40 or so", "three, not two,"."""
        low = [word.low for word in self._words[max(0, left - 5) : left + 1]]
        if low[-5:-3] == [",", "not"] and low[-2] == ",":
            return left - 5
        for tail in (low[:-1], low):
            at = left - (tail is not low)
            if tail[-2:] in (["or", "so"], ["or", "more"], ["-", "plus"], ["-", "odd"], ["-", "strong"]):
                if number(tail[-3]) is not None:
                    return at - 2
                return at - 3 if tail[-3] in ("dozen", "hundred") else left
            if tail[-1:] in (["+"], ["-"]) and len(tail) > 1 and number(tail[-2]) is not None:
                return at - 1
        return left

    def _is_measure(self, at: int) -> bool:
        return at < len(self._words) and self._words[at].low in (
            "km",
            "kilometre",
            "kilometer",
            "mile",
            "mm",
            "kg",
            "tonne",
            "-",
        )

    def _group_of(self, left: int) -> tuple[int, Count] | None:
        """ "a volley of", "a series of" before the phrase: (index of its first word, count)."""
        if left < 2 or self._words[left - 1].low != "of":
            return None
        noun = self._words[left - 2].low
        if noun == "number" and self._words[left - 3].low == "the":
            revised = number(self._words[left - 4].low) if left >= 4 else None
            return (left - 3, Count(revised, revised)) if revised is not None else None
        if noun not in _SALVO_OF and noun not in ("salvos", "salvoes", "volleys", "waves", "barrages"):
            return None
        count = {"pair": Count(2, 2), "couple": Count(2, 2), "trio": Count(3, 3), "quartet": Count(4, 4)}.get(
            noun, Count(2, None)
        )
        begin = left - 2
        while begin > 0 and left - begin < 6 and self._is_adjective(self._words[begin - 1], begin - 1):
            begin -= 1
        if begin > 0 and self._words[begin - 1].low in ("a", "an", "the", "another", "this"):
            begin -= 1
        return begin, count


_SIZED = re.compile(r"\b([\w,]+)-(?:missile|rocket|drone|projectile|round|shot)\b", re.IGNORECASE)
_PARTICLES = word_set("down up off away back")
_SIZES = word_set("millimeter millimetre mm inch ton tonne foot stage kilogram kilogramme kg pound metre meter km")
_COMPOUND_TAILS = word_set(
    """ceremony ceremonies exercise party preparations vehicle vehicles site sites pad pads facility facilities centre
    center window complex director team date range schedule party event campaign control customer provider services
    service capability tube canister position bed pilot ban fight fire-fighting minister alarm brigade bench tunnel
    results stand case match area ground grounds tower code message attendant deck operator crew crews zone sites'
    force forces drill drills exercise exercises plane planes jet jets pit pits shaft shafts ramp ramps rail rails
    bunker bunkers silo silos position positions post posts point points tubes canisters stand stands tank tanks cell
    shelter shelters mast masts hangar hangars gantry gantries cells preparation weight cost costs price provider
    tender"""
)
_ADJECTIVES_BEFORE = word_set(
    """successful failed recent latest new suspected apparent reported planned possible live second third first similar
    underwater simultaneous unannounced unsuccessful previous future surprise nuclear overnight massive major deadly
    missile rocket weapons weapon drone satellite ballistic submarine space spaceflight combined early-morning
    pre-dawn predawn nighttime night large-scale retaliatory direct unprecedented combat provocative illegal
    controversial long-range short-range mass dawn double static static-fire follow-up low-key space-launch land-based
    sea-based"""
)
_VERBISH = word_set("test-fired test-launched flight-tested re-entered test-firing test-launching")


def _possessive(word: Word) -> bool:
    return word.text.endswith(("'s", "s'"))


def _bare_end(word: Word) -> int:
    return word.end - (2 if word.text.endswith("'s") else 0)


def _is_participle(low: str) -> bool:
    """Whether a word in -ing is a verb rather than an adjective of weapons."""
    return low.endswith("ing") and "-" not in low and low not in _ING_ADJECTIVES and len(low) > 4


def _role(mention: Mention) -> str:
    entry = mention.entry
    if isinstance(entry, Noun):
        return entry.role
    if isinstance(entry, Weapon) and entry.weapon_class in ("satellite", "spacecraft"):
        return "payload"
    return "interceptor" if isinstance(entry, Weapon) and entry.weapon_class == "interceptor" else "weapon"


_KIND_AFTER = re.compile(r"(?<=\w) (?:rocket|missile|drone)s?$")


def _class_of_target(words: str) -> str | None:
    """The class in the words for a target: "a medium-range ballistic missile target", "an ICBM target"."""
    short = re.search(r"\b([im]r|sr|ic)bm\b", words)
    if short:
        return short[0]
    if "ballistic" not in words:
        return None
    ranges = {"short-range": "srbm", "medium-range": "mrbm", "intermediate-range": "irbm", "intercontinental": "icbm"}
    return next((kind for words_of, kind in ranges.items() if words_of in words), "ballistic_missile")


def _surface(text: str, mention: Mention) -> str:
    """The weapon's name as written, in the singular."""
    written = text[mention.start : mention.end].removesuffix("-type").removesuffix("-style")
    written = _KIND_AFTER.sub("", written)
    if mention.plural and written.endswith("s"):
        return written[:-1]
    if written.endswith("s") and not mention.alias.endswith("s"):
        return written[:-1]
    return written
