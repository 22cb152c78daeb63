"""The published site in a browser: quiet, self-contained, readable at both sizes and by keyboard, axe-core clean.

With PICTURES=DIR the timeline, the map and an incident are kept there as PNG files.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from extractors.grouping import Report
from extractors.records import Finding
from flows.report_site.build import build
from storage.articles import save
from storage.incidents import default_gazetteer, refresh
from storage.lake import Lake, LakeConfig

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "storage"))
sys.path.insert(0, str(Path(__file__).parents[1] / "extractors"))
import browser
from labelled_days import days
from lake_of_reports import findings

pytestmark = [
    pytest.mark.skipif(browser.executable() is None, reason="no Chromium is installed (apt-get install chromium)"),
    pytest.mark.xdist_group("browser"),
]
_AXE = """
axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
  .then(r => r.violations.map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 200) + n.failureSummary)}`))
"""
SIZES = ((360, 740), (1440, 900))


def crowded() -> list[Report]:
    """Labelled days, all within one season so that the timeline has something to show."""
    reports = []
    for number, day in enumerate(days("asia", "europe", "heldout", "korea", "mideast", "space", "unseen")):
        first = min(r.published_date for r in day.reports)
        shift = datetime(2031, 3, 1, tzinfo=UTC).date() - first + timedelta(days=number % 60)
        for r in day.reports:
            launch = r.launch
            if launch.date_precision == "day" and launch.date:
                launch = replace(launch, date=launch.date + shift, time_utc=launch.time_utc and launch.time_utc + shift)
            at = r.published_at + shift if r.published_at else None
            reports.append(replace(r, launch=launch, published_at=at, published_date=r.published_date + shift))
    return reports


ANSWERS = (
    ("KOR", "the defence ministry", "monitor"), ("JPN", "the cabinet office", "condemn"),
    ("USA", "the regional command", "commit"), ("UNO", "the spokesman", "urge"), ("JPN", "the coast guard", "alert"),
    ("KOR", "the president's office", "consult"), ("AUS", "the foreign minister", "condemn"),
)  # fmt: skip


def answered(number: int, told: Finding) -> Finding:
    """A finding whose reaction is another country's than that of the one before."""
    country, actor, kind = ANSWERS[number % len(ANSWERS)]
    changed = tuple(replace(r, actor_country=country, actor=actor, type=kind) for r in told.extraction.reactions)
    return replace(told, extraction=replace(told.extraction, reactions=changed))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("browsed")
    with Lake.open(LakeConfig(directory=directory / "lake")) as lake:
        save(lake, findings=list(map(answered, range(1000), findings(crowded()))), message="test")
        refresh(lake, now=datetime(2031, 6, 1, tzinfo=UTC))
        build(lake, directory / "site", home="", gazetteer=default_gazetteer())
    return directory / "site"


@pytest.fixture(scope="module")
def tab() -> Iterator[browser.Tab]:
    with browser.tab() as opened:
        yield opened


def pages(site: Path) -> list[Path]:
    """The front page, the richest incident, a month and a country."""
    incident = max((site / "incident").iterdir(), key=lambda path: path.stat().st_size)
    return [site / "index.html", incident, min((site / "month").iterdir()), site / "country" / "PRK.html"]


def test_pages_are_quiet_and_ask_no_other_host_at_both_sizes(site: Path, tab: browser.Tab) -> None:
    for path in pages(site):
        for width, height in SIZES:
            tab.open(path.as_uri(), width=width, height=height)
            assert tab.console == [], path
            assert [u for u in tab.requests if not u.startswith(("file:", "data:"))] == [], path
            assert tab.run("document.documentElement.scrollWidth <= innerWidth"), f"{path.name} is wider than {width}"
            assert tab.run("[...document.images].every(i => i.complete && i.naturalWidth)")


def test_search_and_map_views_work(site: Path, tab: browser.Tab) -> None:
    tab.open((site / "index.html").as_uri(), width=360, height=740)
    tab.run("document.getElementById('q').focus()")
    tab.call("Input.insertText", text="electron mahia")
    tab.run("new Promise(done => setTimeout(done, 300))")
    lists = "".join(path.read_text(encoding="utf-8") for path in (site / "data").glob("search-*.js"))
    told = [line for line in lists.lower().split("],[") if "electron" in line and "mahia" in line]
    assert len(told) > 1
    assert tab.run("document.querySelectorAll('#results a').length") == len(told)
    assert tab.run("document.getElementById('found').textContent") == f"{len(told)} launches"
    tab.run("document.querySelectorAll('.views button')[1].click()")
    assert tab.run("document.querySelector('#map svg').viewBox.baseVal.width") == 200
    assert tab.console == []


def test_everything_is_reached_by_keyboard(site: Path, tab: browser.Tab) -> None:
    tab.open((site / "index.html").as_uri(), width=1440, height=900)
    reached = []
    for _ in range(14):
        tab.press("Tab")
        reached.append(tab.run("document.activeElement.id || document.activeElement.getAttribute('aria-label') || "
                               "document.activeElement.textContent.trim()"))  # fmt: skip
    assert reached[:4] == ["Skip to content", "launchwire", "q", "Timeline"]
    assert all(name.endswith(("(conducted)", "(failed)", "(planned)")) for name in reached[4:]), reached


@pytest.mark.skipif(browser.axe() is None, reason="no axe-core (npm pack axe-core; AXE_CORE names its axe.min.js)")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(site: Path, tab: browser.Tab, dark: bool) -> None:
    script = browser.axe()
    assert script
    for path in pages(site):
        for width, height in SIZES:
            tab.open(path.as_uri(), width=width, height=height, dark=dark)
            tab.run(script.read_text(encoding="utf-8") + "; 0")
            found = tab.run(_AXE)
            assert found == [], f"{path.name} at {width}"


@pytest.mark.skipif("PICTURES" not in os.environ, reason="PICTURES names no directory to keep pictures in")
def test_pictures(site: Path, tab: browser.Tab) -> None:
    kept = Path(os.environ["PICTURES"])
    front, incident = pages(site)[:2]
    for name, path, width, height, dark in (
        ("report-timeline", front, 1440, 1180, False),
        ("report-phone", front, 360, 900, True),
        ("report-incident", incident, 1440, 1250, False),
        ("report-incident-phone", incident, 360, 1100, False),
    ):
        tab.open(path.as_uri(), width=width, height=900, dark=dark)
        tab.picture(kept / f"{name}.png", height=height)
    tab.open(front.as_uri(), width=1440, height=900)
    tab.run("document.querySelectorAll('.views button')[1].click()")
    top = tab.run("document.getElementById('h-map').getBoundingClientRect().top")
    tab.run(f"document.body.style.marginTop = '-{top - 20}px'")
    tab.picture(kept / "report-map.png", height=820)
