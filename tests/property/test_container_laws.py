"""Laws of the containers: a document says the same wherever it is written, and no change to it is out of sight."""

import json
from typing import Any

from evaluator import allows, verdict
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import REQUESTS, STATEMENTS
from wrappings import CLOUDFORMATION, FREE, OTHERS, disguised, leaves, replaced

from tracker.inputs.containers import read_file
from tracker.inputs.model import Contents, ReadOptions
from tracker.inputs.syntax.parsing import parse_file
from tracker.policy.symbols import BEGIN

DOCUMENTS = st.lists(STATEMENTS, min_size=1, max_size=4).map(
    lambda statements: {"Version": "2012-10-17", "Statement": statements}
)
EVERYWHERE = {**CLOUDFORMATION, **OTHERS}
AS_TEXT = {"json text", "text anywhere", "sub", "output"}
"""Where a document stands as text, into which no other function fits."""
AS_JSON = ("plain", "inline", "anywhere", "sam", "document under if", "list of statements")
NAMES = (
    *(
        "Ref",
        "Fn::If",
        "Fn::Sub",
        "Fn::Join",
        "Fn::GetAtt",
        "Fn::Select",
        "Fn::Split",
        "Fn::FindInMap",
        "Fn::Transform",
    ),
    *("Statement", "PolicyDocument", "Effect", "Action", "Policies", "Type", "Properties", "Condition", "Resources"),
    *("Fn::Transform", "Parameters", "Mappings", "Conditions", "Globals", "Events", "Transform"),
)
SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["Free", "C", "P.Arn", "${Free}", "", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=25,
)
KINDS = ["AWS::IAM::Role", "AWS::Serverless::Function", "AWS::Lambda::Permission", "Custom::X", ""]


def found_in(value: Any) -> Contents:
    return read_file(parse_file("x.json", json.dumps(value).encode()), ReadOptions())


def said(contents: Contents) -> set[str]:
    """Return all that a review sees of a file's documents."""
    documents = {
        json.dumps([one.identity, one.condition, one.document, [each.digest for each in one.unknowns]], sort_keys=True)
        for one in contents.documents
    }
    return documents | {unknown.digest for _, unknown in contents.unknowns}


def means(document: Any) -> list[tuple[bool, bool]]:
    return [verdict(document, request) for request in REQUESTS]


@given(name=st.sampled_from(sorted(EVERYWHERE)), document=DOCUMENTS)
def test_a_document_means_the_same_wherever_it_is_written(name: str, document: Any) -> None:
    contents = found_in(EVERYWHERE[name](document))
    assert not contents.unknowns
    assert any(one.document and means(one.document) == means(document) for one in contents.documents)


@given(name=st.sampled_from(sorted(CLOUDFORMATION.keys() - AS_TEXT)), data=st.data(), document=DOCUMENTS)
def test_intrinsic_functions_say_what_they_stand_for(name: str, data: st.DataObject, document: Any) -> None:
    written, parameters = data.draw(st.composite(disguised)(document))
    template = CLOUDFORMATION[name](written)
    template["Parameters"] |= parameters
    contents = found_in(template)
    assert not contents.unknowns
    assert any(one.document and means(one.document) == means(document) for one in contents.documents)


@given(name=st.sampled_from(sorted(EVERYWHERE)), data=st.data(), document=DOCUMENTS, more=STATEMENTS)
def test_a_statement_that_allows_something_new_is_seen(
    name: str, data: st.DataObject, document: Any, more: Any
) -> None:
    index = data.draw(st.integers(0, len(document["Statement"])))
    statements = [*document["Statement"][:index], more, *document["Statement"][index:]]
    after = {**document, "Statement": statements}
    new = [one for one in REQUESTS if allows(after, one) and not allows(document, one)]
    assume(new)
    before, now = (found_in(EVERYWHERE[name](one)) for one in (document, after))
    assert said(now) - said(before)
    assert any(one.document and any(allows(one.document, request) for request in new) for one in now.documents)


@given(name=st.sampled_from(sorted(CLOUDFORMATION)), data=st.data(), document=DOCUMENTS)
def test_a_leaf_that_becomes_unknown_is_seen(name: str, data: st.DataObject, document: Any) -> None:
    path = data.draw(st.sampled_from(leaves(document["Statement"])))
    after = {**document, "Statement": replaced(document["Statement"], path, FREE)}
    before, now = (found_in(CLOUDFORMATION[name](one)) for one in (document, after))
    fresh = said(now) - said(before)
    assert fresh
    assert any(BEGIN in text or "\\ue000" in text for text in fresh) or any(one.unknowns for one in now.documents)


@given(name=st.sampled_from(sorted(AS_JSON)), data=st.data(), document=DOCUMENTS)
def test_a_member_that_becomes_unknown_is_seen(name: str, data: st.DataObject, document: Any) -> None:
    """Of any shape: a statement, its condition, the list of its actions."""
    inner = sorted(
        {path[:depth] for path in leaves(document["Statement"]) for depth in range(1, len(path) + 1)}, key=str
    )
    path = data.draw(st.sampled_from(inner))
    after = {**document, "Statement": replaced(document["Statement"], path, FREE)}
    before, now = (found_in(CLOUDFORMATION[name](one)) for one in (document, after))
    assert said(now) - said(before)


@given(SHAPES, st.sampled_from(KINDS))
def test_a_file_of_any_shape_is_read(value: Any, kind: str) -> None:
    start = {"AWSTemplateFormatVersion": ""}
    for file in (
        {**start, "Resources": {"P": {"Type": kind, "Properties": value}, "Q": value}},
        {**start, "Parameters": value, "Conditions": value, "Mappings": value, "Resources": value},
        {"apiVersion": "a.services.k8s.aws/v1", "kind": "Role", "metadata": value, "spec": value},
        {"provider": {"iam": value}, "functions": value, "resources": value, "custom": value},
    ):
        assert found_in(file) == found_in(file)
