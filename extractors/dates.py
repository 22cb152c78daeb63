"""Dates as news writes them, found in normalised text and resolved against the publication day.

Finding is separate from resolving: `find_dates` says what stands where, `resolve` turns a found date
into a calendar day with a precision, given the publication day, the tense around it and the day last spoken of. Months
are whole where the text gives no day ("in October", "last week"): their date is the first of the month.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal, NamedTuple

from extractors.feasts import NAMES as _FEASTS
from extractors.feasts import day_of
from extractors.hints import Hints
from extractors.quantities import number
from extractors.records import Precision

_MONTHS = {
    name: index
    for index, names in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
            "september sept sep", "october oct", "november nov", "december dec",
        ), 1)
    for name in names.split()
}  # fmt: skip
_WEEKDAYS = {name.lower(): index for index, name in enumerate(calendar.day_name)}
_SHORT_WEEKDAYS = {
    "mon": 0,
    "tue": 1,
    "tues": 1,
    "wed": 2,
    "thu": 3,
    "thur": 3,
    "thurs": 3,
    "fri": 4,
    "sat": 5,
    "sun": 6,
}

Kind = Literal["day", "month", "year", "weekday", "of_month", "offset", "span", "weeks_day", "feast", "numeric"]
Reach = Literal["past", "future", "near"]
DayPart = Literal["early", "morning", "day", "evening", "night", "overnight", ""]


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date as written; offsets into the text.

    `kind`: day (day, month and perhaps year), month, year, weekday, of_month ("on the 4th"), offset (`amount` of `unit`
    from the publication day, or from the day last spoken of where `relative`), span (a week, a weekend: no one day),
    feast (named in `unit`, `amount` days from it), numeric ("3/6/2025": which is the month is settled when resolved).
    `way` is "last", "next" or "this" where the text says so, or of a relative weekday "before" or "after". A weekday
    lies `amount` weeks further off. `until` is the end of a stretch that the date begins ("between Wednesday and
    Dec. 1").
    """

    start: int
    end: int
    kind: Kind
    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    unit: str = ""
    amount: int = 0
    relative: bool = False
    way: str = ""
    part: DayPart = ""
    until: FoundDate | None = None


class Resolved(NamedTuple):
    """A calendar date with its precision."""

    date: date
    precision: Precision


# --- dates: finding ---------------------------------------------------------------------------------------------------

_MONTH = r"(?P<month>jan(?:uary|\.)?|feb(?:ruary|\.)?|mar(?:ch|\.)?|apr(?:il|\.)?|may|june?|jun\.|july?|jul\.|aug(?:ust|\.)?|sept?(?:ember|\.)?|oct(?:ober|\.)?|nov(?:ember|\.)?|dec(?:ember|\.)?)"  # noqa: E501
_YEAR = r"(?:(?P<year>(?:19|20)\d\d)\b|(?P<relyear>of\slast\syear|last\syear|of\sthis\syear|this\syear|next\syear))"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
    "twentieth", "twenty-first", "twenty-second", "twenty-third", "twenty-fourth", "twenty-fifth", "twenty-sixth",
    "twenty-seventh", "twenty-eighth", "twenty-ninth", "thirtieth", "thirty-first",
)  # fmt: skip
_DAY_IN_WORDS = "(?P<dayword>" + "|".join(sorted(_ORDINALS, key=len, reverse=True)) + ")"
_MONTH_HINTS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EVENTS = r"(?:launch|test|firing|flight|attack|strike|barrage|raid|shot|salvo|volley|trial|lift-?off|drill|exercise)"
_WEEKDAY = r"(?P<weekday>(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|tues?|wed|thurs?|fri|sat|sun)(?=\.?,?\s\d|\.,?\s[a-z]))"  # noqa: E501
_AMOUNT = (
    r"(?P<amount>\d{1,3}|an?\scouple\sof|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|several"
    r"|(?:a\s)?few)"
)


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{pattern})(?!\w|-[a-z])", re.IGNORECASE)


Builder = Callable[[re.Match[str]], "FoundDate | None"]


def _month_of(match: re.Match[str]) -> int:
    return _MONTHS[match["month"].rstrip(".").lower()]


def _year_of(match: re.Match[str]) -> tuple[int | None, str]:
    found = match.groupdict()
    year, words = found.get("year"), (found.get("relyear") or "").lower()
    way = next((way for way in ("last", "this", "next") if way in words), "")
    return (int(year) if year else None), way


def _absolute_day(match: re.Match[str]) -> FoundDate | None:
    year, way = _year_of(match)
    found = match.groupdict()
    day = int(found["day"]) if found.get("day") else _ORDINALS.index(found["dayword"].lower()) + 1
    weekday = found.get("weekday")
    window = bool(found.get("upto"))
    return FoundDate(
        match.start(), match.end(), "day", year=year, month=_month_of(match), day=day, way=way,
        weekday=_weekday_number(weekday) if weekday else None, unit="window" if window else "",
    )  # fmt: skip


def _iso_day(match: re.Match[str]) -> FoundDate | None:
    month, day = int(match["m"]), int(match["d"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return FoundDate(match.start(), match.end(), "day", year=int(match["y"]), month=month, day=day)


def _numeric_day(match: re.Match[str]) -> FoundDate | None:
    """ "06.03.2025" is the sixth of March; with slashes the order is settled by the publication day, if at all."""
    a, b = int(match["a"] or match["a2"] or match["a3"]), int(match["b"] or match["b2"] or match["b3"])
    full = int(match["year"]) if match["year"] else 2000 + int(match["year2"]) if match["year2"] else None
    dotted = match["mark"] == "."
    if not (1 <= min(a, b) <= 12 and max(a, b) <= 31) or (dotted and b > 12):
        return None
    if dotted or a > 12 or b > 12:
        month, day = (b, a) if dotted or a > 12 else (a, b)
        return FoundDate(match.start(), match.end(), "day", year=full, month=month, day=day)
    return FoundDate(match.start(), match.end(), "numeric", year=full, month=a, day=b)


def _feast(match: re.Match[str]) -> FoundDate:
    name = re.sub(r"\s+", " ", match["feast"].lower()).replace("saint ", "st ").replace("st. ", "st ")
    off = (match["off"] or "").lower()
    amount = -1 if "eve" in off or off.endswith("before ") else 1 if off.endswith("after ") else 0
    year, way = _year_of(match)
    return FoundDate(match.start(), match.end(), "feast", year=year, unit=name, amount=amount, way=way)


def _month_alone(match: re.Match[str]) -> FoundDate | None:
    year, way = _year_of(match)
    lead = (match["lead"] or "").lower()
    way = next((word for word in ("last", "next", "this") if lead.startswith(word)), way)
    named = lead or year or way or match["of"] is not None
    if match["month"].lower() in ("may", "march", "mar") and (not match["month"][0].isupper() or not named):
        return None
    if match["month"].lower() in ("jan", "mar", "sun", "sat") and not match["month"][0].isupper():
        return None
    start = match.start() if way and lead.startswith(way) else match.start("month")
    return FoundDate(start, match.end(), "month", year=year, month=_month_of(match), way=way)


def _year_alone(match: re.Match[str]) -> FoundDate | None:
    return FoundDate(match.start(), match.end(), "year", year=int(match["year"] or match["year2"]))


def _weekday_number(word: str) -> int:
    low = word.lower().rstrip(".")
    return _WEEKDAYS.get(low, _SHORT_WEEKDAYS.get(low, 0))


_PARTS: dict[str, DayPart] = {
    "early": "early", "predawn": "early", "morning": "morning", "afternoon": "day", "midday": "day", "lunchtime": "day",
    "evening": "evening", "overnight": "overnight", "night": "night", "late": "night", "midnight": "night",
    "dawn": "early", "noon": "day",
}  # fmt: skip


def _part_of(words: str) -> DayPart:
    return next((part for word, part in _PARTS.items() if word in words), "")


def _weekday_date(match: re.Match[str]) -> FoundDate | None:
    """ "early on Sunday", "Thursday of last week", "the previous Monday", "a week ago Tuesday", "Friday week"."""
    way, after = (match["way"] or "").lower(), (match["after"] or "").lower()
    kind: Kind = "weekday"
    unit, weeks, relative = "", 0, False
    if after in ("last", "gone", "next", "just gone"):
        way = "next" if after == "next" else way
    elif after == "before last":
        weeks = -1
    elif after in ("week", "week ago"):
        way, weeks = ("next", 1) if after == "week" and way != "last" else (way, -1)
    elif after in ("before", "after"):
        relative, way = True, after
    elif "week" in after:
        kind, unit = "weeks_day", "last" if "last" in after else "next" if "next" in after else "this"
    if way in ("the previous", "the preceding", "the following"):
        relative, way = True, "after" if way.endswith("following") else "before"
    lead = (match["lead"] or "").lower()
    if "week" in lead:
        ago = "ago" in lead or "last" in lead
        weeks, way = (-(_amount_of(lead.split()[0]) or 1), way) if ago else (1, "next")
    return FoundDate(
        match.start("lead" if weeks else "weekday"), match.end(), kind, weekday=_weekday_number(match["weekday"]),
        unit=unit, amount=weeks, relative=relative, way=way.removeprefix("the "), part=_part_of(f"{lead} {after}"),
    )  # fmt: skip


def _day_of_month(match: re.Match[str]) -> FoundDate | None:
    """ "on the 14th", "Thursday the 9th", "the 3rd of last month"."""
    found = match.groupdict()
    way = next((way for way in ("last", "this", "next") if way in (found.get("of") or "").lower()), "")
    start = match.start("weekday") if found.get("weekday") else match.start()
    day = int(found["day"]) if found.get("day") else _ORDINALS.index(found["dayword"].lower()) + 1
    return FoundDate(start, match.end(), "of_month", day=day, way=way)


_DAY_WORDS = {
    "today": 0, "tonight": 0, "this morning": 0, "this afternoon": 0, "this evening": 0, "overnight": 0,
    "yesterday": -1, "last night": -1, "last evening": -1, "the past night": 0, "tomorrow": 1, "earlier today": 0,
    "later today": 0, "this day": 0, "the day before yesterday": -2, "the day after tomorrow": 2,
    "the night before last": -2, "the evening before last": -2,
}  # fmt: skip


def _day_word(match: re.Match[str]) -> FoundDate | None:
    words = re.sub(r"\s+", " ", match.group().lower())
    part = _part_of(words)
    return FoundDate(match.start(), match.end(), "offset", unit="day", amount=_DAY_WORDS[words], part=part)


def _amount_of(word: str) -> int | None:
    low = word.lower()
    return 1 if low in ("a", "an") else 2 if "couple" in low else number(low)


def _units_away(match: re.Match[str]) -> FoundDate | None:
    """ "two weeks ago", "a day earlier", "three days later", "a year ago today"; an unknown amount ("several days
    ago") resolves to nothing, unless it is of hours.
    """
    amount = _amount_of(match["amount"])
    unit, way = match["unit"].lower(), match["way"].lower()
    if unit == "minute" or (unit == "hour" and way == "on"):
        return None
    if unit == "hour":
        unit, amount = ("day", (amount or 0) // 24) if (amount or 1) % 24 == 0 else ("hour", 0)
    if unit == "fortnight":
        unit, amount = "week", 2 * (amount or 1)
    unit = "day" if unit in ("night", "morning", "evening") else unit
    relative = way != "ago"
    if amount is None:
        return FoundDate(match.start(), match.end(), "span", unit="unknown", relative=relative)
    if match["exact"] and unit in ("week", "year"):
        unit, amount = ("day", 7 * amount) if unit == "week" else ("anniversary", amount)
    sign = 1 if way in ("later", "after", "afterwards", "on") else -1
    return FoundDate(match.start(), match.end(), "offset", unit=unit, amount=sign * amount, relative=relative)


def _hours_away(match: re.Match[str]) -> FoundDate:
    """ "hours ago", "in the past few hours": today; "hours later": the day spoken of."""
    relative = bool(match["way"]) and match["way"].lower() != "ago"
    return FoundDate(match.start(), match.end(), "offset", unit="hour" if relative else "day", relative=relative)


def _relative_word(match: re.Match[str]) -> FoundDate | None:
    """ "the day before", "the very next morning", "later that night", "the preceding evening"."""
    words = match.group().lower()
    forth = re.search(r"\b(?:next|following|after)\b", words)
    back = re.search(r"\b(?:before|previous|preceding|prior)\b|day\searlier", words)
    amount = 1 if forth else -1 if back else 0
    return FoundDate(match.start(), match.end(), "offset", unit="day", amount=amount, relative=True)


def _span(match: re.Match[str]) -> FoundDate | None:
    words = match.group().lower()
    unit = next(unit for unit in ("weekend", "week", "month", "year") if unit in words)
    way = "last" if re.search(r"\b(?:last|past|previous)\b", words) else "next" if "next" in words else "this"
    if unit == "year":
        return None if way != "last" else FoundDate(match.start(), match.end(), "span", unit="year", way=way)
    return FoundDate(match.start(), match.end(), "span", unit=unit, way=way)


_DAYPART = r"(?:day|morning|afternoon|evening|night)"
_NO_NOUN = (  # what may follow "the 14th" where it is a day, and not "the 14th launch"
    r"(?=\s?(?:[,.;:)]|-\s|–|—|$)|\s(?:and|at|in|from|but|when|while|as|after|before|by|with|to|it|they|that|this|was"
    r"|were|had|has|is|near|off|over|into|around|about|shortly|late|early|on|between|-)\b)"
)
_AFTER_PREPOSITION = r"(?:(?<=on\s)|(?<=of\s)|(?<=before\s)|(?<=after\s)){}(?!\s[a-z])"
_FEAST = "|".join(
    _AFTER_PREPOSITION.format(name)
    if name in ("christmas", "thanksgiving")
    else re.escape(name).replace(r"\ ", r"\s").replace("st\\s", r"(?:st|saint)\.?\s")
    for name in _FEASTS
)
_COUNTED = (  # what "on the 14th" may count
    r"of\s|floor|day|anniversary|launch|test|flight|attempt|try|time|mission|orbit|hour|minute|occasion|parallel|birthday"
    r"|century|front|fleet|lap|hole|page|round|street|avenue|meeting|session|week|year|month|party|congress|night"
)
_NTH = r"(?P<day>[1-9]|[12]\d|3[01])(?:st|nd|rd|th)"
_WINDOW = r"(?P<upto>\s?(?:-|–|and|to)\s?(?:the\s)?\d\d?(?:st|nd|rd|th)?(?!\w))?"

_DIGITS = "0123456789"
_UNITS = ("minute", "hour", "day", "night", "morning", "evening", "week", "fortnight", "month", "year")
_WAYS = ("ago", "earlier", "before", "later", "after", "previously", "prior", "on")
_NUMBERED = tuple(digit + mark for digit in _DIGITS for mark in ("th", "st", "nd", "rd"))

# Each with its hints: words or marks of which a match must hold one.
_FINDERS: tuple[tuple[tuple[str, ...], re.Pattern[str], Builder], ...] = (
    (("19", "20"), _compiled(r"(?P<y>(?:19|20)\d\d)[-/.](?P<m>\d\d)[-/.](?P<d>\d\d)"), _iso_day),
    (
        tuple(digit + mark for digit in _DIGITS for mark in "/-."),
        _compiled(
            r"(?P<a>\d\d?)(?P<mark>[/.-])(?P<b>\d\d?)(?P=mark)(?P<year>(?:19|20)\d\d)(?![./\d])"
            r"|(?<![./])(?P<a2>\d\d?)/(?P<b2>\d\d?)/(?P<year2>\d\d)(?![./\d])|on\s(?!9/11)(?P<a3>\d\d?)/(?P<b3>\d\d?)(?![/.]?\d)"
        ),
        _numeric_day,
    ),
    (
        _MONTH_HINTS,
        _compiled(rf"(?:{_WEEKDAY}\.?,?\s|last\s)?{_MONTH}\s(?:(?:the\s)?{_DAY}(?![:.,]?\d){_WINDOW}|(?:the\s)?{_DAY_IN_WORDS}(?=[,.;]|\sat\b|$))(?:(?:,|\sof|\sin)?\s{_YEAR})?"),
        _absolute_day,
    ),
    (
        _MONTH_HINTS,
        _compiled(rf"(?:{_WEEKDAY}\.?,?\s(?:the\s)?)?{_DAY}{_WINDOW}[\s-](?:of\s)?{_MONTH}(?:,?[\s-]{_YEAR})?"),
        _absolute_day,
    ),
    (_MONTH_HINTS, _compiled(rf"the\s{_DAY_IN_WORDS}\sof\s{_MONTH}(?:,?\s{_YEAR})?"), _absolute_day),
    (
        _MONTH_HINTS,
        _compiled(
            r"(?:(?P<lead>last|next|this|in|early|late|mid|since|of|during|until|from|by|for|early\sin|late\sin|in\searly|in\slate|in\smid)[\s-])?"
            rf"{_MONTH}(?:,?\s(?:of\s)?{_YEAR})?(?P<of>(?='s\s(?:\w+\s){{0,2}}{_EVENTS})|(?=\s{_EVENTS}))?"
        ),
        _month_alone,
    ),
    (
        (*_WEEKDAYS, *(day + mark for day in _SHORT_WEEKDAYS for mark in (".", ", ", *(f" {d}" for d in _DIGITS)))),
        _compiled(
            rf"(?P<lead>(?:(?:early|late|later|earlier)\s(?:on\s)?|nights?\sof\s|(?:an?|one|two|three)\sweeks?\s(?:ago\s(?:on\s)?|last\s|on\s|from\s))?)"
            r"(?:(?P<way>last|next|this|this\scoming|this\spast|past|coming|the\sprevious|the\spreceding|the\sfollowing)\s)?"
            rf"{_WEEKDAY}(?:\.?\s(?P<after>(?:early\s|late\s)?(?:morning|afternoon|evening|night|midday|lunchtime)|(?:of\s)?(?:last|next|this)\sweek"
            r"|before\slast|just\sgone|gone|last|next|week\sago|week(?!\w|-)|(?:before|after)(?=[,.;]|$)))?(?!\sagreement)"
        ),
        _weekday_date,
    ),
    (
        _NUMBERED,
        _compiled(
            rf"(?:(?P<lead>on|since|until|and|between|from)\s)?the\s{_NTH}"
            rf"(?:\s(?P<of>of\s(?:last|this|next|the|that)\smonth)|{_NO_NOUN}|(?(lead)(?!\s(?:{_COUNTED}))|(?!)))"
        ),
        _day_of_month,
    ),
    (
        _NUMBERED,
        _compiled(rf"{_WEEKDAY},?\s(?:the\s)?{_NTH}{_NO_NOUN}"),
        _day_of_month,
    ),
    (("on the ",), _compiled(rf"on\sthe\s{_DAY_IN_WORDS}(?=[,.;]|$)"), _day_of_month),
    (
        tuple(name.removeprefix("st ") for name in _FEASTS),
        _compiled(
            r"(?P<off>(?:the\s)?eve\sof\s(?:the\s)?|(?:the\s)?(?:day|night|evening)\s(?:before|after)\s(?:the\s)?)?"
            rf"(?<!orthodox\s)(?P<feast>{_FEAST})(?!\sagreement|\saccords?)(?:,?\s{_YEAR})?"
        ),
        _feast,
    ),
    (
        tuple(_DAY_WORDS),
        _compiled("|".join(re.escape(words).replace(r"\ ", r"\s") for words in sorted(_DAY_WORDS, key=len, reverse=True))),  # noqa: E501
        _day_word,
    ),
    (
        tuple(f"{unit}{plural} {way}" for unit in _UNITS for plural in ("", "s") for way in _WAYS),
        _compiled(
            rf"(?:(?:less|more)\sthan\s|about\s|some\s|barely\s|just\s|only\s|nearly\s|exactly\s)?{_AMOUNT}\s(?P<unit>minute|hour|day|night|morning|evening|week|fortnight|month|year)s?\s"
            r"(?P<way>ago|earlier(?!\sthan)|before|later(?!\sthan)|after|afterwards|previously|prior|on(?=[,.;]|$))"
            r"(?P<exact>\sto\sthe\sday|\stoday)?"
        ),
        _units_away,
    ),
    (
        ("hour", "minutes", "moments"),
        _compiled(
            r"(?<!\d\s)(?:hours|minutes(?=\sago|\searlier)|moments(?=\sago|\searlier))\s(?P<way>ago|earlier(?!\sthan)|later)"
            r"|(?:in|within|over|during)\sthe\s(?:last|past)\s(?:few\s|couple\sof\s)?(?:hours?|minutes)"
        ),
        _hours_away,
    ),
    (
        ("day", "morning", "noon", "evening", "night"),
        _compiled(
            rf"(?:the|that)\s(?:(?:very|same|selfsame)\s)+{_DAYPART}|same\sday|that\s{_DAYPART}"
            rf"|(?:earlier|later)\s(?:on\s)?in\sthe\s{_DAYPART}"
            rf"|(?:(?:the|that)\s)?(?:very\s)?(?:next|following)\s{_DAYPART}"
            rf"|the\s(?:previous|preceding|prior)\s{_DAYPART}|the\s{_DAYPART}\s(?:before(?!\slast)|prior|earlier)|the\s(?:day|morning|night|evening)\safter"
        ),
        _relative_word,
    ),
    (
        ("week", "month", "year"),
        _compiled(
            r"(?:(?:earlier|later|early|late)\s)?(?:(?:this|last|next|the\spast|the\sprevious)\s(?:weekend|week|month|year)(?!\sof\b)|(?:over|at|during|on)\sthe\s(?:past\s)?weekend|weekend)"
            r"|(?:earlier|later)\sin\sthe\s(?:week|month)|(?:start|beginning|first\shalf|early\spart)\sof\sthe\s(?:week|month)"
        ),
        _span,
    ),
    (
        ("19", "20"),
        _compiled(
            r"(?:in|since|of|during|from|late|early|by|until)\s(?:(?:early|late|mid)[\s-])?(?P<year>(?:19[4-9]|20[0-4])\d)"
            rf"|(?P<year2>(?:19[4-9]|20[0-4])\d)(?='s\s(?:\w+\s){{0,2}}{_EVENTS}|\s(?:[a-z-]+\s){{0,1}}{_EVENTS})"
        ),
        _year_alone,
    ),
)  # fmt: skip
_HINTS = Hints((hints, (pattern, build)) for hints, pattern, build in _FINDERS)


def find_dates(text: str, start: int = 0, end: int | None = None) -> list[FoundDate]:
    """Dates in `text[start:end]`, in order and without overlap; where several readings overlap the longer, earlier
    wins.
    """
    stop = len(text) if end is None else end
    candidates = [
        found
        for pattern, build in _HINTS.in_text(text[start:stop])
        for match in pattern.finditer(text, start, stop)
        if (found := build(match)) is not None
    ]
    candidates.sort(key=lambda found: (found.start, -found.end))
    kept: list[FoundDate] = []
    for found in candidates:
        if kept and found.start < kept[-1].end:
            if found.end - found.start > kept[-1].end - kept[-1].start + 3:
                kept[-1] = found
            continue
        kept.append(found)
    return _joined(text, kept)


def _joined(text: str, found: list[FoundDate]) -> list[FoundDate]:
    """Dates that stand side by side and are one: a weekday and its calendar day, "last week, on Tuesday", "overnight
    Sunday", "Sunday night into Monday".
    """
    joined: list[FoundDate] = []
    for date_ in found:
        previous = joined[-1] if joined else None
        one = _one_date(previous, date_, text[previous.end : date_.start].lower()) if previous else None
        if one is not None:
            joined[-1] = one
        else:
            joined.append(date_)
    return joined


def _one_date(first: FoundDate, second: FoundDate, gap: str) -> FoundDate | None:
    between = gap.strip(" ,(")
    kinds = (first.kind, second.kind)
    whole: FoundDate | None = None
    if {*kinds} == {"weekday", "day"} and between in ("", "the") and len(gap) <= 4:
        whole = first if first.kind == "day" else second
    elif {*kinds} <= {"weekday", "feast"} and "feast" in kinds and between in ("", "the") and len(gap) <= 4:
        whole = first if first.kind == "feast" else second
    elif kinds == ("offset", "day") and first.unit == "day" and not between and len(gap) <= 3:
        whole = second
    elif kinds == ("span", "weekday") and first.unit == "week" and not second.way and between in ("", "on"):
        whole = replace(second, kind="weeks_day", unit=first.way)
    elif first.part == "overnight" and first.kind == "offset" and second.kind in ("weekday", "day", "of_month"):
        whole = second if between in ("", "on", "from", "of", "between") else None
    elif second.part == "overnight" and first.kind in ("weekday", "day") and not between:
        whole = replace(first, part="overnight")
    elif first.part in ("night", "overnight") and second.kind in ("weekday", "day"):
        whole = first if between in ("to", "into", "through to", "and", "-", "–", "through") else None
    if whole is None:
        return None
    part = first.part or second.part
    return replace(whole, start=first.start, end=second.end, part=part)


# --- dates: resolving -------------------------------------------------------------------------------------------------


def resolve(
    found: FoundDate,
    published: date | None,
    *,
    reach: Reach = "past",
    last: Resolved | None = None,
    ahead: bool = False,
) -> Resolved | None:
    """The calendar date a found date stands for, or None where it cannot be known.

    `published` is the article's UTC day; without it only absolute dates resolve. `reach` says whether the words around
    speak of what was or what will be. `last` is the date last spoken of, from which "a day earlier" counts. `ahead`:
    the place spoken of is far enough east that its day can be one ahead of the publication day.
    """
    if found.until is not None and reach == "future":
        return _resolve_window(found, published, last)
    if found.kind == "day":
        return _resolve_day(found, published, reach)
    if found.kind == "month":
        return _resolve_month(found, published, reach)
    if found.kind == "year":
        return Resolved(date(found.year or 1, 1, 1), "year")
    if found.kind == "feast":
        return _resolve_feast(found, published, reach)
    if found.kind == "numeric":
        return _resolve_numeric(found, published, reach)
    if found.kind == "offset" and found.relative:
        near = found.unit in ("day", "hour") and found.amount <= 0
        base = last.date if last and last.precision == "day" else published if near else None
        return _shifted(base, found) if base else None
    if published is None:
        return None
    if found.kind == "weekday" and found.relative:
        return Resolved(_weekday_from(found, last.date if last and last.precision == "day" else published), "day")
    if found.kind in ("weekday", "weeks_day"):
        return Resolved(_resolve_weekday(found, published, reach, ahead), "day")
    if found.kind == "of_month":
        return _resolve_of_month(found, published, reach, last)
    if found.kind == "offset":
        return _shifted(published, found)
    return _resolve_span(found, published)


def _resolve_window(found: FoundDate, published: date | None, last: Resolved | None) -> Resolved | None:
    """The month of a stretch of days to come, None where it lies in two."""
    first = resolve(replace(found, until=None), published, reach="future", last=last)
    end = resolve(found.until, published, reach="future", last=first) if found.until else None
    if first is None or end is None or first.date.replace(day=1) != end.date.replace(day=1):
        return None
    return Resolved(first.date.replace(day=1), "month")


def _safe_day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _year_word(found: FoundDate, published: date | None) -> int | None:
    if found.year is not None:
        return found.year
    if published is None or not found.way:
        return None
    return published.year + {"last": -1, "this": 0, "next": 1}[found.way]


def _resolve_day(found: FoundDate, published: date | None, reach: Reach) -> Resolved | None:
    month, day = found.month or 1, found.day or 1
    year = _year_word(found, published)
    if year is None:
        if published is None:
            return None
        year = published.year
        guess = _safe_day(year, month, day)
        named = _year_of_weekday(found, published)
        if named is not None:
            year = named
        elif reach == "past" and guess and guess > published + timedelta(days=1):
            year -= 1
        elif reach == "future" and guess and guess < published - timedelta(days=1):
            year += 1
    whole = _safe_day(year, month, day)
    if whole and found.unit == "window" and reach == "future":
        return Resolved(whole.replace(day=1), "month")
    return Resolved(whole, "day") if whole else None


def _year_of_weekday(found: FoundDate, published: date) -> int | None:
    """The year near the publication in which the day falls on the weekday named with it."""
    if found.weekday is None:
        return None
    years = (published.year, published.year - 1, published.year + 1, published.year - 2, published.year - 3)
    days = [_safe_day(year, found.month or 1, found.day or 1) for year in years]
    return next((day.year for day in days if day is not None and day.weekday() == found.weekday), None)


def _resolve_feast(found: FoundDate, published: date | None, reach: Reach) -> Resolved | None:
    year = _year_word(found, published)
    if year is None:
        if published is None:
            return None
        year = published.year
        guess = day_of(found.unit, year)
        if reach != "future" and (guess is None or guess > published + timedelta(days=1)):
            year -= 1
        elif reach == "future" and guess and guess < published - timedelta(days=1):
            year += 1
    leap = found.unit == "leap day" and found.year is None
    day = next((d for back in range(4 if leap else 1) if (d := day_of(found.unit, year - back))), None)
    return Resolved(day + timedelta(days=found.amount), "day") if day else None


def _resolve_numeric(found: FoundDate, published: date | None, reach: Reach) -> Resolved | None:
    """Of the two readings of "3/6" the one nearer to the publication day."""
    swapped = replace(found, month=found.day, day=found.month)
    days = [day for one in (found, swapped) if (day := _resolve_day(one, published, reach))]
    if published is None:
        return days[0] if len({*days}) == 1 else None
    return min(days, key=lambda day: abs((day.date - published).days), default=None)


def _weekday_from(found: FoundDate, base: date) -> date:
    """ "The previous Monday", "the Monday after": the nearest on that side of the day spoken of."""
    if found.way == "after":
        return base + timedelta(days=((found.weekday or 0) - base.weekday() - 1) % 7 + 1)
    return base - timedelta(days=(base.weekday() - (found.weekday or 0) - 1) % 7 + 1)


def _resolve_month(found: FoundDate, published: date | None, reach: Reach) -> Resolved | None:
    month = found.month or 1
    if found.year is None and published is not None:
        if (found.way == "last" and month < published.month) or (found.way == "next" and month > published.month):
            year = published.year
        elif found.way:
            year = published.year + {"last": -1, "this": 0, "next": 1}[found.way]
        elif reach == "future":
            year = published.year + (month < published.month)
        else:
            year = published.year - (month > published.month)
        return Resolved(date(year, month, 1), "month")
    return Resolved(date(found.year, month, 1), "month") if found.year else None


def _resolve_weekday(found: FoundDate, published: date, reach: Reach, ahead: bool) -> date:
    weekday = found.weekday or 0
    since = (published.weekday() - weekday) % 7
    if found.kind == "weeks_day":
        monday = published - timedelta(days=published.weekday())
        return monday + timedelta(days=weekday + {"last": -7, "next": 7}.get(found.unit, 0))
    ahead_of = found.way in ("next", "coming", "this coming") or (reach == "future" and found.way in ("", "this"))
    if ahead_of and found.amount >= 0:
        forward = (weekday - published.weekday()) % 7 or (7 if found.way == "next" else 0)
        return published + timedelta(days=forward + 7 * found.amount)
    if found.way == "last" and since == 0:
        since = 7
    if found.amount:
        return published - timedelta(days=since - 7 * found.amount)
    if ahead and since == 6 and found.way == "":
        return published + timedelta(days=1)
    return published - timedelta(days=since)


def _resolve_of_month(found: FoundDate, published: date, reach: Reach, last: Resolved | None) -> Resolved | None:
    day = found.day or 1
    base = last.date if last and last.precision == "month" and not found.way else published
    if found.way in ("last", "next"):
        months = published.year * 12 + published.month - 1 + (1 if found.way == "next" else -1)
        base = date(months // 12, months % 12 + 1, 1)
    whole = _safe_day(base.year, base.month, day)
    if whole and whole > published + timedelta(days=1) and reach == "past" and base is published:
        previous = published.replace(day=1) - timedelta(days=1)
        whole = _safe_day(previous.year, previous.month, day)
    return Resolved(whole, "day") if whole else None


def _shifted(base: date, found: FoundDate) -> Resolved | None:
    try:
        if found.unit in ("day", "hour"):
            return Resolved(base + timedelta(days=found.amount), "day")
        if found.unit == "week":
            day = base + timedelta(weeks=found.amount)
            return Resolved(day, "day") if found.relative else Resolved(day.replace(day=1), "month")
        if found.unit == "month":
            months = base.year * 12 + base.month - 1 + found.amount
            return Resolved(date(months // 12, months % 12 + 1, 1), "month")
        if found.unit == "anniversary":
            return Resolved(base.replace(year=base.year + found.amount), "day")
        return Resolved(date(base.year + found.amount, 1, 1), "year")
    except (ValueError, OverflowError):
        return None


def _resolve_span(found: FoundDate, published: date) -> Resolved | None:
    """A month where all days of the span lie in one; None for a span across two months."""
    monday = published - timedelta(days=published.weekday())
    if found.unit == "week":
        first = monday + timedelta(weeks={"last": -1, "next": 1}.get(found.way, 0))
        ends = published if found.way == "this" else first + timedelta(days=6)
    elif found.unit == "weekend":
        first = monday - timedelta(days=2) if published.weekday() < 5 else monday + timedelta(days=5)
        if found.way == "next":
            first = monday + timedelta(days=5)
        ends = first + timedelta(days=1)
    elif found.unit == "month":
        months = published.year * 12 + published.month - 1 + {"last": -1, "next": 1}.get(found.way, 0)
        first = ends = date(months // 12, months % 12 + 1, 1)
    elif found.unit == "year":
        return Resolved(date(published.year - 1, 1, 1), "year")
    else:
        return None
    return Resolved(first.replace(day=1), "month") if first.month == ends.month else None
