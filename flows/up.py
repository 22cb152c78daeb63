"""`launchwire up`: Prefect's server, the work pool, the deployments and a worker, until it is told to stop."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import flows
from flows.runtime import (
    QUIET,
    PrefectUnavailableError,
    announcement,
    asked_to_stop,
    home_within,
    place_database,
    spawn,
    stop,
    wait_until_healthy,
)
from flows.settings import Settings, shipped

POOL = "launchwire"
POOL_LIMIT = 4
_WORKER_STOP_SECONDS = 30.0

Say = Callable[[str], None]


class UpError(PrefectUnavailableError):
    """`up` cannot start; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server with its worker. `ui_url` is for people, `api_url` for PREFECT_API_URL."""

    ui_url: str
    api_url: str
    worker: subprocess.Popen[bytes]
    server: subprocess.Popen[bytes]


@contextmanager
def serve(settings: Settings, *, port: int, host: str = "127.0.0.1", say: Say) -> Iterator[Running]:
    """Everything running inside the with block. Raises UpError where it cannot be.

    One `up` a data directory: a lock file beside the announcement says so and dies with the process.
    """
    home = settings.data_dir.absolute() / "prefect"
    home.mkdir(parents=True, exist_ok=True)
    with _only_one(home, settings):
        _check_port(host, port)
        api_url = f"http://{host}:{port}/api"
        environment = _environment(settings, home, api_url)
        migrated = (home / "prefect.db").exists() or place_database(home)
        say("starting Prefect's server" + ("" if migrated else " (its database is made first: about 20 s)"))
        server = spawn(
            "prefect", "server", "start", "--host", host, "--port", str(port), environment=environment,
            log=home / "server.log",
        )  # fmt: skip
        worker: subprocess.Popen[bytes] | None = None
        try:
            wait_until_healthy(api_url, server, home / "server.log")
            os.environ.update(environment)
            say("creating the work pool and limits")
            asyncio.run(_prepare())
            say("deploying everything in prefect.yaml")
            _deploy(environment)
            worker = spawn(
                "prefect", "worker", "start", "--pool", POOL, "--type", "process", "--name", "launchwire-up",
                environment=environment, log=home / "worker.log",
            )  # fmt: skip
            announcement(settings.data_dir).write_text(
                json.dumps({"api_url": api_url, "pid": os.getpid()}), encoding="utf-8"
            )
            yield Running(f"http://{host}:{port}", api_url, worker, server)
        finally:
            announcement(settings.data_dir).unlink(missing_ok=True)
            if worker is not None:
                stop(worker, _WORKER_STOP_SECONDS)
            stop(server)


def wait(running: Running) -> str:
    """Return when the user stops it (Ctrl-C or SIGTERM) or a part of it ends; says which, empty for the user."""
    asked = asked_to_stop()
    while not asked.wait(0.5):
        for name, process in (("server", running.server), ("worker", running.worker)):
            if process.poll() is not None:
                return f"Prefect's {name} ended by itself (exit status {process.returncode})"
    return ""


def _environment(settings: Settings, home: Path, api_url: str) -> dict[str, str]:
    root = Path(flows.__file__).parent.parent
    return {
        **QUIET,
        **settings.environment(),
        **home_within(home),
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": api_url,
        "PREFECT_LOGGING_LEVEL": "INFO",
        # What runs log is shown with them in the UI.
        "PREFECT_LOGGING_EXTRA_LOGGERS": "launchwire",
        # prefect.yaml makes this the flows' working directory.
        "PWD": str(root),
    }


@contextmanager
def _only_one(home: Path, settings: Settings) -> Iterator[None]:
    with (home / "up.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UpError(
                f"launchwire up already runs for {settings.data_dir} ({_running_at(settings)}); "
                "use that one, or stop it with Ctrl-C where it was started."
            ) from None
        yield


def _running_at(settings: Settings) -> str:
    try:
        return str(json.loads(announcement(settings.data_dir).read_text(encoding="utf-8"))["api_url"])
    except (OSError, ValueError, KeyError):
        return "still starting"


def _check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UpError(
                f"port {port} on {host} cannot be used ({error.strerror}); choose another with --port {port + 1}."
            ) from None


async def _prepare() -> None:
    """The work pool and its limit; runs that an earlier, killed server left as running are marked as crashed.

    A run whose processes died together with server and worker would hold its concurrency slot for ever.
    """
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
    from prefect.client.schemas.objects import StateType
    from prefect.states import Crashed

    async with get_client() as client:
        await client.create_work_pool(
            WorkPoolCreate(
                name=POOL,
                type="process",
                concurrency_limit=POOL_LIMIT,
                description="launchwire's flows on this machine",
            ),
            overwrite=True,
        )
        left = FlowRunFilter(
            state=FlowRunFilterState(
                type=FlowRunFilterStateType(any_=[StateType.RUNNING, StateType.PENDING, StateType.CANCELLING])
            )
        )
        for run in await client.read_flow_runs(flow_run_filter=left):
            await client.set_flow_run_state(
                run.id, Crashed(message="launchwire up found it left over from a server that was killed."), force=True
            )


def _deploy(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "prefect",
            "--no-prompt",
            "deploy",
            "--all",
            "--prefect-file",
            str(shipped("prefect.yaml")),
        ],
        cwd=environment["PWD"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=180,
    )
    if done.returncode:
        tail = (done.stdout + done.stderr)[-800:].strip()
        raise UpError(f"prefect.yaml could not be deployed:\n{tail}")
