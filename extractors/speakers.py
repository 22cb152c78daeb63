"""Who says what in a sentence: the speaker of every word, by a verb of speech, a quotation, a colon or a viewpoint."""

from __future__ import annotations

from extractors.frames import DETERMINERS, SPEECH, Frames
from extractors.parties import PartyFinder
from extractors.party import Party, SentenceView
from extractors.text import Word, word_set

_INVERTIBLE = word_set(
    """said says wrote writes added adds warned warns asked asks tweeted posted insisted insists declared declares
    noted notes replied replies promised promises vowed vows fumed growled thundered concluded concludes remarked
    observed commented exclaimed lamented quipped joked explained stated countered retorted stressed argued
    recalled boasted exulted announced sneered scoffed snapped continued admitted conceded maintained cautioned"""
)
_LET = word_set("let lets make makes made making")
_BEING = word_set("is was are were")
_SURE = word_set(
    "adamant clear blunt emphatic categorical certain convinced sure unequivocal insistent scathing forthright"
)
_VERDICTS = word_set(
    "verdict word words view comment answer reply response reaction line message position conclusion summary take"
)
_TEXTS = word_set("statement text communique communiqué readout message note letter post release commentary report")
_BEFORE_NOUNS = word_set("a the of an in whose its his her their no by with")
_VIEWS = word_set(
    "view views eyes opinion reading judgement judgment words book estimation assessment verdict parlance"
)


def _takes_stand(after: list[str]) -> bool:
    """Whether the words after "was" make it a verb of speech: "in no doubt that", "adamant that", "blunt:"."""
    for at, low in enumerate(after[:-1]):
        if low in _SURE and (after[at + 1] in ("that", ":") or (after[at + 1] == "," and at < 2)):
            return True
        if low == "doubt" and "no" in after[:at]:
            return True
    return False


class Speakers:
    """The speakers of one sentence."""

    def __init__(self, view: SentenceView, parties: PartyFinder, frames: Frames) -> None:
        self._view = view
        self._words = view.words
        self._parties = parties
        self._frames = frames
        self._speech = self._speech_verbs()

    def _speech_verbs(self) -> list[int]:
        return [
            index
            for index, word in enumerate(self._words)
            if not self._frames.quoted[index] and self._view.at(index) is None and self._speaks(index, word)
        ]

    def _speaks(self, index: int, word: Word) -> bool:
        if word.low == "according" and index + 1 < len(self._words) and self._words[index + 1].low == "to":
            return True
        if word.low in _BEING and index + 2 < len(self._words):
            return _takes_stand([after.low for after in self._words[index + 1 : index + 7]])
        if word.low in _LET and "known" in {after.low for after in self._words[index + 1 : index + 4]}:
            return True
        before = self._words[index - 1].low if index else ""
        if word.low in ("read", "reads", "ran", "runs") and before in _TEXTS:
            return True
        return word.low in SPEECH and before not in _BEFORE_NOUNS and not before.endswith("'s")

    def of(self, at: int) -> tuple[Party, ...]:
        """Who says the word `at`: the nearest speech verb before it, else after it, else the quotation's speaker."""
        before = [verb for verb in self._speech if verb < at and not self._frames.is_told(verb)]
        for verb in reversed(before):
            found = self.speaker_of(verb)
            if found or not self._reaches(verb, at):
                return found
            return ()
        for verb in self._speech:
            if verb > at and (found := self.speaker_of(verb)):
                return found
        ways = (self._quotation_speaker, self._announced, self._viewpoint, self._beside_quotation, self._running)
        return next((found for way in ways if (found := way(at))), ())

    def _viewpoint(self, at: int) -> tuple[Party, ...]:
        """ "For Tokyo, the launch is …", "in Seoul's view", "the ministry, in whose eyes …": whose view is given."""
        lows = [word.low for word in self._words]
        for party in self._view.parties:
            before, after = lows[max(0, party.first - 5) : party.first], lows[party.last + 1 : party.last + 5]
            opens = party.first in (1, 2) and lows[0] in ("for", "to") and party.last < at
            owned = before[-1:] == ["in"] and party.actor.modifier and any(low in _VIEWS for low in after[:2])
            of = any(low in _VIEWS for low in before) and any(low in ("of", "to", "from") for low in before[-2:])
            whose = "whose" in after[:3] and any(low in _VIEWS for low in after)
            if party.can_react and (opens or owned or whose or (of and "in" in before)):
                return (party,)
        return ()

    def _beside_quotation(self, at: int) -> tuple[Party, ...]:
        """Who stands alone beside quoted words without a verb of speech: "Tokyo's word for it was “intolerable”."""
        if not self._frames.quoted[at]:
            return ()
        outside = [p for p in self._view.parties if not self._frames.quoted[p.first] and p.can_react]
        heads = [p for p in outside if p.last + 1 < at and self._words[p.last + 1].low in _VERDICTS]
        if heads:
            return (heads[0],)
        return (outside[0],) if len({p.actor.country for p in outside}) == 1 else ()

    def _running(self, at: int) -> tuple[Party, ...]:
        """Whose statement the paragraph gives in its own words: "Statement by the command: We …"."""
        issuer = self._view.issuer
        return (Party(at, at, issuer, inferred=True),) if issuer is not None and not self._speech else ()

    def _announced(self, at: int) -> tuple[Party, ...]:
        """The party before a colon that opens the sentence: "Japan: the government …"."""
        for party in self._view.parties[:2]:
            following = party.last + 1
            if party.first <= 2 and following < at and self._words[following].low == ":":
                return (party,)
            said = [word.low for word in self._words[following:at]]
            if party.first <= 2 and ":" in said and _VERDICTS.intersection(said[: min(5, said.index(":"))]):
                return (party,)
        return ()

    def _reaches(self, verb: int, at: int) -> bool:
        return not any(self._words[i].low in (";",) for i in range(verb, at))

    def _quotation_speaker(self, at: int) -> tuple[Party, ...]:
        quotation = self._view.quotations[at]
        if quotation is None or quotation.speaker is None:
            return ()
        return (Party(at, at, self._parties.settled(quotation.speaker), inferred=True),)

    def speaker_of(self, verb: int) -> tuple[Party, ...]:
        """The speaker of a speech verb: its subject, the name after it ("said Lee"), or after "according to"."""
        if self._words[verb].low == "according":
            return self._frames.listed(verb + 2)[:1]
        if self._inverted(verb):
            return self._frames.listed(verb + 1)[:1]
        if self._frames.is_passive(verb):
            return self._frames.authors(verb + 1, ("by",))
        if self._words[verb].low == "saying" and verb > 1 and self._words[verb - 1].low == "as":
            quoted = self._view.ending_at(verb - 2)
            return (quoted,) if quoted is not None else ()
        return self._frames.subject(verb) or self._text_of(verb) or self._main_subject(verb)

    def _text_of(self, verb: int) -> tuple[Party, ...]:
        """Whose statement it is that "reads" or "went on": the issuer's, or his whom the sentence before was about."""
        actor = self._view.issuer or self._view.topic
        noun = next((i for i in range(verb - 1, max(-1, verb - 4), -1) if self._words[i].low in _TEXTS), None)
        if actor is None or noun is None or self._words[max(0, noun - 1)].low not in DETERMINERS:
            return ()
        return (Party(noun, noun, actor, inferred=True),)

    def _main_subject(self, verb: int) -> tuple[Party, ...]:
        """Who speaks by a participle that opens the sentence: "Calling it a farce, the minister …"."""
        if verb > 1 or not self._words[verb].low.endswith("ing"):
            return ()
        commas = [i for i in range(verb + 1, len(self._words)) if self._words[i].low == ","]
        found = (p for at in commas for p in self._view.parties if at < p.first <= at + 2)
        return tuple(found)[:1]

    def _opens_name(self, at: int, verb: int) -> bool:
        """Whether the word only leads up to who speaks: an article, or a town that owns ("said Kharkiv's governor")."""
        low = self._words[at].low
        return low in DETERMINERS or (at == verb + 1 and low.endswith("'s") and self._view.at(at) is None)

    def _inverted(self, verb: int) -> bool:
        word = self._words[verb]
        if verb + 1 >= len(self._words) or word.low not in _INVERTIBLE:
            return False
        following = verb + 1
        while following < len(self._words) and self._opens_name(following, verb):
            following += 1
        opens = verb == 0 or self._words[verb - 1].low in (",", "?", "!") or self._frames.quoted[verb - 1]
        speaker = next((p for p in self._view.parties if p.first in (verb + 1, following)), None)
        if not opens or speaker is None or self._words[speaker.first].low in ("it", "he", "she", "they", "we", "i"):
            return False
        return speaker.last + 1 >= len(self._words) or not self._frames.is_verb(speaker.last + 1)
