"""A real pywb that serves a WARC set on loopback, behind a front with the two interfaces of the public archive.

pywb pins libraries that conflict with ours, so it lives in a virtual environment of its own, made once in the cache.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flows.runtime import free_port

PYWB = "pywb==2.10.0"
COLLECTION = "news"
_FIELDS = {"timestamp": "timestamp", "original": "url", "mimetype": "mime", "statuscode": "status", "digest": "digest"}


class PywbMissingError(Exception):
    """pywb cannot be installed here; the message says why."""


def pywb_bin() -> Path:
    """The programs of pywb, installed where they are not yet. Raises PywbMissingError."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "launchwire"
    environment = cache / PYWB.replace("==", "-")
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "pywb.lock").open("w") as lock:
        # Test processes run side by side, and one of them installs.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (environment / "installed").exists():
            _install(environment)
            (environment / "installed").touch()
    return environment / "bin"


def _install(environment: Path) -> None:
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(environment)],
        [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet", PYWB],
    ):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        except subprocess.TimeoutExpired:
            raise PywbMissingError(f"installing {PYWB} took more than ten minutes") from None
        if done.returncode:
            raise PywbMissingError(f"{PYWB} cannot be installed: {done.stderr.strip()[-300:]}")


class Front(ThreadingHTTPServer):
    """/cdx/search/cdx and /web/ as the public archive has them, in front of pywb. `requests` are the paths asked."""

    daemon_threads = True

    def __init__(self, pywb: str, *, rows_at_once: int = 10_000) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pywb = pywb
        self.rows_at_once = rows_at_once
        self.requests: list[str] = []
        self.refuse = 0

    @property
    def url(self) -> str:
        """Its address, for LAUNCHWIRE_WAYBACK_URL."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def index(self, query: dict[str, list[str]]) -> list[list[str]]:
        """The answer to a CDX query: header, rows, and an empty row before the resume key where rows are left."""
        given = urlencode({name: query[name][0] for name in ("url", "from", "to", "output")})
        ask = f"{self.pywb}/{COLLECTION}/cdx?{given}"
        with urllib.request.urlopen(ask, timeout=20) as answer:
            found = [json.loads(line) for line in answer.read().decode().splitlines() if line.strip()]
        for condition in query.get("filter", []):
            name, _, pattern = condition.partition(":")
            found = [row for row in found if re.fullmatch(pattern, row.get(_FIELDS[name], ""))]
        if query.get("collapse") == ["urlkey"]:
            found = list({row["urlkey"]: row for row in reversed(found)}.values())[::-1]
        first = int(query.get("resumeKey", ["0"])[0])
        limit = min(int(query["limit"][0]), self.rows_at_once)
        names = query["fl"][0].split(",")
        lines = [[row.get(_FIELDS[name], "") for name in names] for row in found[first : first + limit]]
        rest = [[], [str(first + limit)]] if first + limit < len(found) else []
        return [names, *lines, *rest] if lines else []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Front

    def do_GET(self) -> None:
        self.server.requests.append(self.path)
        if self.server.refuse and self.path != "/robots.txt":
            self.server.refuse -= 1
            self._send(429, {"Retry-After": "1"}, b"slow down")
        elif self.path.startswith("/cdx/search/cdx?"):
            lines = self.server.index(parse_qs(urlsplit(self.path).query))
            self._send(200, {"Content-Type": "application/json"}, json.dumps(lines).encode())
        elif self.path.startswith("/web/"):
            self._replay(self.path.removeprefix("/web/"))
        else:
            self._send(404, {}, b"nothing here")

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""

    def _replay(self, rest: str) -> None:
        request = urllib.request.Request(f"{self.server.pywb}/{COLLECTION}/{rest}")
        try:
            answer = _OPENER.open(request, timeout=20)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            kept = ("Content-Type", "Memento-Datetime", "Location")
            headers = {name: answer.headers[name] for name in kept if answer.headers[name]}
            if "Location" in headers:
                headers["Location"] = re.sub(rf"^(https?://[^/]+)?/{COLLECTION}/", "/web/", headers["Location"])
            self._send(answer.status, headers, answer.read())

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Leave redirects to the client."""


_OPENER = urllib.request.build_opener(_NoRedirects)


@contextmanager
def wayback_machine(directory: Path, warcs: list[Path], *, rows_at_once: int = 10_000) -> Iterator[Front]:
    """pywb serving `warcs` from `directory`, and its front."""
    programs = pywb_bin()
    manager = str(programs / "wb-manager")
    for command in ([manager, "init", COLLECTION], [manager, "add", COLLECTION, *map(str, warcs)]):
        subprocess.run(command, cwd=directory, check=True, capture_output=True, timeout=120)
    port = free_port()
    with (directory / "pywb.log").open("wb") as log:
        process = subprocess.Popen(
            [str(programs / "wayback"), "-p", str(port), "-b", "127.0.0.1"], cwd=directory, stdout=log, stderr=log
        )
    front = Front(f"http://127.0.0.1:{port}", rows_at_once=rows_at_once)
    thread = threading.Thread(target=front.serve_forever, args=(0.02,), daemon=True)
    try:
        _wait(front.pywb, process, directory / "pywb.log")
        thread.start()
        yield front
    finally:
        if thread.is_alive():
            front.shutdown()
        front.server_close()
        process.terminate()
        process.wait(10)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise AssertionError(f"pywb ended at once: {log.read_text()[-500:]}")
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"pywb does not answer: {log.read_text()[-500:]}")
