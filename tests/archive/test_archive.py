"""The archive: what its files hold, that they never change, and that a killed run is completed by the next."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from archives import CHECKOUT, envelope, git_environment, new_repository, record, stored
from builders import allowing, day, history, statement, version
from msgspec.structs import replace

from tracker.archive.files import FactsFile, parse_version
from tracker.archive.lookup import find_version
from tracker.archive.merge import add_observation, merge_histories, record_absence
from tracker.archive.names import is_policy_name
from tracker.archive.record import record_snapshot
from tracker.archive.store import archive_at, archive_on_disk, write_history
from tracker.base.files import write_text
from tracker.base.git import Repository
from tracker.changelog.entries import entries_of
from tracker.changelog.model import Entry, Event
from tracker.commands.import_git import import_git
from tracker.errors import ArchiveError, DocumentError, OutputError
from tracker.policy.documents import parse_document
from tracker.policy.history import Observation, PolicyFacts, PolicyHistory, PolicyState, Skipped, Snapshot
from tracker.policy.json_text import canonical

GOLDEN_FACTS = """{
  "Arn": "arn:aws:iam::aws:policy/Reader",
  "PolicyName": "Reader",
  "PolicyId": "ANPA1",
  "Path": "/",
  "Description": "읽기 <only> \\"quoted\\"",
  "CreateDate": "2024-01-01T00:00:00Z",
  "Observed": [
    {
      "At": "2024-01-02T00:00:00Z",
      "DefaultVersionId": "v1"
    },
    {
      "At": "2024-01-06T00:00:00Z",
      "DefaultVersionId": null
    }
  ],
  "Origins": {
    "v1": "iam"
  }
}
"""
GOLDEN_VERSION = """{
  "VersionId": "v1",
  "CreateDate": "2024-01-02T00:00:00Z",
  "Document": {
    "Version": "2012-10-17",
    "Statement": [
      {
        "Sid": "",
        "Resource": "*",
        "Action": "s3:GetObject",
        "Effect": "Allow",
        "Condition": {
          "Bool": {
            "aws:SecureTransport": true
          }
        }
      }
    ]
  }
}
"""


def read(root: Path) -> list[PolicyHistory]:
    items = list(archive_on_disk(root).histories())
    assert not [item for item in items if isinstance(item, Skipped)]
    return [item for item in items if isinstance(item, PolicyHistory)]


def events(item: PolicyHistory) -> list[tuple[Event, str | None]]:
    reported = list(entries_of(item))
    return [(entry.event, entry.version) for entry in reported if isinstance(entry, Entry)]


# --- the files -------------------------------------------------------------------------------------------------------


def test_files_are_canonical_to_the_byte(tmp_path: Path) -> None:
    statement = {
        "Sid": "",
        "Resource": "*",
        "Action": "s3:GetObject",
        "Effect": "Allow",
        "Condition": {"Bool": {"aws:SecureTransport": True}},
    }
    one = replace(version(1), document={"Version": "2012-10-17", "Statement": [statement]})
    written = record(
        tmp_path,
        history(
            one,
            seen=((1, "v1"), (5, None)),
            arn="arn:aws:iam::aws:policy/Reader",
            policy_id="ANPA1",
            path="/",
            description='읽기 <only> "quoted"',
            created_at=day(0),
            name="Reader",
        ),
    )
    assert stored(written) == {
        "aws/Reader/policy.json": GOLDEN_FACTS.encode(),
        "aws/Reader/v1.json": GOLDEN_VERSION.encode(),
    }


def test_canonical_form_is_a_fixed_point() -> None:
    assert canonical(json.loads(GOLDEN_VERSION)) == GOLDEN_VERSION


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    whole = history(
        version(1, "s3:GetObject"),
        version(2, "s3:Get*", origin="git:mirror"),
        seen=((1, "v1"), (4, "v2"), (9, None)),
        arn="arn:aws:iam::aws:policy/Reader",
        policy_id="ANPA1",
        path="/",
        description="",
        created_at=day(0),
        name="Reader",
    )
    whole = replace(whole, unavailable=("v3",))
    assert read(record(tmp_path, whole)) == [whole]


def test_of_some_versions_no_file_of_another_is_read(tmp_path: Path) -> None:
    written = history(version(1, "a:A"), version(2, "a:B"))
    root = record(tmp_path, written)
    next(root.rglob("v1.json")).write_bytes(b"broken")
    (key,) = (archive := archive_on_disk(root)).policy_keys()
    (read,) = archive.read([key], {"v2"})
    assert isinstance(read, PolicyHistory)
    assert read.versions == written.versions[1:]


def test_a_version_file_is_written_once(tmp_path: Path) -> None:
    first = history(version(1, "s3:GetObject"), name="Reader")
    record(tmp_path, first)
    second = replace(first, versions=(*first.versions, version(2, "s3:Get*")))
    assert [path.name for path in write_history(tmp_path, first, second)] == ["v2.json", "policy.json"]
    assert write_history(tmp_path, second, second) == []


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "a\\b", "a b", "a\n", "~x", "é", "a" * 129, "a\0b"])
def test_a_name_that_is_no_folder_is_refused(tmp_path: Path, name: str) -> None:
    assert not is_policy_name(name)
    if name:
        with pytest.raises(ArchiveError):
            write_history(tmp_path, None, replace(history(version(1, "s3:*"), name="x"), folder=name))
    assert stored(tmp_path) == {}


@pytest.mark.parametrize("version_id", ["../v1", "v1/../../../v9", "policy", "v1\n", "", "1", "v", "v1\x1b"])
def test_a_version_id_that_is_no_file_is_refused(tmp_path: Path, version_id: str) -> None:
    hostile = replace(version(1, "s3:*"), version_id=version_id)
    with pytest.raises(ArchiveError, match="version"):
        write_history(tmp_path / "snapshots", None, history(hostile, name="Reader"))
    assert stored(tmp_path) == {}


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OutputError, match="taken"):
        write_text(tmp_path / "taken", "text")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file"):
        write_text(tmp_path / "file" / "below", "text")
    assert stored(tmp_path) == {"file": b""}


@pytest.mark.parametrize("path", ["/", ".", ""])
def test_a_path_without_a_name_cannot_be_written(path: str) -> None:
    with pytest.raises(OutputError):
        write_text(Path(path), "text")


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    """`--output /dev/stdout` must not put a file in the device's place."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_text(pipe, "text")
        assert os.read(reader, 100) == b"text"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


# --- reading ---------------------------------------------------------------------------------------------------------


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no such folder"):
        archive_on_disk(tmp_path / "snapshots")


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    record(tmp_path, history(version(1, "s3:GetObject"), name="Reader"))
    (tmp_path / "README.md").write_text("hello")
    (tmp_path / ".git").mkdir()
    (tmp_path / "aws" / ".DS_Store").write_text("")
    (tmp_path / "aws" / "Reader" / "notes.txt").write_text("")
    (tmp_path / "aws" / "Reader" / "v1.json.orig").write_text("")
    (tmp_path / "aws" / "empty").mkdir()
    assert [item.facts.name for item in read(tmp_path)] == ["Reader"]


BROKEN_VERSIONS = {
    "empty": b"",
    "not JSON": b"{",
    "not UTF-8": b'{"VersionId": "\xff"}',
    "a list": b"[]",
    "a key twice": b'{"VersionId": "v2", "VersionId": "v2", "CreateDate": "2024-01-03T00:00:00Z", "Document": {}}',
    "another version": b'{"VersionId": "v3", "CreateDate": "2024-01-03T00:00:00Z", "Document": {}}',
    "no document": b'{"VersionId": "v2", "CreateDate": "2024-01-03T00:00:00Z"}',
    "a time without an offset": b'{"VersionId": "v2", "CreateDate": "2024-01-03T00:00:00", "Document": {}}',
    "a time before all times": b'{"VersionId": "v2", "CreateDate": "0001-01-01T00:00:00+09:00", "Document": {}}',
    "a time after all times": b'{"VersionId": "v2", "CreateDate": "9999-12-31T23:59:59-09:00", "Document": {}}',
    "a number for a time": b'{"VersionId": "v2", "CreateDate": 7, "Document": {}}',
    "too deep": b'{"VersionId": "v2", "Document": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
}


@pytest.mark.parametrize("content", BROKEN_VERSIONS.values(), ids=BROKEN_VERSIONS)
def test_a_broken_version_file_is_skipped_and_reported(tmp_path: Path, content: bytes) -> None:
    record(tmp_path, history(version(1, "s3:GetObject"), version(3, "s3:Get*"), name="Reader"))
    (tmp_path / "aws" / "Reader" / "v2.json").write_bytes(content)
    skipped, kept = archive_on_disk(tmp_path).histories()
    assert isinstance(skipped, Skipped)
    assert skipped.where == "aws/Reader/v2.json"
    assert "\n" not in skipped.reason
    assert isinstance(kept, PolicyHistory)
    assert [item.version_id for item in kept.versions] == ["v1", "v3"]


LAYOUTS: dict[str, dict[str, Any]] = {
    "as IAM has it": {"Version": "2012-10-17", "Statement": [statement(), statement("a:C", Sid="x")]},
    "one statement": {"Version": "2012-10-17", "Statement": [statement()]},
    "the version last": {"Statement": [statement(), statement("a:C")], "Version": "2008-10-17"},
    "no version": {"Statement": [statement()]},
    "an id": {"Version": "2012-10-17", "Id": "[x", "Statement": [statement()]},
    "no list": {"Version": "2012-10-17", "Statement": statement()},
    "no statement": {"Version": "2012-10-17", "Statement": []},
    "a version that is none": {"Version": "2012-10-18", "Statement": [statement()]},
    "a statement that is none": {"Version": "2012-10-17", "Statement": [statement(), 7]},
    "beyond ASCII": {"Version": "2012-10-17", "Statement": [statement(Sid="é")]},
}
NOTHING_KNOWN = FactsFile(PolicyFacts("X"))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_version_file_is_read_the_same_in_any_white_space(layout: str) -> None:
    raw = LAYOUTS[layout]
    content = canonical({"VersionId": "v2", "CreateDate": "2024-01-03T00:00:00Z", "Document": raw}).encode()
    found = parse_version(content, "v2.json", NOTHING_KNOWN)
    assert found == parse_version(json.dumps(json.loads(content)).encode(), "v2.json", NOTHING_KNOWN)
    try:
        expected = parse_document(raw)
    except DocumentError as error:
        with pytest.raises(DocumentError, match=re.escape(str(error))):
            _ = found.parsed
    else:
        assert found.parsed == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"Document": {', b'"Document": {"Statement": []},\n  "Document": {'),
        (b'"Version": "2012-10-17",', b'"Version": "2008-10-17",\n    "Version": "2012-10-17",'),
        (b'"Statement": [', b'"Statement": [],\n    "Statement": ['),
        (b'"Effect": "Allow",', b'"Effect": "Deny",\n        "Effect": "Allow",'),
        (b'"VersionId": "v2",', b'"VersionId": "v1",\n  "VersionId": "v2",'),
        (b"\n}\n", b',\n  "VersionId": "v2"\n}\n'),
    ],
)
def test_no_member_of_a_version_file_is_there_twice(before: bytes, after: bytes) -> None:
    raw = {"Version": "2012-10-17", "Statement": [statement()]}
    content = canonical({"VersionId": "v2", "CreateDate": "2024-01-03T00:00:00Z", "Document": raw}).encode()
    assert parse_version(content, "v2.json", NOTHING_KNOWN).parsed == parse_document(raw)
    with pytest.raises(DocumentError, match="stands twice"):
        parse_version(content.replace(before, after), "v2.json", NOTHING_KNOWN)


FACTS = json.loads(GOLDEN_FACTS)
PLAIN_FACTS = json.dumps({**FACTS, "Description": "Reads."}).encode()
BROKEN_FACTS = {
    "empty": b"",
    "not JSON": b"{",
    "a list": b"[]",
    "no name": json.dumps({**FACTS, "PolicyName": None} | {"Arn": None}).encode().replace(b'"PolicyName": null, ', b""),
    "observations that are text": json.dumps({**FACTS, "Observed": "v1"}).encode(),
    "an observation without a time": json.dumps({**FACTS, "Observed": [{"DefaultVersionId": "v1"}]}).encode(),
    "a time before all times": json.dumps({**FACTS, "CreateDate": "0001-01-01T00:00:00+09:00"}).encode(),
    "a default that is a list": json.dumps(
        {**FACTS, "Observed": [{"At": "2024-01-01T00:00:00Z", "DefaultVersionId": ["v1"]}]}
    ).encode(),
    "a default that is a number": json.dumps(
        {**FACTS, "Observed": [{"At": "2024-01-01T00:00:00Z", "DefaultVersionId": 1}]}
    ).encode(),
    "origins that are text": json.dumps({**FACTS, "Origins": "iam"}).encode(),
    "unavailable versions that are numbers": json.dumps({**FACTS, "Unavailable": [3]}).encode(),
    "a name that is a number": json.dumps({**FACTS, "PolicyName": 7}).encode(),
    "an id that is a list": json.dumps({**FACTS, "PolicyId": ["ANPA1"]}).encode(),
    "another policy's name": json.dumps({**FACTS, "PolicyName": "Writer"}).encode(),
    "a key that is twice": PLAIN_FACTS.replace(b'"Path": ', b'"Arn": "x", "Path": '),
    "nested too deep": PLAIN_FACTS.replace(b"{", b'{"More": ' + b"[" * 20_000 + b"]" * 20_000 + b", ", 1),
}


@pytest.mark.parametrize("content", BROKEN_FACTS.values(), ids=BROKEN_FACTS)
def test_a_broken_policy_file_is_an_error_that_names_it(tmp_path: Path, content: bytes) -> None:
    record(tmp_path, history(version(1, "s3:GetObject"), name="Reader"))
    (tmp_path / "aws" / "Reader" / "policy.json").write_bytes(content)
    with pytest.raises(ArchiveError, match=r"aws/Reader/policy\.json.*git checkout"):
        list(archive_on_disk(tmp_path).histories())


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    record(tmp_path, history(version(1, "s3:GetObject"), name="Reader"))
    (tmp_path / "aws" / "Reader" / "v2.json").mkdir()
    with pytest.raises(ArchiveError, match=r"v2\.json: can't be read"):
        list(archive_on_disk(tmp_path).histories())


def test_only_the_files_of_what_is_asked_for_are_opened(tmp_path: Path) -> None:
    record(
        tmp_path, history(version(1, "s3:GetObject"), name="Reader"), history(version(1, "s3:PutObject"), name="Writer")
    )
    (tmp_path / "aws" / "Writer" / "v1.json").unlink()
    (tmp_path / "aws" / "Writer" / "v1.json").mkdir()
    wanted = archive_on_disk(tmp_path).histories(wanted=lambda name: name == "Reader")
    assert [item.facts.name for item in wanted if isinstance(item, PolicyHistory)] == ["Reader"]


def test_a_broken_policy_file_is_in_the_way_of_its_own_history_alone(tmp_path: Path) -> None:
    record(
        tmp_path, history(version(1, "s3:GetObject"), name="Reader"), history(version(1, "s3:PutObject"), name="Writer")
    )
    (tmp_path / "aws" / "Writer" / "policy.json").write_bytes(b"{")
    archive = archive_on_disk(tmp_path)
    assert [item.facts.name for item in archive.read([("aws", "Reader")]) if isinstance(item, PolicyHistory)] == [
        "Reader"
    ]
    with pytest.raises(ArchiveError, match=r"aws/Writer/policy\.json"):
        archive.start_of_tracking("aws")


def test_what_was_asked_for_once_stays_as_it_was(tmp_path: Path) -> None:
    """A run writes while it still reads what it found."""
    record(tmp_path, history(version(1, "s3:GetObject"), name="Reader"))
    archive = archive_on_disk(tmp_path)
    before = archive.archived_policies("aws")
    record(tmp_path, history(version(1, "s3:GetObject"), version(2, "s3:Get*"), name="Reader"))
    assert archive.archived_policies("aws") == before
    assert [item.version_id for found in archive.histories() for item in getattr(found, "versions", ())] == ["v1"]


def test_a_default_whose_document_was_never_got_is_listed(tmp_path: Path) -> None:
    record(tmp_path, history(version(1, "s3:GetObject"), seen=((1, "v1"), (2, "v2")), name="Reader"))
    (reported, _) = archive_on_disk(tmp_path).histories()
    assert reported == Skipped("aws/Reader/v2", "the default from 2024-01-03 on; its document is not known")


def test_a_recreated_policy_and_its_predecessor_are_both_reported(tmp_path: Path) -> None:
    old = replace(history(version(1, "s3:GetObject"), policy_id="ANPA1", name="Reader"), folder="Reader~ANPA1")
    new = history(version(5, "s3:PutObject"), policy_id="ANPA2", name="Reader")
    found = read(record(tmp_path, old, new))
    assert [(item.folder, item.facts.name, item.facts.policy_id) for item in found] == [
        ("Reader", "Reader", "ANPA2"),
        ("Reader~ANPA1", "Reader", "ANPA1"),
    ]
    ids = [entry.id for item in found for entry in entries_of(item) if isinstance(entry, Entry)]
    assert ids == ["aws/Reader~ANPA2/v5", "aws/Reader/v1"], "the id that was given first stays where it was"


def test_the_start_of_tracking_leaves_documentation_out(tmp_path: Path) -> None:
    reported = history(version(1, "s3:GetObject", origin="documentation"), name="Documented")
    watched = history(version(4, "s3:GetObject"), seen=((6, "v4"),), name="Watched")
    archive = archive_on_disk(record(tmp_path, reported, watched))
    assert archive.start_of_tracking("aws") == day(6)
    assert archive.start_of_tracking("aws-cn") is None


# --- observing -------------------------------------------------------------------------------------------------------


def seen(at: int, default: str, *versions: int) -> tuple[PolicyState, Snapshot]:
    state = PolicyState(
        PolicyFacts("Reader"), default, tuple(version(number, f"s3:Get{number}") for number in versions)
    )
    return state, Snapshot("aws", day(at), (state,))


def test_seeing_the_same_again_changes_nothing() -> None:
    before = add_observation(None, *seen(1, "v1", 1))
    assert add_observation(before, *seen(2, "v1", 1)) == before
    assert add_observation(before, *seen(2, "v1")) == before


def test_a_policy_that_leaves_and_returns_is_observed_twice() -> None:
    gone = record_absence(add_observation(None, *seen(1, "v1", 1)), day(2))
    assert record_absence(gone, day(3)) == gone
    back = add_observation(gone, *seen(4, "v1"))
    assert back.observations == (Observation(day(1), "v1"), Observation(day(2), None), Observation(day(4), "v1"))
    assert events(back) == [
        (Event.POLICY_ADDED, "v1"),
        (Event.POLICY_REMOVED, None),
        (Event.POLICY_RETURNED, "v1"),
    ]


def test_another_document_for_an_archived_version_is_an_error_that_names_both() -> None:
    before = history(version(1, "s3:GetObject", origin="iam"), name="Reader")
    other = history(version(1, "s3:PutObject", origin="git:mirror"), name="Reader")
    with pytest.raises(ArchiveError, match=r"aws/Reader/v1: git:mirror has another document than iam"):
        merge_histories(before, other)


def test_the_first_spelling_of_a_version_stays() -> None:
    before = history(version(1, "s3:GetObject", "s3:PutObject"), name="Reader")
    other = history(version(1, "S3:putObject", "s3:GetObject"), name="Reader")
    assert merge_histories(before, other) == before


def test_a_missing_origin_is_completed_by_the_next_run() -> None:
    before = history(version(1, "s3:GetObject", origin=""), name="Reader")
    after = merge_histories(before, history(version(1, "s3:GetObject", origin="iam"), name="Reader"))
    assert [item.origin for item in after.versions] == ["iam"]


# --- merging another source ------------------------------------------------------------------------------------------

V1, V2, V3 = version(1, "s3:Get1"), version(2, "s3:Get1", "s3:Get2"), version(3, "s3:Get3")
STORY = ["added v1", "updated v2", "updated v3"]

MERGES: dict[str, tuple[tuple[tuple[int, str | None], ...], tuple[tuple[int, str | None], ...], list[str]]] = {
    # what the archive saw, what the other source saw, the story that comes of it
    "the same": (((1, "v1"), (2, "v2")), ((1, "v1"), (2, "v2")), STORY[:2]),
    "a source that lags behind": (((1, "v1"), (2, "v2"), (3, "v3")), ((5, "v1"), (6, "v2"), (7, "v3")), STORY),
    "a source that saw the beginning": (((3, "v3"),), ((1, "v1"), (2, "v2"), (3, "v3")), STORY),
    "a source that saw the beginning late": (((3, "v3"),), ((4, "v1"), (5, "v2"), (6, "v3")), STORY),
    "a source that saw the end": (((1, "v1"),), ((2, "v2"), (3, "v3")), STORY),
    "a real roll-back": (((1, "v1"), (2, "v2")), ((1, "v1"), (2, "v2"), (5, "v1")), [*STORY[:2], "rolled v1"]),
    "a removal": (((1, "v1"), (2, "v2")), ((1, "v1"), (2, "v2"), (5, None)), [*STORY[:2], "removed None"]),
}  # fmt: skip
SHORT = {
    Event.POLICY_ADDED: "added",
    Event.POLICY_UPDATED: "updated",
    Event.DEFAULT_ROLLED_BACK: "rolled",
    Event.POLICY_REMOVED: "removed",
    Event.POLICY_RETURNED: "returned",
}


@pytest.mark.parametrize(("ours", "theirs", "story"), MERGES.values(), ids=MERGES)
def test_two_sources_make_one_story(
    ours: tuple[tuple[int, str | None], ...], theirs: tuple[tuple[int, str | None], ...], story: list[str]
) -> None:
    held = {default for _, default in ours}
    before = history(*(item for item in (V1, V2, V3) if item.version_id in held), seen=ours, name="Reader")
    reported = {default for _, default in theirs}
    other = history(*(item for item in (V1, V2, V3) if item.version_id in reported), seen=theirs, name="Reader")
    after = merge_histories(before, other)
    assert [f"{SHORT[event]} {version_id}" for event, version_id in events(after)] == story
    assert merge_histories(after, other) == after


def test_what_is_no_longer_missing_is_no_longer_called_unavailable() -> None:
    before = replace(history(V1, name="Reader"), unavailable=("v2", "v10", "v3"))
    after = merge_histories(before, history(V2, name="Reader"))
    assert after.unavailable == ("v3", "v10")


# --- killed at any moment --------------------------------------------------------------------------------------------

DYING = """
import os, signal, sys
from pathlib import Path

from tracker.commands.import_git import import_git

calls, last = 0, int(sys.argv[1])

def counted(before):
    real = getattr(Path, before)
    def call(self, *arguments, **named):
        global calls
        calls += 1
        if calls == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(self, *arguments, **named)
    setattr(Path, before, call)

for name in ("mkdir", "open", "replace"):
    counted(name)
repository, snapshots = Path(sys.argv[2]), Path(sys.argv[3])
import_git(repository, None, "policies", snapshots, "aws")
print(calls)
"""


@pytest.mark.slow
def test_a_run_killed_at_any_step_is_completed_by_the_next(tmp_path: Path) -> None:
    """A process that dies before its n-th touch of the disk, for every n; then one more run."""
    states = [
        {"policies/A": envelope("v1", "2024-01-01T00:00:00Z", allowing("s3:GetObject"))},
        {
            "policies/A": envelope("v2", "2024-01-02T00:00:00Z", allowing("s3:Get*")),
            "policies/B": envelope("v1", "2024-01-02T00:00:00Z", allowing("ec2:RunInstances")),
        },
    ]
    repository = new_repository(tmp_path / "source", *states)

    def attempt(last: int, snapshots: Path) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-c", DYING, str(last), str(repository), str(snapshots)]
        environment = {**git_environment(), "PYTHONPATH": str(CHECKOUT)}
        return subprocess.run(command, env=environment, capture_output=True, check=False)

    whole = attempt(0, tmp_path / "whole")
    assert whole.returncode == 0, whole.stderr
    wanted = stored(tmp_path / "whole")
    assert sorted(wanted) == [
        "aws/A/policy.json",
        "aws/A/v1.json",
        "aws/A/v2.json",
        "aws/B/policy.json",
        "aws/B/v1.json",
    ]
    for last in range(1, int(whole.stdout) + 1):
        snapshots = tmp_path / f"killed-{last}"
        assert attempt(last, snapshots).returncode == -9
        if snapshots.is_dir():
            assert all(content == wanted[name] for name, content in stored(snapshots).items() if name in wanted)
            list(archive_on_disk(snapshots).histories())
        import_git(repository, None, "policies", snapshots, "aws")
        assert stored(snapshots) == wanted, last


def test_an_archive_at_a_revision_needs_the_folder_to_be_there(tmp_path: Path) -> None:
    repository = Repository(new_repository(tmp_path, {"a": b"x"}))
    with pytest.raises(ArchiveError, match="no folder 'snapshots' at this revision"):
        archive_at(repository, repository.resolve("HEAD"), "snapshots")


def test_a_description_alone_is_recorded_once(tmp_path: Path) -> None:
    """A backfill asks for it after the versions are there."""
    record(tmp_path, history(version(1, "s3:GetObject"), name="Reader"))
    for number, news in ((5, ["Reads."]), (6, [])):
        state = PolicyState(PolicyFacts("Reader", description="Reads."), "v1")
        steps = record_snapshot(tmp_path, archive_on_disk(tmp_path), Snapshot("aws", day(number), (state,)))
        assert [step.after.facts.description for step in steps] == news
    (found,) = archive_on_disk(tmp_path).histories()
    assert isinstance(found, PolicyHistory)
    assert found.facts.description == "Reads."


def test_the_version_that_was_the_default_last_is_shown_of_a_policy_that_is_gone(tmp_path: Path) -> None:
    """After v2 came, went back to v1, and the policy was removed: v1, as on the site."""
    versions = version(1, "s3:GetObject"), version(2, "s3:PutObject")
    record(tmp_path, history(*versions, seen=[(1, "v1"), (2, "v2"), (3, "v1"), (4, None)], name="Reader"))
    assert find_version(archive_on_disk(tmp_path), "Reader", None).version_id == "v1"
