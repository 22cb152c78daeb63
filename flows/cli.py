"""The `launchwire` command.

Commands are imported when they are called, so that those which run no flow never import Prefect.
"""

from __future__ import annotations

import importlib
import sys

import click

from extractors.garbage import no_collection

_COMMANDS = {
    "demo": ("flows.commands.serving", "Poll the bundled news site twice and show what was found."),
    "up": ("flows.commands.serving", "Start Prefect's server, deploy everything and run a worker."),
    "poll": ("flows.commands.running", "Poll the feeds that are due."),
    "backfill": ("flows.commands.past", "Fill past dates from archives, sitemaps or captures."),
    "reextract": ("flows.commands.past", "Apply the current rules to stored articles."),
    "maintain": ("flows.commands.running", "Compact and verify the lake."),
    "restore": ("flows.commands.keeping", "List the catalog's backups, or put one back in place."),
    "move": ("flows.commands.keeping", "Copy the lake to another catalog and store, and prove the copy."),
    "publish": ("flows.commands.running", "Write the report, feeds and data files."),
    "extract": ("flows.commands.extraction", "Read articles as JSON lines, write launches and reactions."),
    "evaluate": ("flows.commands.extraction", "Measure the rules on labelled articles."),
    "sql": ("flows.commands.reading", "Run a query on the lake."),
    "feeds": ("flows.commands.feeds", "Start, list, change, check, import and export the feed list."),
    "status": ("flows.commands.reading", "Say what the lake holds and what needs attention."),
    "export": ("flows.commands.reading", "Write tables as CSV, JSON, Parquet or one DuckDB file."),
    "incidents": ("flows.commands.incidents", "List launches resolved from all articles, and show why."),
    "alerts": ("flows.commands.alerts", "List alerts, and try the webhook and the e-mail."),
    "rules": ("flows.commands.rules", "List, show and test the rules."),
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        # What is imported stays: looking through it for garbage again and again is a tenth of the start.
        with no_collection():
            command: click.Command = getattr(importlib.import_module(_COMMANDS[name][0]), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.command(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="launchwire", prog_name="launchwire")
def cli() -> None:
    """launchwire turns what the news says about missile and rocket launches into rows you can query and cite.

    Dates are YYYY-MM-DD, both ends included. Exit status: 0 done, 1 some items failed (each named), 2 wrong use.

    \b
    Example:
      launchwire poll
      launchwire sql "SELECT date, actor, weapon_class, count_min FROM launches ORDER BY date DESC"
    """


def main() -> None:
    """Run the command line; known errors end in one sentence and exit status 2."""
    from flows.commands.options import user_errors

    with user_errors():
        status = cli.main(standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
