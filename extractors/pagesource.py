"""An HTML page made ready for reading: decoded, parsed once, bounded, with its meta elements and JSON-LD at hand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import cast
from urllib.parse import urljoin, urlsplit

from lxml import etree
from lxml.html import HtmlElement

from extractors.jsonld import JsonLd
from extractors.markup import INLINE, SHOWN, decode, join, one_line, paragraphs, parse_html, plain_line

MAX_BODY = 32 * 1024 * 1024
MAX_CHARACTERS = 5 * 1024 * 1024
"""What is left of a page without its scripts; the rest is cut."""
MAX_ELEMENTS = 30_000
MAX_DEPTH = 200
MAX_RUN = 1_000
MAX_JSON_LD = 1024 * 1024
MAX_META = 500
MAX_URL = 4096
HEAD = 200_000

_ELSEWHERE = re.compile(
    r"related|recommend|more-?(?:stories|news|from)|read-?(?:more|next|also)|trending|most-?(?:read|popular)|popular"
    r"|sidebar|latest|newsletter|promo|teaser|carousel|comment|(?:^|[\s_-])cards?(?:$|[\s_-])|footer|outbrain|taboola"
    r"|up-?next|also-?(?:like|read)|copyright",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Source:
    """A page being read: its parts, and the problems met so far. `head` is how the source begins, scripts included."""

    url: str
    now: datetime | None
    head: str
    tree: HtmlElement
    ld: JsonLd
    elements: int = 0
    problems: list[str] = field(default_factory=list)
    meta: dict[str, list[str]] = field(init=False)
    _shown: str | None = None

    def __post_init__(self) -> None:
        self.meta = _meta(self.tree)

    @property
    def host(self) -> str:
        return split_host(self.url)

    @property
    def shown(self) -> str:
        """All the text that a reader of the page would see, of buttons too; made when first asked for."""
        if self._shown is None:
            self._shown = join(paragraphs(self.tree, silent=SHOWN))
        return self._shown

    def note(self, problem: str | None) -> None:
        """Remember a problem, each once and at most 20."""
        if problem and problem not in self.problems and len(self.problems) < 20:
            self.problems.append(problem)

    def first(self, *names: str) -> str:
        """The first non-empty meta content of these names, as one line of plain text."""
        for name in names:
            for value in self.meta.get(name, ()):
                if text := plain_line(value):
                    return text
        return ""


class NoPage(ValueError):  # noqa: N818 (no error: most of what is on the web)
    """There is nothing to read; `outcome` is empty or unparsable, and the message says why."""

    def __init__(self, outcome: str, problem: str) -> None:
        super().__init__(problem)
        self.outcome = outcome


def read_source(body: bytes, *, url: str, encoding: str | None, now: datetime | None) -> Source:
    """A Source of the bytes of a page. Raises NoPage."""
    if not body.strip(b"\0 \t\r\n"):
        raise NoPage("empty", "the page is empty")
    problems: list[str] = []
    if len(body) > MAX_BODY:
        body = body[:MAX_BODY]
        problems.append(f"only the first {MAX_BODY:,} bytes were read")
    text, problem = decode(body, encoding, family="html")
    if kind := _other_kind(body, text):
        raise NoPage("unparsable", f"the page is {kind}")
    if problem:
        problems.append(problem)
    return from_markup(text, url=url, now=now, problems=problems)


def from_markup(text: str, *, url: str, now: datetime | None = None, problems: list[str] | None = None) -> Source:
    """A Source of decoded HTML. Raises NoPage."""
    problems = problems or []
    markup, scripts = _without_scripts(text)
    markup = _CROWDED_TAG.sub(r"\1>", markup)
    if len(markup) > MAX_CHARACTERS:
        markup = markup[:MAX_CHARACTERS]
        problems.append(f"only the first {MAX_CHARACTERS:,} characters were read")
    tree = parse_html(_printable(markup), problems)
    if tree is None:
        raise NoPage("empty", "the page has no elements")
    ld = JsonLd.read(scripts)
    if ld.broken:
        problems.append("the JSON-LD is broken and was read by pattern")
    elements, done = _bound(tree)
    return Source(url, now, text[:HEAD], tree, ld, elements, problems + done)


def split_host(url: str) -> str:
    """Host of a URL in lower case, or an empty string."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def absolute(base: str, address: str) -> str | None:
    """An absolute http(s) address, or None."""
    try:
        joined = urljoin(base, "".join(address.split()))
        parts = urlsplit(joined)
    except ValueError:
        return None
    return joined if parts.scheme in ("http", "https") and parts.hostname and len(joined) <= MAX_URL else None


def described(element: HtmlElement) -> str:
    """What the names in an element's attributes say about its part of the page."""
    values = (element.get(name) for name in ("class", "id", "itemprop", "data-testid"))
    return " ".join(value[:200] for value in values if value)


def short_text(element: HtmlElement, limit: int = 400) -> str:
    """The beginning of an element's text on one line; does not read on behind `limit` characters."""
    pieces: list[str] = []
    room = limit
    for piece in islice(element.itertext(), 200):
        pieces.append(piece[:room])
        room -= len(piece)
        if room <= 0:
            break
    return one_line("".join(pieces))


def is_elsewhere(element: HtmlElement) -> bool:
    """Whether an element stands in a part of the page that speaks of other stories."""
    for holder in (element, *element.iterancestors()):
        if holder.tag in ("aside", "footer", "nav"):
            return True
        if holder.tag in ("article", "main", "body"):
            return False
        if _ELSEWHERE.search(described(holder)):
            return True
    return False


def _other_kind(body: bytes, text: str) -> str | None:
    """What these bytes are if they are no page at all."""
    kinds = ((b"%PDF-", "a PDF"), (b"\x89PNG", "an image"), (b"\xff\xd8\xff", "an image"), (b"GIF8", "an image"),
             (b"PK\x03\x04", "a ZIP archive"), (b"\x1f\x8b", "gzip data"))  # fmt: skip
    for magic, name in kinds:
        if body.startswith(magic):
            return name
    head = text[:2000]
    return "binary data" if len(_ODD.findall(head)) > len(head) // 5 else None


_ODD = re.compile(r"[\x01-\x08\x0b\x0e-\x1f\ufffd]")
# Spelt out: a pattern that ignores case cannot skip to the next "<", and takes three times as long.
_SCRIPT_OPEN = re.compile(r"<[sS][cC][rR][iI][pP][tT]\b")
_SCRIPT_CLOSE = re.compile(r"</[sS][cC][rR][iI][pP][tT]\b[^>]*>?")
_LD_TYPE = re.compile(r"type\s*=\s*[\"']?\s*application/ld\+json", re.IGNORECASE)


_CONTROL = bytes(code for code in range(32) if code not in b"\t\n\r")
_SPACED = bytes.maketrans(_CONTROL, b" " * len(_CONTROL))
_NO_CHARACTERS = ("\ufffe".encode(), "\uffff".encode())
_CONTROL_REFERENCE = re.compile(rb"&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|[xX]0*(?:[0-8bBcCeEfF]|1[0-9a-fA-F]));")
# libxml2 compares each attribute with all before it.
_CROWDED_TAG = re.compile(
    r"(<[a-zA-Z][^\s<>]*+(?:\s++[^\s=<>\"']++(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s\"'>]*+))?+){200})[^>]*+>?"
)


def _printable(markup: str) -> bytes:
    """UTF-8 with a space in the place of each control character.

    libxml2 ends a text at a NUL, and one control character makes trafilatura drop the whole page.
    """
    data = markup.encode("utf-8", "replace").translate(_SPACED)
    for noncharacter in _NO_CHARACTERS:
        data = data.replace(noncharacter, b" ")
    return _CONTROL_REFERENCE.sub(b" ", data)


def _without_scripts(text: str) -> tuple[str, list[str]]:
    """The markup without script elements, and the contents of those that are JSON-LD.

    One pass: a script of 11 MB would otherwise cost the parser its text (libxml2's limit on nodes), and count against
    the bound on what is read.
    """
    kept: list[str] = []
    scripts: list[str] = []
    at = room = 0
    while opened := _SCRIPT_OPEN.search(text, at):
        kept.append(text[at : opened.start()])
        tag_end = text.find(">", opened.end())
        closed = _SCRIPT_CLOSE.search(text, tag_end + 1) if tag_end >= 0 else None
        end = closed.start() if closed else len(text)
        if tag_end >= 0 and _LD_TYPE.search(text, opened.end(), min(tag_end, opened.end() + 2000)):
            content = text[tag_end + 1 : min(end, tag_end + 1 + MAX_JSON_LD - room)]
            room += len(content)
            scripts.append(content)
        at = closed.end() if closed else len(text)
    kept.append(text[at:])
    return " ".join(kept), scripts


def _meta(tree: HtmlElement) -> dict[str, list[str]]:
    """Contents of meta elements by property, name, itemprop or http-equiv in lower case."""
    found: dict[str, list[str]] = {}
    for element in islice(tree.iter("meta"), MAX_META):
        content = element.get("content")
        name = element.get("property") or element.get("name") or element.get("itemprop") or element.get("http-equiv")
        if content and name:
            found.setdefault(name.strip().lower()[:100], []).append(content[:4000])
    return found


def _bound(tree: HtmlElement) -> tuple[int, list[str]]:
    """Keep the tree within what recursive readers and the time of a page allow: its elements, and what was done."""
    count, deep, crowded = _survey(tree)
    for element in (*deep, *crowded):
        _make_plain(element)
    done = [f"elements more than {MAX_DEPTH} deep were read as plain paragraphs"] if deep else []
    if crowded:
        done.append(f"more than {MAX_RUN:,} links or spans in a row were read as plain text")
    if count > MAX_ELEMENTS:
        _cut(tree)
        done.append(f"the page has {count:,} elements; at most {MAX_ELEMENTS:,} were read")
    return min(count, MAX_ELEMENTS), done


_COUNT = etree.XPath("count(//*)")
_DEEP = etree.XPath(f"boolean({'/*' * (MAX_DEPTH + 1)})")
_CROWDED = etree.XPath(f"boolean(//*[count(*) > {MAX_RUN}])")


def _survey(tree: HtmlElement) -> tuple[int, list[HtmlElement], list[HtmlElement]]:
    """Number of elements; those at the bound of depth; those with runs of inline elements (quadratic time)."""
    if not (_DEEP(tree) or _CROWDED(tree)):
        return int(cast(float, _COUNT(tree))), [], []
    depth = count = 0
    deep: list[HtmlElement] = []
    crowded: list[HtmlElement] = []
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if event == "end":
            depth -= 1
            continue
        depth += 1
        count += 1
        children = len(element)
        if depth == MAX_DEPTH and children:
            deep.append(element)
        elif children > MAX_RUN and sum(child.tag in INLINE for child in element) > MAX_RUN:
            crowded.append(element)
    return count, deep, crowded


def _cut(tree: HtmlElement) -> None:
    """Drop what is no text, then what comes last."""
    doomed = list(tree.iter("nav", "footer", "svg", "select", "style", "template"))
    doomed += [element for element in tree.iter() if _is_hollow(element)]
    doomed += list(tree.iter("meta", "link"))[MAX_META:]
    for element in doomed:
        if element.getparent() is not None:
            element.drop_tree()
    for element in reversed(list(tree.iter())[MAX_ELEMENTS:]):
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)


def _is_hollow(element: HtmlElement) -> bool:
    """Whether an element says nothing: no child, no text, and no attribute that could be a date or an address."""
    return not len(element) and not element.attrib and element.tag != "br" and not (element.text or "").strip()


def _make_plain(element: HtmlElement) -> None:
    blocks = paragraphs(element)
    del element[:]
    element.text = None
    for block in blocks:
        etree.SubElement(element, "p").text = block
