"""Run every measurement, one after the other. Run: python -m bench [NAME …]"""

from __future__ import annotations

import platform
import subprocess
import sys
from importlib.metadata import version

BENCHES = ("packs_speed", "launches_speed", "reactions_speed", "poll", "backfill", "publish", "lake", "peers")


def main(names: list[str]) -> int:
    print(f"Python {platform.python_version()}, DuckDB {version('duckdb')}, Prefect {version('prefect')}, "
          f"trafilatura {version('trafilatura')}, {platform.machine()}")  # fmt: skip
    failed = []
    for name in names or BENCHES:
        print(f"\n== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"bench.{name}"]).returncode:
            failed.append(name)
    if failed:
        print(f"\nfailed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
