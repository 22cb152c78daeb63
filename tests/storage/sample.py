"""Made records with every field filled, for the tests of the lake."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

from extractors.records import (
    Article,
    Evidence,
    Extraction,
    FeedHints,
    FeedState,
    Fetch,
    Finding,
    Launch,
    Reaction,
)

NOW = datetime(2026, 1, 4, 9, 30, tzinfo=UTC)
TEXT = "Norland fired two ballistic missiles on Sunday.\n\nSouthland’s minister called it “a provocation” 🚀."


def words(name: str) -> str:
    """A paragraph of its own for each name: articles of one text would be copies of each other."""
    return " ".join(sha256(f"{name}{n}".encode()).hexdigest()[:6] for n in range(40))


def article(name: str = "a", *, text: str = "", seen: datetime = NOW, **changes: Any) -> Article:
    """An article named `name`, published 4 January 2026."""
    text = text or (TEXT if name == "a" else f"{TEXT}\n\n{words(name)}")
    made = Article(
        article_id=sha256(name.encode()).hexdigest()[:20],
        url=f"https://news.example/{name}?ref=rss",
        canonical_url=f"https://news.example/{name}",
        source="Example Wire",
        feed_id="example-world",
        guid=f"guid-{name}",
        title=f"Norland fires missiles ({name})",
        authors=("Ada Example", "Bo “Quote” O'Neil"),
        published_at=datetime(2026, 1, 4, 8, 15, 30, 250000, tzinfo=UTC),
        published_offset_minutes=540,
        published_date=date(2026, 1, 4),
        date_source="json-ld",
        date_precision="second",
        text=text,
        language="en",
        quality="full",
        outcome="article",
        content_hash=sha256(text.encode("utf-8", "replace")).hexdigest(),
        first_seen_at=seen,
        last_seen_at=seen,
        credit="Example Agency",
    )
    return replace(made, **changes)


def span(text: str, words: str) -> Evidence:
    start = text.index(words)
    return Evidence(start, start + len(words), words)


def launch(text: str = TEXT, key: str = "L1", **changes: Any) -> Launch:
    made = Launch(
        key=key,
        country="PRK",
        actor="North Korea",
        date=date(2026, 1, 4),
        date_precision="day",
        time_local="07:50",
        weapon_class="ballistic_missile",
        weapon_name="Hwasong-18",
        count_min=2,
        count_max=None,
        launch_site="Sunan",
        landing_area="Sea of Japan",
        distance_km=901.3,
        apogee_km=50.0,
        status="conducted",
        role="lead",
        attribution="Southland's military",
        evidence=(span(text, "fired two"), span(text, "Sunday")),
        rules=("launch.fire", "count.number"),
        inferred=("country",),
        time_utc=datetime(2026, 1, 3, 22, 50, tzinfo=UTC),
    )
    return replace(made, **changes)


def reaction(text: str = TEXT, **changes: Any) -> Reaction:
    made = Reaction(
        actor_country="KOR",
        actor="Southland’s minister",
        type="condemn",
        about="L1",
        quoted=True,
        plover="ACCUSE",
        attribution="the ministry",
        evidence=(span(text, "a provocation"),),
        rules=("reaction.condemn",),
        inferred=("about",),
    )
    return replace(made, **changes)


def finding(name: str = "a", *, packs: str = "p1", **changes: Any) -> Finding:
    """An article named `name` with one launch and one reaction."""
    made = article(name, **changes)
    text = made.text if "fired two" in made.text else TEXT
    return Finding(made, Extraction((launch(text),), (reaction(text),), packs, "en"))


def edited(item: Finding, text: str, *, minutes: int = 60, **changes: Any) -> Finding:
    """The same article with another text, seen `minutes` later."""
    seen = item.article.last_seen_at + timedelta(minutes=minutes)
    digest = sha256(text.encode()).hexdigest()
    made = replace(item.article, text=text, content_hash=digest, first_seen_at=seen, last_seen_at=seen, **changes)
    return replace(item, article=made)


def fetch(name: str = "f", **changes: Any) -> Fetch:
    made = Fetch(
        fetch_id=name,
        kind="page",
        url="https://news.example/a",
        final_url="https://news.example/b",
        status=200,
        outcome="ok",
        bytes=4096,
        seconds=0.25,
        fetched_at=NOW,
        run_id="run-1",
        detail="",
        warc_file="2026/01/04/x.warc.gz",
        warc_offset=1234,
    )
    return replace(made, **changes)


def feed(name: str = "example-world", **changes: Any) -> FeedState:
    made = FeedState(
        feed_id=name,
        url=f"https://news.example/{name}.xml",
        source="Example Wire",
        title="Example World",
        etag='W/"abc"',
        last_modified="Sun, 04 Jan 2026 09:00:00 GMT",
        validators_url="https://news.example/final.xml",
        hints=FeedHints(30, (0, 1, 23), (5, 6), 60),
        poll_every_minutes=15,
        last_polled_at=NOW,
        last_full_fetch_at=NOW - timedelta(hours=1),
        last_status=304,
        last_outcome="unchanged",
        failures=1,
        last_new_at=NOW - timedelta(hours=2),
        new_times=(NOW - timedelta(hours=3), NOW - timedelta(hours=2)),
        next_poll_at=NOW + timedelta(minutes=15),
        next_poll_reason="every 15 minutes as asked",
        redirect_url="https://other.example/feed.xml",
        redirect_sightings=2,
        window_oldest_at=NOW - timedelta(days=2),
        window_newest_at=NOW,
        window=(("guid-1", "d1"), ("guid-2", "d2")),
        redirect_since=NOW - timedelta(days=1),
        throttles=3,
        validators_lied_at=NOW - timedelta(days=3),
    )
    return replace(made, **changes)
