"""Canonical URLs, ids and content hashes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.identity import article_id, canonical_url, content_hash, same_site

STORY = "https://www.harbour.example/world/missiles-7"


@pytest.mark.parametrize(
    "url",
    [
        "http://www.harbour.example/world/missiles-7",
        "HTTPS://WWW.Harbour.example.:443/world/missiles-7/",
        " https://reader:secret@www.harbour.example/world//x/.././missiles-7#comments\n",
        STORY + "?utm_source=rss&utm_medium=feed&fbclid=abc&CMP=share",
        STORY + "?at_medium=RSS&at_campaign=KARANGA&ref=home&smid=tw",
        STORY + "/amp/", STORY + "/amp?amp=1", STORY + "?outputType=amp", STORY + ".amp",
        "https://www.harbour.example/amp/world/missiles-7",
        "https://www.google.com/amp/s/www.harbour.example/world/missiles-7",
        "https://www-harbour-example.cdn.ampproject.org/c/s/www.harbour.example/world/missiles-7?utm_campaign=x",
        "https://www.harbour.example/%77orld/missiles-7",
    ],
)  # fmt: skip
def test_one_story_has_one_address(url: str) -> None:
    assert canonical_url(url) == STORY


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://harbour.example", "https://harbour.example/"),
        ("https://harbour.example/?page=2&id=7", "https://harbour.example/?id=7&page=2"),
        ("https://harbour.example/view?idx=%eb%b6%81&q=a b", "https://harbour.example/view?idx=%EB%B6%81&q=ab"),
        ("https://harbour.example/caf\u00e9", "https://harbour.example/caf%C3%A9"),
        ("https://m\u00fcnchen.example/x", "https://xn--mnchen-3ya.example/x"),
        ("https://harbour.example/story.amp.html", "https://harbour.example/story.html"),
        ("https://amp.harbour.example/story", "https://harbour.example/story"),
        ("https://harbour.example/amp", "https://harbour.example/amp"),
        ("http://127.0.0.1:8041/story/", "http://127.0.0.1:8041/story"),
        ("http://[2001:db8::1]/story", "https://[2001:db8::1]/story"),
        ("https://harbour.example/view?id=1&cid=2&source=3", "https://harbour.example/view?cid=2&id=1&source=3"),
        ("mailto:desk@harbour.example", "mailto:desk@harbour.example"),
        ("https://[bad/", "https://[bad/"),
        ("", ""),
    ],
)
def test_forms_of_addresses(url: str, expected: str) -> None:
    assert canonical_url(url) == expected


@pytest.mark.parametrize(
    ("url", "rel", "expected"),
    [
        (STORY + "?page=2", STORY, STORY),
        ("https://m.harbour.example/7", "https://www.harbour.example/world/missiles-7?utm_source=m", STORY),
        ("https://news.harbour.co.uk/7", "//www.harbour.co.uk/world/7", "https://www.harbour.co.uk/world/7"),
        (STORY, "/world/missiles-8", "https://www.harbour.example/world/missiles-8"),
        (STORY, "https://www.harbour.example/", STORY),
        (STORY, "/world", STORY),
        (STORY, "https://strait.example/world/missiles-7", STORY),
        (STORY, "https://harbour.example.evil.example/7", STORY),
        ("https://a.co.uk/7", "https://b.co.uk/7", "https://a.co.uk/7"),
        ("http://127.0.0.1:8041/7", "http://127.0.0.1:8041/8", "http://127.0.0.1:8041/8"),
        ("http://127.0.0.1:8041/7", "http://127.0.0.2:8041/8", "http://127.0.0.1:8041/7"),
        (STORY, "javascript:alert(1)", STORY),
        (STORY, "http://[bad", STORY),
        (STORY, "", STORY),
    ],
)
def test_rel_canonical_is_believed_on_the_same_site_only(url: str, rel: str, expected: str) -> None:
    assert canonical_url(url, rel) == expected


def test_ids_are_short_stable_and_blind_to_scheme_and_www() -> None:
    assert article_id(STORY) == "4412d1e3d7523f0b3e2e"
    assert article_id(canonical_url("http://harbour.example/world/missiles-7")) == article_id(STORY)
    assert article_id(STORY) != article_id(STORY + "0")


def test_content_hash_sees_edits_and_not_typography() -> None:
    first = content_hash("A title", "“Two missiles,” he said – café.\n\nMore.")
    assert first == content_hash(" A  title ", '"Two missiles," he said - cafe\u0301.\n More.\u200b')
    assert first != content_hash("A title", "“Three missiles,” he said – café.\n\nMore.")
    assert first != content_hash("Another title", "“Two missiles,” he said – café.\n\nMore.")
    assert content_hash("a", "b c") != content_hash("a b", "c")


def test_same_site() -> None:
    assert same_site("https://www.harbour.example/", "http://news.harbour.example/x")
    assert not same_site("https://harbour.example/", "https://strait.example/")
    assert not same_site("https://harbour.example/", "mailto:x@harbour.example")


SHORT = st.text(max_size=30)
SCHEMES = st.sampled_from(["http", "https", "HTTP", "ftp"])
URLS = st.one_of(
    st.text(max_size=60),
    st.builds("{}://{}{}".format, SCHEMES, SHORT, SHORT),
    st.builds("https://harbour.example/{}?{}#{}".format, SHORT, SHORT, SHORT),
)


@settings(deadline=None)
@given(URLS, st.one_of(st.none(), URLS))
def test_any_text_has_a_canonical_form_that_is_its_own(url: str, rel: str | None) -> None:
    canonical = canonical_url(url, rel)
    assert canonical_url(canonical) == canonical
    assert len(article_id(canonical)) == 20
    if same_site(canonical, canonical):
        assert "#" not in canonical
        assert canonical.startswith(("http://", "https://"))
