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


def test_each_action_that_may_return_a_credential_has_a_finding_or_a_reason() -> None:
    assert risk_actions.without_reason(WRITTEN) == []
    without = {**WRITTEN, "credentials": []}
    assert "acm-pca:IssueCertificate" in risk_actions.without_reason(without)


def test_no_action_with_a_reason_to_be_left_out_is_in_the_table() -> None:
    left_out = [action for actions in risk_actions.LEFT_OUT.values() for action in actions.split()]
    assert len(set(left_out)) == len(left_out)
    assert not {*WRITTEN["credentials"], *WRITTEN["data"], *WRITTEN["exposure"]}.intersection(left_out)
    assert risk_actions.spelled(left_out) == sorted(left_out)
