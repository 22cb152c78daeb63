"""The stretch that polls and backfills share: pages -> archive -> articles -> launches -> lake."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

import httpx

from extractors.findings import Candidate, Capture
from extractors.records import FeedState, Fetch, Finding, Gap
from flows.fetch.http import Client, FetchSettings
from flows.fetch.responses import Kind, Response
from flows.fetch.robots import Robots
from flows.notes import Note, to_json
from flows.report import RunReport
from flows.settings import Settings
from flows.workers import Workers
from storage import fetches
from storage.archive import ArchiveWriter, read_record
from storage.articles import Saved, save
from storage.errors import LakeError
from storage.lake import Lake

# What one piece of a large file may take.
PIECE_SECONDS = 600.0

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The time of day, aware, in UTC."""
    return datetime.now(UTC)


def fetch_settings(settings: Settings) -> FetchSettings:
    """The part of the settings that the HTTP client needs."""
    return FetchSettings(
        contact=settings.contact,
        user_agent=settings.user_agent,
        allow_networks=settings.allow_networks,
        ca_bundle=settings.ca_bundle,
        max_body_bytes=settings.max_body_bytes,
        connect_seconds=settings.connect_seconds,
        read_seconds=settings.read_seconds,
        total_seconds=settings.total_seconds,
        host_pace_seconds=settings.host_pace_seconds,
        home_pace_seconds=0.0,
        concurrent_hosts=settings.concurrent_hosts,
    )


class Ingest:
    """One run's client, robots rules, archive and workers.

    `async with Ingest(settings, lake, run_id) as ingest:` — everything it starts ends with it.
    """

    def __init__(self, settings: Settings, lake: Lake, run_id: str, *, clock: Clock = utc_now) -> None:
        self.settings = settings
        self.lake = lake
        self.run_id = run_id
        self.clock = clock
        self.report = RunReport()
        self._fetches: list[Fetch] = []
        self._exits = AsyncExitStack()

    async def __aenter__(self) -> Self:
        settings = self.settings
        self._archive = self._exits.enter_context(ArchiveWriter(settings.data_dir / "archive"))
        self._client = await self._exits.enter_async_context(
            _NotedClient(fetch_settings(settings), clock=self.clock, recorder=self._archive.append)
        )
        self._client.note = self._note
        self._robots = Robots(self._client, clock=self.clock, directory=settings.data_dir / "robots")
        self._workers = self._exits.enter_context(
            Workers(settings.workers, settings.page_seconds, settings.page_attempts, settings.packs)
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exits.aclose()

    async def get(
        self,
        url: str,
        *,
        kind: Kind,
        etag: str | None = None,
        last_modified: str | None = None,
        validators_url: str | None = None,
        max_bytes: int | None = None,
        obey_robots: bool = False,
        recall: timedelta | None = None,
    ) -> Response:
        """One request, archived and noted; with `recall`, the archived answer to one made within that time instead.

        Never raises for what a server does.
        """
        recalled = await asyncio.to_thread(self._recalled, url, kind, recall) if recall is not None else None
        if recalled is not None:
            return recalled
        return await self._client.get(
            url,
            kind=kind,
            etag=etag,
            last_modified=last_modified,
            validators_url=validators_url,
            max_bytes=max_bytes,
            permit=self._robots.refusal if obey_robots else None,
        )

    def heed_robots(self, url: str) -> None:
        """Keep the crawl-delay of this URL's host where its robots.txt is known; a feed needs no permission."""
        self._robots.heed(url)

    async def sitemaps(self, origin: str) -> tuple[str, ...] | None:
        """The sitemaps that the robots.txt of this origin names; None, and a failure, where it cannot be had."""
        problem = await self._robots.unknown(origin)
        if problem is not None:
            self.report.failed.append((origin, problem))
            return None
        return await self._robots.sitemaps(origin)

    async def pages(self, candidates: Sequence[Candidate]) -> list[Finding]:
        """Findings for candidates, in their order. Hosts are asked in parallel, each at its pace; a page is read as
        soon as it came.
        """
        done = await asyncio.gather(*(self._captured_and_read(candidate) for candidate in candidates))
        findings = [finding for finding, _ in done]
        self.report.note_findings(findings)
        # Only now: another group's commit must not store a request before what it brought.
        self._fetches += [fetch for _, fetch in done if fetch is not None]
        return findings

    async def _captured_and_read(self, candidate: Candidate) -> tuple[Finding, Fetch | None]:
        capture, fetch = await self._captured(candidate)
        return await self._workers.read_one(capture), fetch

    async def read(self, captures: Sequence[Capture]) -> list[Finding]:
        """Findings for captures, in their order."""
        findings = await self._workers.read(captures)
        self.report.note_findings(findings)
        return findings

    async def commit(
        self,
        findings: Sequence[Finding],
        feeds: Sequence[FeedState],
        message: str,
        *,
        gaps: Sequence[Gap] = (),
        requests: Sequence[Fetch] | None = None,
    ) -> Saved:
        """Store them and the requests made so far in one transaction off the event loop; with `requests`, just these.

        A request is stored together with what it brought and never before it, as a stored one is not made again.
        """
        taken = self.take_requests() if requests is None else list(requests)
        try:
            saved = await asyncio.to_thread(
                save, self.lake, findings=findings, fetches=taken, feeds=feeds, gaps=gaps, message=message
            )
        except BaseException:
            self._fetches = taken + self._fetches
            raise
        self.report.note_saved(saved)
        return saved

    def take_requests(self) -> list[Fetch]:
        """The requests made since this was last called, for a `commit` of what they brought."""
        taken, self._fetches = self._fetches, []
        return taken

    @property
    def uncommitted(self) -> bool:
        """Whether requests were made that no transaction holds yet."""
        return bool(self._fetches)

    async def capture(self, candidate: Candidate) -> Capture:
        """The page of a candidate, or the candidate itself where its entry carries the article."""
        capture, fetch = await self._captured(candidate)
        self._fetches += [fetch] if fetch is not None else []
        return capture

    async def _captured(self, candidate: Candidate) -> tuple[Capture, Fetch | None]:
        if candidate.carries_article:
            now = self.clock()
            self._archive_note(candidate.url, Note(now, candidate=candidate))
            return Capture(candidate, candidate.url, None, None, "entry", now), None
        response = await self._client.get(candidate.url, kind="page", permit=self._robots.refusal)
        fetch, kind = self._fetch(response), response.content_type
        self._archive_note(candidate.url, Note(response.fetched_at, fetch, candidate, kind))
        body = response.body if response.outcome == "ok" else None
        return Capture(candidate, response.final_url, body, kind, response.outcome, response.fetched_at), fetch

    def noted(self, candidate: Candidate, response: Response | None, at: datetime, final_url: str) -> Capture:
        """The capture of a candidate that an archive made at the time `at`, kept for replays like one of our own.

        Without a `response` the candidate carries the article itself.
        """
        if response is None:
            note = Note(at, candidate=candidate, final_url=final_url)
            self._archive_note(candidate.url, note, kept_at=self.clock())
            return Capture(candidate, final_url, None, None, "entry", at)
        note = Note(at, self._fetch(response), candidate, response.content_type, final_url)
        self._archive_note(candidate.url, note, kept_at=response.fetched_at)
        body = response.body if response.outcome == "ok" else None
        return Capture(candidate, final_url, body, response.content_type, response.outcome, at)

    async def piece(self, url: str, first: int, size: int) -> Response:
        """So many bytes of a large file from byte `first` on, not archived. Never raises for what a server does."""
        response: Response = await self._client.get(
            url,
            kind="archive",
            max_bytes=size,
            total_seconds=PIECE_SECONDS,
            permit=self._robots.refusal,
            piece=(first, first + size - 1),
        )
        return response

    def slow_down(self, url: str, delay: float) -> None:
        """Keep `delay` seconds between requests to this URL's host."""
        self._client.slow_down(url, delay)

    def _recalled(self, url: str, kind: Kind, within: timedelta) -> Response | None:
        fetch = fetches.latest(self.lake, [url]).get(url)
        if fetch is None or fetch.warc_file is None or fetch.warc_offset is None:
            return None
        if fetch.fetched_at < self.clock() - within:
            return None
        try:
            record = read_record(self.settings.data_dir / "archive", fetch.warc_file, fetch.warc_offset)
        except LakeError:
            return None
        return Response(
            url=url,
            final_url=fetch.final_url,
            kind=kind,
            status=record.status,
            outcome="ok",
            detail="read from the archive",
            fetched_at=fetch.fetched_at,
            headers=httpx.Headers(list(record.headers)),
            body=record.body,
        )

    def _note(self, response: Response) -> None:
        self.report.note_response(response)
        # Pages are noted by `_captured`, with their candidates.
        if response.kind != "page":
            fetch = self._fetch(response)
            self._fetches.append(fetch)
            self._archive_note(response.url, Note(response.fetched_at, fetch))

    def _archive_note(self, url: str, note: Note, kept_at: datetime | None = None) -> None:
        self._archive.note(to_json(note), url=url, at=kept_at or note.at)

    def _fetch(self, response: Response) -> Fetch:
        file, offset = response.recorded if isinstance(response.recorded, tuple) else (None, None)
        named = f"{self.run_id} {response.kind} {response.fetched_at.isoformat()} {response.url}"
        return Fetch(
            fetch_id=hashlib.sha256(named.encode("utf-8", "replace")).hexdigest()[:20],
            kind=response.kind,
            url=response.url,
            final_url=response.final_url,
            status=response.status,
            outcome=response.outcome,
            bytes=response.wire_bytes,
            seconds=round(response.seconds, 3),
            fetched_at=response.fetched_at,
            run_id=self.run_id,
            detail=response.detail,
            warc_file=file,
            warc_offset=offset,
        )


class _NotedClient(Client):
    """A client that tells of every response, those that robots.txt rules ask for included."""

    note: Callable[[Response], None]

    async def get(self, url: str, **options: Any) -> Response:
        """As Client.get."""
        response = await super().get(url, **options)
        self.note(response)
        return response
