"""Content codings undone under a bound, counted while decoding (RFC 9110 section 8.4, RFC 8878, RFC 7932).

48 KB of gzip can hold 33 MB, and a few KB of zstd gigabytes: no decoder here is ever asked for more output at once than
what the bound still allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import brotli
import zstandard
from isal import isal_zlib as zlib  # a third of the time of Python's own

ACCEPT_ENCODING = "gzip, br, zstd"
MOST_CODINGS = 3
MOST_MEMBERS = 1_000

_STEP = 65_536
# A zstd block of four bytes can stand for 128 KB and its decoder takes no output limit: small slices bound it.
_ZSTD_SLICE = 256
_ZSTD_WINDOW = 8 * 1024 * 1024  # RFC 9659
# Seen in the wild as "codings"; none of them changes a byte.
_NO_CODING = frozenset({"", "identity", "none", "binary", "8bit", "utf-8", "utf8", "iso-8859-1"})


class TooLargeError(Exception):
    """The decoded body is over its bound; `Body.taken` holds what came before."""


class UndecodableError(Exception):
    """The body is not what its Content-Encoding says; the message says how."""


class _Coding(Protocol):
    def feed(self, data: bytes, room: int) -> bytes: ...

    def pending(self) -> bool: ...

    def complete(self) -> bool: ...


class _Deflate:
    """gzip (RFC 1952, any number of members) and deflate (zlib-wrapped as specified, or raw as some send it)."""

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._decoder = zlib.decompressobj(zlib.MAX_WBITS | 16) if gzip else None
        self._input = b""
        self._members = 0
        self._within = False
        self._ended = False
        self._full = False

    def feed(self, data: bytes, room: int) -> bytes:
        self._input += data
        if not self._within and not self._begin():
            return b""
        assert self._decoder is not None
        try:
            output = self._decoder.decompress(self._input, room)
        except zlib.error as error:  # type: ignore[misc]  # their stub has an instance
            raise UndecodableError(f"it is no valid {'gzip' if self._gzip else 'deflate'} data ({error})") from None
        # zlib may have taken all input and still hold output back.
        self._full = len(output) == room
        self._input = self._decoder.unconsumed_tail
        if self._decoder.eof:
            self._input = self._decoder.unused_data
            self._members = _counted(self._members)
            self._within = self._full = False
            self._decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
        return output

    def _begin(self) -> bool:
        """Whether a member begins here; what follows the last one is padding or rubbish, ignored as gzip(1) does."""
        if self._members and (not self._gzip or not b"\x1f\x8b".startswith(self._input[:2])):
            self._ended = True
        if self._ended:
            self._input = b""
        if len(self._input) < 2:
            return False
        if self._decoder is None:
            zlib_wrapped = self._input[0] & 0x0F == 8 and int.from_bytes(self._input[:2], "big") % 31 == 0
            self._decoder = zlib.decompressobj(zlib.MAX_WBITS if zlib_wrapped else -zlib.MAX_WBITS)
        self._within = True
        return True

    def pending(self) -> bool:
        return self._full or (bool(self._input) and (self._within or len(self._input) >= 2))

    def complete(self) -> bool:
        return not self._within and (self._members > 0 or not self._input)


class _Brotli:
    """br (RFC 7932). Its decoder keeps input that it has no room for and takes no more until that is used."""

    def __init__(self) -> None:
        self._decoder = brotli.Decompressor()
        self._input = b""
        self._full = False

    def feed(self, data: bytes, room: int) -> bytes:
        self._input += data
        taken = b""
        if self._decoder.is_finished():
            self._input = b""
        elif self._decoder.can_accept_more_data():
            taken, self._input = self._input, b""
        try:
            output = bytes(self._decoder.process(taken, output_buffer_limit=room))
        except brotli.error as error:
            raise UndecodableError(f"it is no valid brotli data ({error})") from None
        self._full = len(output) >= room
        return output

    def pending(self) -> bool:
        if self._decoder.is_finished():
            return False
        return self._full or bool(self._input) or not self._decoder.can_accept_more_data()

    def complete(self) -> bool:
        return bool(self._decoder.is_finished())


class _Zstd:
    """zstd (RFC 8878, any number of frames)."""

    def __init__(self) -> None:
        self._context = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._decoder = self._context.decompressobj()
        self._input = b""
        self._frames = 0
        self._within = False

    def feed(self, data: bytes, room: int) -> bytes:
        self._input += data
        taken, self._input = self._input[:_ZSTD_SLICE], self._input[_ZSTD_SLICE:]
        if not taken:
            return b""
        self._within = True
        try:
            output = self._decoder.decompress(taken)
        except zstandard.ZstdError as error:
            raise UndecodableError(f"it is no valid zstd data ({error})") from None
        if self._decoder.eof:
            self._frames = _counted(self._frames)
            self._input = self._decoder.unused_data + self._input
            self._decoder = self._context.decompressobj()
            self._within = False
        return output

    def pending(self) -> bool:
        return bool(self._input)

    def complete(self) -> bool:
        return not self._within


def _counted(members: int) -> int:
    """One more; refused where there are so many that they only cost time."""
    if members >= MOST_MEMBERS:
        raise UndecodableError(f"it is made of more than {MOST_MEMBERS} members")
    return members + 1


class _Identity:
    def feed(self, data: bytes, room: int) -> bytes:
        return data

    def pending(self) -> bool:
        return False

    def complete(self) -> bool:
        return True


def _coding(name: str) -> _Coding:
    if name in {"gzip", "x-gzip"}:
        return _Deflate(gzip=True)
    if name == "deflate":
        return _Deflate(gzip=False)
    if name == "br":
        return _Brotli()
    if name == "zstd":
        return _Zstd()
    raise UndecodableError(f"its Content-Encoding {name!r} was never asked for and is not known here")


class Body:
    """A response body taken in piece by piece. `taken` are the decoded bytes so far, at most `limit` of them.

    `codings` are the names of Content-Encoding in the order they were applied. Raises UndecodableError for an unknown
    one and for data that is not what it says, TooLargeError once `limit` is passed.
    """

    def __init__(self, codings: Sequence[str], limit: int) -> None:
        names = [name for name in (coding.strip().lower() for coding in codings) if name not in _NO_CODING]
        if len(names) > MOST_CODINGS:
            raise UndecodableError(f"it is wrapped in {len(names)} content codings")
        self._stages: list[_Coding] = [_coding(name) for name in reversed(names)] or [_Identity()]
        self._limit = limit
        self._taken = bytearray()

    @property
    def taken(self) -> bytes:
        """The decoded bytes so far."""
        return bytes(self._taken)

    def __len__(self) -> int:
        return len(self._taken)

    def feed(self, data: bytes) -> None:
        """Take in the next bytes from the wire."""
        for start in range(0, len(data), _STEP):
            self._push(data[start : start + _STEP], 0)

    def finish(self) -> None:
        """Say that the wire has no more. Raises UndecodableError where a coding has not come to its end."""
        if not all(stage.complete() for stage in self._stages):
            raise UndecodableError("its compressed data ends in the middle")

    def _push(self, data: bytes, index: int) -> None:
        if index == len(self._stages):
            room = self._limit - len(self._taken)
            self._taken += data[:room]
            if len(data) > room:
                raise TooLargeError
            return
        stage = self._stages[index]
        while True:
            output = stage.feed(data, max(1, min(_STEP, self._limit - len(self._taken) + 1)))
            data = b""
            if output:
                self._push(output, index + 1)
            if not stage.pending():
                return
