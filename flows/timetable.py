"""When a feed is polled next, and why: a pure decision over what is remembered of it and what the last poll brought.

Nothing here asks a clock, a network or a database: `now` (aware UTC) and `rng` are given. docs/polling.md tells the
policy in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Protocol

from extractors.records import Feed, FeedEntry, FeedHints, FeedState

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

FLOOR = HOUR
LOWEST = timedelta(minutes=15)
SOONEST = timedelta(minutes=1)
LONGEST = 31 * DAY
LONGEST_SKIP = 3 * DAY
QUIETEST = 12 * HOUR
POLLS_A_GAP = 8
REMEMBERED_NEW = 32
RECENT_NEW = 10

JITTER = 0.1
BACKOFF_JITTER = 0.25
BACKOFF_LONGEST = DAY
ABSENT_LONGEST = 3 * DAY
THROTTLED_LONGEST = 7 * DAY
MOST_THROTTLES = 6

FULL_FETCH = DAY
POLLS_A_FULL_FETCH = 4
DISTRUST = 30 * DAY
REDIRECT_SIGHTINGS = 3
REDIRECT_SPAN = DAY
SMALLEST_WINDOW = 5
FEWEST_NEW = 3
LARGEST_WINDOW = 2_000

ABSENT = frozenset({"not_found", "gone", "forbidden", "rejected", "unexpected_status"})
NOT_A_FEED = "not_a_feed"

_WORDS = {
    "throttled": "too many requests",
    "server_error": "a server error",
    "forbidden": "access refused",
    "not_found": "not found",
    "gone": "gone, behind a temporary redirect",
    "rejected": "the request refused",
    "unexpected_status": "an unexpected status",
    "timeout": "no answer in time",
    "too_large": "an answer over the size limit",
    "truncated": "an answer cut off in the middle",
    "undecodable": "an answer that cannot be decoded",
    "dns": "no address for the host",
    "refused": "the connection refused",
    "unreachable": "the host out of reach",
    "tls": "no safe connection",
    "disconnected": "the connection closed without an answer",
    "protocol_error": "an answer that is no proper HTTP",
    "redirect_loop": "redirects in a circle",
    "too_many_redirects": "too many redirects",
    "bad_redirect": "a redirect to nowhere",
    "bad_scheme": "a scheme other than http and https",
    "bad_url": "no usable URL",
    "blocked_address": "a private address",
    NOT_A_FEED: "something that is no feed",
}


class _Hop(Protocol):
    @property
    def status(self) -> int: ...


class Answer(Protocol):
    """What a poll's outcome is made from: `flows.fetch.responses.Response`, or anything of its shape."""

    @property
    def outcome(self) -> str: ...
    @property
    def status(self) -> int | None: ...
    @property
    def detail(self) -> str: ...
    @property
    def final_url(self) -> str: ...
    @property
    def permanent_url(self) -> str | None: ...
    @property
    def redirects(self) -> Sequence[_Hop]: ...
    @property
    def conditional(self) -> bool: ...
    @property
    def etag(self) -> str | None: ...
    @property
    def last_modified(self) -> str | None: ...
    @property
    def retry_after(self) -> float | None: ...
    @property
    def fresh_for(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Validators:
    """What to send with a conditional request: to `url` alone, byte for byte; all None where the request is full."""

    etag: str | None = None
    last_modified: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class PollResult:
    """How one poll ended, as far as the timetable cares.

    `outcome` is that of the response, or "not_a_feed" where the body of a good one was something else. `permanent_url`
    is the end of the leading permanent redirects; `direct` is true where no other redirect was met. `entry_dates` are
    the dates of all entries of the feed, `new_dates` those of the entries not seen before (None: undated). `window`
    replaces the state's where given, and adds to it where the answer was cut off. `retry_after` and `fresh_for` are
    seconds.
    """

    outcome: str
    status: int | None = None
    detail: str = ""
    final_url: str = ""
    permanent_url: str | None = None
    direct: bool = True
    conditional: bool = False
    etag: str | None = None
    last_modified: str | None = None
    retry_after: float | None = None
    fresh_for: float | None = None
    title: str = ""
    hints: FeedHints = field(default_factory=FeedHints)
    entry_dates: tuple[datetime | None, ...] = ()
    new_dates: tuple[datetime | None, ...] = ()
    window: tuple[tuple[str, str], ...] = ()


def poll_result(
    answer: Answer,
    feed: Feed | None = None,
    *,
    new: Iterable[FeedEntry] = (),
    window: tuple[tuple[str, str], ...] = (),
    detail: str = "",
) -> PollResult:
    """The result of a poll: the response, the feed parsed from its body (None: it is none), and its `new` entries.

    `detail` replaces the response's, to say what came in place of a feed.
    """
    return PollResult(
        outcome=NOT_A_FEED if answer.outcome == "ok" and feed is None else answer.outcome,
        status=answer.status,
        detail=detail or answer.detail,
        final_url=answer.final_url,
        permanent_url=answer.permanent_url,
        direct=all(hop.status in {301, 308} for hop in answer.redirects),
        conditional=answer.conditional,
        etag=answer.etag,
        last_modified=answer.last_modified,
        retry_after=answer.retry_after,
        fresh_for=answer.fresh_for,
        title=feed.title if feed else "",
        hints=feed.hints if feed else FeedHints(),
        entry_dates=tuple(_date(entry) for entry in feed.entries) if feed else (),
        new_dates=tuple(_date(entry) for entry in new),
        window=window,
    )


def due(states: Iterable[FeedState], now: datetime) -> list[FeedState]:
    """The active feeds to poll now, the longest overdue first, those never polled last.

    A time further off than any decision makes it comes from a clock that was wrong: such a feed is due. One whose time
    came while nobody looked waits for the end of the hours or days that it asks to skip, though not for ever: whoever
    looks in such hours alone still polls it now and then.
    """
    ready = [state for state in states if state.status == "active" and _is_due(state, now)]
    return sorted(ready, key=lambda state: (state.next_poll_at is None, state.next_poll_at or now, state.feed_id))


def _is_due(state: FeedState, now: datetime) -> bool:
    if state.next_poll_at is None or state.next_poll_at > now + LONGEST:
        return True
    if state.next_poll_at > now:
        return False
    return not _skipped(now, state.hints) or now - state.next_poll_at > LONGEST_SKIP


def request_validators(state: FeedState, url: str, now: datetime) -> Validators:
    """The validators to send when `url` is polled for this feed; none where a full fetch is due.

    They are bound to the URL that gave them (`Validators.url`), which need not be `url` but can be one that it
    redirects to. About once a day, after "unchanged" answers only, a full fetch finds what a lying validator hides; a
    feed caught lying is fetched in full for a month.
    """
    if url not in {state.url, state.validators_url} or _full_fetch_due(state, now):
        return Validators()
    return Validators(state.etag, state.last_modified, state.validators_url)


def _full_fetch_due(state: FeedState, now: datetime) -> bool:
    if state.validators_lied_at is not None and now - state.validators_lied_at < DISTRUST:
        return True
    if state.last_outcome != "unchanged" or state.last_full_fetch_at is None or state.last_polled_at is None:
        return False
    # A feed polled twice a day would otherwise hardly ever be asked conditionally.
    rarest = POLLS_A_FULL_FETCH * (now - state.last_polled_at)
    return now - state.last_full_fetch_at >= max(FULL_FETCH, rarest)


def lost_window(state: FeedState, result: PollResult, now: datetime) -> tuple[datetime, datetime] | None:
    """From when to when entries may have passed unseen, None where the feed's window still overlaps what was seen.

    They have where nothing of the window was seen before and all of it is younger than the youngest entry seen.
    """
    if result.outcome != "ok" or not state.window or len(result.new_dates) < len(result.entry_dates):
        return None
    since = state.window_newest_at or state.last_polled_at
    oldest = min(_sane(result.entry_dates, now), default=now if result.entry_dates else None)
    if since is None or oldest is None or oldest <= since:
        return None
    return since, oldest


def decide(state: FeedState, result: PollResult, *, now: datetime, rng: Random) -> FeedState:
    """The state after a poll: when the feed is due next and why, what to send then, and what is remembered of it."""
    if result.outcome == "held_back":
        return _held_back(state, result, now, rng)
    polled = replace(state, last_polled_at=now, last_status=result.status, last_outcome=result.outcome)
    if result.outcome == "gone" and result.direct:
        return replace(
            polled,
            status="gone",
            next_poll_at=None,
            next_poll_reason=f"gone: the publisher said so (410) on {now:%Y-%m-%d}; polling has stopped",
        )
    if result.outcome in {"ok", "unchanged"}:
        return _answered(polled, state, result, now, rng)
    return _failed(polled, result, now, rng)


def _held_back(state: FeedState, result: PollResult, now: datetime, rng: Random) -> FeedState:
    """No request was made: the clock moves, nothing else does."""
    wait = _spread(max(_seconds(result.retry_after), SOONEST), rng)
    reason = f"in {_span(wait)}: another request of its host met a plea for quiet"
    return replace(state, next_poll_at=_bounded(now + wait, now), next_poll_reason=reason)


def _answered(polled: FeedState, before: FeedState, result: PollResult, now: datetime, rng: Random) -> FeedState:
    state = replace(polled, failures=0, throttles=max(0, before.throttles - 1))
    state = _remember_validators(state, before, result, now)
    if result.outcome == "ok":
        state = _remember_feed(state, before, result, now)
    state, moved = _follow_redirect(state, result, now)
    wait, reason = _interval(state, before, result, now)
    at, shifted = _outside_skipped(now + _spread(wait, rng), state.hints, rng)
    at = _bounded(at, now)
    words = [f"in {_span(at - now)}: {reason}"]
    if shifted:
        words.append("moved out of the hours or days the feed asks to skip")
    if moved:
        words.append(f"its permanent redirect is confirmed, it is now polled at {state.url}")
    return replace(state, next_poll_at=at, next_poll_reason="; ".join(words))


def _remember_validators(state: FeedState, before: FeedState, result: PollResult, now: datetime) -> FeedState:
    if result.outcome == "unchanged":
        return replace(
            state,
            etag=result.etag or before.etag,
            last_modified=result.last_modified or before.last_modified,
        )
    same = (result.etag, result.last_modified, result.final_url) == (
        before.etag,
        before.last_modified,
        before.validators_url,
    )
    lied = (
        same
        and bool(result.etag or result.last_modified)
        and not result.conditional
        and before.last_outcome == "unchanged"
        and bool(result.new_dates)
    )
    return replace(
        state,
        etag=result.etag,
        last_modified=result.last_modified,
        validators_url=result.final_url,
        last_full_fetch_at=now,
        validators_lied_at=now if lied else before.validators_lied_at,
    )


def _remember_feed(state: FeedState, before: FeedState, result: PollResult, now: datetime) -> FeedState:
    dates = _sane(result.entry_dates, now)
    return replace(
        state,
        title=result.title or before.title,
        hints=result.hints,
        last_new_at=now if result.new_dates else before.last_new_at,
        new_times=_new_times(before, result, now),
        window_oldest_at=min(dates, default=before.window_oldest_at),
        window_newest_at=max(dates, default=before.window_newest_at),
        window=result.window or before.window,
    )


def _new_times(before: FeedState, result: PollResult, now: datetime) -> tuple[datetime, ...]:
    """When the last new entries appeared: by their own date, but after the last poll as they were not there then."""
    since = before.last_full_fetch_at
    if since is None:
        times = _sane(result.new_dates, now)
    else:
        times = [min(now, max(since, date or now)) for date in result.new_dates]
    # The silence of a feed without dates or entries counts from its first poll.
    return tuple(sorted([*before.new_times, *times])[-REMEMBERED_NEW:]) or (now,)


def _follow_redirect(state: FeedState, result: PollResult, now: datetime) -> tuple[FeedState, bool]:
    target = result.permanent_url
    if target is None or target == state.url:
        return replace(state, redirect_url=None, redirect_sightings=0, redirect_since=None), False
    if target != state.redirect_url or state.redirect_since is None:
        return replace(state, redirect_url=target, redirect_sightings=1, redirect_since=now), False
    sightings = state.redirect_sightings + 1
    if sightings < REDIRECT_SIGHTINGS or now - state.redirect_since < REDIRECT_SPAN:
        return replace(state, redirect_sightings=sightings), False
    return replace(state, url=target, redirect_url=None, redirect_sightings=0, redirect_since=None), True


def _interval(state: FeedState, before: FeedState, result: PollResult, now: datetime) -> tuple[timedelta, str]:
    """How long to wait after a good answer, and the reason that decided."""
    floor, why = _floor(state)
    if state.poll_every_minutes is None:
        fresh = _seconds(result.fresh_for)
        if fresh > floor:
            floor, why = fresh, f"the server says that its answer stays fresh for {_span(fresh)}"
        elif not _hinted(state.hints):
            floor, why = _shrinking_window(before, result, now, floor, why)
        floor, why = _by_history(state, now, floor, why)
    asked = _seconds(result.retry_after)
    if asked > floor:
        floor, why = asked, f"the server asks to wait {_span(asked)}"
    if state.throttles:
        floor, why = floor * 2 ** ((state.throttles + 1) // 2), "slowed down, as it met too many requests of late"
    return floor, why


def _floor(state: FeedState) -> tuple[timedelta, str]:
    if state.poll_every_minutes is not None:
        own = max(SOONEST, _minutes(state.poll_every_minutes))
        return own, f"every {_span(own)} by your setting"
    hinted = _hinted(state.hints)
    if hinted:
        longest, name = max(hinted)
        return max(LOWEST, longest), f"the feed asks for {_span(longest)} ({name})"
    return FLOOR, "no more often than hourly"


def _hinted(hints: FeedHints) -> list[tuple[timedelta, str]]:
    named = ((hints.ttl_minutes, "ttl"), (hints.update_period_minutes, "sy:updatePeriod"))
    return [(_minutes(minutes), name) for minutes, name in named if minutes is not None and minutes > 0]


def _shrinking_window(
    before: FeedState, result: PollResult, now: datetime, floor: timedelta, why: str
) -> tuple[timedelta, str]:
    """Sooner than the floor where the window is replaced within two hours: it would rotate past what was seen."""
    entries, new = len(result.entry_dates), len(result.new_dates)
    if before.last_full_fetch_at is None or entries < SMALLEST_WINDOW or new < FEWEST_NEW:
        return floor, why
    since = before.last_polled_at or before.last_full_fetch_at
    turnover = (now - since) * (entries / new)
    if now <= since or turnover >= 2 * FLOOR:
        return floor, why
    return max(LOWEST, turnover / 2), f"its {entries} entries are all replaced within {_span(turnover)}"


def _by_history(state: FeedState, now: datetime, floor: timedelta, why: str) -> tuple[timedelta, str]:
    """Quiet feeds slower: an eighth of the time between new entries, or of the present silence where that is longer."""
    times = state.new_times[-RECENT_NEW:]
    if not times:
        return floor, why
    mean = (times[-1] - times[0]) / (len(times) - 1) if len(times) > 1 else timedelta()
    gap = max(mean, now - times[-1])
    wanted = min(QUIETEST, gap / POLLS_A_GAP)
    if wanted <= floor:
        return floor, why
    return wanted, f"something new about every {_span(gap)}"


def _failed(polled: FeedState, result: PollResult, now: datetime, rng: Random) -> FeedState:
    throttled = result.outcome == "throttled"
    failures = polled.failures + 1
    throttles = min(MOST_THROTTLES, polled.throttles + 2) if throttled else polled.throttles
    base, _ = _floor(polled)
    longest = BACKOFF_LONGEST
    doublings = failures - 1
    if throttled:
        longest, doublings = THROTTLED_LONGEST, max(failures, throttles // 2)
    elif result.outcome in ABSENT:
        longest, doublings = ABSENT_LONGEST, failures
    wait = min(max(longest, base), base * 2 ** min(doublings, 20))
    wait *= 1 + BACKOFF_JITTER * rng.random()
    asked = _seconds(result.retry_after)
    words = f"after {_WORDS.get(result.outcome, result.outcome)}"
    if failures > 1:
        words += f", {failures} failures in a row"
    if asked > wait:
        wait = _spread(asked, rng)
        words += f"; the server asks to wait {_span(asked)}"
    at, _ = _outside_skipped(now + wait, polled.hints, rng)
    at = _bounded(at, now)
    return replace(
        polled,
        window=_salvaged(polled.window, result.window),
        failures=failures,
        throttles=throttles,
        next_poll_at=at,
        next_poll_reason=f"in {_span(at - now)}: {words}",
    )


def _salvaged(
    before: tuple[tuple[str, str], ...], recovered: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    """The window after an answer that was cut off: what could be read of it, on top of what was known."""
    if not recovered:
        return before
    again = {key for key, _ in recovered}
    return (*(pair for pair in before if pair[0] not in again), *recovered)[-LARGEST_WINDOW:]


def _outside_skipped(at: datetime, hints: FeedHints, rng: Random) -> tuple[datetime, bool]:
    """The time itself, or a random minute of the first hour (GMT) that the feed does not ask to skip."""
    moved = at.astimezone(UTC)
    while _skipped(moved, hints):
        moved = moved.replace(minute=0, second=0, microsecond=0) + HOUR
    if moved == at:
        return at, False
    return moved + HOUR * rng.uniform(0.02, 0.9), True


def _skipped(at: datetime, hints: FeedHints) -> bool:
    hours, days = set(hints.skip_hours) & set(range(24)), set(hints.skip_days) & set(range(7))
    if len(hours) == 24 or len(days) == 7:  # a feed that is never to be polled means something else
        return False
    gmt = at.astimezone(UTC)
    return gmt.hour in hours or gmt.weekday() in days


def _bounded(at: datetime, now: datetime) -> datetime:
    return min(now + LONGEST, max(now + SOONEST, at))


def _spread(wait: timedelta, rng: Random) -> timedelta:
    """Up to a tenth longer, so that feeds polled together drift apart; never shorter than what was asked."""
    return min(wait, LONGEST) * (1 + JITTER * rng.random())


def _minutes(minutes: int) -> timedelta:
    return timedelta(minutes=min(minutes, LONGEST // timedelta(minutes=1)))


def _seconds(seconds: float | None) -> timedelta:
    return timedelta(seconds=min(max(0.0, seconds or 0.0), LONGEST.total_seconds()))


def _date(entry: FeedEntry) -> datetime | None:
    return entry.published or entry.updated


def _sane(dates: Iterable[datetime | None], now: datetime) -> list[datetime]:
    """The dates that can be true: none of them in the future."""
    return [date for date in dates if date is not None and date <= now]


def _span(duration: timedelta) -> str:
    """A length of time in words: "45 min", "6 h", "2 d 3 h"."""
    minutes = max(1, round(duration.total_seconds() / 60))
    if minutes < 120:
        return f"{minutes} min"
    hours = round(minutes / 60)
    if hours < 48:
        return f"{hours} h"
    days, rest = divmod(hours, 24)
    return f"{days} d {rest} h" if rest else f"{days} d"
