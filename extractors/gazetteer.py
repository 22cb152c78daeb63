"""Names that articles give to places and weapons, resolved by the packs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from extractors.entries import Place, Weapon
from extractors.packs import Packs

_EARTH_KM = 6371.0
# A place within one of these says less than the place itself; the radius in km is what they roughly cover.
_COARSE = {"region": (3, 150.0), "sea": (4, 600.0), "area": (2, 60.0), "strait": (3, 150.0)}
_FINE = (0, 30.0)
_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Spot:
    """A named place: its kind in the places pack, WGS 84 degrees of its middle, and about how far it reaches in km."""

    name: str
    kind: str
    lat: float
    lon: float
    radius_km: float

    def apart_km(self, other: Spot) -> float:
        """Great-circle distance between the middles (haversine, sphere of 6371 km)."""
        lat, other_lat = math.radians(self.lat), math.radians(other.lat)
        half = math.sin((lat - other_lat) / 2) ** 2 + math.cos(lat) * math.cos(other_lat) * (
            math.sin(math.radians(self.lon - other.lon) / 2) ** 2
        )
        return 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


class Gazetteer:
    """The packs asked by the words of an article; answers are remembered."""

    def __init__(self, packs: Packs) -> None:
        self._packs = packs
        self.place = lru_cache(_REMEMBERED)(self._place)
        self.weapon = lru_cache(_REMEMBERED)(self._weapon)
        self._states = {state.code: state.name for state in packs.states.values()}

    def state(self, code: str) -> str:
        """The usual name of the state with this code, or the code where the packs know none."""
        return self._states.get(code, code)

    def _place(self, named: str) -> Spot | None:
        """The most specific place within `named`, None where the packs know none."""
        places = [m.entry for m in self._packs.mentions(named) if isinstance(m.entry, Place)]
        if not places:
            return None
        best = min(places, key=lambda place: (_COARSE.get(place.kind, _FINE)[0], place.name))
        return Spot(best.name, best.kind, best.lat, best.lon, best.reach_km or _COARSE.get(best.kind, _FINE)[1])

    def _weapon(self, named: str) -> str | None:
        """The pack's own name of the weapon that `named` contains, None where it knows none."""
        return next((m.entry.name for m in self._packs.mentions(named) if isinstance(m.entry, Weapon)), None)
