"""Alerts reach every sink at least once, whatever dies in between; a repetition carries the same id."""

from __future__ import annotations

import json
import os
import random
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from click.testing import CliRunner
from prefect.events.schemas.automations import AutomationCore
from pytest_httpserver import HTTPServer
from yaml import safe_load

from flows.alerts import Email, PrefectEvents, SinkError, Webhook, event, message, settle, sinks, tell
from flows.settings import Settings
from storage import alerts
from storage.alerts import Alert
from storage.lake import Lake, LakeConfig

sys.path.insert(0, str(Path(__file__).parents[1] / "storage"))
import sample

from storage.articles import save

NOW = datetime(2026, 1, 5, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


class Recorder:
    """A sink that remembers, and fails as often as it is told to."""

    paced = True

    def __init__(self, name: str = "recorder", failures: int = 0) -> None:
        self.name = name
        self.failures = failures
        self.taken: list[str] = []

    def send(self, alert: Alert) -> None:
        if self.failures:
            self.failures -= 1
            raise SinkError("not now")
        self.taken.append(alert.alert_id)


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with Lake.open(LakeConfig(directory=tmp_path / "lake")) as opened:
        yield opened


def made(number: int, **changes: Any) -> Alert:
    return alerts.raised(
        "incident.new", f"PRK-{number}", f"Launch {number}", {"n": number, **changes}, "conducted", NOW
    )


def fill(lake: Lake, number: int) -> None:
    lake.write(lambda con: alerts.put(con, [made(n) for n in range(number)]), message="test")


def told(lake: Lake, *to: Recorder, minutes: int = 0, per_minute: int = 1000) -> tuple[int, list[str]]:
    return tell(lake, to, now=lambda: NOW + timedelta(minutes=minutes), per_minute=per_minute, sleep=lambda _s: None)


def test_each_sink_takes_each_alert_once(lake: Lake) -> None:
    fill(lake, 30)
    one, two = Recorder("one"), Recorder("two")
    assert told(lake, one, two) == (30, [])
    assert told(lake, one, two, minutes=60) == (0, [])
    assert sorted(one.taken) == sorted(two.taken) == sorted(made(n).alert_id for n in range(30))


def test_a_sink_that_fails_is_tried_again_later_and_the_other_is_not_bothered(lake: Lake) -> None:
    fill(lake, 2)
    good, bad = Recorder("good"), Recorder("bad", failures=3)
    count, errors = told(lake, good, bad)
    assert (count, errors) == (2, ["alerts by bad: not now"])
    told(lake, good, bad, minutes=1)
    told(lake, good, bad, minutes=10)
    assert sorted(bad.taken) == sorted(good.taken)
    assert len(good.taken) == 2


def test_nobody_is_told_by_two_runs_at_once(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(lake, 1)
    sink = Recorder()
    monkeypatch.setattr("flows.alerts.sinks", lambda _settings: [sink])
    monkeypatch.setattr("flows.alerts._PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr("flows.alerts.refresh", lambda *_arguments, **_options: None)
    settings = Settings(data_dir=tmp_path)
    with lake.exclusive("alerts", wait_seconds=0):
        assert settle(lake, settings) == []
    assert sink.taken == []
    settle(lake, settings)
    assert sink.taken == [made(0).alert_id]


def test_what_waits_for_a_sink_that_is_gone_keeps_nothing_from_the_others(lake: Lake) -> None:
    fill(lake, 3)
    told(lake, Recorder("good"), Recorder("gone", failures=99))
    lake.write(lambda con: alerts.put(con, [made(7)]), message="test")
    assert [alert.alert_id for alert in alerts.due(lake, now=NOW, limit=1)] == [made(7).alert_id]


def test_a_flood_is_told_at_its_pace(lake: Lake) -> None:
    fill(lake, 25)
    sink = Recorder()
    for minutes, sent in ((0, 10), (1, 20), (2, 25), (3, 25)):
        told(lake, sink, minutes=minutes, per_minute=10)
        assert len(set(sink.taken)) == len(sink.taken) == sent


def test_two_runs_within_a_minute_share_the_pace(lake: Lake) -> None:
    fill(lake, 15)
    sink = Recorder()
    told(lake, sink, per_minute=10)
    tell(lake, [sink], now=lambda: NOW + timedelta(seconds=30), per_minute=10, sleep=lambda _s: None)
    assert len(sink.taken) == 10
    told(lake, sink, minutes=1, per_minute=10)
    assert len(sink.taken) == 15


def test_the_test_command_tries_every_sink(tmp_path: Path, httpserver: HTTPServer) -> None:
    from flows.cli import cli

    httpserver.expect_request("/hook", method="POST").respond_with_data("", status=204)
    Mailbox.received.clear()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        variables = {
            "LAUNCHWIRE_DATA_DIR": str(tmp_path), "LAUNCHWIRE_ALERT_WEBHOOK": httpserver.url_for("/hook"),
            "LAUNCHWIRE_ALERT_EMAIL_TO": "a@example.org", "LAUNCHWIRE_SMTP_HOST": "127.0.0.1",
            "LAUNCHWIRE_SMTP_PORT": str(server.server_address[1]), "LAUNCHWIRE_SMTP_SECURITY": "none",
        }  # fmt: skip
        done = CliRunner().invoke(cli, ["alerts", "test"], env=variables, standalone_mode=False)
        server.shutdown()
    assert (done.return_value, done.stdout) == (0, "webhook: sent\nemail: sent\n")
    assert httpserver.log[-1][0].get_json()["kind"] == "test"
    assert "Subject: launchwire: A test: alerts arrive" in "".join(Mailbox.received)
    nobody = variables | {"LAUNCHWIRE_ALERT_WEBHOOK": "http://127.0.0.1:9/", "LAUNCHWIRE_SMTP_PORT": "9"}
    failed = CliRunner().invoke(cli, ["alerts", "test"], env=nobody, standalone_mode=False)
    assert failed.return_value == 1
    assert "webhook: the webhook did not answer" in failed.output
    assert "email: the mail server 127.0.0.1 did not take it" in failed.output
    unset = dict.fromkeys(variables) | {"LAUNCHWIRE_DATA_DIR": str(tmp_path)}
    refused = CliRunner().invoke(cli, ["alerts", "test"], env=unset)
    assert refused.exit_code == 2
    assert "no sink is configured" in refused.output


def test_the_same_alert_is_not_raised_twice(lake: Lake) -> None:
    fill(lake, 3)
    fill(lake, 3)
    assert len(alerts.due(lake, now=NOW)) == 3
    assert event(made(1))["id"] == event(made(1))["id"] != event(made(2))["id"]


def test_troubled_feeds_are_told_of_once_until_they_answer_again(lake: Lake) -> None:
    failing = sample.feed("f", failures=5, last_full_fetch_at=NOW)
    save(lake, feeds=[failing, sample.feed("g", status="gone"), sample.feed("ok", failures=1)], message="test")
    assert alerts.raise_for_feeds(lake, now=NOW) == 2
    assert alerts.raise_for_feeds(lake, now=NOW + timedelta(hours=1)) == 0
    save(lake, feeds=[sample.feed("f", failures=6, last_full_fetch_at=NOW + timedelta(days=1))], message="test")
    assert alerts.raise_for_feeds(lake, now=NOW + timedelta(days=2)) == 1


def test_webhook(httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/hook", method="POST").respond_with_data("no", status=503)
    httpserver.expect_ordered_request("/hook", method="POST").respond_with_data("", status=204)
    sink = Webhook(httpserver.url_for("/hook"))
    with pytest.raises(SinkError, match="answered 503"):
        sink.send(made(1))
    sink.send(made(1, title="<script>\u202e"))
    request = httpserver.log[-1][0]
    assert request.headers["Idempotency-Key"] == made(1).alert_id == request.get_json()["id"]
    with pytest.raises(SinkError, match="did not answer"):
        Webhook("http://127.0.0.1:9/").send(made(1))


class Mailbox(socketserver.StreamRequestHandler):
    """Enough of a mail server (RFC 5321) to take a message."""

    received: ClassVar[list[str]] = []

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        data = False
        for line in self.rfile:
            if data:
                if line == b".\r\n":
                    data = False
                    self.wfile.write(b"250 taken\r\n")
                else:
                    Mailbox.received.append(line.decode())
            elif line.upper().startswith(b"DATA"):
                data = True
                self.wfile.write(b"354 go on\r\n")
            elif line.upper().startswith(b"QUIT"):
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 ok\r\n")


def test_email() -> None:
    Mailbox.received.clear()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        settings = Settings(smtp_host="127.0.0.1", smtp_port=port, smtp_security="none",
                            alert_email_to=("a@example.org",), alert_email_from="b@example.org")  # fmt: skip
        assert [sink.name for sink in sinks(settings)] == ["prefect", "email"]
        hostile = alerts.raised("incident.new", "X", "Line\r\nBcc: evil@example.org", {}, "s", NOW)
        Email(settings).send(hostile)
        server.shutdown()
    text = "".join(Mailbox.received)
    headers = text.split("\r\n\r\n")[0]
    assert "Subject: launchwire:" in headers
    assert "\nBcc:" not in headers
    assert f"<{hostile.alert_id}@launchwire.invalid>" in text
    with pytest.raises(SinkError, match="did not take it"):
        Email(settings).send(hostile)
    assert message(hostile, settings)["To"] == "a@example.org"


_TELLER = """
import sys, time
from pathlib import Path
from flows.alerts import Webhook, tell
from storage.lake import Lake, LakeConfig
with Lake.open(LakeConfig(directory=Path(sys.argv[1]))) as lake:
    print("ready", flush=True)
    tell(lake, [Webhook(sys.argv[2])], per_minute=1000)
"""


def test_a_hundred_alerts_with_the_process_killed_at_random(lake: Lake, httpserver: HTTPServer) -> None:
    fill(lake, 100)
    httpserver.expect_request("/hook").respond_with_data("", status=204)
    address, chance = httpserver.url_for("/hook"), random.Random(3)
    killed = 0
    for attempt in range(20):
        teller = subprocess.Popen(
            [sys.executable, "-c", _TELLER, str(lake.config.directory), address],
            cwd=ROOT, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert teller.stdout
        teller.stdout.readline()
        if attempt < 4:
            wanted, patience = len(httpserver.log) + chance.randrange(1, 30), time.monotonic() + 20
            while len(httpserver.log) < wanted and teller.poll() is None and time.monotonic() < patience:
                time.sleep(0.002)
            teller.send_signal(signal.SIGKILL)
        killed += teller.wait(60) == -signal.SIGKILL
        teller.stdout.close()
        if not alerts.due(lake, now=datetime.now(UTC)):
            break
    delivered = [json.loads(request.get_data())["id"] for request, _ in httpserver.log]
    assert killed >= 2
    assert set(delivered) == {made(n).alert_id for n in range(100)}


def test_prefect_keeps_an_event_told_twice_once() -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    from flows.runtime import private_server

    # Prefect lists recent events only.
    told = replace(made(1), raised_at=datetime.now(UTC))
    # This process imported Prefect, and Prefect its settings, before there was a server.
    with private_server() as url, temporary_settings(updates={PREFECT_API_URL: url}):
        from prefect.client.orchestration import get_client

        for _ in range(2):
            PrefectEvents().send(told)
        wanted = {"filter": {"event": {"name": ["launchwire.incident.new"]}}}
        deadline = time.monotonic() + 30
        with get_client(sync_client=True) as client:
            while not (found := client.request("POST", "/events/filter", json=wanted).json()["events"]):
                assert time.monotonic() < deadline, "the event did not arrive"
                time.sleep(0.2)
    assert [e["id"] for e in found] == [event(made(1))["id"]]
    assert found[0]["payload"]["alert_id"] == made(1).alert_id


@pytest.mark.parametrize("path", sorted((ROOT / "automations").glob("*.yaml")), ids=lambda path: path.stem)
def test_automations_are_as_prefect_reads_them(path: Path) -> None:
    assert AutomationCore.model_validate(safe_load(path.read_text(encoding="utf-8"))).enabled
