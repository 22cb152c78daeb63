"""How an article was read, for a person: the text with its spans marked, and each record with rules, words, guards."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group
from rich.text import Text

from extractors.engine import Account
from extractors.records import Evidence, Launch, Reaction
from flows.terminal import safe

_LAUNCH, _REACTION, _REFUSED = "bold green", "bold cyan", "strike dim"


def explained(title: str, text: str, account: Account) -> Group:
    """Everything about one article, ready to print."""
    found = account.extraction
    body = _marked(text, account)
    parts: list[Text] = [Text(safe(title), style="bold"), body, Text()]
    fields = {one.key: one for one in account.launches}
    for launch in found.launches:
        parts.append(_launch_line(launch))
        detail = fields.get(launch.key)
        if detail is not None:
            parts += [_line(f"    {name}", f"“{span.text}”") for name, span in detail.fields]
            parts.append(_line("    inferred", ", ".join(detail.inferred) or "nothing"))
            parts.append(_line("    rules", ", ".join(detail.rules)))
            parts += [_line("    guards", ", ".join(detail.guards))] if detail.guards else []
    for reaction in found.reactions:
        parts.append(_reaction_line(reaction))
        parts += [_line("    words", f"“{span.text}”") for span in reaction.evidence]
        parts.append(_line("    rules", ", ".join(reaction.rules)))
    parts += [_line(f"refused by {guard}", f"“{span.text}”") for guard, span in account.refused]
    if not found.launches and not found.reactions:
        parts.append(Text("no launch, no reaction"))
    return Group(*parts, Text())


def _marked(text: str, account: Account) -> Text:
    # One character for one, so that the offsets of the spans hold.
    body = Text(safe(text))
    spans: Iterable[tuple[Evidence, str]] = [
        *((span, _REFUSED) for _, span in account.refused),
        *((span, _LAUNCH) for launch in account.extraction.launches for span in launch.evidence),
        *((span, _REACTION) for reaction in account.extraction.reactions for span in reaction.evidence),
    ]
    for span, style in spans:
        body.stylize(style, span.start, span.end)
    return body


def _launch_line(launch: Launch) -> Text:
    values = (
        launch.actor or launch.country,
        launch.weapon_class,
        launch.weapon_name,
        _count(launch),
        launch.date and f"{launch.date} ({launch.date_precision})",
        launch.time_local,
        launch.launch_site and f"from {launch.launch_site}",
        launch.landing_area and f"to {launch.landing_area}",
        launch.distance_km and f"{launch.distance_km:g} km",
        launch.apogee_km and f"{launch.apogee_km:g} km high",
        launch.status,
        launch.role,
        launch.attribution and f"says {launch.attribution}",
    )
    return Text(safe(f"{launch.key}  " + " · ".join(str(value) for value in values if value)), style=_LAUNCH)


def _count(launch: Launch) -> str:
    if launch.count_min == launch.count_max:
        return f"{launch.count_min}" if launch.count_min is not None else ""
    return f"{launch.count_min if launch.count_min is not None else ''}–{launch.count_max or ''}"


def _reaction_line(reaction: Reaction) -> Text:
    target = reaction.about or "nothing in this article"
    quoted = ", quoted" if reaction.quoted else ""
    return Text(
        safe(f"{reaction.type} ({reaction.plover or 'no PLOVER code'})  {reaction.actor} ({reaction.actor_country})"
             f"  about {target}{quoted}"), style=_REACTION
    )  # fmt: skip


def _line(label: str, words: str) -> Text:
    return Text(safe(f"{label:<20} {' '.join(words.split())}"))
