"""The condition keys that say who asks: `aws:PrincipalAccount`, `aws:PrincipalArn`, and those of its kind and id.

Their values follow from the principal of a request, so a request that can exist has values that agree with it, and
with each other. Both are there in each signed request of a role, a user or a session; of a session of a role
`aws:PrincipalArn` is the role's ARN. `aws:PrincipalType`, `aws:userid` and `aws:username` follow from the kind of the
principal (`dependent_keys`). Of services and identity providers the manual does not say.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalaccount
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tracker.access.conditions import passes
from tracker.access.dependent_keys import kind_tests
from tracker.access.principals import Identity, Listed, account_of, identity_of, is_meant, representatives
from tracker.access.problems import PRINCIPAL, Given
from tracker.access.variables import relies_on
from tracker.policy.model import Condition, Scope

__all__ = ["MAX_CALLERS", "Caller", "callers", "can_exist", "concerns_callers", "with_caller"]

MAX_CALLERS = 64
"""Principals that are looked at one by one."""
_ACCOUNT_KEY, _ARN_KEY = "aws:principalaccount", "aws:principalarn"
_KEYS = (_ACCOUNT_KEY, _ARN_KEY)
_KIND_KEYS = ("aws:principaltype", "aws:userid", "aws:username")
_ACCOUNT = re.compile(r"\d{12}\Z")
_ARN = re.compile(r"arn:[^:]*:(?:iam|sts)::(\d{12}):")
_ARN_OF_SOMEBODY = re.compile(
    r"arn:aws[a-z-]*:(?:iam::(\d{12}):(?:root\Z|(?:role|user)/.)|sts::(\d{12}):federated-user/.)"
)
_MISSING = object()


class Caller(NamedTuple):
    """Somebody who asks, or all of a kind."""

    principal: str
    """As the principal of a request."""
    perhaps: tuple[Condition, ...] = ()
    """Tests of the keys that all of its requests pass."""
    surely: tuple[tuple[Condition, ...], ...] = ()
    """Tests that only its requests pass: for each reading of the manual; empty where it does not say what is true."""


def concerns_callers(scopes: Sequence[Scope]) -> bool:
    """Return whether it matters that the keys agree: with a Principal element, or with each other."""
    keys = _asked(scopes)
    return keys.issuperset(_KEYS) or bool(keys and _names(scopes))


def _asked(scopes: Sequence[Scope]) -> set[str]:
    """Return which of the keys are tested, or stand as variables."""
    tested = {test.folded_key for scope in scopes for test in scope.conditions}
    return (tested | relies_on(scopes)).intersection((*_KEYS, *_KIND_KEYS))


def _names(scopes: Iterable[Scope]) -> set[str]:
    return {name for scope in scopes for name in (*scope.principals, *scope.not_principals)}


def can_exist(values: Mapping[str, Any], scopes: Sequence[Scope], *, supposed: bool = False) -> bool:
    """Return whether the principal of a request and the values of the keys surely agree.

    Args:
        values: dimension → value: of a key a tuple, None where it is absent; no member for a key that does not matter.
        scopes: those of the statements: an account that asks is somebody in it whom their elements do not name.
        supposed: whether the keys are what the manual may say of a principal that is in no account.
    """
    principal = values.get(PRINCIPAL)
    account, arn = (values.get(key, _MISSING) for key in _KEYS)
    if principal is None:
        return not isinstance(account, tuple) or not isinstance(arn, tuple) or account == (_account_in(arn[0]),)
    own, identity = account_of(principal), identity_of(principal)
    if own is None:
        return supposed or not values.keys() & {*_KEYS, *_KIND_KEYS}
    tests = kind_tests(identity.kind) if identity else ()
    if not all(passes(test, values[test.key]) for test in tests if test.key in values and test.key in _KIND_KEYS):
        return False
    if account is not _MISSING and account != (own,):
        return False
    return arn is _MISSING or (isinstance(arn, tuple) and len(arn) == 1 and _is_arn_of(principal, arn[0], scopes))


def _is_arn_of(principal: str, arn: str, scopes: Sequence[Scope]) -> bool:
    identity, names = identity_of(principal), _names(scopes)
    if identity is None:
        return _account_in(arn) == account_of(principal) and f"AWS:{arn}" not in names
    if identity.kind != "assumed-role":
        return principal == f"AWS:{arn}"
    return (arn,) == (_roles_of(principal, identity, names) or (_role_without_path(principal, identity),))


def _account_in(arn: str) -> str | None:
    """Return the account of somebody's ARN; None where nobody has such an ARN."""
    found = _ARN_OF_SOMEBODY.match(arn)
    return (found[1] or found[2]) if found else None


def _roles_of(session: str, identity: Identity, names: Iterable[str]) -> tuple[str, ...]:
    """Return the ARNs by which documents name the role of a session; the name of a role is unique in its account."""
    roles = ((name, identity_of(name)) for name in sorted(names))
    return tuple(
        name.removeprefix("AWS:")
        for name, role in roles
        if role and (role.account, role.kind) == (identity.account, "role") and is_meant(name, session)
    )


def _role_without_path(session: str, identity: Identity) -> str:
    """Return the ARN that the role of a session has if it has no path."""
    partition, role = session.split(":")[2], identity.name.partition("/")[0]
    return f"arn:{partition}:iam::{identity.account}:role/{role}"


def callers(scopes: Sequence[Scope], fill: str) -> list[Caller]:
    """Return callers that stand for all that some scopes treat differently.

    Args:
        scopes: those of the statements.
        fill: a letter that stands in no document.
    """
    names, keys = _names(scopes), _asked(scopes)
    accounts = sorted({account for scope in scopes for test in scope.conditions for account in _accounts(test)})
    elements = (Listed(tuple(sorted(names))), Listed(tuple(f"AWS:{account}" for account in (*accounts, _NOBODY))))
    found = [each for each in representatives(elements, fill) if each and each != f"AWS:{_NOBODY}"]
    strange, *known = [each for each in found if names or account_of(each)]
    others = sorted({account for account in map(account_of, known) if account})
    listed = [_of_others(strange, others), *(_caller(each, names) for each in known)]
    if keys != {_ARN_KEY}:  # of services it is not known
        listed = [each if account_of(each.principal) else each._replace(surely=()) for each in listed]
    return [
        Caller(each.principal, _about(keys, each.perhaps), tuple(_about(keys, tests) for tests in each.surely))
        for each in listed
    ]


_NOBODY = "000000000000"
"""Named as an account, so that there is another that nobody names."""


_ARN_OF_SERVICE = tuple(
    (test,) for test in (Condition("Null", _ARN_KEY, ("true",)), Condition("StringEquals", _ARN_KEY, ("-",)))
)
"""The key is absent, or it is no ARN that a document names."""
_NOBODYS_ARN = Condition("StringNotLike", _ARN_KEY, ("arn:*:iam::*", "arn:*:sts::*"))
"""The key is an ARN of a role, a user, a federated user or the root user of an account: of no other principal."""


def _about(keys: set[str], tests: Iterable[Condition]) -> tuple[Condition, ...]:
    return tuple(test for test in tests if test.folded_key in keys)


def _accounts(test: Condition) -> Iterator[str]:
    """Yield the accounts that a test of one of the keys names."""
    if test.folded_key == _ACCOUNT_KEY:
        yield from filter(_ACCOUNT.match, test.values)
    if test.folded_key == _ARN_KEY:
        yield from (found[1] for value in test.values if (found := _ARN.match(value)))


def _of_others(principal: str, others: Sequence[str]) -> Caller:
    """Return a principal of an account that nobody names; it stands for all accounts but some."""
    account = str(account_of(principal))
    patterns = tuple(f"arn:*:*::{other}:*" for other in others)
    perhaps = (
        *((Condition("StringNotEquals", _ACCOUNT_KEY, tuple(others)),) if others else ()),
        *((Condition("StringNotLike", _ARN_KEY, patterns),) if others else ()),
    )
    return Caller(principal, perhaps, ((_equal(_ACCOUNT_KEY, account), _usual(account)),))


def _caller(principal: str, names: Iterable[str]) -> Caller:
    """Return a principal with what it says of the keys; of an account, somebody in it whom the names do not mean."""
    account, identity = account_of(principal), identity_of(principal)
    if account is None:
        is_iam = principal.startswith(("AWS:", "CanonicalUser:"))
        return Caller(principal) if is_iam else Caller(principal, (_NOBODYS_ARN,), _ARN_OF_SERVICE)
    exact = _equal(_ACCOUNT_KEY, account)
    if identity is None:
        named = tuple(sorted(name[4:] for name in names if account_of(name) == account and _ARN.match(name[4:])))
        unlike = (Condition("StringNotEquals", _ARN_KEY, named),) if named else ()
        anybody = Condition("StringLike", _ARN_KEY, (f"arn:*:*::{account}:*",))
        return Caller(principal, (exact, anybody, *unlike), ((exact, _usual(account), *unlike),))
    kind = tuple(test for test in kind_tests(identity.kind) if test.key in _KIND_KEYS)
    if identity.kind != "assumed-role":
        tests = (exact, *kind, _equal(_ARN_KEY, principal.partition(":")[2]))
        return Caller(principal, tests, (tests,))
    plain, roles = _role_without_path(principal, identity), _roles_of(principal, identity, names)
    wherever = Condition("StringLike", _ARN_KEY, (plain, plain.replace(":role/", ":role/*/")))
    its_role = Condition("StringEquals", _ARN_KEY, roles or (plain,))
    surely = ((exact, *kind, its_role),) if len(roles) <= 1 else ()
    return Caller(principal, (exact, *kind, its_role if roles else wherever), surely)


def _equal(key: str, value: str) -> Condition:
    return Condition("StringEquals", key, (value,))


def _absent(key: str) -> Condition:
    return Condition("Null", key, ("true",))


def _usual(account: str) -> Condition:
    """Return the test that somebody of an account is one of its roles or users."""
    return Condition("StringLike", _ARN_KEY, tuple(f"arn:aws:iam::{account}:{kind}/?*" for kind in ("role", "user")))


def with_caller(given: Given, principal: str, tests: Sequence[Condition], *, supposed: bool = False) -> Given:
    """Return what is given where somebody asks whose keys pass some tests; a key with one value is that as a variable.

    Args:
        given: what variables stand for, and the tests that say so.
        principal: who asks.
        tests: those of the caller.
        supposed: whether only requests of the caller pass them.
    """
    fixed: dict[str, str | None] = {test.folded_key: None for test in tests if test == _absent(test.key)}
    fixed |= {
        test.folded_key: test.values[0] for test in tests if test.operator == "StringEquals" and not test.values[1:]
    }
    kept = tuple(test for test in given.tests if test.folded_key not in fixed)
    return Given({**given.values, **fixed}, (*kept, *tests), principal, supposed)
