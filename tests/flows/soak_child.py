"""Work in processes of their own, to be killed: imports once, then forks for every line of JSON that it reads.

For each line it writes the process id; when told to wait for one, its exit status.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import sys
import traceback
from datetime import date, datetime
from typing import Any

from extractors.packs import default_packs
from flows.poll import poll_once
from flows.rereading import reread
from flows.settings import Settings
from flows.spans import Span
from storage.archive import ArchiveWriter
from storage.lake import Lake
from storage.maintenance import maintain


def work(job: dict[str, Any]) -> None:
    """One job to its end."""
    settings, now = Settings.model_validate(job["settings"]), datetime.fromisoformat(job["now"])
    if job.get("archive_full_after") is not None:
        _fill_the_archive(job["archive_full_after"])
    if job["what"] == "poll":
        asyncio.run(poll_once(settings, job["run"], everything=job["everything"], clock=lambda: now))
        return
    with Lake.open(settings.lake()) as lake:
        if job["what"] == "maintain":
            maintain(lake, job["round"], now=now)
        else:
            span = Span(date(2026, 1, 1), date(2026, 3, 1))
            done = asyncio.run(reread(settings, lake, span, from_html=job["from_html"], dry_run=False))
            assert not done.touched, done.changes.rows()


def _fill_the_archive(appends: int) -> None:
    """Where no small disk can be mounted, the archive is full after so many appends."""
    append, left = ArchiveWriter._append, [appends]

    def full(self: ArchiveWriter, exchange: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return append(self, exchange)

    ArchiveWriter._append = full  # type: ignore[method-assign]


def main() -> None:
    """Serve the lines of the standard input: a job to begin, or the id of one to wait for."""
    default_packs()
    for line in sys.stdin:
        order = json.loads(line)
        if isinstance(order, int):
            _say(os.waitpid(order, 0)[1])
            continue
        child = os.fork()
        if child == 0:
            try:
                work(order)
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
        _say(child)


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
