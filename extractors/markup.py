"""Bytes to text, and markup to plain text: what feeds, sitemaps and pages share.

Everything here takes untrusted input, runs in time linear in it, and never raises for any bytes.
"""

from __future__ import annotations

import codecs
import html
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Literal

from lxml import etree
from lxml.html import HtmlElement

Family = Literal["xml", "html"]

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_XML_DECLARATION = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{2,40})[\"']")
_META_CHARSET = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_CHARSET_PARAMETER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
# Labels are read as the WHATWG Encoding Standard reads them: pages that say Latin-1 mean windows-1252.
_ALIASES = {
    "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "iso_8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252",
    "ascii": "cp1252", "us-ascii": "cp1252", "windows-1252": "cp1252", "x-cp1252": "cp1252", "iso-8859-9": "cp1254",
    "gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "x-gbk": "gb18030", "shift_jis": "cp932",
    "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "euc-kr": "cp949", "ks_c_5601-1987": "cp949",
    "ksc5601": "cp949", "tis-620": "cp874", "utf8": "utf-8", "unicode-1-1-utf-8": "utf-8", "utf-16": "utf-16-le",
}  # fmt: skip
_TEXT_CODECS = re.compile(
    r"utf[-_]?(8|16|32)([-_]?[lb]e)?|iso[-_]?8859[-_]?\d+|windows[-_]\d+|cp\d+|koi8[-_][ru]|gb\d+|big5(hkscs)?"
    r"|euc[-_]\w+"
    r"|iso[-_]2022[-_][\w-]+|mac[-_]\w+",
    re.IGNORECASE,
)


# Bytes that are not UTF-8, as `surrogateescape` leaves them, read as windows-1252: the mixture that news sites really
# send. An error handler of our own would be called for each such byte, and there can be millions.
_WINDOWS_1252 = {0xDC00 + byte: bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0x100)}


def decode(body: bytes, declared: str | None = None, *, family: Family) -> tuple[str, str | None]:
    """Text of a document and what was wrong with its encoding, in words, or None.

    `declared` is a bare charset or a whole Content-Type. Order: byte order mark; UTF-16 and -32 by their zero bytes;
    UTF-8 if the bytes are that; the charset of the header, then of the document; else UTF-8 with windows-1252 between.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace"), None
    if body[:4].strip(b"\t\r\n ")[:1] in (b"<", b"\0") and b"\0" in body[:4]:
        zeros = (
            ("utf-32-le", b"<\0\0\0"),
            ("utf-32-be", b"\0\0\0<"),
            ("utf-16-le", b"<\0"),
            ("utf-16-be", b"\0<"),
        )
        for name, pattern in zeros:
            if body.startswith(pattern):
                return body.decode(name, "replace"), None
    label = _label(declared) or _label_inside(body, family)
    if label is not None and label.startswith("iso-2022"):
        return body.decode(label, "replace"), None
    try:
        # Not final: a body cut at its bound may end within a character.
        text = codecs.getincrementaldecoder("utf-8")().decode(body)
    except UnicodeDecodeError:
        pass
    else:
        odd = label not in (None, "utf-8", "cp1252") and not body.isascii()
        return text, f"the text is UTF-8 although {label} is declared" if odd else None
    if label in (None, "utf-8"):
        text = body.decode("utf-8", "surrogateescape").translate(_WINDOWS_1252)
        return text, "bytes that are not UTF-8 were read as windows-1252"
    return body.decode(label, "replace"), None


def _label(declared: str | None) -> str | None:
    """A codec name for a charset label or Content-Type; None when absent or no known text encoding."""
    if not declared:
        return None
    parameter = _CHARSET_PARAMETER.search(declared)
    name = parameter[1] if parameter else declared.strip()
    name = name.lower()
    name = _ALIASES.get(name, name)
    if not _TEXT_CODECS.fullmatch(name):
        return None
    try:
        codecs.lookup(name)
    except LookupError:
        return None
    return name


def _label_inside(body: bytes, family: Family) -> str | None:
    pattern = _XML_DECLARATION if family == "xml" else _META_CHARSET
    found = pattern.search(body[:4096])
    label = _label(found[1].decode("ascii", "replace")) if found else None
    # A declaration that could be read as ASCII is not in UTF-16, whatever it says.
    return None if label and label.startswith(("utf-16", "utf-32")) else label


MAX_MEMBERS = 1_000


def gunzip(body: bytes, *, limit: int) -> tuple[bytes, str | None]:
    """Decompressed bytes, at most `limit`, and what went wrong (damaged, cut, too large) in words, or None.

    At most 1,000 members are read: what follows each is copied, so that a file of nothing else takes quadratic time.
    """
    out = bytearray()
    rest = body
    members = 0
    try:
        while rest.startswith(b"\x1f\x8b") and len(out) < limit:
            if members == MAX_MEMBERS:
                return bytes(out), f"only the first {MAX_MEMBERS:,} gzip members were read"
            member = zlib.decompressobj(wbits=31)
            out += member.decompress(rest, limit - len(out))
            if not member.eof:
                cut = len(out) >= limit
                return bytes(out), f"only the first {limit:,} bytes were read" if cut else "the gzip data is cut short"
            rest = member.unused_data
            members += 1
    except zlib.error:
        return bytes(out), "the gzip data is damaged"
    return bytes(out), None


_ILLEGAL = re.compile(r"[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LONG_TAG = re.compile(r"<[^<>]{16384,}>?")
_BARE = re.compile(r"&(?!#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z]\w{0,30};)")
_FOREIGN = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)[#\w]{1,32};")


def mend_xml(text: str) -> tuple[str, list[str]]:
    """XML text without what a parser refuses or loses text by, and what was done to it, in words.

    Characters that XML forbids (also as references) go, HTML entities become characters, bare ampersands text; CDATA
    sections stay as they are. Tags over 16 KB are dropped: parsers compare each attribute with all before it.
    """
    text, illegal = _ILLEGAL.subn(" ", text)
    pieces: list[str] = []
    at = ampersands = 0
    while at < len(text):
        opened = text.find("<![CDATA[", at)
        outside = _LONG_TAG.sub("", text[at:opened] if opened >= 0 else text[at:])
        if "&" in outside:
            outside, bare = _BARE.subn("&amp;", outside)
            ampersands += bare
            outside = _FOREIGN.sub(_as_character, outside)
        pieces.append(outside)
        if opened < 0:
            break
        closed = text.find("]]>", opened)
        at = closed + 3 if closed >= 0 else len(text)
        pieces.append(text[opened:at])
    problems = ["characters that XML forbids were removed"] if illegal else []
    return "".join(pieces), problems + (["bare ampersands were read as text"] if ampersands else [])


def _as_character(reference: re.Match[str]) -> str:
    char = html.unescape(reference[0])
    return "" if _ILLEGAL.match(char) else html.escape(char)


_DROPPED = dict.fromkeys(
    [
        0x00AD,
        0x061C,
        0x180E,
        0x200B,
        0x200E,
        0x200F,
        0x2060,
        0xFEFF,
        0xFFFE,
        0xFFFF,
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
        *range(0xD800, 0xE000),
        *range(0xFFF9, 0xFFFC),
    ]
)
_SPACED = dict.fromkeys(
    [code for code in [*range(0x20), *range(0x7F, 0xA0)] if code != 0x0A]
    + [0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000],
    " ",
)
_CLEANING: dict[int, str | None] = {**_DROPPED, **_SPACED, 0x2028: "\n", 0x2029: "\n"}
_UNCLEAN = re.compile(f"[{''.join(re.escape(chr(code)) for code in _CLEANING)}]")


MAX_MARKS = 30
"""Combining marks in a row that are kept, the bound of the Stream-Safe Text Format (UAX #15, 13)."""


def clean(text: str) -> str:
    """NFC with plain spaces, without control characters (but newline), bidirectional overrides or invisible marks."""
    if _UNCLEAN.search(text):
        text = text.translate(_CLEANING)
    if len(text) > 1_000 and not text.isascii():
        text = _stacked_marks().sub(r"\1", text)
    return unicodedata.normalize("NFC", text)


@cache
def _stacked_marks() -> re.Pattern[str]:
    """More marks in a row than any language stacks: normalising sorts them, in quadratic time."""
    marks = "".join(chr(code) for code in range(0x300, 0x20000) if unicodedata.combining(chr(code)))
    return re.compile(f"([{marks}]{{{MAX_MARKS}}})[{marks}]++")


def one_line(text: str) -> str:
    """`clean` text with every run of white space made one space."""
    line = " ".join(text.split())
    return line if line.isascii() and line.isprintable() else " ".join(clean(line).split())


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ELEMENTS = _names("""
    a abbr acronym address article aside b bdi bdo big blockquote br center cite code dd del div dl dt em figcaption
    figure font footer h1 h2 h3 h4 h5 h6 head header hr html i iframe img ins kbd li main mark meta nav nobr ol p
    picture
    pre q s samp section small source span strike strong sub sup svg table tbody td th time title tr tt u ul var
    video wbr
""")
INLINE = _names("""
    a abbr acronym b bdi bdo big cite code del em font i ins kbd mark nobr q s samp small span strike strong sub sup
    time
    tt u var wbr
""")
_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]{0,10})(?:\s[^<>]*)?/?>")
_SCRIPTS = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_COMMENTS = re.compile(r"<!--.*?(?:-->|\Z)|<!\[CDATA\[|\]\]>", re.DOTALL)
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
MAX_LINE = 20_000


def plain_line(markup: str, limit: int = MAX_LINE) -> str:
    """One line of plain text from a title or summary that may hold HTML, once or twice escaped.

    Only names of HTML elements count as tags, so "<Hwasong-18> and 3 < 4" stays; the first `limit` characters are read.
    """
    text = markup[:limit]
    for _ in range(2):
        text = _REFERENCE.sub(lambda found: html.unescape(found[0]), _without_tags(text))
    return one_line(_without_tags(text))


def _without_tags(text: str) -> str:
    if "<" not in text:
        return text
    text = _COMMENTS.sub(" ", _SCRIPTS.sub(" ", text))
    return _TAG.sub(_gap, text)


def _gap(tag: re.Match[str]) -> str:
    """What stands in the place of a tag: nothing, or a space where it parted blocks."""
    name = tag[1].lower()
    return "" if name in INLINE else " " if name in _ELEMENTS else tag[0]


# HTML's, and behind them those that trafilatura makes of them.
_BLOCKS = _names("""
    address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure
    footer form
    h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main nav ol option p pre section summary table tbody td tfoot th
    thead tr ul
    head list item quote row cell doc fw ab
""")
_SILENT = _names("""
    script style template noscript iframe object embed svg math canvas audio video picture map select textarea button
    input
    title meta link
""")
SHOWN = _SILENT - {"noscript", "button"}
"""What stays silent where a page is judged by what it asks of its reader."""
_SENTENCE_END = re.compile(r"[.!?…:;][\"'”’»)\]]*$")


def paragraphs(root: etree._Element, *, silent: frozenset[str] = _SILENT) -> list[str]:
    """The plain text of an element, one string a block; headings, list items and cells are blocks of their own.

    Two line breaks, or one after the end of a sentence, part a block. Walks without recursion, to any depth.
    """
    blocks: list[str] = []
    run: list[str] = []

    def flush() -> None:
        text = one_line("".join(run))
        if text:
            blocks.append(text)
        run.clear()

    breaks = 0
    for event, element in _walk(root, silent):
        tag = element.tag
        if event == "start":
            if tag in ("br", "lb"):
                breaks += 1
                if breaks > 1 or _SENTENCE_END.search("".join(run[-3:]).rstrip()):
                    flush()
                run.append(" ")
            elif tag in _BLOCKS:
                flush()
            piece = element.text
        else:
            if tag in _BLOCKS:
                flush()
            piece = element.tail if element is not root else None
        if piece:
            run.append(piece)
            if not piece.isspace():
                breaks = 0
    flush()
    return blocks


def _walk(root: etree._Element, silent: frozenset[str]) -> Iterator[tuple[str, etree._Element]]:
    """Start and end of each element in order; silent elements and comments only end (their tails are text)."""
    walker = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    muted: etree._Element | None = None
    for event, element in walker:
        if event in ("comment", "pi"):
            if muted is None:
                yield "end", element
        elif muted is not None:
            if event == "end" and element is muted:
                muted = None
                yield "end", element
        elif event == "start" and element.tag in silent:
            muted = element
        else:
            yield event, element


def join(blocks: Iterable[str]) -> str:
    """Paragraphs in one text, a blank line between them."""
    return "\n\n".join(blocks)


_WRAPPER = (
    r"</?(?!(?:html|head|body|title|meta|link|style|p|br|h[1-6]|nav|header|footer|aside|figure|figcaption|main|article"
    r"|time|template)\b)([a-zA-Z][\w-]*+)[^<>]*+>?"
)
_WRAPPERS = re.compile(rf"(?:{_WRAPPER}\s*+)++")
_WRAPPER_NAME = re.compile(_WRAPPER)
_DEEPEST = 2_000
# lxml.html's own look-up is a Python function, called for each element whenever it is met.
_ALL_HTML = etree.ElementDefaultClassLookup(element=HtmlElement)


def parse_html(text: str | bytes, problems: list[str] | None = None) -> HtmlElement | None:
    """An lxml tree, however deep or broken the markup (bytes are UTF-8); None where there is nothing to make one of.

    libxml2 stops at 2,048 nested elements, so that the rest of the page would be lost: such a page is parsed again
    without the elements that only wrap others, and `problems` is told.
    """
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    root, too_deep = _parsed(data)
    if too_deep:
        root, _ = _parsed(_WRAPPERS.sub(_paragraph_break, data.decode()).encode())
        if problems is not None:
            problems.append("elements are nested thousands deep; those that only wrap others were left out")
    return root


def _paragraph_break(tags: re.Match[str]) -> str:
    """What stands in the place of wrappers: the start of a paragraph, or nothing within a line."""
    names = (name.lower() for name in _WRAPPER_NAME.findall(tags[0]))
    return "<p>" if any(name not in INLINE for name in names) else " " * tags[0][-1].isspace()


def _parsed(data: bytes) -> tuple[HtmlElement | None, bool]:
    """The tree, and whether the parser gave up amid the text."""
    # Without `huge_tree` everything below 255 nested elements goes, and text nodes over 10 MB.
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True, no_network=True)
    parser.set_element_class_lookup(_ALL_HTML)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError, AssertionError):
        return None, False
    # To go through the parser's log takes as long as to parse.
    stopped = data.count(b"<") - data.count(b"</") > _DEEPEST and any(
        error.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for error in parser.error_log
    )
    return (root if isinstance(root, HtmlElement) else None), stopped
