"""Account dumps in a git history: who has which policy, compared by principal."""

import json
from pathlib import Path
from typing import Any

from archives import new_repository
from builders import allowing

from tracker.changelog.builder import Selection, build_git_changelog

IAM = "arn:aws:iam::123456789012"
ADMIN, READ = (f"arn:aws:iam::aws:policy/{name}" for name in ("AdministratorAccess", "ReadOnlyAccess"))
OWN = f"{IAM}:policy/Own"


def dump(*attached: str, own: Any = None, boundary: str = "", groups: tuple[str, ...] = ()) -> bytes:
    """Return an answer of get-account-authorization-details: what the user ann has, and the account's own policy."""
    user: dict[str, Any] = {"UserName": "ann", "Arn": f"{IAM}:user/ann", "GroupList": list(groups)}
    user["AttachedManagedPolicies"] = [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in attached]
    if boundary:
        user["PermissionsBoundary"] = {
            "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
            "PermissionsBoundaryArn": boundary,
        }
    version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": own or allowing("s3:GetObject")}
    held = {"PolicyName": "Own", "Arn": OWN, "DefaultVersionId": "v1", "PolicyVersionList": [version]}
    devs = {"GroupName": "devs", "Arn": f"{IAM}:group/devs", "AttachedManagedPolicies": [], "GroupPolicyList": []}
    answer = {"UserDetailList": [user], "GroupDetailList": [devs], "RoleDetailList": [], "Policies": [held]}
    return json.dumps(answer).encode()


def events(folder: Path, *states: bytes) -> tuple[list[str], list[str]]:
    """Return the events of what ann has, oldest first, and what was left out."""
    repository = new_repository(folder, *({"account.json": state} for state in states))
    changelog = build_git_changelog(repository, None, ".", Selection())
    reported = [
        f"{entry.policy.removeprefix(f'{IAM}:user/ann ')} {entry.event}"
        for entry in reversed(changelog.entries)
        if ":user/ann " in entry.policy
    ]
    return reported, [item.reason for item in changelog.skipped]


def test_what_is_attached_and_detached_is_listed_by_principal(tmp_path: Path) -> None:
    reported, skipped = events(tmp_path, dump(OWN), dump(OWN, READ), dump(ADMIN), dump(ADMIN))
    assert reported[:2] == [f"attached policy {OWN} policy-added", f"attached policy {READ} policy-added"]
    assert sorted(reported[2:]) == [
        f"attached policy {OWN} policy-removed",
        f"attached policy {ADMIN} policy-added",
        f"attached policy {READ} policy-removed",
    ]
    assert not skipped


def test_a_document_that_changes_is_reported_once_and_not_for_each_principal(tmp_path: Path) -> None:
    reported, _ = events(tmp_path, dump(OWN), dump(OWN, own=allowing("s3:*")))
    assert reported == [f"attached policy {OWN} policy-added"]


def test_a_boundary_is_reported_as_one(tmp_path: Path) -> None:
    reported, _ = events(tmp_path, dump(), dump(boundary=READ), dump())
    assert reported == [f"permissions boundary {READ} policy-added", f"permissions boundary {READ} policy-removed"]


def test_an_attached_policy_without_a_document_is_listed_and_hides_no_removal(tmp_path: Path) -> None:
    nobody = "arn:aws:iam::aws:policy/Nobody"
    assert events(tmp_path, dump(READ), dump(READ, nobody), dump(nobody)) == (
        [f"attached policy {READ} policy-added", f"attached policy {READ} policy-removed"],
        [f"no document is at hand for {nobody}"],
    )
