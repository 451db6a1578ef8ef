"""How old releases of moto are recorded: what they show, what is refused, and that nothing in them runs."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from archives import record, stored
from builders import allowing, day, history, version
from msgspec.structs import replace
from scripts import script

from tracker.base.dates import format_time
from tracker.policy.history import Observation, UnknownVersion

SCRIPT = script("record_moto")


def policy(number: int, updated: int, created: int = 1, path: str = "/service-role/") -> dict[str, Any]:
    return {
        "CreateDate": format_time(day(created)),
        "UpdateDate": format_time(day(updated)),
        "DefaultVersionId": f"v{number}",
        "Document": allowing(f"s3:Get{number}"),
        "Path": path,
        "PolicyId": "ANPAEXAMPLE",
    }


def release(name: str, **policies: dict[str, Any]) -> Any:
    return SCRIPT.release_of(name, policies)


def facts(snapshots: Path, name: str) -> dict[str, Any]:
    return dict(json.loads((snapshots / "aws" / name / "policy.json").read_bytes()))


@pytest.fixture
def snapshots(tmp_path: Path) -> Path:
    """An archive with a policy of another source, and one of which three versions are known by their dates alone."""
    gone = (Observation(day(300), None),)
    unknown = tuple(UnknownVersion(f"v{number}", day(number * 10), "iam-facts") for number in (1, 2, 3))
    lost = replace(history(version(1), name="Lost"), versions=(), observations=gone, unknown=unknown)
    return record(tmp_path / "snapshots", lost, history(version(1), name="Elsewhere"))


RELEASES = (
    release("1", Lost=policy(1, 10, created=10), Elsewhere=policy(9, 11)),
    release("2", Lost=policy(3, 30, created=10), New=policy(4, 31, created=31)),
    release("3", Other=policy(1, 41, created=41)),
)


def test_what_the_lists_show_is_recorded_of_policies_without_other_documents(snapshots: Path) -> None:
    before = (snapshots / "aws" / "Elsewhere" / "policy.json").read_bytes()
    files = list(SCRIPT.recorded(snapshots, RELEASES, {("Lost", "v3"): day(30)}))
    assert [str(file.relative_to(snapshots / "aws")) for file in files] == [
        *("Lost/v1.json", "Lost/v3.json", "Lost/policy.json"),
        *("New/v4.json", "New/policy.json"),
        *("Other/v1.json", "Other/policy.json"),
    ]
    moments = [format_time(item.read_at) for item in RELEASES]
    lost = facts(snapshots, "Lost")
    assert lost["Observed"] == [
        {"At": at, "DefaultVersionId": version_id} for at, version_id in zip(moments, ("v1", "v3", None), strict=True)
    ]
    assert lost["Origins"] == {"v1": "moto 1", "v3": "moto 2"}
    assert [item["VersionId"] for item in lost["Unknown"]] == ["v2"]
    assert lost["Arn"] == "arn:aws:iam::aws:policy/service-role/Lost"
    assert lost["CreateDate"] == format_time(day(10))
    assert facts(snapshots, "New")["CreateDate"] is None, "the oldest releases date the policy by its version"
    assert (snapshots / "aws" / "Elsewhere" / "policy.json").read_bytes() == before


def test_recording_again_changes_nothing(snapshots: Path) -> None:
    list(SCRIPT.recorded(snapshots, RELEASES, {}))
    first = stored(snapshots)
    assert list(SCRIPT.recorded(snapshots, RELEASES, {})) == []
    assert stored(snapshots) == first


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({("Lost", "v1"): day(11)}, "Lost v1: IAM gave another date"),
        ({("New", "v4"): day(32)}, "New v4: IAM gave another date"),
    ],
)
def test_a_date_that_is_not_iams_is_refused(snapshots: Path, given: dict[tuple[str, str], Any], said: str) -> None:
    with pytest.raises(SystemExit, match=said):
        list(SCRIPT.recorded(snapshots, RELEASES, given))


def test_dates_that_do_not_rise_with_the_numbers_are_refused(snapshots: Path) -> None:
    with pytest.raises(SystemExit, match="Lost v3: not younger than v2"):
        list(SCRIPT.recorded(snapshots, [release("1", Lost=policy(3, 20, created=10))], {}))


def wheel(folder: Path, text: str) -> Path:
    file_name = folder / "moto-1-py3-none-any.whl"
    with zipfile.ZipFile(file_name, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(SCRIPT.CONTENT, text)
    return file_name


def test_the_module_is_read_and_does_not_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    text = f"import pathlib\npathlib.Path({str(ran)!r}).touch()\ndata = '''{json.dumps({'Lost': policy(1, 10)})}'''\n"
    assert SCRIPT.policies_in(wheel(tmp_path, text)) == {"Lost": policy(1, 10)}
    assert not ran.exists()


def test_a_module_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="more than"):
        SCRIPT.policies_in(wheel(tmp_path, " " * (SCRIPT.MAX_BYTES + 1)))
