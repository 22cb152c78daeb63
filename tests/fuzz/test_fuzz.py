"""Fuzzing: nothing but the declared errors, in bounded time. `make soak` looks longer, and by the lines it reaches."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings, target
from hypothesis import strategies as st
from targets import TARGETS

CHILD = Path(__file__).with_name("atheris_child.py")
SEED = 20260104
# CPU seconds for a body of some kilobytes; far above what any takes, far below what a quadratic reader would.
SLOW = 3.0


def bodies(name: str) -> st.SearchStrategy[bytes]:
    """The target's words in any order, each up to some hundred times over, with bytes of any kind between."""
    word = st.one_of(st.sampled_from(TARGETS[name].words), st.binary(max_size=6))
    often = st.tuples(word, st.one_of(st.just(1), st.integers(1, 300))).map(lambda pair: pair[0] * pair[1])
    return st.lists(often, max_size=30).map(b"".join)


def look_for_trouble(name: str, examples: int) -> None:
    """Check the promise, and lead hypothesis to what takes long for its length."""

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.target, Phase.shrink],
    )  # fmt: skip
    @given(bodies(name))
    def look(body: bytes) -> None:
        began = time.process_time()
        TARGETS[name].check(body)
        seconds = time.process_time() - began
        assert seconds < SLOW, f"{seconds:.1f} s for {len(body)} bytes"
        target(seconds / (len(body) + 2_000), label="seconds a byte")

    look()


@pytest.mark.parametrize("name", ["pack", "timestamp"])
def test_some(name: str) -> None:
    """The others have such a test beside their own."""
    look_for_trouble(name, 40)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", TARGETS)
def test_many(name: str) -> None:
    look_for_trouble(name, 3_000)


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed: pip install '.[fuzz]'")
@pytest.mark.parametrize("name", TARGETS)
def test_by_coverage(name: str, tmp_path: Path) -> None:
    """libFuzzer leads to lines that were not reached before; a finding is printed with the bytes that make it."""
    root = CHILD.parents[2]
    done = subprocess.run(
        [
            sys.executable, str(CHILD), name, f"-seed={SEED}", "-max_total_time=60", "-timeout=20",
            "-rss_limit_mb=2048", "-max_len=8192", f"-artifact_prefix={tmp_path}/",
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])},
        capture_output=True,
        text=True,
        errors="replace",
        cwd=tmp_path,
    )  # fmt: skip
    found = [path.read_bytes() for path in tmp_path.iterdir()]
    print(done.stderr.splitlines()[-1:])  # noqa: T201 (runs made)
    assert done.returncode == 0, f"{done.stderr[-3000:]}\n{found}"
    assert "DONE" in done.stderr or "Done" in done.stderr
