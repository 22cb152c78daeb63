"""What a person sees: safe text, tables, and the log of a run."""

from __future__ import annotations

import logging
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_PIPE_COLUMNS = 200
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
    return Console(stderr=stderr, highlight=False, soft_wrap=True, width=_PIPE_COLUMNS if piped else None)


def table(title: str | None, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A table of untrusted values; None prints as an empty cell."""
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    built = Table(title=title, title_justify="left", header_style="bold", box=SIMPLE_HEAD, padding=(0, 1))
    for column in columns:
        built.add_column(escape(column), overflow="fold")
    for row in rows:
        built.add_row(*(escape(safe(value)) for value in row))
    return built


class _SafeFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return safe(super().format(record))


def start_logging(level: int = logging.INFO) -> None:
    """Send launchwire's own log to the error stream, one line a step."""
    handler = logging.StreamHandler()
    handler.setFormatter(_SafeFormatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logger = logging.getLogger("launchwire")
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False
