"""Who is everybody: AWS's own definition of public, and trust in a whole identity provider."""

from typing import Any

import pytest

from tracker.policy.documents import parse_document
from tracker.policy.model import Scope
from tracker.risk.public_access import is_public, open_providers

GITHUB = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
SUB = "token.actions.githubusercontent.com:sub"


def scope(principal: Any, condition: Any) -> Scope:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition}
    return parse_document({"Version": "2012-10-17", "Statement": [statement]}).statements[0].scope


@pytest.mark.parametrize(
    ("condition", "public"),
    [
        ({}, True),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}, False),
        ({"StringLike": {"aws:PrincipalOrgID": "o-*"}}, True),
        ({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}, True),
        ({"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}, True),
        ({"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}, True),
        ({"StringEquals": {"aws:PrincipalAccount": ["111122223333", "444455556666"]}}, False),
        ({"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalAccount}"}}, True),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*"}}, False),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-*/r-ab12/*"}}, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/ExampleRole"}}, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}, False),
        ({"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::mine"}}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}, True),
        ({"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}, True),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
        ({"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "::/0"]}}, True),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/7"}}, True),
        ({"IpAddress": {"aws:SourceIp": "2001:db8::/32"}}, False),
        ({"IpAddress": {"aws:SourceIp": "2001:db8::/31"}}, True),
        ({"IpAddress": {"aws:SourceIp": "no address"}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::mine:*"}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:111122223333:topic:*"}}, False),
        ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, True),
        ({"StringEquals": {"aws:PrincipalType": "AssumedRole"}}, True),
        ({"StringEquals": {"aws:username": "alice"}}, True),
        ({"StringEquals": {"kms:CallerAccount": "111122223333"}}, False),
        ({"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"Null": {"aws:PrincipalOrgID": "false"}}, True),
    ],
)
def test_everybody_is_let_in_or_some_owner_is(condition: Any, public: bool) -> None:
    assert is_public(scope("*", condition)) is public
    assert not is_public(scope({"AWS": "arn:aws:iam::111122223333:root"}, condition))


@pytest.mark.parametrize(
    ("condition", "open_to_all"),
    [
        ({}, True),
        ({"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}, True),
        ({"StringLike": {SUB: "repo:*"}}, True),
        ({"StringLike": {SUB: "repo:octo*"}}, True),
        ({"StringLike": {SUB: "*"}}, True),
        ({"StringLike": {SUB: ["repo:octo-org/site:*", "repo:*"]}}, True),
        ({"StringEqualsIfExists": {SUB: "repo:octo-org/site:ref:refs/heads/main"}}, True),
        ({"StringLike": {SUB: "repo:octo-org/*"}}, False),
        ({"StringEquals": {SUB: "repo:octo-org/site:environment:prod"}}, False),
        ({"StringEquals": {SUB: "repo:*"}}, False),  # a star is a letter like any other here
        ({"StringLike": {"other.example:sub": "repo:octo-org/*"}}, True),
    ],
)
def test_a_provider_is_trusted_for_whom_the_subject_names(condition: Any, open_to_all: bool) -> None:
    assert bool(open_providers(scope({"Federated": GITHUB}, condition))) is open_to_all
    assert not open_providers(scope({"Service": "lambda.amazonaws.com"}, condition))
