"""Pages as sites make them, and pages as nobody should."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from newspages import BODY, PARAGRAPHS, TEXT, TITLE, URL, json_ld, page, paragraphs

from extractors.article import parse_fragment, parse_page
from extractors.records import Page

OUTCOMES = {"article", "consent", "challenge", "shell", "listing", "empty", "unparsable"}
SEOUL = timezone(timedelta(hours=9))
NOW = datetime(2024, 1, 8, tzinfo=UTC)
LONG = "The committee met again on Tuesday and put off its vote on the harbour wall until the spring. "


def read(body: bytes, url: str = URL, encoding: str | None = None) -> Page:
    return parse_page(body, url=url, encoding=encoding, now=NOW)


def test_an_article_among_everything_that_surrounds_it() -> None:
    found = read(page())
    assert (found.outcome, found.quality, found.problems) == ("article", "full", ())
    assert found.title == TITLE
    assert found.text == TEXT
    assert found.authors == ("Mina Orrow",)
    assert (found.site_name, found.language) == ("Harbour Post", "en")
    assert found.published == datetime(2024, 1, 7, 9, 12, tzinfo=SEOUL)
    assert found.published is not None
    assert found.published.utcoffset() == timedelta(hours=9)
    assert found.modified == datetime(2024, 1, 7, 11, 0, tzinfo=SEOUL)
    assert (found.date_source, found.date_precision) == ("json-ld", "second")


def test_reading_is_deterministic_and_leaves_no_trace() -> None:
    first = read(page())
    for _ in range(3):
        read(page(paragraphs([*PARAGRAPHS[:3], *PARAGRAPHS[:3]])))
    assert read(page()) == first


# --- dates ------------------------------------------------------------------------------------------------------------


def test_the_zone_a_page_writes_is_kept_although_utc_is_another_weekday() -> None:
    found = read(page(head=json_ld(datePublished="2024-01-08T00:30:00+09:00", dateModified=None)))
    assert found.published is not None
    assert found.published.isoformat() == "2024-01-08T00:30:00+09:00"
    assert found.published.astimezone(UTC).weekday() != found.published.weekday()


@pytest.mark.parametrize(
    ("head", "source", "precision", "moment"),
    [
        (
            '<meta property="article:published_time" content="2024-01-07T00:12:05Z">',
            "meta",
            "second",
            "2024-01-07T00:12:05+00:00",
        ),
        (
            '<meta name="pubdate" content="Sun, 07 Jan 2024 09:12 +0900">',
            "meta",
            "minute",
            "2024-01-07T09:12:00+09:00",
        ),
        ('<meta itemprop="datePublished" content="2024-01-07">', "meta", "day", "2024-01-07T00:00:00+00:00"),
        (
            '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "A "quoted" word",'
            ' "datePublished": "2024-01-07T09:12:00+09:00",}</script>',
            "json-ld",
            "second",
            "2024-01-07T09:12:00+09:00",
        ),
        (
            '<script type="application/ld+json">//<![CDATA[\n[{"@type": ["Thing", "ReportageNewsArticle"],'
            ' "datePublished": ["2024-01-07T09:12:00+09:00"],},]\n//]]></script>',
            "json-ld",
            "second",
            "2024-01-07T09:12:00+09:00",
        ),
    ],
    ids=["meta", "rfc-822-meta", "day", "broken-json-ld", "json-ld-in-cdata"],
)
def test_where_dates_are_found(head: str, source: str, precision: str, moment: str) -> None:
    found = read(page(head=head))
    assert (found.date_source, found.date_precision) == (source, precision)
    assert found.published == datetime.fromisoformat(moment)
    assert found.text == TEXT


def test_a_time_element_and_a_written_dateline() -> None:
    stamped = '<time class="published" datetime="2024-01-07T09:12:00+09:00">Sunday</time>'
    found = read(page(stamped + BODY, head=""))
    assert (found.date_source, found.published) == ("time", datetime(2024, 1, 7, 9, 12, tzinfo=SEOUL))
    found = read(page(head="", byline="By Mina Orrow, Published Jan. 7, 2024 at 9:12 a.m. EST"))
    assert (found.date_source, found.date_precision) == ("text", "minute")
    assert found.published == datetime(2024, 1, 7, 14, 12, tzinfo=UTC)


def test_a_day_in_json_ld_is_sharpened_by_a_time_elsewhere_and_not_by_that_of_another_day() -> None:
    stamped = '<time class="published" datetime="2024-01-07T09:12:00+09:00">Sunday</time>'
    found = read(page(stamped + BODY, head=json_ld(datePublished="2024-01-07")))
    assert (found.date_source, found.published) == ("time", datetime(2024, 1, 7, 9, 12, tzinfo=SEOUL))
    found = read(page(stamped + BODY, head=json_ld(datePublished="2024-01-06")))
    assert (found.date_source, found.date_precision) == ("json-ld", "day")


def test_a_time_without_zone_takes_the_zone_from_a_place_that_says_the_same() -> None:
    meta = '<meta property="article:published_time" content="2024-01-07T09:12:00+09:00">'
    found = read(page(head=meta + json_ld(datePublished="2024-01-07T09:12:00")))
    assert found.published == datetime(2024, 1, 7, 9, 12, tzinfo=SEOUL)
    found = read(page(head=json_ld(datePublished="2024-01-07T09:12:00")))
    assert found.published == datetime(2024, 1, 7, 9, 12, tzinfo=UTC)
    assert any("no zone" in problem for problem in found.problems)


def test_a_date_in_the_address() -> None:
    found = read(page(head=""), url="https://www.harbour.example/2024/01/07/missiles")
    assert (found.date_source, found.date_precision) == ("url", "day")
    assert found.published == datetime(2024, 1, 7, tzinfo=UTC)
    assert read(page(head=""), url="https://www.harbour.example/2024/99/07/missiles").published is None


def test_an_undated_page_stays_undated_whatever_its_text_and_its_neighbours_say() -> None:
    body = BODY + "<p>On January 4, 2024, another test had failed, the ministry said at the time.</p>"
    other = '<aside class="related"><time datetime="2024-01-02T10:00:00Z">2 January</time></aside>'
    found = read(page(body, head="", after=other))
    assert (found.published, found.date_source, found.date_precision) == (None, "none", "none")


def test_dates_of_the_future_and_of_no_sense_are_refused_and_named() -> None:
    for raw in ("2031-01-07T09:12:00Z", "0001-01-01T00:00:00Z", "2024-02-31"):
        found = read(page(head=json_ld(datePublished=raw, dateModified=raw)))
        assert (found.published, found.modified) == (None, None)
        assert any("date" in problem for problem in found.problems)


def test_an_update_is_not_taken_for_the_publication() -> None:
    stamped = '<div class="updated"><time datetime="2024-01-07T12:00:00+09:00">Updated noon</time></div>'
    assert read(page(stamped + BODY, head="")).published is None


def test_the_json_ld_of_this_page_is_chosen_among_several() -> None:
    other = json_ld(url="https://www.harbour.example/world/other", headline="Another story of the day entirely")
    own = json_ld(url=URL, headline="The story of this very page", datePublished="2024-01-05T08:00:00Z")
    found = read(page(head=other + own))
    assert (found.title, found.published) == ("The story of this very page", datetime(2024, 1, 5, 8, tzinfo=UTC))


# --- people, title, language, canonical -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ("By Mina Orrow and Teodor Falk", ("Mina Orrow", "Teodor Falk")),
        ([{"name": ["Mina Orrow"]}, {"name": "https://harbour.example/m"}, None, 4], ("Mina Orrow",)),
        ("mina@harbour.example (Mina Orrow)", ("Mina Orrow",)),
        ({"name": "Mina Orrow; Teodor Falk"}, ("Mina Orrow", "Teodor Falk")),
    ],
)
def test_authors(author: object, names: tuple[str, ...]) -> None:
    assert read(page(head=json_ld(author=author))).authors == names


def test_authors_and_title_of_a_page_without_metadata() -> None:
    found = read(page(head="", byline="By Mina Orrow and Teodor Falk, Harbour Post"))
    assert found.authors == ("Mina Orrow", "Teodor Falk")
    assert found.title == TITLE


def test_titles_are_plain_text() -> None:
    found = read(page(head=json_ld(headline="State &amp;amp; neighbour: &lt;i&gt;two&lt;/i&gt; missiles\u202e\u0007")))
    assert found.title == "State & neighbour: two missiles"


def test_language_declared_wrong() -> None:
    assert read(page(lang="ko")).language == "en"
    french = paragraphs(
        ["Le ministre de la défense a déclaré dimanche que deux engins étaient tombés en mer. " * 4] * 3
    )
    found = read(page(french))
    assert found.language is None
    assert any("not English" in problem for problem in found.problems)
    assert read(page(french, lang="fr-CA")).language == "fr"


def test_canonical_address_is_made_absolute() -> None:
    found = read(page(head='<link rel="canonical" href="/world/missiles?utm_source=x">'))
    assert found.canonical_url == "https://www.harbour.example/world/missiles?utm_source=x"
    assert read(page(head='<link rel="canonical" href="http://[bad">')).canonical_url is None


# --- wire credit ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "byline", "credit"),
    [
        ("SEOUL, Jan. 7 (Reuters) - The state fired two missiles on Sunday, the ministry said.", "", "Reuters"),
        ("TOKYO (AP) — The state fired two missiles on Sunday, the ministry said.", "", "AP"),
        ("{}(Additional reporting by Ana Polk in Tokyo; editing by Bo Rand)", "", "(Additional reporting by Ana Polk"),
        ("{}(Reporting by Ana Polk; Editing by Bo Rand, Reuters)", "", "Reuters"),
        ("{}With inputs from Agence Centrale", "", "Agence Centrale"),
        ("{}— AFP", "", "AFP"),
        ("{}", "By Associated Press", "AP"),
        ("{}The plan was first reported by Reuters.", "", None),
        ("{}An official told Agence Centrale that more tests would follow.", "", None),
        ("{}", "By Mina Orrow", None),
    ],
)
def test_wire_credit(body: str, byline: str, credit: str | None) -> None:
    whole = paragraphs([*PARAGRAPHS, body[2:]] if body.startswith("{}") and body[2:] else
                       [*([] if body.startswith("{}") else [body]), *PARAGRAPHS])  # fmt: skip
    found = read(page(whole, head=json_ld(author=byline)))
    assert (found.credit or "").startswith(credit) if credit else found.credit is None


# --- quality ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "head", "problem"),
    [
        (BODY, json_ld(isAccessibleForFree=False), "not free"),
        (BODY, json_ld(isAccessibleForFree="False"), "not free"),
        (paragraphs([*PARAGRAPHS[:3], "Continue reading in our app"]), None, "invitation"),
        (paragraphs([*PARAGRAPHS[:3], "This story is for subscribers. Log in to read on."]), None, "invitation"),
        (paragraphs([*PARAGRAPHS[:3], "The third missile, of which the ministry said nothing at first, was seen by"]),
         None, "middle of a sentence"),
        (paragraphs([*PARAGRAPHS[:3], "The third missile, which the ministry did not mention […]"]), None, "middle"),
        (paragraphs(PARAGRAPHS[:1]), None, "very short"),
    ],
)  # fmt: skip
def test_partial_articles(body: str, head: str | None, problem: str) -> None:
    found = read(page(body, head=head))
    assert (found.outcome, found.quality) == ("article", "partial")
    assert any(problem in note for note in found.problems)
    assert found.text.startswith(PARAGRAPHS[0])
    assert "Continue reading" not in found.text
    assert "subscribers" not in found.text


def test_json_ld_body_where_the_page_shows_little() -> None:
    found = read(page(paragraphs(PARAGRAPHS[:1]), head=json_ld(articleBody="\n\n".join(PARAGRAPHS) + "\n&amp; more.")))
    assert found.text == TEXT + "\n\n& more."
    assert found.quality == "full"


def test_sentences_that_only_sound_like_a_wall_leave_an_article_full() -> None:
    last = (
        "The minister vowed to continue. “Please read the report,” he said, “and subscribe to no rumour.” Debris was"
        " not found, and access was denied to reporters."
    )
    body = paragraphs([*PARAGRAPHS, last])
    found = read(page(body, title="Missile debris not found, ministry says"))
    assert (found.outcome, found.quality) == ("article", "full")


# --- pages that are no article ----------------------------------------------------------------------------------------

CONSENT = """<!doctype html><html><head><title>Before you continue</title></head><body><h1>Your privacy</h1><p>We and
our 124 partners store and access personal data, like cookies and unique identifiers, on your device. You may withdraw
your consent at any time in the cookie settings. Some vendors process your data on the basis of legitimate interest.</p>
<button>Accept all</button><button>Reject all</button><button>Manage options</button></body></html>"""
CHALLENGE = """<!doctype html><html><head><title>Just a moment...</title></head><body><noscript>Enable JavaScript and
cookies to continue</noscript><script src="/cdn-cgi/challenge-platform/h/b/x.js"></script></body></html>"""
SHELL = """<!doctype html><html><head><title>Harbour Post</title></head><body><div id="root"></div><noscript>You need to
enable JavaScript to run this app.</noscript><script src="/static/main.js"></script></body></html>"""
BARE_SHELL = '<!doctype html><html><body><div id="__next"></div><script>window.__DATA__ = {}</script></body></html>'
MISSING = """<!doctype html><html><head><title>Page not found - Harbour Post</title></head><body><nav><a href="/">Home
</a></nav><h1>404</h1><p>Sorry, the page you are looking for does not exist or has been moved.</p></body></html>"""
FRONT = "<!doctype html><html><head><title>Harbour Post</title></head><body><main>" + "".join(
    f'<article><h2><a href="/n{number}">Council of town {number} votes on its bridge after years of dispute</a></h2>'
    f"<p>The vote in town {number} was close, and the mayor has asked for another.</p></article>"
    for number in range(20)
) + "</main></body></html>"  # fmt: skip
SECTION = "<!doctype html><html><head><title>World</title></head><body><ul>" + "".join(
    f'<li><a href="/n{number}">Council of town {number} votes on its bridge after years of dispute</a></li>'
    for number in range(40)
) + "</ul></body></html>"  # fmt: skip


@pytest.mark.parametrize(
    ("markup", "outcome"),
    [
        (CONSENT, "consent"),
        (CHALLENGE, "challenge"),
        (SHELL, "shell"),
        (BARE_SHELL, "shell"),
        (MISSING, "empty"),
        (FRONT, "listing"),
        (SECTION, "listing"),
        ("", "empty"),
        (" \n\0", "empty"),
        ("<html><body></body></html>", "empty"),
        ("<!-- only a comment -->", "empty"),
    ],
    ids=[
        "consent",
        "challenge",
        "shell",
        "bare-shell",
        "missing",
        "front",
        "section",
        "no-bytes",
        "space",
        "bare",
        "comment",
    ],
)
def test_pages_that_are_no_article(markup: str, outcome: str) -> None:
    found = read(markup.encode())
    assert (found.outcome, found.quality, found.text) == (outcome, "none", "")


def test_a_consent_wall_that_keeps_the_metadata_of_its_article() -> None:
    wall = CONSENT.replace("</head>", json_ld() + "</head>")
    found = read(wall.encode())
    assert (found.outcome, found.text) == ("consent", "")
    assert found.published is not None


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"%PDF-1.7 x", "PDF"), (b"\x89PNG\r\n", "image"), (b"\x1f\x8b\x08", "gzip"), (bytes(range(1, 9)) * 99, "binary")],
)
def test_bytes_that_are_no_page(body: bytes, reason: str) -> None:
    found = read(body)
    assert (found.outcome, found.quality) == ("unparsable", "none")
    assert reason in found.problems[0]


# --- shapes of markup -------------------------------------------------------------------------------------------------


def test_line_breaks_instead_of_paragraphs_and_headings_beside_sentences() -> None:
    body = "<br><br>".join(PARAGRAPHS[:3]) + "<h2>What comes next</h2>" + paragraphs(PARAGRAPHS[3:])
    assert read(page(body)).text.split("\n\n") == [*PARAGRAPHS[:3], "What comes next", *PARAGRAPHS[3:]]


def test_prompts_and_other_stories_within_the_body_are_left_out() -> None:
    noise = (
        '<div class="inline-promo"><a href="/x">Council of another town votes</a></div>'
        '<p><a href="/y">READ MORE: Council of another town votes on its bridge</a></p>'
        "<p>Advertisement</p><figure><figcaption>A launch seen from afar.</figcaption></figure>"
        '<div class="newsletter-box"><p>Get the news.</p></div>'
    )
    body = paragraphs(PARAGRAPHS[:3]) + noise + paragraphs(PARAGRAPHS[3:])
    assert read(page(body)).text == TEXT


def test_a_form_around_the_whole_page_and_a_class_named_related_hide_nothing() -> None:
    whole = page().decode().replace("<main>", '<form id="aspnetForm"><div class="has related-content">')
    assert read(whole.replace("</main>", "</div></form>").encode()).text == TEXT


def test_text_is_plain() -> None:
    dirty = (
        "The\u202e state\u200b fired\u00a0two \u0007missiles\x85 on Sunday cafe\u0301, officials said in the capital."
    )
    found = read(page(paragraphs([dirty, *PARAGRAPHS])))
    assert found.text.split("\n\n")[0] == "The state fired two missiles on Sunday café, officials said in the capital."
    assert unicodedata.is_normalized("NFC", found.text)


def test_encodings() -> None:
    text = "“The café near the harbour was closed,” the mayor said. " * 8
    latin = f"<html><head><meta charset=iso-8859-1></head><body><p>{text}</p></body></html>".encode("cp1252")
    assert read(latin).text == text.strip()
    assert read(latin.replace(b"iso-8859-1", b"utf-8")).text == text.strip()
    assert read(f"<html><body><p>{text}</p></body></html>".encode("utf-16")).text == text.strip()
    korean = "국방부는 일요일 오전 두 발의 발사를 확인했다고 밝혔다. " * 12
    body = f"<html><body><p>{korean}</p></body></html>".encode("euc-kr")
    assert read(body, encoding="text/html; charset=EUC-KR").text == korean.strip()


def test_null_bytes_do_not_fuse_words_and_surrogates_do_not_cut_text() -> None:
    assert read(page().replace(b"two ballistic", b"two\0ballistic")).text == TEXT
    for odd in ("&#xD800;", "&#55357;"):
        found = read(page(BODY.replace("Sunday", f"{odd} Sunday")))
        assert found.text.endswith(PARAGRAPHS[-1])


@pytest.mark.parametrize("depth", [256, 600, 2000])
def test_deep_nesting_keeps_the_text(depth: int) -> None:
    found = read(page("<div>" * depth + BODY + "</div>" * depth))
    assert found.text == TEXT


def test_a_script_larger_than_the_bound_costs_no_text() -> None:
    script = f"<script>var data = {'[1, 2, 3],' * 1_200_000}</script>"
    assert read(page(script + BODY)).text == TEXT


# --- feed entries -----------------------------------------------------------------------------------------------------


def test_a_full_entry() -> None:
    markup = "<figure><figcaption>A launch.</figcaption></figure>" + BODY
    markup += "<p>The post Missiles appeared first on Harbour Post.</p>"
    when = datetime(2024, 1, 7, tzinfo=UTC)
    found = parse_fragment(markup, url=URL, title=TITLE, published=when, authors=("Mina Orrow",))
    assert (found.outcome, found.quality, found.text) == ("article", "full", TEXT)
    assert (found.title, found.published, found.date_source, found.language) == (TITLE, when, "feed", "en")


@pytest.mark.parametrize(
    ("markup", "outcome", "quality"),
    [
        ("<p>A teaser of one sentence.</p>", "article", "partial"),
        (BODY + "<p>Continue reading</p>", "article", "partial"),
        ("", "empty", "none"),
        ("<img src=x>", "empty", "none"),
        ("\ud800<p>Odd.</p>", "article", "partial"),
    ],
)
def test_entries_that_are_less(markup: str, outcome: str, quality: str) -> None:
    found = parse_fragment(markup, url=URL, title=TITLE)
    assert (found.outcome, found.quality) == (outcome, quality)


# --- anything at all --------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [b"<html>", b"<body>", b"<p>", b"</p>", b"<div class='", b"'>", b"<script>", b"</script>", b"<!--", b"-->",
     b"<script type='application/ld+json'>", b'{"@type":"NewsArticle","datePublished":"', b'"}', b"<![CDATA[",
     b"2024-01-07T09:12:00+09:00",
     b"<time datetime='", b"<meta property='article:published_time' content='", b"&#xD800;", b"&", b"\0", b"\xff\xfe",
     b"<title>", b"<h1>", b"<table><tr><td>", b"<br>", b"<svg><math>", LONG.encode(), "état — “x” \u202e".encode()]
)  # fmt: skip


@settings(max_examples=150, deadline=5000, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(st.binary(max_size=400), st.lists(st.one_of(PIECES, st.binary(max_size=8)), max_size=60).map(b"".join))
)
def test_any_bytes_give_a_page(body: bytes) -> None:
    found = read(body)
    assert found.outcome in OUTCOMES
    assert (found.outcome == "article") == bool(found.text)
    assert (found.quality == "none") == (found.outcome != "article")
    assert not re.search(
        r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", found.text + found.title
    )
    assert found.outcome != "unparsable" or not found.problems[0].startswith("the page could not be read")
    assert found.published is None or found.published.utcoffset() is not None


@settings(max_examples=100, deadline=5000)
@given(st.text(max_size=300))
def test_any_text_gives_an_entry(markup: str) -> None:
    found = parse_fragment(markup, url=URL, title=markup[:50])
    assert found.outcome in {"article", "empty"}
