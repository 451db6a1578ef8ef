"""`--attached`: only what concerns an account, who has it, and what is not known, in each command that has it."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from archives import CHECKOUT, call, record
from builders import history, version
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from sites import published

from tracker.changelog.contract import changelog_schema
from tracker.cli import command as cli
from tracker.errors import OutputError, UsageError
from tracker.inputs.files.attachment_files import attached_policies, read_attachments
from tracker.site import open_draft, require_own_folder

ROLE = "arn:aws:iam::123456789012:role/deploy"
ARN = "arn:aws:iam::aws:policy/{}"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    names = ("Mine", "Other", "Bound")
    return record(
        tmp_path / "snapshots", *(history(version(1, "s3:A"), version(2, "s3:A", "s3:B"), name=name) for name in names)
    )


def dump(*names: str) -> dict[str, Any]:
    attached = [{"PolicyName": name, "PolicyArn": ARN.format(name)} for name in names]
    boundary = {"PermissionsBoundaryArn": ARN.format("Bound")}
    return {"RoleDetailList": [{"Arn": ROLE, "AttachedManagedPolicies": attached, "PermissionsBoundary": boundary}]}


def changelog(archive: Path, content: Any, *options: str) -> subprocess.CompletedProcess[bytes]:
    text = content if isinstance(content, str) else json.dumps(content)
    (archive.parent / "who").write_text(text, encoding="utf-8")
    return call("--snapshots", archive, "changelog", "--attached", "who", *options, folder=archive.parent)


def policies(archive: Path, content: Any) -> tuple[set[str], list[str]]:
    done = changelog(archive, content, "-f", "json")
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    Draft202012Validator(changelog_schema()).validate(value)
    return {entry["policy"] for entry in value["entries"]}, [item["where"] for item in value["skipped"]]


def listed(**counts: int) -> dict[str, Any]:
    return {
        "Policies": [
            {"Arn": ARN.format(name), "AttachmentCount": count, "DefaultVersionId": "v1"}
            for name, count in counts.items()
        ]
    }


SOURCES: dict[str, Any] = {
    "account-dump": dump("Mine"),
    "list-policies": listed(Mine=2, Other=0),
    "list-attached-role-policies": {"AttachedPolicies": [{"PolicyName": "Mine", "PolicyArn": ARN.format("Mine")}]},
    "template": {
        "Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": [ARN.format("Mine")]}}}
    },
    "csv": f"role,policy\ndeploy,{ARN.format('Mine')}\n",
    "text": f"deploy has {ARN.format('Mine')}, and that is all.\n",
    "path-in-the-arn": "arn:aws:iam::aws:policy/service-role/Mine",
}


@pytest.mark.parametrize("content", SOURCES.values(), ids=SOURCES)
def test_only_what_is_attached_is_shown(archive: Path, content: Any) -> None:
    assert policies(archive, content) == ({"Mine"}, [])


UNKNOWN: dict[str, tuple[Any, str]] = {
    "not-in-the-archive": (dump("Mine", "Nowhere"), "aws/Nowhere"),
    "a-policy-of-the-account": (f"{ARN.format('Mine')} arn:aws:iam::123456789012:policy/own", "--attached"),
    "an-interpolated-arn": (f"{ARN.format('Mine')}\narn:${{partition}}:iam::aws:policy/Other", "who"),
    "a-truncated-answer": ({**dump("Mine"), "IsTruncated": True}, "who"),
    "a-truncated-list": ({**listed(Mine=1), "IsTruncated": True}, "who"),
}


@pytest.mark.parametrize(("content", "where"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_attached_and_not_known_is_said(archive: Path, content: Any, where: str) -> None:
    assert policies(archive, content) == ({"Mine"}, [where])


def test_nothing_new_is_not_said_of_what_could_not_be_read(archive: Path) -> None:
    for form in ("markdown", "text", "html"):
        output = changelog(archive, {**dump("Mine"), "IsTruncated": True}, "--since", "2030-01-01", "-f", form).stdout
        assert b"No changes in what could be read" in output
        assert b"No changes." not in output


NOTHING_KNOWN = {
    "broken": '{"RoleDetailList": [{"PolicyArn": "arn:${partition}:iam::aws:policy/Mine"',
    "binary": "\x00\x01\x02",
    "cut-off": json.dumps({**dump(), "IsTruncated": True}),
    "unresolved": "arn:${partition}:iam::aws:policy/Mine",
    "not-in-the-archive": json.dumps(dump("Nowhere")),
    "of-another-partition": json.dumps(dump("Mine")).replace("arn:aws:", "arn:aws-cn:"),
}


@pytest.mark.parametrize("content", NOTHING_KNOWN.values(), ids=NOTHING_KNOWN)
@pytest.mark.parametrize("command", [("changelog",), ("log",), ("log", "--action", "s3:*"), ("build",)], ids=" ".join)
def test_where_no_attached_policy_is_known_a_command_fails(
    archive: Path, content: str, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(archive.parent)
    Path("who").write_text(content, encoding="utf-8")
    done = CliRunner().invoke(cli, ["--snapshots", str(archive), *command, "--attached", "who"])
    assert (type(done.exception), done.stdout) == (UsageError, "")
    assert not Path("public-attached").exists()


def test_own_policies_alone_are_nothing_of_aws_and_no_fault(archive: Path) -> None:
    assert changelog(archive, "arn:aws:iam::123456789012:policy/own").returncode == 0


def test_it_says_how_much_was_left_out(archive: Path) -> None:
    done = changelog(archive, dump("Mine"))
    assert b"Only what is attached: 1 policy; 2 others are left out." in done.stdout


@pytest.mark.parametrize("name", ["text", "markdown", "html", "json"])
def test_principals_are_named_only_where_that_was_asked_for(archive: Path, name: str) -> None:
    assert ROLE.encode() not in changelog(archive, dump("Mine"), "-f", name).stdout
    assert ROLE.encode() in changelog(archive, dump("Mine"), "-f", name, "--with-principals").stdout


def test_a_boundary_is_no_attachment(archive: Path) -> None:
    (archive.parent / "who").write_text(json.dumps(dump("Mine")), encoding="utf-8")
    found = attached_policies(read_attachments([archive.parent / "who"]))
    assert dict(found.principals) == {("aws", "Mine"): (ROLE,)}


def test_files_are_taken_together(archive: Path) -> None:
    (archive.parent / "more").write_text(ARN.format("Other"), encoding="utf-8")
    done = changelog(archive, dump("Mine"), "--attached", "more", "-f", "json")
    assert {entry["policy"] for entry in json.loads(done.stdout)["entries"]} == {"Mine", "Other"}


@pytest.mark.parametrize("content", ["nothing here", json.dumps({"Policies": []}), ""])
def test_a_file_without_an_attachment_is_a_usage_error(archive: Path, content: str) -> None:
    done = changelog(archive, content)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("nothing here", b"names no attached policy (it takes a file such as the answer of"),
        ("arn:${partition}:iam::aws:policy/Mine", b"not known in it: 1 (it takes a file such as the answer of"),
    ],
)
def test_a_file_of_which_nothing_is_known_says_why(archive: Path, content: str, what: bytes) -> None:
    done = changelog(archive, content)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"error: who: " in done.stderr
    assert what in done.stderr


CUT = {
    "before-an-arn": ("who", '{"RoleDetailList": ['),
    "after-an-arn": ("who", json.dumps(dump("Mine", "Other"), indent=1).partition("Other")[0]),
    "before-the-last-brace": ("who", json.dumps(dump("Mine"))[:-1]),
    "pages-one-after-the-other": ("who", json.dumps(dump("Mine")) * 2),
    "yaml": ("who.yaml", f"ManagedPolicyArns: [{ARN.format('Mine')},"),
}


@pytest.mark.parametrize(("name", "content"), CUT.values(), ids=CUT)
def test_a_file_that_is_cut_off_is_refused_though_it_names_policies(tmp_path: Path, name: str, content: str) -> None:
    """Else those in the part that is there would look like all there are."""
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=f"{name}: can't be read whole: line .* [(]more may be attached: fetch it"):
        read_attachments([tmp_path / name])


def test_a_text_in_brackets_is_not_taken_for_a_part_of_the_attachments(archive: Path) -> None:
    done = changelog(archive, f"[reader] {ARN.format('Mine')}")
    assert (done.returncode, done.stdout) == (2, b"")


def test_a_policy_of_the_same_name_of_another_owner_is_not_meant(archive: Path) -> None:
    done = changelog(archive, "arn:aws:iam::123456789012:policy/Mine", "-f", "json")
    assert done.returncode == 2 or not json.loads(done.stdout)["entries"]


NAMES = {
    "Resources": {
        "SecretRole": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "ManagedPolicyArns": [
                    ARN.format("Mine"),
                    {"Ref": "SecretPolicy"},
                    "arn:aws:iam::123456789012:policy/OwnPolicy",
                ]
            },
        }
    }
}
"""A role whose name, account and own policies say something of the account."""
SECRETS = (b"SecretRole", b"SecretPolicy", b"123456789012", b"OwnPolicy")


@pytest.mark.parametrize("name", ["text", "json"])
def test_what_is_not_known_names_no_principal_and_no_account_unless_asked(archive: Path, name: str) -> None:
    quiet, full = (changelog(archive, NAMES, "-f", name, *options) for options in ((), ("--with-principals",)))
    assert quiet.returncode == full.returncode == 0
    assert [secret for secret in SECRETS if secret in quiet.stdout] == []
    assert [secret for secret in SECRETS if secret not in full.stdout] == []
    assert b"--with-principals" in quiet.stdout


def test_a_changelog_that_was_written_as_json_still_says_how_much_was_left_out(archive: Path) -> None:
    (archive.parent / "it.json").write_bytes(changelog(archive, dump("Mine"), "-f", "json").stdout)
    done = call("changelog", "--from", "it.json", folder=archive.parent)
    assert b"Only what is attached: 1 policy; 2 others are left out." in done.stdout


def configured(archive: Path, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    (archive.parent / "who.json").write_text(json.dumps(dump("Mine")), encoding="utf-8")
    settings = archive.parent / "policy-tracker.toml"
    settings.write_text('attached = ["who.json"]\n', encoding="utf-8")
    return call("--snapshots", archive, *arguments, folder=archive.parent)


def test_the_configuration_names_what_is_attached(archive: Path) -> None:
    assert b"Other" not in configured(archive, "changelog").stdout
    assert b"Other" in configured(archive, "changelog", "--all").stdout
    assert configured(archive, "changelog", "--all", "--attached", "who.json").returncode == 2


def test_the_log_is_of_all_that_is_attached(archive: Path) -> None:
    done = configured(archive, "log", "--with-principals")
    assert b"Mine" in done.stdout
    assert b"Other" not in done.stdout
    assert b"1 policy; 2 others are left out" in done.stdout
    assert ROLE.encode() in done.stdout
    assert ROLE.encode() not in configured(archive, "log").stdout
    assert configured(archive, "log", "--all").returncode == 2


def test_a_policy_that_is_named_is_shown_whatever_is_attached(archive: Path) -> None:
    assert b"Other" in configured(archive, "log", "Other").stdout
    done = configured(archive, "log", "Other", "--attached", "who.json")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"of what is attached" in done.stderr


def test_who_allows_an_action_is_looked_for_in_what_is_attached(archive: Path) -> None:
    done = configured(archive, "log", "--action", "s3:B", "-f", "json")
    assert {one["policy"] for one in json.loads(done.stdout)["policies"]} == {"Mine"}
    assert b"policies 1; left out: 2" in done.stderr


@pytest.mark.usefixtures("small_catalogue")
def test_a_site_of_what_is_attached_has_nothing_else_and_names_nobody(archive: Path) -> None:
    done = configured(archive, "build")
    assert done.returncode == 0, done.stderr
    files = published(archive.parent / "public-attached")
    assert [path for path in files if path.startswith("policies/aws/") and path.endswith(".html")] == [
        "policies/aws/Mine/index.html"
    ]
    assert b"policies/aws/Other" not in b"".join(files.values())
    assert not [path for path, content in files.items() if b"123456789012" in content or b"role/deploy" in content]
    assert all(b"1 policy; 2 others are left out" in files[path] for path in ("index.html", "policies/index.html"))
    assert "feed.xml" in files


@pytest.mark.slow
def test_a_site_names_who_has_a_policy_only_where_that_was_asked_for(archive: Path) -> None:
    done = configured(archive, "build", "--with-principals")
    assert done.returncode == 0, done.stderr
    assert ROLE.encode() in published(archive.parent / "public-attached")["about.html"]
    assert configured(archive, "build").returncode == 0
    assert ROLE.encode() not in b"".join(published(archive.parent / "public-attached").values())


@pytest.mark.slow
def test_a_site_is_made_anew_when_something_else_is_attached(archive: Path) -> None:
    configured(archive, "build")
    (archive.parent / "more").write_text(ARN.format("Other"), encoding="utf-8")
    build = ("build", "-o", "public-attached", "--attached")
    assert configured(archive, *build, "who.json", "--attached", "more").returncode == 0
    assert "policies/aws/Other/index.html" in published(archive.parent / "public-attached")
    assert configured(archive, *build, "who.json").returncode == 0
    assert "policies/aws/Other/index.html" not in published(archive.parent / "public-attached")


@pytest.mark.parametrize("is_attached", [False, True])
def test_a_site_of_what_is_attached_and_one_of_everything_never_share_a_folder(
    tmp_path: Path, is_attached: bool
) -> None:
    with open_draft(tmp_path, is_attached=is_attached) as draft:
        draft.add("index.html", "")
        draft.publish("")
    require_own_folder(tmp_path, is_attached=is_attached)
    with pytest.raises(OutputError, match="holds a site of"):
        require_own_folder(tmp_path, is_attached=not is_attached)


@pytest.mark.parametrize("file", [".github/workflows/track.yml", "templates/init/track.yml"])
def test_the_workflows_publish_nothing_of_an_account(file: str) -> None:
    text = (CHECKOUT / file).read_text(encoding="utf-8")
    assert "policy-tracker build --all" in text
    assert "--attached" not in text
    assert "--with-principals" not in text
