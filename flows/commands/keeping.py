"""`launchwire restore` and `launchwire move`: the lake as a whole, from a backup or to another place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from flows.commands.options import EXIT_DONE, EXIT_SOME_FAILED, with_settings
from flows.settings import Settings
from flows.terminal import console, safe, table
from storage.backups import listing
from storage.backups import restore as put_back
from storage.errors import without_secrets
from storage.lake import LakeConfig
from storage.maintenance import Problem
from storage.moving import move as carry


@click.command()
@click.argument("backup", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--discard-later", is_flag=True, help="Go back even where the catalog in place has later commits.")
@with_settings
def restore(settings: Settings, backup: Path | None, discard_later: bool) -> int:
    """List the backups of the catalog, or put BACKUP (a file, or its name in the list) back in place.

    Every file that the backup names is read first. The catalog in place becomes a backup itself.

    \b
    Example:
      launchwire restore
      launchwire restore catalog-daily-2026-01-04.sqlite
    """
    config = settings.lake()
    if backup is None:
        found = [(made.path.name, made.made_at.strftime("%Y-%m-%d %H:%M UTC"), made.bytes) for made in listing(config)]
        if not found:
            click.echo(f"there is no backup in {safe(config.backups)} yet; the daily `launchwire maintain` makes one")
            return EXIT_DONE
        console().print(table(f"backups in {safe(config.backups)}", ("backup", "made", "bytes"), found))
        return EXIT_DONE
    path = backup if backup.exists() or len(backup.parts) > 1 else config.backups / backup
    done = put_back(config, path, now=datetime.now(UTC), discard_later=discard_later)
    click.echo(f"restored {path}: the lake is at snapshot {done.snapshot}, {done.discarded} later commits discarded")
    if done.kept:
        click.echo(f"the former catalog is kept as {done.kept}")
    return _told(done.problems)


@click.command()
@click.option("--to-catalog", help="The new catalog: sqlite:PATH or postgres:DSN [default: TO_DATA/catalog.sqlite].")
@click.option("--to-store", help="The new store: a directory or s3://bucket/prefix [default: TO_DATA/lake].")
@click.option("--to-data", type=click.Path(file_okay=False, path_type=Path), help="The new data directory.")
@with_settings
def move(settings: Settings, to_catalog: str | None, to_store: str | None, to_data: Path | None) -> int:
    """Copy the lake with all its snapshots to an empty place, and prove the copy. The lake itself is left as it is.

    Polls may go on but for the last moments. The archive of raw pages is not part of the lake; see docs/operations.md.

    \b
    Example:
      launchwire move --to-catalog postgres:postgresql://news@db.example/lake --to-store s3://news/lake
      launchwire move --to-data /srv/launchwire
    """
    if not (to_catalog or to_store or to_data):
        raise click.UsageError("name the place to move to by --to-catalog, --to-store or --to-data.")
    source = settings.lake()
    target = replace(source, directory=to_data or source.directory, catalog=to_catalog, store=to_store)
    screen = console(stderr=True)
    with screen.status("copying files") as status:
        done = carry(source, target, progress=lambda n, total: status.update(f"copying files: {n} of {total}"))
    counted = ", ".join(f"{rows} {name}" for name, rows in done.rows.items() if rows)
    click.echo(f"{done.files} files ({done.bytes} bytes) of {done.snapshots} snapshots are the same there: {counted}")
    click.echo(f"to work on the copy, set {_as_settings(target, to_data)}")
    return _told(done.problems)


def _as_settings(target: LakeConfig, to_data: Path | None) -> str:
    given = {
        "LAUNCHWIRE_DATA_DIR": str(to_data.absolute()) if to_data else "",
        "LAUNCHWIRE_CATALOG": without_secrets(target.catalog or ""),
        "LAUNCHWIRE_STORE": target.store,
    }
    return ", ".join(f"{name}={value}" for name, value in given.items() if value)


def _told(problems: Sequence[Problem]) -> int:
    for problem in problems:
        click.echo(f"{problem.table}: {safe(problem.detail)}", err=True)
    click.echo(f"problems found: {len(problems)}" if problems else "the lake is sound")
    return EXIT_SOME_FAILED if problems else EXIT_DONE
