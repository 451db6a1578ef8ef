"""Policies are paired by what names them, then by content, never by position; what moves is reported as moved."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reviewing import allow, compared, document, states_of, tree

from tracker.commands.diff import ReviewSettings, run_review
from tracker.inputs.reader import InputReader
from tracker.review.model import fails

READ = document(allow("s3:GetObject", resource="arn:aws:s3:::alpha/*"))
SEND = document(allow("sqs:SendMessage", resource="arn:aws:sqs:us-east-1:111122223333:orders"))
MORE = document(allow("s3:GetObject", "s3:PutObject", resource="arn:aws:s3:::alpha/*"))
ALL = document(allow("*"))


def named(**policies: Any) -> list[dict[str, Any]]:
    return [{"PolicyName": name, "PolicyDocument": policy} for name, policy in policies.items()]


@given(st.randoms(use_true_random=False))
def test_the_order_of_a_list_means_nothing(dice: random.Random) -> None:
    from tempfile import TemporaryDirectory

    policies = named(a=READ, b=SEND, c=ALL)
    shuffled = dice.sample(policies, len(policies))
    with TemporaryDirectory() as folder:
        found = compared(Path(folder), {"p.json": policies}, {"p.json": shuffled})
    assert found.review.policies == ()


def test_a_member_that_goes_first_moves_no_other(tmp_path: Path) -> None:
    found = compared(tmp_path, {"p.json": named(a=ALL, b=READ)}, {"p.json": named(b=ALL)})
    assert states_of(found) == {
        "p.json#a/PolicyDocument": "removed narrows",
        "p.json#b/PolicyDocument": "changed broadens",
    }


def test_members_without_names_are_paired_by_content(tmp_path: Path) -> None:
    before, after = [{"p": READ}, {"p": SEND}], [{"p": SEND}, {"p": MORE}]
    found = compared(tmp_path, {"p.json": before}, {"p.json": after})
    assert [one.verdict for one in found.review.policies] == ["broadens"]
    assert found.review.identical == 1
    twice = compared(tmp_path / "2", {"p.json": before}, {"p.json": [{"p": ALL}, {"p": MORE}]})
    assert sorted(one.state for one in twice.review.policies) == ["added", "added", "removed", "removed"]


def test_a_renamed_file_with_edits_is_one_policy(tmp_path: Path) -> None:
    long = document(*(allow(f"s3:Get{n}", resource=f"arn:aws:s3:::bucket{n}/*") for n in range(20)))
    edited = document(*long["Statement"], allow("s3:PutObject", resource="arn:aws:s3:::bucket1/*"))
    found = compared(tmp_path, {"a/old.json": long}, {"a/new.json": edited})
    (policy,) = found.review.policies
    assert (policy.name, policy.moved_from, policy.verdict) == ("a/new.json", "a/old.json", "broadens")
    assert [change.action for change in policy.changes] == ["s3:PutObject"]
    assert "Moved from a/old.json" in found.printed("text")


def test_a_move_within_a_folder_allows_nothing_new_and_across_folders_it_does(tmp_path: Path) -> None:
    within = compared(tmp_path / "1", {"a/x.json": ALL}, {"a/y.json": ALL})
    assert states_of(within) == {"a/y.json": "moved same"}
    assert not fails(within.review, "broadens")
    assert fails(within.review, "any")
    across = compared(tmp_path / "2", {"a/x.json": ALL}, {"prod/x.json": ALL})
    assert states_of(across) == {"prod/x.json": "moved broadens"}
    assert fails(across.review, "critical")


def test_a_document_that_gets_another_owner_is_new_there(tmp_path: Path) -> None:
    found = compared(tmp_path, {"p.json": named(admin=ALL)}, {"p.json": named(reader=ALL)})
    assert states_of(found) == {"p.json#reader/PolicyDocument": "moved broadens"}


def test_one_document_in_each_of_two_named_files_is_a_pair(tmp_path: Path) -> None:
    folder = tree(tmp_path, {"a.json": READ, "b.json": {"Resources": {"x": {"PolicyDocument": MORE}}}})
    reader = InputReader(tmp_path, tmp_path, lambda: b"")
    found = run_review(reader, str(folder / "a.json"), str(folder / "b.json"), ReviewSettings(language="en"))
    assert [one.verdict for one in found.review.policies] == ["broadens"]


# --- the program's own archive ---------------------------------------------------------------------------------------


def version(name: str, policy: Any) -> dict[str, Any]:
    return {"VersionId": name, "CreateDate": "2024-01-01T00:00:00Z", "Document": policy}


def facts(*defaults: str | None) -> dict[str, Any]:
    observed = [{"At": f"2024-01-0{n}T00:00:00Z", "DefaultVersionId": name} for n, name in enumerate(defaults, 1)]
    return {"Arn": "arn:aws:iam::aws:policy/P", "PolicyName": "P", "Observed": observed}


FOLDER = "snapshots/aws/P"
OLD = {f"{FOLDER}/policy.json": facts("v1"), f"{FOLDER}/v1.json": version("v1", READ)}


@pytest.mark.parametrize(
    ("after", "states"),
    [
        ({"policy": facts("v1", "v2"), "v1": version("v1", READ), "v2": version("v2", MORE)}, "changed broadens"),
        ({"policy": facts("v1"), "v1": version("v1", READ), "v2": version("v2", ALL)}, None),
        ({"policy": facts("v1", None), "v1": version("v1", READ)}, "removed narrows"),
        ({"policy": facts("v1", "v2"), "v1": version("v1", READ)}, "unreadable undecided"),
        ({"policy": facts("v1"), "v1": version("v1", ALL)}, "changed broadens"),
    ],
)
def test_a_new_version_is_compared_with_the_default_before_it(after: Any, states: str | None, tmp_path: Path) -> None:
    new = {f"{FOLDER}/{name}.json": value for name, value in after.items()}
    found = compared(tmp_path, OLD, new)
    assert states_of(found) == ({FOLDER: states} if states else {})
    assert found.review.counted == ({"versions that are not in force": 1} if states is None else {})


def test_a_file_called_like_one_of_an_archive_is_read_as_what_it_is(tmp_path: Path) -> None:
    found = compared(tmp_path, {}, {"app/policy.json": READ, "app/v1.json": json.dumps(ALL)})
    assert set(states_of(found)) == {"app/policy.json", "app/v1.json"}


def test_an_inline_policy_that_is_renamed_allows_its_principal_nothing_new(tmp_path: Path) -> None:
    def dump(owner: str, name: str) -> dict[str, object]:
        held = [{"PolicyName": name, "PolicyDocument": document(allow("s3:*"))}]
        return {"UserDetailList": [{"UserName": owner, "Arn": f"arn:aws:iam::1:user/{owner}", "UserPolicyList": held}]}

    renamed = compared(tmp_path / "1", {"p.json": dump("ann", "old")}, {"p.json": dump("ann", "new")})
    given = compared(tmp_path / "2", {"p.json": dump("ann", "old")}, {"p.json": dump("bob", "new")})
    assert [fails(one.review, "broadens") for one in (renamed, given)] == [False, True]
