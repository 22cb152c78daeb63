from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sample

from extractors.records import Extraction
from storage import articles, feeds
from storage.lake import Lake

DATA_TABLES = ("articles", "revisions", "launches", "reactions", "fetches", "feeds")


def rows(lake: Lake, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with lake.read() as con:
        return con.execute(sql, list(parameters)).fetchall()


def count(lake: Lake, table: str) -> int:
    return int(rows(lake, f"SELECT count(*) FROM {table}")[0][0])


def files(lake: Lake) -> int:
    return int(rows(lake, "SELECT sum(file_count) FROM ducklake_table_info('news')")[0][0])


def save(lake: Lake, *findings: Any, **more: Any) -> articles.Saved:
    return articles.save(lake, findings=findings, message="test", **more)


def test_every_record_comes_back_as_it_went_in(lake: Lake) -> None:
    item, state = sample.finding(), sample.feed()
    article_id = item.article.article_id
    saved = save(lake, item, feeds=[state], fetches=[sample.fetch()])
    assert saved == articles.Saved(new=(article_id,), launches=1, reactions=1, fetches=1, feeds=1)
    assert articles.findings(lake, [article_id]) == [item]
    assert feeds.states(lake) == {state.feed_id: state}
    assert rows(lake, "SELECT launch_id, pack_version FROM launches") == [(f"{article_id}:L1", "p1")]
    assert rows(lake, "SELECT reaction_id, launch_id FROM reactions") == [(f"{article_id}:R1", f"{article_id}:L1")]
    assert rows(lake, "SELECT fetched_date, warc_offset FROM fetches") == [(date(2026, 1, 4), 1234)]


def test_sparse_records_come_back(lake: Lake) -> None:
    bare = sample.article(
        published_at=None, published_offset_minutes=None, date_source="seen", feed_id=None, guid=None, authors=(),
        language=None, credit=None, quality="none", text="", retry_at=sample.NOW,
    )  # fmt: skip
    item = replace(sample.finding(), article=bare, extraction=Extraction((), (), "p1"))
    save(lake, item)
    assert articles.findings(lake, [bare.article_id]) == [item]


def test_text_that_no_catalog_holds_keeps_its_offsets(lake: Lake) -> None:
    text = "\0\ud800 Norland fired two rockets on Sunday, “a provocation”. \U0001f680"
    item = sample.finding(text=text)
    save(lake, item)
    (stored,) = articles.findings(lake, [item.article.article_id])
    assert stored.article.text == text.replace("\0", "\ufffd").replace("\ud800", "\ufffd")
    for evidence in stored.extraction.launches[0].evidence:
        assert stored.article.text[evidence.start : evidence.end] == evidence.text


def test_figures_beyond_any_column_become_null(lake: Lake) -> None:
    item = sample.finding()
    absurd = sample.launch(count_min=10**30, distance_km=float("inf"))
    save(lake, replace(item, extraction=Extraction((absurd,), (), "p1")))
    (launch,) = articles.findings(lake, [item.article.article_id])[0].extraction.launches
    assert (launch.count_min, launch.distance_km) == (None, None)


def test_rerun_writes_nothing_new(lake: Lake) -> None:
    items = [sample.finding(name) for name in "abc"]
    more = {"feeds": [sample.feed()], "fetches": [sample.fetch(), sample.fetch("g")]}
    save(lake, *items, **more)
    before = {table: rows(lake, f"FROM {table} ORDER BY ALL") for table in DATA_TABLES}
    snapshots = files(lake)
    again = save(lake, *items, **more)
    assert set(again.unchanged) == {item.article.article_id for item in items}
    assert (again.new, again.fetches, again.launches) == ((), 0, 0)
    assert {table: rows(lake, f"FROM {table} ORDER BY ALL") for table in DATA_TABLES} == before
    assert files(lake) == snapshots


def test_an_edit_keeps_the_earlier_version(lake: Lake) -> None:
    first = sample.finding()
    second = sample.edited(first, sample.TEXT + "\n\nIt fired two more.")
    save(lake, first)
    saved = save(lake, second)
    article_id = first.article.article_id
    assert saved.revised == (article_id,)
    (stored,) = articles.findings(lake, [article_id])
    assert stored.article.text == second.article.text
    assert (stored.article.revision, stored.article.first_seen_at) == (2, sample.NOW)
    assert rows(lake, "SELECT text, revision FROM revisions") == [(sample.TEXT, 1)]
    assert count(lake, "launches") == count(lake, "reactions") == 1
    assert save(lake, second).unchanged == (article_id,)


def test_versions_are_ordered_by_time_not_arrival(lake: Lake) -> None:
    first = sample.finding()
    second = sample.edited(first, sample.TEXT + " More.")
    for batch in ((second,), (first,), (second, first), (first, second)):
        save(lake, *batch)
        (stored,) = articles.findings(lake, [first.article.article_id])
        assert stored.article.text == second.article.text
        assert stored.article.first_seen_at == (sample.NOW if batch != (second,) else second.article.first_seen_at)
    assert rows(lake, "SELECT text FROM revisions") == [(sample.TEXT,)]


def test_one_article_twice_in_a_batch_is_one_row(lake: Lake) -> None:
    first = sample.finding()
    second = sample.edited(first, sample.TEXT + " More.")
    saved = save(lake, second, first, first)
    assert saved.new == saved.revised == saved.unchanged == (first.article.article_id,)
    assert rows(lake, "SELECT revision FROM articles") == [(2,)]
    assert rows(lake, "SELECT text FROM revisions") == [(sample.TEXT,)]
    assert count(lake, "launches") == 1


def test_a_moved_date_moves_the_rows(lake: Lake) -> None:
    first = sample.finding()
    moved = sample.edited(
        first, sample.TEXT + " More.", published_date=date(2025, 12, 31),
        published_at=datetime(2025, 12, 31, 23, tzinfo=UTC),
    )  # fmt: skip
    save(lake, first, sample.finding("b"))
    save(lake, moved)
    for table in ("articles", "launches", "reactions"):
        days = rows(lake, f"SELECT published_date FROM {table} ORDER BY 1")
        assert days == [(date(2025, 12, 31),), (date(2026, 1, 4),)], table


def test_a_date_found_later_replaces_the_day_of_sighting_without_a_revision(lake: Lake) -> None:
    dated = sample.finding()
    undated = replace(
        dated,
        article=replace(dated.article, published_at=None, published_date=date(2026, 1, 5), date_source="seen"),
    )
    save(lake, undated)
    assert save(lake, dated).refreshed == (dated.article.article_id,)
    assert save(lake, undated).unchanged == (dated.article.article_id,)
    assert rows(lake, "SELECT published_date, revision FROM articles") == [(date(2026, 1, 4), 1)]
    assert rows(lake, "SELECT published_date FROM launches") == [(date(2026, 1, 4),)]
    assert count(lake, "revisions") == 0


def test_an_edit_without_a_date_keeps_the_stored_one(lake: Lake) -> None:
    first = sample.finding()
    save(lake, first)
    save(lake, sample.edited(first, "Other.", published_at=None, published_date=date(2026, 1, 9), date_source="seen"))
    assert rows(lake, "SELECT published_date, date_source FROM articles") == [(date(2026, 1, 4), "json-ld")]


@pytest.mark.parametrize(("worse", "better"), [("none", "full"), ("none", "partial"), ("partial", "full")])
def test_a_worse_page_never_replaces_a_better_one(lake: Lake, worse: Any, better: Any) -> None:
    good = sample.finding(quality=better)
    bad = sample.edited(good, "", quality=worse, outcome="consent")
    save(lake, good)
    assert save(lake, bad).worse == (good.article.article_id,)
    assert articles.findings(lake, [good.article.article_id]) == [good]


def test_a_better_page_replaces_a_worse_one(lake: Lake) -> None:
    bad = sample.finding(text="", quality="none", outcome="challenge", retry_at=sample.NOW)
    good = sample.edited(bad, sample.TEXT, quality="full", outcome="article", retry_at=None, attempts=2)
    save(lake, replace(bad, extraction=Extraction((), (), "p1")))
    assert [a.article_id for a in articles.due(lake, now=sample.NOW)] == [bad.article.article_id]
    assert save(lake, good).refreshed == (bad.article.article_id,)
    assert articles.due(lake, now=sample.NOW + timedelta(days=9)) == []
    assert (count(lake, "revisions"), count(lake, "launches")) == (0, 1)


def test_a_failed_retry_is_remembered(lake: Lake) -> None:
    later = sample.NOW + timedelta(hours=6)
    partial = sample.finding(quality="partial", retry_at=sample.NOW)
    save(lake, partial)
    save(lake, sample.edited(partial, "", quality="none", outcome="challenge", attempts=2, retry_at=later))
    assert articles.due(lake, now=sample.NOW) == []
    (due,) = articles.due(lake, now=later)
    assert (due.text, due.attempts, due.retry_at) == (sample.TEXT, 2, later)


def test_other_rule_packs_replace_what_was_found(lake: Lake) -> None:
    old = sample.finding()
    new = replace(old, extraction=Extraction((sample.launch(count_min=3), sample.launch(key="L2")), (), "p2"))
    save(lake, old)
    saved = save(lake, new)
    assert (saved.refreshed, saved.launches, saved.reactions) == ((old.article.article_id,), 2, 0)
    assert rows(lake, "SELECT key, count_min, pack_version FROM launches ORDER BY 1") == [
        ("L1", 3, "p2"),
        ("L2", 2, "p2"),
    ]
    assert rows(lake, "SELECT pack_version FROM articles") == [("p2",)]
    assert count(lake, "reactions") == 0


def test_lookups(lake: Lake) -> None:
    items = [
        sample.finding(name, published_date=date(2025, 12, 1) + timedelta(days=20 * n)) for n, name in enumerate("abcd")
    ]
    save(lake, *items)
    ids = [item.article.article_id for item in items]
    found = articles.known(lake, [*ids, "nowhere"])
    assert set(found) == set(ids)
    assert found[ids[0]].content_hash == items[0].article.content_hash
    assert set(articles.known(lake, ids, since=date(2025, 12, 20))) == set(ids[1:])
    urls = [items[0].article.url, items[1].article.canonical_url, "https://nowhere.example/"]
    assert {url: item.article_id for url, item in articles.known_urls(lake, urls).items()} == {
        urls[0]: ids[0],
        urls[1]: ids[1],
    }
    read = list(articles.between(lake, date(2025, 12, 21), date(2026, 1, 10)))
    assert read == [items[1].article, items[2].article]
    assert articles.known(lake, []) == {}


def test_reextraction_replaces_exactly_what_was_read(lake: Lake) -> None:
    a, b, c = (sample.finding(name) for name in "abc")
    save(lake, a, b, c)
    fresh_a = replace(
        a,
        extraction=Extraction(
            (sample.launch(count_min=5), sample.launch(key="L2")), (sample.reaction(type="warn"),), "p2", "en"
        ),
    )
    gone = sample.edited(b, "Another text.")
    difference = articles.replace_extractions(lake, [fresh_a, gone], message="test")
    assert difference == articles.Difference(
        articles=1, stale=(b.article.article_id,), launches_added=1, launches_changed=1, reactions_added=1,
        reactions_removed=1,
    )  # fmt: skip
    ids = [item.article.article_id for item in (a, b, c)]
    stored = {item.article.article_id: item for item in articles.findings(lake, ids)}
    assert stored == {ids[0]: fresh_a, ids[1]: b, ids[2]: c}
    again = articles.replace_extractions(lake, [fresh_a], message="test")
    assert again == articles.Difference(articles=1)


def test_feeds_register_update_remove(lake: Lake) -> None:
    first, other = sample.feed(), sample.feed("other", hints=sample.FeedHints(), new_times=(), etag=None)
    assert feeds.register(lake, [first, other], message="t") == (first.feed_id, "other")
    assert feeds.register(lake, [replace(first, etag="new"), other], message="t") == ()
    assert feeds.states(lake) == {first.feed_id: first, "other": other}
    feeds.update(lake, [replace(other, status="gone")], message="t")
    assert feeds.states(lake)["other"].status == "gone"
    assert feeds.remove(lake, ["other", "nowhere"], message="t") == 1
    assert list(feeds.states(lake)) == [first.feed_id]


def test_untrusted_words_are_only_data(lake: Lake) -> None:
    nasty = "'); DROP TABLE articles; -- \" $1 {{x}} \\ \u202e"
    item = sample.finding(title=nasty, source=nasty, guid=nasty)
    articles.save(lake, findings=[item], message=nasty)
    assert articles.findings(lake, [item.article.article_id]) == [item]
    assert articles.known_urls(lake, [nasty]) == {}
