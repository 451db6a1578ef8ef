"""An archive in one file reads as the folder that it was made from."""

import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from archives import call, record
from builders import history, version
from msgspec.structs import replace

from tracker.archive.packed import archive_in_file, open_archive, packed_archive
from tracker.archive.store import archive_on_disk
from tracker.errors import ArchiveError


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """An archive with a policy that was created again, and a broken version."""
    first = replace(history(version(1, "s3:GetObject"), policy_id="ANPA1", name="Reader"), folder="Reader~ANPA1")
    again = history(version(5, "s3:PutObject"), version(6, "s3:*"), policy_id="ANPA2", name="Reader")
    other = history(version(2, "s3:PutObject"), seen=((2, "v2"), (4, None)), name="Writer")
    root = record(tmp_path / "snapshots", first, again, other)
    (root / "aws" / "Writer" / "v9.json").write_text("{}")
    return root


def packed(root: Path, tmp_path: Path) -> Path:
    file = tmp_path / "archive.zip"
    file.write_bytes(packed_archive(root))
    return file


def test_it_has_what_the_folder_has(small: Path, tmp_path: Path) -> None:
    whole, one = archive_on_disk(small), archive_in_file(packed(small, tmp_path))
    assert list(one.histories()) == list(whole.histories())
    assert one.archived_policies("aws") == whole.archived_policies("aws")
    assert one.policy_keys() == whole.policy_keys()
    assert list(one.histories("aws", lambda name: name == "Writer")) == list(
        whole.histories("aws", lambda name: name == "Writer")
    )


def test_the_same_archive_gives_the_same_bytes(small: Path) -> None:
    assert packed_archive(small) == packed_archive(small)


def test_a_folder_and_a_file_are_opened_the_same_way(small: Path, tmp_path: Path) -> None:
    assert open_archive(small).policy_keys() == open_archive(packed(small, tmp_path)).policy_keys()
    with pytest.raises(ArchiveError, match="no such folder"):
        open_archive(tmp_path / "nowhere")


@pytest.mark.parametrize("command", [("log", "Writer"), ("show", "Writer@v2"), ("changelog", "-f", "json")])
def test_a_command_says_the_same_of_both(small: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    file = packed(small, tmp_path)
    whole, one = (call("--snapshots", snapshots, *command, folder=tmp_path) for snapshots in (small, file))
    assert whole.returncode == one.returncode == 0, one.stderr
    assert one.stdout == whole.stdout
    assert whole.stdout


def test_a_version_of_a_packed_archive_can_be_compared(small: Path, tmp_path: Path) -> None:
    arguments = ("diff", "archive:Reader@v5", "archive:Reader@v6", "-f", "json")
    whole, one = (
        call("--snapshots", snapshots, *arguments, folder=tmp_path) for snapshots in (small, packed(small, tmp_path))
    )
    assert one.stdout == whole.stdout
    assert b"s3:*" in one.stdout


def other_zip(name: str, content: bytes) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        file.writestr(name, content)
    return target.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 cut off",
        other_zip("other.json", b"{}"),
        other_zip("archive.json", b"no JSON"),
        other_zip("archive.json", b'{"schema": "policy-tracker/archive/2", "folders": {}}'),
        other_zip("archive.json", b'{"schema": "policy-tracker/archive/1", "folders": {"aws/X": {"v1.json": [0, 5]}}}'),
    ],
)
def test_what_is_no_archive_is_refused_in_one_line(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "archive.zip"
    file.write_bytes(content)
    done = call("--snapshots", file, "show", "X", folder=tmp_path)
    assert done.returncode > 2
    assert done.stderr.count(b"\n") <= 2
    assert b"archive.zip" in done.stderr
