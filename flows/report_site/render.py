"""Pages from templates. Every value is escaped: autoescape is on, and `shown` takes out what escaping cannot."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from markupsafe import Markup, escape

from flows.report_site import names, wording

_FILTERS = (
    wording.words, wording.field, wording.moment, wording.minute, wording.quantity, wording.family, wording.weapon,
    wording.side, wording.when, wording.headline, wording.beside, names.month_of,
)  # fmt: skip

# Longer texts are seldom met twice.
_SHORT = 60


class _Escaping(CodeGenerator):
    """Leaves escaping to `finalize`, which every value passes anyway and which remembers what it made of most."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        self.write(finalize.src or "")

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        self.write(")")


class _Rows(Environment):
    """Rows are dictionaries: their keys are looked up first, as thousands of failed attribute look-ups add up."""

    code_generator_class = _Escaping

    def getattr(self, obj: Any, attribute: str) -> Any:
        return obj[attribute] if type(obj) is dict and attribute in obj else super().getattr(obj, attribute)


@cache
def environment() -> Environment:
    """Jinja's environment with the filters that the templates use."""
    made = _Rows(
        loader=PackageLoader("flows.report_site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
        auto_reload=False,
    )
    made.filters.update({function.__name__: function for function in (*_FILTERS, cited)})
    made.globals.update(spread=wording.spread, data_file=names.data_file, families=wording.FAMILIES)
    return made


def page(template: str, **values: Any) -> str:
    """A page of the site."""
    return environment().get_template(template).render(**values)


def cited(item: Mapping[str, Any]) -> Markup:
    """An article with its link, outlet and time."""
    return _cited(item["url"], item["title"], item["source"], item["published_at"])


@lru_cache(4096)
def _cited(url: str | None, title: str, source: str, at: datetime | None) -> Markup:
    # Most pages cite each of their articles several times.
    address, told = escape(wording.link(url)), escape(wording.shown(title))
    named = f'<a href="{address}" rel="noopener noreferrer nofollow">{told}</a>' if address else told
    when = f', <time datetime="{at.isoformat()}">{wording.moment(at)}</time>' if at else ""
    return Markup(f"{named}, {escape(wording.shown(source))}{when}")


def asset(name: str) -> bytes:
    """A file that is served as it is."""
    return (files(__package__) / "templates" / name).read_bytes()


@cache
def version() -> str:
    """Digest of everything that makes pages: another one makes every page anew."""
    digest = hashlib.sha256()
    package = files(__package__)
    for path in sorted((*package.iterdir(), *(package / "templates").iterdir()), key=lambda p: p.name):
        if path.is_file() and not path.name.endswith(".pyc"):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _finalized(value: Any) -> str:
    # Markup is what the templates made themselves; all else came from outside.
    if isinstance(value, Markup):
        return value
    text = value if type(value) is str else "" if value is None else str(value)
    return _usual(text) if len(text) < _SHORT else str(escape(wording.shown(text)))


@lru_cache(8192)
def _usual(text: str) -> str:
    return str(escape(wording.shown(text)))
