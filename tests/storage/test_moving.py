from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sample
import workers
from workers import Worker

from storage import articles, catalogs, moving
from storage.errors import CorruptLakeError, MissingLakeError
from storage.lake import Lake, LakeConfig
from storage.maintenance import check, maintain
from storage.moving import OccupiedTargetError, move


@pytest.fixture(scope="module")
def full(empty_lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """A lake with edits, deletions, merged files and some that wait for their removal; a move leaves it as it is."""
    directory = tmp_path_factory.mktemp("full") / "data with a space"
    shutil.copytree(empty_lake, directory)
    batches = workers.batches()
    with Lake.open(LakeConfig(directory=directory)) as lake:
        for findings, name in (batches[0], batches[1], batches[5]):
            workers.write(lake, findings, name)
        maintain(lake, "daily", now=sample.NOW)
        yield lake


def content(config: LakeConfig) -> list[list[Any]]:
    """Rows of some tables in each snapshot."""
    with Lake.open(config, create=False) as lake, lake.read() as con:
        numbers = con.execute("SELECT snapshot_id FROM news.snapshots() WHERE snapshot_id > 0 ORDER BY ALL").fetchall()
        return [
            con.execute(f"FROM {table} AT (VERSION => {number}) ORDER BY ALL").fetchall()
            for (number,) in numbers
            for table in ("articles", "revisions", "fetches")
        ]


def moves_and_grows(full: Lake, target: LakeConfig) -> None:
    """The copy has every snapshot, is sound, and takes writes and maintenance; the source stays."""
    source = full.config
    before = content(source)
    told: list[tuple[int, int]] = []
    done = move(source, target, progress=lambda n, total: told.append((n, total)))
    assert (done.problems, done.rows["articles"]) == ((), 18)
    assert told[-1] == (done.files, done.files)
    assert content(target) == content(source) == before
    with Lake.open(target) as moved:
        articles.save(moved, findings=[sample.finding("later")], message="t")
        maintain(moved, "weekly", now=sample.NOW)
        assert check(moved) == []
    assert content(source) == before


def test_to_another_directory(full: Lake, tmp_path: Path) -> None:
    moves_and_grows(full, LakeConfig(directory=tmp_path / "new"))


@pytest.mark.xdist_group("servers")
def test_to_postgres_and_s3_and_home_again(
    full: Lake, new_database: Callable[[], str], new_bucket: Callable[[], str], object_store: Any, tmp_path: Path
) -> None:
    shared = LakeConfig(directory=tmp_path, catalog=new_database(), store=new_bucket(), s3=object_store.options)
    before = content(full.config)
    assert move(full.config, shared).problems == ()
    home = LakeConfig(directory=tmp_path / "home", s3=object_store.options)
    assert move(shared, home).problems == ()
    assert content(home) == before


def test_occupied_places_are_refused(full: Lake, tmp_path: Path) -> None:
    with pytest.raises(MissingLakeError):
        move(LakeConfig(directory=tmp_path / "none"), LakeConfig(directory=tmp_path / "new"))
    for target in (full.config, replace(full.config, catalog=f"sqlite:{tmp_path}/other.sqlite")):
        with pytest.raises(OccupiedTargetError, match="onto itself; name another catalog and another store"):
            move(full.config, target)
    taken = LakeConfig(directory=tmp_path / "taken")
    Lake.open(taken).close()
    with pytest.raises(OccupiedTargetError, match=r"there is a lake at .*taken.* already"):
        move(full.config, taken)


def test_a_stopped_move_leaves_no_lake_and_is_taken_up(
    full: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = LakeConfig(directory=tmp_path / "new")
    copied: list[str] = []
    copy_file = moving._copy_file

    def stopping(con: Any, origin: str, target: LakeConfig, path: str) -> None:
        if len(copied) == 5:
            raise KeyboardInterrupt
        copied.append(path)
        copy_file(con, origin, target, path)

    monkeypatch.setattr(moving, "_copy_file", stopping)
    with pytest.raises(KeyboardInterrupt):
        move(full.config, target)
    with pytest.raises(MissingLakeError):
        Lake.open(target, create=False)
    monkeypatch.undo()
    monkeypatch.setattr(moving, "_copy_file", lambda *given: (copied.append(given[-1]), copy_file(*given)))
    done = move(full.config, target)
    assert sorted(copied) == sorted(set(copied)), "no file twice"
    assert len(copied) == done.files


def test_a_kill_at_any_moment_leaves_no_unproved_lake(full: Lake, tmp_path: Path) -> None:
    """While the copy is compared, before the catalog's commit, and after it."""
    target = LakeConfig(directory=tmp_path / "new")
    before = content(full.config)
    for moment in (("_digests", 2), ("catalogs.different", 2), ("check", 1)):
        with pytest.raises(MissingLakeError):
            Lake.open(target, create=False)
        Worker(workers.move_until, full.config, target, *moment).finish()
    assert content(target) == before
    with pytest.raises(
        OccupiedTargetError, match=r"is a whole and proved copy of this one as of 20.* UTC \(snapshot \d+\); use it"
    ):
        move(full.config, target)


def test_a_copy_that_differs_is_no_lake(full: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy_rows = catalogs.copy_rows

    def forgetful(con: Any, source: str, target: str, store: str) -> None:
        copy_rows(con, source, target, store)
        files = catalogs.tables(con, target)["ducklake_data_file"]
        con.execute(f"DELETE FROM {files} WHERE data_file_id = (SELECT max(data_file_id) FROM {files})")

    target = LakeConfig(directory=tmp_path / "new")
    with monkeypatch.context() as patched:
        patched.setattr(catalogs, "copy_rows", forgetful)
        with pytest.raises(CorruptLakeError, match="catalog differs from the lake's in ducklake_data_file"):
            move(full.config, target)
        patched.setattr(catalogs, "different", lambda *given: [])
        with pytest.raises(CorruptLakeError, match="of the copy differs in snapshot"):
            move(full.config, target)
    with pytest.raises(MissingLakeError):
        Lake.open(target, create=False)
