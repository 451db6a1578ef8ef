"""What the reader of the Serverless Framework's files finds, and what becomes of its variables."""

import pytest

from templates import contents, only, shown
from tracker.errors import DocumentError
from tracker.inputs.model import Contents, UnknownKind

STATEMENT = "{Effect: Allow, Action: 's3:GetObject', Resource: '*'}"

RESOURCE = f"{{Type: AWS::IAM::ManagedPolicy, Properties: {{PolicyDocument: {{Statement: [{STATEMENT}]}}}}}}"


def service(provider: str, rest: str = "") -> Contents:
    return contents(f"service: x\nprovider: {provider}\n{rest}")


@pytest.mark.parametrize(
    ("provider", "rest", "identity"),
    [
        (f"{{iamRoleStatements: [{STATEMENT}]}}", "", "IamRoleLambdaExecution/Properties/statements"),
        (f"{{iam: {{role: {{statements: [{STATEMENT}]}}}}}}", "", "IamRoleLambdaExecution/Properties/statements"),
        (
            "{name: aws}",
            f"functions: {{get-user: {{iamRoleStatements: [{STATEMENT}]}}}}",
            "GetDashuserIamRoleLambdaExecution/Properties/statements",
        ),
        (
            "{name: aws}",
            f"resources: {{Resources: {{P: {RESOURCE}}}}}",
            "P/Properties/PolicyDocument",
        ),
        (
            "{name: aws}",
            f"resources: [{{Resources: {{P: {RESOURCE}}}}}]",
            "P/Properties/PolicyDocument",
        ),
        ("{name: aws}", f"stepFunctions: {{role: {{statements: [{STATEMENT}]}}}}", "stepFunctions/role/statements"),
        (
            f"{{name: aws, apiGateway: {{resourcePolicy: [{STATEMENT}]}}}}",
            "",
            "provider/apiGateway/resourcePolicy",
        ),
    ],
)
def test_statements_are_found_wherever_they_stand(provider: str, rest: str, identity: str) -> None:
    found = only(service(provider, rest))
    assert found.identity == identity
    assert (found.document or {})["Statement"][0]["Action"] == "s3:GetObject"


@pytest.mark.parametrize(
    ("written", "resource"),
    [
        ("${self:custom.bucket}", "data"),
        ("arn:aws:s3:::${self:custom.bucket}/*", "arn:aws:s3:::data/*"),
        ("${self:custom.nested.${self:custom.bucket}}", "inner"),
        ("${self:custom.missing, 'x'}", "x"),
        ("${self:custom.missing, self:custom.bucket}", "data"),
        ("${self:custom.missing}", "⟨self:custom.missing⟩"),
        ("${self:custom.loop}", "⟨self:custom.loop⟩"),
        ("${opt:stage, 'dev'}", "dev"),
        ("${opt:given, 'dev'}", "told"),
        ("${opt:stage}", "⟨opt:stage⟩"),
        ("${env:BUCKET}", "⟨env:BUCKET⟩"),
        ("${env:BUCKET, 'x'}", "⟨env:BUCKET⟩"),
        ("${ssm:/a/b}", "⟨ssm:/a/b⟩"),
        ("${file(config.yml):bucket}", "⟨file(config.yml):bucket⟩"),
        ("arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/⟨aws:username⟩"),
        ("arn:${AWS::Partition}:s3:::b", "arn:⟨AWS::Partition⟩:s3:::b"),
        ("${self:custom.list}", ["a", "b"]),
    ],
)
def test_variables_are_filled_in_where_the_file_says_their_value(written: str, resource: object) -> None:
    found = contents(
        f"""
        provider:
          name: aws
          iamRoleStatements: [{{Effect: Allow, Action: a, Resource: "{written}"}}]
        custom: {{bucket: data, nested: {{data: inner}}, loop: "${{self:custom.loop}}", list: [a, b]}}
        """,
        given="told",
    )
    assert shown((only(found).document or {})["Statement"][0]["Resource"]) == resource


def test_statements_of_another_file_are_not_known() -> None:
    found = only(service("{iamRoleStatements: '${file(iam.yml):statements}'}"))
    assert [one.kind for one in found.unknowns] == [UnknownKind.UNRESOLVED]


def test_one_statement_of_another_file_is_not_known() -> None:
    found = only(service(f"{{iamRoleStatements: [{STATEMENT}, '${{file(iam.yml)}}']}}"))
    assert len((found.document or {})["Statement"]) == 1
    assert [one.pointer for one in found.unknowns] == ["/Statement/1"]


def test_a_function_inherits_the_statements_of_the_provider() -> None:
    own = f"functions: {{f: {{iamRoleStatementsInherit: true, iamRoleStatements: [{STATEMENT}]}}}}"
    found = service(f"{{iamRoleStatements: [{STATEMENT}]}}", own)
    owned = [one.identity for one in found.documents if one.principal == "FIamRoleLambdaExecution"]
    assert owned == [f"FIamRoleLambdaExecution/Properties/{name}" for name in ("statements", "inheritedStatements")]


@pytest.mark.parametrize("provider", ["{iamManagedPolicies: [arn:x]}", "{iam: {role: {managedPolicies: [arn:x]}}}"])
def test_managed_policies_are_attached_to_the_role(provider: str) -> None:
    (found,) = service(provider).attachments
    assert (found.principal, found.policy) == ("IamRoleLambdaExecution", "arn:x")


@pytest.mark.parametrize("written", ["true", "{cors: true}"])
def test_a_public_address_is_a_permission(written: str) -> None:
    found = only(service("{name: aws}", f"functions: {{f: {{url: {written}}}}}"))
    assert (found.document or {})["Statement"][0]["Principal"] == "*"


@pytest.mark.parametrize("written", ["false", "{authorizer: aws_iam}"])
def test_an_address_with_an_authorizer_is_none(written: str) -> None:
    assert not service("{name: aws}", f"functions: {{f: {{url: {written}}}}}").documents


def test_variables_that_grow_come_to_an_end() -> None:
    doubled = "\n".join(
        f"  v{index}: '${{self:custom.v{index + 1}}}${{self:custom.v{index + 1}}}'" for index in range(60)
    )

    with pytest.raises(DocumentError):
        contents(f"provider: {{name: aws}}\ncustom:\n{doubled}\n  v60: x\n".replace("\n        ", "\n"))
