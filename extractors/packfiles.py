"""The pack files: read and validated, with errors that name file, line, key and the way to mend them.

A pack is one YAML file with a `pack:` line naming its kind and a list of entries (lexicons) or rules. Every scalar is
text until its field says otherwise, so YAML's `NO` is Norway and never false.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

import yaml
from pydantic import TypeAdapter, ValidationError

from extractors.entries import LEXICONS, RULES, Entry, Person, Place, Rule, State, Texts
from extractors.errors import PackError


class _ProblemError(Exception):
    def __init__(self, line: int, key: str, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.line, self.key, self.problem, self.remedy = line, key, problem, remedy


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _read_value(get: Callable[[], Any], event: Any) -> Any:
    """The value that begins with `event`: str, list or dict. Scalars stay text; anchors and double keys are refused."""
    kind = type(event)
    if kind is yaml.ScalarEvent:
        return event.value
    if kind is yaml.SequenceStartEvent:
        items = []
        while (kind := type(event := get())) is not yaml.SequenceEndEvent:
            items.append(event.value if kind is yaml.ScalarEvent else _read_value(get, event))
        return items
    if kind is yaml.MappingStartEvent:
        table: dict[str, Any] = {}
        while (kind := type(event := get())) is not yaml.MappingEndEvent:
            if kind is not yaml.ScalarEvent:
                raise _ProblemError(_line(event), "", "a key is not plain text", "Write `key: value`")
            if (key := event.value) in table:
                raise _ProblemError(_line(event), key, "the key stands twice", "Keep one of the two")
            value = get()
            table[key] = value.value if type(value) is yaml.ScalarEvent else _read_value(get, value)
        return table
    raise _ProblemError(_line(event), "", "anchors and aliases (& and *) are not used in packs", "Write it out")


def _read_yaml(source: str, path: Path) -> Any:
    """One YAML document as str, list and dict.

    Built on the C parser's events, as yaml.CSafeLoader takes four times as long for the same and would read `NO` as
    false and 12:30 as 750.
    """
    loader = yaml.CBaseLoader(source)
    try:
        first = loader.get_event()
        while isinstance(first, (yaml.StreamStartEvent, yaml.DocumentStartEvent)):
            first = loader.get_event()
        if not isinstance(first, yaml.NodeEvent):
            raise _ProblemError(1, "pack", "the file is empty", "Start it with `pack: weapons` or another kind")
        value = _read_value(loader.get_event, first)
        while not isinstance(event := loader.get_event(), yaml.StreamEndEvent):
            if not isinstance(event, yaml.DocumentEndEvent):
                raise _ProblemError(_line(event), "", "a second document begins", "Put it into a file of its own")
        return value
    except RecursionError:
        raise PackError(path, 1, "", "lists stand in lists too deeply", "Packs need four levels at most") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "this is not YAML"
        raise PackError(
            path, mark.line + 1 if mark else 1, "", str(problem), "Check indents, quotes and colons"
        ) from error
    except _ProblemError as p:
        raise PackError(path, p.line, p.key, p.problem, p.remedy) from None
    finally:
        loader.dispose()


def _line_of(source: str, location: Sequence[str | int]) -> int:
    """Line of the deepest part of `location` that exists; parsed again, as only errors need it."""
    node: Any = yaml.compose(source, Loader=yaml.CBaseLoader)
    line = 1
    for depth, step in enumerate(location):
        if depth == 1 and isinstance(node, yaml.ScalarNode) and isinstance(step, int):
            rows = [number for number, _ in _table_lines(node.value)]
            return _line(node) + 1 + rows[step + 1]
        child = None
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            child = node.value[step]
        elif isinstance(node, yaml.MappingNode):
            child = next((value for key, value in node.value if key.value == step), None)
        if child is None:
            continue
        node = child
        line = _line(node)
    return line


def _typed(value: Any) -> Any:
    """Free mappings (`set`, expected examples) with their numbers and truth values."""
    if isinstance(value, list):
        return [_typed(item) for item in value]
    if isinstance(value, dict):
        return {key: _typed(item) for key, item in value.items()}
    constants = {"true": True, "false": False, "null": None, "~": None}
    if value in constants:
        return constants[value]
    if re.fullmatch(r"[-+]?[0-9]{1,15}", value):
        return int(value)
    if re.fullmatch(r"[-+]?[0-9]{1,15}\.[0-9]{1,15}", value):
        return float(value)
    return value


_WRITTEN = {"weapon_class": "class"}
"""Fields by the keys that pack files have for them."""

_REMEDIES = {
    "missing": "Add it",
    "unexpected_keyword_argument": "Remove it or correct its spelling; docs/rules.md lists the keys",
    "literal_error": "Use one of the values named",
}


def _validation_error(
    path: Path, source: str, where: tuple[str | int, ...], error: ValidationError, lines: Sequence[int] = ()
) -> PackError:
    """The first thing wrong; `lines` maps positions in what was validated to positions in the file."""
    first = error.errors()[0]
    location = list(first["loc"])
    if lines and location and isinstance(location[0], int):
        location[0] = lines[location[0]]
    location = [_WRITTEN.get(step, step) if isinstance(step, str) else step for step in location]
    key = ".".join(str(step) for step in location if isinstance(step, str))
    unknown = first["type"] == "unexpected_keyword_argument"
    problem = "there is no such key" if unknown else first["msg"][0].lower() + first["msg"][1:]
    return PackError(path, _line_of(source, (*where, *location)), key, problem, _remedy(first["type"]))


def _remedy(kind: str) -> str:
    return _REMEDIES.get(kind, "Correct the value; docs/rules.md lists the keys and what they hold")


@dataclass(frozen=True)
class PackFile:
    """A pack file read but not yet merged: entries and rules by their list, with removals."""

    pack: str
    entries: tuple[tuple[type[Entry], str, Entry | None], ...]
    rules: tuple[tuple[str, Rule | None], ...]


def _items(path: Path, source: str, content: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    items = content.get(key, [])
    if isinstance(items, str) and (not items.strip() or "\n" in items.strip()):
        return list(_table(path, source, key, items))
    if isinstance(items, list) and all(isinstance(item, dict) for item in items):
        return items
    line = _line_of(source, (key,))
    raise PackError(path, line, key, "this is not a list of mappings", "Write each as `- {name: ..., ...}`")


def _table_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a table that are not empty or comments, with their numbers from 0."""
    for number, line in enumerate(text.split("\n")):
        if line and not line.isspace() and not line.lstrip().startswith("#"):
            yield number, line


def _table(path: Path, source: str, key: str, text: str) -> Iterator[dict[str, Any]]:
    """Entries written as a table: the first line names the columns, cells are parted by |, empty ones are left out.

    Long lexicons are tables, as they are read four times as fast as mappings and fit on the screen.
    """
    columns: list[str] = []
    for index, (_, line) in enumerate(_table_lines(text), -1):
        cells = [cell.strip() for cell in line.split("|")]
        if not columns:
            columns = cells
            continue
        if len(cells) > len(columns):
            problem = f"the row has {len(cells)} cells under {len(columns)} columns"
            raise PackError(path, _line_of(source, (key, index)), key, problem, "Take the extra | out")
        yield {column: cell for column, cell in zip(columns, cells, strict=False) if cell}


def _removal(path: Path, source: str, where: tuple[str, int], item: dict[str, Any]) -> str | None:
    """The id that `remove: true` takes out, or None for an ordinary item."""
    if item.pop("remove", "false") != "true":
        return None
    if name := item.get("id") or item.get("code") or item.get("name"):
        return str(name)
    raise PackError(path, _line_of(source, where), "remove", "nothing is named to be removed", "Add `id` or `name`")


def _read_rules(path: Path, source: str, content: Mapping[str, Any]) -> Iterator[tuple[str, Rule | None]]:
    for index, item in enumerate(_items(path, source, content, "rules")):
        where = ("rules", index)
        if gone := _removal(path, source, where, item):
            yield gone, None
            continue
        for free in ("set", "examples", "counterexamples"):
            if isinstance(item.get(free), (dict, list)):
                item[free] = _typed(item[free])
        if isinstance(pattern := item.pop("pattern", None), str):
            item["patterns"] = [pattern, *item.get("patterns", [])]
        try:
            rule = _rule_adapter().validate_python(item)
        except ValidationError as error:
            raise _validation_error(path, source, where, error) from None
        if not rule.description:
            problem = "the description is empty"
            raise PackError(path, _line_of(source, where), "description", problem, "Say what the rule finds")
        if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]*", rule.id):
            problem = f"{rule.id!r} is no id of a rule"
            remedy = "Use small letters, digits, dots, hyphens and underscores, a letter or digit first"
            raise PackError(path, _line_of(source, (*where, "id")), "id", problem, remedy)
        yield rule.id, rule


@cache
def _rule_adapter() -> TypeAdapter[Rule]:
    return TypeAdapter(Rule)


@cache
def _adapter(model: type[Entry]) -> TypeAdapter[list[Entry]]:
    return TypeAdapter(list[model])  # type: ignore[valid-type]


@cache
def _list_keys(model: type[Entry]) -> tuple[str, ...]:
    hints = get_type_hints(model)
    return tuple(field.name for field in fields(model) if hints[field.name] == Texts)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";")]


def _unfold(model: type[Entry], item: dict[str, Any]) -> None:
    """Lists can be written as one text parted by semicolons, and `needs` as `alias: context; alias: context`."""
    for key in _list_keys(model):  # type: ignore[arg-type]  # a class is hashable, whatever its instances are
        if type(value := item.get(key)) is str:
            item[key] = _parts(value)
    if type(needs := item.get("needs")) is str:
        item["needs"] = {
            alias.strip(): context.strip() for alias, _, context in (p.partition(":") for p in _parts(needs))
        }
    if type(contextual := item.get("contextual")) is dict:
        for alias, after in contextual.items():
            if type(after) is str:
                contextual[alias] = _parts(after)


def _read_entries(
    path: Path, source: str, content: Mapping[str, Any], key: str, model: type[Entry]
) -> Iterator[tuple[type[Entry], str, Entry | None]]:
    kept, lines = [], []
    for index, item in enumerate(_items(path, source, content, key)):
        if "remove" in item and (gone := _removal(path, source, (key, index), item)):
            yield model, gone, None
            continue
        _rename(path, source, (key, index), item, model.renamed)
        model.prepare(item)
        _unfold(model, item)
        kept.append(item)
        lines.append(index)
    try:
        entries = _adapter(model).validate_python(kept)  # type: ignore[arg-type]
    except ValidationError as error:
        raise _validation_error(path, source, (key,), error, lines) from None
    names: set[str] = set()
    for index, entry in zip(lines, entries, strict=True):
        _check(path, source, (key, index), entry, names)
        yield model, entry.id, entry


def _rename(path: Path, source: str, where: tuple[str, int], item: dict[str, Any], renamed: Mapping[str, str]) -> None:
    for written, field in renamed.items():
        if field in item:
            problem = "there is no such key"
            raise PackError(path, _line_of(source, (*where, field)), field, problem, f"Write `{written}`")
        if written in item:
            item[field] = item.pop(written)


def _wrong(entry: Entry) -> tuple[str, str, str] | None:
    """Key, problem and remedy of a value that has the right type and yet cannot be."""
    if not entry.name:
        return "name", "the name is empty", "Write the usual English name"
    if isinstance(entry, State) and not re.fullmatch(r"[A-Z][A-Z0-9]{1,4}", entry.code):
        remedy = "Use the three capitals of ISO 3166-1 alpha-3, or an organisation's code"
        return "code", f"{entry.code!r} is no code", remedy
    if isinstance(entry, Person) and not (entry.tenures and all(tenure.office for tenure in entry.tenures)):
        return "tenures", "no office is named", "Write for example `president since 2021-05-10`"
    if isinstance(entry, Place) and not (-90 <= entry.lat <= 90 and -180 <= entry.lon <= 180):
        key = "lon" if -90 <= entry.lat <= 90 else "lat"
        return (
            key,
            "the coordinate lies outside of the globe",
            "Give degrees: lat -90 to 90, lon -180 to 180",
        )
    return None


def _check(path: Path, source: str, where: tuple[str, int], entry: Entry, names: set[str]) -> None:
    """What the schema cannot say: codes have a form, an id stands once, and flags speak of aliases of the entry."""
    if wrong := _wrong(entry):
        raise PackError(path, _line_of(source, (*where, wrong[0])), *wrong)
    if entry.id in names:
        problem = f"there is another entry called {entry.id!r} in this file"
        raise PackError(path, _line_of(source, where), "name", problem, "Join the two, or give one an `id` of its own")
    names.add(entry.id)
    if entry.needs:
        known = {text for text, _ in entry.forms()}
        if unknown := [alias for alias in entry.needs if alias not in known]:
            problem = f"`needs` speaks of {unknown[0]!r}, which is no alias of {entry.name}"
            raise PackError(path, _line_of(source, (*where, "needs")), "needs", problem, "Add it to `aliases`")


def read_pack(path: Path, raw: bytes) -> PackFile:
    """The pack in the bytes of a file; `path` is for its errors. Raises PackError."""
    try:
        source = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise PackError(path, line, "", "the file is not UTF-8", "Save it as UTF-8") from error
    content = _read_yaml(source, path)
    kinds = ", ".join([*LEXICONS, *RULES])
    if not isinstance(content, dict) or not isinstance(content.get("pack"), str):
        raise PackError(path, 1, "pack", "the file does not say what it holds", f"Add `pack:` with one of {kinds}")
    pack = content["pack"]
    models = LEXICONS.get(pack, {})
    lists = ["rules"] if pack in RULES else [*models]
    if not lists:
        line = _line_of(source, ("pack",))
        raise PackError(path, line, "pack", f"there is no kind of pack called {pack!r}", f"Use one of {kinds}")
    for key in content:
        if key not in lists and key not in ("pack", "description"):
            known = " or ".join(f"`{name}`" for name in lists)
            raise PackError(path, _line_of(source, (key,)), key, f"a {pack} pack has no such key", f"Use {known}")
    entries = tuple(
        found for key, model in models.items() for found in _read_entries(path, source, content, key, model)
    )
    rules = tuple(_read_rules(path, source, content))
    return PackFile(pack, entries, rules)
