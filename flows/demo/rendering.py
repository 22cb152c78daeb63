"""Stories to bytes: whole HTML pages in each outlet's manner, four kinds of feed, sitemaps, robots.txt.

Everything here is a pure function of the stories given and the outlet's base URL, so a resource changes (and with it
its ETag) only when a story appears or is corrected.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from jinja2 import Environment, PackageLoader, StrictUndefined

from flows.demo.content import FeedSpec, Outlet, Story

NEWS_SITEMAP_DAYS = 2  # Google's limit for a news sitemap

FEED_TYPES = {
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "rdf": "application/rdf+xml; charset=utf-8",
    "json": "application/feed+json; charset=utf-8",
}
HTML = "text/html; charset=utf-8"
XML = "application/xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Resource:
    """A body to serve; `modified` is its Last-Modified, None where the site sends none."""

    body: bytes
    content_type: str
    modified: datetime | None = None
    max_age: int | None = None


def _http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def _environment() -> Environment:
    env = Environment(
        loader=PackageLoader("flows.demo"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["http_date"] = _http_date
    env.filters["rfc822"] = format_datetime
    env.filters["iso"] = datetime.isoformat
    return env


_ENV = _environment()


def _render(template: str, **context: object) -> bytes:
    return _ENV.get_template(template).render(**context).encode()


def page(outlet: Outlet, base: str, story: Story, related: Sequence[Story]) -> Resource:
    """The article's page. `related` are stories whose headlines stand in the page's side column."""
    body = _render(
        f"{outlet.key}.html",
        outlet=outlet,
        base=base,
        story=story,
        related=related,
        json_ld=_json_ld(outlet, base, story),
    )
    return Resource(body, HTML, story.modified if story.dated else None)


def consent_wall(outlet: Outlet, base: str, story: Story) -> Resource:
    """What a reader without the consent cookie gets in place of the page."""
    return Resource(_render("consent.html", outlet=outlet, base=base, story=story), HTML)


def front_page(outlet: Outlet, base: str, stories: Sequence[Story]) -> Resource:
    """The list of all headlines, newest first, with the outlet's feeds for autodiscovery."""
    return Resource(_render("front.html", outlet=outlet, base=base, stories=stories, types=FEED_TYPES), HTML)


def feed(outlet: Outlet, base: str, spec: FeedSpec, stories: Sequence[Story]) -> Resource:
    """The feed over `stories` (newest first)."""
    modified = max((s.modified for s in stories), default=datetime(2026, 1, 1, tzinfo=UTC))
    if spec.format == "json":
        body = json.dumps(_json_feed(outlet, base, spec, stories), ensure_ascii=False, indent=1).encode()
    else:
        body = _render(f"{spec.format}.xml", outlet=outlet, base=base, feed=spec, stories=stories, modified=modified)
    return Resource(body, FEED_TYPES[spec.format], modified, max_age=300)


def sitemap_index(outlet: Outlet, base: str, stories: Sequence[Story]) -> Resource:
    """The index over the news sitemap and the months' sitemaps."""
    months = {s.published.astimezone(UTC).strftime("%Y-%m"): s.modified for s in reversed(stories) if s.dated}
    return Resource(_render("sitemap_index.xml", base=base, months=months), XML)


def news_sitemap(outlet: Outlet, base: str, stories: Sequence[Story]) -> Resource:
    """Google news tags for the dated stories of the last two days before the newest."""
    dated = [s for s in stories if s.dated]
    since = max((s.published for s in dated), default=datetime.max.replace(tzinfo=UTC)) - timedelta(NEWS_SITEMAP_DAYS)
    recent = [s for s in dated if s.published > since]
    return Resource(_render("sitemap_news.xml", outlet=outlet, base=base, stories=recent), XML)


def month_sitemap(base: str, stories: Sequence[Story], month: str) -> Resource | None:
    """The dated stories of "YYYY-MM" (UTC) with lastmod, or None where the month has none."""
    listed = [s for s in stories if s.dated and s.published.astimezone(UTC).strftime("%Y-%m") == month]
    return Resource(_render("sitemap_month.xml", base=base, stories=listed), XML) if listed else None


def robots(outlet: Outlet, base: str) -> Resource:
    """robots.txt (RFC 9309) with the outlet's one forbidden path and its sitemap."""
    lines = ["User-agent: *", f"Disallow: {outlet.disallow}", "", f"Sitemap: {base}/sitemap.xml", ""]
    return Resource("\n".join(lines).encode(), "text/plain; charset=utf-8")


def _json_ld(outlet: Outlet, base: str, story: Story) -> str:
    """The NewsArticle block, safe inside a script element."""
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": {"@type": "WebPage", "@id": base + story.path},
        "headline": story.title,
        "description": story.summary,
        "datePublished": story.published.isoformat(),
        "dateModified": story.modified.isoformat(),
        "author": [{"@type": "Person", "name": story.byline}] if story.byline else [],
        "publisher": {"@type": "NewsMediaOrganization", "name": outlet.name},
        "isAccessibleForFree": story.access != "paywall",
    }
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")


def _json_feed(outlet: Outlet, base: str, spec: FeedSpec, stories: Sequence[Story]) -> dict[str, object]:
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": spec.title,
        "home_page_url": base + "/",
        "feed_url": base + spec.path,
        "language": "en",
        "items": [
            {
                "id": f"{outlet.key}:{story.slug}",
                "url": base + story.path,
                "title": story.title,
                "summary": story.summary,
                "content_html": _ENV.get_template("content.html").render(story=story).strip(),
                "date_published": story.published.isoformat(),
                "date_modified": story.modified.isoformat(),
                "authors": [{"name": story.byline}] if story.byline else [],
            }
            for story in stories
        ],
    }
