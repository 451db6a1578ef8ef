"""Someone's git history of policies: layouts, broken states, renames, removals."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from archives import envelope, git, new_repository, run, stored
from builders import allowing

from tracker.archive.git_history import changes_by_group, replay_histories
from tracker.archive.store import archive_on_disk
from tracker.base.git import open_repository
from tracker.changelog.entries import entries_of
from tracker.changelog.model import Entry
from tracker.commands.import_git import import_git
from tracker.policy.history import PolicyHistory, Skipped

ONE, TWO, THREE = allowing("s3:GetObject"), allowing("s3:Get*"), allowing("s3:*")
Files = Mapping[str, bytes | None]


def bare(policy: Any) -> bytes:
    return json.dumps(policy, indent=4).encode()


def enveloped(number: int, policy: Any) -> bytes:
    return envelope(f"v{number}", f"2024-01-{number:02}T00:00:00Z", policy)


def read(checkout: Path, under: str = "policies") -> tuple[list[PolicyHistory], list[Skipped]]:
    with open_repository(checkout) as (repository, tip):
        changes = repository.file_changes(tip, under)
        groups = changes_by_group(changes, under)
        items = list(replay_histories(repository, groups, under=under, owner="aws", origin="git:x"))
    histories = [item for item in items if isinstance(item, PolicyHistory)]
    return histories, [item for item in items if isinstance(item, Skipped)]


def only(checkout: Path, under: str = "policies") -> PolicyHistory:
    (found,), skipped = read(checkout, under)
    assert not skipped
    return found


def story(history: PolicyHistory) -> list[str]:
    reported = list(entries_of(history))
    return [f"{entry.event} {entry.version}" for entry in reported if isinstance(entry, Entry)]


LAYOUTS: dict[str, tuple[str, Callable[[int, Any], bytes]]] = {
    "an envelope without an ending": ("policies/Reader", enveloped),
    "an envelope in .json": ("policies/Reader.json", enveloped),
    "a bare document": ("policies/Reader", lambda _, policy: bare(policy)),
    "a bare document in .json": ("policies/Reader.json", lambda _, policy: bare(policy)),
    "with a byte order mark": ("policies/Reader.json", lambda _, policy: b"\xef\xbb\xbf" + bare(policy)),
    "a document as a string": ("policies/Reader", lambda number, policy: enveloped(number, json.dumps(policy))),
    "a URL-encoded document": ("policies/Reader", lambda number, policy: enveloped(number, quote(json.dumps(policy)))),
    "a role's inline policy": ("policies/Reader", lambda _, policy: bare({"RoleName": "x", "PolicyDocument": policy})),
}


@pytest.mark.parametrize(("name", "write"), LAYOUTS.values(), ids=LAYOUTS)
def test_each_layout_gives_the_same(tmp_path: Path, name: str, write: Callable[[int, Any], bytes]) -> None:
    found = only(new_repository(tmp_path, {name: write(1, ONE)}, {name: write(2, TWO)}))
    assert found.facts.name == "Reader"
    assert [item.document for item in found.versions] == [ONE, TWO]
    assert [item.version_id for item in found.versions] == ["v1", "v2"]
    assert {item.origin for item in found.versions} == {"git:x"}
    assert story(found) == ["policy-added v1", "policy-updated v2"]


def test_policies_at_the_top_of_a_repository_are_read(tmp_path: Path) -> None:
    assert only(new_repository(tmp_path, {"Reader.json": bare(ONE)}), "").facts.name == "Reader"


def test_a_file_that_is_only_formatted_anew_is_the_same_version(tmp_path: Path) -> None:
    states: list[Files] = [{"policies/A": bare(ONE)}, {"policies/A": json.dumps(ONE).encode()}]
    assert story(only(new_repository(tmp_path, *states))) == ["policy-added v1"]


@pytest.mark.parametrize("again", [bare(ONE), json.dumps(ONE).encode()], ids=["as it was", "formatted anew"])
def test_a_bare_document_that_comes_back_is_a_roll_back(tmp_path: Path, again: bytes) -> None:
    states: list[Files] = [{"policies/A": content} for content in (bare(ONE), bare(TWO), again)]
    found = only(new_repository(tmp_path, *states))
    assert [item.document for item in found.versions] == [ONE, TWO]
    assert story(found) == ["policy-added v1", "policy-updated v2", "default-rolled-back v1"]


def test_a_bare_document_takes_no_number_that_an_envelope_has(tmp_path: Path) -> None:
    states: list[Files] = [{"policies/A": enveloped(2, ONE)}, {"policies/A": bare(TWO)}]
    found = only(new_repository(tmp_path, *states))
    assert [(item.version_id, item.document) for item in found.versions] == [("v2", ONE), ("v3", TWO)]


BROKEN = {
    "empty": b"",
    "blank": b" \n",
    "cut": b'{"PolicyVersion": {"Docu',
    "not UTF-8": b"\xff\xfe\x00",
    "a list": b"[]",
    "a number": b"7",
    "an error message": b"An error occurred (Throttling) when calling the GetPolicyVersion operation",
    "no document": b'{"PolicyVersion": {"VersionId": "v2"}}',
    "a document that is null": b'{"PolicyVersion": {"VersionId": "v2", "Document": null}}',
    "a version that is a list": b'{"PolicyVersion": []}',
    "a key twice": b'{"Version": "2012-10-17", "Statement": [], "Statement": []}',
    "a time that is none": envelope("v2", "yesterday", ONE),
    "a time before all times": envelope("v2", "0001-01-01T00:00:00+09:00", ONE),
    "a version with two documents": envelope("v1", "2024-01-01T00:00:00Z", THREE),
    "half a character": b'{"Version": "2012-10-17", "Statement": [], "Id": "\\ud800"}',
    "too deep": b"[" * 100_000,
    "too large": b" " * (2 * 1024 * 1024 + 1),
    "not a number": b'{"Statement": NaN}',
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_state_is_skipped_and_neither_adds_nor_removes(tmp_path: Path, content: bytes) -> None:
    states: list[Files] = [
        {"policies/A": enveloped(1, ONE)},
        {"policies/A": content},
        {"policies/A": enveloped(3, TWO)},
    ]
    (found,), (skipped,) = read(new_repository(tmp_path, *states))
    assert story(found) == ["policy-added v1", "policy-updated v3"]
    assert skipped.where.startswith("policies/A at ")
    assert skipped.reason
    assert "\n" not in skipped.reason


def test_a_file_that_is_always_broken_is_no_policy(tmp_path: Path) -> None:
    found, skipped = read(new_repository(tmp_path, {"policies/A": b"", "policies/README.md": b"# hello"}))
    assert not found
    assert [item.where.split(" at ")[0] for item in skipped] == ["policies/A", "policies/README.md"]


@pytest.mark.parametrize("label", ["v1/../../../../out", "v2\x1b[31m", "v2 x", "v", "", "latest", "v0", "../v2"])
def test_a_label_that_is_no_version_id_is_numbered(tmp_path: Path, label: str) -> None:
    found = only(new_repository(tmp_path, {"policies/A": envelope(label, "2024-01-02T00:00:00Z", ONE)}))
    assert [item.version_id for item in found.versions] == ["v1"]


def test_an_import_writes_nothing_outside_of_the_archive(tmp_path: Path) -> None:
    names = ["policies/sub/A", "policies/..A/x", "policies/a b", "policies/~", "policies/.json", "policies/A~B"]
    policy = envelope("v1/../../../../out", "2024-01-02T00:00:00Z", ONE)
    checkout = new_repository(tmp_path / "checkout", dict.fromkeys(names, policy) | {"policies/A": policy})
    imported = import_git(checkout, None, "policies", tmp_path / "in" / "snapshots", "aws")
    assert imported.policies == 1
    assert len(imported.skipped) == len(names)
    assert sorted(stored(tmp_path / "in")) == ["snapshots/aws/A/policy.json", "snapshots/aws/A/v1.json"]


# --- coming and going ------------------------------------------------------------------------------------------------


def test_a_rename_to_json_is_no_removal(tmp_path: Path) -> None:
    first = enveloped(1, ONE)
    states: list[Files] = [
        {"policies/A": first},
        {"policies/A": None, "policies/A.json": first},
        {"policies/A.json": enveloped(2, TWO)},
    ]
    assert story(only(new_repository(tmp_path, *states))) == ["policy-added v1", "policy-updated v2"]


def test_a_rename_from_json_is_no_removal(tmp_path: Path) -> None:
    states: list[Files] = [{"policies/A.json": bare(ONE)}, {"policies/A.json": None, "policies/A": bare(ONE)}]
    assert story(only(new_repository(tmp_path, *states))) == ["policy-added v1"]


def test_a_removal_and_a_return_are_reported(tmp_path: Path) -> None:
    states: list[Files] = [{"policies/A": enveloped(1, ONE)}, {"policies/A": None}, {"policies/A": enveloped(1, ONE)}]
    assert story(only(new_repository(tmp_path, *states))) == [
        "policy-added v1",
        "policy-removed None",
        "policy-returned v1",
    ]


def test_one_of_two_namesakes_that_goes_leaves_the_other(tmp_path: Path) -> None:
    first = enveloped(1, ONE)
    states: list[Files] = [{"policies/A": first, "policies/A.json": first}, {"policies/A": None}]
    assert story(only(new_repository(tmp_path, *states))) == ["policy-added v1"]


def test_a_policy_removed_while_broken_is_removed(tmp_path: Path) -> None:
    states: list[Files] = [{"policies/A": enveloped(1, ONE)}, {"policies/A": b""}, {"policies/A": None}]
    (found,), skipped = read(new_repository(tmp_path, *states))
    assert story(found) == ["policy-added v1", "policy-removed None"]
    assert len(skipped) == 1


def test_a_default_that_goes_back_is_a_roll_back(tmp_path: Path) -> None:
    states: list[Files] = [
        {"policies/A": enveloped(number, policy)} for number, policy in ((1, ONE), (2, TWO), (1, ONE))
    ]
    assert story(only(new_repository(tmp_path, *states))) == [
        "policy-added v1",
        "policy-updated v2",
        "default-rolled-back v1",
    ]


def test_a_link_or_submodule_among_the_policies_is_skipped(tmp_path: Path) -> None:
    checkout = new_repository(tmp_path / "checkout", {"policies/A": enveloped(1, ONE)})
    (checkout / "policies" / "Link").symlink_to("/etc/passwd")
    git(checkout, "add", "--all")
    commit = git(checkout, "rev-parse", "HEAD")
    git(checkout, "update-index", "--add", "--cacheinfo", f"160000,{commit},policies/Module")
    git(checkout, "commit", "--quiet", "--message=odd", at=1)
    found, skipped = read(checkout)
    assert [item.facts.name for item in found] == ["A"]
    assert sorted(item.where.split(" at ")[0] for item in skipped) == ["policies/Link", "policies/Module"]


# --- importing -------------------------------------------------------------------------------------------------------


def test_a_second_import_changes_nothing(tmp_path: Path) -> None:
    states: list[Files] = [
        {"policies/A": enveloped(1, ONE), "policies/B.json": bare(ONE)},
        {"policies/A": enveloped(2, TWO), "policies/B.json": bare(TWO)},
        {"policies/A": enveloped(1, ONE), "policies/B.json": None},
        {"policies/B.json": bare(ONE)},
    ]
    checkout = new_repository(tmp_path / "checkout", *states)
    snapshots = tmp_path / "snapshots"
    assert import_git(checkout, None, "policies", snapshots, "aws").versions == 4
    first = stored(snapshots)
    again = import_git(checkout, None, "policies", snapshots, "aws")
    assert (again.versions, again.written) == (0, ())
    assert stored(snapshots) == first


def test_an_import_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    states: list[Files] = [{"policies/A": enveloped(1, ONE)}, {"policies/A": enveloped(2, TWO)}, {"policies/A": None}]
    checkout = new_repository(tmp_path / "checkout", *states)
    for revision in ("HEAD~2", "HEAD~1", "HEAD"):
        import_git(checkout, revision, "policies", tmp_path / "bit by bit", "aws")
    import_git(checkout, None, "policies", tmp_path / "at once", "aws")
    assert stored(tmp_path / "bit by bit") == stored(tmp_path / "at once")


def test_the_archive_reports_what_the_history_reports(tmp_path: Path) -> None:
    states: list[Files] = [
        {"policies/A": enveloped(1, ONE)},
        {"policies/A": enveloped(4, TWO)},
        {"policies/A": b""},
        {"policies/A": enveloped(2, THREE)},
        {"policies/A": None},
        {"policies/A": enveloped(5, ONE)},
    ]
    checkout = new_repository(tmp_path / "checkout", *states)
    (direct,), _ = read(checkout)
    import_git(checkout, None, "policies", tmp_path / "snapshots", "aws")
    (kept,) = archive_on_disk(tmp_path / "snapshots").histories()
    assert isinstance(kept, PolicyHistory)
    assert list(entries_of(kept)) == list(entries_of(direct))


def test_an_import_leaves_out_a_version_that_is_no_policy_and_says_so(tmp_path: Path) -> None:
    deep: Any = "x"
    for _ in range(400):
        deep = {"a": deep}
    states: list[Files] = [
        {"policies/A": enveloped(1, ONE)},
        {"policies/A": enveloped(2, {"Statement": [{"Effect": "Maybe"}]})},
        {"policies/A": enveloped(3, {"Version": "2012-10-17", "Statement": [], "Deep": deep})},
        {"policies/A": enveloped(4, TWO)},
    ]
    checkout = new_repository(tmp_path / "checkout", *states)
    imported = import_git(checkout, None, "policies", tmp_path / "snapshots", "aws")
    assert "Statement[0].Effect" in str([item.reason for item in imported.skipped])
    (kept,) = archive_on_disk(tmp_path / "snapshots").histories()
    assert isinstance(kept, PolicyHistory)
    assert {"v1", "v4"} <= {item.version_id for item in kept.versions}


def test_a_repository_whose_name_is_not_utf8_can_be_imported(tmp_path: Path) -> None:
    checkout = new_repository(tmp_path / "checkout", {"policies/A": enveloped(1, ONE)})
    odd = checkout.rename(tmp_path / "caf\udce9")
    done = run("import", odd, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    (kept,) = archive_on_disk(tmp_path / "snapshots").histories()
    assert isinstance(kept, PolicyHistory)
    assert kept.versions[0].origin.startswith("git:caf")
