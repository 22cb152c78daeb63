"""Raw responses as WARC 1.1 files by date (ISO 28500:2017), and back.

A file belongs to one writer of one process, so no two ever share one, and each record is a gzip member of its own: a
kill costs the record that was being written and nothing before it. Bodies are stored decoded, as browsertrix and
warcprox store them: the headers that spoke of the wire's encoding are kept under `X-Archive-Orig-`.

Beside each file stands a small index (`.index.jsonl`), by which later writers recognise a body they have stored within
the last two days and write a revisit record in its stead.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import hashlib
import json
import logging
import os
import re
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType
from isal import isal_zlib

from storage.errors import FullLakeError, LakeError, MissingLakeError, UnwritableLakeError
from storage.staging import utc

MAX_FILE_BYTES = 256 * 1024 * 1024
MAX_BODY_BYTES = 64 * 1024 * 1024
_DEDUP_DAYS = 1
_DEDUP_ENTRIES = 100_000
_DEDUP_LEAST_BYTES = 512
_LEVEL = 2
_GZIP = 31  # window bits of RFC 1952
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_WIRE_HEADERS = frozenset({"content-encoding", "transfer-encoding", "content-length"})
_ORIGIN = "X-Archive-Orig-"
_NOTES = "-notes.warc.gz"
_DAY_DIRECTORY = re.compile(r"(\d{4})/(\d{2})/(\d{2})")

_log = logging.getLogger(__name__)

Headers = Sequence[tuple[bytes, bytes]]


class Exchange(Protocol):
    """A request with its response. `body` is decoded; `complete` is false where it was cut."""

    @property
    def url(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def request_headers(self) -> Headers: ...
    @property
    def http_version(self) -> str: ...
    @property
    def status(self) -> int: ...
    @property
    def reason(self) -> str: ...
    @property
    def headers(self) -> Headers: ...
    @property
    def body(self) -> bytes: ...
    @property
    def complete(self) -> bool: ...
    @property
    def address(self) -> str | None: ...
    @property
    def started_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Captured:
    """A response read from a WARC file; `file` is relative to the archive where it has one, `body` decoded."""

    url: str
    captured_at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    complete: bool
    file: str
    offset: int


@dataclass(frozen=True, slots=True)
class _Stored:
    """Where a body was stored."""

    url: str
    captured_at: str
    file: str
    offset: int


class ArchiveWriter:
    """Appends exchanges below `directory`; may be shared between threads. Use as a context manager."""

    def __init__(self, directory: Path, *, max_file_bytes: int = MAX_FILE_BYTES) -> None:
        self.directory = directory
        self._max_file_bytes = max_file_bytes
        self._guard = threading.Lock()
        self._day: date | None = None
        self._path: Path | None = None
        self._file: IO[bytes] | None = None
        self._index: IO[str] | None = None
        self._notes: IO[bytes] | None = None
        self._stored: dict[str, _Stored] = {}

    def append(self, exchange: Exchange) -> tuple[str, int] | None:
        """Write the exchange as request and response records; returns the file, relative to the directory, and the
        response record's offset. None for a 304, which has nothing to keep. Raises LakeError; what was written before
        stays good.
        """
        if exchange.status == 304:
            return None
        with self._guard:
            try:
                return self._append(exchange)
            except OSError as error:
                # A half-written record would hide all that follow it in the same file.
                self._close()
                raise _disk_error(error, self.directory) from error
            except BaseException:
                self._close()
                raise

    def note(self, about: Mapping[str, Any], *, url: str, at: datetime) -> None:
        """Keep what the exchange alone does not tell of a request, or of an article that needed none: JSON `about` of
        `url` at the time `at`, as a metadata record in a file of its own. `notes` reads it back. Raises LakeError.
        """
        payload = json.dumps(about, ensure_ascii=False).encode("utf-8", "replace")
        with self._guard:
            try:
                self._current(utc(at))
                record = _record(WarcRecordType.metadata, payload, "application/json", at=_warc_date(utc(at)), url=url)
                _write(self._notes_file(), record)
            except OSError as error:
                self._close()
                raise _disk_error(error, self.directory) from error
            except BaseException:
                self._close()
                raise

    def close(self) -> None:
        """Close the file; a later `append` opens another."""
        with self._guard:
            self._close()

    def __enter__(self) -> ArchiveWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _append(self, exchange: Exchange) -> tuple[str, int]:
        started = utc(exchange.started_at)
        file = self._current(started)
        offset = file.tell()
        digest = _digest(exchange.body)
        earlier = self._stored.get(digest) if len(exchange.body) >= _DEDUP_LEAST_BYTES else None
        response = _response_record(exchange, digest, earlier)
        _write(file, response, _request_record(exchange, response))
        assert self._path is not None
        name = self._path.relative_to(self.directory).as_posix()
        if earlier is None:
            self._remember(digest, _Stored(exchange.url, _warc_date(started), name, offset))
        return name, offset

    def _current(self, started: datetime) -> IO[bytes]:
        if self._day != started.date():
            self._close()
            self._day = started.date()
            self._stored = _recent_bodies(self.directory, self._day)
        if self._file is not None and self._file.tell() >= self._max_file_bytes:
            self._close()
        if self._file is None:
            self._open(started)
        assert self._file is not None
        return self._file

    def _open(self, started: datetime) -> None:
        folder = self.directory / f"{started:%Y/%m/%d}"
        folder.mkdir(parents=True, exist_ok=True)
        stem = f"launchwire-{started:%Y%m%dT%H%M%S%f}-{os.getpid()}-{secrets.token_hex(4)}"
        self._path = folder / f"{stem}.warc.gz"
        self._file = self._path.open("xb", buffering=0)
        self._index = (folder / f"{stem}.index.jsonl").open("x", encoding="utf-8", errors="replace")
        info = b"software: launchwire\r\nformat: WARC File Format 1.1\r\nisPartOf: launchwire\r\n"
        about = {"WARC-Filename": self._path.name}
        _write(self._file, _record(WarcRecordType.warcinfo, info, "application/warc-fields", about=about))

    def _notes_file(self) -> IO[bytes]:
        if self._notes is None:
            assert self._path is not None
            # Apart from the bodies, so that a year's notes are read in seconds.
            name = self._path.name.replace(".warc.gz", _NOTES)
            self._notes = self._path.with_name(name).open("xb", buffering=0)
        return self._notes

    def _remember(self, digest: str, stored: _Stored) -> None:
        assert self._index is not None
        line = [digest, stored.captured_at, stored.offset, stored.url]
        self._index.write(json.dumps(line) + "\n")
        self._index.flush()
        self._stored[digest] = stored
        if len(self._stored) > _DEDUP_ENTRIES:
            del self._stored[next(iter(self._stored))]

    def _close(self) -> None:
        for handle in (self._file, self._index, self._notes):
            if handle is not None:
                handle.close()
        self._file = self._index = self._notes = self._path = None


def read_record(directory: Path, file: str, offset: int) -> Captured:
    """The response that `append` stored at (`file`, `offset`), a revisit with the body it stands for.

    Raises MissingLakeError where the file is gone (retention), LakeError where there is no such record.
    """
    return _record_at(directory, file, offset, _RESPONSES)


def _record_at(directory: Path, file: str, offset: int, kinds: WarcRecordType) -> Captured:
    path = _inside(directory, file)
    try:
        with path.open("rb") as stream:
            stream.seek(offset)
            for record in ArchiveIterator(stream, parse_http=False, record_types=_RESPONSES, max_content_length=None):
                captured = _captured(record, directory, file, offset) if record.record_type & kinds else None
                if captured is not None:
                    return captured
                break
    except FileNotFoundError as error:
        raise MissingLakeError(f"the archive file {path} is not there; it may have been retired") from error
    except OSError as error:
        raise LakeError(f"the archive file {path} cannot be read at {offset} ({error})") from error
    raise LakeError(f"the archive file {path} has no response at {offset}")


def captures(directory: Path, start: date, end: date) -> Iterator[Captured]:
    """Every response archived from `start` to `end`, both included, file by file.

    A record cut short by a kill ends its file; a damaged one is named in the log. Both cost no other file.
    """
    day = start
    while day <= end:
        for path in sorted((directory / f"{day:%Y/%m/%d}").glob("*.warc.gz")):
            yield from captures_in(path, directory=directory)
        day += timedelta(days=1)


def captures_in(path: Path, *, directory: Path | None = None) -> Iterator[Captured]:
    """Every HTTP response of one WARC file, ours or another's; revisits need `directory` to find what they refer to.

    Bodies longer than MAX_BODY_BYTES are cut and marked incomplete.
    """
    name = path.relative_to(directory).as_posix() if directory else str(path)
    with path.open("rb") as stream:
        yield from captures_from(stream, name, directory=directory)


def captures_from(
    stream: IO[bytes],
    name: str,
    *,
    directory: Path | None = None,
    wanted: Callable[[str], bool] = lambda url: True,
    damaged: Callable[[str], None] = _log.warning,
) -> Iterator[Captured]:
    """As `captures_in`, from an open WARC file called `name`: the responses of addresses that are `wanted`.

    `damaged` is told of a file that ends early.
    """
    records = iter(ArchiveIterator(stream, parse_http=False, record_types=_RESPONSES, max_content_length=None))
    while True:
        try:
            record = next(records)
            if not wanted(_target(record)):
                continue
            captured = _captured(record, directory, name, record.stream_pos)
        except StopIteration:
            return
        except OSError as error:
            damaged(f"archive file {name} ends early: {error}")
            return
        if captured is not None:
            yield captured


def notes(directory: Path, day: date) -> Iterator[dict[str, Any]]:
    """Everything that `note` wrote of `day`, file by file; a record cut short by a kill ends its file."""
    for path in sorted((directory / f"{day:%Y/%m/%d}").glob(f"*{_NOTES}")):
        yield from _notes_in(path)


def days(directory: Path) -> list[date]:
    """The days that the archive holds, in order."""
    found = []
    for folder in directory.glob("[0-9][0-9][0-9][0-9]/[0-9][0-9]/[0-9][0-9]"):
        with contextlib.suppress(ValueError):
            found.append(date(*map(int, folder.relative_to(directory).parts)))
    return sorted(found)


def _notes_in(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as stream:
        records = iter(ArchiveIterator(stream, parse_http=False, record_types=WarcRecordType.metadata))
        while True:
            try:
                record = next(records)
                about = json.loads(record.reader.read())
            except StopIteration:
                return
            except (OSError, ValueError) as error:
                _log.warning("archive file %s ends early: %s", path, error)
                return
            if isinstance(about, dict):
                yield about


def prune(directory: Path, before: date) -> int:
    """Delete the archive's files of days before `before`; returns how many. One day more is kept for revisits."""
    removed = 0
    for folder in sorted(directory.glob("[0-9][0-9][0-9][0-9]/[0-9][0-9]/[0-9][0-9]")):
        parts = _DAY_DIRECTORY.fullmatch(folder.relative_to(directory).as_posix())
        if parts is None or folder.is_symlink():
            continue
        day = "-".join(parts.groups())
        if day >= (before - timedelta(days=_DEDUP_DAYS)).isoformat():
            continue
        for file in (*folder.glob("launchwire-*.warc.gz"), *folder.glob("launchwire-*.index.jsonl")):
            file.unlink()
            removed += 1
        if not any(folder.iterdir()):
            folder.rmdir()
    return removed


def _write(file: IO[bytes], *records: WarcRecord) -> None:
    """Append records, a gzip member each, at once.

    ISA-L's second level packs a news page in 0.5 ms to 50 KB; zlib's ninth, which other writers use, in 11 ms to 44 KB.
    """
    members = []
    for record in records:
        plain = BytesIO()
        record.write(plain, checksum_data=True)
        members.append(isal_zlib.compress(plain.getbuffer(), _LEVEL, _GZIP))
    data = b"".join(members)
    if file.write(data) != len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _record(
    kind: WarcRecordType,
    block: bytes,
    content_type: str,
    *,
    at: str | None = None,
    url: str | None = None,
    about: Mapping[str, str] | None = None,
) -> WarcRecord:
    record = WarcRecord()
    record.init_headers(record_type=kind)
    record.headers["Content-Type"] = content_type
    if at is not None:
        record.headers["WARC-Date"] = at
    if url is not None:
        record.headers["WARC-Target-URI"] = _one_line(url)
    for name, value in (about or {}).items():
        record.headers[name] = value
    record.set_bytes_content(block)
    return record


_RESPONSES = WarcRecordType.response | WarcRecordType.revisit
_CODINGS = {"transfer-encoding": {"chunked"}, "content-encoding": {"gzip", "x-gzip", "deflate", "br", "zstd"}}


_REVISITED = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"


def _request_record(exchange: Exchange, response: WarcRecord) -> WarcRecord:
    line = f"GET {_one_line(exchange.target)} {_one_line(exchange.http_version)}"
    return _record(
        WarcRecordType.request,
        _http_head(line, _text(exchange.request_headers)),
        "application/http; msgtype=request",
        at=response.headers["WARC-Date"],
        url=exchange.url,
        about={"WARC-Concurrent-To": response.headers["WARC-Record-ID"], "WARC-Payload-Digest": _digest(b"")},
    )


def _response_record(exchange: Exchange, digest: str, earlier: _Stored | None) -> WarcRecord:
    headers = [
        (_ORIGIN + name if name.lower() in _WIRE_HEADERS else name, value) for name, value in _text(exchange.headers)
    ]
    head = _http_head(
        f"{_one_line(exchange.http_version)} {exchange.status} {_one_line(exchange.reason)}".strip(),
        [*headers, ("Content-Length", str(len(exchange.body)))],
    )
    about = {"WARC-Payload-Digest": digest}
    if exchange.address:
        about["WARC-IP-Address"] = _one_line(exchange.address)
    if not exchange.complete:
        about["WARC-Truncated"] = "unspecified"
    if earlier is not None:
        about["WARC-Profile"] = _REVISITED
        about["WARC-Refers-To-Target-URI"] = _one_line(earlier.url)
        about["WARC-Refers-To-Date"] = earlier.captured_at
        about["WARC-Refers-To-Filename"] = earlier.file
        about["WARC-Refers-To-File-Offset"] = str(earlier.offset)
    return _record(
        WarcRecordType.response if earlier is None else WarcRecordType.revisit,
        head if earlier is not None else head + exchange.body,
        "application/http; msgtype=response",
        at=_warc_date(utc(exchange.started_at)),
        url=exchange.url,
        about=about,
    )


def _http_head(line: str, headers: Sequence[tuple[str, str]]) -> bytes:
    lines = [line, *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace")


def _captured(record: WarcRecord, directory: Path | None, file: str, offset: int) -> Captured | None:
    """The response in `record`, None where it is no HTTP or refers to a body that is not there. Raises OSError."""
    # Not decoded by the iterator, which would end the file at a body that cannot be.
    record.parse_http(auto_decode="none", quirks_mode=True)
    moment = _moment(record)
    if record.http_headers is None or moment is None:
        return None
    headers = tuple((str(name), str(value)) for name, value in record.http_headers.items())
    status = record.http_headers.status_code
    if record.record_type == WarcRecordType.revisit:
        referred = _referred(record, directory)
        if referred is None:
            return None
        body, complete = referred.body, referred.complete
    else:
        length = record.content_length
        body = record.reader.read(MAX_BODY_BYTES + 1)
        declared = next((v for n, v in reversed(headers) if n.lower() == "content-length"), None)
        if len(body) < min(length, MAX_BODY_BYTES + 1) or (directory and declared and declared != str(len(body))):
            raise OSError("a record is cut short")
        body, whole = _decoded(headers, body)
        complete = whole and len(body) <= MAX_BODY_BYTES and "WARC-Truncated" not in record.headers
    return Captured(_target(record), moment, status or 0, headers, body[:MAX_BODY_BYTES], complete, file, offset)


def _moment(record: WarcRecord) -> datetime | None:
    """The time of capture; None where it is missing, or a year that no calendar has."""
    try:
        return None if record.record_date is None else utc(record.record_date)
    except (ValueError, OverflowError):
        return None


def _decoded(headers: Sequence[tuple[str, str]], body: bytes) -> tuple[bytes, bool]:
    """The body without the codings of the wire, at most MAX_BODY_BYTES + 1 bytes; one that is not what its headers say
    as it is, and false. Names that are no coding, which servers send, count as none.
    """
    told = [(name.lower(), value.strip().lower()) for name, value in headers]
    codings = [f"{name}: {value}" for name, value in told if value in _CODINGS.get(name, ())]
    if not codings:
        return body, True
    content = "\r\n".join(["HTTP/1.1 200 OK", *codings, "", ""]).encode() + body
    about = (
        "WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    ).encode()
    try:
        record = next(iter(ArchiveIterator(BytesIO(about + content), parse_http=False, max_content_length=None)))
        record.parse_http(auto_decode="all", quirks_mode=True)
        return record.reader.read(MAX_BODY_BYTES + 1), True
    except (OSError, StopIteration):
        return body, False


def _target(record: WarcRecord) -> str:
    return (record.headers.get("WARC-Target-URI") or "").strip("<>")


def _referred(record: WarcRecord, directory: Path | None) -> Captured | None:
    file = record.headers.get("WARC-Refers-To-Filename")
    offset = record.headers.get("WARC-Refers-To-File-Offset") or ""
    if directory is None or not file or not re.fullmatch(r"[0-9]{1,18}", offset):
        return None
    try:
        # A response alone: a revisit of a revisit could go round in a circle.
        return _record_at(directory, file, int(offset), WarcRecordType.response)
    except LakeError:
        return None


def _recent_bodies(directory: Path, day: date) -> dict[str, _Stored]:
    """Bodies stored on `day` and the day before, by digest: the newest, as many as memory is meant to hold."""
    stored: dict[str, _Stored] = {}
    for when in (day, day - timedelta(days=_DEDUP_DAYS)):
        for path in sorted((directory / f"{when:%Y/%m/%d}").glob("*.index.jsonl"), reverse=True):
            warc = path.with_name(path.name.removesuffix(".index.jsonl") + ".warc.gz")
            for line in _index_lines(path):
                stored.setdefault(line[0], _Stored(line[3], line[1], warc.relative_to(directory).as_posix(), line[2]))
                if len(stored) >= _DEDUP_ENTRIES:
                    return stored
    return stored


def _index_lines(path: Path) -> Iterator[list[Any]]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for line in text.splitlines():
        try:
            fields = json.loads(line)
        except ValueError:
            continue  # the last line of a writer that was killed
        if isinstance(fields, list) and [type(f) for f in fields] == [str, str, int, str]:
            yield fields


def _inside(directory: Path, file: str) -> Path:
    path = (directory / file).resolve()
    if not path.is_relative_to(directory.resolve()):
        raise LakeError(f"the archive file {file!r} lies outside {directory}")
    return path


def _text(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(_one_line(name.decode("latin-1")), _one_line(value.decode("latin-1"))) for name, value in headers]


def _one_line(text: str) -> str:
    """`text` without the control characters by which it could end its header line and begin another."""
    return _CONTROL.sub(" ", text.encode("utf-8", "replace").decode()).strip()


def _digest(body: bytes) -> str:
    return "sha256:" + base64.b32encode(hashlib.sha256(body).digest()).decode()


def _warc_date(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"


def _disk_error(error: OSError, directory: Path) -> LakeError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return FullLakeError(f"no space is left for the archive at {directory}; free some space and run again")
    return UnwritableLakeError(
        f"the archive at {directory} cannot be written ({error.strerror}); check the permissions of that directory"
    )
