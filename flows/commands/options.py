"""What commands share: the --data option, dates, and known errors as one sentence."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import click

from extractors.errors import UserError
from flows.terminal import safe, sentence

EXIT_DONE, EXIT_SOME_FAILED, EXIT_WRONG_USE = 0, 1, 2


@contextmanager
def user_errors() -> Iterator[None]:
    """Turn the errors that a user can mend into one sentence on the error stream and exit status 2."""
    try:
        yield
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_WRONG_USE)
    except BrokenPipeError:
        # The reader (head, less) went away; Python would complain once more while closing the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_DONE)
    except (UserError, OSError) as error:
        if not (said := sentence(error)):
            raise
        click.echo(f"launchwire: {safe(said)}", err=True)
        sys.exit(EXIT_WRONG_USE)
    except (click.Abort, KeyboardInterrupt):
        click.echo("launchwire: stopped.", err=True)
        sys.exit(130)


def with_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command its --data option and hand it `settings`."""

    @click.option(
        "--data", "data_dir", type=click.Path(file_okay=False, path_type=Path), help="Data directory [default: data]."
    )
    @functools.wraps(command)
    def wrapped(*args: Any, data_dir: Path | None, **kwargs: Any) -> Any:
        from flows.settings import load_settings

        return command(*args, settings=load_settings(data_dir=data_dir), **kwargs)

    return wrapped


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """As `whole_file`; that the path cannot be written is a usage error."""
    from storage.exports import whole_file

    try:
        with whole_file(path) as part:
            yield part
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written ({error.strerror}); name another file by -o.") from None


def with_packs(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command its --packs option and hand it `packs`, the rules in use."""

    @click.option(
        "--packs",
        "extra",
        type=click.Path(exists=True, path_type=Path),
        multiple=True,
        help="Your own rule packs [default: the setting packs].",
    )
    @functools.wraps(command)
    def wrapped(*args: Any, extra: tuple[Path, ...], **kwargs: Any) -> Any:
        from flows.caching import checked_rules, rules

        # Reading the settings would be a tenth of the start, and most have no packs of their own.
        if not extra and ("LAUNCHWIRE_PACKS" in os.environ or Path("launchwire.toml").exists()):
            from flows.settings import load_settings

            extra = load_settings().packs
        return command(*args, packs=checked_rules(extra) if extra else rules(), **kwargs)

    return wrapped


class DateParameter(click.ParamType[date]):
    """A calendar date YYYY-MM-DD."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The date, or a usage error that shows the form."""
        if isinstance(value, date):
            return value
        try:
            if len(value) != len("2026-01-04"):
                raise ValueError
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{safe(value)!r} is not a date; write it as YYYY-MM-DD, for example 2026-01-04.", param, ctx)


DATE = DateParameter()
