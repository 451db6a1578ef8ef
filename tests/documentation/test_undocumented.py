"""Changes that no page documents: found across pages, and only where a page should have had a row for them."""

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from shutil import copytree

import feedparser
import pytest
from archives import CHECKOUT
from builders import START, history, version
from click.testing import CliRunner

from tracker.changelog.entries import entries_of, newest_first
from tracker.changelog.model import Entry
from tracker.cli import command
from tracker.documentation import DocumentedAction, DocumentedPage, DocumentedRow, RowKind
from tracker.documentation.auditing.audit import audit_page
from tracker.documentation.reading.date_spans import DaySpan
from tracker.documentation.recorded import page_of_record, parse_record, record_to_json, recorded, row_changes
from tracker.documentation.undocumented import PageTime, Undocumented, UndocumentedState, undocumented_changes
from tracker.policy.history import PolicyHistory
from tracker.risk.rules import Level

NAME = "AmazonShoePolicy"
SHOE = history(
    version(1, "shoe:GetLace", at=-400),
    version(2, "shoe:GetLace", "shoe:PutLace", at=10),
    version(3, "shoe:GetLace", "shoe:PutLace", "shoe:PutSole", at=200),
    name=NAME,
)


def on(number: int) -> date:
    return (START + timedelta(days=number - 1)).date()


def row(at: int, *actions: str, policy: str = NAME, number: int = 1) -> DocumentedRow:
    return DocumentedRow(
        number=number,
        kind=RowKind.UPDATE,
        policies=(policy,),
        change=policy,
        title="Update",
        description="",
        date=on(at),
        date_text="",
        actions=tuple(DocumentedAction(action, "") for action in actions),
    )


def entries(*histories: PolicyHistory) -> list[Entry]:
    return newest_first(item for one in histories for item in entries_of(one) if isinstance(item, Entry))


def replaced(one: PolicyHistory, name: str) -> PolicyHistory:
    return history(*one.versions, name=name)


def found(*rows: DocumentedRow, read_on: int = 500, reported: list[Entry] | None = None) -> tuple[Undocumented, ...]:
    reported = reported or entries(SHOE)
    page = DocumentedPage("", "en", tuple(replace(one, number=number) for number, one in enumerate(rows, 1)), ())
    audited = audit_page(page, reported, lambda _: True)
    time = PageTime("page", audited, min(one.date for one in rows if one.date), on(read_on))
    return undocumented_changes([time], reported)


def test_a_change_that_no_row_documents_is_undocumented() -> None:
    (only,) = found(row(10, "shoe:PutLace"))
    assert (only.id, only.nearest_row, only.state) == (f"aws/{NAME}/v3", None, UndocumentedState.OPEN)


@pytest.mark.parametrize(("read_on", "count"), [(259, 0), (260, 1)])
def test_a_change_counts_once_the_page_is_sixty_days_younger(read_on: int, count: int) -> None:
    assert len(found(row(10, "shoe:PutLace"), read_on=read_on)) == count


@pytest.mark.parametrize(("action", "count"), [("shoe:PutSole", 0), ("shoe:PutLace", 1)])
def test_a_row_without_a_day_documents_the_change_whose_actions_it_names(action: str, count: int) -> None:
    undated = replace(row(10, action), date=None, date_text="TBD")
    assert len(found(row(10, "shoe:PutLace"), undated)) == count


def test_a_change_of_scope_that_only_another_policy_s_row_is_about_names_that_policy() -> None:
    def changed(name: str) -> PolicyHistory:
        narrow = version(2, "shoe:GetLace", at=200, resource="arn:aws:shoe:::one")
        return history(version(1, "shoe:GetLace", at=-400), narrow, name=name)

    reported = entries(changed(NAME), changed("AmazonBootPolicy"))
    (only,) = found(row(-400), row(200, policy="AmazonBootPolicy"), reported=reported)
    assert (only.entry.policy, only.documented_for) == (NAME, "AmazonBootPolicy")


def test_a_row_of_another_page_is_no_row_for_another_policy_only() -> None:
    """Many services get the same action at one time: that another page has a row for it says nothing."""
    reported = entries(SHOE, replaced(SHOE, "AmazonBootPolicy"))
    times = []
    for name, rows in (("shoes", [row(-400)]), ("boots", [row(-400), row(200, "shoe:PutSole")])):
        policy = NAME if name == "shoes" else "AmazonBootPolicy"
        own = [replace(one, number=number, policies=(policy,)) for number, one in enumerate(rows, 1)]
        audited = audit_page(DocumentedPage("", "en", tuple(own), ()), reported, lambda _: True)
        times.append(PageTime(name, audited, on(-400), on(500)))
    assert {(item.entry.policy, item.documented_for) for item in undocumented_changes(times, reported)} == {
        (NAME, None),
        ("AmazonBootPolicy", None),
    }


def test_what_is_older_than_the_page_s_first_row_does_not_count() -> None:
    assert found(row(100), row(199)) == ()


@pytest.mark.parametrize(("lag", "count"), [(60, 0), (61, 1)])
def test_a_row_without_actions_documents_a_change_within_sixty_days(lag: int, count: int) -> None:
    assert len(found(row(10, "shoe:PutLace"), row(200 + lag))) == count


def test_a_near_row_that_documents_another_version_is_named() -> None:
    reported = entries(
        history(
            version(1, "a:B", at=-9),
            version(2, "a:B", "a:C", at=90),
            version(3, "a:B", "a:C", "a:D", at=100),
            name=NAME,
        )
    )
    (only,) = found(row(1), row(90, "a:C"), reported=reported)
    assert (only.entry.version, only.nearest_row) == ("v3", DaySpan(on(90), on(90)))


def test_a_change_documented_for_another_policy_only_says_so() -> None:
    other = history(
        version(1, "shoe:GetLace", at=-400),
        version(2, "shoe:GetLace", "shoe:PutSole", at=200),
        name="Amazon_ShoePolicy",
    )
    reported = entries(SHOE, other)
    (only,) = found(row(10, "shoe:PutLace"), row(200, "shoe:PutSole", policy="Amazon_ShoePolicy"), reported=reported)
    assert (only.entry.policy, only.documented_for) == (NAME, "Amazon_ShoePolicy")


def test_a_row_in_words_about_a_renamed_policy_names_the_other_policy() -> None:
    """The other policy's row names one action of two; its version has both."""
    other = history(
        version(1, "shoe:GetLace", at=-400),
        version(2, "shoe:GetLace", "shoe:PutSole", "shoe:TieLace", at=200),
        name="Amazon_ShoePolicy",
    )
    reported = entries(SHOE, other)
    (only,) = found(row(10, "shoe:PutLace"), row(200, "shoe:TieLace", policy="Amazon_ShoePolicy"), reported=reported)
    assert (only.entry.policy, only.documented_for) == (NAME, "Amazon_ShoePolicy")


def test_the_gravest_comes_first() -> None:
    reported = entries(SHOE)
    page = DocumentedPage("", "en", (row(-300),), ())
    audited = audit_page(page, reported, lambda _: True)
    levels = {"v2": Level.CRITICAL, "v3": Level.NOTICE}
    items = undocumented_changes(
        [PageTime("page", audited, on(-300), on(900))], reported, lambda entry: levels[entry.version or ""]
    )
    assert [item.entry.version for item in items] == ["v2", "v3"]


def test_a_row_that_appears_later_resolves_the_change_under_its_id() -> None:
    first, second = row(10, "shoe:PutLace"), row(200, "shoe:PutSole")
    early = DocumentedPage("", "en", (first,), (NAME,))
    before = recorded(early, "https://example.org/", "Shoe", on(300), None)
    after = recorded(replace(early, rows=(second, first)), "https://example.org/", "Shoe", on(400), before)
    page, absent = page_of_record(parse_record(record_to_json(after).encode(), "record"))
    assert absent == {1: on(300)}
    reported = entries(SHOE)
    audited = audit_page(page, reported, lambda _: True)
    (only,) = undocumented_changes([PageTime("page", audited, on(10), on(400), absent)], reported)
    assert (only.id, only.state) == (f"aws/{NAME}/v3", UndocumentedState.RESOLVED)


def test_rows_that_are_edited_or_deleted_are_reported_and_stay_in_the_record() -> None:
    page = DocumentedPage("", "en", (row(10, "shoe:PutLace"), row(5, policy="AmazonSockPolicy")), ())
    before = recorded(page, "p", None, on(300), None)
    edited = replace(page, rows=(row(10, "shoe:PutLace", "shoe:PutSole"),))
    after = recorded(edited, "p", None, on(301), before)
    assert [(item.policies[0], item.is_edited) for item in row_changes(before, after)] == [
        (NAME, True),
        ("AmazonSockPolicy", False),
    ]
    assert row_changes(before, after)[0].named_now == ("shoe:PutSole",)
    assert [one.gone is not None for one in after.rows] == [False, True, True]
    assert row_changes(after, recorded(edited, "p", None, on(302), after)) == ()


def test_of_an_edited_row_it_is_said_what_changed() -> None:
    page = DocumentedPage("", "en", (row(10, "shoe:PutLace"),), ())
    before = recorded(page, "p", None, on(300), None)
    after = recorded(replace(page, rows=(row(12, "shoe:PutSole"),)), "p", None, on(301), before)
    (only,) = row_changes(before, after)
    assert (only.date, only.date_now) == (on(10).isoformat(), on(12).isoformat())
    assert (only.named_now, only.not_named_now) == (("shoe:PutSole",), ("shoe:PutLace",))


def test_reading_an_unchanged_page_again_changes_the_day_alone() -> None:
    page = DocumentedPage("", "en", (row(10, "shoe:PutLace"),), ())
    before = recorded(page, "p", None, on(300), None)
    again = recorded(page, "p", None, on(301), before)
    assert again.rows == before.rows
    assert (again.first_read, again.last_read) == (on(300).isoformat(), on(301).isoformat())


def test_the_record_holds_no_sentence_of_the_page() -> None:
    sentence = "A sentence of the page."
    page = DocumentedPage(
        sentence, "en", (replace(row(10), change=sentence, title=sentence, description=sentence),), ()
    )
    assert sentence not in record_to_json(recorded(page, "p", "Shoe", on(300), None))


def run(*arguments: str) -> None:
    result = CliRunner().invoke(command, ["--quiet", *arguments])
    assert result.exit_code == 0, result.output


@pytest.mark.usefixtures("small_catalogue")
def test_what_was_recorded_is_a_page_and_a_feed_of_the_site(tmp_path: Path) -> None:
    """`AmazonEKSConnectorServiceRolePolicy` v2 came in October 2025; the page has no row of it."""
    snapshots, name = tmp_path / "snapshots", "AmazonEKSConnectorServiceRolePolicy"
    copytree(CHECKOUT / "snapshots" / "aws" / name, snapshots / "aws" / name)
    page = tmp_path / "page.md"
    head = "| Change | Description | Date |\n| --- | --- | --- |\n"
    page.write_text(f"{head}| `{name}` – New policy | New. | September 5, 2021 |\n", encoding="utf-8")
    site = tmp_path / "public"
    common = ("--snapshots", str(snapshots), "--config", str(CHECKOUT / "pyproject.toml"))
    run(*common, "build", "--output", str(site))
    assert not (site / "undocumented").exists()
    run(*common, "audit", str(page), "--record", "--as-of", "2026-03-01", "--output", str(tmp_path / "report"))
    run(*common, "build", "--output", str(site))
    assert f"{name} v2" in plain_text(site / "undocumented" / "index.html")
    feed = feedparser.parse((site / "undocumented" / "feed.xml").read_text(encoding="utf-8"))
    assert [item.id for item in feed.entries] == [f"aws/{name}/v2/undocumented"]
    row = f"| `{name}` – Update | Added `ssmmessages:OpenDataChannel`. | October 15, 2025 |\n"
    page.write_text(page.read_text(encoding="utf-8") + row, encoding="utf-8")
    run(*common, "audit", str(page), "--record", "--as-of", "2026-03-02", "--output", str(tmp_path / "report"))
    run(*common, "build", "--output", str(site))
    feed = feedparser.parse((site / "undocumented" / "feed.xml").read_text(encoding="utf-8"))
    assert [(item.id, item.title.startswith("Resolved: ")) for item in feed.entries] == [
        (f"aws/{name}/v2/undocumented", True)
    ]


def plain_text(path: Path) -> str:
    return " ".join(re.sub(r"<[^>]*>", "", path.read_text(encoding="utf-8")).split())
