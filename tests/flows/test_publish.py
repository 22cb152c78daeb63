"""The published site from a lake of made records."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import feedparser
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from lxml import etree, html

from extractors.records import Extraction, Finding
from flows.cli import cli
from flows.report_site import charts, gather, pages, tables, wording
from flows.report_site.build import build
from flows.report_site.projection import HEIGHT, WIDTH, project, tracks
from storage.articles import save
from storage.exports import inert
from storage.incidents import default_gazetteer, refresh
from storage.lake import Lake, LakeConfig
from storage.schema import INCIDENTS

sys.path.insert(0, str(Path(__file__).parents[1] / "storage"))
from sample import article, launch, reaction, span

HOSTILE = (
    '<script>alert(1)</script> "quoted" \'single\' ]]> =HYPERLINK("http://evil.example") \u202egnp.exe\u202c \x1b[31m'
)

pytestmark = pytest.mark.xdist_group("publish")
NOW = datetime(2026, 1, 6, tzinfo=UTC)
ATOM = {"a": "http://www.w3.org/2005/Atom"}


def told(name: str, *, minutes: int = 0, text: str = "They fired two missiles.", **changes: Any) -> Finding:
    at = datetime(2026, 1, 4, 1, 0, tzinfo=UTC) + timedelta(minutes=minutes)
    made = article(name, text=text, published_at=at, source=f"Outlet {name}")
    evidence = {"evidence": (span(text, text),)}
    launched = launch(text="fired two Sunday", **(evidence | {"time_utc": None, "weapon_name": None} | changes))
    return Finding(made, Extraction((launched,), (reaction("a provocation"),), "p1", "en"))


@pytest.fixture(scope="module")
def made_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("published") / "lake"
    hostile = told("x", minutes=900, text=HOSTILE, weapon_name=HOSTILE, landing_area=f"@{HOSTILE}", actor=HOSTILE,
                   country=None, launch_site=f"={HOSTILE}", attribution=HOSTILE, time_local="22:00")  # fmt: skip
    hostile = replace(
        hostile, article=replace(hostile.article, title=HOSTILE, source=f"={HOSTILE}", url="javascript:alert(1)")
    )
    plain = [
        told("a", count_min=2, count_max=2),
        told("b", minutes=30, count_min=3, count_max=3, attribution="the ministry"),
        told("c", minutes=700, time_local="18:00", launch_site="Wonsan", status="failed"),
        told("d", date=date(2025, 11, 2), weapon_class="space_launch_vehicle", launch_site="Sohae", landing_area=None),
    ]
    with Lake.open(LakeConfig(directory=directory)) as lake:
        save(lake, findings=[*plain, hostile], message="test")
        refresh(lake, now=NOW)
    return directory


@pytest.fixture(scope="module")
def site(made_lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site")
    with Lake.open(LakeConfig(directory=made_lake)) as lake:
        build(lake, target, home="https://launches.example/", gazetteer=default_gazetteer())
    return target


@pytest.fixture
def lake(made_lake: Path, tmp_path: Path) -> Iterator[Lake]:
    shutil.copytree(made_lake, tmp_path / "lake")
    with Lake.open(LakeConfig(directory=tmp_path / "lake")) as opened:
        yield opened


def names(lake: Lake) -> list[str]:
    with lake.read() as con:
        return [row[0] for row in con.execute("SELECT incident_id FROM incidents ORDER BY incident_id").fetchall()]


def test_every_page_is_linked_and_every_link_leads_somewhere(site: Path) -> None:
    reached, ahead = set(), [site / "index.html"]
    while ahead:
        page = ahead.pop()
        if page in reached:
            continue
        reached.add(page)
        for element in html.parse(page).getroot().iter("a", "link", "script", "image", "img"):
            target = element.get("href") or element.get("src") or ""
            if target and not target.startswith(("http", "#", "data:")):
                linked = (page.parent / target).resolve()
                assert linked.exists(), f"{page.name} links {target}"
                ahead += [linked] if linked.suffix == ".html" else []
    assert set(site.rglob("*.html")) == reached


def test_pages_ask_no_other_host(site: Path) -> None:
    for page in site.rglob("*.html"):
        for element in html.parse(page).getroot().iter():
            if element.tag in ("script", "img", "image", "link", "iframe", "source"):
                address = element.get("src") or element.get("href") or ""
                assert not address.startswith(("http", "//")), f"{page}: {address}"


def test_claims_stand_side_by_side(site: Path) -> None:
    page = next(p for p in (site / "incident").glob("PRK-20260104-*") if "Outlet b" in p.read_text())
    rows = html.parse(page).getroot().xpath("//table[@class='claims']/tbody/tr")
    said = {row.xpath("string(th)").split(" quoted")[0]: row.xpath("string(td[1]/text())") for row in rows}
    assert said == {"Agreed": "3", "Southland's military": "2", "the ministry": "3"}
    assert html.parse(page).getroot().xpath("//td[@class='differs']")


def test_second_build_writes_nothing_and_a_new_incident_only_its_pages(lake: Lake, tmp_path: Path) -> None:
    gazetteer = default_gazetteer()
    build(lake, tmp_path / "site", home="", gazetteer=gazetteer)
    assert build(lake, tmp_path / "site", home="", gazetteer=gazetteer).written == 0
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "site").rglob("*.html")}
    save(lake, findings=[told("e", country="IND", actor="India", launch_site="Chandipur")], message="test")
    refresh(lake, now=NOW)
    build(lake, tmp_path / "site", home="", gazetteer=gazetteer)
    written = {
        p.relative_to(tmp_path / "site").as_posix().split("-")[0]
        for p in (tmp_path / "site").rglob("*.html")
        if before.get(p) != p.stat().st_mtime_ns
    }
    assert written == {"index.html", "country/IND.html", "month/2026", "incident/IND"}


def test_several_processes_make_what_one_does(
    lake: Lake, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "_WORTH_A_PROCESS", 1)
    made = build(lake, tmp_path / "site", home="https://launches.example/", workers=2)
    files = {path.relative_to(site): path.read_bytes() for path in site.rglob("*") if path.is_file()}
    other = {
        path.relative_to(made.directory): path.read_bytes() for path in made.directory.rglob("*") if path.is_file()
    }
    assert {k: v for k, v in files.items() if k.suffix != ".parquet"} == {
        k: v for k, v in other.items() if k.suffix != ".parquet"
    }
    assert made.written == len(files) - 1  # the manifest
    assert build(lake, made.directory, home="https://launches.example/", workers=2).written == 0


def test_a_writer_that_dies_is_told_of_in_a_sentence(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "_WORTH_A_PROCESS", 1)
    with pytest.raises(pages.WritersError, match=r"ended early.*publish again"):
        build(lake, tmp_path / "site", home="", packs=(tmp_path / "gone",), gazetteer=default_gazetteer(), workers=2)


def test_a_launch_of_another_month_leaves_other_years_and_is_linked_from_the_months_beside_it(
    lake: Lake, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    build(lake, site, home="", gazetteer=default_gazetteer())
    assert 'href="2026-01.html"' in (site / "month/2025-11.html").read_text()
    before = {p: p.stat().st_mtime_ns for p in (site / "data").iterdir()}
    assert {p.name for p in before} == {
        f"{stem}-{year}.{suffix}"
        for year in (2025, 2026)
        for stem, suffix in (("incidents", "csv"), ("incidents", "geojson"), ("incidents", "parquet"),
                             ("missiles-cns", "csv"), ("search", "js"))
    }  # fmt: skip
    save(lake, findings=[told("e", date=date(2025, 12, 5))], message="test")
    refresh(lake, now=NOW)
    build(lake, site, home="", gazetteer=default_gazetteer())
    written = {p.name for p in (site / "data").iterdir() if before.get(p) != p.stat().st_mtime_ns}
    assert written == {p.name for p in before if "2025" in p.name}
    for month in ("2025-11", "2026-01"):
        assert 'href="2025-12.html"' in (site / f"month/{month}.html").read_text()


def test_parquet_holds_everything(lake: Lake, site: Path) -> None:
    with lake.read() as con:
        kept = con.execute("SELECT * EXCLUDE (digest) FROM incidents ORDER BY incident_date, incident_id").fetchall()
    found = duckdb.connect().execute("FROM read_parquet(?) ORDER BY incident_date, incident_id",
                                     [str(site / "data/incidents-*.parquet")])  # fmt: skip
    assert found.fetchall() == kept


@pytest.mark.parametrize("count", [(None, None), (2, 2), (2, 3), (2, None), (None, 3)])
def test_the_database_words_numbers_as_pages_do(count: tuple[int | None, int | None]) -> None:
    query = f"SELECT coalesce({tables._NUMBER}, '') FROM (SELECT ?::BIGINT AS count_min, ?::BIGINT AS count_max)"
    assert duckdb.connect().execute(query, list(count)).fetchall() == [(wording.count(*count),)]


def test_the_database_makes_text_inert_as_pages_do() -> None:
    con = duckdb.connect()
    for macro in tables._MACROS:
        con.execute(f"CREATE TEMP MACRO {macro}")
    texts = [HOSTILE, "plain", "a,b", 'say "x"', "=1", "@x", "two\nlines", "", "caf\u00e9 \u4e2d", "\ufffe\u2066", "-3"]
    for text in texts:
        out = io.StringIO()
        csv.writer(out).writerow([inert(wording.shown(text)), "."])
        ((made,),) = con.execute("SELECT line(?)", [text]).fetchall()
        assert f"{made},.\r\n" == out.getvalue()


def test_pages_of_what_is_gone_are_removed_and_moved_ones_say_where(lake: Lake, tmp_path: Path) -> None:
    build(lake, tmp_path / "site", home="", gazetteer=default_gazetteer())
    lake.write(lambda con: con.execute("DELETE FROM incidents WHERE country = 'PRK'"), message="test")
    gone, kept = names(lake)[0], names(lake)[-1]
    lake.write(
        lambda con: con.execute(
            "INSERT INTO incident_changes VALUES ('x', DATE '2026-01-05', TIMESTAMPTZ '2026-01-05', "
            "'PRK-20260101-old', 'merged', ?, 'test')",
            [kept],
        ),
        message="test",
    )
    site = build(lake, tmp_path / "site", home="", gazetteer=default_gazetteer())
    assert site.removed > 0
    assert gone == kept
    assert kept in (tmp_path / "site/incident/PRK-20260101-old.html").read_text()
    assert not (tmp_path / "site/country/PRK.html").exists()
    lake.write(lambda con: con.execute("DELETE FROM incidents"), message="test")
    build(lake, tmp_path / "site", home="", gazetteer=default_gazetteer())
    assert not list((tmp_path / "site/incident").iterdir())


def test_what_lies_ahead_is_not_the_latest_launch() -> None:
    rows = [("A", "2026-01-04", "conducted"), ("B", "2027-03-01", "planned"), ("C", "2062-01-05", "failed")]
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE incidents ({', '.join(f'{c.name} {c.type}' for c in INCIDENTS.columns)})")
        for name, day, status in rows:
            con.execute(
                "INSERT INTO incidents (incident_id, incident_date, status, digest, changed_at) "
                "VALUES (?, ?, ?, 'x', TIMESTAMPTZ '2026-01-05 10:00:00+00')",
                [name, day, status],
            )
        assert gather.every(con)["B"] == "x 2027-03-01"
        assert gather.reach(con) == (3, 1, date(2026, 1, 4))
        con.execute("DELETE FROM incidents WHERE incident_id <> 'B'")
        gather.every(con)
        assert gather.reach(con) == (1, 1, date(2027, 3, 1))


def test_untrusted_text_is_inert(site: Path) -> None:
    for path in site.rglob("*"):
        if path.suffix not in (".html", ".xml", ".json", ".js", ".csv", ".geojson") or path.name == "site.js":
            continue
        source = path.read_text(encoding="utf-8")
        assert "\u202e" not in source, path
        assert "\x1b" not in source, path
        if path.suffix in (".html", ".js"):
            assert "<script>alert" not in source, path
            assert 'href="javascript:' not in source, path
    for path in (site / "data").glob("*.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            assert not [cell for row in csv.reader(file) for cell in row if cell.startswith(("=", "@", "+"))]


def test_the_terminal_shows_why_reports_are_one_and_others_apart(lake: Lake, made_lake: Path) -> None:
    shown = {}
    for name in names(lake):
        done = CliRunner().invoke(cli, ["incidents", "show", name, "--data", str(made_lake)], standalone_mode=False)
        assert done.exception is None
        assert "\x1b" not in done.output
        assert "\u202e" not in done.output
        shown[name] = " ".join(done.output.split())
    joined = [text for text in shown.values() if "the ministry" in text and "Outlet b" in text]
    assert any("+1.00 same launching side and day, 2026-01-04" in text for text in joined)
    assert any("launch times" in text and "apart" in text for text in shown.values())


def test_atom_is_as_rfc_4287_asks(site: Path) -> None:
    feed = etree.parse(site / "atom.xml").getroot()
    for required in ("id", "title", "updated"):
        assert len(feed.findall(f"a:{required}", ATOM)) == 1
    assert feed.xpath("a:link[@rel='self']/@href", namespaces=ATOM) == ["https://launches.example/atom.xml"]
    entries = feed.findall("a:entry", ATOM)
    assert len({e.findtext("a:id", namespaces=ATOM) for e in entries}) == len(entries) == 5 - 1
    for entry in entries:
        assert entry.findtext("a:title", namespaces=ATOM)
        for name in ("published", "updated"):
            datetime.strptime(entry.findtext(f"a:{name}", namespaces=ATOM) or "", "%Y-%m-%dT%H:%M:%SZ")
    parsed = feedparser.parse((site / "atom.xml").read_bytes())
    assert not parsed.bozo
    assert len(parsed.entries) == len(entries)


FORMATS = Path(__file__).parent / "formats"


def test_feeds_and_geojson_pass_their_validators(site: Path, made_lake: Path, tmp_path: Path) -> None:
    """Also where the address of the site is not known, and links are relative."""
    with Lake.open(LakeConfig(directory=made_lake)) as lake:
        build(lake, tmp_path / "site", home="", gazetteer=default_gazetteer())
    atom = etree.RelaxNG(etree.parse(FORMATS / "atom.rng"))
    for made in (site, tmp_path / "site"):
        atom.assertValid(etree.parse(made / "atom.xml"))
        for schema, files in (("jsonfeed", [made / "feed.json"]), ("geojson", made.glob("data/*.geojson"))):
            validator = Draft202012Validator(json.loads((FORMATS / f"{schema}.json").read_text()))
            for file in files:
                assert [error.message for error in validator.iter_errors(json.loads(file.read_text()))] == []


def test_the_validators_refuse_what_is_wrong(site: Path) -> None:
    atom = etree.RelaxNG(etree.parse(FORMATS / "atom.rng"))
    for name in ("updated", "id", "author"):
        tree = etree.parse(site / "atom.xml").getroot()
        gone = tree.find(f"a:{name}", ATOM)
        assert gone is not None
        tree.remove(gone)
        assert not atom.validate(tree)
    point = {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [39.0, 125.0]}}
    validator = Draft202012Validator(json.loads((FORMATS / "geojson.json").read_text()))
    assert not validator.is_valid({"type": "FeatureCollection", "features": [point]})


def test_json_feed_is_as_version_1_1_asks(site: Path) -> None:
    feed = json.loads((site / "feed.json").read_text())
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"]
    assert feed["feed_url"].startswith("https://launches.example/")
    assert len({item["id"] for item in feed["items"]}) == len(feed["items"]) == 4
    assert all(isinstance(item["id"], str) and item["content_text"] for item in feed["items"])


def test_geojson_is_as_rfc_7946_asks(site: Path) -> None:
    collection = json.loads((site / "data/incidents-2026.geojson").read_text())
    assert collection["type"] == "FeatureCollection"
    assert "crs" not in collection
    assert {f["properties"]["place"] for f in collection["features"]} >= {"Sunan", "Sea of Japan"}
    for feature in collection["features"]:
        assert feature["type"] == "Feature"
        assert isinstance(feature["id"], str)
        assert feature["geometry"]["type"] == "Point"
        lon, lat = feature["geometry"]["coordinates"]
        assert -180 <= lon <= 180
        assert -90 <= lat <= 90


def test_cns_table_has_a_row_a_missile(site: Path) -> None:
    with (site / "data/missiles-cns-2026.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    salvo = [row for row in rows if row["Missiles in Incident"] == "3"]
    assert [row["Missile of Incident"] for row in salvo] == ["1", "2", "3"]
    assert {row["Facility Name"] for row in salvo} == {"Sunan"}
    assert {row["Test Outcome"] for row in rows} == {"Success", "Failure"}


def test_an_empty_lake_makes_a_site_too(tmp_path: Path) -> None:
    with Lake.open(LakeConfig(directory=tmp_path / "lake")) as lake:
        build(lake, tmp_path / "site", home="", gazetteer=default_gazetteer())
    assert "0 launches" in (tmp_path / "site/index.html").read_text()
    assert feedparser.parse((tmp_path / "site/atom.xml").read_bytes()).entries == []


def dot(name: str, x: float, y: float, number: int = 1) -> charts.Dot:
    return charts.Dot(x, y, 3.0, name, "launch site", number, "ballistic", "PRK-1")


def test_labels_stand_beside_one_another_and_within_their_view() -> None:
    found = [dot("Busiest Place", 500, 200), dot("Neighbour", 503, 201), dot("Far East Space Centre", 990, 300)]
    world, near = (0.0, 0.0, WIDTH, HEIGHT), (490.0, 195.0, 40.0, 19.5)
    labelled = charts.labelled(found, charts.scaled([world, near]))
    assert [label.labels for label in labelled] == [((0, "start"), (1, "start")), ((0, "end"),), ((0, "end"),)]
    alone = charts.labelled(found[:1], charts.scaled([world]))
    assert [label.labels for label in alone] == [((0, "start"),)]


def test_reactions_stand_by_country_in_time() -> None:
    told = [("KOR", 30), ("JPN", 45), ("KOR", 600), ("USA", None)]
    strip = charts.reactions([{"actor_country": country, "minutes": minutes} for country, minutes in told])
    assert strip
    assert [name for name, _ in strip.lanes] == ["KOR", "JPN"]
    assert [mark.number for mark in strip.marks] == [1, 2, 3]
    assert [mark.x for mark in strip.marks] == sorted(mark.x for mark in strip.marks)
    assert strip.marks[0].y == strip.marks[2].y < strip.marks[1].y
    assert charts.reactions([{"actor_country": "KOR", "minutes": 3}]) is None


def test_a_flight_over_the_edge_of_the_map_goes_on_at_the_other_one() -> None:
    ((_, beyond), (before, _)) = tracks((-4.0, 48.0), (-40.0, 35.0))
    assert beyond[0] < project(-29.999, 35.0)[0] < project(-30.001, 48.0)[0] < before[0]
    assert tracks((126.0, 39.0), (135.0, 40.0)) == [(project(126, 39), project(135, 40))]


def test_north_is_up_in_the_middle_of_a_regional_view() -> None:
    slant = charts.upright(charts.VIEWS["Europe"])
    (x, y), (north_x, north_y) = project(32, 51), project(32, 54)
    leaning, upright = north_x - x, slant.slope * (north_y - y) + north_x - x
    assert leaning > 5
    assert abs(upright) < leaning / 10
    assert charts.upright(charts.VIEWS["World"]).slope == 0


@pytest.mark.parametrize(
    ("lon", "lat", "x", "y"),
    [(150, 0, WIDTH / 2, HEIGHT / 2), (-30.001, 0, WIDTH, HEIGHT / 2), (150, 90, WIDTH / 2, 0)],
)
def test_projection(lon: float, lat: float, x: float, y: float) -> None:
    assert project(lon, lat) == pytest.approx((x, y), abs=0.6)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/b?c=d", "https://a.example/b?c=d"),
        ("javascript:alert(1)", ""),
        (" JaVaScript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("http://[broken", ""),
        ("/relative", ""),
    ],
)
def test_links_lead_to_the_web_or_nowhere(url: str, expected: str) -> None:
    assert wording.link(url) == expected
