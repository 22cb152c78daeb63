"""Load time of the packs and words a second of the lexicon automaton.

    python bench/packs_speed.py [TEXT_FILE]

Times are CPU seconds of this process, the best of several runs; without a file the text is a repeated paragraph.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from extractors import packs

PARAGRAPH = (
    "North Korea fired two short-range ballistic missiles from the Sunan area of Pyongyang toward the East Sea on "
    "Wednesday morning, South Korea’s Joint Chiefs of Staff said. They flew about 360 kilometres before they fell into "
    "the water outside Japan's exclusive economic zone, and Prime Minister Fumio Kishida called it unacceptable.\n\n"
)


def best(work: Callable[[], object], runs: int = 7) -> float:
    """CPU seconds of the quickest of `runs`."""
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


def load() -> packs.Packs:
    packs._own_files.cache_clear()
    return packs.load_packs()


def main() -> None:
    lexicons = load()
    print(f"load, validation and automaton: {best(load) * 1000:.0f} ms")
    text = Path(sys.argv[1]).read_text(encoding="utf-8") if len(sys.argv) > 1 else PARAGRAPH * 1000
    words = len(text.split())
    print(f"mentions: {words / best(lambda: lexicons.mentions(text)):,.0f} words/s over {words:,} words")


if __name__ == "__main__":
    main()
