"""Counts with bounds, and distances and altitudes in kilometres, found in normalised text.

A count is a pair of bounds as the annotation guide reads it: "two" (2, 2), "at least two" (2, None), "several" (2,
None), "dozens" (24, None), "up to ten" (None, 10). One statute mile is 1.609 km, a nautical mile 1.852 km, a foot
0.0003048 km.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from extractors.hints import Hints
from extractors.text import Word, word_set


class Count(NamedTuple):
    """Bounds of a count; None where a bound is not known."""

    low: int | None
    high: int | None


class Counted(NamedTuple):
    """A count with the span of the words that give it."""

    bounds: Count
    start: int
    end: int


_UNITS = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_TENS = {
    word: number * 10
    for number, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)
}
_MULTIPLES = {"dozen": 12, "score": 20, "hundred": 100, "thousand": 1000, "million": 1_000_000}
_DIGITS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")


def number(word: str) -> int | None:
    """The whole number a lower-case word stands for ("477", "1,200", "two", "twenty-five"), else None."""
    if word in _UNITS:
        return _UNITS[word]
    if word in _TENS:
        return _TENS[word]
    if _DIGITS.fullmatch(word) and "." not in word and len(word) < 12:
        return int(word.replace(",", ""))
    tens, hyphen, unit = word.partition("-")
    if hyphen and tens in _TENS and unit in _UNITS:
        return _TENS[tens] + _UNITS[unit]
    return None


def read_number(words: Sequence[Word], at: int) -> tuple[int, int] | None:
    """The number that starts at word `at` and the index after it: "two hundred and eleven" -> (211, at + 4)."""
    first = words[at].low
    value = 1 if first == "a" and at + 1 < len(words) and words[at + 1].low in _MULTIPLES else number(first)
    if value is None:
        return None
    at += 1
    total = 0
    while at < len(words):
        low = words[at].low
        scored = low != "score" or value > 1 or (at + 1 < len(words) and words[at + 1].low == "of")
        if low in _MULTIPLES and scored:
            value *= _MULTIPLES[low]
            if value >= 1000:
                total, value = total + value, 0
            at += 1
        elif low == "and" and value + total >= 100 and at + 1 < len(words) and not words[at - 1].low.isdigit():
            following = number(words[at + 1].low)
            if following is None or following >= 100 or words[at + 1].low.isdigit():
                break
            value += following
            at += 2
        else:
            break
    return total + value, at


_AT_LEAST = (
    "at least", "more than", "over", "not less than", "no less than", "no fewer than", "not fewer than", "upwards of",
    "upward of", "a minimum of", "well over", "in excess of", "north of", "above", "greater than", "not under",
    "no under", "and counting",
)  # fmt: skip
_AT_MOST = (
    "up to", "as many as", "at most", "no more than", "not more than", "fewer than", "less than", "under",
    "a maximum of", "at the most", "not over",
)  # fmt: skip
_Bounds = dict[str, list[tuple[tuple[str, ...], bool]]]


def _by_last_word() -> _Bounds:
    """Hedges by their last word, the longest first, each with whether it is a lower bound."""
    listed: _Bounds = {}
    both = [
        (tuple(words.split()), lower) for hedges, lower in ((_AT_LEAST, True), (_AT_MOST, False)) for words in hedges
    ]
    for phrase, lower in sorted(both, key=lambda bound: -len(bound[0])):
        listed.setdefault(phrase[-1], []).append((phrase, lower))
    return listed


_BOUNDS = _by_last_word()
_ABOUT = word_set(
    "about around some roughly approximately nearly almost circa an estimated exactly only just perhaps maybe a the"
    " barely half"
)
_FEW = (
    ("a", "number"), ("an", "unspecified", "number"), ("an", "unknown", "number"), ("an", "undisclosed", "number"),
    ("a", "few"), ("a", "handful"),
)  # fmt: skip
_MANY = word_set("several multiple numerous many various")
_GROUP_SIZE = {
    "pair": 2, "brace": 2, "duo": 2, "twosome": 2, "couple": 2, "trio": 3, "threesome": 3, "triplet": 3, "quartet": 4,
    "foursome": 4, "quintet": 5, "sextet": 6, "septet": 7, "octet": 8,
}  # fmt: skip
_PLURAL_MULTIPLES = {"tens": 20, "dozens": 24, "scores": 40, "hundreds": 200, "thousands": 2000}
_ARTICLES = ("a", "an", "the", "this")
_AFTER_ARTICLE = frozenset([*_MULTIPLES, *_GROUP_SIZE, "half", "half-dozen", *(phrase[1] for phrase in _FEW)])
_COUNT_OPENERS = frozenset(
    [
        *_UNITS,
        *_TENS,
        *_MULTIPLES,
        *_GROUP_SIZE,
        *_PLURAL_MULTIPLES,
        *_MANY,
        *_ARTICLES,
        "few",
        "twin",
        "half",
        "half-dozen",
    ]
)
_JOINS = ("to", "or", "-", "–", "and")


def _bound(before: Sequence[str]) -> tuple[bool, int] | None:
    """The hedge that the words end with: (whether it is a lower bound, number of words)."""
    for phrase, lower in _BOUNDS.get(before[-1], ()) if before else ():
        if tuple(before[-len(phrase) :]) == phrase:
            return lower, len(phrase)
    return None


def may_open_count(low: str) -> bool:
    """Whether a count may start with the lower-case word, or with it as an article."""
    return low in _COUNT_OPENERS or low[:1].isdigit() or low.partition("-")[0] in _TENS


def read_count(words: Sequence[Word], at: int) -> tuple[Count, int, int] | None:
    """The count phrase whose number or quantifier is word `at`: (bounds, index of its first word, index after it).

    Hedges to the left ("at least", "up to", "more than") are taken in. None where no count starts there.
    """
    low = words[at].low
    following = words[at + 1].low if at + 1 < len(words) else ""
    if not may_open_count(low):
        return None
    if low in _ARTICLES and following not in _AFTER_ARTICLE:
        return None
    if low == "twin":
        return Count(2, 2), at, at + 1
    if low in _PLURAL_MULTIPLES:
        return Count(_PLURAL_MULTIPLES[low], None), at, at + 1
    if low in _MANY or (low == "few" and following in ("dozen", "hundred")):
        if following in ("dozen", "hundred"):
            return Count(2 * _MULTIPLES[following], None), at, at + 2
        return Count(2, None), at, at + 1
    if low in _ARTICLES:
        for phrase in _FEW:
            if tuple(word.low for word in words[at : at + len(phrase)]) == phrase and following != "dozen":
                return Count(2, None), at, at + len(phrase)
    read = _group_size(words, at) or _half(words, at) or read_number(words, at)
    return _hedged(words, at, *read) if read else None


def _group_size(words: Sequence[Word], at: int) -> tuple[int, int] | None:
    """ "Pair", "a couple", "a couple of dozen"."""
    first = at + 1 if words[at].low in ("a", "the", "this") and at + 1 < len(words) else at
    size = _GROUP_SIZE.get(words[first].low)
    if size is None:
        return None
    end = first + 2 if first + 1 < len(words) and words[first + 1].low == "of" else first + 1
    if end < len(words) and words[end].low in ("dozen", "hundred"):
        return size * _MULTIPLES[words[end].low], end + 1
    return size, first + 1


def _half(words: Sequence[Word], at: int) -> tuple[int, int] | None:
    """ "Half a dozen", "a half-dozen", from any of its words."""
    low = [word.low for word in words[at : at + 3]]
    before = [word.low for word in words[max(0, at - 2) : at]]
    if low[:1] == ["half-dozen"]:
        return 6, at + 1
    if low in (["half", "a", "dozen"], ["half", "-", "dozen"], ["a", "half", "dozen"]):
        return 6, at + 3
    if low[:2] in (["half", "dozen"], ["a", "half-dozen"]) or (low[:2] == ["a", "dozen"] and before[-1:] == ["half"]):
        return 6, at + 2
    return (6, at + 1) if low[:1] == ["dozen"] and before[-1:] in (["half"], ["-"]) else None


def _hedged(words: Sequence[Word], at: int, value: int, end: int) -> tuple[Count, int, int]:
    """A number with what stands around it: "at least", "or more", "-plus", "10 to" before or after it."""
    after = [word.low for word in words[end : end + 3]]
    if len(after) > 1 and after[0] in _JOINS[:4] and (upper := read_number(words, end + 1)) and upper[0] > value:
        return Count(value, upper[0]), at, upper[1]
    open_ended = after[:2] in (["or", "more"], ["-", "plus"], ["and", "counting"]) or after[:1] in (["+"], ["plus"])
    if open_ended or after[:2] in (["or", "so"], ["-", "odd"], ["-", "strong"]):
        end += 1 if after[0] in ("+", "plus") else 2
    lower = _lower_end(words, at, value)
    if lower is not None:
        return Count(lower[0], value), lower[1], end
    start = at
    before = [word.low for word in words[max(0, at - 5) : at]]
    while before and before[-1] in _ABOUT:
        before.pop()
        start -= 1
    bound = _bound(before)
    if open_ended or (bound is not None and bound[0]):
        return Count(value, None), start - (bound[1] if bound else 0), end
    if bound is not None:
        return Count(None, value), start - bound[1], end
    return Count(value, value), start, end


def _lower_end(words: Sequence[Word], at: int, value: int) -> tuple[int, int] | None:
    """The lower figure before word `at` and its index: "two or" three, "between ten and" twelve."""
    if at < 2 or words[at - 1].low not in _JOINS:
        return None
    lower = number(words[at - 2].low)
    between = at >= 3 and words[at - 3].low in ("between", "from")
    if lower is None or lower >= value or (words[at - 1].low == "and" and not between):
        return None
    return lower, at - (3 if between else 2)


_KM = {"km": 1.0, "mile": 1.609, "nautical": 1.852, "metre": 0.001, "foot": 0.0003048}
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_MEASURE = re.compile(
    rf"(?<![\w.,])(?:({_NUMBER})\s?(?:km|miles|kilomet(?:er|re)s)?\s?(?:-|–|to|and|or)\s?)?({_NUMBER})[\s-]?"
    r"(?:(nautical[\s-]miles?|nmi\b|nm\b)|(kilomet(?:er|re)s?|kms?\b|klicks?)|(?:statute\s)?(miles?\b|mi\b)"
    r"|(met(?:er|re)s?\b|m\b)|(feet\b|foot\b|ft\b))",
    re.IGNORECASE,
)
_GAPS = ("", " ", "-", " -")
# A text without any of these names no length.
_HINTS = Hints(
    [
        (("kilomet", "mile", "meter", "metre", "feet", "foot", "nautical", "klick"), None),
        ((f"{digit}{gap}{unit}" for digit in "0123456789" for gap in _GAPS for unit in ("km", "m", "nmi", "ft")), None),
    ]
)
_WORD_MEASURE = re.compile(
    r"\b((?:(?:a|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|"
    r"seventy|eighty|ninety|hundred|thousand|and)[\s-]){1,6})(?:(nautical\smiles?)|(kilomet(?:er|re)s?)|(miles?))\b",
    re.IGNORECASE,
)


# "Covered 1,001", "an apogee of 60": the unit is that of the length named before in the sentence.
_ELLIPTIC = re.compile(
    r"\b(?:covered|flew|went|travell?ed|apogee|altitude|height|peak|touched|reached|climbed\sto|rose\sto|peaked\sat)\s"
    r"(?:(?:of|at|about|around|some|roughly|was|nearly|above|over)\s){0,2}(\d{1,3}(?:,\d{3})+|\d{2,5}(?:\.\d+)?)"
    r"(?=[;,)]|\.(?!\d)|\sin\s(?:altitude|height)|\shigh\b|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Measure:
    """A length found in the text: `km`, the upper figure of a range. `small` marks metres and feet."""

    start: int
    end: int
    km: float
    small: bool


def find_measures(text: str, start: int = 0, end: int | None = None) -> list[Measure]:
    """Lengths in `text[start:end]`, in order; a conversion in brackets right after a figure is taken in with it."""
    stop = len(text) if end is None else end
    if not _HINTS.in_text(text[start:stop]):
        return []
    figures = [_measure(match) for match in _MEASURE.finditer(text, start, stop)]
    worded = [m for match in _WORD_MEASURE.finditer(text, start, stop) if (m := _word_measure(match))]
    elliptic = [
        m
        for match in _ELLIPTIC.finditer(text, start, stop)
        if (last := _last_before(text, match.start(), worded) or _last_before(text, match.start(), figures))
        and (m := _like(text, match, last))
    ]
    return _without_conversions(text, sorted([*figures, *worded, *elliptic], key=_start))


def _start(measure: Measure) -> int:
    return measure.start


_REACH = 400  # characters


def _last_before(text: str, offset: int, found: Sequence[Measure]) -> Measure | None:
    """The last length before an offset in its sentence; metres and feet do not count."""
    near = max(0, offset - _REACH)
    since = max(near, text.rfind(". ", near, offset))
    at = bisect_left(found, offset, key=_start)
    while at > 0 and found[at - 1].end > since:
        at -= 1
        if not found[at].small:
            return found[at]
    return None


def _like(text: str, match: re.Match[str], last: Measure) -> Measure | None:
    """A bare number in the unit of the length before it."""
    if not text[last.end - 1].isalpha():
        return None
    written = _MEASURE.match(text, last.start)
    unit = _measure(written).km / float(written.group(2).replace(",", "")) if written else 1.0
    km = float(match.group(1).replace(",", "")) * unit
    return Measure(match.start(1), match.end(1), round(km, 4), False)


def _measure(match: re.Match[str]) -> Measure:
    _, upper, nautical, kilometres, miles, metres, feet = match.groups()
    unit = (
        "nautical"
        if nautical
        else "km"
        if kilometres
        else "mile"
        if miles
        else "metre"
        if metres
        else "foot"
        if feet
        else ""
    )
    lower = match.group(1)
    value = float(upper.replace(",", ""))
    if lower:
        value = max(value, float(lower.replace(",", "")))
    return Measure(match.start(), match.end(), round(value * _KM[unit], 4), unit in ("metre", "foot"))


def _word_measure(match: re.Match[str]) -> Measure | None:
    tokens = [Word(0, 0, word, word) for word in re.split(r"[\s-]+", match.group(1).lower().strip())]
    read = read_number(tokens, 0) if tokens else None
    if read is None or read[1] != len(tokens):
        return None
    unit = "nautical" if match.group(2) else "km" if match.group(3) else "mile"
    return Measure(match.start(), match.end(), round(read[0] * _KM[unit], 4), False)


def _without_conversions(text: str, found: list[Measure]) -> list[Measure]:
    kept: list[Measure] = []
    for measure in found:
        if kept:
            between = text[kept[-1].end : measure.start].strip()
            if measure.start < kept[-1].end:
                continue
            bracketed = between in ("(", "/", ", or", "or", "(about", "(around", "(some", "(nearly", "(roughly", "[")
            if bracketed and 0.8 < (measure.km + 0.01) / (kept[-1].km + 0.01) < 1.25:
                kept[-1] = Measure(kept[-1].start, measure.end, kept[-1].km, kept[-1].small)
                continue
        kept.append(measure)
    return kept
