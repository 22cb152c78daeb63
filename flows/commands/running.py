"""The commands that run a flow: `launchwire poll`, `backfill`, `reextract`, `maintain`, `publish`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import click

from flows.commands.options import EXIT_DONE, EXIT_SOME_FAILED, with_settings
from flows.runtime import prefect_api
from flows.settings import Settings
from flows.subscriptions import load_subscriptions
from flows.terminal import safe, start_logging
from storage.errors import OutdatedLakeError
from storage.lake import Lake

# What a step of maintenance counts.
_STEPS = {
    "backup": "backups kept", "rewrite": "files rewritten", "merge": "files merged", "expire": "snapshots expired",
    "thin": "snapshots thinned out", "clean": "old files removed", "orphans": "stray files removed",
}  # fmt: skip


def _run(
    settings: Settings, start: Callable[[], Coroutine[Any, Any, dict[str, Any]]], *, makes_lake: bool = True
) -> int:
    """Run a flow with these settings, print its counts, and name what failed. Returns the exit status.

    Without `makes_lake` there has to be one: a slip in the directory's name is told, not turned into an empty lake.
    """
    start_logging()
    with suppress(OutdatedLakeError):  # an older one is brought up to date by the flow
        Lake.open(settings.lake(), create=makes_lake).close()
    settings.activate()
    with prefect_api(settings.data_dir):
        counts = asyncio.run(start())
    failed = counts.pop("failed", [])
    click.echo(", ".join(f"{value} {name.replace('_', ' ')}" for name, value in counts.items()))
    for reason in failed:
        click.echo(f"failed: {safe(reason)}", err=True)
    return EXIT_SOME_FAILED if failed else EXIT_DONE


@click.command()
@click.option("--all", "everything", is_flag=True, help="Poll every active feed now, due or not.")
@click.option("--feeds", type=click.Path(dir_okay=False, path_type=Path), help="Another list than feeds.toml.")
@with_settings
def poll(settings: Settings, everything: bool, feeds: Path | None) -> int:
    """Poll the feeds that are due, and store their new and edited articles with what the rules find in them.

    \b
    Example:
      launchwire poll
      launchwire poll --all --feeds my-feeds.toml
    """
    if feeds is not None:
        settings = settings.model_copy(update={"feeds": feeds})
    load_subscriptions(settings.feeds)
    if not settings.contact and not settings.user_agent:
        click.echo("Set LAUNCHWIRE_CONTACT to a page or address of yours, so that publishers can reach you.", err=True)

    async def start() -> dict[str, Any]:
        from flows.poll import poll as flow

        counts: dict[str, Any] = await flow(everything=everything)
        return counts

    return _run(settings, start)


@click.command()
@click.option("--scope", type=click.Choice(["hourly", "daily", "weekly"]), default="daily", show_default=True)
@click.option("--check", "only_check", is_flag=True, help="Only verify the lake, and change nothing.")
@with_settings
def maintain(settings: Settings, scope: Literal["hourly", "daily", "weekly"], only_check: bool) -> int:
    """Merge small files, expire old snapshots, remove what nothing refers to, and verify the lake.

    \b
    Example:
      launchwire maintain
      launchwire maintain --check
    """
    if only_check:
        return _verify(settings)

    async def start() -> dict[str, Any]:
        from flows.maintain import maintain as flow

        counts: dict[str, Any] = await flow(scope=scope)
        return {_STEPS.get(name, name): count for name, count in counts.items()}

    return _run(settings, start, makes_lake=False)


@click.command()
@click.option("--output", "-o", "publish_dir", type=click.Path(file_okay=False, path_type=Path),
              help="Directory to write [default: DATA/publish].")  # fmt: skip
@with_settings
def publish(settings: Settings, publish_dir: Path | None) -> int:
    """Write the report, the feeds and the data files into a directory that any web server can serve.

    \b
    Example:
      launchwire publish
      launchwire publish -o /srv/www/launches
    """
    if publish_dir is not None:
        settings = settings.model_copy(update={"publish_dir": publish_dir})

    async def start() -> dict[str, Any]:
        from flows.publish import publish as flow

        counts: dict[str, Any] = await flow()
        return counts

    code = _run(settings, start, makes_lake=False)
    click.echo(f"open {settings.published_to / 'index.html'}")
    return code


def _verify(settings: Settings) -> int:
    from storage.maintenance import check

    click.echo("reading every file of the lake", err=True)
    with Lake.open(settings.lake(), create=False) as lake:
        problems = check(lake)
    for problem in problems:
        click.echo(f"{problem.table}: {safe(problem.detail)}", err=True)
    click.echo(f"problems found: {len(problems)}" if problems else "the lake is sound")
    return EXIT_SOME_FAILED if problems else EXIT_DONE
