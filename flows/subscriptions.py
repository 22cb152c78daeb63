"""The subscription list: `feeds.toml` read, checked and edited in place. No network.

`feeds.toml` holds one `[[feed]]` table a feed:

    [[feed]]
    url = "https://news.example/rss.xml"   # http or https; the only key that must be there
    source = "Example News"                # the publisher; the host where it is missing
    title = "Example News: World"
    tags = ["world", "asia"]
    every = "2h"                           # poll this often: minutes (m), hours (h) or days (d)
    status = "paused"                      # kept, but not polled; "active" otherwise

The file is edited by lines rather than through a TOML writer: comments, order and spelling stay as they are, and the
same line index lets every error name its line.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from extractors.errors import UserError

Status = Literal["active", "paused"]

MIN_MINUTES, MAX_MINUTES = 5, 31 * 24 * 60
MAX_URL = 2_048

_KEYS = ("url", "source", "title", "tags", "every", "status")
_UNITS = {"m": 1, "h": 60, "d": 24 * 60}
_HEADER = re.compile(r"""[ \t]*\[\[[ \t]*(feed|"feed"|'feed')[ \t]*\]\][ \t]*(#.*)?\r?$""")
_NEW_FILE = "# Feeds that launchwire polls; one [[feed]] table each. See docs/feeds.md for the keys.\n"


class SubscriptionError(UserError):
    """A subscription list that cannot be used; the message says where, what is wrong and how to mend it."""

    def __init__(self, path: Path | None, line: int | None, key: str, problem: str, remedy: str) -> None:
        self.path, self.line, self.key, self.problem, self.remedy = path, line, key, problem, remedy
        place = [str(path)] if path else []
        place += [f"line {line}"] if line else []
        place += [f"key `{key}`"] if key else []
        super().__init__(f"{', '.join(place)}: {problem}. {remedy}" if place else f"{problem}. {remedy}")


class InvalidValueError(ValueError):
    """A value that a key cannot have."""

    def __init__(self, key: str, problem: str, remedy: str) -> None:
        self.key, self.problem, self.remedy = key, problem, remedy
        super().__init__(f"{problem}. {remedy}")


@dataclass(frozen=True, slots=True)
class Subscription:
    """One feed to poll. `every_minutes` is the user's own pace, None where the timetable decides."""

    feed_id: str
    url: str
    source: str
    title: str = ""
    tags: tuple[str, ...] = ()
    every_minutes: int | None = None
    status: Status = "active"


def feed_id(url: str) -> str:
    """16 hex digits that stay the same when a feed changes between http and https, or in the case of its host."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    query = f"?{parts.query}" if parts.query else ""
    key = f"{(parts.hostname or '').rstrip('.')}{port}{parts.path or '/'}{query}"
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def subscription(
    url: str,
    *,
    source: str = "",
    title: str = "",
    tags: Iterable[str] = (),
    every: str | None = None,
    status: str = "active",
) -> Subscription:
    """A checked subscription from what a user typed; `every` as in the file ("2h"). Raises SubscriptionError."""
    fields = {"url": url, "source": source, "title": title, "tags": list(tags), "status": status}
    try:
        return checked(fields if every is None else {**fields, "every": every})
    except InvalidValueError as error:
        raise SubscriptionError(None, None, error.key, error.problem, error.remedy) from None


def load_subscriptions(path: Path) -> tuple[Subscription, ...]:
    """The feeds of `feeds.toml` in their order.

    Raises SubscriptionError with the file, the line, the key and the remedy for anything that is not a valid list.
    """
    return _Document.read(path).subscriptions


def add_subscription(path: Path, new: Subscription) -> None:
    """Append a feed to the file, made where there is none. Raises SubscriptionError if the feed is in it already."""
    if not merge_subscriptions(path, [new]):
        known = _Document.read(path)
        line = next(
            number + 1
            for number, old in zip(known.headers, known.subscriptions, strict=True)
            if old.feed_id == new.feed_id
        )
        raise SubscriptionError(
            path, line, "url", f"{new.url} is in the list already", "Change its keys there, or remove it first."
        )


def merge_subscriptions(path: Path, new: Iterable[Subscription]) -> tuple[Subscription, ...]:
    """Append those feeds that the file does not have, in one write; returns the ones appended."""
    document = _Document.read(path, missing=_NEW_FILE)
    known = {old.feed_id for old in document.subscriptions}
    added: dict[str, Subscription] = {}
    for candidate in new:
        if candidate.feed_id not in known:
            added.setdefault(candidate.feed_id, candidate)
    if added:
        newline = "\r\n" if "\r\n" in document.text else "\n"
        blocks = "".join("\n" + render(one) for one in added.values()).replace("\n", newline)
        start = document.text if document.text.endswith("\n") or not document.text else document.text + newline
        _write(path, start + blocks, (*document.subscriptions, *added.values()))
    return tuple(added.values())


def start_list(path: Path, text: str) -> tuple[Subscription, ...]:
    """Make the file, with this text; returns its feeds. Raises SubscriptionError where there is one already."""
    if path.exists():
        raise SubscriptionError(
            path, None, "", "there is a list already", "Move it away first, or name another with LAUNCHWIRE_FEEDS."
        )
    feeds = _Document(path, text).subscriptions
    _write(path, text, feeds)
    return feeds


def remove_subscription(path: Path, which: str) -> Subscription:
    """Take a feed out of the file by its URL or feed_id; returns it.

    Comments above its table stay, as they may head a section; comments inside of it go with it. Raises
    SubscriptionError where no feed is meant.
    """
    document = _Document.read(path)
    wanted = {which, feed_id(which)} if _is_http(which) else {which}
    for position, found in enumerate(document.subscriptions):
        if found.feed_id in wanted:
            kept = document.subscriptions[:position] + document.subscriptions[position + 1 :]
            _write(path, document.without(position), kept)
            return found
    raise SubscriptionError(
        path, None, "", f"no feed has the address or id {which!r}", "See `launchwire feeds list` for those it has."
    )


def render(one: Subscription) -> str:
    """The feed as a `[[feed]]` table."""
    lines = ["[[feed]]", f"url = {_quoted(one.url)}", f"source = {_quoted(one.source)}"]
    if one.title:
        lines.append(f"title = {_quoted(one.title)}")
    if one.tags:
        lines.append(f"tags = [{', '.join(_quoted(tag) for tag in one.tags)}]")
    if one.every_minutes is not None:
        lines.append(f"every = {_quoted(written_pace(one.every_minutes))}")
    if one.status != "active":
        lines.append(f"status = {_quoted(one.status)}")
    return "\n".join(lines) + "\n"


# --- feeds.toml -------------------------------------------------------------------------------------------------------


class _Document:
    """A feeds.toml: its text, the line indexes (from 0) of its `[[feed]]` headers, and what the tables say."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text
        self.lines = text.split("\n")
        tables = self._tables()
        self.headers = _headers(self.lines, len(tables))
        if len(self.headers) != len(tables):
            raise self._error(self._line_of("feed"), "feed", "feeds stand in one array", "Write a [[feed]] table each.")
        self.subscriptions = tuple(self._checked(tables))

    @classmethod
    def read(cls, path: Path, *, missing: str | None = None) -> _Document:
        """The file, or `missing` in place of a file that does not exist."""
        try:
            return cls(path, path.read_bytes().decode("utf-8-sig"))
        except FileNotFoundError:
            if missing is not None:
                return cls(path, missing)
            raise SubscriptionError(
                path,
                None,
                "",
                "there is no such file",
                "Name the list with LAUNCHWIRE_FEEDS or --feeds, or start one with `launchwire feeds add URL` or, "
                "from the feeds that are shipped, `launchwire feeds init`.",
            ) from None
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise SubscriptionError(path, line, "", "this is not UTF-8 text", "Save the file as UTF-8.") from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise SubscriptionError(path, None, "", f"the file cannot be read ({reason})", "Check the path.") from None

    def without(self, position: int) -> str:
        """The text with the table at `position` taken out: from its header to its last line that is not a comment."""
        start = self.headers[position]
        end = self.headers[position + 1] if position + 1 < len(self.headers) else len(self.lines)
        # What stands between two tables introduces the second one.
        while end > start + 1 and self.lines[end - 1].strip()[:1] in ("", "#"):
            end -= 1
        head = self.lines[:start]
        if head and not head[-1].strip() and (end == len(self.lines) or not self.lines[end].strip()):
            head.pop()
        return "\n".join(head + self.lines[end:])

    def _tables(self) -> list[dict[str, Any]]:
        data = self._parsed()
        for key in data:
            if key != "feed":
                raise self._error(
                    self._line_of(key), key, f"{shown(key)} is not a key here", "Feeds are written as [[feed]] tables."
                )
        tables = data.get("feed", [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise self._error(self._line_of("feed"), "feed", "this is not a list of tables", "Write [[feed]] tables.")
        return tables

    def _parsed(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"\(at line (\d+), column \d+\)", str(error))
            line = int(found[1]) if found else len(self.lines)
            problem = re.sub(r" \(at [^)]*\)$", "", str(error)).rstrip(".")
            raise self._error(
                line, "", f"this line is not valid TOML: {problem}", 'Write key = "value", texts in quotes.'
            ) from None
        except RecursionError:
            raise self._error(1, "", "brackets are nested too deeply", "Write [[feed]] tables.") from None

    def _checked(self, tables: Sequence[Mapping[str, Any]]) -> Iterator[Subscription]:
        seen: dict[str, int] = {}
        for header, table in zip(self.headers, tables, strict=True):
            try:
                one = checked(table)
            except InvalidValueError as error:
                raise self._error(self._line_of(error.key, header), error.key, error.problem, error.remedy) from None
            line = self._line_of("url", header)
            if one.feed_id in seen:
                problem = f"{shown(one.url)} stands in line {seen[one.feed_id]} already"
                raise self._error(line, "url", problem, "Remove one of the two tables.")
            seen[one.feed_id] = line
            yield one

    def _line_of(self, key: str, header: int | None = None) -> int:
        """The line (from 1) of `key` in the table that begins at `header`; the header's own where it is not there."""
        start = 0 if header is None else header + 1
        pattern = re.compile(rf"""[ \t]*(\[+[ \t]*)?(feed\.)?["']?{re.escape(key)}["']?[ \t]*[].=]""")
        for number in range(start, len(self.lines)):
            if header is not None and _HEADER.match(self.lines[number]):
                break
            if pattern.match(self.lines[number]):
                return number + 1
        return 1 if header is None else header + 1

    def _error(self, line: int, key: str, problem: str, remedy: str) -> SubscriptionError:
        return SubscriptionError(self.path, line, key, problem, remedy)


def _headers(lines: Sequence[str], tables: int) -> list[int]:
    """Where the `[[feed]]` lines are; before one that only looks so, within a string, the text is no whole TOML."""
    found = [number for number, line in enumerate(lines) if _HEADER.match(line)]
    if len(found) == tables:
        return found
    return [number for number in found if _is_toml("\n".join(lines[:number]))]


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _write(path: Path, text: str, expected: Sequence[Subscription]) -> None:
    """Replace the file in one step, after checking that the new text reads as `expected`."""
    if not _reads_as(path, text, expected):
        raise SubscriptionError(path, None, "", "the file has a form that cannot be edited", "Edit it by hand.")
    target = path.resolve()
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(text.encode())
            # mkstemp's file is private; a new list gets what any new file gets.
            Path(name).chmod(target.stat().st_mode & 0o7777 if target.exists() else 0o644)
            Path(name).replace(target)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        reason = error.strerror or str(error)
        remedy = "Check the permissions of its directory."
        raise SubscriptionError(path, None, "", f"the file cannot be written ({reason})", remedy) from None


def _reads_as(path: Path, text: str, expected: Sequence[Subscription]) -> bool:
    try:
        return _Document(path, text).subscriptions == tuple(expected)
    except SubscriptionError:
        return False


# --- values -----------------------------------------------------------------------------------------------------------


def checked(table: Mapping[str, Any]) -> Subscription:
    """The subscription that a `[[feed]]` table, or what stands for one, means. Raises InvalidValueError."""
    for key in table:
        if key not in _KEYS:
            raise InvalidValueError(key, f"{shown(key)} is not a key of a feed", f"The keys are {', '.join(_KEYS)}.")
    if "url" not in table:
        raise InvalidValueError("url", "this feed has no url", 'Add url = "https://…" below its [[feed]] line.')
    url = _url(table["url"])
    return Subscription(
        feed_id=feed_id(url),
        url=url,
        source=_text(table, "source") or _host(url),
        title=_text(table, "title"),
        tags=_tags(table.get("tags", [])),
        every_minutes=_minutes(table["every"]) if "every" in table else None,
        status=_status(table.get("status", "active")),
    )


def _url(value: object) -> str:
    remedy = "Give the feed's whole address, for example https://news.example/rss.xml."
    if not isinstance(value, str):
        raise InvalidValueError("url", f"{shown(value)} is not a text", remedy)
    if len(value) > MAX_URL or any(character <= " " or not character.isprintable() for character in value):
        raise InvalidValueError("url", f"{shown(value)} is too long or has blanks or control characters", remedy)
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise InvalidValueError("url", f"{shown(value)} is not an address", remedy) from None
    if parts.scheme not in ("http", "https") or not host:
        raise InvalidValueError("url", f"{shown(value)} is not an http or https address", remedy)
    if "@" in parts.netloc:
        raise InvalidValueError("url", "the address holds a user name or password", "Feeds are read without login.")
    return value


def _is_http(text: str) -> bool:
    try:
        return bool(_url(text))
    except InvalidValueError:
        return False


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise InvalidValueError(key, f"{shown(value)} is not a text", f'Write {key} = "…", in quotes.')
    return one_line(value)


def _tags(value: object) -> tuple[str, ...]:
    remedy = 'Write tags = ["world", "asia"], without commas or slashes inside of a tag.'
    if not isinstance(value, list):
        raise InvalidValueError("tags", f"{shown(value)} is not a list", remedy)
    for tag in value:
        if not isinstance(tag, str) or not one_line(tag) or set(tag) & set(",/"):
            raise InvalidValueError("tags", f"{shown(tag)} is not a tag", remedy)
    return tuple(dict.fromkeys(one_line(tag) for tag in value))


def _minutes(value: object) -> int:
    remedy = 'Write every = "45m", "2h" or "1d"; from 5m to 31d.'
    found = re.fullmatch(r"([1-9][0-9]{0,5})([mhd])", value) if isinstance(value, str) else None
    if found is None:
        raise InvalidValueError("every", f"{shown(value)} is not a length of time", remedy)
    minutes = int(found[1]) * _UNITS[found[2]]
    if not MIN_MINUTES <= minutes <= MAX_MINUTES:
        raise InvalidValueError("every", f"{shown(value)} is out of bounds", remedy)
    return minutes


def written_pace(minutes: int) -> str:
    """Minutes as `every` writes them: "2h"."""
    unit = next(unit for unit in "dhm" if minutes % _UNITS[unit] == 0)
    return f"{minutes // _UNITS[unit]}{unit}"


def _status(value: object) -> Status:
    if value == "active":
        return "active"
    if value == "paused":
        return "paused"
    raise InvalidValueError("status", f"{shown(value)} is not a status", 'Write status = "active" or "paused".')


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def one_line(text: str) -> str:
    """The text without control and unpaired surrogate characters, blanks collapsed."""
    kept = (" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) not in ("Cc", "Cs"))
    return " ".join("".join(kept).split())


def shown(value: object) -> str:
    """The value for a message, cut to a readable length."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are a subset of TOML's, but TOML forbids a bare DEL too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
