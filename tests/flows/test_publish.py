"""The published site from a lake of made records."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import feedparser
import pytest
from lxml import html

from flows.report_site.build import build
from storage.articles import save
from storage.lake import Lake, LakeConfig

sys.path.insert(0, str(Path(__file__).parents[1] / "storage"))
from sample import finding, launch

HOSTILE = (
    '<script>alert(1)</script> "quoted" \'single\' ]]> =HYPERLINK("http://evil.example") \u202egnp.exe\u202c \x1b[31m'
)


@pytest.fixture(scope="module")
def made_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("published") / "lake"
    with Lake.open(LakeConfig(directory=directory)) as lake:
        hostile = finding("hostile", title=HOSTILE, source=f"={HOSTILE}", url="javascript:alert(1)")
        extraction = replace(hostile.extraction, launches=(launch(weapon_name=HOSTILE, landing_area=f"@{HOSTILE}"),))
        save(lake, findings=[finding("plain"), replace(hostile, extraction=extraction)], message="test")
    return directory


@pytest.fixture
def lake(made_lake: Path, tmp_path: Path) -> Iterator[Lake]:
    shutil.copytree(made_lake, tmp_path / "lake")
    with Lake.open(LakeConfig(directory=tmp_path / "lake")) as opened:
        yield opened


def test_writes_every_format(lake: Lake, tmp_path: Path) -> None:
    build(lake, tmp_path / "site", home="")
    page = html.parse(tmp_path / "site" / "index.html").getroot()
    assert len(page.findall(".//article")) == 2
    points = json.loads((tmp_path / "site" / "launches.geojson").read_text())
    assert {f["properties"]["place"] for f in points["features"]} >= {"Sunan", "Sea of Japan"}
    assert all(-180 <= f["geometry"]["coordinates"][0] <= 180 for f in points["features"])
    feed = feedparser.parse((tmp_path / "site" / "atom.xml").read_bytes())
    assert not feed.bozo
    assert len(feed.entries) == 2


def test_second_build_writes_nothing(lake: Lake, tmp_path: Path) -> None:
    first = build(lake, tmp_path / "site", home="")
    again = build(lake, tmp_path / "site", home="")
    assert (first.written > 0, again.written, again.kept) == (True, 0, first.written)


def test_untrusted_text_is_inert(lake: Lake, tmp_path: Path) -> None:
    build(lake, tmp_path / "site", home="")
    source = (tmp_path / "site" / "index.html").read_text()
    assert "<script>alert" not in source
    assert "\u202e" not in source
    assert "\x1b" not in source
    assert "javascript:" not in source
    with (tmp_path / "site" / "launches.csv").open(newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "@"))]
