"""A fresh lake for each test, copied from one that is made once."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.lake import Lake, LakeConfig

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def empty_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("empty") / "lake"
    Lake.open(LakeConfig(directory=directory)).close()
    return directory


@pytest.fixture
def lake(empty_lake: Path, tmp_path: Path) -> Iterator[Lake]:
    directory = tmp_path / "data with a space"
    shutil.copytree(empty_lake, directory)
    with Lake.open(LakeConfig(directory=directory)) as opened:
        yield opened
