"""The part of the day that a sentence tells of, as hours that two reports can be compared by."""

from __future__ import annotations

import re

_DAY = 24 * 60
# First and last minute, from midnight; what runs over midnight ends beyond the day.
_HOURS: dict[str, tuple[int, int]] = {
    "overnight": (20 * 60, 31 * 60), "night": (19 * 60, 30 * 60), "midnight": (23 * 60, 26 * 60),
    "predawn": (60, 6 * 60), "dawn": (60, 8 * 60), "sunrise": (3 * 60, 9 * 60),
    "morning": (4 * 60, 12 * 60), "noon": (11 * 60, 14 * 60), "midday": (11 * 60, 14 * 60),
    "lunchtime": (11 * 60, 14 * 60), "afternoon": (12 * 60, 18 * 60), "dusk": (16 * 60, 22 * 60),
    "sunset": (16 * 60, 22 * 60), "evening": (16 * 60, 24 * 60),
}  # fmt: skip
_PART = re.compile(rf"\b(?:{'|'.join(_HOURS)})\b(?! (?:before|watch|vision))", re.IGNORECASE)

Hours = tuple[int, int]


def told_hours(text: str) -> Hours | None:
    """The hours of the one part of the day that `text` names, in minutes; None where it names none or several."""
    named = {match[0].casefold() for match in _PART.finditer(text)}
    return _HOURS[named.pop()] if len(named) == 1 else None


def hours_apart(a: Hours, b: Hours) -> int:
    """Minutes between two stretches of a day, by the shorter way round the clock; 0 where they overlap."""
    return min(max(0, b[0] + turn - a[1], a[0] - b[1] - turn) for turn in (-_DAY, 0, _DAY))
