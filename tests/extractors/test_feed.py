"""Feeds of every format, broken in every way that publishers break them."""

from __future__ import annotations

import gzip
import json
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extractors.feed import NotAFeed, parse_feed
from extractors.records import Feed, FeedHints

URL = "https://www.harbour.example/feeds/world.xml"
NOW = datetime(2024, 1, 8, tzinfo=UTC)
SEOUL = timezone(timedelta(hours=9))


def read(body: bytes | str, content_type: str | None = None) -> Feed:
    return parse_feed(body.encode() if isinstance(body, str) else body, url=URL, content_type=content_type, now=NOW)


def rss(items: str, channel: str = "", root: str = "") -> str:
    return f"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" {root}><channel><title>Harbour Post</title><link>https://www.harbour.example/</link>{channel}
{items}</channel></rss>"""


def item(number: int = 1, extra: str = "") -> str:
    return f"""<item><title>Story {number}</title><link>https://www.harbour.example/{number}</link>
<guid isPermaLink="false">id-{number}</guid>{extra}</item>"""


# --- formats ----------------------------------------------------------------------------------------------------------


def test_rss_2() -> None:
    extra = """<pubDate>Sun, 07 Jan 2024 09:12:00 +0900</pubDate><dc:creator>By Mina Orrow</dc:creator>
<description><![CDATA[<p>Two missiles &amp; a <b>protest</b>.</p>]]></description>"""
    found = read(rss(item(1, extra), "<language>en-GB</language>", 'xmlns:dc="http://purl.org/dc/elements/1.1/"'))
    assert (found.format, found.title, found.home_url) == ("RSS 2.0", "Harbour Post", "https://www.harbour.example/")
    assert (found.language, found.problems) == ("en-gb", ())
    [entry] = found.entries
    assert (entry.guid, entry.url, entry.title) == ("id-1", "https://www.harbour.example/1", "Story 1")
    assert entry.published == datetime(2024, 1, 7, 9, 12, tzinfo=SEOUL)
    assert entry.published is not None
    assert entry.published.utcoffset() == timedelta(hours=9)
    assert (entry.authors, entry.summary, entry.content) == (("Mina Orrow",), "Two missiles & a protest.", "")


def test_atom_with_bases() -> None:
    found = read("""<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://cdn.harbour.example/atom/">
<title type="html">Harbour &lt;i&gt;Post&lt;/i&gt;</title><link href="../"/><link rel="self" href="world"/><id>urn:</id>
<updated>2024-01-07T00:00:00Z</updated><author><name>Mina Orrow</name></author>
<entry xml:base="2024/"><title>One</title><id>urn:1</id><link rel="enclosure" href="x.mp3"/><link href="one"/>
<published>2024-01-07T09:12:00+09:00</published><updated>2024-01-07T10:00:00+09:00</updated>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>First.</p><p>Second.</p></div></content></entry>
</feed>""")
    assert (found.format, found.title) == ("Atom 1.0", "Harbour Post")
    assert (found.home_url, found.self_url) == (
        "https://cdn.harbour.example/",
        "https://cdn.harbour.example/atom/world",
    )
    [entry] = found.entries
    assert (entry.guid, entry.url) == ("urn:1", "https://cdn.harbour.example/atom/2024/one")
    assert (entry.published, entry.updated) == (
        datetime(2024, 1, 7, 9, 12, tzinfo=SEOUL),
        datetime(2024, 1, 7, 10, 0, tzinfo=SEOUL),
    )
    assert "<p>Second.</p>" in entry.content


def test_an_atom_entry_that_has_only_an_update_is_not_dated_by_it() -> None:
    entry = '<entry><title>One</title><id>urn:1</id><link href="/1"/><updated>2024-01-07T10:00:00Z</updated></entry>'
    [found] = read(f'<feed xmlns="http://www.w3.org/2005/Atom">{entry}</feed>').entries
    assert (found.published, found.updated) == (None, datetime(2024, 1, 7, 10, tzinfo=UTC))


def test_rdf() -> None:
    found = read("""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">
<channel rdf:about="https://www.harbour.example/"><title>Harbour Post</title><link>https://www.harbour.example/</link>
<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency></channel>
<item rdf:about="https://www.harbour.example/1"><title>One</title><link>https://www.harbour.example/1</link>
<dc:date>2024-01-07T09:12+09:00</dc:date><dc:creator>Mina Orrow</dc:creator></item></rdf:RDF>""")
    assert (found.format, found.hints) == ("RSS 1.0", FeedHints(update_period_minutes=360))
    [entry] = found.entries
    assert (entry.url, entry.published) == ("https://www.harbour.example/1", datetime(2024, 1, 7, 9, 12, tzinfo=SEOUL))


@pytest.mark.parametrize("version", ["0.91", "0.92", "0.93"])
def test_old_rss(version: str) -> None:
    text = rss("<item><title>One</title><link>https://www.harbour.example/1</link></item>")
    found = read(text.replace('version="2.0"', f'version="{version}"'))
    assert found.format.startswith("RSS 0.9")
    assert [entry.url for entry in found.entries] == ["https://www.harbour.example/1"]


@pytest.mark.parametrize("version", ["1", "1.1"])
def test_json_feed(version: str) -> None:
    document = {
        "version": f"https://jsonfeed.org/version/{version}",
        "title": "Harbour Post",
        "home_page_url": "https://www.harbour.example/",
        "feed_url": "world.json",
        "next_url": "world.json?page=2",
        "language": "en",
        "authors": [{"name": "The desk"}],
        "items": [
            {"id": 7, "url": "/1", "title": "One &amp; two", "content_text": "First.\n\nSecond < third.",
             "date_published": "2024-01-07T09:12:00+09:00", "date_modified": "2024-01-07T10:00:00+09:00"},
            {"id": "2", "external_url": "https://elsewhere.example/2", "content_html": "<p>Third.</p>",
             "author": {"name": "Mina Orrow"}},
            {"id": "3", "title": [], "date_published": {}},
            "no object",
        ],
    }  # fmt: skip
    found = read(json.dumps(document))
    assert (found.format, found.next_page) == (
        f"JSON Feed {version}",
        "https://www.harbour.example/feeds/world.json?page=2",
    )
    first, second = found.entries
    assert (first.guid, first.url, first.title) == ("7", "https://www.harbour.example/1", "One & two")
    assert first.content == "<p>First.</p><p>Second &lt; third.</p>"
    assert (first.published, first.authors) == (datetime(2024, 1, 7, 9, 12, tzinfo=SEOUL), ("The desk",))
    assert (second.url, second.authors) == ("https://elsewhere.example/2", ("Mina Orrow",))
    assert len(found.problems) == 2


def test_a_json_feed_cut_short_keeps_its_whole_entries() -> None:
    items = [{"id": str(number), "url": f"/{number}", "title": 'A [b] {c} \\ " d'} for number in range(5)]
    text = json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "Harbour Post", "items": items})
    found = read(text[: text.rindex('"id"') + 4])
    assert (found.title, [entry.guid for entry in found.entries]) == ("Harbour Post", ["0", "1", "2", "3"])
    assert any("broken JSON" in problem for problem in found.problems)


# --- hints and paging -------------------------------------------------------------------------------------------------


def test_every_hint_is_kept() -> None:
    channel = """<ttl> 45 </ttl><skipHours><hour>0</hour><hour>24</hour><hour>13</hour><hour>x</hour></skipHours>
<skipDays><day>Sunday</day><day>monday</day></skipDays>
<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>"""
    root = 'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
    assert read(rss(item(), channel, root)).hints == FeedHints(45, (0, 13), (0, 6), 30)
    assert read(rss(item(), channel)).hints.update_period_minutes == 30


def test_hints_that_leave_no_hour_are_ignored() -> None:
    hours = "".join(f"<hour>{hour}</hour>" for hour in range(24))
    found = read(rss(item(), f"<skipHours>{hours}</skipHours><ttl>-5</ttl><sy:updatePeriod>never</sy:updatePeriod>"))
    assert found.hints == FeedHints()
    assert any("skipHours" in problem for problem in found.problems)


def test_paging_and_archives() -> None:
    found = read("""<feed xmlns="http://www.w3.org/2005/Atom" xmlns:fh="http://purl.org/syndication/history/1.0">
<title>t</title><link rel="self" href="?p=1"/><link rel="next" href="?p=2"/><link rel="prev-archive" href="/2023.xml"/>
<fh:complete/><entry><title>One</title><link href="/1"/><link rel="next" href="/not-the-feed"/></entry></feed>""")
    assert found.next_page == f"{URL}?p=2"
    assert (found.prev_archive, found.complete) == ("https://www.harbour.example/2023.xml", True)
    link = '<atom:link rel="next" href="https://www.harbour.example/feeds/world.xml?paged=2"/>'
    assert read(rss(item(), link)).next_page == f"{URL}?paged=2"


# --- dates ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "expected", "problem"),
    [
        ("Sun, 07 Jan 2024 09:12:00 EST", "2024-01-07T09:12:00-05:00", None),
        ("Sun, 07 Jan 2024 09:12:00 KST", "2024-01-07T09:12:00+09:00", None),
        ("Sun, 07 Jan 2024 09:12:00 IST", "2024-01-07T09:12:00+05:30", "India"),
        ("1704586320", "2024-01-07T00:12:00+00:00", "seconds since 1970"),
        ("1704586320123", "2024-01-07T00:12:00+00:00", "seconds since 1970"),
        ("2024-01-07 09:12:00", "2024-01-07T09:12:00+00:00", "no zone"),
        ("Tue, 07 Jan 2024 09:12:00 GMT", "2024-01-07T09:12:00+00:00", "weekday"),
        ("Sun, 07 Jan 2024 09:12:00 QQT", None, "zone"),
        ("Sun, 07 Jan 2029 09:12:00 GMT", None, "future"),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None, "cannot be true"),
        ("Sun, 31 Feb 2024 09:12:00 GMT", None, "exists"),
        ("yesterday", None, "cannot be read"),
        ("", None, None),
    ],
)
def test_dates_are_right_or_refused(raw: str, expected: str | None, problem: str | None) -> None:
    found = read(rss(item(1, f"<pubDate>{raw}</pubDate>")))
    published = found.entries[0].published
    assert (published.isoformat() if published else None) == expected
    assert any(problem in note for note in found.problems) if problem else not found.problems


def test_an_ambiguous_zone_follows_the_publisher_s_country() -> None:
    body = rss(item(1, "<pubDate>Sun, 07 Jul 2024 09:12:00 IST</pubDate>")).encode()
    offsets = {}
    for host in ("news.example.ie", "news.example.il", "news.example.in"):
        published = parse_feed(body, url=f"https://{host}/rss").entries[0].published
        assert published is not None
        offsets[host[-2:]] = published.utcoffset()
    assert offsets == {"ie": timedelta(hours=1), "il": timedelta(hours=2), "in": timedelta(hours=5, minutes=30)}


# --- entries ----------------------------------------------------------------------------------------------------------


def test_titles_are_plain_text() -> None:
    titles = {
        "State &lt;b&gt;fires&lt;/b&gt; two": "State fires two",
        "<![CDATA[AT&T &amp; <i>partners</i>]]>": "AT&T & partners",
        "It&amp;#8217;s &quot;over&quot;": 'It’s "over"',
        "caf&eacute;&nbsp;bar": "café bar",
        "a &lt; b and Hwasong &lt;18&gt;": "a < b and Hwasong <18>",
        "line\n\tbreak\u202e\u0007": "line break",
        "&lt;script&gt;alert(1)&lt;/script&gt;safe": "safe",
    }
    for given_title, expected in titles.items():
        assert read(rss(f"<item><title>{given_title}</title><link>/1</link></item>")).entries[0].title == expected


def test_addresses_are_absolute_or_none() -> None:
    bad = ["javascript:alert(1)", "", "https://[bad", "file:///etc/passwd"]
    links = ["/1", "  https://www.harbour.example/a\n b  ", *bad]
    found = read(rss("".join(f"<item><title>t{n}</title><link>{link}</link></item>" for n, link in enumerate(links))))
    assert [entry.url for entry in found.entries] == [
        "https://www.harbour.example/1", "https://www.harbour.example/ab", None, None, None, None,
    ]  # fmt: skip
    assert any("no usable link" in problem for problem in found.problems)


def test_a_permalink_guid_stands_in_for_a_missing_link() -> None:
    [entry] = read(rss("<item><title>One</title><guid>https://www.harbour.example/1</guid></item>")).entries
    assert (entry.guid, entry.url) == ("https://www.harbour.example/1", "https://www.harbour.example/1")


def test_full_text_and_teasers() -> None:
    full = "&lt;p&gt;" + "The ministry said so. " * 80 + "&lt;/p&gt;"
    root = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    body = rss(
        item(1, "<description>Short.</description><content:encoded><![CDATA[<p>Whole story.</p>]]></content:encoded>")
        + item(2, f"<description>{full}</description>")
        + item(3, "<description>Only a teaser of the story.</description>"),
        root=root,
    )
    first, second, third = read(body).entries
    assert (first.summary, first.content) == ("Short.", "<p>Whole story.</p>")
    assert second.content.startswith("<p>The ministry said so.")
    assert len(second.summary) <= 2_000
    assert third.content == ""


def test_entries_that_stand_twice_count_once_and_the_newest_wins() -> None:
    old = item(1, "<pubDate>Sun, 07 Jan 2024 09:00:00 GMT</pubDate>")
    new = item(1, "<pubDate>Sun, 07 Jan 2024 10:00:00 GMT</pubDate>").replace("Story 1", "Story 1 corrected")
    found = read(rss(old + new + item(2) + old))
    assert [entry.title for entry in found.entries] == ["Story 1 corrected", "Story 2"]
    assert any("more than once" in problem for problem in found.problems)


def test_one_guid_on_all_entries_identifies_none() -> None:
    items = "".join(item(number).replace(f"id-{number}", "same") for number in range(3))
    found = read(rss(items))
    assert [(entry.guid, entry.url) for entry in found.entries] == [
        (None, f"https://www.harbour.example/{number}") for number in range(3)
    ]


def test_an_empty_feed_and_empty_entries() -> None:
    assert read(rss("")).entries == ()
    found = read(rss("<item/><item><pubDate>Sun, 07 Jan 2024 09:00:00 GMT</pubDate></item>"))
    assert found.entries == ()
    assert any("dropped" in problem for problem in found.problems)


# --- broken -----------------------------------------------------------------------------------------------------------


def test_xml_cut_at_any_byte_keeps_the_entries_before_the_cut() -> None:
    body = rss("".join(item(number) for number in range(6))).encode()
    start = body.index(b"<item>")
    for cut in range(start, len(body), 7):
        found = read(body[:cut])
        whole = body[:cut].count(b"</item>")
        assert [entry.guid for entry in found.entries][:whole] == [f"id-{number}" for number in range(whole)]


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda text: text.replace("Story 1", "AT&T & partners"), "ampersands"),
        (lambda text: text.replace("Story 1", "\x00\x0b Story"), "forbids"),
        (lambda text: text.replace("</title>", "</titel>", 3), "broken XML"),
        (lambda text: "<br />\n<b>Warning</b>: no such file\n" + text, "stands before"),
        (lambda text: text + "<script>trailing()</script>", "broken XML"),
        (lambda text: text.replace("</channel></rss>", ""), "broken XML"),
    ],
)
def test_damage_is_mended_and_named(damage: object, problem: str) -> None:
    assert callable(damage)
    found = read(damage(rss(item(1) + item(2))))
    assert [entry.url for entry in found.entries] == [f"https://www.harbour.example/{number}" for number in (1, 2)]
    assert any(problem in note for note in found.problems)


def test_entries_that_were_never_closed() -> None:
    found = read(rss("".join(item(number).replace("</item>", "") for number in range(4))))
    assert [entry.guid for entry in found.entries] == [f"id-{number}" for number in range(4)]
    assert any("never closed" in problem for problem in found.problems)


def test_prefixes_that_nobody_declared() -> None:
    extra = "<dc:creator>Mina Orrow</dc:creator><odd:thing odd:x='1'>?</odd:thing>"
    found = read(rss(item(1, extra + "<content:encoded>&lt;p&gt;Whole.&lt;/p&gt;</content:encoded>")))
    assert (found.entries[0].authors, found.entries[0].content) == (("Mina Orrow",), "<p>Whole.</p>")


def test_leading_space_and_doctype_and_comment() -> None:
    doctype = '<!DOCTYPE rss PUBLIC "-//N//DTD RSS 0.91//EN" "http://x.example/rss.dtd" [<!ENTITY a "b">]>'
    text = rss(item()).replace("?>\n", f"?>\n<!-- made by hand -->\n{doctype}\n")
    assert len(read("\ufeff\n\n" + text).entries) == 1


@pytest.mark.parametrize(
    ("encoding", "declared", "content_type"),
    [
        ("utf-8", "utf-8", None),
        ("utf-8-sig", "iso-8859-1", None),
        ("utf-8", "iso-8859-1", None),
        ("utf-8", "us-ascii", "text/xml; charset=us-ascii"),
        ("utf-16", "utf-16", None),
        ("utf-16-le", "utf-16", None),
        ("utf-32", "utf-32", None),
        ("utf-32-be", "utf-32", None),
        ("cp1252", "utf-8", None),
        ("cp1252", "windows-1252", None),
        ("cp1252", "iso-8859-1", "text/xml"),
        ("cp1252", "utf-8", 'application/rss+xml; charset="ISO-8859-1"'),
        ("cp1252", "punycode", None),
    ],
)
def test_encodings(encoding: str, declared: str, content_type: str | None) -> None:
    text = rss(item().replace("Story 1", "Café — “two”")).replace('encoding="utf-8"', f'encoding="{declared}"')
    assert read(text.encode(encoding), content_type).entries[0].title == "Café — “two”"


def test_other_scripts() -> None:
    text = rss(item().replace("Story 1", "국방부 발표")).replace("utf-8", "euc-kr")
    assert read(text.encode("euc-kr")).entries[0].title == "국방부 발표"
    text = rss(item().replace("Story 1", "防衛省が発表")).replace("utf-8", "Shift_JIS")
    assert read(text.encode("cp932")).entries[0].title == "防衛省が発表"


def test_utf_8_with_single_bytes_of_windows_1252() -> None:
    body = (
        rss(item(1).replace("Story", "Café") + item(2).replace("Story", "DASH")).encode().replace(b"DASH", b"a \x96 b")
    )
    assert [entry.title for entry in read(body).entries] == ["Café 1", "a – b 2"]


def test_a_feed_that_is_compressed_twice() -> None:
    assert len(read(gzip.compress(rss(item()).encode())).entries) == 1


def test_entities_are_not_expanded() -> None:
    definitions = '<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + level)} "{f"&{chr(97 + level)};" * 10}">' for level in range(9)
    )
    found = read(f"<!DOCTYPE rss [{definitions}]>{rss(item().replace('Story 1', 'x &j; y')).split('?>')[1]}")
    assert found.entries[0].title == "x &j; y"
    outside = '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    assert read(f"{outside}{rss(item().replace('Story 1', '&a;')).split('?>')[1]}").entries[0].title == "&a;"


# --- no feed ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is empty"),
        (b" \n\0", "is empty"),
        (b"<!doctype html><html><head><title>A &amp; B</title></head></html>", "HTML page titled 'A & B'"),
        (b"<html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>", "challenge"),
        (b"<html><body><h1>Your privacy</h1><p>We use cookies and store personal data.</p>"
         b"<button>Accept all</button><button>Reject all</button></body></html>", "consent page"),
        (b"<html><head><title>404 Not Found</title></head><body>nginx</body></html>", "error page"),
        (b"<!doctype html><html><body>a &lt;rss&gt; <rss version='2.0'></body></html>", "HTML page"),
        (b'{"error": "not found"}', "no JSON Feed"),
        (b"[" * 100_000, "no JSON Feed"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x00\x01", "binary"),
        (b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"/>', "sitemap"),
        (b"<opml version='1.0'/>", "root is <opml>"),
        (b"Too many requests", "plain text"),
    ],
)  # fmt: skip
def test_what_stands_in_the_place_of_a_feed_is_named(body: bytes, words: str) -> None:
    with pytest.raises(NotAFeed, match=r"^https://www\.harbour\.example/feeds/world\.xml is not a feed: it ") as caught:
        read(body)
    assert words in str(caught.value)
    assert str(caught.value).endswith(".")


# --- bounds -----------------------------------------------------------------------------------------------------------


def test_an_ordinary_feed_is_read_quickly() -> None:
    body = rss("".join(item(n, "<pubDate>Sun, 07 Jan 2024 09:00:00 GMT</pubDate>") for n in range(50)))
    read(body)
    started = time.process_time()
    for _ in range(5):
        read(body)
    assert (time.process_time() - started) / 5 < 0.5


PIECES = st.sampled_from(
    ["<rss>", "<rss version='2.0'>", "</rss>", "<channel>", "</channel>", "<item>", "</item>", "<title>", "</title>",
     "<link>", "</link>", "<guid>", "<pubDate>", "</pubDate>", "<feed xmlns='http://www.w3.org/2005/Atom'>", "<entry>",
     "<![CDATA[", "]]>", "<!--", "-->", "<?xml version='1.0' encoding='utf-16'?>", "<!DOCTYPE rss [", "]>", "&",
     "&amp;", "&#0;", "&#xD800;", "Sun, 07 Jan 2024 09:12:00 IST", "9999-12-31T23:59:59Z", "xml:base='//['",
     "<ttl>", "<a:b c:d='e'/>", "99999999999",
     '{"version":"https://jsonfeed.org/version/1.1","items":[', '{"id":1,"url":', '"}', "]}",
     "\ud800", "\0"]
).map(lambda text: text.encode("utf-8", "surrogatepass"))  # fmt: skip


@settings(max_examples=250, deadline=5000, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(st.binary(max_size=300), st.lists(st.one_of(PIECES, st.binary(max_size=6)), max_size=60).map(b"".join)),
    st.sampled_from([None, "text/xml", "text/xml; charset=utf-16", "a; charset=punycode", "\0"]),
)
def test_any_bytes_give_a_feed_or_the_declared_error(body: bytes, content_type: str | None) -> None:
    try:
        found = read(body, content_type)
    except NotAFeed:
        return
    for entry in found.entries:
        assert entry.url or entry.title or entry.content or entry.summary
        assert entry.url is None or entry.url.startswith(("http://", "https://"))
        assert all(moment is None or moment.utcoffset() is not None for moment in (entry.published, entry.updated))
