"""One article analysed once, for the launch rules and the reaction rules alike.

    document = Document(text, title="...", published=date(2025, 1, 6), packs=packs)

All offsets are code points into `text`; the text is never rewritten (`normal` is the same length, with plain quotation
marks, hyphens and spaces, `low` the same in lower case). Everything is in text order:

- `words`: `Word(start, end, text, low)`, marks included; `words_in(start, end)`
- `paragraphs`, `sentences`: `Sentence(index, paragraph, start, end)`; `sentence_at(offset)`
- `clauses`: `Clause(sentence, start, end, opener, subject, carried, quoted)`; `subject` is the `Actor` of the clause,
  also where a coordinated or relative clause takes it from the one before; `clause_at(offset)`
- `quotations`: `Quotation(start, end, inner_start, inner_end, depth, speaker)`
- `actors`: `Actor(start, end, kind, name, country, form, modifier, official, inferred, rank, entry)`: states, groups,
  bodies, offices and persons with their country; "the North", a surname and a generic body are resolved;
  `actors_in(start, end)`
- `attributions`: `Attribution(sentence, start, end, verb, source, speaker)`: "X said", "according to X";
  `peeled(offset)` tells whether an offset lies in one
- `mentions`: what the lexicons name (weapons, nouns, places too); `mentions_in(start, end, *kinds)`
- `dates`, `times`, `measures`: `FoundDate`, `FoundTime`, `Measure`, unresolved
- `published` (UTC day or None), `language`, `dateline` (country of the dateline or None), `dateline_end`, `title`

The found launches (`extractors.launches.find_launches(document)`) come with all their mentions as spans in text order,
anaphoric ones ("the launch", "it") included.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import TypeVar

from extractors.actors import Actor, ActorFinder
from extractors.clauses import Clause, ClauseFinder
from extractors.clocks import FoundTime, find_times
from extractors.dates import FoundDate, find_dates
from extractors.newnames import with_new_names
from extractors.packs import Mention, Packs, default_packs
from extractors.quantities import Measure, find_measures
from extractors.speech import Attribution, Quotation, SpeechFinder
from extractors.text import Paragraph, Sentence, Word, language, normalise, paragraphs, quotations, sentences, words

T = TypeVar("T")


# Years from which can be counted both ways; a wrong date at an end of the calendar anchors nothing.
_YEARS = range(1000, 9000)


def publication_day(published: date | datetime | None) -> date | None:
    """The UTC day of a publication date; a datetime without zone is taken as UTC. None for one of no sense."""
    if published is not None and published.year not in _YEARS:
        return None
    if isinstance(published, datetime):
        return (published.astimezone(UTC) if published.tzinfo else published).date()
    return published


class _Ordered:
    """Items sorted by start offset, for look-ups by offset."""

    def __init__(self, starts: Sequence[int]) -> None:
        self.starts = starts

    def within(self, items: Sequence[T], start: int, end: int) -> list[T]:
        return list(items[bisect_left(self.starts, start) : bisect_left(self.starts, end)])

    def at(self, offset: int) -> int:
        return bisect_right(self.starts, offset) - 1


def _ordered(items: Sequence[T], start: Callable[[T], int]) -> _Ordered:
    return _Ordered([start(item) for item in items])


class Document:
    """One article, analysed. See the module's docstring for what it offers."""

    def __init__(
        self, text: str, *, title: str = "", published: date | datetime | None = None, packs: Packs | None = None
    ) -> None:
        self.text = text
        self.title = title
        self.published = publication_day(published)
        self.packs = packs or default_packs()
        self.normal = normalise(text)
        self.low = self.normal.lower()
        self.language = language(self.normal)
        self.paragraphs: list[Paragraph] = paragraphs(self.normal)
        self.sentences: list[Sentence] = sentences(self.normal, self.paragraphs)
        self.words: list[Word] = words(self.normal)
        self.mentions: list[Mention] = with_new_names(self.normal, self.packs.mentions(self.normal))
        self.dates: list[FoundDate] = [d for s in self.sentences for d in find_dates(self.normal, s.start, s.end)]
        self.times: list[FoundTime] = [t for s in self.sentences for t in find_times(self.normal, s.start, s.end)]
        self.measures: list[Measure] = [m for p in self.paragraphs for m in find_measures(self.normal, p.start, p.end)]
        finder = ActorFinder(self.normal, self.words, self.mentions, self.published)
        self.actors: list[Actor] = finder.find()
        self.dateline: str | None = finder.dateline
        self.dateline_end: int = finder.dateline_end
        quotes = quotations(text, self.paragraphs)
        self.clauses: list[Clause] = ClauseFinder(self.words, self.actors, quotes).find(self.sentences)
        speech = SpeechFinder(self.normal, self.words, self.sentences, self.actors, self.dates, quotes)
        self.attributions: list[Attribution] = speech.attributions()
        self.quotations: list[Quotation] = speech.quotations(quotes, self.attributions, self.clauses)
        self._index()

    def _index(self) -> None:
        self._words = _ordered(self.words, lambda w: w.start)
        self._sentences = _ordered(self.sentences, lambda s: s.start)
        self._clauses = _ordered(self.clauses, lambda c: c.start)
        self._actors = _ordered(self.actors, lambda a: a.start)
        self._mentions = _ordered(self.mentions, lambda m: m.start)
        self._attributions = _ordered(self.attributions, lambda a: a.start)
        self._quotations = _ordered(self.quotations, lambda q: q.start)

    def words_in(self, start: int, end: int) -> list[Word]:
        """Words that start within the stretch."""
        return self._words.within(self.words, start, end)

    def sentence_at(self, offset: int) -> Sentence:
        """The sentence an offset lies in, or the one before it."""
        return self.sentences[max(0, self._sentences.at(offset))]

    def clause_at(self, offset: int) -> Clause:
        """The clause an offset lies in, or the one before it."""
        return self.clauses[max(0, self._clauses.at(offset))]

    def actors_in(self, start: int, end: int) -> list[Actor]:
        """Actors that start within the stretch."""
        return self._actors.within(self.actors, start, end)

    def mentions_in(self, start: int, end: int, *kinds: str) -> list[Mention]:
        """Lexicon mentions that start within the stretch, of the kinds named, or of any."""
        return [m for m in self._mentions.within(self.mentions, start, end) if not kinds or m.kind in kinds]

    def peeled(self, offset: int) -> bool:
        """Whether the offset lies in an attribution."""
        at = self._attributions.at(offset)
        return any(a.start <= offset < a.end for a in self.attributions[max(0, at - 1) : at + 1])

    def quotation_at(self, offset: int) -> Quotation | None:
        """The outermost quotation the offset lies in."""
        at = self._quotations.at(offset)
        near = self.quotations[max(0, at - 4) : at + 1]
        return next((q for q in near if q.start <= offset < q.end), None)

    def quotations_of(self, words: Sequence[Word]) -> list[Quotation | None]:
        """For each of some words in text order the outermost quotation that it stands in."""
        if not words or not self._quotes_within(words[0].start, words[-1].start):
            return [None] * len(words)
        return [self.quotation_at(word.start) for word in words]

    def _quotes_within(self, first: int, last: int) -> bool:
        """Whether any of the offsets may lie in a quotation."""
        near = self.quotations[max(0, self._quotations.at(first) - 4) : self._quotations.at(last) + 1]
        return any(quotation.end > first for quotation in near)
