"""The bundled news site over real sockets: what publishers' servers do, the clock, and the labels of its articles."""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, get_args

import feedparser
import httpx
import pytest
from lxml import etree, html

from extractors.records import Launch, Reaction, ReactionType, WeaponClass
from flows.demo import DemoSite
from flows.demo.content import Story, load_expected, load_outlets, load_stories
from flows.subscriptions import load_subscriptions

SITEMAP = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "n": "http://www.google.com/schemas/sitemap-news/0.9"}
BEFORE_CORRECTION = datetime(2026, 1, 13, 23, 30, tzinfo=UTC)
AFTER_CORRECTION = datetime(2026, 1, 14, 0, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def everything() -> Iterator[DemoSite]:
    with DemoSite() as site:
        yield site


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=5) as client:
        yield client


def story(slug: str) -> Story:
    return next(one for one in load_stories() if one.slug == slug)


def feed_titles(client: httpx.Client, site: DemoSite, path: str, outlet: str) -> list[str]:
    body = client.get(site.base(outlet) + path).content
    if path.endswith(".json"):
        return [item["title"] for item in json.loads(body)["items"]]
    return [entry.title for entry in feedparser.parse(body).entries]


# --- the server -------------------------------------------------------------------------------------------------------


def test_each_outlet_has_an_address_of_its_own(everything: DemoSite) -> None:
    bases = [everything.base(key) for key in load_outlets()]
    assert len(set(bases)) == 3
    assert all(re.fullmatch(r"http://127\.0\.0\.[123]:\d+", base) for base in bases)


def test_feeds_as_a_subscriber_knows_them(everything: DemoSite, client: httpx.Client, tmp_path: Path) -> None:
    assert len(everything.feeds) == 6
    assert {source for source, _ in everything.feeds} == {"The Lantern Post", "Strait Observer", "Apogee Weekly"}
    listed = load_subscriptions(everything.feeds_toml(tmp_path / "feeds.toml"))
    assert [(one.source, one.url) for one in listed] == everything.feeds
    for _, url in everything.feeds:
        assert client.get(url, follow_redirects=True).status_code == 200


def test_formats_are_what_they_say(everything: DemoSite, client: httpx.Client) -> None:
    versions = {}
    for outlet in load_outlets().values():
        for feed in outlet.feeds:
            response = client.get(everything.base(outlet.key) + feed.path)
            if feed.format == "json":
                assert response.json()["version"] == "https://jsonfeed.org/version/1.1"
                assert response.headers["content-type"].startswith("application/feed+json")
                continue
            parsed = feedparser.parse(response.content)
            versions[feed.path] = parsed.version
            assert bool(parsed.bozo) == feed.broken
            assert len(parsed.entries) == sum(feed.key in one.feeds for one in everything.stories(outlet.key))
    assert sorted(versions.values()) == ["atom10", "rss10", "rss20", "rss20", "rss20"]


def test_broken_feed_has_a_bare_ampersand_and_no_end(everything: DemoSite, client: httpx.Client) -> None:
    body = client.get(everything.base("apogee") + "/rss/pads.xml").text
    assert "Falcon 9 & a patch" in body
    assert "</rss>" not in body
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(body.encode())


def test_moved_feed_answers_301(everything: DemoSite, client: httpx.Client) -> None:
    response = client.get(everything.base("lantern") + "/feeds/business.rss")
    assert response.status_code == 301
    assert response.headers["location"] == everything.base("lantern") + "/rss/home-and-business.xml"


def test_atom_links_are_relative_and_rss_links_carry_tracking(everything: DemoSite, client: httpx.Client) -> None:
    atom = feedparser.parse(client.get(everything.base("strait") + "/atom.xml").content)
    assert all(entry.link.startswith("/news/") for entry in atom.entries)
    rss = feedparser.parse(client.get(everything.base("lantern") + "/rss/world.xml").content)
    assert all("utm_source=rss" in entry.link for entry in rss.entries)
    page = html.fromstring(client.get(rss.entries[0].link).content)
    assert page.xpath("//link[@rel='canonical']/@href") == [rss.entries[0].link.partition("?")[0]]


@pytest.mark.parametrize("path", ["/atom.xml", "/news/88655/assembly-clears-interceptor-budget"])
def test_conditional_requests(everything: DemoSite, client: httpx.Client, path: str) -> None:
    url = everything.base("strait") + path
    first = client.get(url)
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    long_ago = format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True)
    for headers, status in [
        ({"If-None-Match": etag}, 304),
        ({"If-None-Match": f'"other", {etag}'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-Modified-Since": modified}, 304),
        ({"If-None-Match": '"other"'}, 200),
        ({"If-None-Match": '"other"', "If-Modified-Since": modified}, 200),
        ({"If-Modified-Since": long_ago}, 200),
        ({"If-Modified-Since": "yesterday"}, 200),
    ]:
        response = client.get(url, headers=headers)
        assert response.status_code == status, headers
        assert response.headers["etag"] == etag
        assert bool(response.content) == (status == 200)


def test_weak_tags_match_and_strong_tags_differ_by_encoding(everything: DemoSite, client: httpx.Client) -> None:
    weak = everything.base("lantern") + "/rss/world.xml"
    tag = client.get(weak).headers["etag"]
    assert tag.startswith('W/"')
    assert client.get(weak, headers={"If-None-Match": tag}).status_code == 304
    strong = everything.base("strait") + "/atom.xml"
    plain = client.get(strong, headers={"Accept-Encoding": "identity"})
    zipped = client.get(strong, headers={"Accept-Encoding": "gzip"})
    assert plain.headers["etag"] != zipped.headers["etag"]
    assert plain.content == zipped.content
    assert zipped.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert {plain.headers["vary"], zipped.headers["vary"]} == {"Accept-Encoding"}


def test_head_has_the_headers_without_the_body(everything: DemoSite, client: httpx.Client) -> None:
    url = everything.base("strait") + "/atom.xml"
    head, get = client.head(url), client.get(url)
    assert head.content == b""
    assert head.headers["content-length"] == get.headers["content-length"]
    assert head.headers["etag"] == get.headers["etag"]


def test_unknown_paths_are_404(everything: DemoSite, client: httpx.Client) -> None:
    for path in ("/nothing", "/sitemaps/2025-01.xml", "/sitemaps/x.xml.gz", "/news/88655", "/%00"):
        assert client.get(everything.base("strait") + path).status_code == 404


def test_requests_are_logged_and_counted(client: httpx.Client) -> None:
    with DemoSite() as site:
        client.get(site.base("strait") + "/robots.txt?x=1", headers={"User-Agent": "probe/1"})
        client.get(site.base("strait") + "/gone")
        assert [(r.outlet, r.method, r.path, r.status) for r in site.requests] == [
            ("strait", "GET", "/robots.txt?x=1", 200),
            ("strait", "GET", "/gone", 404),
        ]
        assert site.requests[0].headers["user-agent"] == "probe/1"
        assert (site.count("/robots.txt"), site.count("/atom.xml")) == (1, 0)


def test_robots_forbids_a_page_that_a_feed_links_to(everything: DemoSite, client: httpx.Client) -> None:
    base = everything.base("lantern")
    assert client.get(base + "/robots.txt").text.splitlines() == [
        "User-agent: *",
        "Disallow: /members/",
        "",
        f"Sitemap: {base}/sitemap.xml",
    ]
    assert story("members-briefing").path.startswith("/members/")
    assert "/members/2026/jan/12/the-briefing" in client.get(base + "/rss/world.xml").text
    assert "/members/2026" not in client.get(base + "/sitemaps/2026-01.xml").text


def test_sitemaps(everything: DemoSite, client: httpx.Client) -> None:
    for outlet in load_outlets():
        index = etree.fromstring(client.get(everything.base(outlet) + "/sitemap.xml").content)
        news, month = index.xpath("//s:loc/text()", namespaces=SITEMAP)
        assert month.endswith("/sitemaps/2026-01.xml.gz")
        urls = etree.fromstring(gzip.decompress(client.get(month).content)).xpath("//s:url", namespaces=SITEMAP)
        locations = [url.findtext("s:loc", namespaces=SITEMAP) for url in urls]
        dated = [s for s in everything.stories(outlet) if s.dated and not s.path.startswith("/members/")]
        assert locations == [everything.base(outlet) + s.path for s in dated]
        assert all(url.findtext("s:lastmod", namespaces=SITEMAP) for url in urls)
        recent = etree.fromstring(client.get(news).content)
        dates = [datetime.fromisoformat(d) for d in recent.xpath("//n:publication_date/text()", namespaces=SITEMAP)]
        assert dates == [s.published for s in dated if s.published > dated[0].published - timedelta(days=2)]


def test_stopping_ends_kept_connections_and_threads() -> None:
    before = threading.active_count()
    site = DemoSite()
    with site, httpx.Client(timeout=5) as client:
        base = site.base("strait")
        client.get(base + "/robots.txt")
        with socket.create_connection(site._servers["lantern"].server_address[:2]) as idle:
            site.stop()
            idle.settimeout(5)
            with contextlib.suppress(ConnectionResetError):  # closed either way, with or without a farewell
                assert idle.recv(1) == b""
        with pytest.raises(httpx.TransportError):
            client.get(base + "/robots.txt")
    for _ in range(100):
        if threading.active_count() > before:
            time.sleep(0.02)
    assert threading.active_count() <= before


def test_a_client_that_leaves_early_makes_no_noise(capfd: pytest.CaptureFixture[str]) -> None:
    with DemoSite() as site:
        for _ in range(5):
            with socket.create_connection(site._servers["apogee"].server_address[:2]) as raw:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                raw.sendall(b"GET /feed.json HTTP/1.1\r\nHost: x\r\n\r\n")
        assert httpx.get(site.base("apogee") + "/feed.json", timeout=5).status_code == 200
    assert capfd.readouterr().err == ""


def test_a_naive_clock_is_refused() -> None:
    with pytest.raises(ValueError, match="aware datetime"):
        DemoSite(now=datetime(2026, 1, 14))


def test_start_is_quick_and_imports_no_prefect() -> None:
    program = (
        "import sys, time; start = time.process_time()\n"
        "from flows.demo import DemoSite\n"
        "with DemoSite() as site: site.feeds\n"
        "print(time.process_time() - start, 'prefect' in sys.modules, 'httpx' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    seconds, prefect, http = shown.stdout.split()
    assert (prefect, http) == ("False", "False")
    assert float(seconds) < 1.0  # 0.25 s on an idle machine


# --- the clock --------------------------------------------------------------------------------------------------------


def test_stories_appear_when_they_are_published(client: httpx.Client) -> None:
    with DemoSite(now=datetime(2026, 1, 4, 9, tzinfo=UTC)) as site:
        page = site.url("ballistic-salvo-new-year")
        assert client.get(page).status_code == 404
        assert feed_titles(client, site, "/rss/world.xml", "lantern") == []
        assert client.get(site.base("lantern") + "/sitemap.xml").status_code == 200
        site.now = datetime(2026, 1, 4, 11, tzinfo=UTC)
        assert client.get(page).status_code == 200
        assert len(feed_titles(client, site, "/rss/world.xml", "lantern")) == 1
        site.now += timedelta(days=10)
        assert len(feed_titles(client, site, "/rss/world.xml", "lantern")) == 4


def test_correction_changes_page_feed_entry_and_tags_an_hour_later(client: httpx.Client) -> None:
    with DemoSite(now=BEFORE_CORRECTION) as site:
        page, feed = site.url("three-after-all"), site.base("strait") + "/atom.xml"
        old_page, old_feed = client.get(page), client.get(feed)
        old_entry = feedparser.parse(old_feed.content).entries[0]
        assert "fired two short-range ballistic missiles" in old_page.text
        assert "Correction" not in old_page.text
        site.now = AFTER_CORRECTION
        new_page = client.get(page, headers={"If-None-Match": old_page.headers["etag"]})
        new_feed = client.get(feed, headers={"If-None-Match": old_feed.headers["etag"]})
        new_entry = feedparser.parse(new_feed.content).entries[0]
    assert (new_page.status_code, new_feed.status_code) == (200, 200)
    assert "fired three short-range ballistic missiles" in new_page.text
    assert "fired two" not in new_page.text
    assert "Correction: this report first spoke of two missiles." in new_page.text
    assert new_page.headers["last-modified"] != old_page.headers["last-modified"]
    assert (old_entry.id, old_entry.published) == (new_entry.id, new_entry.published)
    assert datetime.fromisoformat(new_entry.updated) - datetime.fromisoformat(old_entry.updated) == timedelta(hours=1)
    assert ("two missiles" in old_entry.title, "three missiles" in new_entry.title) == (True, True)


def test_pages_do_not_change_because_newer_stories_appear(client: httpx.Client) -> None:
    with DemoSite(now=datetime(2026, 1, 9, tzinfo=UTC)) as site:
        tags = {s.slug: client.get(site.url(s.slug)).headers["etag"] for s in site.stories("lantern")}
        assert len(tags) >= 4
        site.now = None
        for slug, tag in tags.items():
            assert client.get(site.url(slug), headers={"If-None-Match": tag}).status_code == 304


def test_everything_is_reproducible_but_the_ports(client: httpx.Client) -> None:
    def bodies() -> list[str]:
        with DemoSite() as site:
            texts = [client.get(site.base(s.outlet) + s.path).text for s in load_stories()]
            texts += [client.get(url, follow_redirects=True).text for _, url in site.feeds]
            return [re.sub(r":\d{4,5}/", ":PORT/", text) for text in texts]

    assert bodies() == bodies()


# --- the pages --------------------------------------------------------------------------------------------------------


def page_of(client: httpx.Client, site: DemoSite, slug: str) -> html.HtmlElement:
    return html.document_fromstring(client.get(site.url(slug)).content)


def json_ld(page: html.HtmlElement) -> list[dict[str, Any]]:
    return [json.loads(block) for block in page.xpath("//script[@type='application/ld+json']/text()")]


def test_whole_pages_with_the_text_and_what_stands_around_it(everything: DemoSite, client: httpx.Client) -> None:
    for one in load_stories():
        if one.access == "consent":
            continue
        page = page_of(client, everything, one.slug)
        paragraphs = [" ".join(p.text_content().split()) for p in page.xpath("//article//p | //div[@id='content']//p")]
        for shown in one.at(None).shown:
            assert shown.startswith("## ") or shown in paragraphs
        for hidden in set(one.at(None).paragraphs) - set(one.at(None).shown):
            assert hidden not in page.text_content()
        assert page.xpath("//nav | //ul[@id='gnb']")
        assert page.xpath("//footer | //div[@id='foot']")
        assert "invented outlet" in page.text_content()


def test_dates_stand_where_each_outlet_keeps_them(everything: DemoSite, client: httpx.Client) -> None:
    (block,) = json_ld(page_of(client, everything, "ballistic-salvo-new-year"))
    assert (block["@type"], block["datePublished"]) == ("NewsArticle", "2026-01-04T10:20:00+00:00")
    strait = page_of(client, everything, "three-after-all")
    assert strait.xpath("//meta[@property='article:published_time']/@content") == ["2026-01-14T08:05:00+09:00"]
    assert strait.xpath("//time/@datetime") == ["2026-01-14T08:05:00+09:00", "2026-01-14T09:05:00+09:00"]
    apogee = page_of(client, everything, "simorgh-fails")
    assert apogee.xpath("//time/@datetime") == ["2026-01-13T11:00:00-05:00"]
    assert json_ld(apogee) == []


def test_undated_page_says_no_date_anywhere(everything: DemoSite, client: httpx.Client) -> None:
    response = client.get(everything.url("ferry-resumes"))
    assert "last-modified" not in response.headers
    assert "2026" not in response.text
    assert "20260" not in str(response.url)
    entries = feedparser.parse(client.get(everything.base("strait") + "/rdf/briefs.rdf").content).entries
    undated = [entry for entry in entries if "updated" not in entry]
    assert [entry.title for entry in undated] == ["Night ferry to Ulleung resumes after rockfall"]


def test_consent_wall_until_the_cookie_is_there(everything: DemoSite, client: httpx.Client) -> None:
    url, inside = everything.url("museum-rocket-hall"), "The Blue Streak stands where it stood"
    wall = client.get(url)
    assert wall.status_code == 200
    assert "Accept all" in wall.text
    assert inside not in wall.text
    assert inside in client.get(url, headers={"Cookie": "consent=yes"}).text


def test_paywall_is_marked_and_a_cut_article_is_not(everything: DemoSite, client: httpx.Client) -> None:
    (block,) = json_ld(page_of(client, everything, "what-the-welds-say"))
    assert [node.get("isAccessibleForFree") for node in block["@graph"]] == [None, False]
    cut = page_of(client, everything, "sky-bow")
    assert json_ld(cut) == []
    assert "Continue reading" in cut.text_content()
    full_text = client.get(everything.base("apogee") + "/feed.json").json()["items"]
    walled = next(item for item in full_text if item["id"].endswith("what-the-welds-say"))
    assert "goalposts" not in walled["content_html"]


# --- the articles -----------------------------------------------------------------------------------------------------


def test_about_twenty_articles_and_one_wire_copy() -> None:
    stories = load_stories()
    assert 18 <= len(stories) <= 25
    texts = [one.text for one in stories]
    copies = {one.slug for one in stories if texts.count(one.text) > 1}
    assert copies == {"wire-two-missiles", "wire-two-missiles-copy"}
    assert len({one.slug for one in stories}) == len({(one.outlet, one.path) for one in stories}) == len(stories)
    assert all(one.published.year == 2026 and one.published.month == 1 for one in stories)


def test_every_correction_finds_what_it_corrects() -> None:
    for one in load_stories():
        for fix in one.corrections:
            for old, _ in fix.changes:
                assert any(old in part for part in (one.title, one.summary, one.text))


def labels() -> Iterator[tuple[Story, dict[str, Any], str]]:
    for slug, expected in load_expected().items():
        last = story(slug).at(None)
        yield last, dict(expected), "\n\n".join(last.shown)
        if first := expected.get("first_version"):
            yield story(slug), first, "\n\n".join(story(slug).shown)


def test_every_article_is_labelled() -> None:
    assert set(load_expected()) == {one.slug for one in load_stories()}
    assert {slug for slug, e in load_expected().items() if "first_version" in e} == {"three-after-all"}
    assert all("first_version" in load_expected()[one.slug] for one in load_stories() if one.corrections)


def test_labels_have_the_fields_of_the_records() -> None:
    known = {
        "country",
        "actor",
        "date_precision",
        "time_local",
        "weapon_class",
        "weapon_name",
        "count_min",
        "count_max",
    }
    known |= {"key", "date", "launch_site", "landing_area", "distance_km", "apogee_km", "status", "role"}
    assert known <= set(Launch.__slots__)
    for _, expected, _ in labels():
        keys = [launch["key"] for launch in expected["launches"]]
        assert keys == [f"L{i + 1}" for i in range(len(keys))]
        for launch in expected["launches"]:
            assert set(launch) == known
            assert launch["weapon_class"] in get_args(WeaponClass)
            datetime.fromisoformat(launch["date"])
        for reaction in expected["reactions"]:
            assert set(reaction) == {"actor_country", "actor", "type", "about", "quoted"} <= set(Reaction.__slots__)
            assert reaction["type"] in get_args(ReactionType)
            assert reaction["about"] in [None, *keys]


def test_labels_say_only_what_the_page_shows() -> None:
    for one, expected, shown in labels():
        for launch in expected["launches"]:
            for field in ("weapon_name", "launch_site", "landing_area"):
                assert launch[field] is None or launch[field] in shown, (one.slug, field)
            if launch["time_local"]:
                hour, minute = map(int, launch["time_local"].split(":"))
                clock = f"{(hour - 1) % 12 + 1}:{minute:02d} {'a.m.' if hour < 12 else 'p.m.'}"
                assert clock in shown, one.slug
            if launch["distance_km"] and launch["distance_km"] != 901:  # 560 miles
                assert f"{launch['distance_km']:,} k" in shown, one.slug
        for reaction in expected["reactions"]:
            assert reaction["actor"] in shown, (one.slug, reaction["actor"])


def test_weekdays_in_the_articles_agree_with_the_labelled_dates() -> None:
    for one, expected, shown in labels():
        for launch in expected["launches"]:
            if launch["role"] == "background" or launch["status"] == "planned":
                continue
            day = datetime.fromisoformat(launch["date"])
            assert day.strftime("%A") in shown, one.slug
            # A morning in Seoul is the evening before in London.
            assert timedelta(days=-1) < one.published.replace(tzinfo=None) - day < timedelta(days=3), one.slug


def test_the_facts_of_the_sunday_article() -> None:
    expected = load_expected()["ballistic-salvo-new-year"]
    salvo, cruise = expected["launches"]
    assert (salvo["date"], salvo["time_local"], salvo["distance_km"]) == ("2026-01-04", "07:50", 901)
    assert (salvo["weapon_class"], salvo["count_min"], salvo["count_max"]) == ("ballistic_missile", 2, None)
    assert (cruise["date"], cruise["weapon_class"], cruise["role"]) == ("2025-12-28", "cruise_missile", "background")
    about = {(r["actor_country"], r["type"]): r["about"] for r in expected["reactions"]}
    assert about == {
        ("USA", "assess"): "L1",
        ("USA", "consult"): "L1",
        ("USA", "commit"): "L1",
        ("KOR", "consult"): "L1",
        ("KOR", "condemn"): "L1",
        ("KOR", "urge"): "L1",
        ("PRK", "condemn"): None,
    }
