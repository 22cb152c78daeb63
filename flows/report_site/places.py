"""Where on the map a place lies that an article names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from extractors.packs import Packs, Place


@dataclass(frozen=True, slots=True)
class Spot:
    """WGS 84 degrees of a named place."""

    name: str
    kind: str
    lat: float
    lon: float


class Gazetteer:
    """The places pack, asked by the words of an article."""

    def __init__(self, packs: Packs) -> None:
        self._packs = packs
        self._asked = cache(self._find)

    def find(self, named: str | None) -> Spot | None:
        """The most specific place within `named`, None where the pack knows none."""
        return self._asked(named) if named else None

    def _find(self, named: str) -> Spot | None:
        places = [m.entry for m in self._packs.mentions(named) if isinstance(m.entry, Place)]
        if not places:
            return None
        best = min(places, key=lambda place: (_COARSE.get(place.kind, 0), place.name))
        return Spot(best.name, best.kind, best.lat, best.lon)


_COARSE = {"region": 2, "sea": 2, "area": 1, "strait": 1}
