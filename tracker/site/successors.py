"""Which policy took the place of one that is gone, as far as their names and dates show it.

AWS removes a policy and publishes another one under almost the same name: `AWSConfigRole` and `AWS_ConfigRole`,
`AmazonGuardDutyFullAccess` and `AmazonGuardDutyFullAccess_v2`. Nothing else of a successor is known: no field names it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from tracker.policy.history import PolicyHistory

__all__ = ["successors_of"]

_OWNER = re.compile(r"^(?:aws|amazon)(?=[a-z])")
_NUMBER = re.compile(r"v[0-9]+$")


def successors_of(histories: Iterable[PolicyHistory]) -> Mapping[tuple[str, str], PolicyHistory]:
    """Return the successors of policies that are gone, by owner and folder of those.

    A successor has the same name but for separators, letter case, the owner's name in front and a number behind, was
    first published later, and is in force; of several the first.

    Args:
        histories: all policies.
    """
    by_name: defaultdict[tuple[str, str], list[PolicyHistory]] = defaultdict(list)
    for history in histories:
        by_name[history.owner, _bare(history.facts.name)].append(history)
    found = {}
    for group in by_name.values():
        for gone in group:
            later = [one for one in group if one.in_force is not None and _began(one) > _began(gone)]
            if gone.in_force is None and later:
                found[gone.owner, gone.label] = min(later, key=lambda one: (_began(one), one.label))
    return found


def _bare(name: str) -> str:
    letters = "".join(char for char in name.lower() if char.isalnum())
    return _NUMBER.sub("", _OWNER.sub("", letters))


def _began(history: PolicyHistory) -> str:
    created = history.facts.created_at or history.versions[0].created_at
    return created.isoformat()
