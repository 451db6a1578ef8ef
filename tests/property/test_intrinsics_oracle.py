"""Intrinsic functions against cfn-lint, which resolves them by code of its own."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import examples

from tracker.inputs.containers import read_file
from tracker.inputs.model import ReadOptions
from tracker.inputs.syntax.parsing import parse_file
from tracker.policy.symbols import has_symbol

pytestmark = pytest.mark.slow

SECTIONS: dict[str, Any] = {
    "Parameters": {
        "A": {"Type": "String", "Default": "aa"},
        "L": {"Type": "CommaDelimitedList", "Default": "x,y,z"},
        "Free": {"Type": "String"},
        "Other": {"Type": "String"},
    },
    "Mappings": {"M": {"k": {"v": "mv", "w": "mw"}, "aa": {"v": "av", "w": "aw"}}},
    "Conditions": {
        "C": {"Fn::Equals": [{"Ref": "Free"}, "x"]},
        "D": {"Fn::Not": [{"Condition": "C"}]},
        "E": {"Fn::Equals": [{"Ref": "Other"}, "y"]},
    },
    "Resources": {"B": {"Type": "AWS::S3::Bucket"}},
}
KNOWN = st.sampled_from(["t", "u-v", {"Ref": "A"}, {"Fn::Sub": "s${A}"}])
UNKNOWN = st.sampled_from([{"Fn::GetAtt": ["B", "Arn"]}, {"Ref": "Free"}, {"Fn::ImportValue": "e"}])
NAMES = st.sampled_from(["C", "D", "E"])


def functions(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        st.builds(lambda items: {"Fn::Join": ["-", items]}, lists),
        st.builds(lambda one: {"Fn::Sub": ["<${one}>", {"one": one}]}, inner),
        st.builds(lambda name, one, other: {"Fn::If": [name, one, other]}, NAMES, inner, inner),
        st.builds(lambda items: {"Fn::Select": [0, items]}, lists),
        st.builds(lambda key: {"Fn::FindInMap": ["M", {"Ref": "A"}, key]}, st.sampled_from(["v", "w"])),
        st.just({"Fn::Select": ["1", {"Ref": "L"}]}),
        st.just({"Fn::Join": ["+", {"Ref": "L"}]}),
        st.just({"Fn::Select": [1, {"Fn::Split": ["-", "u-v"]}]}),
    )


def ours(value: Any) -> set[str]:
    document = {"Statement": [{"Effect": "Allow", "Action": "a:b", "Resource": value}]}
    made = {"P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}}
    text = json.dumps({**SECTIONS, "Resources": {**SECTIONS["Resources"], **made}})
    found = read_file(parse_file("t.json", text.encode()), ReadOptions())
    return {(one.document or {})["Statement"][0]["Resource"] for one in found.documents}


def theirs(value: Any) -> set[str]:
    from cfnlint.jsonschema import CfnTemplateValidator
    from cfnlint.template import Template

    template = Template("t.json", SECTIONS, ["us-east-1"])
    validator = CfnTemplateValidator({}, context=template.context, cfn=template)
    return {found for found, _, error in validator.resolve_value(value) if not error}


@settings(max_examples=examples(400))
@given(st.recursive(KNOWN, functions, max_leaves=6))
def test_what_is_known_is_what_cfn_lint_makes_of_it(value: Any) -> None:
    assert ours(value) == theirs(value)


@settings(max_examples=examples(400))
@given(st.recursive(KNOWN | UNKNOWN, functions, max_leaves=6))
def test_what_is_known_of_the_rest_is_what_cfn_lint_knows(value: Any) -> None:
    """`Ref Free` is known where a condition says its value, which cfn-lint does not see."""
    known = {text for text in ours(value) if not has_symbol(text)}
    assert theirs(value) <= known
