"""Policy JSON: the forms that are read, the faults and their positions, the bounds."""

import json
import tracemalloc
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest
from builders import condition, document, raw_document, statement
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import examples

from tracker.diff.changes import added_grants
from tracker.diff.model import Change
from tracker.errors import DocumentError
from tracker.policy.documents import parse_document, read_document, unwrap
from tracker.policy.json_text import MAX_DOCUMENT_BYTES, canonical, load_json, serialize_document
from tracker.policy.model import Effect, PolicyDocument, Scope

BARE = raw_document(statement("s3:GetObject", "arn:aws:s3:::a/*"))
TEXT = json.dumps(BARE)


def _forms() -> dict[str, str]:
    envelope = {"VersionId": "v3", "IsDefaultVersion": True, "CreateDate": "2024-01-01T00:00:00Z"}
    return {
        "a bare document": TEXT,
        "a GetPolicyVersion envelope": json.dumps({"PolicyVersion": {**envelope, "Document": BARE}}),
        "its inner part alone": json.dumps({**envelope, "Document": BARE}),
        "a document as a string in an envelope": json.dumps({"PolicyVersion": {**envelope, "Document": TEXT}}),
        "a document URL-encoded in an envelope": json.dumps({"PolicyVersion": {**envelope, "Document": quote(TEXT)}}),
        "GetRolePolicy": json.dumps({"RoleName": "r", "PolicyName": "p", "PolicyDocument": BARE}),
        "a role with its trust policy": json.dumps({"RoleName": "r", "AssumeRolePolicyDocument": quote(TEXT)}),
        "a URL-encoded document": quote(TEXT),
        "all characters encoded, in lower case": "".join(f"%{ord(char):02x}" for char in TEXT),
        "an encoded line break first": quote(f"\n {TEXT}"),
        "a JSON string of a document": json.dumps(TEXT),
        "a JSON string of an encoded document": json.dumps(quote(TEXT)),
        "blanks around": f"\r\n\t {TEXT} \n",
    }


@pytest.mark.parametrize("text", _forms().values(), ids=_forms().keys())
def test_a_form_is_read(text: str) -> None:
    assert read_document(text) == BARE
    assert read_document(text.encode()) == BARE


def test_a_byte_order_mark_is_no_fault() -> None:
    assert read_document(b"\xef\xbb\xbf" + TEXT.encode()) == BARE


def test_a_byte_order_mark_hides_no_key_that_stands_twice() -> None:
    assert load_json('\ufeff{"a" : 1}') == {"a": 1}
    with pytest.raises(DocumentError, match="'a' stands twice"):
        load_json('\ufeff{"a" : 1, "a" : 2}')


def test_an_envelope_is_given_beside_its_document() -> None:
    inner = {"VersionId": "v3", "Document": BARE}
    assert unwrap({"PolicyVersion": inner}) == (BARE, inner)
    assert unwrap(BARE) == (BARE, {})


def _meaning(source: Mapping[str, Any] | str) -> tuple[Change, ...]:
    read = parse_document(source)
    assert isinstance(read, PolicyDocument)
    return added_grants(read)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"Action": "a:B"}, {"Action": ["a:B"]}, id="one action or a list"),
        pytest.param({"Action": ["a:B", "a:C"]}, {"Action": ["a:C", "a:B", "a:B"]}, id="order and duplicates"),
        pytest.param({"Action": "a:B"}, {"Action": " a:B\n"}, id="blanks around an action"),
        pytest.param({"Resource": "r"}, {"Resource": ["r"]}, id="one resource or a list"),
        pytest.param({"Resource": ["r", "q"]}, {"Resource": ["q", "r", "r"]}, id="resources in any order"),
        pytest.param({"Resource": ["*", "q"]}, {"Resource": "*"}, id="everything takes in the rest"),
        pytest.param({"Principal": {"AWS": 1234}}, {"Principal": {"AWS": ["000000001234"]}}, id="an account's number"),
        pytest.param({"Principal": "*"}, {"Principal": {"AWS": "*"}}, id="two ways to say everyone"),
        pytest.param({"Principal": {"AWS": ["*"]}}, {"Principal": {"AWS": "*"}}, id="everyone in a list"),
        pytest.param(
            {"Principal": {"AWS": "123456789012"}},
            {"Principal": {"AWS": ["arn:aws:iam::123456789012:root"]}},
            id="an account and its root",
        ),
        pytest.param(
            {"Condition": {"Bool": {"k": True}}}, {"Condition": {"bool": {"k": ["TRUE"]}}}, id="truth values as text"
        ),
        pytest.param(
            {"Condition": {"NumericEquals": {"k": 7}}}, {"Condition": {"NumericEquals": {"k": ["7"]}}}, id="numbers"
        ),
        pytest.param({"Condition": {}}, {}, id="an empty condition block"),
        pytest.param({"Condition": {"StringEquals": {}}}, {}, id="an operator without a key"),
        pytest.param(
            {"Condition": {"StringEquals": {"AWS:x": ["b", "a", "a"]}}},
            {"Condition": {"stringequals": {"aws:X": ["a", "b"]}}},
            id="letter case of operators and keys, order of values",
        ),
    ],
)
def test_spelling_means_nothing(one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = (
        [(grant.effect, grant.action.strip(), grant.inverted, grant.after) for grant in added_grants(document(made))]
        for made in (statement("a:B") | one, statement("a:B") | other)
    )
    assert first == second


def test_one_statement_may_stand_without_a_list() -> None:
    assert _meaning({"Version": "2012-10-17", "Statement": statement()}) == _meaning(raw_document(statement()))


def test_opposites_are_read() -> None:
    (read,) = document(
        {
            "Sid": "Most",
            "Effect": "Deny",
            "NotAction": ["iam:*", "sts:*"],
            "NotResource": ["b", "a"],
            "NotPrincipal": {"Service": ["x.amazonaws.com", "a.amazonaws.com"], "Federated": "f", "CanonicalUser": "c"},
        }
    ).statements
    assert (read.effect, read.inverted, read.actions, read.sid) == (Effect.DENY, True, ("iam:*", "sts:*"), "Most")
    principals = ("CanonicalUser:c", "Federated:f", "Service:a.amazonaws.com", "Service:x.amazonaws.com")
    assert read.scope == Scope(not_resources=("a", "b"), not_principals=principals)


@pytest.mark.parametrize(
    ("elements", "grants"),
    [
        pytest.param({"Action": []}, [], id="no action"),
        pytest.param({"Resource": []}, [], id="no resource"),
        pytest.param({"Principal": {}}, [], id="no principal"),
        pytest.param({"NotAction": "*"}, [], id="all but all actions"),
        pytest.param({"NotAction": []}, [("*", False)], id="all actions but none"),
        pytest.param({"NotAction": ["a:B"]}, [("*", True), ("a:B", True)], id="all actions but one"),
    ],
)
def test_empty_lists_mean_what_they_say(elements: dict[str, Any], grants: list[tuple[str, bool]]) -> None:
    assert [(grant.action, grant.inverted) for grant in added_grants(document(statement(**elements)))] == grants


def test_all_resources_but_none_are_all() -> None:
    assert document(statement(NotResource=[])).statements[0].scope == Scope(resources=("*",))


@pytest.mark.parametrize("element", ["NotResource", "NotPrincipal"])
def test_all_but_all_is_nothing(element: str) -> None:
    elements: dict[str, Any] = {element: "*"}
    assert not document(statement(**elements)).statements[0].actions


def test_a_run_of_stars_is_one() -> None:
    assert document(statement("s3:**Get***")).statements[0].folded == {"s3:*get*"}


def test_a_plain_document_is_bounded_like_any_other() -> None:
    many = [f"s3:Action{number}" for number in range(200_000)]
    with pytest.raises(DocumentError, match="too large"):
        parse_document(serialize_document(raw_document(statement(many))))


STRING = ("Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike")
ORDERED = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
OPERATORS = [
    *(f"String{test}" for test in STRING),
    *(f"{kind}{test}" for kind in ("Numeric", "Date") for test in ORDERED),
    *("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"),
    *("Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "Null"),
]


@pytest.mark.parametrize("prefix", ["", "ForAnyValue:", "ForAllValues:"])
@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("suffix", ["", "IfExists"])
def test_an_operator_has_one_spelling(prefix: str, operator: str, suffix: str) -> None:
    name = f"{prefix}{operator}{suffix}"
    for spelling in (name, name.lower(), name.upper()):
        (read,) = document(statement(condition={spelling: {"aws:K": "v"}})).statements
        assert read.scope.conditions == (condition(name, "aws:k", "v"),)
        assert read.scope.conditions[0].key == "aws:K"


def test_an_unknown_operator_is_kept_as_it_is() -> None:
    """AWS may invent one tomorrow; two documents that use it can still be compared."""
    (read,) = document(statement(condition={"StringResembles": {"k": "v"}})).statements
    assert read.scope.conditions == (condition("StringResembles", "k", "v"),)


def test_variables_are_none_before_2012() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html."""
    made = statement(resource="home/${aws:username}", condition={"StringLike": {"k": "${v}"}})
    new, old = document(made).statements[0], document(made, version="2008-10-17").statements[0]
    assert new.scope.resources == ("home/${aws:username}",)
    assert old.scope.resources == ("home/${$}{aws:username}",)
    assert old.scope.conditions[0].values == ("${$}{v}",)
    assert parse_document({"Statement": made}).statements[0].scope == old.scope


def test_statements_with_the_same_text_are_one_object() -> None:
    first, second = document(statement("a:B"), statement("a:C")), document(statement("a:C"), statement("a:D"))
    assert first.statements[1] is second.statements[0]


@pytest.mark.parametrize("between", [",", ", \n  ", " ,", ",\t"])
@pytest.mark.parametrize("other", [",", ",  ", "\n,"])
def test_white_space_between_statements_means_nothing(between: str, other: str) -> None:
    one, two, three = (json.dumps(statement(f"a:{letter}")) for letter in "BCD")
    text = f'{{"Version": "2012-10-17", "Statement": [ {one}{between}{two}{other}{three}] }}'
    assert parse_document(text.encode()) == document(statement("a:B"), statement("a:C"), statement("a:D"))


@pytest.mark.parametrize("between", ["", ",,", ', "x", ', ",1,", "}{"])
def test_statements_are_kept_apart_by_commas(between: str) -> None:
    one, two = (json.dumps(statement(f"a:{letter}")) for letter in "BC")
    with pytest.raises(DocumentError):
        parse_document(f'{{"Version": "2012-10-17", "Statement": [{one}{between}{two}]}}'.encode())


_WIDE, _MANY = " " * 500_000, ",".join(["{}"] * 100_000)


@pytest.mark.parametrize(
    "text",
    [f'{{"Statement": [{{}},{_WIDE}{_MANY}]}}', f'{{"Statement": [1,{_MANY}], "Id": "{{{_WIDE}"}}'],
    ids=["white space", "in a text"],
)
def test_what_stands_between_two_statements_takes_no_more_memory_than_the_text(text: str) -> None:
    """Put between each two of them, it would be 50 GB."""
    tracemalloc.start()
    try:
        with pytest.raises(DocumentError, match=r"Statement\[0\]"):
            parse_document(text.encode())
        assert tracemalloc.get_traced_memory()[1] < 200_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("head", ['"Id": "[{}", ', '"Id": "[", "Statement": [], ', '"Statement": [{}], "Id": "[", '])
def test_statements_are_looked_for_where_they_are(head: str) -> None:
    text = f'{{{head}"Version": "2012-10-17", "Statement": [{json.dumps(statement())}]}}'
    if head.count("Statement"):
        with pytest.raises(DocumentError, match="stands twice"):
            parse_document(text.encode())
    else:
        assert parse_document(text.encode()) == document(statement())


FAULTS: list[tuple[Any, str]] = [
    (7, "expected a policy document, got 7"),
    ([], "expected a policy document, got a list"),
    (None, "expected a policy document, got nothing"),
    ({}, "no Statement in it: not a policy document"),
    ({"PolicyVersion": 7}, "PolicyVersion: expected an object, got 7"),
    ({"PolicyVersion": {"Document": 7}}, "Document: expected a policy document, got 7"),
    ({"Document": []}, "Document: expected a policy document, got a list"),
    ({"Version": "2012-10-18", "Statement": []}, 'Version: expected 2012-10-17 or 2008-10-17, got "2012-10-18"'),
    ({"Version": 2012, "Statement": []}, "Version: expected 2012-10-17 or 2008-10-17, got 2012"),
    ({"Version": ["2012-10-17"], "Statement": []}, "Version: expected 2012-10-17 or 2008-10-17, got a list"),
    ({"Statement": "x"}, 'Statement: expected an object or a list of objects, got "x"'),
    ({"Statement": None}, "Statement: expected an object or a list of objects, got nothing"),
]


@pytest.mark.parametrize(("value", "message"), FAULTS, ids=[message for _, message in FAULTS])
def test_a_fault_of_a_document_names_its_position(value: Any, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse_document(json.dumps(value))
    assert str(caught.value) == message


STATEMENT_FAULTS: list[tuple[Any, str]] = [
    ("x", 'Statement[2]: expected an object, got "x"'),
    ({"Effect": "Allow", "Resource": "*"}, "Statement[2]: neither Action nor NotAction"),
    (statement() | {"NotAction": "a:B", "Resource": "r"}, "Statement[2]: both Action and NotAction"),
    (statement() | {"NotResource": "r"}, "Statement[2]: both Resource and NotResource"),
    (statement(Principal="*", NotPrincipal="*"), "Statement[2]: both Principal and NotPrincipal"),
    (statement(effect="allow"), 'Statement[2].Effect: expected Allow or Deny, got "allow"'),
    (statement(Effect=["Allow"]), "Statement[2].Effect: expected Allow or Deny, got a list"),
    ({"Action": "a:B", "Resource": "*"}, "Statement[2].Effect: expected Allow or Deny, got nothing"),
    (statement(Sid=7), "Statement[2].Sid: expected a string, got 7"),
    (statement(Actions="a:B"), "Statement[2].Actions: no such element in a statement"),
    (statement(Effects="a", Actions="a:B"), "Statement[2].Actions: no such element in a statement"),
    (
        statement(Sid="a", NotResource="*", Principal="*", NotPrincipal="*", Condition={})
        | {"NotAction": "a:B", "Resource": "r"},
        "Statement[2]: both Action and NotAction",
    ),
    (statement(Action=7), "Statement[2].Action: expected a string or a list of strings, got 7"),
    (statement(Action=None), "Statement[2].Action: expected a string or a list of strings, got nothing"),
    (statement(Action={"a": "b"}), "Statement[2].Action: expected a string or a list of strings, got an object"),
    (statement(Action=["a:B", 7]), "Statement[2].Action[1]: expected a string, got 7"),
    (statement(NotAction=True), "Statement[2].NotAction: expected a string or a list of strings, got true"),
    (statement(resource=[["r"]]), "Statement[2].Resource[0]: expected a string, got a list"),  # type: ignore[list-item]
    (statement(NotResource=1.5), "Statement[2].NotResource: expected a string or a list of strings, got 1.5"),
    (statement(Principal="me"), "Statement[2].Principal: expected '*' or an object, got \"me\""),
    (statement(Principal=["*"]), "Statement[2].Principal: expected '*' or an object, got a list"),
    (
        statement(Principal={"Aws": "*"}),
        "Statement[2].Principal.Aws: expected one of AWS, CanonicalUser, Federated, Service",
    ),
    (
        statement(Principal={"AWS": True}),
        "Statement[2].Principal.AWS: expected a string or a list of strings, got true",
    ),
    (
        statement(NotPrincipal={"Service": [None]}),
        "Statement[2].NotPrincipal.Service[0]: expected a string, got nothing",
    ),
    (statement(Condition=[]), "Statement[2].Condition: expected an object, got a list"),
    (statement(Condition=None), "Statement[2].Condition: expected an object, got nothing"),
    (statement(Condition=0), "Statement[2].Condition: expected an object, got 0"),
    (statement(condition={"Bool": "k"}), 'Statement[2].Condition.Bool: expected an object, got "k"'),
    (
        statement(condition={"Bool": {"k": None}}),
        "Statement[2].Condition.Bool.k: expected a text, a number or a truth value, got nothing",
    ),
    (
        statement(condition={"Bool": {"k": [["x"]]}}),
        "Statement[2].Condition.Bool.k: expected a text, a number or a truth value, got a list",
    ),
    (statement(Action=10**60), f"Statement[2].Action: expected a string or a list of strings, got 1{'0' * 39}…"),
]


@pytest.mark.parametrize(("made", "message"), STATEMENT_FAULTS, ids=[message for _, message in STATEMENT_FAULTS])
def test_a_fault_of_a_statement_names_its_position(made: Any, message: str) -> None:
    document = raw_document(statement(), statement(), made)
    for source in (document, serialize_document(document)):
        with pytest.raises(DocumentError) as caught:
            parse_document(source)
        assert str(caught.value) == message


TEXT_FAULTS: list[tuple[bytes, str]] = [
    (b"", "line 1 column 1: not JSON: expecting value"),
    (b"{", "line 1 column 2: not JSON: expecting property name enclosed in double quotes"),
    (b"{}\n{}", "line 2 column 1: not JSON: extra data"),
    (b'{"a": "\xff"}', "not UTF-8 (byte 7)"),
    (b'"\xed\xa0\x80"', "not UTF-8 (byte 1)"),
    (b'{"a": "\\ud800"}', "a \\u escape names half a character"),
    (b'{"\\udfff": 1}', "a \\u escape names half a character"),
    (b'{"a": NaN}', "not JSON: NaN is no JSON value"),
    (b"[-Infinity]", "not JSON: -Infinity is no JSON value"),
    (b'{"a":1,"a":2}', "key 'a' stands twice in one object"),
    (b'{"a" :1,"a" :1}', "key 'a' stands twice in one object"),
    (b'{"a"\n:1,"a"\t:1}', "key 'a' stands twice in one object"),
    (b'{"a"\r:1,"a":1}', "key 'a' stands twice in one object"),
    (b'{"a":1,"\\u0061":1}', "key 'a' stands twice in one object"),
    (b'{"x":[0,{"a":1,"b":{},"a":2}]}', "key 'a' stands twice in one object"),
    (b'{"x":["t",{"a":1,"a":2}]}', "key 'a' stands twice in one object"),
    (b'{"x":{"b":{"c":1}},"x":{"\\":":1}}', "key 'x' stands twice in one object"),
    (b'{"Statement" : [], "Statement" : []}', "key 'Statement' stands twice in one object"),
]


@pytest.mark.parametrize(("data", "message"), TEXT_FAULTS, ids=[repr(data) for data, _ in TEXT_FAULTS])
def test_a_fault_of_the_text_is_reported(data: bytes, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        load_json(data)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "text", ['{"a":{"a":1},"b":{"a":1}}', '{"a":"\\":","b":": \\":"}', '{"a" : "x" , "b" : [{"a":1},{"a":2}]}']
)
def test_equal_keys_of_different_objects_are_no_fault(text: str) -> None:
    assert load_json(text) == json.loads(text)


def test_a_number_of_many_digits_is_refused() -> None:
    with pytest.raises(DocumentError):
        load_json("9" * 5000)


def test_a_large_text_is_refused() -> None:
    message = f"too large: 5000002 bytes, at most {MAX_DOCUMENT_BYTES} are read"
    with pytest.raises(DocumentError) as caught:
        parse_document(b'"' + b"x" * 5_000_000 + b'"')
    assert str(caught.value) == message


def test_a_text_of_just_as_many_bytes_as_are_read_is_read() -> None:
    assert load_json(b"12", largest=2) == 12
    with pytest.raises(DocumentError, match="too large: 2 bytes, at most 1"):
        load_json(b"12", largest=1)


def test_json_is_written_in_its_own_letters() -> None:
    value = {"a": ["\u00e9"]}
    assert canonical(value) == '{\n  "a": [\n    "\u00e9"\n  ]\n}\n'
    assert serialize_document(value) == '{"a":["\u00e9"]}'.encode()
    with pytest.raises(DocumentError, match="\u00e9"):
        parse_document({"Statement": "\u00e9"})


def test_statements_are_equal_by_what_they_mean_and_to_nothing_else() -> None:
    one, other = (document(statement(action)).statements[0] for action in ("s3:GetObject", " S3:getobject"))
    assert one == other
    assert one.__eq__(other) is True
    assert one != document(statement("s3:PutObject")).statements[0]
    assert one != "s3:GetObject"


def test_encoded_text_is_bounded_too() -> None:
    with pytest.raises(DocumentError, match="too large"):
        read_document("%7B" + "x" * 5_000_000)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('{"Statement":[', "]}")])
@pytest.mark.parametrize("depth", [500, 1500, 10_000, 100_000])
def test_a_deep_text_is_refused(opening: str, closing: str, depth: int) -> None:
    for text in (f"{opening * depth}1{closing * depth}", f'{{"Statement": [{opening * depth}1{closing * depth}]}}'):
        for source in (text, text.encode()):
            with pytest.raises(DocumentError):
                parse_document(source)


def test_many_keys_of_which_one_stands_twice_are_read_in_one_pass() -> None:
    """Counting each key in turn would take 10,000,000,000 steps."""
    keys = [*range(100_000), 99_999]
    with pytest.raises(DocumentError, match="'99999' stands twice"):
        load_json("{" + ",".join(f'"{key}":0' for key in keys) + "}")


NAMES = ["Version", "Statement", "Effect", "Action", "NotAction", "Resource", "Principal", "Condition", "Document"]
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.sampled_from(["Allow", "*"])
)
JSON_VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*NAMES, "AWS", "Bool", "k"]) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=6,
)
STATEMENTS = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]) | SCALARS, "Action": JSON_VALUES},
    optional={"Resource": JSON_VALUES, "Principal": JSON_VALUES, "Condition": JSON_VALUES, "Sid": SCALARS},
)
DOCUMENTS = st.fixed_dictionaries({"Statement": st.lists(STATEMENTS, max_size=2) | JSON_VALUES}) | JSON_VALUES


def _only_document_errors(source: bytes | str) -> None:
    try:
        read = parse_document(source)
    except DocumentError:
        return
    added_grants(read)


@given(DOCUMENTS)
def test_any_json_is_read_or_refused(value: Any) -> None:
    _only_document_errors(json.dumps(value))


@given(st.binary(max_size=80) | st.text(max_size=80))
def test_any_text_is_read_or_refused(text: bytes | str) -> None:
    _only_document_errors(text)


@settings(max_examples=examples(200))
@given(st.sampled_from([TEXT, *_forms().values()]), st.data())
def test_a_document_with_a_stretch_spoilt_is_read_or_refused(text: str, data: st.DataObject) -> None:
    raw = text.encode()
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(start + 8, len(raw))))
    _only_document_errors(raw[:start] + data.draw(st.binary(max_size=4)) + raw[end:])
