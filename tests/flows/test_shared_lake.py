"""The whole pipeline on a lake that machines share: files in an S3-compatible store, catalog in Postgres or SQLite."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from newsroom import Newsroom

from flows.demo import DemoSite
from flows.settings import Settings
from storage.lake import Lake
from storage.maintenance import check, maintain

pytestmark = pytest.mark.xdist_group("servers")


@pytest.mark.parametrize("catalog", ["sqlite", "postgres"])
def test_the_pipeline_leaves_the_rows_of_a_local_lake(
    catalog: str,
    request: pytest.FixtureRequest,
    new_bucket: Callable[[], str],
    object_store: Any,
    tmp_path: Path,
    site: DemoSite,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in object_store.environment.items():
        monkeypatch.setenv(name, value)
    places = {"store": new_bucket()}
    if catalog == "postgres":
        places["catalog"] = request.getfixturevalue("new_database")()
    local, shared = (_one_outlet(Newsroom(tmp_path / name, site)) for name in ("local", "shared"))
    shared.settings = Settings.model_validate({**shared.settings.model_dump(), **places})
    local.poll()
    shared.poll()
    rows = shared.rows()
    assert rows["launches"]
    assert rows == local.rows()
    shared.poll()
    with Lake.open(shared.settings.lake()) as lake:
        assert maintain(lake, "weekly", now=shared.now).after
        assert check(lake) == []
    assert shared.rows()["articles"] == rows["articles"]


def _one_outlet(newsroom: Newsroom) -> Newsroom:
    """A newsroom that polls the feeds of the first outlet only: each write over HTTP takes its time."""
    header, *feeds = newsroom.settings.feeds.read_text().split("[[feed]]")
    newsroom.settings.feeds.write_text("[[feed]]".join([header, *feeds[:2]]))
    return newsroom
