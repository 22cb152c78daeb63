"""What words say of the launch they mean: whose it was, of what, where and on which day.

"The Iranian barrage", "the satellite launch", "Monday's test", "the strike on Isfahan" each single out one of several
launches, though the words beside them name none in full. `References.fit` says how well such words go with a launch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from extractors.document import Document
from extractors.entries import Group, Noun, Place, State, Weapon
from extractors.launches import FoundLaunch
from extractors.nounphrases import related
from extractors.records import Launch

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPACE = frozenset({"space_launch_vehicle", "satellite", "spacecraft"})
_AIR_DEFENCE = frozenset({"surface_to_air_missile", "interceptor"})
_VAGUE = frozenset({"projectile", "other", None})
_NAMED, _PLACED, _DATED, _SIDE, _KIND, _FAMILY = 3.0, 2.0, 2.0, 2.0, 2.0, 1.0
_OTHER_KIND, _OTHER_SIDE = -2.0, -1.0
_SHORTEST_PLACE = 4  # letters of a word that tells a place


@dataclass(frozen=True, slots=True)
class Reference:
    """What a stretch of text names: states, kinds and names of weapons, weekdays that own a noun, words of places."""

    states: frozenset[str]
    kinds: frozenset[str]
    names: frozenset[str]
    days: frozenset[int]
    words: frozenset[str]


class References:
    """References in one document to its launches."""

    def __init__(self, document: Document, found: Sequence[FoundLaunch]) -> None:
        self._document = document
        self._places = {one.launch.key: _place_words(one.launch) for one in found}
        self._struck = {one.launch.key: self._states_struck(one) for one in found}

    def read(self, start: int, end: int, *, apart_from: str | None = None) -> Reference:
        """What the stretch names; states other than `apart_from`, who is speaking."""
        states: set[str] = set()
        kinds: set[str] = set()
        names: set[str] = set()
        for mention in self._document.mentions_in(start, end, "state", "group", "weapon", "noun"):
            entry = mention.entry
            if isinstance(entry, State):
                states.add(entry.code)
            elif isinstance(entry, Group):
                states.add(entry.country)
            elif isinstance(entry, Weapon | Noun) and entry.weapon_class not in _VAGUE:
                kinds.add(_kind(str(entry.weapon_class)))
                names.update([entry.name] if isinstance(entry, Weapon) else [])
        words = self._document.words_in(start, end)
        days = {_DAYS.index(day) for w in words if w.low.endswith("'s") and (day := w.low[:-2]) in _DAYS}
        capitals = {w.low.removesuffix("'s") for w in words if w.text[:1].isupper()}
        return Reference(
            frozenset(states - {apart_from}), frozenset(kinds), frozenset(names), frozenset(days), frozenset(capitals)
        )

    def fit(self, reference: Reference, launch: Launch) -> float:
        """How well it goes with the launch; 0 where it says nothing of it, below 0 where it means another one."""
        total = 0.0
        if launch.weapon_name in reference.names:
            total += _NAMED
        if reference.kinds:
            total += _likeness(reference.kinds, launch)
        if reference.states:
            total += _SIDE if launch.country in reference.states else _OTHER_SIDE
        if reference.days and launch.date is not None:
            total += _DATED if launch.date.weekday() in reference.days else -_DATED
        return total + (_PLACED if reference.words & self._places[launch.key] else 0)

    def struck(self, launch: Launch, country: str | None) -> bool:
        """Whether it came down in, or was fired at, the state."""
        return country is not None and country in self._struck[launch.key]

    def _states_struck(self, found: FoundLaunch) -> frozenset[str]:
        span = found.sources.get("landing_area")
        if span is None:
            return frozenset()
        entries = [m.entry for m in self._document.mentions_in(span.start, span.end, "state", "place")]
        states = [entry.code for entry in entries if isinstance(entry, State)]
        return frozenset([*states, *(e.country[0] for e in entries if isinstance(e, Place) and e.country)])


def _kind(named: str) -> str:
    """The class that a weapon or payload named stands for."""
    if named in _SPACE:
        return "space_launch_vehicle"
    return "surface_to_air_missile" if named in _AIR_DEFENCE else named


def _likeness(kinds: frozenset[str], launch: Launch) -> float:
    """Whether one of the kinds is the launch's own, or of its family ("missile" of a ballistic one)."""
    if launch.weapon_class in kinds:
        return _KIND
    if launch.weapon_class == "projectile":
        return 0.0
    return _FAMILY if any(related(kind, launch.weapon_class) for kind in kinds) else _OTHER_KIND


def _place_words(launch: Launch) -> frozenset[str]:
    """The names within the places of a launch, in lower case."""
    named = " ".join(filter(None, (launch.launch_site, launch.landing_area))).replace("’s", "").replace("'s", "")
    words = (word.strip(",.()") for word in named.split())
    return frozenset(w.lower() for w in words if w[:1].isupper() and len(w) >= _SHORTEST_PLACE)
