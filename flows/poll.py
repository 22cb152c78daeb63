"""The poll flow: feeds that are due -> their new and edited articles -> the lake."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.utilities.annotations import quote

from extractors.feed import NotAFeed, parse_feed
from extractors.findings import Candidate
from extractors.identity import article_id, canonical_url
from extractors.records import Article, Feed, FeedEntry, FeedState, Finding, Gap
from flows import timetable
from flows.alerts import settle_run
from flows.entries import entry_candidate, entry_key
from flows.fetch.responses import Response
from flows.ingest import Clock, Ingest, utc_now
from flows.progress import told
from flows.report import RunReport
from flows.runs import batched, current_run_id, publish_report
from flows.settings import Settings, load_settings
from flows.subscriptions import Subscription, load_subscriptions
from storage import articles
from storage import feeds as feed_states
from storage.lake import Lake

log = logging.getLogger("launchwire")

GROUP_FEEDS = 25
# Articles of one transaction, in all and of one host. A commit costs as much as storing 300 articles, so that a flood
# is stored in large ones; but a host is asked for one page at a time, and a crash must not repeat many of those.
BATCH_ARTICLES = 300
BATCH_OF_HOST = 50
GROUPS_AT_ONCE = 4
# A feed cut off in the middle still gives the entries that came.
_READABLE = frozenset({"ok", "too_large", "truncated"})
# How long a second poll waits for the first before it gives up; it then finds nothing due.
PATIENCE_SECONDS = 900.0


GroupRunner = Callable[[Ingest, "Group"], Awaitable["list[Polled]"]]


@flow(name="poll", persist_result=False)
async def poll(everything: bool = False) -> dict[str, Any]:
    """Poll the feeds that are due, fetch their new and edited articles, and store what the rules find in them.

    Args:
        everything: Poll every active feed now instead of those that are due.
    """
    settings = load_settings()
    report = await poll_once(settings, current_run_id(), everything=everything, run_group=_group_in_a_task)
    if report.offline:
        report.failed.insert(0, ("network", "no feed's host could be reached; is this machine connected?"))
    report.failed += [("alerts", why) for why in await settle_run(settings)]
    await publish_report("poll", report)
    return report.counts()


async def poll_once(
    settings: Settings,
    run_id: str,
    *,
    everything: bool,
    run_group: GroupRunner | None = None,
    clock: Clock = utc_now,
) -> RunReport:
    """One poll, whether or not Prefect runs it. One poller at a time: a second waits, then finds nothing due."""
    subscriptions = load_subscriptions(settings.feeds)
    with Lake.open(settings.lake()) as lake, lake.exclusive("poll", wait_seconds=PATIENCE_SECONDS):
        async with Ingest(settings, lake, run_id, clock=clock) as ingest:
            await poll_all(ingest, subscriptions, everything=everything, run_group=run_group or poll_group)
            return ingest.report


@dataclass(frozen=True, slots=True)
class Group:
    """Feeds polled together, or articles of earlier polls whose pages are tried again."""

    name: str
    feeds: tuple[FeedState, ...] = ()
    retries: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Polled:
    """One feed's answer, read: its state from now on, the entries that are new or edited, and what may be missing."""

    state: FeedState
    fresh: tuple[Candidate, ...]
    edited: tuple[Candidate, ...]
    gap: Gap | None


@task(name="poll-group", task_run_name="poll {name}", cache_policy=NO_CACHE, persist_result=False)
async def _group_task(name: str, work: Any) -> list[Polled]:
    ingest, group = work
    return await poll_group(ingest, group)


async def _group_in_a_task(ingest: Ingest, group: Group) -> list[Polled]:
    # Quoted, so that Prefect does not walk through the whole of it in search of futures.
    return await _group_task(group.name, quote((ingest, group)))


async def poll_all(
    ingest: Ingest, subscriptions: Sequence[Subscription], *, everything: bool, run_group: GroupRunner
) -> None:
    """Poll what is due, group by group; a group that fails is named in the report and the others go on."""
    feed_states.register(
        ingest.lake, [FeedState(s.feed_id, s.url, s.source) for s in subscriptions], message="new subscriptions"
    )
    stored_states = feed_states.states(ingest.lake)
    states = [subscribed(stored_states[s.feed_id], s) for s in subscriptions]
    now = ingest.clock()
    due = [s for s in states if s.status == "active"] if everything else timetable.due(states, now)
    retries = [_again(article) for article in articles.due(ingest.lake, now=now)]
    log.info("%s", _outset(states, due, retries))
    turns = asyncio.Semaphore(GROUPS_AT_ONCE)
    quiet: list[Polled] = []

    async def run(group: Group) -> None:
        async with turns:
            try:
                quiet.extend(await run_group(ingest, group))
            except Exception as error:
                log.exception("%s failed", group.name)
                ingest.report.failed.append((group.name, f"{type(error).__name__}: {error}"))

    async with told(lambda: f"{ingest.report.polled} of {len(due)} feeds asked: {ingest.report.progress()}"):
        await asyncio.gather(*(run(group) for group in groups(due, retries)))
        if quiet:
            await _store(ingest, [], quiet, "poll: feeds with nothing new")
    if due or retries:
        log.info("all asked: %s", ingest.report.progress())


def _outset(states: Sequence[FeedState], due: Sequence[FeedState], retries: Sequence[Candidate]) -> str:
    """What a poll is about to do; where nothing, when there will be something to do."""
    if due or retries:
        return f"{len(due)} of {len(states)} feeds are due; {len(retries)} pages are tried again"
    if not states:
        return "the list has no feed; add one with `launchwire feeds add URL`"
    coming = [state.next_poll_at for state in states if state.status == "active" and state.next_poll_at]
    when = f"the next one is at {min(coming):%Y-%m-%d %H:%M} UTC" if coming else "all are paused or gone"
    return f"none of {len(states)} feeds is due; {when} (`launchwire poll --all` asks at once)"


def subscribed(state: FeedState, subscription: Subscription) -> FeedState:
    """A stored state under what the user's list says now: source, pace, paused or not. A feed that is gone stays so."""
    status = state.status if state.status == "gone" else subscription.status
    return replace(state, source=subscription.source, poll_every_minutes=subscription.every_minutes, status=status)


def groups(due: Sequence[FeedState], retries: Sequence[Candidate]) -> Iterator[Group]:
    """Groups of feeds, those of one host together so that its pace holds up no other group, then of pages to retry."""
    ordered = sorted(due, key=lambda state: (urlsplit(state.url).netloc, state.feed_id))
    for feeds in batched(ordered, GROUP_FEEDS):
        yield Group(f"{len(feeds)} feeds from {feeds[0].source}", feeds=feeds)
    for again in batches(retries):
        yield Group(f"{len(again)} pages again", retries=again)


async def poll_group(ingest: Ingest, group: Group) -> list[Polled]:
    """Fetch a group's feeds, then the pages that are new or edited; store each batch in one transaction.

    A feed's state is stored with the last of its articles: a crash before that repeats work and loses none. Where
    there was nothing to fetch, the feeds are returned unstored, for one transaction of all such groups.
    """
    polled = await asyncio.gather(*(_poll_feed(ingest, state) for state in group.feeds))
    candidates = [*wanted(ingest.lake, polled), *group.retries]
    parts = list(batches(candidates))
    for number, batch in enumerate(parts, 1):
        findings = await ingest.pages(batch)
        done = polled if number == len(parts) else []
        await _store(ingest, findings, done, f"poll: {group.name}")
    return [] if parts else polled


def batches(candidates: Sequence[Candidate]) -> Iterator[tuple[Candidate, ...]]:
    """The candidates in order, parted into those of one transaction each."""
    batch: list[Candidate] = []
    of_host: Counter[str] = Counter()
    for candidate in candidates:
        host = urlsplit(candidate.url).netloc
        if len(batch) == BATCH_ARTICLES or of_host[host] == BATCH_OF_HOST:
            yield tuple(batch)
            batch, of_host = [], Counter()
        batch.append(candidate)
        of_host[host] += 1
    if batch:
        yield tuple(batch)


async def _store(ingest: Ingest, findings: Sequence[Finding], polled: Sequence[Polled], message: str) -> None:
    gaps = [feed.gap for feed in polled if feed.gap]
    await ingest.commit(findings, [feed.state for feed in polled], message, gaps=gaps)


def wanted(lake: Lake, polled: Sequence[Polled]) -> list[Candidate]:
    """The pages to fetch: edited entries, and new ones whose article is not stored yet, each address once."""
    fresh = {article_id(canonical_url(c.url)): c for feed in polled for c in feed.fresh}
    stored = articles.known(lake, fresh)
    stored_urls = articles.known_urls(lake, [c.url for c in fresh.values()])
    pages = {key: c for key, c in fresh.items() if key not in stored and c.url not in stored_urls}
    pages.update((article_id(canonical_url(c.url)), c) for feed in polled for c in feed.edited)
    return list(pages.values())


async def _poll_feed(ingest: Ingest, state: FeedState) -> Polled:
    ingest.heed_robots(state.url)
    validators = timetable.request_validators(state, state.url, ingest.clock())
    response = await ingest.get(
        state.url,
        kind="feed",
        etag=validators.etag,
        last_modified=validators.last_modified,
        validators_url=validators.url,
    )
    feed, problem = _parsed(response)
    if problem:
        ingest.report.failed.append((f"{state.source} {state.url}", problem))
    seen = compare(feed, state) if feed else Comparison()
    result = timetable.poll_result(response, feed, new=seen.new_entries, window=seen.window, detail=problem)
    now = response.fetched_at
    after = timetable.decide(state, result, now=now, rng=random.Random())
    lost = timetable.lost_window(state, result, now)
    return Polled(after, seen.fresh, seen.edited, Gap(state.feed_id, *lost, now) if lost else None)


def _parsed(response: Response) -> tuple[Feed | None, str]:
    """The feed in a response, or why a good response holds none."""
    if response.outcome not in _READABLE:
        return None, ""
    try:
        return parse_feed(
            response.body, url=response.final_url, content_type=response.content_type, now=response.fetched_at
        ), ""
    except NotAFeed as error:
        return None, str(error)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A feed's entries against the window seen before: new ones, edited ones, and the window now."""

    new_entries: tuple[FeedEntry, ...] = ()
    fresh: tuple[Candidate, ...] = ()
    edited: tuple[Candidate, ...] = ()
    window: tuple[tuple[str, str], ...] = ()


def compare(feed: Feed, state: FeedState) -> Comparison:
    """What is new or edited in a feed, oldest first: what a crash leaves undone is then what the feed still shows."""
    before = dict(state.window)
    new: list[FeedEntry] = []
    fresh: list[Candidate] = []
    edited: list[Candidate] = []
    window: dict[str, str] = {}
    for entry in reversed(feed.entries):
        key = entry_key(entry)
        if key in window:
            continue
        candidate = entry_candidate(entry, feed_id=state.feed_id, feed_url=state.url, source=state.source)
        window[key] = candidate.entry_hash
        if key not in before:
            new.append(entry)
            fresh.append(candidate)
        elif before[key] != candidate.entry_hash:
            edited.append(candidate)
    return Comparison(tuple(new), tuple(fresh), tuple(edited), tuple(window.items()))


def _again(article: Article) -> Candidate:
    return Candidate(
        url=article.url,
        source=article.source,
        feed_id=article.feed_id,
        guid=article.guid,
        title=article.title,
        authors=article.authors,
        published=article.published_at if article.date_source == "feed" else None,
        summary=article.text,
        attempts=article.attempts,
    )
