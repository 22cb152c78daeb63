"""What new rules change: the launches and reactions of articles before and after, compared rule by rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from extractors.records import Extraction, Launch, Reaction

Record = Literal["launch", "reaction"]
What = Literal["gained", "lost", "changed"]
WHATS: tuple[What, ...] = ("gained", "lost", "changed")
RECORDS: tuple[Record, ...] = ("launch", "reaction")
# Records that name no rule, as those of imported articles may.
NO_RULE = "(none)"


@dataclass(slots=True)
class RuleChanges:
    """Counts by (record, rule, what). A record counts for each rule that found it, a changed one for those of both
    sides; under the rule "" each record counts once.
    """

    counts: Counter[tuple[str, str, What]] = field(default_factory=Counter)

    def compare(self, before: Extraction, after: Extraction) -> bool:
        """Count what differs in one article; whether anything does."""
        found = [*_differences(before.launches, after.launches), *_differences(before.reactions, after.reactions)]
        for what, old, new in found:
            record: Record = "launch" if isinstance(old or new, Launch) else "reaction"
            rules = {rule for item in (old, new) if item is not None for rule in item.rules or (NO_RULE,)}
            self.counts.update((record, rule, what) for rule in ("", *rules))
        return bool(found)

    def rows(self) -> list[tuple[str, str, int, int, int]]:
        """Rows (record, rule, gained, lost, changed): sums first, then the rules that change most."""
        names = {(record, rule) for record, rule, _ in self.counts}
        counts = self.counts
        rows = [(*name, counts[*name, "gained"], counts[*name, "lost"], counts[*name, "changed"]) for name in names]
        return sorted(rows, key=lambda row: (row[1] != "", -sum(row[2:]), row[0], row[1]))

    def add(self, rows: Iterable[tuple[str, str, int, int, int]]) -> None:
        """Add rows of another comparison."""
        for record, rule, *numbers in rows:
            for what, number in zip(WHATS, numbers, strict=True):
                self.counts[record, rule, what] += number

    def summary(self) -> dict[str, int]:
        """The sums by name, e.g. launches_gained."""
        plurals = zip(RECORDS, ("launches", "reactions"), strict=True)
        return {f"{plural}_{what}": self.counts[record, "", what] for record, plural in plurals for what in WHATS}


Difference = tuple[What, Any, Any]


def _differences(before: Sequence[Any], after: Sequence[Any]) -> list[Difference]:
    """Records without their equal on the other side: changed where two tell of the same words, else lost or gained.

    Keys count the launches of an article, so they move when one is lost and are no difference by themselves.
    """
    old, new = _without_equals(before, after)
    found: list[Difference] = []
    for item in old:
        partner = next((other for other in new if _same_words(item, other)), None)
        if partner is None:
            found.append(("lost", item, None))
        else:
            new.remove(partner)
            found.append(("changed", item, partner))
    return found + [("gained", None, item) for item in new]


def _without_equals(before: Sequence[Any], after: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    rest = list(after)
    left = []
    for item in before:
        equal = next((other for other in rest if _unkeyed(item) == _unkeyed(other)), None)
        if equal is None:
            left.append(item)
        else:
            rest.remove(equal)
    return left, rest


def _unkeyed(item: Launch | Reaction) -> Launch | Reaction:
    return replace(item, key="") if isinstance(item, Launch) else replace(item, about=None)


def _same_words(a: Launch | Reaction, b: Launch | Reaction) -> bool:
    return any(x.start < y.end and y.start < x.end for x in a.evidence for y in b.evidence)
