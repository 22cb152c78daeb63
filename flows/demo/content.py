"""What the demo outlets publish: `outlets.yaml`, one Markdown file an article (YAML front matter), `expected.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

HERE = files(__package__)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Access = Literal["free", "paywall", "truncated", "consent"]


@dataclass(frozen=True, slots=True)
class FeedSpec:
    """One feed of an outlet. `moved_from` answers with a 301; `broken` XML has a bare ampersand and never ends."""

    key: str
    path: str
    format: Literal["rss", "atom", "rdf", "json"]
    title: str
    moved_from: str | None = None
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Outlet:
    """An invented news house. `markup` is where its pages keep their date; `zone_hours` its UTC offset."""

    key: str
    name: str
    tagline: str
    zone_hours: int
    markup: Literal["json-ld", "meta", "time"]
    etag: Literal["strong", "weak"]
    link_suffix: str
    disallow: str
    feeds: tuple[FeedSpec, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """What an editor changed at `at`: pairs (old, new) applied to title, summary and text, and the note shown."""

    at: datetime
    changes: tuple[tuple[str, str], ...]
    note: str


@dataclass(frozen=True, slots=True)
class Story:
    """An article as its outlet holds it; `at` gives the version that readers see at a moment."""

    outlet: str
    slug: str
    path: str
    section: str
    title: str
    summary: str
    byline: str
    credit: str
    caption: str
    published: datetime
    modified: datetime
    dated: bool
    access: Access
    feeds: tuple[str, ...]
    paragraphs: tuple[str, ...]
    corrections: tuple[Correction, ...] = ()
    note: str = ""

    @property
    def text(self) -> str:
        """The whole body, paragraphs parted by a blank line."""
        return "\n\n".join(self.paragraphs)

    @property
    def shown(self) -> tuple[str, ...]:
        """The paragraphs that the page lets a reader see without paying or signing up."""
        return self.paragraphs if self.access in ("free", "consent") else self.paragraphs[:2]

    def at(self, now: datetime | None) -> Story:
        """The version of `now` (None: the last), every correction made by then applied."""
        story = self
        for fix in self.corrections:
            if now is None or fix.at <= now:
                story = story._corrected(fix)
        return story

    def _corrected(self, fix: Correction) -> Story:
        def apply(text: str) -> str:
            for old, new in fix.changes:
                text = text.replace(old, new)
            return text

        return replace(
            self,
            title=apply(self.title),
            summary=apply(self.summary),
            paragraphs=tuple(apply(p) for p in self.paragraphs),
            modified=fix.at,
            note=fix.note,
        )


@cache
def load_outlets() -> Mapping[str, Outlet]:
    """The outlets by key, in their order in `outlets.yaml`."""
    raw = yaml.load((HERE / "outlets.yaml").read_text("utf-8"), _LOADER)
    return {
        key: Outlet(key=key, **{**spec, "feeds": tuple(FeedSpec(**feed) for feed in spec["feeds"])})
        for key, spec in raw.items()
    }


@cache
def load_stories() -> tuple[Story, ...]:
    """Every article in its first version, oldest first."""
    stories = [
        _story(outlet, entry.name.removesuffix(".md"), entry.read_text("utf-8"))
        for outlet in load_outlets().values()
        for entry in (HERE / "articles" / outlet.key).iterdir()
        if entry.name.endswith(".md")
    ]
    return tuple(sorted(stories, key=lambda s: (s.published, s.slug)))


@cache
def load_expected() -> Mapping[str, Mapping[str, Any]]:
    """What a careful reader finds in each article, by slug.

    Each value has `launches` and `reactions` of the last version, in the fields of docs/annotation.md; a corrected
    article also has `first_version` with the two lists before its correction.
    """
    expected: dict[str, dict[str, Any]] = json.loads((HERE / "expected.json").read_text("utf-8"))
    return expected


def _story(outlet: Outlet, slug: str, source: str) -> Story:
    _, head, body = source.split("---\n", 2)
    meta = yaml.load(head, _LOADER)
    published = _moment(meta["published"], outlet)
    return Story(
        outlet=outlet.key,
        slug=slug,
        path=meta["path"],
        section=meta["section"],
        title=meta["title"],
        summary=meta["summary"],
        byline=meta.get("byline", ""),
        credit=meta.get("credit", ""),
        caption=meta.get("caption", ""),
        published=published,
        modified=published,
        dated=meta.get("dated", True),
        access=meta.get("access", "free"),
        feeds=tuple(meta["feeds"]),
        paragraphs=tuple(" ".join(block.split()) for block in body.split("\n\n") if block.strip()),
        corrections=tuple(
            Correction(
                _moment(fix["at"], outlet),
                tuple((change["from"], change["to"]) for change in fix["changes"]),
                fix["note"],
            )
            for fix in meta.get("corrections", ())
        ),
    )


def _moment(text: str, outlet: Outlet) -> datetime:
    """A local time of the outlet ("2026-01-14 07:05") as an aware datetime in the outlet's zone."""
    zone = UTC if outlet.zone_hours == 0 else timezone(timedelta(hours=outlet.zone_hours))
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=zone)
