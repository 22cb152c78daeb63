"""`launchwire demo` as a new user runs it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from itertools import takewhile
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.cli import cli
from flows.commands.serving import _clear
from flows.demo.content import load_expected
from storage.lake import Lake, LakeConfig

RUN = [sys.executable, "-c", "from flows.cli import main; main()"]


@pytest.mark.timeout(300)
def test_the_demo_finds_its_launches_and_leaves_nothing_running(tmp_path: Path) -> None:
    place = tmp_path / "a place"
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("LAUNCHWIRE_", "PREFECT_"))
    }
    done = subprocess.run(
        [*RUN, "demo", "--data", str(place)], env=environment, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 unchanged (304), 0 new articles, 0 launches" in done.stdout
    assert done.stdout.count("launchwire sql --data") == 3
    for line in done.stdout.splitlines():
        if line.strip().startswith("launchwire sql"):
            query = line.split('"')[3]
            shown = subprocess.run([*RUN, "sql", "--data", str(place / "demo"), query], capture_output=True, text=True)
            assert shown.returncode == 0, shown.stderr
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    ((query, answer),) = re.findall(r'launchwire sql --data data/demo "([^"]+)"\n(.*?)```', readme, re.DOTALL)
    shown = subprocess.run([*RUN, "sql", "--data", str(place / "demo"), query], capture_output=True, text=True)
    assert [line.rstrip() for line in shown.stdout.strip("\n ").splitlines()] == answer.strip("\n ").splitlines()
    with Lake.open(LakeConfig(directory=place / "demo"), create=False) as lake, lake.read() as con:
        rows = con.execute("SELECT country, date, count_min FROM launches WHERE role = 'lead'").fetchall()
    found = {(country, str(date)) for country, date, _ in rows}
    expected = {
        (launch["country"], launch["date"])
        for labels in load_expected().values()
        for launch in labels["launches"]
        if launch["role"] == "lead" and launch["date"]
    }
    assert expected <= found, expected - found
    left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    assert str(place) not in left


def test_the_demo_touches_no_directory_that_is_not_its_own(tmp_path: Path) -> None:
    mine = tmp_path / "demo" / "thesis.txt"
    mine.parent.mkdir()
    mine.write_text("years of work")
    done = CliRunner().invoke(cli, ["demo", "--data", str(tmp_path)])
    assert done.exit_code == 2
    assert "another place" in done.output
    assert mine.read_text() == "years of work"


def test_the_served_demo_answers_until_it_is_stopped() -> None:
    demo = subprocess.Popen([*RUN, "demo", "--serve"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        said = list(takewhile(lambda line: "Ctrl-C." not in line, demo.stdout or ()))
        addresses = [word for line in said for word in line.split() if word.startswith("http://")]
        assert len(addresses) == 6
        with urllib.request.urlopen(addresses[0], timeout=10) as answer:
            assert b"<item>" in answer.read()
        demo.send_signal(signal.SIGINT)
        out, err = demo.communicate(timeout=20)
    finally:
        demo.kill()
    assert (demo.returncode, out.strip(), err) == (0, "The demo site is closed.", "")


def test_an_earlier_demo_is_replaced(tmp_path: Path) -> None:
    place = tmp_path / "demo"
    place.mkdir()
    for name in ("feeds.toml", "catalog.sqlite"):
        (place / name).write_text("of an earlier demo")
    _clear(place)
    assert list(place.iterdir()) == []
