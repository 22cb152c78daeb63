"""A server over real sockets whose every answer is scripted, and a clock that moves only when told to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

HeaderList = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Request:
    """A request as it came: the request line in parts, the header lines in order."""

    method: str
    target: str
    version: str
    headers: tuple[tuple[str, str], ...]

    def header(self, name: str) -> str | None:
        """The first value under this name, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


Script = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


def reply(body: bytes = b"", status: int = 200, headers: HeaderList = (), *, length: int | None = None) -> Script:
    """An answer of one piece; `length` overrides the Content-Length told."""

    async def script(request: Request, writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status} Scripted", f"Content-Length: {len(body) if length is None else length}"]
        lines += [f"{name}: {value}" for name, value in headers]
        writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        await writer.drain()

    return script


def redirect(target: str, status: int = 302) -> Script:
    """A redirect."""
    return reply(b"moved", status, [("Location", target)])


def raw(*parts: bytes, pause: float = 0.0, close: bool = True) -> Script:
    """Bytes as they are, with a pause after each part."""

    async def script(request: Request, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        if close:
            writer.close()

    return script


def endless(head: bytes, part: bytes, pause: float = 0.0) -> Script:
    """A head, then the same part for ever."""

    async def script(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)

    return script


def reset(head: bytes) -> Script:
    """Some bytes, then a TCP reset."""

    async def script(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.transport.abort()

    return script


async def silence(request: Request, writer: asyncio.StreamWriter) -> None:
    """Take the request and say nothing."""
    await asyncio.sleep(3_600)


@dataclass
class ScriptedServer:
    """`async with ScriptedServer({"/feed": reply(b"...")}) as server`; of a list of scripts the last one stays."""

    routes: dict[str, Script | list[Script]] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    name: str = "127.0.0.1"
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    most_at_once: int = 0

    def url(self, path: str = "/", name: str | None = None) -> str:
        """The absolute URL of a path here."""
        return f"{'https' if self.tls else 'http'}://{name or self.name}:{self.port}{path}"

    @property
    def open_now(self) -> int:
        """Connections that neither side has closed."""
        return len(self._tasks)

    async def __aenter__(self) -> Self:
        self._tasks: set[asyncio.Task[None]] = set()
        self._at_once = 0
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self.tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            try:
                while not writer.is_closing():
                    request = _parse(await reader.readuntil(b"\r\n\r\n"))
                    self.requests.append(request)
                    self._at_once += 1
                    self.most_at_once = max(self.most_at_once, self._at_once)
                    try:
                        await self._script(request)(request, writer)
                    finally:
                        self._at_once -= 1
            finally:
                writer.close()

    def _script(self, request: Request) -> Script:
        script = self.routes.get(request.target.partition("?")[0], reply(b"not here", 404))
        if not isinstance(script, list):
            return script
        return script.pop(0) if len(script) > 1 else script[0]


def _parse(head: bytes) -> Request:
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    method, target, version = first.split(" ")
    pairs = (line.partition(":") for line in lines)
    return Request(method, target, version, tuple((name, value.strip()) for name, _, value in pairs))


@dataclass
class FakeTime:
    """Time that passes in `sleep` and `advance` only."""

    now: datetime = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)

    def clock(self) -> datetime:
        """The time of day."""
        return self.now

    def monotonic(self) -> float:
        """The time for pauses."""
        return self.now.timestamp()

    async def sleep(self, seconds: float) -> None:
        """Let it pass, at once."""
        self.slept.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        """Let it pass."""
        self.now += timedelta(seconds=seconds)


def resolver(addresses: dict[str, Sequence[str]]) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    """A resolver that knows these names only."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        if host not in addresses:
            raise OSError(-2, "Name or service not known")
        return addresses[host]

    return resolve
