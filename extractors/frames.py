"""Who does what in a sentence: subjects, agents of passives, authors of nouns; by closed-class words and known verbs.

Everything looks back from a verb over what may stand between it and its subject (adverbs, auxiliaries, times, phrases
with a preposition, appositions) and gives up, rather than guess, where an unknown noun is the subject.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from extractors.clauses import is_verbal
from extractors.party import Party, SentenceView
from extractors.phrases import inflections
from extractors.text import word_set

_SKIPPED = word_set(
    """has had have having was were is are been be being will would shall can could may might must should do does did
    each all itself themselves there here abroad elsewhere publicly duly
    not also then later again still now already yet soon even just only once promptly both immediately meanwhile
    however instead too never always often early late quick swift prompt keen among next today yesterday tonight
    overnight earlier separately jointly first strongly firmly 's monday tuesday wednesday thursday friday saturday
    sunday morning afternoon evening night dawn noon midnight week month hours minutes days day local time january
    february march april june july august september october november december jan feb mar apr jun jul aug sept sep
    oct nov dec"""
)
_PREPOSITIONS = word_set(
    """of in on at from to into onto toward towards by with without for over under off near across against about
    between during through around including despite within along amid among below above beyond behind inside outside
    via per than like upon aboard after before since until as alongside"""
)
_BREAKS = word_set("; : — – ( ) [ ] . ! ? …")
_JOINERS = word_set("and but then or while yet nor plus")
_RELATIVES = word_set("who which")
DETERMINERS = word_set("the a an its his her their our this that these those some any another such")
_BE = word_set("is are was were be been being")
_PEOPLE = word_set(
    """officials official leaders leader authorities government military army navy troops forces force ministry
    minister ministers spokesman spokeswoman spokesperson delegates office statement administration president
    commander commanders crews jets fighters warships ships planes aircraft batteries envoy envoys ambassador
    delegation team regime leadership side intelligence diplomats generals soldiers agency command defences defenses
    warplanes bombers cabinet council police parliament service services department secretariat commission bloc
    alliance coalition secretary chief capital embassy mission delegate representative premier
    counterpart counterparts observer observers speaker chiefs heads representatives mouthpiece envoys
    bureau directorate staff guard guards coastguard patrol teams inspectors investigators divers
    prosecutors regulator regulators watchdog chancellor king emir presidency palace kremlin headquarters
    authority administrations ministries governments negotiator negotiators attaché spokespeople
    officers engineers scientists technicians pilots sailors gunners strategists planners aides institute laboratory
    laboratories centre center observatory board mandarins corps fleet flotilla garrison destroyer destroyers frigate
    frigates corvette corvettes submarine submarines ships vessel vessels squadron squadrons units brigade"""
)
_FURTHEST = 24  # words that a look back may cross

_SPEECH_VERBS = word_set(
    """say tell add write state note declare announce remark comment tweet post argue insist maintain explain reply
    answer testify stress call describe brand term label dub characterise characterize portray view regard see speak
    warn vow threaten urge condemn denounce criticise criticize slam blast express voice accuse reiterate reaffirm
    reject deny dismiss claim assert promise pledge predict conclude confirm believe judge admit acknowledge
    complain demand appeal caution boast quip joke respond react hail praise welcome deplore think consider find
    continue repeat recall suggest inform assure agree ask lament emphasise emphasize underline underscore observe
    report list know thunder fume retort counter echo concede remind pronounce venture deem liken compare indicate
    reveal disclose growl thunder exclaim snap sneer scoff muse opine intone charge contend hint vent gloat crow exult
    rejoice enthuse grumble rate judge hold pronounce rule call bill offer interject rejoin parry rebuff bristle rage
    snarl hiss sigh shrug joke plead beg implore exhort press counsel recommend propose invite swear pledge reassure
    congratulate thank salute applaud laud extol brag trumpet proclaim profess confess own allow volunteer specify
    clarify tally maintain chide scold rebuke reproach deplore regret bemoan decry style treat dub cast frame portray"""
)
SPEECH = frozenset().union(*(inflections(verb) for verb in _SPEECH_VERBS))


class Frames:
    """The frames of one sentence."""

    def __init__(self, view: SentenceView) -> None:
        self._view = view
        self._words = view.words
        self.quoted = [quotation is not None for quotation in view.quotations]
        self._subjects: dict[int, tuple[Party, ...]] = {}

    # -- subjects ---------------------------------------------------------------------------------------------------

    def subject(self, verb: int) -> tuple[Party, ...]:
        """The parties that do what the word `verb` says; empty where it is somebody else or unclear."""
        if verb not in self._subjects:
            self._subjects[verb] = ()
            self._subjects[verb] = self._all_meant(self._look_back(verb))
        return self._subjects[verb]

    def _all_meant(self, found: tuple[Party, ...]) -> tuple[Party, ...]:
        """With every party that the same word stands for: "they" of those named together."""
        found += self._besides(found)
        spans = {(party.first, party.last) for party in found}
        others = (p for p in self._view.parties if (p.first, p.last) in spans and p not in found)
        return (*found, *others) if len(spans) == len(found) else found

    def _besides(self, found: tuple[Party, ...]) -> tuple[Party, ...]:
        """Who is named right after the subject as doing the same: "Tokyo, along with Seoul, said …"."""
        at = found[-1].last + 1 if found else len(self._words)
        lows = [word.low for word in self._words[at : at + 4]]
        at += lows[:1] == [","]
        lows = lows[lows[:1] == [","] :]
        for with_ in (["along", "with"], ["together", "with"], ["as", "well", "as"], ["alongside"], ["joined", "by"]):
            if lows[: len(with_)] == with_:
                return tuple(p for p in self.listed(at + len(with_)) if p not in found and not p.actor.modifier)
        return ()

    def equipment(self, verb: int) -> tuple[Party, ...]:
        """The party whose forces or gear do it, by the nouns right before the verb: "Dutch F-35s", "RAF Typhoons"."""
        at = verb - 1
        while at >= 0 and verb - at <= _NEAR and (party := self._view.ending_at(at)) is None:
            low = self._words[at].low
            if low in _BREAKS or low in _PREPOSITIONS or low in _NO_FORCES or low in (",", "and", "but", "that", "who"):
                return ()
            at -= 1
        if (
            at < 0
            or verb - at > _NEAR
            or party is None
            or not (party.actor.modifier or party.actor.kind in ("state", "body"))
        ):
            return ()
        beside = at == verb - 1 and (self.is_verb(verb) or not party.actor.modifier)
        return () if self._in_prepositional_phrase(party) or beside else (party,)

    def _look_back(self, verb: int) -> tuple[Party, ...]:
        covering = self._view.at(verb)
        if covering is not None:
            return (covering,)
        at = verb - 1
        if self._is_infinitive(verb) and verb > 1 and self._words[verb - 2].low == ",":
            return self._carried(verb - 2)
        nouns = 0
        heads: set[str] = set()
        while at >= 0 and verb - at <= _FURTHEST:
            low = self._words[at].low
            party = self._view.ending_at(at)
            if party is not None:
                step = self._from_party(party, nouns)
                if isinstance(step, tuple):
                    return step
                at, nouns = step, nouns + party.actor.modifier
            elif low == ")" and (opening := self._bracket_before(at)):
                at = opening - 1
            elif low in _BREAKS:
                return ()
            elif low in _JOINERS or low == ",":
                if nouns and low == "and" and heads & _PARTNERS:
                    return self._with_partners(at)
                return () if nouns else self._over_comma(at) if low == "," else self._carried(at)
            elif low in _RELATIVES or (low == "that" and not self.is_verb(at - 1)):
                return self._antecedent(at)
            elif low == "that":
                return self.subject(at - 1) if nouns == 0 and verb - at == 1 else ()
            elif low in _SKIPPED or low in _PREPOSITIONS or low in DETERMINERS or low.endswith("ly") or low.isdigit():
                nouns = 0 if low in _PREPOSITIONS else nouns
                at -= 1
            elif self.is_verb(at):
                told = nouns and (not self._is_infinitive(verb) or low in _CONTROL)
                return () if told else self.subject(at)
            else:
                heads.add(low)
                nouns += 1
                at -= 1
        return ()

    def _with_partners(self, at: int) -> tuple[Party, ...]:
        """ "Japan and its allies", "the president and the three chiefs": the party before the "and" at `at`."""
        party = self._view.ending_at(at - 1)
        if party is None or party.actor.modifier or self._in_prepositional_phrase(party):
            return ()
        return self._with_coordinated(party)

    def _from_party(self, party: Party, nouns: int) -> tuple[Party, ...] | int:
        """The subject if the party is one, else the index from which to look further back."""
        before = self._before_list(party)
        low = self._words[before].low if before >= 0 else ""
        holder = self._view.ending_at(before - 1) if low in _PREPOSITIONS and before > 0 else None
        if holder is not None and holder.actor.kind == "office" and not nouns and not party.actor.modifier:
            alike = holder.actor.official and holder.actor.country == party.actor.country
            return self._with_coordinated(replace(party, first=holder.first), placed=True) if alike else (holder,)
        if low in _PREPOSITIONS and not self._is_conjunction(before):
            of_people = low in ("of", "for", "from", "in") and before > 0 and self._words[before - 1].low in _PEOPLE
            if not of_people or nouns or party.actor.modifier:
                return before
            whose = (self._view.ending_at(before - 1) if low == "in" else None) or self._view.ending_at(before - 2)
            return self._with_coordinated(party, placed=True) if whose is None else (whose,)
        if party.actor.modifier or nouns:
            head = self._words[party.last + 1].low if party.last + 1 < len(self._words) else ""
            heads = {self._words[i].low for i in range(party.last + 1, min(len(self._words), party.last + 4))}
            return (party,) if heads & _PEOPLE and nouns <= 3 and head else party.first - 1
        if before >= 0 and self._is_object_of(before):
            told = self._words[before].low in _CONTROL and self._words[party.last + 1].low == "to"
            return (party,) if told else before
        return self._with_coordinated(party)

    def _before_list(self, party: Party) -> int:
        """The index before a party and its determiners, over adjectives joined to it ("his Polish and Czech …")."""
        at = party.first - 1
        owner = self._view.ending_at(at)
        if owner is not None and owner.actor.modifier:
            party, at = owner, owner.first - 1
        while at >= 0:
            joined = self._view.ending_at(at - 1) if self._words[at].low in ("and", "or", ",") else None
            if self._words[at].low in DETERMINERS:
                at -= 1
            elif party.actor.modifier and joined and (joined.actor.modifier or joined.actor.form == "demonym"):
                at = joined.first - 1
            else:
                break
        return at

    def _is_conjunction(self, at: int) -> bool:
        """ "after North Korea fired": the preposition opens a clause whose subject follows."""
        return self._words[at].low in ("after", "before", "since", "until", "as", "than", "for")

    def _is_object_of(self, at: int) -> bool:
        return self.is_verb(at) and self._words[at].low not in _SKIPPED and self._words[at].low not in SPEECH_THAT

    def is_verb(self, at: int) -> bool:
        """Whether the word looks like a verb and is no part of a name."""
        if at < 0 or self._view.at(at) is not None:
            return False
        word = self._words[at]
        if word.low in SPEECH or is_verbal(self._words, at):
            return True
        return (word.low.endswith("ing") and len(word.low) > 5) or word.low == "used"

    def _is_infinitive(self, verb: int) -> bool:
        return verb > 0 and self._words[verb - 1].low == "to"

    def is_told(self, verb: int) -> bool:
        """Whether the words are what somebody is asked to do: "urged Moscow to agree"."""
        party = self._view.ending_at(verb - 2) if self._is_infinitive(verb) else None
        if party is None:
            return False
        at = party.first - 1
        while at > 0 and self._words[at].low in (*DETERMINERS, "on", "upon", "to"):
            at -= 1
        return at >= 0 and (self._words[at].low in _CONTROL or self._words[at].low in _CALLS)

    def _over_comma(self, at: int) -> tuple[Party, ...]:
        """Before a comma: an apposition is stepped over, else the verb shares the subject of the verb before it."""
        closing = self._view.ending_at(at - 1)
        if closing is not None:
            listed = self._with_coordinated(closing)
            if len(listed) > 1 or self._has_comma(closing) or self._is_sample(listed[0]):
                return listed
        opening = self._comma_before(at)
        if opening > 0 and self._words[opening + 1].low in _LED and self._words[opening + 2].low == "by":
            return self._look_back(opening) or ((closing,) if closing is not None else ())
        if opening > 0 and (self._is_aside(opening) or not self._verb_between(opening, at)):
            found = self._look_back(opening)
            if found:
                return found
        return self._carried(at)

    def _bracket_before(self, at: int) -> int:
        """The index of the bracket that the word `at` closes, or 0: "SAMO KRAJNC (Slovenia) said"."""
        return next((i for i in range(at - 1, max(0, at - 6), -1) if self._words[i].low == "("), 0)

    def _is_aside(self, opening: int) -> bool:
        """Whether a clause about the word before opens at the comma: ", who …", ", whose …", ", informed …"."""
        low = self._words[opening + 1].low
        about = self._view.ending_at(opening - 1)
        return about is not None and not about.actor.modifier and (low in _ASIDES or low.endswith("ed"))

    def _is_sample(self, party: Party) -> bool:
        """ "ten members, including Japan, ..." """
        return party.first > 0 and self._words[party.first - 1].low in ("including", "like")

    def _has_comma(self, party: Party) -> bool:
        return any(self._words[i].low == "," for i in range(party.first, party.last))

    def _comma_before(self, at: int) -> int:
        for index in range(at - 1, max(-1, at - 16), -1):
            if self._words[index].low == ",":
                return index
            if self._words[index].low in _BREAKS:
                return -1
        return -1

    def _verb_between(self, start: int, end: int) -> bool:
        return any(is_verbal(self._words, i) for i in range(start + 1, end))

    def _antecedent(self, at: int) -> tuple[Party, ...]:
        if at and self._words[at - 1].low in _STATEMENTS:
            return self._carried(at)
        comma = at > 0 and self._words[at - 1].low == ","
        party = self._view.ending_at(at - 1 - comma)
        if party is None and comma:
            party = self._before_apposition(at - 1)
        return (party,) if party is not None and not party.actor.modifier else ()

    def _before_apposition(self, closing: int) -> Party | None:
        """ "Colonel Ana Lind, commander of the wing, who thanked …": whom the words between the commas describe."""
        opening = self._comma_before(closing)
        return self._view.ending_at(opening - 1) if opening > 0 and not self._verb_between(opening, closing) else None

    def bearer(self, at: int) -> tuple[Party, ...]:
        """Whose an adverbial is ("at an emergency meeting"): the subject of the verb before it."""
        return self._carried(at) or self.subject(at)

    def _carried(self, at: int) -> tuple[Party, ...]:
        """The subject of the nearest verb before word `at` that has one."""
        for index in range(at - 1, max(-1, at - 40), -1):
            if self._words[index].low in _BREAKS:
                break
            if self.is_verb(index) and self.quoted[index] == self.quoted[at] and (found := self.subject(index)):
                return found
        return self._opening(at)

    def _opening(self, at: int) -> tuple[Party, ...]:
        """The first party of the sentence before word `at` that can be a subject."""
        for party in self._view.parties:
            if party.last >= at:
                break
            before = self._words[party.first - 1].low if party.first else ""
            placed = before in _PREPOSITIONS
            if before == "including":
                return self.listed(party.first)
            if not party.actor.modifier and not placed and not self.quoted[party.first]:
                return self._with_coordinated(party)
        return ()

    def _with_coordinated(self, party: Party, *, placed: bool = False) -> tuple[Party, ...]:
        """The party and those listed before it: "Seoul, Tokyo and Washington"."""
        found = [party]
        while True:
            owner = self._view.ending_at(found[0].first - 1)
            at = (owner if owner is not None and owner.actor.modifier else found[0]).first - 1
            while at >= 0 and self._words[at].low in DETERMINERS:
                at -= 1
            if at < 1 or self._words[at].low not in ("and", ",", "or"):
                break
            joined_by_comma = self._words[at].low == ","
            at -= self._words[at - 1].low == ","
            other = self._view.ending_at(at - 1)
            if other is None or other.actor.modifier or (joined_by_comma and len(found) == 1):
                break
            if not placed and self._in_prepositional_phrase(other) and not self._of_people(other):
                break
            found.insert(0, other)
        return tuple(found)

    def _of_people(self, party: Party) -> bool:
        """ "the envoys of South Korea …": the preposition hangs on people who act for the party."""
        at = party.first - 1
        while at >= 0 and self._words[at].low in DETERMINERS:
            at -= 1
        return at > 0 and self._words[at].low in ("of", "for", "from") and self._words[at - 1].low in _PEOPLE

    def _in_prepositional_phrase(self, party: Party) -> bool:
        at = party.first - 1
        while at >= 0 and self._words[at].low in DETERMINERS:
            at -= 1
        return at >= 0 and self._words[at].low in _PREPOSITIONS

    # -- passives and nominal authors -------------------------------------------------------------------------------

    def is_passive(self, verb: int) -> bool:
        """Whether a form of "be" governs the word."""
        at = verb - 1
        while at >= 0 and (
            self._words[at].low.endswith("ly") or self._words[at].low in ("not", "also", "then", "later")
        ):
            at -= 1
        return at >= 0 and self._words[at].low in _BE and not self._words[verb].low.endswith("ing")

    def authors(self, after: int, words: Iterable[str], reach: int = 8) -> tuple[Party, ...]:
        """The parties named after one of the prepositions `words` within `reach` words: "by Tokyo and Seoul"."""
        accepted = frozenset(words)
        for at in range(after, min(len(self._words), after + reach)):
            if self._words[at].low in _BREAKS:
                break
            if self._words[at].low in accepted:
                return self.listed(at + 1)
        return ()

    def orderer(self, after: int) -> tuple[Party, ...]:
        """On whose orders something was done: "on the government's orders", "by order of the coast guard"."""
        for at in range(after, len(self._words)):
            if self._words[at].low not in _ORDERS:
                continue
            if found := self.owner(at):
                return found
            if at + 1 < len(self._words) and self._words[at + 1].low == "of":
                return self.listed(at + 2)[:1]
        return ()

    def companions(self, after: int) -> tuple[Party, ...]:
        """Who does the same with the subject: "together with Seoul", "alongside Polish F-16s", "joined by Ottawa"."""
        for at in range(after, min(len(self._words) - 1, after + _COMPANY_REACH)):
            low, following = self._words[at].low, self._words[at + 1].low
            if low in _BREAKS:
                break
            if low == "alongside":
                return self.listed(at + 1)
            if (low, following) in _TOGETHER:
                return self.listed(at + 2)
        return ()

    def listed(self, at: int) -> tuple[Party, ...]:
        """The parties listed from word `at` on: "Tokyo, Seoul and the United States"."""
        found: list[Party] = []
        skipped = 0
        while at < len(self._words) and skipped <= 3:
            party = next((p for p in self._view.parties if p.first == at), None)
            if party is not None:
                found.append(party)
                at, skipped = party.last + 1, 0
            elif self._words[at].low in ("and", ",", "the", "as", "well", "both", "from", "by"):
                at += 1
            elif found:
                break
            else:
                at, skipped = at + 1, skipped + 1
        return tuple(found)

    def echoed(self, after: int) -> tuple[Party, ...]:
        """Parties of whom the same is said: "and so did the Netherlands", "as were those of Iraq and Syria"."""
        for at in range(after, min(after + _ECHO_REACH, len(self._words) - 1)):
            low, following = self._words[at].low, self._words[at + 1].low
            if low in ("so", "as") and following in ("did", "has", "have", "had", "was", "were", "do", "does"):
                return self.listed(at + 2)
            if (low, following) in _ECHOES:
                return self.listed(at + 2)
        return ()

    def offsets(self, index: int) -> tuple[int, int]:
        """Start and end of the word in the text."""
        return self._words[index].start, self._words[index].end

    def word(self, index: int) -> str:
        """The lower-case word at an index."""
        return self._words[index].low

    def bystanders(self, launched: Callable[[Party], bool]) -> tuple[Party, ...]:
        """The first party of the sentence of which `launched` is false, else whom the paragraph is about."""
        for party in self._view.parties:
            if party.can_react and not launched(party):
                return (party,)
        subject = self._view.topic
        if subject is None:
            return ()
        party = Party(0, 0, subject, inferred=True)
        return () if launched(party) else (party,)

    def owner(self, noun: int) -> tuple[Party, ...]:
        """The party whose noun it is: "Tokyo's condemnation"."""
        for back in range(noun - 1, max(-1, noun - 4), -1):
            party = self._view.ending_at(back)
            if party is not None:
                return (party,) if self._words[back].low.endswith(("'s", "'")) else ()
        return ()

    def opens_with(self, nouns: Collection[str]) -> bool:
        """Whether one of the nouns is among the first words of the sentence."""
        return any(word.low in nouns for word in self._words[:4])

    def has_quotation(self, first: int, last: int) -> bool:
        """Whether any word of the stretch stands inside a quotation."""
        return any(self.quoted[first : last + 1])


_NEAR = 6  # words
_NO_FORCES = word_set(
    """weapon weapons missile missiles rocket rockets drone drones projectile projectiles residents people civilians
    shares stocks markets media analysts airlines airline lawmakers opposition newspaper newspapers company
    companies experts press voters workers students citizens businesses economy currency soil territory airspace
    waters"""
)
_ASIDES = word_set("who which whose where now then in on at for speaking writing asked despite")
# Whom a party acts together with, without being named: "Tokyo and other capitals", "Norway and its neighbours".
_PARTNERS = word_set(
    """allies ally partners partner neighbours neighbors capitals governments countries nations states members others
    chiefs ministers officials leaders counterparts powers friends commanders generals islands republics delegations"""
)
_STATEMENTS = word_set(
    """statement statements message post letter note communique communiqué tweet briefing speech text paper document
    declaration motion"""
)
_CONTROL = frozenset().union(
    *(
        inflections(v)
        for v in word_set("tell ask order urge warn advise instruct want press beg prompt lead force cause allow drive")
    )
)
_LED = word_set("led headed chaired run represented fronted commanded directed flanked")
_ORDERS = word_set("order orders instruction instructions behest bidding command insistence advice authority")
_COMPANY_REACH = 10  # words
_TOGETHER = {("together", "with"), ("along", "with"), ("jointly", "with"), ("joined", "by"), ("seconded", "by")}
_CALLS = word_set("called calls calling appealed appeals appealing implored begged exhorted besought invited")
_ECHO_REACH = 6  # words
_ECHOES = {("followed", "by"), ("joined", "by"), ("echoed", "by")}
SPEECH_THAT = word_set("said says added adds wrote stated noted believes thinks knows insisted argued that")
