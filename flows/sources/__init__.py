"""Where past articles come from: each source gives leads for a span of dates, then the capture of each lead."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, Protocol

from extractors.findings import Candidate, Capture
from extractors.records import Fetch, Finding
from flows.spans import Span

SourceName = Literal["archive", "sitemap", "warc", "wayback", "history"]


@dataclass(frozen=True, slots=True)
class Lead:
    """A candidate that a source has for a span, and what its capture will take.

    `day` is the publication day within the span that the source claims for it, or the nearest guess. `asked` is the
    address that will be requested, None where nothing is. `fetch` is the request of an earlier run that a replay stands
    for. A `version` is read even where the article is stored, as it may be another one. `handle` is the source's own.
    """

    candidate: Candidate
    day: date
    asked: str | None = None
    fetch: Fetch | None = None
    version: bool = False
    handle: Any = None


class Source(Protocol):
    """One way to past articles.

    `batch` is how many pages are best read and stored together, `pace_seconds` the pause between two requests to one
    host, `total` the number of leads once it is known, and `remarks` grows by a sentence for each thing that the source
    cannot give.
    """

    batch: int
    pace_seconds: float
    total: int | None
    remarks: list[str]

    def leads(self, whole: Span, part: Span) -> AsyncIterator[Lead]:
        """Leads of the span `whole` whose day lies in `part`, a chunk of it or all of it.

        Each lead of the whole span belongs to the part that holds its day and to no other, so that parts filled by
        several workers share nothing; those of one article come in the order of their captures.
        """
        ...

    async def capture(self, lead: Lead) -> Capture:
        """The capture of a lead. Never raises for what a server or an archive holds."""
        ...

    def keeps(self, finding: Finding, lead: Lead, whole: Span) -> bool:
        """Whether what was found belongs to the whole span."""
        ...


def published_within(finding: Finding, whole: Span) -> bool:
    """Whether an article was had and its own date lies in the span: the rule of every source but our own archive."""
    return finding.article.quality != "none" and finding.article.published_date in whole
