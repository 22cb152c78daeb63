"""Normalised text, paragraphs, sentences, quotations and words, all with code-point offsets into the text given.

Nothing here rewrites the text: `normalise` maps one character to one character, so an offset into the normalised text
is an offset into the article. Everything runs in time linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Word(NamedTuple):
    """A word, number or punctuation mark. `text` is normalised, `low` lower case; offsets are code points."""

    start: int
    end: int
    text: str
    low: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A stretch between blank lines (or a list item), without surrounding white space."""

    index: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence inside one paragraph, without surrounding white space."""

    index: int
    paragraph: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class QuoteSpan:
    """Quoted words: `start`..`end` with the marks, `inner_start`..`inner_end` without. `depth` 1 is outermost.

    A quotation that runs over several paragraphs (each opening with a mark, only the last closing) is one span.
    """

    start: int
    end: int
    inner_start: int
    inner_end: int
    depth: int


def word_set(listed: str) -> frozenset[str]:
    """The words of a string parted by white space."""
    return frozenset(listed.split())


def _character_map() -> dict[int, str]:
    table: dict[int, str] = {}
    for characters, target in (
        ("‘’‚‛ʼʹ′`´", "'"),
        ("“”„‟″«»", '"'),
        ("‐‑‒−﹣", "-"),
        ("―⸺", "—"),
        ("\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t", " "),
        ("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\u2066\u2067\u2068\u2069\u202a\u202b\u202c\u202d\u202e\ufeff", " "),
        ("\u2028\u2029\r\v\f\u0085", "\n"),
        ("İ", "I"),
    ):
        table.update({ord(c): target for c in characters})
    table.update({c: " " for c in [*range(0x20), *range(0x7F, 0xA0)] if c not in table and c != 0x0A})
    table.update({c: chr(c - 0xFEE0) for c in range(0xFF01, 0xFF5F)})
    # Halves of a character, which no UTF-8 can hold and the automata refuse.
    table.update(dict.fromkeys(range(0xD800, 0xE000), "\ufffd"))
    return table


_CHARACTERS = _character_map()


def normalise(text: str) -> str:
    """The text with typographic variants of quotation marks, hyphens and spaces made plain, one character to one."""
    return translated(text, _CHARACTERS)


_NOT_ASCII = re.compile(r"([^\x00-\x7f]+)")


def translated(text: str, table: Mapping[int, int | str]) -> str:
    """`text.translate(table)`, cut at what is not ASCII: one curly quote would make it twenty times as slow."""
    if text.isascii():
        return text.translate(table)
    return "".join([part.translate(table) for part in _NOT_ASCII.split(text)])


_WORD = re.compile(
    r"(?:[A-Za-z]\.){2,}"  # U.S., p.m.
    r"|\d+(?:[.,:]\d+)*(?:st|nd|rd|th|am|pm|km)?\b"
    r"|[^\W_]+(?:[-'&./][^\W_]+)*"
    r"|[^\w\s]|_",
)


def words(text: str, start: int = 0, end: int | None = None) -> list[Word]:
    """The words and marks of normalised `text[start:end]`; a possessive 's is part of its word."""
    stop = len(text) if end is None else end
    new = tuple.__new__  # a third faster than Word(), on the hottest line of all
    return [new(Word, (*m.span(), word := m.group(), word.lower())) for m in _WORD.finditer(text, start, stop)]


_SOFT_WRAP = 50  # a line at least this long that ends without a stop is taken for a wrapped line
_LIST_ITEM = re.compile(r"\s*(?:[•*▪‣◦·–—-]\s|\d{1,2}[.)]\s)")


def paragraphs(text: str) -> list[Paragraph]:
    """Paragraphs of normalised text: parted by blank lines, list items, and line breaks after a short or ended line."""
    found: list[Paragraph] = []
    for start, end in _blocks(text):
        left, right = _strip(text, start, end)
        if left < right:
            found.append(Paragraph(len(found), left, right))
    return found


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    start = line_start = 0
    while line_start < len(text):
        line_end = text.find("\n", line_start)
        line_end = len(text) if line_end < 0 else line_end
        if not _wraps(text, line_start, line_end):
            yield start, line_end
            start = line_end + 1
        line_start = line_end + 1
    if start < len(text):
        yield start, len(text)


def _wraps(text: str, line_start: int, line_end: int) -> bool:
    """Whether the line goes on in the next one: a long line without a stop before a line that starts no list item."""
    next_line = line_end + 1
    if next_line >= len(text) or text[next_line] == "\n" or line_end - line_start < _SOFT_WRAP:
        return False
    if text[line_end - 1] in ".!?:\"')…" or _LIST_ITEM.match(text, next_line, next_line + 12):
        return False
    return text[next_line : next_line + 1].strip() != ""


def _strip(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


_STOP = re.compile(r"[.!?…]+[\"')\]]*(?=\s)")
# Never the end of a sentence.
_TITLES = word_set(
    """mr mrs ms dr gen lt col maj capt sgt adm cmdr brig sen rep gov pres prof rev hon st mt ft no nos vs vol fig
    approx est cf e.g i.e jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun vice-adm
    lt-gen calif ariz fla tex wash d.c"""
)
# The end of a sentence where a common first word follows.
_EITHER = word_set("u.s u.n u.k e.u inc co corp ltd etc")
_OPENERS = word_set(
    """the a an it its in on at he she they we but and this that these those there as after before if when while his her
    their our for no not both each some many most two three according meanwhile however earlier later officials
    since"""
)
# The end of a sentence unless a day or a zone follows.
_CLOCK = word_set("a.m p.m")
_AFTER_CLOCK = word_set(
    """monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december kst jst gmt utc est edt et pyongyang seoul tokyo tehran moscow kyiv
    local korean japanese eastern iran israel israeli iranian indian jan feb mar apr jun jul aug sep sept oct
    nov dec"""
)


# Characters. No outlet writes longer sentences, and the work on one may grow with its square.
_LONGEST_SENTENCE = 2000
_GAP = re.compile(r"\s")


def sentences(text: str, found: list[Paragraph]) -> list[Sentence]:
    """Sentences of normalised text inside its paragraphs; abbreviations, initials and figures do not end one."""
    result: list[Sentence] = []
    for paragraph in found:
        start = paragraph.start
        for stop in _STOP.finditer(text, paragraph.start, paragraph.end):
            if stop.end() < paragraph.end and _ends_sentence(text, stop, start):
                for left, right in _pieces(text, start, stop.end()):
                    result.append(Sentence(len(result), paragraph.index, left, right))
                start = stop.end()
        for left, right in _pieces(text, start, paragraph.end):
            result.append(Sentence(len(result), paragraph.index, left, right))
    return result


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The stretch without white space around it, cut between words where it is too long for a sentence."""
    start, end = _strip(text, start, end)
    while end - start > _LONGEST_SENTENCE:
        cut = max(text.rfind(mark, start, start + _LONGEST_SENTENCE) for mark in " \n")
        if cut < 0:
            gap = _GAP.search(text, start + _LONGEST_SENTENCE, end)
            cut = gap.start() if gap else end
        yield _strip(text, start, cut)
        start, end = _strip(text, cut, end)
    if start < end:
        yield start, end


_NEXT_WORD = re.compile(r"\s*[\"'(\[]*([^\W_]*)")


def _ends_sentence(text: str, stop: re.Match[str], start: int) -> bool:
    following = _NEXT_WORD.match(text, stop.end(), stop.end() + 40)
    next_word = following.group(1) if following else ""
    if next_word and next_word[0].islower():
        return False
    if stop.group()[0] != "." or len(stop.group().rstrip("\"')]")) > 1:
        return True
    last = text[max(start, stop.start() - 12) : stop.start()].rsplit(None, 1)[-1:]
    before = last[0].lstrip("\"'([").lower() if last else ""
    if before in _TITLES or (len(before) == 1 and before.isalpha()):
        return False
    if before in _CLOCK:
        zone = re.match(r"\s*\w+\stime\b", text[stop.end() : stop.end() + 30])
        return next_word.lower() not in _AFTER_CLOCK and not next_word.isdigit() and zone is None
    if before in _EITHER:
        return next_word.lower() in _OPENERS or not next_word
    return True


_QUOTE_MARK = re.compile(r"[“”„«»\"‘’']")
_LONGEST_SINGLE = 400  # single marks double as apostrophes: a longer stretch between two is not a quotation


def quotations(original: str, found: list[Paragraph]) -> list[QuoteSpan]:
    """Quotations of the original text (which still tells opening from closing marks), in order of their start."""
    spans: list[QuoteSpan] = []
    opened: int | None = None
    for paragraph in found:
        opened = _quotes_of(original, paragraph, opened, spans)
    return sorted(spans, key=lambda span: (span.start, span.depth))


def _quotes_of(text: str, paragraph: Paragraph, opened: int | None, spans: list[QuoteSpan]) -> int | None:
    """Add the quotations that close in the paragraph; return the start of a double one left open at its end."""
    continued = opened is not None and text[paragraph.start] in '“"„«'
    double = opened if continued else None
    single: int | None = None
    for mark in _QUOTE_MARK.finditer(text, paragraph.start + continued, paragraph.end):
        at, sign = mark.start(), mark.group()
        before = text[at - 1] if at > paragraph.start else " "
        after = text[at + 1] if at + 1 < paragraph.end else " "
        if sign in "‘’'":
            single = _single_mark(text, at, sign, before, after, single, 1 if double is None else 2, spans)
        elif sign in "“„«" and double is None:
            double, single = at, None
        elif sign in '”»"' or (sign == "“" and after in " .,;:)"):
            if double is not None:
                spans.append(QuoteSpan(double, at + 1, double + 1, at, 1))
                double, single = None, None
            elif sign == '"' and not after.isspace():
                double = at
    return double


def _single_mark(
    text: str, at: int, sign: str, before: str, after: str, opened: int | None, depth: int, spans: list[QuoteSpan]
) -> int | None:
    opens = sign != "’" and not before.isalnum() and after.isalpha()
    closes = sign != "‘" and not after.isalnum() and not before.isspace()
    if opened is not None and closes and at - opened <= _LONGEST_SINGLE:
        if at + 1 - opened > 2 and not (before == "s" and after == " " and text[at + 2 : at + 3].islower()):
            spans.append(QuoteSpan(opened, at + 1, opened + 1, at, depth))
            return None
        return opened
    return at if opens else opened


_FUNCTION_WORDS = {
    "en": word_set("the of and to in that was for on with as by at from it said has were be its after"),
    "fr": word_set("le la les des et est une dans que pour par sur pas qui au avec ont sont"),
    "de": word_set("der die das und ist von mit den im nicht ein eine auf für dem zu sich wurde nach"),
    "es": word_set("el la los las que del en una por con para se su al lo como más fue"),
    "pt": word_set("que do da em um uma para com não os as no na por mais foi dos ao"),
    "it": word_set("il di che la della per una con del non sono gli nel alla dei ha è"),
    "nl": word_set("de het een van en dat op te zijn met voor niet aan door is werd ook"),
    "tr": word_set("ve bir bu için ile olarak daha da de olan gibi sonra"),
    "id": word_set("yang dan di dengan untuk dari ini itu pada dalam tidak telah"),
}
_SCRIPTS = (
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
)
_SAMPLE = 4000  # characters
_LETTERS = re.compile(r"[^\W\d_]+")


def language(text: str) -> str | None:
    """ISO 639-1 code of the main language of the first characters, by script and function words; None where unclear."""
    sample = text[:_SAMPLE]
    if not sample.isascii():
        letters = sum(map(str.isalpha, sample))
        if not letters:
            return None
        for code, script in _SCRIPTS:
            if len(script.findall(sample)) > letters * 0.3:
                return code
    tokens = _LETTERS.findall(sample.lower())
    if not tokens:
        return None
    english = _FUNCTION_WORDS["en"]
    if sum(map(english.__contains__, tokens)) * 6 > len(tokens):
        return "en"
    counts = {code: sum(token in listed for token in tokens) for code, listed in _FUNCTION_WORDS.items()}
    best = max(counts, key=lambda code: (counts[code], code == "en"))
    if counts[best] * 20 < len(tokens):
        return "en" if len(tokens) < 40 and sample.isascii() else None
    return best
