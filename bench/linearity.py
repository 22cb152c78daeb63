"""Whether the time of every rule grows with the length of the text and no faster: 1 MB of repetitions against 128 kB.

    python -m bench.linearity [PART ...] [--all] [--share K/N]

Parts: `frames` (each frame and guard of the launch rules against a row that keeps almost matching it), `phrases` (each
phrase of the reaction rules against words that do), `lexicon` (the automaton), `chain` (texts that invite every step to
go back, through the whole chain without the limit that `extract` sets on the length of a text). CPU seconds; a ratio
above the bound is measured up to three times, as a neighbour on the same core can double any one of them. Every part
ends with its worst pattern, the run with the worst of all: 1.0 is linear, 7.8 quadratic. Fails above 2.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from itertools import islice

from extractors.document import Document
from extractors.garbage import no_collection
from extractors.grammar import grammar
from extractors.launches import find_launches
from extractors.packs import Packs, default_packs
from extractors.patterns import Alphabet
from extractors.phrases import PhraseBook, Step, parse
from extractors.reactions import find_reactions
from extractors.text import Word

SMALL, LARGE = 128_000, 1_000_000
_LEAST = 0.002  # seconds: what a timer still tells
BOUND = 2.0
_DAY = date(2025, 1, 6)
_UNITS = (
    "missile ", "the missile, ", "fired a missile and ", "North Korea fired ", "the launch of the launch of ",
    "“missile ", "‘missile’ ", "said the army, ", "a salvo of ", "two hundred and ", "on the 4th ", "Monday ",
    "7 a.m. to ", "(missile ", "from the from the ", "missile, a rocket, ", "it was fired by ", "Kim Jong Un, ",
    "not no never missile ", "1,000 km ", "launched off the coast of ", "according to the missile ",
    "Tokyo condemned the launch and ", "the ministry said ", "lodged a a a a ", "not pose an immediate ",
    "“We condemn it,” he said. ", "Foreign Ministry Spokesman ", "Japan, ", "said the army of ", "the minister, ",
    "flew 500, covered 5 km, ", "It flew 500 km. ", "one of another, ", "North Korea fired a missile on Monday. ",
    "On 4 May North Korea fired a missile. ", "Iran fired 2 missiles, Japan said. ",
    "A missile was launched from Iran. ",
    "The launch failed. ", "The next launch is on Friday. ", "“It” “is” ", "\n\nA missile. ", "the Blue-7 rocket ",
    "Zorbo Blimp said. ", "they said they ", "a day earlier ", "between Monday and Tuesday, ", "at 7 a.m. on Monday ",
    "which fired which ", "and fired and ", "in the sea off the coast of the sea ", "Mr. A. B. ", "- – — ",
)  # fmt: skip
_STORY = "North Korea fired a missile on Monday, South Korea said. Japan condemned the launch.\n\n"
_NAMES = ("Sea of Japan East ", "North ", "U.S. ", "Kim Jong Un ", "missile", "’", "İ", "the North the South ", "- ")

Case = tuple[str, Callable[[int], Callable[[], object]]]
"""What it is called, and the work on a repetition of that many characters."""


def frames(packs: Packs) -> Iterator[Case]:
    """Each pattern of the launch rules and guards, over classes that match all of it but its last item."""
    rules = grammar(packs)
    listed = [*packs.rules["launch_rules"].values(), *packs.rules["guards"].values()]
    patterns = [pattern for rule in listed for pattern in rule.patterns]
    for frame, pattern in zip((*rules.frames, *rules.guards), patterns, strict=True):
        unit = "".join(_classes(item, rules.alphabet) for item in pattern.split()[:-1]) or rules.alphabet["WORD"]
        yield f"{frame.rule}: {pattern}", partial(_matched, frame.expression, unit)


def _classes(item: str, alphabet: Alphabet) -> str:
    """Classes that an item of a pattern matches: for a gap as many as may be, else the first class that is named."""
    if item.startswith("~"):
        return alphabet["WORD"] * int(item.strip("~"))
    name = item.rpartition("=")[2].rstrip("?").split("|")[0]
    return alphabet["WORD" if name.startswith("^") else name]


def _matched(expression: re.Pattern[str], unit: str, size: int) -> Callable[[], object]:
    row = unit * (size // len(unit))
    return lambda: sum(1 for _ in expression.finditer(row))


def phrases(packs: Packs) -> Iterator[Case]:
    """Each phrase of the reaction rules, over words that match all of it but its last step."""
    for rule in packs.rules["reaction_rules"].values():
        for pattern in rule.patterns:
            steps = parse(pattern)
            unit = _words_for(steps[:-1]) or _words_for(steps)
            book = PhraseBook({rule.id: [pattern]})
            yield f"{rule.id}: {pattern}", partial(_found, book, unit, _words_for(steps))


def _words_for(steps: Sequence[Step]) -> list[str]:
    """Words that a run of steps accepts, gaps filled."""
    found: list[str] = []
    for step in steps:
        first = [min(step.accepted)] if step.accepted else ["land"]
        found += _words_for(step.runs[0]) if step.runs else first * max(1, step.gap)
    return found


def _found(book: PhraseBook, unit: Sequence[str], last: Sequence[str], size: int) -> Callable[[], object]:
    """The phrase stands at the end, so that the book cannot tell from the words that are missing to leave it out."""
    repeated = [Word(0, 0, word, word) for word in unit] * (size // (len(" ".join(unit)) + 1))
    words = [*repeated, *(Word(0, 0, word, word) for word in last)]
    return lambda: book.find(words, {"state": lambda at: at + (words[at].low == "land")})


def lexicon(packs: Packs) -> Iterator[Case]:
    """The automaton over all names, and what settles which of them overlap."""
    for name in _NAMES:
        yield name, partial(_mentioned, packs, name)


def _mentioned(packs: Packs, name: str, size: int) -> Callable[[], object]:
    return partial(packs.mentions, name * (size // len(name)))


def chain(packs: Packs) -> Iterator[Case]:
    """Analysis, launches and reactions of a text; whole, though `extract` would read no more than its first part."""
    _extracted("", 0)()  # what the first article of a process pays for
    for unit in _UNITS:
        yield unit, partial(_extracted, unit)


def _extracted(unit: str, size: int) -> Callable[[], object]:
    text = _STORY + unit * (size // max(1, len(unit))) + " missile"

    def read() -> None:
        with no_collection():  # as in `extract`
            document = Document(text, title="North Korea fires missile", published=_DAY)
            find_reactions(document, find_launches(document).found)

    return read


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of the quickest of up to three runs; long ones are run once."""
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
        if best > 1:
            break
    return best


def ratio(case: Callable[[int], Callable[[], object]]) -> tuple[float, float]:
    """Time for each character of a large text against that of a small one, and the CPU seconds of the large one."""
    best = (float("inf"), 0.0)
    for _ in range(3):
        small, large = seconds(case(SMALL)), seconds(case(LARGE))
        best = min(best, ((large / LARGE) / (max(small, _LEAST) / SMALL), large))
        if best[0] <= BOUND:
            break
    return best


PARTS = {part.__name__: part for part in (frames, phrases, lexicon, chain)}


def main() -> int:
    parser = argparse.ArgumentParser(description="Whether the time of every rule is linear in the length of the text.")
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="default: all")
    parser.add_argument("--all", action="store_true", help="a line for every pattern, not only the worst of a part")
    parser.add_argument("--share", default="1/1", help="of the patterns of each part only the K-th of every N")
    options = parser.parse_args()
    share, shares = map(int, options.share.split("/"))
    packs = default_packs()
    worst = (0.0, "")
    for name in options.parts or PARTS:
        found = []
        for pattern, case in islice(PARTS[name](packs), share - 1, None, shares):
            grown, whole = ratio(case)
            found.append((grown, pattern))
            if options.all or grown > BOUND:
                print(f"{grown:5.2f} {whole:7.2f} s  {pattern!r}", flush=True)
        worst = max(worst, *found)
        print(f"{name}: {len(found)} patterns, worst {max(found)[0]:.2f} of {max(found)[1]!r}", flush=True)
    print(f"worst ratio of time per byte, 1 MB against 128 kB: {worst[0]:.2f} ({worst[1]!r})")
    return worst[0] > BOUND


if __name__ == "__main__":
    sys.exit(main())
