"""What a run did, counted and named, for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from extractors.records import Finding
from flows.fetch.responses import Response
from storage.articles import Saved

_SLOWEST = 5
# Not failures: a page that the site asks not to fetch, and what a page turned out to be.
_FINE = frozenset({"ok", "unchanged", "disallowed"})
_NOWHERE = frozenset({"dns", "unreachable"})
_UNREAD = frozenset({"too_slow", "crashed", "unparsable"})


@dataclass(slots=True)
class RunReport:
    """`failed` holds (what, why) pairs; `host_seconds` the time that each host took to answer; `pages` the requests for
    pages, however they ended.
    """

    polled: int = 0
    unchanged: int = 0
    pages: int = 0
    new: int = 0
    revised: int = 0
    launches: int = 0
    reactions: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    host_seconds: Counter[str] = field(default_factory=Counter)
    _nowhere: int = 0

    def note_response(self, response: Response) -> None:
        """Count the time it took; a failed page or feed is named."""
        self.host_seconds[urlsplit(response.url).netloc] += response.seconds  # type: ignore[assignment]
        if response.kind == "feed":
            self.polled += 1
            self.unchanged += response.outcome == "unchanged"
            self._nowhere += response.outcome in _NOWHERE
        self.pages += response.kind == "page"
        if response.outcome not in _FINE and response.kind in ("feed", "page"):
            self.failed.append((response.url, response.detail or response.outcome))

    def note_findings(self, findings: Iterable[Finding]) -> None:
        """Name the pages that could not be read."""
        self.failed += [(f.article.url, f.article.outcome) for f in findings if f.article.outcome in _UNREAD]

    def note_saved(self, saved: Saved) -> None:
        """Count one transaction."""
        self.new += len(saved.new)
        self.revised += len(saved.revised)
        self.launches += saved.launches
        self.reactions += saved.reactions

    def progress(self) -> str:
        """The figures so far that are not 0, in words."""
        figures = {
            "unchanged": self.unchanged,
            "pages fetched": self.pages,
            "articles new": self.new,
            "revised": self.revised,
            "launches": self.launches,
            "reactions": self.reactions,
            "failures": len(self.failed),
        }
        return ", ".join(f"{count} {name}" for name, count in figures.items() if count) or "nothing yet"

    @property
    def offline(self) -> bool:
        """Whether no feed at all could be reached, and there were some."""
        return self.polled > 1 and self._nowhere == self.polled

    def counts(self) -> dict[str, Any]:
        """The figures, JSON-ready; `failed` as sentences."""
        return {
            "polled": self.polled,
            "unchanged": self.unchanged,
            "new": self.new,
            "revised": self.revised,
            "launches": self.launches,
            "reactions": self.reactions,
            "failed": [f"{what}: {why}" for what, why in self.failed],
        }

    def slowest(self) -> Sequence[tuple[str, float]]:
        """Hosts and the seconds that they took, the slowest first."""
        return self.host_seconds.most_common(_SLOWEST)
