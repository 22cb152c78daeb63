"""Words a second of the whole chain on mixed news: 19 ordinary articles for each one about a launch.

python bench/launches_speed.py [ROUNDS]
"""

from __future__ import annotations

import sys
import time
from datetime import date

from extractors.engine import extract

_DAY = date(2025, 1, 6)
_LAUNCH = (
    "SEOUL, Jan. 6 - North Korea fired two short-range ballistic missiles from the Sunan area on Monday, the "
    "South Korean "
    "military said.\n\nThe missiles flew about 600 km before falling into the sea off its east coast, the Joint "
    "Chiefs of "
    "Staff said. Japan's prime minister condemned the launch and said a protest had been lodged through Beijing.\n\n"
    "On Dec. 18 it launched an intercontinental ballistic missile from near Pyongyang, which flew for 73 minutes.\n\n"
) * 2
_ORDINARY = (
    "The harbour council voted on Tuesday to raise parking fees from April, the first change in nine "
    "years.\n\nTraders said "
    "the plan would drive customers out of town. The mayor launched a campaign to explain it and promised that "
    "the money "
    "would go to the lifeboat station. Councillors fired questions at the treasurer for an hour.\n\nTomatoes "
    "were cheaper "
    "this week, growers said, after a mild autumn in the valley; onions were not.\n\n"
) * 3


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    articles = [_LAUNCH, *[_ORDINARY] * 19] * rounds
    extract(_LAUNCH, published=_DAY)
    began = time.process_time()
    for text in articles:
        extract(text, published=_DAY)
    seconds = time.process_time() - began
    words = sum(len(text.split()) for text in articles)
    print(f"mixed news: {words / seconds:,.0f} words/s ({words:,} words)")
    began = time.process_time()
    for _ in range(rounds):
        extract(_LAUNCH, published=_DAY)
    print(f"launch news: {rounds * len(_LAUNCH.split()) / (time.process_time() - began):,.0f} words/s")


if __name__ == "__main__":
    main()
