"""What was launched: the name and the class of a launch's weapon, from its own words and from what the article calls it
elsewhere.

The class comes from words, never from knowing the weapon. Words about the same thing in other sentences count: "The
submarine-launched ballistic missile, without a warhead, ..." says what "a Trident missile" was.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from extractors.discourse import Told
from extractors.document import Document
from extractors.nounphrases import NounPhrase, related, special
from extractors.sightings import Sighting


class Naming(NamedTuple):
    """A weapon's name with its span; `inferred` where it stands elsewhere than with the launch."""

    name: str
    start: int
    end: int
    inferred: bool


# What tells one of a series from the next: "PSLV-C63", "Tien Kung IV", "Ceres-1 Y5", "Khaybar Shekan-M".
_SERIAL = re.compile(r"-(?:[A-Z]{1,2}\d{1,3}|\d{1,2}[A-Z]?|[A-Z]{1,2})\b(?!-)| (?:[IVX]{1,4}|Y\d{1,3})\b")
_BELOW = re.compile(r"\b(?:submarines?|under ?water|under the sea|beneath the (?:sea|surface|waves))\b", re.IGNORECASE)
_IN_SPACE = re.compile(
    r"\b(?:satellites?|spacecraft|orbit\w*|payloads?|astronauts?|capsule|lift-?off|launch ?pad|"
    r"space (?:agency|station|cent(?:re|er))|spaceport|lunar|cosmodrome)\b"
)
_OTHER_THAN = re.compile(
    r"\b(?:not|unlike|than|compared|instead|rather|never|replac\w+|successor)\b|n't\b", re.IGNORECASE
)
_BARRAGE = re.compile(
    r"\b(?:group army|gunners|batter(?:y|ies)|regiment|brigade|barrages?|salvos?|salvoes|volleys?|artillery|mlrs|"
    r"multiple[- ](?:rocket|launch)|rocket launchers?|launcher trucks?|\d{3} ?-?(?:mm|millimet))"
)
_GROUP_STATES = frozenset(["LBN", "PSE", "YEM", "IRQ", "SYR"])  # rockets from there are an armed group's
_AHEAD = 3  # sentences
_BARRAGE_OF = 10  # rockets
_READ = 4  # sightings
_WEAK = ("missile", "projectile", "ballistic_missile", None)


class Weaponry:
    """Names and classes for the told launches of one document."""

    def __init__(
        self, document: Document, phrases: Sequence[NounPhrase], sightings: Sequence[Sighting], told: Sequence[Told]
    ) -> None:
        self._doc = document
        self._phrases = [phrase for phrase in phrases if phrase.role in ("weapon", "target")]
        self._told = told
        self._owners = {s.sentence: launch for launch in told for s in launch.sightings}
        self._by_sentence: dict[int, list[NounPhrase]] = {}
        for phrase in self._phrases:
            self._by_sentence.setdefault(document.sentence_at(phrase.start).index, []).append(phrase)
        self._classes = self._classes_of_names(sightings)
        self._named: dict[str, NounPhrase] = {}
        for phrase in self._phrases:
            if phrase.name:
                self._named.setdefault(phrase.name, phrase)
        self._tellers: dict[str, set[int]] = {}
        for launch in told:
            for name in {s.name for s in launch.sightings if s.name}:
                self._tellers.setdefault(name, set()).add(id(launch))
        self._spoken = Counter(p.weapon_class for p in self._phrases if p.weapon_class and p.role == "weapon")

    # -- names ---------------------------------------------------------------------------------------------------------

    def name(self, launch: Told) -> Naming | None:
        """The weapon's name: the fullest its own sentences give, else that of the launch it is like, else the only
        weapon of its kind that the article names.
        """
        best: Naming | None = None
        for phrase in (p for s in launch.sightings for p in s.phrases if p.name and p.role != "payload"):
            if best is None or str(phrase.name).startswith(best.name):
                best = self._whole(phrase)
        if best is not None:
            return best
        if launch is self._told[0] and not launch.planned and (only := self._only(launch, shared=False)):
            return only
        if (after := self._named_after(launch)) is not None:
            return after
        if launch.like is not None and launch.name:
            return Naming(launch.name, launch.first.start, launch.first.end, True)
        return self._only(launch, shared=True) if self._looks_back(launch) else None

    def _named_after(self, launch: Told) -> Naming | None:
        """The name that the next sentences give what was launched: "Tuesday's weapon was the Shaheen-1A"."""
        for sighting in launch.sightings[:1]:
            for index in range(sighting.sentence, sighting.sentence + 1 + _AHEAD):
                if self._owners.get(index, launch) is not launch:
                    break
                for phrase in self._by_sentence.get(index, ()):
                    fits = related(launch.weapon_class, self._classes.get(str(phrase.name)))
                    if not phrase.name or self._of_others(phrase.name, launch) or self._denied(phrase):
                        continue
                    if fits and self._is_of(launch, phrase):
                        return self._whole(phrase)._replace(inferred=True)
        return None

    def _denied(self, phrase: NounPhrase) -> bool:
        """Whether the words before a name say that it was another: "not that of an old Scud"."""
        since = max(self._doc.sentence_at(phrase.start).start, phrase.start - 40)
        return _OTHER_THAN.search(self._doc.normal, since, phrase.start + 4) is not None

    def _whole(self, phrase: NounPhrase) -> Naming:
        """The name with the number in its series."""
        name = str(phrase.name)
        at = self._doc.normal.find(name, phrase.start, phrase.end + 1)
        serial = _SERIAL.match(self._doc.normal, at + len(name)) if at >= 0 else None
        return Naming(name + serial[0] if serial else name, phrase.start, phrase.end, False)

    def _of_others(self, name: str, launch: Told) -> bool:
        """Whether another launch is told of with that name."""
        tellers = self._tellers.get(name, ())
        return len(tellers) > 1 or (len(tellers) == 1 and id(launch) not in tellers)

    def _looks_back(self, launch: Told) -> bool:
        """Whether the launch is named only as one of a kind told of before: "the second", "its previous outing"."""
        own = [phrase for s in launch.sightings[:_READ] for phrase in s.phrases]
        return not any(p.kind == "weapon" and p.weapon_class and not p.definite for p in own)

    def _only(self, launch: Told, *, shared: bool) -> Naming | None:
        """The one weapon that the article names, if that state has it and its class fits; `shared`: other launches may
        be told of with it.
        """
        free = [p for name, p in self._named.items() if shared or not self._of_others(name, launch)]
        named = [p for p in free if p.entry is None or self._is_of(launch, p)]
        if not named or len({p.entry.id if p.entry else p.name for p in free}) != 1:
            return None
        first = named[0]
        if not related(launch.weapon_class, self._classes.get(str(first.name))):
            return None
        return self._whole(first)._replace(inferred=True)

    def _is_of(self, launch: Told, phrase: NounPhrase) -> bool:
        countries = phrase.entry.countries if phrase.entry else ()
        return launch.country in countries or (not countries and launch.country is not None)

    # -- classes -------------------------------------------------------------------------------------------------------

    def described(self, launch: Told) -> str | None:
        """What the text calls a weapon of the same name ("the K-4, a submarine-launched ballistic missile")."""
        return self._classes.get(launch.name) if launch.name else None

    def said_after(self, launch: Told) -> str | None:
        """The class that definite words in the sentences after give: "the short-range ballistic missile flew on"."""
        if launch.weapon_class not in _WEAK:
            return None
        for phrase in self._definite_after(launch):
            kind = phrase.weapon_class
            if kind and related(launch.weapon_class, kind) and special(launch.weapon_class, kind) == kind:
                return kind
        return None

    def said_before(self, launch: Told) -> str | None:
        """The class that the last words before gave what a launch looks back to: "the second", "the same missile"."""
        first = launch.first
        back = first.definite or first.order != "" or (first.phrase is not None and first.phrase.kind == "launch")
        if launch.weapon_class not in _WEAK or not back:
            return None
        for index in range(first.sentence, max(-1, first.sentence - 1 - _AHEAD), -1):
            for phrase in reversed(self._by_sentence.get(index, ())):
                kind = phrase.weapon_class
                if phrase.start < first.start and kind and special(launch.weapon_class, kind) == kind:
                    return kind
        return None

    def _definite_after(self, launch: Told) -> Iterator[NounPhrase]:
        plural = launch.first.phrase.plural if launch.first.phrase else False
        for sighting in launch.sightings[:_READ]:
            for index in range(sighting.sentence, sighting.sentence + 1 + _AHEAD):
                if index != sighting.sentence and self._owners.get(index, launch) is not launch:
                    break
                for phrase in self._by_sentence.get(index, ()):
                    same = phrase.name is None or launch.name is None or phrase.name == launch.name
                    if phrase.start > sighting.start and phrase.definite and same and phrase.plural == plural:
                        yield phrase

    def spoken_of(self) -> str | None:
        """The class of the weapon that the text speaks of most."""
        return self._spoken.most_common(1)[0][0] if self._spoken else None

    def from_below(self, launch: Told) -> bool:
        """Whether the sentences of the launch speak of a submarine; of a submarine's missile, whether any does."""
        entry = next((s.entry for s in launch.sightings[:_READ] if s.entry), None)
        if entry is not None and entry.weapon_class == "slbm" and _BELOW.search(self._doc.normal):
            return True
        spans = [self._doc.sentences[s.sentence] for s in launch.sightings[:_READ] if s.kind == "event"]
        return any(_BELOW.search(self._doc.normal, span.start, span.end) for span in spans)

    def rocket(self, launch: Told, *, named: str | None, group: bool) -> str:
        """A bare rocket is a space launcher beside a payload, artillery in a barrage or from an armed group."""
        around = self._around(launch)
        if named in ("space_launch_vehicle", "satellite", "spacecraft") or (
            "rocket" in around and _IN_SPACE.search(around)
        ):
            return "space_launch_vehicle"
        phrases = [phrase for s in launch.sightings for phrase in s.phrases if "rocket" in phrase.noun]
        rockets = bool(phrases)
        many = any(p.count is not None and (p.count.low or 0) >= _BARRAGE_OF for p in phrases)
        attack = any(s.attack for s in launch.sightings)
        theirs = group or launch.country in _GROUP_STATES
        if rockets and (theirs or attack or many or named == "artillery_rocket" or _BARRAGE.search(around)):
            return "artillery_rocket"
        return "projectile"

    def _around(self, launch: Told) -> str:
        first, last = launch.sightings[0].sentence, launch.sightings[-1].sentence
        start = self._doc.sentences[max(0, first - 2)].start
        return self._doc.normal[start : self._doc.sentences[min(last + 1, len(self._doc.sentences) - 1)].end].lower()

    def _classes_of_names(self, sightings: Sequence[Sighting]) -> dict[str, str]:
        """For each name the most special class that any words give it, those of a launch first."""
        found: dict[str, str] = {}
        told = [(s.name, s.weapon_class) for s in sightings]
        for name, kind in [*told, *((p.name, p.weapon_class) for p in self._phrases)]:
            if name and kind:
                found[name] = str(special(found.get(name), kind))
        return found
