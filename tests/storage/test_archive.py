from __future__ import annotations

import gzip
import multiprocessing
import os
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from storage.archive import ArchiveWriter, captures, captures_in, prune, read_record
from storage.errors import LakeError, MissingLakeError, UnwritableLakeError

START = datetime(2026, 1, 4, 9, 30, 0, 123456, tzinfo=UTC)
DAY = START.date()
PAGE = "<html><body>" + "Norland fired a missile – “two”, 🚀. " * 30 + "</body></html>"


@dataclass(frozen=True)
class Exchange:
    url: str = "https://news.example/a?x=1"
    target: str = "/a?x=1"
    request_headers: tuple[tuple[bytes, bytes], ...] = ((b"Host", b"news.example"), (b"User-Agent", b"launchwire/0"))
    http_version: str = "HTTP/1.1"
    status: int = 200
    reason: str = "OK"
    headers: tuple[tuple[bytes, bytes], ...] = (
        (b"Content-Type", b"text/html; charset=utf-8"),
        (b"Content-Encoding", b"gzip"),
        (b"Content-Length", b"77"),
        (b"Set-Cookie", b"caf\xe9=1"),
    )
    body: bytes = PAGE.encode()
    complete: bool = True
    address: str | None = "203.0.113.7"
    started_at: datetime = START


def test_an_exchange_comes_back_by_file_and_offset(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path) as archive:
        places = [archive.append(Exchange(body=PAGE.encode() + bytes([n]))) for n in range(5)]
    for n, place in enumerate(places):
        assert place is not None
        assert place[0].startswith("2026/01/04/launchwire-20260104T093000123456-")
        captured = read_record(tmp_path, *place)
        assert captured.body == PAGE.encode() + bytes([n])
        assert (captured.url, captured.captured_at, captured.status) == (Exchange.url, START, 200)
        assert captured.complete
        headers = {name.lower(): value for name, value in captured.headers}
        assert headers["x-archive-orig-content-encoding"] == "gzip"
        assert headers["content-length"] == str(len(captured.body))


def test_other_readers_find_sound_records(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path) as archive:
        place = archive.append(Exchange())
    assert place is not None
    path = tmp_path / place[0]
    with path.open("rb") as stream:
        kinds = [record.rec_type for record in WarcioIterator(stream, check_digests="raise")]
    assert kinds == ["warcinfo", "response", "request"]
    responses = [record for record in ArchiveIterator(str(path), parse_http=True) if record.verify_payload_digest()]
    assert len(responses) == 2
    assert gzip.decompress(path.read_bytes()).startswith(b"WARC/1.1\r\n")


def test_the_same_body_is_stored_once_in_two_days(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path) as archive:
        first = archive.append(Exchange())
    later = Exchange(url="https://mirror.example/a", started_at=START + timedelta(days=1))
    with ArchiveWriter(tmp_path) as archive:
        again = archive.append(later)
    with ArchiveWriter(tmp_path) as archive:
        third = archive.append(replace(later, started_at=START + timedelta(days=3)))
    assert first
    assert again
    assert third
    assert b"identical-payload-digest" in gzip.decompress((tmp_path / again[0]).read_bytes())
    assert b"revisit" not in gzip.decompress((tmp_path / third[0]).read_bytes())
    captured = read_record(tmp_path, *again)
    assert (captured.url, captured.body) == (later.url, PAGE.encode())
    assert [c.url for c in captures(tmp_path, DAY, DAY + timedelta(days=9))] == [Exchange.url, later.url, later.url]


def test_files_are_bounded_and_dated(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path, max_file_bytes=3000) as archive:
        for n in range(12):
            archive.append(Exchange(body=os.urandom(1000), started_at=START + timedelta(hours=4 * n)))
    files = list(tmp_path.glob("2026/01/*/*.warc.gz"))
    assert {path.parent.name for path in files} == {"04", "05", "06"}
    assert len(files) >= 6
    assert max(path.stat().st_size for path in files) < 6000
    assert len(list(captures(tmp_path, DAY, DAY))) == 4
    assert len(list(captures(tmp_path, DAY, date(2026, 1, 6)))) == 12


@pytest.mark.parametrize("cut", [1, 5, 40, 300])
def test_a_truncated_last_record_costs_no_other(tmp_path: Path, cut: int) -> None:
    with ArchiveWriter(tmp_path) as archive:
        places = [archive.append(Exchange(body=PAGE.encode() + os.urandom(900))) for _ in range(3)]
    assert places[-1]
    path = tmp_path / places[-1][0]
    whole = path.read_bytes()
    # The last response's request record follows it: cut into the response itself.
    with path.open("rb") as stream:
        stream.seek(places[-1][1])
        length = next(iter(WarcioIterator(stream))).length
    path.write_bytes(whole[: places[-1][1] + min(length, 900) - cut])
    assert len(list(captures(tmp_path, DAY, DAY))) == 2
    with pytest.raises(LakeError, match="archive file"):
        read_record(tmp_path, *places[-1])


def test_nothing_is_kept_of_a_304_and_cut_bodies_are_marked(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path) as archive:
        assert archive.append(Exchange(status=304, body=b"")) is None
        place = archive.append(Exchange(complete=False))
        empty = archive.append(Exchange(status=404, reason="", body=b"", address=None))
    assert place
    assert empty
    assert not read_record(tmp_path, *place).complete
    assert (read_record(tmp_path, *empty).status, read_record(tmp_path, *empty).body) == (404, b"")


def test_hostile_words_stay_inside_their_header(tmp_path: Path) -> None:
    hostile = Exchange(
        url="https://news.example/\r\nWARC-Type: request\r\n\ud800",
        reason="OK\r\nSet-Cookie: x",
        headers=((b"X-A", b"1\r\nWARC-Type: x"), (b"X-B\n", b"\x00")),
    )
    with ArchiveWriter(tmp_path) as archive:
        place = archive.append(hostile)
        after = archive.append(Exchange())
    assert place
    assert after
    captured = read_record(tmp_path, *place)
    assert captured.body == PAGE.encode()
    assert {name.lower() for name, _ in captured.headers} == {"x-a", "x-b", "content-length"}
    assert len(list(captures(tmp_path, DAY, DAY))) == 2


def test_places_outside_and_files_retired_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="outside"):
        read_record(tmp_path, "../../etc/passwd", 0)
    with pytest.raises(MissingLakeError, match="retired"):
        read_record(tmp_path, "2026/01/04/gone.warc.gz", 0)


def test_unwritable_directory_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    with ArchiveWriter(tmp_path / "file") as archive, pytest.raises(UnwritableLakeError, match="cannot be written"):
        archive.append(Exchange())


def test_prune_removes_whole_old_days_only(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path) as archive:
        for days in (0, 1, 2, 3):
            archive.append(Exchange(body=os.urandom(600), started_at=START + timedelta(days=days)))
    (tmp_path / "2026/01/04/notes.txt").write_text("mine")
    assert prune(tmp_path, DAY + timedelta(days=2)) == 2
    assert (tmp_path / "2026/01/04/notes.txt").exists()
    assert len(list(captures(tmp_path, DAY, DAY + timedelta(days=9)))) == 3


def test_files_of_others_are_read_with_their_encoding(tmp_path: Path) -> None:
    body = gzip.compress(PAGE.encode())
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    record = (
        b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:1>\r\nWARC-Date: 2026-01-04T00:00:00Z\r\n"
        b"WARC-Target-URI: <https://other.example/>\r\nContent-Type: application/http; msgtype=response\r\n"
        b"Content-Length: %d\r\n\r\n%s\r\n\r\n" % (len(head + body), head + body)
    )
    path = tmp_path / "other.warc"
    path.write_bytes(record + b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 9999\r\n\r\nHTTP/1.1 2")
    (captured,) = captures_in(path)
    assert (captured.url, captured.body.decode()) == ("https://other.example/", PAGE)


def _write_many(directory: str, start: int) -> None:
    with ArchiveWriter(Path(directory)) as archive:
        for n in range(20):
            archive.append(Exchange(url=f"https://news.example/{start + n}", body=os.urandom(700)))


def test_two_processes_never_share_a_file(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_write_many, args=(str(tmp_path), start)) for start in (0, 100)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    read = [captured.url for captured in captures(tmp_path, DAY, DAY)]
    assert len(read) == len(set(read)) == 40
    assert len(list(tmp_path.glob("2026/01/04/*.warc.gz"))) == 2
