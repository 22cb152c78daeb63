"""`launchwire up` for real: Prefect's server, deployments, a worker, scheduled and manual runs, and its refusals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.demo import DemoSite
from flows.runtime import free_port

COMMAND = [sys.executable, "-c", "from flows.cli import main; main()"]
PREFECT = [sys.executable, "-m", "prefect", "--no-prompt"]
START_SECONDS = 240


class Up:
    """A running `launchwire up` over the demo site."""

    def __init__(self, place: Path, site: DemoSite) -> None:
        site.feeds_toml(place / "feeds.toml")
        self.place, self.port = place, free_port()
        self.api = f"http://127.0.0.1:{self.port}/api"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "LAUNCHWIRE_"))},
            "LAUNCHWIRE_DATA_DIR": str(place / "data"),
            "LAUNCHWIRE_FEEDS": str(place / "feeds.toml"),
            "LAUNCHWIRE_ALLOW_NETWORKS": "127.0.0.0/8",
            "LAUNCHWIRE_WORKERS": "1",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
        }
        self.process = subprocess.Popen(
            [*COMMAND, "up", "--port", str(self.port)],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = self._until("Stop with Ctrl-C")

    def _until(self, words: str) -> str:
        assert self.process.stdout is not None
        said = ""
        for line in self.process.stdout:
            said += line
            if words in line:
                return said
        raise AssertionError(said)

    def launchwire(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*COMMAND, *arguments], env=self.environment, capture_output=True, text=True, timeout=240)

    def prefect(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**self.environment, "PREFECT_API_URL": self.api, "DO_NOT_TRACK": "1"}
        return subprocess.run([*PREFECT, *arguments], env=environment, capture_output=True, text=True, timeout=240)

    def ask(self, path: str, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(
            f"{self.api}/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        for _ in range(20):
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                # Its SQLite database is busy; Prefect's own client tries again too.
                if error.code != 503:
                    raise AssertionError(f"{path}: {error} {error.read().decode()}") from error
                time.sleep(0.5)
        raise AssertionError(f"{path} stayed unavailable")

    def start(self, deployment: str, parameters: dict[str, Any]) -> str:
        """Start a deployment by hand; the id of its flow run."""
        flow_name, name = deployment.split("/")
        filters = {"deployments": {"name": {"any_": [name]}}, "flows": {"name": {"any_": [flow_name]}}}
        (found,) = self.ask("deployments/filter", filters)
        return str(self.ask(f"deployments/{found['id']}/create_flow_run", {"parameters": parameters})["id"])

    def report(self, key: str) -> dict[str, str]:
        """The latest run report of that key, by what its lines count."""
        latest = self.ask("artifacts/latest/filter", {"artifacts": {"key": {"any_": [key]}}})[0]
        return {line["what"]: line["value"] for line in json.loads(latest["data"])}

    def ended(self, run_id: str) -> dict[str, Any]:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            (run,) = self.ask("flow_runs/filter", {"flow_runs": {"id": {"any_": [run_id]}}})
            if run["state"]["type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED"):
                return dict(run)
            time.sleep(0.5)
        raise AssertionError(f"{run_id} did not end: {(self.place / 'data/prefect/worker.log').read_text()[-2000:]}")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=60)
        return self.process.returncode


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with DemoSite() as site:
        running = Up(tmp_path_factory.mktemp("up with a space"), site)
        try:
            yield running
        finally:
            if running.process.poll() is None:
                running.stop()


pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("up")]


def test_it_prints_where_the_ui_is_and_deploys_everything(up: Up) -> None:
    assert f"http://127.0.0.1:{up.port}" in up.said
    deployments = {d["name"]: d for d in up.ask("deployments/filter", {})}
    assert set(deployments) >= {"poll", "backfill", "reextract", "maintain-hourly", "maintain-daily", "publish"}
    assert deployments["poll"]["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
    assert deployments["poll"]["schedules"][0]["schedule"]["interval"] == 900
    for deployment in deployments.values():
        assert deployment["description"]
        assert "launchwire" in deployment["tags"]
    assert set(deployments["backfill"]["parameter_openapi_schema"]["properties"]) >= {"start", "end"}
    (pool,) = up.ask("work_pools/filter", {})
    assert (pool["name"], pool["type"], pool["concurrency_limit"]) == ("launchwire", "process", 4)


def test_a_scheduled_poll_runs_and_its_rows_are_there(up: Up) -> None:
    (poll,) = up.ask("deployments/filter", {"deployments": {"name": {"any_": ["poll"]}}})
    scheduled = {"deployment_id": {"any_": [poll["id"]]}, "state": {"type": {"any_": ["SCHEDULED"]}}}
    deadline = time.monotonic() + 150
    while not (waiting := up.ask("flow_runs/filter", {"flow_runs": scheduled, "sort": "EXPECTED_START_TIME_ASC"})):
        assert time.monotonic() < deadline, "the scheduler made no run"
        time.sleep(1)
    # The next quarter of an hour, now: the run that the schedule made is started, not one of ours.
    run = waiting[0]
    assert "auto-scheduled" in run["tags"] or run["auto_scheduled"]
    now = {
        "state": {"type": "SCHEDULED", "name": "Scheduled", "state_details": {"scheduled_time": "2026-01-01T00:00:00Z"}}
    }
    up.ask(f"flow_runs/{run['id']}/set_state", {**now, "force": True})
    ended = up.ended(run["id"])
    assert ended["state"]["type"] == "COMPLETED", ended["state"]["message"]
    assert up.launchwire("sql", "SELECT count(*) FROM articles", "--format", "csv").stdout.split()[-1] == "22"
    report = up.report("poll-report")
    assert {"polled", "unchanged", "new", "launches", "reactions"} <= report.keys()
    assert report["new"] == "22"
    assert [what for what in report if what.startswith("slow host: ")]


def test_manual_backfills_run_and_bad_dates_are_refused_with_a_clear_message(up: Up) -> None:
    good = up.start("backfill/backfill", {"start": "2026-01-04", "end": "2026-01-10", "source": "sitemap"})
    bad = [("2026-01-10", "2026-01-04", "after"), ("2026-02-30", "2026-03-01", "start")]
    refused = {up.start("backfill/backfill", {"start": start, "end": end}): words for start, end, words in bad}
    run = up.ended(good)
    assert run["state"]["type"] == "COMPLETED", run["state"]["message"]
    assert {"new", "launches", "reactions"} <= up.report("backfill-report").keys()
    for run_id, words in refused.items():
        run = up.ended(run_id)
        assert run["state"]["type"] == "FAILED"
        assert words in run["state"]["message"]


def test_a_command_beside_it_uses_its_server(up: Up) -> None:
    done = up.launchwire("poll", "--all")
    assert done.returncode == 0, done.stderr
    assert "6 unchanged" in done.stdout
    runs = up.ask(
        "flow_runs/filter", {"flows": {"name": {"any_": ["poll"]}}, "flow_runs": {"deployment_id": {"is_null_": True}}}
    )
    assert [run["state"]["type"] for run in runs] == ["COMPLETED"]


def test_a_second_one_is_refused_and_so_is_a_busy_port(up: Up, tmp_path: Path) -> None:
    again = up.launchwire("up", "--port", str(free_port()))
    assert again.returncode == 2
    assert "already runs" in again.stderr
    busy = up.launchwire("up", "--port", str(up.port), "--data", str(tmp_path / "other"))
    assert busy.returncode == 2
    assert f"port {up.port}" in busy.stderr
    assert "--port" in busy.stderr
    assert "Traceback" not in again.stderr + busy.stderr


def test_it_stops_with_all_its_children(up: Up) -> None:
    children = _descendants(up.process.pid)
    assert children
    assert up.stop() == 0
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() < deadline, "something was left running"
        time.sleep(0.2)


def _descendants(pid: int) -> list[int]:
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    found, level = [], [pid]
    while level:
        level = [child for child, parent in parents.items() if parent in level]
        found += level
    return found
