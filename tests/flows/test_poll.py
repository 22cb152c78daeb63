"""Whole polls of the demo site: nothing lost, nothing twice, each edit once, and publishers left in peace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from newsroom import Newsroom

from extractors.findings import Candidate
from flows.demo import DemoSite
from flows.demo.content import load_stories
from flows.poll import batches

DAY = timedelta(days=1)


@pytest.fixture
def newsroom(tmp_path: Path, site: DemoSite) -> Newsroom:
    return Newsroom(tmp_path / "a room", site)


def test_first_poll_stores_every_entry_and_the_second_is_told_304_and_stores_nothing(newsroom: Newsroom) -> None:
    first = newsroom.poll()
    before = newsroom.rows()
    newsroom.now += timedelta(minutes=10)
    second = newsroom.poll()
    assert first["new"] == len(load_stories())
    assert first["failed"] == []
    assert (second["polled"], second["unchanged"], second["new"], second["revised"]) == (6, 6, 0, 0)
    assert newsroom.rows()["articles"] == before["articles"]
    assert newsroom.rows()["launches"] == before["launches"]


def test_a_flood_is_parted_so_that_a_crash_repeats_little_of_each_host() -> None:
    flood = [Candidate(f"https://host{number % 40}.test/{number}", "wire") for number in range(500)]
    assert [len(part) for part in batches(flood)] == [300, 200]
    lone = [Candidate(f"https://slow.test/{number}", "wire") for number in range(120)]
    assert [len(part) for part in batches(lone)] == [50, 50, 20]
    assert [candidate for part in batches(lone) for candidate in part] == lone
    assert list(batches([])) == []


def test_feeds_that_are_not_due_are_not_asked(newsroom: Newsroom) -> None:
    newsroom.poll(everything=False)
    asked = len(newsroom.site.requests)
    newsroom.now += timedelta(minutes=10)
    assert newsroom.poll(everything=False)["polled"] == 0
    assert len(newsroom.site.requests) == asked


def test_a_forbidden_page_is_never_fetched_and_said_to_be_so(newsroom: Newsroom) -> None:
    newsroom.poll()
    forbidden = next(story for story in load_stories() if story.slug == "members-briefing")
    assert newsroom.site.count(forbidden.path) == 0
    rows = newsroom.query("SELECT quality, outcome, text FROM articles WHERE url LIKE '%/members/%'")
    assert [row[:2] for row in rows] == [("none", "disallowed")]
    assert newsroom.query("SELECT outcome FROM fetches WHERE url LIKE '%/members/%'") == [("disallowed",)]
    assert newsroom.query("SELECT count(*) FROM launches WHERE country = 'PAK'") == [(0,)]


def test_a_consent_wall_is_stored_as_such_and_not_as_an_article(newsroom: Newsroom) -> None:
    newsroom.poll()
    (row,) = newsroom.query("SELECT quality, title, retry_at IS NOT NULL FROM articles WHERE outcome = 'consent'")
    assert row[0] != "full"
    assert row[1] != "Before you continue"
    assert row[2], "it is tried again later"


def test_pages_without_article_are_tried_again_with_growing_waits_and_then_left(newsroom: Newsroom) -> None:
    newsroom.poll()
    path = next(story.path for story in load_stories() if story.access == "consent")
    for _ in range(8):
        newsroom.now += 4 * DAY
        newsroom.poll(everything=False)
    assert newsroom.site.count(path) == newsroom.settings.page_attempts
    assert newsroom.query("SELECT attempts, retry_at FROM articles WHERE outcome = 'consent'") == [
        (newsroom.settings.page_attempts, None)
    ]


def test_an_edit_makes_a_revision_once_and_replaces_the_launches(tmp_path: Path, site: DemoSite) -> None:
    corrected = next(story for story in load_stories() if story.slug == "three-after-all")
    site.now = corrected.published + timedelta(minutes=30)
    newsroom = Newsroom(tmp_path, site, now=site.now.astimezone(UTC))
    newsroom.poll()
    count = (
        "SELECT revision, text FROM articles WHERE canonical_url LIKE '%three%' OR title LIKE '%missiles%' ORDER BY 1"
    )
    assert {row[0] for row in newsroom.query(count)} == {1}
    for _ in range(3):
        newsroom.now += timedelta(hours=1)
        site.now = newsroom.now
        newsroom.poll()
    rows = newsroom.query(
        "SELECT a.revision, r.revision FROM articles a JOIN revisions r USING (article_id) WHERE a.text <> r.text"
    )
    assert rows == [(2, 1)]
    old = newsroom.query("SELECT count(*) FROM launches l ANTI JOIN articles a USING (article_id)")
    assert old == [(0,)]


def test_articles_appear_as_the_days_pass_and_none_is_missed_or_doubled(tmp_path: Path, site: DemoSite) -> None:
    start = datetime(2026, 1, 4, tzinfo=UTC)
    site.now = start
    newsroom = Newsroom(tmp_path, site, now=start)
    seen = 0
    for _ in range(18):
        newsroom.now += DAY
        site.now = newsroom.now
        seen += newsroom.poll()["new"]
    assert seen == len(load_stories())
    assert newsroom.query("SELECT count(*), count(DISTINCT article_id) FROM articles") == [(seen, seen)]


def test_the_order_of_the_feeds_changes_nothing(tmp_path: Path, site: DemoSite) -> None:
    one = Newsroom(tmp_path / "one", site)
    other = Newsroom(tmp_path / "other", site)
    blocks = other.settings.feeds.read_text("utf-8").split("[[feed]]")
    other.settings.feeds.write_text("[[feed]]".join([blocks[0], *reversed(blocks[1:])]), "utf-8")
    one.poll()
    other.poll()
    assert one.rows()["launches"] == other.rows()["launches"]
    assert one.rows()["reactions"] == other.rows()["reactions"]


def test_evidence_stands_in_the_text_to_the_letter(newsroom: Newsroom) -> None:
    newsroom.poll()
    rows = newsroom.query(
        "SELECT a.text, l.evidence FROM launches l JOIN articles a USING (article_id) "
        "UNION ALL SELECT a.text, r.evidence FROM reactions r JOIN articles a USING (article_id)"
    )
    assert rows
    for text, evidence in rows:
        assert evidence
        for span in evidence:
            assert text[span["start"] : span["end"]] == span["text"]


def test_a_dead_host_is_named_and_the_other_feeds_are_served(newsroom: Newsroom) -> None:
    text = newsroom.settings.feeds.read_text("utf-8")
    newsroom.settings.feeds.write_text(
        text + '\n[[feed]]\nurl = "http://127.0.0.9:9/rss"\nsource = "Gone Dark"\n', "utf-8"
    )
    counts = newsroom.poll()
    assert counts["new"] == len(load_stories())
    assert [reason.split(": ")[0] for reason in counts["failed"]] == ["http://127.0.0.9:9/rss"]
    assert newsroom.query("SELECT failures, last_outcome FROM feeds WHERE source = 'Gone Dark'") == [(1, "refused")]


def test_wire_copy_on_two_sites_is_marked_and_both_are_kept(newsroom: Newsroom) -> None:
    newsroom.poll()
    pairs = newsroom.query(
        "SELECT copy.source, original.source FROM articles copy "
        "JOIN articles original ON copy.copy_of = original.article_id"
    )
    assert pairs == [("Strait Observer", "The Lantern Post")]
    assert newsroom.query("SELECT count(*) FROM articles WHERE copy_of IS NOT NULL AND quality = 'full'") == [(1,)]
