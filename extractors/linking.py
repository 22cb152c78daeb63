"""Which launch a reaction answers: one meant in the clause, else the lead launch, unless something else is meant."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from extractors.cues import Cue
from extractors.document import Document
from extractors.launches import FoundLaunch
from extractors.party import SentenceView
from extractors.phrases import inflections
from extractors.records import Launch
from extractors.references import Reference, References
from extractors.text import Word, word_set


def _forms(listed: str) -> frozenset[str]:
    return frozenset().union(*(inflections(word) for word in listed.split()))


_LAUNCH_WORDS = _forms(
    """launch firing test missile rocket salvo barrage volley projectile drone satellite flight liftoff lift-off weapon
    icbm warhead interception trial debris wreckage blast-off missiles"""
)
_ATTACK_WORDS = _forms("attack strike raid bombardment assault")
_ANAPHORA = word_set(
    "it this that these them such act acts move action actions provocation provocations event incident"
)
_COMPETING = (
    _forms(
        """drill exercise manoeuvre maneuver sale contract coup takeover election tariff balloon leaflet
    reactor enrichment centrifuge broadcast loudspeaker embargo accord abduction
    hostage airstrike deployment shipment transfer cyberattack hack arrest detention execution
    referendum annexation tax whaling memorial shrine"""
    )
    - _forms("launch")
    - {"according"}
)
_DRILLS = _forms("drill exercise manoeuvre maneuver")
_MARKS = ",.:;!?'\"()“”‘’"
_RECENT = 10  # days
_AHEAD = 30  # days
_HEAD = 3  # sentences
_EARLY = 5  # sentences
_WEIGHED = 24  # lead launches that a reaction is weighed against
# What speaks for one of several launches.
_INNER = 2.5  # told in the words about it
_WHOLE = 1.5  # told in the sentence
_RECENT_WORD = 1.5  # the one told last before, in the paragraph
_LEAD = 1.5
_OWN = 2.0  # praise by the side that launched
_ACROSS = 2.0  # of another side than the one that reacts
_TOUCHED = 1.0  # it came down in the state that reacts
_ANSWERED = frozenset({"condemn", "deny", "protest"})
HOSTILE = frozenset({"condemn", "urge", "warn", "protest", "sanction", "mobilize"})


@dataclass(frozen=True, slots=True)
class Link:
    """The launch meant, and whether words of the clause say so (`inferred` false) or only the context."""

    launch: Launch | None
    inferred: bool
    competing: bool = False


class Linker:
    """Links the cues of one document to its launches."""

    def __init__(self, document: Document, found: Sequence[FoundLaunch]) -> None:
        self._document = document
        launches = [one.launch for one in found]
        self._launches = launches
        self._references = References(document, found)
        spans = sorted((span.start, span.end, one.launch.key) for one in found for span in one.mentions)
        self._starts = [start for start, _, _ in spans]
        self._spans = spans
        self._order = {launch.key: at for at, launch in enumerate(launches)}
        self._by_key = {launch.key: launch for launch in launches}
        self._leads = [launch for launch in launches if launch.role == "lead"]
        self._likely = [one.launch for one in found if self._may_lead(one)] if self._is_told_first() else []
        done = [launch for launch in self._likely if launch.status != "planned"]
        self._likely = done or self._likely
        self._countries = {launch.country for launch in launches}
        self._in_drill = self._lead_sentence_has_drill()

    def _is_told_first(self) -> bool:
        """Whether headline or first sentences speak of launches, weapons or attacks at all."""
        for sentence in self._document.sentences[:_HEAD]:
            if self._document.mentions_in(sentence.start, sentence.end, "weapon", "noun"):
                return True
            if any(self._is_launch_word(w.low) for w in self._document.words_in(sentence.start, sentence.end)):
                return True
        return any(self._is_launch_word(low.strip(_MARKS)) for low in self._document.title.lower().split())

    def _may_lead(self, found: FoundLaunch) -> bool:
        """Whether the article may be about a launch that was read as background: recent, or undated and told early."""
        launch, published = found.launch, self._document.published
        if launch.status == "planned" and launch.date is not None and published is not None:
            return -1 <= (launch.date - published).days <= _AHEAD or launch.date_precision != "day"
        if launch.date is not None and launch.date_precision == "day" and published is not None:
            return -1 <= (published - launch.date).days <= _RECENT
        early = self._document.sentences[: _EARLY + 1]
        return launch.date is None and bool(early) and any(span.start < early[-1].start for span in found.mentions)

    def link(self, view: SentenceView, cue: Cue, country: str | None) -> Link:
        """The launch that `cue`, uttered or done by `country`, answers."""
        first, last = self._window(view, cue)
        words = view.words[first : last + 1]
        lows = [word.low for word in words]
        about_launch = any(self._is_launch_word(low) for low in lows)
        exercised = any(low in _EXERCISED for low in lows)
        competing = any(
            self._is_competing(word.low, cue, country)
            for word in words
            if word.text[0].islower() and not (exercised and word.low.startswith("exercis"))
        )
        if competing and not about_launch:
            return Link(None, False, competing=True)
        return self._meant(view, (first, last), cue, country, named=about_launch)

    def _lead_sentence_has_drill(self) -> bool:
        """Whether the launches are told as part of a drill, so that "the exercise" means them."""
        return any(
            word.low in _DRILLS
            for s in self._document.sentences[:2]
            for word in self._document.words_in(s.start, s.end)
        )

    def _is_competing(self, low: str, cue: Cue, country: str | None) -> bool:
        if low in _DRILLS:
            return cue.stance.type != "mobilize" and (not self._in_drill or country in self._countries)
        return low in _COMPETING or (low.startswith("sanction") and cue.stance.type in _ANSWERED)

    def _is_launch_word(self, low: str) -> bool:
        return low in _LAUNCH_WORDS or low in _ATTACK_WORDS

    def _window(self, view: SentenceView, cue: Cue) -> tuple[int, int]:
        """The words that say what the cue is about: its object, for words in a mouth the whole sentence."""
        if cue.stance.frame in ("say", "quoted"):
            return _clause_of(view.words, cue.first, cue.last)
        last = cue.last
        while last + 1 < len(view.words) and last - cue.last < 14 and view.words[last + 1].low not in _ENDS:
            last += 1
        return cue.first, last

    def _meant(
        self, view: SentenceView, window: tuple[int, int], cue: Cue, country: str | None, *, named: bool
    ) -> Link:
        """The likeliest of the launches that the words, or else the article, may mean."""
        start, end = view.words[window[0]].start, view.words[window[1]].end
        inner, whole = self._between(start, end), self._between(view.sentence.start, view.sentence.end)
        mentioned = [launch for launch in whole if _fits(launch, cue, country)]
        peg = self._leads or self._likely
        fitting = [launch for launch in peg if _fits(launch, cue, country)] or ([] if mentioned else peg)
        candidates = list({launch.key: launch for launch in [*fitting[:_WEIGHED], *mentioned]}.values())
        if not candidates:
            return Link(self._beside(view, cue, country, named=named), True)
        if len(candidates) == 1:
            return Link(candidates[0], candidates[0] not in mentioned)
        scene = self._scene(view, (start, end), cue, country, inner, whole)
        return max((self._weighed(launch, scene) for launch in candidates), key=lambda pair: pair[0])[1]

    def _scene(
        self, view: SentenceView, window: tuple[int, int], cue: Cue, country: str | None, inner: list[Launch],
        whole: list[Launch],
    ) -> _Scene:  # fmt: skip
        start, end = window
        told = self._document.paragraphs[view.sentence.paragraph].start
        before = self._spans[max(0, bisect_left(self._starts, view.sentence.start) - 1)] if self._spans else None
        return _Scene(
            self._references.read(start, end, apart_from=country),
            self._references.read(view.sentence.start, view.sentence.end, apart_from=country),
            frozenset(launch.key for launch in inner),
            frozenset(launch.key for launch in whole),
            before[2] if before is not None and told <= before[0] < view.sentence.start else None,
            country,
            cue.stance.type,
        )

    def _weighed(self, launch: Launch, scene: _Scene) -> tuple[tuple[float, str, bool, int], Link]:
        """The evidence that this launch is meant, with what decides between equals."""
        fit = self._references.fit(scene.window, launch) + self._references.fit(scene.sentence, launch) / 2
        said = fit + _INNER * (launch.key in scene.inner) + _WHOLE * (launch.key in scene.whole)
        total = said + _RECENT_WORD * (launch.key == scene.before) + _LEAD * (launch.role == "lead")
        if scene.kind == "endorse":
            total += _OWN * (launch.country == scene.country)
        else:
            total += _ACROSS * (not _allied(launch.country, scene.country))
            total += _TOUCHED * self._references.struck(launch, scene.country)
        return (total, *self._lateness(launch)), Link(launch, said <= 0)

    def _lateness(self, launch: Launch) -> tuple[str, bool, int]:
        """What decides between equals: the day, of one test the interceptor and not its target, then who is told later;
        the first of a drill, which is answered as a whole.
        """
        day = launch.date.isoformat() if launch.date else ""
        told = self._order[launch.key]
        return day, launch.weapon_class == "surface_to_air_missile", -told if self._in_drill else told

    def _between(self, start: int, end: int) -> list[Launch]:
        low, high = bisect_left(self._starts, start), bisect_left(self._starts, end)
        keys = dict.fromkeys(key for _, _, key in self._spans[low:high])
        return [self._by_key[key] for key in keys]

    def _beside(self, view: SentenceView, cue: Cue, country: str | None, *, named: bool) -> Launch | None:
        """In an article about something else, the launch told right there, or the only one."""
        fitting = [launch for launch in self._near(view) if _fits(launch, cue, country)]
        if not fitting and named:
            fitting = [launch for launch in self._launches if _fits(launch, cue, country)]
            fitting = fitting if len(fitting) == 1 else []
        return _latest_lead(fitting) if fitting else None

    def _near(self, view: SentenceView) -> list[Launch]:
        """Background launches told in the same paragraph up to here, or in the sentence before."""
        sentences = self._document.sentences
        index = view.sentence.index
        paragraph = view.sentence.paragraph
        begin = index
        while begin > 0 and sentences[begin - 1].paragraph == paragraph:
            begin -= 1
        return self._between(sentences[begin].start, view.sentence.end)


@dataclass(frozen=True, slots=True)
class _Scene:
    """What stands about one cue: what its window and sentence name, the launches told there (keys) and the one told
    last before in the paragraph, and who reacts in what kind.
    """

    window: Reference
    sentence: Reference
    inner: frozenset[str]
    whole: frozenset[str]
    before: str | None
    country: str | None
    kind: str


def _clause_of(words: Sequence[Word], first: int, last: int) -> tuple[int, int]:
    """The stretch between semicolons that the words `first`..`last` stand in."""
    while first > 0 and words[first - 1].low not in (";", "while", "whereas"):
        first -= 1
    while last + 1 < len(words) and words[last + 1].low not in (";", "while", "whereas"):
        last += 1
    return first, last


_EXERCISED = word_set("restraint caution calm prudence patience self-restraint right rights judgement judgment")
_ENDS = word_set("; : — . but while whereas ( )")


def _fits(launch: Launch, cue: Cue, country: str | None) -> bool:
    own = country is not None and launch.country == country
    return not own if cue.stance.type in HOSTILE else True


# States and organisations that do not answer one another's launches where somebody else launched too.
_WEST = word_set(
    """USA KOR JPN AUS GBR FRA DEU CAN NZL ITA ESP NLD BEL DNK NOR SWE FIN ISL POL LTU LVA EST CZE SVK SVN HRV ROU BGR
    GRC PRT LUX ISR UKR TWN NATO EU G7"""
)


def _allied(launching: str | None, reacting: str | None) -> bool:
    """Whether the two do not answer one another's launches where somebody else launched too."""
    return reacting is not None and (launching == reacting or {launching, reacting} <= _WEST)


def _latest_lead(launches: Iterable[Launch]) -> Launch | None:
    """The latest lead launch of several, of one day the one told first; without a lead the latest launch."""
    listed = list(launches)
    leads = [launch for launch in listed if launch.role == "lead"]
    return max(leads or listed, key=lambda launch: launch.date.isoformat() if launch.date else "", default=None)
