"""Labelled reports as the articles that a lake stores."""

from __future__ import annotations

from collections.abc import Sequence

import sample

from extractors.grouping import Report
from extractors.records import Extraction, Finding


def findings(reports: Sequence[Report]) -> list[Finding]:
    """The articles of these reports, each with all of its launches."""
    by_article: dict[str, list[Report]] = {}
    for report in reports:
        by_article.setdefault(report.article_id, []).append(report)
    return [
        Finding(
            sample.article(
                name,
                article_id=name,
                source=told[0].source,
                title=told[0].title,
                published_at=told[0].published_at,
                published_date=told[0].published_date,
                copy_of=None if told[0].origin == name else told[0].origin,
            ),
            Extraction(tuple(r.launch for r in told), (sample.reaction(),), "p1", "en"),
        )
        for name, told in by_article.items()
    ]
