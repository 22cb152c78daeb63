"""The documents name tests, files and commands that exist."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from flows.cli import cli
from storage.lake import Lake, LakeConfig

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_tests_that_a_page_names_exist(page: Path) -> None:
    for file, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page.read_text("utf-8")):
        source = (ROOT / file).read_text("utf-8") if (ROOT / file).exists() else ""
        assert re.search(rf"^(?:async )?def {name}\(", source, re.MULTILINE), f"{page.name} names {file}::{name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)\s#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize(("heading", "package"), [("Ground", "extractors"), ("Middle", "storage"), ("Top", "flows")])
def test_the_architecture_names_each_module_once(heading: str, package: str) -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    floor = page.partition(f"## {heading} floor")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```python\n(.*?)^```", floor, re.MULTILINE | re.DOTALL)
    named = [name for block in blocks for name in re.findall(r"(?<![\w/])([\w/]+\.py)\b", block)]
    modules = [path.relative_to(ROOT / package).as_posix() for path in (ROOT / package).rglob("*.py")]
    assert sorted(named) == sorted(name for name in modules if not name.endswith("__init__.py"))


def _queries() -> list[str]:
    """Every query that a page or a help text shows."""
    context = click.Context(cli)
    commands = [cli, *(cli.get_command(context, name) for name in cli.list_commands(context))]
    texts = [*(page.read_text("utf-8") for page in PAGES), *(command.help or "" for command in commands if command)]
    return sorted({query for text in texts for query in re.findall(r'launchwire sql[^"\n]*"([^"]+)"', text)})


def test_queries_that_pages_and_help_texts_show_run(tmp_path: Path) -> None:
    queries = _queries()
    assert len(queries) >= 4
    with Lake.open(LakeConfig(directory=tmp_path)) as lake, lake.read() as con:
        for query in queries:
            con.execute(query)
