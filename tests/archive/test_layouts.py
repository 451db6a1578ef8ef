"""The layouts in which public archives keep policies, each as a git history: real git."""

import json
from pathlib import Path
from typing import Any

import pytest
from archives import envelope, git, new_repository, stored
from builders import allowing

from tracker.changelog.builder import Selection, build_git_changelog
from tracker.changelog.model import Event
from tracker.commands.import_git import import_git
from tracker.errors import UsageError
from tracker.policy.history import Skipped

ONE, TWO = allowing("s3:GetObject"), allowing("s3:Get*")
FIRST, SECOND = "2023-01-01T00:00:00Z", "2023-02-01T00:00:00Z"
ARN = "arn:aws:iam::aws:policy/service-role/Reader"
FACTS = {
    "PolicyName": "Reader",
    "PolicyId": "ANPAREADER",
    "Arn": ARN,
    "Path": "/service-role/",
    "Description": "Reads.",
}


def text(value: Any) -> bytes:
    return json.dumps(value).encode()


def reported(repository: Path, under: str = "policies") -> list[str]:
    entries = build_git_changelog(repository, None, under, Selection()).entries
    return [f"{entry.id} {entry.event} {entry.published:%Y-%m-%d}" for entry in reversed(entries) if entry.published]


def imported(repository: Path, folder: Path, under: str = "policies") -> dict[str, Any]:
    """Import, and return what `policy.json` says of the policy Reader."""
    result = import_git(repository, None, under, folder / "snapshots", "aws")
    assert not result.skipped
    return dict(json.loads(stored(folder / "snapshots")["aws/Reader/policy.json"]))


def dataset(version: str, updated: str, policy: Any) -> bytes:
    facts = {"name": "Reader", "arn": ARN, "createdate": FIRST, "access_levels": []}
    return text({**facts, "version": version, "updatedate": updated, "document": policy})


def package(**versions: Any) -> bytes:
    last = list(versions)[-1]
    each = {key: {"createdDate": FIRST, "document": policy} for key, policy in versions.items()}
    dates = {"createdDate": FIRST, "lastUpdatedDate": FIRST if last == "v1" else SECOND}
    return text({"Reader": {"arn": ARN, "latestVersionId": last, "versions": each, **dates}})


def with_facts(version: bytes) -> bytes:
    return text({"Policy": {**FACTS, "CreateDate": FIRST, "DefaultVersionId": "v1"}, **json.loads(version)})


LAYOUTS: dict[str, tuple[dict[str, bytes], dict[str, bytes]]] = {
    "a folder for each version": (
        {"policies/Reader/v1/policy.json": envelope("v1", FIRST, ONE)},
        {"policies/Reader/v2/policy.json": envelope("v2", SECOND, TWO)},
    ),
    "a file for each version": (
        {"policies/Reader/v1.json": envelope("v1", FIRST, ONE)},
        {"policies/Reader/v2.json": envelope("v2", SECOND, TWO)},
    ),
    "the iam-dataset": (
        {"policies/Reader.json": dataset("v1", FIRST, ONE)},
        {"policies/Reader.json": dataset("v2", SECOND, TWO)},
    ),
    "the npm package": (
        {"policies/managedPolicies.json": package(v1=ONE)},
        {"policies/managedPolicies.json": package(v1=ONE, v2=TWO)},
    ),
}


@pytest.mark.parametrize("states", LAYOUTS.values(), ids=LAYOUTS)
def test_each_layout_gives_one_policy_and_its_versions(tmp_path: Path, states: tuple[dict[str, bytes], ...]) -> None:
    repository = new_repository(tmp_path / "repository", *states)
    assert reported(repository) == [
        "git/Reader/v1 tracking-started 2023-01-01",
        "git/Reader/v2 policy-updated 2023-02-01",
    ]
    assert [item["DefaultVersionId"] for item in imported(repository, tmp_path)["Observed"]] == ["v1", "v2"]


def test_facts_of_get_policy_are_taken_over(tmp_path: Path) -> None:
    repository = new_repository(
        tmp_path / "repository", {"policies/Reader.json": with_facts(envelope("v1", FIRST, ONE))}
    )
    kept = imported(repository, tmp_path)
    assert {name: kept[name] for name in FACTS} == FACTS
    assert kept["CreateDate"] == FIRST


def test_get_policy_beside_the_versions_says_which_is_in_force(tmp_path: Path) -> None:
    def policy(default: str) -> bytes:
        return text({"Policy": {**FACTS, "DefaultVersionId": default}})

    versions = {
        f"json/Reader/v{n}.json": envelope(f"v{n}", at, doc) for n, at, doc in ((1, FIRST, ONE), (2, SECOND, TWO))
    }
    repository = new_repository(
        tmp_path / "repository",
        {**versions, "json/Reader/policy.json": policy("v2")},
        {"json/Reader/policy.json": policy("v1")},
    )
    kept = imported(repository, tmp_path, "json")
    assert [item["DefaultVersionId"] for item in kept["Observed"]] == ["v2", "v1"]
    assert kept["PolicyId"] == FACTS["PolicyId"]


def test_an_archive_of_this_program_is_read_as_it_says_itself(tmp_path: Path) -> None:
    def facts(*defaults: str | None) -> bytes:
        seen = [{"At": f"2024-01-0{day}T00:00:00Z", "DefaultVersionId": each} for day, each in enumerate(defaults, 1)]
        return text({**FACTS, "CreateDate": FIRST, "Observed": seen, "Origins": {}})

    def version(label: str, at: str, policy: Any) -> bytes:
        return text({"VersionId": label, "CreateDate": at, "Document": policy})

    repository = new_repository(
        tmp_path / "repository",
        {"snapshots/aws/Reader/v1.json": version("v1", FIRST, ONE), "snapshots/aws/Reader/policy.json": facts("v1")},
        {
            "snapshots/aws/Reader/v2.json": version("v2", SECOND, TWO),
            "snapshots/aws/Reader/policy.json": facts("v1", "v2"),
        },
        {"snapshots/aws/Reader/policy.json": facts("v1", "v2", "v1")},
        {"snapshots/aws/Reader/policy.json": facts("v1", "v2", "v1", None)},
    )
    kept = imported(repository, tmp_path, "snapshots")
    assert [item["DefaultVersionId"] for item in kept["Observed"]] == ["v1", "v2", "v1", None]


def test_a_version_file_that_speaks_of_another_version_is_skipped(tmp_path: Path) -> None:
    states = {
        "policies/Reader/v1.json": envelope("v1", FIRST, ONE),
        "policies/Reader/v2.json": envelope("v3", SECOND, TWO),
    }
    changelog = build_git_changelog(new_repository(tmp_path, states), None, "policies", Selection())
    assert [entry.version for entry in changelog.entries] == ["v1"]
    (skipped,) = changelog.skipped
    assert isinstance(skipped, Skipped)
    assert "v3" in skipped.reason


def test_an_import_that_reads_nothing_is_an_error(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "repository", {"policies/README.md": b"# hello"})
    with pytest.raises(UsageError, match="no policy could be read"):
        import_git(repository, None, "policies", tmp_path / "snapshots", "aws")


def test_an_import_of_templates_alone_says_which_command_reads_them(tmp_path: Path) -> None:
    template = text({"Resources": {"R": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": ONE}}}})
    repository = new_repository(tmp_path / "repository", {"infra/app.template.json": template})
    with pytest.raises(UsageError, match="template") as raised:
        import_git(repository, None, "infra", tmp_path / "snapshots", "aws")
    assert raised.value.hint is not None
    assert "changelog --git" in raised.value.hint
    assert not (tmp_path / "snapshots").exists()
    both = new_repository(tmp_path / "both", {"app.template.json": template, "Reader": text(ONE)})
    imported = import_git(both, None, "", tmp_path / "snapshots", "aws")
    assert imported.policies == 1
    assert ["template" in item.reason for item in imported.skipped] == [True]


def test_a_policy_created_again_is_another_one_and_keeps_its_own_folder(tmp_path: Path) -> None:
    states: list[dict[str, bytes | None]] = [
        {"policies/Reader": envelope("v1", FIRST, ONE)},
        {"policies/Reader": None},
        {"policies/Reader": envelope("v1", "2024-01-02T12:00:00Z", TWO)},
    ]
    repository = new_repository(tmp_path / "repository", *states)
    for revision in ("HEAD~2", "HEAD~1", "HEAD"):
        import_git(repository, revision, "policies", tmp_path / "snapshots", "aws")
    assert sorted(folder.name for folder in (tmp_path / "snapshots" / "aws").iterdir()) == ["Reader", "Reader~20240102"]
    entries = build_git_changelog(repository, None, "policies", Selection()).entries
    assert [entry.id for entry in reversed(entries)] == [
        "git/Reader/v1",
        "git/Reader/v1/policy-removed",
        "git/Reader~20240103/v1",
    ]


def test_a_removal_stands_no_later_than_the_creation_of_the_policy_that_took_the_name(tmp_path: Path) -> None:
    """Both were seen two days after the creation, with a commit for the deletion in one case of the two."""
    for number, between in enumerate(({}, {"policies/Reader": None})):
        states: list[dict[str, bytes | None]] = [
            {"policies/Reader": envelope("v1", FIRST, ONE)},
            {"policies/Other": envelope("v1", FIRST, ONE)},
            {**between, "policies/Other": envelope("v2", SECOND, TWO)},
            {"policies/Reader": envelope("v1", "2024-01-01T12:00:00Z", TWO)},
        ]
        repository = new_repository(tmp_path / f"repository{number}", *states)
        entries = build_git_changelog(repository, None, "policies", Selection(names=frozenset(["Reader"]))).entries
        removal, creation = [entry for entry in reversed(entries) if entry.policy == "Reader"][1:]
        assert (removal.event, removal.at, removal.name_taken) == (Event.POLICY_REMOVED, creation.at, True)
        archives = []
        for name, revisions in {"once": ["HEAD"], "steps": ["HEAD~2", "HEAD~1", "HEAD"]}.items():
            for revision in revisions:
                import_git(repository, revision, "policies", tmp_path / f"{name}{number}", "aws")
            archives.append(
                {
                    str(path.relative_to(tmp_path / f"{name}{number}")): path.read_bytes()
                    for path in (tmp_path / f"{name}{number}").rglob("*.json")
                }
            )
        assert archives[0] == archives[1]


def test_what_was_out_of_date_is_dated_no_later_than_the_policy_that_took_the_name(tmp_path: Path) -> None:
    """The commits of the 3rd to the 5th of January still show a policy in whose place another was made on the 2nd."""
    states: list[dict[str, bytes | None]] = [
        {"policies/Reader": envelope("v1", "2023-01-01T12:00:00Z", ONE)},
        {"policies/Other": envelope("v1", FIRST, ONE)},
        {"policies/Reader": envelope("v2", "2023-06-01T12:00:00Z", TWO)},
        {"policies/Reader": envelope("v1", "2023-01-01T12:00:00Z", ONE)},
        {"policies/Reader": None},
        {"policies/Reader": envelope("v1", "2024-01-02T12:00:00Z", TWO)},
    ]
    repository = new_repository(tmp_path / "repository", *states)
    entries = build_git_changelog(repository, None, "policies", Selection()).entries
    of_reader = [entry for entry in reversed(entries) if entry.policy == "Reader"]
    assert [(entry.id, entry.event.value, f"{entry.at:%Y-%m-%d}") for entry in of_reader] == [
        ("git/Reader/v1", "tracking-started", "2023-01-01"),
        ("git/Reader/v2", "policy-updated", "2023-06-01"),
        ("git/Reader/v1/default-rolled-back", "default-rolled-back", "2024-01-02"),
        ("git/Reader/v1/policy-removed", "policy-removed", "2024-01-02"),
        ("git/Reader~20240106/v1", "policy-added", "2024-01-02"),
    ]
    archives = []
    for name, revisions in {"once": ["HEAD"], "steps": [*(f"HEAD~{back}" for back in range(5, 0, -1)), "HEAD"]}.items():
        for revision in revisions:
            import_git(repository, revision, "policies", tmp_path / name, "aws")
        files = (tmp_path / name).rglob("*.json")
        archives.append({str(path.relative_to(tmp_path / name)): path.read_bytes() for path in files})
    assert archives[0] == archives[1]


def test_a_policy_that_took_a_name_is_in_force_beside_a_file_that_still_shows_the_older_one(tmp_path: Path) -> None:
    """One commit writes both files, and that of the older policy comes after the other."""
    states: list[dict[str, bytes | None]] = [
        {"policies/Reader": envelope("v2", "2023-02-01T12:00:00Z", ONE)},
        {
            "policies/Reader": envelope("v1", "2024-01-01T12:00:00Z", TWO),
            "policies/Reader.json": envelope("v1", "2023-01-01T12:00:00Z", ONE),
        },
    ]
    changelog = build_git_changelog(new_repository(tmp_path, *states), None, "policies", Selection())
    assert [(entry.id, f"{entry.at:%Y-%m-%d}") for entry in reversed(changelog.entries)] == [
        ("git/Reader/v2", "2023-02-01"),
        ("git/Reader/v2/policy-removed", "2024-01-01"),
        ("git/Reader~20240102/v1", "2024-01-01"),
    ]
    assert ["deleted" in item.reason for item in changelog.skipped] == [True]


def test_a_version_that_is_not_the_default_and_cannot_be_taken_in_leaves_the_default_as_it_is(tmp_path: Path) -> None:
    """The other file, written last, has another document under the number of the first version."""
    stale = envelope("v1", "2023-01-01T12:00:00Z", TWO).replace(
        b'"IsDefaultVersion": true', b'"IsDefaultVersion": false'
    )
    states: list[dict[str, bytes | None]] = [
        {"policies/Reader": envelope("v1", "2023-01-01T12:00:00Z", ONE)},
        {"policies/Reader": envelope("v2", "2024-01-01T12:00:00Z", TWO), "policies/Reader.json": stale},
    ]
    changelog = build_git_changelog(new_repository(tmp_path, *states), None, "policies", Selection())
    assert [entry.version for entry in changelog.entries] == ["v2", "v1"]
    assert ["another document" in item.reason for item in changelog.skipped] == [True]


def test_a_policy_that_was_never_in_force_bounds_the_removal_of_the_one_whose_name_it_took(tmp_path: Path) -> None:
    """The second of three is shown with two documents, and so which one was in force is not known."""
    states: list[dict[str, bytes | None]] = [
        {"policies/Reader": envelope("v1", "2023-01-01T12:00:00Z", ONE)},
        {
            "policies/Reader": envelope("v1", "2024-01-01T06:00:00Z", TWO),
            "policies/Reader.json": envelope("v1", "2024-01-01T06:00:00Z", ONE),
        },
        {"policies/Reader": envelope("v1", "2024-01-02T12:00:00Z", ONE), "policies/Reader.json": None},
    ]
    entries = build_git_changelog(new_repository(tmp_path, *states), None, "policies", Selection()).entries
    assert [(entry.id, f"{entry.at:%Y-%m-%d %H}") for entry in reversed(entries)] == [
        ("git/Reader/v1", "2023-01-01 12"),
        ("git/Reader/v1/policy-removed", "2024-01-01 06"),
        ("git/Reader~20240103/v1", "2024-01-02 12"),
    ]


def test_a_lower_number_with_a_later_date_is_another_policy_without_a_commit_between(tmp_path: Path) -> None:
    """IAM gives rising numbers with time: the policy was deleted and created again between two looks."""
    repository = new_repository(
        tmp_path / "repository",
        {"policies/Reader": envelope("v3", FIRST, ONE)},
        {"policies/Reader": envelope("v1", "2024-01-02T00:00:00Z", ONE)},
    )
    for revision in ("HEAD~1", "HEAD"):
        import_git(repository, revision, "policies", tmp_path / "snapshots", "aws")
    assert sorted(folder.name for folder in (tmp_path / "snapshots" / "aws").iterdir()) == ["Reader", "Reader~20240102"]
    entries = build_git_changelog(repository, None, "policies", Selection()).entries
    assert {entry.id: str(entry.event) for entry in entries} == {
        "git/Reader/v3": "tracking-started",
        "git/Reader/v3/policy-removed": "policy-removed",
        "git/Reader~20240102/v1": "policy-added",
    }


def test_a_late_version_with_a_wrong_date_is_no_other_policy_while_the_others_stand_there(tmp_path: Path) -> None:
    """Some sources give every version the date on which the policy last changed."""
    repository = new_repository(
        tmp_path / "repository",
        {"policies/Reader/v3.json": envelope("v3", FIRST, TWO)},
        {"policies/Reader/v1.json": envelope("v1", SECOND, ONE)},
    )
    entries = build_git_changelog(repository, None, "policies", Selection()).entries
    assert {entry.id.split("/")[1] for entry in entries} == {"Reader"}


def test_policies_of_a_template_are_identified_by_their_logical_ids(tmp_path: Path) -> None:
    def template(policy: Any) -> bytes:
        properties = {"PolicyName": "read", "PolicyDocument": policy, "Roles": ["x"]}
        return text({"Resources": {"Reading": {"Type": "AWS::IAM::Policy", "Properties": properties}}})

    states: list[dict[str, bytes | None]] = [
        {"infra/app.template.json": template(ONE)},
        {"infra/app.template.json": template(TWO)},
        {"infra/app.template.json": None, "infra/moved.template.json": template(TWO)},
    ]
    entries = build_git_changelog(new_repository(tmp_path, *states), None, "infra", Selection()).entries
    assert [(entry.event.value, entry.version) for entry in reversed(entries)] == [
        ("policy-added", "v1"),
        ("policy-updated", "v2"),
    ]
    assert len({entry.policy for entry in entries}) == 1
    assert "Reading" in entries[0].policy


def test_a_policy_of_a_template_that_becomes_unknown_is_listed_and_not_removed(tmp_path: Path) -> None:
    def template(**policies: Any) -> bytes:
        resources = {}
        for name, policy in policies.items():
            properties = {"PolicyName": name, "PolicyDocument": policy, "Roles": ["x"]}
            resources[name] = {"Type": "AWS::IAM::Policy", "Properties": properties}
        return text({"Resources": resources})

    unknown = {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3://a/b"}}}
    in_part = {"Version": "2012-10-17", "Statement": [*ONE["Statement"], unknown]}
    for number, other in enumerate((unknown, in_part)):
        states: list[dict[str, bytes | None]] = [
            {"infra/app.template.json": template(Known=ONE, Other=ONE)},
            {"infra/app.template.json": template(Known=TWO, Other=other)},
            {"infra/app.template.json": template(Known=TWO, Other=TWO)},
        ]
        found = build_git_changelog(new_repository(tmp_path / str(number), *states), None, "infra", Selection())
        reported = [(entry.event.value, "Other" in entry.policy) for entry in reversed(found.entries)]
        assert sorted(reported) == [
            ("policy-added", False),
            ("policy-added", True),
            ("policy-updated", False),
            ("policy-updated", True),
        ]
        (skipped,) = found.skipped
        assert "is not known from here on" in skipped.reason
        assert "app.template.json at " in skipped.where


def test_a_repository_with_longer_names_of_objects_is_read(tmp_path: Path) -> None:
    states: list[dict[str, bytes | None]] = [{"policies/Reader.json": text(ONE)}, {"policies/Reader.json": text(TWO)}]
    repository = new_repository(tmp_path, *states, options=("--object-format=sha256",))
    found = build_git_changelog(repository, None, "policies", Selection())
    assert ([entry.version for entry in found.entries], found.skipped) == (["v2", "v1"], ())


def test_a_file_that_becomes_a_link_or_a_submodule_is_listed_and_not_removed(tmp_path: Path) -> None:
    repository = new_repository(tmp_path, {"policies/A": text(ONE), "policies/B": text(ONE)})
    commit = git(repository, "rev-parse", "HEAD").strip()
    (repository / "policies/A").unlink()
    (repository / "policies/A").symlink_to("B")
    git(repository, "add", "--all")
    git(repository, "rm", "--quiet", "--cached", "policies/B")
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{commit},policies/B")
    git(repository, "commit", "--quiet", "--message=Odd")
    found = build_git_changelog(repository, None, "policies", Selection())
    assert [entry.event.value for entry in found.entries] == ["policy-added"] * 2
    assert sorted(item.where.partition(" at ")[0] for item in found.skipped) == ["policies/A", "policies/B"]


def _reading(policy: Any) -> dict[str, Any]:
    properties = {"PolicyName": "read", "PolicyDocument": policy, "Roles": ["x"]}
    return {"Type": "AWS::IAM::Policy", "Properties": properties}


_TOPIC = {"Type": "AWS::SNS::Topic"}
_CONTAINERS: dict[str, tuple[str, bytes, bytes]] = {
    "a template": (
        "infra/app.template.json",
        text({"Resources": {"Reading": _reading(ONE), "Topic": _TOPIC}}),
        text({"Resources": {"Topic": _TOPIC}}),
    ),
    "a template in YAML": (
        "infra/app.yaml",
        text({"Resources": {"Reading": _reading(ONE), "Topic": _TOPIC}}),
        b"Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n",
    ),
    "a template without resources": (
        "infra/app.json",
        text({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Reading": _reading(ONE)}}),
        text({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {}}),
    ),
    "any other data": (
        "infra/teams.yaml",
        text({"teams": {"web": {"policy": ONE}}}),
        b"teams: {}\n",
    ),
    "what is attached only": (
        "infra/app.json",
        text({"Resources": {"Reading": _reading(ONE)}}),
        text(
            {
                "Resources": {
                    "Role": {
                        "Type": "AWS::IAM::Role",
                        "Properties": {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]},
                    }
                }
            }
        ),
    ),
    "an account": (
        "infra/account.json",
        text({"RoleDetailList": [{"Arn": ARN, "RolePolicyList": [{"PolicyName": "x", "PolicyDocument": ONE}]}]}),
        text({"RoleDetailList": []}),
    ),
}


@pytest.mark.parametrize(("path", "before", "after"), _CONTAINERS.values(), ids=_CONTAINERS)
def test_the_last_policy_that_leaves_a_file_of_many_is_removed(
    tmp_path: Path, path: str, before: bytes, after: bytes
) -> None:
    repository = new_repository(tmp_path, {path: before}, {path: after}, {path: before})
    found = build_git_changelog(repository, None, "infra", Selection())
    assert [entry.event.value for entry in reversed(found.entries) if "attached policy" not in entry.policy] == [
        "policy-added",
        "policy-removed",
        "policy-returned",
    ]
    assert found.skipped == ()


@pytest.mark.parametrize("broken", [b"", b'{"Resources": {"To', b"Resources: [", b"\xff\xfe\x00", b"# to be written"])
def test_a_template_that_can_not_be_read_removes_nothing(tmp_path: Path, broken: bytes) -> None:
    template = text({"Resources": {"Reading": _reading(ONE)}})
    repository = new_repository(tmp_path, {"infra/app.json": template}, {"infra/app.json": broken})
    found = build_git_changelog(repository, None, "infra", Selection())
    assert [entry.event.value for entry in found.entries] == ["policy-added"]
    assert [item.where.partition(" at ")[0] for item in found.skipped] == ["infra/app.json"]


def test_a_template_that_never_had_a_policy_is_no_fault(tmp_path: Path) -> None:
    states = {
        "infra/app.json": text({"Resources": {"Reading": _reading(ONE)}}),
        "infra/topic.json": text({"Resources": {"Topic": _TOPIC}}),
    }
    found = build_git_changelog(new_repository(tmp_path, states), None, "infra", Selection())
    assert (len(found.entries), found.skipped) == (1, ())


@pytest.mark.parametrize("nothing", [b"{}", b"[]", b"7"])
def test_a_file_of_one_policy_without_one_is_broken_and_removes_nothing(tmp_path: Path, nothing: bytes) -> None:
    repository = new_repository(tmp_path, {"policies/A.json": text(ONE)}, {"policies/A.json": nothing})
    found = build_git_changelog(repository, None, "policies", Selection())
    assert ([entry.event.value for entry in found.entries], len(found.skipped)) == (["policy-added"], 1)


def test_what_a_shallow_clone_begins_with_is_not_reported_as_new(tmp_path: Path) -> None:
    repository = new_repository(
        tmp_path / "whole", {"policies/A": text(ONE)}, {"policies/B": text(ONE)}, {"policies/A": text(TWO)}
    )
    git(tmp_path, "clone", "--quiet", "--depth=2", repository.as_uri(), "cut")
    found = build_git_changelog(tmp_path / "cut", None, "policies", Selection())
    assert [f"{entry.event} {entry.policy}" for entry in reversed(found.entries)] == [
        "tracking-started B",
        "tracking-started A",
        "policy-updated A",
    ]
    (skipped,) = found.skipped
    assert "shallow" in skipped.reason


def test_a_policy_in_utf_16_is_the_same_policy(tmp_path: Path) -> None:
    states = [{"policies/A.json": text(policy)} for policy in (ONE, TWO)]
    wide = {"policies/A.json": json.dumps(TWO).encode("utf-16")}
    found = build_git_changelog(new_repository(tmp_path, *states, wide), None, "policies", Selection())
    assert ([entry.version for entry in found.entries], found.skipped) == (["v2", "v1"], ())
