"""The same promises with the files in an S3-compatible store, on a real server that the tests start, and the catalog
in SQLite or Postgres."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sample
import workers
from workers import Worker

from storage import articles
from storage.errors import CorruptLakeError, RefusedLakeError, UnreachableLakeError
from storage.lake import Lake, LakeConfig, S3Options
from storage.maintenance import check, maintain

pytestmark = pytest.mark.xdist_group("servers")


@pytest.fixture
def config(new_bucket: Callable[[], str], object_store: Any, tmp_path: Path) -> LakeConfig:
    return LakeConfig(directory=tmp_path / "a b", store=new_bucket(), s3=object_store.options, lock_wait_seconds=60)


@pytest.mark.parametrize("catalog", ["sqlite", "postgres"])
def test_four_writers_and_two_readers_at_once(catalog: str, config: LakeConfig, request: pytest.FixtureRequest) -> None:
    if catalog == "postgres":
        config = replace(config, catalog=request.getfixturevalue("new_database")())
    Lake.open(config).close()
    running = [Worker(workers.contend, config, seed, 0.5) for seed in range(4)]
    running += [Worker(workers.watch, config, 0.5) for _ in range(2)]
    counts = [len(worker.finish()) for worker in running]
    assert all(counts), counts
    with Lake.open(config) as lake:
        before = _rows(lake)
        assert before["fetches"] == sum(counts[:4]), "every acknowledged batch once"
        report = maintain(lake, "weekly", now=sample.NOW)
        assert sum(size.files for size in report.after) < sum(size.files for size in report.before)
        assert _rows(lake) == before
        assert check(lake) == []


def test_a_store_that_does_not_answer_is_a_sentence_and_a_rerun_mends_all(config: LakeConfig) -> None:
    with Lake.open(config) as lake:
        workers.write(lake, [workers.made("article-0")], "before")
        with Lake.open(replace(config, s3=_nowhere(config), attempts=1)) as cut_off:
            with pytest.raises(UnreachableLakeError, match="does not answer; check that its server runs"):
                workers.write(cut_off, [workers.made("article-1")], "lost")
            with pytest.raises(UnreachableLakeError, match="does not answer"):
                check(cut_off)
        assert _rows(lake)["fetches"] == 1
        workers.write(lake, [workers.made("article-1")], "again")
        assert _rows(lake)["articles"] == 2
        assert check(lake) == []


def test_a_bucket_that_is_not_there_is_a_sentence(config: LakeConfig) -> None:
    with pytest.raises(RefusedLakeError, match=r"object store refuses .*s3://none/; check the bucket's name"):
        Lake.open(replace(config, store="s3://none", attempts=1))


def test_damaged_and_missing_objects_are_named(config: LakeConfig, object_store: Any) -> None:
    with Lake.open(config) as lake:
        workers.write(lake, [workers.made("article-0")], "a")
        with lake.read() as con:
            ((gone,),) = con.execute("SELECT data_file FROM ducklake_list_files('news', 'launches')").fetchall()
            ((cut,),) = con.execute("SELECT data_file FROM ducklake_list_files('news', 'articles')").fetchall()
        object_store.delete(gone.removeprefix("s3://"))
        object_store.put(cut.removeprefix("s3://"), b"PAR1 cut short")
    with Lake.open(config) as lake:
        with pytest.raises(CorruptLakeError, match="`launchwire maintain --check` names it"):
            articles.findings(lake, [workers.made("article-0").article.article_id])
        named = {problem.table: problem.detail for problem in check(lake)}
        assert set(named) == {"launches", "articles"}
        assert gone in named["launches"]
        assert cut in named["articles"]


def _nowhere(config: LakeConfig) -> S3Options:
    """The same options with an address where nothing listens."""
    assert config.s3 is not None
    return replace(config.s3, endpoint="127.0.0.1:1")


def _rows(lake: Lake) -> dict[str, int]:
    with lake.read() as con:
        return {
            table: con.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
            for table in ("articles", "revisions", "launches", "reactions", "fetches")
        }
