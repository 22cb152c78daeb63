"""The article's paragraphs: none lost, nothing from beside them, and no worse than trafilatura alone."""

from __future__ import annotations

import re
from collections import Counter

from lxml import etree
from newspages import BODY, PARAGRAPHS, TEXT, TITLE, page, paragraphs
from trafilatura import bare_extraction
from trafilatura.settings import Document

from extractors.article import parse_page
from extractors.body import article_blocks
from extractors.markup import parse_html
from flows.demo.content import load_outlets, load_stories
from flows.demo.rendering import page as demo_page


def blocks(markup: str | bytes) -> list[str]:
    tree = parse_html(markup)
    assert tree is not None
    before = etree.tostring(tree)
    found = article_blocks(tree, url="https://www.harbour.example/a", elements=200)
    assert etree.tostring(tree) == before
    return found


def test_parts_of_an_article_apart_from_each_other_are_all_kept() -> None:
    first, second = paragraphs(PARAGRAPHS[:3]), paragraphs(PARAGRAPHS[3:])
    divided = f"<section>{first}</section><div class='slot'></div><section><div>{second}</div></section>"
    assert blocks(page(divided))[-6:] == list(PARAGRAPHS)


def test_what_stands_beside_the_article_is_no_part_of_it() -> None:
    said = "She has written about the sea, about those who live by it and about its harbours, for eleven years now."
    beside = f"<div class='author-bio'><p>{said}</p></div><div class='legal-note'><p>{said}</p></div>"
    found = blocks(page(after=beside))
    assert found[-6:] == list(PARAGRAPHS)
    assert said not in found


def test_text_without_paragraph_elements_is_found() -> None:
    assert parse_page(page("<br><br>".join(PARAGRAPHS)), url="https://www.harbour.example/a").text == TEXT


def test_a_short_article_under_long_lists_of_links_is_found() -> None:
    links = "".join(f"<li><a href='/{n}'>Council of town {n} votes on the bridge at last</a></li>" for n in range(60))
    article = f"<article><h1>{TITLE}</h1><p>{PARAGRAPHS[1]}</p></article>"
    found = blocks(f"<html><body><ul>{links}</ul>{article}</body></html>")
    assert PARAGRAPHS[1] in found
    assert not any("votes on the bridge" in block for block in found)


def grams(text: str) -> Counter[tuple[str, ...]]:
    words = re.findall(r"\w+", text)
    return Counter(tuple(words[at : at + 4]) for at in range(len(words) - 3))


def test_no_worse_than_trafilatura_alone_on_saved_pages() -> None:
    """Text, title and date of each page: at least as much of the article, and no more of anything else."""
    saved = [(page(), TITLE, TEXT, "2024-01-07"), (page(BODY * 3, head=""), TITLE, "\n\n".join(PARAGRAPHS * 3), None)]
    stories = [story for story in load_stories() if story.access == "free" and story.dated]
    for story in stories[::2]:
        body = demo_page(load_outlets()[story.outlet], "https://demo.example", story, stories[:5]).body
        saved.append((body, story.title, story.text, story.published.date().isoformat()))
    for body, title, text, day in saved:
        ours = parse_page(body, url="https://demo.example/news/story")
        plain = bare_extraction(body, with_metadata=True)
        assert isinstance(plain, Document)
        true, found, others = grams(text), grams(ours.text), grams(plain.text or "")
        assert (found & true).total() >= (others & true).total()
        assert (found - true).total() <= (others - true).total()
        assert ours.title == title
        assert day is None or (ours.published is not None and ours.published.date().isoformat() == day)
