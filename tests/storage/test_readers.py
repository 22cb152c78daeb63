"""The README's three ways to read a lake without launchwire, run as they stand there while the lake is written."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sample

from storage import articles
from storage.extensions import packaged
from storage.lake import Lake, LakeConfig

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
DUCKDB = Path(sysconfig.get_path("scripts")) / "duckdb"
PYTHON = """
import duckdb, sys
con = duckdb.connect()
for statement in sys.stdin.read().split(";"):
    if statement.strip():
        con.execute(statement)
print(len(con.fetchall()))
for _ in range(20):
    con.execute("SELECT count(*), count(DISTINCT article_id), (SELECT count(*) FROM news.launches) FROM news.articles")
    rows, articles, launches = con.fetchone()
    assert rows == articles == launches, (rows, articles, launches)
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A directory whose `data` is a lake that is written all the while."""
    stop = threading.Event()
    with Lake.open(LakeConfig(directory=tmp_path / "data")) as lake:
        articles.save(lake, findings=[sample.finding("a"), sample.finding("b")], message="first")

        def write() -> None:
            number = 0
            while not stop.is_set():
                number += 1
                articles.save(lake, findings=[sample.finding(f"n{number}")], message="more")

        writer = threading.Thread(target=write)
        writer.start()
        yield tmp_path
        stop.set()
        writer.join()
        assert lake.snapshot() > 2


def statements() -> str:
    """The README's SQL. The extensions come from packages here, as the tests reach no network."""
    block = re.search(r"```sql\n(.*?)```", README, re.DOTALL)
    assert block
    sql = re.sub(r"--.*", "", block[1])
    assert sql.startswith("INSTALL ducklake; INSTALL sqlite; LOAD ducklake;")
    loads = "".join(f"LOAD '{packaged(name)}';" for name in ("ducklake", "sqlite_scanner"))
    return sql.replace("INSTALL ducklake; INSTALL sqlite; LOAD ducklake;", loads)


def run(command: list[str], home: Path, stdin: str = "") -> str:
    done = subprocess.run(command, cwd=home, input=stdin, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_duckdb_command_line(home: Path) -> None:
    assert DUCKDB.exists(), "duckdb-cli is among the development tools"
    out = run([str(DUCKDB), "-init", "/dev/null", "-csv", "-c", statements()], home)
    header, *rows = out.splitlines()
    assert "weapon_name" in header
    assert len(rows) >= 2
    assert all("Hwasong-18" in row for row in rows)


def test_python(home: Path) -> None:
    assert int(run([sys.executable, "-c", PYTHON], home, statements())) >= 2


@pytest.mark.parametrize("form", ["parquet", "duckdb"])
def test_an_export_read_by_duckdb_alone(form: str, home: Path) -> None:
    (options,) = re.findall(rf"--format {form} (-o [a-z./]+)`", README)
    launchwire = [sys.executable, "-c", "from flows.cli import main; main()"]
    run([*launchwire, "export", "launches", "launch_reports", "--format", form, *options.split()], home)
    (target,) = options.split()[1:]
    source = "launches" if form == "duckdb" else f"'{target}launches.parquet'"
    opened = [target] if form == "duckdb" else []
    query = f"SELECT count(*) >= 2, min(evidence[1].text) FROM {source}"
    out = run([str(DUCKDB), "-init", "/dev/null", "-csv", "-noheader", *opened, "-c", query], home)
    assert out.strip() == "true,fired two"
