"""Whom a scope lets in: everybody, or whoever has an account with an identity provider that many share.

AWS's own definition of public: a policy is not public if it grants only to fixed values, without wildcards, of the keys
on https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
Keys beyond that page limit access to an owner, too, if their value names an owner:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-caller-account
"""

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_network

from tracker.policy.model import Condition, Scope
from tracker.policy.operators import operator_of
from tracker.policy.symbols import BEGIN

__all__ = ["is_public", "open_providers"]

_LEAST_PREFIX = {4: 8, 6: 32}
"""Bits of a network below which it is too wide to be anybody's: AWS takes `0.0.0.0/1` for public."""
_ACCOUNT = re.compile(r"[0-9]{12}\Z")
_ORGANIZATION_PATH = re.compile(r"o-[a-z0-9]{10,32}/")
_OIDC = re.compile(
    r"Federated:(?:arn:[^:]*:iam::[^:]*:oidc-provider/(?P<provider>.+)|(?P<google>accounts\.google\.com))\Z"
)
_OWNED_SUBJECT = re.compile(r"[^:*?]+:[^*?/:]+[/:]")
"""How a subject begins that names an owner: `repo:octo-org/`, `project_path:group/`, `system:serviceaccount:`."""
_TESTS = ("StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "IpAddress")


def is_public(scope: Scope) -> bool:
    """Return whether a scope names everybody and no test limits access to an owner."""
    names_everybody = "*" in scope.principals or "AWS:*" in scope.principals or bool(scope.not_principals)
    return names_everybody and not any(map(_limits_to_owner, scope.conditions))


def open_providers(scope: Scope) -> frozenset[str]:
    """Return the OpenID Connect providers that a scope trusts whoever it is that they vouch for.

    A provider such as GitHub vouches for anybody's workflow: without a test of `sub`, or with `repo:*`, all of them
    are let in. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
    """
    found = (_OIDC.match(principal) for principal in scope.principals)
    names = {match["provider"] or match["google"] for match in found if match}
    return frozenset(name for name in names if not any(_names_subject(test, name) for test in scope.conditions))


def _names_subject(test: Condition, provider: str) -> bool:
    if not _asks(test) or test.folded_key != f"{provider.lower()}:sub":
        return False
    operator = operator_of(test.operator)
    exact = operator is not None and operator.test in ("StringEquals", "StringEqualsIgnoreCase")
    return bool(test.values) and all(
        _is_fixed(value) or (exact and not _has_variable(value)) or _OWNED_SUBJECT.match(value) for value in test.values
    )


def _limits_to_owner(test: Condition) -> bool:
    """Return whether a test asks who calls, or from where, for fixed values that are some owner's."""
    owned = _OWNED.get(test.folded_key)
    return owned is not None and _asks(test) and bool(test.values) and all(map(owned, test.values))


def _asks(test: Condition) -> bool:
    """Return whether a request without the key fails a test, and one with another value, too."""
    operator = operator_of(test.operator)
    return operator is not None and operator.test in _TESTS and operator.matches_missing_key is False


def _has_variable(value: str) -> bool:
    """Return whether a policy variable stands in a value; a symbol is a fixed value that is not known here."""
    return "${" in value.replace(f"${{{BEGIN}", "")


def _is_fixed(value: str) -> bool:
    return not _has_variable(value) and "*" not in value and "?" not in value


def _is_owned_arn(value: str) -> bool:
    """Return whether an ARN is fixed, or its account is."""
    parts = value.split(":", 5)
    in_account = len(parts) == 6 and (_ACCOUNT.match(parts[4]) is not None or BEGIN in parts[4])  # noqa: PLR2004
    return _is_fixed(value) or (in_account and not _has_variable(value))


def _is_owned_path(value: str) -> bool:
    return _ORGANIZATION_PATH.match(value) is not None and not _has_variable(value)


def _is_narrow_network(value: str) -> bool:
    if BEGIN in value:
        return True
    try:
        network = ip_network(value, strict=False)
    except ValueError:
        return False
    return network.prefixlen >= _LEAST_PREFIX[network.version]


_OWNED: Mapping[str, Callable[[str], bool]] = {
    # The page on blocking public access.
    "aws:principalorgid": _is_fixed,
    "aws:sourceip": _is_narrow_network,
    "aws:sourcearn": _is_owned_arn,
    "aws:sourcevpc": _is_fixed,
    "aws:sourcevpce": _is_fixed,
    "aws:sourceowner": _is_fixed,
    "aws:sourceaccount": _is_fixed,
    "aws:userid": _is_fixed,
    "s3:x-amz-server-side-encryption-aws-kms-key-id": _is_fixed,
    "s3:dataaccesspointarn": _is_owned_arn,
    "s3:dataaccesspointaccount": _is_fixed,
    # Keys whose value names an owner.
    "aws:principalaccount": _is_fixed,
    "aws:principalarn": _is_owned_arn,
    "aws:principalorgpaths": _is_owned_path,
    "aws:principalservicename": _is_fixed,
    "aws:sourceorgid": _is_fixed,
    "aws:sourceorgpaths": _is_owned_path,
    "aws:vpceaccount": _is_fixed,
    "aws:vpceorgid": _is_fixed,
    "aws:vpceorgpaths": _is_owned_path,
    "kms:calleraccount": _is_fixed,
}
"""Condition key -> whether a value of it is some owner's."""
