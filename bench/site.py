"""Feeds and pages of many hosts on loopback. Run: python -m bench.site DIRECTORY FEEDS ARTICLES [whole]

Pages are made beforehand, gzipped as publishers send them, and kept in DIRECTORY; then the port is printed. The host
127.0.a.b is feed 250 a + b - 251. `GET /advance/COUNT` shows so many more articles, spread over the feeds. With "whole"
the feeds' entries carry their articles.
"""

from __future__ import annotations

import asyncio
import sys
import zlib
from datetime import timedelta
from pathlib import Path

from bench import pages


def host(feed: int) -> str:
    """The loopback address of a feed."""
    return f"127.0.{1 + feed // 250}.{1 + feed % 250}"


def page_file(directory: Path, feed: int, number: int) -> Path:
    """Where the gzipped page of an article lies; the articles of each feed are numbered from 0."""
    return directory / f"{feed}-{number}.html.gz"


class Site:
    """What all hosts serve: `shown` articles of each feed, the newest last."""

    def __init__(self, directory: Path, feeds: int, articles: int, *, whole: bool) -> None:
        self.port = 0
        self.shown = [0] * feeds
        self._at = 0
        self._bodies: dict[tuple[int, int], bytes] = {}
        self._contents: dict[tuple[int, int], str] = {}
        for feed in range(feeds):
            for number in range(articles):
                at = pages.moment(5) + timedelta(hours=6)
                page = pages.page(feed * articles + number, f"http://{host(feed)}", at)
                if whole:
                    self._contents[feed, number] = "".join(f"<p>{text}</p>" for text in page.paragraphs)
                self._bodies[feed, number] = zlib.compress(page.body, 6, 31)
                page_file(directory, feed, number).write_bytes(self._bodies[feed, number])

    def advance(self, count: int) -> None:
        """Show `count` more articles, one feed after the other."""
        for _ in range(count):
            self.shown[self._at % len(self.shown)] += 1
            self._at += 1

    def answer(self, path: str, address: str, tag: str) -> tuple[str, str, bytes]:
        """Status, further header lines and body."""
        third, fourth = address.split(".")[2:]
        feed = 250 * (int(third) - 1) + int(fourth) - 1
        if path.startswith("/news/"):
            return "200 OK", "Content-Encoding: gzip\r\n", self._bodies[feed, int(path.rpartition("/")[2])]
        if path == "/rss":
            own = f'"{self.shown[feed]}"'
            headers = f"ETag: {own}\r\n"
            return ("304 Not Modified", headers, b"") if tag == own else ("200 OK", headers, self._feed(feed))
        if path.startswith("/advance/"):
            self.advance(int(path.rpartition("/")[2]))
            return "200 OK", "", b""
        return "404 Not Found", "", b""

    def _feed(self, feed: int) -> bytes:
        base = f"http://{host(feed)}:{self.port}"
        items = "".join(
            f"<item><guid>{base}/{n}</guid><title>Story {feed}-{n}</title><link>{base}/news/{n}</link>"
            f"<pubDate>Mon, 05 Jan 2026 08:00:00 GMT</pubDate>{self._content(feed, n)}</item>"
            for n in range(self.shown[feed])
        )
        space = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        return f'<rss version="2.0" {space}><channel><title>Quay</title>{items}</channel></rss>'.encode()

    def _content(self, feed: int, number: int) -> str:
        content = self._contents.get((feed, number))
        return f"<content:encoded><![CDATA[{content}]]></content:encoded>" if content else ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                tag = next((line.partition(": ")[2] for line in head if line.lower().startswith("if-none-match")), "")
                status, headers, body = self.answer(head[0].split(" ")[1], writer.get_extra_info("sockname")[0], tag)
                length = "" if status.startswith("304") else f"Content-Length: {len(body)}\r\n"
                writer.write(f"HTTP/1.1 {status}\r\n{headers}{length}Content-Type: text/html\r\n\r\n".encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def main(directory: Path, feeds: int, articles: int, *, whole: bool) -> None:
    """Serve until killed."""
    site = Site(directory, feeds, articles, whole=whole)
    server = await asyncio.start_server(site.serve, "0.0.0.0", 0, backlog=1024)
    site.port = server.sockets[0].getsockname()[1]
    print(site.port, flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), whole="whole" in sys.argv))
