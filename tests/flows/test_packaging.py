"""What is built is whole: the wheel made from the sdist runs in a fresh environment, outside of the checkout."""

from __future__ import annotations

import os
import re
import subprocess
import tarfile
import tomllib
import venv
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SHIPPED = {
    "extractors/packs/*.yaml", "flows/demo/articles/*/*.md", "flows/demo/templates/*", "flows/demo/*.yaml",
    "flows/demo/expected.json", "flows/report_site/templates/*",
}  # fmt: skip
ARTICLE = '{"id": "1", "published": "2026-01-04", "text": "North Korea fired two ballistic missiles on Sunday."}\n'


def run(*command: str | Path, cwd: Path, stdin: str = "") -> str:
    """The output of a command that must succeed, in an environment that knows nothing of this checkout."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "LANG", "SSL_", "TMPDIR"))}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**kept, "PATH": os.defpath, "HOME": str(cwd)},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sdist, and the wheel that was built from it."""
    place = tmp_path_factory.mktemp("built")
    venv.create(place / "builder", with_pip=True)
    python = place / "builder" / "bin" / "python"
    backend = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    run(python, "-m", "pip", "install", "-q", "build", *backend, cwd=place)
    run(python, "-m", "build", "--no-isolation", "--outdir", place / "dist", ROOT, cwd=place)
    (sdist,), (wheel,) = (list((place / "dist").glob(pattern)) for pattern in ("*.tar.gz", "*.whl"))
    return sdist, wheel


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_what_is_built_holds_everything_and_nothing_else(built: tuple[Path, Path]) -> None:
    sdist, wheel = built
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    wanted = {str(path.relative_to(ROOT)) for pattern in SHIPPED for path in ROOT.glob(pattern) if path.is_file()}
    assert len(wanted) > 50
    assert wanted <= names
    assert {"flows/default/feeds.toml", "flows/default/prefect.yaml"} <= names
    info = f"launchwire-{PROJECT['version']}.dist-info"
    assert {name.split("/")[0] for name in names} == {"extractors", "storage", "flows", info}
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "constraints.txt", "README.md", "LICENSE", "feeds.toml", "docs/tables.md"} <= inside
    assert not any(name.startswith((".git/", "data/", ".venv/")) or "__pycache__" in name for name in inside)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_the_wheel_runs_outside_of_the_checkout(built: tuple[Path, Path], tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    binaries, home = tmp_path / "venv" / "bin", tmp_path / "home"
    home.mkdir()
    constraints = ROOT / "constraints.txt"
    run(binaries / "python", "-m", "pip", "install", "-q", "-c", constraints, built[1], cwd=home)
    run(binaries / "python", "-m", "pip", "check", cwd=home)

    def launchwire(*arguments: str, stdin: str = "") -> str:
        return run(binaries / "launchwire", *arguments, cwd=home, stdin=stdin)

    assert "backfill" in launchwire("--help")
    assert PROJECT["version"] in launchwire("--version")
    assert '"country": "PRK"' in launchwire("extract", "-", stdin=ARTICLE)
    assert "guard.planned" in launchwire("rules", "list")
    shown = launchwire("demo")
    assert "0 new articles" in shown
    data = str(home / "data" / "demo")
    counted = launchwire("sql", "--data", data, "--format", "csv", "SELECT count(*) > 5 AS enough FROM launches")
    assert counted.split() == ["enough", "True"]
    launchwire("maintain", "--data", data, "--check")
    launchwire("publish", "--data", data)
    assert "<html" in (Path(data) / "publish" / "index.html").read_text(encoding="utf-8")
    assert "launches" in run(binaries / "python", "-c", "from storage.schema import TABLES; print(TABLES)", cwd=home)


def test_every_pinned_package_is_required_by_something() -> None:
    """A pin of nothing would be checked for holes, and updated, for nobody."""
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pinned = {canonicalize_name(line.partition("==")[0]) for line in text.splitlines()}
    assert all(re.fullmatch(r"[\w.-]+==[\w.!+-]+", line) for line in text.splitlines())
    asked = [*PROJECT["dependencies"], *(need for extra in PROJECT["optional-dependencies"].values() for need in extra)]
    wanted: set[str] = set()
    waiting = [Requirement(need) for need in asked]
    while waiting:
        need = waiting.pop()
        name = canonicalize_name(need.name)
        extras = need.extras or {""}
        for label in {f"{name}[{extra}]" for extra in extras} | {name}:
            if label in wanted:
                continue
            wanted.add(label)
            try:
                inner = distribution(name).requires or []
            except PackageNotFoundError:
                continue  # one for another system or another Python, or of an extra that is not installed
            waiting += [
                one for one in map(Requirement, inner)
                if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in extras | {""})
            ]  # fmt: skip
    assert pinned - wanted == set()
    assert {canonicalize_name(Requirement(need).name) for need in asked} <= pinned
