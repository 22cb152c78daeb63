"""Clock times as news writes them, found in normalised text: "7:45 a.m.", "0315 GMT", "half past six"."""

from __future__ import annotations

import re
from typing import NamedTuple

from extractors.quantities import number


class FoundTime(NamedTuple):
    """A clock time "HH:MM"; `zone` in lower case where named ("gmt", "local", "pyongyang"); `exact` False near a
    hedge.
    """

    start: int
    end: int
    clock: str
    zone: str
    exact: bool


_ZONE = (
    r"(?:[\s(]{1,2}(?P<zone>gmt|utc|kst|jst|ist|est|edt|et|pst|pdt|cest|cet|eest|eet|msk|cst|local(?:\s(?:korean\s)?time)?|z\b"
    r"|(?:[a-z]+\s)?(?:pyongyang|seoul|korean?|tokyo|japan(?:ese)?|beijing|tehran|iran(?:ian)?|moscow|kyiv|israeli?|indian?"
    r"|eastern|pacific|local|standard|summer|australian|us|u\.s\.)(?:\s(?:standard|daylight|summer))?\stime))?"
)
_HOUR_WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_HOUR_WORD = "(?:" + "|".join(_HOUR_WORDS) + ")"
_HALF = r"(?:\s?(?P<half>a\.?m\.?|p\.?m\.?))"
_DAYTIME = (
    r"(?P<tail>\s(?:o'clock\s)?(?:in\sthe\s|this\s|on\s\w+\s|yesterday\s|\w+day\s)?"
    r"(?P<daytime>morning|afternoon|evening|night))"
)
_CLOCKS = (
    re.compile(rf"(?<![\w.:])(?P<h>1[0-2]|0?\d)(?:[:.](?P<m>[0-5]\d))?(?::\d\d)?{_HALF}(?!\w){_ZONE}", re.IGNORECASE),
    re.compile(rf"(?<![\w.:,-])(?P<h>[01]?\d|2[0-3]):(?P<m>[0-5]\d)(?::\d\d)?(?:\s?(?:hours|hrs|h)\b)?(?![\w:]){_ZONE}", re.IGNORECASE),  # noqa: E501
    re.compile(rf"(?<![\w.:,-])(?P<h>[01]\d|2[0-3])(?P<m>[0-5]\d)(?:\s?(?:hours|hrs|h)\b|(?=\s(?:gmt|utc|kst|jst|ist|z|local)\b)){_ZONE}", re.IGNORECASE),  # noqa: E501
    re.compile(rf"\bat\s(?:about\s|around\s)?(?P<h>0\d|1\d|2[0-3])(?P<m>[0-5]\d)(?=[\s,.;)])(?!\s(?:km|miles|kilo|people|metres|feet|m\b)){_ZONE}", re.IGNORECASE),  # noqa: E501
    re.compile(
        rf"\b(?P<past>half|(?:a\s)?quarter|{_HOUR_WORD}|twenty|twenty-five)\s(?:minutes\s)?(?P<to>past|to|before|after)\s(?P<hw>{_HOUR_WORD}|noon|midnight)\b{_DAYTIME}?",
        re.IGNORECASE,
    ),
    re.compile(rf"\bat\s(?:about\s|around\s|roughly\s)?(?P<hw>{_HOUR_WORD}|\d{{1,2}})(?:\so'clock)?{_DAYTIME}", re.IGNORECASE),  # noqa: E501
    re.compile(r"\b(?P<noon>noon|midday|midnight)\b", re.IGNORECASE),
)  # fmt: skip
_CLOCK_TRIGGER = re.compile(
    r"\d[ap]\.?m|\d\s?[ap]\.?m|\d:\d\d|\b\d{4}\b|noon|midday|midnight|o'clock|morning|evening|past|night|to "
)
_HEDGE = re.compile(
    r"(?:shortly|just|soon|minutes|hours?|sometime|well|moments|a\slittle|not\slong|immediately|half\san\shour|\w+)\s(?:before|after)\s(?:about\s|around\s)?$"
    r"|(?:^|\s)(?:before|after|until|till|by|since|between)\s(?:about\s|around\s)?$",
    re.IGNORECASE,
)
_WINDOW = re.compile(r"\bbetween\s[^.;]{0,24}$|\bfrom\s[^.;,]{0,8}$", re.IGNORECASE)


def find_times(text: str, start: int = 0, end: int | None = None) -> list[FoundTime]:
    """Clock times in `text[start:end]`, in order and without overlap."""
    stop = len(text) if end is None else end
    if not _CLOCK_TRIGGER.search(text[start:stop].lower()):
        return []
    candidates: list[tuple[int, int, FoundTime]] = []
    for rank, pattern in enumerate(_CLOCKS):
        for match in pattern.finditer(text, start, stop):
            clock = _clock(match)
            if clock:
                candidates.append((match.start(), rank, _found_time(text, match, clock, start)))
    found: list[FoundTime] = []
    for _, _, time in sorted(candidates):
        if not found or time.start >= found[-1].end:
            found.append(time)
    return _without_windows(text, found)


def _found_time(text: str, match: re.Match[str], clock: str, start: int) -> FoundTime:
    zone = (match.groupdict().get("zone") or "").lower().removesuffix(" time")
    begin = match.start() + (3 if match.group()[:3].lower() == "at " else 0)
    before = text[max(start, begin - 40) : begin]
    end = match.start("tail") if match.groupdict().get("tail") else match.end()
    return FoundTime(begin, begin + len(text[begin:end].rstrip()), clock, zone, not _HEDGE.search(before))


def _without_windows(text: str, found: list[FoundTime]) -> list[FoundTime]:
    """Two clock times joined by "to", "and" or a dash after "between" or "from" are a window: neither is exact."""
    result = list(found)
    for index in range(len(result) - 1):
        first, second = result[index], result[index + 1]
        between = text[first.end : second.start].strip().lower()
        opening = _WINDOW.search(text[max(0, first.start - 30) : first.start])
        if between in ("and", "to", "-", "–", "until", "till") and (opening or between != "and"):
            result[index] = first._replace(exact=False)
            result[index + 1] = second._replace(exact=False)
    return result


def _clock(match: re.Match[str]) -> str | None:
    groups = match.groupdict()
    if groups.get("noon"):
        return "00:00" if groups["noon"].lower() == "midnight" else "12:00"
    hour, minute = _hour_and_minute(groups)
    half = (groups.get("half") or "").lower()
    daytime = (groups.get("daytime") or "").lower()
    if half or daytime:
        afternoon = half.startswith("p") or daytime in ("afternoon", "evening") or (daytime == "night" and hour >= 6)
        hour = hour % 12 + (12 if afternoon else 0)
    elif groups.get("to"):
        return None
    return f"{hour:02d}:{minute:02d}" if 0 <= hour < 24 else None


def _hour_and_minute(groups: dict[str, str | None]) -> tuple[int, int]:
    word = groups.get("hw")
    if not word:
        return int(groups["h"] or 0), int(groups.get("m") or 0)
    hour = 12 if word.lower() in ("noon", "midnight") else number(word.lower()) or 0
    past = (groups.get("past") or "").lower()
    if not past:
        return hour, 0
    minutes = 30 if past == "half" else 15 if "quarter" in past else number(past) or 0
    if (groups.get("to") or "").lower() in ("to", "before"):
        return (hour - 1) % 24, 60 - minutes
    return hour, minutes
