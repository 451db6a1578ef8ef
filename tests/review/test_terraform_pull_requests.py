"""Pull requests as people make them: which must pass in silence, and which must not.

Each folder of `pull_requests/terraform` has the tree before and after, or one plan, and `expected.json`: why, whether
`--fail-on broadens` and `critical` trip, and texts that the review has to hold.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from archives import CHECKOUT

from tracker.commands.diff import ReviewSettings, run_review
from tracker.inputs.reader import InputReader
from tracker.review.model import fails

PULL_REQUESTS = Path(__file__).parents[1] / "pull_requests" / "terraform"
FOLDERS = sorted(path for path in PULL_REQUESTS.iterdir())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_pull_request_trips_the_gate_only_where_it_must(folder: Path, tmp_path: Path) -> None:
    expected: dict[str, Any] = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    plan = folder / "plan.json"
    before, after = (str(plan), None) if plan.exists() else (str(folder / "before"), str(folder / "after"))
    reader = InputReader(tmp_path, CHECKOUT / "snapshots", lambda: b"")
    output = run_review(reader, before, after, ReviewSettings(language="en"))
    for level in ("broadens", "critical"):
        if level in expected:
            assert fails(output.review, level) == bool(expected[level]), (
                level,
                expected["why"],
                output.printed("json"),
            )
    for name in expected.get("names", ()):
        assert name in output.printed("json")
