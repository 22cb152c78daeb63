"""Who can react: the actors of a sentence as parties of its words, pronouns resolved, coordinated ones together.

A party is where words meet actors: the index of its first and last word in the sentence, and the actor it names. States,
groups, their bodies and officials can react; media, companies, parliaments' members and unnamed people cannot.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from extractors.actors import Actor
from extractors.document import Document
from extractors.phrases import spoken_words
from extractors.text import Sentence, Word, word_set

_NO_REACTORS = word_set("media company legislator")
_PERSON_PRONOUNS = word_set("he she")
_BODY_PRONOUNS = word_set("it they")
_SPEAKER_PRONOUNS = word_set("we i")


@dataclass(frozen=True, slots=True)
class Party:
    """An actor at the words `first`..`last` of a sentence. `inferred`: found through a pronoun or the context."""

    first: int
    last: int
    actor: Actor
    inferred: bool = False

    @property
    def can_react(self) -> bool:
        actor = self.actor
        return actor.country is not None and actor.official and actor.rank not in _NO_REACTORS


@dataclass(frozen=True, slots=True)
class SentenceView:
    """A sentence as words (without quotation marks) and the parties among them, in order."""

    sentence: Sentence
    words: Sequence[Word]
    parties: Sequence[Party]

    def ending_at(self, index: int) -> Party | None:
        """The party whose last word is `index`."""
        return next((p for p in self.parties if p.last == index), None)

    def at(self, index: int) -> Party | None:
        """The party that covers the word `index`."""
        return next((p for p in self.parties if p.first <= index <= p.last), None)

    def index_at(self, offset: int) -> int:
        """Index of the word that covers or follows `offset`."""
        return next((i for i, word in enumerate(self.words) if word.end > offset), len(self.words))


class PartyFinder:
    """Views of a document's sentences; remembers whom pronouns mean. Sentences must be asked for in text order."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._person: Actor | None = None
        self._body: Actor | None = None

    def view(self, sentence: Sentence) -> SentenceView:
        """The sentence with its parties; pronouns stand for the last person or body before them."""
        words = spoken_words(self._document.normal, sentence.start, sentence.end)
        named = self._named(sentence, words)
        covered = {i for party in named for i in range(party.first, party.last + 1)}
        parties: list[Party] = []
        queue = sorted(named, key=lambda p: p.first)
        at = 0
        for index, word in enumerate(words):
            while at < len(queue) and queue[at].first == index:
                parties.append(queue[at])
                self._note(queue[at].actor)
                at += 1
            if index in covered:
                continue
            actor = self._pronoun(word)
            if actor is not None:
                standing = replace(actor, start=word.start, end=word.end, modifier=False)
                parties.append(Party(index, index, standing, inferred=True))
        return SentenceView(sentence, words, parties)

    def _named(self, sentence: Sentence, words: Sequence[Word]) -> list[Party]:
        starts = [word.start for word in words]
        found: list[Party] = []
        for actor in self._document.actors_in(sentence.start, sentence.end):
            first = bisect_right(starts, actor.start) - 1
            last = bisect_right(starts, max(actor.start, actor.end - 1)) - 1
            if 0 <= first <= last:
                found.append(Party(first, last, actor, inferred=actor.inferred))
        return found

    def _note(self, actor: Actor) -> None:
        if actor.kind == "person" or (actor.kind == "office" and actor.official):
            self._person = actor
        elif not (actor.modifier and actor.kind in ("state", "group")):
            self._body = actor

    def _pronoun(self, word: Word) -> Actor | None:
        if word.low in _PERSON_PRONOUNS:
            return self._person
        if word.low in _BODY_PRONOUNS:
            return self._body
        if word.low in _SPEAKER_PRONOUNS:
            quotation = self._document.quotation_at(word.start)
            return quotation.speaker if quotation else None
        return None
