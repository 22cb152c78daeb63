"""What the rule packs hold: states, groups, bodies, offices, persons, weapons, nouns, places and rules.

Plain records, so that a process that finds them compiled needs no validator; `extractors/packfiles.py` reads and
validates them by these very types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Literal

from extractors.records import WeaponClass

Kind = Literal["state", "group", "body", "office", "person", "weapon", "noun", "place"]
Form = Literal["name", "demonym", "capital", "metonym", "surname", "city"]

ORGANISATIONS = ("UNO", "NATO", "EU", "IAEA", "G7", "ASEAN", "AU", "ESA")

Texts = tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Entry:
    """What every lexicon entry has.

    `contextual`: alias -> ids of the states or groups of which one must have been named before (empty: the entry
    itself). `needs`: alias (or name) -> the context without which it is an everyday word ("weapon", "country", ...).
    `mixed_case` is honoured by `Packs.mentions` itself: the alias counts only where letters around it are lower case.
    """

    __pydantic_config__: ClassVar[Mapping[str, object]] = {"extra": "forbid", "str_strip_whitespace": True}
    kind_: ClassVar[Kind]
    renamed: ClassVar[Mapping[str, str]] = {}
    """Keys of a pack file that are no names in Python, and the fields they fill."""

    name: str
    id: str = ""
    aliases: Texts = ()
    contextual: Mapping[str, Texts] = field(default_factory=dict)
    needs: Mapping[str, str] = field(default_factory=dict)

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


@dataclass(frozen=True, kw_only=True, eq=False)
class State(Entry):
    """A state or an international organisation. `code`: ISO 3166-1 alpha-3, or UNO, NATO, EU, IAEA, G7, ASEAN, AU, ESA.

    `zone`: IANA time zone in which launches of this state are dated; None where it has not launched.
    """

    kind_ = "state"
    code: str
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


@dataclass(frozen=True, kw_only=True, eq=False)
class Group(Entry):
    """An armed group; `country` is the state it operates from, `demonyms` its adjectives ("Houthi")."""

    kind_ = "group"
    country: str
    demonyms: Texts = ()

    def forms(self) -> Iterator[tuple[str, Form]]:
        yield from super().forms()
        for alias in self.demonyms:
            yield alias, "demonym"


@dataclass(frozen=True, kw_only=True, eq=False)
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


@dataclass(frozen=True, kw_only=True, eq=False)
class Office(Entry):
    """A title. `official`: its holder speaks for a state or an organisation; `country` where the title says it."""

    kind_ = "office"
    rank: Literal[
        "head_of_state", "head_of_government", "minister", "deputy", "spokesperson", "military", "diplomat",
        "adviser", "regional", "legislator", "organisation", "official", "monarch",
    ]  # fmt: skip
    official: bool = True
    country: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Tenure:
    """An office held, both days included; None is open. In one text: "president 2017-05-10 to 2022-05-10"."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = {"extra": "forbid"}
    office: str
    valid_from: date | None = None
    valid_to: date | None = None


def _tenure(text: str) -> dict[str, str]:
    """ "president 2017-05-10 to 2022-05-10", "leader since 2011-12-17" or "envoy until 2020-01-01" as a mapping."""
    words = text.split()
    tenure: dict[str, str] = {}
    if len(words) > 2 and words[-2] in ("to", "until"):
        tenure["valid_to"] = words.pop()
        words.pop()
    if words and words[-1][0].isdigit():
        tenure["valid_from"] = words.pop()
        if words[-1:] == ["since"]:
            words.pop()
    return {"office": " ".join(words), **tenure}


_FAMILY_FIRST = {"PRK", "KOR", "CHN", "TWN", "VNM"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Person(Entry):
    """A person in office. The surname is found alone only where it is listed in `aliases`."""

    kind_ = "person"
    country: str
    surname: str = ""
    tenures: tuple[Tenure, ...]

    @classmethod
    def prepare(cls, item: dict[str, Any]) -> None:
        """Korean, Chinese and Vietnamese names begin with the surname, others end with it."""
        super().prepare(item)
        words = str(item.get("name", "")).split() or [""]
        item.setdefault("surname", words[0 if item.get("country") in _FAMILY_FIRST else -1])
        tenures = item.get("tenures")
        if type(tenures) is str:
            item["tenures"] = [_tenure(text) for text in tenures.split(";")]
        elif type(tenures) is list:
            keys = {"from": "valid_from", "to": "valid_to"}
            item["tenures"] = [{keys.get(k, k): v for k, v in t.items()} if type(t) is dict else t for t in tenures]

    def forms(self) -> Iterator[tuple[str, Form]]:
        for alias, form in super().forms():
            yield alias, "surname" if alias == self.surname and alias != self.name else form

    def in_office(self, day: date | None) -> bool:
        """Whether any office was held on `day`; unknown days count as yes."""
        return day is None or any(
            (t.valid_from is None or t.valid_from <= day) and (t.valid_to is None or day <= t.valid_to)
            for t in self.tenures
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Weapon(Entry):
    """A named weapon. `weapon_class` is what it is; a record's class still comes from the words of the text.

    "other" is no launch at all (glide bombs, anti-tank missiles, lasers), "satellite" and "spacecraft" are payloads.
    """

    kind_ = "weapon"
    renamed: ClassVar[Mapping[str, str]] = {"class": "weapon_class"}
    weapon_class: Literal[WeaponClass, "interceptor", "satellite", "spacecraft", "other"]
    countries: Texts


@dataclass(frozen=True, kw_only=True, eq=False)
class Noun(Entry):
    """A common noun for a weapon. `weapon_class` None: says nothing of the class ("weapon").

    `role`: weapon, interceptor and target fly; a launcher fires what flies; a payload is carried ("satellite"); a
    salvo counts as several; other is none of these ("missile submarine", "artillery shell").
    """

    kind_ = "noun"
    renamed: ClassVar[Mapping[str, str]] = {"class": "weapon_class"}
    weapon_class: WeaponClass | None = None
    role: Literal["weapon", "launcher", "interceptor", "payload", "salvo", "target", "other"] = "weapon"
    plural: bool = True


@dataclass(frozen=True, kw_only=True, eq=False)
class Place(Entry):
    """A place with the coordinates of its middle, WGS 84 degrees. `country` is empty for open sea.

    `reach_km` is how far it roughly extends from there, for seas and regions that are larger than most of their kind.
    """

    kind_ = "place"
    kind: Literal[
        "launch_site", "test_range", "base", "airport", "port", "city", "region", "sea", "strait", "island", "area",
        "mountain", "lake", "river",
    ]  # fmt: skip
    country: Texts = ()
    lat: float
    lon: float
    reach_km: float | None = None

    def forms(self) -> Iterator[tuple[str, Form]]:
        for alias, form in super().forms():
            yield alias, "city" if self.kind == "city" and form == "name" else form


@dataclass(frozen=True, kw_only=True, eq=False)
class Rule:
    """A rule, kept generic: `patterns` in the language of `extractors/patterns.py`, `set` what a match says.

    `examples` must match and `counterexamples` must not; each is a text, or a mapping with `text` and what is expected.
    """

    __pydantic_config__: ClassVar[Mapping[str, object]] = {"extra": "forbid"}
    id: str
    description: str
    patterns: Texts = ()
    set: Mapping[str, Any] = field(default_factory=dict)
    examples: tuple[str | Mapping[str, Any], ...] = ()
    counterexamples: tuple[str | Mapping[str, Any], ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None


LEXICONS: dict[str, dict[str, type[Entry]]] = {
    "states": {"entries": State},
    "groups": {"entries": Group},
    "bodies": {"entries": Body},
    "offices": {"entries": Office},
    "persons": {"entries": Person},
    "weapons": {"entries": Weapon, "nouns": Noun},
    "places": {"entries": Place},
}
RULES = ("launch_rules", "reaction_rules", "guards")
