"""Principals of a request, and which of them the `Principal` elements of documents mean.

Principals are written as in `Scope.principals`: `*`, `AWS:` with an account or an ARN, `Service:`, `Federated:`,
`CanonicalUser:`. Wildcards mean nothing within them.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Identity", "Listed", "UnnamedRole", "account_of", "identity_of", "is_among", "is_meant", "representatives"]

ANYBODY = "*"
_ACCOUNT = re.compile(r"AWS:(\d{12})\Z")
_ARN = re.compile(r"AWS:arn:[^:]*:(?P<service>iam|sts)::(?P<account>\d{12}):(?P<kind>[a-z-]+)/(?P<name>.+)\Z")
_KINDS = ("role", "user", "assumed-role", "federated-user")


class Listed(NamedTuple):
    """A Principal or NotPrincipal element."""

    names: tuple[str, ...]
    """The principals in it; empty where a document names none."""
    inverted: bool = False
    """Whether it means all but these."""


class UnnamedRole(str):
    """A role of an account, named by no document, which a NotPrincipal of the account does not except.

    Whether it does the manual does not say: this is somebody whom it does not except, the account as a principal is
    somebody whom it does.
    """

    __slots__ = ()


class Identity(NamedTuple):
    """A role, a user or a session of an account."""

    account: str
    kind: str
    """`role`, `user`, `assumed-role` or `federated-user`."""
    name: str
    """The name with its path; of an assumed role, `role/session`."""


def is_meant(listed: str, principal: str) -> bool | None:
    """Return whether a principal of a request is meant by one in a list; None is "not known".

    Two roles or users are different principals. An account means everybody in it, a role all of its sessions; a
    session is named with its role's name, without the path. An account as the principal of a request is somebody in
    it whom no document names.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    if listed in (ANYBODY, principal):
        return True
    kind, other = listed.partition(":")[0], principal.partition(":")[0]
    if "CanonicalUser" in (kind, other):
        return None if {kind, other} <= {"CanonicalUser", "AWS"} else False
    if kind != "AWS" or other != "AWS":
        return False
    account, own = account_of(listed), account_of(principal)
    if account is None or own is None:
        return None
    if account != own:
        return False
    wide, narrow = identity_of(listed), identity_of(principal)
    if wide is None:
        return True if _ACCOUNT.match(listed) else None
    if narrow is None:
        return False if _ACCOUNT.match(principal) else None
    return (
        wide.kind == "role"
        and narrow.kind == "assumed-role"
        and (wide.name.rpartition("/")[2] == narrow.name.partition("/")[0])
    )


def is_among(listed: Listed, principal: str | None) -> bool | None:
    """Return whether an element means a principal; None is "not known".

    Of a NotPrincipal that names an account or a role it is not known what it says of those within:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    """
    if not listed.names:
        return True
    if principal is None:
        return False
    outcomes = {is_meant(name, principal) for name in listed.names}
    if not listed.inverted:
        return True if True in outcomes else None if None in outcomes else False
    if principal in listed.names or ANYBODY in listed.names:
        return False
    if isinstance(principal, UnnamedRole):
        return True
    return True if outcomes == {False} else None


def representatives(elements: Sequence[Listed], fill: str) -> list[str | None]:
    """Return one principal for each group that some elements distinguish: those named, and one that is not named.

    Where a NotPrincipal names an account, so is a role of it that nobody names.
    """
    names = sorted({name for element in elements for name in element.names if name != ANYBODY})
    if not any(element.names for element in elements):
        return [None]
    text = "\n".join(names)
    strange = next(str(number) for number in range(999999999999, 0, -1) if str(number) not in text)
    accounts = sorted({account for account in map(account_of, names) if account})
    excepted = {account_of(name) for element in elements if element.inverted for name in element.names}
    roles = [UnnamedRole(f"AWS:arn:aws:iam::{account}:role/{fill}") for account in accounts if account in excepted]
    found = [f"AWS:{strange}", *(f"AWS:{account}" for account in accounts), *names, *roles]
    return [*dict.fromkeys(found), f"Service:{fill}.amazonaws.com", f"Federated:{fill}"]


def account_of(principal: str) -> str | None:
    """Return the account of a principal; None for a service and the like, and where it is not known."""
    found = _ACCOUNT.match(principal) or re.match(r"AWS:arn:[^:]*:[^:]*::(\d{12}):", principal)
    return found[1] if found else None


def identity_of(principal: str) -> Identity | None:
    """Return the role, user or session that a principal is; None for an account and all others."""
    found = _ARN.match(principal)
    if not found or found["kind"] not in _KINDS:
        return None
    return Identity(found["account"], found["kind"], found["name"])
