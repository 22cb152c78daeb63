"""`launchwire extract` and `launchwire evaluate`: the rules on articles from a file, with no lake and no network."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from extractors.engine import extract as extract_text
from extractors.packs import Packs
from extractors.records import Extraction
from flows.commands.options import EXIT_DONE, EXIT_SOME_FAILED, with_packs
from flows.terminal import console, safe

if TYPE_CHECKING:  # only `evaluate` needs it
    from extractors.evaluation import Evaluation, Figures


class BadLineError(Exception):
    """A line of the input that is no article; the message says what is wrong with it."""


def _published(value: object) -> date | datetime | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise BadLineError(f"published must be a date or date-time in ISO 8601, not {type(value).__name__}")
    try:
        return date.fromisoformat(value) if len(value) == len("2026-01-04") else datetime.fromisoformat(value)
    except ValueError:
        raise BadLineError(f"published {value[:40]!r} is not ISO 8601, for example 2026-01-04") from None


def _text(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadLineError(f"{key} must be a string, not {type(value).__name__}")
    return value


@dataclass(frozen=True, slots=True)
class Given:
    """An input article as the rules take it; `page` is what was read from its html, for the output."""

    text: str
    title: str
    published: date | datetime | None
    page: dict[str, Any]


def given(row: dict[str, Any]) -> Given:
    """The article in an input object. Raises BadLineError."""
    text, title, published = _text(row, "text"), _text(row, "title"), _published(row.get("published"))
    if text or "html" not in row:
        if "text" not in row:
            raise BadLineError("an article needs text or html")
        return Given(text, title, published, {})
    from extractors.article import parse_page

    read = parse_page(_text(row, "html").encode("utf-8", "replace"), url=_text(row, "url"), encoding="utf-8")
    title, published = title or read.title, published or read.published
    when = published and published.isoformat()
    page = {"text": read.text, "title": title, "published": when, "outcome": read.outcome}
    return Given(read.text, title, published, page)


def article(row: dict[str, Any], packs: Packs) -> dict[str, Any]:
    """One input object to one output object. Raises BadLineError."""
    one = given(row)
    found = extract_text(one.text, title=one.title, published=one.published, packs=packs)
    return {"id": row.get("id"), **one.page, **records(found)}


def records(found: Extraction) -> dict[str, Any]:
    """`launches` and `reactions` as JSON-ready objects, each with its evidence, rules and pack version."""

    def plain(record: Any) -> dict[str, Any]:
        values = asdict(record)
        return {key: value.isoformat() if isinstance(value, date) else value for key, value in values.items()} | {
            "pack_version": found.pack_version
        }

    return {"launches": [plain(x) for x in found.launches], "reactions": [plain(x) for x in found.reactions]}


T = TypeVar("T")


def each(lines: TextIO, work: Callable[[dict[str, Any]], T]) -> Iterator[T | BadLine]:
    """`work` done on each line's object, in order; a BadLine where the line or its article is no good."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        row: Any = None
        try:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise BadLineError("a line must be one JSON object")
            yield work(row)
        except (BadLineError, ValueError, RecursionError) as error:
            named = isinstance(row, dict) and row.get("id") is not None
            yield BadLine("id" if named else "line", row["id"] if named else number, str(error))


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that could not be used: named by its `id`, or by its number where it has none."""

    key: str
    value: Any
    error: str


@click.command()
@click.argument("file", type=click.File("r", encoding="utf-8", errors="surrogateescape"), default="-")
@click.option("--explain", is_flag=True, help="For a person: the text with its spans marked, and why.")
@with_packs
def extract(file: TextIO, packs: Packs, explain: bool) -> int:
    """Read one JSON article a line from FILE (- is standard input), write its launches and reactions, one line each.

    An article has id, url, title, published and text or html. A bad line is named on the error stream as
    {"id" or "line", "error"}; the others go on and the exit status is 1.

    \b
    Example:
      echo '{"id": 1, "published": "2026-01-04", "text": "Iran fired two missiles on Sunday."}' | launchwire extract
      launchwire extract --explain articles.jsonl | less -R
    """
    write = _explainer(packs) if explain else _writer(packs)
    status = EXIT_DONE
    for done in each(file, write):
        if done is not None:
            status = EXIT_SOME_FAILED
            click.echo(json.dumps({done.key: done.value, "error": done.error}), err=True)
    return status


def _writer(packs: Packs) -> Callable[[dict[str, Any]], None]:
    def write(row: dict[str, Any]) -> None:
        out = article(row, packs)
        try:
            sys.stdout.write(json.dumps(out, ensure_ascii=False) + "\n")
        except UnicodeEncodeError:  # a lone surrogate, which JSON can write and UTF-8 cannot
            sys.stdout.write(json.dumps(out) + "\n")

    return write


def _explainer(packs: Packs) -> Callable[[dict[str, Any]], None]:
    from extractors.engine import explain
    from flows.commands.explaining import explained

    screen = console()

    def write(row: dict[str, Any]) -> None:
        one = given(row)
        account = explain(one.text, title=one.title, published=one.published, packs=packs)
        screen.print(explained(one.title, one.text, account))

    return write


@click.command()
@click.argument("gold", type=click.File("r", encoding="utf-8"))
@click.option("--misses/--no-misses", default=True, show_default=True, help="List every difference.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
@with_packs
def evaluate(gold: TextIO, packs: Packs, misses: bool, as_json: bool) -> int:
    """Measure the rules on labelled articles: GOLD has one JSON article a line with launches and reactions.

    docs/annotation.md says what each field means and how it is scored.

    \b
    Example:
      launchwire evaluate labelled.jsonl
    """
    from extractors.evaluation import evaluate as measure

    labelled, found = [], {}
    for number, line in enumerate(gold, 1):
        if line.strip():
            try:
                row = json.loads(line)
                if not isinstance(row, dict) or "id" not in row:
                    raise BadLineError("a labelled article is a JSON object with an id")
                labelled.append(row)
                found[str(row["id"])] = article(row, packs)
            except (BadLineError, ValueError, TypeError) as error:
                raise click.UsageError(f"{gold.name}, line {number}: {error}") from None
    result = measure(labelled, found)
    click.echo(json.dumps(_figures(result)) if as_json else _table(result, misses))
    return EXIT_DONE


def _figures(result: Evaluation) -> dict[str, Any]:
    def ratios(f: Figures) -> dict[str, float]:
        return {"precision": round(f.precision, 4), "recall": round(f.recall, 4), "f1": round(f.f1, 4),
                "tp": f.tp, "fp": f.fp, "fn": f.fn}  # fmt: skip

    return {
        "articles": result.articles,
        "launch": ratios(result.launches),
        "lead_launch": ratios(result.lead_launches),
        "slots": ratios(result.all_slots),
        "slot": {name: ratios(figures) for name, figures in result.slots.items()},
        "exact_articles": round(result.exact / result.articles, 4) if result.articles else None,
        "false_alarm_rate": round(result.false_alarms / result.without_launch, 4) if result.without_launch else None,
        "negatives": result.without_launch,
        "reaction": ratios(result.reactions),
        "reaction_actor": ratios(result.reaction_actors),
        "reaction_link": round(result.linked_right / result.linked, 4) if result.linked else None,
    }


def _table(result: Evaluation, misses: bool) -> str:
    figures = _figures(result)
    lines = [safe(f"{name}: {what}") for name, what in result.misses] if misses else []
    measures = [(name, figures[name]) for name in ("launch", "lead_launch", "slots", "reaction", "reaction_actor")]
    measures += [(f"  {name}", values) for name, values in figures["slot"].items()]
    lines += [
        "{:<16} P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}   tp {tp} fp {fp} fn {fn}".format(name, **values)
        for name, values in measures
    ]
    lines.append(
        f"articles {figures['articles']} · all main slots right {figures['exact_articles']} · false alarms "
        f"{figures['false_alarm_rate']} of {figures['negatives']} articles without a launch · reactions linked right "
        f"{figures['reaction_link']}"
    )
    return "\n".join(lines)
