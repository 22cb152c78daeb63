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

Kind = Literal["day", "month", "year", "weekday", "of_month", "offset", "span", "weeks_day"]
Reach = Literal["past", "future", "near"]
DayPart = Literal["early", "morning", "day", "evening", "night", ""]


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date as written; offsets into the text.

    `kind`: day (day, month and perhaps year), month, year, weekday, of_month ("on the 4th"), offset (`amount` of `unit`
    from the publication day, or from the day last spoken of where `relative`), span (a week, a weekend: no one day).
    `way` is "last", "next" or "this" where the text says so.
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


class Resolved(NamedTuple):
    """A calendar date with its precision."""

    date: date
    precision: Precision


# --- dates: finding ---------------------------------------------------------------------------------------------------

_MONTH = r"(?P<month>jan(?:uary|\.)?|feb(?:ruary|\.)?|mar(?:ch|\.)?|apr(?:il|\.)?|may|june?|jun\.|july?|jul\.|aug(?:ust|\.)?|sept?(?:ember|\.)?|oct(?:ober|\.)?|nov(?:ember|\.)?|dec(?:ember|\.)?)"  # noqa: E501
_YEAR = r"(?:(?P<year>(?:19|20)\d\d)\b|(?P<relyear>of\slast\syear|last\syear|of\sthis\syear|this\syear|next\syear))"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_WEEKDAY = r"(?P<weekday>(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|tues?|wed|thurs?|fri|sat|sun)(?=\.?,?\s\d|\.,?\s[a-z]))"  # noqa: E501
_AMOUNT = r"(?P<amount>\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|several|(?:a\s)?few)"


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
    day = int(match["day"])
    weekday = match.groupdict().get("weekday")
    window = bool(match.groupdict().get("upto"))
    return FoundDate(
        match.start(), match.end(), "day", year=year, month=_month_of(match), day=day, way=way,
        weekday=_weekday_number(weekday) if weekday else None, unit="window" if window else "",
    )  # fmt: skip


def _iso_day(match: re.Match[str]) -> FoundDate | None:
    month, day = int(match["m"]), int(match["d"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return FoundDate(match.start(), match.end(), "day", year=int(match["y"]), month=month, day=day)


def _month_alone(match: re.Match[str]) -> FoundDate | None:
    year, way = _year_of(match)
    lead = (match["lead"] or "").lower()
    way = next((word for word in ("last", "next", "this") if lead.startswith(word)), way)
    if match["month"].lower() in ("may", "march", "mar") and (
        not match["month"][0].isupper() or not (lead or year or way)
    ):
        return None
    if match["month"].lower() in ("jan", "mar", "sun", "sat") and not match["month"][0].isupper():
        return None
    start = match.start() if way and lead.startswith(way) else match.start("month")
    return FoundDate(start, match.end(), "month", year=year, month=_month_of(match), way=way)


def _year_alone(match: re.Match[str]) -> FoundDate | None:
    return FoundDate(match.start(), match.end(), "year", year=int(match["year"]))


def _weekday_number(word: str) -> int:
    low = word.lower().rstrip(".")
    return _WEEKDAYS.get(low, _SHORT_WEEKDAYS.get(low, 0))


_PARTS: dict[str, DayPart] = {
    "early": "early", "predawn": "early", "morning": "morning", "afternoon": "day", "midday": "day", "lunchtime": "day",
    "evening": "evening", "night": "night", "late": "night", "midnight": "night", "dawn": "early", "noon": "day",
}  # fmt: skip


def _part_of(words: str) -> DayPart:
    return next((part for word, part in _PARTS.items() if word in words), "")


def _weekday_date(match: re.Match[str]) -> FoundDate | None:
    way = (match["way"] or "").lower()
    after = (match["after"] or "").lower()
    part = _part_of(f"{match['lead'] or ''} {after}".lower())
    kind: Kind = "weekday"
    unit = ""
    if "week" in after:
        kind, unit = "weeks_day", "last" if "last" in after else "next" if "next" in after else "this"
    return FoundDate(
        match.start("weekday"),
        match.end(),
        kind,
        weekday=_weekday_number(match["weekday"]),
        way=way,
        part=part,
        unit=unit,
    )


def _day_of_month(match: re.Match[str]) -> FoundDate | None:
    return FoundDate(match.start(), match.end(), "of_month", day=int(match["day"]))


_DAY_WORDS = {
    "today": 0, "tonight": 0, "this morning": 0, "this afternoon": 0, "this evening": 0, "overnight": 0,
    "yesterday": -1,
    "last night": -1, "last evening": -1, "tomorrow": 1, "earlier today": 0, "later today": 0, "this day": 0,
}  # fmt: skip


def _day_word(match: re.Match[str]) -> FoundDate | None:
    words = re.sub(r"\s+", " ", match.group().lower())
    part = _part_of(words)
    return FoundDate(match.start(), match.end(), "offset", unit="day", amount=_DAY_WORDS[words], part=part)


def _amount_of(word: str) -> int | None:
    low = word.lower()
    return 1 if low in ("a", "an") else number(low)


def _units_away(match: re.Match[str]) -> FoundDate | None:
    """ "two weeks ago", "a day earlier", "three days later"; an unknown amount ("several days ago") resolves to
    nothing.
    """
    amount = _amount_of(match["amount"])
    unit, way = match["unit"].lower(), match["way"].lower()
    if unit == "minute":
        return None
    if unit == "hour":
        amount = 0
    sign = 1 if way in ("later", "after", "afterwards", "on") else -1
    relative = way not in ("ago",)
    if amount is None:
        return FoundDate(match.start(), match.end(), "span", unit="unknown", relative=relative)
    return FoundDate(match.start(), match.end(), "offset", unit=unit, amount=sign * amount, relative=relative)


_RELATIVE_WORDS = {
    "the day before": -1, "the previous day": -1, "the day after": 1, "the next day": 1, "the following day": 1,
    "the same day": 0, "same day": 0, "that day": 0, "the next morning": 1, "the following morning": 1,
    "the same morning": 0,
    "the same evening": 0, "that morning": 0, "the day earlier": -1, "that night": 0, "that evening": 0,
    "the previous evening": -1, "the previous night": -1, "the night before": -1, "the evening before": -1,
    "the morning after": 1,
}  # fmt: skip


def _relative_word(match: re.Match[str]) -> FoundDate | None:
    words = re.sub(r"\s+", " ", match.group().lower())
    return FoundDate(match.start(), match.end(), "offset", unit="day", amount=_RELATIVE_WORDS[words], relative=True)


def _span(match: re.Match[str]) -> FoundDate | None:
    words = match.group().lower()
    unit = next(unit for unit in ("weekend", "week", "month", "year") if unit in words)
    way = "last" if re.search(r"\b(?:last|past|previous)\b", words) else "next" if "next" in words else "this"
    if unit == "year":
        return None if way != "last" else FoundDate(match.start(), match.end(), "span", unit="year", way=way)
    return FoundDate(match.start(), match.end(), "span", unit=unit, way=way)


_FINDERS: tuple[tuple[re.Pattern[str], Builder], ...] = (
    (_compiled(r"(?P<y>(?:19|20)\d\d)-(?P<m>\d\d)-(?P<d>\d\d)"), _iso_day),
    (_compiled(rf"(?:{_WEEKDAY}\.?,?\s)?{_MONTH}\s{_DAY}(?![:.,]?\d)(?P<upto>\s?(?:-|–|and|to)\s?(?:the\s)?\d\d?(?:st|nd|rd|th)?(?!\w))?(?:(?:,|\sof|\sin)?\s{_YEAR})?"), _absolute_day),  # noqa: E501
    (
        _compiled(rf"(?:{_WEEKDAY}\.?,?\s(?:the\s)?)?{_DAY}(?P<upto>\s?(?:-|–|and|to)\s?(?:the\s)?\d\d?(?:st|nd|rd|th)?)?\s(?:of\s)?{_MONTH}(?:,?\s{_YEAR})?"),
        _absolute_day,
    ),
    (
        _compiled(
            r"(?:(?P<lead>last|next|this|in|early|late|mid|since|of|during|until|from|by|for|early\sin|late\sin|in\searly|in\slate|in\smid)[\s-])?"
            rf"{_MONTH}(?:,?\s{_YEAR})?"
        ),
        _month_alone,
    ),
    (
        _compiled(
            r"(?P<lead>(?:(?:early|late|later|earlier)\s(?:on\s)?)?)(?:(?P<way>last|next|this|this\scoming|this\spast|past)\s)?"
            rf"{_WEEKDAY}(?:\.?\s(?P<after>(?:early\s|late\s)?(?:morning|afternoon|evening|night|midday|lunchtime)|last\sweek|of\slast\sweek|next\sweek|of\snext\sweek|this\sweek|of\sthis\sweek))?"
        ),
        _weekday_date,
    ),
    (_compiled(r"(?:on|since|until|and|between|from)\sthe\s(?P<day>[1-9]|[12]\d|3[01])(?:st|nd|rd|th)"), _day_of_month),
    (_compiled("|".join(re.escape(words).replace(r"\ ", r"\s") for words in sorted(_DAY_WORDS, key=len, reverse=True))), _day_word),  # noqa: E501
    (
        _compiled(
            rf"(?:(?:less|more)\sthan\s|about\s|some\s|barely\s|just\s|only\s|nearly\s)?{_AMOUNT}\s(?P<unit>minute|hour|day|week|month|year)s?\s"
            r"(?P<way>ago|earlier|before|later|after|afterwards|previously)"
        ),
        _units_away,
    ),
    (_compiled("|".join(re.escape(words).replace(r"\ ", r"\s") for words in _RELATIVE_WORDS)), _relative_word),
    (
        _compiled(
            r"(?:(?:earlier|later|early|late)\s)?(?:(?:this|last|next|the\spast|the\sprevious)\s(?:weekend|week|month|year)(?!\sof\b)|(?:over|at|during|on)\sthe\s(?:past\s)?weekend|weekend)"
        ),
        _span,
    ),
    (_compiled(r"(?:in|since|of|during|from|late|early|by|until)\s(?:(?:early|late|mid)[\s-])?(?P<year>(?:19[4-9]|20[0-4])\d)"), _year_alone),  # noqa: E501
)  # fmt: skip
_TRIGGER = re.compile(
    r"day|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|\d(?:st|nd|rd|th)\b|(?:19|20)\d\d|ago\b|earlier|later|before|after"
    r"|week|month|year|night|morning|evening|today|tomorrow|previously|(?:mon|tue|wed|thu|fri|sat|sun)\.?,?\s\d",
    re.IGNORECASE,
)


def find_dates(text: str, start: int = 0, end: int | None = None) -> list[FoundDate]:
    """Dates in `text[start:end]`, in order and without overlap; where several readings overlap the longer, earlier
    wins.
    """
    stop = len(text) if end is None else end
    if not _TRIGGER.search(text, start, stop):
        return []
    candidates = [
        found
        for pattern, build in _FINDERS
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
    """A weekday beside its calendar day ("Tuesday, 30 May 2023", "Oct. 4 (Tuesday)") is one date."""
    joined: list[FoundDate] = []
    for date_ in found:
        previous = joined[-1] if joined else None
        if previous and {previous.kind, date_.kind} == {"weekday", "day"}:
            between = text[previous.end : date_.start].strip(" ,(")
            if between in ("", "the") and date_.start - previous.end <= 4:
                day = date_ if date_.kind == "day" else previous
                joined[-1] = replace(day, start=previous.start, end=date_.end)
                continue
        joined.append(date_)
    return joined


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
    if found.kind == "day":
        return _resolve_day(found, published, reach)
    if found.kind == "month":
        return _resolve_month(found, published, reach)
    if found.kind == "year":
        return Resolved(date(found.year or 1, 1, 1), "year")
    if found.kind == "offset" and found.relative:
        base = last.date if last and last.precision == "day" else published if found.unit in ("day", "hour") else None
        return _shifted(base, found) if base else None
    if published is None:
        return None
    if found.kind in ("weekday", "weeks_day"):
        return Resolved(_resolve_weekday(found, published, reach, ahead), "day")
    if found.kind == "of_month":
        return _resolve_of_month(found, published, reach, last)
    if found.kind == "offset":
        return _shifted(published, found)
    return _resolve_span(found, published)


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
        if reach == "past" and guess and guess > published + timedelta(days=1):
            year -= 1
        elif reach == "future" and guess and guess < published - timedelta(days=1):
            year += 1
    whole = _safe_day(year, month, day)
    if whole and found.unit == "window" and reach == "future":
        return Resolved(whole.replace(day=1), "month")
    return Resolved(whole, "day") if whole else None


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
    if found.way == "next" or (reach == "future" and found.way in ("", "this", "this coming")):
        forward = (weekday - published.weekday()) % 7
        return published + timedelta(days=forward or (7 if found.way == "next" else 0))
    if found.way == "last" and since == 0:
        since = 7
    if ahead and since == 6 and found.way == "":
        return published + timedelta(days=1)
    return published - timedelta(days=since)


def _resolve_of_month(found: FoundDate, published: date, reach: Reach, last: Resolved | None) -> Resolved | None:
    day = found.day or 1
    base = last.date if last and last.precision == "month" else published
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
