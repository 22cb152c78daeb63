"""kill -9 of writers and of maintenance, two hundred times over both catalogs: `make soak`."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest
import workers
from workers import Worker

from storage.lake import Lake, LakeConfig
from storage.maintenance import check

ROUNDS = 50
TABLES = ("articles", "revisions", "launches", "reactions", "fetches", "feeds")


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.xdist_group("servers")
@pytest.mark.parametrize("catalog", ["sqlite", "postgres"])
def test_kills_of_writers_and_of_maintenance(catalog: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """In each round a writer and a keeper are killed at moments of their own; 2 x 50 x 2 kills in all."""
    address = request.getfixturevalue("new_database")() if catalog == "postgres" else None
    config = LakeConfig(directory=tmp_path / "data", catalog=address)
    Lake.open(config).close()
    rng = random.Random(8)
    acknowledged: set[str] = set()
    kept = 0
    for _ in range(ROUNDS):
        writer, keeper = Worker(workers.run, config), Worker(workers.keep_house, config, 60.0)
        assert writer.next() == "open"
        # Later and later batches, however slow the machine is.
        acknowledged |= {writer.next() for _ in range(rng.randrange(3))}
        for worker, moment in sorted(((writer, rng.uniform(0, 0.8)), (keeper, rng.uniform(0, 2))), key=lambda p: p[1]):
            time.sleep(moment)
            worker.kill()
        acknowledged |= set(writer.finish())
        kept += len(keeper.finish())
        with Lake.open(config) as lake, lake.read() as con:
            stored = {row[0] for row in con.execute("SELECT fetch_id FROM fetches").fetchall()}
            assert {f"fetch-{name}" for name in acknowledged} <= stored
    assert acknowledged
    assert kept
    with Lake.open(config) as lake, Lake.open(LakeConfig(directory=tmp_path / "undisturbed")) as undisturbed:
        for each in (lake, undisturbed):
            for findings, name in workers.batches():
                workers.write(each, findings, name)
        assert _content(lake) == _content(undisturbed)
        assert check(lake) == []


def _content(lake: Lake) -> dict[str, list[Any]]:
    with lake.read() as con:
        return {table: con.execute(f"FROM {table} ORDER BY ALL").fetchall() for table in TABLES}
