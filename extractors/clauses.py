"""Clauses: sentences cut at verbs joined by conjunctions, relative words, dashes and quotations, each with its subject.

No parser: closed-class words, known verb forms and the actor spans are enough for shallow frames. The subject of a
clause that starts with its verb ("... and called it reckless") is that of the clause before.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from extractors.actors import Actor
from extractors.text import QuoteSpan, Sentence, Word, word_set


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of one sentence with one main verb. `opener` is the lower-case word that starts it ("which", "and",
    "").

    `subject` is the actor that does what the clause says, where one is named or carried over from the clause before
    (`carried`). `quoted`: it stands inside a quotation.
    """

    sentence: int
    start: int
    end: int
    opener: str
    subject: Actor | None
    carried: bool
    quoted: bool


_RELATIVE = word_set("which who whom whose where when while whereas although though because unless if until whether")
_COORDINATING = word_set("and but or then yet nor")
_TEMPORAL = word_set("after before since as")
_PUNCTUATION = word_set("; — – ( ) :")
_PRONOUNS = word_set("he she it they we i you this that these those there")
_DETERMINERS = word_set("the a an its his her their our this that these those some any no each every another such")
_AUXILIARIES = word_set(
    """is are was were be been being has have had having do does did will would can could may might must shall should
    's
    """
)
_IRREGULAR = word_set(
    """said says say told tells tell fell fall falls flew flies fly rose rise rises left leave leaves hit hits struck
    strike strikes shot shoots shoot sent sends send made makes make took takes take gave gives give came comes come
    went goes go put puts set sets held holds hold began begins begin saw sees see spoke speaks speak met meets meet
    brought brings bring kept keeps keep broke breaks break blew blows blow drew draws draw threw throws throw let
    lets lost loses lose won wins warned called calls urged asks asked wrote writes vowed slammed hailed stood stands
    found finds added adds shows showed fires fire launches launch tests test lands land crashes crash travels reaches
    covers lifts blasts claims denies vows warns urges condemns calls confirms detects believes thinks thought believe
    think reports wants want insists raises holds orders lobs unleashes carries conducts spoke rang paid bore beat led
    leads sank ran runs shut sought swore""",
)
_PREPOSITIONS = word_set(
    """of in on at from to into onto toward towards by with without for over under off near across against about between
    during through around including despite within along amid among below above beyond behind inside outside via per
    than like following"""
)


def is_verbal(words: Sequence[Word], at: int) -> bool:
    """Whether word `at` looks like a finite verb or auxiliary: a known form, or a lower-case -ed word that is no
    adjective.
    """
    word = words[at]
    low = word.low
    if low in _AUXILIARIES:
        return True
    before = words[at - 1].low if at else ""
    if before in _DETERMINERS or before in _PREPOSITIONS:
        return False
    if low in _IRREGULAR:
        return True
    return len(low) > 4 and low.endswith("ed") and word.text[0].islower()


class ClauseFinder:
    """Cuts the sentences of one text. `words`, `actors` and `quotes` are sorted by their start."""

    def __init__(self, words: Sequence[Word], actors: Sequence[Actor], quotes: Sequence[QuoteSpan]) -> None:
        self._words = words
        self._word_starts = [word.start for word in words]
        self._actors = actors
        self._actor_starts = [actor.start for actor in actors]
        self._quotes = [quote for quote in quotes if quote.depth == 1]
        self._quote_starts = [quote.start for quote in self._quotes]

    def find(self, sentences: Sequence[Sentence]) -> list[Clause]:
        """All clauses of all sentences, in text order."""
        found: list[Clause] = []
        for sentence in sentences:
            found.extend(self._clauses(sentence))
        return found

    def _clauses(self, sentence: Sentence) -> list[Clause]:
        first = bisect_left(self._word_starts, sentence.start)
        last = bisect_left(self._word_starts, sentence.end)
        cuts = [at for at in range(first + 1, last) if self._cuts(at, first, last)]
        edges = [first, *cuts, last]
        clauses: list[Clause] = []
        for begin, stop in pairwise(edges):
            start = self._words[begin].start
            end = self._words[stop - 1].end
            opener = self._words[begin].low
            subject, carried = self._subject(begin, stop, clauses)
            quoted = self._inside_quote(start)
            clauses.append(Clause(sentence.index, start, end, opener, subject, carried, quoted))
        return clauses

    def _inside_quote(self, offset: int) -> bool:
        at = bisect_left(self._quote_starts, offset + 1) - 1
        return at >= 0 and offset < self._quotes[at].end

    def _cuts(self, at: int, first: int, last: int) -> bool:
        """Whether a clause starts with word `at`."""
        word = self._words[at]
        low = word.low
        if low in ";—()":
            return True
        if word.text == "-" or word.text == "–":
            return True
        if self._words[at - 1].text == ":":
            return True
        if low == '"':
            return self._long_quote_edge(word)
        if low in _RELATIVE:
            return low != "when" or True
        if low in _COORDINATING:
            return self._verb_follows(at + 1, last)
        if low in _TEMPORAL:
            return self._subject_and_verb_follow(at + 1, last)
        if low == "that":
            return is_verbal(self._words, at - 1) and self._subject_and_verb_follow(at + 1, last)
        return low == "," and self._verb_follows(at + 1, last)

    def _long_quote_edge(self, word: Word) -> bool:
        at = bisect_left(self._quote_starts, word.start + 1) - 1
        if at < 0:
            return False
        quote = self._quotes[at]
        return quote.end - quote.start > 45 and (quote.start == word.start or quote.end == word.end)

    def _verb_follows(self, at: int, last: int) -> bool:
        """Whether a verb comes at once (after an adverb), or a pronoun or an actor with its verb."""
        while at < last and (
            self._words[at].low.endswith("ly") or self._words[at].low in ("then", "later", "also", "not", "and", "but")
        ):
            at += 1
        if at >= last:
            return False
        if is_verbal(self._words, at):
            return True
        return self._subject_and_verb_follow(at, last)

    def _subject_and_verb_follow(self, at: int, last: int) -> bool:
        """Whether a noun phrase starts at word `at` and a finite verb comes within it or soon after."""
        if at >= last:
            return False
        if self._words[at].low in _PRONOUNS:
            return any(is_verbal(self._words, i) for i in range(at + 1, min(last, at + 4)))
        for i in range(at, min(last, at + 9)):
            low = self._words[i].low
            if low in _PUNCTUATION or low == "," or low in _RELATIVE:
                return False
            if i > at and is_verbal(self._words, i):
                return True
        return False

    def _subject(self, begin: int, stop: int, before: Sequence[Clause]) -> tuple[Actor | None, bool]:
        """The actor before the first verb, not after a preposition and no mere modifier; else the one carried over."""
        opener = self._words[begin].low
        if opener in ("which", "who", "whose", "whom"):
            return self._actor_before(self._words[begin].start, before), True
        verb = next((at for at in range(begin, stop) if is_verbal(self._words, at)), stop)
        low = bisect_left(self._actor_starts, self._words[begin].start)
        limit = self._words[verb].start if verb < stop else self._words[stop - 1].end
        for actor in self._actors[low:]:
            if actor.start >= limit:
                break
            if not actor.modifier and not self._after_preposition(actor):
                return actor, False
        lead = begin + (opener in _COORDINATING or opener == ",")
        while lead < stop and (
            self._words[lead].low.endswith("ly") or self._words[lead].low in ("and", "then", "later", "also")
        ):
            lead += 1
        if before and verb <= lead:
            return before[-1].subject, True
        return None, False

    def _after_preposition(self, actor: Actor) -> bool:
        at = bisect_left(self._word_starts, actor.start) - 1
        while at >= 0 and self._words[at].low in ("the", "a", "an", "its", "their"):
            at -= 1
        return at >= 0 and self._words[at].low in _PREPOSITIONS

    def _actor_before(self, offset: int, before: Sequence[Clause]) -> Actor | None:
        at = bisect_left(self._actor_starts, offset) - 1
        if at >= 0 and before and self._actors[at].start >= before[0].start and not self._actors[at].modifier:
            return self._actors[at]
        return before[-1].subject if before else None
