"""Measures of extracted launches and reactions against labelled ones, and every difference by name.

Launches of an article are paired by the assignment with the highest total similarity (the launching state is a must,
then date, weapon and role count). Slots are scored as in template filling (MUC-4, Chinchor 1992): a wrong value is one
spurious and one missing slot, and the slots of an unpaired launch are all spurious or all missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

Record = Mapping[str, Any]

SLOTS = (
    "date", "time_local", "weapon_class", "weapon_name", "count", "launch_site", "landing_area", "distance_km",
    "apogee_km", "status", "role",
)  # fmt: skip
_MAIN_SLOTS = ("date", "weapon_class", "count", "status")
_PARENT = {
    **dict.fromkeys(("crbm", "srbm", "mrbm", "irbm", "icbm", "slbm"), "ballistic_missile"),
    **dict.fromkeys(("ballistic_missile", "cruise_missile", "hypersonic_missile", "surface_to_air_missile"), "missile"),
    "anti_ship_missile": "cruise_missile",
    **dict.fromkeys(("missile", "artillery_rocket", "space_launch_vehicle"), "projectile"),
}
_SAME_SEA = (
    frozenset(
        {
            "sea of japan", "east sea", "eastern waters", "waters off east coast", "sea off east coast", "eastern sea",
            "waters off eastern coast", "sea off eastern coast", "sea", "waters east of korean peninsula",
            "sea between korean peninsula and japan", "waters between korean peninsula and japan",
        }
    ),
    frozenset({"yellow sea", "west sea", "waters off west coast", "sea off west coast"}),
)  # fmt: skip
_IDLE_WORDS = """the a an of off on in at to into toward towards near from its country s area region city province
around coast north south korea korean korea's capital"""
_PLACE_STOP = frozenset(_IDLE_WORDS.split())
_PLACE_ARTICLES = frozenset({"the", "its", "toward", "towards", "into", "north", "korea"})
# The assignment is exact and costs 2^launches; no article tells of more.
_MOST_LAUNCHES = 16


@dataclass(slots=True)
class Figures:
    """Counts of a measure and the ratios they give; a ratio of nothing is 1 where nothing was wrong."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def add(self, tp: int = 0, fp: int = 0, fn: int = 0) -> None:
        """Count more."""
        self.tp, self.fp, self.fn = self.tp + tp, self.fp + fp, self.fn + fn

    @property
    def precision(self) -> float:
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 1.0

    @property
    def recall(self) -> float:
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 1.0

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(slots=True)
class Evaluation:
    """The measures over all articles. `exact`: articles with all main slots of their launches right."""

    articles: int = 0
    launches: Figures = field(default_factory=Figures)
    lead_launches: Figures = field(default_factory=Figures)
    slots: dict[str, Figures] = field(default_factory=lambda: {name: Figures() for name in SLOTS})
    reactions: Figures = field(default_factory=Figures)
    reaction_actors: Figures = field(default_factory=Figures)
    linked_right: int = 0
    linked: int = 0
    exact: int = 0
    without_launch: int = 0
    false_alarms: int = 0
    misses: list[tuple[str, str]] = field(default_factory=list)

    @property
    def all_slots(self) -> Figures:
        """Every slot together."""
        total = Figures()
        for one in self.slots.values():
            total.add(one.tp, one.fp, one.fn)
        return total


def evaluate(gold: Iterable[Record], found: Mapping[str, Record]) -> Evaluation:
    """Compare labelled articles with extracted ones by `id`; an article that `found` lacks counts as found empty."""
    result = Evaluation()
    for article in gold:
        name = str(article["id"])
        _compare(result, name, article, found.get(name, {}))
    return result


def _compare(result: Evaluation, name: str, gold: Record, got: Record) -> None:
    want, have = list(gold.get("launches", ())), list(got.get("launches", ()))
    pairs = assign(want, have)
    result.articles += 1
    _launches(result, want, have, pairs)
    for slot in SLOTS:
        _slot(result, name, slot, want, have, pairs)
    _unpaired(result, name, want, have, pairs)
    result.exact += len(pairs) == len(want) == len(have) and all(
        _agree(slot, want[i], have[j]) for slot in _MAIN_SLOTS for i, j in pairs
    )
    keys = {have[j].get("key"): want[i].get("key") for i, j in pairs}
    _reactions(result, name, gold.get("reactions", ()), got.get("reactions", ()), keys)


def _launches(
    result: Evaluation, want: Sequence[Record], have: Sequence[Record], pairs: Sequence[tuple[int, int]]
) -> None:
    result.launches.add(tp=len(pairs), fp=len(have) - len(pairs), fn=len(want) - len(pairs))
    paired, paired_found = {i for i, _ in pairs}, {j for _, j in pairs}
    for i, launch in enumerate(want):
        if launch.get("role") == "lead":
            result.lead_launches.add(tp=i in paired, fn=i not in paired)
    result.lead_launches.add(fp=sum(x.get("role") == "lead" for j, x in enumerate(have) if j not in paired_found))
    if not want:
        result.without_launch += 1
        result.false_alarms += bool(have)


def _slot(
    result: Evaluation,
    name: str,
    slot: str,
    want: Sequence[Record],
    have: Sequence[Record],
    pairs: Sequence[tuple[int, int]],
) -> None:
    figures = result.slots[slot]
    for i, j in pairs:
        a, b = slot_value(want[i], slot), slot_value(have[j], slot)
        if a is not None and b is not None and slot_equal(slot, a, b):
            figures.add(tp=1)
            continue
        figures.add(fn=a is not None, fp=b is not None)
        if a != b:
            result.misses.append((name, f"{slot}: want {a!r} got {b!r}"))
    paired, paired_found = {i for i, _ in pairs}, {j for _, j in pairs}
    figures.add(fn=sum(slot_value(x, slot) is not None for i, x in enumerate(want) if i not in paired))
    figures.add(fp=sum(slot_value(x, slot) is not None for j, x in enumerate(have) if j not in paired_found))


def _unpaired(
    result: Evaluation, name: str, want: Sequence[Record], have: Sequence[Record], pairs: Sequence[tuple[int, int]]
) -> None:
    paired, paired_found = {i for i, _ in pairs}, {j for _, j in pairs}
    result.misses += [(name, f"launch missed: {_brief(x)}") for i, x in enumerate(want) if i not in paired]
    result.misses += [(name, f"launch spurious: {_brief(x)}") for j, x in enumerate(have) if j not in paired_found]


def _reactions(
    result: Evaluation, name: str, want: Iterable[Record], have: Iterable[Record], keys: Mapping[Any, Any]
) -> None:
    wanted = {(r["actor_country"], r["type"]): r for r in want if r.get("about")}
    offered = {(r["actor_country"], r["type"]): r for r in have if r.get("about")}
    both = wanted.keys() & offered.keys()
    missed, spurious = wanted.keys() - offered.keys(), offered.keys() - wanted.keys()
    result.reactions.add(tp=len(both), fp=len(spurious), fn=len(missed))
    result.linked += len(both)
    result.linked_right += sum(keys.get(offered[pair]["about"]) == wanted[pair]["about"] for pair in both)
    actors, offered_actors = {country for country, _ in wanted}, {country for country, _ in offered}
    result.reaction_actors.add(
        tp=len(actors & offered_actors), fp=len(offered_actors - actors), fn=len(actors - offered_actors)
    )
    for label, pairs in (("missed", missed), ("spurious", spurious)):
        result.misses += [(name, f"reaction {label}: {pair}") for pair in sorted(pairs, key=str)]


def assign(want: Sequence[Record], have: Sequence[Record]) -> list[tuple[int, int]]:
    """Pairs (i, j) of the assignment with the highest total similarity (dynamic programme over subsets of `have`)."""
    best: dict[int, tuple[float, list[tuple[int, int]]]] = {0: (0.0, [])}
    for i, gold in enumerate(want):
        step = dict(best)
        values = [similarity(gold, got) for got in have[:_MOST_LAUNCHES]]
        for taken, (total, pairs) in best.items():
            for j, value in enumerate(values):
                with_j = taken | 1 << j
                if value and not taken >> j & 1 and total + value > step.get(with_j, (-1.0,))[0]:
                    step[with_j] = (total + value, [*pairs, (i, j)])
        best = step
    return max(best.values(), key=lambda item: item[0])[1]


def similarity(want: Record, have: Record) -> float:
    """How well two launches go together, 0 (not at all) to 1."""
    if want.get("country") != have.get("country"):
        return 0.0
    dated = _dates_agree(want, have)
    related = _weapons_related(want.get("weapon_class"), have.get("weapon_class"))
    if dated is False or (dated is None and not related):
        return 0.0
    same_class = want.get("weapon_class") == have.get("weapon_class")
    same_role = want.get("role") == have.get("role")
    return 0.3 + 0.4 * bool(dated) + 0.2 * related + 0.05 * same_class + 0.05 * same_role


def slot_value(launch: Record, slot: str) -> Any:
    """The slot's value; a count is its (least, greatest) pair, a date goes with its precision."""
    if slot == "count":
        bounds = launch.get("count_min"), launch.get("count_max")
        return None if bounds == (None, None) else bounds
    if slot == "date":
        return (launch["date"], launch.get("date_precision") or "day") if launch.get("date") else None
    return launch.get(slot)


def slot_equal(slot: str, want: Any, have: Any) -> bool:
    """Whether two values of a slot say the same: figures within 2 %, places and names by their words."""
    if slot in ("distance_km", "apogee_km"):
        return abs(float(want) - float(have)) <= max(1.0, 0.02 * abs(float(want)))
    if slot in ("launch_site", "landing_area"):
        return _places_equal(want, have)
    if slot == "weapon_name":
        letters: Callable[[str], str] = lambda text: re.sub(r"[^a-z0-9]", "", text.lower())  # noqa: E731
        return letters(want) == letters(have)
    return bool(want == have)


def _agree(slot: str, want: Record, have: Record) -> bool:
    a, b = slot_value(want, slot), slot_value(have, slot)
    return (a is None) == (b is None) and (a is None or slot_equal(slot, a, b))


def _place_words(place: str) -> list[str]:
    return re.sub(r"[^a-z0-9 ]+", " ", place.lower().replace("’", "'").replace("'s", "")).split()


def _places_equal(a: str, b: str) -> bool:
    plain = [" ".join(w for w in _place_words(x) if w not in _PLACE_ARTICLES) for x in (a, b)]
    if plain[0] == plain[1] or any(plain[0] in sea and plain[1] in sea for sea in _SAME_SEA):
        return True
    left, right = ({w for w in _place_words(x) if w not in _PLACE_STOP} or set(_place_words(x)) for x in (a, b))
    shared = left & right
    return bool(shared) and len(shared) / min(len(left), len(right)) >= 0.5


def _weapons_related(a: str | None, b: str | None) -> bool:
    return a in _ancestry(b) or b in _ancestry(a)


def _ancestry(weapon_class: str | None) -> list[str]:
    line = []
    while weapon_class:
        line.append(weapon_class)
        weapon_class = _PARENT.get(weapon_class)
    return line


def _dates_agree(a: Record, b: Record) -> bool | None:
    if not a.get("date") or not b.get("date"):
        return None
    precisions = {a.get("date_precision") or "day", b.get("date_precision") or "day"}
    if "year" in precisions:
        return bool(a["date"][:4] == b["date"][:4])
    if "month" in precisions:
        return bool(a["date"][:7] == b["date"][:7])
    return abs((date.fromisoformat(a["date"]) - date.fromisoformat(b["date"])).days) <= 1


def _brief(launch: Record) -> str:
    return " ".join(str(launch.get(k)) for k in ("country", "date", "weapon_class", "status", "role"))
