"""The demo site, and newsrooms that poll it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from flows.demo import DemoSite


@pytest.fixture
def site() -> Iterator[DemoSite]:
    with DemoSite() as running:
        yield running
