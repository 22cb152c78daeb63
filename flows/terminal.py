"""What a person sees: safe text, tables, and the log of a run."""

from __future__ import annotations

import errno
import logging
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from extractors.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_PIPE_COLUMNS = 200
_REMEDIES = {
    errno.ENOSPC: "free some space and run again",
    errno.EDQUOT: "free some space and run again",
    errno.EROFS: "name a place that can be written",
    errno.ENOTDIR: "name another place",
    errno.EACCES: "change the permissions, or name another place",
}
_BIDI = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c")


def safe(value: object) -> str:
    """`value` as text that cannot steer a terminal (CWE-150): feeds and pages are untrusted.

    Control characters and bidi overrides become U+FFFD; line feeds and tabs stay.
    """
    text = "" if value is None else str(value)
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        "\N{REPLACEMENT CHARACTER}"
        if char in _BIDI or (unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t")
        else char
        for char in text
    )


def console(*, stderr: bool = False) -> Console:
    """A console for this process's output or error stream."""
    from rich.console import Console

    # A pipe has no width of its own, and wrapped cells are of no use in a file.
    piped = not (sys.stderr if stderr else sys.stdout).isatty()
    width = _PIPE_COLUMNS if piped else None
    # What is printed came from publishers: "[red]" is no colour there, and "root:x:0" holds no picture.
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True, width=width)


def table(title: str | None, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A table of untrusted values, for a `console()`; None prints as an empty cell."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    built = Table(title=title, title_justify="left", header_style="bold", box=SIMPLE_HEAD, padding=(0, 1))
    for column in columns:
        built.add_column(column, overflow="fold")
    for row in rows:
        built.add_row(*(safe(value) for value in row))
    return built


class _SafeFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return safe(super().format(record))


def sentence(error: BaseException | None) -> str:
    """What an error that a user can mend says; empty for all others, which are bugs."""
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, OSError) and error.errno in _REMEDIES:
        where = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror}{where}; {_REMEDIES[error.errno]}. What was stored stays"
    return ""


_NO_NEWS = ("Finished in state Failed", "Error emitting event: prefect.flow-run.heartbeat")


def _is_news(record: logging.LogRecord) -> bool:
    """False for what Prefect tells of an error that the command itself tells of at its end, and of a heartbeat that
    came when the run had ended already.
    """
    known = isinstance(record.exc_info, tuple) and sentence(record.exc_info[1])
    return not known and not str(record.msg).startswith(_NO_NEWS)


def start_logging(level: int = logging.INFO) -> None:
    """Send launchwire's own log to the error stream, one line a step."""
    handler = logging.StreamHandler()
    handler.setFormatter(_SafeFormatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logger = logging.getLogger("launchwire")
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False
    for name in ("prefect.flow_runs", "prefect.task_runs", "prefect.events.utilities"):
        logging.getLogger(name).addFilter(_is_news)
