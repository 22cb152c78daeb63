"""Which addresses may be connected to, and the network backend that connects to nothing else.

A host name is resolved once, each address is judged, and the connection is made to the very address that was judged:
a name that answers differently a moment later (DNS rebinding) changes nothing. The ranges are those of the IANA IPv4
and IPv6 special-purpose address registries (RFC 6890 and its successors); an IPv6 address that carries an IPv4 address
(mapped, compatible, NAT64, 6to4, Teredo, ISATAP) is judged by what it carries as well.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpcore

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

MOST_ADDRESSES = 6

_REFUSED_V4 = {
    IPv4Network(network): name
    for network, name in {
        "0.0.0.0/8": "unspecified",
        "10.0.0.0/8": "private",
        "100.64.0.0/10": "carrier-grade NAT",
        "127.0.0.0/8": "loopback",
        "168.63.129.16/32": "cloud metadata",
        "169.254.0.0/16": "link-local",
        "172.16.0.0/12": "private",
        "192.0.0.0/24": "reserved",
        "192.0.2.0/24": "documentation",
        "192.88.99.0/24": "6to4 relay",
        "192.168.0.0/16": "private",
        "198.18.0.0/15": "benchmarking",
        "198.51.100.0/24": "documentation",
        "203.0.113.0/24": "documentation",
        "224.0.0.0/4": "multicast",
        "240.0.0.0/4": "reserved",
    }.items()
}
# Only 2000::/3 is in use for public hosts; everything else is refused by that rule, and named where it has a name.
_PUBLIC_V6 = IPv6Network("2000::/3")
_REFUSED_V6 = {
    IPv6Network(network): name
    for network, name in {
        "::/128": "unspecified",
        "::1/128": "loopback",
        "64:ff9b:1::/48": "local NAT64",
        "100::/64": "discard-only",
        "2001:2::/48": "benchmarking",
        "2001:10::/28": "ORCHID",
        "2001:20::/28": "ORCHID",
        "2001:db8::/32": "documentation",
        "3fff::/20": "documentation",
        "5f00::/16": "segment routing",
        "fc00::/7": "private",
        "fe80::/10": "link-local",
        "fec0::/10": "site-local",
        "ff00::/8": "multicast",
    }.items()
}
_COMPATIBLE = IPv6Network("::/96")
_NAT64 = IPv6Network("64:ff9b::/96")


class NameFailure(httpcore.ConnectError):
    """A host name that has no address, or whose servers did not answer in time."""


class BlockedAddress(httpcore.ConnectError):
    """A host all of whose addresses are refused."""


def refusal(address: Address, allowed: Iterable[Network] = ()) -> str | None:
    """Why this address may not be connected to, in a word or two ("loopback"), or None where it may.

    An address inside one of the `allowed` networks always may; an IPv4-mapped one counts as the IPv4 address.
    """
    plain = _plain(address)
    if any(plain in network for network in allowed if network.version == plain.version):
        return None
    if isinstance(plain, IPv4Address):
        return next((name for network, name in _REFUSED_V4.items() if plain in network), None)
    for network, name in _REFUSED_V6.items():
        if plain in network:
            return name
    for form, carried in _carried(plain):
        reason = refusal(carried)
        if reason:
            return f"{reason} in {form}"
    if plain not in _PUBLIC_V6 and plain not in _NAT64:
        return "reserved"
    return None


def _plain(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    return address.ipv4_mapped or IPv6Address(int(address))


def _carried(address: IPv6Address) -> Iterator[tuple[str, IPv4Address]]:
    low = int(address) & 0xFFFFFFFF
    if address in _NAT64:
        yield "NAT64", IPv4Address(low)
    if address in _COMPATIBLE:
        yield "an IPv4-compatible address", IPv4Address(low)
    if address.sixtofour is not None:
        yield "6to4", address.sixtofour
    if address.teredo is not None:
        for carried in address.teredo:
            yield "Teredo", carried
    if (int(address) >> 32) & 0xFCFFFFFF == 0x5EFE:
        yield "ISATAP", IPv4Address(low)


def parse_networks(networks: Iterable[str]) -> tuple[Network, ...]:
    """CIDR texts as networks. Raises ValueError naming the one that is none."""
    return tuple(ip_network(text, strict=False) for text in networks)


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """The system's addresses of a host name, in its order of preference. Raises OSError where there are none.

    Each look-up has a thread of its own: the loop's shared pool holds half a dozen, and as many dead name servers would
    stop every other host. The thread is a daemon, as a look-up cannot be interrupted and must not hold up the exit.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Sequence[str]] = loop.create_future()

    def settle(addresses: Sequence[str], error: OSError | None) -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(addresses)
        else:
            answer.set_exception(error)

    def look_up() -> None:
        addresses: list[str] = []
        error: OSError | None = None
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = list(dict.fromkeys(str(item[4][0]) for item in found))
        except OSError as failure:
            error = failure
        except (UnicodeError, ValueError) as failure:
            error = OSError(str(failure))
        try:
            loop.call_soon_threadsafe(settle, addresses, error)
        except RuntimeError:  # the loop ended while the look-up was still under way
            return

    threading.Thread(target=look_up, name=f"resolve {host}", daemon=True).start()
    return await answer


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects to judged addresses only; remembers which hosts turned out to lie in an allowed network."""

    def __init__(self, allowed: Sequence[Network] = (), resolver: Resolver = system_resolver) -> None:
        self._allowed = tuple(allowed)
        self._resolver = resolver
        self._backend = httpcore.AnyIOBackend()
        self._home: set[str] = set()

    def is_home(self, host: str) -> bool:
        """Whether this host lies in an allowed network, as far as is known without asking its name server."""
        if host in self._home:
            return True
        try:
            address: Address = ip_address(host.strip("[]"))
        except ValueError:
            return False
        return self._is_allowed(address)

    def _is_allowed(self, address: Address) -> bool:
        plain = _plain(address)
        return any(plain in network for network in self._allowed if network.version == plain.version)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve, judge, connect. Raises NameFailure, BlockedAddress, httpcore.ConnectError or ConnectTimeout."""
        loop = asyncio.get_running_loop()
        ends = None if timeout is None else loop.time() + timeout
        addresses = self._judge(host, await self._resolve(host, port, timeout))
        failure: Exception = httpcore.ConnectError(f"{host} has no address to connect to")
        for left in range(len(addresses), 0, -1):
            # Each address gets its share of what time remains, so that a dead first one leaves some to the others.
            share = None if ends is None else max(0.05, (ends - loop.time()) / left)
            address = str(addresses[-left])
            try:
                return await self._backend.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Never: no URL leads to a socket file."""
        raise BlockedAddress("unix sockets are not used")

    async def sleep(self, seconds: float) -> None:
        """Wait, for the connection pool's own retries."""
        await self._backend.sleep(seconds)

    async def _resolve(self, host: str, port: int, timeout: float | None) -> list[Address]:
        try:
            return [ip_address(host.strip("[]"))]
        except ValueError:
            pass
        try:
            async with asyncio.timeout(timeout):
                found = await self._resolver(host, port)
        except TimeoutError:
            raise NameFailure(f"no name server answered for {host} within {timeout:g} s") from None
        except OSError as error:
            raise NameFailure(f"{host} has no address: {error.strerror or error}") from None
        addresses: list[Address] = []
        for text in found[:MOST_ADDRESSES]:
            try:
                addresses.append(ip_address(text))
            except ValueError:
                continue
        if not addresses:
            raise NameFailure(f"{host} has no address")
        return addresses

    def _judge(self, host: str, addresses: Sequence[Address]) -> list[Address]:
        reasons = {address: refusal(address, self._allowed) for address in addresses}
        good = [address for address, reason in reasons.items() if reason is None]
        if not good:
            named = ", ".join(f"{address} ({reason})" for address, reason in reasons.items())
            raise BlockedAddress(
                f"{host} is at {named}, where no request goes; the setting allow_networks can exempt it"
            )
        if all(self._is_allowed(address) for address in good):
            self._home.add(host)
        else:
            self._home.discard(host)
        return good
