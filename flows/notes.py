"""What the archive keeps of a request beside the raw exchange: how it ended, and the candidate that it was made for.

With these, a replay of the archive gives articles with the feed's own title, date, summary and id, and failed or
forbidden pages as well, exactly as the run that made the requests stored them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from extractors.findings import Candidate
from extractors.records import Fetch

_TIMES = frozenset({"published", "updated", "fetched_at"})


@dataclass(frozen=True, slots=True)
class Note:
    """One request and the candidate that it was made for. An article that came whole in its feed has no `fetch`.

    `at` is the time of the capture; `encoding` the Content-Type of the answer; `final_url` the page's own address where
    another archive gave it.
    """

    at: datetime
    fetch: Fetch | None = None
    candidate: Candidate | None = None
    encoding: str | None = None
    final_url: str | None = None


def to_json(note: Note) -> dict[str, Any]:
    """`note` as JSON values."""
    return {
        "at": note.at.isoformat(),
        "fetch": note.fetch and _plain(note.fetch),
        "candidate": note.candidate and _plain(note.candidate),
        "encoding": note.encoding,
        "final_url": note.final_url,
    }


def from_json(values: dict[str, Any]) -> Note | None:
    """The note that `to_json` wrote, None where `values` are something else."""
    try:
        fetch, candidate = values["fetch"], values["candidate"]
        return Note(
            at=datetime.fromisoformat(values["at"]),
            fetch=fetch and Fetch(**_timed(fetch)),
            candidate=candidate and Candidate(**_timed(candidate | {"authors": tuple(candidate["authors"])})),
            encoding=values["encoding"],
            final_url=values["final_url"],
        )
    except (KeyError, TypeError, ValueError):
        return None


def _plain(record: Fetch | Candidate) -> dict[str, Any]:
    """The fields as they are: dataclasses.asdict copies each value deeply, for a tenth of a poll's time."""
    values = ((field.name, getattr(record, field.name)) for field in fields(record))
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values}


def _timed(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(value) if name in _TIMES and value is not None else value
        for name, value in values.items()
    }
