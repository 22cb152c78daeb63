"""`launchwire feeds`: the subscription list, and what is known of each feed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import click

from flows.commands.options import EXIT_DONE, EXIT_SOME_FAILED, with_settings, written_whole
from flows.opml import export_opml, import_opml
from flows.settings import Settings, shipped
from flows.subscriptions import (
    add_subscription,
    load_subscriptions,
    merge_subscriptions,
    remove_subscription,
    start_list,
    subscription,
)
from flows.terminal import console, safe, table
from storage import feeds as feed_states
from storage.errors import MissingLakeError
from storage.lake import Lake


@click.group()
def feeds() -> None:
    """Start, list, change, check, import and export the feeds of feeds.toml.

    \b
    Example:
      launchwire feeds add https://news.example/world
    """


@feeds.command()
@with_settings
def init(settings: Settings) -> None:
    """Start feeds.toml with the feeds that are shipped: four dozen desks, agencies and trade papers.

    \b
    Example:
      launchwire feeds init
    """
    started = start_list(settings.feeds, shipped("feeds.toml").read_text(encoding="utf-8"))
    click.echo(f"{settings.feeds} lists {len(started)} feeds; `launchwire poll` asks them")


@feeds.command("list")
@with_settings
def list_feeds(settings: Settings) -> None:
    """List the feeds with how the last poll ended, when the next is due, and why then.

    \b
    Example:
      launchwire feeds list
    """
    try:
        with Lake.open(settings.lake(), create=False) as lake:
            states = feed_states.states(lake)
    except MissingLakeError:
        states = {}
    rows = []
    for one in load_subscriptions(settings.feeds):
        state = states.get(one.feed_id)
        status = one.status if state is None or state.status != "gone" else "gone"
        due = state.next_poll_at.isoformat(" ", "minutes") if state and state.next_poll_at else ""
        rows.append(
            (one.source, one.url, status, state.last_outcome if state else "never polled", due,
             state.next_poll_reason if state else "due at once")
        )  # fmt: skip
    console().print(table(None, ("source", "address", "status", "last poll", "next poll (UTC)", "why"), rows))


@feeds.command()
@click.argument("url")
@click.option("--source", default="", help="The publisher's name [default: the feed's title].")
@click.option("--tag", "tags", multiple=True, help="A tag; may be given more than once.")
@click.option("--every", help="Poll this often, e.g. 30m or 2h [default: by the feed's own timetable].")
@with_settings
def add(settings: Settings, url: str, source: str, tags: tuple[str, ...], every: str | None) -> int:
    """Add the feed at URL, or the first one that the page at URL names.

    \b
    Example:
      launchwire feeds add https://news.example/world --tag asia
    """
    subscription(url, tags=tags, every=every)
    found = asyncio.run(_discover(settings, url))
    if isinstance(found, str):
        click.echo(f"{safe(url)}: {safe(found)}", err=True)
        return EXIT_SOME_FAILED
    address, title = found
    new = subscription(address, source=source or title, title=title if source else "", tags=tags, every=every)
    add_subscription(settings.feeds, new)
    click.echo(f"added {safe(new.source)} {safe(new.url)} to {settings.feeds}")
    return EXIT_DONE


@feeds.command()
@click.argument("which")
@with_settings
def remove(settings: Settings, which: str) -> None:
    """Remove the feed with this address or id. Its articles stay.

    \b
    Example:
      launchwire feeds remove https://news.example/world.xml
    """
    gone = remove_subscription(settings.feeds, which)
    click.echo(f"removed {safe(gone.source)} {safe(gone.url)} from {settings.feeds}")


@feeds.command()
@click.argument("urls", nargs=-1)
@with_settings
def check(settings: Settings, urls: tuple[str, ...]) -> int:
    """Fetch feeds once (all of the list, or URLS) and say what each is, how often it publishes, and every oddity.

    \b
    Example:
      launchwire feeds check https://news.example/world.xml
    """
    wanted = urls or tuple(one.url for one in load_subscriptions(settings.feeds))
    for url in urls:
        subscription(url)
    return asyncio.run(_check(settings, wanted))


@feeds.command("import")
@click.argument("file", type=click.File("rb"))
@with_settings
def import_feeds(settings: Settings, file: BinaryIO) -> int:
    """Add the feeds of an OPML file; folders become tags.

    \b
    Example:
      launchwire feeds import subscriptions.opml
    """
    found = import_opml(file.read())
    added = merge_subscriptions(settings.feeds, found.subscriptions)
    click.echo(f"added {len(added)} of {len(found.subscriptions)} feeds to {settings.feeds}; the others were there")
    for problem in found.problems:
        click.echo(safe(problem), err=True)
    return EXIT_SOME_FAILED if found.problems else EXIT_DONE


@feeds.command("export")
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="File to write [default: standard output]."
)
@with_settings
def export_feeds(settings: Settings, output: Path | None) -> None:
    """Write the feeds as OPML.

    \b
    Example:
      launchwire feeds export -o feeds.opml
    """
    document = export_opml(load_subscriptions(settings.feeds))
    if output is None:
        sys.stdout.buffer.write(document)
    else:
        with written_whole(output) as path:
            path.write_bytes(document)


async def _discover(settings: Settings, url: str) -> tuple[str, str] | str:
    """(address, title) of the feed at a URL or of the first usable one that its page names, or why there is none."""
    from flows.fetch.http import Client
    from flows.ingest import fetch_settings
    from flows.inspection import inspect, linked_feeds

    async with Client(fetch_settings(settings)) as client:
        first = await inspect(client, url)
        if first.feed is not None:
            return first.response.permanent_url or url, first.feed.title
        if first.response.outcome != "ok":
            return f"cannot be read: {first.response.detail or first.response.outcome}"
        for address, title in linked_feeds(first.response.body, first.response.final_url):
            linked = await inspect(client, address)
            if linked.feed is not None:
                return address, linked.feed.title or title
    return "no feed is there, and the page names none; look for an RSS link on it"


async def _check(settings: Settings, urls: Sequence[str]) -> int:
    from flows.fetch.http import Client
    from flows.ingest import fetch_settings
    from flows.inspection import inspect

    screen = console()
    status = EXIT_DONE
    async with Client(fetch_settings(settings)) as client:
        for asked in asyncio.as_completed([asyncio.ensure_future(inspect(client, url)) for url in urls]):
            found = await asked
            for name, value in found.facts():
                screen.print(f"{name:>10}  {safe(value)}")
            for oddity in found.oddities:
                screen.print(f"{'oddity':>10}  {safe(oddity)}")
            screen.print()
            status = status if found.usable else EXIT_SOME_FAILED
    return status
