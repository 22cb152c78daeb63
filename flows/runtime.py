"""Prefect's API for one command: the caller's own server, the running `launchwire up`, or a private one.

Imported before Prefect itself: Prefect reads its settings from the environment once, on import.

A private server starts from a database template, because Prefect's migrations cost 14 CPU-seconds on an empty home.
The template is made once a Prefect version and kept in the user's cache directory.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from extractors.errors import UserError
from flows.caching import cache_directory

_log = logging.getLogger("launchwire")

START_SECONDS = 180
QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_CLI_PROMPT": "false",
    "PREFECT_LOGGING_LEVEL": "WARNING",
}
# Nobody reads the logs of a server that is deleted at the end, and their queue would outlive it.
PRIVATE = {"PREFECT_LOGGING_TO_API_ENABLED": "false"}
_WATCH_PARENT = (
    "import os, signal, sys, threading, time, runpy\n"
    # A shell's background jobs ignore it, and Prefect's worker ends by sending it to itself.
    "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "parent = os.getppid()\n"
    "def watch():\n"
    "    while os.getppid() == parent:\n"
    "        time.sleep(0.5)\n"
    "    os._exit(0)\n"
    "threading.Thread(target=watch, daemon=True).start()\n"
    "sys.argv = sys.argv[1:]\n"
    "runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)\n"
)


class PrefectUnavailableError(UserError):
    """Prefect's server cannot be had; the message says why and what to do."""


def spawn(module: str, *arguments: str, environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start `python -m module arguments`, its output in `log`; it ends when this process dies, even by kill -9."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-c", _WATCH_PARENT, module, *arguments],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def free_port() -> int:
    """A TCP port on loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def healthy(api_url: str, seconds: float = 1.0) -> bool:
    """Whether a Prefect API answers there."""
    try:
        with urllib.request.urlopen(f"{api_url}/health", timeout=seconds) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _answers(api_url: str) -> bool:
    """Whether anything speaks HTTP there, if only to ask for a login."""
    try:
        urllib.request.urlopen(f"{api_url}/health", timeout=5.0).close()
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False
    return True


def wait_until_healthy(api_url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Return once the API answers; raises PrefectUnavailableError with the end of its log when it does not."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            tail = log.read_text(encoding="utf-8", errors="replace")[-600:].strip()
            raise PrefectUnavailableError(
                f"Prefect's server ended at once (exit status {server.returncode}). Its last words:\n{tail}"
            )
        if healthy(api_url):
            return
        time.sleep(0.05)
    raise PrefectUnavailableError(
        f"No answer from Prefect's server at {api_url} in {START_SECONDS} s; its log is {log}."
    )


def stop(process: subprocess.Popen[bytes], seconds: float = 10.0) -> None:
    """Ask a child to end, and end it when it does not."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def asked_to_stop() -> threading.Event:
    """Set once the user stops this process (Ctrl-C or SIGTERM), who is then no error."""
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.set())
    return asked


def announcement(data_dir: Path) -> Path:
    """Where `launchwire up` says that it runs: a JSON object with `api_url` and `pid`."""
    return data_dir / "prefect" / "up.json"


def running_api(data_dir: Path) -> str | None:
    """The API of the `launchwire up` that serves this data directory, when it answers."""
    try:
        api_url = str(json.loads(announcement(data_dir).read_text(encoding="utf-8"))["api_url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return api_url if healthy(api_url) else None


@contextmanager
def prefect_api(data_dir: Path) -> Iterator[str]:
    """Make Prefect's API available to this process and yield its address.

    In this order: PREFECT_API_URL of the environment, the `launchwire up` of this data directory, a private server.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    named = os.environ.get("PREFECT_API_URL")
    if named and not _answers(named):
        raise PrefectUnavailableError(
            f"no Prefect server answers at {named}, which PREFECT_API_URL names; start it, correct the variable, or "
            "unset it for a server of this command's own."
        )
    api_url = named or running_api(data_dir)
    if api_url:
        os.environ.update({"PREFECT_API_URL": api_url, **home_within(data_dir.absolute() / "prefect")})
        yield api_url
        return
    with private_server() as api_url:
        yield api_url


@contextmanager
def private_server() -> Iterator[str]:
    """A Prefect API of this process's own on loopback, with a home that is deleted at the end. Sets PREFECT_API_URL."""
    home = Path(tempfile.mkdtemp(prefix="launchwire-prefect-"))
    log = home / "server.log"
    migrated = place_database(home)
    _log.info("starting a Prefect server for this command")
    port = free_port()
    api_url = f"http://127.0.0.1:{port}/api"
    environment = {
        **QUIET,
        **home_within(home),
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_DATABASE_MIGRATE_ON_START": str(not migrated).lower(),
    }
    ours = {**QUIET, **PRIVATE, **home_within(home), "PREFECT_HOME": str(home), "PREFECT_API_URL": api_url}
    before = {name: os.environ.get(name) for name in ours}
    server = spawn(
        "uvicorn", "--factory", "prefect.server.api.server:create_app", "--host", "127.0.0.1", "--port", str(port),
        "--log-level", "error", "--lifespan", "on", environment=environment, log=log,
    )  # fmt: skip
    os.environ.update(ours)
    try:
        import prefect  # noqa: F401 — 2 s of import, done while the server starts

        wait_until_healthy(api_url, server, log)
        yield api_url
    finally:
        stop(server)
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
        shutil.rmtree(home, ignore_errors=True)


def home_within(place: Path) -> dict[str, str]:
    """HOME for a process whose user has none, else nothing: Prefect asks for one on import, and fails without."""
    try:
        Path.home()
    except RuntimeError:
        return {"HOME": str(place)}
    return {}


def place_database(home: Path) -> bool:
    """Put a migrated database into `home`; False when there can be no template and the server has to migrate."""
    cache = cache_directory()
    if cache is None:
        return False
    template = cache / f"prefect-{version('prefect')}.db"
    try:
        if not template.exists():
            cache.mkdir(parents=True, exist_ok=True)
            _log.info("making Prefect's database, once for this version of Prefect: about 20 s")
            with tempfile.TemporaryDirectory(dir=cache) as scratch:
                _migrate(Path(scratch))
                (Path(scratch) / "prefect.db").replace(template)
        # Moved into place whole: half a copy, of a full disk or a kill, would be taken for the database.
        shutil.copyfile(template, home / "prefect.db.new")
        (home / "prefect.db.new").replace(home / "prefect.db")
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _migrate(home: Path) -> None:
    code = (
        "import asyncio; from prefect.server.database import provide_database_interface as interface; "
        "asyncio.run(interface().run_migrations_upgrade())"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **QUIET, "PREFECT_HOME": str(home)},
        check=True,
        capture_output=True,
        timeout=START_SECONDS,
    )
