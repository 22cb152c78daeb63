"""The labelled days as reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from extractors.grouping import Report
from extractors.records import Evidence, Launch

HERE = Path(__file__).parent / "incident_days"


@dataclass(frozen=True)
class Day:
    """A labelled day: its reports, and the label of the real-world launch of each by launch_id ("-" for none)."""

    name: str
    reports: tuple[Report, ...]
    labels: dict[str, str]


def days(*files: str) -> list[Day]:
    """The labelled days of these files, all of them by default."""
    chosen = [HERE / f"{name}.yaml" for name in files] or sorted(HERE.glob("*.yaml"))
    return [_day(given) for path in chosen for given in yaml.safe_load(path.read_text(encoding="utf-8"))]


def _day(given: dict[str, Any]) -> Day:
    made = list(_reports(given))
    return Day(given["name"], tuple(r for r, _ in made), {r.launch_id: label for r, label in made})


def _reports(given: dict[str, Any]) -> Iterator[tuple[Report, str]]:
    keys: dict[str, int] = {}
    for number, told in enumerate(given["reports"]):
        values = {name: given.get(name) for name in ("country", "actor", "date")} | told
        article = f"{given['name']}/{values.get('a', number)}"
        keys[article] = keys.get(article, 0) + 1
        published = datetime.fromisoformat(values["at"])
        yield (
            Report(
                launch_id=f"{article}:L{keys[article]}",
                article_id=article,
                origin=f"{given['name']}/{values['copy']}" if "copy" in values else article,
                source=values["o"],
                title=values.get("t", values["w"]),
                published_at=published,
                published_date=published.date(),
                launch=_launch(values, f"L{keys[article]}"),
            ),
            values["is"],
        )


def _launch(values: dict[str, Any], key: str) -> Launch:
    low, high = _count(values.get("n", ""))
    precision = values.get("prec", "day")
    day = None if precision == "unknown" else values["date"]
    return Launch(
        key=key,
        country=values["country"],
        actor=values["actor"],
        date=day,
        date_precision=precision,
        time_local=values.get("time"),
        weapon_class=values["class"],
        weapon_name=values.get("name"),
        count_min=low,
        count_max=high,
        launch_site=values.get("site"),
        landing_area=values.get("land"),
        distance_km=values.get("km"),
        apogee_km=values.get("alt"),
        status=values.get("status", "conducted"),
        role=values.get("role", "lead"),
        attribution=values.get("by"),
        evidence=(Evidence(0, len(values["w"]), values["w"]),),
        time_utc=_utc(day, values),
    )


def _utc(day: date | None, values: dict[str, Any]) -> datetime | None:
    if day is None or "time" not in values or "zone" not in values:
        return None
    local = datetime.combine(day, datetime.strptime(values["time"], "%H:%M").time(), UTC)
    return local - timedelta(hours=values["zone"])


def _count(text: str) -> tuple[int | None, int | None]:
    if not text:
        return None, None
    if text.endswith("+"):
        return int(text[:-1]), None
    low, _, high = text.partition("-")
    return int(low), int(high or low)
