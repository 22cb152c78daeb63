"""Bodies and people that no lexicon lists: "the Fisheries Agency", "China's Zhang Jun", "Mayor Tom Reid"."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from extractors.actors import Actor, ActorKind
from extractors.affiliation import Affiliations, Memory, possessive_before
from extractors.clauses import is_verbal
from extractors.party import PREPOSITIONS, Party
from extractors.text import Word, word_set

BODY_NOUNS = word_set(
    """agency ministry office group command committee bureau council centre center authority authorities force forces
    service department commission board directorate guard corps navy army administration secretariat embassy
    government cabinet organisation organization institute coastguard politburo presidium headquarters parliament
    assembly mission union league bloc staff brigade division squadron police wing fleet coalition alliance registry
    inspectorate ministry's township county prefecture municipality airport harbour harbor port bureau
    presidency secretariat-general directorate-general consulate chancellery parliament senate duma"""
)
_TITLES = word_set(
    """counterpart colleague chairman vice-chairman chairwoman chairperson chair vice-chair observer prefect
    harbourmaster harbormaster procurator inspector-general director-general secretary-general commandant
    secretary member head chief director sister deputy
    aide adviser advisor commander envoy minister spokesman spokeswoman spokesperson ambassador official general
    leader president premier governor mayor chancellor marshal captain colonel brigadier lieutenant commodore
    admiral major speaker undersecretary under-secretary administrator coordinator delegate representative
    negotiator rapporteur commissioner press attaché consul sheikh prince king emir vice premier's foreign-policy
    taoiseach cmdr col gen maj lt capt brig adm sgt dr"""
)
_ROLES = word_set("manager boss scientist astronaut engineer controller secretary-general prefect minister's officer")
_NO_OFFICIALS = word_set(
    """institute university think-tank college company association campaign analyst professor researcher fellow
    resident farmer student teacher fisherman trader strategist historian activist editor journalist executive owner
    lawyer opposition party"""
)
_NO_NAMES = word_set(
    """monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december the in on at it he she they we i but and as for if when while after before
    this that these a an no his her its their our sea missile rocket mr mrs ms"""
)
_OPENERS = word_set("according meanwhile earlier later")
_PARTICLES = word_set("al bin ibn de da do dos von van der den la le abu el ul")
_LONGEST_NAME = 6  # words
_LONGEST_TITLE = 8  # words between whose it is and the name
_LONGEST_BODY = 4  # words after the state
_NO_COMMON_BODIES = word_set("league union wing centre center group staff division institute")
_PEOPLE = word_set(
    """guards investigators prosecutors diplomats negotiators divers officials envoys delegates troops commanders
    officers generals spokespeople crews gunners soldiers destroyer destroyers frigate frigates warship warships
    counterpart counterparts premier chancellor gunboats board commission inspectors batteries delegation mission"""
)
_COMMON_BODIES = (BODY_NOUNS - _NO_COMMON_BODIES) | _PEOPLE
_ORDINAL = re.compile(r"\d{1,3}(?:st|nd|rd|th)")  # "19th Infantry Division"
_INITIALS = re.compile(r"(?:[A-Z]\.)+")
_ARABIC = re.compile(r"(?:al|el|as|ad|ar|ash|an|at|az)-[A-Z]")


def name_runs(words: Sequence[Word], covered: Collection[int]) -> Iterator[tuple[int, int]]:
    """First and last index of each run of capitalised words that no party covers, with particles and initials."""
    at = 0
    while at < len(words):
        if not _may_open(words[at].text):
            at += 1
            continue
        last = at
        while last < len(words) and last not in covered and last - at < _LONGEST_NAME and _continues(words, at, last):
            last += 1
        while last > at and (words[last - 1].low in _PARTICLES or words[last - 1].text == "."):
            last -= 1
        if last - at >= 2 and not (at == 0 and words[0].low in _OPENERS):
            yield at, last - 1
        at = max(last, at + 1)


def _may_open(text: str) -> bool:
    """Whether a name may begin with the word: a capital, an ordinal or "al-"."""
    return text[0].isupper() or text[0].isdigit() or "-" in text


def _continues(words: Sequence[Word], first: int, at: int) -> bool:
    word = words[at]
    if word.text == ".":
        return at > first and (len(words[at - 1].text) == 1 or words[at - 1].low in _TITLES)
    if at > first and word.low in _PARTICLES:
        return True
    if _INITIALS.fullmatch(word.text) or _ARABIC.match(word.text):
        return True
    if at == first and _ORDINAL.fullmatch(word.low):
        return at + 1 < len(words) and words[at + 1].text[0].isupper()
    capital = word.text[0].isupper() and word.low not in _NO_NAMES
    return capital and (not word.text.isupper() or len(word.text) == 1 or _shouted(words, first, at))


def _shouted(words: Sequence[Word], first: int, at: int) -> bool:
    """Whether the word stands in a name in capitals ("SAMO KRAJNC (Slovenia)"), as in records of meetings."""
    last = first
    while (
        last < len(words) and last - first < _LONGEST_NAME and words[last].text.isupper() and words[last].text.isalpha()
    ):
        last += 1
    closing = words[last].text if last < len(words) else ""
    return first <= at < last and last - first >= 2 and closing in (",", "(")


class UnlistedNames:
    """Finds the unlisted names of one document's sentences, in text order; what it learns is kept in the memory."""

    def __init__(self, text: str, affiliations: Affiliations, memory: Memory) -> None:
        self._text = text
        self._affiliations = affiliations
        self._memory = memory
        self._short: dict[str, Actor] = {}

    def find(self, named: Sequence[Party], words: Sequence[Word]) -> list[Party]:
        """Parties for the unlisted names of a sentence, beside the `named` ones."""
        covered = {i for party in named for i in range(party.first, party.last + 1)}
        found = [party for run in name_runs(words, covered) if (party := self._party(named, words, *run))]
        found += [party for owner in named if (party := self._common(owner, words, covered))]
        covered |= {i for party in found for i in range(party.first, party.last + 1)}
        self._learn_abbreviations([*named, *found], words)
        if not self._short:
            return found
        return found + [party for i in range(len(words)) if i not in covered and (party := self._again(words, i))]

    def _party(self, named: Sequence[Party], words: Sequence[Word], first: int, last: int) -> Party | None:
        modifier = next((p for p in named if p.last == first - 1 and p.actor.modifier and p.actor.country), None)
        is_body = words[last].low.removesuffix("'s") in BODY_NOUNS
        titled = 0
        while not is_body and first + titled < last and words[first + titled].low in _TITLES | {"."}:
            titled += 1
        stated, guess = self._country(named, words, first, last, titled > 0, modifier, is_body)
        if stated is None and guess is None:
            return None
        name_first = first + titled
        name = self._text[words[name_first].start : words[last].end].removesuffix("'s")
        if name in self._memory.settled:
            stated = self._memory.settled[name].country
        if stated is None and not is_body:
            guess = self._affiliations.by_name(name, guess, words[first].start)
        kind: ActorKind = "body" if is_body else "person"
        possessive = words[last].low.endswith("'s")
        start, end = words[first].start, words[last].end - 2 * possessive
        actor = Actor(start, end, kind, name, stated or guess, modifier=possessive, inferred=modifier is None)
        self._remember(actor)
        if stated is None:
            self._memory.guessed.add(name)
        return Party(modifier.first if modifier else first, last, actor, modifier is None, stated is None)

    def _common(self, owner: Party, words: Sequence[Word], covered: Collection[int]) -> Party | None:
        """A body by a common noun: "Britain's maritime agency", "Polish border guards"."""
        if not owner.actor.modifier or owner.actor.kind not in ("state", "group") or owner.actor.country is None:
            return None
        last = owner.last + 1
        while last < len(words) and last - owner.last <= _LONGEST_BODY:
            word = words[last]
            if last in covered:
                if word.text not in ("UN", "U.N.", "EU", "NATO", "IAEA"):  # "Iran's UN mission"
                    return None
                last += 1
                continue
            if (
                not word.text[0].isalpha()
                or word.low in PREPOSITIONS
                or word.low in ("and", "or", "said", "says", "that")
            ):
                return None
            if word.low.removesuffix("'s") in _COMMON_BODIES:
                break
            last += 1
        else:
            return None
        possessive = words[last].low.endswith("'s")
        start, end = owner.actor.start, words[last].end - 2 * possessive
        actor = Actor(start, end, "body", self._text[start:end], owner.actor.country, modifier=possessive)
        return Party(owner.last + 1, last, actor)

    def _remember(self, actor: Actor) -> None:
        self._memory.settled[actor.name] = actor
        parts = actor.name.split()
        if actor.kind == "person" and len(parts) > 1:
            self._short[parts[-1]] = actor
            if actor.country in ("PRK", "KOR", "CHN", "TWN", "VNM"):
                self._short[parts[0]] = actor

    def _country(
        self,
        named: Sequence[Party],
        words: Sequence[Word],
        first: int,
        last: int,
        titled: bool,
        modifier: Party | None,
        is_body: bool,
    ) -> tuple[str | None, str | None]:
        """The country that words beside the name state, and the one that the context lets guess."""
        if modifier is not None:
            return modifier.actor.country, None
        office = next((p for p in named if p.last == first - 1 and p.actor.kind == "office" and p.actor.official), None)
        if office is not None:
            return (None, office.actor.country) if office.guessed else (office.actor.country, None)
        after = self._title_after(named, words, last)
        if after is not None:
            return after, None
        memory, affiliations = self._memory, self._affiliations
        owner = self._owner_of_title(named, words, first)
        if owner is not None:
            return owner, None
        possessive = possessive_before(words, first)
        if possessive in ("its", "their") and memory.body is not None:
            return memory.body.country, None
        lone_title = first > 0 and words[first - 1].low in _TITLES and not words[first - 1].low.endswith("s")
        if is_body:
            if placed := affiliations.named_in(words[first].start, words[last].end):
                return placed[-1], None
            return None, affiliations.surrounding(words[first].start) or affiliations.home
        if titled or lone_title:
            topic = memory.subject.country if memory.subject else None
            return None, topic or affiliations.home or affiliations.surrounding(words[first].start)
        if first and words[first - 1].low not in PREPOSITIONS and memory.untitled is not None:
            return memory.untitled.country, None
        return None, None

    def _owner_of_title(self, named: Sequence[Party], words: Sequence[Word], first: int) -> str | None:
        """ "NASA's launch director, Jill Sanders", "ESA's director of navigation, …": whose title stands before."""
        at = first - 1 - (first > 0 and words[first - 1].low == ",")
        titled = at >= 0 and words[at].low.endswith("'s") and at < first - 1
        while at >= 0 and first - at <= _LONGEST_TITLE:
            party = next((p for p in named if p.last == at), None)
            if party is not None:
                holder = next((p for p in named if p.last == party.first - 2 and p.actor.kind == "office"), None)
                if holder is not None and words[party.first - 1].low in ("for", "to", "in", "of", "at"):
                    return holder.actor.country
                headed = party.actor.kind == "body" and party.first > 1 and words[party.first - 1].low == "of"
                titled = titled or (headed and words[party.first - 2].low in _TITLES)
                able = party.actor.country and party.actor.kind in ("state", "body", "office") and titled
                return party.actor.country if able else None
            low = words[at].low
            if not low.isascii() or not low.replace("-", "").isalpha() or is_verbal(words, at):
                return None
            titled = titled or low in _TITLES or low in _ROLES
            at -= 1
        return None

    def _title_after(self, named: Sequence[Party], words: Sequence[Word], last: int) -> str | None:
        """The country that follows: "Sabrina Singh of the Pentagon", "Ri Pyong Chol, a vice-chairman of the party"."""
        following = [word.low for word in words[last + 1 : last + 12]]
        if following[:1] in (["of"], ["from"], ["("]) or following[:2] == [",", "for"]:
            party = next((p for p in named if last + 2 <= p.first <= last + 4), None)
            return party.actor.country if party and party.can_react else None
        stop = following.index(",", 1) if "," in following[1:] else len(following)
        apposition = following[1:stop]
        titled = any(low in _TITLES for low in apposition[:5]) or apposition[:1] == ["who"]
        if following[:1] != [","] or not titled or any(low in _NO_OFFICIALS for low in apposition):
            return None
        party = next((p for p in named if last < p.first <= last + stop and p.actor.country), None)
        if party is not None and not (apposition[:1] == ["who"] and party.actor.kind == "state"):
            return party.actor.country
        memory = self._memory
        if apposition[:1] == ["who"]:
            return None
        return memory.media or (memory.subject.country if memory.subject else None) or self._affiliations.home

    def _learn_abbreviations(self, parties: Sequence[Party], words: Sequence[Word]) -> None:
        """ "the Korea AeroSpace Administration (KASA)"."""
        for party in parties:
            at = party.last + 1
            if party.actor.kind != "body" or at + 2 >= len(words) or (words[at].text, words[at + 2].text) != ("(", ")"):
                continue
            if words[at + 1].text.isupper() and len(words[at + 1].text) > 1:
                self._short[words[at + 1].text] = party.actor

    def _again(self, words: Sequence[Word], index: int) -> Party | None:
        """A later mention by surname or abbreviation."""
        word = words[index]
        bare = word.text.removesuffix("'s")
        actor = self._short.get(bare)
        if actor is None or actor.start >= word.start:
            return None
        end = word.start + len(bare)
        standing = Actor(
            word.start, end, actor.kind, actor.name, actor.country, modifier=bare != word.text, inferred=actor.inferred
        )
        return Party(index, index, standing, inferred=True)
