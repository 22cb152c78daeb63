"""Days that have a name: feasts on one day of the year, those that move with Easter, and a few that a country keeps.

Only days that English-language news everywhere takes for the same day are listed; a bare "Independence Day" is not.
"""

from __future__ import annotations

from datetime import date, timedelta

_FIXED = {
    "new year's day": (1, 1), "new year's eve": (12, 31), "new year's night": (1, 1), "orthodox christmas": (1, 7),
    "twelfth night": (1, 5), "burns night": (1, 25), "groundhog day": (2, 2), "valentine's day": (2, 14),
    "st valentine's day": (2, 14), "leap day": (2, 29), "international women's day": (3, 8), "women's day": (3, 8),
    "st patrick's day": (3, 17), "april fools' day": (4, 1), "april fool's day": (4, 1), "earth day": (4, 22),
    "anzac day": (4, 25), "may day": (5, 1), "juneteenth": (6, 19), "canada day": (7, 1), "fourth of july": (7, 4),
    "bastille day": (7, 14), "assumption day": (8, 15), "halloween": (10, 31), "all saints' day": (11, 1),
    "all souls' day": (11, 2), "bonfire night": (11, 5), "guy fawkes night": (11, 5), "armistice day": (11, 11),
    "veterans day": (11, 11), "christmas eve": (12, 24), "christmas day": (12, 25), "christmas night": (12, 25),
    "christmas": (12, 25), "boxing day": (12, 26), "st stephen's day": (12, 26), "day of the sun": (4, 15),
    "day of the shining star": (2, 16), "cosmonautics day": (4, 12), "kremlin's victory day": (5, 9),
    "russia's victory day": (5, 9), "moscow's victory day": (5, 9), "india's republic day": (1, 26),
    "india's independence day": (8, 15), "pakistan's independence day": (8, 14), "pakistan day": (3, 23),
    "ukraine's independence day": (8, 24), "america's independence day": (7, 4), "u.s. independence day": (7, 4),
    "us independence day": (7, 4), "north korea's foundation day": (9, 9),
}  # fmt: skip
_FROM_EASTER = {
    "shrove tuesday": -47, "ash wednesday": -46, "palm sunday": -7, "maundy thursday": -3, "holy thursday": -3,
    "good friday": -2, "holy saturday": -1, "easter saturday": -1, "easter sunday": 0, "easter day": 0,
    "easter monday": 1, "ascension day": 39, "whit sunday": 49, "whit monday": 50, "pentecost": 49,
}  # fmt: skip
_THANKSGIVING = ("thanksgiving day", "thanksgiving")
NAMES = tuple(sorted([*_FIXED, *_FROM_EASTER, *_THANKSGIVING], key=len, reverse=True))


def day_of(name: str, year: int) -> date | None:
    """The day a feast (lower case) falls on in a year, None where it does not exist: 29 February of most years."""
    if name in _FROM_EASTER:
        return easter(year) + timedelta(days=_FROM_EASTER[name])
    if name in _THANKSGIVING:
        first = date(year, 11, 1)
        return first + timedelta(days=(3 - first.weekday()) % 7 + 21)
    month, day = _FIXED[name]
    try:
        return date(year, month, day)
    except ValueError:
        return None


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)
