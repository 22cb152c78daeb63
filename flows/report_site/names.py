"""Where each page and file of the site is, relative to its front page."""

from __future__ import annotations

import re
from datetime import date


def incident_page(incident_id: str) -> str:
    """The page of an incident."""
    return f"incident/{_plain(incident_id)}.html"


def country_page(country: str | None) -> str:
    """The page of a launching country, or of the sides without one."""
    return f"country/{_plain(country or 'none')}.html"


def month_page(month: str) -> str:
    """The page of a month written as "2026-01"."""
    return f"month/{month}.html"


def month_of(day: date) -> str:
    """The month of a day as "2026-01"; `strftime` pads no year before 1000 and takes four times as long."""
    return f"{day.year:04}-{day.month:02}"


def search_file(year: int) -> str:
    """The list of a year that the page searches."""
    return f"data/search-{year}.js"


def data_file(kind: str, year: int) -> str:
    """A data file of a year; `kind` is "incidents.csv" and the like."""
    stem, _, suffix = kind.partition(".")
    return f"data/{stem}-{year}.{suffix}"


def _plain(text: str) -> str:
    """A file name that leads nowhere else, whatever a rule pack calls a country."""
    return re.sub(r"[^A-Za-z0-9-]", "_", text)
