"""Our own archive: every request of the polls of those dates, replayed in the order of their times."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from extractors.findings import Capture
from extractors.identity import canonical_url
from extractors.records import Finding
from flows.notes import Note, from_json
from flows.sources import Lead
from flows.spans import Span
from storage import archive
from storage.errors import LakeError


class ArchiveSource:
    """Replays what polls captured from the span's first date to its last, whatever its date, and later captures of
    articles that the feeds dated within the span.

    Nothing is requested. A replay of the same captures gives the same rows, as every request was noted with the
    candidate that it was made for. All captures of an article belong to the part that holds its first one, because
    their order decides which version is an edit.
    """

    batch = 200
    pace_seconds = 0.0

    def __init__(self, directory: Path) -> None:
        self.total: int | None = None
        self.remarks: list[str] = []
        self._directory = directory

    async def leads(self, whole: Span, part: Span) -> AsyncIterator[Lead]:
        """A lead for each page captured, in the order of the captures."""
        first_days: dict[str, date] = {}
        for day in archive.days(self._directory):
            if day < whole.start:
                continue
            for note in await asyncio.to_thread(_notes, self._directory, day):
                lead = _lead(note, whole)
                if lead is None:
                    continue
                article = canonical_url(note.final_url or (note.fetch.final_url if note.fetch else lead.candidate.url))
                owner = first_days.setdefault(article, lead.day)
                if owner in part:
                    yield replace(lead, day=part.nearest(lead.day))

    async def leads_of(self, wanted: Mapping[tuple[str, datetime], str]) -> dict[str, Lead]:
        """The leads whose candidate's address and time of capture are in `wanted`, by the name that it gives."""
        found: dict[str, Lead] = {}
        first = min((at.astimezone(UTC).date() for _, at in wanted), default=None)
        for day in archive.days(self._directory):
            if first is None or day < first or len(found) == len(wanted):
                continue
            for note in await asyncio.to_thread(_notes, self._directory, day):
                if note.candidate is not None and (note.candidate.url, note.at) in wanted:
                    lead = Lead(note.candidate, day, fetch=note.fetch, version=True, handle=note)
                    found.setdefault(wanted[note.candidate.url, note.at], lead)
        return found

    async def capture(self, lead: Lead) -> Capture:
        """The archived page; one whose file was retired since counts as unreadable."""
        note: Note = lead.handle
        if note.fetch is None:
            return Capture(lead.candidate, lead.candidate.url, None, None, "entry", note.at)
        body, outcome = None, note.fetch.outcome
        if outcome == "ok":
            body = await asyncio.to_thread(self._body, note)
            outcome = "ok" if body is not None else "unreadable"
        return Capture(lead.candidate, note.final_url or note.fetch.final_url, body, note.encoding, outcome, note.at)

    def keeps(self, finding: Finding, lead: Lead, whole: Span) -> bool:
        """Everything captured within the span; of later captures, what the article's own date places there."""
        if finding.article.outcome == "unreadable":
            return False
        return lead.handle.at.astimezone(UTC).date() in whole or finding.article.published_date in whole

    def _body(self, note: Note) -> bytes | None:
        if note.fetch is None or note.fetch.warc_file is None or note.fetch.warc_offset is None:
            return None
        try:
            return archive.read_record(self._directory, note.fetch.warc_file, note.fetch.warc_offset).body
        except LakeError as error:
            self.remarks.append(str(error))
            return None


def _notes(directory: Path, day: date) -> list[Note]:
    return sorted(_readable(directory, day), key=lambda note: (note.at, note.fetch.fetch_id if note.fetch else ""))


def _readable(directory: Path, day: date) -> Iterator[Note]:
    for values in archive.notes(directory, day):
        note = from_json(values)
        if note is not None:
            yield note


def _lead(note: Note, whole: Span) -> Lead | None:
    """The lead of a page's note, by the day of its capture; None for other requests and what cannot belong."""
    if note.candidate is None:
        return None
    captured = note.at.astimezone(UTC).date()
    claimed = note.candidate.published.astimezone(UTC).date() if note.candidate.published else captured
    if not (whole.searches(captured) or claimed in whole):
        return None
    return Lead(note.candidate, whole.nearest(captured), fetch=note.fetch, version=True, handle=note)
