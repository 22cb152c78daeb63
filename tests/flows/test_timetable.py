"""When a feed is polled next, and why: every criterion of docs/polling.md in simulated time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.records import Feed, FeedEntry, FeedHints, FeedState
from flows.timetable import (
    LONGEST,
    NOT_A_FEED,
    PollResult,
    decide,
    due,
    lost_window,
    poll_result,
    request_validators,
)

START = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
URL = "https://wire.test/feed"
FEED = FeedState("wire", URL, "Wire")


def after(
    state: FeedState, outcome: str = "ok", *, now: datetime = START, seed: int = 1, **values: object
) -> FeedState:
    """The state after one poll with this outcome."""
    result = PollResult(outcome, final_url=str(values.pop("final_url", state.url)), **values)  # type: ignore[arg-type]
    return decide(state, result, now=now, rng=Random(seed))


def wait(state: FeedState, since: datetime = START) -> timedelta:
    """How long until the next poll."""
    assert state.next_poll_at is not None
    return state.next_poll_at - since


def repeated(state: FeedState, times: int, outcome: str, **values: object) -> list[FeedState]:
    """The states after each of several polls, each made when it was due."""
    states, now = [], START
    for number in range(times):
        state = after(state, outcome, now=now, seed=number, **values)
        states.append(state)
        assert state.next_poll_at is not None
        now = state.next_poll_at
    return states


@dataclass
class Publisher:
    """A feed whose entries come by a clock, behind a server that validates, or claims to."""

    every: timedelta
    entries: int = 20
    lies: bool = False
    validates: bool = True
    hints: FeedHints = field(default_factory=FeedHints)
    polls: list[tuple[datetime, bool, str]] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)

    def ask(self, state: FeedState, now: datetime, rng: Random) -> FeedState:
        newest = int((now - START + 100 * DAY) / self.every)
        numbers = range(newest - self.entries + 1, newest + 1)
        etag = '"always the same"' if self.lies else f'"{newest}"'
        sent = request_validators(state, state.url, now)
        if self.validates and sent.etag == etag:
            self.polls.append((now, True, "unchanged"))
            return decide(state, PollResult("unchanged", 304, final_url=URL, conditional=True), now=now, rng=rng)
        self.polls.append((now, sent.etag is not None, "ok"))
        new = [number for number in numbers if number not in self.seen]
        self.seen.update(numbers)
        dates = {number: START - 100 * DAY + number * self.every for number in numbers}
        result = PollResult(
            "ok",
            200,
            final_url=URL,
            conditional=sent.etag is not None,
            etag=etag if self.validates else None,
            hints=self.hints,
            entry_dates=tuple(dates.values()),
            new_dates=tuple(dates[number] for number in new),
            window=tuple((str(number), "") for number in numbers),
        )
        return decide(state, result, now=now, rng=rng)

    def run(self, days: float, state: FeedState = FEED, *, step: timedelta = timedelta(minutes=5)) -> FeedState:
        """Poll when due, looking every `step` as a schedule does. The state is all that survives from look to look."""
        rng, now = Random(7), START
        while now < START + days * DAY:
            for ready in due([state], now):
                state = self.ask(ready, now, rng)
            now += step
        return state

    @property
    def gaps(self) -> list[timedelta]:
        return [later[0] - sooner[0] for sooner, later in pairwise(self.polls)]

    @property
    def missed(self) -> int:
        """Entries between the first and the last seen that never were."""
        return max(self.seen) - min(self.seen) + 1 - len(self.seen)


# A: validators ---------------------------------------------------------------------------------------------------


def test_a1_one_unconditional_request_ever() -> None:
    """But the daily full fetch (A9): a week of polls, every one from the stored state alone, as after a restart."""
    publisher = Publisher(every=3 * HOUR)
    publisher.run(7)
    unconditional = [at for at, conditional, _ in publisher.polls if not conditional]
    assert len(publisher.polls) > 80
    assert unconditional[0] == START
    assert len(unconditional) <= 8
    assert all(later - sooner >= DAY for sooner, later in pairwise(unconditional))


def test_a1_quiet_feed_is_mostly_asked_conditionally() -> None:
    publisher = Publisher(every=60 * DAY, entries=5)
    publisher.run(40)
    assert sum(conditional for _, conditional, _ in publisher.polls) / len(publisher.polls) > 0.7


@pytest.mark.parametrize("etag", ['"abc"', 'W/"abc"', "abc", '"\xe9"'])
def test_a2_a3_validators_are_kept_as_they_came(etag: str) -> None:
    state = after(FEED, etag=etag, last_modified="yesterday, roughly")
    sent = request_validators(state, URL, START + HOUR)
    assert (sent.etag, sent.last_modified, sent.url) == (etag, "yesterday, roughly", URL)


def test_a3_no_validator_is_invented() -> None:
    state = after(FEED)
    assert request_validators(state, URL, START + HOUR) == replace(request_validators(FEED, URL, START), url=URL)
    assert (state.etag, state.last_modified) == (None, None)


def test_a4_a5_the_newest_validators_replace_the_older_ones() -> None:
    """Also where the body, and so every entry, is the same as before."""
    state = after(FEED, etag='"1"', last_modified="Mon", new_dates=(START,), entry_dates=(START,))
    state = after(state, now=START + HOUR, etag='"2"', last_modified="Tue", conditional=True, entry_dates=(START,))
    sent = request_validators(state, URL, START + 2 * HOUR)
    assert (sent.etag, sent.last_modified) == ('"2"', "Tue")


def test_a6_validators_of_a_304_are_taken_over() -> None:
    state = after(FEED, etag='"1"', last_modified="Mon")
    state = after(state, "unchanged", now=START + HOUR, etag='"2"', conditional=True)
    assert (state.etag, state.last_modified) == ('"2"', "Mon")
    state = after(state, "unchanged", now=START + 2 * HOUR, conditional=True)
    assert (state.etag, state.last_modified) == ('"2"', "Mon")


def test_a7_a_validator_no_longer_sent_is_dropped() -> None:
    state = after(FEED, etag='"1"', last_modified="Mon")
    state = after(state, now=START + HOUR, last_modified="Tue", conditional=True)
    sent = request_validators(state, URL, START + 2 * HOUR)
    assert (sent.etag, sent.last_modified) == (None, "Tue")


def test_a8_validators_belong_to_the_url_that_gave_them() -> None:
    behind = "https://cdn.wire.test/feed"
    state = after(FEED, etag='"1"', final_url=behind)
    assert request_validators(state, URL, START + HOUR).url == behind
    moved = replace(state, url="https://elsewhere.test/feed")
    assert request_validators(moved, moved.url, START + HOUR).url == behind
    assert request_validators(state, "https://wire.test/feed?paged=2", START + HOUR).etag is None


@pytest.mark.parametrize("outcome", ["server_error", "timeout", "truncated", NOT_A_FEED, "forbidden", "throttled"])
def test_a4_c4_failures_leave_what_is_remembered(outcome: str) -> None:
    """Neither validators nor hints nor window nor URL come from an answer that was no feed."""
    state = after(FEED, etag='"1"', hints=FeedHints(ttl_minutes=90), window=(("a", "1"),), title="Wire news")
    failed = after(
        state, outcome, now=START + HOUR, etag='"portal"', last_modified="now", permanent_url="https://portal.test/",
        final_url="https://portal.test/",
    )  # fmt: skip
    for name in ("etag", "last_modified", "validators_url", "hints", "window", "title", "url", "redirect_url",
                 "last_full_fetch_at", "new_times"):  # fmt: skip
        assert getattr(failed, name) == getattr(state, name)
    assert failed.failures == 1


def test_a9_lying_validators_are_found_within_about_a_day() -> None:
    publisher = Publisher(every=2 * HOUR, lies=True, entries=30)
    state = publisher.run(5)
    full = [at for at, conditional, _ in publisher.polls if not conditional]
    assert full[1] - START < 27 * HOUR
    assert state.validators_lied_at is not None
    assert publisher.missed == 0


def test_a9_once_caught_lying_it_is_fetched_in_full_for_a_month() -> None:
    publisher = Publisher(every=2 * HOUR, lies=True, entries=30)
    state = publisher.run(3)
    caught = state.validators_lied_at
    assert caught is not None
    assert request_validators(state, URL, caught + 29 * DAY).etag is None
    assert request_validators(state, URL, caught + 31 * DAY).etag is not None


def test_a9_an_honest_server_is_not_suspected() -> None:
    assert Publisher(every=5 * HOUR).run(14).validators_lied_at is None


# B: pace ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("every", [timedelta(minutes=5), timedelta(minutes=30), 3 * HOUR, DAY, 30 * DAY])
def test_b1_never_more_than_hourly_by_default(every: timedelta) -> None:
    publisher = Publisher(every=every, entries=100)
    publisher.run(3)
    assert min(publisher.gaps) >= HOUR


@pytest.mark.parametrize("minutes", [1, 15, 45, 300])
def test_b1_the_users_setting_says_otherwise(minutes: int) -> None:
    state = after(replace(FEED, poll_every_minutes=minutes), fresh_for=86_400.0)
    assert timedelta(minutes=minutes) <= wait(state) <= timedelta(minutes=minutes * 1.1)
    assert "by your setting" in state.next_poll_reason


@pytest.mark.parametrize("outcome", ["ok", "unchanged"])
def test_b2_freshness_is_respected(outcome: str) -> None:
    state = after(FEED, outcome, fresh_for=6 * 3_600.0)
    assert 6 * HOUR <= wait(state) <= 6.6 * HOUR
    assert "stays fresh for 6 h" in state.next_poll_reason


def test_b2_short_freshness_is_no_leave_to_hurry() -> None:
    assert wait(after(FEED, fresh_for=60.0)) >= HOUR


@pytest.mark.parametrize("seconds", [40 * 86_400.0, 1e12, 1e300])
def test_b2_absurd_values_are_capped(seconds: float) -> None:
    assert wait(after(FEED, fresh_for=seconds)) == 31 * DAY
    assert wait(after(FEED, "throttled", retry_after=seconds)) == 31 * DAY


def test_b3_new_feeds_are_due_at_once_and_last() -> None:
    """The client spreads them over hosts by its pace; those that wait for long come first."""
    states = [replace(FEED, feed_id="new")]
    states += [replace(FEED, feed_id=str(i), next_poll_at=START - i * HOUR) for i in (-1, 0, 1, 2)]
    states += [replace(FEED, feed_id=name, status=name, next_poll_at=START - DAY) for name in ("gone", "paused")]  # type: ignore[arg-type]
    assert [state.feed_id for state in due(states, START)] == ["2", "1", "0", "new"]


def test_b3_a_restart_keeps_the_clock() -> None:
    state = after(FEED)
    assert due([state], START + timedelta(minutes=59)) == []
    assert due([state], START + 2 * HOUR) == [state]


def test_b3_a_clock_that_was_wrong_stops_nothing() -> None:
    assert due([replace(FEED, next_poll_at=START + 400 * DAY)], START) != []


@pytest.mark.parametrize("outcome", ["throttled", "server_error", "forbidden", "ok", "unchanged"])
@pytest.mark.parametrize("seconds", [4 * 3_600.0, 3 * 86_400.0])
def test_b4_b5_retry_after_is_respected(outcome: str, seconds: float) -> None:
    waited = wait(after(FEED, outcome, status=429, retry_after=seconds))
    assert timedelta(seconds=seconds) <= waited <= timedelta(seconds=seconds * 1.26)


def test_b4_short_retry_after_is_no_leave_to_hurry() -> None:
    assert wait(after(FEED, "throttled", retry_after=5.0)) >= 2 * HOUR


def test_b4_slower_when_it_repeats() -> None:
    waits = [state.next_poll_at - state.last_polled_at for state in repeated(FEED, 6, "throttled")]  # type: ignore[operator]
    assert all(later > sooner for sooner, later in pairwise(waits))


def test_b4_slower_when_it_repeats_between_good_answers() -> None:
    """One limit met every other time: the answers in between do not set the pace back to where it was."""
    state, now, waits = FEED, START, []
    for number in range(12):
        state = after(state, "throttled" if number % 2 else "ok", now=now, seed=number)
        waits.append(wait(state, now))
        assert state.next_poll_at is not None
        now = state.next_poll_at
    assert waits[-2] > 2 * waits[0]
    for number in range(8):
        state = after(state, "ok", now=now, seed=number)
        assert ("too many requests of late" in state.next_poll_reason) == (state.throttles > 0)
        now = state.next_poll_at or now
    assert state.throttles == 0


TRANSIENT = ["server_error", "timeout", "dns", "refused", "tls", "disconnected", "protocol_error", "truncated",
             "too_large", "undecodable", "redirect_loop", "blocked_address", "unreachable"]  # fmt: skip


@pytest.mark.parametrize("outcome", TRANSIENT)
def test_b5_failures_back_off_exponentially_with_jitter(outcome: str) -> None:
    states = repeated(FEED, 10, outcome)
    waits = [state.next_poll_at - state.last_polled_at for state in states]  # type: ignore[operator]
    assert waits[0] >= HOUR
    for number, waited in enumerate(waits):
        base = min(DAY, HOUR * 2**number)
        assert base <= waited <= 1.25 * base
    assert len({after(FEED, outcome, seed=seed).next_poll_at for seed in range(20)}) == 20
    assert states[-1].failures == 10
    assert "10 failures in a row" in states[-1].next_poll_reason


@pytest.mark.parametrize("outcome", [*TRANSIENT, "not_found", "forbidden", "rejected", NOT_A_FEED, "throttled"])
def test_c3_everything_recovers_by_itself(outcome: str) -> None:
    """A hundred failures in a row stop nothing; one good answer and the feed is as before."""
    state = repeated(FEED, 100, outcome)[-1]
    assert state.status == "active"
    assert wait(state, state.last_polled_at or START) <= 10 * DAY
    now = state.next_poll_at
    assert now is not None
    for number in range(8):
        state = after(state, "ok", now=now, seed=number)
        assert state.failures == 0
        now = state.next_poll_at or now
    assert state.throttles == 0
    assert wait(state, state.last_polled_at or START) < 24 * HOUR


def test_b6_polls_drift_apart() -> None:
    """A hundred feeds added in one minute: no minute of the hour holds more than a few after a day."""
    minutes: dict[int, int] = {}
    for seed in range(100):
        state, now, rng = FEED, START.replace(minute=0, second=0), Random(seed)
        for _ in range(24):
            state = decide(state, PollResult("unchanged", final_url=URL), now=now, rng=rng)
            now = state.next_poll_at or now
        minutes[now.minute] = minutes.get(now.minute, 0) + 1
    assert max(minutes.values()) <= 8


@pytest.mark.parametrize(
    ("hints", "least", "most"),
    [
        (FeedHints(ttl_minutes=30), 30, 33), (FeedHints(ttl_minutes=5), 15, 17), (FeedHints(ttl_minutes=180), 180, 198),
        (FeedHints(update_period_minutes=1_440), 1_440, 1_584), (FeedHints(update_period_minutes=30), 30, 33),
        (FeedHints(ttl_minutes=20, update_period_minutes=120), 120, 132), (FeedHints(ttl_minutes=0), 60, 66),
        (FeedHints(ttl_minutes=-10), 60, 66), (FeedHints(ttl_minutes=10**12), 31 * 1_440, 31 * 1_440),
    ],
)  # fmt: skip
def test_b7_the_feeds_own_hints(hints: FeedHints, least: int, most: int) -> None:
    state = after(FEED, hints=hints)
    assert timedelta(minutes=least) <= wait(state) <= timedelta(minutes=most)


def test_b7_hints_are_kept_across_304s() -> None:
    state = after(FEED, hints=FeedHints(ttl_minutes=300, skip_hours=(3, 4)), etag='"1"')
    later = after(state, "unchanged", now=START + 6 * HOUR, conditional=True)
    assert later.hints == state.hints
    assert wait(later, START + 6 * HOUR) >= 5 * HOUR
    assert after(later, "ok", now=START + 12 * HOUR).hints == FeedHints()


@pytest.mark.parametrize("outcome", ["ok", "unchanged", "server_error"])
def test_b7_hours_to_skip(outcome: str) -> None:
    hints = FeedHints(skip_hours=(6, 7, 8))
    state = after(replace(FEED, hints=hints), outcome, hints=hints)
    assert state.next_poll_at is not None
    assert state.next_poll_at.hour == 9
    assert 0 < state.next_poll_at.minute < 55


def test_b7_days_to_skip() -> None:
    """START is a Wednesday; Saturday and Sunday are skipped, in GMT."""
    hints = FeedHints(skip_days=(5, 6), ttl_minutes=3 * 1_440)
    state = after(FEED, hints=hints)
    assert state.next_poll_at is not None
    assert state.next_poll_at.weekday() == 0
    assert "hours or days the feed asks to skip" in state.next_poll_reason


def test_b7_a_feed_overdue_in_a_skipped_hour_waits_for_its_end() -> None:
    state = replace(FEED, next_poll_at=START.replace(hour=5, minute=59), hints=FeedHints(skip_hours=(6, 7)))
    assert due([state], START.replace(hour=6, minute=1)) == []
    assert due([state], START.replace(hour=8, minute=1)) == [state]
    assert due([state], START.replace(hour=6) + 4 * DAY) == [state]


@pytest.mark.parametrize("hints", [FeedHints(skip_hours=tuple(range(24))), FeedHints(skip_days=tuple(range(7)))])
def test_b7_never_at_all_means_something_else(hints: FeedHints) -> None:
    assert wait(after(FEED, hints=hints)) < 2 * HOUR


def test_b7_hours_that_are_none_are_no_error() -> None:
    assert wait(after(FEED, hints=FeedHints(skip_hours=(24, 99, -1), skip_days=(8, -3)))) < 2 * HOUR


def test_b9_quiet_feeds_slower_busy_feeds_faster() -> None:
    busy, daily, weekly = Publisher(HOUR / 4, 60), Publisher(DAY), Publisher(7 * DAY)
    for publisher in (busy, daily, weekly):
        publisher.run(10)
    assert len(busy.polls) > 2 * len(daily.polls) > 3 * len(weekly.polls)
    assert max(weekly.gaps) <= 13.5 * HOUR
    assert max(busy.gaps) <= 1.2 * HOUR


def test_b9_a_feed_that_wakes_up_is_followed_at_once() -> None:
    silent = after(FEED, new_dates=(START - 90 * DAY,), entry_dates=(START - 90 * DAY,))
    assert wait(silent) >= 12 * HOUR
    dates = tuple(START + DAY - timedelta(minutes=10 * i) for i in range(10))
    awake = after(silent, now=START + DAY, new_dates=dates, entry_dates=dates)
    assert wait(awake, START + DAY) < 1.2 * HOUR


def test_b9_future_dates_do_not_count() -> None:
    state = after(FEED, new_dates=(START + 1_000 * DAY,), entry_dates=(START + 1_000 * DAY,))
    assert all(time <= START for time in state.new_times)
    assert state.window_newest_at is None


# C: statuses -----------------------------------------------------------------------------------------------------

NEW_URL = "https://new.wire.test/feed"


def test_c1_a_permanent_redirect_is_stored_after_three_sightings_over_a_day() -> None:
    state = FEED
    for hours in (0, 2, 4, 23):
        state = after(state, now=START + hours * HOUR, permanent_url=NEW_URL, final_url=NEW_URL, etag='"1"')
        assert (state.url, state.redirect_url) == (URL, NEW_URL)
    state = after(state, "unchanged", now=START + 25 * HOUR, permanent_url=NEW_URL, final_url=NEW_URL)
    assert (state.url, state.redirect_url, state.redirect_sightings) == (NEW_URL, None, 0)
    assert f"now polled at {NEW_URL}" in state.next_poll_reason
    assert request_validators(state, NEW_URL, START + 26 * HOUR).etag == '"1"'


def test_c1_two_sightings_a_day_apart_are_not_enough() -> None:
    state = after(FEED, permanent_url=NEW_URL)
    state = after(state, now=START + 2 * DAY, permanent_url=NEW_URL)
    assert state.url == URL


@pytest.mark.parametrize("other", [None, "https://third.test/feed"])
def test_c1_sightings_must_be_consistent(other: str | None) -> None:
    """One temporary redirect, none, or another target in between, and the count begins anew."""
    state = FEED
    for number, target in enumerate([NEW_URL, NEW_URL, other, NEW_URL, NEW_URL]):
        state = after(state, now=START + number * DAY, permanent_url=target)
    assert state.url == URL
    assert state.redirect_sightings == 2


def test_c1_failures_neither_count_nor_reset() -> None:
    state = FEED
    for number, outcome in enumerate(["ok", "server_error", NOT_A_FEED, "ok", "ok"]):
        state = after(state, outcome, now=START + number * DAY, permanent_url=NEW_URL)
    assert state.url == NEW_URL


def test_c3_gone_stops_and_says_so() -> None:
    state = after(FEED, "gone", status=410)
    assert (state.status, state.next_poll_at) == ("gone", None)
    assert "410" in state.next_poll_reason
    assert due([state], START + 100 * DAY) == []


def test_c3_gone_behind_a_temporary_redirect_does_not_stop() -> None:
    state = after(FEED, "gone", status=410, direct=False)
    assert state.status == "active"
    assert state.next_poll_at is not None


@pytest.mark.parametrize("outcome", ["not_found", "forbidden", "rejected"])
def test_c3_absent_feeds_are_asked_more_slowly(outcome: str) -> None:
    waits = [state.next_poll_at - state.last_polled_at for state in repeated(FEED, 12, outcome)]  # type: ignore[operator]
    assert waits[0] >= 2 * HOUR
    assert 3 * DAY <= waits[-1] <= 4 * DAY


def test_held_back_is_no_poll() -> None:
    """Another request met the plea for quiet: the feed waits with it, and nothing else is known of it."""
    state = after(FEED, etag='"1"')
    held = after(state, "held_back", now=START + 2 * HOUR, retry_after=900.0)
    assert timedelta(minutes=15) <= wait(held, START + 2 * HOUR) <= timedelta(minutes=17)
    assert replace(held, next_poll_at=None, next_poll_reason="") == replace(
        state, next_poll_at=None, next_poll_reason=""
    )


# E: content ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entries", [9, 10, 11, 16])
def test_e1_a_small_window_is_kept_up_with(entries: int) -> None:
    """One entry every five minutes: an hourly poll would lose up to a quarter. Nothing is, once that is known."""
    publisher = Publisher(every=timedelta(minutes=5), entries=entries)
    state = publisher.run(2)
    late = [later[0] - sooner[0] for sooner, later in pairwise(publisher.polls[3:])]
    assert min(late) >= timedelta(minutes=15)
    assert max(late) < timedelta(minutes=5 * entries)
    assert publisher.missed <= 13 - min(entries, 12)
    assert "entries are all replaced within" in state.next_poll_reason


def test_e1_a_publishers_hint_is_not_overruled_by_the_window() -> None:
    publisher = Publisher(every=timedelta(minutes=5), entries=10, hints=FeedHints(ttl_minutes=60))
    publisher.run(1)
    assert min(publisher.gaps) >= HOUR


def test_e1_a_lost_window_is_told() -> None:
    dates = tuple(START + i * HOUR for i in range(3))
    state = after(FEED, now=START + 2 * HOUR, entry_dates=dates, new_dates=dates, window=(("a", ""),))
    later = tuple(START + i * HOUR for i in (10, 11))
    now = START + 12 * HOUR
    lost = lost_window(state, PollResult("ok", entry_dates=later, new_dates=later), now)
    assert lost == (START + 2 * HOUR, START + 10 * HOUR)
    overlap = PollResult("ok", entry_dates=(START + 2 * HOUR, *later), new_dates=later)
    assert lost_window(state, overlap, now) is None
    first = PollResult("ok", entry_dates=later, new_dates=later)
    assert lost_window(FEED, first, now) is None
    renamed = PollResult("ok", entry_dates=dates, new_dates=dates)
    assert lost_window(state, renamed, now) is None


def test_e1_an_answer_cut_off_adds_to_the_window() -> None:
    state = after(FEED, window=(("a", "1"), ("b", "1")))
    cut = after(state, "truncated", now=START + HOUR, window=(("b", "2"), ("c", "1")))
    assert cut.window == (("a", "1"), ("b", "2"), ("c", "1"))
    assert cut.last_full_fetch_at == START


# The result of a poll --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hop:
    status: int


@dataclass(frozen=True)
class Answer:
    outcome: str = "ok"
    status: int | None = 200
    detail: str = ""
    final_url: str = URL
    permanent_url: str | None = None
    redirects: tuple[Hop, ...] = ()
    conditional: bool = False
    etag: str | None = '"1"'
    last_modified: str | None = None
    retry_after: float | None = None
    fresh_for: float | None = None


def entry(**values: object) -> FeedEntry:
    return replace(FeedEntry("guid", None, "Title", None, None), **values)  # type: ignore[arg-type]


def test_result_of_a_feed() -> None:
    entries = (entry(published=START), entry(updated=START - HOUR), entry())
    feed = Feed("rss", "Wire news", None, None, entries, FeedHints(ttl_minutes=30))
    result = poll_result(Answer(), feed, new=entries[:1], window=(("a", "1"),))
    assert (result.outcome, result.title, result.hints.ttl_minutes) == ("ok", "Wire news", 30)
    assert (result.entry_dates, result.new_dates) == ((START, START - HOUR, None), (START,))


def test_c4_a_good_answer_that_is_no_feed() -> None:
    result = poll_result(Answer(), None, detail="it is an HTML page")
    assert (result.outcome, result.detail) == (NOT_A_FEED, "it is an HTML page")
    state = decide(FEED, result, now=START, rng=Random(1))
    assert (state.etag, state.failures) == (None, 1)
    assert "something that is no feed" in state.next_poll_reason


@pytest.mark.parametrize(("statuses", "direct"), [((), True), ((301, 308), True), ((301, 302), False)])
def test_result_of_redirects(statuses: tuple[int, ...], direct: bool) -> None:
    answer = Answer("gone", 410, redirects=tuple(map(Hop, statuses)))
    assert poll_result(answer).direct is direct


# Always ----------------------------------------------------------------------------------------------------------

SECONDS = st.none() | st.floats(allow_nan=False, min_value=-1e9, max_value=1e18)
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
DATES = st.lists(st.none() | MOMENTS, max_size=8).map(tuple)
HINTS = st.builds(
    FeedHints,
    ttl_minutes=st.none() | st.integers(-5, 10**13),
    skip_hours=st.lists(st.integers(-1, 25)).map(tuple),
    skip_days=st.lists(st.integers(-1, 8)).map(tuple),
    update_period_minutes=st.none() | st.integers(-5, 10**13),
)
RESULTS = st.builds(
    PollResult,
    outcome=st.sampled_from([*TRANSIENT, "ok", "unchanged", "throttled", "gone", "not_found", NOT_A_FEED, "held_back"]),
    final_url=st.sampled_from([URL, NEW_URL]),
    permanent_url=st.none() | st.just(NEW_URL),
    direct=st.booleans(),
    conditional=st.booleans(),
    etag=st.none() | st.sampled_from(['"1"', '"2"']),
    retry_after=SECONDS,
    fresh_for=SECONDS,
    hints=HINTS,
    entry_dates=DATES,
    new_dates=DATES,
)


@settings(deadline=None)
@given(
    st.lists(RESULTS, min_size=1, max_size=12),
    st.none() | st.integers(-5, 10**9),
    st.randoms(use_true_random=False),
    st.lists(st.integers(-3_600, 40 * 86_400), min_size=12, max_size=12),
)
def test_next_poll_is_always_within_bounds(
    results: list[PollResult], every: int | None, rng: Random, steps: list[int]
) -> None:
    """Never in the past, never over 31 days off, never without words; whatever came, and also when clocks jump back."""
    state, now = replace(FEED, poll_every_minutes=every), START
    for result, step in zip(results, steps, strict=False):
        state = decide(state, result, now=now, rng=rng)
        if state.status == "gone":
            assert state.next_poll_at is None
            return
        assert state.next_poll_at is not None
        assert now < state.next_poll_at <= now + LONGEST
        assert state.next_poll_reason
        assert len(state.new_times) <= 32
        request_validators(state, state.url, now)
        lost_window(state, result, now)
        now += timedelta(seconds=step)


@given(RESULTS, st.integers(0, 2**32))
def test_decisions_repeat(result: PollResult, seed: int) -> None:
    assert len({decide(FEED, result, now=START, rng=Random(seed)) for _ in range(2)}) == 1
