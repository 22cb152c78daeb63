"""A feed looked at once: what it is, how often it publishes, every oddity; and the feeds that a page names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from urllib.parse import urljoin

from lxml import etree, html

from extractors.feed import NotAFeed, parse_feed
from extractors.records import Feed
from flows.fetch.http import Client
from flows.fetch.responses import Response

_FEED_TYPES = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json", "application/json"}
)
_MOST_LINKS = 20


@dataclass(frozen=True, slots=True)
class Inspection:
    """What one fetch of an address showed. `feed` is None where it is none; `oddities` are sentences."""

    url: str
    response: Response
    feed: Feed | None
    oddities: tuple[str, ...]

    @property
    def usable(self) -> bool:
        """Whether polling it would bring entries."""
        return self.feed is not None and bool(self.feed.entries)

    def facts(self) -> list[tuple[str, str]]:
        """Name and value of what a subscriber wants to know."""
        if self.feed is None:
            return [("address", self.url), ("outcome", self.response.detail or self.response.outcome)]
        feed = self.feed
        return [
            ("address", self.url),
            ("title", feed.title),
            ("format", feed.format),
            ("entries", str(len(feed.entries))),
            ("newest", _newest(feed)),
            ("publishes", publishing_rate(feed)),
            ("full text", f"{sum(bool(e.content) for e in feed.entries)} of {len(feed.entries)} entries"),
            ("validators", _validators(self.response)),
            ("hints", _hints(feed)),
        ]


async def inspect(client: Client, url: str) -> Inspection:
    """Fetch an address once and read it as a feed."""
    response = await client.get(url, kind="feed")
    if response.outcome != "ok":
        return Inspection(url, response, None, (response.detail or response.outcome,))
    try:
        feed = parse_feed(
            response.body, url=response.final_url, content_type=response.content_type, now=response.fetched_at
        )
    except NotAFeed as error:
        return Inspection(url, response, None, (str(error),))
    return Inspection(url, response, feed, oddities(feed, response))


def oddities(feed: Feed, response: Response) -> tuple[str, ...]:
    """Everything about a feed that a subscriber should know, in sentences."""
    found = list(feed.problems)
    if not feed.entries:
        found.append("It has no entries.")
    if response.redirects:
        kind = "permanently" if response.permanent_url == response.final_url else "temporarily"
        found.append(f"It has moved {kind} to {response.final_url}.")
    if not response.etag and not response.last_modified:
        found.append("The server gives no validators: every poll transfers the whole feed.")
    if feed.entries and all(entry.published is None for entry in feed.entries):
        found.append("No entry has a date; the pages' own dates count.")
    return tuple(found)


def publishing_rate(feed: Feed) -> str:
    """How often entries appear, by the median gap between their dates."""
    dates = sorted(entry.published for entry in feed.entries if entry.published)
    gaps = [(later - earlier) / timedelta(hours=1) for earlier, later in pairwise(dates)]
    if not gaps:
        return "unknown: fewer than two entries have dates"
    span = (dates[-1] - dates[0]) / timedelta(days=1)
    hours = median(gaps)
    words = f"every {hours:.1f} h" if hours < 48 else f"every {hours / 24:.1f} days"
    return f"{words} typically; the feed reaches back {span:.1f} days"


def linked_feeds(body: bytes, url: str) -> list[tuple[str, str]]:
    """Feeds that a page names by `<link rel="alternate">` (RFC 4287 autodiscovery): (address, title), in its order."""
    try:
        root = html.document_fromstring(body, parser=html.HTMLParser(huge_tree=True))
    except (etree.LxmlError, ValueError):
        return []
    found: dict[str, str] = {}
    for link in root.iter("link"):
        relation = (link.get("rel") or "").lower().split()
        kind = (link.get("type") or "").partition(";")[0].strip().lower()
        if "alternate" in relation and kind in _FEED_TYPES and link.get("href"):
            address = urljoin(url, str(link.get("href")).strip())
            if address.startswith(("http://", "https://")):
                found.setdefault(address, link.get("title") or "")
    return list(found.items())[:_MOST_LINKS]


def _newest(feed: Feed) -> str:
    dates: list[datetime] = [entry.published for entry in feed.entries if entry.published]
    return max(dates).isoformat(" ", "minutes") if dates else "unknown"


def _validators(response: Response) -> str:
    given = [name for name, value in (("ETag", response.etag), ("Last-Modified", response.last_modified)) if value]
    return " and ".join(given) or "none"


def _hints(feed: Feed) -> str:
    hints = feed.hints
    words = [
        f"ttl {hints.ttl_minutes} min" if hints.ttl_minutes else "",
        f"sy:update every {hints.update_period_minutes} min" if hints.update_period_minutes else "",
        f"skipHours {', '.join(map(str, hints.skip_hours))}" if hints.skip_hours else "",
        f"skipDays {len(hints.skip_days)}" if hints.skip_days else "",
    ]
    return "; ".join(word for word in words if word) or "none"
