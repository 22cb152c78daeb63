"""Words that show a stance: the reaction rules compiled, found in a sentence, voided by negation, intent or history."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from extractors.compiled import compiled
from extractors.entries import Rule
from extractors.errors import UserError
from extractors.packs import Packs
from extractors.party import SentenceView
from extractors.phrases import PhraseBook, PhraseError
from extractors.records import ReactionType
from extractors.text import Word, word_set

FrameKind = Literal["act", "say", "noun", "passive", "quoted"]
Side = Literal["own", "other", "any"]


@dataclass(frozen=True, slots=True)
class Stance:
    """What a rule says of a match; see `reaction_rules.yaml` for the meaning of each."""

    rule: str
    type: ReactionType
    plover: str | None
    frame: FrameKind
    side: Side
    linked: bool
    future: bool


@dataclass(frozen=True, slots=True)
class Cue:
    """A stance at the words `first`..`last` of a sentence; `head` is its first word that is no auxiliary.

    `adverbial`: it begins with a preposition ("at an emergency meeting"), so that its verb stands before it.
    """

    stance: Stance
    first: int
    last: int
    head: int
    adverbial: bool = False
    may_be_passive: bool = True


class CueError(UserError, ValueError):
    """A rule whose `set` does not say what a reaction rule must; the message names it."""


@dataclass(frozen=True)
class CueBook:
    """The compiled rules of one set of packs; `weak` are those that only tell the kind of an opinion."""

    phrases: PhraseBook
    weak: PhraseBook
    stances: Mapping[str, Stance]


_TYPES = word_set("condemn urge warn protest sanction consult commit monitor mobilize alert assess endorse deny")
_ALLOWED = {
    "type": _TYPES,
    "frame": word_set("act say noun passive quoted"),
    "side": word_set("own other any"),
}


def _stance(rule: Rule) -> Stance:
    values = {"side": "any", **rule.set}
    for key, allowed in _ALLOWED.items():
        if values.get(key) not in allowed:
            raise CueError(f"reaction rule {rule.id}: `{key}` must be one of {', '.join(sorted(allowed))}")
    return Stance(
        rule.id,
        values["type"],
        values.get("plover"),
        values["frame"],
        values["side"],
        bool(values.get("linked", False)),
        bool(values.get("future", False)),
    )


@lru_cache(maxsize=8)
def cue_book(packs: Packs) -> CueBook:
    """The reaction rules compiled. Raises CueError, which names the rule and what is wrong with it."""
    return compiled("reactions", packs.version, lambda: _cue_book(packs))


def _cue_book(packs: Packs) -> CueBook:
    rules = packs.rules["reaction_rules"].values()
    stances = {rule.id: _stance(rule) for rule in rules}
    weak = {rule.id for rule in rules if stances[rule.id].frame == "quoted"}
    try:
        return CueBook(
            PhraseBook({rule.id: rule.patterns for rule in rules if rule.id not in weak}),
            PhraseBook({rule.id: rule.patterns for rule in rules if rule.id in weak}),
            stances,
        )
    except PhraseError as error:
        raise CueError(f"reaction {error}; the notation is in docs/rules.md") from error


_STATES = word_set(
    """concerned worried alarmed troubled disturbed dismayed appalled outraged disappointed shocked committed prepared
    pleased satisfied delighted overjoyed"""
)
_PREPOSITIONS = word_set("at in after during for on under")
_AUXILIARIES = word_set("is are was were be been being am has have had will would must should can could not")


def find_cues(book: CueBook, view: SentenceView, published: date | None) -> list[Cue]:
    """The stances of a sentence that no guard voids; of overlapping ones of a type the longest."""
    slots = {"state": lambda index: _state_at(view, index)}
    found: list[Cue] = []
    for match in book.phrases.find(view.words, slots):
        head = match.first
        while head < match.last and view.words[head].low in _AUXILIARIES:
            head += 1
        adverbial = view.words[match.first].low in _PREPOSITIONS or _is_participle(view, head)
        passive = head == match.first or (view.words[head].low.endswith("ed") and view.words[head].low not in _STATES)
        found.append(Cue(book.stances[match.rule], match.first, match.last, head, adverbial, passive))
    kept = _longest([cue for cue in found if not voided(cue, view, published)])
    return [cue for cue in kept if not any(_holds(outer, cue, view) for outer in kept)]


# What is asked for, complained of or punished is no stance beside the asking: "urged Tehran to give up its blackmail".
_HELD = {
    "alert": frozenset({"monitor", "urge", "condemn"}),
    "protest": frozenset({"condemn"}),
    "urge": frozenset({"condemn", "monitor", "endorse"}),
    "sanction": frozenset({"condemn"}),
}
_PARTING = word_set(", ; : — . and but while")


def _holds(outer: Cue, cue: Cue, view: SentenceView) -> bool:
    """Whether the cue is part of what `outer` asks for, complains of or punishes."""
    if (
        outer.stance.frame != "act"
        or cue.first <= outer.first
        or cue.stance.type not in _HELD.get(outer.stance.type, ())
    ):
        return False
    return not any(view.words[at].low in _PARTING for at in range(outer.head, cue.first))


def _is_participle(view: SentenceView, at: int) -> bool:
    """A bare -ing form ("read out a statement deploring …"), not "is analysing" nor "the firing"."""
    if at == 0 or not view.words[at].low.endswith("ing") or view.ending_at(at - 1) is not None:
        return False
    return view.words[at - 1].low not in _BEFORE_PARTICIPLES


_BEFORE_PARTICIPLES = word_set(
    """is are was were be been being am , and or of by in on for with from after before while not also now still then
    the a an its his her their to begun began started start begin kept keep continue continued"""
)


def _state_at(view: SentenceView, index: int) -> int:
    party = next((p for p in view.parties if p.first == index), None)
    if party is None or party.actor.kind not in ("state", "group") or party.actor.country is None:
        return 0
    return party.last + 1


def _longest(cues: Sequence[Cue]) -> list[Cue]:
    kept: list[Cue] = []
    warned = {cue.head for cue in cues if cue.stance.type == "alert"}
    matters = [cue for cue in cues if cue.stance.type != "urge" or cue.head not in warned]
    for cue in sorted(matters, key=lambda c: (c.first - c.last, c.stance.type != "alert", c.first)):
        if not any(_overlap(cue, other) and _same_matter(cue, other) for other in kept):
            kept.append(cue)
    return sorted(kept, key=lambda c: c.first)


def _overlap(a: Cue, b: Cue) -> bool:
    return a.first <= b.last and b.first <= a.last


def _same_matter(a: Cue, b: Cue) -> bool:
    """Of two readings that begin with the same word or verb only the longer holds, unless each is for another side."""
    if a.stance.type == b.stance.type and "noun" in (a.stance.frame, b.stance.frame):
        return True
    if {a.stance.side, b.stance.side} == {"own", "other"}:
        return False
    return a.first == b.first or a.head == b.head


# -- guards --------------------------------------------------------------------------------------------------------

_NEGATIONS = word_set(
    "no not never nothing hardly without refused refuses refusing declined declines declining avoided stopped nor"
)
# Words that turn those after them into what is asked for or rejected, not said in one's own voice.
_GOVERNING = {
    "condemn": word_set(
        """refrain refraining cease stop halt avoid abandon desist drop dismissed rejected denied denies rejects
        dismisses denying rejecting dismissing"""
    ),
    "mobilize": word_set("denied denies denying accused accuses accusing"),
    "warn": word_set("asked asking asks called calling calls urged urging urges demanded demanding demands"),
}
_ASKED = word_set("asked asks asking requested requests wants want wanted called calls demanded demands urged urges")
_NOTHING = word_set("nothing nobody none no-one neither")
_SUPPOSING = word_set("any wherever whenever whichever should if future further possible potential")
_FORCEFUL = frozenset({"mobilize", "alert", "sanction"})
_YEARLY = word_set("annual yearly regular scheduled long-planned planned routine")
_UNSAID = word_set("no without never nothing")
_HEDGES = word_set("may might could plans planned planning plan intends intended hopes hoped due if whether supposed")
_FUTURES = word_set("will would shall")
_WISHED = word_set("expected set likely ready wants")
_LONG_AGO = word_set("decades decade century years")
_STOPS_GUARD = word_set(", ; : — but that and")


def voided(cue: Cue, view: SentenceView, published: date | None) -> str | None:
    """The guard that voids the cue ("negated", "intended", "history"), or None."""
    words = view.words
    if _standing(cue, words):
        return "standing"
    governing = {word.low for word in words[max(0, cue.first - 10) : cue.first]}
    governed = bool(governing & _GOVERNING.get(cue.stance.type, frozenset()))
    if cue.stance.frame == "say":
        return _unsaid(cue, words, governed=governed)
    if governed and cue.stance.type == "mobilize":
        return "governed"
    if reason := _idle(cue, words):
        return reason
    if cue.stance.frame in ("act", "noun") and (reason := _undone(cue, view, governing)):
        return reason
    return "history" if _historic(words, cue, published) else None


def _unsaid(cue: Cue, words: Sequence[Word], *, governed: bool) -> str | None:
    """Why words in a mouth are no stance: negated, only supposed, or governed by another word."""
    ahead = _words_before(cue.first, words)
    if cue.stance.type == "condemn" and _SUPPOSING.intersection(ahead[:3]):
        return "supposed"
    if any(low in _NEGATIONS for low in ahead[:2]) or any(low in _NOTHING for low in ahead):
        return "negated"
    return "governed" if governed else None


def _idle(cue: Cue, words: Sequence[Word]) -> str | None:
    """Why a deed of forces is none: "scrambled nobody", "its annual drill", "without a warning"."""
    if cue.stance.type in _FORCEFUL and cue.last + 1 < len(words) and words[cue.last + 1].low in _NOTHING:
        return "negated"
    if cue.stance.type == "mobilize" and _YEARLY.intersection(w.low for w in words[cue.first : cue.last + 3]):
        return "routine"
    inside = (word.low for word in words[cue.first + 1 : cue.last + 1])
    return "negated" if cue.stance.type == "alert" and _UNSAID.intersection(inside) else None


def _undone(cue: Cue, view: SentenceView, governing: Collection[str]) -> str | None:
    """Why a deed or its noun is none: a mere noun, negated, only intended, or of an earlier time."""
    before = _words_before(cue.first, view.words)
    act = cue.stance.frame == "act"
    if act and _is_nominal(cue, view.words):
        return "nominal"
    if any(low in _NEGATIONS for low in before[:4]) or (act and _aimed_at_nobody(cue, view.words)):
        return "negated"
    infinitive = before[:1] == ["to"]
    asked = infinitive and cue.stance.type == "consult" and not _ASKED.isdisjoint(governing)
    wished = infinitive and any(low in _WISHED for low in before[1:3])
    promised = not cue.stance.future and any(low in _FUTURES for low in before[:3])
    if asked or wished or promised or any(low in _HEDGES for low in before[:4]):
        return "intended"
    return "prior" if act and _is_prior(cue, view) else None


def _aimed_at_nobody(cue: Cue, words: Sequence[Word]) -> bool:
    """Whether a stance against somebody has nobody for its object: "blamed nobody", not "blamed no one but Tehran"."""
    if cue.stance.type not in _AGAINST:
        return False
    after = [word.low for word in words[cue.head + 1 : cue.head + 5]]
    nobody = after[:1] != [] and (after[0] in _NOTHING or after[:2] == ["no", "one"])
    return nobody and _EXCEPT.isdisjoint(after)


_AGAINST = frozenset({"condemn", "protest", "sanction", "warn"})
_EXCEPT = word_set("but except besides other else less")
_TIMES = word_set("year years summer autumn winter spring decade decades century")
_HAVE = word_set("has have had")


def _standing(cue: Cue, words: Sequence[Word]) -> bool:
    """Whether the words belong to a policy of long standing or another time: "has long urged", "last year", "in the
    past"; looked for in the clause of the cue's verb only.
    """
    lows = [word.low for word in words[max(0, cue.first - 8) : cue.last + 6]]
    pairs = list(pairwise(lows))
    if ("long", "ago") in pairs or any(a in _HAVE and b == "long" for a, b in pairs):
        return True
    if ("the", "past") in pairs and not set(lows) & {"hours", "days", "hour", "day", "minutes", "week"}:
        return True
    return any(a == "last" and b in _TIMES for a, b in pairs)


def _is_prior(cue: Cue, view: SentenceView) -> bool:
    """Whether the deed stands in a clause of what came before: "hours after the Council approved sanctions"."""
    for index in range(cue.head - 1, max(-1, cue.head - 9), -1):
        low = view.words[index].low
        if low in (",", ";", "—", "and", "but", "who", "which", "that"):
            return False
        if low in ("after", "since"):
            party = view.at(index + 1) or view.at(min(index + 2, len(view.words) - 1))
            return party is not None and party.last < cue.head and not party.actor.modifier
    return False


# Nouns with which the phrase of a deed may begin: "its airspace was shut", "the air defences worked".
_NOUN_HEADS = word_set(
    """airspace air airport airports runway road port harbour harbor beach school schools strait highway waters skies
    flights flight train trains ferries services landings departures traffic residents people villagers civilians
    inhabitants fishermen ships vessels boats pilots airlines citizens islanders motorists mariners evacuation level
    state jets fighters fighter aircraft warplanes interceptors planes bombers warships destroyers artillery gunners
    helicopters gunships navy missile interceptor patriot iron thaad investigation inquiry enquiry probe review
    analysis investigators inspectors cabinet council nsc chiefs ministers envoys leaders presidents secretaries
    negotiators advisers experts teams engineers specialists board court commission committee panel team task crisis
    failure cause"""
)
_BEFORE_NOUNS = word_set("the a an its his her their our this that these any no some on of")


def _is_nominal(cue: Cue, words: Sequence[Word]) -> bool:
    """Whether the head is a noun or adjective after all: "a shrug", "on shared intelligence", "the protest"."""
    low = words[cue.head].low
    before = words[cue.head - 1].low if cue.head else ""
    return before in _BEFORE_NOUNS and not low.endswith("ing") and cue.head == cue.first and low not in _NOUN_HEADS


def _words_before(at: int, words: Sequence[Word]) -> list[str]:
    """Lower-case words before index `at` in its clause, nearest first."""
    found: list[str] = []
    for index in range(at - 1, max(-1, at - 6), -1):
        if words[index].low in _STOPS_GUARD:
            break
        found.append(words[index].low)
    return found


def _historic(words: Sequence[Word], cue: Cue, published: date | None) -> bool:
    """Whether the sentence dates itself to an earlier year, or to a span of years."""
    lows = [word.low for word in words]
    if published is not None:
        years = [int(low) for low in lows if len(low) == 4 and low.isdigit() and 1900 < int(low) < 2100]
        if years and max(years) < published.year and cue.stance.frame == "act":
            return True
    return any(
        low in _LONG_AGO
        and lows[i - 1] in ("for", "past", "of", "recent", "last", "two", "three")
        and i + 1 < len(lows)
        for i, low in enumerate(lows)
        if i and cue.stance.frame == "act" and lows[max(0, i - 2)] in ("for", "in", "over", "after", "the", "past")
    )
