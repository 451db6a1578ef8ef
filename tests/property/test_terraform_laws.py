"""Laws of Terraform and account dumps: a document means the same anywhere, and no change to it is out of sight."""

import json
from typing import Any

from evaluator import allows, verdict
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import REQUESTS, STATEMENTS
from terraform_wrappings import JSON_FILES, SOURCES
from wrappings import FREE, leaves, replaced

from tracker.inputs.containers import read_file
from tracker.inputs.model import Contents, ReadOptions
from tracker.inputs.syntax.parsing import parse_file
from tracker.inputs.terraform.modules import ProjectFiles
from tracker.inputs.terraform.source import read_project
from tracker.policy.symbols import BEGIN

DOCUMENTS = st.lists(STATEMENTS, min_size=1, max_size=4).map(
    lambda statements: {"Version": "2012-10-17", "Statement": statements}
)
NAMES = st.sampled_from(sorted([*JSON_FILES, *SOURCES]))
SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["x", "", "{", '{"Statement": 1}', "${var.x}"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["address", "change", "after", "after_unknown", "policy", "Arn", "Document", "values", "x"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=20,
)


def found_in(name: str, document: Any) -> Contents:
    if name in SOURCES:
        return read_project("", ProjectFiles({"main.tf": SOURCES[name](document).encode()}), ReadOptions()).contents
    return read_json(JSON_FILES[name](document))


def read_json(value: Any) -> Contents:
    return read_file(parse_file("x.json", json.dumps(value).encode()), ReadOptions())


def said(contents: Contents) -> set[str]:
    """Return all that a review sees of a file."""
    documents = {
        json.dumps([one.identity, one.condition, one.document, [each.digest for each in one.unknowns]], sort_keys=True)
        for one in contents.documents
    }
    return documents | {unknown.digest for _, unknown in contents.unknowns}


def means(document: Any) -> list[tuple[bool, bool]]:
    return [verdict(document, request) for request in REQUESTS]


@given(name=NAMES, document=DOCUMENTS)
def test_a_document_means_the_same_wherever_it_is_written(name: str, document: Any) -> None:
    contents = found_in(name, document)
    assert any(one.document and means(one.document) == means(document) for one in contents.documents)
    assert not any(one.unknowns for one in contents.documents)


@given(name=NAMES, data=st.data(), document=DOCUMENTS, more=STATEMENTS)
def test_a_statement_that_allows_something_new_is_seen(
    name: str, data: st.DataObject, document: Any, more: Any
) -> None:
    index = data.draw(st.integers(0, len(document["Statement"])))
    statements = [*document["Statement"][:index], more, *document["Statement"][index:]]
    after = {**document, "Statement": statements}
    new = [one for one in REQUESTS if allows(after, one) and not allows(document, one)]
    assume(new)
    before, now = (found_in(name, one) for one in (document, after))
    assert said(now) - said(before)
    assert any(one.document and any(allows(one.document, request) for request in new) for one in now.documents)


@given(name=st.sampled_from(sorted(SOURCES)), data=st.data(), document=DOCUMENTS)
def test_a_leaf_that_becomes_unknown_is_seen(name: str, data: st.DataObject, document: Any) -> None:
    path = data.draw(st.sampled_from(leaves(document["Statement"])))
    after = {**document, "Statement": replaced(document["Statement"], path, FREE)}
    before, now = (found_in(name, one) for one in (document, after))
    fresh = said(now) - said(before)
    assert fresh
    assert any(BEGIN in text or "\\ue000" in text for text in fresh) or any(one.unknowns for one in now.documents)


@given(name=st.sampled_from(["jsonencode", "local value", "loop", "any attribute"]), data=st.data(), document=DOCUMENTS)
def test_a_member_that_becomes_unknown_is_seen(name: str, data: st.DataObject, document: Any) -> None:
    """Of any shape: a statement, its condition, the list of its actions."""
    inner = sorted(
        {path[:depth] for path in leaves(document["Statement"]) for depth in range(1, len(path) + 1)}, key=str
    )
    path = data.draw(st.sampled_from(inner))
    after = {**document, "Statement": replaced(document["Statement"], path, FREE)}
    before, now = (found_in(name, one) for one in (document, after))
    assert said(now) - said(before)


@given(SHAPES)
def test_a_file_of_any_shape_is_read(value: Any) -> None:
    item = {"address": "aws_iam_policy.p", "type": "aws_iam_policy", "change": value}
    for file in (
        {"format_version": "1.2", "resource_changes": [item, value], "configuration": value, "output_changes": value},
        {"format_version": "1.2", "planned_values": {"root_module": value}, "resource_drift": value},
        {"version": 4, "terraform_version": "1", "resources": [{"mode": "managed", "instances": value}, value]},
        {"version": 3, "terraform_version": "1", "modules": [{"path": value, "resources": {"x": value}}, value]},
        {"UserDetailList": [{"Arn": "a", "UserPolicyList": value, "GroupList": value}, value]},
        {"Policies": [{"Arn": "a", "DefaultVersionId": value, "PolicyVersionList": value}], "IsTruncated": value},
        {"AttachedManagedPolicies": value, "PermissionsBoundary": value, "InlinePolicy": value},
    ):
        assert said(read_json(file)) == said(read_json(file))
