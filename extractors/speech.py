"""Who says so: attributions ("X said", "according to X", "... , X said.") and the speakers of quotations.

An attribution is peeled off before a clause is read, so that the one who reports is not taken for the one who acts,
and the day of a statement not for the day of the event.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

from extractors.actors import Actor
from extractors.clauses import Clause, is_verbal
from extractors.dates import FoundDate
from extractors.text import QuoteSpan, Sentence, Word, word_set


@dataclass(frozen=True, slots=True)
class Attribution:
    """A stretch that says who says so. `start`..`end` covers the whole of it, with the day of the statement.

    `source` is who, as written ("South Korea's military", "an official"); `speaker` the actor among those words,
    pronouns resolved, or None for an unnamed source. `verb` is the lower-case verb, "according" for "according to".
    """

    sentence: int
    start: int
    end: int
    verb: str
    source: str
    speaker: Actor | None


@dataclass(frozen=True, slots=True)
class Quotation:
    """A quotation with its marks (`start`..`end`) and without (`inner_start`..`inner_end`), and who speaks, if
    known.
    """

    start: int
    end: int
    inner_start: int
    inner_end: int
    depth: int
    speaker: Actor | None


SPEECH_VERBS = word_set(
    """said says say saying told tells added adds reported reports announced announces wrote writes stated states noted
    notes claimed claims confirmed confirms declared declares revealed reveals disclosed discloses explained explains
    believes believe believed estimates estimated reckons reckon thinks insists insisted tweeted posted boasted boasts
    concluded concludes argued argues predicted recalled replied answered promised admitted acknowledged asserted
    alleged reiterated stressed commented testified"""
)
_ALWAYS_PEELED = word_set(
    "said says say told tells added adds wrote writes stated states noted claimed claims tweeted boasted"
)
_ADDRESSEES = word_set(
    "reporters lawmakers journalists reuters afp ap parliament viewers state reporters. newspapers yonhap television"
)
_LEADS = word_set("but and however meanwhile yet while as though although")
_BOUNDARIES = word_set("; , — : that which who where when while but as and") | {'"'}
_SUBORDINATORS = word_set("after before since if until unless because")
_HE = word_set("he she")
_IT = word_set("it they")


class SpeechFinder:
    """Attributions and quotation speakers of one text; every sequence is sorted by its start."""

    def __init__(
        self,
        text: str,
        words: Sequence[Word],
        sentences: Sequence[Sentence],
        actors: Sequence[Actor],
        dates: Sequence[FoundDate],
        quotes: Sequence[QuoteSpan],
    ) -> None:
        self._text = text
        self._words = words
        self._word_starts = [word.start for word in words]
        self._sentences = sentences
        self._actors = actors
        self._actor_starts = [actor.start for actor in actors]
        self._dates = dates
        self._date_starts = [date.start for date in dates]
        self._quotes = [quote for quote in quotes if quote.depth == 1]
        self._quote_starts = [quote.start for quote in self._quotes]
        self._last_person: Actor | None = None
        self._last_body: Actor | None = None

    def attributions(self) -> list[Attribution]:
        """All attributions, in text order."""
        found: list[Attribution] = []
        for sentence in self._sentences:
            first = bisect_left(self._word_starts, sentence.start)
            last = bisect_left(self._word_starts, sentence.end)
            for at in range(first, last):
                low = self._words[at].low
                if low == "according" and at + 1 < last and self._words[at + 1].low == "to":
                    found.append(self._according(sentence, at, last))
                elif low in SPEECH_VERBS and not self._quoted(self._words[at].start):
                    attribution = self._said(sentence, at, first, last)
                    if attribution:
                        found.append(attribution)
            self._note(sentence)
        return found

    def _quoted(self, offset: int) -> bool:
        at = bisect_left(self._quote_starts, offset + 1) - 1
        return at >= 0 and offset < self._quotes[at].end

    def _note(self, sentence: Sentence) -> None:
        """Remember whom "he" and "it" can mean in the next sentence."""
        for actor in self._within(sentence.start, sentence.end):
            if actor.kind == "person":
                self._last_person = actor
            elif actor.kind in ("body", "state", "group") and not actor.modifier:
                self._last_body = actor

    def _within(self, start: int, end: int) -> list[Actor]:
        low, high = bisect_left(self._actor_starts, start), bisect_left(self._actor_starts, end)
        return [actor for actor in self._actors[low:high] if actor.end <= end]

    def _according(self, sentence: Sentence, at: int, last: int) -> Attribution:
        stop = at + 2
        while stop < last and stop - at < 22 and self._words[stop].low not in (",", ";", ".", "—"):
            if stop > at + 3 and is_verbal(self._words, stop):
                break
            stop += 1
        start, end = self._words[at].start, self._words[stop - 1].end
        return self._attribution(sentence, start, end, "according", self._words[at + 1].end, end)

    def _said(self, sentence: Sentence, at: int, first: int, last: int) -> Attribution | None:
        word = self._words[at]
        if word.text == "States":  # the United States
            return None
        if at > first and self._words[at - 1].low in ("to", "be", "been", "was", "were", "is", "are", "a", "the", "of"):
            return None
        if self._inverted(at, first, last):
            stop = at + 1
            while stop < last and self._words[stop].low not in (",", ";", ".", "—", '"', "that") and stop - at < 14:
                stop += 1
            return self._attribution(
                sentence, word.start, self._words[stop - 1].end, word.low, word.end, self._words[stop - 1].end
            )
        begin = self._source_start(at, first)
        if begin == at:
            return None
        end = self._statement_end(at, last)
        start = self._words[begin].start
        comma = begin > first and self._words[begin - 1].low in (",", '"')
        if comma and end < sentence.end and self._text[end : sentence.end].strip(" .\"'") == "":
            end = sentence.end
        return self._attribution(sentence, start, end, word.low, start, word.start)

    def _inverted(self, at: int, first: int, last: int) -> bool:
        """ "..., said Agnes Yoo": the verb right after a comma or a quotation and before a name or noun phrase."""
        if at == first or at + 1 >= last or self._words[at - 1].low not in (",", '"', "'", "?", "!"):
            return False
        following = self._words[at + 1]
        return following.text[0].isupper() or following.low in ("a", "an", "the", "one", "two", "its", "his", "her")

    def _source_start(self, at: int, first: int) -> int:
        """Index of the first word of the noun phrase that speaks; `at` itself where none does.

        A comma right before the verb closes an apposition ("Guo Jiakun, a spokesman, said"), which is stepped over.
        """
        begin = at
        if begin > first and self._words[begin - 1].low == ",":
            begin = self._comma_before(begin - 1, first)
            if begin <= first:
                return at
        while begin > first and at - begin < 40:
            low = self._words[begin - 1].low
            if low in _SUBORDINATORS:
                return at
            if low in _BOUNDARIES:
                break
            begin -= 1
        while begin < at and self._words[begin].low in _LEADS | {",", ")", "("}:
            begin += 1
        return self._after_date(begin, at)

    def _after_date(self, begin: int, at: int) -> int:
        """A date that opens the sentence ("On May 4 the North said it had fired ...") is left out of the
        attribution.
        """
        found = bisect_left(self._date_starts, self._words[begin].start)
        if found < len(self._dates) and self._dates[found].end < self._words[at].start:
            lead = self._text[self._words[begin].start : self._dates[found].start].strip().lower()
            if lead in ("on", "in", "late on", "early on", ""):
                return min(at, bisect_left(self._word_starts, self._dates[found].end))
        return begin

    def _comma_before(self, at: int, first: int) -> int:
        for back in range(at - 1, max(first, at - 25), -1):
            if self._words[back].low == ",":
                return back
        return first

    def _statement_end(self, at: int, last: int) -> int:
        """Offset after the verb, its addressees, the day of the statement and "that"."""
        stop = at + 1
        while stop < last and self._words[stop].low in _ADDRESSEES | {"in", "a", "statement", "briefing", "the"}:
            if self._words[stop].low in ("in", "a", "the") and not self._statement_follows(stop, last):
                break
            stop += 1
        end = self._words[stop - 1].end
        found = bisect_left(self._date_starts, end)
        if found < len(self._dates) and self._dates[found].start - end <= 12:
            between = self._text[end : self._dates[found].start].strip().lower()
            if between in ("", "on", "late", "early", "late on", "early on", "later", "in"):
                end = self._dates[found].end
        following = bisect_left(self._word_starts, end)
        if following < last and self._words[following].low == "that":
            end = self._words[following].end
        return end

    def _statement_follows(self, at: int, last: int) -> bool:
        nouns = word_set("statement briefing interview message post speech report broadcast commentary notice release")
        return any(self._words[i].low in nouns for i in range(at, min(last, at + 4)))

    def _attribution(self, sentence: Sentence, start: int, end: int, verb: str, left: int, right: int) -> Attribution:
        source = self._text[left:right].strip(" ,;:\"'")
        return Attribution(sentence.index, start, end, verb, source, self._speaker(left, right, source))

    def _speaker(self, left: int, right: int, source: str) -> Actor | None:
        named = self._within(left, right)
        for kinds in (("person",), ("office",), ("body",), ("state", "group")):
            for actor in named:
                if actor.kind in kinds and not (actor.modifier and "state" in kinds):
                    return actor
        low = source.lower().split()
        pronoun = next((word for word in low[:2] if word in _HE or word in _IT), "")
        if pronoun in _HE:
            return self._pronoun(self._last_person, left, pronoun)
        if pronoun in _IT:
            return self._pronoun(self._last_body, left, pronoun)
        return named[-1] if named else None

    def _pronoun(self, actor: Actor | None, at: int, pronoun: str) -> Actor | None:
        return replace(actor, start=at, end=at + len(pronoun), inferred=True) if actor else None

    # -- quotations ----------------------------------------------------------------------------------------------------

    def quotations(
        self, spans: Sequence[QuoteSpan], attributions: Sequence[Attribution], clauses: Sequence[Clause]
    ) -> list[Quotation]:
        """Each quotation with its speaker: said so in the same sentence, by the clause it stands in, or carried on."""
        sentence_starts = [sentence.start for sentence in self._sentences]
        clause_starts = [clause.start for clause in clauses]
        by_sentence: dict[int, list[Attribution]] = {}
        for attribution in attributions:
            by_sentence.setdefault(attribution.sentence, []).append(attribution)
        found: list[Quotation] = []
        for span in spans:
            first = max(0, bisect_left(sentence_starts, span.start + 1) - 1)
            last = max(0, bisect_left(sentence_starts, span.end) - 1)
            speaker = _nearest(span, [a for i in {first, last} for a in by_sentence.get(i, [])])
            speaker = speaker or self._subject(span, clauses, clause_starts)
            if speaker is None and last + 1 < len(self._sentences):
                speaker = self._beside(span, first, last, by_sentence, found)
            found.append(Quotation(span.start, span.end, span.inner_start, span.inner_end, span.depth, speaker))
        return found

    def _subject(self, span: QuoteSpan, clauses: Sequence[Clause], starts: Sequence[int]) -> Actor | None:
        at = bisect_left(starts, span.start) - 1
        if at < 0 or clauses[at].end < span.start:
            return None
        return clauses[at].subject

    def _beside(
        self,
        span: QuoteSpan,
        first: int,
        last: int,
        by_sentence: dict[int, list[Attribution]],
        before: Sequence[Quotation],
    ) -> Actor | None:
        """The speaker announced by a colon before, or of the quotation before in the same paragraph, or named after."""
        paragraph = self._sentences[first].paragraph
        if first > 0 and self._text[self._sentences[first - 1].end - 1] == ":":
            colon = by_sentence.get(first - 1, [])
            if colon:
                return colon[-1].speaker
        if before and self._text.find("\n", before[-1].end, span.start) < 0:
            return before[-1].speaker
        if self._sentences[last + 1].paragraph == paragraph:
            following = by_sentence.get(last + 1, [])
            if following:
                return following[0].speaker
        return None


def _nearest(span: QuoteSpan, attributions: Sequence[Attribution]) -> Actor | None:
    outside = [a for a in attributions if a.end <= span.start + 1 or a.start >= span.end - 1]
    if not outside:
        return None
    nearest = min(outside, key=lambda a: min(abs(a.start - span.end), abs(span.start - a.end)))
    return nearest.speaker
