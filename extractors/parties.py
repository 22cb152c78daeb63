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

_PREPOSITIONS = word_set(
    """of in on at from to into onto toward towards by with without for over under off near across against about between
    during through around like despite including among"""
)
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
        self._paragraph = -1
        self._subject: Actor | None = None
        self._settled: dict[str, Actor] = {}

    def view(self, sentence: Sentence) -> SentenceView:
        """The sentence with its parties; pronouns stand for the last person or body before them."""
        words = spoken_words(self._document.normal, sentence.start, sentence.end)
        if sentence.paragraph != self._paragraph:
            self._paragraph, self._subject = sentence.paragraph, None
        named = self._named(sentence, words)
        covered = {i for party in named for i in range(party.first, party.last + 1)}
        parties: list[Party] = []
        queue = sorted(named, key=lambda p: p.first)
        at = 0
        for index, word in enumerate(words):
            while at < len(queue) and queue[at].first == index:
                parties.append(queue[at])
                self._note(queue[at], words)
                at += 1
            if index in covered:
                continue
            actor = self._pronoun(word)
            if actor is not None:
                standing = replace(actor, start=word.start, end=word.end, modifier=False)
                parties.append(Party(index, index, standing, inferred=True))
        self._subject = next((p.actor for p in parties if self._can_lead(p, words)), self._subject)
        return SentenceView(sentence, words, parties)

    def settled(self, actor: Actor) -> Actor:
        """The actor as settled where it was named, for speakers that the document resolved itself."""
        return self._settled.get(actor.name, actor) if actor.inferred else actor

    def _named(self, sentence: Sentence, words: Sequence[Word]) -> list[Party]:
        starts = [word.start for word in words]
        found: list[Party] = []
        for actor in self._document.actors_in(sentence.start, sentence.end):
            first = bisect_right(starts, actor.start) - 1
            last = bisect_right(starts, max(actor.start, actor.end - 1)) - 1
            if 0 <= first <= last:
                found.append(Party(first, last, self._in_context(actor, found, first, words), inferred=actor.inferred))
        return found

    def _in_context(self, actor: Actor, before: Sequence[Party], first: int, words: Sequence[Word]) -> Actor:
        """A generic body or official speaks for the side that the paragraph was just about."""
        if not actor.inferred or actor.kind not in ("body", "office", "person"):
            return actor
        if actor.name in self._settled:
            return replace(actor, country=self._settled[actor.name].country)
        possessive = words[first - 1].low if first else ""
        if possessive in ("his", "her", "my"):
            owner = self._person
        elif possessive in ("its", "their", "our"):
            owner = self._body
        else:
            owner = next((p.actor for p in reversed(before) if p.can_react and self._can_lead(p, words)), self._subject)
        if owner is not None and owner.country and (owner.kind != "state" or owner.form == "capital"):
            actor = replace(actor, country=owner.country)
        if actor.kind == "person":
            self._settled[actor.name] = actor
        return actor

    @staticmethod
    def _can_lead(party: Party, words: Sequence[Word]) -> bool:
        """Whether the party can be what the sentence is about: no modifier, not after a preposition."""
        before = words[party.first - 1].low if party.first else ""
        if before in ("the", "a", "an") and party.first > 1:
            before = words[party.first - 2].low
        return party.can_react and not party.actor.modifier and before not in _PREPOSITIONS

    def _note(self, party: Party, words: Sequence[Word]) -> None:
        actor = party.actor
        if actor.kind == "person" or (actor.kind == "office" and actor.official):
            self._person = actor
        elif actor.kind == "body" or self._can_lead(party, words):
            self._body = actor

    def _pronoun(self, word: Word) -> Actor | None:
        if word.low in _PERSON_PRONOUNS:
            return self._person
        if word.low in _BODY_PRONOUNS:
            return self._body
        if word.low in _SPEAKER_PRONOUNS:
            quotation = self._document.quotation_at(word.start)
            return self.settled(quotation.speaker) if quotation and quotation.speaker else None
        return None
