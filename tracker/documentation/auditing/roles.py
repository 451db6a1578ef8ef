"""Which policy a service-linked role has, as far as something proves it.

The names alone do not: `AWSServiceRoleForX` has a policy called `XServiceRolePolicy` in two cases of three. What
proves it is that one policy of IAM's path for such roles, and no other, is named for the same service: for what the
role is called after, or for the service principal in whose path policies write the role's ARN.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tracker.policy.history import PolicyFacts, PolicyHistory

__all__ = ["NO_ROLES", "RoleIndex", "role_index"]

MAX_CANDIDATES = 5
MIN_KEY_LENGTH = 3
_ROLE_PATH = "/aws-service-role/"
_ROLE_ARN = re.compile(r"aws-service-role/([a-z0-9-]+)(?:\.[a-z0-9.*-]*)?/(AWSServiceRoleFor[A-Za-z0-9_-]+)")
_POLICY_ENDS = re.compile(
    r"(?:ServiceLinkedRole|LinkedRole|ServiceRole|SLR|ServiceRoleFor|Service|Role)*(?:Default)?(?:Policy|Permissions)?$"
)
_OWNERS = re.compile(r"^(?:AWSServiceRoleFor|AWSServiceRole|AWS|Amazon)+[-_]?")


@dataclass(frozen=True)
class RoleIndex:
    """Policies of service-linked roles, by what they are named for."""

    policies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What is left of a name without its usual beginnings and ends, in lower case → the policies so named."""
    principals: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Role → the services in whose path its ARN was written."""

    def policy_of(self, role: str) -> tuple[str | None, tuple[str, ...]]:
        """Return the policy of a role, or None and those that may be it."""
        keys = [_key(role), *sorted(_letters(principal) for principal in self.principals.get(role, ()))]
        for key in keys:
            if len(found := self.policies.get(key, ())) == 1:
                return found[0], ()
        return None, tuple(self._candidates(keys))[:MAX_CANDIDATES]

    def _candidates(self, keys: Iterable[str]) -> list[str]:
        near = {
            policy: min(abs(len(other) - len(key)) for key in keys if _is_near(key, other))
            for other, policies in self.policies.items()
            for policy in policies
            if any(_is_near(key, other) for key in keys)
        }
        return sorted(near, key=lambda policy: (near[policy], policy))


def role_index(facts: Iterable[PolicyFacts], histories: Iterable[PolicyHistory] = ()) -> RoleIndex:
    """Return an index of the policies in IAM's path for service-linked roles.

    Args:
        facts: of all policies.
        histories: policies whose documents may write ARNs of roles.
    """
    policies: defaultdict[str, list[str]] = defaultdict(list)
    for one in facts:
        if one.path == _ROLE_PATH or (one.arn is not None and _ROLE_PATH in one.arn):
            policies[_key(one.name)].append(one.name)
    principals: defaultdict[str, set[str]] = defaultdict(set)
    for history in histories:
        if version := history.last_version:
            for principal, role in _ROLE_ARN.findall(json.dumps(version.document)):
                principals[role].add(principal)
    return RoleIndex(
        {key: tuple(sorted(names)) for key, names in policies.items()},
        {role: frozenset(found) for role, found in principals.items()},
    )


def _key(name: str) -> str:
    bare = _OWNERS.sub("", name)
    return _letters(_POLICY_ENDS.sub("", bare) or bare)


def _letters(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())


def _is_near(key: str, other: str) -> bool:
    return min(len(key), len(other)) >= MIN_KEY_LENGTH and (key in other or other in key)


NO_ROLES = RoleIndex()
"""Nothing is known of any role."""
