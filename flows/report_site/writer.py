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
        # Texts, not paths: taking paths apart costs as much as writing a page.
        self._root = str(directory)
        self._made: set[str] = set()
        directory.mkdir(parents=True, exist_ok=True)

    def put(self, name: str, content: str | bytes) -> None:
        """Make `name` hold `content`; a file that does already keeps its time stamp."""
        data = content.encode() if isinstance(content, str) else content
        directory, _, file = f"{self._root}/{name}".rpartition("/")
        if _holds(f"{directory}/{file}", data):
            self.kept += 1
            return
        if directory not in self._made:
            os.makedirs(directory, exist_ok=True)
            self._made.add(directory)
        _replace(directory, file, data)
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
        _replace(self._root, _MANIFEST, json.dumps(manifest, separators=(",", ":")).encode())


def _replace(directory: str, file: str, data: bytes) -> None:
    part = f"{directory}/.{file}.part"
    with open(part, "wb") as opened:
        opened.write(data)
    os.replace(part, f"{directory}/{file}")


def _holds(path: str, data: bytes) -> bool:
    try:
        if os.stat(path).st_size != len(data):
            return False
        with open(path, "rb") as opened:
            return opened.read() == data
    except OSError:
        return False
