"""Bodies in any coding, cut anywhere, under any bound."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from flows.fetch.decoding import MOST_MEMBERS, Body, TooLargeError, UndecodableError


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


def quick_brotli(data: bytes) -> bytes:
    return bytes(brotli.compress(data, quality=3))


CODERS: dict[str, list[Callable[[bytes], bytes]]] = {
    "gzip": [gzip.compress, lambda data: gzip.compress(data[:50]) + gzip.compress(data[50:])],
    "deflate": [zlib.compress, raw_deflate],
    "br": [quick_brotli],
    "zstd": [zstandard.compress, lambda data: zstandard.compress(data[:50]) + zstandard.compress(data[50:])],
    "identity": [bytes],
}
TEXTS = st.one_of(st.binary(max_size=400), st.integers(1, 300_000).map(lambda size: b"<rss>" * (size // 5)))


@given(st.sampled_from(sorted(CODERS)), TEXTS, st.data())
def test_any_text_in_any_pieces(coding: str, text: bytes, data: st.DataObject) -> None:
    coded = data.draw(st.sampled_from(CODERS[coding]))(text)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(coded)), max_size=6)))
    body = Body([coding], 400_000)
    for start, end in zip([0, *cuts], [*cuts, len(coded)], strict=True):
        body.feed(coded[start:end])
    body.finish()
    assert body.taken == text


@given(st.sampled_from(sorted(CODERS)), st.integers(0, 2_000), st.integers(0, 2_000))
def test_the_bound_is_exact(coding: str, size: int, limit: int) -> None:
    text = os.urandom(size)
    body = Body([coding], limit)
    if size > limit:
        with pytest.raises(TooLargeError):
            body.feed(CODERS[coding][0](text))
    else:
        body.feed(CODERS[coding][0](text))
        body.finish()
    assert body.taken == text[:limit]


@pytest.mark.parametrize("coding", sorted(CODERS))
@pytest.mark.parametrize("repeat", [1, 100])
def test_large_incompressible_and_compressible_bodies(coding: str, repeat: int) -> None:
    """Output that a decoder holds back after taking all its input is not lost."""
    text = os.urandom(4_000_000 // repeat).hex().encode()[: 4_000_000 // repeat] * repeat
    body = Body([coding], 5_000_000)
    body.feed(CODERS[coding][0](text))
    body.finish()
    assert body.taken == text


@given(st.sampled_from(["gzip", "deflate", "br", "zstd", "gzip, br"]), st.binary(max_size=300))
def test_rubbish_is_undecodable_or_harmless(coding: str, data: bytes) -> None:
    body = Body(coding.split(","), 10_000)
    try:
        body.feed(data)
        body.finish()
    except (UndecodableError, TooLargeError):
        pass
    assert len(body) <= 10_000


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_members_are_counted(coding: str) -> None:
    coder = CODERS[coding][0]
    body = Body([coding], 10_000)
    with pytest.raises(UndecodableError, match="members"):
        body.feed(coder(b"") * (MOST_MEMBERS + 1))
