"""The address guard, in every form that an address can take."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.fetch.addresses import (
    BlockedAddress,
    GuardedBackend,
    NameFailure,
    parse_networks,
    refusal,
    system_resolver,
)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("0.0.0.0", "unspecified"), ("0.1.2.3", "unspecified"), ("10.255.255.255", "private"),
        ("100.64.0.1", "carrier-grade NAT"), ("100.100.100.200", "carrier-grade NAT"), ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"), ("168.63.129.16", "cloud metadata"), ("169.254.169.254", "link-local"),
        ("169.254.170.2", "link-local"), ("172.16.0.1", "private"), ("172.31.255.255", "private"),
        ("192.0.0.192", "reserved"), ("192.0.2.1", "documentation"), ("192.88.99.1", "6to4 relay"),
        ("192.168.1.1", "private"), ("198.18.0.1", "benchmarking"), ("198.19.255.255", "benchmarking"),
        ("224.0.0.1", "multicast"), ("239.255.255.250", "multicast"), ("240.0.0.1", "reserved"),
        ("255.255.255.255", "reserved"),
        ("::", "unspecified"), ("::1", "loopback"), ("fe80::1", "link-local"), ("fe80::1%1", "link-local"),
        ("febf::1", "link-local"), ("fec0::1", "site-local"), ("fc00::1", "private"), ("fd00:ec2::254", "private"),
        ("ff02::1", "multicast"), ("100::1", "discard-only"), ("2001:db8::1", "documentation"),
        ("3fff::1", "documentation"), ("2001:10::1", "ORCHID"), ("5f00::1", "segment routing"), ("4000::1", "reserved"),
        ("::ffff:127.0.0.1", "loopback"), ("::ffff:a9fe:a9fe", "link-local"), ("::ffff:10.0.0.1", "private"),
        ("::127.0.0.1", "loopback in an IPv4-compatible address"), ("::8.8.8.8", "reserved"),
        ("64:ff9b::127.0.0.1", "loopback in NAT64"), ("64:ff9b::a9fe:a9fe", "link-local in NAT64"),
        ("64:ff9b:1::8.8.8.8", "local NAT64"),
        ("2002:7f00:1::1", "loopback in 6to4"), ("2002:c0a8:101::", "private in 6to4"),
        ("2001:0:0a00:1::", "private in Teredo"), ("2001:0:808:808:0:0:f5ff:fffe", "private in Teredo"),
        ("2a00:1450::5efe:10.0.0.1", "private in ISATAP"), ("2a00:1450::200:5efe:7f00:1", "loopback in ISATAP"),
    ],
)  # fmt: skip
def test_refused(address: str, reason: str) -> None:
    assert refusal(ip_address(address)) == reason


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.32.0.1", "198.20.0.1", "192.0.1.1", "223.255.255.255",
     "2606:4700::1111", "2a00:1450:4001:80e::200e", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"],
)  # fmt: skip
def test_public(address: str) -> None:
    assert refusal(ip_address(address)) is None


@given(st.integers(min_value=0, max_value=2**32 - 1))
def test_ipv4_agrees_with_the_standard_library(number: int) -> None:
    """Whatever the standard library knows to be private or special is refused here as well."""
    address = ip_address(number)
    if address.is_private or address.is_multicast or address.is_reserved or address.is_link_local:
        # 192.0.0.9 and .10 are global anycast addresses of no use to a publisher.
        assert refusal(address) is not None


@given(st.ip_addresses(v=6))
def test_ipv6_agrees_with_the_standard_library(address: object) -> None:
    parsed = ip_address(str(address))
    if not parsed.is_global or parsed.is_multicast:
        carrier = parsed in parse_networks(["2002::/16"])[0] or parsed in parse_networks(["2001::/23"])[0]
        assert refusal(parsed) is not None or carrier


def test_allowed_networks() -> None:
    allowed = parse_networks(["127.0.0.0/8", "fd00::/8"])
    for address in ("127.0.0.1", "::ffff:127.0.0.1", "fd00::5"):
        assert refusal(ip_address(address), allowed) is None
    for address in ("10.0.0.1", "::1", "64:ff9b::127.0.0.1", "2002:7f00:1::"):
        assert refusal(ip_address(address), allowed) is not None


def test_networks_that_are_none() -> None:
    with pytest.raises(ValueError, match="not-a-network"):
        parse_networks(["not-a-network"])


SPELLINGS = ["127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "0"]


@pytest.mark.parametrize("host", [*SPELLINGS, "[::1]", "::ffff:127.0.0.1", "[::ffff:7f00:1]", "localhost", "10.1"])
def test_every_spelling_ends_at_the_guard(host: str) -> None:
    """Through the system's own resolver: however it is written, it is judged by what would be connected to."""

    async def connect() -> None:
        await GuardedBackend().connect_tcp(host, 9, timeout=5)

    with pytest.raises(BlockedAddress, match="allow_networks can exempt it"):
        asyncio.run(connect())


def test_unix_sockets_are_never_connected() -> None:
    with pytest.raises(BlockedAddress):
        asyncio.run(GuardedBackend().connect_unix_socket("/var/run/docker.sock"))


@pytest.mark.parametrize("host", ["a..b", "x" * 300, "\udcff.test", "nul\x00.test", "no-such-name.invalid"])
def test_names_that_are_none(host: str) -> None:
    async def connect() -> None:
        await GuardedBackend().connect_tcp(host, 9, timeout=5)

    with pytest.raises(NameFailure):
        asyncio.run(connect())


def test_resolver_in_a_loop_that_ends_first() -> None:
    """The thread of an abandoned look-up neither holds up the exit nor complains."""

    async def abandon() -> None:
        task = asyncio.create_task(system_resolver("localhost", 80))
        await asyncio.sleep(0)
        task.cancel()

    asyncio.run(abandon())


def test_dead_addresses_share_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first address gets half the time where there are two, the last one all that is left."""
    given_times: list[float] = []

    async def dead(self: object, host: str, port: int, timeout: float, *rest: object) -> None:
        given_times.append(timeout)
        raise httpcore.ConnectTimeout

    async def two(host: str, port: int) -> list[str]:
        return ["8.8.8.8", "8.8.4.4"]

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", dead)
    with pytest.raises(httpcore.ConnectTimeout):
        asyncio.run(GuardedBackend(resolver=two).connect_tcp("two.test", 80, timeout=4.0))
    assert given_times == pytest.approx([2.0, 4.0], abs=0.2)


def test_home_is_learnt_from_the_address() -> None:
    async def home(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    backend = GuardedBackend(parse_networks(["127.0.0.0/8"]), home)
    assert backend.is_home("127.0.0.5")
    assert not backend.is_home("8.8.8.8")
    assert not backend.is_home("wire.test")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        with pytest.raises(httpcore.ConnectError):
            asyncio.run(backend.connect_tcp("wire.test", probe.getsockname()[1], timeout=5))
    assert backend.is_home("wire.test")
