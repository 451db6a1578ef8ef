"""Documentation pages: update tables as rows, from HTML, Markdown and text copied out of a browser."""

import json
from datetime import date
from pathlib import Path

import pytest

from tracker.catalogue.catalogue import load_catalogue
from tracker.documentation import DocumentedPage, DocumentedRow, RowKind, read_page
from tracker.documentation.reading.actions import documented_actions
from tracker.documentation.reading.dates import is_undecided, read_day
from tracker.documentation.reading.layout import CODE, CODE_END, MAX_PAGE_BYTES, MAX_ROWS, BlockKind, TextBlock
from tracker.documentation.reading.names import is_policy_name, repair_name, role_names, split_change
from tracker.documentation.reading.pages import Vocabulary
from tracker.documentation.reading.policy_names import PolicyNames
from tracker.errors import PageError

SEED = (Path(__file__).parents[1] / "pages" / "connect.ko.txt").read_bytes()
SLR, FULL = "AmazonConnectServiceLinkedRolePolicy", "AmazonConnect_FullAccess"
CAMPAIGNS, SYNC = "AmazonConnectCampaignsServiceLinkedRolePolicy", "AmazonConnectSynchronizationServiceRolePolicy"
PROFILES, VOICE = "CustomerProfilesServiceLinkedRolePolicy", "AmazonConnectVoiceIDFullAccess"
DOMAIN_ACTIONS = (
    "AddProfileKey CreateDomain CreateProfile DeleteDomain DeleteIntegration DeleteProfile DeleteProfileKey"
    " DeleteProfileObject DeleteProfileObjectType GetIntegration GetMatches GetProfileObjectType ListIntegrations"
    " ListProfileObjects ListProfileObjectTypes ListTagsForResource MergeProfiles PutIntegration PutProfileObject"
    " PutProfileObjectType SearchProfiles TagResource UntagResource UpdateDomain UpdateProfile"
)
# What the page says, row for row: policy, day, kind, then each list of actions under a lead of its own.
SEED_ROWS = (
    (SLR, "2023-11-17", "update", "sms:DescribePhoneNumbers sms:SendTextMessage"),
    (SLR, "2023-11-15", "update", "wisdom:PutFeedback"),
    (CAMPAIGNS, "2023-11-08", "update", "connect:BatchPutContact connect:StopContact"),
    (SYNC, "2023-11-03", "new-policy"),
    (
        SLR,
        "2023-10-30",
        "update",
        (
            "profile:ListCalculatedAttributesForProfile profile:GetDomain profile:ListIntegrations"
            " profile:CreateCalculatedAttributeDefinition profile:DeleteCalculatedAttributeDefinition"
            " profile:GetCalculatedAttributeDefinition profile:UpdateCalculatedAttributeDefinition"
        ),
    ),
    (
        SLR,
        "2023-10-25",
        "update",
        (
            "wisdom:CreateQuickResponse wisdom:GetQuickResponse wisdom:SearchQuickResponses wisdom:StartImportJob"
            " wisdom:GetImportJob wisdom:ListImportJobs wisdom:ListQuickResponses wisdom:UpdateQuickResponse"
            " wisdom:DeleteQuickResponse"
        ),
    ),
    (
        SLR,
        "2023-10-06",
        "update",
        "profile:ListCalculatedAttributeDefinitions profile:GetCalculatedAttributeForProfile",
    ),
    (
        SLR,
        "2023-09-29",
        "update",
        (
            "wisdom:CreateContent wisdom:DeleteContent wisdom:CreateKnowledgeBase wisdom:GetAssistant"
            " wisdom:GetKnowledgeBase wisdom:GetContent wisdom:GetRecommendations wisdom:GetSession"
            " wisdom:NotifyRecommendationsReceived wisdom:QueryAssistant wisdom:StartContentUpload wisdom:UntagResource"
            " wisdom:TagResource wisdom:CreateSession"
        ),
        "wisdom:ListAssistants wisdom:KnowledgeBases",
    ),
    (PROFILES, "2023-03-07", "new-policy"),
    (FULL, "2023-01-26", "update", "iam:CreateServiceLinkedRole"),
    (SLR, "2022-02-12", "update", "cloudwatch:PutMetricData"),
    (
        FULL,
        "2021-11-12",
        "update",
        (
            "profile:ListAccountIntegrations profile:ListDomains profile:GetDomain"
            " profile:ListProfileObjectTypeTemplates profile:GetObjectTypes"
        ),
        " ".join(f"profile:{action}" for action in DOMAIN_ACTIONS.split()),
    ),
    (
        SLR,
        "2021-11-12",
        "update",
        "profile:SearchProfiles profile:CreateProfile profile:UpdateProfile profile:AddProfileKey",
        "profile:ListProfileObjects",
        "profile:ListAccountIntegrations",
    ),
    (VOICE, "2021-09-27", "new-policy"),
    (CAMPAIGNS, "2021-09-27", "new-policy"),
    (SLR, "2021-06-15", "update", "lex:ListBots lex:ListBotAliases"),
    (FULL, "2021-06-15", "update", "lex:ListBots lex:ListBotAliases"),
    ("", "2021-06-15", "tracking-started"),
)

HTML = """<!DOCTYPE html><html lang="en-US"><head><title>Policies of Shoe - Shoe</title>
<script>var table = "<table>";</script></head><body><h1 class="topictitle">AWS managed policies for Amazon Shoe</h1>
<h2 id="full">AWS managed policy: AmazonShoeFullAccess</h2><p>Attach it to whom you like.</p>
<pre class="programlisting"><div class="code-btn-container"></div><!--DEBUG: cli ()--><code class="json ">{
  "Version": "2012-10-17",
  "Statement": [{"Effect": "Allow", "Action": "shoe:*", "Resource": "*"}]
}</code></pre>
<h2 id="updates">Amazon Shoe updates to AWS managed policies</h2>
<div class="table-container"><div class="table-contents"><table id="w1"><thead><tr><th>Change</th><th>Description</th>
<th>Date</th></tr></thead>
<tr><td><p><a href="#full"><code class="code">AmazonShoeFullAccess</code></a> – Update to an existing policy</p></td>
<td><p>Shoe added the following:</p><div class="itemizedlist"><ul class="itemizedlist"><li class="listitem">
<p><code class="code">shoe:GetLace</code> – reads a
 lace.</p></li><li><p><code class="code">shoe:Put*</code></p></li></ul></div>
<p>Removed <code>shoe:OldLace</code>, for resources tagged <code>'ShoeEnabled':'True'</code> or
<code>arn:aws:shoe:*:*:*</code>, after 12:30, with the <code>iam:PassedToService</code> condition key.</p></td>
<td><p>November 20th, 2025</p></td></tr>
<tr><td>AmazonShoeFullAccess, AmazonShoeReadOnlyAccess and SecurityAudit - Updated policies</td>
<td>Added <code>PutLace</code> and <code>DescribeLaces</code> for AWSServiceRoleForShoe.</td><td>May 21 2021</td></tr>
<tr><td>Amazon Shoe started tracking changes</td><td>Shoe started tracking changes.</td><td>TBD</td></tr>
</table></div></div><p>Foot</p></body></html>"""

MARKDOWN = r"""# Policies of Shoe<a name="top"></a>

Words that say little\.

## AWS managed policy: AmazonShoe\_FullAccess<a name="full"></a>

```
{
  "Version": "2012-10-17",
  "Statement": []
}
```

****

| Policy | Version | Change | Date |  |  |
| --- | --- | --- | --- | --- | --- |
|  [AmazonShoe\_FullAccess](#full) \- Update to an existing policy  | 23 |  {list}  |  June 06, 2023  |
| `ShoeServiceRolePolicy` | 1 | New policy\. | Decemeber 1, 2022 |
""".replace("{list}", r"Added:+  `shoe:GetLace` <br />+  `shoe:A` - one \| two<br />Removed the following:+  `shoe:B`")


def row(change: str, description: str = "Words.", day: str = "May 1, 2021") -> DocumentedRow:
    """Read a page of one row."""
    head = "<table><tr><th>Change</th><th>Description</th><th>Date</th></tr>"
    page = read_page(f"{head}<tr><td>{change}</td><td>{description}</td><td>{day}</td></tr></table>", name="page")
    return page.rows[0]


@pytest.fixture(scope="module")
def seed() -> DocumentedPage:
    return read_page(SEED, name="connect.ko.txt")


@pytest.mark.parametrize(("index", "reported"), list(enumerate(SEED_ROWS)), ids=lambda value: str(value)[:12])
def test_every_row_of_the_copied_korean_page_is_read(
    seed: DocumentedPage, index: int, reported: tuple[str, ...]
) -> None:
    policy, day, kind, *lists = reported
    read = seed.rows[index]
    assert len(seed.rows) == len(SEED_ROWS)
    assert read.policies == ((policy,) if policy else ())
    assert (read.date, read.kind) == (date.fromisoformat(day), kind)
    assert read.date_text == f"{read.date:%Y}년 {int(day[5:7])}월 {int(day[8:])}일"
    leads = dict.fromkeys(action.lead for action in read.actions)
    assert [[a.name for a in read.actions if a.lead == lead] for lead in leads] == [part.split() for part in lists]
    assert read.removed_actions == ()


def test_titles_and_words_about_one_action_come_from_the_copied_page(seed: DocumentedPage) -> None:
    assert seed.rows[0].title == "아마존 Pinpoint에 대한 액션 추가"
    assert seed.rows[9].change.startswith("AmazonConnect_ FullAccess — ")
    assert seed.rows[9].actions[0].text == "Customer Profiles에 대한 서비스 연결 역할을 만들 수 있습니다."
    assert seed.rows[11].actions[1].text.startswith("생성된 도메인의")
    assert (seed.language, seed.title[:3]) == ("ko", "AWS")


def test_documents_belong_to_their_sections_and_custom_policies_to_nobody(seed: DocumentedPage) -> None:
    # The document of the campaigns' policy lacks a brace on the page; that of Voice ID is a custom policy.
    assert list(seed.documents) == [FULL, SLR, PROFILES, SYNC]
    assert json.loads(seed.documents[FULL])["Statement"][0]["Action"][0] == "connect:*"


def test_html_gives_lists_code_links_and_removed_actions() -> None:
    page = read_page(HTML.encode(), name="page")
    first, second, third = page.rows
    assert (page.title, page.language) == ("AWS managed policies for Amazon Shoe", "en")
    assert first.policies == ("AmazonShoeFullAccess",)
    assert first.title == "Update to an existing policy"
    assert [(a.name, a.lead, a.text) for a in first.actions] == [
        ("shoe:GetLace", "Shoe added the following:", "reads a lace."),
        ("shoe:Put*", "Shoe added the following:", ""),
    ]
    assert [action.name for action in first.removed_actions] == ["shoe:OldLace"]
    assert second.policies == ("AmazonShoeFullAccess", "AmazonShoeReadOnlyAccess", "SecurityAudit")
    assert [action.name for action in second.actions] == ["PutLace", "DescribeLaces"]
    assert (second.roles, second.date) == (("AWSServiceRoleForShoe",), date(2021, 5, 21))
    assert (third.kind, third.date, third.date_text) == (RowKind.TRACKING_STARTED, None, "TBD")
    assert json.loads(page.documents["AmazonShoeFullAccess"])["Version"] == "2012-10-17"


def test_markdown_gives_versions_and_lists_that_stick_to_their_leads() -> None:
    page = read_page(MARKDOWN, name="page")
    first, second = page.rows
    assert (first.policies, first.title, first.version) == (
        ("AmazonShoe_FullAccess",),
        "Update to an existing policy",
        "23",
    )
    assert [(a.name, a.lead, a.text) for a in first.actions] == [
        ("shoe:GetLace", "Added:", ""),
        ("shoe:A", "Added:", "one | two"),
    ]
    assert [action.name for action in first.removed_actions] == ["shoe:B"]
    assert first.description == "Added:\n- shoe:GetLace\n- shoe:A - one | two\nRemoved the following:\n- shoe:B"
    assert (second.policies, second.kind) == (("ShoeServiceRolePolicy",), RowKind.NEW_POLICY)
    assert (first.date, second.date) == (date(2023, 6, 6), date(2022, 12, 1))
    assert page.documents.keys() == {"AmazonShoe_FullAccess"}


def test_a_policy_column_that_repeats_its_purpose_gives_no_title() -> None:
    page = (
        "| Policy | Description of change | Date |\n|---|---|---|\n"
        "| `AWSShoeTeamPolicy`<br />It lets the shoe team help. | Added `shoe:Help`. | 2021-06-15 |\n"
    )
    only = read_page(page, name="page").rows[0]
    assert (only.policies, only.title, only.date) == (("AWSShoeTeamPolicy",), "", date(2021, 6, 15))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("November 17, 2023", date(2023, 11, 17)),
        ("Nov 17, 2023", date(2023, 11, 17)),
        ("17 November 2023", date(2023, 11, 17)),
        ("2023-11-17", date(2023, 11, 17)),
        ("11/17/2023", date(2023, 11, 17)),
        ("17/11/2023", date(2023, 11, 17)),
        ("November 20th, 2025", date(2025, 11, 20)),
        ("Thursday, November 20, 2025", date(2025, 11, 20)),
        ("Thu. 20 Nov 2025", date(2025, 11, 20)),
        ("June 06, 2022", date(2022, 6, 6)),
        ("March, 30 2023", date(2023, 3, 30)),
        ("May 21 2021", date(2021, 5, 21)),
        ("Decemeber 1, 2022", date(2022, 12, 1)),
        ("Februrary 22, 2022", date(2022, 2, 22)),
        ("2023년 11월 17일", date(2023, 11, 17)),
        ("2023 년 11 월 7 일", date(2023, 11, 7)),
        ("February 30, 2022", None),
        ("November 17, 202", None),
        ("2023년 11월", None),
        ("Added May 1, 2021", None),
        ("TBD", None),
        ("", None),
    ],
)
def test_days_are_read_in_every_form_met(text: str, day: date | None) -> None:
    assert read_day(text) == day


def test_an_undecided_day_is_no_fault() -> None:
    assert is_undecided("To Be  Determined.")
    assert row("Shoe started tracking changes", day="TBD").date is None


@pytest.mark.parametrize(
    ("change", "policies", "title"),
    [
        ("AmazonShoeFullAccess – Update", ("AmazonShoeFullAccess",), "Update"),
        ("AmazonShoeFullAccess—Update", ("AmazonShoeFullAccess",), "Update"),
        ("AmazonShoeFullAccess - Update", ("AmazonShoeFullAccess",), "Update"),
        ("AmazonShoeFullAccess- Update", ("AmazonShoeFullAccess",), "Update"),
        ("AmazonShoeFullAccess", ("AmazonShoeFullAccess",), ""),
        ("AWS-SSM-Shoe-ExecutionRolePolicy - Update", ("AWS-SSM-Shoe-ExecutionRolePolicy",), "Update"),
        ("AmazonShoe_ FullAccess — Update", ("AmazonShoe_FullAccess",), "Update"),
        ("_ AmazonShoe FullAccess — Update", ("AmazonShoe_FullAccess",), "Update"),
        ("AmazonShoeID FullAccess — Update", ("AmazonShoeIDFullAccess",), "Update"),
        ("AWSServiceRoleForShoe – Update", ("AWSServiceRoleForShoe",), "Update"),
        ("BatchServiceRolePolicy – Update", ("BatchServiceRolePolicy",), "Update"),
        ("Billing – Update", ("Billing",), "Update"),
        ("Added permissions to AmazonShoePolicy", ("AmazonShoePolicy",), "Added permissions to AmazonShoePolicy"),
        ("Amazon S3 added a thing – or two", (), "Amazon S3 added a thing – or two"),
        ("Amazon Connect - PutRolePolicy in CloudWatch", (), "Amazon Connect - PutRolePolicy in CloudWatch"),
    ],
)
def test_the_change_cell_is_names_then_title(change: str, policies: tuple[str, ...], title: str) -> None:
    assert split_change(change, {}) == (policies, title)


def test_a_broken_name_is_mended_by_a_whole_one_with_the_same_letters(seed: DocumentedPage) -> None:
    assert repair_name("ID AmazonConnectVoice FullAccess", {"".join(sorted(VOICE)): VOICE}) == VOICE
    assert repair_name("Amazon Connect", {}) is None
    assert VOICE in seed.policies


def test_roles_are_no_policies_unless_they_are_called_so() -> None:
    assert role_names("AWSServiceRoleForShoe, AWSServiceRoleForShoePolicy") == ("AWSServiceRoleForShoe",)
    assert is_policy_name("AWSServiceRoleForShoePolicy")
    assert row("Update", "Changed AmazonShoePolicy of AWSServiceRoleForShoe.").policies == ("AmazonShoePolicy",)


@pytest.mark.parametrize(
    ("text", "added", "removed"),
    [
        ("Removed the following actions: a:B, a:C.", "", "a:B a:C"),
        ("The policy no longer allows a:B.", "", "a:B"),
        ("Added a:B and removed a:C. Also a:D was removed.", "a:B", "a:C a:D"),
        ("Replaced a:B with a:C.", "a:C", "a:B"),
        ("Updated the policy to remove the a:* permission and add a:C.", "a:C", "a:*"),
        ("Added a:B to allow Shoe to remove permissions, and a:C.", "a:B a:C", ""),
        ("Removed a duplicate a:B permission. Added a:C.", "a:C", ""),
        ("Removed the actions a:B and a:D because they were redundant. Added a:C.", "a:C", ""),
        ("Added a:B. To tie laces, you must add the permission a:C to the IAM role.", "a:B", ""),
        ("Added a:B, which lets Shoe remove laces, and a:C.", "a:B a:C", ""),
        ("다음 작업을 제거했습니다 a:B", "", "a:B"),
        ("다음 작업을 추가했습니다 a:B", "a:B", ""),
        ("a:B: at 12:30, https://x:Y, aws:SourceArn, note:word, a:ResourceTag/Key, a:B again", "a:B", ""),
        ("a:* and a:Get* and a-b:C2", "a:* a:Get* a-b:C2", ""),
    ],
)
def test_actions_are_distinguished_from_words_and_added_from_removed(text: str, added: str, removed: str) -> None:
    actions = documented_actions("", [TextBlock(BlockKind.TEXT, text)])
    assert [action.name for action in actions if not action.removed and not action.required] == added.split()
    assert [action.name for action in actions if action.removed] == removed.split()


def test_bare_names_count_only_where_nothing_is_named_in_full() -> None:
    bare = TextBlock(BlockKind.TEXT, f"{CODE}PutLace{CODE_END} of {CODE}List{CODE_END}")
    assert [action.name for action in documented_actions("", [bare])] == ["PutLace"]
    assert [action.name for action in documented_actions("Added a:B", [bare])] == ["a:B"]


def test_a_name_in_code_font_may_lack_its_colon() -> None:
    """As `sagemaker-ListTags` on SageMaker's page and `s3GetObjectAcl` on that of AWS Backup."""
    text = f"Added {CODE}s3GetObjectAcl{CODE_END}, {CODE}sagemaker-ListTags{CODE_END}, {CODE}s3:GetObject{CODE_END}."
    found = documented_actions("", [TextBlock(BlockKind.TEXT, text)], catalogue=load_catalogue())
    assert [(action.name, action.written) for action in found] == [
        ("s3:GetObjectAcl", "s3GetObjectAcl"),
        ("sagemaker:ListTags", "sagemaker-ListTags"),
        ("s3:GetObject", ""),
    ]


def test_lists_that_differ_by_policy_say_whose_they_are() -> None:
    reported = "<p>For AmazonOnePolicy:</p><ul><li>a:B</li></ul><p>For AmazonTwoPolicy:</p><ul><li>a:B</li></ul>"
    actions = row("AmazonOnePolicy and AmazonTwoPolicy – Update", reported).actions
    assert [(action.name, action.policies) for action in actions] == [
        ("a:B", ("AmazonOnePolicy",)),
        ("a:B", ("AmazonTwoPolicy",)),
    ]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("AmazonShoePolicy – New policy", RowKind.NEW_POLICY),
        ("Added AmazonShoePolicy", RowKind.NEW_POLICY),
        ("AmazonShoePolicy – Added new permissions", RowKind.UPDATE),
        ("AWS managed policies for Shoe – New policy and update to existing policy", RowKind.UPDATE),
        ("AmazonShoePolicy – Deprecated", RowKind.DEPRECATED),
        ("AmazonShoePolicy – DeprecatedGovCloud (US) Region", RowKind.DEPRECATED),
        ("AmazonShoePolicy – Deprecated the action a:B", RowKind.UPDATE),
        ("AmazonShoePolicy – Renamed action a:B", RowKind.RENAMED),
        ("AmazonShoePolicy – Now documented", RowKind.LISTED),
        ("Change log published", RowKind.TRACKING_STARTED),
    ],
)
def test_the_title_gives_the_kind(change: str, kind: RowKind) -> None:
    assert row(change).kind is kind


def test_a_title_that_says_what_a_policy_is_for_leaves_the_kind_to_the_description() -> None:
    assert (
        row("AmazonShoePolicy – gives access to laces.", "Shoe added a new policy for laces.").kind
        is RowKind.NEW_POLICY
    )
    assert row("AmazonShoePolicy – Update", "Shoe added a new policy for laces.").kind is RowKind.UPDATE


@pytest.mark.parametrize(
    "page",
    [
        "",
        "no table here",
        "<html><table><tr><td>a</td></tr></table></html>",
        "| a | b |\n|---|---|\n| c | d |\n",
        "Change Description Date\n",
        "<table><tr><th>Change</th><th>Description</th><th>Date</th></tr></table>",
    ],
)
def test_a_page_without_rows_of_updates_is_an_error(page: str) -> None:
    with pytest.raises(PageError, match="table of updates"):
        read_page(page, name="page")


@pytest.mark.parametrize(
    "page",
    [
        HTML[: HTML.index("</table></div>")],
        HTML[: HTML.index("May 21")],
        MARKDOWN[: MARKDOWN.index("Decemeber")],
        MARKDOWN[: MARKDOWN.index("er 1, 2022")],
        SEED.decode()[:-200],
        SEED.decode()[:-30],
    ],
)
def test_a_page_cut_in_its_table_is_an_error(page: str) -> None:
    with pytest.raises(PageError, match="ends inside"):
        read_page(page, name="page")


def test_the_foot_of_a_copied_page_is_no_row() -> None:
    text = SEED.decode() + "\n\n문서 규칙\n\nAmazonS3FullAccess가 아닌 다음 주제\n"
    assert len(read_page(text, name="page").rows) == len(SEED_ROWS)


@pytest.mark.parametrize("page", [b"\xff", b"x" * (MAX_PAGE_BYTES + 1), b"<table><tr>" * (MAX_ROWS + 2)])
def test_what_is_too_large_or_no_text_is_refused(page: bytes) -> None:
    with pytest.raises(PageError):
        read_page(page, name="page")


@pytest.mark.parametrize("page", [SEED, HTML.encode(), MARKDOWN.encode()], ids=["text", "html", "markdown"])
def test_reading_twice_gives_equal_pages(page: bytes) -> None:
    assert read_page(page, name="a") == read_page(page.decode(), name="b")


def test_a_prose_word_in_a_title_is_no_policy() -> None:
    """As on the page of Amazon Rekognition, whose rows name their policies in the description."""
    known = Vocabulary(PolicyNames(["AmazonShoePolicy"]))
    page = "| Change | Description | Date |\n| --- | --- | --- |\n| {} | For AmazonShoePolicy. | May 1, 2021 |\n"

    def policies(change: str) -> tuple[str, ...]:
        return read_page(page.format(change), name="page", vocabulary=known).rows[0].policies

    assert policies("Actions for ProjectPolicy were added") == ("AmazonShoePolicy",)
    assert policies("`ProjectPolicy` was updated") == policies("ProjectPolicy – Update") == ("ProjectPolicy",)
    assert policies("AmazonShoePolicy and ProjectPolicy – Update") == ("AmazonShoePolicy", "ProjectPolicy")


def test_a_cell_that_no_page_has_is_refused_by_its_row() -> None:
    page = "| Change | Description | Date |\n| --- | --- | --- |\n| A | b | May 1, 2024 |\n| A | {} | May 1, 2024 |\n"
    with pytest.raises(PageError, match=r"x\.md: row 2: a cell of more than 100000 characters"):
        read_page(page.format("b" * 100_001), name="x.md")


def test_the_owner_before_a_name_that_is_a_word_is_looked_for_next_to_it() -> None:
    names = PolicyNames(["Billing"])
    assert names.find("AWS is far away from Billing", first_cell=True) == ("Billing",)
    assert names.find("AWS  Billing", first_cell=True) == ()
    assert names.find("MyAWS Billing", first_cell=True) == ("Billing",)


def test_a_link_in_markdown_is_one_whatever_brackets_stand_around_it() -> None:
    page = (
        "| Change | Description | Date |\n|---|---|---|\n"
        r"| \* [`AWSShoePolicy` of [x] *shoes*](#shoe) and [AWSBootPolicy](#b 'boots') – Update "
        "| [[Added] `s3:[Get]` [**`s3:GetObject`**](#g) | May 1, 2021 |\n"
    )
    (only,) = read_page(page, name="page").rows
    assert only.policies == ("AWSShoePolicy", "AWSBootPolicy")
    assert [action.name for action in only.actions] == ["s3:GetObject"]
    assert only.description == "[[Added] s3:[Get] s3:GetObject"


def test_brackets_that_nothing_closes_cost_no_more_than_other_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parser of Markdown looks for the end of a link at each bracket, and again inside of it."""
    from markdown_it.parser_inline import ParserInline
    from markdown_it.rules_inline import StateInline

    steps: list[int] = []
    skip = ParserInline.skipToken

    def counted(parser: ParserInline, state: StateInline) -> None:
        steps.append(state.pos)
        skip(parser, state)

    monkeypatch.setattr(ParserInline, "skipToken", counted)
    page = f"| Change | Description | Date |\n|---|---|---|\n| `AWSShoePolicy` | {'[a' * 400} | May 1, 2021 |\n"
    assert len(read_page(page, name="page").rows) == 1
    assert len(steps) < 400
