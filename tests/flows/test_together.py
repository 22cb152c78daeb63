"""Two polls and a backfill at once, each a command of its own, with a reader throughout: no error and no duplicate."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from newsroom import Newsroom

from flows.demo import DemoSite
from flows.runtime import private_server
from storage.lake import Lake
from storage.maintenance import check

RUN = [sys.executable, "-c", "from flows.cli import main; main()"]
COMMANDS = (
    ["poll", "--all"],
    ["poll", "--all"],
    ["backfill", "2026-01-04", "2026-01-20", "--from", "sitemap"],
)
KEYS = {"articles": "article_id", "launches": "launch_id", "reactions": "reaction_id", "feeds": "feed_id"}


@pytest.mark.timeout(600)
def test_two_polls_a_backfill_and_a_reader(tmp_path: Path, site: DemoSite) -> None:
    newsroom = Newsroom(tmp_path / "together", site)
    alone = Newsroom(tmp_path / "alone", site)
    alone.poll()
    Lake.open(newsroom.settings.lake()).close()
    with private_server():
        environment = {**os.environ, **newsroom.settings.environment(), "LAUNCHWIRE_WORKERS": "1"}
        running = [
            subprocess.Popen(
                [*RUN, *command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            for command in COMMANDS
        ]
        reads = 0
        while any(process.poll() is None for process in running):
            for table, key in KEYS.items():
                rows, keys = newsroom.query(f"SELECT count(*), count(DISTINCT {key}) FROM {table}")[0]
                assert rows == keys, f"{table} has doubled rows while writers run"
            reads += 1
        for process, command in zip(running, COMMANDS, strict=True):
            out, err = process.communicate()
            assert process.returncode == 0, f"{command}: {out}{err}"
            assert "Traceback" not in err
    assert reads > 10
    assert newsroom.query("SELECT count(*) FROM articles") == alone.query("SELECT count(*) FROM articles")
    launches = "SELECT count(*), count(DISTINCT launch_id) FROM launches"
    assert newsroom.query(launches) == alone.query(launches)
    with Lake.open(newsroom.settings.lake()) as lake:
        assert check(lake) == []
