"""Who is named where: states, groups, bodies, offices and persons of a text, each with its country.

The lexicon gives names; this module joins them to phrases ("South Korea's Joint Chiefs of Staff", "Japanese Prime
Minister Fumio Kishida", "the defence ministry in Seoul"), learns persons from the title they are introduced with and
finds them again by surname, and settles from the context what a generic body ("the military") and "the North" stand
for.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from extractors.entries import Body, Group, Office, Person, State
from extractors.packs import Mention
from extractors.text import Word, word_set

ActorKind = Literal["state", "group", "body", "office", "person", "pronoun"]


@dataclass(frozen=True, slots=True)
class Actor:
    """A party named in the text.

    `start`..`end` covers the whole phrase with its modifiers, without a possessive 's. `name` is for display: the
    phrase for a body ("South Korea's military"), the full name for a person, the usual English name for a state or a
    group. `country` is ISO alpha-3 or an organisation's code; `inferred` where it comes from the context rather than
    from the phrase. `form` tells "capital", "demonym", "metonym" and "name" apart for states. `modifier`: the phrase
    only qualifies the noun after it ("North Korean missile", "Japan's waters"), so it is no subject. `official`: a
    body or person that speaks for a state, a force or an organisation. `rank` is the body's kind or the office's rank.
    """

    start: int
    end: int
    kind: ActorKind
    name: str
    country: str | None
    form: str = "name"
    modifier: bool = False
    official: bool = True
    inferred: bool = False
    rank: str = ""
    entry: State | Group | Body | Office | Person | None = None


_ORGANISATIONS = word_set("UNO NATO EU IAEA G7 ASEAN AU ESA")
_NOT_A_NAME = word_set(
    """The A An In On At It Its He She They But And As For If When While After Before By Of To From With Not No This
    That These Those His Her Their Our My We You I Monday Tuesday Wednesday Thursday Friday Saturday Sunday January
    February March April June July August September October November December Mr Mrs Ms Sir Lord Dr"""
)
_PARTICLES = word_set("al el bin ibn de da do dos von van der den la le abu ul")
_GENERIC_ADJECTIVES = word_set("the a an its his her their our senior top chief deputy new former unnamed acting")
_FROM_PLACE = word_set("in of for at from")
_SPEAKING = ("body", "office", "person")
_LOCATION = word_set("in near at from outside around off over toward towards into to")


@dataclass(slots=True)
class _Last:
    """Who was named last with a country: anybody, one that is no modifier, a body or official, and of these one whose
    country was said.
    """

    named: Actor | None = None
    subject: Actor | None = None
    official: Actor | None = None
    stated: Actor | None = None

    def note(self, actor: Actor) -> None:
        """Remember a party; they come in text order."""
        if not actor.country:
            return
        self.named = actor
        self.subject = self.subject if actor.modifier else actor
        if actor.kind in _SPEAKING:
            self.official = actor
            self.stated = self.stated if actor.inferred else actor


class ActorFinder:
    """Joins the lexicon mentions of one text to actors. `words` and `mentions` belong to the same normalised text."""

    def __init__(self, text: str, words: Sequence[Word], mentions: Iterable[Mention], published: date | None) -> None:
        self._text = text
        self._words = words
        self._starts = [word.start for word in words]
        self._published = published
        self._mentions = [m for m in mentions if m.kind in ("state", "group", "body", "office", "person")]
        self._states = {m.entry.id for m in self._mentions if m.kind in ("state", "group") and not m.after}
        self._states |= {code for m in self._mentions if (code := getattr(m.entry, "country", None)) in _ORGANISATIONS}
        self._by_surname: dict[str, Actor] = {}
        self._body_country: dict[str, tuple[str, str]] = {}
        self.dateline_end = 0
        self._dateline = self._dateline_country()

    def find(self) -> list[Actor]:
        """All actors in order of their start, without overlap."""
        bases = self._bases()
        joined = self._joined(bases)
        settled = self._settled(joined)
        return _without_overlap([*settled, *self._surnames(settled)])

    def _word_at(self, offset: int) -> int:
        """Index of the first word that starts at or after `offset`."""
        return bisect_left(self._starts, offset)

    def _word_before(self, offset: int) -> int:
        """Index of the last word that starts before `offset`, or -1."""
        return bisect_left(self._starts, offset) - 1

    # -- what the lexicon names ----------------------------------------------------------------------------------------

    def _bases(self) -> list[Actor]:
        """One actor for each mention span: of several readings the one that fits the context and the day."""
        found: list[Actor] = []
        at = 0
        while at < len(self._mentions):
            upto = at
            while upto < len(self._mentions) and self._mentions[upto].start == self._mentions[at].start:
                upto += 1
            readings = [m for m in self._mentions[at:upto] if self._fits(m)]
            if readings:
                found.append(self._base(self._choice(readings)))
            at = upto
        return found

    def _fits(self, mention: Mention) -> bool:
        if mention.after and not self._states.intersection(mention.after):
            return False
        if mention.alias in ("the North", "the South"):
            following = (
                self._words[self._word_at(mention.end)] if self._word_at(mention.end) < len(self._words) else None
            )
            if following and following.text[0].isupper() and following.start == mention.end + 1:
                return False
        return mention.needs in (None, "mixed_case") or bool(self._states - {mention.entry.id})

    def _choice(self, readings: list[Mention]) -> Mention:
        if len(readings) == 1:
            return readings[0]
        in_office = [m for m in readings if not isinstance(m.entry, Person) or m.entry.in_office(self._published)]
        named = [m for m in in_office or readings if getattr(m.entry, "country", None) in self._states]
        return (named or in_office or readings)[0]

    def _base(self, mention: Mention) -> Actor:
        entry = mention.entry
        start, end = mention.start, mention.end
        modifier = self._is_modifier(mention)
        if isinstance(entry, State):
            return Actor(start, end, "state", entry.name, entry.code, mention.form, modifier, entry=entry)
        if isinstance(entry, Group):
            return Actor(start, end, "group", entry.name, entry.country, mention.form, modifier, entry=entry)
        if isinstance(entry, Person):
            official = not _in_business(entry)
            return Actor(
                start, end, "person", entry.name, entry.country, mention.form, modifier, official,
                entry=entry, rank="official",
            )  # fmt: skip
        if isinstance(entry, Body):
            official = entry.kind not in ("media", "company")
            return Actor(
                start, end, "body", self._text[start:end], entry.country, mention.form, modifier, official,
                rank=entry.kind, entry=entry,
            )  # fmt: skip
        assert isinstance(entry, Office)
        return Actor(
            start, end, "office", self._text[start:end], entry.country, mention.form, modifier, entry.official,
            rank=entry.rank, entry=entry,
        )  # fmt: skip

    def _is_modifier(self, mention: Mention) -> bool:
        if self._text[mention.end : mention.end + 2].rstrip(" ") in ("'s", "'"):
            return True
        if mention.form == "demonym" and not mention.plural:
            at = self._word_at(mention.end)
            if at >= len(self._words) or not self._words[at].text[0].isalpha():
                return False
            return self._words[at].low not in ("said", "and", "are", "were", "have", "say", "who")
        return False

    # -- phrases -------------------------------------------------------------------------------------------------------

    def _joined(self, bases: list[Actor]) -> list[Actor]:
        """Modifier chains, titles before and after names, and places after bodies, joined to single actors."""
        joined: list[Actor] = []
        at = 0
        while at < len(bases):
            chain = [bases[at]]
            while at + 1 < len(bases) and self._adjacent(chain[-1], bases[at + 1]):
                at += 1
                chain.append(bases[at])
            at += 1
            joined.extend(self._named(self._phrase(chain)))
        return self._with_places(self._with_appositions(joined))

    def _adjacent(self, left: Actor, right: Actor) -> bool:
        """Whether `left` modifies `right`: "North Korean | leader", "Japan's | defence minister", "the JCS |
        spokesman".
        """
        between = self._text[left.end : right.start]
        if len(between) > 32 or "\n" in between or ". " in between:
            return False
        if right.kind == "state" or (right.kind == "group" and right.form != "demonym"):
            return False
        stripped = between.strip()
        if stripped in ("", "'s", "'", ",") and not (stripped == "," and not _introduces(left, right)):
            return left.kind != "person" and not (
                left.kind == "state" and left.form == "name" and between == " " and right.kind == "person"
            )
        if right.kind == "person":
            return False
        words = stripped.removeprefix("'s").removeprefix("'").split()
        return (
            stripped.startswith("'")
            and left.kind in ("state", "group", "body")
            and len(words) <= 3
            and all(word.islower() or word[0].isupper() for word in words)
            and right.kind in ("body", "office")
            and not any(word in ("and", "in", "on", "of", "for", "to", "by", "said", "from") for word in words)
        ) or (left.modifier and len(words) == 1 and words[0].lower() in _GENERIC_ADJECTIVES)

    def _phrase(self, chain: list[Actor]) -> Actor:
        head = chain[-1]
        country = head.country
        for part in reversed(chain[:-1]):
            space = isinstance(part.entry, Body) and part.entry.name == "European Space Agency"
            country = country or ("ESA" if space and head.kind != "body" else part.country)
        if isinstance(head.entry, (Body, Office)) and not _is_organisation_of(head):
            owners = [part.country for part in chain[:-1] if part.kind == "state"]
            country = next(iter(owners), None) or country
        rank = head.rank
        official = head.official
        if head.kind == "person":
            ranked = [part for part in chain[:-1] if part.kind == "office"]
            rank = ranked[-1].rank if ranked else head.rank
        elif head.kind == "office" and any(part.kind == "body" and not part.official for part in chain[:-1]):
            official = False
        elif head.kind == "office" and head.name.lower() == "observer" and chain[0].kind == "state":
            official, rank = True, "diplomat"  # "the African Union's observer", no onlooker
        start = chain[0].start
        if head.kind in ("person", "office") and self._is_former(start):
            official = False
        name = head.name if head.kind == "person" else self._text[start : head.end]
        if head.kind in ("state", "group"):
            name = head.name
        return replace(head, start=start, name=name, country=country, rank=rank, official=official)

    def _is_former(self, start: int) -> bool:
        """Whether "former" or the like stands before a title: "former U.S. ambassador X", "ex-president Y"."""
        at = self._word_before(start)
        return at >= 0 and (self._words[at].low in _FORMER or self._text[max(0, start - 3) : start].lower() == "ex-")

    def _named(self, actor: Actor) -> Iterator[Actor]:
        """An office followed by a capitalised name is that person; the surname is remembered."""
        if actor.kind == "person":
            self._remember(actor)
            yield actor
            return
        if actor.kind != "office":
            yield actor
            return
        at = self._word_at(actor.end)
        if at < len(self._words) and self._words[at].text == ",":
            at += 1
        name = self._name_from(at)
        if name is None:
            yield actor
            return
        start, end = name
        person = replace(actor, end=end, kind="person", name=self._text[start:end])
        self._remember(person)
        yield person

    def _name_from(self, at: int) -> tuple[int, int] | None:
        """Offsets of the person name of two to five words that begins with word `at`, or None."""
        first = at
        while at < len(self._words) and at - first < 5:
            word = self._words[at]
            gap = self._text[self._words[at - 1].end : word.start] if at > first else ""
            if gap not in ("", " ", ". ") or not (_is_name_word(word) or (at > first and word.low in _PARTICLES)):
                if word.text == "." and at > first and len(self._words[at - 1].text) == 1:
                    at += 1
                    continue
                break
            at += 1
        while at > first and self._words[at - 1].low in _PARTICLES:
            at -= 1
        if at - first < 2 and not (at > first and "-" in self._words[first].text):
            return None
        if self._lexicon_covers(self._words[first].start, self._words[at - 1].end):
            return None
        end = self._words[at - 1].end
        if self._text[end - 2 : end] == "'s":
            end -= 2
        return self._words[first].start, end

    def _lexicon_covers(self, start: int, end: int) -> bool:
        return any(
            m.start < end and start < m.end
            for m in self._near(start, end)
            if m.kind != "person" and m.form != "surname"
        )

    def _near(self, start: int, end: int) -> Iterator[Mention]:
        low = bisect_left(self._mentions, start - 60, key=lambda m: m.start)
        high = bisect_right(self._mentions, end, key=lambda m: m.start)
        yield from self._mentions[low:high]

    def _with_appositions(self, actors: list[Actor]) -> list[Actor]:
        """ "Zhang Zhijun, a spokesman ..." and "Lavrov, the foreign minister": an unknown name before a title."""
        result: list[Actor] = []
        for actor in actors:
            result.append(actor)
            if actor.kind != "office":
                continue
            before = self._name_before(actor.start)
            if before is None:
                continue
            start, end = before
            person = replace(actor, start=start, kind="person", name=self._text[start:end])
            if person.country is None:
                person = replace(person, country=self._country_after(actor.end))
            self._remember(person)
            result[-1] = person
        return result

    def _name_before(self, offset: int) -> tuple[int, int] | None:
        at = self._word_before(offset)
        while at >= 0 and self._words[at].low in _GENERIC_ADJECTIVES:
            at -= 1
        if at < 2 or self._words[at].text not in (",", "—", "("):
            return None
        last = at
        while at > 0 and _is_name_word(self._words[at - 1]) and last - at < 4:
            at -= 1
        if last - at < 2 or self._lexicon_covers(self._words[at].start, self._words[last - 1].end):
            return None
        return self._words[at].start, self._words[last - 1].end

    def _with_places(self, actors: list[Actor]) -> list[Actor]:
        """A body or office without a country takes it from "in Seoul", "of Japan", "for the Chinese foreign
        ministry".
        """
        return [
            replace(actor, country=country)
            if actor.country is None
            and actor.kind in ("body", "office", "person")
            and (country := self._country_after(actor.end))
            else actor
            for actor in actors
        ]

    def _country_after(self, offset: int) -> str | None:
        at = self._word_at(offset)
        if at >= len(self._words) or self._words[at].low not in _FROM_PLACE:
            return None
        at += 1
        if at < len(self._words) and self._words[at].low == "the":
            at += 1
        if at >= len(self._words):
            return None
        start = self._words[at].start
        return next(
            (_country_of(m) for m in self._near(start, start + 1) if m.start <= start < m.end or m.start == start), None
        )

    # -- context -------------------------------------------------------------------------------------------------------

    def _dateline_country(self) -> str | None:
        """The state whose city or name stands in the dateline ("SEOUL, Jan. 5 (Agency) - ")."""
        head = re.match(r"[^\n]{0,80}?(?:\s[-–—]{1,2}\s|:\s)", self._text)
        if head is None or not re.match(r"[\"'(]*[A-Z]{3,}", self._text):
            return None
        self.dateline_end = head.end()
        return next((_country_of(m) for m in self._mentions if m.start < head.end() and m.kind == "state"), None)

    @property
    def dateline(self) -> str | None:
        """Country of the dateline, or None."""
        return self._dateline

    def _settled(self, actors: list[Actor]) -> list[Actor]:
        """Generic bodies and offices with their country from the context, marked as inferred."""
        settled: list[Actor] = []
        last = _Last()
        for actor in actors:
            if actor.kind in _SPEAKING:
                head = _head(actor)
                if actor.country is None:
                    country = self._context_country(actor, head, settled[-2:], last)
                    actor = replace(actor, country=country, inferred=country is not None)
                    if country is not None and actor.kind == "body":
                        self._body_country.setdefault(head, (country, actor.name))
                    if actor.kind == "person":
                        self._remember(actor)
                elif not actor.inferred and actor.kind != "person":
                    self._body_country[head] = (actor.country, actor.name)
            settled.append(actor)
            last.note(actor)
        return settled

    def _context_country(self, actor: Actor, head: str, before: list[Actor], last: _Last) -> str | None:
        at = self._word_before(actor.start)
        possessive = at >= 0 and self._words[at].low in ("its", "his", "her", "their")
        if possessive:
            return last.subject.country if last.subject else None
        if head in self._body_country:
            return self._body_country[head][0]
        sentence_place = self._place_in_front(actor, before)
        if sentence_place:
            return sentence_place
        if self._dateline:
            return self._dateline
        if last.official is not None and self._text.find("\n", last.official.start, actor.start) < 0:
            return last.official.country
        found = last.stated or last.named
        return found.country if found else None

    def _place_in_front(self, actor: Actor, before: list[Actor]) -> str | None:
        """ "In Tehran the foreign ministry ..." """
        for other in reversed(before):
            if other.form != "capital" or actor.start - other.end > 12:
                continue
            at = self._word_before(other.start)
            if at >= 0 and self._words[at].text == "In":
                return other.country
        return None

    def _remember(self, person: Actor) -> None:
        """Surnames by which the person is named later: the last word, and the first of an East Asian name."""
        parts = person.name.replace("'s", "").split()
        if len(parts) < 2 and isinstance(person.entry, Person):
            parts = person.entry.name.split()
        if len(parts) < 2:
            return
        keys = {parts[-1]}
        if person.country in ("PRK", "KOR", "CHN", "TWN", "VNM") or isinstance(person.entry, Person):
            keys.add(person.entry.surname if isinstance(person.entry, Person) and person.entry.surname else parts[0])
        written = self._text[person.start : person.end].removesuffix("'s").split()[-1:]
        keys |= {key for key in written if key[:1].isupper() or _ARABIC_NAME.match(key)}
        keys |= {key[0].upper() + key[1:] for key in keys if _ARABIC_NAME.match(key)}
        for key in keys:
            known = self._by_surname.get(key)
            if known is None or known.start > person.start or (known.country is None and person.country):
                self._by_surname[key] = person

    def _surnames(self, actors: list[Actor]) -> list[Actor]:
        """Later mentions of remembered persons by surname alone."""
        if not self._by_surname:
            return []
        found: list[Actor] = []
        for word in self._words:
            bare = word.text.removesuffix("'s").removesuffix("'")
            person = self._by_surname.get(bare)
            if person is None or word.start <= person.end:
                continue
            end = word.start + len(bare)
            modifier = self._text[end : end + 2] == "'s"
            found.append(replace(person, start=word.start, end=end, form="surname", modifier=modifier))
        taken = [(a.start, a.end) for a in actors]
        starts = [start for start, _ in taken]
        return [f for f in found if not _covered(taken, starts, f.start, f.end)]


_FORMER = word_set("former ex retired onetime one-time erstwhile late disgraced ousted deposed exiled")


def _in_business(person: Person) -> bool:
    """Heads of companies speak for no state."""
    return all(tenure.office.startswith(("chief executive", "founder")) for tenure in person.tenures)


def _is_organisation_of(actor: Actor) -> bool:
    """Whether a body or office belongs to an organisation of states, whoever is named before it."""
    return (
        actor.rank == "organisation"
        or (actor.country is not None and len(actor.country) != 3)
        or (actor.country in ("UNO", "GCC", "OIC"))
    )


def _introduces(left: Actor, right: Actor) -> bool:
    """ "Japan's defence minister, Itsunori Onodera": a comma between a title and a known name."""
    return left.kind == "office" and right.kind == "person"


_ARABIC_NAME = re.compile(r"(?:al|el|as|ad|ar|ash|an|at|az|ol|ul)-[A-Z]")


def _is_name_word(word: Word) -> bool:
    return (
        (word.text[0].isupper() or _ARABIC_NAME.match(word.text) is not None)
        and word.text not in _NOT_A_NAME
        and not word.text[0].isdigit()
        and "." not in word.text[:-1]
    )


def _country_of(mention: Mention) -> str | None:
    entry = mention.entry
    if isinstance(entry, State):
        return entry.code
    if isinstance(entry, (Group, Body)):
        return entry.country
    return None


def _head(actor: Actor) -> str:
    entry = actor.entry
    return entry.id if entry is not None else actor.name.lower()


def _covered(taken: list[tuple[int, int]], starts: list[int], start: int, end: int) -> bool:
    at = bisect_right(starts, start) - 1
    return (at >= 0 and taken[at][1] > start) or (at + 1 < len(taken) and taken[at + 1][0] < end)


def _without_overlap(actors: list[Actor]) -> list[Actor]:
    kept: list[Actor] = []
    for actor in sorted(actors, key=lambda a: (a.start, -a.end)):
        if not kept or actor.start >= kept[-1].end:
            kept.append(actor)
    return kept
