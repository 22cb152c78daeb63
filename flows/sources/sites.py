"""The sites that a backfill asks, and what an address says of itself: its site, its date."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

from extractors.identity import same_site
from flows.spans import SelectionError
from flows.subscriptions import Subscription
from storage.lake import Lake

_URL_DAY = re.compile(r"(?<!\d)((?:19|20)\d\d)[/_-]?(0?[1-9]|1[0-2])[/_-]?([0-2]?\d|3[01])(?!\d)")
_URL_MONTH = re.compile(r"(?<!\d)((?:19|20)\d\d)[/_-]?(0[1-9]|1[0-2])(?!\d)")


@dataclass(frozen=True, slots=True)
class Site:
    """An outlet's web site; `origin` is scheme, host and port, without a slash at its end."""

    origin: str
    source: str

    @property
    def host(self) -> str:
        """The host without port and a leading "www."."""
        return (urlsplit(self.origin).hostname or "").removeprefix("www.")

    def owns(self, url: str) -> bool:
        """Whether an address belongs to this site or to another host of its registrable domain."""
        return same_site(url, self.origin)


@dataclass(frozen=True, slots=True)
class Selection:
    """The feeds and sites to fill from."""

    feeds: tuple[Subscription, ...]
    sites: tuple[Site, ...]

    def source_of(self, url: str) -> str | None:
        """The outlet that an address belongs to, None where it is none of the selected."""
        return next((site.source for site in self.sites if site.owns(url)), None)


def select(
    lake: Lake, subscriptions: Sequence[Subscription], feeds: Sequence[str] = (), sites: Sequence[str] = ()
) -> Selection:
    """The selected feeds (by id, address or source; all without a choice) and sites (hosts or addresses; those of the
    feeds without a choice: where they are and where the articles that they brought are). Raises SelectionError.
    """
    chosen = tuple(s for s in subscriptions if not feeds or {s.feed_id, s.url, s.source} & set(feeds))
    for wanted in feeds:
        if not any(wanted in (s.feed_id, s.url, s.source) for s in subscriptions):
            raise SelectionError(f"{wanted!r} is no subscription; `launchwire feeds list` shows their names.")
    if sites:
        return Selection(chosen, tuple(_named_site(site, subscriptions) for site in sites))
    found: dict[str, Site] = {}
    for origin, source in [*((_origin(s.url), s.source) for s in chosen), *_article_sites(lake, chosen)]:
        if origin is not None:
            found.setdefault(origin, Site(origin, source))
    return Selection(chosen, tuple(found.values()))


def day_of(url: str) -> date | None:
    """The day that an address's path names, as in /2026/01/04/ or -20260104."""
    for found in _URL_DAY.finditer(urlsplit(url).path):
        try:
            return date(*map(int, found.groups()))
        except ValueError:
            continue
    return None


def month_of(url: str) -> date | None:
    """The first day of the month that an address's path or query names, as in sitemap-2026-01.xml."""
    parts = urlsplit(url)
    found = _URL_MONTH.search(f"{parts.path}?{parts.query}")
    return date(int(found[1]), int(found[2]), 1) if found else None


def utc_day(moment: datetime) -> date:
    """The UTC day of a moment; one without a zone counts as UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).date()


def _named_site(text: str, subscriptions: Iterable[Subscription]) -> Site:
    origin = _origin(text if "://" in text else f"https://{text}")
    if origin is None:
        raise SelectionError(f"{text!r} is no site; give a host such as example.org, or its address.")
    site = Site(origin, (urlsplit(origin).hostname or "").removeprefix("www."))
    known = next((s.source for s in subscriptions if site.owns(s.url)), None)
    return Site(origin, known) if known else site


def _article_sites(lake: Lake, feeds: Sequence[Subscription]) -> list[tuple[str | None, str]]:
    """Where articles of these feeds were found, the most frequent first; a feed's host is often not the site's."""
    sources = {feed.feed_id: feed.source for feed in feeds}
    with lake.read() as con:
        rows = con.execute(
            "SELECT feed_id, regexp_extract(url, '^https?://[^/?#]+') AS origin, count(*) FROM articles "
            "WHERE feed_id IN (SELECT unnest(?::VARCHAR[])) GROUP BY ALL ORDER BY 3 DESC, 2 LIMIT 1000",
            [list(sources)],
        ).fetchall()
    return [(_origin(origin), sources[feed_id]) for feed_id, origin, _ in rows]


def _origin(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", parts.hostname):
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"
