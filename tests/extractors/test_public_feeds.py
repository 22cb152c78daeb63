"""Other people's test feeds: feedparser's own, and any in a folder; none is kept here.

LAUNCHWIRE_FEED_CORPUS names folders (parted like PATH) with feeds, the W3C validator's testcases for one. Without it,
feedparser's source is fetched by pip once and kept in pytest's cache.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from extractors.feed import NotAFeed, parse_feed

SUITE = "feedparser==6.0.11"
CONTENT_TYPE = re.compile(rb"Header:\s*Content-type:\s*([^\r\n]+)", re.IGNORECASE)


def folders(cache: Path) -> list[Path]:
    """Where the feeds are; skips with the reason where there are none."""
    if given := os.environ.get("LAUNCHWIRE_FEED_CORPUS"):
        return [Path(folder) for folder in given.split(os.pathsep)]
    if not (cache / "done").exists():
        fetch(cache)
    return [cache]


def fetch(cache: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "-q",
        "--no-deps",
        "--no-binary",
        ":all:",
        "-d",
        str(cache),
        SUITE,
    ]
    environment = {**os.environ, "PIP_RETRIES": "0", "PIP_TIMEOUT": "5", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=90, env=environment, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"{SUITE} could not be fetched from the package index within 90 s")
    archives = list(cache.glob("feedparser-*.tar.gz"))
    if done.returncode or not archives:
        pytest.skip(f"{SUITE} could not be fetched from the package index: {done.stderr.strip()[-200:]}")
    with tarfile.open(archives[0]) as archive:
        archive.extractall(cache, filter="data")
    (cache / "done").touch()


def test_no_exception_no_hang_on_public_test_feeds(request: pytest.FixtureRequest) -> None:
    files = [
        path
        for folder in folders(Path(request.config.cache.mkdir("feedparser-suite")))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in {".xml", ".json", ".rss", ".atom", ".rdf"}
    ]
    if len(files) < 100:
        pytest.skip(f"only {len(files)} feeds were found; LAUNCHWIRE_FEED_CORPUS may name a folder with more")
    refused = 0
    for path in files:
        body = path.read_bytes()
        declared = CONTENT_TYPE.search(body[:1000])
        started = time.process_time()
        try:
            parse_feed(
                body, url="https://feeds.example/x", content_type=declared[1].decode("latin1") if declared else None
            )
        except NotAFeed:
            refused += 1
        assert time.process_time() - started < 2, path
    # What is refused is EBCDIC, or no feed by intention.
    assert refused < 0.02 * len(files)
