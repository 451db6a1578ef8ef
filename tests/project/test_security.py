"""SECURITY.md: each sentence that promises something has tests; what no other file tests is tested here."""

import ast
import re
from pathlib import Path

import pytest
from archives import CHECKOUT
from five_edits import BEFORE, git, made_repository

from tracker.commands.diff import ReviewSettings, run_review
from tracker.inputs.reader import InputReader

TESTS = Path(__file__).parents[1]
HOSTILE_NAMES = "inputs/test_hostile_repositories::test_names_of_any_bytes_are_safe_in_every_format"
NOTHING_RUNS = "review/test_review_action::test_nothing_in_the_checkout_runs_or_decides"
ONE_HOST = "review/test_review_action::test_the_token_is_seen_by_the_host_of_the_api_alone"
CONNECTIONS = "project/test_security::test_only_these_modules_open_connections"
SENTENCES: dict[str, tuple[str, ...]] = {
    "It treats all of it as hostile: sizes are bounded, nothing of it is executed, and every output escapes it.": (
        "inputs/test_hostile_repositories::test_sizes_are_asked_before_contents_are_read",
        "commands/test_diff_command::test_policies_in_yaml_are_read_as_texts_and_their_tags_do_nothing",
        HOSTILE_NAMES,
        "formats/test_render::test_hostile_text_brings_no_element_into_a_page",
        "formats/test_render::test_hostile_text_leaves_a_markdown_table_of_three_cells",
        "formats/test_render::test_hostile_text_sends_no_command_to_a_terminal",
        "site/test_site::test_feeds_hold_hostile_texts_as_texts",
        "browser/test_browser::test_hostile_texts_never_run",
    ),
    "`tests/project/test_security.py` names the tests of each sentence from here on.": (
        "project/test_security::test_each_sentence_has_a_test",
    ),
    "What changed and could not be read, resolved or looked into never passes `--fail-on broadens` or `any`.": (
        "review/test_three_answers::test_what_cannot_be_read_is_unknown_and_never_passes",
        "review/test_escapes::test_what_allows_more_trips",
    ),
    "Reading a repository fetches nothing and runs nothing that it names: no lazy fetch of a partial clone, no hook, "
    "no program of its configuration, no text conversion, no replaced object.": (
        "inputs/test_hostile_repositories::test_a_partial_clone_fetches_nothing_and_runs_nothing",
        "inputs/test_hostile_repositories::test_text_conversion_and_attributes_do_nothing",
        "inputs/test_hostile_repositories::test_replaced_objects_are_not_taken",
        NOTHING_RUNS,
    ),
    "Objects that a repository takes from another one are refused.": (
        "inputs/test_hostile_repositories::test_objects_of_another_repository_are_refused",
        "review/test_review_action::test_a_checkout_that_takes_objects_from_elsewhere_closes_the_gate",
    ),
    "Sizes are asked before contents are read.": (
        "inputs/test_hostile_repositories::test_sizes_are_asked_before_contents_are_read",
    ),
    "Pipes and devices are refused.": ("inputs/test_hostile_repositories::test_pipes_and_devices_are_refused",),
    "What YAML's aliases stand for is counted.": ("inputs/test_parsing::test_what_aliases_stand_for_is_counted",),
    "A change does not decide how it is evaluated: rules, approvals and what is looked at come from its old side.": (
        "commands/test_diff_command::test_approvals_and_levels_come_from_the_old_side",
        "review/test_action_inputs::test_the_ignore_file_counts_as_it_was_before",
        "project/test_security::test_what_is_looked_at_comes_from_the_old_side",
    ),
    "An approval holds the content of what it approves.": (
        "review/test_approvals::test_what_is_not_known_is_approved_with_its_content",
        "review/test_approvals::test_a_policy_is_approved_as_it_is",
    ),
    "Names of files and texts of policies are escaped in every output.": (
        HOSTILE_NAMES,
        "review/test_review::test_a_hostile_document_stays_in_its_cell",
        "review/test_review::test_a_hostile_document_makes_no_element_of_the_page",
        "review/test_review::test_annotations_are_one_line_each_and_keep_their_file",
    ),
    "`comment` sends its token to the API's host alone, follows no redirect to another one, and reads bounded "
    "answers.": (
        "commands/test_diff_command::test_a_token_is_not_led_elsewhere",
        "commands/test_diff_command::test_the_token_follows_no_redirect_to_another_host",
        "commands/test_diff_command::test_a_malformed_answer_is_an_error_of_one_line",
    ),
    "`fetch` makes read-only calls to IAM: `iam:ListPolicies`, `iam:GetPolicy`, `iam:ListPolicyVersions`, "
    "`iam:GetPolicyVersion`.": ("project/test_security::test_fetch_makes_four_calls_that_read",),
    "With `--from` it reads a public repository or package instead, over HTTPS.": (
        "sources/test_fetch_public::test_no_address_but_https_and_what_is_here_is_taken",
        "sources/test_fetch_public::test_a_setting_of_the_user_can_send_git_to_no_other_protocol",
    ),
    "`audit` reads the pages of documentation that it is given, over HTTPS.": (
        "sources/test_web_pages::test_only_https_is_fetched",
    ),
    "`comment` and `status` speak to GitHub's API, with the token in `GITHUB_TOKEN`.": (
        "commands/test_diff_command::test_a_token_that_may_only_read_is_no_error_and_other_refusals_are",
        "archive/test_status::test_one_issue_is_opened_brought_up_to_date_and_closed",
    ),
    "`notify` writes to the destinations that it is given.": (
        "notify/test_notify::test_another_destination_is_sent_it_though_one_refuses",
    ),
    "`serve` answers this machine alone.": ("site/test_site::test_a_site_is_served_to_this_machine_only",),
    "No other command opens a network connection.": (CONNECTIONS,),
    "The pages that it builds load nothing from elsewhere.": (
        "browser/test_browser::test_a_page_is_whole_without_scripts",
        "browser/test_browser::test_search_finds_an_action_and_leads_to_it_by_keyboard_alone",
    ),
    "It writes below `--snapshots`, `--output` and `--reports`, and, when asked by `--commit` and `--push`, to the git "
    "repository around the archive.": (
        "commands/test_diff_command::test_all_reports_come_from_one_run",
        "sources/test_fetch::test_a_first_run_records_every_policy_in_one_commit",
        "site/test_site::test_a_manifest_that_was_tampered_with_removes_nothing_outside",
        "review/test_review_action::test_nothing_in_the_checkout_runs_or_decides",
    ),
    "It never forces a push, and follows no link within an archive.": (
        "sources/test_fetch::test_commits_of_others_are_never_thrown_away",
        "sources/test_fetch::test_nothing_is_written_through_a_link",
    ),
    "No step runs in the checkout of the pull request.": (NOTHING_RUNS,),
    "Python is isolated and lies outside the checkout; no module, configuration, template, approval or git attribute "
    "of the checkout is used.": (NOTHING_RUNS,),
    "The levels of rules and the approvals come from the commit it is compared with.": (
        NOTHING_RUNS,
        "review/test_action_inputs::test_the_ignore_file_counts_as_it_was_before",
    ),
    "The step that comments is the only one with the token, and sends it to GitHub's API alone.": (ONE_HOST,),
    "What policies say is printed where the runner takes no commands from the output, or escaped as an annotation.": (
        NOTHING_RUNS,
    ),
}
NO_PROMISE = (
    "Policy Tracker reads ",
    "If you find ",
    "You will get ",
    "Please give ",
    "The latest release ",
    "Pin it ",
    "Don't ",
)
"""How sentences begin that say what the reader may do, or will get."""
CONNECTING = re.compile(
    r"\b(?:build_opener|urlopen|HTTPSConnection|create_connection|Session)\("
    r"|\bnetwork=True|\bimport Apprise\b|HTTPServer\b"
)


def sentences(text: str) -> list[str]:
    lines = (line.removeprefix("- ") for line in text.splitlines() if line and not line.startswith("#"))
    return [one for line in lines for one in re.split(r"(?<=[.])\s+(?=[A-Z`])", line.strip()) if one]


def test_each_sentence_has_a_test() -> None:
    reported = sentences((CHECKOUT / "SECURITY.md").read_text(encoding="utf-8"))
    assert [one for one in reported if one not in SENTENCES and not one.startswith(NO_PROMISE)] == []
    assert sorted(SENTENCES.keys() - set(reported)) == []


@pytest.mark.parametrize("name", sorted({name for names in SENTENCES.values() for name in names}))
def test_the_named_test_is_there(name: str) -> None:
    file, _, function = name.partition("::")
    module = ast.parse((TESTS / f"{file}.py").read_text(encoding="utf-8"))
    assert function in {item.name for item in module.body if isinstance(item, ast.FunctionDef)}


def test_only_these_modules_open_connections() -> None:
    package = CHECKOUT / "tracker"
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if CONNECTING.search(path.read_text(encoding="utf-8"))
    }
    assert found == {
        "base/git.py",  # only_files: a bundle on this machine
        "base/git_clone.py",  # fetch --from
        "base/git_remotes.py",  # fetch --push
        "commands/github.py",  # comment, status
        "commands/serve.py",  # serve
        "notify/delivery.py",  # notify
        "sources/iam_client.py",  # fetch
        "sources/web_pages.py",  # audit
    }


def test_what_is_looked_at_comes_from_the_old_side(tmp_path: Path) -> None:
    made_repository(tmp_path)
    (tmp_path / "policy-tracker.toml").write_text('review = {exclude = ["policies/*"]}\n')
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message=look away")
    git(tmp_path, "checkout", "--quiet", "-b", "other", "before")
    git(tmp_path, "checkout", "main", "--", "policy-tracker.toml")
    git(tmp_path, "commit", "--quiet", "--message=look away from now on")

    def excluded(sides: str) -> int:
        reader = InputReader(tmp_path, tmp_path / "no archive", lambda: b"")
        return run_review(reader, sides, None, ReviewSettings(language="en")).review.excluded

    assert excluded("before..main") == 0
    assert excluded("other..main") == len(BEFORE)


def test_fetch_makes_four_calls_that_read() -> None:
    text = (CHECKOUT / "tracker" / "sources" / "iam_client.py").read_text(encoding="utf-8")
    calls = set(re.findall(r"client\.(?!meta|exceptions|get_paginator)(\w+)\(", text))
    assert calls | set(re.findall(r"get_paginator\(\"(\w+)\"\)", text)) == {
        "list_policies",
        "get_policy",
        "list_policy_versions",
        "get_policy_version",
    }
