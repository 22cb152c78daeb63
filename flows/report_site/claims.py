"""Claims side by side: a line for each claimant, a column for each field that somebody gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from extractors.gazetteer import Gazetteer
from extractors.likeness import SAME_MINUTES, SAME_SHARE, clock_minutes, is_broader
from flows.report_site import wording
from flows.report_site.gather import FIELDS, Row


@dataclass(frozen=True, slots=True)
class Cell:
    """What a claimant says of a field: values that stand, values superseded, and whether they differ from the rest."""

    standing: tuple[str, ...] = ()
    superseded: tuple[str, ...] = ()
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A claimant's cells in the order of the columns; `sources` independent ones carry the claimant's words."""

    claimant: str
    quoted: bool
    since: datetime
    sources: int
    cells: tuple[Cell, ...]


def table(incident: Row, gazetteer: Gazetteer) -> tuple[tuple[str, ...], tuple[str, ...], list[Line]]:
    """The fields that somebody gives, what is agreed of each, and claimants' lines by the time of their first claim."""
    claims = incident["claims"]
    given = {claim["field"] for claim in claims}
    columns = tuple(name for name in FIELDS if name in given)
    claimants: dict[str, dict[str, list[Any]]] = {}
    for claim in claims:
        claimants.setdefault(claim["claimant"], {}).setdefault(claim["field"], []).append(claim)
    lines = [
        _line(who, said, tuple(_cell(incident, name, said.get(name, ()), gazetteer) for name in columns))
        for who, said in claimants.items()
    ]
    agreed = tuple(_agreed(incident, name) for name in columns)
    return columns, agreed, sorted(lines, key=lambda line: (line.since, line.claimant))


def _line(who: str, said: Mapping[str, Sequence[Any]], cells: tuple[Cell, ...]) -> Line:
    all_said = [claim for some in said.values() for claim in some]
    return Line(
        who,
        any(c["attribution"] for c in all_said),
        min(c["since"] for c in all_said),
        max(c["sources"] for c in all_said),
        cells,
    )


def _agreed(incident: Row, name: str) -> str:
    if name == "count":
        return wording.count(incident["count_min"], incident["count_max"])
    return "" if incident[name] is None else _worded(name, str(incident[name]))


def _cell(incident: Row, name: str, said: Sequence[Any], gazetteer: Gazetteer) -> Cell:
    """What one claimant says of a field."""
    standing = [c["value"] for c in said if c["superseded_at"] is None]
    return Cell(
        tuple(_worded(name, value) for value in standing),
        tuple(_worded(name, c["value"]) for c in said if c["superseded_at"] is not None),
        bool(standing) and not any(_fits(incident, name, value, gazetteer) for value in standing),
    )


def _fits(incident: Row, name: str, value: str, gazetteer: Gazetteer) -> bool:
    """Whether a value says what the agreed one says, or less: "missile" fits "SRBM", "Sunan area" fits "Sunan"."""
    if name == "count":
        agreed = wording.count(incident["count_min"], incident["count_max"])
        return not agreed or agreed == _worded(name, value)
    agreed = incident[name]
    if agreed is None or str(agreed) == value:
        return True
    if name == "weapon_class":
        return is_broader(value, agreed)  # type: ignore[arg-type]
    if name == "time_local":
        minutes = clock_minutes(value), clock_minutes(agreed)
        return None not in minutes and abs(minutes[0] - minutes[1]) <= SAME_MINUTES  # type: ignore[operator]
    if name in ("distance_km", "apogee_km"):
        return bool(abs(float(value) - agreed) <= SAME_SHARE * agreed)
    if name == "weapon_name":
        return gazetteer.weapon(value) is not None and gazetteer.weapon(value) == gazetteer.weapon(agreed)
    if name in ("launch_site", "landing_area"):
        one, other = gazetteer.place(value), gazetteer.place(agreed)
        return bool(one and other and one.apart_km(other) <= max(one.radius_km, other.radius_km))
    return False


def _worded(name: str, value: str) -> str:
    if name == "count":
        low, high = value.rstrip("+"), None if value.endswith("+") else value
        if "-" in value:
            low, _, high = value.partition("-")
        return wording.count(int(low) if low else None, int(high) if high else None)
    if name in ("distance_km", "apogee_km"):
        return wording.quantity(float(value))
    return wording.words(value) if name in ("weapon_class", "status") else wording.shown(value)
