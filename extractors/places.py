"""Places of a sentence with their role: where a launch came from, and where it fell, was aimed or flew.

A preposition and the word of motion before it give a place its role ("rose from", "fell into", "an attack on"); where
they leave it open, what kind of place it is does ("at the range" is a site, "at Haifa" a target).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from extractors.chunks import Row
from extractors.document import Document
from extractors.placenames import SEA_NOUNS, SHORES, SITE_NOUNS, Name, NameReader
from extractors.text import word_set

Role = Literal["site", "landing"]
Motion = Literal["launch", "rise", "fly", "fall", "aim", "stop", ""]


@dataclass(frozen=True, slots=True)
class PlacePhrase:
    """A place with its role; `text` as written without leading articles, offsets of that text. Higher `rank` wins.

    `lead` is the word before it that gave the role; `chunk` the index of that word's chunk in the sentence's row.
    """

    role: Role
    text: str
    start: int
    end: int
    rank: int
    country: str | None
    chunk: int
    lead: str = ""


_ORIGIN = word_set("from off")
_GOAL = word_set("into onto toward towards against upon")
_SPOT = word_set("at in near on off inside outside between beside around along beyond short")
_PASSED = word_set("over across above past through")
_SIDES = word_set(
    "north south east west northeast northwest southeast southwest north-east north-west south-east south-west"
)
_LAUNCH = word_set(
    """fire fires fired firing launch launches launched launching test-fire test-fires test-fired test-firing test-
    launched tests test tested testing shoot shoots shot shooting shots lob lobs lobbed lobbing hurl hurls hurled
    hurling loose looses loosed loosing unleash unleashes unleashed unleashing discharge discharged discharging
    propelled loft lofts lofted lofting blasted rain rains rained raining fling flings flung throw throws threw
    thrown shower showered send sends sent sending dispatched released poured pours pour pumped salvo salvos
    volley volleys barrage barrages trial trials flight-tested flight-test exercise drill firings let loosed
    attack attacks attacked strike strikes raid raids missile missiles rocket rockets drone drones projectile
    projectiles weapon weapons munition munitions katyushas round rounds popped squeezed sped conducted staged
    demonstration"""
)
_RISE = word_set(
    """rose rise rises rising lifted lift lifting lift-off liftoff blast-off took take taking taken takes climbed climb
    climbs climbing soared soar roared roar thundered thunders departed departing departure depart sprang leapt leaped
    burst bursts darted streaked emerged surfaced ascended ascent set airborne surged rocketed whooshed jumped went go
    goes raised left leaves leaving"""
)
_FLY = word_set(
    """flew fly flies flying flown flight flights travelled traveled travel travels travelling traveling cover covered
    covering cross crossed crosses crossing passed overflew sped headed heading arced traced circled circling
    soared trajectory course bent strayed veered"""
)
_FALL = word_set(
    """fell fall falls falling fallen landed land lands landing came come comes coming dropped drop drops dropping
    splashed splashing splashdown splash plunged plunge plunging crashed crash crashes crashing slammed slam
    smashed ploughed plowed hit hits hitting struck striking strikes impact impacts impacted impacting explode
    exploded explodes exploding detonated end ended ends buried sank sink punched pierced dug reached reach
    reaching arrived ditched tumbled thudded nosed tore tear destroyed destroy destroying damaged wrecked killed
    wounded injured debris wreckage fragments remains crater craters target targets targeted targeting dived dove
    plopped ploughing entered entering broke dead burned burnt ablaze slamming missed bullseye got touched
    returned"""
)
_AIM = word_set("aimed aim aiming bound toward destined intended directed direct way route en direction headed heading")
_STOP = word_set(
    """intercepted intercepting intercept interception downed downing shot-down eliminated neutralised neutralized
    repelled destroyed"""
)
_BROUGHT = word_set("shot brought knocked taken swatted gunned hacked blown")
_MOTIONS: tuple[tuple[frozenset[str], Motion], ...] = (
    (_STOP, "stop"), (_AIM, "aim"), (_FALL, "fall"), (_FLY, "fly"), (_RISE, "rise"), (_LAUNCH, "launch"),
)  # fmt: skip
_OF: dict[str, Motion] = {word: motion for words, motion in reversed(_MOTIONS) for word in words}
_WEAPONS = word_set(
    "missile missiles rocket rockets drone drones projectile projectiles weapon weapons munition munitions round rounds"
)
_LYING = word_set(
    "parked stationed lying lay deployed positioned submerged moored hidden anchored surfaced berthed based sited hid"
)
_BEFORE_FROM = word_set(
    "away up off aloft skyward out again it them they both one satellite satellites crew spacecraft"
)
_UNITS = word_set(
    """launcher launchers battery batteries unit crew crews battalion brigade regiment submarine submarines destroyer
    frigate corvette cruiser warship warships ship ships vessel boat carrier platform pontoon barge pad pads silo
    silos rail lorry truck trucks vehicle complex position positions militants fighters rebels gunners
    tube canister berth dock pier stand table mount tel"""
)
_AFLOAT = word_set(
    """submarine submarines destroyer frigate corvette cruiser warship warships ship ships vessel boat carrier platform
    pontoon barge vessels boats"""
)
_SPOKEN = word_set(
    """rebuke rebukes condemnation condemnations protest protests call calls criticism reaction reactions response
    responses statement statements report reports footage comment comments praise support appeal anger outrage word
    data images information objections far pictures video photographs said told wrote order orders
    message messages aid help distance withdraw withdrew withdrawal km kilometres kilometers miles nm"""
)
_STRIKES = word_set(
    """hit hits hitting struck strikes striking pounded pound pounds pounding pummelled pummeled shelled bombarded
    bombarding targeted targets targeting battered rocked showered showering peppered peppering reached reaching
    attacked attacking slammed wrecked destroyed destroying damaged damaging rattled rattle overflew crossed entered
    crossing raked blitzed strafed demolished gutted levelled leveled"""
)
_LEAVES = word_set("left leaves leaving departed departs departing quit quitted vacated")
_PADS = word_set("spaceport cosmodrome pad pads silo silos launchpad range ranges polygon pontoon launcher")
_FOR_LAUNCHES = word_set("launch launching test testing space satellite missile rocket firing proving flight")
_POINTS = word_set("point site position place origin pad location area")
_SPEAKING_ON = word_set("called call calls calling urged pressed pressure sanctions insisted imposed agreed")
_STAGES = word_set("booster boosters stage core")
_TOUCHED = word_set("landed lands landing touched touchdown returned settled stuck recovered")
_ON_LEAVING = word_set("after before of on upon since seconds minutes")
_IMPACT = word_set("impact target")
_HARMED = word_set("killed wounded injured killing wounding injuring hurt dead died suspicion")
_AIMING = word_set("at against on targeting targeted hit struck hitting striking into")
_CUTS = word_set("which who whose while whereas although though because but")
_SHIP = re.compile(
    r"\b(?:USS|USNS|HMS|RFA|HMAS|HMNZS|HMCS|INS|PNS|ROKS|JS|FS|ITS|TCG|BRP|KRI|HNLMS|ROCS|CNS|IRIS)"
    r"(?: [A-Z][\w'-]+){1,3}"
)
# Words that can introduce a place.
_LEADS = (
    _ORIGIN | _LEAVES | _GOAL | _STRIKES | _PASSED | _SIDES | _SPOT
    | {"of", "leaving", "to", "was", "were", "is", "lay"}
)  # fmt: skip
_BACK = 14  # words a word of motion may stand before its place


class PlaceReader:
    """Place phrases of the rows of one document."""

    def __init__(self, document: Document) -> None:
        self._doc = document
        self._words = document.words
        self._names = NameReader(document)

    def read(self, row: Row) -> list[PlacePhrase]:
        """All place phrases of a sentence that have a role, in text order, without overlap."""
        first = self._names.word_at(max(row.sentence.start, self._doc.dateline_end))
        limit = self._names.word_at(row.sentence.end)
        starts = [chunk.start for chunk in row.chunks]
        found: list[PlacePhrase] = []
        at = first
        while at < limit:
            low = self._words[at].low
            read = self._role(at, first, limit) if low in _LEADS and not self._apposed(at, found) else None
            if read is None:
                at += 1
                continue
            role, rank, name = read
            if role == "landing" and self._recovered(at, first):
                at = max(at + 1, name.after)
                continue
            text = self._doc.text[name.start : name.end]
            chunk = max(0, bisect_right(starts, self._words[at].start) - 1)
            found.append(PlacePhrase(role, text, name.start, name.end, rank, name.country, chunk, low))
            at = max(at + 1, name.after)
        found += self._ships(row, starts, found)
        return self._aimed(found)

    def _recovered(self, at: int, first: int) -> bool:
        """Whether what came down is a stage that landed to fly again, which says nothing of where a launch went."""
        before = {word.low for word in self._words[max(first, at - _BACK) : at]}
        return bool(before & _STAGES and before & _TOUCHED)

    def _apposed(self, at: int, found: list[PlacePhrase]) -> bool:
        """Whether word `at` only says where the place before it lies: "at Metula, in Israel's north"."""
        if not found or self._words[at].low not in ("in", "near", "on", "off"):
            return False
        end = found[-1].end
        return self._words[at].start - end <= 4 and self._doc.normal[end : self._words[at].start].strip() == ","

    def _aimed(self, found: list[PlacePhrase]) -> list[PlacePhrase]:
        """Beside an origin with "from", a range after "at" is the target."""
        if not any(p.role == "site" and p.lead == "from" for p in found):
            return found
        return [replace(p, role="landing") if p.role == "site" and p.lead == "at" else p for p in found]

    def _ships(self, row: Row, starts: list[int], found: list[PlacePhrase]) -> Iterator[PlacePhrase]:
        """A warship named as what a weapon left."""
        for match in _SHIP.finditer(self._doc.normal, row.sentence.start, row.sentence.end):
            if any(p.start < match.end() and match.start() < p.end for p in found):
                continue
            chunk = max(0, bisect_right(starts, match.start()) - 1)
            text = self._doc.text[match.start() : match.end()]
            yield PlacePhrase("site", text, match.start(), match.end(), 2, None, chunk, "ship")

    # -- roles ---------------------------------------------------------------------------------------------------------

    def _role(self, at: int, first: int, limit: int) -> tuple[Role, int, Name] | None:
        """(role, rank, name) of the place that word `at` introduces, or None where it introduces none."""
        low = self._words[at].low
        before = self._words[at - 1].low if at > first else ""
        if low == "from" or (low == "of" and before == "out"):
            return self._origin(at, first, limit)
        if low == "off" and self._motion(at, first) == "rise":
            return self._origin(at, first, limit)
        if low in _LEAVES or (low == "leaving" and before in _ON_LEAVING):
            name = self._names.read(at + 1, limit)
            return ("site", 5, name) if name and (self._is_site(name) or name.kind or name.proper) else None
        if low in _GOAL or (low == "of" and before == "direction"):
            return self._goal(at, first, limit)
        if low == "to":
            return self._destination(at, first, limit)
        if low in _STRIKES:
            name = self._names.read(at + 1, limit)
            return ("landing", 4 if self._telling(name) else 2, name) if name is not None else None
        if low in ("was", "were", "is", "lay") and before in _POINTS:
            return self._point(at, first, limit)
        if low in _PASSED:
            return self._overflown(at, first, limit)
        if low in _SIDES and before != "the" and at + 1 < limit and self._words[at + 1].low == "of":
            return self._beside(at, first, limit)
        if low in _SPOT:
            return self._spot(at, first, limit)
        return None

    def _motion(self, at: int, first: int, reach: int = _BACK) -> Motion:
        """The nearest word of motion before word `at`, in the same clause; a bare weapon counts where there is none."""
        weapon: Motion = ""
        for back in range(at - 1, max(first, at - reach) - 1, -1):
            low = self._words[back].low.removesuffix("'s")
            if low in _CUTS or low == ";":
                break
            if low in _WEAPONS:
                weapon = "launch"
            elif low == "burst":
                return "rise" if self._words[back + 1].low in ("from", "out", "off", "through") else "fall"
            elif low in _BROUGHT and self._words[back + 1].low == "down":
                return "stop"
            elif low in _OF:
                return _OF[low]
        return weapon

    def _origin(self, at: int, first: int, limit: int) -> tuple[Role, int, Name] | None:
        name = self._names.read(at + 1, limit)
        if name is None or not self._leaves(at, first) or self._bare_water(name):
            return None
        if self._afloat(at + 1, name):
            return "site", 2, name
        return "site", 5 if name.proper else 3, name

    def _leaves(self, at: int, first: int) -> bool:
        """Whether "from" at word `at` goes with a launch: not "rebukes from Paris", nor "18 km from the coast"."""
        before = self._words[at - 1]
        if at == first or before.low in (",", "-", "—", ":"):
            return not self._spoken_by(at)
        if before.low in _SPOKEN or self._names.measured(at - 1):
            return False
        if self._motion(at, first, 5):
            return True
        if not self._motion(at, first):
            return False
        plain = before.text[0].islower() and not before.low.endswith("ly")
        return not plain or before.low in _BEFORE_FROM or self._names.timed(at - 1)

    def _spoken_by(self, at: int) -> bool:
        """Whether somebody speaks or acts from there: "From Tehran, Brigadier Zarrabi called ..."."""
        comma = next((i for i in range(at, min(at + 8, len(self._words))) if self._words[i].text == ","), None)
        return comma is not None and self._names.person(comma + 1)

    def _bare_water(self, name: Name) -> bool:
        return not name.proper and self._has(name, SEA_NOUNS) and name.end - name.start < 8

    def _goal(self, at: int, first: int, limit: int) -> tuple[Role, int, Name] | None:
        name = self._names.read(at + 1, limit)
        if name is None or not self._motion(at, first):
            return None
        return "landing", 5 if self._telling(name) else 3, name

    def _destination(self, at: int, first: int, limit: int) -> tuple[Role, int, Name] | None:
        """ "to X" after a word of flight or aim, or in "from X to Y"."""
        motion = self._motion(at, first)
        near = {word.low for word in self._words[max(first, at - 7) : at]}
        if motion not in ("fly", "aim") and not ("from" in near and motion):
            return None
        if self._words[at - 1].low in _SPOKEN | {"according", "due", "thanks"}:
            return None
        name = self._names.read(at + 1, limit)
        return ("landing", 3, name) if name is not None else None

    def _point(self, at: int, first: int, limit: int) -> tuple[Role, int, Name] | None:
        """ "The launch point was Sunan", "its starting position lay near the coast"."""
        if at - 2 < first or self._words[at - 2].low not in _FOR_LAUNCHES | {"starting"}:
            return None
        name = self._names.read(at + 1 + (self._words[at + 1].low in ("at", "in", "near")), limit)
        return ("site", 5, name) if name is not None and name.proper else None

    def _overflown(self, at: int, first: int, limit: int) -> tuple[Role, int, Name] | None:
        if self._motion(at, first) not in ("fly", "launch", "stop", "fall", "rise"):
            return None
        name = self._names.read(at + 1, limit)
        return ("landing", 2, name) if name is not None else None

    def _beside(self, at: int, first: int, limit: int) -> tuple[Role, int, Name] | None:
        """ "fell 200 km west of Japan's island": the side belongs to the name."""
        motion = self._motion(at, first)
        name = self._names.read(at + 2, limit)
        if name is None or motion not in ("fall", "fly", "aim"):
            return None
        return "landing", 3, name._replace(start=self._words[at].start)

    def _spot(self, at: int, first: int, limit: int) -> tuple[Role, int, Name] | None:
        """A place after "at", "in", "near" ...: what moved or lay there, or what it is, says which."""
        name = self._names.read(at + 1, limit)
        before = self._words[at - 1].low if at > first else ""
        if name is None or before in _SPEAKING_ON or (at > first and self._names.person(at - 1)):
            return None
        low, motion = self._words[at].low, self._motion(at, first)
        lies = before in _LYING or (before in _UNITS and low != "around" and self._moves_near(at, first, limit))
        if lies and not self._has(name, _IMPACT):
            if {word.low for word in self._words[max(first, at - 5) : at - 1]} & _AIMING and before in _UNITS:
                return "landing", 4, name
            return "site", 4 if name.proper else 2, name
        if motion in ("fall", "aim", "stop"):
            harm = any(word.low in _HARMED for word in self._words[max(first, at - 4) : at])
            sure = motion == "fall" and not harm
            return "landing", (4 if sure else 3) - 2 * (not self._telling(name)), name
        if low != "at" and self._aimed_at(at, first):
            return "landing", 4 if self._telling(name) else 2, name
        near: Motion = motion if self._motion(at, first, 8) and before != "," else ""
        if low == "at":
            return self._at(name, near)
        if name.kind in ("sea", "strait") or self._has(name, SEA_NOUNS):
            return ("landing", 3, name) if motion and low not in ("near", "around", "beside") else None
        if low == "off" and self._has(name, SHORES) and near:
            near_by = self._words[max(first, at - 2 * _BACK) : min(limit, at + _BACK)]
            afloat = any(word.low in _AFLOAT for word in near_by)
            return "site" if afloat else "landing", 3, name
        if not near:
            return ("site", 1, name) if self._is_site(name) and name.proper else None
        if low == "outside" and not name.kind:
            return None  # "from European soil outside Russia"
        if low in ("on", "inside", "outside", "between", "beyond", "short", "around", "beside"):
            return ("landing", 4 if low == "on" else 2, name) if near in ("launch", "fly") else None
        known = name.kind or low in ("near", "off") or self._is_site(name)
        return "site", 3 if known and name.proper else 1, name

    def _aimed_at(self, at: int, first: int) -> bool:
        """Whether the place only says where the target lies: "fired at a police post in Bannu"."""
        for back in range(at - 2, max(first, at - 7) - 1, -1):
            if self._words[back].low in _OF or self._words[back].low in (",", ";"):
                return False
            if self._words[back].low in ("at", "against"):
                timed = self._names.timed(back + 1) or self._words[back + 1].low in ("dawn", "dusk", "least", "around")
                return not timed and self._motion(back, first) in ("launch", "fly")
        return False

    def _moves_near(self, at: int, first: int, limit: int) -> bool:
        return any(word.low in _OF for word in self._words[max(first, at - _BACK) : min(limit, at + _BACK)])

    def _at(self, name: Name, motion: Motion) -> tuple[Role, int, Name] | None:
        """ "At": a site says where a launch was, anything else what it was aimed at."""
        if self._is_site(name):
            return ("site", 4 if motion else 1, name) if name.proper or motion else None
        if motion in ("launch", "fly"):
            return "landing", 5 if self._telling(name) else 3, name
        return ("site", 2, name) if motion else None

    def _telling(self, name: Name) -> bool:
        return name.proper or self._has(name, SEA_NOUNS)

    def _is_site(self, name: Name) -> bool:
        if name.kind in ("launch_site", "test_range"):
            return True
        if self._has(name, _PADS):
            return True
        return self._has(name, SITE_NOUNS) and self._has(name, _FOR_LAUNCHES)

    def _has(self, name: Name, nouns: frozenset[str]) -> bool:
        text = self._doc.normal[name.start : name.end].lower()
        return any(word.strip(".,'\"").removesuffix("'s") in nouns for word in text.split())

    def _afloat(self, at: int, name: Name) -> bool:
        return any(word.low in _AFLOAT for word in self._words[at : name.after])
