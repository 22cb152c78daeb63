"""The launch records of a document: what its sightings tell, merged, completed from the context and judged.

    launches = find_launches(document)

Each `FoundLaunch` holds the record and every mention of it in text order, anaphoric ones included, with the rules and
the source span of each field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from extractors.actors import Actor
from extractors.counting import said_count
from extractors.discourse import Teller, Told
from extractors.document import Document
from extractors.doubts import Doubter
from extractors.entries import Body, Group, Place, Weapon
from extractors.gleaning import Gleaner
from extractors.grammar import grammar
from extractors.launchers import AT_WAR_WITHIN, Launcher, LauncherFinder
from extractors.localtime import LocalTime
from extractors.nounphrases import related, special
from extractors.places import PlacePhrase
from extractors.places import Role as PlaceRole
from extractors.quantities import Count, Counted
from extractors.records import Evidence, Launch, Role, Status, WeaponClass
from extractors.sightings import Dropped, Sighting, SightingFinder
from extractors.slots import SlotSharer, joined
from extractors.sources import source_of
from extractors.weaponry import Weaponry
from extractors.whereabouts import Whereabouts


class Span(NamedTuple):
    """Offsets into the text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class FoundLaunch:
    """A record with where it was told. `mentions` are spans in text order; `sources` says which words gave each
    field.
    """

    launch: Launch
    mentions: tuple[Span, ...]
    sources: Mapping[str, Span]
    guards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LaunchReading:
    """All launches of a document, and the frames that guards refused."""

    found: tuple[FoundLaunch, ...]
    dropped: tuple[Dropped, ...]


def find_launches(document: Document) -> LaunchReading:
    """Every launch the document tells of, in order of first mention."""
    rules = grammar(document.packs)
    finder = SightingFinder(document, rules)
    sharer = SlotSharer(document)
    sightings: list[Sighting] = []
    for row in finder.find():
        sharer.share(row)
        sightings += joined([sighting for _, sighting in row.found])
    teller = Teller(document, document.packs, about_launches=finder.speaks_of_a_launch())
    told = teller.tell(sightings)
    if not told:
        lead = finder.supposed_lead()
        if lead is not None:
            sharer.share(lead)
            sightings = sorted([*sightings, *(sighting for _, sighting in lead.found)], key=lambda s: s.at)
            teller = Teller(document, document.packs)
            told = teller.tell(sightings)
    records = Recorder(document, teller, sightings, finder).records(told) if told else []
    return LaunchReading(tuple(records), tuple(finder.dropped))


@dataclass(slots=True)
class _Draft:
    """A record in the making."""

    told: Told
    fields: dict[str, object] = field(default_factory=dict)
    sources: dict[str, Span] = field(default_factory=dict)
    inferred: list[str] = field(default_factory=list)

    def put(self, name: str, value: object, start: int, end: int) -> None:
        self.fields[name] = value
        self.sources[name] = Span(start, end)


class Recorder:
    """Turns told launches into records."""

    def __init__(
        self, document: Document, teller: Teller, sightings: Sequence[Sighting], finder: SightingFinder
    ) -> None:
        self._doc = document
        self._local = LocalTime(document)
        self._teller = teller
        self._headline = _headline(document)
        self._title = _title_sightings(self._headline)
        self._launchers = LauncherFinder(document, self._headline, self._title)
        self._inferred: dict[int, Launcher | None] = {}
        self._phrases = finder.phrases
        self._rows = finder.rows
        self._weaponry = Weaponry(document, finder.phrases, sightings, teller.told)
        self._whereabouts = Whereabouts(document, finder.rows, sightings)
        self._doubter = Doubter(document)
        self._greetings = _greetings(document)

    def records(self, told: Sequence[Told]) -> list[FoundLaunch]:
        """Records of the launches that count as such, keys L1, L2, ... in text order."""
        self._complete(told)
        Gleaner(self._doc, self._teller.calendar, self._rows).glean(told)
        told = _joined_by_day(told)
        told = [launch for launch in told if not self._went_later(launch, told)]
        central = self._central(told)
        kept = [launch for launch, chief in zip(told, central, strict=True) if self._counts(launch, chief)]
        roles = self._roles(kept, [launch for launch, chief in zip(told, central, strict=True) if chief])
        found = [
            self._record(f"L{number}", launch, role)
            for number, (launch, role) in enumerate(zip(kept, roles, strict=True), 1)
        ]
        return (
            []
            if len(found) == 1 and self._doubter.is_thin(kept[0], found[0].launch, titled=bool(self._title))
            else found
        )

    # -- completing ----------------------------------------------------------------------------------------------------

    def _complete(self, told: Sequence[Told]) -> None:
        """Country and date from the context, where the launch's own words give none."""
        for launch, launcher in zip(told, self._launchers.find_all(told), strict=True):
            if launch is told[0] and launch.country_inferred and self._doubter.is_disputed(launch):
                launch.country, launch.disputed = None, True
            elif launch.country is None or launch.country_inferred:
                self._inferred[id(launch)] = launcher
            if launch.date is None:
                self._context_date(launch, told)

    def _context_date(self, launch: Told, told: Sequence[Told]) -> None:
        sighting = launch.first
        if sighting.postponed or (launch.planned and any(found.until for s in launch.sightings for found in s.dates)):
            return
        paragraph = self._doc.paragraphs[sighting.paragraph]
        plain = sighting.kind == "event" and not sighting.definite and not sighting.perfect and not sighting.planned
        close = launch is told[0] or plain or any(s.times for s in launch.sightings) or sighting.sentence <= 3
        since = 0 if close else paragraph.start
        near = self._teller.calendar.nearest_before(sighting.at, since)
        if near is None and launch is told[0]:
            near = self._teller.calendar.nearest_before(paragraph.end, 0)
        if near is None and launch is told[0]:
            near = self._teller.calendar.next_after(sighting.end, self._soon_after(sighting, told))
        if near is None and launch is told[0]:
            near = self._teller.calendar.nearest_before(paragraph.end, 0, stated=True)
        if near is not None:
            launch.date_from, launch.date = near
            launch.date_inferred = True

    def _soon_after(self, sighting: Sighting, told: Sequence[Told]) -> int:
        """The end of the second sentence after a sighting, or where another launch is told of."""
        last = self._doc.sentences[min(sighting.sentence + 2, len(self._doc.sentences) - 1)]
        return min([last.end, *(launch.first.start for launch in told if launch.first.start > sighting.end)])

    def _went_later(self, launch: Told, told: Sequence[Told]) -> bool:
        """Whether it was called off and the same rocket went, or is to go, soon afterwards."""
        sentence = self._doc.sentences[launch.first.sentence]
        if launch.date is None or not _CALLED_OFF.search(self._doc.normal, sentence.start, sentence.end):
            return False
        if launch.first.kind != "nominal" or not (launch.first.failed or launch.first.postponed):
            return False
        return any(
            other.date is not None
            and 0 < (other.date.date - launch.date.date).days <= _DAYS_OF_NEWS
            and other.country == launch.country
            and related(other.weapon_class, launch.weapon_class)
            and other.name in (launch.name, None)
            for other in told
        )

    # -- judging -------------------------------------------------------------------------------------------------------

    def _central(self, told: Sequence[Told]) -> list[bool]:
        """Which launches the text is plainly about, so that they count even where little is said of them."""
        central = [self._is_lead(launch, told) for launch in told]
        leads = [launch for launch, chief in zip(told, central, strict=True) if chief]
        return [
            chief or any(self._same_action(launch, lead) for lead in leads)
            for launch, chief in zip(told, central, strict=True)
        ]

    def _roles(self, told: Sequence[Told], central: Sequence[Told]) -> list[Role]:
        """Of the launches that count, those of the opening are what the article is about, too; in a digest all news."""
        digest = self._is_digest(told)
        roles: list[Role] = []
        for launch in told:
            first = launch.first.sentence
            opens = self._is_news(launch) and first <= _OPENING and (launch is told[0] or first <= 1)
            lead = any(launch is chief for chief in central) or opens or (digest and self._is_news(launch))
            roles.append("lead" if lead else "background")
        return roles

    def _is_digest(self, told: Sequence[Told]) -> bool:
        """Whether the article goes from launch to launch, each in a paragraph of its own and none spoken of again."""
        news = [launch for launch in told if self._is_news(launch)]
        places = [{sighting.paragraph for sighting in launch.sightings} for launch in news]
        return len(news) >= _DIGEST and all(len(own) == 1 for own in places) and len(set.union(*places)) == len(news)

    def _is_news(self, launch: Told) -> bool:
        """Whether the launch was in the days before the article, or is to be in the days after it."""
        if launch.date is None or self._doc.published is None or launch.date.precision == "year":
            return False
        return abs((self._doc.published - launch.date.date).days) <= _DAYS_OF_NEWS

    def _same_action(self, launch: Told, lead: Told) -> bool:
        """Another launch of the same side on the same day, told soon after the lead."""
        soon = launch.first.sentence <= max(4, len(self._doc.sentences) * 0.4)
        same = launch.country == lead.country and launch.date is not None and lead.date is not None
        return soon and same and launch.date == lead.date

    def _is_old(self, launch: Told) -> bool:
        """Long before the article: recalled, not reported."""
        if launch.date is None or self._doc.published is None:
            return False
        return launch.date.precision == "year" or (self._doc.published - launch.date.date).days > _NEWS_DAYS

    def _is_lead(self, launch: Told, told: Sequence[Told]) -> bool:
        if self._is_old(launch):
            return False
        sentences = {sighting.sentence for sighting in launch.sightings}
        share = len(sentences) / max(1, len(self._doc.sentences))
        first = max(0, min(sentences) - self._greetings)
        in_title = any(_agrees(launch, sighting) for sighting in self._title)
        own = [
            s for s in self._title if s.actor is not None and s.actor.country == launch.country and _agrees(launch, s)
        ]
        if own and launch.first.sentence <= 3 and next(t for t in told if t.country == launch.country) is launch:
            return True
        if launch is not told[0] and launch.first.sentence > 1 and not (in_title and len(told) < 2):
            return share >= 0.4
        return first == 0 or in_title or (first <= 1 and share >= 0.2) or share >= 0.35

    def _counts(self, launch: Told, central: bool) -> bool:
        """Whether enough is known of the launch to record it."""
        said = not launch.country_inferred and _is_plainly_told(launch.first)
        if launch.disputed:
            return central and launch.date is not None
        if launch.country is None or not self._launchers.launches(launch.country, said=said):
            return False
        armed = any(
            phrase.kind == "weapon" or phrase.weapon_class or phrase.name
            for s in launch.sightings
            for phrase in s.phrases
        )
        if launch.country_inferred and not armed and launch.like is None and not central:
            return False
        if self._doubter.doubts(launch, lead=central):
            return False
        if launch.planned and not any(s.dates or self._set_for(s) for s in launch.sightings):
            return False
        if central:
            yearly = launch.date is not None and launch.date.precision == "year"
            return not (yearly and any(p.plural for p in launch.first.phrases))
        if launch.date is None:
            return False
        if launch.date_inferred and launch.first.kind != "event":
            return False
        return launch.date.precision in ("day", "month") or (
            launch.date.precision == "year" and launch.name is not None
        )

    def _set_for(self, sighting: Sighting) -> bool:
        """Whether a date of another clause can be that of a launch to come, and is not the day of the announcement
        ("warned on Monday that Moscow would fire missiles").
        """
        return any(not self._doc.normal.startswith(" that ", found.end) for found in sighting.outside)

    # -- the record ----------------------------------------------------------------------------------------------------

    def _record(self, key: str, launch: Told, role: Role) -> FoundLaunch:
        draft = self._drafted(launch)
        mentions = tuple(sorted({Span(s.start, s.end) for s in launch.sightings}))
        guards = tuple(dict.fromkeys(guard for s in launch.sightings for guard in s.guards))
        return FoundLaunch(self._written(key, launch, role, draft), mentions, draft.sources, guards)

    def _drafted(self, launch: Told) -> _Draft:
        """What the sightings say, field by field, with its sources."""
        draft = _Draft(launch)
        for fill in (self._date, self._weapon, self._count, self._places, self._measures, self._time):
            fill(draft)
        actor = self._party_of(launch)
        if actor is not None:
            draft.sources["country"] = Span(actor.start, actor.end)
        if launch.country_inferred:
            draft.inferred.append("country")
        return draft

    def _written(self, key: str, launch: Told, role: Role, draft: _Draft) -> Launch:
        fields = draft.fields
        spacefaring = fields["weapon_class"] == "space_launch_vehicle"
        return Launch(
            key=key,
            country=launch.country,
            actor=self._actor_name(self._party_of(launch), launch, spacefaring=spacefaring),
            date=launch.date.date if launch.date else None,
            date_precision=launch.date.precision if launch.date else "unknown",
            time_local=fields.get("time_local"),  # type: ignore[arg-type]
            weapon_class=fields["weapon_class"],  # type: ignore[arg-type]
            weapon_name=fields.get("weapon_name"),  # type: ignore[arg-type]
            count_min=fields.get("count_min"),  # type: ignore[arg-type]
            count_max=fields.get("count_max"),  # type: ignore[arg-type]
            launch_site=fields.get("launch_site"),  # type: ignore[arg-type]
            landing_area=fields.get("landing_area"),  # type: ignore[arg-type]
            distance_km=fields.get("distance_km"),  # type: ignore[arg-type]
            apogee_km=fields.get("apogee_km"),  # type: ignore[arg-type]
            status=self._status(launch),
            role=role,
            attribution=source_of(self._doc, launch),
            evidence=tuple(Evidence(s.start, s.end, self._doc.text[s.start : s.end]) for s in _worthy(launch)),
            rules=tuple(dict.fromkeys(rule for s in launch.sightings for rule in s.rules)),
            inferred=tuple(draft.inferred),
            time_utc=self._time_utc(launch, fields.get("time_local")),
        )

    def _party_of(self, launch: Told) -> Actor | None:
        """The launching party in the launch's own words."""
        named = (s.actor for s in launch.sightings if s.actor is not None and s.actor.country)
        return next((a for a in named if self._teller.state_of(a.country or "") in (launch.country, None)), None)

    def _date(self, draft: _Draft) -> None:
        told = draft.told
        if told.date_from is not None:
            draft.sources["date"] = Span(told.date_from.start, told.date_from.end)
        if told.date_inferred or (told.date is None and any(s.dates for s in told.sightings)):
            draft.inferred.append("date")

    def _weapon(self, draft: _Draft) -> None:
        told = draft.told
        for phrase in (phrase for s in told.sightings for phrase in s.phrases if phrase.weapon_class):
            draft.sources.setdefault("weapon_class", Span(phrase.start, phrase.end))
        naming = self._weaponry.name(told)
        if naming is not None:
            draft.put("weapon_name", naming.name, naming.start, naming.end)
            if naming.inferred:
                draft.inferred.append("weapon_name")
        draft.fields["weapon_class"] = self._class(told, draft)

    def _class(self, told: Told, draft: _Draft) -> WeaponClass:
        found = _first_class(told)
        if told.like is not None and not any(s.weapon_class for s in told.sightings):
            return self._class(told.like, draft)
        entry = next((s.entry for s in told.sightings if s.entry), None)
        if found is None:
            draft.inferred.append("weapon_class")
            title = self._title_class(told)
            found = title or (_coarse(entry.weapon_class) if entry else None)
            found = found or self._weaponry.spoken_of() or "projectile"
        elif self._teller.told[0] is told:
            found = special(found, self._title_class(told))
        found = special(found, self._weaponry.described(told))
        found = special(found, self._weaponry.said_after(told))
        found = special(found, self._weaponry.said_before(told))
        if found in ("ballistic_missile", "missile") and self._of_a_submarine(told, found, entry):
            draft.inferred.append("weapon_class")
            return "slbm"
        if found == "projectile":
            found = self._weaponry.rocket(told, named=entry.weapon_class if entry else None, group=self._of_group(told))
            draft.inferred += ["weapon_class"] if found == "space_launch_vehicle" else []
        return found  # type: ignore[return-value]

    def _of_a_submarine(self, told: Told, found: str, entry: Weapon | None) -> bool:
        """Whether it left a submarine; "missile" alone says too little, unless the missile is a submarine's."""
        ballistic = found == "ballistic_missile" or (entry is not None and entry.weapon_class == "slbm")
        return ballistic and self._weaponry.from_below(told)

    def _of_group(self, told: Told) -> bool:
        party = self._launchers.party(told.country or "", spacefaring=False) if told.country_inferred else None
        return any(actor is not None and actor.kind == "group" for actor in (party, *(s.actor for s in told.sightings)))

    def _title_class(self, told: Told) -> str | None:
        return next((s.weapon_class for s in self._title if s.weapon_class and _agrees(told, s)), None)

    def _count(self, draft: _Draft) -> None:
        told = draft.told
        title = (
            [sighting for sighting in self._title if _agrees(told, sighting)] if told is self._teller.told[0] else []
        )
        counted = said_count(self._doc, told, title, self._phrases)
        if counted is None and draft.fields["weapon_class"] == "space_launch_vehicle":
            counted = Counted(Count(1, 1), told.first.start, told.first.end)
        if told.single and counted is not None:
            counted = counted._replace(bounds=Count(1, 1))
        joint = any(s.joint for s in told.sightings)
        if counted is None or (joint and (told.first.joint or not counted.bounds.high or counted.bounds.high == 1)):
            return
        count, start, end = self._revised(told, counted.bounds) or counted
        draft.put("count_min", count.low, start, end)
        draft.put("count_max", count.high, start, end)

    def _revised(self, told: Told, first: Count) -> tuple[Count, int, int] | None:
        """A later figure of another official source, or a correction of the first."""
        owner = told.country
        for sighting in told.sightings[1:]:
            phrase = sighting.phrase
            if (
                phrase is None
                or phrase.kind != "weapon"
                or phrase.count is None
                or phrase.determiner != "count"
                or phrase.partial
                or phrase.count == first
            ):
                continue
            if sighting.kind == "flight" or sighting.definite:
                continue
            speaker = next((a.speaker for a in self._doc.attributions if a.sentence == sighting.sentence), None)
            if speaker is not None and speaker.country not in (None, owner) and phrase.count.low is not None:
                return Count(phrase.count.low, None), phrase.start, phrase.end
        return None

    def _places(self, draft: _Draft) -> None:
        roles: tuple[tuple[PlaceRole, str], ...] = (("site", "launch_site"), ("landing", "landing_area"))
        for role, name in roles:
            best = self._best_place(draft.told, role)
            if best is None:
                best = self._whereabouts.found(draft.told, role)
            if best is None and role == "site" and draft.told is self._teller.told[0]:
                self._dateline_site(draft)
                if name not in draft.fields:
                    best = self._whereabouts.only_site(draft.told)
                    draft.inferred += [name] if best else []
            text = self._place_text(best, draft.told) if best else None
            if best is not None and text is not None:
                draft.put(name, text, best.start, best.end)

    def _best_place(self, told: Told, role: PlaceRole) -> PlacePhrase | None:
        """Of the places the launch's own sentences name the surest."""
        at_home = (
            None if told.country in AT_WAR_WITHIN | {"UKR"} or any(s.attack for s in told.sightings) else told.country
        )
        candidates = [
            place
            for s in told.sightings
            if not s.stopped or role == "site" or s.kind == "flight"
            for place in s.places
            if self._place_role(place, at_home) == role
        ]
        return max(candidates, key=lambda place: place.rank, default=None)

    def _place_role(self, place: PlacePhrase, at_home: str | None) -> PlaceRole:
        """A place "at" which a state at peace fired on its own soil is where it fired from."""
        own = place.country == at_home and bool(self._doc.mentions_in(place.start, place.start + 1, "place"))
        if place.role == "landing" and place.lead == "at" and place.rank == 5 and at_home and own:
            return "site"
        return place.role

    def _dateline_site(self, draft: _Draft) -> None:
        """A launch base in the dateline is where the launch was."""
        head = self._doc.normal[:80].split(" - ")[0].split(" — ")[0]
        for mention in self._doc.mentions_in(0, len(head), "place"):
            if isinstance(mention.entry, Place) and mention.entry.kind == "launch_site" and len(head) < 80:
                draft.put("launch_site", mention.entry.name, mention.start, mention.end)
                draft.inferred.append("launch_site")
                return

    def _place_text(self, place: PlacePhrase, told: Told) -> str | None:
        """The place as written; "the same area" is that of the launch told before."""
        before = self._doc.normal[max(0, place.start - 12) : place.start].lower()
        if (
            place.text.lower() in ("area", "site", "place", "region", "base", "location", "province")
            and "same" in before
        ):
            earlier = [
                p.text
                for other in self._teller.told
                if other is not told
                for s in other.sightings
                for p in s.places
                if p.role == "site"
            ]
            return earlier[0] if earlier else None
        return place.text

    def _measures(self, draft: _Draft) -> None:
        for role, name in (("distance", "distance_km"), ("apogee", "apogee_km")):
            own = [m for sighting in draft.told.sightings for m, r in sighting.measures if r == role]
            gleaned = [m for m, r in draft.told.measures if r == role]
            first = [own[0]] if own else []
            found = min(first + gleaned[:1], key=lambda m: m.start, default=None)
            if found is not None:
                draft.put(name, round(found.km, 1), found.start, found.end)

    def _time(self, draft: _Draft) -> None:
        told = draft.told
        day = told.date.date if told.date else self._doc.published
        sites = {place.country for s in told.sightings for place in s.places if place.role == "site" and place.country}
        for sighting in told.sightings:
            for time in sighting.times:
                if time.exact and self._local.is_local(time, told.country, sites, day):
                    draft.put("time_local", time.clock, time.start, time.end)
                    return
        began = [] if told.planned else [t for s in told.sightings if s.kind == "event" for t in s.times if t.opening]
        for time in [*told.times, *began]:
            if (time.exact or time.opening) and self._local.is_local(time, told.country, sites, day):
                draft.put("time_local", time.clock, time.start, time.end)
                return

    def _time_utc(self, told: Told, clock: object) -> datetime | None:
        state = self._doc.packs.states.get(told.country or "")
        if (
            not isinstance(clock, str)
            or told.date is None
            or told.date.precision != "day"
            or state is None
            or not state.zone
        ):
            return None
        hour, minute = map(int, clock.split(":"))
        day = told.date.date
        local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(state.zone))
        return local.astimezone(ZoneInfo("UTC"))

    def _status(self, told: Told) -> Status:
        if any(s.failed for s in told.sightings) or self._failed_in_title(told):
            return "failed"
        if told.planned:
            return "planned"
        return "conducted"

    def _failed_in_title(self, told: Told) -> bool:
        """Whether the headline says that the main launch failed."""
        alone = not any(other.date == told.date for other in self._teller.told if other is not told)
        own = told is self._teller.told[0] and not told.planned and alone
        failed = (s for s in self._title if s.failed and not s.planned and not s.pronoun and (s.name or s.actor))
        return own and any(_agrees(told, sighting) for sighting in failed)

    def _actor_name(self, actor: Actor | None, told: Told, *, spacefaring: bool) -> str | None:
        if actor is not None:
            if isinstance(actor.entry, Group) or (isinstance(actor.entry, Body) and actor.entry.launches):
                return actor.entry.name
            state = self._doc.packs.states.get(actor.country or "")
            return state.name if state else actor.name
        launcher = self._inferred.get(id(told))
        if launcher is not None and launcher.placed:
            return None
        party = self._launchers.party(told.country or "", spacefaring=spacefaring)
        if party is not None and isinstance(party.entry, Group | Body):
            return self._actor_name(party, told, spacefaring=spacefaring)
        state = self._doc.packs.states.get(told.country or "")
        return state.name if state else None


_CALLED_OFF = re.compile(r"\b(?:scrub(?:s|bed)?|call(?:s|ed) off|stood down|stands down)\b", re.IGNORECASE)
_DIGEST = 3  # launches that make a digest of an article
_DAYS_OF_NEWS = 14
_OPENING = 3  # sentences in which an article comes to its point
_NEWS_DAYS = 62
_GREETING = 20  # characters


def _greetings(document: Document) -> int:
    """How many of the first sentences only greet or call ("Good evening.", "Breaking.")."""
    short = (s.end - s.start < _GREETING for s in document.sentences)
    return next((at for at, is_short in enumerate(short) if not is_short), 0)


def _headline(document: Document) -> Document | None:
    if not document.title:
        return None
    return Document(document.title, published=document.published, packs=document.packs)


def _title_sightings(title: Document | None) -> list[Sighting]:
    if title is None:
        return []
    return [sighting for row in SightingFinder(title, grammar(title.packs)).find() for _, sighting in row.found]


def _joined_by_day(told: Sequence[Told]) -> list[Told]:
    """Without those that only look back and turn out to be of the day, the side and the kind of another."""
    kept: list[Told] = []
    for launch in told:
        twin = next((other for other in kept if _is_twin(other, launch)), None)
        if twin is None:
            kept.append(launch)
        else:
            if _is_bare(twin):
                twin.weapon_class = launch.weapon_class
                for sighting in twin.sightings:
                    sighting.extra = [phrase for phrase in sighting.extra if phrase.kind == "launch"]
            twin.sightings = sorted([*twin.sightings, *launch.sightings], key=lambda s: s.start)
    return kept


def _is_plainly_told(sighting: Sighting) -> bool:
    """Whether somebody is said to have fired or launched a weapon, not one known already."""
    active = any(rule.split(".")[0] == "active" for rule in sighting.rules)
    return active and sighting.weapon_class is not None and (sighting.name is not None or not sighting.definite)


def _is_bare(told: Told) -> bool:
    """Whether it was only told of by a noun that names no weapon ("the flight of 12 October")."""
    return all(
        s.kind == "nominal" and s.phrase is not None and s.phrase.kind == "launch" and s.phrase.weapon_class is None
        for s in told.sightings
    )


def _is_last(told: Told) -> bool:
    """Whether it was only recalled as the last of those told ("three trials, the last on Friday")."""
    return all(s.echo and s.order in ("last", "earlier") for s in told.sightings) and not told.planned


def _is_twin(other: Told, launch: Told) -> bool:
    same = other.country == launch.country and other.date is not None and other.date == launch.date
    alike = other.planned == launch.planned and (other.role == "target") == (launch.role == "target")
    akin = related(other.weapon_class, launch.weapon_class) and (not launch.name or launch.name == other.name)
    if same and alike and _is_bare(other) and not launch.first.order:
        return True
    if not (same and alike and akin):
        return False
    if _is_last(other) or _is_last(launch):
        return True
    return launch.like is not None and launch.first.definite and (other.date_inferred or launch.date_inferred)


def _agrees(told: Told, sighting: Sighting) -> bool:
    """Whether a sighting in the title can be this launch."""
    country = sighting.actor.country if sighting.actor else None
    if country and told.country and country != told.country:
        return False
    a, b = told.weapon_class, sighting.weapon_class
    return a is None or b is None or (special(a, b) in (a, b) and (special(a, b) == special(b, a)))


def _first_class(told: Told) -> str | None:
    """The class of the first sighting that gives one, made more special by what is said later of the same launch."""
    found: str | None = None
    for sighting in told.sightings:
        found = special(found, sighting.weapon_class)
    return found or told.weapon_class


def _coarse(named: str) -> str | None:
    """The class that a bare name supports: the kind of thing, without the range."""
    if named in ("space_launch_vehicle", "attack_drone", "artillery_rocket", "projectile"):
        return named
    if named in ("satellite", "spacecraft"):
        return "space_launch_vehicle"
    return "surface_to_air_missile" if named == "interceptor" else "missile"


def _worthy(told: Told) -> list[Sighting]:
    """Sightings worth quoting: no bare pronouns unless nothing else is there."""
    return [sighting for sighting in told.sightings if not sighting.pronoun] or told.sightings
