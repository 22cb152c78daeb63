"""Lakes that an earlier launchwire made."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sample

from extractors.copies import band_digests
from extractors.records import Extraction, Finding
from storage import articles, migrations
from storage.errors import OutdatedLakeError
from storage.keys import key_of
from storage.lake import Lake
from storage.maintenance import check, maintain

ADDED = ("bands", "id_key", "url_key", "canonical_key")
SELECTED = f"SELECT article_id, url, canonical_url, signature, {', '.join(ADDED)} FROM articles ORDER BY article_id"


def rows(lake: Lake) -> list[tuple[Any, ...]]:
    with lake.read() as con:
        return con.execute(SELECTED).fetchall()


@pytest.fixture
def first(lake: Lake) -> Lake:
    """A lake as version 1 made them at first: without these columns; with an edit, a page without text, two months."""
    days = {"a": date(2026, 1, 4), "b": date(2026, 1, 5), "c": date(2025, 11, 30)}
    items = [sample.finding(name, published_date=day) for name, day in days.items()]
    empty = Finding(sample.article("none", text=" ", quality="none", outcome="empty"), Extraction((), (), "p1"))
    articles.save(lake, findings=[*items, empty], message="t")
    articles.save(lake, findings=[sample.edited(items[1], items[1].article.text + " More.")], message="t")

    def drop(con: Any) -> None:
        for column in ADDED:
            con.execute(f"ALTER TABLE articles DROP COLUMN {column}")
        con.execute("DELETE FROM migrations WHERE version > 1")

    lake.write(drop, message="as it was")
    lake.close()
    return lake


def test_versions_count_up() -> None:
    assert [step.version for step in migrations.MIGRATIONS] == list(range(1, len(migrations.MIGRATIONS) + 1))


def test_keys_and_bands_are_added_to_a_lake_without(first: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "_BATCH", 1)
    with pytest.raises(OutdatedLakeError, match="schema version 1, older than 2; `launchwire maintain` upgrades it"):
        Lake.open(first.config, create=False)
    with Lake.open(first.config) as lake:
        assert [path.name for path in lake.config.backups.iterdir()] == ["catalog-before-v2-from-v1.sqlite"]
        found = rows(lake)
        assert len(found) == 4
        for article_id, url, canonical, sketch, bands, *keys in found:
            assert keys == [key_of(article_id), key_of(url), key_of(canonical)]
            assert tuple(bands) == band_digests(sketch or b"")
        assert sum(1 for row in found if row[4]) == 3
        with lake.read() as con:
            comments = dict(
                con.execute(
                    "SELECT column_name, comment FROM duckdb_columns() "
                    "WHERE database_name = 'news' AND table_name = 'articles'"
                ).fetchall()
            )
        assert all(comments[name] for name in ADDED)
        assert check(lake) == []
        after = lake.snapshot()
    with Lake.open(first.config) as lake:
        assert lake.snapshot() == after, "a second opening changes nothing"
        assert len(list(lake.config.backups.iterdir())) == 1


def test_a_migrated_lake_is_written_and_kept_as_any_other(first: Lake) -> None:
    with Lake.open(first.config) as lake:
        # One that is there, its text on another site, and a new one.
        copy = sample.finding("copy", text=sample.finding("c").article.text, published_date=date(2025, 12, 1))
        saved = articles.save(
            lake, findings=[sample.finding("a", packs="p2"), copy, sample.finding("d")], message="after"
        )
        assert (len(saved.refreshed), len(saved.new)) == (1, 2)
        known = articles.known_urls(lake, ["https://news.example/c", "https://news.example/d?ref=rss"])
        assert len(known) == 2
        family = articles.known(lake, [copy.article.article_id, sample.finding("c").article.article_id])
        assert [bool(item.copy_of) for item in family.values()].count(True) == 1
        before = rows(lake)
        maintain(lake, "weekly", now=sample.NOW + timedelta(days=60))
        assert rows(lake) == before
        assert check(lake) == []


def test_version_1_with_these_columns_is_left_as_it_is(lake: Lake) -> None:
    articles.save(lake, findings=[sample.finding()], message="t")
    before = rows(lake)
    lake.write(lambda con: con.execute("DELETE FROM migrations WHERE version > 1"), message="as it was")
    lake.close()
    with Lake.open(lake.config) as opened:
        assert rows(opened) == before
        with opened.read() as con:
            assert con.execute("SELECT max(version) FROM migrations").fetchall() == [(2,)]
            changed = con.execute(
                f"SELECT count(*) FROM news.table_changes('articles', {opened.snapshot()}, {opened.snapshot()})"
            ).fetchall()
        assert changed == [(0,)]
