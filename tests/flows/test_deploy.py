"""The files under deploy/: that they parse, and name only what there is. Nothing is built or started."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from flows.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
IMAGE = f"launchwire:{PROJECT['version']}"
POOLS = {entry["work_pool"]["name"] for entry in yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]}


def instructions() -> list[list[tuple[str, str]]]:
    """The Dockerfile's instructions with their arguments, by stage."""
    text = re.sub(r"\\\n", " ", (DEPLOY / "Dockerfile").read_text())
    stages: list[list[tuple[str, str]]] = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, _, rest = line.partition(" ")
        assert name in {"FROM", "RUN", "COPY", "WORKDIR", "ENV", "VOLUME", "USER", "HEALTHCHECK", "CMD"}, line
        if name == "FROM":
            stages.append([])
        stages[-1].append((name, rest.strip()))
    return stages


def ignored(path: str) -> bool:
    """Whether .dockerignore, which names what is let in, keeps `path` out."""
    lines = (ROOT / ".dockerignore").read_text().split()
    assert lines[0] == "*"
    return f"!{path}" not in lines


def test_the_dockerfile_copies_what_there_is() -> None:
    stages = instructions()
    names = {rest.split(" AS ")[1] for stage in stages for name, rest in stage if name == "FROM" and " AS " in rest}
    copied: set[str] = set()
    for stage in stages:
        for name, rest in stage:
            if name != "COPY":
                continue
            *sources, _ = rest.split()
            if sources[0].startswith("--from="):
                assert sources[0].removeprefix("--from=") in names
                continue
            for source in sources:
                assert (ROOT / source).exists(), source
                assert not ignored(source), f"{source} is not in .dockerignore"
            copied |= set(sources)
    packages = {"extractors", "storage", "flows"}
    assert (
        packages | {"feeds.toml", "prefect.yaml", PROJECT["readme"], *PROJECT["license-files"], "constraints.txt"}
        <= copied
    )


def test_the_image_is_small_pinned_and_not_root() -> None:
    build, final = instructions()
    for stage in (build, final):
        image = stage[0][1].split()[0]
        python = image.removeprefix("python:").removesuffix("-slim-trixie")
        assert f"Programming Language :: Python :: {python}" in PROJECT["classifiers"]
    assert any("pip install" in rest and "-c constraints.txt" in rest for name, rest in build if name == "RUN")
    assert not any("pip install" in rest for _, rest in final)
    (user,) = [rest for name, rest in final if name == "USER"]
    assert user.isdigit()
    assert int(user) > 0
    assert [name for name, _ in final].index("USER") > max(n for n, (name, _) in enumerate(final) if name == "RUN")
    assert f"-t {IMAGE} ." in (DEPLOY / "Dockerfile").read_text().splitlines()[0]


def commands(parts: Any) -> Iterator[list[str]]:
    """Each command of a container, those of a shell one by one."""
    if parts[:2] == ["sh", "-ec"]:
        yield from (line.split() for line in parts[2].split(";"))
    else:
        yield parts


def check_command(parts: list[str]) -> None:
    """A command of Prefect that works on a pool which prefect.yaml names."""
    assert parts[0] == "prefect"
    if "worker" in parts:
        assert parts[parts.index("--pool") + 1] in POOLS
        # What the health checks of compose.yaml and of the pods ask.
        assert "--with-healthcheck" in parts
    if parts[1] == "work-pool":
        assert parts[3] in POOLS


def check_settings(names: Any) -> None:
    for name in names:
        assert not name.startswith(PREFIX) or name.removeprefix(PREFIX).lower() in Settings.model_fields, name


def test_the_compose_file() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = compose["services"]
    assert set(services) == {"postgres", "prefect", "deploy", "worker"}
    for name, service in services.items():
        check_settings(service["environment"])
        assert set(service.get("depends_on", {})) <= set(services)
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (DEPLOY / source).exists(), volume
        for needed, how in service.get("depends_on", {}).items():
            assert how["condition"] == "service_completed_successfully" or "healthcheck" in services[needed]
        if name != "postgres":
            assert service["image"] == IMAGE
            for command in commands(service["command"]):
                check_command(command)
    given = re.findall(r"\$\{(\w+):\?", (DEPLOY / "compose.yaml").read_text())
    head = (DEPLOY / "compose.yaml").read_text().split("\nname:")[0]
    assert all(f"{name}=" in head for name in given), "the example names every variable that is needed"
    assert services["prefect"]["environment"].items() >= compose["x-launchwire"]["environment"].items()


def test_the_kubernetes_manifests() -> None:
    (file,) = (DEPLOY / "kubernetes").glob("*.yaml")
    found = list(yaml.safe_load_all(file.read_text()))
    by_kind: dict[str, dict[str, Any]] = {}
    for item in found:
        assert item["metadata"]["namespace"] == "launchwire"
        by_kind.setdefault(item["kind"], {})[item["metadata"]["name"]] = item
    (config,) = by_kind["ConfigMap"].values()
    check_settings(config["data"])
    assert all(isinstance(value, str) for value in config["data"].values())
    for item in [*by_kind["Deployment"].values(), *by_kind["Job"].values()]:
        template = item["spec"]["template"]
        if item["kind"] == "Deployment":
            assert item["spec"]["selector"]["matchLabels"] == template["metadata"]["labels"]
        pod = template["spec"]
        assert pod["securityContext"]["runAsNonRoot"]
        claims = {volume["name"]: volume["persistentVolumeClaim"]["claimName"] for volume in pod.get("volumes", [])}
        assert set(claims.values()) <= set(by_kind["PersistentVolumeClaim"])
        (container,) = pod["containers"]
        assert container["image"] == IMAGE
        assert {mount["name"] for mount in container.get("volumeMounts", [])} == set(claims)
        assert container["resources"]["limits"]["memory"]
        assert {"configMapRef": {"name": config["metadata"]["name"]}} in container["envFrom"]
        for command in commands(container["command"]):
            check_command(command)
    for service in by_kind["Service"].values():
        templates = [deployment["spec"]["template"] for deployment in by_kind["Deployment"].values()]
        (pod,) = [made["spec"] for made in templates if made["metadata"]["labels"] == service["spec"]["selector"]]
        (port,) = service["spec"]["ports"]
        assert port["targetPort"] == pod["containers"][0]["ports"][0]["containerPort"]
        assert f"//{service['metadata']['name']}:{port['port']}/" in config["data"]["PREFECT_API_URL"]
