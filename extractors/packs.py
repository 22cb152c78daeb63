"""The rule packs: loaded, validated, hashed and compiled.

A pack is one YAML file with a `pack:` line naming its kind and a list of entries (lexicons) or rules. Own packs lie in
`extractors/packs/`; a user's directory adds entries to them, or replaces the one of the same id (`remove: true` takes
it out). Every scalar is text until its field says otherwise, so YAML's `NO` is Norway and never false.

Spelling of aliases: an upper-case letter must be upper case in the text, a lower-case letter may be either ("IRAN" is
found by `Iran`, "defence Minister" by `defence minister`, "us" is not found by `US`). Punctuation is one separator: the
alias `Hwasong-18` finds "Hwasong 18" and "Kim Jong Un" finds "Kim Jong-un"; `U.S.` finds "U.S." alone. A possessive 's
stays outside of the mention.
"""

from __future__ import annotations

import gc
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, TypeVar, cast

import yaml
from ahocorasick_rs import AhoCorasick
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from extractors.errors import UserError
from extractors.records import WeaponClass

FORMAT = 1
PACKS_DIR = Path(__file__).parent / "packs"

Kind = Literal["state", "group", "body", "office", "person", "weapon", "noun", "place"]
Form = Literal["name", "demonym", "capital", "metonym", "surname", "city"]

ORGANISATIONS = ("UNO", "NATO", "EU", "IAEA", "G7", "ASEAN", "AU", "ESA")


class PackError(UserError):
    """A pack that cannot be used; the message says where, what is wrong and how to mend it."""

    def __init__(self, path: Path, line: int, key: str, problem: str, remedy: str) -> None:
        self.path, self.line, self.key, self.problem, self.remedy = path, line, key, problem, remedy
        where = f"{path}, line {line}" + (f", key `{key}`" if key else "")
        super().__init__(f"{where}: {problem}. {remedy}")


# --- schema -----------------------------------------------------------------------------------------------------------

Texts = tuple[str, ...]


class Entry(BaseModel):
    """What every lexicon entry has.

    `contextual`: alias -> ids of the states or groups of which one must have been named before (empty: the entry
    itself). `needs`: alias (or name) -> the context without which it is an everyday word ("weapon", "country", ...).
    `mixed_case` is honoured by `Packs.mentions` itself: the alias counts only where letters around it are lower case.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)
    kind_: ClassVar[Kind]

    name: str = Field(min_length=1)
    id: str = ""
    aliases: Texts = ()
    contextual: Mapping[str, Texts] = Field(default_factory=dict)
    needs: Mapping[str, str] = Field(default_factory=dict)

    @classmethod
    def prepare(cls, item: dict[str, Any]) -> None:
        """Completes an item as read; done here because validators written in Python cost more than all the rest."""
        item.setdefault("id", item.get("name", ""))

    def forms(self) -> Iterator[tuple[str, Form]]:
        """Alias texts with the form each stands for, the name first."""
        yield self.name, "name"
        for alias in self.aliases:
            yield alias, "name"
        for alias in self.contextual:
            yield alias, "metonym"


class State(Entry):
    """A state or an international organisation. `code`: ISO 3166-1 alpha-3, or UNO, NATO, EU, IAEA, G7, ASEAN, AU, ESA.

    `zone`: IANA time zone in which launches of this state are dated; None where it has not launched.
    """

    kind_ = "state"
    code: str = Field(pattern=r"^[A-Z][A-Z0-9]{1,4}$")
    organisation: bool = False
    demonyms: Texts = ()
    capital: Texts = ()
    metonyms: Texts = ()
    zone: str | None = None

    @classmethod
    def prepare(cls, item: dict[str, Any]) -> None:
        item.setdefault("id", item.get("code", ""))

    def forms(self) -> Iterator[tuple[str, Form]]:
        yield from super().forms()
        for alias in self.demonyms:
            yield alias, "demonym"
        for alias in self.capital:
            yield alias, "capital"
        for alias in self.metonyms:
            yield alias, "metonym"


class Group(Entry):
    """An armed group; `country` is the state it operates from, `demonyms` its adjectives ("Houthi")."""

    kind_ = "group"
    country: str
    demonyms: Texts = ()

    def forms(self) -> Iterator[tuple[str, Form]]:
        yield from super().forms()
        for alias in self.demonyms:
            yield alias, "demonym"


class Body(Entry):
    """A body that acts or speaks. `country` None: generic ("foreign ministry"), its state comes from a modifier.

    `launches`: a company or agency that launches and is named as the launching actor.
    """

    kind_ = "body"
    kind: Literal[
        "military", "command", "ministry", "government", "legislature", "media", "agency", "company", "council",
        "organisation", "diplomatic", "police",
    ]  # fmt: skip
    country: str | None = None
    launches: bool = False


class Office(Entry):
    """A title. `official`: its holder speaks for a state or an organisation; `country` where the title says it."""

    kind_ = "office"
    rank: Literal[
        "head_of_state", "head_of_government", "minister", "deputy", "spokesperson", "military", "diplomat",
        "adviser", "regional", "legislator", "organisation", "official", "monarch",
    ]  # fmt: skip
    official: bool = True
    country: str | None = None


class Tenure(BaseModel):
    """An office held, both days included; None is open. In one text: "president 2017-05-10 to 2022-05-10"."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    office: str = Field(min_length=1)
    valid_from: date | None = Field(default=None, alias="from")
    valid_to: date | None = Field(default=None, alias="to")


def _tenure(text: str) -> dict[str, str]:
    """ "president 2017-05-10 to 2022-05-10", "leader since 2011-12-17" or "envoy until 2020-01-01" as a mapping."""
    words = text.split()
    tenure: dict[str, str] = {}
    if len(words) > 2 and words[-2] in ("to", "until"):
        tenure["to"] = words.pop()
        words.pop()
    if words and words[-1][0].isdigit():
        tenure["from"] = words.pop()
        if words[-1:] == ["since"]:
            words.pop()
    return {"office": " ".join(words), **tenure}


_FAMILY_FIRST = {"PRK", "KOR", "CHN", "TWN", "VNM"}


class Person(Entry):
    """A person in office. The surname is found alone only where it is listed in `aliases`."""

    kind_ = "person"
    country: str
    surname: str = ""
    tenures: tuple[Tenure, ...] = Field(min_length=1)

    @classmethod
    def prepare(cls, item: dict[str, Any]) -> None:
        """Korean, Chinese and Vietnamese names begin with the surname, others end with it."""
        super().prepare(item)
        words = str(item.get("name", "")).split() or [""]
        item.setdefault("surname", words[0 if item.get("country") in _FAMILY_FIRST else -1])
        if type(tenures := item.get("tenures")) is str:
            item["tenures"] = [_tenure(text) for text in tenures.split(";")]

    def forms(self) -> Iterator[tuple[str, Form]]:
        for alias, form in super().forms():
            yield alias, "surname" if alias == self.surname and alias != self.name else form

    def in_office(self, day: date | None) -> bool:
        """Whether any office was held on `day`; unknown days count as yes."""
        return day is None or any(
            (t.valid_from is None or t.valid_from <= day) and (t.valid_to is None or day <= t.valid_to)
            for t in self.tenures
        )


class Weapon(Entry):
    """A named weapon. `weapon_class` is what it is; a record's class still comes from the words of the text.

    "other" is no launch at all (glide bombs, anti-tank missiles, lasers), "satellite" and "spacecraft" are payloads.
    """

    kind_ = "weapon"
    weapon_class: Literal[WeaponClass, "interceptor", "satellite", "spacecraft", "other"] = Field(alias="class")
    countries: Texts


class Noun(Entry):
    """A common noun for a weapon. `weapon_class` None: says nothing of the class ("weapon").

    `role`: weapon, interceptor and target fly; a launcher fires what flies; a payload is carried ("satellite"); a
    salvo counts as several; other is none of these ("missile submarine", "artillery shell").
    """

    kind_ = "noun"
    weapon_class: WeaponClass | None = Field(default=None, alias="class")
    role: Literal["weapon", "launcher", "interceptor", "payload", "salvo", "target", "other"] = "weapon"
    plural: bool = True


class Place(Entry):
    """A place with the coordinates of its middle, WGS 84 degrees. `country` is empty for open sea."""

    kind_ = "place"
    kind: Literal[
        "launch_site", "test_range", "base", "airport", "port", "city", "region", "sea", "strait", "island", "area",
        "mountain", "lake", "river",
    ]  # fmt: skip
    country: Texts = ()
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)

    def forms(self) -> Iterator[tuple[str, Form]]:
        for alias, form in super().forms():
            yield alias, "city" if self.kind == "city" and form == "name" else form


class Rule(BaseModel):
    """A rule, kept generic: `patterns` in the language of `extractors/patterns.py`, `set` what a match says.

    `examples` must match and `counterexamples` must not; each is a text, or a mapping with `text` and what is expected.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$")
    description: str = Field(min_length=1)
    patterns: Texts = ()
    set: Mapping[str, Any] = {}
    examples: tuple[str | Mapping[str, Any], ...] = ()
    counterexamples: tuple[str | Mapping[str, Any], ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None


E = TypeVar("E", bound=Entry)

_LEXICONS: dict[str, dict[str, type[Entry]]] = {
    "states": {"entries": State},
    "groups": {"entries": Group},
    "bodies": {"entries": Body},
    "offices": {"entries": Office},
    "persons": {"entries": Person},
    "weapons": {"entries": Weapon, "nouns": Noun},
    "places": {"entries": Place},
}
_RULES = ("launch_rules", "reaction_rules", "guards")


# --- reading ----------------------------------------------------------------------------------------------------------


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
        return _read_value(loader.get_event, first)
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


_REMEDIES = {
    "missing": "Add it",
    "extra_forbidden": "Remove it or correct its spelling; docs/rules.md lists the keys",
    "string_pattern_mismatch": "Write it in the form the message asks for",
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
    key = ".".join(str(step) for step in location if isinstance(step, str))
    problem = first["msg"][0].lower() + first["msg"][1:]
    return PackError(path, _line_of(source, (*where, *location)), key, problem, _remedy(first["type"]))


def _remedy(kind: str) -> str:
    return _REMEDIES.get(kind, "Correct the value; docs/rules.md lists the keys and what they hold")


@dataclass(frozen=True)
class _File:
    """A pack file read but not yet merged: entries and rules by their list, with removals."""

    path: Path
    pack: str
    digest: bytes
    entries: tuple[tuple[type[Entry], str, Entry | None], ...]
    rules: tuple[tuple[str, Rule | None], ...]


def _items(path: Path, source: str, content: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    items = content.get(key, [])
    if isinstance(items, str):
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
            rule = Rule.model_validate(item)
        except ValidationError as error:
            raise _validation_error(path, source, where, error) from None
        yield rule.id, rule


@cache
def _adapter(model: type[Entry]) -> TypeAdapter[list[Entry]]:
    return TypeAdapter(list[model])  # type: ignore[valid-type]


@cache
def _list_keys(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(name for name, field in model.model_fields.items() if field.annotation == Texts)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";")]


def _unfold(model: type[BaseModel], item: dict[str, Any]) -> None:
    """Lists can be written as one text parted by semicolons, and `needs` as `alias: context; alias: context`."""
    for key in _list_keys(model):
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
        model.prepare(item)
        _unfold(model, item)
        kept.append(item)
        lines.append(index)
    try:
        entries = _adapter(model).validate_python(kept)
    except ValidationError as error:
        raise _validation_error(path, source, (key,), error, lines) from None
    names: set[str] = set()
    for index, entry in zip(lines, entries, strict=True):
        _check(path, source, (key, index), entry, names)
        yield model, entry.id, entry


def _check(path: Path, source: str, where: tuple[str, int], entry: Entry, names: set[str]) -> None:
    """What the schema cannot say: an id stands once, and flags speak of aliases of the entry."""
    if entry.id in names:
        problem = f"there is another entry called {entry.id!r} in this file"
        raise PackError(path, _line_of(source, where), "name", problem, "Join the two, or give one an `id` of its own")
    names.add(entry.id)
    if entry.needs:
        known = {text for text, _ in entry.forms()}
        if unknown := [alias for alias in entry.needs if alias not in known]:
            problem = f"`needs` speaks of {unknown[0]!r}, which is no alias of {entry.name}"
            raise PackError(path, _line_of(source, (*where, "needs")), "needs", problem, "Add it to `aliases`")


def _read_pack(path: Path) -> _File:
    try:
        raw = path.read_bytes()
        source = raw.decode("utf-8-sig")
    except OSError as error:
        raise PackError(path, 1, "", f"the file cannot be read ({error.strerror})", "Check its permissions") from error
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise PackError(path, line, "", "the file is not UTF-8", "Save it as UTF-8") from error
    content = _read_yaml(source, path)
    kinds = ", ".join([*_LEXICONS, *_RULES])
    if not isinstance(content, dict) or not isinstance(content.get("pack"), str):
        raise PackError(path, 1, "pack", "the file does not say what it holds", f"Add `pack:` with one of {kinds}")
    pack = content["pack"]
    models = _LEXICONS.get(pack, {})
    lists = ["rules"] if pack in _RULES else [*models]
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
    digest = hashlib.sha256(pack.encode() + b"\0" + raw.replace(b"\r\n", b"\n")).digest()
    return _File(path, pack, digest, entries, rules)


# --- spans ------------------------------------------------------------------------------------------------------------


class _Fold(dict[int, int]):
    """str.translate table: letters to lower case, all else but digits to a space; one character to one character."""

    def __missing__(self, code: int) -> int:
        char = chr(code)
        lower = char.lower()
        self[code] = folded = ord(lower) if len(lower) == 1 and lower.isalnum() else code if char.isalnum() else 32
        return folded


_FOLD = _Fold({code: ord(chr(code).lower()) if chr(code).isalnum() else 32 for code in range(128)})


_NOT_ASCII = re.compile(r"([^\x00-\x7f]+)")


def fold(text: str) -> str:
    """`text` with letters lowered and everything but letters and digits made a space; offsets stay the same.

    Cut at what is not ASCII, as str.translate is twenty times as fast on ASCII and one curly quote would spoil it.
    """
    return _translate(text, _FOLD)


def _translate(text: str, table: _Fold) -> str:
    if text.isascii():
        return text.translate(table)
    return "".join([part.translate(table) for part in _NOT_ASCII.split(text)])


def _fold_all(texts: list[str]) -> list[str]:
    """Each of `texts` folded and stripped, in one pass over all."""
    lines = _Fold(_FOLD)
    lines[10] = 10
    return [line.strip() for line in _translate("\n".join(texts), lines).split("\n")]


class _Alias(NamedTuple):
    """One way to write an entry. `capitals`: positions that must be upper case in the text."""

    text: str
    entry: Entry
    form: Form
    capitals: tuple[int, ...]
    plural: bool
    after: Texts
    needs: str | None
    dotted: bool


class Mention(NamedTuple):
    """An entry named in a text: `text[start:end]` is the alias as written, without a possessive 's.

    Several entries can share one span; each is a Mention of its own. `alias` is the spelling in the pack, `form` what
    it is of the entry, `plural` that it stands in the plural, `after` the ids of which one must have been named
    before (empty: no such need) and `needs` the context an everyday word asks for (None: none).
    """

    start: int
    end: int
    kind: Kind
    entry: Entry
    alias: str
    form: Form
    plural: bool = False
    after: Texts = ()
    needs: str | None = None


def _plural(word: str) -> str:
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


def _joined(alias: str) -> str:
    """KN-23 as KN23; the alias itself where no letter and digit are parted by a hyphen."""
    return re.sub(r"(?<=[A-Za-z])-(?=[0-9])", "", alias) if "-" in alias else alias


def _takes_plural(entry: Entry, form: Form) -> bool:
    if isinstance(entry, Noun):
        return entry.plural
    return isinstance(entry, (Office, Weapon)) or (form == "demonym" and isinstance(entry, (State, Group)))


_NO_PLURAL = ("ese", "ish", "men")

_Written = tuple[str, str, Form, Entry, bool]
"""Alias as listed, as spelled, form, entry, plural."""


def _spellings(entries: Iterator[Entry]) -> list[_Written]:
    """Every spelling of every entry, singular and plural.

    Kept raw and made an _Alias at its first match: most aliases of the lexicons never occur in a text.
    """
    written: list[_Written] = []
    for entry in entries:
        for text, form in entry.forms():
            written.append((text, text, form, entry, False))
            joined = _joined(text)
            if joined != text:
                written.append((text, joined, form, entry, False))
            if text[-1:].isalpha() and _takes_plural(entry, form) and not text.endswith(_NO_PLURAL):
                written.append((text, joined, form, entry, True))
                if joined != text:
                    written.append((text, text, form, entry, True))
    return written


def _alias(written: _Written) -> _Alias:
    """Capitals are counted from the first letter or digit. Of persons only the first two: "Kim Jong-un" is one too."""
    text, spelling, form, entry, plural = written
    first = next(i for i, char in enumerate(spelling) if char.isalnum())
    capitals = tuple(i - first for i, char in enumerate(spelling) if char.isupper())
    after = entry.contextual.get(text)
    return _Alias(
        text=text,
        entry=entry,
        form=form,
        capitals=capitals[:2] if isinstance(entry, Person) else capitals,
        plural=plural,
        after=() if after is None else (after or (entry.id,)),
        needs=entry.needs.get(text),
        dotted=spelling.endswith(".") and not plural,
    )


_Span = tuple[int, int, list[_Alias]]


def _longest(spans: list[_Span]) -> list[_Span]:
    """Of overlapping spans the longest, then the leftmost; sorted by start. Time grows with the text covered."""
    spans.sort(key=_by_start)
    kept: list[_Span] = []
    at, count = 0, len(spans)
    while at < count:
        span = spans[at]
        left, right, _ = span
        last = at + 1
        while last < count and spans[last][0] < right:
            right = max(right, spans[last][1])
            last += 1
        if last == at + 1:
            kept.append(span)
        else:
            kept += _settle(spans[at:last], left, right)
        at = last
    return kept


def _by_start(span: _Span) -> int:
    return span[0]


def _settle(cluster: list[_Span], left: int, right: int) -> list[_Span]:
    taken = bytearray(right - left)
    kept = []
    for span in sorted(cluster, key=lambda span: (span[0] - span[1], span[0])):
        start, end = span[0] - left, span[1] - left
        if not any(taken[start:end]):
            taken[start:end] = b"\1" * (end - start)
            kept.append(span)
    return sorted(kept, key=_by_start)


class Packs:
    """The packs in use: entries by id, rules by kind of pack, and the automaton over all aliases.

    `version` changes when any pack file does. States are keyed by code, everything else by name (or `id` where given).
    """

    def __init__(self, files: Sequence[_File]) -> None:
        self.paths = tuple(file.path for file in files)
        digest = hashlib.sha256(b"".join(file.digest for file in files)).hexdigest()
        self.version = f"{FORMAT}-{digest[:12]}"
        self._entries: dict[type[Entry], dict[str, Entry]] = {
            model: {} for lists in _LEXICONS.values() for model in lists.values()
        }
        self.rules: Mapping[str, Mapping[str, Rule]] = {pack: {} for pack in _RULES}
        for file in files:
            _merge(self._entries, self.rules, file)
        self._compile()

    def _table(self, model: type[E]) -> Mapping[str, E]:
        return cast(Mapping[str, E], self._entries[model])

    @property
    def states(self) -> Mapping[str, State]:
        return self._table(State)

    @property
    def groups(self) -> Mapping[str, Group]:
        return self._table(Group)

    @property
    def bodies(self) -> Mapping[str, Body]:
        return self._table(Body)

    @property
    def offices(self) -> Mapping[str, Office]:
        return self._table(Office)

    @property
    def persons(self) -> Mapping[str, Person]:
        return self._table(Person)

    @property
    def weapons(self) -> Mapping[str, Weapon]:
        return self._table(Weapon)

    @property
    def nouns(self) -> Mapping[str, Noun]:
        return self._table(Noun)

    @property
    def places(self) -> Mapping[str, Place]:
        return self._table(Place)

    def _compile(self) -> None:
        written = _spellings(entry for table in self._entries.values() for entry in table.values())
        patterns: dict[str, list[_Written]] = {}
        for folded, spelling in zip(_fold_all([spelling[1] for spelling in written]), written, strict=True):
            key = _plural(folded) if spelling[4] else folded
            if key in patterns:
                patterns[key].append(spelling)
            elif key:
                patterns[key] = [spelling]
        self._found_by = list(patterns.values())
        self._aliases: list[list[_Alias] | None] = [None] * len(patterns)
        self._automaton = AhoCorasick([f" {folded} " for folded in patterns])

    def _aliases_of(self, pattern: int) -> list[_Alias]:
        aliases = self._aliases[pattern]
        if aliases is None:
            aliases = self._aliases[pattern] = [_alias(written) for written in self._found_by[pattern]]
        return aliases

    def mentions(self, text: str) -> list[Mention]:
        """Everything of the lexicons that `text` names, by start; of overlapping names the longest.

        Offsets are code points into `text`. Entries that share a span come one after another. Runs in linear time.
        """
        spans: list[_Span] = []
        compiled = self._aliases
        for pattern, start, end in self._automaton.find_matches_as_indexes(f" {fold(text)} ", overlapping=True):
            written = []
            for alias in compiled[pattern] or self._aliases_of(pattern):
                for position in alias.capitals:
                    if not text[start + position].isupper():
                        break
                else:
                    if alias.needs != "mixed_case" or _mixed_case(text, start, end - 2):
                        written.append(alias)
            if written:
                spans.append((start, end - 2, written))
        found: list[Mention] = []
        for start, end, written in _longest(spans):
            if len(written) == 1:
                found.append(_mention(text, start, end, written[0]))
            else:
                by_entry = {id(alias.entry): alias for alias in reversed(written)}
                found.extend([_mention(text, start, end, alias) for alias in reversed(by_entry.values())])
        return found


def _mention(text: str, start: int, end: int, alias: _Alias) -> Mention:
    entry = alias.entry
    if alias.dotted and text[end : end + 1] == ".":
        end += 1
    return Mention(start, end, entry.kind_, entry, alias.text, alias.form, alias.plural, alias.after, alias.needs)


def _mixed_case(text: str, start: int, end: int) -> bool:
    """Whether letters around the span are lower case: in a line of capitals "US" may be the pronoun."""
    return any(char.islower() for char in text[max(0, start - 20) : end + 20])


def _merge(entries: dict[type[Entry], dict[str, Entry]], rules: Mapping[str, Any], file: _File) -> None:
    for model, name, entry in file.entries:
        if entry is None:
            entries[model].pop(name, None)
        else:
            entries[model][name] = entry
    for name, rule in file.rules:
        if rule is None:
            rules[file.pack].pop(name, None)
        else:
            rules[file.pack][name] = rule


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Thousands of small objects that all stay make the collector run for nothing: it would double the load time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@cache
def _own_files() -> tuple[_File, ...]:
    return tuple(_read_pack(path) for path in sorted(PACKS_DIR.glob("*.yaml")))


def load_packs(extra: Sequence[Path] = ()) -> Packs:
    """Our packs, then those of each directory (or file) in `extra`, later ones winning. Raises PackError."""
    paths: list[Path] = []
    for place in extra:
        if not place.exists():
            raise PackError(place, 1, "", "there is no such pack directory", "Correct the path or make the directory")
        paths += sorted([*place.glob("*.yaml"), *place.glob("*.yml")]) if place.is_dir() else [place]
    with _no_garbage_collection():
        return Packs([*_own_files(), *(_read_pack(path) for path in paths)])


@cache
def default_packs() -> Packs:
    """Our own packs, loaded once a process."""
    return load_packs()
