"""Articles with what was found in them: written together in one transaction, looked up, read back.

A feed's validators go in with the articles that they vouch for, so a crash can repeat work but never lose it. Every
write may be repeated: the same findings again leave the same rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Any, Literal, TypeVar

import duckdb

from extractors.records import Article, Extraction, FeedState, Fetch, Finding, Gap, Launch, Quality, Reaction
from storage import copies, rows, schema
from storage import feeds as feed_rows
from storage.keys import key_in, number_in
from storage.lake import Lake
from storage.staging import ANY_OF, clean, listed, stage, utc

Verdict = Literal["new", "revised", "refreshed", "unchanged", "worse", "older"]

_RANK: dict[Quality, int] = {"none": 0, "partial": 1, "full": 2}
_UNDATED = frozenset({"seen", "none"})
D = TypeVar("D", Launch, Reaction)
K = TypeVar("K", int, str)

_DERIVED = (schema.LAUNCHES, schema.REACTIONS)


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored of an article, without its text."""

    article_id: str
    url: str
    canonical_url: str
    feed_id: str | None
    guid: str | None
    published_at: datetime | None
    published_offset_minutes: int | None
    published_date: date
    date_source: str
    date_precision: str
    quality: Quality
    outcome: str
    content_hash: str
    first_seen_at: datetime
    last_seen_at: datetime
    revision: int
    copy_of: str | None
    attempts: int
    retry_at: datetime | None
    pack_version: str | None


_KNOWN = tuple(Known.__dataclass_fields__)
_KEYS = {"article_id": "id_key", "url": "url_key", "canonical_url": "canonical_key"}


@dataclass(frozen=True, slots=True)
class Saved:
    """What a `save` did: article ids by verdict, and the number of rows written beside them.

    `new`, `revised` (an edit; the earlier version is in `revisions`) and `refreshed` (same text; better date, other
    rule packs or another try) were written. `unchanged`, `worse` (a poorer page than the stored one) and `older` (a
    version seen before the stored one, kept in `revisions`) left the stored article.
    """

    new: tuple[str, ...] = ()
    revised: tuple[str, ...] = ()
    refreshed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    worse: tuple[str, ...] = ()
    older: tuple[str, ...] = ()
    launches: int = 0
    reactions: int = 0
    fetches: int = 0
    feeds: int = 0


def judge(stored: Known | None, found: Article, pack_version: str) -> Verdict:
    """What a found article is to the stored one of the same id. Times decide between versions, not arrival, so that
    an archive replayed in any order ends with the same rows.
    """
    if stored is None:
        return "new"
    rank, stored_rank = _RANK[found.quality], _RANK[stored.quality]
    if rank < stored_rank:
        return "worse"
    if rank > stored_rank:
        return "revised" if stored_rank else "refreshed"
    later = utc(found.last_seen_at) > stored.last_seen_at
    if rank == 0:
        tried = (found.attempts, found.outcome) != (stored.attempts, stored.outcome)
        return "refreshed" if later and tried else "unchanged"
    if found.content_hash == stored.content_hash:
        dated = stored.date_source in _UNDATED and found.date_source not in _UNDATED
        return "refreshed" if dated or pack_version != stored.pack_version else "unchanged"
    return "revised" if later else "older"


def merged(stored: Known, found: Article, verdict: Verdict) -> Article:
    """The article to write over `stored`: the found one with what the stored one knows better."""
    article = replace(
        found,
        first_seen_at=min(stored.first_seen_at, utc(found.first_seen_at)),
        revision=stored.revision + (verdict == "revised"),
        feed_id=stored.feed_id or found.feed_id,
        guid=stored.guid or found.guid,
        copy_of=found.copy_of or (stored.copy_of if verdict == "refreshed" else None),
    )
    if found.date_source in _UNDATED:
        article = replace(
            article,
            published_at=stored.published_at,
            published_offset_minutes=stored.published_offset_minutes,
            published_date=stored.published_date,
            date_source=stored.date_source,
            date_precision=stored.date_precision,
        )
    return article


def save(
    lake: Lake,
    *,
    findings: Sequence[Finding] = (),
    fetches: Sequence[Fetch] = (),
    feeds: Sequence[FeedState] = (),
    gaps: Sequence[Gap] = (),
    message: str,
) -> Saved:
    """Write findings, the requests that brought them, the feeds' new states and gaps in one transaction.

    `last_seen_at` of an article must be the time when its page was fetched or captured: it orders versions.
    At most some 50,000 findings a call. Raises LakeError; then nothing was written.
    """
    return lake.write(lambda con: _save(con, findings, fetches, feeds, gaps), message=message)


def known(lake: Lake, article_ids: Iterable[str], *, since: date | None = None) -> dict[str, Known]:
    """What is stored of these articles, by article_id; with `since`, only those published from that day on."""
    with lake.read() as con:
        return _known(con, list(article_ids), since=since)


def known_urls(lake: Lake, urls: Iterable[str], *, since: date | None = None) -> dict[str, Known]:
    """What is stored of the articles fetched from, or canonically at, these addresses, by address as given."""
    wanted = list(urls)
    with lake.read() as con:
        found = _known(con, wanted, columns=("url", "canonical_url"), since=since)
    by_url: dict[str, Known] = {}
    for item in found.values():
        by_url[item.canonical_url] = item
    for item in found.values():
        by_url[item.url] = item
    return {url: by_url[url] for url in wanted if url in by_url}


def due(lake: Lake, *, now: datetime, limit: int = 200) -> list[Article]:
    """Articles whose page is to be tried again, the longest due first."""
    with lake.read() as con:
        con.execute(
            f"SELECT {rows.selected(Article)} FROM articles WHERE retry_at <= ? ORDER BY retry_at, article_id LIMIT ?",
            [utc(now), limit],
        )
        return [rows.read(Article, row) for row in con.fetchall()]


def between(lake: Lake, start: date, end: date, *, batch: int = 500) -> Iterator[Article]:
    """Articles published from `start` to `end`, both included, by day and id; month after month to bound memory."""
    first = start
    while first <= end:
        last = min(end, _month_end(first))
        with lake.read() as con:
            con.execute(
                f"SELECT {rows.selected(Article)} FROM articles WHERE published_date BETWEEN ? AND ? "
                "ORDER BY published_date, article_id",
                [first, last],
            )
            for row in rows.fetched(con, batch):
                yield rows.read(Article, row)
        first = last + timedelta(days=1)


def findings(lake: Lake, article_ids: Iterable[str]) -> list[Finding]:
    """These articles with their launches and reactions as stored, by article_id."""
    wanted = list(article_ids)
    with lake.read() as con:
        con.execute(
            f"SELECT pack_version, {rows.selected(Article)} FROM articles "
            f"WHERE {key_in('id_key', map(clean, wanted))} AND article_id IN {ANY_OF} ORDER BY article_id",
            [listed(wanted)],
        )
        articles = [(row[0], rows.read(Article, row[1:])) for row in con.fetchall()]
        launches = _derived(con, Launch, "launches", wanted)
        reactions = _derived(con, Reaction, "reactions", wanted)
    return [
        Finding(
            article,
            Extraction(
                tuple(launches.get(article.article_id, ())),
                tuple(reactions.get(article.article_id, ())),
                pack_version or "",
                article.language,
            ),
        )
        for pack_version, article in articles
    ]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a re-extraction changed. Counts of rows; `stale` are articles that were edited since they were read."""

    articles: int = 0
    stale: tuple[str, ...] = ()
    launches_added: int = 0
    launches_removed: int = 0
    launches_changed: int = 0
    reactions_added: int = 0
    reactions_removed: int = 0
    reactions_changed: int = 0


def replace_extractions(lake: Lake, findings: Sequence[Finding], *, message: str) -> Difference:
    """Replace exactly the launches and reactions of these articles, as read and extracted anew.

    An article whose text changed since it was read is left alone and named in `stale`: its offsets would not fit.
    """
    return lake.write(lambda con: _replace_extractions(con, findings), message=message)


def replace_readings(lake: Lake, findings: Sequence[Finding], *, message: str) -> tuple[str, ...]:
    """Replace stored articles by the same captures read anew: text, title, date and all that was derived from them.

    What other captures gave stays: sightings, revisions, attempts. Returns the ids left alone, because a later capture
    was stored since. Raises LakeError; then nothing was written.
    """
    return lake.write(lambda con: _replace_readings(con, findings), message=message)


# Plans: pure decisions over what is stored and what was found


@dataclass(slots=True)
class _Plan:
    """What a save writes: findings to put, stored rows and found versions to keep as revisions, small corrections."""

    stored: dict[str, Known]
    put: dict[str, Finding] = field(default_factory=dict)
    outdated: list[str] = field(default_factory=list)
    versions: list[Article] = field(default_factory=list)
    corrections: dict[str, Known] = field(default_factory=dict)
    verdicts: dict[Verdict, list[str]] = field(default_factory=dict)


def _plan(stored: dict[str, Known], findings: Iterable[Finding]) -> _Plan:
    plan = _Plan(stored)
    present = dict(stored)
    for finding in sorted(findings, key=lambda f: (f.article.article_id, utc(f.article.last_seen_at))):
        found = finding.article
        before = present.get(found.article_id)
        verdict = judge(before, found, finding.extraction.pack_version)
        plan.verdicts.setdefault(verdict, []).append(found.article_id)
        if before is None or verdict in ("revised", "refreshed"):
            if verdict == "revised":
                _keep_version(plan, found.article_id)
            article = merged(before, found, verdict) if before else found
            plan.put[found.article_id] = replace(finding, article=article)
            present[found.article_id] = _as_known(plan.put[found.article_id])
        else:
            if verdict == "older":
                plan.versions.append(found)
            corrected = _corrected(before, found)
            if corrected != before:
                present[found.article_id] = corrected
                _correct(plan, corrected)
    return plan


def _keep_version(plan: _Plan, article_id: str) -> None:
    if article_id in plan.put:
        plan.versions.append(plan.put[article_id].article)
    else:
        plan.outdated.append(article_id)


def _corrected(stored: Known, found: Article) -> Known:
    """`stored` with an earlier first sighting and, where another try was due, how that ended."""
    tried = stored.retry_at is not None and found.attempts > stored.attempts
    return replace(
        stored,
        first_seen_at=min(stored.first_seen_at, utc(found.first_seen_at)),
        attempts=found.attempts if tried else stored.attempts,
        retry_at=found.retry_at if tried else stored.retry_at,
    )


def _correct(plan: _Plan, corrected: Known) -> None:
    finding = plan.put.get(corrected.article_id)
    if finding is None:
        plan.corrections[corrected.article_id] = corrected
        return
    article = replace(
        finding.article,
        first_seen_at=corrected.first_seen_at,
        attempts=corrected.attempts,
        retry_at=corrected.retry_at,
    )
    plan.put[corrected.article_id] = replace(finding, article=article)


def _as_known(finding: Finding) -> Known:
    given: dict[str, Any] = {"pack_version": finding.extraction.pack_version}
    known = Known(**{name: given[name] if name in given else getattr(finding.article, name) for name in _KNOWN})
    return replace(known, first_seen_at=utc(known.first_seen_at), last_seen_at=utc(known.last_seen_at))


# Statements, all within a transaction


def _save(
    con: duckdb.DuckDBPyConnection,
    findings: Sequence[Finding],
    fetches: Sequence[Fetch],
    feeds: Sequence[FeedState],
    gaps: Sequence[Gap],
) -> Saved:
    plan = _plan(_known(con, [finding.article.article_id for finding in findings]), findings)
    _keep_revisions(con, plan)
    _apply_corrections(con, plan)
    launches, reactions = _put(con, plan)
    _settle_copies(con, plan)
    feed_rows.put_gaps(con, gaps)
    verdicts = {verdict: tuple(dict.fromkeys(ids)) for verdict, ids in plan.verdicts.items()}
    return Saved(
        **verdicts,
        launches=launches,
        reactions=reactions,
        fetches=_append_fetches(con, fetches),
        feeds=feed_rows.put(con, feeds),
    )


def _known(
    con: duckdb.DuckDBPyConnection,
    values: Sequence[str],
    *,
    columns: Sequence[str] = ("article_id",),
    since: date | None = None,
) -> dict[str, Known]:
    """What is stored of the articles that have one of `values` in one of `columns`, in two steps: a look through the
    keys in every file, then all columns of the few partitions that hold them.
    """
    wanted = set(map(clean, values))
    if not wanted:
        return {}
    looks = " UNION ALL ".join(
        f"SELECT id_key, published_date FROM articles WHERE {key_in(_KEYS[column], wanted)}"
        + (f" AND published_date >= DATE '{since}'" if since else "")
        for column in columns
    )
    days: dict[int, date] = dict(con.execute(looks).fetchall())
    found: list[Known] = []
    for bounds, keys in _months(days):
        con.execute(f"SELECT {', '.join(_KNOWN)} FROM articles WHERE {bounds} AND {number_in('id_key', keys)}")
        found += [Known(*map(_in_utc, row)) for row in con.fetchall()]
    # Two texts may have one key.
    return {item.article_id: item for item in found if any(getattr(item, column) in wanted for column in columns)}


def _in_utc(value: Any) -> Any:
    return utc(value) if isinstance(value, datetime) else value


def _keep_revisions(con: duckdb.DuckDBPyConnection, plan: _Plan) -> None:
    columns = ", ".join(schema.REVISIONS.column_names)
    for condition, parameters in _by_months(_days(plan.stored, plan.outdated), keyed=True):
        con.execute(f"INSERT INTO revisions SELECT {columns} FROM articles WHERE {condition}", parameters)
    if plan.versions:
        stage(con, "staged_versions", schema.REVISIONS.columns, map(rows.revision_row, plan.versions))
        con.execute(
            "INSERT INTO revisions FROM temp.staged_versions s WHERE NOT EXISTS "
            "(FROM revisions r WHERE r.article_id = s.article_id AND r.content_hash = s.content_hash "
            "AND r.last_seen_at = s.last_seen_at)"
        )


def _apply_corrections(con: duckdb.DuckDBPyConnection, plan: _Plan) -> None:
    for item in plan.corrections.values():
        if item.article_id not in plan.put:
            con.execute(
                "UPDATE articles SET first_seen_at = ?, attempts = ?, retry_at = ? "
                f"WHERE {key_in('id_key', [item.article_id])} AND article_id = ? AND published_date = ?",
                [item.first_seen_at, item.attempts, item.retry_at, item.article_id, item.published_date],
            )


def _put(con: duckdb.DuckDBPyConnection, plan: _Plan) -> tuple[int, int]:
    """Replace the planned articles and all that was derived from them; returns the launches and reactions written."""
    ordered = sorted(plan.put.values(), key=lambda f: (f.article.published_date, f.article.article_id))
    if not ordered:
        return 0, 0
    stage(con, "staged_articles", schema.ARTICLES.columns, map(rows.article_row, ordered))
    replaced = [article_id for article_id in plan.put if article_id in plan.stored]
    for condition, parameters in _by_months(_days(plan.stored, replaced), keyed=True):
        con.execute(f"DELETE FROM articles WHERE {condition}", parameters)
    _delete_derived(con, plan.stored, replaced)
    # By name, as a lake that was migrated has its columns in another order.
    con.execute("INSERT INTO articles BY NAME FROM temp.staged_articles")
    return _insert_derived(con, ordered)


def _settle_copies(con: duckdb.DuckDBPyConnection, plan: _Plan) -> None:
    written = [f.article.published_date for f in plan.put.values()]
    if written:
        copies.settle(con, [*written, *(plan.stored[i].published_date for i in plan.put if i in plan.stored)])


def _delete_derived(con: duckdb.DuckDBPyConnection, stored: Mapping[str, Known], ids: Sequence[str]) -> None:
    for condition, parameters in _by_months(_days(stored, ids), keyed=False):
        for table in _DERIVED:
            con.execute(f"DELETE FROM {table.name} WHERE {condition}", parameters)


def _insert_derived(con: duckdb.DuckDBPyConnection, findings: Sequence[Finding]) -> tuple[int, int]:
    counts = []
    for table, make in ((schema.LAUNCHES, rows.launch_rows), (schema.REACTIONS, rows.reaction_rows)):
        derived = [row for finding in findings for row in make(finding)]
        counts.append(len(derived))
        if derived:
            stage(con, f"staged_{table.name}", table.columns, derived)
            con.execute(f"INSERT INTO {table.name} FROM temp.staged_{table.name}")
    return counts[0], counts[1]


def _append_fetches(con: duckdb.DuckDBPyConnection, fetches: Sequence[Fetch]) -> int:
    """Append the requests that are not stored yet; returns how many."""
    if not fetches:
        return 0
    unique = {fetch.fetch_id: rows.fetch_row(fetch) for fetch in fetches}
    days = [utc(fetch.fetched_at).date() for fetch in fetches]
    stage(con, "staged_fetches", schema.FETCHES.columns, unique.values())
    row = con.execute(
        "INSERT INTO fetches FROM temp.staged_fetches WHERE fetch_id NOT IN "
        f"(SELECT fetch_id FROM fetches WHERE fetched_date BETWEEN DATE '{min(days)}' AND DATE '{max(days)}')"
    ).fetchone()
    return int(row[0]) if row else 0


def _replace_extractions(con: duckdb.DuckDBPyConnection, findings: Sequence[Finding]) -> Difference:
    stored = _known(con, [finding.article.article_id for finding in findings])
    fresh: list[Finding] = []
    stale: list[Finding] = []
    for finding in findings:
        now = stored.get(finding.article.article_id)
        same = now is not None and now.content_hash == finding.article.content_hash
        (fresh if same else stale).append(finding)
    # The article may have moved to another day since it was read.
    fresh = [
        replace(f, article=replace(f.article, published_date=stored[f.article.article_id].published_date))
        for f in fresh
    ]
    ids = [finding.article.article_id for finding in fresh]
    before = _derived(con, Launch, "launches", ids), _derived(con, Reaction, "reactions", ids)
    _delete_derived(con, stored, ids)
    _insert_derived(con, fresh)
    _note_pack_versions(con, stored, fresh)
    found = {finding.article.article_id: finding.extraction for finding in fresh}
    launches = _compared(before[0], {i: e.launches for i, e in found.items()}, lambda launch: launch.key)
    reactions = _compared(before[1], {i: e.reactions for i, e in found.items()}, lambda r: (r.actor, r.type, r.about))
    return Difference(len(fresh), tuple(f.article.article_id for f in stale), *launches, *reactions)


def _replace_readings(con: duckdb.DuckDBPyConnection, findings: Sequence[Finding]) -> tuple[str, ...]:
    plan = _Plan(_known(con, [finding.article.article_id for finding in findings]))
    stale: list[str] = []
    for finding in findings:
        found = finding.article
        stored = plan.stored.get(found.article_id)
        if stored is None or stored.last_seen_at != utc(found.last_seen_at):
            stale.append(found.article_id)
            continue
        again = merged(stored, found, "refreshed")
        again = replace(again, copy_of=stored.copy_of, attempts=stored.attempts, retry_at=stored.retry_at)
        plan.put[found.article_id] = replace(finding, article=again)
    _put(con, plan)
    return tuple(stale)


def _note_pack_versions(con: duckdb.DuckDBPyConnection, stored: Mapping[str, Known], findings: list[Finding]) -> None:
    outdated: dict[str, list[str]] = {}
    for finding in findings:
        article_id, version = finding.article.article_id, finding.extraction.pack_version
        if stored[article_id].pack_version != version:
            outdated.setdefault(version, []).append(article_id)
    for version, ids in outdated.items():
        for condition, parameters in _by_months(_days(stored, ids), keyed=True):
            con.execute(f"UPDATE articles SET pack_version = ? WHERE {condition}", [version, *parameters])


def _by_months(days: Mapping[str, date], *, keyed: bool) -> Iterator[tuple[str, list[Any]]]:
    """A condition for each run of months that hold articles, given by id with their days. `keyed` is for the table
    `articles`, where it lets the reader skip texts.
    """
    for bounds, members in _months(days):
        keys = f" AND {key_in('id_key', map(clean, members))}" if keyed else ""
        yield f"{bounds}{keys} AND article_id IN {ANY_OF}", [listed(members)]


def _months(days: Mapping[K, date]) -> Iterator[tuple[str, list[K]]]:
    """For each run of months: a condition, whose literal bounds let DuckLake skip other partitions, and the articles of
    these months.
    """
    months: dict[date, list[K]] = {}
    for article, day in days.items():
        months.setdefault(day.replace(day=1), []).append(article)
    runs: list[tuple[date, date, list[K]]] = []
    for month, members in sorted(months.items(), key=itemgetter(0)):
        first: date = month
        before: list[K] = []
        if runs and runs[-1][1] + timedelta(days=1) == month:
            first, _, before = runs.pop()
        runs.append((first, _month_end(month), before + members))
    for first, last, members in runs:
        yield f"published_date BETWEEN DATE '{first}' AND DATE '{last}'", members


def _days(stored: Mapping[str, Known], ids: Iterable[str]) -> dict[str, date]:
    return {article_id: stored[article_id].published_date for article_id in ids}


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _derived(con: duckdb.DuckDBPyConnection, record: type[D], table: str, ids: Sequence[str]) -> dict[str, list[D]]:
    """Stored launches or reactions by article, in their order within it."""
    order = "key" if record is Launch else "reaction_id"
    con.execute(
        f"SELECT article_id, {rows.selected(record)} FROM {table} "
        f"WHERE article_id IN {ANY_OF} ORDER BY article_id, length({order}), {order}",
        [listed(ids)],
    )
    found: dict[str, list[D]] = {}
    for row in con.fetchall():
        found.setdefault(row[0], []).append(rows.read(record, row[1:]))
    return found


def _compared(
    before: Mapping[str, Sequence[D]], after: Mapping[str, Sequence[D]], key: Callable[[D], object]
) -> tuple[int, int, int]:
    """Numbers of records added, removed and changed; two records with one key are told apart by their order."""
    old, new = _numbered(before, key), _numbered(after, key)
    changed = sum(1 for name in old.keys() & new.keys() if old[name] != new[name])
    return len(new.keys() - old.keys()), len(old.keys() - new.keys()), changed


def _numbered(records: Mapping[str, Sequence[D]], key: Callable[[D], object]) -> dict[object, D]:
    seen: Counter[object] = Counter()
    numbered: dict[object, D] = {}
    for article_id, items in records.items():
        for item in items:
            name = (article_id, key(item))
            numbered[name, seen[name]] = item
            seen[name] += 1
    return numbered
