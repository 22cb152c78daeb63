"""`launchwire up` and `launchwire demo`."""

from __future__ import annotations

import shlex
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from flows.commands.options import EXIT_DONE, EXIT_SOME_FAILED, with_settings
from flows.runtime import asked_to_stop, private_server
from flows.settings import Settings
from flows.terminal import console, safe, start_logging, table
from storage.lake import Lake

_LAUNCHES = """
    SELECT l.date, l.time_local AS time, coalesce(l.actor, l.country) AS actor, l.weapon_class AS class,
           coalesce(l.weapon_name, '') AS name,
           CASE WHEN l.count_min IS NULL AND l.count_max IS NULL THEN ''
                WHEN l.count_min = l.count_max THEN l.count_min::VARCHAR
                WHEN l.count_max IS NULL THEN l.count_min || '+'
                ELSE coalesce(l.count_min::VARCHAR, '') || '-' || l.count_max END AS count,
           l.launch_site AS "from", l.distance_km AS km, l.status, l.role, a.source
    FROM launches l JOIN articles a USING (article_id)
    ORDER BY l.date DESC NULLS LAST, l.actor, a.source, l.launch_id
"""
_REACTIONS = """
    SELECT r.actor_country AS country, r.actor, r.type, r.quoted, l.date AS launch, l.actor AS launched_by, a.source
    FROM reactions r JOIN articles a USING (article_id) LEFT JOIN launches l USING (launch_id)
    ORDER BY l.date DESC NULLS LAST, country, r.actor, r.type
"""
_QUERIES = (
    "SELECT country, status, count(*) AS reports FROM launches GROUP BY ALL ORDER BY reports DESC",
    "SELECT date, actor, weapon_class, evidence[1].text AS says FROM launches WHERE role = 'lead' ORDER BY date",
    "SELECT actor_country, type, count(*) AS times FROM reactions GROUP BY ALL ORDER BY times DESC",
)


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), default=4200, show_default=True, help="Port of Prefect's UI and API."
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; anybody who reaches it may start flows.",
)
@with_settings
def up(settings: Settings, port: int, host: str) -> int:
    """Start Prefect's server, deploy everything in prefect.yaml and run a worker, until Ctrl-C.

    The scheduled polls run from then on. Start a run by hand in the UI, or with the PREFECT_API_URL that is printed:

    \b
    Example:
      launchwire up --port 4300
      export PREFECT_API_URL=http://127.0.0.1:4300/api
      prefect deployment run backfill/backfill -p start=2026-01-04 -p end=2026-01-10
    """
    from flows.subscriptions import load_subscriptions
    from flows.up import serve, wait
    from storage.lake import Lake

    load_subscriptions(settings.feeds)
    Lake.open(settings.lake()).close()
    with serve(settings, port=port, host=host, say=click.echo) as running:
        click.echo(f"\nPrefect's UI:     {running.ui_url}")
        click.echo(f"PREFECT_API_URL:  {running.api_url}")
        click.echo(f"data:             {settings.data_dir.absolute()}")
        click.echo("Polls run every 15 minutes. Stop with Ctrl-C.")
        sys.stdout.flush()
        reason = wait(running)
        click.echo(f"{reason}; see {settings.data_dir / 'prefect'}." if reason else "stopping")
    return EXIT_SOME_FAILED if reason else EXIT_DONE


@click.command()
@click.option("--serve", is_flag=True, help="Only serve the site, until Ctrl-C, for feeds and backfills of your own.")
@with_settings
def demo(settings: Settings, serve: bool) -> int:
    """Poll the bundled news site twice and show what was found.

    Three invented outlets are served on loopback; nothing else is asked, and nothing is left running. The data stays
    in DIR/demo (default data/demo) and is made anew each time.

    \b
    Example:
      launchwire demo
      launchwire demo --serve
    """
    if serve:
        return _serve_until_stopped()
    start_logging()
    place = settings.data_dir / "demo"
    _clear(place)
    began = time.monotonic()
    with private_server():
        ready = time.monotonic()
        reports = _poll_twice(place)
        seconds = time.monotonic() - ready
    _show(place, reports)
    click.echo(f"\nPrefect's server took {ready - began:.1f} s to start; the two polls took {seconds:.1f} s.")
    return EXIT_SOME_FAILED if reports[0]["failed"] or reports[1]["new"] else EXIT_DONE


def _serve_until_stopped() -> int:
    from flows.demo import DemoSite

    with DemoSite() as site:
        click.echo("The demo site's feeds, until Ctrl-C:")
        for source, address in site.feeds:
            click.echo(f"  {source:<20} {address}")
        stop = asked_to_stop()
        click.echo("Let other commands reach it with: export LAUNCHWIRE_ALLOW_NETWORKS=127.0.0.0/8")
        click.echo("Stop with Ctrl-C.")
        sys.stdout.flush()
        stop.wait()
        click.echo("\nThe demo site is closed.")
    return EXIT_DONE


def _clear(place: Path) -> None:
    """Remove an earlier demo, and only that."""
    if (place / "feeds.toml").exists():
        shutil.rmtree(place)
    elif place.exists() and any(place.iterdir()):
        raise click.UsageError(f"{place} holds something else than an earlier demo; name another place with --data.")
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"{place} cannot be made ({error.strerror}); name another place with --data.") from None


def _poll_twice(place: Path) -> list[dict[str, Any]]:
    import asyncio

    from flows.demo import DemoSite
    from flows.poll import poll

    with DemoSite() as site:
        # Our own pages need no guard, and the start of two worker processes would be a third of the time.
        own = Settings(
            data_dir=place, feeds=site.feeds_toml(place / "feeds.toml"), allow_networks=("127.0.0.0/8",), workers=0
        )
        own.activate()
        return [asyncio.run(poll(everything=True)) for _ in range(2)]


def _show(place: Path, reports: Sequence[dict[str, Any]]) -> None:
    screen = console()
    with Lake.open(Settings(data_dir=place).lake(), create=False) as lake, lake.read() as con:
        for title, query in (("Launches", _LAUNCHES), ("Reactions", _REACTIONS)):
            found = con.sql(query)
            screen.print(table(title, found.columns, found.fetchall()))
    for number, report in enumerate(reports, 1):
        screen.print(
            f"Poll {number}: {report['polled']} feeds, {report['unchanged']} unchanged (304), {report['new']} new "
            f"articles, {report['launches']} launches, {report['reactions']} reactions"
        )
        for reason in report["failed"]:
            screen.print(f"  failed: {safe(reason)}")
    screen.print(f"\nThe data is in {place.absolute()}. Ask it something:")
    command = shlex.quote(sys.argv[0]) if "/" in sys.argv[0] else "launchwire"
    for query in _QUERIES:
        screen.print(f'  {command} sql --data "{place}" "{query}"')
