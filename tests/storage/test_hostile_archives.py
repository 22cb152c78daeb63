"""WARC files that lie, break off, burst or mean nothing: what is sound is read, the rest is named, nothing raises."""

from __future__ import annotations

import gzip
import random
import time
import tracemalloc
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.archive import MAX_BODY_BYTES, Captured, captures_from, read_record
from storage.errors import LakeError

GOOD = "https://good.example/"
PAGE = b"<p>Sound.</p>"


def record(
    *,
    uri: bytes = b"https://odd.example/",
    kind: bytes = b"response",
    moment: bytes = b"2026-01-04T00:00:00Z",
    http: bytes = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n",
    body: bytes = PAGE,
    length: bytes | None = None,
    more: bytes = b"",
) -> bytes:
    """A record of ISO 28500, wrong where the arguments are."""
    content = http + b"\r\n" + body
    return b"\r\n".join(
        [
            b"WARC/1.0",
            b"WARC-Type: " + kind,
            b"WARC-Record-ID: <urn:uuid:1>",
            b"WARC-Date: " + moment,
            b"WARC-Target-URI: " + uri,
            b"Content-Type: application/http; msgtype=response",
            b"Content-Length: " + (b"%d" % len(content) if length is None else length),
            more + b"\r\n" + content,
            b"\r\n",
        ]
    )


SOUND = record(uri=GOOD.encode())


def coded(coding: bytes, body: bytes) -> bytes:
    return record(http=b"HTTP/1.1 200 OK\r\n" + coding + b"\r\n", body=body)


def read(body: bytes) -> tuple[list[Captured], list[str]]:
    named: list[str] = []
    return list(captures_from(BytesIO(body), "f.warc", damaged=named.append)), named


# One bad record costs itself: the sound ones around it are read.
ONE_IS_BAD = {
    "year 0": record(moment=b"0000-01-01T00:00:00Z"),
    "year 1": record(moment=b"0001-01-01T00:00:00+14:00"),
    "year 9999": record(moment=b"9999-12-31T23:59:59-23:59"),
    "no date": record(moment=b"yesterday"),
    "no address": record(uri=b""),
    "half an address": record(uri=b"http://[::1/"),
    "address of bytes": record(uri=b"http://\xff\xfe\0/"),
    "status": record(http=b"HTTP/1.1 99999999999999999999 OK\r\n"),
    "no HTTP": record(http=b"nothing of the kind"),
    "odd headers": record(http=b"HTTP/1.1 200 \xff\r\nX-\xff: \xfe\r\n: \r\n\0: \0\r\n"),
    "kind": record(kind=b"nonsense"),
    "revisit of nothing": record(kind=b"revisit"),
    "bad gzip": coded(b"Content-Encoding: gzip", b"no gzip"),
    "bad brotli": coded(b"Content-Encoding: br", b"no brotli" * 9),
    "bad zstd": coded(b"Content-Encoding: zstd", b"no zstd" * 9),
    "no coding": coded(b"Content-Encoding: utf-8", PAGE),
    "chunk too long": coded(b"Transfer-Encoding: chunked", b"ffffffff\r\nabc\r\n0\r\n\r\n"),
    "chunk below zero": coded(b"Transfer-Encoding: chunked", b"-5\r\nabc\r\n0\r\n\r\n"),
    "no chunk": coded(b"Transfer-Encoding: chunked", b"zz\r\nabc"),
    "small chunks": coded(b"Transfer-Encoding: chunked", b"1\r\na\r\n" * 20_000),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", ONE_IS_BAD)
def test_a_bad_record_costs_itself_only(name: str, packed: bool) -> None:
    records = [SOUND, ONE_IS_BAD[name], SOUND]
    found, named = read(b"".join(map(gzip.compress, records) if packed else records))
    assert [one.url for one in found].count(GOOD) == 2
    assert all(one.body == PAGE for one in found if one.url == GOOD)
    assert named == []


@pytest.mark.parametrize("name", [name for name in ONE_IS_BAD if name.startswith(("bad ", "chunk ", "no chunk"))])
def test_what_cannot_be_decoded_is_no_whole_body(name: str) -> None:
    odd = next(one for one in read(ONE_IS_BAD[name])[0])
    assert not odd.complete


# What stands behind it cannot be found again: the file ends there, and is named.
THE_REST_IS_LOST = {
    "length too small": SOUND + record(length=b"3") + SOUND,
    "length below zero": SOUND + record(length=b"-5") + SOUND,
    "length of letters": SOUND + record(length=b"many") + SOUND,
    "length too large": SOUND + record(length=b"9999") + SOUND,
    "length of exabytes": SOUND + record(length=b"9223372036854775807") + SOUND,
    "length beyond numbers": SOUND + record(length=b"9" * 400) + SOUND,
    "noise between": SOUND + random.Random(1).randbytes(5_000) + SOUND,
    "noise in a member": gzip.compress(SOUND) + gzip.compress(SOUND)[:-12] + b"noise" + gzip.compress(SOUND),
    "another version": SOUND + SOUND.replace(b"WARC/1.0", b"WARC/9.9") + SOUND,
    "header of megabytes": SOUND + record(more=b"X: " + b"y" * 3_000_000 + b"\r\n") + SOUND,
    "a million headers": SOUND + b"WARC/1.0\r\n" + b"A: b\r\n" * 1_000_000 + SOUND,
    "headers of the page": SOUND + record(http=b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1_000_000) + SOUND,
    "cut": SOUND + record(body=b"x" * 5_000)[:4_000],
    "cut and packed": gzip.compress(SOUND) + gzip.compress(record(body=random.Random(2).randbytes(5_000)))[:4_000],
}


@pytest.mark.parametrize("name", THE_REST_IS_LOST)
def test_a_file_that_cannot_be_followed_gives_what_stood_before_and_is_named(name: str) -> None:
    started = time.process_time()
    found, named = read(THE_REST_IS_LOST[name])
    assert time.process_time() - started < 3
    assert [one.url for one in found][:1] == [GOOD]
    assert len([one for one in found if one.url == GOOD]) == 1
    assert len(named) == 1
    assert named[0].startswith("archive file f.warc ends early: ")


@pytest.mark.parametrize(
    "body", [b"", b"\0" * 100_000, b"\x1f\x8bnoise" * 1_000, gzip.compress(gzip.compress(SOUND)), b"(\xb5/\xfd" * 99]
)
def test_what_is_no_archive_gives_nothing(body: bytes) -> None:
    assert read(body)[0] == []


@pytest.mark.parametrize("megabytes", [80, pytest.param(2_000, marks=pytest.mark.soak)])
def test_bombs_stop_at_the_bound(megabytes: int) -> None:
    size = megabytes * 1_000_000
    bombs = {
        "packed": lambda: gzip.compress(record(body=bytes(size)), compresslevel=1),
        "gzip": lambda: coded(b"Content-Encoding: gzip", gzip.compress(bytes(size), compresslevel=1)),
        "brotli": lambda: coded(b"Content-Encoding: br", brotli.compress(bytes(size), quality=1)),
    }
    for make in bombs.values():
        body = make()
        tracemalloc.start()
        found, named = read(body + (gzip.compress(SOUND) if body.startswith(b"\x1f\x8b") else SOUND))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert [len(one.body) for one in found] == [MAX_BODY_BYTES, len(PAGE)]
        assert [one.complete for one in found] == [False, True]
        assert named == []
        assert peak < 4 * MAX_BODY_BYTES


def test_a_revisit_that_goes_round_in_a_circle_ends(tmp_path: Path) -> None:
    (tmp_path / "2026/01/04").mkdir(parents=True)
    for offset in (b"0", b"9" * 400, b"-1", "١".encode()):
        place = b"WARC-Refers-To-Filename: 2026/01/04/a.warc\r\nWARC-Refers-To-File-Offset: " + offset + b"\r\n"
        (tmp_path / "2026/01/04/a.warc").write_bytes(record(kind=b"revisit", more=place))
        with pytest.raises(LakeError, match="no response at 0"):
            read_record(tmp_path, "2026/01/04/a.warc", 0)


def check_anything(body: bytes) -> None:
    """Whatever the bytes are: captures with a time and a bounded body, or fewer of them."""
    for one in read(body)[0]:
        assert one.captured_at.tzinfo is not None
        assert date(1, 1, 1) <= one.captured_at.date()
        assert len(one.body) <= MAX_BODY_BYTES


PIECES = st.sampled_from(
    [SOUND, gzip.compress(SOUND), *ONE_IS_BAD.values(), b"WARC/1.0\r\n", b"WARC/1.1\r\nContent-Length: ", b"\r\n\r\n",
     b"WARC-Type: response\r\n", b"WARC-Date: 9999-12-31T23:59:59Z\r\n", b"Content-Length: 99999999999\r\n",
     b"HTTP/1.1 200 OK\r\n", b"Content-Encoding: gzip\r\n", b"\x1f\x8b\x08", b"(\xb5/\xfd", b"\0", b"\xff"]
)  # fmt: skip
FILES = st.one_of(
    st.binary(max_size=400), st.lists(st.one_of(PIECES, st.binary(max_size=6)), max_size=20).map(b"".join)
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A sound file, packed or not, with some bytes overwritten, cut out or doubled."""
    whole = bytearray(draw(st.sampled_from([SOUND * 3, gzip.compress(SOUND) * 3])))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(whole)))
        whole[at : at + draw(st.integers(0, 8))] = draw(st.binary(max_size=8))
    return bytes(whole)


@settings(max_examples=150, deadline=2000)
@given(st.one_of(FILES, damaged()))
def test_any_bytes_give_captures_or_fewer(body: bytes) -> None:
    check_anything(body)


@pytest.mark.soak
@pytest.mark.timeout(1200)
@settings(max_examples=20_000, deadline=5000)
@given(st.one_of(FILES, damaged()))
def test_many_more_bytes(body: bytes) -> None:
    check_anything(body)


def test_the_moment_is_that_of_the_record() -> None:
    assert read(SOUND)[0][0].captured_at.replace(tzinfo=UTC) == datetime(2026, 1, 4, tzinfo=UTC)
