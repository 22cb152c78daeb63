"""Page bytes to article: text by trafilatura (body.py), everything else (dates, people, what the page is) by our own
reading. The HTML is parsed once.
"""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import accumulate, islice
from typing import Any
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from extractors.body import article_blocks
from extractors.credits import credit
from extractors.markup import clean, join, one_line, paragraphs, parse_html, plain_line
from extractors.pagedates import read_dates
from extractors.pagesource import (
    NoPage,
    Source,
    absolute,
    described,
    from_markup,
    is_elsewhere,
    read_source,
    short_text,
)
from extractors.people import clean_authors
from extractors.records import Page, Quality
from extractors.walls import wall

MIN_ARTICLE = 250
"""Characters below which a page that claims nothing is hardly an article."""
MIN_CLAIMED = 100
"""The same of a page that says it is an article."""
MIN_FRAGMENT = 600
"""Characters below which a feed entry's content is a teaser."""
UNDOUBTED = 2_500
"""Characters from which a text is the article, whatever else the page shows."""
MAX_TITLE = 500
MAX_TEXT = 300_000
"""Characters of text kept: ten times the longest of articles; a live blog beyond is cut at a paragraph."""

# trafilatura logs every page it finds nothing on as an error; the outcome of the Page says it.
for _name in ("trafilatura", "htmldate"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


def parse_page(body: bytes, *, url: str, encoding: str | None = None, now: datetime | None = None) -> Page:
    """What a page says, as a record; never raises: what cannot be read has outcome "unparsable" and the reason.

    `encoding` is the charset or Content-Type of the response. With `now` (aware), dates more than a day ahead of it
    are refused. `text` is plain: paragraphs parted by a blank line, NFC, no control characters but the newline.
    """
    try:
        return _read(read_source(body, url=url, encoding=encoding, now=now))
    except NoPage as reason:
        return _nothing(url, reason.outcome, str(reason))
    except Exception as error:  # any bytes at all may come, and one page must never stop the others
        return _nothing(url, "unparsable", f"the page could not be read ({type(error).__name__}: {str(error)[:120]})")


def parse_fragment(
    markup: str,
    *,
    url: str,
    title: str,
    published: datetime | None = None,
    modified: datetime | None = None,
    authors: tuple[str, ...] = (),
    language: str | None = None,
    site_name: str | None = None,
) -> Page:
    """A feed entry's HTML content as a Page; never raises. What is no longer than a teaser is of quality "partial".

    `date_source` is "feed" where `published` is given.
    """
    try:
        source = from_markup(f"<html><body><div>{markup}</div></body></html>", url=url)
        if language:
            source.tree.set("lang", language)
        text, quality = _read_fragment(source, title)
        return Page(
            url=url,
            outcome="article" if text else "empty",
            title=one_line(title)[:MAX_TITLE],
            text=text,
            quality=quality,
            authors=authors,
            published=published,
            modified=modified,
            date_source="feed" if published else "none",
            date_precision="second" if published else "none",
            site_name=site_name,
            language=_language(source, text),
            credit=credit(text.split("\n\n"), authors),
            problems=tuple(source.problems),
        )
    except Exception as error:
        return _nothing(url, "unparsable", f"the entry could not be read ({type(error).__name__}: {str(error)[:120]})")


def _nothing(url: str, outcome: str, problem: str) -> Page:
    return Page(url=url, outcome=outcome, title="", text="", quality="none", problems=(problem,))


def _read(source: Source) -> Page:
    """Text, dates and people of the page, and what kind of page it is."""
    dates = read_dates(source)
    title = _title(source)
    found = _bounded(_text_blocks(source), source)
    blocks = _cleaned(found, title)
    text = join(blocks)
    authors = _authors(source)
    outcome = _outcome(source, title, text)
    is_article = outcome == "article"
    return Page(
        url=source.url,
        outcome=outcome,
        title=title,
        text=text if is_article else "",
        quality=_quality(source, found, blocks) if is_article else "none",
        authors=authors,
        published=dates.published.moment,
        modified=dates.modified,
        date_source=dates.source,
        date_precision=dates.published.precision,
        canonical_url=_canonical(source),
        site_name=_site_name(source),
        language=_language(source, text),
        credit=credit(blocks, authors) if is_article else None,
        problems=tuple(source.problems),
    )


# --- text -------------------------------------------------------------------------------------------------------------

_PROMPT = re.compile(
    r"(?:read (?:more|also|next|the full|our)|related|see also|also read|watch(?: more)?|listen|recommended"
    r"|share this"
    r"|more (?:on this|from|stories)|sign up|subscribe|follow (?:us|AP)|more AP|reach the reporters?|click here"
    r"|advertisement|story continues|join our"
    r"|continue reading|download (?:the|our)|photo|image|file photo|getty images|copyright|all rights reserved)\b",
    re.IGNORECASE,
)
_PROMPT_SENTENCE = re.compile(
    r"(?:sign up (?:for|to) .{0,80}(?:newsletter|briefing|inbox|alerts?|email)|follow us on|subscribe to (?:our|the)"
    r"|click here to|get (?:our|the) .{0,60}(?:inbox|newsletter|app)|.{0,80}\ball rights reserved"
    r"|this (?:material|content)"
    r" may not be published|do you have a story tip|have you got a story)",
    re.IGNORECASE,
)
_FURNITURE = re.compile(
    r"(?:by\s+[A-Z][\w.'’-]+(?:\s+[\w.'’-]+){0,8}|(?:first )?(?:published|posted|updated|last (?:updated"
    r"|modified))\b.{0,80}"
    r"|\d+ (?:min(?:ute)?s?|hours?|days?) (?:read|ago)|[\d\s:.,/-]+|share|save|comments?)",
    re.IGNORECASE,
)
_CONTACT = re.compile(r"(?:e-?mail:?\s*)?(?:\S+@\S+\.\S+|https?://\S+|@\w+)", re.IGNORECASE)
_SENTENCE = re.compile(r"[.!?…][\"'”’»)\]]*$")


def _text_blocks(source: Source) -> list[str]:
    """The article's paragraphs as found: by trafilatura, or the JSON-LD's where the page shows much less."""
    blocks = article_blocks(source.tree, url=source.url, elements=source.elements)
    length = sum(map(len, blocks))
    written = _ld_body(source)
    if length < 1500 and sum(map(len, written)) > max(1.5 * length, MIN_ARTICLE):
        source.note("the text is that of the JSON-LD, as the page shows less")
        return written
    return blocks


def _bounded(blocks: list[str], source: Source) -> list[str]:
    """The first blocks, as many as make up the characters kept."""
    ends = list(accumulate(len(block) for block in blocks))
    if not ends or ends[-1] <= MAX_TEXT:
        return blocks
    source.note(f"only the first {MAX_TEXT:,} characters of text were kept")
    count = sum(end <= MAX_TEXT for end in ends)
    return blocks[:count] or [blocks[0][:MAX_TEXT]]


def _ld_body(source: Source) -> list[str]:
    body = source.ld.article(source.url).get("articleBody")
    if not isinstance(body, str):
        return []
    if re.search(r"<(?:p|br|div)\b", body, re.IGNORECASE):
        tree = parse_html(f"<html><body>{body}</body></html>")
        return paragraphs(tree) if tree is not None else []
    return [line for part in html.unescape(body).split("\n") if (line := one_line(part))]


def _cleaned(blocks: Sequence[str], title: str) -> list[str]:
    """Blocks without prompts to the reader, the repeated headline, contacts, and byline and time at the top."""
    kept: list[str] = []
    for block in blocks[: _end_of_text(blocks)]:
        if _is_prompt(block) or (kept and kept[-1] == block):
            continue
        if not kept and (block.casefold() == title.casefold() or (len(block) < 120 and _FURNITURE.fullmatch(block))):
            continue
        kept.append(block)
    return kept


def _end_of_text(blocks: Sequence[str]) -> int:
    """Where the article's own text ends: before an invitation to read on among its last three blocks."""
    for at in range(max(0, len(blocks) - 3), len(blocks)):
        if _invites(blocks[at]):
            return at
    return len(blocks)


def _invites(block: str) -> bool:
    return len(block) < 300 and bool(_READ_ON.search(block))


def _is_prompt(block: str) -> bool:
    """A line that is an address, or invites the reader elsewhere: a well-known sentence, or no sentence at all."""
    if len(block) > 220:
        return False
    if _CONTACT.fullmatch(block):
        return True
    return bool(_PROMPT_SENTENCE.match(block) or (_PROMPT.match(block) and not _SENTENCE.search(block)))


# --- what kind of page ------------------------------------------------------------------------------------------------

_SHELL_MARKUP = re.compile(r"id=[\"']?(?:root|app|__next|__nuxt|main-app)\b|__NEXT_DATA__|window\.__", re.IGNORECASE)
_READ_ON = re.compile(
    r"continue reading|keep reading|read the (?:full|rest of)|read more\W*$|to read the full (?:article|story)"
    r"|subscribe (?:now )?(?:to|for) (?:read|continue|keep|unlimited|full)|(?:sign|log) in to (?:read|continue)"
    r"|already a (?:subscriber|member)|subscribers? only|subscriber[- ]only|(?:only )?(?:available )?(?:to"
    r"|for) subscribers"
    r"|this (?:article|story|content) is (?:reserved|only available)|unlock (?:this|the) (?:article|story)"
    r"|remaining \d+\s?%",
    re.IGNORECASE,
)
_PAYWALL = re.compile(
    r"to (?:continue|keep) reading|subscribe to read|already a subscriber|this (?:article|story"
    r"|content) is (?:for|reserved"
    r" for|only available to) (?:subscribers|members)|(?:sign|log) in to (?:read|continue reading)",
    re.IGNORECASE,
)
# One of these is in all that _PAYWALL finds.
_PAYWALL_WORDS = ("reading", "to read", "subscriber", "members")


def _outcome(source: Source, title: str, text: str) -> str:
    """Which of the outcomes of records.Page this is."""
    claims = bool(source.ld.articles() or source.ld.broken) or "article" in source.first("og:type").lower()
    has_text = len(text) >= MIN_ARTICLE
    judged = text if len(text) >= (MIN_CLAIMED if claims else MIN_ARTICLE) else source.shown
    kind = wall(title, judged, source.head, claimed=claims and has_text)
    if kind is not None:
        return kind
    if _is_listing(source, text, claims=claims):
        return "listing"
    if has_text or (claims and len(text) >= 40):
        return "article"
    if len(text) >= 100 and any(_SENTENCE.search(block) for block in text.split("\n\n")):
        return "article"
    return "shell" if len(source.shown) < 400 and _SHELL_MARKUP.search(source.head) else "empty"


def _is_listing(source: Source, text: str, *, claims: bool) -> bool:
    """A front page or section: mostly links, or lines that end no sentence."""
    if claims and len(text) >= MIN_ARTICLE:
        return False
    types = " ".join(str(node.get("@type")) for node in source.ld.nodes)
    if not claims and (urlsplit(source.url).path in ("", "/") or re.search(r"CollectionPage|SearchResultsPage", types)):
        return True
    blocks = [block for block in text.split("\n\n") if block]
    final = sum(bool(_SENTENCE.search(block)) for block in blocks)
    if len(blocks) >= 6 and final < 0.35 * len(blocks):
        return True
    return not claims and (_has(source.tree.iter("article"), 5) or _is_mostly_headlines(source.tree, text))


def _is_mostly_headlines(tree: HtmlElement, text: str) -> bool:
    """Whether links as long as headlines hold more than the text, or make up most of it."""
    headlines = {words for link in islice(tree.iter("a"), 1_000) if len(words := short_text(link, 300)) >= 30}
    if len(headlines) < 15:
        return False
    begin = text[:50_000]
    linked = sum(len(words) for words in headlines if words in begin)
    return sum(map(len, headlines)) > len(text) or linked > len(begin) / 2


def _has(items: Iterator[Any], count: int) -> bool:
    return sum(1 for _ in islice(items, count)) == count


def _quality(source: Source, found: Sequence[str], blocks: Sequence[str], *, is_page: bool = True) -> Quality:
    """Full or partial; `found` are the blocks with the prompts that `blocks` no longer has."""
    length = sum(map(len, blocks))
    if source.ld.locked():
        problem = "the publisher says that the article is not free to read"
    elif _end_of_text(found) < len(found):
        problem = "the text ends with an invitation to read on"
    elif is_page and length < UNDOUBTED and _asks_to_pay(source):
        problem = "the page asks to subscribe or sign in to read on"
    elif _ends_cut(blocks):
        problem = "the text ends in the middle of a sentence"
    elif length < MIN_ARTICLE:
        problem = "the text is very short"
    else:
        return "full"
    source.note(problem)
    return "partial"


def _asks_to_pay(source: Source) -> bool:
    """Whether what else the page shows may stand in the place of the article's rest."""
    written = source.tree.text_content().lower()
    return any(word in written for word in _PAYWALL_WORDS) and bool(_PAYWALL.search(source.shown))


def _ends_cut(blocks: Sequence[str]) -> bool:
    """Whether the last block stops within a sentence: at dots, a comma, or a word in lower case."""
    last = blocks[-1] if blocks else ""
    if re.search(r"(?:…|\.\.\.|\[…\])[\"”’)\]]*$", last):
        return True
    word = last.split()[-1] if len(last) > 60 else ""
    return bool(re.fullmatch(r"[a-z]+|\S+[,;–—-]", word)) and credit([last], ()) is None


# --- title, people, language ------------------------------------------------------------------------------------------


def _title(source: Source) -> str:
    """The headline: JSON-LD's, the page's only h1, or a shared or window title without the name of the site."""
    headline = plain_line(source.ld.string(source.ld.article(source.url), "headline"))
    if len(headline) > 8:
        return headline[:MAX_TITLE]
    heads = [short_text(element) for element in islice(source.tree.iter("h1"), 5) if not is_elsewhere(element)]
    heads = [head for head in heads if head]
    site = _site_name(source)
    if len(heads) == 1 and len(heads[0]) > 8 and heads[0].casefold() != (site or "").casefold():
        return heads[0][:MAX_TITLE]
    window = source.tree.find(".//title")
    written = short_text(window, MAX_TITLE) if window is not None else ""
    shared = source.first("og:title", "twitter:title", "dc.title", "sailthru.title", "parsely-title")
    return _without_site(shared or written or (heads[0] if heads else ""), site)[:MAX_TITLE]


def _without_site(title: str, site: str | None) -> str:
    if site:
        title = re.sub(rf"\s+[|\-–—:·»]\s+{re.escape(site)}\s*$", "", title, flags=re.IGNORECASE)
    return re.sub(r"\s+\|\s+[^|]{2,40}$", "", title)


def _site_name(source: Source) -> str | None:
    publisher = source.ld.article(source.url).get("publisher")
    if isinstance(publisher, list) and publisher:
        publisher = publisher[0]
    named = publisher.get("name") if isinstance(publisher, dict) else publisher
    name = source.first("og:site_name", "application-name") or (plain_line(named) if isinstance(named, str) else "")
    return name[:200] or None


_META_AUTHORS = ("author", "article:author", "byl", "dc.creator", "parsely-author", "sailthru.author")
_BYLINE_NAME = re.compile(r"(?:^|[\s_-])(?:byline|author(?:-?name)?s?)(?:$|[\s_-])", re.IGNORECASE)
_BYLINE = re.compile(r"(?:[Bb]y:?\s+)?([A-Z][\w.'’-]+(?:\s+(?:[A-Z][\w.'’-]+|and|de|van|von|al|bin|el)){1,7})")


def _authors(source: Source) -> tuple[str, ...]:
    node = source.ld.article(source.url)
    listed = node.get("author") or node.get("creator")
    names = [_person(person) for person in (listed if isinstance(listed, list) else [listed])]
    if not any(names):
        names = [value for key in _META_AUTHORS for value in source.meta.get(key, ())]
    if not any(names):
        names = [_byline(source)]
    separators = r"\s+(?:and|&)\s+|\s*[;|]\s*|,\s+(?=[A-Z])"
    return clean_authors(part for name in names[:20] for part in re.split(separators, plain_line(name, 1_000)))[:20]


def _person(person: Any) -> str:
    if isinstance(person, dict):
        person = person.get("name")
    if isinstance(person, list) and person:
        person = person[0]
    return person if isinstance(person, str) else ""


def _byline(source: Source) -> str:
    for element in islice(source.tree.iter("a", "span", "p", "div", "address"), 8_000):
        names = f"{described(element)} {element.get('rel') or ''}"
        if _BYLINE_NAME.search(names) and not is_elsewhere(element):
            found = _BYLINE.match(short_text(element, 300))
            if found:
                return found[1]
    return ""


_FUNCTION_WORDS = frozenset(
    ("the", "of", "and", "to", "that", "was", "is", "with", "by", "from", "which", "has", "its")
)


def _language(source: Source, text: str) -> str | None:
    """The language declared (ISO 639), checked against how often the commonest English words stand in the text."""
    declared = source.tree.get("lang") or source.first("og:locale", "content-language", "language", "dc.language")
    found = re.match(r"[a-zA-Z]{2,3}(?=$|[-_,\s])", declared.strip())
    code = found[0].lower() if found else None
    words = re.findall(r"[^\W\d_]+", text[:4000].lower())
    if len(words) < 40:
        return code
    share = sum(word in _FUNCTION_WORDS for word in words) / len(words)
    if share > 0.12:
        if code not in (None, "en"):
            source.note(f"the page says its language is {code}, but the text is English")
        return "en"
    if code == "en" and share < 0.03:
        source.note("the page says its language is en, but the text is not English")
        return None
    return code


def _canonical(source: Source) -> str | None:
    for element in source.tree.iter("link"):
        if "canonical" in (element.get("rel") or "").lower().split() and element.get("href"):
            return absolute(source.url, element.get("href") or "")
    shared = source.meta.get("og:url")
    return absolute(source.url, shared[0]) if shared else None


# --- feed entries -----------------------------------------------------------------------------------------------------

_APPEARED = re.compile(
    r"(?:the post\b.{0,300}\bappeared first on\b|read more at\b|view (?:full|original) )", re.IGNORECASE
)


def _read_fragment(source: Source, title: str) -> tuple[str, Quality]:
    for element in list(source.tree.iter("figure", "figcaption", "aside", "form")):
        if element.getparent() is not None:
            element.drop_tree()
    found = _bounded([block for block in paragraphs(source.tree) if not _APPEARED.match(block)], source)
    blocks = _cleaned(found, clean(title))
    text = join(blocks)
    if not text:
        return "", "none"
    quality = _quality(source, found, blocks, is_page=False)
    if quality == "full" and len(text) < MIN_FRAGMENT:
        source.note("the entry is no longer than a teaser")
        quality = "partial"
    return text, quality
