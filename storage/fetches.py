"""Requests made before, looked up by name or address."""

from __future__ import annotations

from collections.abc import Iterable

from extractors.records import Fetch
from storage import rows
from storage.lake import Lake
from storage.staging import ANY_OF, listed


def landed(lake: Lake, fetch_ids: Iterable[str]) -> set[str]:
    """Those of these requests that are stored, and with them, as they share a transaction, what they brought."""
    wanted = list(fetch_ids)
    if not wanted:
        return set()
    with lake.read() as con:
        con.execute(f"SELECT fetch_id FROM fetches WHERE fetch_id IN {ANY_OF}", [listed(wanted)])
        return {row[0] for row in con.fetchall()}


def latest(lake: Lake, urls: Iterable[str], *, outcomes: Iterable[str] = ("ok",)) -> dict[str, Fetch]:
    """The latest request of each of these addresses that ended in one of `outcomes`, by address as asked for."""
    wanted = list(urls)
    if not wanted:
        return {}
    with lake.read() as con:
        con.execute(
            f"SELECT {rows.selected(Fetch)} FROM fetches WHERE url IN {ANY_OF} AND outcome IN {ANY_OF} "
            "ORDER BY fetched_at",
            [listed(wanted), listed(outcomes)],
        )
        found = [rows.read(Fetch, row) for row in con.fetchall()]
    return {fetch.url: fetch for fetch in found}
