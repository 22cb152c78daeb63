"""For whom a body or an official speaks that the text names without its state: "the ministry", "Defence Minister X".

What stands beside the name decides first ("X of the Pentagon", "in Tokyo"), then possessives and who was speaking, then
the place of the dateline. A guess from the context alone is marked, so that what is said can still overrule it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from extractors.actors import Actor
from extractors.clauses import is_verbal
from extractors.document import Document
from extractors.entries import Place, State
from extractors.namesakes import likely_states
from extractors.packs import Packs
from extractors.party import PREPOSITIONS, Party
from extractors.text import Word, word_set

# Titles that only one of the states in the news has, for want of anything else in the text.
_HINTS = {
    "defense secretary": "USA",
    "secretary of defense": "USA",
    "secretary of state": "USA",
    "chief cabinet secretary": "JPN",
    "foreign secretary": "GBR",
    "raksha mantri": "IND",
    "chancellor": "DEU",
    "taoiseach": "IRL",
    "unification ministry": "KOR",
    "ministry of unification": "KOR",
    "external affairs ministry": "IND",
    "external affairs minister": "IND",
}
# Titles that some states in the news do not know.
_WITHOUT_OFFICE = {
    "ministry": frozenset({"USA"}),
    "ministry of defence": frozenset({"USA"}),
    "ministry of defense": frozenset({"USA"}),
    "ministry of foreign affairs": frozenset({"USA"}),
    "foreign office": frozenset({"USA", "KOR", "JPN", "RUS"}),
    "armed forces minister": frozenset({"USA", "KOR", "JPN", "RUS", "DEU", "UKR", "ISR"}),
    "minister": frozenset({"USA"}),
    "prime minister": frozenset({"USA", "KOR", "BRA", "TWN", "MEX", "IRN"}),
    "vice president": frozenset({"JPN", "GBR", "AUS", "CAN", "NZL", "FRA", "RUS"}),
    "president": frozenset({"JPN", "GBR", "AUS", "CAN", "NZL", "NOR", "SWE", "DNK", "NLD", "BEL", "ESP", "THA", "SAU"}),
    "foreign minister": frozenset({"USA", "GBR"}),
    "defence minister": frozenset({"USA"}),
    "defense minister": frozenset({"USA"}),
    "transport minister": frozenset({"USA"}),
}
# States whose armed groups fire at another state, not at their own army.
_FIRE_ABROAD = frozenset({"YEM", "LBN", "PSE", "IRQ"})
_MOTHERLANDS = {"GUF": "FRA"}
# Where correspondents sit who report on the neighbours.
_HUBS = word_set(
    """ARE THA KEN LBN EGY TUN CHE AUT BEL SGP HKG JOR SEN ZAF GBR USA TUR CYP QAT BHR POL DEU FRA AUS IDN MYS GEO MAR
    SAU JPN NZL FJI"""
)
_AROUND = 3000  # characters that a look back for a state may cross
_JOINT_CHIEFS = re.compile(r"\b(?:joint chiefs|jcs)\b")  # bare, of a launch by the North, always the South's
_SENT = frozenset({"diplomat", "organisation"})  # "Iran's UN envoy"
_GOVERNING = frozenset({"head_of_state", "head_of_government", "minister", "monarch"})
_CIVIL = frozenset({"police", "agency"})  # who keeps people off a range
_OF_A_BODY = frozenset({"military", "deputy", "diplomat"})
_SPEAKS_FOR_ANOTHER = frozenset({"spokesperson", "official", "adviser"})
_DATELINE = re.compile(r"[\"'(\[]*[A-Z][A-Z .'-]{2,40}[A-Z]\b[^\n]{0,50}?(?:\s[-–—]{1,2}\s|:\s|\)\s)")
_OPENING = 4  # paragraphs at whose head a dateline can stand: corrections, notes and bylines go before it
# After the town: "/TOKYO", ", Hokkaido", ", Aug. 7", "(Agency)", and what parts it from the report.
_AFTER_TOWN = re.compile(
    r"(?:/[A-Z][\w ]{2,20})?(?:, [A-Z][\w.' -]{1,25}?)?(?:, (?:\d{1,2} )?[A-Z][a-z]{2,8}\.?(?: \d{1,2})?(?:,? \d{4})?)?"
    r"(?: ?\([^)\n]{2,40}\))?(?:(?:\. ?)?/[A-Z ]{3,20}/\.)?(?P<end>\s?(?:--?|–|—)\s|:\s|\.\s|(?<=\)) |\s*$)"
)


@lru_cache(maxsize=8)
def _body_countries(packs: Packs) -> Mapping[str, str]:
    """Lower-case names of the bodies that belong to one state or organisation, with its code."""
    return {text.lower(): body.country for body in packs.bodies.values() if body.country for text, _ in body.forms()}


@dataclass
class Memory:
    """Who was named last: what pronouns and generic nouns can mean. Filled in text order."""

    person: Actor | None = None
    body: Actor | None = None
    untitled: Actor | None = None
    media: str | None = None
    placed: str | None = None
    person_last: bool = False
    subject: Actor | None = None
    speaker: Actor | None = None
    issuers: tuple[Actor, ...] = ()
    there: Actor | None = None
    together: tuple[Actor, ...] = ()
    together_last: bool = False
    bodies: dict[str, Actor] = field(default_factory=dict)
    settled: dict[str, Actor] = field(default_factory=dict)
    guessed: set[str] = field(default_factory=set)


class Affiliations:
    """Settles the country of actors whose country the document only inferred."""

    def __init__(self, document: Document, launchers: Iterable[str | None]) -> None:
        self._document = document
        self.launchers = frozenset(launchers)
        groups = {a.country for a in document.actors if a.kind == "group"}
        self._from_groups = self.launchers & groups
        self._others: list[str] | None = None
        town = document.dateline or self._dateline_place()
        self.home = self._lived_in(town)
        self._bureau = town if self.home is None else None

    def _lived_in(self, home: str | None) -> str | None:
        """The state of the dateline, unless only a bureau sits there: no word after it names that state."""
        if home is None or home in self.launchers:
            return home
        start = self._document.sentences[0].end if self._document.sentences else 0
        named = Counter(self.named_in(start, len(self._document.text)))
        bureau = home in _HUBS and not named[home] and sum(named.values()) > 1
        return None if bureau or (not named[home] and self.is_organisation(home)) else home

    def settle(
        self, party: Party, before: Sequence[Party], after: Sequence[Party], words: Sequence[Word], memory: Memory
    ) -> Party:
        """The party with the country it speaks for; `guessed` where only the context says so."""
        actor = party.actor
        if actor.rank == "diplomatic" or (actor.rank in _SENT and self.is_organisation(actor.country)):
            return replace(party, actor=replace(actor, country=self._sender(actor)))
        if not (actor.inferred or actor.country is None) or actor.kind not in ("body", "office", "person"):
            return party
        if actor.name in memory.settled:
            known = memory.settled[actor.name].country
            return replace(party, actor=replace(actor, country=known), guessed=actor.name in memory.guessed)
        owner = beside(party, before, after, words)
        country = owner.country if owner else self._told_by(actor, after, words)
        country = country or self._stated(party, before, words, memory)
        country = country or _same_body(actor, memory) or memory.placed
        guessed = country is None
        if country is None:
            country = self._likelier(_title_of(actor, self._document.normal), self._contextual(actor))
        if actor.kind == "person" and owner is None and (guessed or country != memory.placed):
            named = self.by_name(actor.name, country, actor.start)
            country, guessed = named, guessed and named == country
        actor = replace(actor, country=country)
        if actor.kind == "person":
            memory.settled[actor.name] = actor
            if guessed:
                memory.guessed.add(actor.name)
        return replace(party, actor=actor, guessed=guessed)

    def _told_by(self, actor: Actor, after: Sequence[Party], words: Sequence[Word]) -> str | None:
        """ "The prime minister had rung Berlin, Downing Street said.": the state of that body."""
        teller = after[-1] if after else None
        if teller is None or actor.kind != "office" or actor.rank not in _GOVERNING:
            return None
        own = (
            teller.actor.kind == "body"
            and teller.actor.rank in ("government", "ministry")
            and not teller.actor.inferred
        )
        lows = [word.low for word in words[teller.last + 1 : teller.last + 2]]
        return teller.actor.country if own and lows in (["said"], ["says"], ["announced"], ["added"]) else None

    def _stated(self, party: Party, before: Sequence[Party], words: Sequence[Word], memory: Memory) -> str | None:
        owner = self._owner(party, before, words, memory)
        if owner is not None:
            return owner.country
        return self._titled(_title_of(party.actor, self._document.normal))

    def by_name(self, name: str, country: str | None, offset: int) -> str | None:
        """The state, or where the person's name does not go with it a state of the text with which it does.

        The state named last before `offset` comes first, then the one of the dateline, then those named most.
        """
        fits = likely_states(name)
        if not fits or country in fits or self.is_organisation(country):
            return country
        before = self.named_in(max(0, offset - _AROUND), offset)
        ranked = (*reversed(before), self.home, *self._often)
        return next((code for code in ranked if code in fits), country)

    def _titled(self, title: str) -> str | None:
        """The country of a body named in a title ("White House press secretary"), or of the title itself."""
        countries = _body_countries(self._document.packs)
        words = title.split()
        for size in (4, 3, 2, 1):
            for first in range(len(words) - size + 1):
                if country := countries.get(" ".join(words[first : first + size])):
                    return country
        return _HINTS.get(title)

    def is_organisation(self, country: str | None) -> bool:
        """Whether the code is an organisation's."""
        state = self._document.packs.states.get(country or "")
        return state is not None and state.organisation

    def _sender(self, actor: Actor) -> str | None:
        """ "Iran's UN envoy" speaks for Iran."""
        for mention in self._document.mentions_in(actor.start, actor.end, "state"):
            if isinstance(mention.entry, State) and not mention.entry.organisation:
                return mention.entry.code
        return actor.country

    def _contextual(self, actor: Actor) -> str | None:
        if "PRK" in self.launchers and _JOINT_CHIEFS.search(actor.name.lower()):
            return "KOR"
        if actor.kind == "body" and actor.country in self._from_groups:
            return self.target() if actor.country in _FIRE_ABROAD else actor.country
        own = actor.country if actor.rank == "organisation" or not self.is_organisation(actor.country) else None
        own = None if own == self._bureau else own
        home = self.home if actor.rank == "organisation" or not self.is_organisation(self.home) else None
        if actor.rank == "organisation" and actor.kind in ("office", "person"):
            return own if own and self.is_organisation(own) else "UNO"
        if home is None and self._keeps_range(actor) and self._near(actor) is None:
            return next(iter(self.launchers))
        if actor.kind == "body" and own is not None:
            told = self._document.paragraphs[self._document.sentence_at(actor.start).paragraph].start
            elsewhere = own in self.launchers and own not in self.named_in(told, actor.start)
            return home if elsewhere and home is not None and home not in self.launchers else own
        at_home = self._from_groups - _FIRE_ABROAD
        if actor.kind == "body" and home is None and at_home:
            return next(iter(sorted(c for c in at_home if c)), None)
        attacked = self.target() if actor.kind == "body" and actor.rank == "military" else None
        return self._near(actor) or home or own or attacked or self.surrounding(actor.start)

    def _keeps_range(self, actor: Actor) -> bool:
        """Police, coast guard or agency of the one state that launched, which clears sea and air beforehand."""
        civil = actor.kind == "body" and (actor.rank in _CIVIL or "coast" in actor.name.lower())
        return civil and len(self.launchers) == 1 and not self._from_groups and not self.launchers & {"PRK", None}

    def _likelier(self, title: str, country: str | None) -> str | None:
        """The guess, or where that state has no such office the one named most that has."""
        lacking = (states for name, states in _WITHOUT_OFFICE.items() if f"{title} ".find(f"{name} ") >= 0)
        without: frozenset[str] = frozenset().union(*lacking)
        if country not in without:
            return country
        able = (code for code in self._often if code not in without and not self.is_organisation(code))
        return next(able, country)

    def _near(self, actor: Actor) -> str | None:
        """The state named last before an actor in its sentence, else in its paragraph, that did not launch."""
        offset = actor.start
        sentence = self._document.sentence_at(offset)
        paragraph = self._document.paragraphs[sentence.paragraph]
        for start in (max(sentence.start, offset - _AROUND), max(paragraph.start, offset - _AROUND)):
            named = [country for country in self.named_in(start, offset) if country not in self.launchers]
            others = [c for c in named if actor.rank == "organisation" or not self.is_organisation(c)]
            if others:
                return others[-1]
        return None

    def target(self) -> str | None:
        """The state named most that did not launch: an armed group's missile meets that state's army."""
        if self._others is None:
            named = Counter(a.country for a in self._document.actors if a.country and not a.inferred)
            named_most = [country for country, _ in named.most_common() if country not in self.launchers]
            self._others = [c for c in named_most if not self.is_organisation(c)] or named_most
        return self._others[0] if self._others else None

    def surrounding(self, offset: int) -> str | None:
        """The state last named before an offset, the launching sides only where there is no other."""
        before = self.named_in(max(0, offset - _AROUND), offset)
        before = [country for country in before if not self.is_organisation(country)] or before
        others = [country for country in before if country not in self.launchers]
        return next(reversed(others or before), None)

    def named_in(self, start: int, end: int) -> list[str]:
        """The states named in a stretch, in order, by themselves or by a place that is theirs."""
        found: list[str] = []
        for mention in self._document.mentions_in(start, end, "state", "place"):
            if isinstance(mention.entry, State):
                found.append(mention.entry.code)
            elif isinstance(mention.entry, Place) and mention.entry.country:
                found.append(mention.entry.country[0])
        return found

    @cached_property
    def _named(self) -> Counter[str]:
        """How often the article names each state."""
        return Counter(self.named_in(0, len(self._document.text)))

    @cached_property
    def _often(self) -> list[str]:
        """The states that the article names, those named most first."""
        return [code for code, _ in self._named.most_common()]

    def is_mostly_about(self, country: str | None) -> bool:
        """Whether no other state is named more often."""
        others = (times for other, times in self._named.items() if other != country)
        return self._named[country or ""] > max(others, default=0)

    def other_side(self, offset: int) -> str | None:
        """Who can answer the launch, for want of better: the home of the article, or the state last named."""
        if self.home is not None and self.home not in self.launchers:
            return self.home
        around = self.surrounding(offset)
        return around if around not in self.launchers else self.target()

    def _owner(self, party: Party, before: Sequence[Party], words: Sequence[Word], memory: Memory) -> Actor | None:
        """Whose body or official it is: by a possessive, a place in front, or who was speaking; None where unclear."""
        actor, first = party.actor, party.first
        possessive = possessive_before(words, first)
        if possessive in ("his", "her", "my"):
            return next((p.actor for p in reversed(before) if p.actor.kind == "person"), memory.person)
        if possessive in ("its", "their", "our"):
            owners = [p.actor for p in before if p.actor.modifier and p.actor.country and p.first <= _OPENING]
            leading = (p.actor for p in reversed(before) if can_lead(p, words))
            return next(leading, None) or (owners[-1] if owners else memory.body)
        if (known := _for_generic(words, first, memory)) is not None:
            return known
        if actor.kind == "body" and (place := self._placed_after(words, party.last)) is not None:
            return replace(actor, country=place)
        if actor.kind == "body" and "there" in (word.low for word in words[first + 1 : first + 5]):
            return memory.there
        if before and before[0].first <= 2 and words[0].low in ("in", "at", "from"):
            return before[0].actor
        nearest = next((p.actor for p in reversed(before) if can_lead(p, words)), memory.subject)
        if nearest is None or (nearest.kind == "state" and nearest.form != "capital"):
            return None
        for_body = nearest.kind == "body" and actor.kind != "body" and actor.rank in _OF_A_BODY
        told_on = nearest.kind != "state" and actor.rank != "police" and not self.is_organisation(nearest.country)
        for_body = for_body or (actor.kind == "body" and told_on)
        return nearest if actor.rank in _SPEAKS_FOR_ANOTHER or nearest.form == "capital" or for_body else None

    def _placed_after(self, words: Sequence[Word], last: int) -> str | None:
        """The state of the town that follows a body: "the port authority in Pohang"."""
        if last + 2 >= len(words) or words[last + 1].low not in ("in", "at", "of", "for"):
            return None
        start = (
            words[last + 2 + (words[last + 2].low == "the")].start if last + 3 < len(words) else words[last + 2].start
        )
        return next((c for c in self.named_in(start, start + 1)), None)

    def _dateline_place(self) -> str | None:
        """The state of the town in the dateline ("HYDERABAD: …", "SAKAIMINATO — …", "Taipei, Aug. 7 (ABC) …")."""
        head = _DATELINE.match(self._document.normal)
        if head is not None and (found := self.named_in(0, head.end())):
            return _MOTHERLANDS.get(found[0], found[0])
        for index, paragraph in enumerate(self._document.paragraphs[:_OPENING]):
            if town := self._town_first(paragraph.start, paragraph.end, shouted=index > 0):
                return _MOTHERLANDS.get(town, town)
        return None

    def _town_first(self, start: int, end: int, *, shouted: bool) -> str | None:
        """The state of the town that a paragraph opens with as a dateline does; `shouted`: in capitals only."""
        text = self._document.normal
        for mention in self._document.mentions_in(start, min(end, start + 40), "state", "place"):
            before, after = text[start : mention.start], _AFTER_TOWN.match(text[:end], mention.end)
            if before.strip(" (*•—-") or after is None:
                return None
            capitals = text[mention.start : mention.end].isupper()
            if capitals or (not shouted and (after["end"].strip() not in (".", "") or after.end() == end)):
                return next(iter(self.named_in(mention.start, mention.end)), None)
        return None


def hinted(actor: Actor) -> Actor:
    """A body that only one state has, with that state where the context had to be asked."""
    if actor.kind == "body" and getattr(actor.entry, "name", "") == "European Space Agency":
        return replace(actor, country="ESA")
    country = _HINTS.get(actor.name.lower().removeprefix("the ")) if actor.inferred and actor.kind == "body" else None
    return replace(actor, country=country, inferred=False) if country else actor


def _same_body(actor: Actor, memory: Memory) -> str | None:
    """The country of "Japan's coast guard" for a later "the coast guard"."""
    name = actor.name.lower()
    known = memory.bodies.get(name.split()[-1]) if actor.kind == "body" and name else None
    if known is None or known.inferred or not known.name.lower().endswith(name):
        return None
    return known.country


def can_lead(party: Party, words: Sequence[Word]) -> bool:
    """Whether the party can be what the sentence is about: no modifier, not after a preposition."""
    before = words[party.first - 1].low if party.first else ""
    if before in ("the", "a", "an") and party.first > 1:
        before = words[party.first - 2].low
    return party.can_react and not party.actor.modifier and before not in PREPOSITIONS


def beside(party: Party, before: Sequence[Party], after: Sequence[Party], words: Sequence[Word]) -> Actor | None:
    """The body or state beside a name: "NASA administrator X", "X of the Pentagon", "X, a spokesman for …, said"."""
    if before and party.first - 3 <= before[-1].last < party.first and _joined(words, before[-1].last + 1, party.first):
        owner = before[-1].actor
        if owner.country and not owner.inferred and owner.kind in ("body", "state"):
            return owner
    known = next((p for p in after if p.actor.country and not p.actor.inferred), None)
    if known is None or known.first - party.last > 12:
        return None
    between = [word.low for word in words[party.last + 1 : known.first]]
    attached = between[:1] in (["of"], ["from"], ["at"], ["for"]) and len(between) <= 3
    apposed = between[:1] == [","] and between[1:2] and between[1] in _APPOSED and "," not in between[1:]
    if between[1:2] == ["who"] and known.actor.kind == "state":
        return None
    placed = between[-1:] == ["in"] and known.actor.form == "capital" and "," not in between and "to" not in between
    return known.actor if attached or apposed or placed else None


_APPOSED = frozenset({"a", "an", "the", "who", "commander", "head", "chief", "director"})


_POSSESSIVES = frozenset({"his", "her", "my", "its", "their", "our"})
_REACH = 6  # words between a possessive and the name it goes with ("its deputy head, Colonel")


def possessive_before(words: Sequence[Word], first: int) -> str:
    """The possessive that a title and name hang on: "its spokeswoman, Lieutenant X"; "" where there is none."""
    for at in range(first - 1, max(-1, first - 1 - _REACH), -1):
        low = words[at].low
        if low in _POSSESSIVES:
            return low
        if low in PREPOSITIONS or not (low == "," or low.replace("-", "").isalpha()) or is_verbal(words, at):
            return ""
    return ""


def _for_generic(words: Sequence[Word], first: int, memory: Memory) -> Actor | None:
    """ "a spokesman for the group", "the movement's spokesman": the group or body that was named last."""
    low = [word.low for word in words[first + 1 : first + 4]]
    owner = words[first - 1].low if first > 1 and words[first - 2].low in ("the", "that") else ""
    if owner.endswith("'s") and (known := memory.bodies.get(owner.removesuffix("'s"))) is not None:
        return known
    return memory.bodies.get(low[2]) if low[:1] in (["for"], ["of"]) and low[1:2] == ["the"] and len(low) == 3 else None


def _joined(words: Sequence[Word], start: int, end: int) -> bool:
    return not any(
        word.low in PREPOSITIONS or word.low in ("and", "said", "says", "that", ",") for word in words[start:end]
    )


def _title_of(actor: Actor, text: str) -> str:
    """The lower-case title a person or office is named with; of an office or body its name."""
    named = text[actor.start : actor.end]
    return (named.removesuffix(actor.name).strip(" ,") or ("" if actor.kind == "person" else named)).lower()
