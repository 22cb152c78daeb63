"""`launchwire rules`: what the rule packs hold, and whether their examples hold."""

from __future__ import annotations

from dataclasses import asdict

import click
import yaml

from extractors.entries import Rule
from extractors.packs import Packs
from flows.commands.options import EXIT_DONE, EXIT_SOME_FAILED, with_packs
from flows.terminal import console, safe, table


@click.group()
def rules() -> None:
    """List, show and test the rules.

    \b
    Example:
      launchwire rules test
    """


@rules.command("list")
@with_packs
def list_rules(packs: Packs) -> None:
    """List every rule with its pack and what it is for.

    \b
    Example:
      launchwire rules list --packs my-packs/
    """
    rows = [(pack, rule.id, rule.description) for pack, rule in _all(packs)]
    console().print(table(f"pack version {packs.version}", ("pack", "rule", "description"), rows))


@rules.command()
@click.argument("rule_id")
@with_packs
def show(rule_id: str, packs: Packs) -> None:
    """Show one rule whole: patterns, what it sets, examples and counterexamples.

    \b
    Example:
      launchwire rules show launch.active
    """
    found = [(pack, rule) for pack, rule in _all(packs) if rule.id == rule_id]
    if not found:
        raise click.UsageError(f"there is no rule {safe(rule_id)!r}; `launchwire rules list` names them all.")
    for pack, rule in found:
        values = {key: value for key, value in asdict(rule).items() if value not in ((), {}, None)}
        click.echo(safe(yaml.safe_dump({"pack": pack, **values}, sort_keys=False, allow_unicode=True, width=110)))


@rules.command()
@with_packs
def test(packs: Packs) -> int:
    """Run every rule against its own examples and counterexamples.

    \b
    Example:
      launchwire rules test --packs my-packs/
    """
    from extractors.launch_checks import check_launch_rules
    from extractors.reaction_checks import check_reaction_rules

    problems = [*check_launch_rules(packs), *check_reaction_rules(packs)]
    for problem in problems:
        click.echo(safe(problem), err=True)
    listed = [rule for _, rule in _all(packs)]
    examples = sum(len(rule.examples) + len(rule.counterexamples) for rule in listed)
    click.echo(f"{len(listed)} rules, {examples} examples and counterexamples, {len(problems)} do not hold")
    return EXIT_SOME_FAILED if problems else EXIT_DONE


def _all(packs: Packs) -> list[tuple[str, Rule]]:
    return [(pack, rule) for pack, by_id in packs.rules.items() for rule in by_id.values()]
