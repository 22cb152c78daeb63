"""`launchwire alerts`: what is still to be told, and whether the sinks work."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from flows.commands.options import EXIT_DONE, EXIT_SOME_FAILED, with_settings
from flows.settings import Settings
from flows.terminal import console, safe, table
from storage.lake import Lake

_LATEST = """
    SELECT raised_at, kind, title, CASE WHEN done_at IS NULL THEN 'waits' ELSE 'told' END AS state,
           array_to_string(taken_by, ', ') AS taken_by, last_error
    FROM alerts WHERE ? OR done_at IS NULL ORDER BY raised_at DESC LIMIT 100
"""


@click.group()
def alerts() -> None:
    """List alerts, and try the webhook and the e-mail.

    \b
    Example:
      launchwire alerts test
      launchwire alerts list --all
    """


@alerts.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that were told too.")
@with_settings
def list_(settings: Settings, everything: bool) -> None:
    """List alerts that some sink has not taken yet, the latest first.

    \b
    Example:
      launchwire alerts list --all
    """
    with Lake.open(settings.lake(), create=False) as lake, lake.read() as con:
        found = con.execute(_LATEST, [everything])
        columns = [column[0].replace("_", " ") for column in found.description or ()]
        console().print(table(None, columns, found.fetchall()))


@alerts.command()
@with_settings
def test(settings: Settings) -> int:
    """Send a test alert to the webhook and the e-mail addresses that are configured.

    \b
    Example:
      launchwire alerts test
    """
    from flows.alerts import SinkError, sinks
    from storage.alerts import raised

    now = datetime.now(UTC)
    sample = raised("test", "test", "A test: alerts arrive", {"note": "nothing was launched"}, now.isoformat(), now)
    chosen = [sink for sink in sinks(settings) if sink.name != "prefect"]
    if not chosen:
        raise click.UsageError(
            "no sink is configured; set alert_webhook, or smtp_host and alert_email_to, in launchwire.toml."
        )
    failed = False
    for sink in chosen:
        try:
            sink.send(sample)
            click.echo(f"{sink.name}: sent")
        except SinkError as error:
            failed = True
            click.echo(f"{sink.name}: {safe(error)}", err=True)
    return EXIT_SOME_FAILED if failed else EXIT_DONE
