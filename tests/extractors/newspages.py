"""Invented news pages, whole as sites make them, for the tests of page reading."""

from __future__ import annotations

import json
from collections.abc import Sequence

TITLE = "Northern state fires two missiles toward its eastern waters"
PARAGRAPHS = (
    "The northern state fired two ballistic missiles from near its capital toward its eastern waters on Sunday morning,"
    " the neighbor's defense ministry said.",
    "The missiles flew about 900 kilometers before they fell outside the neighbor's exclusive economic zone, it added"
    " in a statement that gave no altitude.",
    "“We have lodged a strong protest through our embassy,” said Haru Andoh, the defense minister, after an emergency"
    " meeting of the security council in the capital.",
    "The allied command said the launch posed no immediate threat and that it was consulting closely with its partners"
    " across the region.",
    "It was the third launch of the month, after cruise missiles last Sunday and a test of a new engine that state"
    " media announced on Thursday.",
    "Analysts in the south say that the pace has quickened since autumn, when the state put its first reconnaissance"
    " satellite into orbit.",
)
BODY = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
TEXT = "\n\n".join(PARAGRAPHS)
URL = "https://www.harbour.example/world/missiles-toward-eastern-waters"


def json_ld(**fields: object) -> str:
    """A NewsArticle script beside a breadcrumb, as most sites write it; `fields` replace or add."""
    article = {
        "@type": "NewsArticle",
        "headline": TITLE,
        "datePublished": "2024-01-07T09:12:00+09:00",
        "dateModified": "2024-01-07T11:00:00+09:00",
        "author": [{"@type": "Person", "name": "Mina Orrow"}],
        "publisher": {"@type": "Organization", "name": "Harbour Post"},
        **fields,
    }
    graph = {"@context": "https://schema.org", "@graph": [{"@type": "BreadcrumbList"}, article]}
    return f'<script type="application/ld+json">{json.dumps(graph)}</script>'


def page(
    body: str = BODY,
    *,
    head: str | None = None,
    title: str = TITLE,
    byline: str = "By Mina Orrow",
    before: str = "",
    after: str = "",
    lang: str = "en",
    sections: int = 30,
    related: int = 8,
) -> bytes:
    """A page with navigation, a figure, related stories, a newsletter prompt, a consent banner and scripts."""
    menu = "".join(f'<li><a href="/s{number}">Section {number}</a></li>' for number in range(sections))
    others = "".join(
        f'<li><a href="/r{number}">Council of another town votes on bridge number {number} at last</a></li>'
        for number in range(related)
    )
    return f"""<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{title} | Harbour Post</title>
<meta property="og:site_name" content="Harbour Post"><meta property="og:type" content="article">
<style>.a {{ color: red }}</style>{json_ld() if head is None else head}</head>
<body><script>var shown = "<p>Not text of the page.</p>";</script>
<header><nav><ul>{menu}</ul></nav></header>
<div class="cookie-banner"><p>We use cookies to make this site work.</p><button>Accept all</button></div>
<main>{before}<article><h1>{title}</h1><p class="byline">{byline}</p>
<figure><img src="a.jpg" alt=""><figcaption>People watch a launch on a screen at a station.</figcaption></figure>
<div class="article-body">{body}</div></article>
<aside class="related-stories"><h3>Related stories</h3><ul>{others}</ul></aside>
<div class="newsletter-signup"><p>Sign up for our newsletter and get the news each morning in your inbox.</p></div>
{after}</main><footer><p>Copyright 2024 Harbour Post. All rights reserved.</p></footer></body></html>""".encode()


def paragraphs(texts: Sequence[str]) -> str:
    """The texts as HTML paragraphs."""
    return "".join(f"<p>{text}</p>" for text in texts)
