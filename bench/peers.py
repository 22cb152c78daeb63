"""launchwire beside newspaper4k (articles) and lemon24/reader (feeds). Run: python -m bench.peers [PAGES [FEEDS]]

The peers are installed into an environment of their own in the user's cache directory, with exact versions. Pages: the
demo site's and invented ones in its three layouts, one process each, without workers. Feeds: polls of loopback hosts
with nothing new, and with four new entries each that carry their whole article, so that nobody has to fetch pages.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import urllib.request
import venv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flows.caching import cache_directory
from flows.demo.content import Story, load_outlets, load_stories
from flows.demo.rendering import page

# The last is what the feedparser within reader needs and does not ask for.
PEERS = ("newspaper4k==0.9.6", "reader==3.26", "sgmllib3k==1.0.0")
ENTRIES = 4

# Each reads lines of {"url", "file"} and writes a line for each, then one of its costs.
_COSTS = r"""
import json, resource, sys, time, warnings
warnings.simplefilter("ignore")
def peak():
    try:
        return next(int(line.split()[1]) // 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
def cpu():
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
"""
_PAGES = (
    _COSTS
    + r"""
pages = [(json.loads(line)["url"], open(json.loads(line)["file"], "rb").read()) for line in sys.stdin]
READ
read(*pages[0])
began, wall = cpu(), time.monotonic()
found = [read(*one) for one in pages]
print(json.dumps({"cpu": cpu() - began, "wall": time.monotonic() - wall, "megabytes": peak()}))
for title, text, moment in found:
    print(json.dumps({"title": title, "text": text, "date": moment.isoformat() if moment else None}))
"""
)
_READ_OURS = r"""
from extractors.article import parse_page
def read(url, body):
    found = parse_page(body, url=url)
    return found.title, found.text, found.published
"""
_READ_NEWSPAPER = r"""
import newspaper
def read(url, body):
    found = newspaper.Article(url, fetch_images=False)
    found.download(input_html=body.decode())
    found.parse()
    return found.title, found.text, found.publish_date
"""
# Each polls all feeds once at every line, and says what it cost and how many entries it has.
_READER = (
    _COSTS
    + r"""
from reader import make_reader
feeds = json.loads(sys.stdin.readline())
reader = make_reader(sys.argv[1])
for feed in feeds:
    reader.add_feed(feed)
for line in sys.stdin:
    began, wall = cpu(), time.monotonic()
    done = list(reader.update_feeds_iter(scheduled=False, workers=16))
    failed = [repr(one.value) for one in done if isinstance(one.value, Exception)]
    assert len(done) == len(feeds)
    assert not failed, failed[:3]
    cost = {"cpu": cpu() - began, "wall": time.monotonic() - wall, "megabytes": peak()}
    right = sum(entry.title.startswith("Story ") and entry.published is not None for entry in reader.get_entries())
    print(json.dumps({**cost, "entries": right}), flush=True)
"""
)
_OURS = (
    _COSTS
    + r"""
import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from flows.poll import poll_once
from flows.settings import Settings
from storage.lake import Lake
place, now = Path(sys.argv[1]), datetime(2026, 1, 5, 9, tzinfo=UTC)
listing = "".join(f'[[feed]]\nurl = "{feed}"\nsource = "{feed}"\n\n' for feed in json.loads(sys.stdin.readline()))
place.mkdir()
(place / "feeds.toml").write_text(listing)
settings = Settings(data_dir=place / "data", feeds=place / "feeds.toml", allow_networks=("127.0.0.0/8",), workers=0,
                    concurrent_hosts=16)
for line in sys.stdin:
    now += timedelta(minutes=61)
    began, wall = cpu(), time.monotonic()
    report = asyncio.run(poll_once(settings, "bench", everything=True, clock=lambda: now))
    assert not report.failed, report.failed[:3]
    cost = {"cpu": cpu() - began, "wall": time.monotonic() - wall, "megabytes": peak()}
    with Lake.open(settings.lake()) as lake, lake.read() as con:
        right = "SELECT count(*) FROM articles WHERE title LIKE 'Story %' AND published_at IS NOT NULL"
        print(json.dumps({**cost, "entries": con.execute(right).fetchone()[0]}), flush=True)
"""
)


def main(pages: int, feeds: int) -> None:
    """Print both comparisons."""
    python = _environment()
    listed = subprocess.run([python, "-m", "pip", "list", "--format", "json"], capture_output=True, check=True).stdout
    versions = {one["name"]: one["version"] for one in json.loads(listed)}
    names = [name.partition("==")[0] for name in PEERS]
    print("peers: " + ", ".join(f"{name} {versions[name]}" for name in names))
    with tempfile.TemporaryDirectory() as place:
        _articles(Path(place), python, pages)
        _polls(Path(place), python, feeds)


def _environment() -> str:
    """The Python of the peers' environment, made when their versions are not there yet."""
    cache = cache_directory()
    place = (cache or Path(tempfile.gettempdir())) / "bench-peers"
    python = place / "bin" / "python"
    asked = place / "peers.txt"
    if not asked.exists() or asked.read_text() != "\n".join(PEERS):
        venv.create(place, clear=True, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PEERS], check=True)
        asked.write_text("\n".join(PEERS))
    return str(python)


# --- articles ---------------------------------------------------------------------------------------------------------


def _articles(place: Path, python: str, count: int) -> None:
    stories = list(_stories(count))
    listing = []
    for number, story in enumerate(stories):
        outlet = load_outlets()[story.outlet]
        base = f"https://{story.outlet}.example"
        body = page(outlet, base, story, stories[number - 3 : number]).body
        (place / f"{number}.html").write_bytes(body)
        listing.append(json.dumps({"url": base + story.path, "file": str(place / f"{number}.html")}))
    lines = "\n".join(listing)
    print(
        f"\n{len(stories)} pages, {sum((place / f'{n}.html').stat().st_size for n in range(len(stories))) // 1024} KiB"
    )
    for name, interpreter, reading in (
        ("launchwire", sys.executable, _READ_OURS), ("newspaper4k", python, _READ_NEWSPAPER),
    ):  # fmt: skip
        code = _PAGES.replace("READ\n", reading, 1)
        done = subprocess.run([interpreter, "-c", code], input=lines, capture_output=True, text=True, env=_path())
        assert done.returncode == 0, done.stderr[-2000:]
        cost, *found = map(json.loads, done.stdout.splitlines())
        print(f"{name:12} {1000 * cost['cpu'] / len(stories):6.1f} ms CPU a page, {cost['wall']:5.1f} s, "
              f"{cost['megabytes']} MB; {_accuracy(stories, found)}")  # fmt: skip


def _stories(count: int) -> Iterator[Story]:
    """The demo's free articles in their last version, then invented ones as long as news articles are."""
    ours = [story.at(None) for story in load_stories() if story.access == "free" and story.dated]
    yield from ours
    rng = random.Random(4)
    # Of real words: newspaper4k tells an article by its share of frequent ones.
    sentences = [part for story in ours for block in story.paragraphs for part in re.split(r"(?<=[.!?]) ", block)]
    for number in range(count - len(ours)):
        paragraphs = tuple(" ".join(rng.choices(sentences, k=rng.randint(1, 4))) for _ in range(rng.randint(4, 24)))
        yield replace(
            ours[number % len(ours)],
            path=f"/news/story-{number}",
            title=" ".join(rng.choice(sentences).split()[:12]).rstrip(".,;: "),
            paragraphs=paragraphs,
            corrections=(),
            note="",
            published=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=97 * number),
            modified=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=97 * number),
        )


def _accuracy(stories: Sequence[Story], found: Sequence[dict[str, Any]]) -> str:
    """Mean F1 of the words of the text; shares of titles, days and moments that are exactly right."""
    f1 = titles = days = moments = 0.0
    for story, one in zip(stories, found, strict=True):
        wanted, got = Counter(story.text.split()), Counter((one["text"] or "").split())
        common = (wanted & got).total()
        f1 += 2 * common / max(1, wanted.total() + got.total())
        titles += one["title"] == story.title
        if one["date"]:
            moment = datetime.fromisoformat(one["date"])
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            days += moment.astimezone(UTC).date() == story.published.astimezone(UTC).date()
            moments += moment == story.published
    size = len(stories)
    return f"text F1 {f1 / size:.3f}, title {titles / size:.0%}, day {days / size:.0%}, time {moments / size:.0%}"


# --- feeds ------------------------------------------------------------------------------------------------------------


def _polls(place: Path, python: str, feeds: int) -> None:
    print(f"\n{feeds} feeds on as many loopback hosts, {ENTRIES} entries each")
    (place / "pages").mkdir()
    serving = [sys.executable, "-m", "bench.site", str(place / "pages"), str(feeds), str(ENTRIES), "whole"]
    for name, interpreter, code in (("launchwire", sys.executable, _OURS), ("reader", python, _READER)):
        server = subprocess.Popen(serving, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            hosts = [f"127.0.{1 + n // 250}.{1 + n % 250}:{port}" for n in range(feeds)]
            _poll(name, [interpreter, "-c", code, str(place / name)], hosts)
        finally:
            server.kill()
            server.wait()


def _poll(name: str, command: list[str], hosts: Sequence[str]) -> None:
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_path())
    assert child.stdin is not None
    assert child.stdout is not None

    def cycle() -> dict[str, Any]:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write("poll\n")
        child.stdin.flush()
        done: dict[str, Any] = json.loads(child.stdout.readline())
        return done

    child.stdin.write(json.dumps([f"http://{host}/rss" for host in hosts]) + "\n")
    cycle()
    with urllib.request.urlopen(f"http://{hosts[0]}/advance/{len(hosts) * ENTRIES}") as answer:
        assert answer.status == 200
    for what, cost in (("new", cycle()), ("nothing new", min((cycle() for _ in range(3)), key=lambda one: one["cpu"]))):
        each = 1000 * cost["cpu"] / len(hosts)
        print(f"{name:12} {what:12} {each:6.1f} ms CPU a feed, {cost['wall']:5.1f} s, {cost['megabytes']} MB; "
              f"{cost['entries']} of {len(hosts) * ENTRIES} entries with title and date")  # fmt: skip
    child.stdin.close()
    child.wait(60)


def _path() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300, int(sys.argv[2]) if len(sys.argv) > 2 else 500)
