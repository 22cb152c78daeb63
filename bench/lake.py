"""Polls' upserts and analysts' queries as a lake grows. Run: python -m bench.lake [ARTICLES [DIRECTORY]]

A poll's transaction (40 new articles, 10 edits, 50 requests, one feed's state) is timed in lakes of 0, 10,000, 100,000
… articles of 3 KB, 280 a day as in a real lake, so that a million are ten years. Every tenth tells of a launch. The
lakes take turns in an order that changes with each round, and each is compared with the one of 10,000 of its round.

Queries are timed beside the same rows in native DuckDB tables, in turn: warm, as in an analyst's session, in one open
read-only connection, and cold, each in a connection that is opened for it. Native tables are timed twice: as the
connection's default database, and attached beside the lake, where a query of them pays for the lake's look at its
catalog. Milliseconds on the clock and of CPU: the latter hold on a machine that does other work too.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, TypeVar

import duckdb

from extractors.identity import article_id, content_hash
from extractors.records import Article, Evidence, Extraction, FeedState, Fetch, Finding, Launch
from storage.articles import save
from storage.extensions import quoted
from storage.keys import key_sql
from storage.lake import Lake, LakeConfig
from storage.maintenance import check, maintain, sizes
from storage.schema import Column
from storage.staging import stage

PER_DAY, START, LETTERS, HALVES = 280, date(2016, 1, 1), 3000, 2000
NEW, EDITED, ROUNDS, RUNS, POLLS = 40, 10, 25, 25, 48
CHUNK = 100_000
FEED = FeedState("bench", "https://news.example/rss", "Outlet")
_WORDS = [
    a + b + c for a in ("ba", "co", "di", "fe", "gu") for b in ("lan", "mer", "nos", "tul") for c in ("", "d", "ry")
]

T = TypeVar("T")


class Spent(NamedTuple):
    """Milliseconds on the clock and of CPU, all threads together."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.1f} and {self.cpu:.1f}"

    def times(self, other: Spent) -> str:
        return f"({self.wall / other.wall:.1f} and {self.cpu / other.cpu:.1f} times)"


# What a fill writes for article `n`; its text is made of two of the stored halves.
_ARTICLES = f"""
INSERT INTO articles BY NAME
SELECT left(sha256('article ' || n), 20) AS article_id, 'https://news.example/' || n AS url, url AS canonical_url,
       'Outlet ' || n % 40 AS source, 'feed-' || n % 40 AS feed_id, url AS guid, 'Report ' || n AS title,
       ['A. Writer'] AS authors, moment AS published_at, 0 AS published_offset_minutes,
       moment::DATE AS published_date, 'json-ld' AS date_source, 'second' AS date_precision,
       one.words || two.words AS "text", 'en' AS language, 'full' AS quality, 'article' AS outcome,
       md5('hash ' || n) AS content_hash, moment AS first_seen_at, moment AS last_seen_at, 1 AS revision,
       1 AS attempts, 'bench' AS pack_version,
       unhex('01' || left(array_to_string([sha256(n || ':' || k) for k in range(16)], ''), 1008)) AS signature,
       [(hash(n, k) >> 32)::UINTEGER for k in range(42)] AS bands, {key_sql("article_id")} AS id_key,
       {key_sql("url")} AS url_key, {key_sql("url")} AS canonical_key
FROM (SELECT n, TIMESTAMPTZ '{START} 00:00:00+00' + INTERVAL (n * {86400 // PER_DAY}) SECOND AS moment
      FROM range(?::BIGINT, ?::BIGINT) t(n)) JOIN temp.halves one ON one.half = hash(n) % {HALVES}
     JOIN temp.halves two ON two.half = hash(-n) % {HALVES}
ORDER BY published_date
"""
_LAUNCHES = """
INSERT INTO launches BY NAME
SELECT article_id || ':L1' AS launch_id, article_id, published_date, 'L1' AS key, ['PRK', 'RUS', 'USA', 'IRN'][place]
       AS country, 'a state' AS actor, published_date AS date, 'day' AS date_precision, 'srbm' AS weapon_class,
       1 + hash(article_id) % 5 AS count_min, 'conducted' AS status, 'lead' AS role,
       [{'start': 0, 'end': 20, 'text': left("text", 20)}] AS evidence, ['bench'] AS rules, []::VARCHAR[] AS inferred,
       'bench' AS pack_version
FROM (SELECT *, (1 + hash(url) % 4)::BIGINT AS place FROM articles WHERE published_at >= ? AND published_at < ?
      AND pack_version = 'bench' AND hash(url) % 10 = 0)
"""

_JOIN = (
    "SELECT a.source, l.country, count(*), max(a.title) FROM {db}.launches l JOIN {db}.articles a "
    "ON a.article_id = l.article_id AND a.published_date = l.published_date "
)
# A question for a month each, then for all years; {month} is the last full one.
QUERIES = {
    "articles by day, a month": "SELECT published_date, count(*) FROM {db}.articles WHERE {month} GROUP BY ALL",
    "launches by country, a month": (
        "SELECT country, count(*), sum(count_min) FROM {db}.launches WHERE {month} GROUP BY ALL"
    ),
    "launches with their articles, a month": (
        _JOIN + "WHERE l.{month} AND a.{month} GROUP BY ALL"
    ),
    "texts that hold a word, a month": (
        "SELECT count(*) FROM {db}.articles WHERE {month} AND contains(\"text\", 'gutulry')"
    ),
    "articles by year, all": "SELECT year(published_date), count(*) FROM {db}.articles GROUP BY ALL",
    "launches by country and year, all": "SELECT year(date), country, count(*) FROM {db}.launches GROUP BY ALL",
    "launches with their articles, all": _JOIN + "GROUP BY ALL",
    "an article by its id": "SELECT title FROM {db}.articles WHERE article_id = '{id}'",
}  # fmt: skip


def main(articles: int, directory: Path) -> None:
    """Make lakes of growing size, where they are not there yet, and print what is measured."""
    chosen = [size for size in (0, 10_000, 100_000, 1_000_000, 10_000_000) if size <= articles]
    with ExitStack() as stack:
        lakes = {
            size: stack.enter_context(Lake.open(LakeConfig(directory=directory / f"{size} articles")))
            for size in chosen
        }
        for size, lake in lakes.items():
            grow(lake, size)
        upserts(lakes)
        largest = lakes[chosen[-1]]
        maintain(largest, "hourly", now=datetime.now(UTC))
        queries(largest, directory / "native.duckdb")
        house(largest)
    with tempfile.TemporaryDirectory(dir=directory) as polled:
        polls(Path(polled))


def words(chance: random.Random, letters: int) -> str:
    """So many letters of made-up words."""
    return " ".join(chance.choices(_WORDS, k=letters // 4))[:letters]


def grow(lake: Lake, size: int) -> None:
    """Store articles until there are `size`, then merge files as the hourly maintenance does."""
    with lake.read() as con:
        (have,) = con.execute("SELECT count(*) FROM articles WHERE pack_version = 'bench'").fetchall()[0]
    began = time.monotonic()
    for first in range(have, size, CHUNK):
        last = min(first + CHUNK, size)
        lake.write(lambda con, span=(first, last): _fill(con, span), message="fill")  # type: ignore[misc]
    maintain(lake, "hourly", now=datetime.now(UTC))
    if size > have:
        print(f"  filled to {size:,} in {time.monotonic() - began:.0f} s", flush=True)


def _fill(con: duckdb.DuckDBPyConnection, span: tuple[int, int]) -> None:
    chance = random.Random(7)
    halves = [(half, words(chance, LETTERS // 2)) for half in range(HALVES)]
    stage(con, "halves", (Column("half", "BIGINT", ""), Column("words", "VARCHAR", "")), halves)
    con.execute(_ARTICLES, list(span))
    con.execute(_LAUNCHES, [moment_of(number) for number in span])


def moment_of(number: int) -> datetime:
    """When article `number` of a fill was published."""
    return datetime(START.year, START.month, START.day, tzinfo=UTC) + timedelta(seconds=number * (86400 // PER_DAY))


def timed(work: Callable[[], T]) -> tuple[T, Spent]:
    """The result of `work`, and what it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, Spent(1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu))


def upserts(lakes: dict[int, Lake]) -> None:
    """A poll's transaction in each lake, in turn, so that whatever else the machine does falls on all of them alike."""
    files = {size: sum(item.files for item in sizes(lake)) for size, lake in lakes.items()}
    spent: dict[int, list[Spent]] = {size: [] for size in lakes}
    before: dict[int, list[Finding]] = {size: [] for size in lakes}
    order = list(lakes)
    # The first round pays for the connections, and has nothing to edit.
    for round_ in range(1 + ROUNDS):
        random.shuffle(order)
        for size in order:
            before[size], took = upsert(lakes[size], size, before[size])
            spent[size] += [took] if round_ else []
    for size in lakes:
        wall, cpu = (statistics.median(values) for values in zip(*spent[size], strict=True))
        ratio = ""
        if size > 10_000:
            pairs = [(a.wall / b.wall, a.cpu / b.cpu) for a, b in zip(spent[size], spent[10_000], strict=True)]
            ratios = [statistics.median(values) for values in zip(*pairs, strict=True)]
            ratio = f", {ratios[0]:.2f} and {ratios[1]:.2f} times those at 10,000 (bound 1.3)"
        print(f"upsert of {NEW + EDITED} at {size:,} articles in {files[size]} files: {wall:.0f} ms on the clock, "
              f"{cpu:.0f} ms of CPU{ratio}; medians of {ROUNDS} rounds", flush=True)  # fmt: skip


def upsert(lake: Lake, size: int, before: Sequence[Finding]) -> tuple[list[Finding], Spent]:
    """Store new articles beside those that a fill of `size` ends with, and edits of some of `before`."""
    chance = random.Random(f"{size} {time.time()}")
    name = f"{size}/{time.time()}"
    new = [finding(f"{name}/{n}", moment_of(size).date(), chance) for n in range(NEW)]
    edits = [edited(item) for item in chance.sample(before, min(EDITED, len(before)))]
    requests = [fetch(f"{name}/{n}", item) for n, item in enumerate([*new, *edits])]
    saved, took = timed(lambda: save(lake, findings=[*new, *edits], fetches=requests, feeds=[FEED], message="bench"))
    assert (len(saved.new), len(saved.revised)) == (len(new), len(edits))
    return new, took


def polls(directory: Path) -> None:
    """What polls that edit articles of the poll before leave behind, where every twelfth is followed by maintenance."""
    cpu: list[float] = []
    files: list[int] = []
    before: list[Finding] = []
    with Lake.open(LakeConfig(directory=directory)) as lake:
        for _ in range(POLLS):
            before, took = upsert(lake, 0, before)
            cpu.append(took.cpu)
            if len(cpu) % 12 == 0:
                maintain(lake, "hourly", now=datetime.now(UTC))
                files.append(sum(item.files for item in sizes(lake)))
        maintain(lake, "daily", now=datetime.now(UTC))
        last = sum(item.files for item in sizes(lake))
    first, late = (statistics.median(part) for part in (cpu[1:13], cpu[-12:]))
    print(f"{POLLS} polls of {NEW} articles with {EDITED} edits: {first:.0f} ms of CPU for each of the first twelve,"
          f" {late:.0f} of the last; files after hourly maintenance {files}, after the daily one {last}")  # fmt: skip


def finding(name: str, day: date, chance: random.Random) -> Finding:
    """A new article of 3 KB with a launch."""
    url = f"https://news.example/new/{name}"
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(seconds=chance.randrange(3600))
    text = words(chance, LETTERS)
    launch = Launch(
        "L1", "PRK", "North Korea", day, "day", "06:40", "srbm", None, 2, 2, "Sunan", None, 300.0, None, "conducted",
        "lead", None, (Evidence(0, 20, text[:20]),), ("bench",),
    )  # fmt: skip
    article = Article(
        article_id(url), url, url, "Outlet 1", "feed-1", url, f"Report {name}", ("A. Writer",), at, 0, day, "json-ld",
        "second", text, "en", "full", "article", content_hash("", text), at, at,
    )  # fmt: skip
    return Finding(article, Extraction((launch,), (), "bench new"))


def edited(item: Finding) -> Finding:
    """The same article a while later, with some words more."""
    text = item.article.text + " More at eleven."
    seen = item.article.last_seen_at + timedelta(hours=1)
    return replace(
        item, article=replace(item.article, text=text, content_hash=content_hash("", text), last_seen_at=seen)
    )


def fetch(name: str, item: Finding) -> Fetch:
    """The request that brought it."""
    at = item.article.last_seen_at
    return Fetch(name, "page", item.article.url, item.article.url, 200, "ok", 40_000, 0.2, at, "bench")


def queries(lake: Lake, native: Path) -> None:
    """Each query's milliseconds in the lake and in native tables with the same rows."""
    native.unlink(missing_ok=True)
    with lake.read() as con:
        con.execute(f"ATTACH {quoted(str(native))} AS native")
        for table in ("articles", "launches"):
            con.execute(f"CREATE TABLE native.{table} AS FROM news.{table} ORDER BY published_date")
        ((articles, last, name),) = con.execute(
            "SELECT count(*), max(published_date), max(article_id) FROM news.articles"
        ).fetchall()
        ((launches,),) = con.execute("SELECT count(*) FROM news.launches").fetchall()
        print(f"queries at {articles:,} articles and {launches:,} launches, least of {RUNS}: the lake's ms on the clock"
              " and of CPU; the same of native tables and how many times as long the lake takes (bound for a month: 3),"
              " once as the default database, once beside the lake")  # fmt: skip
        end = last.replace(day=1) - timedelta(days=1)
        month = f"published_date BETWEEN DATE '{end.replace(day=1)}' AND DATE '{end}'"
        for title, sql in QUERIES.items():
            warm(con, title, sql.format(month=month, id=name, db="{db}"))
        con.execute("DETACH native")
    for title, sql in QUERIES.items():
        if title.endswith("a month"):
            cold(lake.config, native, title, sql.format(month=month, db="{db}"))


def warm(con: duckdb.DuckDBPyConnection, title: str, sql: str) -> None:
    """Time `sql` in an open connection that has the lake and the native tables."""
    ways = {"lake": ("news", "news"), "native": ("native", "native"), "beside": ("native", "news")}
    spent: dict[str, list[Spent]] = {way: [] for way in ways}
    for _ in range(RUNS):
        for way, (db, default) in ways.items():
            con.execute(f"USE {default}")
            spent[way].append(timed(lambda: con.execute(sql.format(db=db)).fetchall())[1])  # noqa: B023
    ours, alone, beside = map(least, spent.values())
    print(f"  {title:38} {ours}; native {alone} {ours.times(alone)}; beside {beside} {ours.times(beside)}", flush=True)


def cold(config: LakeConfig, native: Path, title: str, sql: str) -> None:
    """Time `sql` with the opening of a connection."""

    def from_lake() -> object:
        with Lake(config) as lake, lake.read() as con:
            return con.execute(sql.format(db="news")).fetchall()

    def from_native() -> object:
        with duckdb.connect(str(native), read_only=True) as con:
            return con.execute(sql.format(db="native")).fetchall()

    ours, theirs = (least([timed(way)[1] for _ in range(3)]) for way in (from_lake, from_native))
    print(f"  cold: {title:32} {ours}; native {theirs} {ours.times(theirs)}", flush=True)


def least(spent: Sequence[Spent]) -> Spent:
    """The least on the clock and the least of CPU."""
    return Spent(min(item.wall for item in spent), min(item.cpu for item in spent))


def house(lake: Lake) -> None:
    """Files before and after the daily maintenance, and whether the lake is sound."""
    began = time.monotonic()
    report = maintain(lake, "daily", now=datetime.now(UTC))
    seconds = time.monotonic() - began
    before, after = ({size.table: size for size in part} for part in (report.before, report.after))
    with lake.read() as con:
        ((months,),) = con.execute(
            "SELECT count(DISTINCT date_trunc('month', published_date)) FROM articles"
        ).fetchall()
    print(f"daily maintenance in {seconds:.1f} s: articles {before['articles'].files} -> {after['articles'].files} "
          f"files for {months} months, {after['articles'].bytes / 1e6:,.0f} MB; all tables "
          f"{sum(s.files for s in report.before)} -> {sum(s.files for s in report.after)} files")  # fmt: skip
    began = time.monotonic()
    problems = check(lake)
    print(f"check of every file, key and quotation: {len(problems)} problems in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    size = int(sys.argv[1].replace("_", "")) if len(sys.argv) > 1 else 1_000_000
    if len(sys.argv) > 2:
        main(size, Path(sys.argv[2]))
    else:
        with tempfile.TemporaryDirectory() as place:
            main(size, Path(place))
