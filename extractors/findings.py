"""From what was captured of an article to what is stored of it: identity, text, time, launches and reactions.

Pure, and picklable both ways: worker processes run `finding` on captures.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone

from extractors.article import parse_fragment, parse_page
from extractors.engine import extract
from extractors.identity import article_id, canonical_url, content_hash
from extractors.packs import Packs
from extractors.records import Article, Extraction, Finding, Page, Quality

# A feed's summary below this says less than its title.
_SUMMARY_CHARACTERS = 60
_FUTURE = timedelta(days=1)
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
# An entry whose content holds this much plain text is taken for the article itself.
_ARTICLE_CHARACTERS = 1_500
# Waits after the first, second, third … attempt that brought no article.
_RETRY_AFTER = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=3))


_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A page worth having, and what a feed entry, a sitemap or an archive's index says of it.

    `content` is the HTML of an entry that carries its full text; `attempts` counts earlier captures that brought none;
    an entry without a link is not `fetchable`.
    """

    url: str
    source: str
    feed_id: str | None = None
    guid: str | None = None
    title: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    summary: str = ""
    content: str = ""
    attempts: int = 0
    fetchable: bool = True

    @property
    def carries_article(self) -> bool:
        """Whether the entry itself is the article, so that no page need be fetched."""
        return not self.fetchable or len(_TAG.sub("", self.content)) >= _ARTICLE_CHARACTERS

    @property
    def entry_hash(self) -> str:
        """Digest of what the feed says; another one later means that the article may have been edited."""
        said = (self.title, self.summary, self.content, str(self.updated or ""))
        return hashlib.sha256("\x1f".join(said).encode("utf-8", "replace")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Capture:
    """An answer for a candidate. `body` is None where none came, and `outcome` then says why in one word."""

    candidate: Candidate
    final_url: str
    body: bytes | None
    encoding: str | None
    outcome: str
    captured_at: datetime


def finding(capture: Capture, packs: Packs, *, attempts_allowed: int) -> Finding:
    """The article that a capture holds, with its launches and reactions; every capture gives one.

    Where there is no article (consent wall, error, empty page) the feed's own summary stands in as text of quality
    "partial", else the text is empty and the quality "none"; both are tried again until `attempts_allowed`.
    """
    candidate = capture.candidate
    page = _page(capture)
    text, quality = page.text, page.quality
    if quality == "none":
        text, quality = _summary_text(candidate)
    published, date_source, precision = _published(page, candidate, capture.captured_at)
    canonical = canonical_url(capture.final_url, page.canonical_url)
    title = (page.title if page.quality != "none" else "") or candidate.title or page.title
    attempts = candidate.attempts + 1
    article = Article(
        article_id=article_id(canonical),
        url=candidate.url,
        canonical_url=canonical,
        source=candidate.source or page.site_name or "",
        feed_id=candidate.feed_id,
        guid=candidate.guid,
        title=title,
        authors=page.authors or candidate.authors,
        published_at=published,
        published_offset_minutes=_offset_minutes(published),
        published_date=_utc_date(published or capture.captured_at),
        date_source=date_source,
        date_precision=precision,
        text=text,
        language=page.language,
        quality=quality,
        outcome=page.outcome,
        content_hash=content_hash(title, text),
        first_seen_at=capture.captured_at,
        last_seen_at=capture.captured_at,
        credit=page.credit,
        attempts=attempts,
        retry_at=None if page.outcome == "article" else _retry_at(capture.captured_at, attempts, attempts_allowed),
    )
    return Finding(article, read(article, packs))


def read(article: Article, packs: Packs) -> Extraction:
    """Launches and reactions of a stored article by the rules in `packs`."""
    anchor = article.published_at
    if anchor is not None and article.published_offset_minutes is not None:
        anchor = anchor.astimezone(timezone(timedelta(minutes=article.published_offset_minutes)))
    return extract(article.text, title=article.title, published=anchor, packs=packs)


def _page(capture: Capture) -> Page:
    candidate = capture.candidate
    if capture.body is None:
        page = Page(url=capture.final_url, outcome=capture.outcome, title="", text="", quality="none")
    else:
        page = parse_page(capture.body, url=capture.final_url, encoding=capture.encoding, now=capture.captured_at)
    if page.quality == "full" or not candidate.content:
        return page
    entry = parse_fragment(candidate.content, url=candidate.url, title=candidate.title)
    return replace(entry, canonical_url=page.canonical_url) if len(entry.text) > len(page.text) else page


def _summary_text(candidate: Candidate) -> tuple[str, Quality]:
    if not candidate.summary:
        return "", "none"
    text = parse_fragment(candidate.summary, url=candidate.url, title=candidate.title).text
    return (text, "partial") if len(text) >= _SUMMARY_CHARACTERS else ("", "none")


def _published(page: Page, candidate: Candidate, now: datetime) -> tuple[datetime | None, str, str]:
    """Publication time, where it comes from, and its precision. A page's bare day gives way to the feed's time."""
    own = _plausible(page.published, now)
    fed = _plausible(candidate.published, now)
    if own and not (page.date_precision == "day" and fed and abs(own.date() - fed.date()) <= timedelta(days=1)):
        return own, page.date_source, page.date_precision
    if fed:
        return fed, "feed", "second"
    return None, "seen", "none"


def _plausible(moment: datetime | None, now: datetime) -> datetime | None:
    if moment is None:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment if _EARLIEST <= moment <= now + _FUTURE else None


def _offset_minutes(moment: datetime | None) -> int | None:
    offset = moment.utcoffset() if moment else None
    return None if offset is None else int(offset.total_seconds() // 60)


def _utc_date(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _retry_at(now: datetime, attempts: int, allowed: int) -> datetime | None:
    return now + _RETRY_AFTER[min(attempts, len(_RETRY_AFTER)) - 1] if attempts < allowed else None
