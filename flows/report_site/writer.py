"""Files into the published directory: each whole or not at all, and only where its content changed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


class Site:
    """The published directory; counts the files written, kept and removed."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.written = 0
        self.kept = 0
        self.removed = 0
        directory.mkdir(parents=True, exist_ok=True)

    def put(self, name: str, content: str | bytes) -> None:
        """Make `name` hold `content`; a file that does already keeps its time stamp."""
        data = content.encode() if isinstance(content, str) else content
        path = self.directory / name
        if _holds(path, data):
            self.kept += 1
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        part.write_bytes(data)
        part.replace(path)
        self.written += 1

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


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False
