"""News pages for the benches, as large as real ones, each with the text, title and time that it was made of.

Measured on the 80 pages of 2024 in fundus-evaluation (English news sites; medians): 287 KB of HTML, a sixth of that
gzipped; 69 KB of it scripts in 29 elements, 35 KB styles, 4.5 KB JSON-LD, 111 KB markup; 907 elements of which 189 div,
177 links, 146 list items, 57 spans, 28 paragraphs, 18 svg, 44 meta and link; paragraphs 15 deep; 609 words of article;
119 elements in the smallest part of the page that holds them all.
The 181 pages of scrapinghub's article-extraction-benchmark are smaller (115 KB, 715 elements, 529 words). The pages
made here are of the size of the former less what makes its largest quarter.

What they say: of the 261 texts of both sets 18 (7 %) name a missile, drone, satellite or the like at all, and none
tells of a launch. Here one page in fifty reports one (more than measured, as a user's feeds are chosen), and three more
mention such a thing in passing.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

SITES = 40
"""Outlets, each with styles, scripts, navigation and class names of its own."""

_FIRST = ("har", "bour", "qua", "ney", "gin", "coun", "fer", "rid", "cra", "dred", "may", "bud", "vot", "stor", "pier",
          "sur", "rop", "lan", "tem", "bil", "nor", "sed")  # fmt: skip
_LAST = ("a", "en", "er", "ing", "al", "ow", "ish", "ton")
# As many different words as a newspaper has: pages over a few words would all be near-duplicates of each other.
_WORDS = [a + b + c for a in _FIRST for b in _FIRST[:12] for c in _LAST]
_SMALL = ("the", "of", "and", "to", "in", "that", "was", "is", "with", "by", "from", "which", "has", "its", "for", "on",
          "at", "as", "it", "said", "after", "the", "a")  # fmt: skip
_RULES = ("width", "height", "margin", "padding", "color", "border-top", "flex-basis", "line-height")
_PASSING = (
    "The same committee heard last year how a satellite failed in orbit.",
    "Her brother flies a drone for the survey office.",
    "A film about the missile crisis opens the festival.",
)
_LAUNCH = (
    "North Korea fired two short-range ballistic missiles from the Sunan area toward the Sea of Japan on Sunday, the"
    " South Korean military said.",
    "The missiles flew about 600 kilometers before they fell into the sea off its east coast, the Joint Chiefs of Staff"
    " said in a statement.",
    "Japan's prime minister condemned the launch and said that a protest had been lodged through the embassy in"
    " Beijing.",
    "It was the third launch of the month, after an intercontinental ballistic missile was tested on Dec. 18.",
)


@dataclass(frozen=True, slots=True)
class Made:
    """A page and what it was made of; `paragraphs` are the article's own."""

    body: bytes
    title: str
    paragraphs: tuple[str, ...]
    published: datetime


def page(number: int, base: str, published: datetime) -> Made:
    """Page `number`, of one of the outlets, at any address below `base`; the same for the same arguments."""
    chance = random.Random(f"{base}{number}")
    site = _site(number % SITES)
    title = f"{_phrase(chance, 8).capitalize()} {number}"
    paragraphs = _article(chance, number)
    published += timedelta(minutes=chance.randrange(600))
    path = f"/news/{number}"
    head = _head(chance, site, title, f"{base}{path}", published)
    shown = "".join(_shown(chance, site, text, at) for at, text in enumerate(paragraphs))
    name = f"{_word(chance).capitalize()} {_word(chance).capitalize()}"
    top = (
        f'<header class="{site.tag("headline-block")}"><h1 class="{site.tag("headline")}">{title}</h1>'
        f'<div class="{site.tag("byline")}"><span>By</span> <a rel="author" href="/by/{number}">{name}</a></div>'
        f'<time class="{site.tag("timestamp")}" datetime="{published.isoformat()}">{published:%d %B %Y}</time></header>'
    )
    body = (
        f"<!doctype html><html lang=en><head>{head}{site.head}</head>{site.before}<article>{top}"
        f'<div class="{site.tag("article-body")}" data-component="text-block">{shown}</div></article>'
        f"{_related(chance, site)}{site.after}"
    )
    return Made(body.encode(), title, paragraphs, published)


def _word(chance: random.Random) -> str:
    return chance.choice(_WORDS)


def _phrase(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(_WORDS, k=words))


def _sentence(chance: random.Random) -> str:
    words = chance.randrange(12, 28)
    large, small = chance.choices(_WORDS, k=words), chance.choices(_SMALL, k=words)
    return " ".join(["The", *(large[at] if at % 5 in (0, 1, 3) else small[at] for at in range(words))]) + "."


def _article(chance: random.Random, number: int) -> tuple[str, ...]:
    """Some 610 words in 22 paragraphs."""
    found = [" ".join(_sentence(chance) for _ in range(chance.choice((1, 1, 2)))) for _ in range(22)]
    if number % 50 == 0:
        found[:4] = _LAUNCH
    elif number % 50 in (7, 23, 41):
        found[chance.randrange(4, 22)] += f" {chance.choice(_PASSING)}"
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Site:
    """What all pages of an outlet share: the rest of the head, what stands before the article and after it."""

    mark: str
    head: str
    before: str
    after: str

    def tag(self, name: str) -> str:
        """A class attribute as style compilers write them."""
        return f"{self.mark}-{name} {name}-{self.mark}__root {self.mark}_{name}--desktop"


@cache
def _site(number: int) -> _Site:
    chance = random.Random(f"site {number}")
    mark = f"{_word(chance)}{number}"
    bare = _Site(mark, "", "", "")
    head = f"<style>{_style(chance, 35_000)}</style>" + "".join(
        f"<script>{_script(chance, 2_400)}</script>" for _ in range(16)
    )
    links = "".join(f'<link rel="preload" as="script" href="/static/{mark}/{n}.js">' for n in range(12))
    icons = "".join(_icon(chance) for _ in range(18))
    menu = "".join(_item(chance, bare) for _ in range(90))
    ends = "".join(_item(chance, bare) for _ in range(60))
    # Each level of wrapping that a page builder leaves around the article.
    depth = 9
    wraps = "".join(f'<div class="{bare.tag(f"layout-{n}")}" data-testid="wrap-{n}">' for n in range(depth))
    before = (
        f'<body class="{bare.tag("page")}"><a class="{bare.tag("skip")}" href="#main">Skip to content</a>'
        f'<header class="{bare.tag("masthead")}">{icons}<nav class="{bare.tag("nav")}"><ul>{menu}</ul></nav></header>'
        f'<script>{_script(chance, 9_000)}</script><main id="main">{wraps}'
    )
    after = (
        f'</div{">" + "</div" * (depth - 1)}></main><footer class="{bare.tag("footer")}"><ul>{ends}</ul>'
        f"<p>Copyright 2026. All rights reserved.</p></footer>"
        + "".join(f"<script>{_script(chance, 2_000)}</script>" for _ in range(10))
        + "</body></html>"
    )
    return _Site(mark, links + head, before, after)


def _head(chance: random.Random, site: _Site, title: str, url: str, published: datetime) -> str:
    summary = _sentence(chance)
    meta = {
        "og:type": "article", "og:title": title, "og:url": url, "og:description": summary, "og:site_name": site.mark,
        "article:published_time": published.isoformat(), "article:section": _word(chance), "twitter:title": title,
        "twitter:description": summary, "twitter:card": "summary_large_image", "description": summary,
        **{f"{site.mark}:{name}": _phrase(chance, 2) for name in _FIRST[:20]},
        **{f"{site.mark}.{name}": _phrase(chance, 2) for name in _FIRST[:10]},
    }  # fmt: skip
    article = {
        "@context": "https://schema.org", "@type": "NewsArticle", "headline": title, "description": summary,
        "datePublished": published.isoformat(), "dateModified": (published + timedelta(minutes=9)).isoformat(),
        "mainEntityOfPage": {"@type": "WebPage", "@id": url},
        "author": [{"@type": "Person", "name": _phrase(chance, 2)}],
        "publisher": {"@type": "Organization", "name": site.mark, "logo": {"@type": "ImageObject", "url": "/logo.png"}},
        "image": [f"https://images.example/{n}/{site.mark}/{chance.random()}.jpg" for n in range(12)],
        "keywords": [_phrase(chance, 2) for _ in range(60)],
    }  # fmt: skip
    crumbs = {"@type": "BreadcrumbList", "itemListElement": [
        {"@type": "ListItem", "position": n, "name": _word(chance), "item": f"{url}?{n}"} for n in range(8)
    ]}  # fmt: skip
    scripts = "".join(f'<script type="application/ld+json">{json.dumps(part)}</script>' for part in (article, crumbs))
    return (
        f'<meta charset="utf-8"><title>{title} | {site.mark}</title><link rel="canonical" href="{url}">'
        + "".join(f'<meta property="{name}" content="{value}">' for name, value in meta.items())
        + scripts
    )


def _shown(chance: random.Random, site: _Site, text: str, at: int) -> str:
    """A paragraph as the page shows it, with a link in some, and what editors and advertisers put between."""
    words = text.split(" ")
    if at % 4 == 1 and len(words) > 8:
        words[3] = f'<a class="{site.tag("inline-link")}" href="/topic/{at}" data-name="in body link">{words[3]}</a>'
    if at % 7 == 3 and len(words) > 8:
        words[5] = f"<strong>{words[5]}</strong>"
    words[0] = f'<span class="{site.tag("lead")}" data-key="{at}">{words[0]}</span>'
    shown = (
        f'<div class="{site.tag("text-block")}" data-component="text-block"><div class="{site.tag("column")}">'
        f'<p class="{site.tag("paragraph")}" data-position="{at}">{" ".join(words)}</p></div></div>'
    )
    if at in (4, 9, 14):
        slot = f'<div class="{site.tag("slot")}"><div id="ad-{at}" class="{site.tag("frame")}"></div></div>'
        shown += f'<div class="{site.tag("ad-slot")}" data-ad="{at}" aria-hidden="true">{slot * 2}</div>'
    if at == 6:
        shown += _figure(chance, site)
    if at == 11:
        items = _item(chance, site) + _item(chance, site)
        shown += f'<aside class="{site.tag("related")}"><h3>Related</h3><ul>{items}</ul></aside>'
    return shown


def _figure(chance: random.Random, site: _Site) -> str:
    image = f"https://images.example/{chance.random()}"
    sizes = ", ".join(f"{image}/{width}.jpg {width}w" for width in range(200, 2000, 200))
    return (
        f'<figure class="{site.tag("figure")}"><picture><source srcset="{sizes}"><img alt="" loading="lazy" '
        f'srcset="{sizes}" src="/i.jpg"></picture><figcaption>{_sentence(chance)}</figcaption></figure>'
    )


def _related(chance: random.Random, site: _Site) -> str:
    cards = "".join(_card(chance, site, number) for number in range(28))
    return f'<section class="{site.tag("more-stories")}"><h2>More stories</h2>{cards}</section>'


def _card(chance: random.Random, site: _Site, number: int) -> str:
    told = json.dumps({"position": number, "id": chance.random()})
    return (
        f'<div class="{site.tag("card")}" data-testid="card-{number}"><div class="{site.tag("card-image")}">'
        f'<div class="{site.tag("ratio")}"><img alt="" loading="lazy" '
        f'src="https://images.example/{chance.random()}/{number}.jpg"></div></div><div class="{site.tag("card-text")}">'
        f'<h3><a class="{site.tag("card-link")}" href="/news/{number}x" data-analytics=\'{told}\'>'
        f"<span>{_phrase(chance, 9).capitalize()}</span></a></h3>"
        f'<div class="{site.tag("meta")}"><span>{number} hours ago</span></div></div></div>'
    )


def _item(chance: random.Random, site: _Site) -> str:
    name = _word(chance)
    return (
        f'<li class="{site.tag("item")}" data-testid="{site.mark}-{name}"><a class="{site.tag("link")}" '
        f'href="/section/{name}" data-track="nav|{name}"><span class="{site.tag("label")}">{name.capitalize()}</span>'
        "</a></li>"
    )


def _icon(chance: random.Random) -> str:
    path = " ".join(f"{chance.choice('MLC')}{chance.random() * 24:.3f} {chance.random() * 24:.3f}" for _ in range(40))
    return f'<svg width="24" height="24" viewBox="0 0 24 24" aria-hidden="true"><path d="{path}"></path></svg>'


def _style(chance: random.Random, size: int) -> str:
    parts: list[str] = []
    room = size
    while room > 0:
        name, first, second = _phrase(chance, 2).replace(" ", "-"), chance.choice(_RULES), chance.choice(_RULES)
        part = f".{name}{{{first}:{chance.randrange(99)}px;{second}:{chance.random():.3f}em}}"
        parts.append(part)
        room -= len(part)
    return "".join(parts)


def _script(chance: random.Random, size: int) -> str:
    parts: list[str] = ["!function(){var e={};"]
    room = size
    while room > 0:
        a, b, c = chance.choices(_WORDS, k=3)
        test = f"n&&t.{b}<{chance.randrange(9999)}"
        part = f'e["{a}"]=function(t,n){{return {test}?window.{c}:"{chance.getrandbits(48):x}"}};'
        parts.append(part)
        room -= len(part)
    return "".join(parts) + "}();"


def moment(day: int) -> datetime:
    """Midnight of a day of January 2026."""
    return datetime(2026, 1, day, tzinfo=UTC)
