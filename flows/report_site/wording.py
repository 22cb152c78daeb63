"""Untrusted text for pages and XML, and the words that readers see for codes."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from flows.terminal import safe

# What XML 1.0 (2.2) has no place for besides the controls that `safe` replaces.
_NOT_XML = re.compile("[\ufffe\uffff]")
_INITIALS = frozenset({"crbm", "srbm", "mrbm", "irbm", "icbm", "slbm"})
_HYPHENS = {"anti_ship_missile": "anti-ship missile", "surface_to_air_missile": "surface-to-air missile"}
_FAMILIES = {
    "ballistic": frozenset({*_INITIALS, "ballistic_missile", "hypersonic_missile"}),
    "cruise": frozenset({"cruise_missile", "anti_ship_missile"}),
    "space": frozenset({"space_launch_vehicle"}),
    "drone": frozenset({"attack_drone"}),
    "rocket": frozenset({"artillery_rocket", "surface_to_air_missile"}),
}
FAMILIES = {
    "ballistic": "ballistic and hypersonic",
    "cruise": "cruise and anti-ship",
    "space": "space launch",
    "drone": "attack drone",
    "rocket": "artillery rocket and air defence",
    "other": "missile or projectile, not said which",
}
_FIELDS = {"count": "number", "weapon_class": "class", "weapon_name": "weapon", "time_local": "local time"}


def shown(value: object) -> str:
    """`value` as text that any page or XML document may carry once escaped: no controls, no bidi marks."""
    text = "" if value is None else str(value)
    if text.isascii() and text.isprintable():
        return text
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", safe(text))


@lru_cache(4096)
def link(url: str | None) -> str:
    """`url` where it is a web address, else nothing: `javascript:` and the like lead nowhere."""
    text = shown(url).strip()
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme.lower() in ("http", "https") and parts.netloc else ""


def words(code: object) -> str:
    """A class, status or type as words: `space_launch_vehicle` is "space launch vehicle", `srbm` "SRBM"."""
    text = shown(code)
    return text.upper() if text in _INITIALS else _HYPHENS.get(text) or text.replace("_", " ")


def field(name: object) -> str:
    """A field of a claim as words."""
    text = shown(name)
    return _FIELDS.get(text) or text.removesuffix("_km").replace("_", " ") + (" (km)" if text.endswith("_km") else "")


def family(weapon_class: str) -> str:
    """The group of classes that shares a colour and a shape."""
    return next((name for name, classes in _FAMILIES.items() if weapon_class in classes), "other")


def count(least: int | None, most: int | None) -> str:
    """A number launched as words: "2", "2–3", "at least 2", "up to 3"; empty where nobody gives one."""
    if least is None and most is None:
        return ""
    if most is None:
        return f"at least {least}"
    if least is None:
        return f"up to {most}"
    return str(least) if least == most else f"{least}–{most}"


def weapon(row: Any) -> str:
    """What was launched: "2 SRBMs (KN-23)"."""
    number = count(row["count_min"], row["count_max"])
    plural = "" if number in ("", "0", "1") else "s"
    name = f" ({shown(row['weapon_name'])})" if row["weapon_name"] else ""
    return f"{number} {words(row['weapon_class'])}{plural}{name}".strip()


def side(row: Any) -> str:
    """The launching side: actor, else country, else words for neither."""
    return shown(row["actor"] or row["country"] or "unknown side")


def when(row: Any) -> str:
    """The day of an incident as far as it is known."""
    day: date | None = row["date"]
    if day is None:
        return f"about {row['incident_date']}"
    form = {"month": "%B %Y", "year": "%Y"}.get(row["date_precision"])
    return day.strftime(form) if form else str(day)


def headline(row: Any) -> str:
    """An incident in one line."""
    site = f" from {shown(row['launch_site'])}" if row["launch_site"] else ""
    return f"{side(row)}: {weapon(row)}{site}, {when(row)} ({row['status']})"


def moment(value: Any) -> str:
    """A time as "2026-01-04 22:50 UTC", empty where there is none."""
    return f"{value.astimezone(UTC).isoformat(' ')[:16]} UTC" if isinstance(value, datetime) else ""


def minute(value: Any) -> str:
    """The same where the zone is said elsewhere: "2026-01-04 22:50"."""
    return moment(value).removesuffix(" UTC")


def quantity(value: float | None) -> str:
    """A distance without idle decimals."""
    return "" if value is None else f"{value:,.0f}" if abs(value) >= 10 else f"{value:.1f}".removesuffix(".0")


def spread(low: float | None, high: float | None) -> str:
    """The range of what sources give, empty where they agree."""
    if low is None or high is None or low == high:
        return ""
    return f"{quantity(low)}–{quantity(high)}"


def later(minutes: int) -> str:
    """A span of minutes as words: "45 min", "3 h 20 min", "2 days"."""
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 2880:
        return f"{minutes // 60} h {minutes % 60:02} min"
    return f"{minutes // 1440} days"


def beside(minutes: int) -> str:
    """How long after something, or before it where negative."""
    return f"{later(abs(minutes))} {'before' if minutes < 0 else 'after'}"
