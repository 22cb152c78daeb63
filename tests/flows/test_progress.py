"""What a person hears of a run: how far it is, why nothing came, what is missing."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from extractors.errors import UserError
from flows import progress
from flows.commands.past import wherever
from flows.report import RunReport
from flows.runtime import PrefectUnavailableError, prefect_api
from flows.terminal import sentence


def test_a_long_run_says_how_far_it_is_ever_more_rarely(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(progress, "_FIRST_SECONDS", 0.001)
    counted = 0

    async def run() -> None:
        nonlocal counted
        async with progress.told(lambda: f"{counted} done"):
            for _ in range(30):
                counted += 1
                await asyncio.sleep(0.01)

    with caplog.at_level(logging.INFO, "launchwire"):
        asyncio.run(run())
    numbers = [int(message.split()[0]) for message in caplog.messages]
    assert numbers == sorted(numbers)
    assert 3 <= len(numbers) <= 25
    assert numbers[-1] - numbers[-2] > numbers[1] - numbers[0]


def test_files_are_named_so_that_a_worker_elsewhere_finds_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.warc.gz").touch()
    monkeypatch.chdir(tmp_path)
    given = ["a.warc.gz", "https://example.org/b.warc.gz", "cc-news"]
    assert wherever(given) == [str(tmp_path / "a.warc.gz"), *given[1:]]


def test_a_poll_that_reached_nobody_says_so_and_one_that_reached_somebody_does_not() -> None:
    report = RunReport(polled=3)
    report._nowhere = 3
    assert report.offline
    report._nowhere = 2
    assert not report.offline
    assert report.progress() == "nothing yet"


def test_a_prefect_server_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    with (
        pytest.raises(PrefectUnavailableError, match=r"127\.0\.0\.1:9/api, which PREFECT_API_URL names"),
        prefect_api(tmp_path),
    ):
        pass


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "No space left on device", "/x"), "No space left on device (/x); free some space"),
        (OSError(20, "Not a directory"), "name another place"),
        (UserError("It is so."), "It is so."),
        (OSError(2, "No such file or directory"), ""),
        (ValueError("a bug"), ""),
    ],
)
def test_errors_that_a_user_can_mend_are_sentences_and_bugs_are_not(error: Exception, words: str) -> None:
    assert words in sentence(error)
    assert bool(sentence(error)) == bool(words)
