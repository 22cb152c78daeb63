"""Publishing ten years of five launches a day: the whole site, then one new article. Run: python -m bench.publish

Prints a line for each bar. Wall time includes reading the lake, which is open; it does not include the start of Python.
CPU time is that of all processes, the writers of pages among them; a loop of ten million steps before and after says
what the machine was worth. The new article tells of a launch on the last of the days, whose year has most to be
written again.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from extractors.identity import article_id
from extractors.records import Article, Evidence, Extraction, Finding, Launch, Reaction
from flows.report_site.build import build
from storage.articles import save
from storage.incidents import default_gazetteer, refresh
from storage.lake import Lake, LakeConfig

FIRST, A_DAY = date(2016, 1, 1), 5
SIDES = (("PRK", "North Korea", "Sunan"), ("RUS", "Russia", "Crimea"), ("USA", "SpaceX", "Cape Canaveral"),
         ("IRN", "Iran", "Semnan"), ("CHN", "China", "Jiuquan"), ("YEM", "Houthis", "Sanaa"))  # fmt: skip
CLASSES = ("srbm", "cruise_missile", "space_launch_vehicle", "attack_drone", "icbm", "artillery_rocket")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
WORKERS = max(1, min(8, os.cpu_count() or 1))


def finding(number: int, day: date, side: int, told: int, chance: random.Random) -> Finding:
    """One article of one launch, with a reaction."""
    country, actor, site = SIDES[side]
    url = f"https://news.example/{day}/{number}/{told}"
    at = datetime(day.year, day.month, day.day, 6 + told, tzinfo=UTC)
    # Words of its own, as no article is a copy of the others.
    rest = " ".join(f"w{(number * 7919 + told * 104_729 + at * at * 31) % 9973}" for at in range(60))
    text = f"{actor} fired {2 + told} missiles from {site} on {day}. A minister condemned it. It told of {rest}."
    span, other = Evidence(0, text.index("."), text[: text.index(".")]), text.index("A minister")
    count = 2 + chance.randrange(2)
    launch = Launch(
        "L1", country, actor, day, "day", f"{5 + side:02}:10", CLASSES[side], None, count, count, site, None,
        float(300 + 10 * told), None, "conducted", "lead", None, (span,), ("bench",),
    )  # fmt: skip
    reaction = Reaction(
        "KOR", "a minister", "condemn", "L1", False, evidence=(Evidence(other, len(text), text[other:]),)
    )
    article = Article(
        article_id(url), url, url, f"Outlet {told}", None, None, text[:40], (), at, 0, day, "meta", "second", text,
        "en", "full", "article", f"{number}{told}", at, at,
    )  # fmt: skip
    return Finding(article, Extraction((launch,), (reaction,), "bench"))


def fill(lake: Lake, days: int) -> None:
    """Five launches a day, each told by two outlets."""
    chance = random.Random(7)
    batch = []
    for n in range(days):
        day = FIRST + timedelta(days=n)
        for side in chance.sample(range(len(SIDES)), A_DAY):
            batch += [finding(n * 10 + side, day, side, told, chance) for told in range(2)]
        if len(batch) >= 10_000 or n == days - 1:
            save(lake, findings=batch, message="bench")
            batch = []


class Spent(NamedTuple):
    """Seconds that something took."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} s, {self.cpu:.2f} s of CPU"


def main(years: float) -> None:
    """Print what each bar measures."""
    days = round(years * 365.25)
    gazetteer = default_gazetteer()
    with tempfile.TemporaryDirectory() as scratch, Lake.open(LakeConfig(directory=Path(scratch) / "lake")) as lake:
        fill(lake, days)
        site = Path(scratch) / "site"

        def join() -> object:
            return refresh(lake, now=NOW, gazetteer=gazetteer)

        def publish() -> object:
            return build(lake, site, home="", gazetteer=gazetteer, workers=WORKERS)

        joined = spent(join)
        print(f"{days * A_DAY} launches, {2 * days * A_DAY} articles, joined in {joined}; {spent(steps)} for the steps")
        print(f"full build, bar 60 s: {spent(publish)}, {WORKERS} writers", flush=True)
        joins, builds = [], []
        for n in range(3):
            fresh = finding(n, FIRST + timedelta(days=days - 1), n, 7, random.Random(n))
            save(lake, findings=[fresh], message="bench")
            joins.append(spent(join))
            builds.append(spent(publish))
        whole = [Spent(a.wall + b.wall, a.cpu + b.cpu) for a, b in zip(joins, builds, strict=True)]
        print(f"one new article, bar 2 s: {middle(whole)}; joining {middle(joins)}; publishing {middle(builds)}")
        print(f"nothing new: {spent(publish)}; {spent(steps)} for the steps")


def middle(taken: Sequence[Spent]) -> Spent:
    """The medians of wall and CPU time."""
    return Spent(statistics.median(t.wall for t in taken), statistics.median(t.cpu for t in taken))


def steps() -> None:
    """What this machine does just now, with whatever else runs on it."""
    total = 0
    for number in range(10_000_000):
        total += number & 3


def spent(work: Callable[[], object]) -> Spent:
    """Run it; what it took."""
    wall, cpu = time.monotonic(), _cpu()
    work()
    return Spent(time.monotonic() - wall, _cpu() - cpu)


def _cpu() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
