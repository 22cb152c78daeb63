"""The parties of each sentence in text order: actors with the side they speak for, unlisted names, pronouns."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace

from extractors.actors import Actor
from extractors.affiliation import Affiliations, Memory, can_lead, hinted
from extractors.document import Document
from extractors.party import Party, SentenceView
from extractors.phrases import spoken_words
from extractors.text import Sentence, Word, word_set
from extractors.unlisted import BODY_NOUNS, UnlistedNames

_PERSON_PRONOUNS = word_set("he she")
_BODY_PRONOUNS = word_set("it they")
_SPEAKER_PRONOUNS = word_set("we i")
_STATEMENTS = word_set("statement release communique communiqué remarks readout announcement")
_OWN_SIDE = word_set(
    """country government nation side office ministry administration forces people state command services intelligence
    military jets planes ships navy army troops warships batteries defences defenses statement officials spokesman
    mission embassy delegation fighters gunners crews soldiers pilots diplomats envoys capital cabinet parliament
    president premier"""
)


def _issuer(parties: Sequence[Party], words: Sequence[Word]) -> Actor | None:
    """ "Statement by U.S. Indo-Pacific Command: …": who is named before the colon of the paragraph's first sentence."""
    colon = next((i for i, word in enumerate(words[:14]) if word.low == ":"), 0)
    head = {word.low for word in words[:colon]}
    if not head & _STATEMENTS:
        return None
    return next((p.actor for p in parties if p.last < colon and p.can_react), None)


def _scene(parties: Sequence[Party], words: Sequence[Word]) -> str | None:
    """The state whose capital opens a sentence ("In Tokyo, …", "Tokyo: …") or is all of it ("Tokyo.")."""
    if not parties or parties[0].actor.form != "capital":
        return None
    opens = parties[0].first == 1 and words[0].low in ("in", "from", "at")
    alone = parties[0].first == 0 and len(words) - parties[0].last <= 2
    labelled = parties[0].first == 0 and parties[0].last + 1 < len(words) and words[parties[0].last + 1].low == ":"
    return parties[0].actor.country if opens or alone or labelled else None


class PartyFinder:
    """Views of a document's sentences; remembers whom pronouns mean. Sentences must be asked for in text order."""

    def __init__(self, document: Document, launchers: Iterable[str | None] = ()) -> None:
        self._document = document
        self._memory = Memory()
        self.affiliations = Affiliations(document, launchers)
        self._unlisted = UnlistedNames(document.normal, self.affiliations, self._memory)
        self._paragraph = -1
        self._issuer: Actor | None = None

    def view(self, sentence: Sentence) -> SentenceView:
        """The sentence with its parties; pronouns stand for the last person or body before them."""
        words = spoken_words(self._document.normal, sentence.start, sentence.end)
        memory = self._memory
        if sentence.paragraph != self._paragraph:
            self._paragraph, memory.subject, self._issuer = sentence.paragraph, None, None
            memory.placed = None
        listed = self._listed(sentence, words)
        memory.placed = _scene(listed, words) or memory.placed
        named = sorted([*listed, *self._unlisted.find(listed, words)], key=lambda p: p.first)
        parties = self._with_pronouns(named, words)
        topic = memory.subject
        memory.subject = next((p.actor for p in parties if can_lead(p, words)), topic)
        self._issuer = self._issuer or _issuer(parties, words)
        return SentenceView(sentence, words, parties, topic, self._issuer)

    def settled(self, actor: Actor) -> Actor:
        """The actor as settled where it was named, for speakers that the document resolved itself."""
        return self._memory.settled.get(actor.name, actor) if actor.inferred else actor

    def _listed(self, sentence: Sentence, words: Sequence[Word]) -> list[Party]:
        starts = [word.start for word in words]
        placed: list[Party] = []
        for actor in map(hinted, self._document.actors_in(sentence.start, sentence.end)):
            first = bisect_right(starts, actor.start) - 1
            last = bisect_right(starts, max(actor.start, actor.end - 1)) - 1
            if 0 <= first <= last:
                placed.append(Party(first, last, actor, inferred=actor.inferred))
        found: list[Party] = []
        for index, party in enumerate(placed):
            found.append(self.affiliations.settle(party, found, placed[index + 1 :], words, self._memory))
        return found

    def _with_pronouns(self, named: Sequence[Party], words: Sequence[Word]) -> list[Party]:
        """The named parties and those that pronouns and generic nouns stand for, in order."""
        covered = {i for party in named for i in range(party.first, party.last + 1)}
        starting = {party.first: party for party in sorted(named, key=lambda p: p.last)}
        parties: list[Party] = []
        for index, word in enumerate(words):
            if index in starting:
                parties.append(starting[index])
                self._note(starting[index], words)
            elif index not in covered:
                actor = self._pronoun(word) or self._own_side(words, index) or self._generic(words, index)
                if actor is not None:
                    standing = replace(actor, start=word.start, end=word.end, modifier=False)
                    guessed = actor.name in self._memory.guessed
                    parties.append(Party(index, index, standing, inferred=True, guessed=guessed))
        return parties

    def _note(self, party: Party, words: Sequence[Word]) -> None:
        actor, memory = party.actor, self._memory
        if actor.kind == "person" or (actor.kind == "office" and actor.official and can_lead(party, words)):
            memory.person, memory.person_last = actor, True
            memory.untitled = actor if actor.kind == "office" else None
        elif actor.kind == "body" or can_lead(party, words):
            memory.body, memory.person_last = actor, False
        if actor.rank == "media":
            memory.media = actor.country
        if actor.kind == "body":
            memory.bodies.update({word: actor for word in actor.name.lower().split() if word in BODY_NOUNS})

    def _own_side(self, words: Sequence[Word], index: int) -> Actor | None:
        """ "his country", "their government": the side of the one the pronoun means."""
        if index == 0 or words[index].low not in _OWN_SIDE:
            return None
        before = words[index - 1].low
        if before in ("his", "her", "my"):
            return self._memory.person
        if before == "whose":
            return self._memory.person if self._memory.person_last else self._memory.body
        return self._memory.body if before in ("its", "their") else None

    def _generic(self, words: Sequence[Word], index: int) -> Actor | None:
        """ "the ministry", "the command": the body of that kind named last."""
        if index == 0 or words[index - 1].low not in ("the", "that") or words[index].low not in BODY_NOUNS:
            return None
        return self._memory.bodies.get(words[index].low)

    def _pronoun(self, word: Word) -> Actor | None:
        if word.low in _PERSON_PRONOUNS:
            return self._memory.person
        if word.low in _BODY_PRONOUNS:
            return self._memory.body
        if word.low in _SPEAKER_PRONOUNS:
            quotation = self._document.quotation_at(word.start)
            if quotation is None:
                return self._memory.body
            return self.settled(quotation.speaker) if quotation.speaker else None
        return None
