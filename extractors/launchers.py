"""Whose launch it was, where its own words name nobody: what the article says elsewhere, weighed state by state.

No single sign settles it. A frigate's prefix, the place of launch, a rebel group, the maker of a weapon that few own,
who is blamed, who owns up and the headline's subject each speak for a state; who protests or takes cover speaks against
its own. Where too little is said of anybody, nobody is guessed: most such articles tell of no launch.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from extractors.actors import Actor
from extractors.discourse import LAUNCH_AT_HOME, Told
from extractors.document import Document
from extractors.entries import Body, Group, Place, State, Weapon
from extractors.packs import Mention
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
    "RUS": ("UKR",), "UKR": ("RUS",), "IND": ("PAK",), "PAK": ("IND",), "THA": ("KHM",), "KHM": ("THA",),
    "ISR": ("IRN", "LBN", "PSE", "YEM"), "IRN": ("ISR",),
}  # fmt: skip
_AT_WAR = {"RUS": "UKR", "UKR": "RUS"}
# What each kind of sign is worth: fitted by multinomial logistic regression on labelled articles, set by set left out,
# and rounded; kinds that did not help on sets left out are gone.
_WEIGHTS = {
    "group": 5, "site at home": 4, "maker": 4, "platform": 4, "headline": 4, "foe": 3, "others": 3, "home of a firm": 3,
    "site": 2, "ship": 2, "admits": 2, "blamed": 2, "maker named": 2, "firm near": 2, "firm": 1, "dateline": -0.5,
    "protests": -2,
}  # fmt: skip
_ENOUGH = 1.5
_READ = 8  # sightings of a launch, and places of a sighting, that are weighed
_STRETCH = 600  # characters about a sighting
_DATELINE = 30  # characters
_SUBJECT = 60  # characters from a subject to its verb
_PREDICATE = 80  # characters from a subject to the end of what is said of it
# Whose launches leave from the soil of another state.
_TENANTS = {"KAZ": "RUS", "MHL": "USA"}
_SPACE = ("space_launch_vehicle", "projectile", None)

# Patterns that follow a party are matched at its end; those that end in "$" are searched in what stands before it.
_PROTESTS = re.compile(
    r"\b(?:condemn|denounc|deplor|decr(?:y|i)|protest|rebuk|provocati|violat|unacceptable|reckless|summon|intercept|"
    r"shot down|shoot down|brought down|sirens?|shelters?)",
    re.IGNORECASE,
)
_HOSTILE = re.compile(
    r"\b(?:kill|wound|injur|hurt|damag|struck|attack|strike|raid|intercept|shot down|casualt|destroy|hits?\b|ablaze|"
    r"on fire|shell(?:ed|ing)|slammed|crashed into)",
    re.IGNORECASE,
)
_ARMS = r"(?:missiles?|rockets?|drones?|launch(?:es)?|(?:test-?)?firings?|tests?|strikes?|attacks?|barrages?|salvos?)"
_OWNS_ARMS = re.compile(
    r"(?:'s?)?(?:\s[\w'-]+){0,4}?\s(?:" + _ARMS + r"|launch\w*|shots?|volleys?|satellites?|warheads?|submarines?|"
    r"warships?|projectiles?|shoots?|flights?)\b",
    re.IGNORECASE,
)
_KOREA = re.compile(r"\b(North|South)\b(?! Korea)")
_HAD = r"(?:it|they|he|(?:its|their|his)\s[\w-]+(?:\s[\w-]+)?)\s(?:had|has|have)\s"
_ADMITS = re.compile(
    r"\W{0,2}(?:(?:later|also|had|has|have|then)\s){0,2}(?:admit|acknowledg|conced|own(?:s|ed) up|apologi|"
    r"claim(?:s|ed)?\s(?:it\b|responsib|the\s|to\shave\s)|took\s(?:the\s)?(?:credit|responsib)|"
    r"(?:hit|struck|pounded|attacked)\b[^.\n]{0,60}\swith\s|(?:said|says)\s(?:later\s|on\s\w+\s)?(?:that\s)?"
    + _HAD
    + r"(?:fired|launched|hit|struck|targeted|attacked|answered|carried|tested|shelled|used|aimed))",
    re.IGNORECASE,
)
_BLAMES = re.compile(
    r"\b(?:blam(?:ed|es|ing)|accus(?:ed|es|ing)|summon(?:ed|s|ing)|urg(?:ed|es|ing)|call(?:ed|s)?\son|"
    r"condemn(?:ed|s|ing)?|denounc(?:ed|es|ing)|deplor(?:ed|es|ing)|(?:protest|complain)(?:ed|s)?(?:\s\w+)?\s(?:to|with)|"
    + _ARMS
    + r"\s(?:(?:fired|launched|sent)\s)?(?:by|from)|"
    r"(?:claimed|fired|launched|sent|shot)\s(?:by|from)|attributed\sto|(?:provocation|aggression|violation|attack)s?\sby)\s(?:the\s|a\s)?$",
    re.IGNORECASE,
)
_SUPPLIER = re.compile(
    r"(?:-|,\s(?:which|who)\s(?:had\s|has\s)?)(?:back|arm|suppl|fund|support|train|ma[dk]e|buil[dt]|provid|s[oe]l[dl])"
)
_TARGETS = re.compile(
    r"(?:'s)?\s(?:[\w-]+\s)?(?:bases?|radars?|positions?|targets?|sites?|strongholds?|depots?|commanders?|leaders?|"
    r"hideouts?|fighters|militants|jails?|posts?|camps?|convoys?|ports?|airports?|troops|soldiers)\b"
)
_AIMED_AT = re.compile(
    r"\b(?:against|at|on|targeting|hit|struck|killed|bombed|(?:commander|leader|official|member|chief|fighter|base|"
    r"stronghold|depot|site)s?\sof)\s(?:the\s)?$",
    re.IGNORECASE,
)
_FIRM = re.compile(
    r"(?:'s|-(?:based|headquartered|listed|run))?\s(?:[\w-]+\s){0,2}(?:firms?|compan(?:y|ies)|start-?ups?|makers?|"
    r"manufacturers?|ventures?|builders?|providers?|developers?|outfits?)\b"
)
_PAYLOAD = re.compile(
    r"(?:'s?)?(?:\s[\w-]+){0,4}?\s(?:satellites?|cubesats?|spacecraft|payloads?|telescopes?|probes?|constellations?|"
    r"orbiters?|landers?|capsules?)\b"
)
_CUSTOMER = re.compile(
    r"\b(?:(?<!man )(?<!woman )(?<!person )(?<!official )for|belong(?:s|ed|ing)\sto|customers?|operator)\s(?:the\s)?$",
    re.IGNORECASE,
)
_FROM = re.compile(r"\b(?:[Ff]rom|left|leaving)\s(?:the\s)?(?:[A-Z][\w-]+,\s)?$")
_ABOARD = re.compile(r"\b(?:from|by|aboard)\s(?:(?:the|an?|two|three|four|five|six|several)\s)?$")
_RIDES = re.compile(r"\b(?:on|aboard|atop|by)\s(?:the|an?)\s$")
_ROCKET = re.compile(r"(?:'s)?\s(?:[\w-]+\s){0,2}(?:rocket|launch\svehicle|booster)\b(?!\slaunch)")
_PLATFORM = re.compile(
    r"(?:'s)?\s(?:[\w-]+\s){0,2}(?:warships?|ships?|destroyers?|frigates?|cruisers?|corvettes?|submarines?|jets?|"
    r"aircraft|bombers?|fighters?|planes?|warplanes?|batter(?:y|ies)|territory|soil)\b"
)

Sign = tuple[str, str, float]
"""What kind of evidence, for which state, and how much of it."""


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
        self._named = Counter(actor.country for actor in document.actors if actor.country)
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

    def launches(self, country: str | None, *, said: bool = False) -> bool:
        """Whether the state is one that launches things; any may where it is `said` to."""
        state = self._doc.packs.states.get(country or "")
        return state is not None and (said or state.zone is not None) and not state.organisation

    def party(self, country: str, *, spacefaring: bool) -> Actor | None:
        """The launch firm or armed group of that state that the article names, else any party of it."""
        return self._parties.get((country, spacefaring))

    def _settle(self, launch: Told, country: str) -> None:
        if launch.country:
            self._settled[launch.country] -= 1
        self._settled[country] += 1
        launch.country = country

    def _find(self, launch: Told) -> Launcher | None:
        weights: dict[str, float] = {}
        for kind, country, times in self._signs(launch):
            weights[country] = weights.get(country, 0.0) + _WEIGHTS[kind] * times
        known = {country: weight for country, weight in weights.items() if self.launches(country)}
        known = self._by_builders(launch, known)
        best = max(known, key=lambda country: (known[country], self._named[country], country), default=None)
        if best is None or known[best] < _ENOUGH:
            return self._by_place(launch)
        return Launcher(best, self._placed(launch, best))

    def _by_builders(self, launch: Told, known: dict[str, float]) -> dict[str, float]:
        """Of a space rocket named only those who build it: nobody else sends it up."""
        rocket = next((s.entry for s in launch.sightings[:_READ] if s.entry is not None), None)
        if rocket is None or rocket.weapon_class != "space_launch_vehicle":
            return known
        return {country: weight for country, weight in known.items() if country in rocket.countries} or known

    def _by_place(self, launch: Told) -> Launcher | None:
        """Where nobody is named: the state it left from, or the one at war within itself where it struck.

        Who closes a sea, or tells of a launch to come in other ways, is its launcher.
        """
        for sighting in launch.sightings[:_READ]:
            if launch.planned and (announcing := self._announcing(sighting)):
                return Launcher(announcing, False)
            country = next(self._origins(sighting), None)
            country = country or next((p.country for p in sighting.places if p.country in AT_WAR_WITHIN), None)
            if country:
                return Launcher(country, True)
        return self._by_war(launch)

    def _by_war(self, launch: Told) -> Launcher | None:
        """In the war of two states what is shot down over the one, and reported by nobody else, is the other's."""
        most = self._named.most_common(1)
        foe = _AT_WAR.get(most[0][0] or "") if most else None
        own = launch.sightings[:_READ]
        if foe is None or not any(s.stopped or s.rules[:1] == ("intercepted",) for s in own):
            hit = any(_HOSTILE.search(self._doc.normal, *self._about(sighting)) for sighting in own)
            foe = foe if hit and launch.weapon_class == "attack_drone" else None
        return Launcher(foe, False) if foe else None

    def _announcing(self, sighting: Sighting) -> str | None:
        start = max(self._about(sighting)[0], self._doc.dateline_end)
        before = (a for a in self._doc.actors_in(start, sighting.at) if not a.modifier)
        return next((c for a in before if self.launches(c := self._state(a.country))), None)

    def _origins(self, sighting: Sighting) -> Iterator[str]:
        """States of the launch sites and test ranges named beside a launch, and of places that something came from."""
        start, end = self._vicinity(sighting)
        for mention in [*self._doc.mentions_in(start, end, "place"), *self._doc.mentions_in(0, _DATELINE, "place")]:
            home = isinstance(mention.entry, Place) and mention.entry.kind in ("launch_site", "test_range")
            if home or _FROM.search(self._doc.normal, max(0, mention.start - 30), mention.start):
                yield from self._territory(mention)

    # -- evidence ------------------------------------------------------------------------------------------------------

    def _signs(self, launch: Told) -> Iterator[Sign]:
        armed = launch.weapon_class != "space_launch_vehicle"
        spacefaring = launch.weapon_class in _SPACE
        for sign in self._everywhere:
            if (armed or sign[0] != "group") and (spacefaring or sign[0] not in ("firm", "home of a firm")):
                yield sign
        yield from _made("maker", [s.entry for s in launch.sightings[:_READ] if s.entry is not None][:1])
        yield from self._from_places(launch)
        yield from self._from_near(launch, spacefaring=spacefaring)
        others = self._settled - Counter([launch.country] if launch.country else [])
        yield from (("others", country, times / others.total()) for country, times in others.items())
        if launch.like is not None and launch.like.country:
            yield "others", launch.like.country, 0.5

    @cached_property
    def _flags(self) -> set[str]:
        """The states of the warships that the article names."""
        return {_SHIPS[match[1]] for match in _SHIP.finditer(self._doc.normal)}

    @cached_property
    def _everywhere(self) -> list[Sign]:
        """What counts for every launch of the article."""
        text = self._doc.normal
        counted: dict[str, set[str]] = {kind: set() for kind in ("blamed", "admits", "firm")}
        protests: Counter[str] = Counter()
        for actor in self._doc.actors:
            country = self._state(actor.country)
            if country is None or actor.end <= self._doc.dateline_end:
                continue
            for kind in self._parts(actor):
                counted[kind].add(country)
            end = min(self._doc.sentence_at(actor.start).end, actor.end + _PREDICATE)
            if not actor.modifier and protests[country] < 2 and _PROTESTS.search(text, actor.end, end):
                protests[country] += 1
        groups = self._doc.mentions_in(0, len(text), "group")
        counted["group"] = {m.entry.country for m in groups if isinstance(m.entry, Group) and not self._is_aimed_at(m)}
        counted["home of a firm"] = set(self._homes_of_firms())
        counted["ship"] = self._flags
        counted["dateline"] = {self._doc.dateline} if self._doc.dateline else set()
        found = [(kind, country, 1.0) for kind, countries in counted.items() for country in sorted(countries)]
        found += [("protests", country, float(times)) for country, times in protests.items()]
        documents = [self._doc] if self._headline is None else [self._doc, self._headline]
        named = {m.entry.id: m.entry for d in documents for m in d.mentions if isinstance(m.entry, Weapon)}
        return [*found, *_made("maker named", named.values()), *self._from_title()]

    def _parts(self, actor: Actor) -> Iterator[str]:
        """The parts that a mention gives its party: blamed, owning up, a launch firm."""
        text = self._doc.normal
        if not self._supplies(actor) and _BLAMES.search(text, max(0, actor.start - 48), actor.start):
            yield "blamed"
        if _ADMITS.match(text, actor.end):
            yield "admits"
        if self._is_launch_firm(actor):
            yield "firm"

    def _supplies(self, actor: Actor) -> bool:
        """Whether a party arms or backs who launches: "Iran-backed", "Rwanda, which arms them"."""
        return _SUPPLIER.match(self._doc.normal, actor.end) is not None

    def _is_aimed_at(self, group: Mention) -> bool:
        """Whether a group is what was fired at: "against the Houthis", "Houthi radars", "a commander of Hezbollah"."""
        text = self._doc.normal
        if _TARGETS.match(text, group.end):
            return True
        return _AIMED_AT.search(text, max(0, group.start - 32), group.start) is not None

    def _is_launch_firm(self, actor: Actor) -> bool:
        """Whether it launches for a living and is not the customer here: "TASA's satellite", "built for NASA"."""
        if not (isinstance(actor.entry, Body) and actor.entry.launches):
            return False
        text = self._doc.normal
        return not (_PAYLOAD.match(text, actor.end) or _CUSTOMER.search(text, max(0, actor.start - 24), actor.start))

    def _homes_of_firms(self) -> Iterator[str]:
        """States in which firms are said to sit: "the German firm", "the Beijing-based company"."""
        text = self._doc.normal
        for actor in self._doc.actors:
            if actor.country and _FIRM.match(text, actor.end):
                yield actor.country
        for mention in self._doc.mentions_in(0, len(text), "place"):
            if _FIRM.match(text, mention.end):
                yield from self._territory(mention)

    def _from_title(self) -> Iterator[Sign]:
        """The party that launches in the headline, or owns the arms it speaks of."""
        named = (s.actor for s in self._title if s.actor is not None and not s.actor.inferred)
        acting = (country for actor in named if (country := self._state(actor.country)))
        country = next(acting, None) or self._owner_in_title()
        if country:
            yield "headline", country, 1.0

    def _owner_in_title(self) -> str | None:
        if self._headline is None:
            return None
        text = self._headline.normal
        korea = _KOREA.search(text) if self._named.keys() & {"PRK", "KOR"} else None
        if korea:
            return {"North": "PRK", "South": "KOR"}[korea[1]] if _OWNS_ARMS.match(text, korea.end()) else None
        owners = (a for a in self._headline.actors if a.modifier and not _PAYLOAD.match(text, a.end))
        return next((self._state(a.country) for a in owners if _OWNS_ARMS.match(text, a.end)), None)

    def _from_places(self, launch: Told) -> Iterator[Sign]:
        """Where it left from speaks for a state; where it struck, for who is at war with the state there."""
        own = launch.sightings[:_READ]
        hostile = any(_HOSTILE.search(self._doc.normal, *self._about(sighting)) for sighting in own)
        for place in (p for s in own for p in s.places[:_READ]):
            if not place.country:
                continue
            if place.role == "site":
                kind = "site at home" if place.country in LAUNCH_AT_HOME and place.rank >= 3 else "site"
                yield kind, _TENANTS.get(place.country, place.country), 1.0 if place.rank >= 3 else 0.5
            elif place.role == "landing" and hostile:
                yield from self._foes(place.country)
        yield from (("site", country, 1.0) for country in sorted({c for s in own for c in self._left_from(s)}))

    def _left_from(self, sighting: Sighting) -> Iterator[str]:
        """States of places that something came from, later in the sentence of a sighting and read as no place of it."""
        read = {p.start for p in sighting.places[:_READ]}
        for mention in self._doc.mentions_in(sighting.at, self._about(sighting)[1], "place"):
            if _FROM.search(self._doc.normal, max(0, mention.start - 30), mention.start) and mention.start not in read:
                yield from self._territory(mention)

    def _territory(self, mention: Mention) -> Iterator[str]:
        """The state that launches from a place, if the place is in one state only."""
        if isinstance(mention.entry, Place) and len(mention.entry.country) == 1:
            yield _TENANTS.get(mention.entry.country[0], mention.entry.country[0])

    def _foes(self, country: str) -> Iterator[Sign]:
        foes = _FOES.get(country, ())
        for foe in foes:
            if foe in self._named or len(foes) == 1:
                yield "foe", foe, 1.0 / len(foes) if foe in self._named else 0.5

    def _from_near(self, launch: Told, *, spacefaring: bool) -> Iterator[Sign]:
        """Launch firms, warships and the like named where the launch is told of; half as much beside its sentences."""
        best: dict[tuple[str, str], float] = {}
        for sighting in launch.sightings[:_READ]:
            sentence = self._about(sighting)
            start, end = self._vicinity(sighting)
            found = list(self._platforms(sighting, start, end))
            if spacefaring:
                firms = (a for a in self._doc.actors_in(start, end) if self._is_launch_firm(a))
                found += [("firm near", a.start, country) for a in firms if (country := self._state(a.country))]
            for kind, at, country in found:
                near = 1.0 if sentence[0] <= at < sentence[1] else 0.5
                best[kind, country] = max(near, best.get((kind, country), 0.0))
        yield from ((kind, country, near) for (kind, country), near in best.items())

    def _platforms(self, sighting: Sighting, start: int, end: int) -> Iterator[tuple[str, int, str]]:
        """Whose ship or rocket it left: "USS Gravely fired", "from two American jets", "on a Chinese rocket"."""
        text = self._doc.normal
        for match in _SHIP.finditer(text, start, end):
            subject = match.start() < sighting.at < match.end() + _SUBJECT
            if subject or _ABOARD.search(text, max(start, match.start() - 20), match.start()):
                yield "platform", match.start(), _SHIPS[match[1]]
        for actor in self._doc.actors_in(start, end):
            country = self._state(actor.country)
            near = max(start, actor.start - 20)
            aboard = _PLATFORM.match(text, actor.end) and _ABOARD.search(text, near, actor.start)
            rides = _ROCKET.match(text, actor.end) and _RIDES.search(text, near, actor.start)
            if country and actor.modifier and (aboard or rides):
                yield "platform", actor.start, country

    def _vicinity(self, sighting: Sighting) -> tuple[int, int]:
        """Offsets of the paragraph of a sighting, or of the stretch about its sentence in a very long one."""
        start, end = self._about(sighting)
        paragraph = self._doc.paragraphs[sighting.paragraph]
        return max(paragraph.start, start - _STRETCH), min(paragraph.end, end + _STRETCH)

    def _about(self, sighting: Sighting) -> tuple[int, int]:
        """Offsets of the sentence of a sighting, or of the stretch about it in a very long one."""
        sentence = self._doc.sentences[sighting.sentence]
        return max(sentence.start, sighting.at - _STRETCH), min(sentence.end, sighting.at + _STRETCH)

    # -- the party -----------------------------------------------------------------------------------------------------

    def _known_parties(self) -> dict[tuple[str, bool], Actor]:
        """By state and whether it is a space launch: a launch firm or an armed group named, else the state itself."""
        parties: dict[tuple[str, bool], Actor] = {}
        special = {a.start for a in self._doc.actors if a.kind == "group" or self._is_launch_firm(a)}
        for actor in sorted(self._doc.actors, key=lambda a: a.start not in special):
            country = self._state(actor.country)
            for spacefaring in (False, True):
                other = actor.start in special and (actor.kind == "group") == spacefaring
                if country and not other:
                    parties.setdefault((country, spacefaring), actor)
        return parties

    def _placed(self, launch: Told, country: str) -> bool:
        if (country, False) in self._parties or (country, True) in self._parties:
            return False
        made = any(s.entry is not None and country in s.entry.countries for s in launch.sightings[:_READ])
        return not made and country not in self._flags

    def _state(self, code: str | None) -> str | None:
        state = self._doc.packs.states.get(code or "")
        if isinstance(state, State) and state.organisation:
            return "FRA" if code == "ESA" else None
        return code


def _made(kind: str, entries: Iterable[Weapon]) -> Iterator[Sign]:
    """One point shared out among the makers and users of the weapons."""
    makers = sorted({code for entry in entries for code in entry.countries})
    for maker in makers:
        yield kind, maker, 1.0 / len(makers)
