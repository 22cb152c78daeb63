"""Phrases of a rule pack over words: compiled once, found in time linear in the number of words.

Notation: `word~` every inflection of a word, `a|b` either word, `(a b|c)` one of several runs of words, `x?` may be
missing, `..4` up to four words of which none is a comma, a stop or a bracket, `<state>` words that a slot given by the
caller accepts. Quotation marks are no words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, NamedTuple

from extractors.text import Word, word_set

# base: 3rd person, past, participle, -ing; what spelling rules do not give
_IRREGULAR = {
    base: tuple(forms.split())
    for base, _, forms in (
        line.partition(": ")
        for line in """
be: is was been being are were am
bear: bears bore borne bearing
beat: beats beat beaten beating
begin: begins began begun beginning
bend: bends bent bending
bind: binds bound binding
bite: bites bit bitten biting
blow: blows blew blown blowing
break: breaks broke broken breaking
bring: brings brought bringing
build: builds built building
burn: burns burned burnt burning
buy: buys bought buying
catch: catches caught catching
choose: chooses chose chosen choosing
cling: clings clung clinging
come: comes came coming
cut: cuts cut cutting
deal: deals dealt dealing
deny: denies denied denying
dig: digs dug digging
do: does did done doing
draw: draws drew drawn drawing
drive: drives drove driven driving
eat: eats ate eaten eating
fall: falls fell fallen falling
feed: feeds fed feeding
feel: feels felt feeling
fight: fights fought fighting
find: finds found finding
flee: flees fled fleeing
fling: flings flung flinging
fly: flies flew flown flying
forbid: forbids forbade forbidden forbidding
forget: forgets forgot forgotten forgetting
forgive: forgives forgave forgiven forgiving
freeze: freezes froze frozen freezing
get: gets got gotten getting
give: gives gave given giving
go: goes went gone going
grow: grows grew grown growing
have: has had having
hear: hears heard hearing
hide: hides hid hidden hiding
hit: hits hit hitting
hold: holds held holding
hurt: hurts hurt hurting
keep: keeps kept keeping
know: knows knew known knowing
lay: lays laid laying
lead: leads led leading
lean: leans leaned leant leaning
leave: leaves left leaving
lend: lends lent lending
let: lets let letting
light: lights lit lighting
lose: loses lost losing
make: makes made making
mean: means meant meaning
meet: meets met meeting
overcome: overcomes overcame overcoming
pay: pays paid paying
put: puts put putting
ride: rides rode ridden riding
ring: rings rang rung ringing
rise: rises rose risen rising
run: runs ran run running
say: says said saying
see: sees saw seen seeing
seek: seeks sought seeking
sell: sells sold selling
send: sends sent sending
set: sets set setting
shake: shakes shook shaken shaking
shed: sheds shed shedding
shoot: shoots shot shooting
show: shows showed shown showing
shut: shuts shut shutting
sing: sings sang sung singing
sink: sinks sank sunk sinking
sit: sits sat sitting
sleep: sleeps slept sleeping
slide: slides slid sliding
speak: speaks spoke spoken speaking
spend: spends spent spending
spin: spins spun spinning
spit: spits spat spitting
split: splits split splitting
spread: spreads spread spreading
spring: springs sprang sprung springing
stand: stands stood standing
steal: steals stole stolen stealing
stick: sticks stuck sticking
sting: stings stung stinging
strike: strikes struck stricken striking
swear: swears swore sworn swearing
swing: swings swung swinging
take: takes took taken taking
teach: teaches taught teaching
tear: tears tore torn tearing
tell: tells told telling
think: thinks thought thinking
throw: throws threw thrown throwing
understand: understands understood understanding
undertake: undertakes undertook undertaken undertaking
wake: wakes woke woken waking
weep: weeps wept weeping
win: wins won winning
wind: winds wound winding
withdraw: withdraws withdrew withdrawn withdrawing
wring: wrings wrung wringing
write: writes wrote written writing
""".strip().splitlines()
    )
}
_DOUBLING = frozenset(
    [
        "refer",
        "regret",
        "repel",
        "rebut",
        "confer",
        "expel",
        "slam",
        "slap",
        "plan",
        "beg",
        "rap",
        "scrap",
        "rip",
        "step",
        "ban",
        "bar",
        "nod",
        "hug",
        "slip",
        "trim",
    ]
)

_SHORT = re.compile(r"[^aeiou]*[aeiou][^aeiouwxy]")  # stop, slam, ban: the last letter doubles


def inflections(word: str) -> frozenset[str]:
    """The forms of an English verb or noun: base, -s, past, participle, -ing."""
    if word in _IRREGULAR:
        return frozenset((word, *_IRREGULAR[word]))
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return frozenset((word, word[:-1] + "ies", word[:-1] + "ied", word + "ing"))
    plural = word + ("es" if word.endswith(("s", "x", "z", "ch", "sh", "o")) else "s")
    if word.endswith("e"):
        return frozenset((word, plural, word + "d", word[:-1] + "ing", word + "ing" if word.endswith("ee") else plural))
    stem = word + word[-1] if word in _DOUBLING or _SHORT.fullmatch(word) else word
    return frozenset((word, plural, stem + "ed", stem + "ing"))


_CONTRACTED = {"ca": "can", "wo": "will", "sha": "shall"}
_CONTRACTION = re.compile(r"(?i)([a-z]+)(n't|'ll|'ve|'re|'d|'m)$")
_EXPANDED = {"'ll": "will", "'ve": "have", "'re": "are", "'d": "would", "'m": "am", "n't": "not"}


def spoken_words(written: Iterable[Word]) -> list[Word]:
    """Words and marks of normalised text without quotation marks; "won't" is two words, `will` and `not`."""
    found: list[Word] = []
    for word in written:
        if word.text in "\"'":
            continue
        contraction = _CONTRACTION.match(word.text) if "'" in word.text else None
        if contraction is None:
            found.append(word)
            continue
        stem, tail = contraction.group(1), contraction.group(2)
        middle = word.start + len(stem)
        found.append(Word(word.start, middle, stem, _CONTRACTED.get(stem.lower(), stem.lower())))
        found.append(Word(middle, word.end, tail, _EXPANDED[tail.lower()]))
    return found


class PhraseError(ValueError):
    """A pattern that does not follow the notation; the message is a sentence."""


Slot = Callable[[int], int]
"""Given a word's index, the index after the slot's filler, or 0 where there is none."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a phrase: words accepted, or runs of steps (a group), or a gap of up to `gap` words, or a slot."""

    accepted: frozenset[str] = frozenset()
    runs: tuple[tuple[Step, ...], ...] = ()
    optional: bool = False
    gap: int = 0
    slot: str = ""


class Found(NamedTuple):
    """A phrase found at the words `first`..`last`, both included; `pattern` is how the pack writes it."""

    rule: str
    first: int
    last: int
    pattern: str


_BAR = frozenset(",.;:!?()[]—–…")
_TOKEN = re.compile(r"\.\.[0-9]|\(|\)\??|\||[^\s()|]+")


class _Parser:
    """Recursive descent over the tokens of one pattern. Outside brackets a bar parts words, inside it parts runs."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._tokens = _TOKEN.findall(pattern)
        self._at = 0

    def parse(self) -> tuple[Step, ...]:
        steps = self._run(grouped=False)
        if self._at < len(self._tokens):
            raise PhraseError(f"`{self._pattern}` has a bracket or bar too many")
        if not any(not step.optional and (step.accepted or step.runs) for step in steps):
            raise PhraseError(f"`{self._pattern}` has no word that must be there")
        if steps[0].gap or steps[0].slot or steps[-1].gap:
            raise PhraseError(f"`{self._pattern}` begins or ends with a gap or a slot that may stay empty")
        return steps

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _run(self, *, grouped: bool) -> tuple[Step, ...]:
        steps: list[Step] = []
        while self._peek() and self._peek()[0] not in ")|":
            choices = [self._atom()]
            while not grouped and self._peek() == "|":
                self._at += 1
                choices.append(self._atom())
            steps.append(choices[0] if len(choices) == 1 else _either(choices))
        if not steps:
            raise PhraseError(f"`{self._pattern}` has an empty group or alternative")
        return tuple(steps)

    def _atom(self) -> Step:
        token = self._peek()
        self._at += 1
        if token == "(":
            return self._group()
        if token.startswith(".."):
            return Step(gap=int(token[2:]))
        if token.startswith("<"):
            return Step(slot=token.strip("<>"))
        word, optional = (token[:-1], True) if token.endswith("?") else (token, False)
        if not word.strip("~") or word in (")", ")?", "|"):
            raise PhraseError(f"`{self._pattern}` has an empty group or alternative")
        return Step(inflections(word[:-1]) if word.endswith("~") else frozenset((word,)), optional=optional)

    def _group(self) -> Step:
        runs = [self._run(grouped=True)]
        while self._peek() == "|":
            self._at += 1
            runs.append(self._run(grouped=True))
        closing = self._peek()
        if closing not in (")", ")?"):
            raise PhraseError(f"`{self._pattern}` lacks a closing bracket")
        self._at += 1
        return _simplified(tuple(runs), closing == ")?")


def _is_words(step: Step) -> bool:
    return bool(step.accepted) and not step.optional


def _simplified(runs: tuple[tuple[Step, ...], ...], optional: bool) -> Step:
    """A group of single words is one step over their union."""
    if all(len(run) == 1 and _is_words(run[0]) for run in runs):
        return Step(frozenset().union(*(run[0].accepted for run in runs)), optional=optional)
    return Step(runs=runs, optional=optional)


def _either(choices: Sequence[Step]) -> Step:
    return _simplified(tuple((choice,) for choice in choices), optional=False)


def parse(pattern: str) -> tuple[Step, ...]:
    """The steps of a pattern. Raises PhraseError."""
    return _Parser(pattern).parse()


def _steps(rule: str, pattern: str) -> tuple[Step, ...]:
    try:
        return parse(pattern)
    except PhraseError as error:
        raise PhraseError(f"rule {rule}: {error}") from None


class PhraseBook:
    """All phrases of some rules, indexed by the words they can begin with and by a rare word that each must hold.

    Most phrases begin with words that every sentence has; so a sentence first picks those whose rare word it holds,
    and of these the ones for which no other word is missing.
    """

    def __init__(self, rules: Mapping[str, Iterable[str]]) -> None:
        self._phrases = [(rule, pattern) for rule, patterns in rules.items() for pattern in patterns]
        self._steps = {number: _steps(*phrase) for number, phrase in enumerate(self._phrases)}
        self._needed = [_needed(steps) for steps in self._steps.values()]
        self._by_word: dict[str, set[int]] = {}
        self._by_anchor: dict[str, list[int]] = {}
        for number, steps in self._steps.items():
            for word in _beginnings(steps):
                self._by_word.setdefault(word, set()).add(number)
            for word in min(self._needed[number], key=_rarity):
                self._by_anchor.setdefault(word, []).append(number)

    def __getstate__(self) -> dict[str, Any]:
        """All but the steps, of which an article needs few: read again from a pattern, they come as fast."""
        return vars(self) | {"_steps": {}}

    def find(self, tokens: Sequence[Word], slots: Mapping[str, Slot]) -> list[Found]:
        """Every phrase at every word, the longest of each rule at a word; by start."""
        words = [token.low for token in tokens]
        likely = self._likely(set(words))
        found: list[Found] = []
        if not likely:
            return found
        for index, word in enumerate(words):
            numbers = self._by_word.get(word)
            if numbers is not None and not likely.isdisjoint(numbers):
                found.extend(self._at(index, sorted(likely & numbers), words, slots))
        return found

    def _likely(self, present: Set[str]) -> set[int]:
        """The phrases none of whose words that must be there is missing."""
        possible: set[int] = set()
        for word in present:
            if word in self._by_anchor:
                possible.update(self._by_anchor[word])
        needed = self._needed
        return {number for number in possible if not any(map(present.isdisjoint, needed[number]))}

    def _at(self, index: int, numbers: Iterable[int], words: Sequence[str], slots: Mapping[str, Slot]) -> list[Found]:
        longest: dict[str, Found] = {}
        for number in numbers:
            rule, pattern = self._phrases[number]
            if number not in self._steps:
                self._steps[number] = parse(pattern)
            end = _match(self._steps[number], 0, words, index, slots)
            if end > index and (rule not in longest or longest[rule].last < end - 1):
                longest[rule] = Found(rule, index, end - 1, pattern)
        return list(longest.values())


_COMMON = word_set(
    """the a an of to in on at by for with from and or but as is are was were be been being has have had do does did
    not no it its he his she her they their them we our i this that these those will would can could may must should
    who which any all such some more most both up out off over down than after before when if so there said says say
    also into about"""
)


def _needed(steps: tuple[Step, ...]) -> tuple[frozenset[str], ...]:
    """For each step that must be there the words of which it needs one."""
    return tuple(words for step in steps if not step.optional and (words := _words_of(step)))


def _rarity(words: frozenset[str]) -> tuple[int, int]:
    """Sorts the fewest everyday words first, then the fewest words."""
    return len(words & _COMMON), len(words)


def _words_of(step: Step) -> frozenset[str]:
    """Words of which the step needs one; none for gaps, slots and runs that a slot alone can fill."""
    if not step.runs:
        return frozenset() if step.slot or step.gap else step.accepted
    needed = [_needed(run) for run in step.runs]
    return frozenset().union(*(min(each, key=_rarity) for each in needed)) if all(needed) else frozenset()


def _beginnings(steps: tuple[Step, ...]) -> set[str]:
    begin: set[str] = set()
    for step in steps:
        begin |= step.accepted
        for run in step.runs:
            begin |= _beginnings(run)
        if not step.optional:
            break
    return begin


def _match(steps: tuple[Step, ...], at_step: int, words: Sequence[str], at: int, slots: Mapping[str, Slot]) -> int:
    """Index after the match of `steps[at_step:]` at word `at`, or 0. Gaps are bounded, so the work is too."""
    while at_step < len(steps):
        step = steps[at_step]
        if step.gap:
            return _match_gap(steps, at_step, words, at, slots)
        if step.runs:
            return _match_runs(steps, at_step, words, at, slots)
        after = at + 1 if at < len(words) and words[at] in step.accepted else 0
        if not after and step.slot in slots and at < len(words):
            after = slots[step.slot](at)
        if step.optional:
            return (_match(steps, at_step + 1, words, after, slots) if after else 0) or _match(
                steps, at_step + 1, words, at, slots
            )
        if not after:
            return 0
        at, at_step = after, at_step + 1
    return at


def _match_runs(steps: tuple[Step, ...], at_step: int, words: Sequence[str], at: int, slots: Mapping[str, Slot]) -> int:
    step = steps[at_step]
    for run in step.runs:
        if (after := _match(run, 0, words, at, slots)) and (end := _match(steps, at_step + 1, words, after, slots)):
            return end
    return _match(steps, at_step + 1, words, at, slots) if step.optional else 0


def _match_gap(steps: tuple[Step, ...], at_step: int, words: Sequence[str], at: int, slots: Mapping[str, Slot]) -> int:
    for skipped in range(steps[at_step].gap + 1):
        if end := _match(steps, at_step + 1, words, at + skipped, slots):
            return end
        if at + skipped >= len(words) or words[at + skipped] in _BAR:
            return 0
    return 0
