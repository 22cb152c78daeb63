"""The frozen records that everything passes around.

Field names and meanings of launches and reactions follow the product's annotation guide (docs/annotation.md); every
record that claims something about the world carries `evidence`, character offsets into the article's text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

Precision = Literal["day", "month", "year", "unknown"]
Status = Literal["conducted", "failed", "planned"]
Role = Literal["lead", "background"]
Quality = Literal["full", "partial", "none"]
WeaponClass = Literal[
    "ballistic_missile", "crbm", "srbm", "mrbm", "irbm", "icbm", "slbm", "cruise_missile", "anti_ship_missile",
    "hypersonic_missile", "surface_to_air_missile", "artillery_rocket", "space_launch_vehicle", "attack_drone",
    "missile", "projectile",
]  # fmt: skip
ReactionType = Literal[
    "condemn", "urge", "warn", "protest", "sanction", "consult", "commit", "monitor", "mobilize", "alert", "assess",
    "endorse", "deny",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Evidence:
    """A quoted span: `article_text[start:end] == text`, offsets in code points."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Launch:
    """A launch as one article tells it. Distances in km; `time_local` is "HH:MM" in the launching side's zone."""

    key: str
    country: str | None
    actor: str | None
    date: date | None
    date_precision: Precision
    time_local: str | None
    weapon_class: WeaponClass
    weapon_name: str | None
    count_min: int | None
    count_max: int | None
    launch_site: str | None
    landing_area: str | None
    distance_km: float | None
    apogee_km: float | None
    status: Status
    role: Role
    attribution: str | None = None
    evidence: tuple[Evidence, ...] = ()
    rules: tuple[str, ...] = ()
    inferred: tuple[str, ...] = ()
    time_utc: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reaction:
    """A public statement or act in response to a launch; `about` is a Launch key of the same article or None."""

    actor_country: str | None
    actor: str
    type: ReactionType
    about: str | None
    quoted: bool
    plover: str | None = None
    attribution: str | None = None
    evidence: tuple[Evidence, ...] = ()
    rules: tuple[str, ...] = ()
    inferred: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Extraction:
    """What the rules found in one article."""

    launches: tuple[Launch, ...]
    reactions: tuple[Reaction, ...]
    pack_version: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class FeedHints:
    """A publisher's own polling hints. `ttl_minutes` RSS 2.0, `skip_hours` 0-23 GMT, `skip_days` 0=Monday, `sy:*`."""

    ttl_minutes: int | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    update_period_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry of a feed. `url` is absolute http(s) or None; `content` is HTML when the feed carries the full text."""

    guid: str | None
    url: str | None
    title: str
    published: datetime | None
    updated: datetime | None
    authors: tuple[str, ...] = ()
    summary: str = ""
    content: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """A parsed feed document. `problems` names every oddity met, in words."""

    format: str
    title: str
    home_url: str | None
    language: str | None
    entries: tuple[FeedEntry, ...]
    hints: FeedHints = FeedHints()
    self_url: str | None = None
    prev_archive: str | None = None
    next_page: str | None = None
    complete: bool = False
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SitemapUrl:
    """One `<url>` of a sitemap with the dates it claims (news publication date where given, and lastmod).

    `precision` is that of `published`, or of `lastmod` where that is all there is: of a date that is a day, the moment
    is midnight.
    """

    url: str
    lastmod: datetime | None
    published: datetime | None = None
    title: str | None = None
    precision: Literal["second", "minute", "day", "none"] = "none"


@dataclass(frozen=True, slots=True)
class Page:
    """What a page's bytes say, before identity and storage.

    `outcome` is "article" or the reason why there is none: "consent", "challenge", "shell", "listing", "empty",
    "unparsable"; a paywalled page is an article of quality "partial". `published` keeps the page's own UTC offset;
    `date_source` says where it was found (json-ld, meta, time, url, text, none).
    """

    url: str
    outcome: str
    title: str
    text: str
    quality: Quality
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    modified: datetime | None = None
    date_source: str = "none"
    date_precision: Literal["second", "minute", "day", "none"] = "none"
    canonical_url: str | None = None
    site_name: str | None = None
    language: str | None = None
    credit: str | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Article:
    """An article as last seen; the unit of storage.

    `article_id` is a digest of the canonical URL. `published_date` is the UTC day of `published_at`, or of the first
    sighting where no source gives a date (`date_source` = "seen"); it is the partition and never null.
    `published_offset_minutes` keeps the publisher's zone, as UTC can change the weekday. `outcome` and `quality` say
    what the text is worth; `attempts` and `retry_at` are for pages that could not be had yet.
    """

    article_id: str
    url: str
    canonical_url: str
    source: str
    feed_id: str | None
    guid: str | None
    title: str
    authors: tuple[str, ...]
    published_at: datetime | None
    published_offset_minutes: int | None
    published_date: date
    date_source: str
    date_precision: str
    text: str
    language: str | None
    quality: Quality
    outcome: str
    content_hash: str
    first_seen_at: datetime
    last_seen_at: datetime
    revision: int = 1
    copy_of: str | None = None
    credit: str | None = None
    attempts: int = 1
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """An article with what the rules found in it: what is written together in one transaction."""

    article: Article
    extraction: Extraction


@dataclass(frozen=True, slots=True)
class Fetch:
    """One request and how it ended. `outcome` is ok, unchanged, or the reason in one word (see docs/polling.md)."""

    fetch_id: str
    kind: Literal["feed", "page", "robots", "sitemap", "archive"]
    url: str
    final_url: str
    status: int | None
    outcome: str
    bytes: int
    seconds: float
    fetched_at: datetime
    run_id: str
    detail: str = ""
    warc_file: str | None = None
    warc_offset: int | None = None


@dataclass(frozen=True, slots=True)
class FeedState:
    """A subscription and all that is remembered of it between polls.

    `window` holds the entries of the last full answer as (entry key, digest of what it said) pairs: an entry is new
    when its key is not there and edited when its digest differs. `redirect_since` is the first of the sightings,
    `throttles` grows with every "too many requests" and shrinks with every answer, `validators_lied_at` is when the
    same validators were last caught on changed content.
    """

    feed_id: str
    url: str
    source: str
    title: str = ""
    status: Literal["active", "gone", "paused"] = "active"
    etag: str | None = None
    last_modified: str | None = None
    validators_url: str | None = None
    hints: FeedHints = field(default_factory=FeedHints)
    poll_every_minutes: int | None = None
    last_polled_at: datetime | None = None
    last_full_fetch_at: datetime | None = None
    last_status: int | None = None
    last_outcome: str = ""
    failures: int = 0
    last_new_at: datetime | None = None
    new_times: tuple[datetime, ...] = ()
    next_poll_at: datetime | None = None
    next_poll_reason: str = ""
    redirect_url: str | None = None
    redirect_sightings: int = 0
    window_oldest_at: datetime | None = None
    window_newest_at: datetime | None = None
    window: tuple[tuple[str, str], ...] = ()
    redirect_since: datetime | None = None
    throttles: int = 0
    validators_lied_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of time in which a feed's window rotated past what was seen: entries may be missing."""

    feed_id: str
    since: datetime
    until: datetime
    noticed_at: datetime
