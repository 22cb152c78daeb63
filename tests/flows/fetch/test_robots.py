"""robots.txt by RFC 9309, over real sockets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from scripted import FakeTime, Script, ScriptedServer, endless, raw, redirect, reply, reset

from flows.fetch.http import Client, FetchSettings
from flows.fetch.robots import Robots, Verdict, concerning

pytestmark = pytest.mark.anyio


async def loopback(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


@asynccontextmanager
async def watched(
    script: Script | list[Script], directory: Path | None = None, **routes: Script
) -> AsyncIterator[tuple[ScriptedServer, Robots, FakeTime]]:
    passing = FakeTime()
    settings = FetchSettings(
        "https://example.org/about", allow_networks=("127.0.0.0/8",), home_pace_seconds=0.0, total_seconds=2.0
    )
    client = Client(settings, clock=passing.clock, monotonic=passing.monotonic, sleep=passing.sleep, resolver=loopback)
    scripts: dict[str, Script | list[Script]] = {"/robots.txt": script}
    scripts.update({f"/{name}": other for name, other in routes.items()})
    async with ScriptedServer(scripts) as server, client:
        yield server, Robots(client, clock=passing.clock, directory=directory), passing


async def verdict(text: str, path: str = "/article") -> Verdict:
    async with watched(reply(text.encode())) as (server, robots, _):
        return await robots.allowed(server.url(path))


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("", True),
        ("User-agent: *\nDisallow: /", False),
        ("User-agent: *\nDisallow:", True),
        ("User-agent: other\nDisallow: /", True),
        ("User-agent: launchwire\nDisallow: /\n\nUser-agent: *\nAllow: /", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: launchwire\nAllow: /", True),
        ("User-agent: LaunchWire/1.0\nDisallow: /", False),
        ("User-agent: launchwire*\nDisallow: /", False),
        ("User-agent: launch\nDisallow: /", True),
        ("User-agent: launchwirebot\nDisallow: /", True),
        ("User-agent: other\nUser-agent: launchwire\n# ours\nDisallow: /art", False),
        ("User-agent: launchwire\nUser-agent: other\nDisallow: /art\nUser-agent: third\nDisallow: /", False),
        ("User-agent: other\nDisallow: /\nUser-agent: launchwire\nDisallow: /private", True),
        ("User-agent: launchwire\nDisallow: /a\n\nUser-agent: launchwire\nDisallow: /b", False),
        ("User-agent: *\nDisallow: /*icle$", False),
        ("User-agent: *\nDisallow: /art\nAllow: /article", True),
        ("User-agent: *\nDisallow: /article\nAllow: /art", False),
        ("User-agent: *\nDisallow: /article\nAllow: /article", True),
        ("Disallow: /", True),
        ("\ufeffUser-agent: *\r\nDisallow: /\r\n", False),
        ("user-agent:*\ndisallow:/", False),
        ("User-agent: other\nSitemap: https://x.test/s.xml\nUser-agent: *\nDisallow: /", False),
        ("<!doctype html><html><body>Not found</body></html>", True),
        ("\x00\x01\x02 \ud7ff", True),
    ],
)
async def test_rules(text: str, allowed: bool) -> None:
    """Groups are merged, the longest match wins, Allow wins a tie (RFC 9309 section 2.2)."""
    assert (await verdict(text)).allowed is allowed


async def test_percent_encoding_is_compared_in_one_form() -> None:
    text = "User-agent: *\nDisallow: /caf%C3%A9\nDisallow: /a%2Fb"
    assert not (await verdict(text, "/café")).allowed
    assert not (await verdict(text, "/caf%c3%a9")).allowed
    assert (await verdict(text, "/a/b")).allowed


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418])
async def test_4xx_allows_everything(status: int) -> None:
    async with watched(reply(b"User-agent: *\nDisallow: /", status)) as (server, robots, _):
        found = await robots.allowed(server.url("/article"))
    assert found.allowed
    assert "no robots.txt" in found.reason


@pytest.mark.parametrize(
    "script", [reply(b"", 500), reply(b"", 503), reply(b"", 429), raw(b""), reset(b"HTTP/1.1 200 ")]
)
async def test_unreachable_forbids_everything(script: Script) -> None:
    async with watched(script) as (server, robots, _):
        found = await robots.allowed(server.url("/article"))
    assert not found.allowed
    assert "nothing is fetched there until it can" in found.reason


async def test_unreachable_is_asked_again_after_an_hour() -> None:
    async with watched([reply(b"", 500), reply(b"")]) as (server, robots, passing):
        assert not (await robots.allowed(server.url("/a"))).allowed
        passing.advance(3_500)
        assert not (await robots.allowed(server.url("/a"))).allowed
        assert len(server.requests) == 1
        passing.advance(101)
        assert (await robots.allowed(server.url("/a"))).allowed


async def test_last_good_copy_serves_for_thirty_days() -> None:
    good = reply(b"User-agent: *\nDisallow: /private")
    async with watched([good, reply(b"", 503)]) as (server, robots, passing):
        for days in (0, 1, 15, 13):
            passing.advance(days * 86_400 + 60)
            assert (await robots.allowed(server.url("/article"))).allowed
            assert not (await robots.allowed(server.url("/private/1"))).allowed
        passing.advance(2 * 86_400)
        assert not (await robots.allowed(server.url("/article"))).allowed


async def test_copy_serves_for_a_day_then_is_validated() -> None:
    scripts: list[Script] = [reply(b"User-agent: *\nDisallow: /private", 200, [("ETag", '"1"')]), reply(b"", 304)]
    async with watched(scripts) as (server, robots, passing):
        await asyncio.gather(*(robots.allowed(server.url(f"/{i}")) for i in range(20)))
        passing.advance(23 * 3_600)
        await robots.allowed(server.url("/a"))
        assert len(server.requests) == 1
        passing.advance(2 * 3_600)
        for _ in range(2):
            assert not (await robots.allowed(server.url("/private"))).allowed
        assert [request.header("If-None-Match") for request in server.requests] == [None, '"1"']


async def test_changed_rules_are_taken_over() -> None:
    async with watched([reply(b"User-agent: *\nDisallow: /"), reply(b"")]) as (server, robots, passing):
        assert not (await robots.allowed(server.url("/a"))).allowed
        passing.advance(86_401)
        assert (await robots.allowed(server.url("/a"))).allowed


async def test_redirects() -> None:
    """Five are followed, more mean that there is none (RFC 9309 section 2.3.1.2)."""
    hops = {f"r{i}": redirect(f"/r{i + 1}") for i in range(6)}
    rules = reply(b"User-agent: *\nDisallow: /")
    async with watched(redirect("/r0"), None, **{**hops, "r4": rules}) as (server, robots, _):
        assert not (await robots.allowed(server.url("/a"))).allowed
    async with watched(redirect("/r0"), None, **{**hops, "r6": rules}) as (server, robots, _):
        assert (await robots.allowed(server.url("/a"))).allowed
    async with watched(redirect("/robots.txt")) as (server, robots, _):
        assert (await robots.allowed(server.url("/a"))).allowed


async def test_only_the_first_500_kib_count() -> None:
    line = b"Disallow: /nothing\n"
    text = b"User-agent: *\nDisallow: /early\n" + line * 30_000 + b"Disallow: /late\n"
    async with watched(reply(text)) as (server, robots, _):
        assert not (await robots.allowed(server.url("/early"))).allowed
        assert (await robots.allowed(server.url("/late"))).allowed


async def test_endless_file_is_bounded() -> None:
    script = endless(b"HTTP/1.1 200 OK\r\n\r\n", b"User-agent: *\nDisallow: /private\n" * 100)
    async with watched(script) as (server, robots, _):
        begun = time.monotonic()
        assert not (await robots.allowed(server.url("/private"))).allowed
        assert (await robots.allowed(server.url("/article"))).allowed
    assert time.monotonic() - begun < 5


HOSTILE = {
    "agents times rules": "".join(f"User-agent: b{i}\n" for i in range(5_000)) + "Disallow: /*x$\n" * 30_000,
    "our rules, many": "User-agent: *\n" + "".join(f"Disallow: /{i}*a*b*c*d$\n" for i in range(20_000)),
    "stars": "User-agent: *\nDisallow: /" + "*a" * 240_000 + "$",
    "dollars": "User-agent: *\nDisallow: /" + "$" * 480_000,
    "one line": "Disallow" * 60_000,
    "percents": "User-agent: *\nDisallow: /" + "%" * 480_000,
    "sitemaps": "Sitemap: https://x.test/\n" * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_files_cost_little(name: str) -> None:
    async with watched(reply(HOSTILE[name].encode())) as (server, robots, _):
        begun = time.monotonic()
        await robots.allowed(server.url("/" + "abcd" * 400))
        await robots.sitemaps(server.url())
        assert time.monotonic() - begun < 3


async def test_crawl_delay_reaches_the_client() -> None:
    """B8: the larger of crawl-delay and request-rate, for every request to that host."""
    text = b"User-agent: *\nCrawl-delay: 3\nRequest-rate: 1/5s\n\nUser-agent: other\nCrawl-delay: 90"
    async with watched(reply(text)) as (server, robots, passing):
        found = await robots.allowed(server.url("/a"))
        assert found.crawl_delay == 5.0
        for _ in range(2):
            await robots._client.get(server.url("/a"), kind="page")
    assert passing.slept == pytest.approx([5.0])


async def test_crawl_delay_at_hand_is_heeded_without_asking(tmp_path: Path) -> None:
    """B8: feeds keep to it from the first request on, also in the next process."""
    async with watched(reply(b"User-agent: *\nCrawl-delay: 4"), tmp_path) as (server, robots, passing):
        robots.heed(server.url("/feed"))
        assert server.requests == []
        await robots.allowed(server.url("/a"))
        client = Client(
            FetchSettings("https://example.org/about", allow_networks=("127.0.0.0/8",), home_pace_seconds=0.0),
            clock=passing.clock, monotonic=passing.monotonic, sleep=passing.sleep,
        )  # fmt: skip
        async with client:
            Robots(client, clock=passing.clock, directory=tmp_path).heed(server.url("/feed"))
            for _ in range(2):
                await client.get(server.url("/feed"), kind="feed")
    assert passing.slept == pytest.approx([4.0])


@pytest.mark.parametrize("delay", ["", "nan", "inf", "-1", "soon", "1e400"])
async def test_absurd_crawl_delays_are_none(delay: str) -> None:
    assert (await verdict(f"User-agent: *\nCrawl-delay: {delay}")).crawl_delay is None


async def test_sitemaps_are_absolute_and_each_once() -> None:
    text = b"Sitemap: https://x.test/s.xml\nUser-agent: *\nDisallow: /\nsitemap: /local.xml\nSitemap: https://x.test/s.xml\n"
    text += b"Sitemap: javascript:alert(1)\nSitemap: file:///etc/passwd\nSitemap:\n"
    async with watched(reply(text)) as (server, robots, _):
        assert await robots.sitemaps(server.url("/any/page")) == ("https://x.test/s.xml", server.url("/local.xml"))
    async with watched(reply(b"", 404)) as (server, robots, _):
        assert await robots.sitemaps(server.url()) == ()


async def test_no_url_at_all() -> None:
    async with watched(reply(b"")) as (_, robots, _passing):
        for url in ("", "ftp://x.test/", "/article", "http://[::1"):
            assert not (await robots.allowed(url)).allowed
            assert await robots.sitemaps(url) == ()


async def test_page_behind_a_redirect_is_asked_for_too() -> None:
    """A page that robots.txt forbids is not reached by a detour."""
    rules = reply(b"User-agent: *\nDisallow: /secret")
    async with watched(rules, None, open=redirect("/secret"), secret=reply(b"no")) as (server, robots, _):
        response = await robots._client.get(server.url("/open"), kind="page", permit=robots.refusal)
    assert (response.outcome, response.status) == ("disallowed", 302)
    assert "forbids it" in response.detail
    assert "/secret" not in [request.target for request in server.requests]


async def test_host_held_back_is_asked_when_its_time_has_come() -> None:
    async with watched(reply(b""), None, feed=reply(b"", 429, [("Retry-After", "100")])) as (server, robots, passing):
        await robots._client.get(server.url("/feed"), kind="feed")
        assert not (await robots.allowed(server.url("/a"))).allowed
        passing.advance(101)
        assert (await robots.allowed(server.url("/a"))).allowed


async def test_copies_outlive_the_process(tmp_path: Path) -> None:
    directory = tmp_path / "robots"
    async with watched(reply(b"User-agent: *\nDisallow: /private"), directory) as (server, robots, passing):
        await robots.allowed(server.url("/a"))
        again = Robots(robots._client, clock=passing.clock, directory=directory)
        assert not (await again.allowed(server.url("/private"))).allowed
        assert len(server.requests) == 1
        (path,) = directory.iterdir()
        for spoilt in ("", "[]", '{"origin": 5}', path.read_text().replace('"again_at": "', '"again_at": "9')):
            path.write_text(spoilt)
            server.requests.clear()
            third = Robots(robots._client, clock=passing.clock, directory=directory)
            assert not (await third.allowed(server.url("/private"))).allowed
            assert len(server.requests) == 1


async def test_old_files_are_dropped_and_a_bad_directory_is_no_error(tmp_path: Path) -> None:
    import os

    (tmp_path / "old.json").write_text("{}")
    (tmp_path / "new.json").write_text("{}")
    long_ago = time.time() - timedelta(days=40).total_seconds()
    os.utime(tmp_path / "old.json", (long_ago, long_ago))
    async with watched(reply(b""), tmp_path):
        assert [path.name for path in tmp_path.iterdir()] == ["new.json"]
    async with watched(reply(b""), tmp_path / "new.json") as (server, robots, _):
        assert (await robots.allowed(server.url("/a"))).allowed


async def test_memory_is_bounded_over_many_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.fetch import robots as module

    monkeypatch.setattr(module, "MOST_REMEMBERED", 5_000)
    async with watched(reply(b"User-agent: *\n" + b"Disallow: /private\n" * 50)) as (server, robots, _):
        for i in range(1, 30):
            await robots.allowed(server.url("/a", f"host{i}.test"))
        assert len(robots._copies) < 6
        assert set(robots._parsed) <= set(robots._copies)


def test_lines_of_others_never_reach_the_parser() -> None:
    text = "User-agent: a\nDisallow: /1\nUser-agent: *\nDisallow: /2 # why\nNoindex: /3\nUser-agent: b\nDisallow: /4"
    assert list(concerning(text)) == ["User-agent: *", "Disallow: /2", "Noindex: /3"]
