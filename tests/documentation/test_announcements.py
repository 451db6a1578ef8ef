"""History feeds: items as announcements, whatever the feed does wrong."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tracker.documentation import Announcement, read_announcements
from tracker.documentation.reading.policy_names import PolicyNames
from tracker.errors import PageError


def feed(*items: str) -> bytes:
    """Write an RSS feed of a few items."""
    head = '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Shoe</title>'
    return f"{head}<link>https://shoe.example/</link><description/>{''.join(items)}</channel></rss>\n".encode()


def item(
    title: str = "New feature",
    text: str = "Words.",
    link: str = "https://shoe.example/a.html#b",
    published: str = "Thu, 2 Oct 2025 19:00:00 GMT",
) -> str:
    """Write an item with the same guid as all others."""
    return (
        f"<item><title>{title}</title><link>{link}</link><description>{text}</description>"
        f'<pubDate>{published}</pubDate><guid isPermaLink="false">shoe#New_feature_2025-10-02</guid></item>'
    )


def read(*items: str) -> tuple[Announcement, ...]:
    """Read a feed of these items."""
    return read_announcements(feed(*items), name="feed")


def test_an_item_becomes_plain_text_in_utc_with_its_policies() -> None:
    text = (
        "&lt;p&gt;Added to &lt;code class=&quot;code&quot;&gt;AmazonShoePolicy&lt;/code&gt; &amp;amp; more.&lt;/p&gt;"
    )
    (only,) = read(item("AWS managed\n   policy\tupdates", text))
    assert (only.title, only.text) == ("AWS managed policy updates", "Added to AmazonShoePolicy & more.")
    assert only.published == datetime(2025, 10, 2, 19, tzinfo=UTC)
    assert (only.policies, only.about_policies) == (("AmazonShoePolicy",), True)
    assert only.link == "https://shoe.example/a.html#b"
    assert not read(item())[0].about_policies


def test_with_the_archive_s_names_only_its_policies_are_policies() -> None:
    """`AWS-RunPatchBaseline` is a document of Systems Manager, `AWSManagedRulesATPRuleSet` a rule group of WAF."""
    texts = [
        "AWS-RunPatchBaselineAccess changed.",
        "AWSManagedRulesATPRuleSetPolicy is new.",
        "AmazonShoePolicy changed.",
    ]
    names = PolicyNames(["AmazonShoePolicy"])
    found = read_announcements(feed(*(item(str(n), text) for n, text in enumerate(texts))), name="feed", names=names)
    assert [(one.policies, one.about_policies) for one in found] == [
        ((), False),
        ((), False),
        (("AmazonShoePolicy",), True),
    ]


def test_items_that_share_a_guid_are_kept_apart_and_repeated_ones_reported_once() -> None:
    announcements = read(item("One"), item("Two"), item("One"))
    assert [announcement.title for announcement in announcements] == ["One", "Two"]
    assert len({announcement.id for announcement in announcements}) == 2
    assert len({announcement.guid for announcement in announcements}) == 1


def test_hostile_html_leaves_nothing_but_text() -> None:
    text = "&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(2)&gt;&lt;style&gt;p{}&lt;/style&gt;safe"
    assert read(item(text=text))[0].text == "safe"


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "http://[", "", "a b"]
)
def test_only_web_addresses_are_links(link: str) -> None:
    assert read(item(link=link))[0].link is None


@pytest.mark.parametrize(
    ("published", "moment"),
    [
        ("Thu, 2 Oct 2025 7:32:16 Z", datetime(2025, 10, 2, 7, 32, 16, tzinfo=UTC)),
        ("Thu, 02 Oct 2025 19:00:00 +0900", datetime(2025, 10, 2, 10, tzinfo=UTC)),
        ("2025-10-02", datetime(2025, 10, 2, tzinfo=UTC)),
        ("Oct 2, 2025", datetime(2025, 10, 2, tzinfo=UTC)),
        ("7:32:16 Z", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("soon", None),
    ],
)
def test_sloppy_dates_give_what_can_be_read(published: str, moment: datetime | None) -> None:
    assert read(item(published=published))[0].published == moment


def test_atom_is_read_too() -> None:
    data = (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><title>Shoe</title><entry><id>a</id><title>Managed policy</title>'
        b'<updated>2025-10-02T19:00:00Z</updated><link href="https://shoe.example/"/><content>Words</content></entry>'
        b"</feed>"
    )
    (only,) = read_announcements(data, name="feed")
    assert (only.guid, only.text, only.about_policies) == ("a", "Words", True)
    assert only.published == datetime(2025, 10, 2, 19, tzinfo=UTC)


@pytest.mark.parametrize("data", [b"", b"<html><body>x", b"{}", b"\x00\xff", b"<rss", feed(item())[:-30]])
def test_what_is_no_whole_feed_is_an_error(data: bytes) -> None:
    with pytest.raises(PageError):
        read_announcements(data, name="feed")


def test_bytes_are_never_taken_for_the_name_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    path.write_bytes(feed(item()))
    with pytest.raises(PageError, match="no RSS or Atom feed"):
        read_announcements(str(path).encode(), name="feed")


def test_external_entities_are_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    doctype = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'.encode()
    data = feed(item("&x; shown")).replace(b"<rss", doctype + b"<rss")
    assert "hidden" not in read_announcements(data, name="feed")[0].title
