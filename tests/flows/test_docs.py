"""The documents name tests, files and commands that exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import click
import pytest

from extractors.reaction_checks import rules_in
from flows.caching import checked_rules
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


_PARTS = ("|", "&", "&&", ">", ";")


def _shown_commands(page: Path) -> Iterator[list[str]]:
    """The arguments of each `launchwire` that the page shows as typed."""
    for block in re.findall(r"^```(?:sh|console)\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        for line in re.sub(r"<<'EOF'.*?\nEOF\n", "\n", block, flags=re.DOTALL).splitlines():
            if not re.search(r"(?:^|[\s/])launchwire\s", line):
                continue
            words = shlex.split(line.removeprefix("$ "), comments=True)
            for at, word in enumerate(words):
                if Path(word).name == "launchwire" and (at == 0 or words[at - 1] in _PARTS):
                    yield list(takewhile(lambda word: word not in _PARTS, words[at + 1 :]))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_a_page_shows_can_be_typed(page: Path) -> None:
    for words in _shown_commands(page):
        command: click.Command = cli
        rest = words
        while isinstance(command, click.Group) and rest[0] != "--help":
            found = command.get_command(click.Context(command), rest[0])
            assert found is not None, f"{page.name} shows {words}"
            command, rest = found, rest[1:]
        try:
            command.make_context(words[0], [word for word in rest if word != "--help"])
        except click.BadParameter as error:
            # That a file of the example is not there is no mistake of the page.
            if error.param is None or not isinstance(error.param.type, click.File | click.Path):
                raise


def test_packs_that_the_tutorial_shows_hold(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
    for name, pack in re.findall(r"cat > my-packs/(\S+) <<'EOF'\n(.*?)^EOF$", text, re.MULTILINE | re.DOTALL):
        (tmp_path / name).write_text(pack, "utf-8")
    packs = checked_rules([tmp_path])
    rule = packs.rules["reaction_rules"]["own.no_blame"]
    assert "own.no_blame" in rules_in(str(rule.examples[0]), packs)
    assert any(weapon.name == "Zephyr-9" for weapon in packs.weapons.values())


def _queries() -> list[str]:
    """Every query that a page or a help text shows."""
    context = click.Context(cli)
    commands = [cli, *(cli.get_command(context, name) for name in cli.list_commands(context))]
    texts = [*(page.read_text("utf-8") for page in PAGES), *(command.help or "" for command in commands if command)]
    shown = r'launchwire sql[^"\n]*"([^"]+)"|^(FROM news\..*);$'
    return sorted({a or b for text in texts for a, b in re.findall(shown, text, re.MULTILINE)})


def test_queries_that_pages_and_help_texts_show_run(tmp_path: Path) -> None:
    queries = _queries()
    assert len(queries) >= 4
    with Lake.open(LakeConfig(directory=tmp_path)) as lake, lake.read() as con:
        for query in queries:
            con.execute(query)
