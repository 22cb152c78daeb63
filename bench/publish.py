"""Publishing ten years of five launches a day: the whole site, then one new launch. Run: python -m bench.publish

Yardstick: the same number of files of the same size written and read back by this machine in the same run.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
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
        timed("build all", lambda: build(lake, site, home="", gazetteer=gazetteer))
        timed("yardstick: write and read files like them", lambda: yardstick(Path(scratch) / "plain", site))
        for n in range(3):
            day = FIRST + timedelta(days=days)
            fresh = finding(n, day, n, 0, random.Random(n))
            save(lake, findings=[fresh], message="bench")
            timed("join one", lambda: refresh(lake, now=NOW, gazetteer=gazetteer))
            timed("build one", lambda: build(lake, site, home="", gazetteer=gazetteer))


def yardstick(target: Path, site: Path) -> None:
    """Write files of the sizes of the site's and read them back."""
    target.mkdir()
    for n, path in enumerate(p for p in site.rglob("*") if p.is_file()):
        (target / str(n)).write_bytes(b"x" * path.stat().st_size)
        (target / str(n)).read_bytes()


def timed(name: str, work: object) -> None:
    """Run it and print the wall and CPU seconds it took."""
    wall, cpu = time.monotonic(), time.process_time()
    work()  # type: ignore[operator]
    print(f"{name}: {time.monotonic() - wall:.1f} s, {time.process_time() - cpu:.1f} s of CPU", flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
