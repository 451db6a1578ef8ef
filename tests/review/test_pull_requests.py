"""Realistic pull requests against templates and manifests: what must trip the gate, and what must not.

`cases/pull_requests` holds, by kind, the files before and those that each pull request changes. The templates under
`cdk` were synthesized by aws-cdk-lib 2.276.0.
"""

import json
import shutil
from pathlib import Path

import pytest

from tracker.commands.diff import ReviewSettings, run_review
from tracker.inputs.reader import InputReader
from tracker.review.model import fails

CASES = Path(__file__).parents[1] / "cases" / "pull_requests"
EXPECTED = json.loads((CASES / "expected.json").read_bytes())


@pytest.mark.parametrize("name", EXPECTED)
def test_a_pull_request_trips_what_it_should(name: str, tmp_path: Path) -> None:
    kind, _, change = name.partition("/")
    before, after = CASES / kind / "before", tmp_path / "after"
    shutil.copytree(before, after)
    shutil.copytree(CASES / kind / change, after, dirs_exist_ok=True)
    reader = InputReader(tmp_path, tmp_path / "no archive", lambda: b"")
    found = run_review(reader, str(before), str(after), ReviewSettings()).review
    gates = {gate: int(fails(found, gate)) for gate in ("any", "broadens", "critical")}
    assert gates == {gate: EXPECTED[name][gate] for gate in gates}, EXPECTED[name]["why"]


def test_each_pull_request_is_expected() -> None:
    changes = {
        f"{kind.name}/{change.name}"
        for kind in CASES.iterdir()
        if kind.is_dir()
        for change in kind.iterdir()
        if change.name != "before"
    }
    assert changes == EXPECTED.keys()
