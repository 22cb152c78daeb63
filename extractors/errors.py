"""The errors that a user can mend."""

from __future__ import annotations

from pathlib import Path


class UserError(Exception):
    """`str()` is a sentence: what is wrong, where, what to do. The command line prints it and exits with status 2."""


class PackError(UserError):
    """A pack that cannot be used; the message says where, what is wrong and how to mend it."""

    def __init__(self, path: Path, line: int, key: str, problem: str, remedy: str) -> None:
        self.path, self.line, self.key, self.problem, self.remedy = path, line, key, problem, remedy
        where = f"{path}, line {line}" + (f", key `{key}`" if key else "")
        super().__init__(f"{where}: {problem}. {remedy}")
