"""The lake's tables and views; `python -m storage.schema` writes docs/tables.md from them.

Every table that grows is partitioned by a NOT NULL DATE column, because a merge whose key holds that date stays as
cheap at a million rows as at ten thousand.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from storage.extensions import quoted
from storage.keys import key_sql

Partition = Literal["month", "day"]

SPANS = 'STRUCT("start" BIGINT, "end" BIGINT, "text" VARCHAR)[]'


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `type` is DuckDB's."""

    name: str
    type: str
    comment: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `key` is unique by the way rows are written (DuckLake has no constraints), `partition` a DATE column."""

    name: str
    comment: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    partition: str | None = None

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True, slots=True)
class View:
    """A view with the question it answers and a query to try."""

    name: str
    comment: str
    sql: str
    example: str


def _required(name: str, type_: str, comment: str) -> Column:
    return Column(name, type_, comment, required=True)


MIGRATIONS_TABLE = Table(
    "migrations",
    "The schema's history: one row for each numbered migration that this lake has had.",
    ("version",),
    (
        _required("version", "INTEGER", "Number of the migration; the highest is the schema's version."),
        _required("name", "VARCHAR", "What it changed."),
    ),
)

FEEDS = Table(
    "feeds",
    "One row is a subscription and all that is remembered of it between polls.",
    ("feed_id",),
    (
        _required("feed_id", "VARCHAR", "Name of the subscription, from the feed list."),
        _required("url", "VARCHAR", "Address that is polled."),
        _required("source", "VARCHAR", "Outlet that publishes the feed."),
        _required("title", "VARCHAR", "The feed's own title, empty before the first poll."),
        _required("status", "VARCHAR", "active, gone (410 or long dead) or paused (by the user)."),
        Column("etag", "VARCHAR", "ETag validator of the last full answer."),
        Column("last_modified", "VARCHAR", "Last-Modified validator of the last full answer, as sent."),
        Column("validators_url", "VARCHAR", "Address that the validators belong to."),
        Column(
            "hints",
            "STRUCT(ttl_minutes BIGINT, skip_hours INTEGER[], skip_days INTEGER[], update_period_minutes BIGINT)",
            "The publisher's polling hints: RSS ttl, skipHours (GMT), skipDays (0 is Monday), sy:updatePeriod.",
        ),
        Column("poll_every_minutes", "BIGINT", "The user's own interval, null for the adaptive one."),
        Column("last_polled_at", "TIMESTAMPTZ", "Last request."),
        Column("last_full_fetch_at", "TIMESTAMPTZ", "Last answer that carried a body."),
        Column("last_status", "INTEGER", "HTTP status of the last request, null where none came."),
        _required("last_outcome", "VARCHAR", "How the last request ended, in one word."),
        _required("failures", "INTEGER", "Failed polls in a row."),
        Column("last_new_at", "TIMESTAMPTZ", "Last poll that brought a new article."),
        Column("new_times", "TIMESTAMPTZ[]", "When the last new articles appeared; the adaptive interval follows."),
        Column("next_poll_at", "TIMESTAMPTZ", "Not to be polled before this time."),
        _required("next_poll_reason", "VARCHAR", "Why then, in words."),
        Column("redirect_url", "VARCHAR", "Target of a permanent redirect that is not yet trusted."),
        _required("redirect_sightings", "INTEGER", "Polls in a row that met this redirect."),
        Column("window_oldest_at", "TIMESTAMPTZ", "Oldest entry of the last full answer."),
        Column("window_newest_at", "TIMESTAMPTZ", "Newest entry of the last full answer."),
        _required("window", "VARCHAR[][]", "Entries of the last full answer: pairs of key and digest of what it said."),
        Column("redirect_since", "TIMESTAMPTZ", "First sighting of the permanent redirect."),
        _required("throttles", "INTEGER", "Grows with every 'too many requests', shrinks with every answer."),
        Column("validators_lied_at", "TIMESTAMPTZ", "When the same validators last came with changed content."),
    ),
)

FETCHES = Table(
    "fetches",
    "One row is one request and how it ended.",
    ("fetch_id",),
    (
        _required("fetch_id", "VARCHAR", "Unique name of the request."),
        _required("fetched_date", "DATE", "UTC day of the request."),
        _required("fetched_at", "TIMESTAMPTZ", "Time of the request."),
        _required("kind", "VARCHAR", "feed, page, robots, sitemap or archive."),
        _required("url", "VARCHAR", "Address asked for."),
        _required("final_url", "VARCHAR", "Address that answered, after redirects."),
        Column("status", "INTEGER", "HTTP status, null where no answer came."),
        _required("outcome", "VARCHAR", "ok, unchanged, or the reason of failure in one word."),
        _required("bytes", "BIGINT", "Bytes received."),
        _required("seconds", "DOUBLE", "Duration in seconds."),
        _required("run_id", "VARCHAR", "Flow run that asked."),
        _required("detail", "VARCHAR", "More about the outcome, in words."),
        Column("warc_file", "VARCHAR", "Archive file that holds the raw answer, relative to the archive directory."),
        Column("warc_offset", "BIGINT", "Byte offset of the record in that file."),
    ),
    partition="fetched_date",
)

_ARTICLE = (
    _required("article_id", "VARCHAR", "Digest of the canonical address."),
    _required("url", "VARCHAR", "Address the article was fetched from."),
    _required("canonical_url", "VARCHAR", "Canonical address."),
    _required("source", "VARCHAR", "Outlet."),
    Column("feed_id", "VARCHAR", "Subscription that first brought it."),
    Column("guid", "VARCHAR", "The feed entry's own id."),
    _required("title", "VARCHAR", "Headline."),
    _required("authors", "VARCHAR[]", "Bylines."),
    Column("published_at", "TIMESTAMPTZ", "Publication time, null where no source gives one."),
    Column("published_offset_minutes", "INTEGER", "The publisher's UTC offset; it can change the weekday."),
    _required("published_date", "DATE", "UTC day of publication, or of the first sighting; the partition."),
    _required("date_source", "VARCHAR", "Where the time comes from: json-ld, meta, time, url, feed, seen …"),
    _required("date_precision", "VARCHAR", "second, minute, day or none."),
    _required("text", "VARCHAR", "Plain body; paragraphs parted by a blank line."),
    Column("language", "VARCHAR", "ISO 639-1 code."),
    _required("quality", "VARCHAR", "full, partial (paywall, truncated) or none (no text could be had)."),
    _required("outcome", "VARCHAR", "article, or why there is none: consent, challenge, shell, listing, empty …"),
    _required("content_hash", "VARCHAR", "Digest of title and text."),
    _required("first_seen_at", "TIMESTAMPTZ", "First sighting of the article."),
    _required("last_seen_at", "TIMESTAMPTZ", "Sighting that this version comes from."),
    _required("revision", "INTEGER", "1 for the first version, then counting the edits."),
    Column("copy_of", "VARCHAR", "article_id that this text is a near-duplicate of (wire copy)."),
    Column("credit", "VARCHAR", "Agency credited in the text."),
)

ARTICLES = Table(
    "articles",
    "One row is an article as last seen.",
    ("article_id",),
    (
        *_ARTICLE,
        _required("attempts", "INTEGER", "Attempts made to get the page."),
        Column("retry_at", "TIMESTAMPTZ", "When to try again, null where nothing is missing or it was given up."),
        Column("signature", "BLOB", "MinHash signature of the text, for finding near-duplicates."),
        _required("bands", "UINTEGER[]", "Digests of the signature's bands: near-duplicates share one."),
        _required("id_key", "BIGINT", f"{key_sql('article_id')}: lookups scan numbers, not texts."),
        _required("url_key", "BIGINT", "The same of url."),
        _required("canonical_key", "BIGINT", "The same of canonical_url."),
        Column("pack_version", "VARCHAR", "Rule packs that the article was last read with."),
    ),
    partition="published_date",
)

REVISIONS = Table(
    "revisions",
    "One row is an earlier version of an edited article.",
    ("article_id", "content_hash", "last_seen_at"),
    _ARTICLE,
    partition="published_date",
)

_DERIVED = (
    _required("article_id", "VARCHAR", "Article that says so."),
    _required("published_date", "DATE", "The article's published_date; the partition."),
)
_PROOF = (
    Column("attribution", "VARCHAR", "Who says so in the article, null for the outlet itself."),
    _required("evidence", SPANS, "Quoted spans; offsets are code points of the article's text."),
    _required("rules", "VARCHAR[]", "Ids of the rules that found it."),
    _required("inferred", "VARCHAR[]", "Fields filled from context rather than words."),
    _required("pack_version", "VARCHAR", "Rule packs that found it."),
    Column("incident_id", "VARCHAR", "Real-world launch it belongs to, once incidents are formed."),
)

LAUNCHES = Table(
    "launches",
    "One row is a launch of a missile, rocket or drone as one article tells it.",
    ("launch_id",),
    (
        _required("launch_id", "VARCHAR", "article_id:key; stable over re-extraction."),
        *_DERIVED,
        _required("key", "VARCHAR", "L1, L2, … within the article."),
        Column("country", "VARCHAR", "ISO 3166-1 alpha-3 of the launching side."),
        Column("actor", "VARCHAR", "State or group that launched."),
        Column("date", "DATE", "Day of the launch in the launching side's calendar, null where unknown."),
        _required("date_precision", "VARCHAR", "day, month (date is its first day), year (1 January) or unknown."),
        Column("time_local", "VARCHAR", "HH:MM in the launching side's zone."),
        Column("time_utc", "TIMESTAMPTZ", "The same in UTC, where day, time and zone are known."),
        _required("weapon_class", "VARCHAR", "Most specific class that the words support (see docs/annotation.md)."),
        Column("weapon_name", "VARCHAR", "Name of the weapon or vehicle."),
        Column("count_min", "BIGINT", "Least number launched."),
        Column("count_max", "BIGINT", "Greatest number launched, null where open."),
        Column("launch_site", "VARCHAR", "Place of origin, as named."),
        Column("landing_area", "VARCHAR", "Where it fell, was aimed or flew toward, as named."),
        Column("distance_km", "DOUBLE", "Flight distance in km."),
        Column("apogee_km", "DOUBLE", "Greatest altitude in km."),
        _required("status", "VARCHAR", "conducted, failed or planned."),
        _required("role", "VARCHAR", "lead (what the article is about) or background."),
        *_PROOF,
    ),
    partition="published_date",
)

REACTIONS = Table(
    "reactions",
    "One row is a statement or act in response to a launch, as one article tells it.",
    ("reaction_id",),
    (
        _required("reaction_id", "VARCHAR", "article_id:R1, R2, … in the order of the article."),
        *_DERIVED,
        Column("launch_id", "VARCHAR", "Launch of the same article that it responds to, null where none."),
        Column("about", "VARCHAR", "Key of that launch within the article."),
        Column("actor_country", "VARCHAR", "ISO alpha-3, or UNO, NATO, EU, IAEA, G7, ASEAN, AU, ESA."),
        _required("actor", "VARCHAR", "Body or person, as named."),
        _required("type", "VARCHAR", "condemn, urge, warn, protest, sanction, consult, commit, monitor, mobilize …"),
        Column("plover", "VARCHAR", "PLOVER event code."),
        _required("quoted", "BOOLEAN", "Whether it carries a direct quotation."),
        *_PROOF,
    ),
    partition="published_date",
)

INCIDENTS = Table(
    "incidents",
    "One row is a real-world launch over all articles that tell of it.",
    ("incident_id",),
    (
        _required("incident_id", "VARCHAR", "Stable name of the launch."),
        _required("incident_date", "DATE", "Day of the launch, or of the first report where unknown; the partition."),
        Column("country", "VARCHAR", "ISO 3166-1 alpha-3 of the launching side."),
        Column("actor", "VARCHAR", "State or group that launched."),
        Column("date", "DATE", "Day of the launch by consensus, null where unknown."),
        _required("date_precision", "VARCHAR", "day, month, year or unknown."),
        Column("time_local", "VARCHAR", "HH:MM in the launching side's zone, by consensus."),
        Column("time_utc", "TIMESTAMPTZ", "Time by consensus."),
        _required("weapon_class", "VARCHAR", "Class by consensus."),
        Column("weapon_name", "VARCHAR", "Name by consensus."),
        _required("status", "VARCHAR", "conducted, failed or planned."),
        Column("launch_site", "VARCHAR", "Place of origin by consensus."),
        Column("landing_area", "VARCHAR", "Landing area by consensus."),
        Column("count_min", "BIGINT", "Least number, by consensus."),
        Column("count_max", "BIGINT", "Greatest number, by consensus."),
        Column("count_low", "BIGINT", "Lowest figure that any source gives."),
        Column("count_high", "BIGINT", "Highest figure that any source gives."),
        Column("distance_km", "DOUBLE", "Flight distance by consensus."),
        Column("distance_low_km", "DOUBLE", "Lowest distance that any source gives."),
        Column("distance_high_km", "DOUBLE", "Highest distance that any source gives."),
        Column("apogee_km", "DOUBLE", "Greatest altitude by consensus."),
        Column("apogee_low_km", "DOUBLE", "Lowest altitude that any source gives."),
        Column("apogee_high_km", "DOUBLE", "Highest altitude that any source gives."),
        _required(
            "claims",
            'STRUCT("field" VARCHAR, "value" VARCHAR, claimant VARCHAR, attribution VARCHAR, source VARCHAR, '
            "article_id VARCHAR, launch_id VARCHAR, since TIMESTAMPTZ, superseded_at TIMESTAMPTZ, sources BIGINT)[]",
            "Who claims what since when: each value with its claimant (who is quoted, else the outlet), its first "
            "report, the independent sources that carry it, and when the same claimant's next value superseded it.",
        ),
        _required("articles", "BIGINT", "Articles that tell of it."),
        _required("sources", "BIGINT", "Independent sources: outlets after wire copies are folded together."),
        Column("first_reported_at", "TIMESTAMPTZ", "Publication of the first report."),
        Column("first_source", "VARCHAR", "Outlet of the first report."),
        Column("first_article_id", "VARCHAR", "Article of the first report."),
        Column("next_reported_at", "TIMESTAMPTZ", "Publication of the first report from another source."),
        Column("next_source", "VARCHAR", "Outlet of that report."),
        _required("reactions", "BIGINT", "Statements and acts in response, over all articles."),
        _required(
            "apart",
            "STRUCT(incident_id VARCHAR, reasons VARCHAR[])[]",
            "Other launches of the same side and day, and why they are not this one.",
        ),
        _required("side", "VARCHAR", "Key of the launching side: its country, else ~ and the actor in lower case."),
        _required("basis", "VARCHAR", "Formed from reports of a day, from a plan, or from reports of a month only."),
        _required("created_at", "TIMESTAMPTZ", "When the incident was first formed."),
        _required("changed_at", "TIMESTAMPTZ", "When anything that is said of it last changed."),
        _required("digest", "VARCHAR", "Digest of all that is said of it, reports and reactions included."),
    ),
    partition="incident_date",
)

INCIDENT_MEMBERS = Table(
    "incident_members",
    "One row is a report (a row of launches) that belongs to an incident, and why.",
    ("launch_id",),
    (
        _required("launch_id", "VARCHAR", "Report."),
        _required("incident_id", "VARCHAR", "Incident it belongs to."),
        _required("incident_date", "DATE", "The incident's incident_date; the partition."),
        _required("article_id", "VARCHAR", "Article of the report."),
        _required("published_date", "DATE", "The article's published_date."),
        _required(
            "how",
            "VARCHAR",
            "report (same side and day), slip (told of a day beside), plan (announced before), recall (names a month).",
        ),
        Column("beside", "VARCHAR", "Report that it is most like, null where it is the only one."),
        _required("score", "DOUBLE", "Sum of the reasons' weights; 0 for an only report."),
        _required("reasons", "VARCHAR[]", "Why it was joined: each with its weight, above 0 for one launch."),
    ),
    partition="incident_date",
)

INCIDENT_CHANGES = Table(
    "incident_changes",
    "One row is a change in the list of incidents: formed, merged, split, withdrawn, or another status.",
    ("change_id",),
    (
        _required("change_id", "VARCHAR", "Digest of the change; the same change has the same id."),
        _required("changed_date", "DATE", "UTC day of the change; the partition."),
        _required("changed_at", "TIMESTAMPTZ", "When it was noted."),
        _required("incident_id", "VARCHAR", "Incident that changed."),
        _required("kind", "VARCHAR", "new, merged (into other_id), split (other_id came off it), withdrawn or status."),
        Column("other_id", "VARCHAR", "The other incident of a merge or split."),
        _required("detail", "VARCHAR", "In words."),
    ),
    partition="changed_date",
)

INCIDENT_PROGRESS = Table(
    "incident_progress",
    "The one row says up to which snapshot launches have been joined into incidents.",
    ("snapshot_id",),
    (
        _required("snapshot_id", "BIGINT", "Latest snapshot whose launches were joined."),
        _required("joining_version", "BIGINT", "Version of the rules of joining; another one joins everything anew."),
    ),
)

ALERTS = Table(
    "alerts",
    "One row is something to tell people of, written with what it tells of and kept until it was told.",
    ("alert_id",),
    (
        _required("alert_id", "VARCHAR", "Digest of what happened; a repeated alert has the same id."),
        _required("raised_date", "DATE", "UTC day of the alert; the partition."),
        _required("raised_at", "TIMESTAMPTZ", "When it was raised."),
        _required("kind", "VARCHAR", "incident.new, incident.status, feed.gone or feed.failing."),
        _required("subject", "VARCHAR", "incident_id or feed_id."),
        _required("title", "VARCHAR", "What happened, in one line."),
        _required("payload", "VARCHAR", "More of it, as a JSON object."),
        Column("done_at", "TIMESTAMPTZ", "When every sink had taken it, null while some has not."),
        _required("taken_by", "VARCHAR[]", "Sinks that took it."),
        _required("attempts", "INTEGER", "Attempts at delivery."),
        Column("retry_at", "TIMESTAMPTZ", "Not to be tried again before, null where it is due."),
        _required("last_error", "VARCHAR", "Why the last attempt failed, empty where it did not."),
    ),
    partition="raised_date",
)

COVERAGE = Table(
    "coverage",
    "One row is what one backfill run did for one date.",
    ("run_id", "date"),
    (
        _required("run_id", "VARCHAR", "Flow run of the backfill."),
        _required("date", "DATE", "Publication date that was filled; the partition."),
        _required("source", "VARCHAR", "archive, sitemap, warc, wayback or history."),
        _required("scope", "VARCHAR", "Feeds and sites it was limited to, empty for all subscriptions."),
        _required("candidates", "BIGINT", "Pages that the source names for the date."),
        _required("known", "BIGINT", "Of these, stored before."),
        _required("fetched", "BIGINT", "Of these, had by this run."),
        _required("refused", "BIGINT", "Of these, forbidden by robots.txt."),
        _required("failed", "BIGINT", "Of these, not to be had."),
        _required("stored", "BIGINT", "Articles that this run added, by their own date."),
        _required("articles", "BIGINT", "Articles of the date in the lake after the run, from whatever source."),
        _required("launches", "BIGINT", "Launches told of in these articles."),
        _required("finished_at", "TIMESTAMPTZ", "End of the run, or of its part that holds the date."),
    ),
    partition="date",
)

GAPS = Table(
    "gaps",
    "One row is a stretch of time in which a feed's window rotated past what was seen: entries may be missing.",
    ("feed_id", "since"),
    (
        _required("feed_id", "VARCHAR", "Subscription."),
        _required("since", "TIMESTAMPTZ", "Newest entry seen before the gap."),
        _required("until", "TIMESTAMPTZ", "Oldest entry seen after it."),
        _required("noticed_at", "TIMESTAMPTZ", "Poll that noticed it."),
    ),
)

RULE_CHANGES = Table(
    "rule_changes",
    "One row is what one re-extraction changed in the records that one rule finds.",
    ("run_id", "start_date", "record", "rule"),
    (
        _required("run_id", "VARCHAR", "Flow run of the re-extraction."),
        _required("start_date", "DATE", "First publication date of the articles read."),
        _required("end_date", "DATE", "Last publication date of the articles read."),
        _required("dry_run", "BOOLEAN", "Whether the change was only counted."),
        _required("record", "VARCHAR", "launch or reaction."),
        _required("rule", "VARCHAR", "Rule that finds them or found them; empty for the sum, each record once."),
        _required("gained", "BIGINT", "Records that were not there before."),
        _required("lost", "BIGINT", "Records that are not there any more."),
        _required("changed", "BIGINT", "Records of the same words with another value or rule."),
        _required("finished_at", "TIMESTAMPTZ", "End of the run, or of its part that holds the dates."),
    ),
)

TABLES: tuple[Table, ...] = (
    FEEDS,
    FETCHES,
    ARTICLES,
    REVISIONS,
    LAUNCHES,
    REACTIONS,
    INCIDENTS,
    INCIDENT_MEMBERS,
    INCIDENT_CHANGES,
    INCIDENT_PROGRESS,
    ALERTS,
    COVERAGE,
    RULE_CHANGES,
    GAPS,
)

VIEWS: tuple[View, ...] = (
    View(
        "launch_reports",
        "Launches with the article that tells of each.",
        """
        SELECT l.*, a.title, a.source, a.url, a.published_at, a.copy_of, a.quality, a.language
        FROM launches l JOIN articles a ON a.article_id = l.article_id AND a.published_date = l.published_date
        """,
        "SELECT date, country, weapon_class, count_min, source, title FROM launch_reports WHERE role = 'lead' "
        "ORDER BY date DESC LIMIT 20",
    ),
    View(
        "reaction_reports",
        "Reactions with the launch they respond to and the article that tells of them.",
        """
        SELECT r.*, l.country AS launch_country, l.date AS launch_date, l.weapon_class, a.title, a.source, a.url,
               a.published_at, a.copy_of
        FROM reactions r
        JOIN articles a ON a.article_id = r.article_id AND a.published_date = r.published_date
        LEFT JOIN launches l ON l.launch_id = r.launch_id AND l.published_date = r.published_date
        """,
        "SELECT published_at, actor, type, launch_country, source FROM reaction_reports WHERE type = 'condemn' "
        "ORDER BY published_at DESC LIMIT 20",
    ),
    View(
        "launches_by_day",
        "How many launches are told of for each day and country: conducted, failed and planned, and by how many "
        "articles. Launches of the same day, country, class and status count once, as articles tell of the same one.",
        """
        SELECT date, country, any_value(actor) AS actor,
               count(DISTINCT (weapon_class, weapon_name)) FILTER (status = 'conducted') AS conducted,
               count(DISTINCT (weapon_class, weapon_name)) FILTER (status = 'failed') AS failed,
               count(DISTINCT (weapon_class, weapon_name)) FILTER (status = 'planned') AS planned,
               list_sort(list(DISTINCT weapon_class)) AS weapon_classes, max(count_min) AS count_min,
               count(DISTINCT article_id) AS articles
        FROM launches WHERE date_precision = 'day' GROUP BY date, country
        """,
        "FROM launches_by_day WHERE country = 'PRK' ORDER BY date DESC",
    ),
    View(
        "country_timeline",
        "Every dated launch of a country in order, with who says so and the words of the article.",
        """
        SELECT country, date, date_precision, time_local, weapon_class, weapon_name, count_min, count_max, launch_site,
               landing_area, distance_km, apogee_km, status, attribution, source, url, evidence[1]."text" AS words,
               launch_id
        FROM launch_reports WHERE date IS NOT NULL
        """,
        "SELECT date, weapon_class, count_min, distance_km, words FROM country_timeline WHERE country = 'PRK' "
        "ORDER BY date, time_local",
    ),
    View(
        "reactions_by_actor",
        "How often each actor reacted in each way, to whose launches, when first and last.",
        """
        SELECT actor_country, actor, type, launch_country, count(*) AS reports,
               count(DISTINCT article_id) AS articles, min(published_date) AS first_date,
               max(published_date) AS last_date
        FROM reaction_reports GROUP BY ALL
        """,
        "SELECT actor_country, type, sum(articles) AS articles FROM reactions_by_actor GROUP BY ALL "
        "ORDER BY articles DESC",
    ),
    View(
        "source_coverage",
        "What each outlet brought: articles, full texts, copies, articles with launches, first and last day.",
        """
        SELECT a.source, count(*) AS articles, count(*) FILTER (a.quality = 'full') AS full_texts,
               count(*) FILTER (a.copy_of IS NOT NULL) AS copies, count(l.article_id) AS articles_with_launches,
               coalesce(sum(l.launches), 0)::BIGINT AS launches, min(a.published_date) AS first_date,
               max(a.published_date) AS last_date
        FROM articles a
        LEFT JOIN (SELECT article_id, count(*) AS launches FROM launches GROUP BY article_id) l USING (article_id)
        GROUP BY a.source
        """,
        "FROM source_coverage ORDER BY launches DESC",
    ),
    View(
        "feed_health",
        "Each subscription: its status, last outcome, failures in a row, next poll and why, and what it brought.",
        """
        SELECT f.feed_id, f.source, f.status, f.last_outcome, f.last_status, f.failures, f.last_polled_at,
               f.last_new_at, f.next_poll_at, f.next_poll_reason, coalesce(a.articles, 0) AS articles,
               a.last_published_at
        FROM feeds f
        LEFT JOIN (SELECT feed_id, count(*) AS articles, max(published_at) AS last_published_at
                   FROM articles GROUP BY feed_id) a USING (feed_id)
        """,
        "FROM feed_health WHERE failures > 0 OR status <> 'active'",
    ),
    View(
        "coverage_by_day",
        "Each past date that was filled, by source: what the latest run found and could not get.",
        """
        SELECT * EXCLUDE (run_id), run_id FROM coverage
        QUALIFY row_number() OVER (PARTITION BY date, source, scope ORDER BY finished_at DESC) = 1
        """,
        "SELECT date, source, candidates, failed, refused, articles, launches FROM coverage_by_day "
        "WHERE failed > 0 ORDER BY date",
    ),
    View(
        "open_gaps",
        "Gaps in a feed's coverage that no backfill has searched in full since: from which day to which to fill.",
        """
        SELECT f.source, f.url, g.feed_id, g.since, g.until, g.noticed_at, g.since::DATE AS fill_from,
               g.until::DATE AS fill_to
        FROM gaps g JOIN feeds f USING (feed_id)
        WHERE EXISTS (FROM unnest(generate_series(g.since::DATE, g.until::DATE, INTERVAL 1 DAY)) AS t(day)
                      WHERE NOT EXISTS (FROM coverage c WHERE c.date = t.day::DATE AND c.finished_at > g.noticed_at))
        """,
        "FROM open_gaps ORDER BY since",
    ),
    View(
        "failed_fetches",
        "Requests that brought neither a page nor the news that nothing changed, by day, outlet's host and reason.",
        """
        SELECT fetched_date, kind, outcome, regexp_extract(url, '^[a-z]+://([^/]+)', 1) AS host, count(*) AS requests,
               max(fetched_at) AS last_at, any_value(detail) AS detail
        FROM fetches WHERE outcome NOT IN ('ok', 'unchanged') GROUP BY ALL
        """,
        "FROM failed_fetches ORDER BY fetched_date DESC, requests DESC",
    ),
    View(
        "report_delays",
        "For each launch with a time: how long until the first report and the first condemnation, in minutes.",
        """
        SELECT i.incident_id, i.country, i.time_utc, i.first_reported_at, i.first_source,
               date_diff('minute', i.time_utc, i.first_reported_at) AS minutes_to_report,
               c.condemned_at, date_diff('minute', i.time_utc, c.condemned_at) AS minutes_to_condemnation
        FROM incidents i
        LEFT JOIN (SELECT r.incident_id, min(a.published_at) AS condemned_at
                   FROM reactions r JOIN articles a USING (article_id, published_date)
                   WHERE r.type = 'condemn' GROUP BY r.incident_id) c USING (incident_id)
        """,
        "SELECT country, avg(minutes_to_report) FROM report_delays GROUP BY country",
    ),
    View(
        "lead_times",
        "How each outlet's first report of a launch lags behind the first report of all, in minutes.",
        """
        SELECT i.incident_id, i.country, a.source, min(a.published_at) AS reported_at,
               date_diff('minute', i.first_reported_at, min(a.published_at)) AS minutes_behind
        FROM incidents i JOIN launches l USING (incident_id)
        JOIN articles a ON a.article_id = l.article_id AND a.published_date = l.published_date
        WHERE a.published_at IS NOT NULL
        GROUP BY i.incident_id, i.country, i.first_reported_at, a.source
        """,
        "SELECT source, median(minutes_behind) AS typical, count(*) AS launches FROM lead_times GROUP BY source "
        "ORDER BY typical",
    ),
    View(
        "disputed_figures",
        "Launches whose sources give different counts, distances or altitudes.",
        """
        SELECT incident_id, incident_date, country, weapon_class, count_low, count_high, distance_low_km,
               distance_high_km, apogee_low_km, apogee_high_km, claims
        FROM incidents
        WHERE count_low < count_high OR distance_low_km < 0.95 * distance_high_km
           OR apogee_low_km < 0.95 * apogee_high_km
        """,
        "SELECT incident_date, country, count_low, count_high, claims FROM disputed_figures",
    ),
    View(
        "incident_claims",
        "Who claims what of each incident since when, superseded claims included: one row a claim.",
        """
        SELECT incident_id, incident_date, country, c."field", c."value", c.claimant, c.attribution, c.source,
               c.article_id, c.launch_id, c.since, c.superseded_at, c.sources
        FROM (SELECT incident_id, incident_date, country, unnest(claims) AS c FROM incidents)
        """,
        "SELECT claimant, value, since FROM incident_claims WHERE field = 'count' AND superseded_at IS NULL",
    ),
    View(
        "incident_reactions",
        "Who reacted to each incident and how: the first report of each, minutes after the launch (after the first "
        "report where its time is unknown), and whether it was the first reaction of that country.",
        """
        WITH told AS (
            SELECT r.incident_id, r.actor_country, r.actor, r.type, r.quoted, r.plover, r.reaction_id, r.evidence,
                   a.published_at, a.source, a.url, a.title, a.article_id, coalesce(a.copy_of, a.article_id) AS origin,
                   coalesce(i.time_utc, i.first_reported_at) AS began_at, i.time_utc IS NOT NULL AS began_is_launch
            FROM reactions r JOIN articles a ON a.article_id = r.article_id AND a.published_date = r.published_date
            JOIN incidents i ON i.incident_id = r.incident_id
        ), firsts AS (
            SELECT incident_id, actor_country, lower(actor) AS actor_key, type,
                   arg_min(actor, (published_at, reaction_id)) AS actor, min(published_at) AS first_reported_at,
                   bool_or(quoted) AS quoted, arg_min(reaction_id, (published_at, reaction_id)) AS reaction_id,
                   arg_min(article_id, (published_at, reaction_id)) AS article_id,
                   count(DISTINCT origin) AS reports, any_value(began_at) AS began_at,
                   any_value(began_is_launch) AS began_is_launch
            FROM told GROUP BY ALL
        )
        SELECT incident_id, actor_country, actor, type, quoted, reports, first_reported_at,
               date_diff('minute', began_at, first_reported_at) AS minutes_after, began_is_launch AS after_launch,
               row_number() OVER (PARTITION BY incident_id, actor_country ORDER BY first_reported_at, reaction_id) = 1
                   AND actor_country IS NOT NULL AS first_of_country,
               reaction_id, article_id
        FROM firsts
        """,
        "SELECT actor_country, actor, type, minutes_after FROM incident_reactions WHERE first_of_country "
        "ORDER BY minutes_after",
    ),
)


def create_table(con: duckdb.DuckDBPyConnection, table: Table, partition: Partition) -> None:
    """Make `table` with its partition and comments."""
    columns = ", ".join(f'"{c.name}" {c.type}{" NOT NULL" if c.required else ""}' for c in table.columns)
    con.execute(f"CREATE TABLE {table.name} ({columns})")
    if table.partition:
        parts = ("year", "month", "day") if partition == "day" else ("year", "month")
        con.execute(
            f"ALTER TABLE {table.name} SET PARTITIONED BY ({', '.join(f'{part}({table.partition})' for part in parts)})"
        )
    comment(con, table)


def comment(con: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Put the comments of `table` and its columns on the table of that name."""
    con.execute(f"COMMENT ON TABLE {table.name} IS {quoted(table.comment)}")
    for column in table.columns:
        con.execute(f'COMMENT ON COLUMN {table.name}."{column.name}" IS {quoted(column.comment)}')


def create_view(con: duckdb.DuckDBPyConnection, view: View) -> None:
    """Make or replace `view` with its comment."""
    con.execute(f"CREATE OR REPLACE VIEW {view.name} AS {view.sql}")
    con.execute(f"COMMENT ON VIEW {view.name} IS {quoted(view.comment)}")


def table(name: str) -> Table:
    """The table called `name`; raises KeyError."""
    return next(t for t in TABLES if t.name == name)


# The data dictionary


def dictionary() -> str:
    """docs/tables.md: every table, column and view, from the declarations above."""
    lines = [
        "# Tables and views",
        "",
        "The data dictionary of the lake `news`, written by `python -m storage.schema` from the schema itself. The",
        'same words are in the lake as comments: `launchwire sql "FROM duckdb_columns()"`.',
        "",
        "Times are UTC. Tables that grow are partitioned by year and month of the column named (by day where the",
        "lake was made with `PARTITION=day`): a condition on it skips every other month, where one on `year(…)` of it",
        "reads them all. Keys are unique by the way rows are written; `launchwire maintain --check` proves it.",
        "",
        "A report of several queries that must agree reads one snapshot: by BEGIN, `--as-of` or `AT (VERSION => n)`.",
        "Other DuckDB clients that read a lake with a SQLite catalog while it is written must first run",
        "`SET GLOBAL sqlite_disable_multithreaded_scans = true`, else a query may mix two commits of the catalog.",
        "",
        "## Tables",
    ]
    for item in (*TABLES, MIGRATIONS_TABLE):
        lines += ["", f"### {item.name}", "", item.comment, "", f"Key: {_codes(item.key)}." + _partition_note(item), ""]
        lines += ["| column | type | what it holds |", "|---|---|---|"]
        lines += [f"| `{c.name}` | {_type_note(c)} | {_cell(c.comment)} |" for c in item.columns]
    lines += ["", "## Views"]
    for view in VIEWS:
        lines += ["", f"### {view.name}", "", view.comment, "", "```sql", view.example, "```"]
    return "\n".join([*lines, ""])


def _codes(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _partition_note(item: Table) -> str:
    return f" Partitioned by `{item.partition}`." if item.partition else ""


def _type_note(column: Column) -> str:
    return f"{_cell(column.type)}{', never null' if column.required else ''}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    Path("docs/tables.md").write_text(dictionary(), encoding="utf-8")
