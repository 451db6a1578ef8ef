"""Where IAM's manual can be read in two ways: every answer must hold in each of them that makes a difference."""

import re
from collections.abc import Iterable, Sequence
from itertools import product
from typing import NamedTuple

from tracker.access.languages import variables_in
from tracker.policy.model import Scope
from tracker.policy.operators import Family, operator_of
from tracker.policy.resources import has_open_wildcard
from tracker.policy.values import is_mapped

__all__ = ["PLAIN", "Reading", "readings_of"]

_BARE_YEAR = re.compile(r"[0-9]{4}\Z")


class Reading(NamedTuple):
    """One way to read what the manual leaves open."""

    stars_cross_colons: bool = True
    """Whether a star within a segment of a resource, and a `?`, may stand for a colon. Of a star that ends a segment
    the manual says that it may: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    bare_year: bool = True
    """Whether a date of four digits is a year, or seconds since 1970:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date
    """
    null_differs: bool = True
    """Whether a negated test against a variable without a value passes, or its statement does not hold; the manual
    says both: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    mapped_apart: bool = True
    """Whether an IPv4 address written as one of IPv6 (`::ffff:192.0.2.1`) is another address than the IPv4 address; of
    these the manual says nothing:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IPAddress
    """


PLAIN = Reading()


def readings_of(scopes: Sequence[Scope]) -> list[Reading]:
    """Return the readings under which some scopes may differ; the first is the plainest."""
    choices = (
        (True, False) if any(map(has_open_wildcard, _resources(scopes))) else (True,),
        (True, False) if any(map(_has_bare_year, scopes)) else (True,),
        (True, False) if any(map(_tests_variable_for_absence, scopes)) else (True,),
        (True, False) if any(map(_has_mapped_address, scopes)) else (True,),
    )
    return [Reading(*each) for each in product(*choices)]


def _resources(scopes: Iterable[Scope]) -> set[str]:
    return {pattern for scope in scopes for pattern in (*scope.resources, *scope.not_resources)}


def _has_bare_year(scope: Scope) -> bool:
    for test in scope.conditions:
        operator = operator_of(test.operator)
        if operator and operator.family is Family.DATE and any(map(_BARE_YEAR.match, test.values)):
            return True
    return False


def _has_mapped_address(scope: Scope) -> bool:
    for test in scope.conditions:
        operator = operator_of(test.operator)
        if operator and operator.family is Family.IP_ADDRESS and any(map(is_mapped, test.values)):
            return True
    return False


def _tests_variable_for_absence(scope: Scope) -> bool:
    """Return whether a negated test, or a NotResource, has a variable without a default."""
    values = [
        value
        for test in scope.conditions
        if (operator := operator_of(test.operator)) and operator.negated
        for value in test.values
    ]
    return any("," not in name for value in (*values, *scope.not_resources) for name in variables_in(value))
