"""Who can react: the actors of a sentence as parties of its words, pronouns resolved, coordinated ones together.

A party is where words meet actors: the index of its first and last word in the sentence, and the actor it names. States,
groups, their bodies and officials can react; media, companies, parliaments' members and unnamed people cannot.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from extractors.actors import Actor, ActorKind
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


_BODY_NOUNS = word_set(
    """agency ministry office group command committee bureau council centre center authority authorities force forces service
    department commission board directorate guard corps navy army administration secretariat embassy government cabinet
    organisation organization institute coastguard politburo presidium headquarters parliament assembly mission union league
    bloc staff brigade division squadron police"""
)
_OWN_SIDE = word_set(
    """country government nation side office ministry administration forces people state command services intelligence
    military jets planes ships navy army troops warships batteries defences defenses statement officials spokesman"""
)


def _name_runs(words: Sequence[Word], covered: Collection[int]) -> Iterator[tuple[int, int]]:
    """First and last index of every run of two to five capitalised words that no party covers."""
    at = 0
    while at < len(words):
        last = at
        while last < len(words) and last not in covered and last - at < 5 and _is_capitalised(words[last]):
            last += 1
        if last - at >= 2 and not (at == 0 and words[0].low in _OPENERS):
            yield at, last - 1
        at = max(last, at + 1)


def _is_capitalised(word: Word) -> bool:
    return word.text[0].isupper() and not word.text.isupper() and word.low not in _NO_NAMES


_NO_NAMES = word_set(
    """monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september
    october november december the in on at it he she they we i but and as for if when while after before this that these
    a an no his her its their our sea missile rocket mr mrs ms dr"""
)
_TITLES = word_set(
    """chairman vice-chairman chairwoman secretary member head chief director sister deputy aide adviser advisor commander
    envoy minister spokesman spokeswoman spokesperson ambassador official general leader president premier governor"""
)
_OPENERS = word_set("according meanwhile earlier later")


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
    """A sentence as words (without quotation marks) and the parties among them, in order.

    `topic`: the actor that the sentence before in the paragraph was about.
    """

    sentence: Sentence
    words: Sequence[Word]
    parties: Sequence[Party]
    topic: Actor | None = None

    def ending_at(self, index: int) -> Party | None:
        """The party whose last word is `index`."""
        return next((p for p in self.parties if p.last == index), None)

    def at(self, index: int) -> Party | None:
        """The party that covers the word `index`."""
        return next((p for p in self.parties if p.first <= index <= p.last), None)

    def index_at(self, offset: int) -> int:
        """Index of the word that covers or follows `offset`."""
        return next((i for i, word in enumerate(self.words) if word.end > offset), len(self.words))


# Titles that only one of the states in the news has, for want of anything else in the text.
_HINTS = {
    "defense secretary": "USA",
    "secretary of defense": "USA",
    "secretary of state": "USA",
    "chief cabinet secretary": "JPN",
    "foreign secretary": "GBR",
    "raksha mantri": "IND",
    "external affairs minister": "IND",
}


def _title_of(actor: Actor, text: str) -> str:
    """The lower-case title a person or office is named with."""
    return text[actor.start : actor.end].removesuffix(actor.name).strip(" ,").lower()


def _beside(party: Party, before: Sequence[Party], after: Sequence[Party], words: Sequence[Word]) -> Actor | None:
    """The body or state that stands beside a name: "NASA administrator X", "X of the Pentagon", "X, a spokesman for …"."""
    if before and party.first - 3 <= before[-1].last < party.first and _joined(words, before[-1].last + 1, party.first):
        owner = before[-1].actor
        if owner.country and not owner.inferred and owner.kind in ("body", "state"):
            return owner
    known = next((p for p in after if p.actor.country and not p.actor.inferred), None)
    if known is None or known.first - party.last > 12:
        return None
    between = [word.low for word in words[party.last + 1 : known.first]]
    if between[:1] in (["of"], ["from"], ["at"], ["for"]) and len(between) <= 3:
        return known.actor
    if between[:1] == [","] and len(between) > 1 and between[1] in ("a", "an", "the", "who", "commander", "head", "chief"):
        return known.actor if "," not in between[1:] else None
    if between[-1:] == ["in"] and known.actor.form == "capital" and "," not in between and "to" not in between:
        return known.actor
    return None


def _joined(words: Sequence[Word], start: int, end: int) -> bool:
    return all(word.text[0].islower() or word.text[0].isupper() for word in words[start:end]) and not any(
        word.low in _PREPOSITIONS or word.low in ("and", "said", "says", "that") for word in words[start:end]
    )


class PartyFinder:
    """Views of a document's sentences; remembers whom pronouns mean. Sentences must be asked for in text order."""

    def __init__(self, document: Document, launchers: Iterable[str | None] = ()) -> None:
        self._document = document
        self._launchers = frozenset(launchers)
        groups = {a.country for a in document.actors if a.kind == "group"}
        self._from_groups = self._launchers & groups
        self._untitled: Actor | None = None
        self._bodies: dict[str, Actor] = {}
        self._media: str | None = None
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
        lexical = self._named(sentence, words)
        named = lexical + self._unlisted(lexical, words)
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
            actor = self._pronoun(word) or self._own_side(words, index) or self._generic(words, index)
            if actor is not None:
                standing = replace(actor, start=word.start, end=word.end, modifier=False)
                parties.append(Party(index, index, standing, inferred=True))
        topic = self._subject
        self._subject = next((p.actor for p in parties if self._can_lead(p, words)), self._subject)
        return SentenceView(sentence, words, parties, topic)

    def settled(self, actor: Actor) -> Actor:
        """The actor as settled where it was named, for speakers that the document resolved itself."""
        return self._settled.get(actor.name, actor) if actor.inferred else actor

    def _named(self, sentence: Sentence, words: Sequence[Word]) -> list[Party]:
        starts = [word.start for word in words]
        placed: list[Party] = []
        for actor in self._document.actors_in(sentence.start, sentence.end):
            first = bisect_right(starts, actor.start) - 1
            last = bisect_right(starts, max(actor.start, actor.end - 1)) - 1
            if 0 <= first <= last:
                placed.append(Party(first, last, actor, inferred=actor.inferred))
        found: list[Party] = []
        for index, party in enumerate(placed):
            found.append(replace(party, actor=self._in_context(party, found, placed[index + 1 :], words)))
        return found

    # -- bodies and people that no lexicon lists -----------------------------------------------------------------------------

    def _unlisted(self, named: Sequence[Party], words: Sequence[Word]) -> list[Party]:
        """Capitalised names beside the listed ones: "the Fisheries Agency", "China's Zhang Jun", "Kim Song"."""
        covered = {i for party in named for i in range(party.first, party.last + 1)}
        found: list[Party] = []
        for first, last in _name_runs(words, covered):
            modifier = next((p for p in named if p.last == first - 1 and p.actor.modifier and p.actor.country), None)
            actor = self._unlisted_actor(named, words, first, last, modifier)
            if actor is not None:
                found.append(Party(modifier.first if modifier else first, last, actor, inferred=modifier is None))
        return found

    def _unlisted_actor(
        self, named: Sequence[Party], words: Sequence[Word], first: int, last: int, modifier: Party | None
    ) -> Actor | None:
        name = self._document.normal[words[first].start : words[last].end].removesuffix("'s")
        is_body = words[last].low.removesuffix("'s") in _BODY_NOUNS
        if name in self._settled:
            country: str | None = self._settled[name].country
        elif modifier is not None:
            country = modifier.actor.country
        elif (title := self._title_after(named, words, last)) is not None:
            country = title
        elif is_body:
            country = self._surrounding(words[first].start)
        elif first and words[first - 1].low not in _PREPOSITIONS and self._untitled is not None:
            country = self._untitled.country
        else:
            return None
        kind: ActorKind = "body" if is_body else "person"
        possessive = words[last].low.endswith("'s")
        start, end = words[first].start, words[last].end - 2 * possessive
        actor = Actor(start, end, kind, name, country, modifier=possessive, inferred=modifier is None)
        self._settled[name] = actor
        return actor

    def _title_after(self, named: Sequence[Party], words: Sequence[Word], last: int) -> str | None:
        """The country of who follows: "Sabrina Singh of the Pentagon", "Ri Pyong Chol, a vice-chairman of the party"."""
        following = [word.low for word in words[last + 1 : last + 10]]
        if following[:1] in (["of"], ["from"]):
            party = next((p for p in named if last + 2 <= p.first <= last + 3), None)
            return party.actor.country if party and party.can_react else None
        if following[:1] != [","] or not any(low in _TITLES for low in following[1:6]):
            return None
        stop = following.index(",", 1) if "," in following[1:] else len(following)
        party = next((p for p in named if last < p.first <= last + stop and p.actor.country), None)
        return party.actor.country if party else self._media or (self._body.country if self._body else None)

    def _surrounding(self, offset: int) -> str | None:
        """The state last named before an offset, the launching sides only where there is no other."""
        states = [a.country for a in self._document.actors_in(0, offset) if a.country and a.kind == "state"]
        others = [country for country in states if country not in self._launchers]
        return (others or states or [None])[-1]

    def _in_context(
        self, party: Party, before: Sequence[Party], after: Sequence[Party], words: Sequence[Word]
    ) -> Actor:
        """A generic body or official speaks for the side that the sentence or the paragraph is just about."""
        actor = party.actor
        if not actor.inferred or actor.kind not in ("body", "office", "person"):
            return actor
        if actor.name in self._settled:
            return replace(actor, country=self._settled[actor.name].country)
        owner = _beside(party, before, after, words) or self._owner(actor, before, party.first, words)
        country = owner.country if owner is not None else _HINTS.get(_title_of(actor, self._document.normal))
        if country is None and actor.kind == "body" and actor.country in self._from_groups:
            country = self._target()
        if country:
            actor = replace(actor, country=country)
        if actor.kind == "person":
            self._settled[actor.name] = actor
        return actor

    def _target(self) -> str | None:
        """The state named most that did not launch: an armed group's missile meets that state's army."""
        named = Counter(a.country for a in self._document.actors if a.kind == "state" and a.country)
        return next((country for country, _ in named.most_common() if country not in self._launchers), None)

    def _owner(self, actor: Actor, before: Sequence[Party], first: int, words: Sequence[Word]) -> Actor | None:
        """Whose body or official it is: by a possessive, a place in front, or who was speaking; None where unclear."""
        possessive = words[first - 1].low if first else ""
        if possessive in ("his", "her", "my"):
            return next((p.actor for p in reversed(before) if p.actor.kind == "person"), self._person)
        if possessive in ("its", "their", "our"):
            return next((p.actor for p in reversed(before) if self._can_lead(p, words)), self._body)
        if before and before[0].first <= 2 and words[0].low in ("in", "at", "from"):
            return before[0].actor
        nearest = next((p.actor for p in reversed(before) if self._can_lead(p, words)), self._subject)
        if nearest is None or (nearest.kind == "state" and nearest.form != "capital"):
            return None
        speaks_for_another = actor.rank in ("spokesperson", "official", "adviser") or nearest.form == "capital"
        return nearest if speaks_for_another else None

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
            self._untitled = actor if actor.kind == "office" else None
        elif actor.kind == "body" or self._can_lead(party, words):
            self._body = actor
        if actor.rank == "media":
            self._media = actor.country
        if actor.kind == "body":
            self._bodies.update({word: actor for word in actor.name.lower().split() if word in _BODY_NOUNS})

    def _own_side(self, words: Sequence[Word], index: int) -> Actor | None:
        """ "his country", "their government": the side of the one the pronoun means."""
        if index == 0 or words[index].low not in _OWN_SIDE:
            return None
        before = words[index - 1].low
        return self._person if before in ("his", "her", "my") else self._body if before in ("its", "their") else None

    def _generic(self, words: Sequence[Word], index: int) -> Actor | None:
        """ "the ministry", "the command": the body of that kind named last."""
        if index == 0 or words[index - 1].low not in ("the", "that") or words[index].low not in _BODY_NOUNS:
            return None
        return self._bodies.get(words[index].low)

    def _pronoun(self, word: Word) -> Actor | None:
        if word.low in _PERSON_PRONOUNS:
            return self._person
        if word.low in _BODY_PRONOUNS:
            return self._body
        if word.low in _SPEAKER_PRONOUNS:
            quotation = self._document.quotation_at(word.start)
            return self.settled(quotation.speaker) if quotation and quotation.speaker else None
        return None
