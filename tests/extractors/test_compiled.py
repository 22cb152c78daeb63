"""What is compiled once is found by the next process, and nothing foreign, broken or old is."""

from __future__ import annotations

import errno
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NoReturn

import pytest

from extractors import compiled as module
from extractors.compiled import compiled, keep_in
from extractors.cues import cue_book
from extractors.engine import extract
from extractors.packs import Packs, load_packs

TEXT = "North Korea fired two ballistic missiles from Sunan on Sunday. Japan condemned the launch."


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Path]:
    keep_in(tmp_path / "rules")
    yield tmp_path / "rules"
    keep_in(None)


def refuse() -> str:
    raise AssertionError("it was built again")


def test_the_second_process_builds_nothing_and_reads_the_same(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = load_packs()
    found = extract(TEXT, packs=built)
    assert {path.name.split("-")[0] for path in shelf.iterdir()} == {"packs", "grammar", "reactions"}
    monkeypatch.setattr("extractors.packs._read", refuse)
    kept = load_packs()
    assert isinstance(kept, Packs)
    assert kept is not built
    cue_book.cache_clear()
    monkeypatch.setattr("extractors.cues._cue_book", refuse)
    assert extract(TEXT, packs=kept) == found
    assert found.launches[0].country == "PRK"


def test_a_changed_pack_is_read_again(shelf: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    line = "pack: weapons\nentries:\n  - {name: %s, class: icbm, countries: PRK}\n"
    for name in ("Zuribo-1", "Zuribo-2"):
        mine.write_text(line % name, encoding="utf-8")
        assert [mention.entry.id for mention in load_packs([mine]).mentions(f"A {name} flew.")] == [name]


@pytest.mark.parametrize("content", [b"", b"no pickle", pickle.dumps(1)[:-1]])
def test_a_broken_file_is_made_again(content: bytes, shelf: Path) -> None:
    assert compiled("thing", "1", lambda: "made") == "made"
    (path,) = shelf.iterdir()
    path.write_bytes(content)
    assert compiled("thing", "1", lambda: "again") == "again"
    assert compiled("thing", "1", refuse) == "again"


def test_code_of_another_form_reads_no_old_file(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled("thing", "1", lambda: "old")
    monkeypatch.setattr(module, "_code", lambda: "changed")
    assert compiled("thing", "1", lambda: "new") == "new"


def test_a_directory_that_others_can_write_to_is_not_read(shelf: Path) -> None:
    compiled("thing", "1", lambda: "planted")
    shelf.chmod(0o777)
    assert compiled("thing", "1", lambda: "ours") == "ours"


def test_a_directory_that_cannot_be_made_costs_time_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    keep_in(tmp_path / "file" / "rules")
    try:
        assert compiled("thing", "1", lambda: "made") == "made"
    finally:
        keep_in(None)


def test_only_some_files_are_kept(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEPT", 3)
    for number in range(6):
        compiled("thing", str(number), lambda number=number: number)  # type: ignore[misc]
    assert len(list(shelf.iterdir())) == 3


def test_a_full_disk_keeps_no_half_file(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(made: object, file: BinaryIO, protocol: int) -> NoReturn:
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pickle, "dump", full)
    assert compiled("thing", "1", lambda: "made") == "made"
    assert list(shelf.iterdir()) == []
