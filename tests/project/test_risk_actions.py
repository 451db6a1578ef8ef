"""The script that writes `tracker/data/risks.json`."""

import json
import re
from types import SimpleNamespace

import pytest
from archives import CHECKOUT
from scripts import script

risk_actions = script("risk_actions")
WRITTEN = json.loads((CHECKOUT / "tracker" / "data" / "risks.json").read_bytes())


def test_the_table_is_what_the_script_writes() -> None:
    """Given what cloudsplaining names; what the script names itself has not been changed in the table by hand."""
    named = SimpleNamespace(
        ACTIONS_THAT_RETURN_CREDENTIALS=WRITTEN["credentials"],
        PRIVILEGE_ESCALATION_METHODS={item["name"]: item["actions"] for item in WRITTEN["escalations"]},
        PRIVILEGE_ESCALATION_PATHFINDING_PATHS={item["name"]: item["link"] for item in WRITTEN["escalations"]},
    )
    (release,) = re.findall(r"cloudsplaining (\S+)", WRITTEN["sources"][0])
    assert risk_actions.content(release, named) == WRITTEN


def test_actions_are_spelled_as_the_reference_does_and_unknown_ones_are_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert risk_actions.spelled(["S3:getobject", "nosuch:Thing", "ec2:runinstances"]) == [
        "ec2:RunInstances",
        "s3:GetObject",
    ]
    assert capsys.readouterr().err == "left out: nosuch:Thing\n"
