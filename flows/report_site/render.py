"""Pages from templates. Every value is escaped: autoescape is on, and `shown` takes out what escaping cannot."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from flows.report_site import wording


@cache
def environment() -> Environment:
    """Jinja's environment with the filters that the templates use."""
    made = Environment(
        loader=PackageLoader("flows.report_site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    made.filters.update(
        words=wording.words, link=wording.link, moment=wording.moment, quantity=wording.quantity, shown=wording.shown
    )
    made.globals["number"] = wording.count
    return made


def page(template: str, **values: Any) -> str:
    """A page of the site."""
    return environment().get_template(template).render(**values)


def _finalized(value: Any) -> Any:
    # Markup is what the templates made themselves; all else came from outside.
    return value if hasattr(value, "__html__") else wording.shown(value)
