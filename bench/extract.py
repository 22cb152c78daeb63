"""Page to article, CPU and accuracy, against trafilatura as anybody calls it. Run: python -m bench.extract [DIR …]

The yardstick is `bare_extraction(body, with_metadata=True)`; ours is `parse_page`, which also judges what a page is.
Pages: those of bench.pages, those of the demo's outlets, and with each DIR a set of saved pages: a checkout of
scrapinghub/article-extraction-benchmark or of the `dataset` folder of dobbersc/fundus-evaluation.
Text is scored as the former does: word 4-grams shared with the true text, precision and recall a page, then their mean.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from trafilatura import bare_extraction
from trafilatura.settings import Document

from bench import pages
from extractors.article import parse_page
from flows.demo import rendering
from flows.demo.content import load_outlets, load_stories

MADE = 100


@dataclass(frozen=True, slots=True)
class Saved:
    """A page with the truth about it; `title` and `day` are empty where nobody wrote them down."""

    url: str
    body: bytes
    text: str
    title: str = ""
    day: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """What an extractor made of a page; `at` is an ISO date or moment."""

    text: str
    title: str
    at: str


def ours(page: Saved) -> Read:
    """By launchwire."""
    found = parse_page(page.body, url=page.url)
    return Read(found.text, found.title, found.published.isoformat() if found.published else "")


def plain(page: Saved) -> Read:
    """By trafilatura alone."""
    found = bare_extraction(page.body, with_metadata=True)
    if not isinstance(found, Document):
        return Read("", "", "")
    return Read(found.text or "", found.title or "", found.date or "")


def made() -> Iterator[Saved]:
    """Pages of bench.pages."""
    for number in range(MADE):
        page = pages.page(number, "https://bench.example", datetime(2026, 1, 1 + number % 28, tzinfo=UTC))
        text = "\n\n".join(page.paragraphs)
        yield Saved(f"https://bench.example/news/{number}", page.body, text, page.title, page.published.isoformat())


def demo() -> Iterator[Saved]:
    """The free articles of the demo's outlets."""
    base, outlets, stories = "https://demo.example", load_outlets(), load_stories()
    for story in stories:
        if story.access == "free":
            body = rendering.page(outlets[story.outlet], base, story, stories[:5]).body
            at = story.published.isoformat() if story.dated else ""
            yield Saved(base + story.path, body, story.text, story.title, at)


def saved(directory: Path) -> Iterator[Saved]:
    """The pages of a checkout, by name."""
    truth: dict[str, Any] = json.loads(next(directory.glob("ground[-_]truth.json")).read_text("utf-8"))
    for name, known in sorted(truth.items()):
        path = directory / "html" / f"{name.removesuffix('.html.gz')}.html.gz"
        text = known["articleBody"] if "articleBody" in known else "\n\n".join(_strings(known["body"]))
        yield Saved(known.get("url", "https://saved.example/news/story"), gzip.decompress(path.read_bytes()), text)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def scores(text: str, truth: str) -> tuple[float, float]:
    """Precision and recall of a text."""
    found, true = _grams(text), _grams(truth)
    common = sum((found & true).values())
    return (
        common / sum(found.values()) if found else float(not true),
        common / sum(true.values()) if true else float(not found),
    )


def _grams(text: str) -> Counter[Any]:
    words = re.findall(r"\w+", text)
    grams = Counter(zip(words, words[1:], words[2:], words[3:], strict=False))
    return grams or Counter([tuple(words)] if words else [])


def _timed(read: Callable[[Saved], Read], given: Sequence[Saved]) -> tuple[list[Read], list[float]]:
    results, seconds = [], []
    for page in given:
        began = time.process_time()
        results.append(read(page))
        seconds.append(time.process_time() - began)
    return results, seconds


def _report(label: str, given: Sequence[Saved], results: Sequence[Read], seconds: Sequence[float]) -> None:
    pairs = [scores(result.text, page.text) for page, result in zip(given, results, strict=True)]
    precision, recall = (sum(pair[side] for pair in pairs) / len(pairs) for side in (0, 1))
    titled = [(page, result) for page, result in zip(given, results, strict=True) if page.title]
    dated = [(page, result) for page, result in zip(given, results, strict=True) if page.title and page.day]
    line = (
        f"  {label:<12} {1000 * sum(seconds) / len(given):6.1f} ms a page, median {1000 * median(seconds):.1f}"
        f"  F1 {2 * precision * recall / (precision + recall):.3f} P {precision:.3f} R {recall:.3f}"
    )
    if titled:
        right = sum(result.title == page.title for page, result in titled)
        days = sum(result.at[:10] == page.day[:10] for page, result in dated)
        moments = sum(bool(result.at) and result.at == page.day for page, result in dated)
        line += f"  titles {right}/{len(titled)}  days {days}/{len(dated)}  moments {moments}/{len(dated)}"
    print(line)


def main(directories: Sequence[str]) -> None:
    """Print cost and accuracy of both on each set of pages."""
    sets = {"made": list(made()), "demo": list(demo())}
    sets |= {directory: list(saved(Path(directory))) for directory in directories}
    for name, given in sets.items():
        size = sum(len(page.body) for page in given) / len(given) / 1000
        print(f"{name}: {len(given)} pages of {size:.0f} KB")
        for label, read in (("trafilatura", plain), ("launchwire", ours)):
            read(given[0])
            _report(label, given, *_timed(read, given))


if __name__ == "__main__":
    main(sys.argv[1:])
