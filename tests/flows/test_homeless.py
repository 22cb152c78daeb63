"""A process without a home, as in a container run under a user id that nobody gave one, and a disk that is full."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from extractors import compiled
from flows.caching import cache_directory, rules
from flows.runtime import home_within, place_database


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def nowhere() -> NoReturn:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", nowhere)
    yield
    compiled.keep_in(None)


@pytest.mark.usefixtures("homeless")
def test_without_a_home_nothing_is_cached_and_all_works(tmp_path: Path) -> None:
    assert cache_directory() is None
    compiled.keep_in(tmp_path / "of an earlier call")
    assert rules().version
    assert not list(tmp_path.iterdir())
    assert place_database(tmp_path) is False
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("homeless")
def test_prefect_is_given_the_home_that_it_asks_for(tmp_path: Path) -> None:
    assert home_within(tmp_path) == {"HOME": str(tmp_path)}


def test_a_home_that_is_there_stays(tmp_path: Path) -> None:
    assert home_within(tmp_path) == {}


def test_half_a_copy_is_not_taken_for_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: Path, target: Path) -> NoReturn:
        Path(target).write_bytes(b"SQLite format 3")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("flows.runtime._migrate", lambda home: (home / "prefect.db").touch())
    monkeypatch.setattr(shutil, "copyfile", full)
    assert place_database(tmp_path) is False
    assert not (tmp_path / "prefect.db").exists()
