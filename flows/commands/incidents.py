"""`launchwire incidents`: launches resolved from all articles, and why their reports were joined or kept apart."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import click

from flows.commands.options import DATE, with_settings
from flows.settings import Settings
from flows.terminal import console, safe, table
from storage.lake import Connection, Lake

_LIST = """
    SELECT incident_id, coalesce(date, incident_date) AS date, coalesce(actor, country) AS side, weapon_class AS class,
           coalesce(weapon_name, '') AS name,
           CASE WHEN count_low = count_high THEN count_low::VARCHAR
                WHEN count_low IS NOT NULL THEN count_low || '-' || count_high ELSE '' END AS count,
           launch_site AS "from", status, articles, sources, reactions
    FROM incidents WHERE (? IS NULL OR country = ?) AND (? IS NULL OR incident_date >= ?)
      AND (? IS NULL OR incident_date <= ?)
    ORDER BY incident_date DESC, incident_id LIMIT ?
"""
_CLAIMS = """
    SELECT "field", "value", claimant, source, since, superseded_at, sources FROM incident_claims WHERE incident_id = ?
"""
_MEMBERS = """
    SELECT m.launch_id, a.source, a.published_at, a.title, m.how, m.score, m.reasons, a.copy_of
    FROM incident_members m JOIN articles a ON a.article_id = m.article_id AND a.published_date = m.published_date
    WHERE m.incident_id = ? ORDER BY a.published_at, m.launch_id
"""
_REACTIONS = """
    SELECT actor_country AS country, actor, type, quoted, minutes_after, first_of_country, reports
    FROM incident_reactions WHERE incident_id = ? ORDER BY first_reported_at
"""
_CHANGES = (
    "SELECT changed_at, kind, incident_id, other_id, detail FROM incident_changes WHERE ? IN (incident_id, other_id)"
)


@click.group()
def incidents() -> None:
    """List launches as resolved from all articles; show who claims what, and why reports were joined.

    \b
    Example:
      launchwire incidents list --country PRK
      launchwire incidents show PRK-20260114-3fa9c1
    """


@incidents.command("list")
@click.option("--country", help="ISO 3166-1 alpha-3 code of the launching side.")
@click.option("--since", type=DATE, help="First day.")
@click.option("--until", type=DATE, help="Last day.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@with_settings
def list_(settings: Settings, country: str | None, since: date | None, until: date | None, limit: int) -> None:
    """List incidents, the latest first.

    \b
    Example:
      launchwire incidents list --country PRK --since 2026-01-01
    """
    if country and not re.fullmatch("[A-Za-z]{3}", country):
        raise click.UsageError(f"{safe(country)!r} is no country code; give three letters, for example PRK.")
    code = country.upper() if country else None
    with Lake.open(settings.lake(), create=False) as lake, lake.read() as con:
        _print(con, None, _LIST, [code, code, since, since, until, until, limit])


@incidents.command()
@click.argument("incident_id")
@with_settings
def show(settings: Settings, incident_id: str) -> None:
    """Show one incident: consensus, claims, reactions, and why its reports were joined or kept apart.

    \b
    Example:
      launchwire incidents show PRK-20260114-3fa9c1
    """
    with Lake.open(settings.lake(), create=False) as lake, lake.read() as con:
        row = con.execute("SELECT * EXCLUDE (claims, digest) FROM incidents WHERE incident_id = ?", [incident_id])
        names = [column[0] for column in row.description or ()]
        values = row.fetchone()
        if values is None:
            raise click.ClickException(_unknown(con, incident_id))
        incident = dict(zip(names, values, strict=True))
        _facts(incident)
        _print(con, "Who claims what", _CLAIMS, [incident_id])
        _print(con, "Reactions", _REACTIONS, [incident_id])
        _reasons(con, incident)
        _print(con, "Changes", _CHANGES, [incident_id])


def _unknown(con: Connection, incident_id: str) -> str:
    moved = con.execute(
        "SELECT other_id FROM incident_changes WHERE incident_id = ? AND kind = 'merged' ORDER BY changed_at DESC",
        [incident_id],
    ).fetchone()
    if moved:
        return f"{safe(incident_id)} was merged into {moved[0]}; show that one."
    return f"there is no incident {safe(incident_id)}; `launchwire incidents list` names them."


def _facts(incident: dict[str, Any]) -> None:
    shown = [(name.replace("_", " "), value) for name, value in incident.items() if value not in (None, [])]
    console().print(table(None, ["field", "value"], [row for row in shown if row[0] not in ("apart", "side", "basis")]))


def _reasons(con: Connection, incident: dict[str, Any]) -> None:
    screen = console()
    screen.print("Why these reports are one launch", style="bold")
    for _, source, at, title, how, score, reasons, copy_of in con.execute(
        _MEMBERS, [incident["incident_id"]]
    ).fetchall():
        copy = ", a copy" if copy_of else ""
        screen.print(f"  {safe(source)}, {at}: {safe(title)} ({how}{copy}, {score:+.2f})")
        for reason in reasons:
            screen.print(f"      {safe(reason)}")
    for other in incident["apart"]:
        screen.print(f"  kept apart from {other['incident_id']}")
        for reason in other["reasons"]:
            screen.print(f"      {safe(reason)}")


def _print(con: Connection, title: str | None, query: str, parameters: list[Any]) -> None:
    found = con.execute(query, parameters)
    columns = [column[0].replace("_", " ") for column in found.description or ()]
    rows = found.fetchall()
    if rows or title is None:
        console().print(table(title, columns, rows))
