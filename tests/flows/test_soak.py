"""Thirty days of a newsroom in which everything fails now and then, and what must hold after each of them.

Run by `make soak`, in some minutes. Another run of chance: SOAK_SEED=7 make soak. What a fault hits and when is decided
by the seed; the moment at which a kill falls into a running process is not.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from newsroom import Newsroom

from flows.demo import DemoSite, server
from flows.demo.content import load_outlets, load_stories
from storage import feeds as feed_states
from storage.archive import captures, days, notes, read_record
from storage.lake import Lake
from storage.maintenance import check

HERE = Path(__file__).parent
SEED = int(os.environ.get("SOAK_SEED", "20260104"))
DAYS = 30
HOURS = (3, 9, 15, 21)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DISK = "24m"
FAULTS = {
    "none": 8, "outlet": 8, "feed": 6, "kill": 7, "full disk": 4, "clock ahead": 2, "clock far ahead": 1,
    "clock back": 2, "two pollers": 3, "killed maintenance": 2, "killed re-extraction": 2,
}  # fmt: skip
OUTLET_MODES = ("down", "500", "503", "429", "404", "hangs up")
FEED_MODES = ("cut", "noise", "empty", "portal")


class Unruly:
    """Makes the demo site's outlets fail: `modes` says how, by outlet."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.modes: dict[str, str] = {}
        answer, send = server._Handler._answer, server._Handler._send

        def failing_answer(handler: Any) -> None:
            mode = self.modes.get(handler.server.outlet.key, "")
            if mode == "down":
                handler.close_connection = True
                with contextlib.suppress(OSError):
                    handler.connection.shutdown(socket.SHUT_RDWR)
            # A missing robots.txt would allow everything (RFC 9309, 2.3.1.3).
            elif mode.isdecimal() and not (mode == "404" and handler.path == "/robots.txt"):
                send(handler, HTTPStatus(int(mode)), {"Retry-After": "120"}, b"")
            else:
                answer(handler)

        def failing_send(handler: Any, status: HTTPStatus, headers: Any, body: bytes) -> None:
            outlet = handler.server.outlet
            mode = self.modes.get(outlet.key, "")
            is_feed = handler.path in {feed.path for feed in outlet.feeds}
            if status is not HTTPStatus.OK or not (mode == "hangs up" or (mode in FEED_MODES and is_feed)):
                send(handler, status, headers, body)
            elif mode in ("cut", "hangs up"):
                _break_off(handler, headers, body)
            else:
                plain = {"Content-Type": "text/html" if mode == "portal" else "application/xml"}
                send(handler, status, plain, _NOT_THE_FEED[mode])

        monkeypatch.setattr(server._Handler, "_answer", failing_answer)
        monkeypatch.setattr(server._Handler, "_send", failing_send)


_NOT_THE_FEED = {
    "noise": random.Random(1).randbytes(20_000),
    "empty": b"",
    "portal": b"<!doctype html><html><head><title>Welcome to our network</title></head><body>Accept the terms.</body>",
}


def _break_off(handler: Any, headers: Any, body: bytes) -> None:
    """Announce the whole body, send half of it, and go."""
    handler._record(HTTPStatus.OK)
    handler.send_response(HTTPStatus.OK)
    for name, value in {**headers, "Content-Length": str(len(body))}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.close_connection = True


class Nursery:
    """Starts work that can be killed."""

    def __init__(self) -> None:
        paths = os.pathsep.join([str(HERE), str(HERE.parent.parent)])
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "soak_child.py")],
            env={**os.environ, "PYTHONPATH": paths},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, newsroom: Newsroom, what: str, **options: Any) -> int:
        """Begin a job; returns its process id."""
        settings = json.loads(newsroom.settings.model_dump_json())
        return self._tell({"what": what, "settings": settings, "now": newsroom.now.isoformat(), **options})

    def ended_well(self, child: int) -> bool:
        """Wait for a job's end; whether it was a good one."""
        return self._tell(child) == 0

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)

    def _tell(self, order: Any) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    running = Nursery()
    yield running
    running.stop()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[tuple[Path, bool]]:
    """A small disk of its own to fill, where this user may mount one; else a directory."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(place)]
    mounted = os.geteuid() == 0 and subprocess.run(command, capture_output=True).returncode == 0
    yield place, mounted
    if mounted:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@dataclass
class Soak:
    """The newsroom under the seed's faults, and what was acknowledged so far."""

    newsroom: Newsroom
    nursery: Nursery
    unruly: Unruly
    chance: random.Random
    disk: Path | None
    seconds: float = 1.0
    happened: Counter[str] = field(default_factory=Counter)
    acknowledged: dict[str, tuple[str, Any]] = field(default_factory=dict)
    fetched: set[str] = field(default_factory=set)
    polls: int = 0

    def poll(self, *, everything: bool = False, **options: Any) -> int:
        """Begin a poll in a process of its own."""
        self.polls += 1
        return self.nursery.start(self.newsroom, "poll", run=f"poll {self.polls}", everything=everything, **options)

    def kill_at_some_moment(self, child: int) -> None:
        """kill -9 between the child's first moment and its usual last."""
        time.sleep(self.chance.uniform(0, self.seconds))
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        self.happened["killed at work"] += not self.nursery.ended_well(child)

    def suffer(self, fault: str) -> None:
        """One poll with this fault in it."""
        self.happened[fault] += 1
        match fault:
            case "none":
                began = time.monotonic()
                assert self.nursery.ended_well(self.poll())
                self.seconds = max(0.3, time.monotonic() - began)
            case "outlet" | "feed":
                modes = OUTLET_MODES if fault == "outlet" else FEED_MODES
                outlets = self.chance.sample(sorted(load_outlets()), self.chance.randint(1, 3))
                self.unruly.modes = {outlet: self.chance.choice(modes) for outlet in outlets}
                assert self.nursery.ended_well(self.poll(everything=self.chance.random() < 0.5))
                self.unruly.modes = {}
            case "kill":
                self.kill_at_some_moment(self.poll(everything=True))
            case "full disk":
                self._with_a_full_disk()
            case "clock ahead" | "clock far ahead" | "clock back":
                self._with_a_wrong_clock({"clock ahead": 5, "clock far ahead": 400, "clock back": -3}[fault])
            case "two pollers":
                pair = [self.poll(), self.poll()]
                assert [self.nursery.ended_well(child) for child in pair] == [True, True]
            case "killed maintenance":
                self.kill_at_some_moment(self.nursery.start(self.newsroom, "maintain", round="weekly"))
            case "killed re-extraction":
                from_html = self.chance.random() < 0.5
                self.kill_at_some_moment(self.nursery.start(self.newsroom, "reread", from_html=from_html))

    def _with_a_full_disk(self) -> None:
        if self.disk is None:
            self.nursery.ended_well(self.poll(everything=True, archive_full_after=self.chance.randint(0, 6)))
            return
        filler = self.disk / "filler"
        left = self.chance.choice([0, 4_096, 30_000, 120_000])
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(65_536))
        with filler.open("r+b") as file:
            file.truncate(max(0, filler.stat().st_size - left))
        self.happened["a poll that met the full disk"] += not self.nursery.ended_well(self.poll(everything=True))
        filler.unlink()

    def _with_a_wrong_clock(self, ahead: int) -> None:
        right = self.newsroom.now
        self.newsroom.now = right + timedelta(days=ahead)
        assert self.nursery.ended_well(self.poll())
        self.newsroom.now = right

    def house_keeping(self, day: int) -> None:
        """The daily round; every seventh day the weekly one, at a time when all before it is old."""
        weekly = day % 7 == 6
        right = self.newsroom.now
        # DuckLake dates its files by the machine's clock.
        self.newsroom.now = datetime.now(UTC) + timedelta(days=40 if weekly else 0)
        child = self.nursery.start(self.newsroom, "maintain", round="weekly" if weekly else "daily")
        self.newsroom.now = right
        assert self.nursery.ended_well(child)

    def audit(self) -> None:
        """What must hold whatever happened."""
        archive = self.newsroom.settings.data_dir / "archive"
        with Lake.open(self.newsroom.settings.lake(), create=False) as lake:
            assert check(lake) == []
            states = feed_states.states(lake)
        self._nothing_is_lost_or_doubled()
        self._evidence_is_what_the_text_says()
        self._what_a_feed_showed_is_there(states)
        assert {state.status for state in states.values()} <= {"active"}
        for fetch_id, file, offset, *urls in self.newsroom.query(
            "SELECT fetch_id, warc_file, warc_offset, url, final_url FROM fetches WHERE warc_file IS NOT NULL"
        ):
            if fetch_id not in self.fetched:
                assert read_record(archive, file, offset).url in urls
                self.fetched.add(fetch_id)
        self._forbidden_pages_were_left_alone()

    def _nothing_is_lost_or_doubled(self) -> None:
        found = {
            article: (digest, launches)
            for article, digest, launches in self.newsroom.query(
                "SELECT article_id, any_value(content_hash), list(l.launch_id ORDER BY l.launch_id) "
                "FROM articles LEFT JOIN launches l USING (article_id) GROUP BY article_id"
            )
        }
        for article, (digest, launches) in self.acknowledged.items():
            assert article in found, f"{article} is lost"
            if found[article][0] == digest:
                assert found[article][1] == launches, f"the launches of {article} are others"
        self.acknowledged = found
        for column in ("canonical_url", "url"):
            twice = f"SELECT {column}, count(*) FROM articles GROUP BY ALL HAVING count(*) > 1"
            assert self.newsroom.query(twice) == []

    def _evidence_is_what_the_text_says(self) -> None:
        for table in ("launches", "reactions"):
            for text, evidence, rules in self.newsroom.query(
                f'SELECT a."text", x.evidence, x.rules FROM {table} x LEFT JOIN articles a USING (article_id)'
            ):
                assert rules
                assert evidence
                assert all(text[quote["start"] : quote["end"]] == quote["text"] for quote in evidence)

    def _what_a_feed_showed_is_there(self, states: Any) -> None:
        """A window, and with it the validators, is stored with its articles or not at all."""
        site = self.newsroom.site
        stored = {url.partition("?")[0] for (url,) in self.newsroom.query("SELECT url FROM articles")}
        names = [
            name
            for story in load_stories()
            if (url := site.base(story.outlet) + story.path) in stored
            # Two feeds of an outlet call a story by two names; the article keeps the first that it came by.
            for name in (
                url,
                f"{story.outlet}:{story.slug}",
                f"{story.outlet}-{story.slug}",
                f"tag:strait-observer.example,2026:{story.slug}",
            )
        ]
        names += [name for row in self.newsroom.query("SELECT guid, url FROM articles") for name in row if name]
        named = {hashlib.sha256(name.encode()).hexdigest()[:16] for name in names}
        for state in states.values():
            assert {key for key, _ in state.window} <= named, f"{state.url}: entries without their articles"

    def _forbidden_pages_were_left_alone(self) -> None:
        for request in self.newsroom.site.requests:
            assert not request.path.startswith(load_outlets()[request.outlet].disallow), request
        self.newsroom.site.requests.clear()


def comparable(newsroom: Newsroom) -> dict[str, Any]:
    """Articles and launches as they do not depend on when they were first seen."""
    told = (
        "SELECT a.canonical_url, a.content_hash, a.quality, a.title{} FROM articles a {} WHERE a.date_source <> 'seen'"
    )
    launches = ", l.country, l.date, l.count_min, l.count_max, l.weapon_class, l.status, l.role, l.evidence"
    return {
        "articles": newsroom.query(told.format("", "") + " ORDER BY ALL"),
        "launches": newsroom.query(told.format(launches, "JOIN launches l USING (article_id)") + " ORDER BY ALL"),
    }


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_thirty_days(
    disk: tuple[Path, bool], tmp_path: Path, nursery: Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, mounted = disk
    chance = random.Random(SEED)
    print(f"seed {SEED}; disk full by {'a small disk' if mounted else 'a patched write'}")  # noqa: T201 (to run it again)
    with DemoSite(now=BEGIN) as site:
        newsroom = Newsroom(place / "data", site, now=BEGIN)
        soak = Soak(newsroom, nursery, Unruly(monkeypatch), chance, place if mounted else None)
        soak.suffer("none")
        for day in range(DAYS):
            for hour in HOURS:
                newsroom.now = site.now = BEGIN + timedelta(days=day, hours=hour)
                (fault,) = chance.choices(list(FAULTS), list(FAULTS.values()))
                soak.suffer(fault)
            soak.house_keeping(day)
            soak.audit()
        _calm(soak)
        print(dict(soak.happened))  # noqa: T201 (what it went through)
        assert set(FAULTS) <= set(soak.happened), "the seed left a fault out"
        assert len(newsroom.query("FROM articles")) >= len(load_stories()) - 2
        undisturbed = Newsroom(tmp_path / "undisturbed", site, now=newsroom.now)
        undisturbed.poll()
        assert comparable(newsroom) == comparable(undisturbed)


def _calm(soak: Soak) -> None:
    """Without faults all recovers by itself, from due feeds alone; then nothing changes any more."""
    newsroom = soak.newsroom
    for _ in range(16):
        newsroom.now += timedelta(hours=6)
        newsroom.site.now = newsroom.now
        soak.suffer("none")
    soak.audit()
    with Lake.open(newsroom.settings.lake(), create=False) as lake:
        for state in feed_states.states(lake).values():
            assert (state.failures, state.last_outcome in ("ok", "unchanged")) == (0, True), state
    before = newsroom.rows()
    assert soak.nursery.ended_well(soak.poll(everything=True))
    assert soak.nursery.ended_well(soak.nursery.start(newsroom, "reread", from_html=True))
    after = newsroom.rows()
    for table in ("articles", "revisions", "launches", "reactions"):
        assert after[table] == before[table], table
    archive = newsroom.settings.data_dir / "archive"
    held = days(archive)
    assert len(list(captures(archive, held[0], held[-1]))) > len(load_stories())
    assert sum(1 for day in held for _ in notes(archive, day)) > len(load_stories())
