"""What the reader of CloudFormation and SAM templates finds: documents, principals, attachments, unknowns."""

import json
from typing import Any

import pytest

from templates import contents, only, shown
from tracker.errors import DocumentError
from tracker.inputs.model import Contents, UnknownKind

ALLOW = "{Effect: Allow, Action: 's3:GetObject', Resource: '*'}"
DOCUMENT = f"{{Version: '2012-10-17', Statement: [{ALLOW}]}}"
AS_TEXT = json.dumps({"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]})


def resource(kind: str, properties: str, rest: str = "") -> Contents:
    return contents(f"Resources:\n  R:\n    Type: {kind}\n    Properties: {properties}\n{rest}")


def identities(found: Contents) -> list[str]:
    return [document.identity for document in found.documents]


@pytest.mark.parametrize(
    ("kind", "properties", "identity"),
    [
        ("AWS::IAM::Role", f"{{AssumeRolePolicyDocument: {DOCUMENT}}}", "R/Properties/AssumeRolePolicyDocument"),
        (
            "AWS::IAM::Role",
            f"{{Policies: [{{PolicyName: read, PolicyDocument: {DOCUMENT}}}]}}",
            "R/Properties/Policies/read",
        ),
        (
            "AWS::IAM::User",
            f"{{Policies: [{{PolicyName: !Sub '${{AWS::StackName}}-p', PolicyDocument: {DOCUMENT}}}]}}",
            "R/Properties/Policies/⟨AWS::StackName⟩-p",
        ),
        ("AWS::IAM::ManagedPolicy", f"{{PolicyDocument: {DOCUMENT}}}", "R/Properties/PolicyDocument"),
        ("AWS::IAM::RolePolicy", f"{{PolicyDocument: {DOCUMENT}}}", "R/Properties/PolicyDocument"),
        ("AWS::S3::BucketPolicy", f"{{PolicyDocument: {DOCUMENT}}}", "R/Properties/PolicyDocument"),
        ("AWS::KMS::Key", f"{{KeyPolicy: {DOCUMENT}}}", "R/Properties/KeyPolicy"),
        ("AWS::ECR::Repository", f"{{RepositoryPolicyText: {DOCUMENT}}}", "R/Properties/RepositoryPolicyText"),
        ("AWS::SecretsManager::ResourcePolicy", f"{{ResourcePolicy: {DOCUMENT}}}", "R/Properties/ResourcePolicy"),
        ("AWS::Organizations::Policy", f"{{Content: {DOCUMENT}}}", "R/Properties/Content"),
        ("AWS::SSO::PermissionSet", f"{{InlinePolicy: {DOCUMENT}}}", "R/Properties/InlinePolicy"),
        ("AWS::SSO::PermissionSet", f"{{InlinePolicy: '{AS_TEXT}'}}", "R/Properties/InlinePolicy"),
        ("AWS::IoT::Policy", f"{{PolicyDocument: {DOCUMENT}}}", "R/Properties/PolicyDocument"),
        ("AWS::EFS::FileSystem", f"{{FileSystemPolicy: {DOCUMENT}}}", "R/Properties/FileSystemPolicy"),
        (
            "AWS::DynamoDB::Table",
            f"{{ResourcePolicy: {{PolicyDocument: {DOCUMENT}}}}}",
            "R/Properties/ResourcePolicy/PolicyDocument",
        ),
        ("AWS::VPCLattice::Unheard", f"{{AuthThing: {{Inner: {DOCUMENT}}}}}", "R/Properties/AuthThing/Inner"),
        ("Custom::Grants", f"{{Statements: [{ALLOW}]}}", "R/Properties/Statements"),
        ("Custom::Grants", f"{{One: {ALLOW}}}", "R/Properties/One"),
        ("Custom::AWS", f"{{Create: '{AS_TEXT}'}}", "R/Properties/Create"),
        (
            "Custom::AWS",
            """{Create: !Join ['', ['{"Effect":"Allow","Action":"s3:GetObject","Resource":"', !Ref B, '"}']]}""",
            "R/Properties/Create",
        ),
        ("AWS::ApiGateway::RestApi", f"{{Body: {{x-amazon-apigateway-policy: {DOCUMENT}}}}}",
         "R/Properties/Body/x-amazon-apigateway-policy"),
    ],
)  # fmt: skip
def test_a_document_is_found_wherever_it_stands(kind: str, properties: str, identity: str) -> None:
    document = only(resource(kind, properties))
    assert document.identity == identity
    statement = (document.document or {})["Statement"]
    assert (statement[0] if isinstance(statement, list) else statement)["Action"] == "s3:GetObject"
    assert not document.unknowns


@pytest.mark.parametrize(
    ("properties", "kind", "reason"),
    [
        ("{PolicyDocument: !Ref Free}", UnknownKind.UNRESOLVED, "⟨Free⟩"),
        ("{PolicyDocument: !ImportValue x}", UnknownKind.UNRESOLVED, "ImportValue"),
        ("{PolicyDocument: {'Fn::Transform': {Name: 'AWS::Include'}}}", UnknownKind.UNRESOLVED, "Transform"),
        ("{'Fn::Transform': {Name: 'AWS::Include'}, PolicyName: x}", UnknownKind.UNRESOLVED, "Transform"),
        ("{PolicyDocument: {Statement: !Ref Free}}", UnknownKind.UNRESOLVED, "the statements are"),
        (f"{{PolicyDocument: {{Statement: [{ALLOW}, !Ref Free]}}}}", UnknownKind.UNRESOLVED, "a statement is"),
        (
            "{PolicyDocument: {Statement: [{Effect: Allow, Action: a, Resource: b, Condition: !Ref Free}]}}",
            UnknownKind.UNRESOLVED,
            "Condition is",
        ),
        ("{PolicyDocument: some text}", UnknownKind.UNREADABLE, "no policy document"),
        ("{PolicyDocument: '{\"Statement\": [}'}", UnknownKind.UNREADABLE, "not JSON"),
        ("{PolicyDocument: null}", UnknownKind.UNREADABLE, "no policy document"),
        ("{PolicyDocument: []}", UnknownKind.UNREADABLE, "no policy document"),
        ("{PolicyDocument: !Sub '{\"Statement\": [${Free}]}'}", UnknownKind.UNRESOLVED, "⟨Free⟩"),
    ],
)
def test_what_is_not_known_of_a_document_is_reported(properties: str, kind: UnknownKind, reason: str) -> None:
    found = resource("AWS::IAM::ManagedPolicy", properties, "Parameters: {Free: {Type: String}}")
    unknowns = [one for document in found.documents for one in document.unknowns]
    assert any(one.kind is kind and reason in one.reason for one in unknowns), found
    assert all(one.digest for one in unknowns)


def test_a_document_without_statements_is_given_as_it_is() -> None:
    assert only(resource("AWS::IAM::ManagedPolicy", "{PolicyDocument: {Statement: [[x]]}}")).document is not None


def test_a_script_that_holds_a_policy_was_not_looked_at() -> None:
    script = 'put-role-policy --policy-document \'{"Effect":"Allow","Action":"iam:*"}\''
    properties = json.dumps({"UserData": {"Fn::Base64": {"Fn::Sub": script}}})
    found = only(resource("AWS::EC2::Instance", properties))
    assert [one.kind for one in found.unknowns] == [UnknownKind.NOT_LOOKED_AT]


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("AWS::S3::Bucket", "{BucketName: x, Tags: [{Key: Effect, Value: Allow}]}"),
        ("AWS::ElasticLoadBalancingV2::Listener", "{SslPolicy: !Ref Free}"),
        ("AWS::AutoScaling::ScalingPolicy", "{Policy: !Ref Free}"),
        ("AWS::ECR::Repository", '{LifecyclePolicy: {LifecyclePolicyText: \'{"rules": [{"action": {}}]}\'}}'),
        ("AWS::SQS::Queue", "{RedrivePolicy: {deadLetterTargetArn: !GetAtt D.Arn, maxReceiveCount: 5}}"),
        ("AWS::WAFv2::WebACL", "{Rules: [{Statement: {RateBasedStatement: {Limit: 100}}, Action: {Block: {}}}]}"),
        ("AWS::NetworkManager::CoreNetwork", "{PolicyDocument: {version: '2021.12'}}"),
    ],
)
def test_what_is_surely_no_policy_is_passed_over(kind: str, properties: str) -> None:
    found = resource(kind, properties, "Parameters: {Free: {Type: String}}")
    assert not found.documents
    assert not found.unknowns


def test_a_conditional_resource_exists_in_its_case_alone() -> None:
    found = contents(f"""
    Resources:
      R: {{Type: AWS::IAM::ManagedPolicy, Condition: C, Properties: {{PolicyDocument: {DOCUMENT}}}}}
    """)
    assert only(found).condition == (("C", True),)


def test_documents_under_if_are_found_in_both_arms() -> None:
    policies = (
        f"!If [C, [{{PolicyName: a, PolicyDocument: {DOCUMENT}}}], [{{PolicyName: b, PolicyDocument: {DOCUMENT}}}]]"
    )
    found = resource("AWS::IAM::Role", f"{{Policies: {policies}}}")
    assert [(one.identity, one.condition) for one in found.documents] == [
        ("R/Properties/Policies/a", (("C", True),)),
        ("R/Properties/Policies/b", (("C", False),)),
    ]


def attachments(found: Contents) -> list[tuple[str, str]]:
    return [(one.principal, shown(one.policy)) for one in found.attachments]


@pytest.mark.parametrize(
    ("kind", "properties", "expected"),
    [
        ("AWS::IAM::Role", "{ManagedPolicyArns: [!Ref P]}", [("R", "P/Properties/PolicyDocument")]),
        ("AWS::IAM::Role", "{ManagedPolicyArns: !Ref Arns}", [("R", "arn:p"), ("R", "arn:q")]),
        (
            "AWS::IAM::User",
            "{ManagedPolicyArns: [!Sub 'arn:${AWS::Partition}:iam::aws:policy/X']}",
            [("R", "arn:⟨AWS::Partition⟩:iam::aws:policy/X")],
        ),
        ("AWS::IAM::Policy", f"{{PolicyDocument: {DOCUMENT}, Roles: [!Ref A, b], Users: [c]}}",
         [(one, "R/Properties/PolicyDocument") for one in ("A", "b", "c")]),
        ("AWS::SSO::PermissionSet", "{ManagedPolicies: [arn:x], CustomerManagedPolicyReferences: [{Name: n, Path: /}]}",
         [("R", "arn:x"), ("R", "n")]),
    ],
)  # fmt: skip
def test_attached_policies_are_reported(kind: str, properties: str, expected: list[tuple[str, str]]) -> None:
    rest = f"  P: {{Type: AWS::IAM::ManagedPolicy, Properties: {{PolicyDocument: {DOCUMENT}}}}}\n"
    rest += "Parameters: {Arns: {Type: CommaDelimitedList, Default: 'arn:p,arn:q'}}"
    assert attachments(resource(kind, properties, rest)) == expected


def test_a_boundary_is_reported_as_one() -> None:
    (boundary,) = resource("AWS::IAM::Role", "{PermissionsBoundary: arn:x}").attachments
    assert boundary.boundary


def test_an_attached_policy_that_is_not_known_is_reported() -> None:
    found = resource("AWS::IAM::Role", "{ManagedPolicyArns: !Ref A}", "Parameters: {A: {Type: CommaDelimitedList}}")
    assert [one.unknown.kind for one in found.attachments if one.unknown] == [UnknownKind.UNRESOLVED]


def test_attachments_rest_on_conditions() -> None:
    found = resource("AWS::IAM::Role", "{ManagedPolicyArns: [!If [C, arn:x, arn:y]]}")
    assert [(one.policy, one.condition) for one in found.attachments] == [
        ("arn:x", (("C", True),)),
        ("arn:y", (("C", False),)),
    ]


PERMISSION = "{Action: 'lambda:InvokeFunction', FunctionName: !Ref F, Principal: PRINCIPAL}"


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("'*'", "*"),
        ("s3.amazonaws.com", {"Service": "s3.amazonaws.com"}),
        ("'123456789012'", {"AWS": "123456789012"}),
        ("123456789012", {"AWS": "123456789012"}),
        ("arn:aws:iam::123456789012:root", {"AWS": "arn:aws:iam::123456789012:root"}),
        ("!Ref AWS::AccountId", {"AWS": "⟨AWS::AccountId⟩"}),
        ("!Sub 'logs.${AWS::Region}.amazonaws.com'", {"Service": "logs.⟨AWS::Region⟩.amazonaws.com"}),
    ],
)
def test_a_permission_of_lambda_is_a_statement(principal: str, expected: object) -> None:
    found = only(resource("AWS::Lambda::Permission", PERMISSION.replace("PRINCIPAL", principal)))
    assert shown((found.document or {})["Statement"]) == [
        {
            "Effect": "Allow",
            "Action": "lambda:InvokeFunction",
            "Principal": expected,
            "Resource": "arn:*:lambda:*:*:function:⟨F⟩",
        }
    ]


def test_the_tests_of_a_permission_are_conditions() -> None:
    more = "SourceArn: !GetAtt B.Arn, SourceAccount: '1', PrincipalOrgID: o-1, FunctionUrlAuthType: NONE}"
    text = PERMISSION.replace("PRINCIPAL}", f"'*', {more}")
    found = only(resource("AWS::Lambda::Permission", text))
    assert shown((found.document or {})["Statement"][0]["Condition"]) == {
        "ArnLike": {"aws:SourceArn": "⟨B.Arn⟩"},
        "StringEquals": {
            "aws:SourceAccount": "1",
            "aws:PrincipalOrgID": "o-1",
            "lambda:FunctionUrlAuthType": "NONE",
        },
    }


@pytest.mark.parametrize(
    "kind",
    ["AWS::RAM::ResourceShare", "AWS::EKS::AccessEntry", "AWS::IAM::UserToGroupAddition", "My::Own::Thing::MODULE"],
)
def test_a_grant_of_a_kind_that_is_not_read_is_reported(kind: str) -> None:
    (before,), (after,) = (resource(kind, f"{{A: {value}}}").unknowns for value in "bc")
    assert before[1].kind is UnknownKind.NOT_LOOKED_AT
    assert before[1].digest != after[1].digest


def test_a_macro_may_write_anything() -> None:
    found = contents("Transform: [AWS::Serverless-2016-10-31, Mine]\nResources: {B: {Type: AWS::S3::Bucket}}")
    assert ["Mine" in one.reason for _, one in found.unknowns] == [True]


def test_a_statement_of_another_spelling_is_left_over() -> None:
    found = resource("Custom::X", "{Grants: [{effect: Allow, actions: ['s3:*'], resources: ['*']}]}")
    assert [one.kind for _, one in found.unknowns] == [UnknownKind.NOT_LOOKED_AT]


def sam(properties: str, rest: str = "") -> Contents:
    return contents(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Serverless::Function\n"
        f"    Properties: {properties}\n{rest}"
    )


def actions(found: Contents) -> dict[str, Any]:
    return {
        one.identity: [item["Action"] for item in (one.document or {})["Statement"]]
        for one in found.documents
        if one.document
    }


def test_sam_policies_become_those_of_the_role_that_sam_makes() -> None:
    found = sam(f"{{Policies: [AmazonSQSFullAccess, {DOCUMENT}, {{SQSPollerPolicy: {{QueueName: q}}}}]}}")
    assert list(actions(found)) == ["FRole/Properties/Policies/*", "FRole/Properties/Policies/SQSPollerPolicy"]
    assert {one.principal for one in found.documents} == {"FRole"}
    assert attachments(found) == [
        ("FRole", "arn:⟨AWS::Partition⟩:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"),
        ("FRole", "AmazonSQSFullAccess"),
    ]


def test_a_policy_template_of_sam_has_its_parameters_filled_in() -> None:
    found = only(sam("{Policies: [{SQSSendMessagePolicy: {QueueName: !GetAtt Q.QueueName}}]}"))
    assert shown((found.document or {})["Statement"][0]["Resource"]) == (
        "arn:⟨AWS::Partition⟩:sqs:⟨AWS::Region⟩:⟨AWS::AccountId⟩:⟨Q.QueueName⟩"
    )


@pytest.mark.parametrize("policy", ["{NoSuchPolicy: {}}", "{SQSPollerPolicy: {Wrong: x}}", "{SQSPollerPolicy: !Ref X}"])
def test_a_policy_template_that_is_not_known_is_reported(policy: str) -> None:
    assert [one.kind for one in only(sam(f"{{Policies: [{policy}]}}")).unknowns] == [UnknownKind.UNRESOLVED]


def test_globals_of_sam_hold_for_each_function() -> None:
    rest = "Globals: {Function: {Tracing: Active, PermissionsBoundary: arn:b}}"
    assert ("FRole", "arn:b") in attachments(sam("{}", rest))


@pytest.mark.parametrize(
    ("properties", "policy"),
    [
        ("{VpcConfig: {}}", "AWSLambdaVPCAccessExecutionRole"),
        ("{Tracing: Active}", "AWSXrayWriteOnlyAccess"),
        ("{Events: {Q: {Type: SQS, Properties: {}}}}", "AWSLambdaSQSQueueExecutionRole"),
        ("{Events: {Q: {Type: Kinesis, Properties: {}}}}", "AWSLambdaKinesisExecutionRole"),
    ],
)
def test_sam_attaches_what_a_function_needs(properties: str, policy: str) -> None:
    assert any(name.endswith(policy) for _, name in attachments(sam(properties)))


def test_a_function_with_a_role_of_its_own_gets_none() -> None:
    assert not attachments(sam("{Role: arn:r, Tracing: Active}"))


def test_the_events_of_a_function_are_permissions() -> None:
    found = only(sam("{Events: {Up: {Type: S3, Properties: {Bucket: !Ref B}}}}"))
    assert found.identity == "FUpPermission/Properties"
    assert (found.document or {})["Statement"][0]["Principal"] == {"Service": "s3.amazonaws.com"}


def test_an_event_that_sam_writes_a_policy_for_is_reported() -> None:
    found = only(sam("{Events: {M: {Type: MQ, Properties: {Broker: b}}}}"))
    assert [one.kind for one in found.unknowns] == [UnknownKind.UNRESOLVED]


def test_a_function_with_a_public_address_may_be_called_by_anybody() -> None:
    found = only(sam("{FunctionUrlConfig: {AuthType: NONE}}"))
    assert (found.document or {})["Statement"][0]["Principal"] == "*"
    assert not sam("{FunctionUrlConfig: {AuthType: AWS_IAM}}").documents


def test_the_lines_of_statements_are_known_under_if_and_in_short_forms() -> None:
    found = contents("""\
    Resources:
      P:
        Type: AWS::IAM::ManagedPolicy
        Properties:
          PolicyDocument:
            Statement:
              - Effect: Allow
                Action: a:b
                Resource: '*'
              - !If
                - C
                - Effect: Allow
                  Action: a:c
                  Resource: '*'
                - Effect: Allow
                  Action: a:d
                  Resource: '*'
              - Fn::If:
                - C
                - Ref: AWS::NoValue
                - Effect: Allow
                  Action: a:e
                  Resource: '*'
    """)
    assert [one.statement_lines for one in found.documents] == [(7, 12), (7, 15, 21)]


def test_a_loop_makes_a_resource_for_each_item() -> None:
    found = contents(f"""
    Transform: AWS::LanguageExtensions
    Parameters: {{Names: {{Type: CommaDelimitedList, Default: "Red, Blue"}}}}
    Resources:
      Fn::ForEach::Policies:
        - Name
        - !Ref Names
        - Policy${{Name}}:
            Type: AWS::IAM::ManagedPolicy
            Properties: {{PolicyDocument: {DOCUMENT.replace("'*'", "!Sub 'arn:aws:s3:::${Name}'")}}}
    """)
    assert identities(found) == ["PolicyRed/Properties/PolicyDocument", "PolicyBlue/Properties/PolicyDocument"]
    assert (found.documents[1].document or {})["Statement"][0]["Resource"] == "arn:aws:s3:::Blue"
    assert not found.unknowns


def test_a_loop_over_what_is_not_known_is_reported() -> None:
    found = contents(f"""
    Parameters: {{Names: {{Type: CommaDelimitedList}}}}
    Resources:
      Fn::ForEach::Policies:
        - Name
        - !Ref Names
        - P${{Name}}: {{Type: AWS::IAM::ManagedPolicy, Properties: {{PolicyDocument: {DOCUMENT}}}}}
    """)
    assert [one.kind for _, one in found.unknowns] == [UnknownKind.UNRESOLVED]


def test_loops_that_grow_come_to_an_end() -> None:
    loop: Any = {"R": {"Type": "AWS::S3::Bucket"}}
    for number in range(9):
        loop = {
            f"Fn::ForEach::L{number}": [
                f"N{number}",
                [str(item) for item in range(10)],
                {**loop, f"X${{N{number}}}": loop},
            ]
        }
    with pytest.raises(DocumentError):
        contents(json.dumps({"AWSTemplateFormatVersion": "", "Resources": loop}))


def test_the_tree_of_a_cdk_assembly_repeats_its_templates() -> None:
    tree = {
        "version": "tree-0.1",
        "tree": {"props": {"policyDocument": {"Statement": json.loads(AS_TEXT)["Statement"]}}},
    }
    found = contents(json.dumps(tree))
    assert not found.documents
    assert not found.unknowns
    assert sum(found.counted.values()) == 1


def test_parameters_in_the_manifest_of_a_cdk_assembly_are_reported() -> None:
    stack = {"type": "aws:cloudformation:stack", "properties": {"parameters": {"Arn": "*"}}}
    found = contents(json.dumps({"version": "55.0.0", "artifacts": {"Stack": stack}}))
    assert [one.kind for _, one in found.unknowns] == [UnknownKind.UNRESOLVED]


@pytest.mark.parametrize(
    "resource", ["!Ref X", "{Properties: {}}", "text", "{Type: 'AWS::IAM::Role', Properties: !Ref X}"]
)
def test_a_resource_of_no_known_shape_is_reported(resource: str) -> None:
    found = contents(f"AWSTemplateFormatVersion: ''\nResources: {{R: {resource}}}")
    assert found.unknowns or [one.unknowns for one in found.documents]


def test_properties_under_if_are_those_of_two_resources() -> None:
    arms = f"{{ManagedPolicyArns: [arn:x], Policies: [{{PolicyName: p, PolicyDocument: {DOCUMENT}}}]}}"
    found = resource("AWS::IAM::Role", f"!If [C, {arms}, {{ManagedPolicyArns: [arn:y]}}]")
    assert [(one.identity, one.condition) for one in found.documents] == [
        ("R/Properties/Policies/p", (("C", True),)),
    ]
    assert [(one.policy, one.condition) for one in found.attachments] == [
        ("arn:x", (("C", True),)),
        ("arn:y", (("C", False),)),
    ]
    assert not resource("AWS::EC2::Instance", "!If [C, {ImageId: a}, {ImageId: b}]").documents
