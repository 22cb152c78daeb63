"""Articles full of rockets in which nothing is launched, or one launch stands amid much that is none."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from extractors.document import Document
from extractors.launches import find_launches

_TRAPS = Path(__file__).parent / "labelled" / "open_traps.jsonl"


def test_few_traps_raise_an_alarm_and_few_launches_are_told_twice() -> None:
    alarms: list[str] = []
    surplus: list[str] = []
    missed: list[str] = []
    quiet = told = 0
    for line in _TRAPS.read_text(encoding="utf-8").splitlines():
        trap = json.loads(line)
        document = Document(trap["text"], title=trap["title"], published=date.fromisoformat(trap["published"]))
        found = {(f.launch.country, str(f.launch.date)) for f in find_launches(document).found}
        expected = {(launch["country"], str(launch["date"])) for launch in trap["launches"]}
        quiet, told = quiet + (not expected), told + len(expected)
        if found and not expected:
            alarms.append(trap["id"])
        elif found - expected:
            surplus.append(trap["id"])
        missed += [trap["id"]] * len(expected - found)
    assert quiet > 50
    assert told > 8
    assert len(alarms) <= 0.03 * quiet, alarms
    assert len(surplus) <= 0.1 * told, surplus
    assert len(missed) <= 0.25 * told, missed
