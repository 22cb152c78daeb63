"""Polls of 500 feeds on 500 loopback hosts. Run: python -m bench.poll [FEEDS [ARTICLES]]

Nothing new: CPU milliseconds a feed of the poll's own process. New articles in each: pages a second, beside what the
worker processes alone read of the same pages in the same run. Many cycles: growth of memory.
"""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from extractors.findings import Candidate, Capture
from flows.poll import poll_once
from flows.settings import Settings
from flows.workers import Workers

CYCLES = 50

# fmt: off
_SERVER = r"""
import asyncio, random, sys
per_feed = int(sys.argv[1])
whole = "whole" in sys.argv  # the entries carry their articles
generation = 0
# As many different words as a newspaper has: pages over a few words would all be near-duplicates of each other.
PARTS = "har bour qua ney gin coun fer rid cra dred may bud vot stor pier sur rop lan tem bil nor sed".split()
WORDS = [a + b + c for a in PARTS for b in PARTS for c in PARTS[:9]]

def page(number):
    rng = random.Random(number)
    sentence = lambda: " ".join(["The", *rng.choices(WORDS, k=16)]) + "."
    paragraphs = "".join(f"<p>{' '.join(sentence() for _ in range(4))}</p>" for _ in range(7))
    links = "".join(f'<li><a href="/a/{number}-{n}">Related story {n} of the day</a></li>' for n in range(60))
    return (f'<!doctype html><html lang="en"><head><title>Quay story {number}</title>'
            '<meta property="og:type" content="article">'
            '<meta property="article:published_time" content="2026-01-05T08:00:00Z">'
            f'</head><body><nav><ul>{links}</ul></nav><article><h1>Quay story {number}</h1>{paragraphs}</article>'
            '</body></html>')

def feed(host):
    items = "".join(f"<item><guid>{host}-{g}-{n}</guid><title>Quay story {g}-{n}</title><link>http://{host}/a/{g}-{n}</link>"
                    f"<pubDate>Mon, 05 Jan 2026 08:00:00 GMT</pubDate>{text(f'{host}{g}-{n}') if whole else ''}</item>"
                    for g in range(1, generation + 1) for n in range(per_feed))
    space = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    return f'<rss version="2.0" {space}><channel><title>Quay</title>{items}</channel></rss>'

def text(number):
    body = page(number).partition("</h1>")[2].partition("</article>")[0]
    return f"<content:encoded><![CDATA[{body}]]></content:encoded>"

async def serve(reader, writer):
    global generation
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            path = head.split(" ", 2)[1]
            fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            fields = {name.lower(): value for name, value in fields.items()}
            status, body, tag = "200 OK", "", f'"{generation}"'
            if path == "/advance":
                generation += 1
            elif path == "/robots.txt":
                status = "404 Not Found"
            elif path == "/rss" and fields.get("if-none-match") == tag:
                status = "304 Not Modified"
            elif path == "/rss":
                body = feed(fields["host"])
            else:
                body = page(fields["host"] + path)  # no two hosts tell the same story
            raw = body.encode()
            extra = f"ETag: {tag}\r\n" if path == "/rss" else ""
            length = "" if status.startswith("304") else f"Content-Length: {len(raw)}\r\n"
            writer.write(f"HTTP/1.1 {status}\r\n{extra}{length}Content-Type: text/html\r\n\r\n".encode() + raw)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()

async def main():
    server = await asyncio.start_server(serve, "0.0.0.0", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


def main(feeds: int, articles: int) -> None:
    """Print the three measurements."""
    server = subprocess.Popen([sys.executable, "-c", _SERVER, str(articles)], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        with tempfile.TemporaryDirectory() as place:
            _measure(Path(place), port, feeds, articles)
    finally:
        server.kill()
        server.wait()


def _measure(place: Path, port: int, feeds: int, articles: int) -> None:
    hosts = [f"127.0.{1 + n // 250}.{1 + n % 250}:{port}" for n in range(feeds)]
    listing = "".join(f'[[feed]]\nurl = "http://{host}/rss"\nsource = "{host}"\n\n' for host in hosts)
    (place / "feeds.toml").write_text(listing, "utf-8")
    settings = Settings(
        data_dir=place / "data", feeds=place / "feeds.toml", allow_networks=("127.0.0.0/8",), workers=2,
        concurrent_hosts=64,
    )  # fmt: skip
    clock = _Clock()
    _poll(settings, clock)
    _poll(settings, clock)
    before = time.process_time()
    cycles = [_poll(settings, clock) for _ in range(3)]
    cpu = (time.process_time() - before) / 3
    print(f"nothing new: {1000 * cpu / feeds:.2f} ms CPU a feed, {min(cycles):.1f} s for {feeds} feeds (bound 6 ms)")

    asyncio.run(_advance(hosts[0]))
    seconds = _poll(settings, clock)
    alone = asyncio.run(_alone(settings, hosts[0], feeds * articles))
    pages = feeds * articles
    print(
        f"{articles} new articles in each: {pages / seconds:.0f} pages/s against {pages / alone:.0f} by the workers "
        f"alone: {alone / seconds:.0%} (bound 85 %)"
    )

    first = _memory()
    for _ in range(CYCLES):
        _poll(settings, clock)
    print(f"memory: {first:.0f} MB before, {_memory():.0f} MB after {CYCLES} cycles")


class _Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def _poll(settings: Settings, clock: _Clock) -> float:
    clock.now += timedelta(minutes=61)
    began = time.monotonic()
    report = asyncio.run(poll_once(settings, "bench", everything=True, clock=clock))
    assert not report.failed, report.failed[:3]
    return time.monotonic() - began


async def _advance(host: str) -> None:
    reader, writer = await asyncio.open_connection(*host.split(":"))
    writer.write(f"GET /advance HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


async def _alone(settings: Settings, host: str, pages: int) -> float:
    """Seconds that the worker processes take for as many pages, fetched beforehand, with their start."""
    reader, writer = await asyncio.open_connection(*host.split(":"))
    writer.write(f"GET /a/1-1 HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = next(int(line.split(": ")[1]) for line in head.split("\r\n") if line.startswith("Content-Length"))
    body = await reader.readexactly(length)
    writer.close()
    now = datetime(2026, 1, 5, 9, tzinfo=UTC)
    captures = [
        Capture(Candidate(f"http://{host}/a/1-{n}", host), f"http://{host}/a/1-{n}", body, "text/html", "ok", now)
        for n in range(pages)
    ]
    began = time.monotonic()
    with Workers(settings.workers, settings.page_seconds, settings.page_attempts, settings.packs) as workers:
        await workers.read(captures)
    return time.monotonic() - began


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500, int(sys.argv[2]) if len(sys.argv) > 2 else 10)
