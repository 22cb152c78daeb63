"""The same promises with the catalog in Postgres, on a real server that the tests start."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sample
import workers
from workers import Worker

from storage import articles, migrations
from storage.errors import BusyLockError, MissingLakeError, NewerLakeError, RefusedLakeError, UnreachableLakeError
from storage.lake import Lake, LakeConfig
from storage.maintenance import check, maintain

pytestmark = pytest.mark.xdist_group("servers")

TABLES = ("articles", "revisions", "launches", "reactions", "fetches", "feeds")


@pytest.fixture
def config(new_database: Callable[[], str], tmp_path: Path) -> LakeConfig:
    return LakeConfig(directory=tmp_path / "a b", catalog=new_database(), lock_wait_seconds=60)


def content(lake: Lake) -> dict[str, list[Any]]:
    with lake.read() as con:
        return {table: con.execute(f"FROM {table} ORDER BY ALL").fetchall() for table in TABLES}


def write_all(lake: Lake) -> None:
    for findings, name in workers.batches():
        workers.write(lake, findings, name)


def test_records_come_back_and_reruns_add_nothing(config: LakeConfig) -> None:
    with pytest.raises(MissingLakeError, match="no lake at postgres:"):
        Lake.open(config, create=False)
    text = "\0 Norland fired two rockets on Sunday, “a provocation”. 🚀"
    items = [sample.finding(), sample.finding("b", text=text, title="NUL \0 in a title")]
    with Lake.open(config) as lake:
        articles.save(lake, findings=items, feeds=[sample.feed()], message="it's")
        before = content(lake)
        articles.save(lake, findings=items, feeds=[sample.feed()], message="it's")
        assert content(lake) == before
        assert articles.findings(lake, [items[0].article.article_id]) == [items[0]]
        assert maintain(lake, "weekly", now=sample.NOW).after
        assert check(lake) == []


def test_a_reader_keeps_its_snapshot_through_maintenance(config: LakeConfig) -> None:
    query = (
        "SELECT count(*), count(DISTINCT article_id), (SELECT count(*) FROM launches), sum(length(text)) FROM articles"
    )
    with Lake.open(config) as lake:
        for name in "abc":
            articles.save(lake, findings=[sample.finding(name)], message="t")
        with lake.read() as con, lake.read(as_of=lake.snapshot()) as pinned:
            con.execute("BEGIN")
            before = con.execute(query).fetchall()
            assert before[0][:3] == (3, 3, 3)
            articles.save(lake, findings=[sample.finding("late")], message="t")
            maintain(lake, "weekly", now=sample.NOW)
            assert con.execute(query).fetchall() == pinned.execute(query).fetchall() == before
            con.execute("COMMIT")
            assert con.execute(query).fetchall()[0][:3] == (4, 4, 4)


def test_kills_then_rerun(config: LakeConfig, tmp_path: Path) -> None:
    rng = random.Random(7)
    acknowledged: set[str] = set()
    for _ in range(3):
        worker = Worker(workers.run, config)
        assert worker.next() == "open"
        time.sleep(rng.uniform(0, 0.8))
        worker.kill()
        acknowledged |= set(worker.finish()) - {"open"}
    with Lake.open(config) as lake, Lake.open(LakeConfig(directory=tmp_path / "undisturbed")) as undisturbed:
        with lake.read() as con:
            stored = {row[0] for row in con.execute("SELECT fetch_id FROM fetches").fetchall()}
        assert {f"fetch-{name}" for name in acknowledged} <= stored
        write_all(lake)
        write_all(undisturbed)
        assert content(lake) == content(undisturbed)
        assert check(lake) == []


def test_three_writers_and_a_reader_at_once(config: LakeConfig) -> None:
    Lake.open(config).close()
    running = [Worker(workers.contend, config, seed, 2.0) for seed in range(3)]
    running.append(Worker(workers.watch, config, 2.0))
    counts = [len(worker.finish()) for worker in running]
    assert all(counts), counts
    with Lake.open(config) as lake:
        assert check(lake) == []
        with lake.read() as con:
            assert con.execute("SELECT count(DISTINCT fetch_id), count(*) FROM fetches").fetchall() == [
                (sum(counts[:3]), sum(counts[:3]))
            ]


def test_processes_that_make_the_lake_at_once(config: LakeConfig) -> None:
    for worker in [Worker(workers.contend, config, seed, 0.3) for seed in range(3)]:
        worker.finish()
    with Lake.open(config) as lake, lake.read() as con:
        assert con.execute("SELECT max(version), count(*) FROM migrations").fetchall() == [
            (migrations.VERSION, len(migrations.MIGRATIONS))
        ]


def test_a_lock_dies_with_its_process(config: LakeConfig) -> None:
    lake = Lake.open(config)
    worker = Worker(workers.hold, config)
    assert worker.next() == "held"
    with pytest.raises(BusyLockError), lake.exclusive("poll", wait_seconds=0.1):
        pass
    with lake.exclusive("maintain", wait_seconds=0):
        pass
    worker.kill()
    worker.finish()
    with lake.exclusive("poll", wait_seconds=5):
        pass
    lake.close()


@pytest.mark.parametrize("restarted", [False, True])
def test_a_server_that_drops_every_connection_costs_a_replay_only(
    config: LakeConfig, postgres: Any, restarted: bool
) -> None:
    runs: list[int] = []

    def work(con: duckdb.DuckDBPyConnection) -> None:
        con.execute("INSERT INTO migrations VALUES (7, 'once')")
        runs.append(1)
        if len(runs) > 1:
            return
        if restarted:
            postgres.stop()
            postgres.start()
        else:
            postgres.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid();")

    with Lake.open(config) as lake:
        lake.write(work, message="t")
        assert len(runs) == 2
        with lake.read() as con:
            assert con.execute("SELECT count(*) FROM migrations WHERE version = 7").fetchall() == [(1,)]


def test_a_newer_schema_is_refused_and_an_older_backed_up(config: LakeConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    Lake.open(config).close()
    alteration = "ALTER TABLE articles ADD COLUMN x INTEGER"
    step = migrations.Migration(migrations.VERSION + 1, "one more column", lambda con, _: con.execute(alteration))
    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, step))
    monkeypatch.setattr(migrations, "VERSION", step.version)
    Lake.open(config).close()
    (backup,) = config.backups.iterdir()
    with duckdb.connect(str(backup), read_only=True) as con:
        assert con.execute("SELECT count(*) FROM ducklake_column WHERE column_name = 'x'").fetchall() == [(0,)]
        assert con.execute("SELECT count(*) > 0 FROM ducklake_snapshot").fetchall() == [(True,)]
    monkeypatch.undo()
    with pytest.raises(NewerLakeError, match=f"schema version {step.version}"):
        Lake.open(config)


def test_a_server_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    config = LakeConfig(
        directory=tmp_path, catalog="postgres:postgresql://me:hunter2@127.0.0.1:1/none", lock_wait_seconds=1, attempts=2
    )
    with pytest.raises(UnreachableLakeError, match="does not answer; check that its server runs") as raised:
        Lake.open(config)
    assert "hunter2" not in str(raised.value)


def test_a_database_that_is_not_there_is_a_sentence(postgres: Any, tmp_path: Path) -> None:
    config = LakeConfig(directory=tmp_path, catalog=f"postgres:{postgres.get_uri('nowhere')}")
    for create in (True, False):
        with pytest.raises(RefusedLakeError, match=r"refuses .*nowhere.*; check the database's name"):
            Lake.open(config, create=create)
