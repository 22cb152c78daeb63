"""Files into the published directory: each whole or not at all, and only where its content changed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_MANIFEST = ".manifest.json"


class Site:
    """The published directory; counts the files written, kept and removed."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.written = 0
        self.kept = 0
        self.removed = 0
        # Paths as text: of thousands of small files pathlib makes a sixth of the work.
        self._root = f"{directory}/"
        self._made: set[str] = set()
        self._directory("")

    def put(self, name: str, content: str | bytes) -> None:
        """Make `name` hold `content`; a file that does already keeps its time stamp."""
        data = content.encode() if isinstance(content, str) else content
        if self._holds(name, data):
            self.kept += 1
            return
        self._replace(name, data)
        self.written += 1

    def count(self, written: int, kept: int) -> None:
        """Add files that another process wrote here, or found as they should be."""
        self.written += written
        self.kept += kept

    def adopt(self, name: str, made: Path) -> None:
        """Make `name` hold what the file `made` holds, and remove `made`."""
        self.put(name, made.read_bytes())
        made.unlink()

    def drop(self, names: Iterable[str]) -> None:
        """Remove pages that nothing stands behind any more."""
        for name in names:
            path = self.directory / name
            if path.exists():
                path.unlink()
                self.removed += 1

    def manifest(self) -> dict[str, Any]:
        """What an earlier build left here; empty where there was none, or it is not to be read."""
        try:
            found = json.loads((self.directory / _MANIFEST).read_bytes())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def keep_manifest(self, manifest: dict[str, Any]) -> None:
        """To be called last: a build that dies before is made again from where the former one stood."""
        self._replace(_MANIFEST, json.dumps(manifest, separators=(",", ":")).encode())

    def _holds(self, name: str, data: bytes) -> bool:
        path = self._root + name
        try:
            if os.stat(path).st_size != len(data):  # noqa: PTH116
                return False
            with open(path, "rb") as file:  # noqa: PTH123
                return file.read() == data
        except OSError:
            return False

    def _replace(self, name: str, data: bytes) -> None:
        below, _, last = name.rpartition("/")
        self._directory(below)
        part = f"{self._root}{below}/.{last}.part"
        with open(part, "wb") as file:  # noqa: PTH123
            file.write(data)
        os.replace(part, self._root + name)  # noqa: PTH105

    def _directory(self, below: str) -> None:
        if below not in self._made:
            os.makedirs(self._root + below, exist_ok=True)  # noqa: PTH103
            self._made.add(below)
