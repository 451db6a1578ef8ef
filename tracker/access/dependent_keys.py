"""Condition keys whose values depend on each other: those of a request that can exist agree.

Only what the pages linked below say is concluded from. Requests of which they say nothing are alternatives of their
own, so that a proof never rests on their absence.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tracker.access.conditions import passes
from tracker.policy.model import Condition

__all__ = ["KINDS", "OF_DEVICES", "Alternative", "Known", "alternatives", "in_order", "kind_tests"]


class Alternative(NamedTuple):
    """Tests that all of some requests pass."""

    tests: tuple[Condition, ...]
    exists: bool = True
    """Whether such requests can surely exist."""


class Known(NamedTuple):
    """What is known of the requests of a question beside their keys."""

    fill: str
    """A letter that stands in no document, and therefore in no test that a value must not pass."""
    tags_alone: bool = False
    """Whether there may be tags without the list of their keys."""
    of_identities: bool = False
    """Whether all come from a user, a role, a federated user or the root user of an account."""


Values = Mapping[str, Any]
"""Condition key → its values, None where it is absent; no member for a key that does not matter."""
Rule = Callable[[Values, Known], list[Alternative] | None]

OF_DEVICES = ("iot", "iotjobsdata", "greengrass")
"""Services whose actions stand in policies of AWS IoT, which name no principal and are of devices:
https://docs.aws.amazon.com/iot/latest/developerguide/iot-policies.html"""
_VIA, _FIRST, _LAST = "aws:calledvia", "aws:calledviafirst", "aws:calledvialast"
_TAG_KEYS, _REQUEST_TAG = "aws:tagkeys", "aws:requesttag/"
_ARN, _TYPE, _USER_ID, _USER_NAME = "aws:principalarn", "aws:principaltype", "aws:userid", "aws:username"


def _test(operator: str, key: str, *values: str) -> Condition:
    return Condition(operator, key, tuple(sorted(values)))


def _present(key: str) -> Condition:
    return _test("Null", key, "false")


def _absent(key: str) -> Condition:
    return _test("Null", key, "true")


KINDS: Mapping[str, tuple[Condition, ...]] = {
    "root": (
        _test("ArnLike", _ARN, "arn:*:iam::*:root"),
        _test("StringEquals", _TYPE, "Account"),
        _test("StringLike", _USER_ID, "?" * 12),
        _absent(_USER_NAME),
    ),
    "user": (
        _test("ArnLike", _ARN, "arn:*:iam::*:user/?*"),
        _test("StringEquals", _TYPE, "User"),
        _present(_USER_ID),
        _test("StringNotLike", _USER_ID, "*:*"),
        _present(_USER_NAME),
    ),
    "federated-user": (
        _test("ArnLike", _ARN, "arn:*:sts::*:federated-user/?*"),
        _test("StringEquals", _TYPE, "FederatedUser"),
        _test("StringLike", _USER_ID, f"{'?' * 12}:?*"),
        _absent(_USER_NAME),
    ),
    "role": (
        _test("ArnLike", _ARN, "arn:*:iam::*:role/?*"),
        _test("StringEquals", _TYPE, "AssumedRole"),
        _test("StringLike", _USER_ID, "?*:?*"),
        _absent(_USER_NAME),
    ),
}
"""Kind of a principal → what the keys that describe it are, by the table of "principal key values":
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
"""
_SOMEBODY_ELSE = (
    _test("ArnNotLike", _ARN, *(tests[0].values[0] for tests in KINDS.values())),
    _test("StringNotEquals", _TYPE, *(tests[1].values[0] for tests in KINDS.values())),
)
"""Who is of no kind of the table: a service, or anybody else."""
_IS_SESSION = _test("ArnLike", _ARN, "arn:*:sts::*:assumed-role/*")
_IS_NO_SESSION = _test("ArnNotLike", _ARN, *_IS_SESSION.values)
_SESSION = (_IS_SESSION, *KINDS["role"][1:])
"""A session of a role if its ARN were a value: in all other keys it is as the role is."""


def kind_tests(kind: str) -> tuple[Condition, ...]:
    """Return the tests that the keys of one kind of principal pass; none for an unknown kind.

    A session of a role is described as the role is.
    """
    return KINDS.get("role" if kind == "assumed-role" else kind, ())


def alternatives(values: Values, known: Known) -> list[Alternative] | None:
    """Return None where the values of a request agree; else what may be instead, one of which each request is.

    None of the alternatives that surely exist takes in the values that were given. An empty list: there is no rule
    how to go on.

    Args:
        values: those of a request.
        known: what is known of such requests beside.
    """
    return next((found for rule in _RULES if (found := rule(values, known)) is not None), None)


def in_order(values: Values) -> dict[str, Any]:
    """Return values with the services of a chain in the order that its first and last one ask for."""
    chain = values.get(_VIA)
    if not chain or len(chain) == 1:
        return dict(values)
    first, last = values.get(_FIRST) or chain[:1], values.get(_LAST) or chain[-1:]
    between = tuple(each for each in chain if each not in (*first, *last))
    return {**values, _VIA: (*first, *between, *last)}


def _chain_of_services(values: Values, known: Known) -> list[Alternative] | None:
    """The first and the last service of a chain are in the list of all; without a chain all three keys are absent.

    The services are service principals, as the table of the page has them: no `*` or `?` is in their names.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-calledvia
    """
    keys = [key for key in (_VIA, _FIRST, _LAST) if key in values]
    if any(not passes(_services(key), values[key]) for key in keys):
        return [Alternative(tuple(map(_services, keys)))]
    absent = Alternative(tuple(map(_absent, keys)))
    if len({values[key] is None for key in keys}) > 1:
        return [absent, Alternative(tuple(map(_present, keys)))]
    for key in keys if values.get(_VIA) else ():
        if not set(values[key]) <= set(values[_VIA]):
            return [*_equal(key, values, values[_VIA], known, _members), absent]
    return None


def _services(key: str) -> Condition:
    return _test("ForAllValues:StringNotLike", key, "*${*}*", "*${?}*")


def _members(services: Sequence[str], are: bool) -> Condition:
    return _test("ForAnyValue:StringEquals" if are else "ForAnyValue:StringNotEquals", _VIA, *services)


def _equal(
    key: str, values: Values, others: Iterable[str], known: Known, follows: Callable[[Sequence[str], bool], Condition]
) -> list[Alternative]:
    """Return that a key has its value or one of some others, or another one, each with the test that follows.

    Args:
        key: a key with one value.
        values: those of the request.
        others: values that the key may have as well, if the rest stays as it is.
        known: what is known of such requests.
        follows: returns the test that follows where the value is among some, or where it is not.
    """
    value = values[key][0]
    plain = [each for each in dict.fromkeys((value, *others)) if not set(each) & set("$*?/")]
    named = [each for each in plain if known.fill not in each]
    another = (_present(key), *([_test("StringNotEquals", key, *named), follows(named, False)] if named else []))
    return [
        *(Alternative((_test("StringEquals", key, each), follows([each], True))) for each in plain),
        Alternative(another, exists=value in named or set(others) <= set(named)),
    ]


def _tags_of_a_request(values: Values, known: Known) -> list[Alternative] | None:
    """The key of each tag in a request is in the list of its tag keys, and the other way round.

    An action that takes tags away has their keys alone; which actions do is not known here.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-tagkeys
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-requesttag
    """
    if _TAG_KEYS not in values:
        return None
    listed = {each.lower() for each in values[_TAG_KEYS] or ()}
    for key in sorted(each for each in values if each.startswith(_REQUEST_TAG)):
        tag = key.removeprefix(_REQUEST_TAG)
        if (values[key] is not None) == (tag in listed):
            continue
        if "$" in tag or not tag.isascii():
            return []
        is_listed = _test("ForAnyValue:StringEqualsIgnoreCase", _TAG_KEYS, tag)
        is_not_listed = _test("ForAllValues:StringNotEqualsIgnoreCase", _TAG_KEYS, tag)
        return [
            Alternative((_present(key), is_listed)),
            Alternative((_absent(key), is_not_listed)),
            *([Alternative((_present(key), _absent(_TAG_KEYS)), exists=False)] if known.tags_alone else []),
            Alternative((_absent(key), is_listed), exists=False),
        ]
    return None


def _kind_of_principal(values: Values, known: Known) -> list[Alternative] | None:
    """A principal is a user, a role, a federated user or the root user by all keys that describe it, or by none.

    A policy that names no principals is one of users and roles, or limits those of an account:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#access_policy-types

    The ARN of a role's session is no value of `aws:PrincipalArn`:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
    """
    keys = [key for key in (_ARN, _TYPE, _USER_ID, _USER_NAME) if key in values]
    session = [Alternative(_about(keys, _SESSION), exists=False)] if _ARN in keys else []
    if len(keys) <= 1:
        is_session = bool(keys and session and passes(_IS_SESSION, values[_ARN]))
        return [Alternative((_IS_NO_SESSION,)), *session] if is_session else None
    kinds = [_about(keys, tests) for tests in KINDS.values()]
    if any(all(passes(test, values[test.key]) for test in tests) for tests in kinds):
        return None
    somebody_else = [] if known.of_identities else [Alternative(_about(keys, _SOMEBODY_ELSE), exists=False)]
    return [*map(Alternative, kinds), *somebody_else, *session]


def _name_of_a_user(values: Values, known: Known) -> list[Alternative] | None:
    """The ARN of a user ends in the user's name.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
    """
    arn, name = values.get(_ARN), values.get(_USER_NAME)
    if not arn or not name or arn[0].rpartition("/")[2] == name[0]:
        return None
    return _equal(_USER_NAME, values, (arn[0].rpartition("/")[2],), known, _ends_in)


def _ends_in(names: Sequence[str], does: bool) -> Condition:
    users = [f"arn:*:iam::*:user/{path}{name}" for name in names for path in ("", "*/")]
    return _test("ArnLike" if does else "ArnNotLike", _ARN, *users)


def _about(keys: Iterable[str], tests: Iterable[Condition]) -> tuple[Condition, ...]:
    return tuple(test for test in tests if test.key in keys)


_RULES: tuple[Rule, ...] = (_chain_of_services, _tags_of_a_request, _kind_of_principal, _name_of_a_user)
