"""Clock times as news writes them, found in normalised text: "7:45 a.m.", "0315 GMT", "half past six in the evening".

A time on the twelve-hour clock takes its half of the day from "a.m." or "p.m.", or from the part of the day that stands
beside it ("on Sunday evening, at 8:17").
"""

from __future__ import annotations

import re
from typing import NamedTuple

from extractors.hints import Hints
from extractors.quantities import number


class FoundTime(NamedTuple):
    """A clock time "HH:MM"; `zone` in lower case where named ("gmt", "local", "pyongyang"); `exact` False near a
    hedge or in a window; `opening`: the first of a window of two times.
    """

    start: int
    end: int
    clock: str
    zone: str
    exact: bool
    opening: bool = False


_ZONE = (
    r"(?P<aday>\s(?:on\s)?(?:mon|tues|wednes|thurs|fri|satur|sun)day(?=,?\s(?:gmt|utc|kst|e[sd]?t|p[sd]?t|eastern|pacific)\b))?"
    r"(?:,?\s\(?(?P<zone>(?:gmt|utc|kst|jst|ist|est|edt|et|pst|pdt|pt|cdt|ct|mst|mdt|cest|cet|eest|eet|bst|msk|cst|pkt|trt"
    r"|nz[ds]t|ae[ds]t|ac[ds]t|aw?st|hst|irst|wib|eastern|pacific)\b(?:\stime)?|z\b|local(?:\s(?:\w+\s)?time)?"
    r"|(?-i:[A-Z][\w.]+(?:\s[A-Z][\w.]+){0,2})\s(?:(?:standard|daylight|summer|local)\s)?time))?"
)
_HOUR_WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_HOUR_WORD = "(?:" + "|".join(_HOUR_WORDS) + ")"
_HALF = r"(?:\s?(?P<half>a\.?m\b\.?|p\.?m\b\.?))"
_DAYTIME = (
    r"(?P<tail>,?\s(?:o'clock\s)?(?:in\sthe\s|that\s|this\s|the\ssame\s|(?:on\s)?\w+day\s|last\s|at\s)(?:early\s)?"
    r"(?P<daytime>morning|afternoon|evening|night)|\s(?P<tonight>tonight)\b)"
)
_ABOUT = r"(?:about\s|around\s|roughly\s|approximately\s|exactly\s|precisely\s|just\s)?"
_AT = rf"(?:(?:at|by|until|from|since|past)\s{_ABOUT}|(?:about|around|roughly)\s)"
_NO_LENGTH = (
    r"(?!\s?(?:k?m\b|kilo|miles?|met(?:er|re)|feet|ft\b|per\s?cent|%|degrees|points|mil|bil|tonnes|tons|knots|mph|dollars"
    r"|euros|pounds|rupees|crore|sites|people|places|others|minutes|seconds|times|of\b|and\b|to\b|-|°|,\d))"
)
_LEADS = ("at", "about", "around", "roughly", "approximately", "exactly", "precisely", "just")


def _after_digit(*marks: str) -> tuple[str, ...]:
    return tuple(digit + mark for digit in "0123456789" for mark in marks)


# Each with its hints: words or marks of which a match must hold one. Of readings that begin together the first wins.
_CLOCKS: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        _after_digit("am", "a.m", "pm", "p.m", " am", " a.m", " pm", " p.m"),
        rf"(?<![\w.:])(?P<h>1[0-2]|0?\d)(?:[:.](?P<m>[0-5]\d))?(?::\d\d)?{_HALF}(?!\w){_ZONE}",
    ),
    (
        _after_digit(":"),
        rf"(?<![\w.:,-])(?P<h>[01]?\d|2[0-3]):(?P<m>[0-5]\d)(?::\d\d)?(?:\s?(?:hours|hrs|h)\b|(?=z\b))?"
        rf"(?![\w:](?<!z))(?!\s(?:minutes|into)\b){_DAYTIME}?(?P<zulu>z\b)?{_ZONE}",
    ),
    (
        _after_digit("h", " h", "z", " z", " gmt", " utc", " kst", " jst", " ist", " local"),
        rf"(?<![\w.:,-])(?P<h>[01]\d|2[0-3])(?P<m>[0-5]\d)(?:\s?(?:hours|hrs|h)\b|(?P<zulu>z\b)"
        rf"|(?=\s(?:gmt|utc|kst|jst|ist|z|local)\b)){_ZONE}",
    ),
    (
        tuple(f"{lead} {digit}" for lead in _LEADS for digit in "012"),
        rf"\bat\s{_ABOUT}(?!20[0-4]\d|19[45]\d)(?P<h>0\d|1\d|2[0-3])(?P<m>[0-5]\d)(?=[\s,.;)]|$){_NO_LENGTH}{_ZONE}",
    ),
    (
        _after_digit("h"),
        rf"(?<![\w.:,-])(?P<h>[01]?\d|2[0-3])h(?P<m>[0-5]\d)?\b{_ZONE}",
    ),
    (
        _after_digit("."),
        rf"(?<![\w.:,-])(?P<h>1[0-2]|0?\d)\.(?P<m>[0-5]\d){_DAYTIME}{_ZONE}",
    ),
    (
        _after_digit("."),
        rf"{_AT}(?P<h>[01]?\d|2[0-3])\.(?P<m>[0-5]\d)(?=\s|[,;)]|\.(?!\d)|$){_NO_LENGTH}(?:\s(?:hours|hrs)\b)?{_ZONE}",
    ),
    (
        tuple(
            f"{join} {hour}"
            for join in ("past", "to", "before", "after")
            for hour in (*_HOUR_WORDS, "noon", "midnight")
        ),
        rf"\b(?P<past>half|(?:a\s)?quarter|{_HOUR_WORD}|twenty|twenty-five)\s(?P<mins>minutes\s)?(?P<to>past|to|before|after)\s"
        rf"(?P<hw>{_HOUR_WORD}|noon|midnight)\b{_DAYTIME}?{_ZONE}",
    ),
    (
        tuple(f"half {hour}" for hour in _HOUR_WORDS),
        rf"\b(?P<past>half)\s(?P<hw>{_HOUR_WORD}){_DAYTIME}{_ZONE}",
    ),
    (
        ("morning", "afternoon", "evening", "night"),
        rf"{_AT}(?P<hw>{_HOUR_WORD}|\d{{1,2}})(?:\so'clock)?{_DAYTIME}{_ZONE}",
    ),
    (
        ("sharp", "o'clock"),
        rf"{_AT}(?P<hw>{_HOUR_WORD}|\d{{1,2}})\s(?P<sharp>sharp|o'clock)\b{_ZONE}",
    ),
    (
        ("noon", "midday", "midnight"),
        rf"\b(?:12\s)?(?P<noon>noon|midday|midnight)\b{_ZONE}",
    ),
)
_HINTS = Hints((hints, (rank, re.compile(pattern, re.IGNORECASE))) for rank, (hints, pattern) in enumerate(_CLOCKS))
_HEDGE = re.compile(
    r"(?:shortly|just|soon|minutes?|hours?|sometime|well|moments|a\slittle|not\slong|immediately|half\san\shour|\w+)\s(?:before|after)\s(?:about\s|around\s)?$"
    r"|(?:^|\s)(?:before|after|until|till|by|since|between|(?:earlier|sooner|later)\sthan|as\s(?:early|late)\sas)\s(?:about\s|around\s)?$"
    r"|(?:between|from)\s\w{1,6}(?:[:.]\d\d)?\s(?:and|to|until|till)\s$|\d\s?(?:-|–|to)\s?$"
    r"|\bwindow\s(?:\w+\s){0,3}$",
    re.IGNORECASE,
)
_WINDOW = re.compile(r"\bbetween\s[^.;]{0,24}$|\bfrom\s[^.;,]{0,8}$", re.IGNORECASE)
_PART_BEFORE = re.compile(
    r"\b(afternoon|evening|night)(?:,?\s(?:at|around|about)|,)\s(?:about\s|around\s)?$", re.IGNORECASE
)
_LATE = re.compile(r"\b(?:afternoon|evening|tonight|night|dusk|sunset|nightfall)\b", re.IGNORECASE)


def find_times(text: str, start: int = 0, end: int | None = None) -> list[FoundTime]:
    """Clock times in `text[start:end]`, in order and without overlap."""
    stop = len(text) if end is None else end
    likely = _HINTS.in_text(text[start:stop])
    if not likely:
        return []
    late = _LATE.search(text, start, stop) is not None
    candidates: list[tuple[int, int, FoundTime]] = []
    for rank, pattern in likely:
        for match in pattern.finditer(text, start, stop):
            found = _found_time(text, match, start, late=late)
            if found is not None:
                candidates.append((found.start, rank, found))
    kept: list[FoundTime] = []
    for _, _, time in sorted(candidates):
        if not kept or time.start >= kept[-1].end:
            kept.append(time)
    return _without_windows(text, kept)


def _found_time(text: str, match: re.Match[str], start: int, *, late: bool) -> FoundTime | None:
    groups = match.groupdict()
    named = "noon" if groups.get("noon") else "h" if groups.get("h") else "hw"
    begin = min(match.start(group) for group in (named, "past") if groups.get(group))
    before = text[max(start, begin - 40) : begin]
    part = _PART_BEFORE.search(before)
    clock = _clock(groups, part[1].lower() if part else "", late=late)
    if clock is None:
        return None
    zone = "z" if groups.get("zulu") else (groups.get("zone") or "").lower().removesuffix(" time")
    end = next((match.start(group) for group in ("tail", "aday") if groups.get(group)), match.end())
    hedged = _HEDGE.search(before) is not None
    return FoundTime(begin, begin + len(text[begin:end].rstrip()), clock, zone, not hedged)


def _without_windows(text: str, found: list[FoundTime]) -> list[FoundTime]:
    """Two clock times joined by "to", "and" or a dash after "between" or "from" are a window: neither is exact."""
    result = list(found)
    for index in range(len(result) - 1):
        first, second = result[index], result[index + 1]
        between = text[first.end : second.start].strip().lower()
        opening = _WINDOW.search(text[max(0, first.start - 30) : first.start])
        if between in ("and", "to", "-", "–", "until", "till") and (opening or between != "and"):
            result[index] = first._replace(exact=False, opening=True, zone=first.zone or second.zone)
            result[index + 1] = second._replace(exact=False)
    return result


def _clock(groups: dict[str, str | None], part: str, *, late: bool) -> str | None:
    """ "HH:MM"; `part` is the part of the day named before, `late` whether the text speaks of an evening at all."""
    noon = (groups.get("noon") or "").lower()
    if noon:
        return "00:00" if noon == "midnight" else "12:00"
    hour, minute = _hour_and_minute(groups)
    half = (groups.get("half") or "").lower()
    daytime = (groups.get("daytime") or groups.get("tonight") or part).lower()
    worded = groups.get("to") or groups.get("sharp")
    on_the_dot = (groups.get("hw") or "").lower() in ("noon", "midnight")
    if half or daytime:
        afternoon = (
            half.startswith("p") or daytime in ("afternoon", "evening") or (daytime.endswith("night") and hour >= 6)
        )
        hour = hour % 12 + (12 if afternoon and not half.startswith("a") else 0) if hour <= 12 else hour
    elif groups.get("to") not in (None, "past") and not (
        groups.get("mins") or on_the_dot or "q" in (groups["past"] or "")
    ):
        return None
    elif worded and not on_the_dot and 0 < hour < 12 and late:
        hour += 12
    return f"{hour:02d}:{minute:02d}" if 0 <= hour < 24 else None


def _hour_and_minute(groups: dict[str, str | None]) -> tuple[int, int]:
    word = (groups.get("hw") or "").lower()
    if not word:
        return int(groups["h"] or 0), int(groups.get("m") or 0)
    hour = 12 if word == "noon" else 0 if word == "midnight" else number(word) or 0
    past = (groups.get("past") or "").lower()
    if not past:
        return hour, 0
    minutes = 30 if past == "half" else 15 if "quarter" in past else number(past) or 0
    if (groups.get("to") or "").lower() in ("to", "before"):
        return (hour - 1) % 24, 60 - minutes
    return hour, minutes
