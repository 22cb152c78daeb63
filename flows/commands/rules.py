"""`launchwire rules`: what the rule packs hold, and whether their examples hold."""

from __future__ import annotations

from pathlib import Path

import click

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
