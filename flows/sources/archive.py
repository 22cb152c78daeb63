"""Our own archive: every request of the polls of those dates, replayed in the order of their times."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date
from pathlib import Path

from extractors.findings import Capture
from extractors.records import Finding
from flows.notes import Note, from_json
from flows.sources import Lead
from flows.spans import Span
from storage import archive
from storage.errors import LakeError

log = logging.getLogger("launchwire")


class ArchiveSource:
    """Replays what polls captured from the span's first date to its last, whatever its date, and later captures of
    articles that the feeds dated within the span.

    Nothing is requested. A replay of the same captures gives the same rows, as every request was noted with the
    candidate that it was made for.
    """

    batch = 200

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def leads(self, span: Span) -> AsyncIterator[Lead]:
        """A lead for each page captured, in the order of the captures."""
        for day in archive.days(self._directory):
            if day >= span.start:
                for note in await asyncio.to_thread(_notes, self._directory, day):
                    lead = _lead(note, span)
                    if lead is not None:
                        yield lead

    async def capture(self, lead: Lead) -> Capture:
        """The archived page; one whose file was retired since counts as unreadable."""
        note: Note = lead.handle
        if note.fetch is None:
            return Capture(lead.candidate, lead.candidate.url, None, None, "entry", note.at)
        body, outcome = None, note.fetch.outcome
        if outcome == "ok":
            body = await asyncio.to_thread(self._body, note)
            outcome = "ok" if body is not None else "unreadable"
        return Capture(lead.candidate, note.fetch.final_url, body, note.encoding, outcome, note.at)

    def keeps(self, finding: Finding, lead: Lead, span: Span) -> bool:
        """Everything captured within the span; of later captures, what the article's own date places there."""
        if finding.article.outcome == "unreadable":
            return False
        return lead.handle.at.astimezone(UTC).date() in span or finding.article.published_date in span

    def _body(self, note: Note) -> bytes | None:
        if note.fetch is None or note.fetch.warc_file is None or note.fetch.warc_offset is None:
            return None
        try:
            return archive.read_record(self._directory, note.fetch.warc_file, note.fetch.warc_offset).body
        except LakeError as error:
            log.warning("%s", error)
            return None


def _notes(directory: Path, day: date) -> list[Note]:
    return sorted(_readable(directory, day), key=lambda note: (note.at, note.fetch.fetch_id if note.fetch else ""))


def _readable(directory: Path, day: date) -> Iterator[Note]:
    for values in archive.notes(directory, day):
        note = from_json(values)
        if note is not None:
            yield note


def _lead(note: Note, span: Span) -> Lead | None:
    """The lead of a page's note; None for other requests and for what cannot belong to the span."""
    if note.candidate is None:
        return None
    captured = note.at.astimezone(UTC).date()
    claimed = note.candidate.published.astimezone(UTC).date() if note.candidate.published else captured
    if not (span.searches(captured) or claimed in span):
        return None
    return Lead(note.candidate, span.nearest(claimed), fetch=note.fetch, handle=note)
