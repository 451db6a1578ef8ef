"""Hostile templates and manifests come to an end: they are read, or refused in one line."""

import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from tracker.errors import DocumentError
from tracker.inputs.containers import read_file
from tracker.inputs.model import Contents, ReadOptions, UnknownKind
from tracker.inputs.syntax.parsing import parse_file

ALLOW = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
LONG = {"A": {"Type": "String", "Default": "a" * 100_000}}


def policy(resource: Any, **sections: Any) -> str:
    document = {"Statement": [{**ALLOW, "Resource": resource}]}
    made = {"P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}}
    return json.dumps({"Resources": made, **sections})


def read(text: str) -> Contents:
    return read_file(parse_file("t.yaml", text.encode()), ReadOptions())


def nested(name: str, times: int) -> str:
    return policy("@").replace('"@"', f'{{"{name}":' * times + '"x"' + "}" * times)


def doubled(times: int) -> str:
    value: Any = "x"
    for _ in range(times):
        value = {"Fn::Sub": ["${a}${a}", {"a": value}]}
    return policy(value)


REFUSED: dict[str, Callable[[], str]] = {
    "functions in functions": lambda: nested("Fn::Base64", 900),
    "lists in lists": lambda: '{"AWSTemplateFormatVersion":"","X":' + "[" * 900 + "]" * 900 + "}",
    "a text that doubles": lambda: doubled(30),
    "a long text many times": lambda: policy({"Fn::Sub": "${A}" * 5_000}, Parameters=LONG),
    "a long delimiter": lambda: policy({"Fn::Join": [{"Ref": "A"}, ["x"] * 5_000]}, Parameters=LONG),
    "too many resources": lambda: json.dumps({"Resources": {f"R{index}": {"Type": "A::B"} for index in range(5_001)}}),
    "conditions that rest on each other": lambda: policy(
        {"Fn::If": ["C900", "a", "b"]},
        Conditions={f"C{n}": {"Fn::Not": [{"Condition": f"C{n - 1}"}]} for n in range(901)},
    ),
    "variables that rest on each other": lambda: json.dumps(
        {"provider": {"name": "aws"}, "custom": {f"a{n}": f"${{self:custom.a{n + 1}}}" for n in range(900)}}
    ),
    "one long list many times": lambda: json.dumps(
        {"provider": {"iamRoleStatements": ["${self:custom.s}"] * 3_000}, "custom": {"s": [ALLOW] * 100}}
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_too_much_is_refused(name: str) -> None:
    text = REFUSED[name]()
    tracemalloc.start()
    with pytest.raises(DocumentError):
        read(text)
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert used < 300_000_000


def test_a_large_document_in_many_cases_is_not_known() -> None:
    statements = [{"Fn::If": [f"C{index % 6}", ALLOW, {"Ref": "AWS::NoValue"}]} for index in range(2_000)]
    text = policy("*").replace(json.dumps([ALLOW]), json.dumps(statements))
    (found,) = read(text).documents
    assert [one.kind for one in found.unknowns] == [UnknownKind.UNRESOLVED]


def test_resources_that_share_what_they_refer_to_are_defined_once() -> None:
    resources = {
        f"R{index}": {
            "Type": "Custom::X",
            "Properties": {
                "A": {"Ref": f"R{index + 1}"},
                "B": {"Ref": f"R{index + 1}"},
                "C": {"Statement": [{**ALLOW, "Resource": {"Ref": f"R{index + 1}"}}]},
            },
        }
        for index in range(60)
    }
    assert len(read(json.dumps({"Resources": resources})).documents) == 60


def test_a_large_map_is_hashed_once() -> None:
    rows = {f"k{index}": {"x": "y" * 100} for index in range(1_000)}
    look_ups = [{"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "x"]}] * 1_000
    (found,) = read(policy(look_ups, Mappings={"M": rows})).documents
    assert not found.unknowns
