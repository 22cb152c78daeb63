"""Speed of the reaction rules.

python -m bench.reactions_speed
"""

from __future__ import annotations

import time
from datetime import date

from extractors.document import Document
from extractors.reaction_checks import launch_of
from extractors.reactions import find_reactions

_NEWS = (
    "North Korea fired a ballistic missile on Monday, South Korea's military said. Japan's prime minister condemned "
    "the launch and said Tokyo had lodged a protest. The United States said there was no immediate threat. The markets "
    "in Seoul opened lower, and the weather office expects rain in the afternoon.\n\n"
)
_DAY = date(2025, 3, 3)


def seconds(text: str) -> float:
    """CPU time of the reaction rules alone on `text`."""
    document = Document(text, published=_DAY)
    launch = launch_of("PRK", "North Korea")
    start = time.process_time()
    find_reactions(document, [launch])
    return time.process_time() - start


def main() -> None:
    """Print words a second on news about a launch."""
    seconds(_NEWS)
    text = _NEWS * 200
    print(f"{len(text.split()) / seconds(text):,.0f} words/s on news about a launch")


if __name__ == "__main__":
    main()
