"""Which properties of a resource decide what it is called: those that CloudFormation can't change without a new one.

An ARN, a name or an id stays what it is until the resource is replaced. CloudFormation replaces one when a property
changes that its schema calls create-only; the table holds these, by type of resource.
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

from functools import cache
from importlib.resources import files

from msgspec.json import decode

__all__ = ["deciding_properties"]

_SAM = {
    "AWS::Serverless::Api": "AWS::ApiGateway::RestApi",
    "AWS::Serverless::Function": "AWS::Lambda::Function",
    "AWS::Serverless::HttpApi": "AWS::ApiGatewayV2::Api",
    "AWS::Serverless::LayerVersion": "AWS::Lambda::LayerVersion",
    "AWS::Serverless::SimpleTable": "AWS::DynamoDB::Table",
    "AWS::Serverless::StateMachine": "AWS::StepFunctions::StateMachine",
}
"""Types of SAM, and what SAM makes of them."""
_NAMES = ("Arn", "ARN", "Id", "Name")


def deciding_properties(type_name: str, attribute: str) -> frozenset[str] | None:
    """Return the properties that decide an attribute; None for all of them.

    Args:
        type_name: such as `AWS::S3::Bucket`.
        attribute: of `Fn::GetAtt`, such as `Arn`; empty for what `Ref` gives.
    """
    if type_name.startswith("AWS::CloudFormation::") or "." in attribute:
        return None
    if attribute and not attribute.endswith(_NAMES):
        return None
    return _create_only().get(_SAM.get(type_name, type_name))


@cache
def _create_only() -> dict[str, frozenset[str]]:
    text = files("tracker").joinpath("data/create_only_properties.json").read_bytes()
    return decode(text, type=dict[str, frozenset[str]])
