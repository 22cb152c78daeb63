"""Weapons that no lexicon lists, learnt from how an article introduces them.

A capitalised name right before a weapon noun ("the Blue-7 rocket"), after one ("a missile called Heron") or explained
by one ("Heron, the firm's first orbital rocket") names a weapon wherever it stands in that article.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence, Set

from extractors.entries import Noun, Weapon
from extractors.packs import Mention
from extractors.text import word_set

_NAME = r"(?P<name>[A-Z][^\W\d_]{2,20}(?:[- ](?:\d{1,3}[A-Z]?|[IVX]{1,4})\b)?)"
_BEFORE = re.compile(_NAME + r"(?:'s)?[\s-](?:[a-z][\w-]{2,15}\s){0,2}$")
_EXPLAINED = re.compile(
    _NAME + r"(?:, (?:a|an|the|its|their|our|[A-Z]\w+'s)|,? (?:is|was) (?:a|an|the))\s[^,.;:()\n]{0,60}$"
)
_AFTER = re.compile(
    r"s?,? [\"'(]?(?:(?:is |was )?(?:called|named|dubbed|christened|known as) )[\"'(]?(?:the )?" + _NAME
)
# Between a name and a weapon these say that the name did something to it, or how many there were.
_ACTS = re.compile(
    r"\s(?:\w+ed|fires?|sent|shot|sends|launch(?:es)?|two|three|four|five|six|seven|eight|nine|ten|dozens?)\s"
)
_SPACE = re.compile(r"\b(?:satellites?|spacecraft|orbit\w*|spaceports?|payloads?|suborbital)\b", re.IGNORECASE)
_NO_NAMES = word_set(
    """monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december the this that these those its their his her our two three four five six
    seven eight nine ten several more both some most many all other another each no what which when while after
    before and but for from with western eastern northern southern north south east west army navy air space force
    state soviet islamist shia palestinian european japanese chinese official officials witnesses police new first
    second third last next one none rebel rebels private commercial nuclear defence defense civil russian moscow
    ministry outside inside around about nearly almost roughly over page old big small a an in on at then under
    approximately close only just perhaps maybe up down off out least than fewer less upwards between altogether
    total eleven twelve thirteen fourteen fifteen sixteen twenty thirty forty fifty dozens scores hundreds exactly
    barely"""
)
_LONGEST_NAMES = 12
_WORD = re.compile(r"\w+")


def with_new_names(text: str, mentions: Sequence[Mention]) -> list[Mention]:
    """The mentions of a text with those of weapons that it introduces itself, by start."""
    taken = [mention.start for mention in mentions]
    learnt: dict[str, Weapon] = {}
    plain: frozenset[str] = frozenset()
    for mention in mentions:
        if (
            isinstance(mention.entry, Noun)
            and mention.entry.role in ("weapon", "target")
            and len(learnt) < _LONGEST_NAMES
        ):
            plain = plain or frozenset(_WORD.findall(text))
            for name in _introduced(text, mention, plain):
                if name not in learnt:
                    learnt[name] = _weapon(text, name, mention.entry)
    found = [new for name, entry in learnt.items() for new in _uses(text, name, entry) if _free(new, mentions, taken)]
    return sorted([*mentions, *found], key=lambda mention: mention.start) if found else list(mentions)


def _introduced(text: str, noun: Mention, plain: Set[str]) -> Iterator[str]:
    near = _BEFORE.search(text[max(0, noun.start - 48) : noun.start].rpartition("\n")[2])
    if (
        near is not None
        and _is_name(near, plain)
        and not _ACTS.search(near[0])
        and (_numbered(near["name"]) or not _opens(near))
    ):
        yield near["name"]
    explained = _EXPLAINED.search(text[max(0, noun.start - 110) : noun.start].rpartition("\n")[2])
    for match in (explained, _AFTER.match(text, noun.end)):
        if match is not None and _is_name(match, plain):
            yield match["name"]


def _numbered(name: str) -> bool:
    return any(character.isdigit() for character in name)


def _opens(match: re.Match[str]) -> bool:
    """Whether the name stands where any word is capitalised."""
    before = match.string[: match.start("name")].rstrip(" \"'")
    return not before or before[-1] in ".!?:;-—"


def _is_name(match: re.Match[str], plain: Set[str]) -> bool:
    """Whether the match names something; `plain` are the words of the text, of which a name is none in lower case."""
    first = re.split(r"[- ]", match["name"])[0]
    if first.lower() in _NO_NAMES or (first.isupper() and not _numbered(match["name"])):
        return False
    if _numbered(match["name"]):
        return True
    before = re.search(r"([A-Z]\w*) $", match.string[: match.start("name")])
    part_of_longer = before is not None and before[1].lower() not in _NO_NAMES
    return not part_of_longer and first.lower() not in plain


def _weapon(text: str, name: str, noun: Noun) -> Weapon:
    weapon_class = noun.weapon_class or "missile"
    if weapon_class == "projectile" and _SPACE.search(text):
        weapon_class = "space_launch_vehicle"
    return Weapon(id=f"new.{name.lower()}", name=name, weapon_class=weapon_class, countries=())


def _uses(text: str, name: str, entry: Weapon) -> Iterator[Mention]:
    for match in re.finditer(rf"(?<![\w-]){re.escape(name)}(?=s?(?:'s)?(?![\w-]))", text):
        yield Mention(match.start(), match.end(), "weapon", entry, name, "name")


def _free(new: Mention, mentions: Sequence[Mention], starts: Sequence[int]) -> bool:
    at = bisect_left(starts, new.start)
    overlaps_next = at < len(mentions) and mentions[at].start < new.end
    return not overlaps_next and not (at > 0 and mentions[at - 1].end > new.start)
