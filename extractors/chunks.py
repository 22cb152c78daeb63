"""A sentence as a row of typed chunks: what the frames of the launch rules are matched against."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, NamedTuple

from extractors.document import Document
from extractors.grammar import Grammar
from extractors.nounphrases import IN_SPACE, NounPhrase
from extractors.text import Sentence, Word, word_set


class Chunk(NamedTuple):
    """One chunk: its class, offsets, and the actor, phrase, date, time or measure it stands for (None for words)."""

    name: str
    start: int
    end: int
    item: Any
    low: str


class Row(NamedTuple):
    """The chunks of a sentence with their code, one character each, closed by a STOP; `names` are their classes."""

    sentence: Sentence
    chunks: Sequence[Chunk]
    code: str
    names: frozenset[str]


_PLACE_BEFORE = word_set("in near from of at over toward towards into outside around off across against onto to")
_CRAFT = word_set("vehicle craft stack spaceship pieces remains debris wreckage fragments")
_PRONOUNS = word_set("it they they'd it'd both one all each")
_STOPS = word_set("; : — – -")
_BEFORE_NOUNS = word_set("the a an its their his her our no of in on at from to into for with by any some these those")
_IRREGULAR_PAST = word_set(
    """went sprang leapt sprung swept quit lit drove drew dug spun slid swung swam ran crept beat met bent stung slung
    stuck sought began broke brought caught clung hung kept made blew split spat spread strode swum thrust tore trod
    wove wrung gave got shed shook snuck stole stood steered ground came rode sank"""
)


class Chunker:
    """Chunks the sentences of one document."""

    def __init__(self, document: Document, rules: Grammar, phrases: Sequence[NounPhrase]) -> None:
        self._doc = document
        self._rules = rules
        self._space = IN_SPACE.search(document.normal) is not None
        self._spans = self._typed_spans(phrases)
        self._span_starts = [span.start for span in self._spans]

    def rows(self) -> list[Row]:
        """One row for each sentence, in text order."""
        return [self._row(sentence) for sentence in self._doc.sentences]

    def _typed_spans(self, phrases: Sequence[NounPhrase]) -> list[Chunk]:
        """Spans found already, without overlap; a phrase goes before the actors and dates inside it."""
        doc = self._doc
        spans = [Chunk("WEAPON" if p.kind == "weapon" else "LAUNCHNOUN", p.start, p.end, p, p.noun) for p in phrases]
        spans += [Chunk("SAYS", a.start, a.end, a, a.verb) for a in doc.attributions]
        spans += [Chunk("OWNER" if a.modifier else "ACTOR", a.start, a.end, a, "") for a in doc.actors]
        spans += [Chunk("DATE", d.start, d.end, d, "") for d in doc.dates]
        spans += [Chunk("TIME", t.start, t.end, t, "") for t in doc.times]
        spans += [Chunk("MEASURE", m.start, m.end, m, "") for m in doc.measures]
        order = {"WEAPON": 0, "LAUNCHNOUN": 0, "SAYS": 1, "DATE": 2, "TIME": 2, "MEASURE": 2, "ACTOR": 3, "OWNER": 3}
        kept: list[Chunk] = []
        taken: list[int] = []
        for rank in range(4):
            for span in sorted((s for s in spans if order[s.name] == rank), key=lambda s: s.start):
                at = bisect_left(taken, span.start)
                overlaps = (at < len(kept) and kept[at].start < span.end) or (at > 0 and kept[at - 1].end > span.start)
                if not overlaps:
                    kept.insert(at, span)
                    taken.insert(at, span.start)
        return kept

    def _row(self, sentence: Sentence) -> Row:
        words = self._doc.words_in(sentence.start, sentence.end)
        at_span = bisect_left(self._span_starts, sentence.start)
        lows = [word.low for word in words]
        chunks: list[Chunk] = []
        at = 0
        while at < len(words):
            span = self._spans[at_span] if at_span < len(self._spans) else None
            if span is not None and words[at].start >= span.start:
                chunks.append(self._span_chunk(span, chunks))
                while at < len(words) and words[at].start < span.end:
                    at += 1
                at_span += 1
                continue
            length, name = self._word_class(words, lows, at, span.start if span else sentence.end)
            low = lows[at] if length == 1 else " ".join(lows[at : at + length])
            chunks.append(Chunk(name, words[at].start, words[at + length - 1].end, None, low))
            at += length
        chunks.append(Chunk("STOP", sentence.end, sentence.end, None, ""))
        names = [chunk.name for chunk in chunks]
        return Row(sentence, chunks, self._rules.alphabet.code(names), frozenset(names))

    def _span_chunk(self, span: Chunk, before: Sequence[Chunk]) -> Chunk:
        """A state after a preposition of place is a place ("into Israel"), unless it is the agent after "by"."""
        if span.name == "ACTOR" and span.item.kind in ("state", "group") and before:
            lead = before[-1].low if before[-1].low != "the" or len(before) < 2 else before[-2].low
            if lead.rsplit(" ", 1)[-1] in _PLACE_BEFORE:
                return span._replace(name="PLACE")
        return span

    def _word_class(self, words: Sequence[Word], lows: Sequence[str], at: int, limit: int) -> tuple[int, str]:
        """(number of words, class) of the longest listed phrase at `at` that ends before `limit`."""
        low = lows[at]
        listed = self._rules.phrases.get(low)
        if listed is not None:
            following = lows[at + 1] if at + 1 < len(lows) else ""
            for phrase, name in listed:
                if len(phrase) > 1 and (phrase[1] != following or not _continues(phrase, words, lows, at, limit)):
                    continue
                noun = self._is_noun(lows, at) if name == "LAUNCH" else low == "land" and self._is_soil(lows, at)
                return len(phrase), "WORD" if noun else name
        if low == ",":
            return 1, "COMMA"
        if low in _STOPS and not _inside_word(words, at):
            return 1, "SUBORD"
        if low in _PRONOUNS or (low in _CRAFT and self._space):
            return 1, "PRONOUN"
        if low.endswith("n't"):
            return 1, "NOT"
        return 1, "VERB" if self._is_past(words, at) else "WORD"

    def _is_noun(self, lows: Sequence[str], at: int) -> bool:
        """Whether a base form is no verb there: "the fire", "on fire", "in the discharge of"."""
        return bool(at and lows[at - 1] in _BEFORE_NOUNS and lows[at - 1] not in ("to", "no"))

    def _is_soil(self, lows: Sequence[str], at: int) -> bool:
        """Whether "land" is no verb: "noise, land and jobs", "by land", "the land"."""
        before = lows[at - 1] if at else ""
        return before in (",", "or", "by", "over", "on", "in", "of", "the", "farm", "this", "its", "their")

    def _is_past(self, words: Sequence[Word], at: int) -> bool:
        """Whether word `at` looks like a past form that no list names: what it says is settled by what stands around
        it.
        """
        low = words[at].low
        if not low.endswith("ed") and low not in _IRREGULAR_PAST:
            return False
        if at and words[at - 1].low in _BEFORE_NOUNS:
            return False
        return low in _IRREGULAR_PAST or (len(low) > 4 and "-" not in low and words[at].text.islower())


def _continues(phrase: Sequence[str], words: Sequence[Word], lows: Sequence[str], at: int, limit: int) -> bool:
    """Whether all words of the phrase stand at `at`, before `limit`."""
    end = at + len(phrase)
    return end <= len(words) and words[end - 1].start < limit and tuple(lows[at:end]) == phrase


def _inside_word(words: Sequence[Word], at: int) -> bool:
    """Whether a hyphen joins what stands around it ("60-kg") and parts nothing."""
    return 0 < at < len(words) - 1 and words[at - 1].end == words[at].start and words[at].end == words[at + 1].start
