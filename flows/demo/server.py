"""The demo outlets' HTTP server: real sockets on loopback, validators, gzip, redirects, a clock that tests can move."""

from __future__ import annotations

import gzip
import hashlib
import socket
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from flows.demo import rendering
from flows.demo.content import Outlet, Story, load_outlets, load_stories
from flows.demo.rendering import Resource
from flows.subscriptions import render, subscription

_ADDRESSES = ("127.0.0.1", "127.0.0.2", "127.0.0.3")


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it reached an outlet: `path` with its query, header names in lower case, the status answered."""

    outlet: str
    method: str
    path: str
    headers: Mapping[str, str]
    status: int


class DemoSite:
    """The three outlets, each on a port of its own that the system chose.

    `now` is the site's clock and may be set at any time: stories published later are not there yet (404, absent from
    feeds and sitemaps), corrections made later are not applied. None, the default, shows everything.

        with DemoSite(now=datetime(2026, 1, 14, tzinfo=UTC)) as site:
            site.feeds  # [(source, feed address), ...]
    """

    def __init__(self, *, now: datetime | None = None) -> None:
        if now is not None and now.tzinfo is None:
            raise ValueError("the demo site's clock needs an aware datetime, e.g. datetime(2026, 1, 14, tzinfo=UTC)")
        self.now = now
        self.requests: list[Request] = []
        self._servers: dict[str, _OutletServer] = {}
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        for outlet, address in zip(load_outlets().values(), _ADDRESSES, strict=True):
            server = _listen(self, outlet, address)
            self._servers[outlet.key] = server
            thread = threading.Thread(target=server.serve_forever, args=(0.02,), name=f"demo-{outlet.key}", daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop serving, close every connection and wait for the servers' threads; a second call does nothing."""
        for server in self._servers.values():
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join(timeout=5)
        self._servers.clear()
        self._threads.clear()

    def base(self, outlet: str) -> str:
        """The outlet's address without a trailing slash, e.g. "http://127.0.0.2:40123"."""
        host, port = self._servers[outlet].server_address[:2]
        return f"http://{host!s}:{port}"

    @property
    def feeds(self) -> list[tuple[str, str]]:
        """Every feed as a subscriber knows it: (source, address). A moved feed is given by its old address."""
        return [
            (outlet.name, self.base(outlet.key) + (feed.moved_from or feed.path))
            for outlet in load_outlets().values()
            for feed in outlet.feeds
        ]

    def feeds_toml(self, path: Path) -> Path:
        """Write the feeds as a subscription list to `path`; returns `path`."""
        blocks = [render(subscription(url, source=source)) for source, url in self.feeds]
        path.write_text("# The demo site's feeds, valid while it runs.\n\n" + "\n".join(blocks), "utf-8")
        return path

    def url(self, slug: str) -> str:
        """The address of an article's page, by the name of its file."""
        story = next(s for s in load_stories() if s.slug == slug)
        return self.base(story.outlet) + story.path

    def count(self, path: str) -> int:
        """How many requests reached `path` (query not counted as part of it), at any outlet, with any outcome."""
        return sum(request.path.partition("?")[0] == path for request in self.requests)

    def stories(self, outlet: str) -> list[Story]:
        """What the outlet shows at `now`, newest first."""
        shown = [s.at(self.now) for s in load_stories() if s.outlet == outlet]
        return [s for s in reversed(shown) if self.now is None or s.published <= self.now]

    def _resource(self, outlet: Outlet, path: str, cookie: str) -> Resource | None:
        """What stands at `path` now, or None."""
        base, stories = self.base(outlet.key), self.stories(outlet.key)
        for feed in outlet.feeds:
            if path == feed.path:
                return rendering.feed(outlet, base, feed, [s for s in stories if feed.key in s.feeds])
        for i, story in enumerate(stories):
            if path == story.path:
                if story.access == "consent" and "consent=yes" not in cookie:
                    return rendering.consent_wall(outlet, base, story)
                # Older stories only: a page must not change because a newer one appeared.
                return rendering.page(outlet, base, story, stories[i + 1 : i + 4])
        listed = [s for s in stories if not s.path.startswith(outlet.disallow)]
        match path:
            case "/":
                return rendering.front_page(outlet, base, stories)
            case "/robots.txt":
                return rendering.robots(outlet, base)
            case "/sitemap.xml":
                return rendering.sitemap_index(outlet, base, listed)
            case "/sitemaps/news.xml":
                return rendering.news_sitemap(outlet, base, listed)
        if path.startswith("/sitemaps/") and path.endswith((".xml", ".xml.gz")):
            return _month(base, listed, path.removeprefix("/sitemaps/"))
        return None


def _month(base: str, stories: list[Story], name: str) -> Resource | None:
    found = rendering.month_sitemap(base, stories, name.partition(".")[0])
    if found is None or not name.endswith(".gz"):
        return found
    return Resource(gzip.compress(found.body, mtime=0), "application/gzip")


class _OutletServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a kept-alive connection of a client must not delay the end
    request_queue_size = 64

    def __init__(self, site: DemoSite, outlet: Outlet, address: str) -> None:
        self.site = site
        self.outlet = outlet
        self._open: set[socket.socket] = set()
        super().__init__((address, 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Close the listening socket and every connection that a client keeps alive."""
        super().server_close()
        for connection in tuple(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is everyday life; anything else is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _listen(site: DemoSite, outlet: Outlet, address: str) -> _OutletServer:
    """Bind to the outlet's own loopback address, or to 127.0.0.1 where the system has no other (macOS)."""
    try:
        return _OutletServer(site, outlet, address)
    except OSError:
        return _OutletServer(site, outlet, _ADDRESSES[0])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 30
    server: _OutletServer

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def version_string(self) -> str:
        return "nginx"

    def log_message(self, format: str, *args: object) -> None:
        """Requests go to `DemoSite.requests`, not to stderr."""

    def _answer(self) -> None:
        site, outlet = self.server.site, self.server.outlet
        path = self.path.partition("?")[0]
        moved = next((feed.path for feed in outlet.feeds if feed.moved_from == path), None)
        if moved is not None:
            self._send(HTTPStatus.MOVED_PERMANENTLY, {"Location": site.base(outlet.key) + moved}, b"")
            return
        resource = site._resource(outlet, path, self.headers.get("Cookie", ""))
        if resource is None:
            body = b"<!doctype html><title>Not found</title><h1>Page not found</h1>"
            self._send(HTTPStatus.NOT_FOUND, {"Content-Type": rendering.HTML}, body)
            return
        self._send_resource(resource)

    def _send_resource(self, resource: Resource) -> None:
        zipped = "gzip" in self.headers.get("Accept-Encoding", "") and resource.content_type != "application/gzip"
        etag = _etag(self.server.outlet, resource.body, zipped=zipped)
        headers = {"ETag": etag, "Vary": "Accept-Encoding"}
        if resource.modified is not None:
            headers["Last-Modified"] = format_datetime(resource.modified.astimezone(UTC), usegmt=True)
        if resource.max_age is not None:
            headers["Cache-Control"] = f"public, max-age={resource.max_age}"
        if self._unchanged(etag, resource.modified):
            self._send(HTTPStatus.NOT_MODIFIED, headers, b"")
            return
        headers["Content-Type"] = resource.content_type
        body = resource.body
        if zipped:
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body, compresslevel=5, mtime=0)
        self._send(HTTPStatus.OK, headers, body)

    def _unchanged(self, etag: str, modified: datetime | None) -> bool:
        """RFC 9110, 13.1: If-None-Match by weak comparison; If-Modified-Since only where the former is absent."""
        match = self.headers.get("If-None-Match")
        if match is not None:
            opaque = etag.removeprefix("W/")
            return any(tag.strip().removeprefix("W/") in (opaque, "*") for tag in match.split(","))
        since = self.headers.get("If-Modified-Since")
        if since is None or modified is None:
            return False
        try:
            return modified.replace(microsecond=0) <= parsedate_to_datetime(since)
        except ValueError:
            return False

    def _send(self, status: HTTPStatus, headers: Mapping[str, str], body: bytes) -> None:
        self._record(status)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status is not HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and body:
            self.wfile.write(body)

    def _record(self, status: HTTPStatus) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.server.outlet.key, self.command, self.path, headers, int(status))
        self.server.site.requests.append(request)


def _etag(outlet: Outlet, body: bytes, *, zipped: bool) -> str:
    """A strong tag names the bytes sent, so the compressed form has its own (RFC 9110, 8.8.3); a weak one does not."""
    digest = hashlib.sha256(body).hexdigest()[:20]
    if outlet.etag == "weak":
        return f'W/"{digest}"'
    return f'"{digest}-gzip"' if zipped else f'"{digest}"'
