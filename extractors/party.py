"""A party: an actor at some words of a sentence; and the sentence as words and parties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from extractors.actors import Actor
from extractors.speech import Quotation
from extractors.text import Sentence, Word, word_set

PREPOSITIONS = word_set(
    """of in on at from to into onto toward towards by with without for over under off near across against about
    between during through around like despite including among"""
)
_NO_REACTORS = word_set("media company legislator")


@dataclass(frozen=True, slots=True)
class Party:
    """An actor at the words `first`..`last` of a sentence.

    `inferred`: found through a pronoun or with a country from the context; `guessed`: no word says it.
    """

    first: int
    last: int
    actor: Actor
    inferred: bool = False
    guessed: bool = False

    @property
    def can_react(self) -> bool:
        """States, groups, their bodies and officials can; media, companies and members of parliament cannot."""
        actor = self.actor
        return actor.country is not None and actor.official and actor.rank not in _NO_REACTORS


@dataclass(frozen=True, slots=True)
class SentenceView:
    """A sentence as words (without quotation marks) and the parties among them, in order.

    `quotations`: for each word the outermost quotation that it stands in.
    `topic`: the actor that the sentence before in the paragraph was about. `issuer`: whose statement the paragraph is.
    """

    sentence: Sentence
    words: Sequence[Word]
    quotations: Sequence[Quotation | None]
    parties: Sequence[Party]
    topic: Actor | None = None
    issuer: Actor | None = None

    def ending_at(self, index: int) -> Party | None:
        """The party whose last word is `index`."""
        return next((p for p in self.parties if p.last == index), None)

    def at(self, index: int) -> Party | None:
        """The party that covers the word `index`."""
        return next((p for p in self.parties if p.first <= index <= p.last), None)
