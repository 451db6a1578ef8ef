"""Which services a policy belongs to: on the documentation pages of those it has its section.

That is the one it is named for, if it grants anything of it (most actions of `AmazonConnect_FullAccess` are of other
services), and the one that has most of what it grants: half of it, or where it is named for none. Policies of nothing
in particular (`AdministratorAccess`) are documented with IAM.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from tracker.errors import DocumentError
from tracker.policy.grants import EVERYTHING
from tracker.policy.history import PolicyHistory, PolicyVersion
from tracker.policy.model import Effect, Statement
from tracker.policy.patterns import has_wildcard
from tracker.site.grants import Expansions

__all__ = ["ELSEWHERE", "policies_by_service", "service_weights"]

ELSEWHERE = "iam"
"""Where policies stand that are of no service: AWS documents the like in IAM's user guide."""
_OWNERS = ("aws", "amazon")


def policies_by_service(
    histories: Iterable[tuple[PolicyHistory, Mapping[str, int]]], prefixes: Iterable[str]
) -> Mapping[str, list[PolicyHistory]]:
    """Return each policy under every service it belongs to, by service prefix; each is under one at least.

    Args:
        histories: the policies, each with how much it is about each service.
        prefixes: the services there are.
    """
    letters = {prefix.replace("-", ""): prefix for prefix in prefixes}
    found: defaultdict[str, list[PolicyHistory]] = defaultdict(list)
    for history, weights in histories:
        known = {prefix: weight for prefix, weight in weights.items() if letters.get(prefix.replace("-", "")) == prefix}
        for prefix in _services(known, _named_for(history.facts.name, letters)):
            found[prefix].append(history)
    return found


def _services(weights: Mapping[str, int], named: str | None) -> set[str]:
    """Return the services that a policy belongs to, by how many actions of each it is about, and by its name."""
    most = max(weights, key=lambda prefix: (weights[prefix], prefix), default=ELSEWHERE)
    if named is None or named not in weights:
        return {most}
    return {named, most} if 2 * weights[most] >= sum(weights.values()) else {named}


def service_weights(version: PolicyVersion | None, expansions: Expansions) -> Mapping[str, int]:
    """Return how many actions of each service a policy allows by a version; denies, where it allows none.

    Args:
        version: the one in force; of a policy that has left the list the last one.
        expansions: what wildcards stand for.
    """
    try:
        statements = version.parsed.statements if version else ()
    except DocumentError:
        return {}
    return _counted(statements, Effect.ALLOW, expansions) or _counted(statements, Effect.DENY, expansions)


def _counted(statements: Iterable[Statement], effect: Effect, expansions: Expansions) -> Mapping[str, int]:
    counts: Counter[str] = Counter()
    for statement in statements:
        if statement.effect is effect and not statement.inverted:
            for action in statement.folded:
                prefix = action.partition(":")[0]
                if prefix != EVERYTHING and not has_wildcard(prefix):
                    counts[prefix] += max(1, len(expansions[action])) if action in statement.wild else 1
    return counts


def _named_for(name: str, letters: Mapping[str, str]) -> str | None:
    """Return the service that a policy's name begins with, the longest that fits: `AmazonS3FullAccess` → `s3`."""
    folded = "".join(char for char in name.lower() if char.isalnum())
    for owner in _OWNERS:
        folded = folded.removeprefix(owner)
    return next((letters[folded[:end]] for end in range(len(folded), 1, -1) if folded[:end] in letters), None)
