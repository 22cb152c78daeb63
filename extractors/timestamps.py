"""Machine-written dates of feeds, sitemaps and pages: read with their zone, never wrong silently.

Formats: RFC 822/2822/5322, RFC 3339 and ISO 8601 (W3C-DTF), asctime, seconds or milliseconds since 1970, and the
written forms of bylines ("Jan. 7, 2024, 9:12 a.m. ET"). Relative words ("yesterday") are not read here.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Literal

import pytz

Precision = Literal["second", "minute", "day", "none"]

EARLIEST_YEAR = 1990
LATEST_YEAR = 2100
AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A date as read: `moment` is aware and keeps the offset it was written with; `problem` says what was odd.

    `zoned` is False where no zone was written and UTC was assumed.
    """

    moment: datetime | None
    precision: Precision = "none"
    problem: str | None = None
    zoned: bool = True


_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"), 1,
    ) for name in names.split()
}  # fmt: skip
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Hours east of UTC; names with one meaning only.
_ZONES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "cet": 1, "met": 1, "cest": 2, "mest": 2, "eet": 2,
    "sast": 2, "cat": 2, "eest": 3, "msk": 3, "trt": 3, "eat": 3, "irst": 3.5, "pkt": 5, "npt": 5.75, "wib": 7,
    "ict": 7, "hkt": 8, "sgt": 8, "awst": 8, "pht": 8, "myt": 8, "jst": 9, "kst": 9, "acst": 9.5, "aest": 10,
    "acdt": 10.5, "aedt": 11, "nzst": 12, "nzdt": 13, "est": -5, "edt": -4, "cdt": -5, "mst": -7, "mdt": -6,
    "pst": -8, "pdt": -7, "akst": -9, "akdt": -8, "hst": -10, "brt": -3, "art": -3, "ast": -4, "adt": -3,
}  # fmt: skip
# Names with several meanings: hours by the end of the host name, and what they mean elsewhere.
_AMBIGUOUS: dict[str, tuple[dict[str, float], float, str]] = {
    "ist": ({"ie": 1, "il": 2}, 5.5, "India"),
    "bst": ({"bd": 6}, 1, "British summer time"),
    "cst": ({"cn": 8, "tw": 8, "cu": -5}, -6, "North America"),
    "gst": ({}, 4, "the Gulf"),
}
_WALL_ZONES = {"et": "US/Eastern", "ct": "US/Central", "mt": "US/Mountain", "pt": "US/Pacific"}

_CLOCK = (
    r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2}))?(?::(?P<second>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[ap]\.?\s?m\b\.?)?"
    r"\s*\(?(?P<zone>[A-Za-z]{1,5}(?:\s?[+-]\d{1,2}:?(?:\d{2})?)?|[+-]\s?\d{1,2}:?(?:\d{2})?(?::\d{2})?)?\)?"
    r"(?:\s*\([A-Za-z :/_+-]{1,40}\))?"
)
_DAY_NAME = r"(?:(?P<weekday>[A-Za-z]{3,9})(?![A-Za-z])\.?,?\s*)?"
_BETWEEN = r"(?:\s*,\s*|\s+at\s+|\s*[|·•–—-]\s*|\s+)"
_FORMS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?P<year>\d{{4}})[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}})(?:(?:\s*[T,]\s*|\s+){_CLOCK})?",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:T?(?P<hour>\d{2})(?P<minute>\d{2})"
        r"(?P<second>\d{2})?(?:\.\d+)?(?P<zone>Z|[+-]\d{2}:?\d{2})?(?P<half>(?!))?)?",
        rf"{_DAY_NAME}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s-]+(?P<month>[A-Za-z]{{3,9}})\.?,?[\s-]+"
        rf"(?P<year>\d{{4}}|\d{{2}})(?:{_BETWEEN}{_CLOCK})?",
        rf"{_DAY_NAME}(?P<month>[A-Za-z]{{3,9}})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})"
        rf"(?:{_BETWEEN}{_CLOCK})?",
        rf"{_DAY_NAME}{_CLOCK},?\s+(?P<month>[A-Za-z]{{3,9}})\.?\s+(?P<day>\d{{1,2}}),?\s+(?P<year>\d{{4}})",
        rf"{_DAY_NAME}{_CLOCK},?\s+(?P<day>\d{{1,2}})\s+(?P<month>[A-Za-z]{{3,9}})\.?,?\s+(?P<year>\d{{4}})",
        r"(?P<weekday>[A-Za-z]{3})\s+(?P<month>[A-Za-z]{3})\s+(?P<day>\d{1,2})\s+(?P<hour>\d{1,2}):(?P<minute>\d{2}):"
        r"(?P<second>\d{2})\s+(?:(?P<zone>[A-Za-z]{1,5}|[+-]\d{4})\s+)?(?P<year>\d{4})(?P<half>(?!))?",
    )
)
_EPOCH = re.compile(r"(\d{9,10})(?:\.\d+)?|(\d{12,13})")
_OFFSET = re.compile(r"(?:(?:gmt|utc|z)\s*)?([+-])\s?(\d{1,2}):?(\d{2})?(?::\d{2})?", re.IGNORECASE)


def read_timestamp(raw: str, *, host: str = "", now: datetime | None = None) -> Stamp:
    """Read a date string; what cannot be read, or cannot be true, gives `moment` None and a `problem` in words.

    A date without a zone is read as UTC, and one whose zone name has several meanings by the publisher's `host`;
    both are noted as problems. A date more than a day after `now` (aware), or before 1990, is refused.
    """
    text = " ".join(unicodedata.normalize("NFKC", raw[:200]).replace("−", "-").split())
    if not text:
        return Stamp(None)
    shown = repr(text[:60])
    epoch = _EPOCH.fullmatch(text)
    if epoch and not re.fullmatch(r"(19|20)\d{10}", text):
        seconds = int(epoch[1]) if epoch[1] else int(epoch[2]) // 1000
        found = Stamp(datetime.fromtimestamp(seconds, UTC), "second", f"date {shown} is given in seconds since 1970")
    else:
        found = _written(text, shown, host)
    return _believable(found, shown, now)


def _written(text: str, shown: str, host: str) -> Stamp:
    match = next((found for form in _FORMS if (found := form.fullmatch(text))), None)
    if match is None:
        return Stamp(None, "none", f"date {shown} cannot be read")
    parts = match.groupdict()
    month = _month(parts["month"])
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        year += 2000 if year < 70 else 1900
    try:
        moment = datetime(year, month, int(parts["day"]), *_clock(parts))
    except ValueError:
        return Stamp(None, "none", f"date {shown} is not a day or time that exists")
    problems = [_weekday_problem(parts.get("weekday"), moment, shown)]
    zone, problem = _zone(parts["zone"], moment, host)
    if zone is None:
        return Stamp(None, "none", f"date {shown} names a zone that is not known")
    at_midnight = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
    precision: Precision = "day"
    if parts["hour"] is not None and not at_midnight:
        precision = "minute" if parts["second"] is None else "second"
        problems.append(problem and f"date {shown} {problem}")
    try:
        moment = moment.replace(tzinfo=zone)
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return Stamp(None, "none", f"date {shown} is not a day or time that exists")
    return Stamp(moment, precision, "; ".join(filter(None, problems)) or None, bool(parts["zone"]))


def _month(text: str) -> int:
    """1-12, or 0 (which no date accepts) for what is no month."""
    return int(text) if text.isdecimal() else _MONTHS.get(text.lower(), 0)


def _clock(parts: dict[str, str | None]) -> tuple[int, int, int]:
    hour, half = int(parts["hour"] or 0), (parts["half"] or "").lower()[:1]
    if half and not 1 <= hour <= 12:
        raise ValueError(hour)
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    # A leap second (RFC 3339 5.6) has no datetime: the second before it stands for it.
    return hour, int(parts["minute"] or 0), min(int(parts["second"] or 0), 59)


def _weekday_problem(name: str | None, moment: datetime, shown: str) -> str | None:
    if name and name[:3].lower() in _WEEKDAYS and _WEEKDAYS[moment.weekday()] != name[:3].lower():
        return f"date {shown} names the wrong weekday"
    return None


def _zone(name: str | None, moment: datetime, host: str) -> tuple[tzinfo | None, str | None]:
    if not name:
        return UTC, "has no zone and is read as UTC"
    offset = _OFFSET.fullmatch(name)
    if offset:
        hours, minutes = int(offset[2]), int(offset[3] or 0)
        if hours > 15 or minutes > 59:
            return None, None
        delta = timedelta(hours=hours, minutes=minutes)
        return timezone(-delta if offset[1] == "-" else delta), None
    key = name.lower()
    if key in _ZONES:
        return timezone(timedelta(hours=_ZONES[key])), None
    if key in _WALL_ZONES:
        delta = pytz.timezone(_WALL_ZONES[key]).localize(moment).utcoffset() or timedelta()
        return timezone(delta), None
    if key in _AMBIGUOUS:
        by_host, otherwise, meaning = _AMBIGUOUS[key]
        here = by_host.get(host.rsplit(".", 1)[-1].lower())
        problem = f"has the zone {name.upper()}, read as that of {meaning}" if here is None else None
        return timezone(timedelta(hours=otherwise if here is None else here)), problem
    return None, None


def _believable(stamp: Stamp, shown: str, now: datetime | None) -> Stamp:
    if stamp.moment is None:
        return stamp
    if not EARLIEST_YEAR <= stamp.moment.year <= LATEST_YEAR:
        return Stamp(None, "none", f"date {shown} cannot be true")
    if now is not None and stamp.moment > now + AHEAD:
        return Stamp(None, "none", f"date {shown} is in the future")
    return stamp
