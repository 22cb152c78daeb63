"""Publishing ten years of five launches a day: the whole site, then one new launch. Run: python -m bench.publish

Wall time includes reading the lake, which is open; it does not include the start of Python. CPU time is that of all
processes. Yardsticks of the same run: the same number of files of the same size written and read back by this machine,
and a loop of ten million steps.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

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
    text = f"{actor} fired {2 + told} missiles from {site} on {day}. A minister condemned it."
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


def main(years: float) -> None:
    """Print what each step took in seconds."""
    days = round(years * 365.25)
    gazetteer = default_gazetteer()
    with tempfile.TemporaryDirectory() as scratch, Lake.open(LakeConfig(directory=Path(scratch) / "lake")) as lake:
        fill(lake, days)
        site = Path(scratch) / "site"
        print(f"{days * A_DAY} launches, {2 * days * A_DAY} articles")
        timed("join all", lambda: refresh(lake, now=NOW, gazetteer=gazetteer))
        timed("yardstick: ten million steps", steps)
        timed("build all", lambda: build(lake, site, home="", gazetteer=gazetteer, workers=WORKERS))
        timed("yardstick: write and read files like them", lambda: yardstick(Path(scratch) / "plain", site))
        for n in range(3):
            day = FIRST + timedelta(days=days)
            fresh = finding(n, day, n, 0, random.Random(n))
            save(lake, findings=[fresh], message="bench")
            timed("join one", lambda: refresh(lake, now=NOW, gazetteer=gazetteer))
            timed("build one", lambda: build(lake, site, home="", gazetteer=gazetteer, workers=WORKERS))
        timed("build none", lambda: build(lake, site, home="", gazetteer=gazetteer, workers=WORKERS))


def yardstick(target: Path, site: Path) -> None:
    """Write files of the sizes of the site's and read them back."""
    target.mkdir()
    for n, path in enumerate(p for p in site.rglob("*") if p.is_file()):
        (target / str(n)).write_bytes(b"x" * path.stat().st_size)
        (target / str(n)).read_bytes()


def steps() -> None:
    """What this machine does just now, with whatever else runs on it."""
    total = 0
    for number in range(10_000_000):
        total += number & 3


def timed(name: str, work: Callable[[], object]) -> None:
    """Run it and print the wall and CPU seconds it took."""
    wall, cpu = time.monotonic(), _cpu()
    work()
    print(f"{name}: {time.monotonic() - wall:.2f} s, {_cpu() - cpu:.2f} s of CPU", flush=True)


def _cpu() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
