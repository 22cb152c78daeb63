"""Who reacted how to which launch: stances of the rules, each with its actor, its launch and the words that say so.

`find_reactions` reads every sentence once: the words that show a stance (`cues`), who utters or does it (`parties`,
`frames`, `speakers`), and which launch it answers (`linking`); then one record for each actor and type is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from extractors.actors import Actor
from extractors.cues import Cue, cue_book, find_cues
from extractors.document import Document
from extractors.frames import Frames
from extractors.launches import FoundLaunch
from extractors.linking import HOSTILE, Link, Linker
from extractors.opinions import Opinion, Opinions
from extractors.parties import PartyFinder
from extractors.party import Party, SentenceView
from extractors.phrases import inflections
from extractors.records import Evidence, Launch, Reaction
from extractors.sides import Sides
from extractors.speakers import Speakers
from extractors.text import word_set

_HELD = frozenset().union(
    *(inflections(verb) for verb in word_set("hold meet speak talk compare agree discuss consult"))
)
_DEEDS = frozenset({"consult", "mobilize", "alert", "monitor", "commit", "sanction"})
_SHOWN = frozenset({"deny", "assess", "commit", "monitor", "endorse"})  # by deeds as well as by words
_NOTICES = word_set("notam notams notice notices warning warnings bulletin bulletins advisory advisories alert order")
# What the launching side says of its own success, or of a launch to come, is a note and no reaction.
_NO_NEWS = {("assess", "conducted"), ("endorse", "planned")}
_OPPOSED = word_set("party parties leader leaders bloc lawmaker lawmakers politician politicians mp mps group")
_ANSWERS = frozenset({"condemn", "deny", "endorse", "assess"})
_ENEMIES = word_set("terrorists rebels militants enemy enemies insurgents gunmen attackers aggressors separatists")
_SHARED = frozenset({"condemn", "urge", "warn", "consult", "sanction", "mobilize", "endorse", "commit"})
_BY_FORCES = frozenset({"mobilize", "monitor", "alert"})
_SO = frozenset({"so", "as", "nor", "neither"})
_DID = word_set("did does do was were is are has have had")
_ALIKE = word_set("likewise the same suit similarly")
_FOLLOWED = word_set("followed concurred agreed")
_SECONDED = word_set("seconded echoed joined backed")
_STOPS = frozenset({".", ",", "", "within", "an", "hours", "minutes", "soon", "later", "on"})
_WITHOUT_AGENT = frozenset({"protest", "mobilize", "monitor", "alert", "consult", "sanction"})


def find_reactions(document: Document, launches: Sequence[FoundLaunch]) -> tuple[Reaction, ...]:
    """The reactions of one article, in text order; `about` is the key of one of `launches`, or None."""
    return _Finder(document, launches).find()


@dataclass(frozen=True, slots=True)
class _Claim:
    """A stance with one of its actors and the launch it answers."""

    cue: Cue
    party: Party
    link: Link
    start: int
    end: int
    quoted: bool
    source: str | None


class _Finder:
    def __init__(self, document: Document, launches: Sequence[FoundLaunch]) -> None:
        self._document = document
        self._book = cue_book(document.packs)
        self._sides = Sides(document, launches)
        self._launchers = self._sides.countries
        self._parties = PartyFinder(document, self._launchers)
        self._linker = Linker(document, launches)
        self._opinions = Opinions(self._book)
        self._voiced: list[Opinion] = []

    def find(self) -> tuple[Reaction, ...]:
        claims: list[_Claim] = []
        before: Sequence[_Claim] = ()
        for sentence in self._document.sentences:
            view = self._parties.view(sentence)
            if view.words:
                told = list(self._claims(view))
                echoed = list(self._echoed(view, told, before))
                claims.extend((*told, *echoed))
                before = (*told, *echoed)
        claims.extend(self._by_default(claims))
        return tuple(self._records(claims))

    def _claims(self, view: SentenceView) -> Iterator[_Claim]:
        found = find_cues(self._book, view, self._document.published)
        cues = [cue for cue in found if not _is_in_name(cue, view)]
        voiced = bool(self._launchers) and self._opinions.possible(view)
        if not cues and not voiced:
            return
        frames = Frames(view)
        speakers = Speakers(view, self._parties, frames)
        if voiced:
            self._voiced.extend(self._opinions.find(view, frames, speakers))
        invited = any(cue.stance.rule == "consult.noun" and self._authors(cue, frames, speakers) for cue in cues)
        for cue in cues:
            for party in self._who(cue, frames, speakers):
                guest = invited and cue.stance.rule == "consult.act" and not self._is_organisation(party)
                if guest or not party.can_react or _in_opposition(party, view):
                    continue
                claim = self._claim(cue, party, view, frames, _source(cue, party, speakers))
                if claim is not None:
                    yield claim

    def _echoed(self, view: SentenceView, told: Sequence[_Claim], before: Sequence[_Claim]) -> Iterator[_Claim]:
        """Who is said to do what was told before: "Egypt did likewise.", "So was Athens.", "Ottawa followed suit"."""
        first, last = _echo_at(view)
        if not last:
            return
        ahead = [claim for claim in told if claim.end <= view.words[first].start]
        models = [claim for claim in ahead if claim.start == ahead[-1].start] or before
        if not models:
            return
        frames = Frames(view)
        after = view.words[first].low in _SO
        for party in frames.listed(last + 1) if after else frames.subject(first):
            country = party.actor.country
            for model in models if party.can_react else ():
                launch = model.link.launch
                fits = launch is None or (
                    not self._sides.own(party, launch) and self._side_fits(model.cue, party, launch)
                )
                if fits and model.party.actor.country != country:
                    start, end = view.words[min(first, party.first)].start, view.words[max(last, party.last)].end
                    yield replace(model, party=party, start=start, end=end, quoted=False, source=None)

    def _by_default(self, claims: Sequence[_Claim]) -> Iterator[_Claim]:
        """What opinions in words no rule knows amount to; of a party that has said where it stands, nothing."""
        stated = {(claim.party.actor.name, claim.cue.stance.type) for claim in claims}
        outspoken = {name for name, kind in stated if kind not in _DEEDS | {"urge"}}
        for opinion in self._voiced:
            party, view = opinion.party, opinion.view
            if party.actor.name in outspoken or party.guessed or not party.can_react:
                continue
            if party.actor.kind not in ("person", "office", "body") and not opinion.named:
                continue
            if any(_within(claim, opinion) for claim in claims):
                continue
            claim = self._opined(opinion, party, view)
            if claim is not None:
                outspoken.add(party.actor.name)
                yield claim

    def _opined(self, opinion: Opinion, party: Party, view: SentenceView) -> _Claim | None:
        at = opinion.first
        neutral = Cue(self._book.stances["condemn.quoted"], at, at, at)
        link = self._linker.link(view, neutral, self._sides.country(party))
        launch = link.launch
        if link.competing or launch is None or launch.role != "lead" or launch.status == "failed":
            return None
        cue = self._opinions.kind(opinion, launch, own=self._sides.own(party, launch))
        if cue is None or not self._side_fits(cue, party, launch):
            return None
        start, end = view.words[min(at, party.first)].start, view.words[opinion.last].end
        quoted = any(view.quotations[at : opinion.last + 1])
        return _Claim(cue, party, replace(link, inferred=True), start, end, quoted, None)

    def _who(self, cue: Cue, frames: Frames, speakers: Speakers) -> tuple[Party, ...]:
        """The parties whose stance it is; empty where that is unclear."""
        if cue.stance.frame == "noun":
            return self._authors(cue, frames, speakers)
        if cue.stance.frame == "say":
            doers = frames.subject(cue.head) if cue.stance.type in _SHOWN and frames.is_verb(cue.head) else ()
            return speakers.of(cue.first) or doers
        if cue.stance.frame == "passive" or (cue.may_be_passive and frames.is_passive(cue.head)):
            by = ("by", "from") if cue.stance.type == "protest" else ("by",)
            agents = frames.authors(cue.head + 1, by, reach=cue.last - cue.head + 8)
            placed = tuple(p for p in frames.authors(cue.head + 1, ("in",)) if p.actor.form == "capital")
            agents = agents or (placed if cue.stance.type in _ANSWERS else ())
            return agents or self._without_agent(cue, frames, speakers)
        doers = self._doers(cue, frames, speakers)
        return _speaking_for(doers, speakers.of(cue.first)) + frames.echoed(cue.last + 1)

    def _authors(self, cue: Cue, frames: Frames, speakers: Speakers) -> tuple[Party, ...]:
        """Whose noun it is: "Seoul's rebuke", "condemnation from Tokyo", "from Tokyo came a protest"."""
        prepositions = ("of", "from", "by") if cue.stance.type == "consult" else ("from", "by", "in")
        found = (
            frames.owner(cue.first)
            or frames.authors(cue.last + 1, prepositions)
            or frames.authors(0, ("from",), reach=1)
        )
        return found or (speakers.of(cue.first) if cue.stance.type == "protest" else ())

    def _doers(self, cue: Cue, frames: Frames, speakers: Speakers) -> tuple[Party, ...]:
        """Whose deed it is: the subject, else whom the kind of deed lets stand for it."""
        found = frames.bearer(cue.head) if cue.adverbial else frames.subject(cue.head)
        found = found or frames.authors(cue.last + 1, ("from",), reach=2) or frames.authors(0, ("from",), reach=1)
        if found and cue.stance.type in _SHARED:
            found += frames.companions(cue.head + 1)
        if not found and cue.stance.type in ("consult", "commit"):
            found = tuple(p for p in speakers.of(cue.first) if self._is_organisation(p))
        if not found and cue.stance.type in _BY_FORCES:
            found = frames.orderer(cue.head) or frames.equipment(cue.head) or self._tellers(cue, frames, speakers)
        if not found and cue.stance.rule == "mobilize.defend":
            found = frames.bystanders(self._sides.launched)
        if not found and cue.stance.rule == "monitor.inquiry":
            found = speakers.of(cue.first)
        if not found and cue.stance.type == "alert":
            found = frames.authors(0, ("from", "by"), reach=cue.head) if frames.opens_with(_NOTICES) else ()
        if not found and cue.stance.type == "alert":
            found = self._without_agent(cue, frames, speakers)
        if cue.stance.type == "consult" and frames.word(cue.head) in _HELD:
            found = found[:1]
        return found

    def _locals(self, cue: Cue, frames: Frames) -> tuple[Party, ...]:
        """The authorities where the article is datelined, for a warning of nobody named: a range cleared beforehand."""
        home = self._parties.affiliations.home
        if cue.stance.type != "alert" or home is None or len(self._launchers) != 1 or home not in self._launchers:
            return ()
        start, end = frames.offsets(cue.head)
        return (
            Party(cue.head, cue.head, Actor(start, end, "body", "authorities", home, inferred=True), inferred=True),
        )

    def _tellers(self, cue: Cue, frames: Frames, speakers: Speakers) -> tuple[Party, ...]:
        """Who tells of a defence or a watch by unnamed hands ("gunners brought down 31, the air force said")."""
        if cue.stance.type == "alert":
            return ()
        enemies = any(frames.word(at) in _ENEMIES for at in range(max(0, cue.head - 4), cue.head))
        return tuple(p for p in speakers.of(cue.first) if p.can_react and not enemies and not self._sides.launched(p))

    def _is_organisation(self, party: Party) -> bool:
        return self._parties.affiliations.is_organisation(party.actor.country)

    def _without_agent(self, cue: Cue, frames: Frames, speakers: Speakers) -> tuple[Party, ...]:
        """Who is behind a passive that names nobody: its subject, who tells it, or whom the paragraph is about."""
        if cue.stance.type == "assess":  # "Ankara was unworried": no passive, but a state of mind
            return frames.subject(cue.head)
        if cue.stance.type not in _WITHOUT_AGENT:
            return ()
        found = frames.orderer(cue.head) or frames.subject(cue.head) or speakers.of(cue.first)
        if cue.stance.type == "alert":  # an alliance closes no airport
            found = tuple(p for p in found if not self._is_organisation(p))
        if cue.stance.type == "protest" and (found or frames.is_passive(cue.head)):
            found = tuple(p for p in found if not self._sides.launched(p)) or frames.bystanders(self._sides.launched)
        if found or cue.stance.type not in ("mobilize", "alert"):
            return found
        return frames.bystanders(self._sides.launched) or self._locals(cue, frames)

    def _claim(self, cue: Cue, party: Party, view: SentenceView, frames: Frames, source: str | None) -> _Claim | None:
        link = self._linker.link(view, cue, self._sides.country(party))
        overruled = self._overruled(cue, party, link.launch)
        if overruled is not party:
            party, link = overruled, self._linker.link(view, cue, self._sides.country(overruled))
        if link.launch is None and (cue.stance.linked or not link.competing):
            return None
        if link.launch is not None and not self._side_fits(cue, party, link.launch):
            return None
        first = min(cue.first, party.first) if party.first <= cue.last else cue.first
        start, end = view.words[first].start, view.words[cue.last].end
        quoted = frames.has_quotation(cue.first, min(len(view.words) - 1, cue.last + 12))
        return _Claim(cue, party, link, start, end, quoted, source)

    def _side_fits(self, cue: Cue, party: Party, launch: Launch) -> bool:
        own = self._sides.own(party, launch)
        if own and cue.stance.type == "alert" and self._sides.of_group(launch):
            return False
        if own and (cue.stance.type, launch.status) in _NO_NEWS and cue.stance.side == "any":
            return False
        return cue.stance.side == "any" or own == (cue.stance.side == "own")

    def _overruled(self, cue: Cue, party: Party, launch: Launch | None) -> Party:
        """A guessed country gives way to what is said: the launching side praises, another one blames and defends."""
        if not party.guessed or launch is None:
            return party
        country, affiliations = party.actor.country, self._parties.affiliations
        forces = cue.stance.type in _BY_FORCES and not affiliations.is_mostly_about(country)
        if cue.stance.type == "endorse" and cue.stance.side == "own":
            country = launch.country
        elif self._sides.own(party, launch) and (cue.stance.type in HOSTILE or forces):
            country = affiliations.other_side(party.actor.start) or country
        if country == party.actor.country:
            return party
        return replace(party, actor=replace(party.actor, country=country))

    # -- records ----------------------------------------------------------------------------------------------------

    def _records(self, claims: Sequence[_Claim]) -> Iterator[Reaction]:
        """One reaction for each actor and type; a state and its named speaker are one actor, under the speaker."""
        groups: dict[tuple[str | None, str, str | None], list[_Claim]] = {}
        for claim in claims:
            about = claim.link.launch.key if claim.link.launch else None
            groups.setdefault((claim.party.actor.country, claim.cue.stance.type, about), []).append(claim)
        for (_, _, about), members in groups.items():
            for name, same in _by_actor(members).items():
                yield self._record(name, about, same)

    def _record(self, name: str, about: str | None, claims: Sequence[_Claim]) -> Reaction:
        lead = claims[0]
        spans = dict.fromkeys((claim.start, claim.end) for claim in claims)
        text = self._document.text
        inferred = []
        if all(claim.party.inferred for claim in claims):
            inferred.append("actor")
        if about is not None and all(claim.link.inferred for claim in claims):
            inferred.append("about")
        return Reaction(
            actor_country=lead.party.actor.country,
            actor=name,
            type=lead.cue.stance.type,
            about=about,
            quoted=any(claim.quoted for claim in claims),
            plover=lead.cue.stance.plover,
            attribution=next((claim.source for claim in claims if claim.source), None),
            evidence=tuple(Evidence(start, end, text[start:end]) for start, end in spans),
            rules=tuple(dict.fromkeys(claim.cue.stance.rule for claim in claims)),
            inferred=tuple(inferred),
        )


def _in_opposition(party: Party, view: SentenceView) -> bool:
    """Whether the party speaks for those who do not govern: "the leader of the main opposition party, Cho Min"."""
    around = view.words[max(0, party.first - 5) : party.last + 6]
    lows = [word.low for word in around]
    return any(low == "opposition" and after in _OPPOSED for low, after in zip(lows, [*lows[1:], ""], strict=True))


def _within(claim: _Claim, opinion: Opinion) -> bool:
    """Whether the words of an opinion have been claimed by a rule for the same party already."""
    words = opinion.view.words
    first, last = (opinion.first, opinion.last) if opinion.named else (0, len(words) - 1)
    overlaps = claim.end > words[first].start and claim.start < words[last].end
    return overlaps and claim.party.actor.country == opinion.party.actor.country


def _is_in_name(cue: Cue, view: SentenceView) -> bool:
    """Whether the cue is only a word of somebody's name: "Downing Street"."""
    party = view.at(cue.head)
    return party is not None and not party.inferred and party.first <= cue.first and cue.last <= party.last


def _echo_at(view: SentenceView) -> tuple[int, int]:
    """First and last word of what repeats a deed ("so did", "did likewise", "followed suit"); zeros where none does."""
    lows = [word.low for word in view.words]
    for at, (low, following) in enumerate(zip(lows, [*lows[1:], ""], strict=True)):
        if low in _SO:
            aside = next((i for i in range(at + 2, min(len(lows), at + 10)) if lows[i] == ","), 0)
            verb = aside + 1 if following == "," and aside else at + 1
            if verb + 1 < len(lows) and lows[verb] in _DID:
                return at, verb
        if (low in ("did", "does", "followed") and following in _ALIKE) or (low in _FOLLOWED and following in _STOPS):
            return at, at + 1
        if low in _SECONDED and {"appeal", "call", "plea", "demand", "protest", "criticism"} & set(lows[at : at + 5]):
            return at, at + 1
    return 0, 0


def _source(cue: Cue, party: Party, speakers: Speakers) -> str | None:
    """Who tells of a deed, where it is not the doer; what is spoken has its speaker as actor already."""
    if cue.stance.frame == "say":
        return None
    names = (speaker.actor.name for speaker in speakers.of(cue.first))
    return next((name for name in names if name != party.actor.name), None)


def _speaking_for(subjects: tuple[Party, ...], speakers: tuple[Party, ...]) -> tuple[Party, ...]:
    """Where a state acts and its own speaker tells it, the speaker stands for it; and for a body of no named state."""
    able = [s for s in speakers if s.can_react and s.actor.kind in ("person", "body", "office")]
    by_country = {s.actor.country: s for s in able}
    return tuple(
        by_country.get(party.actor.country, party)
        if party.actor.kind == "state"
        else able[0]
        if party.actor.kind == "body" and party.actor.inferred and able and party.first != party.last
        else party
        for party in subjects
    )


def _by_actor(claims: Iterable[_Claim]) -> dict[str, list[_Claim]]:
    """Claims of one country and type by the display name of who makes them; the state's own join its first speaker."""
    named: dict[str, list[_Claim]] = {}
    of_state: list[_Claim] = []
    for claim in claims:
        if claim.party.actor.kind == "state":
            of_state.append(claim)
        else:
            named.setdefault(claim.party.actor.name, []).append(claim)
    if of_state and named:
        next(iter(named.values())).extend(of_state)
    elif of_state:
        named[of_state[0].party.actor.name] = of_state
    return named
