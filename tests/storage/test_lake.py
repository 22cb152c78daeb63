from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sample
import workers
from workers import Worker

from storage import articles, migrations
from storage.errors import (
    BusyLockError,
    CorruptLakeError,
    FullLakeError,
    LakeError,
    MissingLakeError,
    NewerLakeError,
    OutdatedLakeError,
    StoreMismatchError,
    UnwritableLakeError,
    without_secrets,
)
from storage.lake import Lake, LakeConfig, S3Options
from storage.maintenance import check

TABLES = ("articles", "revisions", "launches", "reactions", "fetches", "feeds")
VERSIONS = [(step.version,) for step in migrations.MIGRATIONS]


def content(lake: Lake) -> dict[str, list[Any]]:
    with lake.read() as con:
        return {table: con.execute(f"FROM {table} ORDER BY ALL").fetchall() for table in TABLES}


@pytest.fixture(scope="module")
def undisturbed(empty_lake: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    directory = tmp_path_factory.mktemp("undisturbed") / "data"
    shutil.copytree(empty_lake, directory)
    with Lake.open(LakeConfig(directory=directory)) as lake:
        for findings, name in workers.batches():
            workers.write(lake, findings, name)
        return content(lake)


def crash_and_rerun(directory: Path, undisturbed: dict[str, list[Any]], kills: int, rng: random.Random) -> None:
    """Kill a writer `kills` times at random moments; then the rerun's rows must be those of an undisturbed run."""
    acknowledged: set[str] = set()
    with Lake.open(LakeConfig(directory=directory)) as lake:
        for _ in range(kills):
            worker = Worker(workers.run, LakeConfig(directory=directory))
            assert worker.next() == "open"
            time.sleep(rng.uniform(0, 0.8))
            worker.kill()
            acknowledged |= set(worker.finish())
            with lake.read() as con:
                stored = {row[0] for row in con.execute("SELECT fetch_id FROM fetches").fetchall()}
            assert {f"fetch-{name}" for name in acknowledged} <= stored
        for findings, name in workers.batches():
            workers.write(lake, findings, name)
        assert content(lake) == undisturbed
        assert check(lake) == []


def test_kill_at_random_moments_then_rerun(tmp_path: Path, undisturbed: dict[str, list[Any]], empty_lake: Path) -> None:
    directory = tmp_path / "data"
    shutil.copytree(empty_lake, directory)
    crash_and_rerun(directory, undisturbed, 20, random.Random(4))


def test_kill_while_the_lake_is_made(tmp_path: Path) -> None:
    for pause in (0.02, 0.06, 0.1, 0.15, 0.2, 0.25, 0.3):
        worker = Worker(workers.run, LakeConfig(directory=tmp_path))
        time.sleep(pause)
        worker.kill()
        worker.finish()
    with Lake.open(LakeConfig(directory=tmp_path)) as lake:
        assert check(lake) == []


def contention(directory: Path, writers: int, readers: int, keepers: int, seconds: float) -> None:
    config = LakeConfig(directory=directory)
    running = [Worker(workers.contend, config, seed, seconds) for seed in range(writers)]
    running += [Worker(workers.watch, config, seconds) for _ in range(readers)]
    running += [Worker(workers.keep_house, config, seconds) for _ in range(keepers)]
    counts = [len(worker.finish()) for worker in running]
    assert all(counts), counts
    with Lake.open(LakeConfig(directory=directory)) as lake:
        assert check(lake) == []
        with lake.read() as con:
            stored = {row[0] for row in con.execute("SELECT fetch_id FROM fetches").fetchall()}
            assert len(stored) == sum(counts[:writers]), "every acknowledged batch once"


def test_three_writers_and_a_reader_at_once(tmp_path: Path, empty_lake: Path) -> None:
    directory = tmp_path / "data"
    shutil.copytree(empty_lake, directory)
    contention(directory, 3, 1, 0, 2)


@pytest.mark.soak
def test_four_writers_two_readers_and_maintenance_for_a_minute(tmp_path: Path, empty_lake: Path) -> None:
    directory = tmp_path / "data"
    shutil.copytree(empty_lake, directory)
    contention(directory, 4, 2, 1, 60)


def test_processes_that_make_the_lake_at_once(tmp_path: Path) -> None:
    running = [Worker(workers.contend, LakeConfig(directory=tmp_path), seed, 0.5) for seed in range(4)]
    for worker in running:
        worker.finish()
    with Lake.open(LakeConfig(directory=tmp_path)) as lake, lake.read() as con:
        assert con.execute("SELECT version FROM migrations ORDER BY 1").fetchall() == VERSIONS


def test_threads_of_one_process_share_a_lake(lake: Lake) -> None:
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for round_ in range(3):
                articles.save(
                    lake, findings=[sample.finding(f"{number}-{round_}"), sample.finding("same")], message="t"
                )
                with lake.read() as con:
                    con.execute("SELECT count(*) FROM articles").fetchall()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with lake.read() as con:
        assert con.execute("SELECT count(*), count(DISTINCT article_id) FROM articles").fetchall() == [(13, 13)]


def test_opening_a_made_lake_is_quick(lake: Lake) -> None:
    def opening() -> float:
        began = time.process_time()
        Lake.open(lake.config).close()
        return time.process_time() - began

    assert min(opening() for _ in range(5)) < 0.15


def test_a_failing_transaction_leaves_nothing(lake: Lake) -> None:
    def work(con: duckdb.DuckDBPyConnection) -> None:
        con.execute("INSERT INTO migrations VALUES (99, 'x')")
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        lake.write(work, message="t")
    with lake.read() as con:
        assert con.execute("SELECT max(version) FROM migrations").fetchall() == [(migrations.VERSION,)]
    lake.write(lambda con: con.execute("INSERT INTO migrations VALUES (99, 'y')"), message="t")


def test_a_conflict_is_replayed_whole_and_a_wrong_statement_is_not(lake: Lake) -> None:
    runs: list[int] = []

    def conflicting(con: duckdb.DuckDBPyConnection) -> int:
        con.execute("INSERT INTO migrations VALUES (7, 'once')")
        runs.append(1)
        if len(runs) < 3:
            raise duckdb.TransactionException("Transaction conflict")
        return len(runs)

    assert lake.write(conflicting, message="t") == 3
    with lake.read() as con:
        assert con.execute("SELECT count(*) FROM migrations WHERE version = 7").fetchall() == [(1,)]
    runs.clear()

    def wrong(con: duckdb.DuckDBPyConnection) -> None:
        runs.append(1)
        con.execute("INSERT INTO migrations VALUES (nonsense)")

    with pytest.raises(duckdb.BinderException):
        lake.write(wrong, message="t")
    assert len(runs) == 1


def test_snapshots_carry_the_message_and_time_travel_works(lake: Lake) -> None:
    before = lake.snapshot()
    lake.write(lambda con: con.execute("INSERT INTO migrations VALUES (99, 'x')"), message="poll 'run' 7")
    with lake.read() as con:
        messages = con.execute("SELECT commit_message FROM news.snapshots() ORDER BY snapshot_id").fetchall()
        (moment,) = con.execute(
            "SELECT snapshot_time FROM news.snapshots() WHERE snapshot_id = ?", [before]
        ).fetchall()[0]
    assert messages[-1] == ("poll 'run' 7",)
    for as_of in (before, moment + timedelta(microseconds=1)):
        with lake.read(as_of=as_of) as con:
            assert con.execute("SELECT version FROM migrations ORDER BY 1").fetchall() == VERSIONS
    with pytest.raises(LakeError, match="no snapshot of that time"), lake.read(as_of=datetime(1999, 1, 1, tzinfo=UTC)):
        pass


def test_rows_are_never_inlined(lake: Lake) -> None:
    articles.save(lake, findings=[sample.finding()], message="t")
    with lake.read() as con:
        options = dict(con.execute("SELECT option_name, value FROM ducklake_options('news')").fetchall())
        assert con.execute("FROM __ducklake_metadata_news.ducklake_inlined_data_tables").fetchall() == []
    assert (options["data_inlining_row_limit"], options["parquet_compression"]) == ("0", "zstd")
    assert int(options["target_file_size"]) == 64_000_000


def test_readers_cannot_write(lake: Lake) -> None:
    with lake.read() as con, pytest.raises(duckdb.Error, match="read-only"):
        con.execute("DELETE FROM articles")


def test_day_partitions_on_request(tmp_path: Path) -> None:
    with Lake.open(LakeConfig(directory=tmp_path, partition="day")) as lake:
        articles.save(lake, findings=[sample.finding()], message="t")
    assert list(tmp_path.glob("lake/main/articles/year=2026/month=1/day=4/*.parquet"))


# Locks


def test_a_named_lock_excludes_and_is_freed(lake: Lake) -> None:
    other = Lake(lake.config)
    with lake.exclusive("poll", wait_seconds=0):
        with pytest.raises(BusyLockError, match="poll lock"), other.exclusive("poll", wait_seconds=0.1):
            pass
        with other.exclusive("maintain", wait_seconds=0):
            pass
    with other.exclusive("poll", wait_seconds=0):
        pass


def test_a_lock_dies_with_its_process(lake: Lake) -> None:
    worker = Worker(workers.hold, lake.config)
    assert worker.next() == "held"
    with pytest.raises(BusyLockError), lake.exclusive("poll", wait_seconds=0):
        pass
    worker.kill()
    worker.finish()
    with lake.exclusive("poll", wait_seconds=1):
        pass


def test_a_busy_writer_lock_is_a_sentence(lake: Lake) -> None:
    hurried = Lake(LakeConfig(directory=lake.config.directory, lock_wait_seconds=0.1))
    with (
        lake.exclusive("writer", wait_seconds=0),
        pytest.raises(BusyLockError, match=r"holds the writer lock.*let it finish or stop it"),
    ):
        hurried.write(lambda con: None, message="t")


def test_a_lock_name_is_no_path(lake: Lake) -> None:
    with pytest.raises(ValueError, match="lock name"), lake.exclusive("../x", wait_seconds=0):
        pass


# Opening what cannot be opened


def test_a_missing_lake_is_not_made_by_a_reader(tmp_path: Path) -> None:
    with pytest.raises(MissingLakeError, match=r"no lake at .*catalog.sqlite; `launchwire poll` makes one"):
        Lake.open(LakeConfig(directory=tmp_path / "none"), create=False)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("place", ["file/data", "file"])
def test_an_unwritable_directory_is_a_sentence(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UnwritableLakeError, match=r"file.* cannot be made \(.*\); name another by --data"):
        Lake.open(LakeConfig(directory=tmp_path / place))
    assert (tmp_path / "file").read_text() == "in the way"


def catalog_of(lake: Lake) -> Path:
    lake.close()
    path = lake.config.sqlite_path
    assert path is not None
    return path


def test_a_newer_schema_is_refused(lake: Lake) -> None:
    lake.write(lambda con: con.execute("INSERT INTO migrations VALUES (1000, 'future')"), message="t")
    for create in (True, False):
        with pytest.raises(NewerLakeError, match=r"schema version 1000, newer than .* update launchwire"):
            Lake.open(lake.config, create=create)


def test_a_newer_ducklake_format_is_refused(lake: Lake) -> None:
    with sqlite3.connect(catalog_of(lake)) as catalog:
        catalog.execute("UPDATE ducklake_metadata SET value = '9.9' WHERE key = 'version'")
    catalog.close()
    with pytest.raises(NewerLakeError, match="update launchwire"):
        Lake.open(lake.config)


@pytest.mark.parametrize("damage", [b"not a database at all" * 200, None])
def test_a_damaged_catalog_is_a_sentence(lake: Lake, damage: bytes | None) -> None:
    path = catalog_of(lake)
    content = path.read_bytes()
    path.write_bytes(damage if damage else content[:5000] + b"\xff" * (len(content) - 5000))
    with pytest.raises(CorruptLakeError, match="damaged; `launchwire restore` puts a backup in its place"):
        Lake.open(lake.config)


def test_an_older_schema_is_migrated_after_a_backup(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    articles.save(lake, findings=[sample.finding()], message="t")
    lake.close()
    next_ = migrations.VERSION + 1
    step = migrations.Migration(
        next_, "one more column", lambda con, _: con.execute("ALTER TABLE articles ADD COLUMN x INTEGER")
    )
    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, step))
    monkeypatch.setattr(migrations, "VERSION", next_)
    with pytest.raises(OutdatedLakeError, match="`launchwire maintain` upgrades it"):
        Lake.open(lake.config, create=False)
    assert not lake.config.backups.exists()
    with Lake.open(lake.config) as migrated, migrated.read() as con:
        assert con.execute("SELECT x, source FROM articles").fetchall() == [(None, "Example Wire")]
        assert con.execute("FROM migrations ORDER BY 1").fetchall()[-1] == (next_, "one more column")
    (backup,) = lake.config.backups.iterdir()
    monkeypatch.undo()
    shutil.copy(backup, catalog_of(lake))
    with Lake.open(lake.config) as restored, restored.read() as con:
        assert con.execute("SELECT version FROM migrations ORDER BY 1").fetchall() == VERSIONS
        assert con.execute("SELECT count(*) FROM articles").fetchall() == [(1,)]


def test_a_moved_directory_stays_one_lake(lake: Lake, tmp_path: Path) -> None:
    articles.save(lake, findings=[sample.finding()], message="t")
    lake.close()
    moved = tmp_path / "elsewhere"
    lake.config.directory.rename(moved)
    with Lake.open(LakeConfig(directory=moved)) as opened:
        articles.save(opened, findings=[sample.finding("b")], message="t")
        assert check(opened) == []
    assert not lake.config.directory.exists()


def test_another_store_than_the_catalog_names_is_refused(lake: Lake, tmp_path: Path) -> None:
    lake.close()
    with pytest.raises(StoreMismatchError, match="keeps its files elsewhere"):
        Lake.open(LakeConfig(directory=lake.config.directory, store=str(tmp_path / "other")))


def test_bad_settings_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="write sqlite:PATH or postgres:DSN"):
        LakeConfig(catalog="mysql://u:secret@h/db")
    with pytest.raises(LakeError, match="write month or day"):
        LakeConfig(partition="hour")  # type: ignore[arg-type]
    with pytest.raises(LakeError, match="directory of its own"):
        LakeConfig(directory=tmp_path, store=str(tmp_path))


def test_secrets_stay_out_of_words() -> None:
    for text in ("host=h password=hunter2 dbname=d", "postgresql://me:hunter2@h/db", "SECRET='hunter2'"):
        assert "hunter2" not in without_secrets(text)
    assert "hunter2" not in repr(S3Options(secret="hunter2"))
    assert "hunter2" not in LakeConfig(catalog="postgres:postgresql://me:hunter2@h/db").place
    assert "hunter2" in S3Options(secret="hunter2").secret_sql()


# Disks


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_loses_nothing_acknowledged(small_disk: Path) -> None:
    rng = random.Random(1)
    acknowledged: list[str] = []

    def fill(lake: Lake) -> None:
        for number in range(20):
            item = sample.finding(f"n{number}", text=sample.TEXT + rng.randbytes(200_000).hex())
            articles.save(lake, findings=[item], message="t")
            acknowledged.append(item.article.article_id)

    with Lake.open(LakeConfig(directory=small_disk / "data")) as lake:
        with pytest.raises(FullLakeError, match=r"no space is left .*free some space and run again"):
            fill(lake)
        assert acknowledged
        assert set(articles.known(lake, acknowledged)) == set(acknowledged)
        assert check(lake) == []
        subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)
        articles.save(lake, findings=[sample.finding("after")], message="t")
        assert check(lake) == []


def test_a_read_only_disk_is_a_sentence_to_readers_and_writers(small_disk: Path) -> None:
    with Lake.open(LakeConfig(directory=small_disk / "data")) as lake:
        articles.save(lake, findings=[sample.finding()], message="t")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(UnwritableLakeError, match="cannot be opened; even a reader"):
        Lake.open(lake.config, create=False)
    with pytest.raises(UnwritableLakeError, match="Read-only file system"):
        articles.save(lake, findings=[sample.finding("b")], message="t")


@pytest.mark.parametrize("damage", ["missing", "empty", "cut"])
def test_a_damaged_data_file_is_a_sentence(lake: Lake, damage: str) -> None:
    articles.save(lake, findings=[sample.finding()], message="t")
    (file,) = Path(lake.config.store_path).rglob("main/articles/**/*.parquet")
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(b"" if damage == "empty" else file.read_bytes()[:-20])
    with pytest.raises(CorruptLakeError, match="is missing or damaged; `launchwire maintain --check` names it"):
        articles.findings(lake, [sample.article().article_id])
