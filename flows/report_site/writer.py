"""Files into the published directory: each whole or not at all, and only where its content changed."""

from __future__ import annotations

import json
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
        self._made: set[Path] = set()
        self._directory(directory)

    def put(self, name: str, content: str | bytes) -> None:
        """Make `name` hold `content`; a file that does already keeps its time stamp."""
        data = content.encode() if isinstance(content, str) else content
        path = self.directory / name
        if _holds(path, data):
            self.kept += 1
            return
        self._directory(path.parent)
        _replace(path, data)
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
        _replace(self.directory / _MANIFEST, json.dumps(manifest, separators=(",", ":")).encode())

    def _directory(self, path: Path) -> None:
        if path not in self._made:
            path.mkdir(parents=True, exist_ok=True)
            self._made.add(path)


def _replace(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    part.replace(path)


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False
