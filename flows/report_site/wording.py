"""Untrusted text for pages and XML, and the words that readers see for codes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from flows.terminal import safe

# What XML 1.0 (2.2) has no place for besides the controls that `safe` replaces.
_NOT_XML = re.compile("[\ufffe\uffff]")


def shown(value: object) -> str:
    """`value` as text that any page or XML document may carry once escaped: no controls, no bidi marks."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", safe(value))


def link(url: object) -> str:
    """`url` where it is a web address, else nothing: `javascript:` and the like lead nowhere."""
    text = shown(url).strip()
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme.lower() in ("http", "https") and parts.netloc else ""


def words(code: object) -> str:
    """A class, status or type as words: `space_launch_vehicle` is "space launch vehicle"."""
    text = shown(code)
    return text.upper() if text in _INITIALS else text.replace("_", " ")


_INITIALS = frozenset({"crbm", "srbm", "mrbm", "irbm", "icbm", "slbm"})


def count(least: int | None, most: int | None) -> str:
    """A number launched as words: "2", "2–3", "at least 2", "up to 3"; empty where nobody gives one."""
    if least is None and most is None:
        return ""
    if most is None:
        return f"at least {least}"
    if least is None:
        return f"up to {most}"
    return str(least) if least == most else f"{least}–{most}"


def moment(value: Any) -> str:
    """A time as "2026-01-04 22:50 UTC", empty where there is none."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if isinstance(value, datetime) else ""


def quantity(value: float | None) -> str:
    """A distance without idle decimals."""
    return "" if value is None else f"{value:,.0f}" if abs(value) >= 10 else f"{value:.1f}".removesuffix(".0")
