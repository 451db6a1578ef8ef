"""Words that users choose: single messages, titles of owners, configuration beside the archive."""

import json
from pathlib import Path

import pytest
from archives import call, record
from builders import history, version
from msgspec.structs import replace

from tracker.errors import ConfigurationError, RenderError

ACCOUNT = "123456789012"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with an archive of AWS and of an account."""
    own = history(version(1, "s3:GetObject"), seen=((1, "v1"), (5, None)), name="Own")
    aws = history(version(1, "s3:GetObject"), version(2, "s3:PutObject"), name="Reader")
    record(tmp_path / "snapshots", aws, replace(own, owner=ACCOUNT))
    return tmp_path


def printed(folder: Path, *arguments: str, command: str = "changelog") -> str:
    done = call(command, *arguments, folder=folder)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


def catalogue(folder: Path, text: str, language: str = "en") -> None:
    (folder / "mine" / "locale").mkdir(parents=True)
    (folder / "mine" / "locale" / f"{language}.po").write_text(text, encoding="utf-8")


def test_one_message_is_overridden_and_all_others_stay(project: Path) -> None:
    before = printed(project, "--owner", "aws")
    catalogue(project, 'msgid "changelog.lead"\nmsgstr "What AWS changed."\n')
    after = printed(project, "--owner", "aws", "--templates", "mine")
    lead = "The changes of AWS managed policies since their tracking started, newest first."
    assert after == before.replace(lead, "What AWS changed.")
    assert after != before


def test_a_message_with_a_plural_is_overridden(project: Path) -> None:
    (project / "snapshots" / "aws" / "Reader" / "v3.json").write_text("{")
    catalogue(
        project,
        'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
        'msgid "changelog.skipped"\nmsgid_plural "changelog.skipped"\n'
        'msgstr[0] "{count} lost:"\nmsgstr[1] "{count} are lost:"\n',
    )
    assert "1 lost:" in call("changelog", "--templates", "mine", "-q", folder=project).stdout.decode()


def test_a_message_that_the_program_has_not_is_refused_with_the_nearest(project: Path) -> None:
    catalogue(project, 'msgid "changelog.leed"\nmsgstr "x"\n')
    done = call("changelog", "--templates", "mine", folder=project)
    assert done.returncode == RenderError.exit_code
    assert "did you mean changelog.lead" in done.stderr.decode()


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("form", ["markdown", "html", "json", "rss", "text"])
def test_own_policies_are_never_called_aws_managed(project: Path, language: str, form: str) -> None:
    arguments = ("--lang", language, "-f", form)
    for more in (("--owner", ACCOUNT), ()):
        text = printed(project, *arguments, *more)
        title = json.loads(text)["title"] if form == "json" else text
        owned = [line for line in title.splitlines() if "Own" in line]
        assert not [line for line in owned if "AWS managed" in line or "AWS 관리형" in line]
    alone = printed(project, *arguments, "--owner", ACCOUNT)
    assert "AWS managed" not in alone
    assert "AWS 관리형" not in alone


def test_a_page_of_own_policies_does_not_call_them_aws_managed(project: Path) -> None:
    record(project / "snapshots", replace(history(version(1, "s3:GetObject"), name="Kept"), owner=ACCOUNT))
    (project / "policy-tracker.toml").write_text(
        '[[services]]\nname = "Pay"\nslug = "pay"\npolicies = ["Kept", "Reader"]\n'
    )
    own = printed(project, "--service", "pay", "--owner", ACCOUNT, command="page")
    assert "IAM policies for Pay" in own
    assert "AWS managed" not in own
    assert "AWS managed policy: `Reader`" in printed(project, "--service", "pay", command="page")


def test_an_owner_has_a_title_and_a_lead(project: Path) -> None:
    (project / "policy-tracker.toml").write_text(
        f'title = "All"\n[owners.{ACCOUNT}]\ntitle = "Payments"\nlead = "What they did."\n[owners.aws]\ntitle = "AWS"\n'
    )
    own = printed(project, "--owner", ACCOUNT)
    assert own.startswith("# Payments\n")
    assert "What they did." in own
    assert printed(project, "--owner", "aws").startswith("# AWS\n")
    assert printed(project).startswith("# All\n")
    assert json.loads(printed(project, "--owner", ACCOUNT, "-f", "json"))["title"] == "Payments"


@pytest.mark.parametrize(
    "text", ["owners = 5", "[owners]\naws = 5", '[owners.aws]\ntitel = "x"', "[owners.aws]\ntitle = 1"]
)
def test_a_title_that_can_not_be_meant_is_one_line(project: Path, text: str) -> None:
    (project / "policy-tracker.toml").write_text(text)
    done = call("changelog", folder=project)
    assert done.returncode == ConfigurationError.exit_code
    assert done.stderr.count(b"\n") == 1


def test_the_configuration_is_found_beside_the_archive(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    (project / "policy-tracker.toml").write_text('title = "Beside"\n')
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    snapshots = str(project / "snapshots")
    assert printed(elsewhere, "--snapshots", snapshots).startswith("# Beside\n")
    (elsewhere / "pyproject.toml").write_text('[project]\nname = "another"\n')
    assert printed(elsewhere, "--snapshots", snapshots).startswith("# Beside\n")
    (elsewhere / "policy-tracker.toml").write_text('title = "Here"\n')
    assert printed(elsewhere, "--snapshots", snapshots).startswith("# Here\n")
