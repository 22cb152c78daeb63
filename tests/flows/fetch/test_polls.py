"""The client, the parser and the timetable together, against publishers that keep score, over real sockets.

The network is real, the time is not: a week of polls takes a second.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from random import Random

import pytest
from scripted import FakeTime, Request, Script, ScriptedServer, redirect, reply, silence

from extractors.feed import NotAFeed, parse_feed
from extractors.records import FeedEntry, FeedState
from flows.fetch.http import Client, FetchSettings
from flows.timetable import PollResult, decide, due, lost_window, poll_result, request_validators

pytestmark = pytest.mark.anyio

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Publisher:
    """A feed with an entry every `every`, and a log of what each request did right and wrong.

    The score is kept as a publisher would: by looking at the requests alone.
    """

    passing: FakeTime
    every: timedelta = 2 * HOUR
    entries: int = 20
    lying: bool = False
    weak: bool = False
    restless: bool = False
    channel: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    asked: list[tuple[datetime, bool]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    given: dict[str, str] = field(default_factory=dict)

    def numbers(self) -> list[int]:
        newest = int(self.passing.now.timestamp() / self.every.total_seconds())
        return list(range(newest, newest - self.entries, -1))

    def body(self) -> bytes:
        items = "".join(
            f"<item><guid isPermaLink='false'>{number}</guid><title>Report {number}</title>"
            f"<link>https://wire.test/{number}</link><pubDate>{format_datetime(self.date(number))}</pubDate></item>"
            for number in self.numbers()
        )
        return f"<rss version='2.0'><channel><title>Wire</title>{self.channel}{items}</channel></rss>".encode()

    def date(self, number: int) -> datetime:
        return datetime.fromtimestamp(number * self.every.total_seconds(), self.passing.now.tzinfo)

    def validators(self) -> dict[str, str]:
        mark = "same" if self.lying else str(self.numbers()[0])
        if self.restless:
            mark += f"-{len(self.asked)}"
        modified = "Mon, 02 Mar 2026 00:00:00 GMT" if self.lying else format_datetime(self.date(self.numbers()[0]))
        return {"ETag": f'{"W/" if self.weak else ""}"{mark}"', "Last-Modified": modified}

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        sent = {"ETag": request.header("If-None-Match"), "Last-Modified": request.header("If-Modified-Since")}
        self.judge(request, sent)
        self.asked.append((self.passing.now, any(sent.values())))
        now = self.validators()
        unchanged = sent["ETag"] == now["ETag"]
        self.answers.append(304 if unchanged else 200)
        self.given = now
        await reply(b"" if unchanged else self.body(), self.answers[-1], [*now.items(), *self.headers])(request, writer)

    def judge(self, request: Request, sent: dict[str, str | None]) -> None:
        for name, value in sent.items():
            if value is not None and value != self.given.get(name):
                self.faults.append(f"{name} {value!r} is not the last one, {self.given.get(name)!r}")
        for name in ("Cookie", "Referer", "Cache-Control", "Pragma"):
            if request.header(name) is not None:
                self.faults.append(f"{name} was sent")
        if "(+https://" not in (request.header("User-Agent") or ""):
            self.faults.append("no contact in the User-Agent")
        if request.method != "GET" or "?" in request.target:
            self.faults.append(f"{request.method} {request.target}")

    @property
    def gaps(self) -> list[timedelta]:
        return [later[0] - sooner[0] for sooner, later in pairwise(self.asked)]

    @property
    def unconditional(self) -> list[datetime]:
        return [at for at, conditional in self.asked if not conditional]


@dataclass
class Poller:
    """The least that can be a poller: what is due, ask, parse, decide. Its states are all that it keeps."""

    client: Client
    passing: FakeTime
    states: dict[str, FeedState]
    seen: dict[str, list[str]] = field(default_factory=dict)
    lost: list[tuple[datetime, datetime]] = field(default_factory=list)
    results: list[PollResult] = field(default_factory=list)
    rng: Random = field(default_factory=lambda: Random(5))

    async def poll(self, state: FeedState) -> None:
        now = self.passing.now
        sent = request_validators(state, state.url, now)
        response = await self.client.get(
            state.url, kind="feed", etag=sent.etag, last_modified=sent.last_modified, validators_url=sent.url
        )
        new: list[FeedEntry] = []
        feed, window, detail = None, state.window, ""
        if response.outcome == "ok":
            try:
                feed = parse_feed(
                    response.body, url=response.final_url, content_type=response.content_type, now=response.fetched_at
                )
            except NotAFeed as error:
                detail = str(error)
        if feed is not None:
            known = {key for key, _ in state.window}
            new = [entry for entry in feed.entries if entry.guid not in known]
            window = tuple((entry.guid or "", entry.title) for entry in feed.entries)
        result = poll_result(response, feed, new=new, window=window, detail=detail)
        lost = lost_window(state, result, now)
        if lost is not None:
            self.lost.append(lost)
        self.results.append(result)
        self.seen.setdefault(state.feed_id, []).extend(entry.guid or "" for entry in new)
        self.states[state.feed_id] = decide(state, result, now=now, rng=self.rng)

    async def run(self, span: timedelta, *, step: timedelta = timedelta(minutes=10)) -> None:
        until = self.passing.now + span
        while self.passing.now < until:
            await asyncio.gather(*(self.poll(state) for state in due(self.states.values(), self.passing.now)))
            self.passing.advance(step.total_seconds())

    @property
    def state(self) -> FeedState:
        return self.states["wire"]


@asynccontextmanager
async def polling(
    passing: FakeTime, routes: dict[str, Script | list[Script]], path: str = "/feed", **changes: object
) -> AsyncIterator[tuple[ScriptedServer, Poller]]:
    values: dict[str, object] = {"allow_networks": ("127.0.0.0/8",), "home_pace_seconds": 0.0, **changes}
    settings = FetchSettings("https://example.org/about", **values)  # type: ignore[arg-type]
    client = Client(settings, clock=passing.clock, monotonic=passing.monotonic, sleep=passing.sleep)
    async with ScriptedServer(routes) as server, client:
        yield server, Poller(client, passing, {"wire": FeedState("wire", server.url(path), "Wire")})


@pytest.mark.parametrize(("every", "weak"), [(HOUR / 6, False), (2 * HOUR, True), (4 * DAY, False)])
async def test_a_week_without_fault(every: timedelta, weak: bool) -> None:
    """A1-A4, B1, D1-D7, E2: as the publisher's log sees it, the process ending after every poll."""
    passing = FakeTime()
    publisher = Publisher(passing, every=every, weak=weak)
    async with polling(passing, {"/feed": publisher}) as (server, poller):
        await poller.run(7 * DAY)
    assert publisher.faults == []
    assert len(publisher.unconditional) <= 7
    assert all(later - sooner >= DAY for sooner, later in pairwise(publisher.unconditional))
    assert min(publisher.gaps) >= HOUR
    assert {request.target for request in server.requests} == {"/feed"}
    seen = poller.seen["wire"]
    assert len(seen) == len(set(seen))
    assert poller.lost == []


async def test_validators_that_change_alone_are_taken_over() -> None:
    """A5: the body stays the same, the validators do not, with every answer."""
    passing = FakeTime()
    publisher = Publisher(passing, every=400 * DAY, entries=3, restless=True)
    async with polling(passing, {"/feed": publisher}) as (_, poller):
        await poller.run(3 * DAY)
    assert publisher.faults == []
    assert set(publisher.answers) == {200}
    assert len(publisher.answers) >= 4


async def test_validators_of_a_304_are_taken_over() -> None:
    """A6."""
    passing = FakeTime()
    feed = Publisher(passing).body()
    scripts: list[Script] = [
        reply(feed, 200, [("ETag", '"1"')]),
        reply(b"", 304, [("ETag", '"2"')]),
        reply(b"", 304),
    ]
    async with polling(passing, {"/feed": scripts}) as (server, poller):
        await poller.run(10 * HOUR)
    assert [request.header("If-None-Match") for request in server.requests][:4] == [None, '"1"', '"2"', '"2"']


async def test_validator_no_longer_sent_is_no_longer_sent_back() -> None:
    """A7."""
    passing = FakeTime()
    feed = Publisher(passing).body()
    scripts: list[Script] = [reply(feed, 200, [("ETag", '"1"'), ("Last-Modified", "Mon")]), reply(feed)]
    async with polling(passing, {"/feed": scripts}) as (server, poller):
        await poller.run(10 * HOUR)
    sent = [(request.header("If-None-Match"), request.header("If-Modified-Since")) for request in server.requests]
    assert sent[:3] == [(None, None), ('"1"', "Mon"), (None, None)]


async def test_lying_validators_lose_nothing() -> None:
    """A9, E1: "not modified" for ever, while the feed goes on."""
    passing = FakeTime()
    publisher = Publisher(passing, lying=True, entries=30)
    async with polling(passing, {"/feed": publisher}) as (_, poller):
        await poller.run(3 * DAY)
    numbers = sorted(map(int, poller.seen["wire"]))
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert numbers[-1] >= publisher.numbers()[0] - 2
    assert publisher.unconditional[1] - publisher.unconditional[0] < 27 * HOUR


@pytest.mark.parametrize(
    ("channel", "headers", "least"),
    [
        ("", [("Cache-Control", "max-age=21600"), ("Age", "3600")], 5 * HOUR),
        ("", [("Cache-Control", "no-cache, max-age=21600")], HOUR),
        ("<ttl>240</ttl>", [], 4 * HOUR),
        ("<ttl>20</ttl>", [], timedelta(minutes=20)),
    ],
)
async def test_publishers_hints(channel: str, headers: list[tuple[str, str]], least: timedelta) -> None:
    """B2, B7: over 200s and 304s alike, neither sooner nor much later."""
    passing = FakeTime()
    publisher = Publisher(passing, every=HOUR / 4, entries=40, channel=channel, headers=headers)
    async with polling(passing, {"/feed": publisher}) as (_, poller):
        await poller.run(1.5 * DAY)
    assert min(publisher.gaps) >= least
    assert max(publisher.gaps) <= 1.1 * least + timedelta(minutes=20)


async def test_hours_to_skip_hold_over_304s() -> None:
    """B7."""
    passing = FakeTime()
    hours = "".join(f"<hour>{hour}</hour>" for hour in (0, 1, 2, 3, 22, 23))
    publisher = Publisher(passing, every=400 * DAY, channel=f"<skipHours>{hours}</skipHours><ttl>60</ttl>")
    async with polling(passing, {"/feed": publisher}) as (_, poller):
        await poller.run(6 * DAY)
    assert 304 in publisher.answers
    assert all(4 <= at.hour < 22 for at, _ in publisher.asked)


async def test_throttling_is_obeyed_and_slows_down() -> None:
    """B4: a limit with Retry-After, as seconds and as a date, every time."""
    passing = FakeTime()
    times: list[datetime] = []

    async def limited(request: Request, writer: asyncio.StreamWriter) -> None:
        times.append(passing.now)
        until = passing.now + 3 * HOUR
        after = "10800" if len(times) % 2 else format_datetime(until, usegmt=True)
        await reply(b"slow down", 429, [("Retry-After", after)])(request, writer)

    async with polling(passing, {"/feed": limited}) as (_, poller):
        await poller.run(8 * DAY)
    gaps = [later - sooner for sooner, later in pairwise(times)]
    assert min(gaps) >= 3 * HOUR
    assert gaps[-1] > 2 * gaps[0]
    assert poller.state.status == "active"


@pytest.mark.parametrize("script", [reply(b"", 503), silence, reply(b"<html><p>Sign in</p></html>"), reply(b"", 404)])
async def test_failures_back_off_and_recover(script: Script) -> None:
    """B5, C3, C4: a week of trouble, then all is as before, validators included."""
    passing = FakeTime()
    publisher = Publisher(passing)
    routes: dict[str, Script | list[Script]] = {"/feed": publisher}
    async with polling(passing, routes, read_seconds=0.4) as (server, poller):
        await poller.run(5 * HOUR)
        before = poller.state
        routes["/feed"] = script
        server.requests.clear()
        await poller.run(7 * DAY)
        assert len(server.requests) <= 13
        after = poller.state
        for name in ("etag", "last_modified", "hints", "title", "url", "window"):
            assert getattr(after, name) == getattr(before, name)
        routes["/feed"] = publisher
        await poller.run(4 * DAY)
        assert (poller.state.failures, poller.state.status) == (0, "active")
    assert publisher.faults == []


async def test_confirmed_permanent_redirect_is_stored_with_its_validators() -> None:
    """C1, A8: the leading permanent prefix only; afterwards the old URL is asked no more."""
    passing = FakeTime()
    publisher = Publisher(passing)
    routes: dict[str, Script | list[Script]] = {
        "/feed": redirect("/moved", 301),
        "/moved": redirect("/cdn", 302),
        "/cdn": publisher,
    }
    async with polling(passing, routes) as (server, poller):
        await poller.run(20 * HOUR)
        assert poller.state.url == server.url("/feed")
        await poller.run(20 * HOUR)
        assert poller.state.url == server.url("/moved")
        server.requests.clear()
        await poller.run(10 * HOUR)
        assert {request.target for request in server.requests} == {"/moved", "/cdn"}
        assert not any(request.header("If-None-Match") for request in server.requests if request.target != "/cdn")
    assert publisher.faults == []
    assert len(publisher.unconditional) <= 2


@pytest.mark.parametrize("status", [302, 303, 307])
async def test_temporary_redirect_is_never_stored(status: int) -> None:
    """C1."""
    passing = FakeTime()
    routes: dict[str, Script | list[Script]] = {"/feed": redirect("/now", status), "/now": Publisher(passing)}
    async with polling(passing, routes) as (server, poller):
        await poller.run(5 * DAY)
        assert poller.state.url == server.url("/feed")


async def test_portal_behind_a_permanent_redirect_takes_nothing_over() -> None:
    """C4: a captive portal that answers 301 to a page for days on end."""
    passing = FakeTime()
    portal = reply(b"<!doctype html><title>Welcome</title><p>Accept our terms</p>", 200, [("ETag", '"portal"')])
    routes: dict[str, Script | list[Script]] = {"/feed": Publisher(passing), "/portal": portal}
    async with polling(passing, routes) as (server, poller):
        await poller.run(3 * HOUR)
        before = poller.state
        routes["/feed"] = redirect("/portal", 301)
        await poller.run(5 * DAY)
        assert poller.state.last_outcome == "not_a_feed"
        assert (poller.state.url, poller.state.etag) == (server.url("/feed"), before.etag)
        assert poller.state.redirect_url is None


async def test_gone_is_asked_no_more() -> None:
    """C3."""
    passing = FakeTime()
    async with polling(passing, {"/feed": reply(b"", 410)}) as (server, poller):
        await poller.run(10 * DAY)
        assert len(server.requests) == 1
        assert poller.state.status == "gone"
        assert "410" in poller.state.next_poll_reason


async def test_no_burst_at_the_start_nor_after_a_pause() -> None:
    """B3, B8: sixty feeds of one host, one at a time, a second apart; after a long stop likewise."""
    passing = FakeTime()
    times: list[datetime] = []

    async def feed(request: Request, writer: asyncio.StreamWriter) -> None:
        times.append(passing.now)
        await reply(Publisher(passing, entries=2).body(), 200, [("ETag", '"1"')])(request, writer)

    routes: dict[str, Script | list[Script]] = {f"/{number}": feed for number in range(60)}
    async with polling(passing, routes, home_pace_seconds=None) as (server, poller):
        poller.states = {str(number): FeedState(str(number), server.url(f"/{number}"), "Wire") for number in range(60)}
        await poller.run(timedelta(minutes=1))
        assert len(times) == 60
        passing.advance(5 * 86_400)
        await poller.run(timedelta(minutes=1))
    assert len(times) == 120
    assert server.most_at_once == 1
    assert all(later - sooner >= timedelta(seconds=1) for sooner, later in pairwise(times))


async def test_window_that_rotated_past_is_reported() -> None:
    """E1: where polls could not keep up, the gap is told from when to when."""
    passing = FakeTime()
    publisher = Publisher(passing, every=HOUR, entries=5)
    async with polling(passing, {"/feed": publisher}) as (_, poller):
        await poller.run(3 * HOUR)
        newest = max(map(int, poller.seen["wire"]))
        passing.advance(2 * 86_400)
        await poller.run(HOUR)
        ((since, until),) = poller.lost
    assert since == publisher.date(newest)
    assert until - since >= 40 * HOUR


async def test_slow_and_hostile_feeds_hold_up_no_other() -> None:
    """A drip, a silence and a loop beside forty good feeds: these are served while those run into their deadlines."""
    passing = FakeTime()
    done: list[str] = []

    async def good(request: Request, writer: asyncio.StreamWriter) -> None:
        done.append(request.target)
        await reply(Publisher(passing, entries=2).body())(request, writer)

    routes: dict[str, Script | list[Script]] = {f"/good{number}": good for number in range(40)}
    routes |= {"/silent": silence, "/loop": redirect("/loop", 301)}

    async def anywhere(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    settings = FetchSettings(
        "https://example.org/about",
        allow_networks=("127.0.0.0/8",),
        home_pace_seconds=0.0,
        read_seconds=8.0,
        concurrent_hosts=8,
    )
    async with ScriptedServer(routes) as server, Client(settings, resolver=anywhere) as client:
        states = {
            path: FeedState(path, server.url(path, f"host{number}.test"), "Wire") for number, path in enumerate(routes)
        }
        poller = Poller(client, passing, states)
        task = asyncio.gather(*(poller.poll(state) for state in states.values()))
        began = time.monotonic()
        while len(done) < 40:
            assert time.monotonic() - began < 7.0, "the good feeds wait for the silent one"
            await asyncio.sleep(0.02)
        assert not task.done()
        await task
    outcomes = {path: state.last_outcome for path, state in poller.states.items()}
    assert (outcomes["/silent"], outcomes["/loop"]) == ("timeout", "redirect_loop")
    assert all(outcome == "ok" for path, outcome in outcomes.items() if path.startswith("/good"))


async def test_paused_and_manual_polls_keep_the_validators() -> None:
    """A1: a poll by hand, before its time, is conditional too."""
    passing = FakeTime()
    publisher = Publisher(passing, every=400 * DAY)
    async with polling(passing, {"/feed": publisher}) as (_, poller):
        for _ in range(5):
            await poller.poll(replace(poller.state, status="paused"))
            passing.advance(30)
    assert publisher.answers == [200, 304, 304, 304, 304]
    assert publisher.faults == []
