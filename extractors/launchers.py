"""Whose launch it was, where its own words name nobody: what the article says elsewhere, weighed state by state.

No single sign settles it. A frigate's prefix, the place of launch, a rebel group in the paragraph, the maker of a
weapon that few own and the headline's subject each speak for a state; where the weapon fell and who protests speak
against one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from extractors.actors import Actor
from extractors.discourse import LAUNCH_AT_HOME, Told
from extractors.document import Document
from extractors.entries import Body, Place, State, Weapon
from extractors.sightings import Sighting

# Prefixes of warships' names.
_SHIPS = {
    "USS": "USA", "USNS": "USA", "HMS": "GBR", "RFA": "GBR", "HMAS": "AUS", "HMNZS": "NZL", "HMCS": "CAN", "INS": "IND",
    "PNS": "PAK", "BNS": "BGD", "ROKS": "KOR", "JS": "JPN", "FS": "FRA", "ITS": "ITA", "TCG": "TUR", "BRP": "PHL",
    "KRI": "IDN", "HTMS": "THA", "RSS": "SGP", "HNLMS": "NLD", "ESPS": "ESP", "HNoMS": "NOR", "HSwMS": "SWE",
    "ROCS": "TWN", "CNS": "CHN", "IRIS": "IRN", "SLNS": "LKA", "FGS": "DEU", "HDMS": "DNK", "ORP": "POL",
}  # fmt: skip
_SHIP = re.compile(r"\b(" + "|".join(_SHIPS) + r") [A-Z]")
AT_WAR_WITHIN = frozenset(
    ["LBY", "SDN", "SYR", "YEM", "MMR", "COD", "SOM", "ETH", "IRQ", "AFG", "MLI", "NGA"]
)  # civil wars
_FOES = {
    "RUS": ("UKR",), "UKR": ("RUS",), "IND": ("PAK",), "PAK": ("IND",), "ARM": ("AZE",), "AZE": ("ARM",),
    "THA": ("KHM",), "KHM": ("THA",), "ISR": ("IRN", "LBN", "PSE", "YEM"), "IRN": ("ISR",),
}  # fmt: skip
_PROTESTS = re.compile(
    r"\b(?:condemn|denounc|deplor|decr(?:y|i)|protest|rebuk|provocati|violat|unacceptable|reckless|summon|intercept|"
    r"shot down|shoot down|brought down|sirens?|shelters?)",
    re.IGNORECASE,
)
_TAKES_PART = ("state", "group", "body", "office")
_BASED = re.compile(r"\b([A-Z][\w.]+(?: [A-Z]\w+)?)-(?:based|headquartered|listed|run|born)\b")
_ENOUGH = 2.0
_READ = 8  # sightings of a launch, and places of a sighting, that are weighed
_STRETCH = 600  # characters about a sighting
# Whose launches leave from the soil of another state.
_TENANTS = {"KAZ": "RUS", "MHL": "USA"}
_ARMS = (
    r"(?:missiles?|rockets?|drones?|launch\w*|tests?|firings?|shots?|salvos?|barrages?|volleys?|satellites?|warheads?|"
    r"submarines?|warships?|strikes?|attacks?|projectiles?|shoots?|flights?)\b"
)
_SPEAKS_OF_ARMS = re.compile(r"\b" + _ARMS, re.IGNORECASE)
_OWNS_ARMS = re.compile(r"^(?:'s?)?(?:\s[\w'-]+){0,4}?\s" + _ARMS, re.IGNORECASE)
_KOREA = re.compile(r"\b(North|South)\b(?! Korea)('s\b.*|\b.*)")
_ADMITS = re.compile(
    r"^\W{0,2}(?:has |have |had )?(?:admit|acknowledg|conced|own(?:s|ed) up|claimed responsib|apologi)", re.IGNORECASE
)
_HOSTILE = re.compile(
    r"\b(?:kill|wound|injur|hurt|damag|struck|attack|strike|raid|intercept|shot down|casualt|destroy|debris hit)",
    re.IGNORECASE,
)
_FROM_ITS = re.compile(r"\b(?:from|by|aboard) (?:the |a |an |two |three |several )?$")
_VICTIMS = re.compile(
    r"^(?:'s)?\s(?:[\w-]+\s)?(?:personnel|soldiers?|troops|sailors?|citizens?|civilians?|contractors?|bases?|tankers?|"
    r"vessels?|ships?|cities|city|towns?|airports?|oil|soil|airspace|waters|peacekeepers|frontier|border)\b"
)
_SPACE = ("space_launch_vehicle", "projectile", None)


@dataclass(frozen=True, slots=True)
class Launcher:
    """The launching state; `placed` where only the place of launch tells of it, so that nobody is named."""

    country: str
    placed: bool


class LauncherFinder:
    """Weighs the evidence of one document. `title` are the sightings of the headline, `headline` its reading.

    A launch is asked about in constant time, whatever the length of the text: only a stretch about its first sightings
    is read again.
    """

    def __init__(self, document: Document, headline: Document | None, title: Sequence[Sighting]) -> None:
        self._doc = document
        self._headline = headline
        self._title = title
        self._acting = {a.start for a in document.actors if not _after_place_word(document.normal, a.start)}
        self._named = {actor.country for actor in document.actors}
        self._everywhere = self._of_the_article()
        self._parties = self._known_parties()
        self._settled: Counter[str] = Counter()

    def find_all(self, told: Sequence[Told]) -> list[Launcher | None]:
        """For each launch the likeliest launching state, or None where too little speaks for any or it is known."""
        for launch in told:
            if launch.country:
                self._settled[launch.country] += 1 if launch.country_inferred else 2
        found: list[Launcher | None] = []
        for launch in told:
            launcher = self._find(launch) if launch.country is None or launch.country_inferred else None
            if launcher is not None:
                self._settle(launch, launcher.country)
            found.append(launcher)
        return found

    def launches(self, country: str | None) -> bool:
        """Whether the state is one that launches things."""
        state = self._doc.packs.states.get(country or "")
        return state is not None and state.zone is not None and not state.organisation

    def party(self, country: str, *, spacefaring: bool) -> Actor | None:
        """The launch firm or armed group of that state that the article names, else any party of it."""
        return self._parties.get((country, spacefaring))

    def evidence(self, launch: Told) -> list[tuple[str, float]]:
        """What speaks for and against each state, in no order; weights of one state add up."""
        return list(self._evidence(launch))

    def _settle(self, launch: Told, country: str) -> None:
        if launch.country:
            self._settled[launch.country] -= 1
        self._settled[country] += 1
        launch.country = country

    def _find(self, launch: Told) -> Launcher | None:
        weights: dict[str, float] = {}
        for country, weight in self._evidence(launch):
            weights[country] = weights.get(country, 0.0) + weight
        known = {country: weight for country, weight in weights.items() if self.launches(country)}
        best = max(known, key=lambda country: (known[country], country), default=None)
        if best is None or known[best] < _ENOUGH:
            return self._at_home(launch)
        return Launcher(best, self._placed(launch, best))

    def _at_home(self, launch: Told) -> Launcher | None:
        """Of a war inside one state: that state, where nobody is named."""
        struck = [p.country for s in launch.sightings[:_READ] for p in s.places if p.country in AT_WAR_WITHIN]
        return Launcher(struck[0], True) if struck and struck[0] else None

    # -- evidence ------------------------------------------------------------------------------------------------------

    def _evidence(self, launch: Told) -> Iterator[tuple[str, float]]:
        armed = launch.weapon_class != "space_launch_vehicle"
        spacefaring = launch.weapon_class in _SPACE
        for kind, country, weight in self._everywhere:
            if (kind != "group" or armed) and (kind != "firm" or spacefaring):
                yield country, weight
        yield from self._from_own_words(launch)
        yield from self._from_places(launch)
        yield from self._from_others(launch)
        yield from self._from_near(launch)

    def _of_the_article(self) -> list[tuple[str, str, float]]:
        """(kind, state, weight) of what counts for every launch of the article."""
        found = [("", country, weight) for country, weight in self._from_title()]
        found += [("", country, weight) for country, weight in self._spoken_of().items()]
        found += [("", _SHIPS[name], 1.5) for name in {m[1] for m in _SHIP.finditer(self._doc.normal)}]
        parties = {(self._kind(a), country) for a in self._doc.actors if (country := self._state(a.country))}
        found += [(kind, country, 1.5 if kind == "group" else 1.25) for kind, country in sorted(parties) if kind]
        found += [("", country, 2.5) for country in self._bases()]
        if self._doc.dateline:
            found.append(("", self._doc.dateline, 2.0 if self._doc.dateline in AT_WAR_WITHIN else 1.0))
        named = {m.entry.id: m.entry for m in self._doc.mentions if isinstance(m.entry, Weapon)}
        found += [("", country, weight) for country, weight in _made(named.values(), 2.0)]
        return found

    def _bases(self) -> list[str]:
        """States in which firms are said to sit: "the Beijing-based company"."""
        found: dict[str, None] = {}
        for match in _BASED.finditer(self._doc.normal):
            for mention in self._doc.packs.mentions(match[1]):
                if isinstance(mention.entry, State) and (country := self._state(mention.entry.code)):
                    found[country] = None
                elif isinstance(mention.entry, Place) and len(mention.entry.country) == 1:
                    found[mention.entry.country[0]] = None
        return list(found)

    def _kind(self, actor: Actor) -> str:
        if isinstance(actor.entry, Body) and actor.entry.launches:
            return "firm"
        return "group" if actor.kind == "group" else ""

    def _from_title(self) -> Iterator[tuple[str, float]]:
        """The headline's launching party counts most, its first party next."""
        for sighting in self._title:
            if sighting.actor is not None and (country := self._state(sighting.actor.country)):
                yield country, 6.0
                return
        if self._headline is None:
            return
        yield from _made([m.entry for m in self._headline.mentions if isinstance(m.entry, Weapon)], 2.0)
        korea = _KOREA.search(self._headline.normal)
        if korea and self._named & {"PRK", "KOR"}:
            yield {"North": "PRK", "South": "KOR"}[korea[1]], 6.0 if _OWNS_ARMS.match(korea[2]) else 2.0
            return
        for actor in self._headline.actors:
            country = self._state(actor.country)
            if country and actor.kind in _TAKES_PART:
                yield country, self._title_weight(actor)
                return

    def _title_weight(self, actor: Actor) -> float:
        assert self._headline is not None
        text = self._headline.normal
        if actor.modifier and _OWNS_ARMS.match(text[actor.end : actor.end + 60]):
            return 6.0
        if _after_place_word(text, actor.start):
            return -1.0
        if actor.form == "capital" or actor.modifier:
            return 1.0
        following = text[actor.end :]
        return 3.0 if _SPEAKS_OF_ARMS.search(following) and not _PROTESTS.search(following) else 2.0

    def _spoken_of(self) -> dict[str, float]:
        """Up to two points for the state most spoken of; who protests or takes cover has one taken away."""
        spoken: Counter[str] = Counter()
        against: Counter[str] = Counter()
        for actor in self._doc.actors:
            country = self._state(actor.country)
            if country is None or actor.end <= self._doc.dateline_end:
                continue
            spoken[country] += 1
            end = min(self._doc.sentence_at(actor.start).end, actor.end + _STRETCH)
            if not actor.modifier and against[country] < 2 and _PROTESTS.search(self._doc.normal, actor.end, end):
                against[country] += 1
        most = max(spoken.values(), default=1)
        return {c: 2.0 * n / most - against[c] for c, n in spoken.items() if n >= 2 or against[c]}

    def _from_own_words(self, launch: Told) -> Iterator[tuple[str, float]]:
        """The party a sighting gives by inference, and the makers of the weapon it names."""
        own = launch.sightings[:_READ]
        party = next((c for s in own if s.actor and (c := self._state(s.actor.country))), None)
        if party:
            yield party, 5.0
        yield from _made([s.entry for s in own if s.entry is not None][:1], 4.0)

    def _from_places(self, launch: Told) -> Iterator[tuple[str, float]]:
        """Where it left from speaks for a state, where it struck against; other places told of beside it a little."""
        own = launch.sightings[:_READ]
        read = [(p.start, p.end) for s in own for p in s.places[:_READ]]
        spans = [self._doc.sentences[s.sentence] for s in own]
        ends = [(max(n.start, s.at - _STRETCH), min(n.end, s.at + _STRETCH)) for n, s in zip(spans, own, strict=True)]
        hostile = any(_HOSTILE.search(self._doc.normal, start, end) for start, end in ends)
        for sighting in own:
            for place in sighting.places[:_READ]:
                if place.role == "site" and place.country:
                    home = place.country in LAUNCH_AT_HOME
                    weight = (8.0 if home else 5.0) if place.rank >= 3 else 3.0
                    yield _TENANTS.get(place.country, place.country), weight
                elif place.role == "landing" and place.country:
                    own_war = place.country in AT_WAR_WITHIN
                    yield place.country, (1.0 if own_war else -2.5) if hostile else -0.5
                    for foe in _FOES.get(place.country, ()):
                        yield foe, 1.5 if hostile and foe in self._named else 0.0
        for start, end, weight in self._around(launch):
            for mention in self._doc.mentions_in(start, end, "place"):
                entry = mention.entry
                if not isinstance(entry, Place) or len(entry.country) != 1 or mention.start in self._acting:
                    continue
                if mention.end <= self._doc.dateline_end or any(s <= mention.start < e for s, e in read):
                    continue
                home = entry.kind in ("launch_site", "test_range", "base")
                yield _TENANTS.get(entry.country[0], entry.country[0]), weight * (2.0 if home else 0.8)
            for match in _SHIP.finditer(self._doc.normal, start, end):
                yield _SHIPS[match[1]], weight * 2.5

    def _from_others(self, launch: Told) -> Iterator[tuple[str, float]]:
        """The launchers of the article's other launches."""
        if launch.like is not None and launch.like.country:
            yield launch.like.country, 3.0
        others = self._settled - Counter([launch.country] if launch.country else [])
        total = sum(others.values())
        for country, times in others.items():
            yield country, 4.0 * times / total

    def _from_near(self, launch: Told) -> Iterator[tuple[str, float]]:
        """Parties named where the launch is told of, armed groups and launch firms first."""
        seen: set[tuple[str, float, str]] = set()
        for start, end, near in self._around(launch):
            for actor in self._doc.actors_in(start, end):
                country = self._state(actor.country)
                if country is None or actor.end <= self._doc.dateline_end:
                    continue
                weight = self._weight(launch, actor, near / 2)
                if weight and (country, near, actor.kind) not in seen:
                    seen.add((country, near, actor.kind))
                    yield country, weight

    def _weight(self, launch: Told, actor: Actor, near: float) -> float:
        """What a party named in the launch's sentence (`near` 1.0) or paragraph (0.5) says of who launched."""
        kind = self._kind(actor)
        following = self._doc.normal[actor.end : actor.end + 40]
        if near == 1.0 and _ADMITS.match(following):
            return 5.0
        if kind == "group":
            return 0.0 if launch.weapon_class == "space_launch_vehicle" else self._arms_of(launch, actor) + 2.0 * near
        if kind == "firm":
            return 5.0 * near if launch.weapon_class in _SPACE else near
        if actor.start not in self._acting or self._doc.peeled(actor.start):
            return 0.0
        if actor.modifier and _FROM_ITS.search(self._doc.normal, max(0, actor.start - 24), actor.start):
            return 5.0 * near
        if actor.modifier:
            return 0.0 if _VICTIMS.match(following) else 1.5 * near
        return 2.0 if launch.planned and near == 1.0 else near

    def _arms_of(self, launch: Told, group: Actor) -> float:
        """What a group near a launch counts for: little where the weapon is named and none of its kind have it."""
        makers = next((s.entry.countries for s in launch.sightings[:_READ] if s.entry is not None), None)
        return 3.0 if not makers or group.country in makers else 0.0

    def _around(self, launch: Told) -> Iterator[tuple[int, int, float]]:
        """The sentences that tell of the launch (weight 2), and the rest of their paragraphs (weight 1)."""
        done: set[int] = set()
        for sighting in launch.sightings[:_READ]:
            sentence = self._doc.sentences[sighting.sentence]
            if sentence.index in done:
                continue
            done.add(sentence.index)
            start, end = max(sentence.start, sighting.at - _STRETCH), min(sentence.end, sighting.at + _STRETCH)
            yield start, end, 2.0
            paragraph = self._doc.paragraphs[sighting.paragraph]
            if paragraph.start < start:
                yield max(paragraph.start, start - _STRETCH), start, 1.0
            if end < paragraph.end:
                yield end, min(paragraph.end, end + _STRETCH), 1.0

    # -- the party -----------------------------------------------------------------------------------------------------

    def _known_parties(self) -> dict[tuple[str, bool], Actor]:
        """By state and whether it is a space launch: a launch firm or an armed group named, else the state itself."""
        parties: dict[tuple[str, bool], Actor] = {}
        for actor in sorted(self._doc.actors, key=lambda a: not self._kind(a)):
            country, kind = self._state(actor.country), self._kind(actor)
            for spacefaring in (False, True):
                if country and kind != ("group" if spacefaring else "firm"):
                    parties.setdefault((country, spacefaring), actor)
        return parties

    def _placed(self, launch: Told, country: str) -> bool:
        if (country, False) in self._parties or (country, True) in self._parties:
            return False
        made = any(s.entry is not None and country in s.entry.countries for s in launch.sightings[:_READ])
        ship = any(_SHIPS[match[1]] == country for match in _SHIP.finditer(self._doc.normal))
        return not made and not ship

    def _state(self, code: str | None) -> str | None:
        state = self._doc.packs.states.get(code or "")
        if isinstance(state, State) and state.organisation:
            return "FRA" if code == "ESA" else None
        return code


def _made(entries: Iterable[Weapon], weight: float) -> Iterator[tuple[str, float]]:
    """The weight shared out among the makers and users of the weapons."""
    makers = sorted({code for entry in entries for code in entry.countries})
    for maker in makers:
        yield maker, weight / len(makers)


def _after_place_word(text: str, offset: int) -> bool:
    """Whether what stands at `offset` is where something went or was: "into Israel", "at South Korea"."""
    before = text[max(0, offset - 24) : offset].lower()
    return (
        re.search(r"\b(?:into|onto|toward|towards|at|over|across|against|near|off|in)\s(?:the\s|[a-z]+ern\s)?$", before)
        is not None
    )
