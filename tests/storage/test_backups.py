from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sample

from storage import articles
from storage.backups import LaterCommitsError, listing, restore
from storage.errors import CorruptLakeError, MissingLakeError, NewerLakeError
from storage.lake import Lake, LakeConfig
from storage.maintenance import check, maintain


def save(lake: Lake, *names: str) -> None:
    articles.save(lake, findings=[sample.finding(name) for name in names], message="test")


def stored(config: LakeConfig) -> int:
    with Lake.open(config, create=False) as lake, lake.read() as con:
        assert check(lake) == []
        return int(con.execute("SELECT count(*) FROM articles").fetchall()[0][0])


def test_the_daily_round_keeps_the_last_few_backups(lake: Lake) -> None:
    save(lake, "a")
    for day in range(4):
        report = maintain(lake, "daily", now=sample.NOW + timedelta(days=day))
    assert next(step.count for step in report.steps if step.name == "backup") == 3
    assert [backup.path.name for backup in listing(lake.config)] == [
        f"catalog-daily-2026-01-0{day}.sqlite" for day in (7, 6, 5)
    ]
    assert maintain(lake, "hourly", now=sample.NOW).steps[0].name != "backup"


@pytest.mark.parametrize("damage", [b"not a database at all" * 200, None])
def test_a_lost_or_damaged_catalog_comes_back(lake: Lake, damage: bytes | None) -> None:
    save(lake, "a")
    maintain(lake, "daily", now=sample.NOW)
    lake.close()
    path = lake.config.sqlite_path
    assert path is not None
    for mark in path.parent.glob("catalog.sqlite-*"):
        mark.unlink()
    path.unlink()
    if damage:
        path.write_bytes(damage)
    done = restore(lake.config, listing(lake.config)[0].path, now=sample.NOW)
    assert (done.discarded, done.problems) == (0, ())
    assert stored(lake.config) == 1
    if damage:
        assert done.kept is not None
        assert done.kept.read_bytes() == damage
    save(lake, "b")
    assert stored(lake.config) == 2


def test_going_back_behind_later_commits_is_asked_for_and_can_be_undone(lake: Lake) -> None:
    save(lake, "a")
    maintain(lake, "daily", now=sample.NOW)
    backup = listing(lake.config)[0].path
    save(lake, "b")
    with pytest.raises(
        LaterCommitsError, match=r"in working order, and .* lacks its last \d+ commits?; give --discard-later"
    ):
        restore(lake.config, backup, now=sample.NOW)
    assert stored(lake.config) == 2
    with lake.read() as con:
        assert con.execute("SELECT count(*) FROM articles").fetchall() == [(2,)]
        done = restore(lake.config, backup, now=sample.NOW, discard_later=True)
    assert done.discarded > 0
    assert stored(lake.config) == 1
    assert done.kept is not None
    restore(lake.config, done.kept, now=sample.NOW + timedelta(seconds=1), discard_later=True)
    assert stored(lake.config) == 2


def test_what_cannot_be_restored_is_refused_and_nothing_changes(lake: Lake, tmp_path: Path) -> None:
    save(lake, "a")
    maintain(lake, "daily", now=sample.NOW)
    backup = listing(lake.config)[0].path
    with pytest.raises(MissingLakeError, match=r"no backup .*none.sqlite; `launchwire restore` lists"):
        restore(lake.config, tmp_path / "none.sqlite", now=sample.NOW)
    for content in (b"", b"x" * 5000, backup.read_bytes()[:8000]):
        wrong = tmp_path / "wrong.sqlite"
        wrong.write_bytes(content)
        with pytest.raises(CorruptLakeError, match=r"wrong.sqlite is no backup .*nothing was changed"):
            restore(lake.config, wrong, now=sample.NOW, discard_later=True)
    for file in Path(lake.config.store_path).rglob("main/launches/**/*.parquet"):
        shutil.move(file, tmp_path / "gone.parquet")
    with pytest.raises(CorruptLakeError, match=r"names 1 files that are gone or damaged, first .*; choose another"):
        restore(lake.config, backup, now=sample.NOW, discard_later=True)
    shutil.move(tmp_path / "gone.parquet", file)
    assert stored(lake.config) == 1
    assert [path.name for path in lake.config.backups.iterdir()] == [backup.name]


def test_a_backup_of_a_newer_schema_is_refused(lake: Lake) -> None:
    lake.write(lambda con: con.execute("INSERT INTO migrations VALUES (1000, 'future')"), message="t")
    backup = lake.backup_catalog("newer")
    with pytest.raises(NewerLakeError, match="has schema version 1000, newer than"):
        restore(lake.config, backup, now=sample.NOW)


@pytest.mark.xdist_group("servers")
def test_a_catalog_in_postgres_comes_back(new_database: Callable[[], str], tmp_path: Path) -> None:
    config = LakeConfig(directory=tmp_path, catalog=new_database())
    with Lake.open(config) as lake:
        save(lake, "a")
        maintain(lake, "daily", now=sample.NOW)
        save(lake, "b")
        (backup,) = listing(config)
        with pytest.raises(LaterCommitsError):
            restore(config, backup.path, now=sample.NOW)
        assert restore(config, backup.path, now=sample.NOW, discard_later=True).kept
        assert stored(config) == 1
        save(lake, "c")
    assert stored(config) == 2
    # The same lake in a new, empty database: the server was lost, the store was not.
    elsewhere = LakeConfig(directory=tmp_path, catalog=new_database())
    restore(elsewhere, backup.path, now=sample.NOW)
    assert stored(elsewhere) == 1
