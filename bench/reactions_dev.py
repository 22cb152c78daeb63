"""Score the reaction rules alone: labelled launches are fed in, so that misses of the launch rules do not count.

python -m bench.reactions_dev LABELLED.jsonl [--half even|odd] [--misses]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from extractors.document import Document
from extractors.launches import FoundLaunch, find_launches
from extractors.reactions import find_reactions
from extractors.records import Launch, Reaction


def gold_launch(row: dict[str, Any]) -> FoundLaunch:
    """A labelled launch as a record, without mentions."""
    day = date.fromisoformat(row["date"]) if row["date"] else None
    names = ("key country actor date_precision time_local weapon_class weapon_name count_min count_max launch_site "
             "landing_area distance_km apogee_km status role")  # fmt: skip
    return FoundLaunch(Launch(date=day, **{name: row[name] for name in names.split()}), (), {}, ())


def reactions_of(article: dict[str, Any]) -> tuple[Reaction, ...]:
    """What the rules find in a labelled article, given its labelled launches with mentions as found."""
    published = date.fromisoformat(article["published"])
    document = Document(article["text"], title=article["title"], published=published)
    found = find_launches(document).found
    return find_reactions(document, [_with_mentions(gold_launch(row), found) for row in article["launches"]])


def _with_mentions(gold: FoundLaunch, found: Sequence[FoundLaunch]) -> FoundLaunch:
    """The labelled launch with the mentions of the found one of the same country and day, if any."""
    for one in found:
        if (one.launch.country, one.launch.date) == (gold.launch.country, gold.launch.date):
            return replace(gold, mentions=one.mentions)
    return gold


def ratio(tp: int, fp: int, fn: int) -> str:
    """Precision, recall and F1 in one line."""
    precision, recall = tp / max(1, tp + fp), tp / max(1, tp + fn)
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return f"P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}   tp {tp} fp {fp} fn {fn}"


def main() -> None:
    """Read the labelled file and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("labelled", type=Path)
    parser.add_argument("--half", choices=("even", "odd"))
    parser.add_argument("--misses", action="store_true")
    args = parser.parse_args()
    rows = [json.loads(line) for line in args.labelled.read_text(encoding="utf-8").splitlines() if line.strip()]
    if args.half:
        rows = rows[args.half == "odd" :: 2]
    pair, actor, link, by_type = Counter[str](), Counter[str](), Counter[str](), Counter[tuple[str, str]]()
    for article in rows:
        want = {(r["actor_country"], r["type"]): r["about"] for r in article["reactions"] if r["about"]}
        found = [r for r in reactions_of(article) if r.about]
        got = {(r.actor_country, r.type): r for r in found}
        pair.update(
            tp=len(want.keys() & got.keys()), fp=len(got.keys() - want.keys()), fn=len(want.keys() - got.keys())
        )
        a, b = {c for c, _ in want}, {c for c, _ in got}
        actor.update(tp=len(a & b), fp=len(b - a), fn=len(a - b))
        link.update(
            right=sum(want[k] == got[k].about for k in want.keys() & got.keys()), all=len(want.keys() & got.keys())
        )
        for kind, keys in (
            ("fp", got.keys() - want.keys()),
            ("fn", want.keys() - got.keys()),
            ("tp", want.keys() & got.keys()),
        ):
            by_type.update((k[1], kind) for k in keys)
        if args.misses:
            for key in sorted(want.keys() - got.keys()):
                print(f"{article['id']}: missed {key}")
            for key in sorted(got.keys() - want.keys(), key=str):
                r = got[key]
                print(f"{article['id']}: spurious {key} {r.actor!r} {r.rules} {[e.text for e in r.evidence]}")
    print("reaction", ratio(pair["tp"], pair["fp"], pair["fn"]))
    print("actor   ", ratio(actor["tp"], actor["fp"], actor["fn"]))
    print(f"linked right {link['right'] / max(1, link['all']):.3f} of {link['all']}")
    for kind in sorted({t for t, _ in by_type}):
        print(f"  {kind:10}", ratio(by_type[kind, "tp"], by_type[kind, "fp"], by_type[kind, "fn"]))


if __name__ == "__main__":
    sys.exit(main())
