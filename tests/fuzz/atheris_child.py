"""Runs atheris over one target until libFuzzer's options end it: python atheris_child.py TARGET [OPTION ...]."""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["extractors", "storage", "feedparser", "targets"]):
    sys.path.insert(0, str(Path(__file__).parent))
    from targets import TARGETS


def escaped(word: bytes) -> str:
    """A word as libFuzzer's dictionaries write it."""
    return "".join(f"\\x{byte:02x}" for byte in word)


def main() -> None:
    """Give the words to libFuzzer as its dictionary and begin; ends the process."""
    name, *options = sys.argv[1:]
    target = TARGETS[name]
    words = Path("words.dict")
    words.write_text("".join(f'"{escaped(word[:60])}"\n' for word in target.words))
    seeds = Path("seeds")
    seeds.mkdir()
    (seeds / "0").write_bytes(b"".join(target.words))
    atheris.Setup([sys.argv[0], *options, f"-dict={words}", str(seeds)], target.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
