"""CloudFormation's intrinsic functions: what each resolves to, and what defines a value that is not known."""

import pytest

from templates import contents, only, shown, statement_with
from tracker.inputs.cloudformation.reader import read
from tracker.inputs.model import ReadOptions
from tracker.inputs.syntax.parsing import parse_file
from tracker.policy.symbols import symbols_in

PARAMETERS = """
Parameters:
  Name: {Type: String, Default: data}
  Free: {Type: String}
  List: {Type: CommaDelimitedList, Default: "arn:a, arn:b"}
  FreeList: {Type: "List<String>"}
  Stored: {Type: "AWS::SSM::Parameter::Value<String>", Default: /path/to/arn}
Mappings:
  Buckets:
    us-east-1: {Main: main-us, All: [x, y]}
    eu-west-1: {Main: main-eu}
"""


@pytest.mark.parametrize(
    ("written", "resource"),
    [
        ("!Ref Name", "data"),
        ("{Ref: Name}", "data"),
        ("!Ref Free", "⟨Free⟩"),
        ("!Ref List", ["arn:a", "arn:b"]),
        ("!Ref FreeList", "⟨FreeList⟩"),
        ("!Ref Stored", "⟨Stored⟩"),
        ("!Ref Table", "⟨Table⟩"),
        ("!Ref Missing", "⟨Missing⟩"),
        ("!Ref AWS::Region", "⟨AWS::Region⟩"),
        ("!GetAtt Table.Arn", "⟨Table.Arn⟩"),
        ("{'Fn::GetAtt': [Table, Arn]}", "⟨Table.Arn⟩"),
        ("{'Fn::GetAtt': Table.Arn}", "⟨Table.Arn⟩"),
        ("!GetAtt Nested.Outputs.Arn", "⟨Nested.Outputs.Arn⟩"),
        ("!Sub 'arn:aws:s3:::${Name}/*'", "arn:aws:s3:::data/*"),
        ("!Sub 'arn:${AWS::Partition}:s3:::${Name}/*'", "arn:⟨AWS::Partition⟩:s3:::data/*"),
        ("!Sub ['${Bucket}/${Name}', {Bucket: !GetAtt Table.Arn}]", "⟨Table.Arn⟩/data"),
        ("!Sub '${Table.Arn}/index/*'", "⟨Table.Arn⟩/index/*"),
        ("!Sub 'arn:aws:s3:::b/${!aws:username}/*'", "arn:aws:s3:::b/${aws:username}/*"),
        ("!Sub 'arn:aws:s3:::b/${aws:username}/*'", "arn:aws:s3:::b/⟨aws:username⟩/*"),
        ("'arn:aws:s3:::b/${aws:username}/*'", "arn:aws:s3:::b/${aws:username}/*"),
        ("!Join ['', ['arn:', !Ref Name, ':', !Ref AWS::AccountId]]", "arn:data:⟨AWS::AccountId⟩"),
        ("!Join ['/', !Ref List]", "arn:a/arn:b"),
        ("!Join [',', !Ref FreeList]", "⟨Join(,)⟩"),
        ("!Select [1, !Ref List]", "arn:b"),
        ("!Select ['0', !Split ['|', 'a|b']]", "a"),
        ("!Select [7, !Ref List]", "⟨Select(7)⟩"),
        ("!Split [',', 'a,b']", ["a", "b"]),
        ("!Split [',', !Ref Free]", "⟨Split(,)⟩"),
        ("!FindInMap [Buckets, us-east-1, Main]", "main-us"),
        ("!FindInMap [Buckets, us-east-1, All]", ["x", "y"]),
        ("!FindInMap [Buckets, !Ref AWS::Region, Main]", "⟨FindInMap(Buckets)⟩"),
        ("!FindInMap [Buckets, nowhere, Main]", "⟨FindInMap(Buckets)⟩"),
        ("{'Fn::FindInMap': [Buckets, nowhere, Main, {DefaultValue: d}]}", "d"),
        ("!ImportValue shared-bucket", "⟨ImportValue(shared-bucket)⟩"),
        ("!ImportValue {'Fn::Sub': '${Name}-bucket'}", "⟨ImportValue⟩"),
        ("!Base64 hello", "aGVsbG8="),
        ("{'Fn::Length': [a, b]}", "2"),
        ("{'Fn::ToJsonString': {b: 1, a: !Ref Name}}", '{"a":"data","b":"1"}'),
        ("{'Fn::Unheard': x}", "⟨Unheard(x)⟩"),
        ("['a', !Ref AWS::NoValue, 'b']", ["a", "b"]),
        ("!Ref AWS::NoValue", None),
        ("'{{resolve:ssm:/bucket}}'", "⟨resolve:ssm:/bucket⟩"),
        ("!Sub 'arn:aws:s3:::{{resolve:ssm:/${Name}}}/*'", "arn:aws:s3:::⟨resolve:ssm:/data⟩/*"),
    ],
)
def test_an_intrinsic_function_is_resolved_where_the_template_says_it(written: str, resource: object) -> None:
    assert statement_with(written, PARAMETERS) == [resource]


def test_a_given_parameter_counts_before_its_default() -> None:
    assert statement_with("!Ref Name", PARAMETERS, Name="other") == ["other"]


def test_the_pseudo_parameters_may_be_given() -> None:
    text = "Resources: {P: {Type: 'AWS::IAM::ManagedPolicy', Properties: {PolicyDocument: {Statement: {Effect: Allow, "
    text += "Action: 'a:b', Resource: !Sub 'arn:${AWS::Partition}:x:${AWS::Region}:${AWS::AccountId}:y'}}}}}"
    options = ReadOptions(region="eu-west-1", account="123456789012", partition="aws")
    document = only(read(parse_file("t.yaml", text.encode()), options)).document or {}
    assert document["Statement"]["Resource"] == "arn:aws:x:eu-west-1:123456789012:y"


CONDITIONS = """
Parameters:
  Env: {Type: String, Default: dev}
  Stage: {Type: String, Default: b, AllowedValues: [a, b]}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  IsDev: !Equals [dev, !Ref Env]
  NotProd: !Not [!Condition IsProd]
  IsA: !Equals [!Ref Stage, a]
  Always: !Equals [x, x]
  Both: !And [!Condition IsProd, !Condition IsA]
  Either: !Or [!Condition IsProd, !Condition IsA]
"""


@pytest.mark.parametrize(
    ("written", "resources"),
    [
        ("!If [IsProd, p, q]", ["p", "q"]),
        ("!If [NotProd, q, p]", ["p", "q"]),
        ("!If [Always, p, q]", ["p"]),
        ("!If [IsProd, p, p]", ["p"]),
        ("!If [Unheard, p, q]", ["p", "q"]),
        ("[!If [IsProd, p, q], !If [NotProd, x, y]]", [["p", "y"], ["q", "x"]]),
        ("[!If [IsProd, p, q], !If [IsDev, x, y]]", [["p", "y"], ["q", "x"], ["q", "y"]]),
        ("!If [IsProd, !Ref Env, !Ref Env]", ["prod", "dev"]),
        ("!If [IsA, !Ref Stage, !Ref Stage]", ["a", "b"]),
        ("!If [IsDev, !Ref Env, !Ref Env]", ["dev", "⟨Env⟩"]),
        ("!If [Both, p, q]", ["p", "q", "q", "q"]),
        ("!If [IsProd, !If [IsProd, p, x], !If [IsProd, y, q]]", ["p", "q"]),
        ("[a, !If [IsProd, b, !Ref AWS::NoValue]]", [["a", "b"], ["a"]]),
    ],
)
def test_each_case_takes_a_condition_one_way_throughout(written: str, resources: list[object]) -> None:
    assert sorted(map(str, statement_with(written, CONDITIONS))) == sorted(map(str, resources))


def test_a_given_parameter_decides_a_condition() -> None:
    assert statement_with("!If [IsProd, p, q]", CONDITIONS, Env="prod") == ["p"]
    assert statement_with("!If [IsProd, p, q]", CONDITIONS, Env="test") == ["q"]


def test_too_many_conditions_make_a_document_unknown() -> None:
    names = [f"C{number}" for number in range(20)]
    written = f"[{', '.join(f'!If [{name}, a{name}, b{name}]' for name in names)}]"
    found = contents(_template(written))
    assert only(found).document is None
    assert "too many combinations" in only(found).unknowns[0].reason


def _template(resource: str, rest: str = "", parameters: str = "{}") -> str:
    return f"""
    Parameters: {parameters}
    Mappings: {{M: {{a: {{b: c}}}}}}
    Resources:
      P:
        Type: AWS::IAM::ManagedPolicy
        Properties:
          PolicyDocument: {{Statement: [{{Effect: Allow, Action: "s3:*", Resource: {resource}}}]}}
      {rest}
    """


def _symbols(resource: str, rest: str = "", parameters: str = "{}") -> frozenset[str]:
    document = only(contents(_template(resource, rest, parameters))).document or {}
    found = symbols_in(document["Statement"][0]["Resource"])
    assert found, shown(document)
    return found


BUCKET = "B: {Type: AWS::S3::Bucket, Properties: {BucketName: a, Tags: [{Key: x, Value: y}]}}"


@pytest.mark.parametrize(
    ("resource", "before", "after", "is_same"),
    [
        ("!GetAtt B.Arn", BUCKET, BUCKET.replace("Value: y", "Value: z"), True),
        ("!GetAtt B.Arn", BUCKET, BUCKET.replace("BucketName: a", "BucketName: b"), False),
        ("!GetAtt B.Arn", BUCKET, BUCKET.replace("AWS::S3::Bucket", "AWS::S3::Other"), False),
        ("!Ref B", BUCKET, BUCKET.replace("BucketName: a", "BucketName: b"), False),
        ("!GetAtt B.Arn", BUCKET, "", False),
        ("!GetAtt B.WebsiteURL", BUCKET, BUCKET.replace("Value: y", "Value: z"), False),
        (
            "!GetAtt C.Arn",
            "C: {Type: Custom::X, Properties: {A: 1}}",
            "C: {Type: Custom::X, Properties: {A: 2}}",
            False,
        ),
        (
            "!GetAtt C.Value",
            "C: {Type: AWS::SSM::Parameter, Properties: {Name: n, Value: a}}",
            "C: {Type: AWS::SSM::Parameter, Properties: {Name: n, Value: b}}",
            False,
        ),
        (
            "!GetAtt C.Outputs.BucketArn",
            "C: {Type: AWS::CloudFormation::Stack, Properties: {Parameters: {A: 1}}}",
            "C: {Type: AWS::CloudFormation::Stack, Properties: {Parameters: {A: 2}}}",
            False,
        ),
    ],
)
def test_an_attribute_is_defined_by_what_names_its_resource(
    resource: str, before: str, after: str, is_same: bool
) -> None:
    assert (_symbols(resource, before) == _symbols(resource, after)) is is_same


@pytest.mark.parametrize(
    ("before", "after", "is_same"),
    [
        ("{F: {Type: String}}", "{F: {Type: String, Description: what it is}}", True),
        ("{F: {Type: String}}", "{F: {Type: String, AllowedPattern: '.*'}}", False),
        ("{F: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /a}}",
         "{F: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /b}}", False),
    ],
)  # fmt: skip
def test_a_parameter_is_defined_by_its_definition(before: str, after: str, is_same: bool) -> None:
    assert (_symbols("!Ref F", "", before) == _symbols("!Ref F", "", after)) is is_same


def test_a_name_that_is_made_of_a_parameter_is_defined_by_the_parameter() -> None:
    bucket = "B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref F}}"
    before = _symbols("!GetAtt B.Arn", bucket, "{F: {Type: String, Default: a}}")
    assert before != _symbols("!GetAtt B.Arn", bucket, "{F: {Type: String, Default: b}}")


def test_a_map_that_changes_is_another_value() -> None:
    before = _template("!FindInMap [M, !Ref AWS::Region, b]")
    after = before.replace("b: c", "b: '*'")
    assert only(contents(before)).document != only(contents(after)).document


def test_the_bucket_of_cdk_assets_keeps_its_value_when_an_asset_changes() -> None:
    one, other = (f"AssetParameters{digit * 64}S3Bucket{digit * 8}" for digit in "12")
    before, after = (_symbols(f"!Ref {name}", "", f"{{{name}: {{Type: String}}}}") for name in (one, other))
    assert before == after


def test_resources_that_refer_to_each_other_in_a_circle_come_to_an_end() -> None:
    circle = "A: {Type: Custom::X, Properties: {B: !Ref B}}\n      B: {Type: Custom::X, Properties: {A: !Ref A}}"
    assert _symbols("!Ref A", circle)
