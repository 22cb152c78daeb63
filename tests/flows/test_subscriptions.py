"""feeds.toml and OPML: what is read, what is refused and in which words, and edits that keep the user's file."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows import subscriptions
from flows.opml import export_opml, import_opml
from flows.subscriptions import (
    Subscription,
    SubscriptionError,
    add_subscription,
    feed_id,
    load_subscriptions,
    merge_subscriptions,
    remove_subscription,
    subscription,
)

LIST = """\
# My feeds, tidied in spring.

# --- world desks ---
[[feed]]
url = "https://one.example/rss.xml"   # the good one
source = 'One'
tags = ["world", "asia"]
every = "2h"

# --- space ---
# They moved in May.
[[feed]]
url = "https://two.example/feed"
source = "Two"
title = "Two: launches"

[[feed]]
url = "http://three.example/atom"
status = "paused"
# the end
"""


@pytest.fixture
def feeds(tmp_path: Path) -> Path:
    path = tmp_path / "feeds.toml"
    path.write_text(LIST, "utf-8")
    return path


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "feeds.toml"
    path.write_bytes(text.encode())
    return path


# --- reading ----------------------------------------------------------------------------------------------------------


def test_load_reads_every_key_in_order(feeds: Path) -> None:
    one, two, three = load_subscriptions(feeds)
    assert (one.url, one.source, one.tags) == ("https://one.example/rss.xml", "One", ("world", "asia"))
    assert one.every_minutes == 120
    assert (two.title, two.every_minutes, two.status) == ("Two: launches", None, "active")
    assert (three.source, three.status) == ("three.example", "paused")


def test_empty_list_is_valid(tmp_path: Path) -> None:
    assert load_subscriptions(write(tmp_path, "# nothing yet\n")) == ()


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("https://news.example/rss", "http://news.example/rss"),
        ("https://News.EXAMPLE/rss", "https://news.example/rss"),
        ("https://news.example:443/rss", "https://news.example/rss"),
        ("https://news.example", "https://news.example/"),
        ("https://news.example/rss#top", "https://news.example/rss"),
    ],
)
def test_feed_id_is_stable_over_spellings_of_one_address(a: str, b: str) -> None:
    assert feed_id(a) == feed_id(b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("https://news.example/rss?d=1", "https://news.example/rss?d=2"),
        ("https://news.example/Rss", "https://news.example/rss"),
        ("https://news.example:8080/rss", "https://news.example/rss"),
    ],
)
def test_feed_id_differs_where_the_feed_may(a: str, b: str) -> None:
    assert feed_id(a) != feed_id(b)


def test_feed_id_never_changes_between_versions() -> None:
    assert feed_id("https://feeds.bbci.co.uk/news/world/rss.xml") == "420154b5e04cf7d6"


# --- errors: file, line, key, remedy ----------------------------------------------------------------------------------

URL = 'url = "https://one.example/rss"\n'


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        ("[[feed]]\n" + URL + "source = One\n", 3, "", "not valid TOML"),
        ("[[feed]]\n" + URL + 'source = "One\n', 3, "", "not valid TOML"),
        ("[[feed]\n" + URL, 1, "", "not valid TOML"),
        ("[[feed]]\n" + URL + URL, 3, "", "not valid TOML"),
        ("[[feed]]\n" + URL + "tags = [", 3, "", "not valid TOML"),
        ("[[feed]]\n" + URL + '\nsorce = "One"\n', 4, "sorce", "not a key of a feed"),
        ("[[feed]]\n" + URL + "[feed.more]\na = 1\n", 3, "more", "not a key of a feed"),
        ('# hello\n\n[[feed]]\nsource = "One"\n', 3, "url", "has no url"),
        ("[[feed]]\nurl = 7\n", 2, "url", "not a text"),
        ('[[feed]]\nurl = "ftp://one.example/rss"\n', 2, "url", "not an http or https address"),
        ('[[feed]]\nurl = "one.example/rss"\n', 2, "url", "not an http or https address"),
        ('[[feed]]\nurl = "https://"\n', 2, "url", "not an http or https address"),
        ('[[feed]]\nurl = "https://[::1/rss"\n', 2, "url", "not an address"),
        ('[[feed]]\nurl = "https://one.example:99999/rss"\n', 2, "url", "not an address"),
        ('[[feed]]\nurl = "https://one.example/a b"\n', 2, "url", "blanks"),
        ('[[feed]]\nurl = "https://me:pw@one.example/rss"\n', 2, "url", "password"),
        ("[[feed]]\n" + URL + 'every = "2 hours"\n', 3, "every", "not a length of time"),
        ("[[feed]]\n" + URL + "every = 2\n", 3, "every", "not a length of time"),
        ("[[feed]]\n" + URL + 'every = "1m"\n', 3, "every", "out of bounds"),
        ("[[feed]]\n" + URL + 'every = "90d"\n', 3, "every", "out of bounds"),
        ("[[feed]]\n" + URL + 'tags = "world"\n', 3, "tags", "not a list"),
        ("[[feed]]\n" + URL + 'tags = ["a,b"]\n', 3, "tags", "not a tag"),
        ("[[feed]]\n" + URL + "tags = [1]\n", 3, "tags", "not a tag"),
        ("[[feed]]\n" + URL + 'status = "off"\n', 3, "status", "not a status"),
        ("[[feed]]\n" + URL + "title = 3\n", 3, "title", "not a text"),
        ("every = 3\n\n[[feed]]\n" + URL, 1, "every", "not a key here"),
        ("[[feed]]\n" + URL + "\n[[feeds]]\n" + URL, 4, "feeds", "not a key here"),
        ("\n[feed]\n" + URL, 2, "feed", "not a list of tables"),
        ('feed = [{url = "https://one.example/rss"}]\n', 1, "feed", "one array"),
    ],
)
def test_errors_name_file_line_key_and_remedy(tmp_path: Path, text: str, line: int, key: str, words: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SubscriptionError) as caught:
        load_subscriptions(path)
    error = caught.value
    assert (error.path, error.line, error.key) == (path, line, key)
    assert words in str(error)
    assert str(error).startswith(f"{path}, line {line}")
    assert error.remedy in str(error)
    assert len(error.remedy) > 10


def test_duplicate_names_both_lines(tmp_path: Path) -> None:
    path = write(tmp_path, "[[feed]]\n" + URL + '\n[[feed]]\nsource = "x"\nurl = "http://ONE.example/rss"\n')
    with pytest.raises(SubscriptionError, match=r"line 6, key `url`: .* stands in line 2 already"):
        load_subscriptions(path)


def test_error_in_a_later_table_names_its_own_line(tmp_path: Path) -> None:
    second = '[[feed]]\nurl = "https://two.example/"\nevery = "soon"\n'
    path = write(tmp_path, '[[feed]]\nevery = "1h"\n' + URL + "\n" + second)
    with pytest.raises(SubscriptionError, match=r"line 7, key `every`"):
        load_subscriptions(path)


def test_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SubscriptionError, match=r"feeds\.toml: there is no such file\. .*feeds add"):
        load_subscriptions(tmp_path / "feeds.toml")


def test_directory_in_place_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(SubscriptionError, match="cannot be read"):
        load_subscriptions(tmp_path)


def test_bytes_that_are_no_text_name_their_line(tmp_path: Path) -> None:
    path = tmp_path / "feeds.toml"
    path.write_bytes(b"# ok\n# \xff\xfe\n")
    with pytest.raises(SubscriptionError, match="line 2: this is not UTF-8"):
        load_subscriptions(path)


def test_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "feeds.toml"
    path.write_bytes(b"\xef\xbb\xbf" + LIST.replace("\n", "\r\n").encode())
    assert [one.source for one in load_subscriptions(path)] == ["One", "Two", "three.example"]


def test_deep_nesting_is_an_error_not_a_crash(tmp_path: Path) -> None:
    with pytest.raises(SubscriptionError):
        load_subscriptions(write(tmp_path, "feed = " + "[" * 100_000))


def test_header_inside_a_string_is_no_header(tmp_path: Path) -> None:
    path = write(tmp_path, '[[feed]]\ntitle = """\n[[feed]]\n"""\n' + URL + '[[feed]]\nurl = "nope"\n')
    with pytest.raises(SubscriptionError, match="line 7, key `url`"):
        load_subscriptions(path)


def test_controls_in_a_title_do_not_reach_a_terminal(tmp_path: Path) -> None:
    path = write(tmp_path, "[[feed]]\n" + URL + 'title = "a\\u001b[31mred\\nb"\n')
    assert load_subscriptions(path)[0].title == "a[31mred b"


# --- editing ----------------------------------------------------------------------------------------------------------


def test_add_keeps_every_byte_before_it(feeds: Path) -> None:
    new = subscription("https://four.example/rss", source="Four", tags=["space"], every="90m")
    add_subscription(feeds, new)
    text = feeds.read_text("utf-8")
    assert text.startswith(LIST)
    assert 'every = "90m"' in text
    assert load_subscriptions(feeds)[-1] == new


def test_add_makes_a_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "feeds.toml"
    add_subscription(path, subscription("https://one.example/rss"))
    assert load_subscriptions(path)[0].source == "one.example"
    assert path.read_text("utf-8").startswith("#")


def test_add_ends_an_unended_line_and_keeps_windows_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "feeds.toml"
    path.write_bytes(LIST.replace("\n", "\r\n").rstrip().encode())
    add_subscription(path, subscription("https://four.example/rss"))
    body = path.read_bytes()
    assert body.count(b"\n") == body.count(b"\r\n")
    assert len(load_subscriptions(path)) == 4


def test_add_of_a_known_feed_names_its_line(feeds: Path) -> None:
    with pytest.raises(SubscriptionError, match=r"line 12, key `url`: .* is in the list already"):
        add_subscription(feeds, subscription("http://two.example/feed"))
    assert feeds.read_text("utf-8") == LIST


def test_merge_appends_only_what_is_new_and_once(feeds: Path) -> None:
    four = subscription("https://four.example/rss")
    added = merge_subscriptions(feeds, [subscription("https://one.example/rss.xml"), four, four])
    assert added == (four,)
    assert len(load_subscriptions(feeds)) == 4


def test_remove_takes_out_one_table_and_keeps_comments(feeds: Path) -> None:
    removed = remove_subscription(feeds, "https://two.example/feed")
    assert removed.source == "Two"
    gone = '[[feed]]\nurl = "https://two.example/feed"\nsource = "Two"\ntitle = "Two: launches"\n'
    assert feeds.read_text("utf-8") == LIST.replace(gone, "")


def test_remove_by_id_and_to_the_last(feeds: Path) -> None:
    for one in load_subscriptions(feeds):
        assert remove_subscription(feeds, one.feed_id) == one
    text = feeds.read_text("utf-8")
    for comment in ("# My feeds, tidied in spring.", "# --- world desks ---", "# --- space ---", "# the end"):
        assert comment in text
    assert "[[feed]]" not in text


def test_add_then_remove_gives_the_file_back(feeds: Path) -> None:
    add_subscription(feeds, subscription("https://four.example/rss"))
    remove_subscription(feeds, "https://four.example/rss")
    assert feeds.read_text("utf-8") == LIST


def test_remove_of_an_unknown_feed(feeds: Path) -> None:
    with pytest.raises(SubscriptionError, match="no feed has the address or id 'nope'"):
        remove_subscription(feeds, "nope")


def test_a_form_that_lines_cannot_edit_is_left_alone(tmp_path: Path) -> None:
    text = '[["\\u0066eed"]]\n' + URL + 'title = """\n[[feed]]\nurl = "x"\n"""\n'
    path = write(tmp_path, text)
    with pytest.raises(SubscriptionError, match=r"cannot be edited\. Edit it by hand"):
        remove_subscription(path, "https://one.example/rss")
    assert path.read_text("utf-8") == text


def test_a_failed_write_leaves_the_old_file_and_nothing_else(feeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(SubscriptionError, match=r"cannot be written .*No space left"):
        add_subscription(feeds, subscription("https://four.example/rss"))
    assert feeds.read_text("utf-8") == LIST
    assert [entry.name for entry in feeds.parent.iterdir()] == ["feeds.toml"]


def test_edit_keeps_permissions_and_a_symbolic_link(feeds: Path) -> None:
    feeds.chmod(0o640)
    link = feeds.parent / "link.toml"
    link.symlink_to(feeds)
    add_subscription(link, subscription("https://four.example/rss"))
    assert link.is_symlink()
    assert feeds.stat().st_mode & 0o777 == 0o640
    assert len(load_subscriptions(feeds)) == 4


plain = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30).map(lambda s: " ".join(s.split()))
tag = plain.map(lambda s: s.replace(",", "").replace("/", "").strip()).map(lambda s: " ".join(s.split()))
made = st.builds(
    lambda path, source, title, tags, every, status: Subscription(
        feed_id=feed_id(f"https://h.example/{path}"),
        url=f"https://h.example/{path}",
        source=source or "h.example",
        title=title,
        tags=tuple(dict.fromkeys(t for t in tags if t)),
        every_minutes=every,
        status=status,
    ),
    st.text("abc/?=&%", max_size=8),
    plain,
    plain,
    st.lists(tag, max_size=3),
    st.none() | st.integers(5, 31 * 24 * 60),
    st.sampled_from(["active", "paused"]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(made, max_size=5, unique_by=lambda one: one.feed_id))
def test_whatever_is_added_is_read_back(tmp_path_factory: pytest.TempPathFactory, many: list[Subscription]) -> None:
    path = tmp_path_factory.mktemp("any") / "feeds.toml"
    path.write_text(LIST, "utf-8")
    merge_subscriptions(path, many)
    assert list(load_subscriptions(path)[3:]) == many
    for one in many:
        remove_subscription(path, one.feed_id)
    assert path.read_text("utf-8") == LIST


# --- OPML -------------------------------------------------------------------------------------------------------------

OPML = b"""<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.0"><head><title>mine</title></head><body>
 <outline text="World">
  <outline text="Asia/Pacific">
   <outline type="rss" text="One" title="One: all" xmlUrl="https://one.example/rss" htmlUrl="https://one.example/"/>
  </outline>
  <outline text="Two" xmlurl="feed://two.example/feed" category="/News/Launches,extra"/>
 </outline>
 <outline text="Bad" type="rss" xmlUrl="javascript:alert(1)"/>
 <outline text="Three" XMLURL="feed:https://three.example/a?b=1&amp;c=2"/>
 <outline text="Later"><outline text="One again" xmlUrl="http://one.example/rss"/></outline>
 <outline text="a note without a feed"/>
</body></opml>"""


def test_opml_folders_and_categories_become_tags() -> None:
    found = import_opml(OPML)
    one, two, three = found.subscriptions
    assert (one.url, one.source, one.title) == ("https://one.example/rss", "One: all", "One: all")
    assert one.tags == ("World", "Asia Pacific", "Later")
    assert (two.url, two.tags) == ("http://two.example/feed", ("World", "News", "Launches", "extra"))
    assert (three.url, three.tags) == ("https://three.example/a?b=1&c=2", ())
    assert found.problems == (
        "'javascript:alert(1)' was left out: 'javascript:alert(1)' is not an http or https address",
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(made, max_size=5, unique_by=lambda one: one.feed_id))
def test_opml_export_and_import_keep_everything(many: list[Subscription]) -> None:
    back = import_opml(export_opml(many)).subscriptions
    assert sorted(back, key=lambda one: one.feed_id) == sorted(many, key=lambda one: one.feed_id)


def test_opml_attributes_of_others_are_not_ours() -> None:
    body = b'<opml xmlns:x="urn:x"><body><outline text="a" x:status="dead" status="?" xmlUrl="http://a.example/"/></body></opml>'
    assert import_opml(body).subscriptions[0].status == "active"


def test_opml_without_feeds_says_so() -> None:
    assert import_opml(b"<opml><body/></opml>").problems == ("the document lists no feed",)


@pytest.mark.parametrize(
    "body",
    [b"", b"hello", b"<html><body>x</body></html>", b"<rss version='2.0'/>", b"\x00\x01"],
)
def test_what_is_no_opml_is_refused_in_a_sentence(body: bytes) -> None:
    with pytest.raises(SubscriptionError, match=r"this is not an OPML document\. Export"):
        import_opml(body)


def test_opml_cut_short_keeps_what_came_before() -> None:
    cut = OPML[: OPML.index(b'<outline text="Bad"')]
    assert len(import_opml(cut).subscriptions) == 2


LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (i, b"&l%d;" % (i - 1) * 10 if i else b"ha") for i in range(12))


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE opml ["
        + LAUGHS
        + b']><opml><body><outline text="&l11;" xmlUrl="http://a.example/"/></body></opml>',
        (
            "<?xml version='1.0' encoding='utf-16'?><!DOCTYPE opml ["
            + LAUGHS.decode()
            + ']><opml><body><outline text="&l11;" xmlUrl="http://a.example/"/></body></opml>'
        ).encode("utf-16"),
        b'<!DOCTYPE opml [<!ENTITY f SYSTEM "file:///etc/passwd">]><opml><body><outline text="&f;"/></body></opml>',
        b"<opml><body>" + b'<outline text="' + b"a" * 11_000_000 + b'"/></body></opml>',
    ],
)
def test_hostile_opml_is_refused_at_once(body: bytes) -> None:
    start = time.perf_counter()
    with pytest.raises(SubscriptionError):
        import_opml(body)
    assert time.perf_counter() - start < 2


def test_deep_or_wide_opml_is_read_in_bounded_time() -> None:
    deep = b"<opml><body>" + b'<outline text="f">' * 20_000
    wide = b"<opml><body>" + b'<outline xmlUrl="http://a.example/"/>' * 20_000 + b"</body></opml>"
    start = time.perf_counter()
    import_opml(deep)
    assert len(import_opml(wide).subscriptions) == 1
    assert time.perf_counter() - start < 10


def test_external_dtd_is_never_loaded(tmp_path: Path) -> None:
    dtd = tmp_path / "x.dtd"
    dtd.write_text('<!ENTITY secret "leaked">', "utf-8")
    body = f'<!DOCTYPE opml SYSTEM "{dtd.as_uri()}"><opml><body><outline text="&secret;" xmlUrl="http://a.example/"/></body></opml>'
    found = import_opml(body.encode())
    assert "leaked" not in repr(found)


def test_exported_text_cannot_break_out_of_its_attribute() -> None:
    one = replace(subscription("https://a.example/?x=1&y=2", title='"><script>'), tags=("<b>",))
    assert import_opml(export_opml([one])).subscriptions == (one,)


# --- the shipped list -------------------------------------------------------------------------------------------------


def test_shipped_list_is_valid_and_has_its_desks() -> None:
    shipped = Path(subscriptions.__file__).parents[1] / "feeds.toml"
    feeds = load_subscriptions(shipped)
    assert len(feeds) >= 24
    assert all(one.source and one.title and one.tags for one in feeds)
    tags = {tag for one in feeds for tag in one.tags}
    assert {"world", "asia", "defence", "space", "official"} <= tags
