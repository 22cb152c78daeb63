"""The client against a server that does what servers do, and worse."""

from __future__ import annotations

import asyncio
import gc
import gzip
import ssl
import time
import tracemalloc
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import brotli
import pytest
import trustme
import zstandard
from scripted import (
    FakeTime,
    Request,
    Script,
    ScriptedServer,
    endless,
    raw,
    redirect,
    reply,
    reset,
    resolver,
    silence,
)

from flows.fetch import attempt, transport
from flows.fetch.http import Client, Exchange, FetchSettings, Response

pytestmark = pytest.mark.anyio

CONTACT = "https://example.org/about-launchwire"
LOOPBACK = ("127.0.0.0/8",)
MEGABYTE = 1_000_000
OK = b"HTTP/1.1 200 OK\r\n"


def settings(**changes: object) -> FetchSettings:
    values: dict[str, object] = {"allow_networks": LOOPBACK, "home_pace_seconds": 0.0, "total_seconds": 5.0, **changes}
    return FetchSettings(CONTACT, **values)  # type: ignore[arg-type]


async def fetch(script: Script, **changes: object) -> Response:
    async with ScriptedServer({"/": script}) as server, Client(settings(**changes)) as client:
        return await client.get(server.url(), kind="feed")


@contextmanager
def bounded(seconds: float, megabytes: float = 40.0) -> Iterator[None]:
    """Fail where the block takes longer, or holds more memory at any moment."""
    tracemalloc.start()
    begun = time.monotonic()
    try:
        yield
        assert time.monotonic() - begun < seconds
        assert tracemalloc.get_traced_memory()[1] < megabytes * MEGABYTE
    finally:
        tracemalloc.stop()


# Manners ---------------------------------------------------------------------------------------------------------


async def test_request_names_us_and_carries_nothing_else() -> None:
    """D1, D6, D7: a name with a contact, compressed answers, no request directives."""
    async with ScriptedServer({"/feed": reply(b"ok")}) as server, Client(settings()) as client:
        await client.get(server.url("/feed?a=b%20c&d=[e]"), kind="feed")
    (request,) = server.requests
    agent = request.header("User-Agent")
    assert agent is not None
    assert agent.startswith("launchwire/")
    assert agent.endswith(f" (+{CONTACT})")
    assert request.header("Accept-Encoding") == "gzip, br, zstd"
    assert {name.lower() for name, _ in request.headers} == {"host", "user-agent", "accept", "accept-encoding"}
    assert request.target == "/feed?a=b%20c&d=[e]"


async def test_no_cookie_and_no_referer_ever() -> None:
    """D2, D3: not on the next request, not on a redirect."""
    routes: dict[str, Script | list[Script]] = {
        "/a": reply(b"", 302, [("Location", "/b"), ("Set-Cookie", "id=1; Path=/")]),
        "/b": reply(b"ok", 200, [("Set-Cookie", "id=2; Path=/")]),
    }
    async with ScriptedServer(routes) as server, Client(settings()) as client:
        for _ in range(2):
            assert (await client.get(server.url("/a"), kind="page")).body == b"ok"
    assert [request.target for request in server.requests] == ["/a", "/b"] * 2
    assert not any(request.header("Cookie") or request.header("Referer") for request in server.requests)


async def test_only_what_was_asked_for_is_requested() -> None:
    """D4, D5: one GET of that very URL; no HEAD, no favicon, no query parameter."""
    page = reply(b"<html><link rel=icon href=/i.png></html>")
    async with ScriptedServer({"/": page}) as server, Client(settings()) as client:
        await client.get(server.url("/?x=1#part"), kind="page")
    assert [(request.method, request.target) for request in server.requests] == [("GET", "/?x=1")]


async def test_user_agent_must_be_a_header() -> None:
    with pytest.raises(ValueError, match="mend user_agent or contact"):
        Client(settings(user_agent="wire\r\nX-Evil: 1"))


async def test_environment_proxies_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert (await fetch(reply(b"ok"))).outcome == "ok"


async def test_password_in_the_url_is_used_but_never_shown() -> None:
    async with ScriptedServer({"/": reply(b"ok")}) as server, Client(settings()) as client:
        response = await client.get(server.url("/", "reader:secret@127.0.0.1"), kind="feed")
        elsewhere = server.url("/", "localhost")
        server.routes["/"] = [redirect(elsewhere), reply(b"ok")]
        await client.get(server.url("/", "reader:secret@127.0.0.1"), kind="feed")
    assert server.requests[0].header("Authorization") is not None
    assert "secret" not in response.final_url
    assert response.exchange is not None
    assert not any(name.lower() == b"authorization" for name, _ in response.exchange.request_headers)
    assert server.requests[1].header("Authorization") is not None
    assert server.requests[2].header("Authorization") is None


# Validators ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("etag", ['"abc"', 'W/"abc"', "no-quotes", '"\xe9\xff"', '"a, b"', '"' + "x" * 2000 + '"'])
async def test_validators_go_back_byte_for_byte(etag: str) -> None:
    """A2, A3."""
    modified = "Tue, 3 Mar 2026 07:00:00 +0000"
    script = reply(b"ok", 200, [("ETag", etag), ("Last-Modified", modified)])
    async with ScriptedServer({"/": [script, reply(b"", 304)]}) as server, Client(settings()) as client:
        first = await client.get(server.url(), kind="feed")
        second = await client.get(
            server.url(),
            kind="feed",
            etag=first.etag,
            last_modified=first.last_modified,
            validators_url=first.final_url,
        )
    assert (first.etag, first.last_modified, first.conditional) == (etag, modified, False)
    assert server.requests[1].header("If-None-Match") == etag
    assert server.requests[1].header("If-Modified-Since") == modified
    assert (second.outcome, second.conditional) == ("unchanged", True)


async def test_no_validator_is_invented() -> None:
    """A3: a Date or an Expires is none."""
    response = await fetch(reply(b"ok", 200, [("Date", "Tue, 03 Mar 2026 07:00:00 GMT"), ("Expires", "0")]))
    assert (response.etag, response.last_modified) == (None, None)


async def test_validator_that_cannot_be_sent_back_is_dropped() -> None:
    response = await fetch(reply(b"ok", 200, [("ETag", '"' + "x" * 5000 + '"'), ("Last-Modified", "  ")]))
    assert (response.etag, response.last_modified) == (None, None)


async def test_validators_belong_to_one_url() -> None:
    """A8: neither the redirecting URL nor a new target gets them; the URL that gave them does, behind its redirect."""
    routes: dict[str, Script | list[Script]] = {
        "/old": redirect("/new"),
        "/new": [reply(b"ok", 200, [("ETag", '"1"')]), reply(b"", 304), redirect("/third")],
        "/third": reply(b"ok"),
    }
    async with ScriptedServer(routes) as server, Client(settings()) as client:
        first = await client.get(server.url("/old"), kind="feed")
        assert first.final_url == server.url("/new")
        for _ in range(2):
            last = await client.get(server.url("/old"), kind="feed", etag=first.etag, validators_url=first.final_url)
    sent = [(request.target, request.header("If-None-Match")) for request in server.requests]
    assert sent == [
        ("/old", None), ("/new", None),
        ("/old", None), ("/new", '"1"'),
        ("/old", None), ("/new", '"1"'), ("/third", None),
    ]  # fmt: skip
    assert (last.outcome, last.conditional, last.etag) == ("ok", False, None)


async def test_304_that_was_not_asked_for_is_no_success() -> None:
    assert (await fetch(reply(b"", 304))).outcome == "unexpected_status"


# Codings ---------------------------------------------------------------------------------------------------------

TEXT = b"<rss>" + b"every publisher would welcome this " * 400 + b"</rss>"
RAW_DEFLATE = zlib.compressobj(wbits=-zlib.MAX_WBITS)
CODED = {
    "gzip": ("gzip", gzip.compress(TEXT)),
    "x-gzip": ("x-gzip", gzip.compress(TEXT)),
    "gzip of two members": ("gzip", gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:])),
    "gzip with padding": ("gzip", gzip.compress(TEXT) + bytes(100)),
    "gzip with rubbish": ("gzip", gzip.compress(TEXT) + b"<!-- cached -->"),
    "deflate": ("deflate", zlib.compress(TEXT)),
    "raw deflate": ("deflate", RAW_DEFLATE.compress(TEXT) + RAW_DEFLATE.flush()),
    "br": ("br", brotli.compress(TEXT)),
    "zstd": ("zstd", zstandard.compress(TEXT)),
    "zstd of two frames": ("zstd", zstandard.compress(TEXT[:100]) + zstandard.compress(TEXT[100:])),
    "br in gzip": ("br, gzip", gzip.compress(brotli.compress(TEXT))),
    "case": ("GZip", gzip.compress(TEXT)),
    "identity": ("identity", TEXT),
    "a charset": ("UTF-8", TEXT),
}


@pytest.mark.parametrize("name", CODED)
async def test_codings_are_undone(name: str) -> None:
    """D6, in one piece and byte by byte."""
    coding, body = CODED[name]
    whole = await fetch(reply(body, 200, [("Content-Encoding", coding)]))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    pieces = await fetch(raw(head, *(body[i : i + 7] for i in range(0, len(body), 7))), total_seconds=20.0)
    assert (whole.outcome, pieces.outcome) == ("ok", "ok")
    assert whole.body == pieces.body == TEXT
    assert whole.wire_bytes == len(body)


@pytest.mark.parametrize(
    ("coding", "body", "says"),
    [
        ("gzip", b"<rss>plain</rss>", "no valid gzip"),
        ("gzip", gzip.compress(TEXT)[:-20], "ends in the middle"),
        ("br", brotli.compress(TEXT)[:-5], "ends in the middle"),
        ("zstd", zstandard.compress(TEXT)[:-5], "ends in the middle"),
        ("br", b"\xff" * 50, "no valid brotli"),
        ("zstd", b"\xff" * 50, "no valid zstd"),
        ("deflate", b"\x78\x9c\xff\xff\xff", "no valid deflate"),
        ("compress", b"whatever", "'compress' was never asked for"),
        ("gzip, br, gzip, br", b"whatever", "4 content codings"),
    ],
)
async def test_false_codings_are_told(coding: str, body: bytes, says: str) -> None:
    response = await fetch(reply(body, 200, [("Content-Encoding", coding)]))
    assert response.outcome == "undecodable"
    assert says in response.detail


def bomb(coding: str, size: int = 200 * MEGABYTE) -> bytes:
    """A body that decodes to `size` zeros."""
    piece, pieces = bytes(4 * MEGABYTE), size // (4 * MEGABYTE)
    if coding == "br":
        compressor = brotli.Compressor(quality=3)
        return b"".join(compressor.process(piece) for _ in range(pieces)) + bytes(compressor.finish())
    if coding == "zstd":
        return zstandard.compress(piece) * pieces
    deflater = zlib.compressobj(wbits=31 if coding == "gzip" else 15)
    return b"".join(deflater.compress(piece) for _ in range(pieces)) + deflater.flush()


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
async def test_bombs_stop_at_the_bound(coding: str) -> None:
    body = bomb(coding)
    with bounded(20.0, 30.0):
        response = await fetch(reply(body, 200, [("Content-Encoding", coding)]), total_seconds=30.0)
    assert (response.outcome, len(response.body)) == ("too_large", 5 * MEGABYTE)


async def test_bomb_in_a_bomb_stops_at_the_bound() -> None:
    body = gzip.compress(bomb("gzip"))
    assert len(body) < 20_000
    with bounded(20.0, 30.0):
        response = await fetch(reply(body, 200, [("Content-Encoding", "gzip, gzip")]), total_seconds=30.0)
    assert response.outcome == "too_large"


async def test_zstd_with_a_huge_window_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    body = compressor.compress(TEXT) + compressor.flush()
    with bounded(4.0):
        response = await fetch(reply(body, 200, [("Content-Encoding", "zstd")]))
    assert response.outcome == "undecodable"


# Hostile servers: bounded time, bounded memory, the right outcome ------------------------------------------------


async def test_drip_ends_at_the_total_deadline() -> None:
    script = endless(OK + b"Content-Length: 1000000\r\n\r\n", b"x", pause=0.05)
    with bounded(3.0):
        response = await fetch(script, total_seconds=0.6, read_seconds=0.4)
    assert response.outcome == "timeout"
    assert response.status == 200
    assert 0 < len(response.body) < 30
    assert "not finished within 0.6 s" in response.detail


async def test_dripping_headers_end_at_the_total_deadline() -> None:
    with bounded(3.0):
        response = await fetch(endless(OK, b"X-A: b\r\n", pause=0.05), total_seconds=0.6, read_seconds=0.4)
    assert (response.outcome, response.status) == ("timeout", None)


async def test_silence_ends_at_the_read_deadline() -> None:
    with bounded(3.0):
        response = await fetch(silence, read_seconds=0.3)
    assert response.outcome == "timeout"
    assert "took too long for the next bytes" in response.detail


async def test_deadline_covers_all_redirects_together() -> None:
    async def slow(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.15)
        await redirect(f"/{len(request.target)}{'x' * len(request.target)}")(request, writer)

    routes: dict[str, Script | list[Script]] = dict.fromkeys(["/", *(f"/{i}{'x' * i}" for i in range(30))], slow)
    async with ScriptedServer(routes) as server, Client(settings(total_seconds=0.5)) as client:
        with bounded(3.0):
            response = await client.get(server.url(), kind="feed")
    assert response.outcome == "timeout"
    assert 1 <= len(response.redirects) <= 4


async def test_endless_body_stops_at_the_bound() -> None:
    with bounded(20.0, 30.0):
        response = await fetch(endless(OK + b"\r\n", b"x" * 65_536), total_seconds=30.0)
    assert (response.outcome, len(response.body)) == ("too_large", 5 * MEGABYTE)


async def test_ten_gigabytes_are_read_to_the_bound() -> None:
    """And no further: a feed's newest entries are among the first bytes, and are not lost."""
    with bounded(20.0, 30.0):
        script = endless(OK + b"Content-Length: 10000000000\r\n\r\n", b"x" * 65_536)
        response = await fetch(script, total_seconds=30.0)
    assert (response.outcome, len(response.body)) == ("too_large", 5 * MEGABYTE)


async def test_endless_chunks_of_nothing_stop() -> None:
    """Many small members: hardly any output, endless input."""
    member = gzip.compress(b"")
    script = endless(OK + b"Content-Encoding: gzip\r\n\r\n", member * 2_000)
    with bounded(8.0, 30.0):
        response = await fetch(script, max_body_bytes=MEGABYTE)
    assert response.outcome == "undecodable"


async def test_endless_headers_stop() -> None:
    with bounded(3.0, 20.0):
        response = await fetch(endless(OK, b"X-Filler: " + b"y" * 1_000 + b"\r\n"))
    assert response.outcome == "protocol_error"
    assert response.status is None


async def test_endless_header_line_stops() -> None:
    with bounded(3.0, 20.0):
        response = await fetch(endless(OK + b"X-Filler: ", b"y" * 65_536))
    assert response.outcome == "protocol_error"


async def test_endless_interim_answers_stop() -> None:
    with bounded(3.0, 20.0):
        response = await fetch(endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 10), total_seconds=0.6)
    assert response.outcome == "timeout"


async def test_endless_crumbs_stop() -> None:
    """One byte a chunk: cheap to send, and each costs us as much as a large one."""
    script = endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 1_000)
    with bounded(20.0, 20.0):
        response = await fetch(script, total_seconds=30.0)
    assert response.outcome == "protocol_error"
    assert "pieces of less than 16 bytes" in response.detail


async def test_details_are_one_printable_line() -> None:
    """What a server says reaches terminals and logs."""
    response = await fetch(redirect("x-\x1b[31m-scheme-" + "y" * 5_000 + "://a/", 301))
    assert response.outcome in {"bad_redirect", "bad_scheme"}
    assert response.detail.isprintable()
    assert len(response.detail) <= 301


async def test_reset_inside_the_body_keeps_what_came() -> None:
    response = await fetch(reset(OK + b'Content-Length: 1000\r\nETag: "1"\r\n\r\n<rss>half'))
    assert (response.outcome, response.status, response.body) == ("truncated", 200, b"<rss>half")


async def test_content_length_too_long() -> None:
    response = await fetch(raw(OK + b"Content-Length: 100\r\n\r\n<rss>half"))
    assert (response.outcome, response.body) == ("truncated", b"<rss>half")


async def test_content_length_too_short_does_not_spoil_the_next_answer() -> None:
    short = raw(OK + b"Content-Length: 5\r\n\r\n<rss>and more", close=False)
    routes: dict[str, Script | list[Script]] = {"/": short, "/next": reply(b"next")}
    async with ScriptedServer(routes) as server, Client(settings()) as client:
        first = await client.get(server.url(), kind="feed")
        second = await client.get(server.url("/next"), kind="feed")
    assert (first.outcome, first.body) == ("ok", b"<rss>")
    assert (second.outcome, second.body) == ("ok", b"next")


async def test_chunked_cut_off() -> None:
    response = await fetch(raw(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n5\r\n<i"))
    assert response.outcome == "truncated"
    assert response.body.startswith(b"<rss>")


@pytest.mark.parametrize(
    "garbage",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"<rss></rss>",
        b"HTTP/1.1 abc OK\r\n\r\n",
        OK + b"No colon\r\n\r\n",
        OK + b"Content-Length: -5\r\n\r\n",
        OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x00\xff\x00\xff\r\n\r\n",
    ],
)
async def test_what_is_no_http(garbage: bytes) -> None:
    response = await fetch(raw(garbage))
    assert response.outcome in {"protocol_error", "truncated", "disconnected"}
    assert response.detail


async def test_closed_without_an_answer() -> None:
    assert (await fetch(raw(b""))).outcome == "disconnected"
    assert (await fetch(reset(b""))).outcome == "disconnected"


async def test_idle_connection_closed_under_us_is_tried_anew() -> None:
    """A keep-alive connection can end just as it is used again: no failure of the feed's."""

    routes: dict[str, Script | list[Script]] = {"/": [reply(b"first"), raw(b""), reply(b"second")]}
    async with ScriptedServer(routes) as server, Client(settings()) as client:
        first = await client.get(server.url(), kind="feed")
        second = await client.get(server.url(), kind="feed")
    assert (first.body, second.body) == (b"first", b"second")
    assert server.connections == 2


async def test_new_connection_closed_is_not_tried_again() -> None:
    """B5: never an immediate retry."""
    async with ScriptedServer({"/": raw(b"")}) as server, Client(settings()) as client:
        await client.get(server.url(), kind="feed")
    assert len(server.requests) == 1


async def test_refused() -> None:
    async with ScriptedServer() as server:
        url = server.url()
    async with Client(settings()) as client:
        response = await client.get(url, kind="feed")
    assert (response.outcome, response.status) == ("refused", None)


@pytest.mark.parametrize(
    ("status", "headers", "outcome"),
    [
        (200, [], "ok"), (203, [], "ok"), (202, [], "unexpected_status"), (204, [], "unexpected_status"),
        (206, [], "unexpected_status"), (300, [], "unexpected_status"), (400, [], "rejected"),
        (401, [], "forbidden"), (403, [], "forbidden"), (451, [], "forbidden"), (404, [], "not_found"),
        (410, [], "gone"), (418, [], "rejected"), (429, [], "throttled"), (500, [], "server_error"),
        (502, [], "server_error"), (503, [], "server_error"), (599, [], "server_error"),
        (403, [("cf-mitigated", "challenge")], "forbidden"), (503, [("cf-mitigated", "challenge")], "forbidden"),
    ],
)  # fmt: skip
async def test_statuses(status: int, headers: list[tuple[str, str]], outcome: str) -> None:
    response = await fetch(reply(b"" if status == 204 else b"body", status, headers))
    assert (response.status, response.outcome) == (status, outcome)


async def test_cloudflare_is_named() -> None:
    challenge = await fetch(reply(b"wait", 403, [("cf-mitigated", "challenge")]))
    assert "Cloudflare challenges" in challenge.detail
    refusal = await fetch(reply(b"no", 403, [("Server", "cloudflare")]))
    assert "Cloudflare" in refusal.detail


async def test_error_body_is_kept_but_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt, "_ERROR_BODY_SECONDS", 0.3)
    kept = await fetch(reply(b"come back later", 500))
    assert kept.body == b"come back later"
    with bounded(2.0):
        dripped = await fetch(endless(b"HTTP/1.1 500 No\r\n\r\n", b"x", pause=0.05))
    assert dripped.outcome == "server_error"
    assert dripped.exchange is not None
    assert not dripped.exchange.complete


async def test_times_that_headers_tell() -> None:
    headers = [("Retry-After", "120"), ("Cache-Control", "max-age=600"), ("Age", "100")]
    response = await fetch(reply(b"", 503, headers))
    assert (response.retry_after, response.fresh_for) == (120.0, 500.0)


async def test_cancelling_ends_the_request() -> None:
    async with ScriptedServer({"/": silence}) as server, Client(settings()) as client:
        task = asyncio.create_task(client.get(server.url(), kind="feed"))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        server.routes["/"] = reply(b"ok")
        assert (await client.get(server.url(), kind="feed")).outcome == "ok"


# Redirects -------------------------------------------------------------------------------------------------------


async def chain(*statuses: int) -> Response:
    routes: dict[str, Script | list[Script]] = {
        f"/{i}": redirect(f"/{i + 1}", status) for i, status in enumerate(statuses)
    }
    routes[f"/{len(statuses)}"] = reply(b"ok")
    async with ScriptedServer(routes) as server, Client(settings()) as client:
        return await client.get(server.url("/0"), kind="feed")


@pytest.mark.parametrize(
    ("statuses", "permanent"),
    [((301,), 1), ((308, 301), 2), ((301, 302, 301), 1), ((302, 301), 0), ((303,), 0), ((307,), 0), ((), 0)],
)
async def test_leading_permanent_redirects(statuses: tuple[int, ...], permanent: int) -> None:
    """C1: a temporary redirect ends the run."""
    response = await chain(*statuses)
    assert (response.outcome, response.body) == ("ok", b"ok")
    assert tuple(hop.status for hop in response.redirects) == statuses
    assert response.final_url.endswith(f"/{len(statuses)}")
    ends = response.permanent_url
    assert (ends is None) if not permanent else (ends is not None and ends.endswith(f"/{permanent}"))


async def test_ten_redirects_are_followed_and_no_more() -> None:
    """C2."""
    assert (await chain(*[302] * 10)).outcome == "ok"
    assert (await chain(*[302] * 11)).outcome == "too_many_redirects"


@pytest.mark.parametrize("target", ["/", "/b"])
async def test_redirect_loops(target: str) -> None:
    """C2: at the first repetition, not at the tenth hop."""
    async with ScriptedServer({"/": redirect(target), "/b": redirect("/")}) as server, Client(settings()) as client:
        response = await client.get(server.url(), kind="feed")
    assert response.outcome == "redirect_loop"
    assert len(server.requests) <= 2


@pytest.mark.parametrize(
    ("location", "outcome"),
    [
        ("file:///etc/passwd", "bad_scheme"), ("ftp://example.org/", "bad_scheme"), ("gopher://[::1]/", "bad_scheme"),
        ("javascript:alert(1)", "bad_scheme"), ("data:text/xml,<rss/>", "bad_scheme"), ("", "bad_redirect"),
        ("http://", "redirect_loop"), ("http://[::1", "bad_redirect"), ("http://example.org:99999/", "bad_redirect"),
        ("http://10.0.0.1/", "blocked_address"), ("http://169.254.169.254/latest/meta-data/", "blocked_address"),
        ("//192.168.0.1/", "blocked_address"), ("http://[fd00::1]/", "blocked_address"),
        ("http://[::ffff:10.0.0.1]/", "blocked_address"), ("http://[64:ff9b::a00:1]/", "blocked_address"),
        ("http://0x0a000001/", "blocked_address"), ("http://167772161/", "blocked_address"),
        ("http://012.0.0.1/", "bad_redirect"), ("http://10.1/", "blocked_address"),
    ],
)  # fmt: skip
async def test_redirects_to_where_nobody_should_go(location: str, outcome: str) -> None:
    """C2 and the address guard, on every hop."""
    response = await fetch(redirect(location, 301))
    assert (response.outcome, response.body or b"moved") == (outcome, b"moved")


async def test_redirect_without_location() -> None:
    assert (await fetch(reply(b"", 301))).outcome == "bad_redirect"


async def test_permit_is_asked_before_every_hop() -> None:
    async def permit(url: str) -> str | None:
        return "robots.txt forbids it" if url.endswith("/secret") else None

    routes: dict[str, Script | list[Script]] = {"/": redirect("/secret"), "/secret": reply(b"no")}
    async with ScriptedServer(routes) as server, Client(settings()) as client:
        response = await client.get(server.url(), kind="page", permit=permit)
    assert (response.outcome, response.detail) == ("disallowed", "robots.txt forbids it")
    assert response.final_url == server.url("/secret")
    assert [request.target for request in server.requests] == ["/"]


# TLS and HTTP/2 --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def server_context(certificate: trustme.LeafCert, *protocols: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


async def over_tls(context: ssl.SSLContext, ca_bundle: Path | None, name: str = "localhost") -> Response:
    client = Client(settings(ca_bundle=ca_bundle))
    async with client, ScriptedServer({"/": reply(b"ok")}, tls=context) as server:
        return await client.get(server.url("/", name), kind="feed")


async def test_trusted_tls(authority: trustme.CA, bundle: Path) -> None:
    assert (await over_tls(server_context(authority.issue_cert("localhost")), bundle)).outcome == "ok"


async def test_bad_tls(authority: trustme.CA, bundle: Path) -> None:
    """An unknown authority, another's name, an expired certificate: never an answer."""
    unknown = await over_tls(server_context(authority.issue_cert("localhost")), None)
    other = await over_tls(server_context(authority.issue_cert("elsewhere.example")), bundle)
    past = authority.issue_cert("localhost", not_after=FakeTime().now.replace(year=2020))
    expired = await over_tls(server_context(past), bundle)
    assert [response.outcome for response in (unknown, other, expired)] == ["tls"] * 3
    assert "expired" in expired.detail
    assert all(response.status is None for response in (unknown, other, expired))


async def test_plain_http_where_tls_was_asked_for() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with Client(settings()) as client:
        response = await client.get(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/", kind="feed")
    server.close()
    assert response.outcome == "tls"


async def test_tls_handshake_that_never_ends(bundle: Path) -> None:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with Client(settings(connect_seconds=0.4)) as client:
        response = await client.get(f"https://127.0.0.1:{port}/", kind="feed")
    server.close()
    assert response.outcome == "timeout"


async def test_downgrade_is_followed_but_never_permanent(authority: trustme.CA, bundle: Path) -> None:
    async with ScriptedServer({"/": reply(b"ok")}) as plain:
        secure = ScriptedServer(
            {"/": redirect(plain.url(), 301)}, tls=server_context(authority.issue_cert("localhost")), name="localhost"
        )
        async with secure, Client(settings(ca_bundle=bundle)) as client:
            response = await client.get(secure.url(), kind="feed")
    assert (response.outcome, response.permanent_url) == ("ok", None)


async def test_http2_where_offered(authority: trustme.CA, bundle: Path) -> None:
    from h2.config import H2Configuration
    from h2.connection import H2Connection
    from h2.events import RequestReceived

    seen: list[dict[bytes, bytes]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = H2Connection(H2Configuration(client_side=False))
        connection.initiate_connection()
        writer.write(connection.data_to_send())
        while data := await reader.read(65_536):
            for event in connection.receive_data(data):
                if isinstance(event, RequestReceived) and event.stream_id is not None:
                    seen.append({bytes(k): bytes(v) for k, v in event.headers or []})  # type: ignore[arg-type]
                    body = gzip.compress(TEXT)
                    head = [(":status", "200"), ("etag", 'W/"2"'), ("content-encoding", "gzip")]
                    connection.send_headers(event.stream_id, head)
                    connection.send_data(event.stream_id, body, end_stream=True)
            writer.write(connection.data_to_send())
        writer.close()

    context = server_context(authority.issue_cert("localhost"), "h2", "http/1.1")
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    async with Client(settings(ca_bundle=bundle)) as client:
        response = await client.get(f"https://localhost:{port}/feed", kind="feed")
        again = await client.get(f"https://localhost:{port}/feed", kind="feed", etag=response.etag)
    server.close()
    assert (response.outcome, response.body, response.etag) == ("ok", TEXT, 'W/"2"')
    assert response.exchange is not None
    assert response.exchange.http_version == "HTTP/2"
    assert again.outcome == "ok"
    assert seen[1][b"if-none-match"] == b'W/"2"'
    assert b"cookie" not in seen[1]


# Names and addresses ---------------------------------------------------------------------------------------------


async def test_private_address_behind_a_name_is_refused() -> None:
    """No request leaves for it."""
    async with ScriptedServer({"/": reply(b"secret")}) as server:
        names = resolver({"inside.test": ["127.0.0.1"]})
        async with Client(FetchSettings(CONTACT), resolver=names) as client:
            response = await client.get(server.url("/", "inside.test"), kind="page")
    assert response.outcome == "blocked_address"
    assert "127.0.0.1 (loopback)" in response.detail
    assert server.connections == 0


async def test_rebinding_name_is_judged_on_every_connection() -> None:
    """The address judged is the one connected to: a second answer is never asked for in between."""
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2", "10.0.0.1"]

    client = Client(settings(allow_networks=("127.0.0.1/32",)), resolver=rebinding)
    once = raw(OK + b"Connection: close\r\nContent-Length: 2\r\n\r\nok")
    async with client, ScriptedServer({"/": once}) as server:
        first = await client.get(server.url("/", "rebind.test"), kind="page")
        second = await client.get(server.url("/", "rebind.test"), kind="page")
    assert (first.outcome, second.outcome) == ("ok", "blocked_address")
    assert asked == ["rebind.test", "rebind.test"]
    assert server.connections == 1


async def test_refused_addresses_of_a_name_are_passed_over() -> None:
    names = resolver({"mixed.test": ["10.0.0.1", "not an address", "127.0.0.1"]})
    async with ScriptedServer({"/": reply(b"ok")}) as server, Client(settings(), resolver=names) as client:
        response = await client.get(server.url("/", "mixed.test"), kind="page")
    assert (response.outcome, response.exchange and response.exchange.address) == ("ok", "127.0.0.1")


async def test_slow_name_server_stops_nobody_else() -> None:
    async def slow(host: str, port: int) -> Sequence[str]:
        if host.startswith("slow"):
            await asyncio.sleep(60)
        return ["127.0.0.1"]

    client = Client(settings(connect_seconds=1.0), resolver=slow)
    async with client, ScriptedServer({"/": reply(b"ok")}) as server:
        begun = time.monotonic()

        async def timed(name: str) -> tuple[Response, float]:
            return await client.get(server.url("/", name), kind="feed"), time.monotonic() - begun

        late, *others = await asyncio.gather(*map(timed, ("slow.test", *(f"host{i}.test" for i in range(20)))))
    assert late[0].outcome == "dns"
    assert "no name server answered" in late[0].detail
    assert 0.9 < late[1] < 3.0
    assert all(response.outcome == "ok" and seconds < 0.9 for response, seconds in others)


async def test_unknown_name() -> None:
    async with Client(settings(), resolver=resolver({})) as client:
        response = await client.get("http://nowhere.test/", kind="feed")
    assert response.outcome == "dns"
    assert "Name or service not known" in response.detail


async def test_dead_address_leaves_time_for_the_next() -> None:
    names = resolver({"two.test": ["127.0.0.9", "127.0.0.1"]})
    async with ScriptedServer({"/": reply(b"ok")}) as server, Client(settings(), resolver=names) as client:
        response = await client.get(server.url("/", "two.test"), kind="feed")
    assert response.outcome == "ok"


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        ("", "bad_scheme"), ("/feed", "bad_scheme"), ("example.org/feed", "bad_scheme"), ("http:///feed", "bad_url"),
        ("http://[::1/", "bad_url"), ("http://a\x00b/", "bad_url"), ("file:///etc/passwd", "bad_scheme"),
        ("http://127.0.0.1:0/", "bad_url"), ("http://xn--/", "bad_url"), ("h" * 70_000, "bad_url"),
    ],
)  # fmt: skip
async def test_urls_that_are_none(url: str, outcome: str) -> None:
    async with Client(settings()) as client:
        response = await client.get(url, kind="feed")
    assert (response.outcome, response.status) == (outcome, None)
    assert response.detail


# Pace ------------------------------------------------------------------------------------------------------------


async def many(count: int, hosts: int, **changes: object) -> tuple[ScriptedServer, FakeTime, list[Response]]:
    passing = FakeTime()
    names = resolver({f"host{i}.test": ["127.0.0.1"] for i in range(hosts)})

    async def brief(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.02)
        await reply(b"ok")(request, writer)

    async with ScriptedServer({"/": brief}) as server:
        client = Client(
            settings(home_pace_seconds=None, **changes),
            resolver=names, clock=passing.clock, monotonic=passing.monotonic, sleep=passing.sleep,
        )  # fmt: skip
        async with client:
            urls = [server.url("/", f"host{i % hosts}.test") for i in range(count)]
            responses = await asyncio.gather(*(client.get(url, kind="page") for url in urls))
    return server, passing, responses


async def test_one_request_at_a_time_per_host_and_a_pause_between() -> None:
    """B8."""
    server, passing, responses = await many(5, 1)
    assert server.most_at_once == 1
    times = sorted(response.fetched_at for response in responses)
    assert all((later - sooner).total_seconds() >= 1.0 for sooner, later in pairwise(times))
    assert passing.slept == pytest.approx([1.0] * 4)


async def test_hosts_are_asked_side_by_side_under_a_limit() -> None:
    server, _, _ = await many(12, 12, concurrent_hosts=4)
    assert server.most_at_once == 4


@pytest.mark.parametrize("script", [reply(b"", 304), reply(b"ok"), reply(b"no", 404), redirect("/other")])
async def test_connection_is_used_again(script: Script) -> None:
    async with ScriptedServer({"/": script}) as server, Client(settings()) as client:
        for _ in range(3):
            await client.get(server.url(), kind="feed", etag='"1"')
    assert server.connections == 1


async def test_idle_connections_are_few_and_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A poll of a thousand hosts keeps no thousand sockets, and none longer than the keep-alive time."""
    async with ScriptedServer({"/": reply(b"ok")}) as server:
        names = [f"host{number}.example" for number in range(12)]
        answers = resolver({name: ["127.0.0.1"] for name in names})
        async with Client(settings(concurrent_hosts=4), resolver=answers) as client:
            for name in names:
                assert (await client.get(server.url(name=name), kind="feed")).outcome == "ok"
            assert server.connections == 12
            await settled(server, 5)
            monkeypatch.setattr(transport, "_KEEPALIVE_SECONDS", 0.0)
            await client.get(server.url(name="host0.example"), kind="feed")
            await settled(server, 1)
        await settled(server, 0)


async def settled(server: ScriptedServer, connections: int) -> None:
    """Wait until the server has seen all but so many connections end."""
    async with asyncio.timeout(5):
        while server.open_now > connections:
            await asyncio.sleep(0.01)


async def test_home_pace_for_allowed_networks() -> None:
    async with ScriptedServer({"/": reply(b"ok")}) as server, Client(settings(home_pace_seconds=0.0)) as client:
        with bounded(2.0):
            for _ in range(5):
                await client.get(server.url(), kind="feed")


async def test_crawl_delay_where_larger() -> None:
    """B8: the host's own wish, up to two minutes."""
    passing = FakeTime()
    async with ScriptedServer({"/": reply(b"ok")}) as server:
        client = Client(settings(), clock=passing.clock, monotonic=passing.monotonic, sleep=passing.sleep)
        async with client:
            client.slow_down(server.url(), 7.0)
            for _ in range(2):
                await client.get(server.url(), kind="page")
            client.slow_down(server.url(), 86_400.0)
            for _ in range(2):
                await client.get(server.url(), kind="page")
    assert passing.slept == pytest.approx([7.0, 7.0, 120.0])


async def test_host_that_asks_for_quiet_gets_it() -> None:
    """B4: the rest of its pages and feeds are held back without a request, and go when the time has passed."""
    passing = FakeTime()
    scripts: list[Script] = [reply(b"", 429, [("Retry-After", "300")]), reply(b"ok")]
    async with ScriptedServer({"/a": scripts, "/b": reply(b"ok")}) as server:
        client = Client(settings(), clock=passing.clock, monotonic=passing.monotonic, sleep=passing.sleep)
        async with client:
            first = await client.get(server.url("/a"), kind="page")
            second = await client.get(server.url("/b"), kind="page")
            passing.advance(301)
            third = await client.get(server.url("/b"), kind="page")
    assert [response.outcome for response in (first, second, third)] == ["throttled", "held_back", "ok"]
    assert second.retry_after == pytest.approx(300.0)
    assert [request.target for request in server.requests] == ["/a", "/b"]


# Records for the archive -----------------------------------------------------------------------------------------


async def test_recorder_gets_every_exchange() -> None:
    exchanges: list[Exchange] = []

    def recorder(exchange: Exchange) -> int:
        exchanges.append(exchange)
        return len(exchanges)

    body = reply(gzip.compress(TEXT), 200, [("Content-Encoding", "gzip"), ("X-Odd", "a"), ("x-odd", "b")])
    client = Client(settings(), recorder=recorder)
    async with client, ScriptedServer({"/a": redirect("/b", 301), "/b": body}) as server:
        response = await client.get(server.url("/a"), kind="page")
    assert [(exchange.target, exchange.status) for exchange in exchanges] == [("/a", 301), ("/b", 200)]
    assert (response.exchange, response.recorded) == (exchanges[1], 2)
    last = exchanges[1]
    assert (last.body, last.complete, last.reason, last.address) == (TEXT, True, "Scripted", "127.0.0.1")
    assert [pair for pair in last.headers if pair[0].lower() == b"x-odd"] == [(b"X-Odd", b"a"), (b"x-odd", b"b")]
    sent = {name.lower(): value for name, value in last.request_headers}
    assert sent[b"host"] == f"127.0.0.1:{server.port}".encode()
    assert response.headers.get_list("x-odd") == ["a", "b"]


async def test_recorder_gets_what_came_before_the_end() -> None:
    exchanges: list[Exchange] = []
    half = reset(OK + b"Content-Length: 1000\r\n\r\nhalf")
    async with ScriptedServer({"/": half}) as server, Client(settings(), recorder=exchanges.append) as client:
        await client.get(server.url(), kind="page")
    assert [(exchange.body, exchange.complete) for exchange in exchanges] == [(b"half", False)]


async def test_memory_stays_flat_over_many_requests() -> None:
    async with ScriptedServer({"/": reply(b"x" * 20_000)}) as server, Client(settings()) as client:

        async def cycle(times: int) -> None:
            for _ in range(times):
                await client.get(server.url(), kind="feed")
                server.requests.clear()

        await cycle(50)
        tracemalloc.start()
        await cycle(20)
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        await cycle(150)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
    assert grown < 200_000
