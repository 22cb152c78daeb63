"""Which side of a launch a party stands on: the launcher's own, or another one, which may be of the same state.

The state that an armed group fires from is not the group's own side ("the Lebanese prime minister condemned Hezbollah's
rockets", "the Sudanese army shot down the paramilitaries' drones"), unless the group rules there itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from extractors.document import Document
from extractors.launches import FoundLaunch
from extractors.party import Party
from extractors.records import Launch
from extractors.text import word_set

_ACTS_WITH = {"ESA": "FRA"}  # who launches for an organisation
_RULED_BY_GROUPS = frozenset({"YEM", "PSE", "AFG"})
_OF_THE_STATE = frozenset(
    {
        "military", "ministry", "government", "police", "agency", "head_of_state", "head_of_government", "minister",
        "monarch", "adviser", "diplomat", "regional",
    }
)  # fmt: skip
_OF_A_GROUP = word_set(
    """group movement militia rebel rebels rebel's group's movement's militia's faction brigades brigade paramilitary
    paramilitaries resistance hezbollah hezbollah's rsf insurgents separatists wing"""
)
_NEARBY = 60  # characters before a name within which its group stands


class Sides:
    """The sides of one document's launches."""

    def __init__(self, document: Document, launches: Sequence[FoundLaunch]) -> None:
        self._text = document.normal
        self._launches = [found.launch for found in launches]
        self._groups = frozenset(group.name for group in document.packs.groups.values())
        self.countries = frozenset(launch.country for launch in self._launches)

    def own(self, party: Party, launch: Launch) -> bool:
        """Whether the party is of the side that launched."""
        country = _ACTS_WITH.get(party.actor.country or "", party.actor.country)
        return launch.country == country and not self._opposes(party, launch)

    def launched(self, party: Party) -> bool:
        """Whether the party is of a side that launched anything the document tells of."""
        return any(self.own(party, launch) for launch in self._launches)

    def of_group(self, launch: Launch) -> bool:
        """Whether an armed group launched: its warnings to ships and airlines are threats."""
        return launch.actor in self._groups

    def country(self, party: Party) -> str | None:
        """The party's state, None where it stands against the one that launches from there."""
        opposed = party.actor.country in self.countries and not self.launched(party)
        return None if opposed else party.actor.country

    def _opposes(self, party: Party, launch: Launch) -> bool:
        if not self.of_group(launch) or launch.country in _RULED_BY_GROUPS:
            return False
        actor = party.actor
        if actor.kind != "state" and actor.rank not in _OF_THE_STATE:
            return False
        start = max(self._text.rfind("\n", 0, actor.start), actor.start - _NEARBY, 0)
        around = self._text[start : actor.end].lower().split()
        return not _OF_A_GROUP.intersection(around)
