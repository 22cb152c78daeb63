"""Opinions whose words no stance rule knows: what the launch is called, and what is quoted about it.

"She called it a lock on an empty barn." blames as surely as "reckless" does, but no list holds such words. So wherever
an official names the launch, or speaks in quotation marks, the kind is weighed: the few weak words of the rules with
frame `quoted` that stand there, else the side: the launching one praises, another one blames a weapon and praises a
flight into space.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from extractors.clauses import is_verbal
from extractors.cues import Cue, CueBook
from extractors.frames import Frames
from extractors.party import Party, SentenceView
from extractors.phrases import inflections
from extractors.records import Launch
from extractors.speakers import Speakers
from extractors.text import word_set


def _forms(listed: str) -> frozenset[str]:
    return frozenset().union(*(inflections(word) for word in listed.split()))


_NAMING = _forms(
    """call term describe brand dub label deem judge rate style portray characterise characterize depict paint liken
    compare find consider see view regard christen denounce dismiss mock deride hail bill cast pronounce sum"""
)
_SPEAKING = _forms("speak talk write tell think")
_OF = frozenset({"of"})
_OPENING = _NAMING | _SPEAKING
_MEANT = word_set("it this that these them") | _forms(
    """launch firing test missile rocket salvo barrage volley projectile drone satellite flight liftoff weapon icbm
    attack strike shot trial operation event move act demonstration exercise timing lift-off blast-off ascent mission
    outing splashdown bombardment onslaught debut"""
)
_DETERMINERS = word_set("the its this that their his her such")
_SHORTEST_QUOTE = 12  # characters
_LONGEST_OBJECT = 7  # words
_STOPS = frozenset({".", ";", "!", "?", "—", ":"})


@dataclass(frozen=True, slots=True)
class Opinion:
    """Words `first`..`last` of a sentence in which a party says what it thinks. `named`: of the launch by name."""

    party: Party
    view: SentenceView
    first: int
    last: int
    named: bool


class Opinions:
    """Opinions and what they amount to, by the rules of frame `quoted`."""

    def __init__(self, book: CueBook) -> None:
        self._book = book

    def possible(self, view: SentenceView) -> bool:
        """Whether the sentence names or quotes anything, so that it is worth reading for opinions."""
        return self._quoted(view) is not None or any(word.low in _OPENING for word in view.words)

    def find(self, view: SentenceView, frames: Frames, speakers: Speakers) -> Iterator[Opinion]:
        """What parties of the sentence call the launch, and the first quotation of some length."""
        for verb in range(len(view.words) - 1):
            opening = self._names(view, verb)
            if opening and not frames.quoted[verb]:
                for party in speakers.speaker_of(verb):
                    yield Opinion(party, view, opening, _end(view, opening), True)
        quoted = self._quoted(view)
        for party in speakers.of(quoted) if quoted is not None else ():
            yield Opinion(party, view, quoted or 0, len(view.words) - 1, False)

    def _names(self, view: SentenceView, verb: int) -> int:
        """Index of the words that the verb gives the launch as its name, or 0."""
        low = view.words[verb].low
        if low in _SPEAKING:
            return verb + 2 if view.words[verb + 1].low in _OF and verb + 2 < len(view.words) else 0
        if low not in _NAMING or (verb > 1 and view.words[verb - 2].low == "what"):  # "what it called a satellite"
            return 0
        for at in range(verb + 1, min(len(view.words) - 1, verb + _LONGEST_OBJECT)):
            if view.words[at].low in _STOPS or view.words[at].low == ",":
                return 0
            opens = at == verb + 1 or view.words[verb + 1].low in _DETERMINERS
            if view.words[at].low in _MEANT and (opens or (at == verb + 2 and view.words[verb + 1].low == "in")):
                return at + 1
        return 0

    def _quoted(self, view: SentenceView) -> int | None:
        for index, quotation in enumerate(view.quotations):
            if quotation is not None and quotation.inner_end - quotation.inner_start >= _SHORTEST_QUOTE:
                return index
        return None

    def kind(self, opinion: Opinion, launch: Launch, *, own: bool) -> Cue | None:
        """The stance the opinion most likely takes on the launch, None where it cannot be told."""
        votes = Counter(
            found.rule
            for found in self._book.weak.find(opinion.view.words, {})
            if opinion.first <= found.first <= opinion.last
        )
        space = launch.weapon_class == "space_launch_vehicle"
        default = "endorse.quoted" if own or space else "condemn.quoted"
        best, count = max(votes.items(), key=lambda vote: vote[1], default=(default, 0))
        stance = self._book.stances[best if count > votes.get(default, 0) else default]
        return Cue(stance, opinion.first, opinion.last, opinion.first)


def _end(view: SentenceView, opening: int) -> int:
    """The last word of the clause that begins at `opening`."""
    for at in range(opening, len(view.words)):
        if view.words[at].low in _STOPS or (at > opening and _turns(view, at)):
            return max(opening, at - 1)
    return len(view.words) - 1


def _turns(view: SentenceView, at: int) -> bool:
    """Whether another clause begins at the word: "… and asked", "…, adding"."""
    if view.words[at].low not in ("and", "but", ",", "while"):
        return False
    return at + 1 < len(view.words) and (is_verbal(view.words, at + 1) or view.words[at + 1].low.endswith("ing"))
