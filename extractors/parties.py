"""The parties of each sentence in text order: actors with the side they speak for, unlisted names, pronouns."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace

from extractors.actors import Actor
from extractors.affiliation import Affiliations, Memory, can_lead, hinted
from extractors.document import Document
from extractors.frames import SPEECH
from extractors.party import PREPOSITIONS, Party, SentenceView
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
    spokeswoman spokesperson mission embassy delegation fighters gunners crews soldiers pilots diplomats envoys capital
    cabinet parliament president premier team bureau arm wing leaders leadership authorities representative ambassador
    frigate frigates destroyer destroyers radars gunboats delegates parliament secretariat agencies agency"""
)
_GROUP_NOUNS = word_set("group movement militia rebels faction militants insurgents organisation organization fighters")
_DELEGATES = word_set("representative delegate ambassador envoy speaker observer counterpart representatives delegates")
_ANONYMOUS = word_set("anonymity anonymously")
_COUNTS = {
    "two": 2,
    "pair": 2,
    "both": 2,
    "duo": 2,
    "three": 3,
    "trio": 3,
    "four": 4,
    "quartet": 4,
    "five": 5,
    "six": 6,
}
_TOGETHER = word_set(
    "allies partners neighbours neighbors capitals governments countries nations leaders ministers states"
)

# Words that can stand for a party.
_STANDING = (
    _PERSON_PRONOUNS | _BODY_PRONOUNS | _SPEAKER_PRONOUNS | _OWN_SIDE | _COUNTS.keys() | _TOGETHER
    | _STATEMENTS | BODY_NOUNS | _GROUP_NOUNS | {"guard", "guards"}
)  # fmt: skip


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
    after = [word.text for word in words[parties[0].last + 1 : parties[0].last + 3]]
    labelled = parties[0].first == 0 and (
        after[:1] == [":"]
        or (after[:1] == [","] and after[1:] not in ([], ["who"]) and after[1][0].islower() and after[1] != "and")
    )
    return parties[0].actor.country if opens or alone or labelled else None


_LONGEST_OWN = 4  # words from a possessive to its noun
_NOT_OWN = PREPOSITIONS | word_set("its his her their my our whose the a an and or but that which who said says")


def _without_nameless(parties: Sequence[Party], words: Sequence[Word]) -> list[Party]:
    """Officials who "asked not to be named" speak for nobody."""
    lows = [word.low for word in words]
    hidden = any(low in _ANONYMOUS for low in lows) or any(
        low in ("named", "identified") and {"not", "declined", "refused"} & set(lows[max(0, at - 5) : at])
        for at, low in enumerate(lows)
    )
    if not hidden:
        return list(parties)
    return [replace(p, actor=replace(p.actor, official=False)) if p.actor.kind == "office" else p for p in parties]


def _is_of_stranger(words: Sequence[Word], index: int, parties: Sequence[Party]) -> bool:
    """Whether "it" stands for a name that is no party: "Korean Air said it had turned back two flights"."""
    if words[index].low != "it" or index < 2 or words[index - 1].low not in SPEECH:
        return False
    told = any(party.last == index - 2 for party in parties)
    return not told and words[index - 2].text[0].isupper()


def _speaks_for(party: Party, words: Sequence[Word]) -> bool:
    """ "the representative of China", "his counterpart from Panama"."""
    at = party.first - 1
    while at >= 0 and words[at].low in ("the", "a"):
        at -= 1
    return at > 0 and words[at].low in ("of", "for", "from") and words[at - 1].low in _DELEGATES


def _tells(party: Party, words: Sequence[Word]) -> bool:
    """Whether a verb of speech stands beside the party: "the ministry said", "said the ministry", "according to …"."""
    after = [word.low for word in words[party.last + 1 : party.last + 4]]
    at = party.first - 1
    while at >= 0 and words[at].low in ("the", "a", "an", "by", "from", "to"):
        at -= 1
    before = words[at].low if at >= 0 else ""
    if before in SPEECH and at > 0 and words[at - 1].low not in (",", "?", "!"):
        before = ""
    return (
        (after[:1] != [","] and any(low in SPEECH for low in after))
        or before in SPEECH
        or before in ("according", "statement", "communique", "communiqué")
    )


class PartyFinder:
    """Views of a document's sentences; remembers whom pronouns mean. Sentences must be asked for in text order."""

    def __init__(self, document: Document, launchers: Iterable[str | None] = ()) -> None:
        self._document = document
        self._memory = Memory()
        self.affiliations = Affiliations(document, launchers)
        self._unlisted = UnlistedNames(document.normal, self.affiliations, self._memory)
        self._paragraph = -1
        self._issuer: Actor | None = None
        self._led = False  # whether a party of the sentence is what it is about

    def view(self, sentence: Sentence) -> SentenceView:
        """The sentence with its parties; pronouns stand for the last person or body before them."""
        words = spoken_words(self._document.words_in(sentence.start, sentence.end))
        memory = self._memory
        if sentence.paragraph != self._paragraph:
            self._paragraph, memory.subject, self._issuer = sentence.paragraph, None, None
            memory.placed = None
        listed = _without_nameless(self._listed(sentence, words), words)
        memory.placed = _scene(listed, words) or memory.placed
        named = sorted([*listed, *self._unlisted.find(listed, words)], key=lambda p: p.first)
        parties = self._with_pronouns(named, words)
        topic = memory.subject
        memory.subject = next((p.actor for p in parties if can_lead(p, words)), topic)
        self._issuer = self._issuer or _issuer(parties, words)
        return SentenceView(sentence, words, self._document.quotations_of(words), parties, topic, self._issuer)

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
        self._led = False
        for index, word in enumerate(words):
            if index in starting:
                parties.append(starting[index])
                self._note(starting[index], words)
                self._note_together(parties, words)
            elif (
                word.low.removesuffix("'s") in _STANDING
                and index not in covered
                and not _is_of_stranger(words, index, parties)
            ):
                for actor in self._meant(words, index):
                    standing = replace(actor, start=word.start, end=word.end, modifier=word.low.endswith("'s"))
                    guessed = actor.name in self._memory.guessed
                    parties.append(Party(index, index, standing, inferred=True, guessed=guessed))
        return parties

    def _meant(self, words: Sequence[Word], index: int) -> tuple[Actor, ...]:
        """Whom a pronoun or a generic noun stands for; several where it means those named together."""
        if several := self._several(words, index):
            if index + 1 < len(words) and words[index + 1].low in SPEECH:
                self._memory.issuers = several
            return several
        one = self._pronoun(words[index]) or self._own_side(words, index) or self._generic(words, index)
        if one is not None and words[index].low in _STATEMENTS and self._memory.issuers:
            return self._memory.issuers
        return (one,) if one is not None else ()

    def _several(self, words: Sequence[Word], index: int) -> tuple[Actor, ...]:
        """ "they", "both", "the three", "the two allies": those who were named together last."""
        low, together = words[index].low, self._memory.together
        if not together:
            return ()
        before = words[index - 1].low if index else ""
        following = words[index + 1].low if index + 1 < len(words) else ""
        if low == "they":
            tell = following in SPEECH or before in SPEECH or before in ("which", "that")
            return together if self._memory.together_last and tell else ()
        counted = _COUNTS.get(low) == len(together) and (low == "both" or before in ("the", "all"))
        if counted and following not in _TOGETHER and following not in ("of", "sides"):
            return together if following.isalpha() and self._is_followed_by_verb(words, index) else ()
        named = low in _TOGETHER and (before == "the" or _COUNTS.get(before) == len(together))
        return together if named and index > 1 and _COUNTS.get(before) == len(together) else ()

    def _is_followed_by_verb(self, words: Sequence[Word], index: int) -> bool:
        following = words[index + 1].low if index + 1 < len(words) else ""
        return following in SPEECH or following in (
            "have",
            "were",
            "also",
            "then",
            "all",
            "will",
            "would",
            "are",
            "had",
        )

    def _note_together(self, parties: Sequence[Party], words: Sequence[Word]) -> None:
        """Remember parties listed as one subject: "Britain, France and Germany said"."""
        last, memory = parties[-1], self._memory
        listed = [last]
        for party in reversed(parties[:-1]):
            between = [word.low for word in words[party.last + 1 : listed[0].first]]
            if not between or any(low not in ("and", ",", "the", "as", "well", "nor") for low in between):
                break
            listed.insert(0, party)
        able = all(p.can_react and not p.actor.modifier for p in listed)
        if len(listed) > 1 and able and can_lead(listed[0], words):
            memory.together, memory.together_last = tuple(p.actor for p in listed), True
            if _tells(last, words):
                memory.issuers = memory.together
        elif len(listed) == 1 and can_lead(last, words):
            memory.together_last = False

    def _note(self, party: Party, words: Sequence[Word]) -> None:
        actor, memory = party.actor, self._memory
        if actor.kind == "state" and not actor.modifier:
            memory.there = actor
        if actor.kind == "person" or (actor.kind == "office" and actor.official and can_lead(party, words)):
            memory.person, memory.person_last = actor, True
            memory.untitled = actor if actor.kind == "office" else None
        elif can_lead(party, words) or _speaks_for(party, words) or (actor.kind == "body" and not self._led):
            self._led = self._led or can_lead(party, words)
            memory.body, memory.person_last = actor, False
            if actor.kind == "state" and _speaks_for(party, words):
                memory.person, memory.person_last = actor, True
        if party.can_react and not actor.modifier and _tells(party, words):
            memory.speaker, memory.issuers = actor, ()
        if actor.rank == "media":
            memory.media = actor.country
        if actor.kind == "group":
            memory.bodies.update(dict.fromkeys(_GROUP_NOUNS, actor))
        if actor.kind == "body":
            memory.bodies.update({word: actor for word in actor.name.lower().split() if word in BODY_NOUNS})

    def _own_side(self, words: Sequence[Word], index: int) -> Actor | None:
        """ "his country", "their government", "its information team": the side of the one the pronoun means."""
        if index == 0 or words[index].low not in _OWN_SIDE:
            return None
        at = index - 1
        while at > 0 and index - at < _LONGEST_OWN and words[at].low.isalpha() and words[at].low not in _NOT_OWN:
            at -= 1
        before = words[at].low
        if before in ("his", "her", "my"):
            return self._memory.person
        if before == "whose":
            return self._memory.person if self._memory.person_last else self._memory.body
        return self._memory.body if before in ("its", "their") else None

    def _generic(self, words: Sequence[Word], index: int) -> Actor | None:
        """ "the ministry", "the group": the body of that kind named last; "the statement": its issuer."""
        low = words[index].low.removesuffix("'s")
        if (
            low in ("guards", "guard")
            and words[index].text[0] == "G"
            and index
            and words[index - 1].low in ("the", "a")
        ):
            return self._memory.bodies.get("guards") or self._guards()
        if index == 0 or words[index - 1].low not in ("the", "that", "this"):
            return None
        if low in _STATEMENTS:
            following = words[index + 1].low if index + 1 < len(words) else ""
            told = following in SPEECH or following in ("went", "reads", "read")
            return (self._memory.speaker or self._memory.body) if told else None
        return self._memory.bodies.get(low) if low in BODY_NOUNS | _GROUP_NOUNS else None

    def _guards(self) -> Actor | None:
        """The Guards of an article about an Iranian launch."""
        iran = "IRN" in self.affiliations.launchers
        return Actor(0, 0, "body", "Revolutionary Guards", "IRN", rank="military") if iran else None

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
