"""`launchwire rules`: what the rule packs hold, and whether their examples hold."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click
import yaml

from extractors.entries import Rule
from extractors.packs import Packs
from flows.caching import rules as load_rules
from flows.commands.options import EXIT_DONE, EXIT_SOME_FAILED
from flows.terminal import console, safe, table

_packs_option = click.option(
    "--packs", "extra", type=click.Path(exists=True, path_type=Path), multiple=True, help="Your own rule packs."
)


@click.group()
def rules() -> None:
    """List, show and test the rules.

    \b
    Example:
      launchwire rules test
    """


@rules.command("list")
@_packs_option
def list_rules(extra: tuple[Path, ...]) -> None:
    """List every rule with its pack and what it is for.

    \b
    Example:
      launchwire rules list --packs my-packs/
    """
    packs = load_rules(extra)
    rows = [(pack, rule.id, rule.description) for pack, rule in _all(packs)]
    console().print(table(f"pack version {packs.version}", ("pack", "rule", "description"), rows))


@rules.command()
@click.argument("rule_id")
@_packs_option
def show(rule_id: str, extra: tuple[Path, ...]) -> None:
    """Show one rule whole: patterns, what it sets, examples and counterexamples.

    \b
    Example:
      launchwire rules show launch.active
    """
    found = [(pack, rule) for pack, rule in _all(load_rules(extra)) if rule.id == rule_id]
    if not found:
        raise click.UsageError(f"there is no rule {safe(rule_id)!r}; `launchwire rules list` names them all.")
    for pack, rule in found:
        values = {key: value for key, value in asdict(rule).items() if value not in ((), {}, None)}
        click.echo(safe(yaml.safe_dump({"pack": pack, **values}, sort_keys=False, allow_unicode=True, width=110)))


@rules.command()
@_packs_option
def test(extra: tuple[Path, ...]) -> int:
    """Run every rule against its own examples and counterexamples.

    \b
    Example:
      launchwire rules test --packs my-packs/
    """
    from extractors.launch_checks import check_launch_rules
    from extractors.reaction_checks import check_reaction_rules

    packs = load_rules(extra)
    problems = [*check_launch_rules(packs), *check_reaction_rules(packs)]
    for problem in problems:
        click.echo(safe(problem), err=True)
    listed = [rule for _, rule in _all(packs)]
    examples = sum(len(rule.examples) + len(rule.counterexamples) for rule in listed)
    click.echo(f"{len(listed)} rules, {examples} examples and counterexamples, {len(problems)} do not hold")
    return EXIT_SOME_FAILED if problems else EXIT_DONE


def _all(packs: Packs) -> list[tuple[str, Rule]]:
    return [(pack, rule) for pack, by_id in packs.rules.items() for rule in by_id.values()]
