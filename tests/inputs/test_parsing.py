"""Bytes of a file to a value: encodings, YAML without its surprises, bounds, lines."""

import json

import pytest

from tracker.errors import DocumentError
from tracker.inputs.syntax.parsing import ParsedFile, Tagged, parse_file

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


def read(text: str, name: str = "f") -> ParsedFile:
    return parse_file(name, text.encode())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
def test_text_is_read_in_each_encoding_of_json(encoding: str) -> None:
    assert parse_file("p.json", json.dumps(POLICY).encode(encoding)).value == POLICY


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 012345670123", {"a": "012345670123"}),
        ("a: 2012-10-17", {"a": "2012-10-17"}),
        ("a: yes\nb: 1e3\nc: 0x10", {"a": "yes", "b": "1e3", "c": "0x10"}),
        ("a:\nb: ~\nc: ''\nd: 'null'", {"a": None, "b": None, "c": "", "d": "null"}),
        ("x: &s {A: 1, B: 2}\ny:\n  <<: *s\n  B: 3", {"x": {"A": "1", "B": "2"}, "y": {"A": "1", "B": "3"}}),
        ("x: &a {A: 1}\nz: &b {A: 2}\ny: {<<: [*a, *b]}", {"x": {"A": "1"}, "z": {"A": "2"}, "y": {"A": "1"}}),
        ("a: !Ref B", {"a": Tagged("Ref", "B")}),
        ("a: !GetAtt B.Arn\nb: !If [C, x, !Ref 'AWS::NoValue']", None),
        ("a: !!binary Kg==", {"a": Tagged("tag:yaml.org,2002:binary", "Kg==")}),
        ("---\na: 1\n---\n---\nb: 2\n", [{"a": "1"}, {"b": "2"}]),
        ("// said\n{'a': 1, /* more */ b: [2,],}", {"a": "1", "b": ["2"]}),
        ('{"a": "// no comment", "b": 1, // one\n}', {"a": "// no comment", "b": "1"}),
    ],
)
def test_a_text_becomes_this_value(text: str, value: object) -> None:
    found = read(text).value
    assert value is None or found == value
    if value is None:
        assert found["b"] == Tagged("If", ["C", "x", Tagged("Ref", "AWS::NoValue")])


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 2}',
        "a: 1\na: 2",
        "? [a]\n: 1",
        "a: *nowhere",
        "[" * 5000,
        "- " * 500 + "a",
        '{"a": "\ue000"}',
        '{"a": "\\ue000x"}',
        'a: "\\uE001"',
        "\x01\x02",
        "a: {{ b }}",
    ],
)
def test_a_text_is_refused_with_an_error_of_one_line(text: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read(text)
    assert "\n" not in str(caught.value)


def test_what_aliases_stand_for_is_counted() -> None:
    doubled = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
    with pytest.raises(DocumentError, match="aliases stand for more than"):
        read(doubled)


JSON = """{
  "Statement": [
    {"Effect": "Allow",
     "Action": "a:b"},
    {"Effect": "Deny"}
  ],
  "x/y": {"~": 1}
}"""


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (JSON, {"": 1, "/Statement": 2, "/Statement/0": 3, "/Statement/0/Action": 4, "/Statement/1": 5, "/x~1y/~0": 7}),
        ("Statement:\n  - Effect: Allow\n\n  - Effect: Deny\n", {"/Statement/0": 2, "/Statement/1": 4}),
        ("a: 1\n---\nb:\n  c: 2\n", {"/0/a": 1, "/1/b": 3, "/1/b/c": 4, "/1/b/c/gone": 4}),
        ('{\n"a": "x\\"}{",\n"b": [1, {}, []],\n"c": 2}', {"/b/1": 3, "/c": 4}),
    ],
)
def test_each_value_has_its_line(text: str, lines: dict[str, int]) -> None:
    parsed = read(text)
    assert {pointer: parsed.line_of(pointer) for pointer in lines} == lines
