"""Plain documents anywhere in a file, each with its identity and its position."""

import json

import pytest

from tracker.inputs.containers import read_file
from tracker.inputs.model import LoadedDocument, ReadOptions
from tracker.inputs.syntax.parsing import parse_file
from tracker.policy.symbols import printable

ONE = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
POLICY = {"Version": "2012-10-17", "Statement": [ONE]}


def documents(value: object) -> list[LoadedDocument]:
    return list(read_file(parse_file("f", json.dumps(value, indent=1).encode()), ReadOptions()).documents)


@pytest.mark.parametrize(
    ("value", "identities"),
    [
        (POLICY, [""]),
        ([ONE, ONE], [""]),
        (ONE, [""]),
        ({"read": ONE, "write": ONE}, ["read", "write"]),
        ({"a": {"b": POLICY}}, ["a/b"]),
        ({"a": json.dumps(POLICY)}, ["a"]),
        ({"a": "%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22*%22%7D%5D%7D"}, ["a"]),
        ([{"PolicyName": "x", "PolicyDocument": POLICY}], ["x/PolicyDocument"]),
        ([{"p": POLICY}, {"p": POLICY}], ["*/p", "*/p"]),
        ({"Rules": [{"Name": "waf", "Statement": {"ByteMatchStatement": {}}}]}, []),
        ({"Version": "2012-10-17", "Statement": [["x"]]}, [""]),
        ({"Statement": []}, [""]),
        ({"effect": "deny"}, []),
    ],
)
def test_documents_are_found_by_what_they_are(value: object, identities: list[str]) -> None:
    assert [found.identity for found in documents(value)] == identities


def test_a_broken_text_that_looks_like_a_policy_is_unknown() -> None:
    (found,) = documents({"a": '{"Statement": [{"Effect": "Allow", "Action": "*"}'})
    assert found.document is None
    assert found.unknowns[0].kind == "document-unreadable"


@pytest.mark.parametrize("placeholder", ["${bucket}", "{{ bucket }}", "<%= bucket %>", "#{bucket}", "%{ if x }"])
def test_a_placeholder_is_a_symbol_and_a_policy_variable_is_none(placeholder: str) -> None:
    text = f"arn:aws:s3:::{placeholder}/${{aws:username}}/${{*}}"
    (found,) = documents({**POLICY, "Statement": [{**ONE, "Resource": text}]})
    assert found.document
    resource = found.document["Statement"][0]["Resource"]
    assert resource != text
    assert printable(resource) == f"arn:aws:s3:::⟨{placeholder}⟩/${{aws:username}}/${{*}}"


def test_statements_have_lines() -> None:
    (found,) = documents({"a": POLICY})
    assert (found.location.pointer, found.location.line, found.statement_lines) == ("/a", 2, (5,))
    (found,) = documents([ONE, ONE])
    assert found.statement_lines == (2, 7)
