"""What acts as a role: a function, an instance or a service account that gets another role than before.

A role's policies need not change for somebody to gain what they allow: it is enough that a function is given another
role. What its roles allow after is compared with what they allowed before. A role whose policies are not at hand is
unknown.

Said elsewhere, and not again here: what a role allows that is new itself. A new function with a role that another one
of its kind had before is no news either: whoever can write the code of the one can write that of the other.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import product

from tracker.inputs.comparing.attached import MAX_TESTS, AttachedPolicies, Side
from tracker.inputs.comparing.pairing import document_name
from tracker.inputs.comparing.pairs import DocumentPair
from tracker.inputs.model import (
    WORKFLOW,
    Case,
    Contents,
    FileLocation,
    HeldRole,
    LoadedDocument,
    Unknown,
    UnknownKind,
    digest_of,
)
from tracker.policy.json_text import canonical
from tracker.policy.symbols import printable

__all__ = ["role_pairs"]

_VERSION = "2012-10-17"
_Holder = tuple[str, str]
"""Identity of what acts as roles, and the property that says so."""


def role_pairs(path: str, before: Contents, after: Contents, known: AttachedPolicies) -> Iterator[DocumentPair]:
    """Yield a pair for each thing in a file that acts as another role: what its roles allow, before and after.

    Args:
        path: the file.
        before: what it held.
        after: what it holds.
        known: finds AWS managed policies.
    """
    old, new = _by_holder(before), _by_holder(after)
    sides: tuple[Side, Side] | None = None
    shared = {_use(held) for held in before.held_roles}
    for holder, held in sorted(new.items()):
        gained = [one for one in held if not _had(one, old[holder]) and not _is_new(one.role, before, after)]
        if holder[0] not in before.declared:
            gained = [one for one in gained if one.kind != WORKFLOW and _use(one) not in shared]
        if gained:
            sides = sides or (Side(path, before, known), Side(path, after, known))
            yield from _pairs(holder, old[holder], held, sides)


def _use(held: HeldRole) -> tuple[str, ...]:
    """Return for what a role is used: an instance profile for instances, however they are made."""
    return ("", held.role) if "profile" in held.member.lower() else (held.kind, held.member, held.role)


def _had(held: HeldRole, before: Collection[HeldRole]) -> bool:
    """Return whether a holder had a role before in each case in which it has it now."""
    return any(one.role == held.role and set(one.condition) <= set(held.condition) for one in before)


def _by_holder(contents: Contents) -> defaultdict[_Holder, list[HeldRole]]:
    found: defaultdict[_Holder, list[HeldRole]] = defaultdict(list)
    for held in contents.held_roles:
        found[held.holder, held.member].append(held)
    return found


def _is_new(role: str, before: Contents, after: Contents) -> bool:
    return role in after.roles and role not in before.roles


def _pairs(
    holder: _Holder, before: Collection[HeldRole], after: Collection[HeldRole], sides: tuple[Side, Side]
) -> Iterator[DocumentPair]:
    """Yield a pair for each case of the tests on which it rests who acts as which role, and what the roles allow."""
    roles = ", ".join(sorted({printable(one.role) for one in after}))
    identity = f"{holder[0]} acts as {roles}"
    name, path = document_name(sides[1].path, identity), sides[1].path
    tests = sorted({test for held, side in zip((before, after), sides, strict=True) for test in _tests(held, side)})
    if len(tests) > MAX_TESTS:
        old, new = (_too_many_cases(held, identity, side) for held, side in zip((before, after), sides, strict=True))
        yield DocumentPair(name, path, old if before else None, new)
        return
    seen: list[object] = []
    for answers in product((True, False), repeat=len(tests)):
        case = tuple(zip(tests, answers, strict=True))
        old_held, new_held = (_in_case(held, case) for held in (before, after))
        if {one.role for one in new_held} <= {one.role for one in old_held}:
            continue
        old, new = (
            _allowed(held, identity, side, case) for held, side in zip((old_held, new_held), sides, strict=True)
        )
        said = [(one.document, one.unknowns) for one in (old, new)]
        if said not in seen:
            seen.append(said)
            number = f" ({len(seen)})" if len(seen) > 1 else ""
            yield DocumentPair(f"{name}{number}", path, old if old_held else None, new)


def _in_case(held: Iterable[HeldRole], case: Case) -> list[HeldRole]:
    return [one for one in held if set(one.condition) <= set(case)]


def _tests(held: Iterable[HeldRole], side: Side) -> Iterator[str]:
    """Yield all tests on which it rests as which roles something acts, and what these allow."""
    waiting, seen = list(held), set[str]()
    while waiting:
        one = waiting.pop()
        yield from (test for test, _ in one.condition)
        principal = side.contents.roles.get(one.role)
        if principal:
            for boundary in (False, True):
                yield from side.tests(principal, boundary)
        elif principal == "" and one.role not in seen:
            seen.add(one.role)
            waiting += [more for more in side.contents.held_roles if more.holder == one.role]


def _too_many_cases(held: Collection[HeldRole], identity: str, side: Side) -> LoadedDocument:
    """Return what roles allow where that rests on too many tests to look at each case."""
    unknowns = tuple(_unknown(one, "rests on too many conditions", repr(one.condition)) for one in held)
    where = next((one.location for one in held), FileLocation(side.path))
    return LoadedDocument(identity, where, None, unknowns)


def _allowed(held: Collection[HeldRole], identity: str, side: Side, case: Case) -> LoadedDocument:
    """Return all that roles allow in a case, as one document."""
    statements: list[object] = []
    unknowns: list[Unknown] = []
    for one in held:
        principals = list(_principals(one.role, side.contents, set(), case))
        if not principals:
            unknowns.append(_unknown(one, "what it allows is not in this file"))
        for principal in principals:
            document = _of_role(principal, identity, side, case)
            statements += (document.document or {}).get("Statement", [])
            unknowns += document.unknowns
    where = next((one.location for one in held), FileLocation(side.path))
    union = {"Version": _VERSION, "Statement": statements}
    lines = (where.line,) * len(statements)
    return LoadedDocument(identity, where, union, tuple(unknowns), statement_lines=lines)


def _of_role(principal: str, identity: str, side: Side, case: Case) -> LoadedDocument:
    """Return all that is attached to one role and inline in it, and what keeps it from being known."""
    document = side.union(identity, principal, boundary=False, case=case)[0]
    unknowns = list(document.unknowns)
    if principal.endswith("/?"):
        unknowns.append(_not_known(principal, "its name is not known"))
    bounds = sorted(key for key, condition in side.said(principal, boundary=True) if set(condition) <= set(case))
    unknowns += (_bounded(principal, key, side) for key in bounds)
    return LoadedDocument(identity, document.location, document.document, tuple(unknowns))


def _principals(role: str, contents: Contents, seen: set[str], case: Case) -> Iterator[str]:
    """Yield the principals behind a role, or behind the roles of an instance profile; none for one not in the file."""
    principal = contents.roles.get(role)
    if principal:
        yield principal
    if principal != "" or role in seen:
        return
    for held in _in_case((one for one in contents.held_roles if one.holder == role), case):
        yield from _principals(held.role, contents, {*seen, role}, case)


def _unknown(held: HeldRole, why: str, more: str = "") -> Unknown:
    reason = f"the role {printable(held.role)}: {why}"
    return Unknown(UnknownKind.NOT_LOOKED_AT, reason, digest=digest_of(f"{held.role}{why}{more}"))


def _bounded(principal: str, key: str, side: Side) -> Unknown:
    """Return that a boundary holds, which is the same for another role under it: what that adds is within it, too."""
    boundary = key.partition("\0")[0]
    content = canonical([[one.document, repr(one.unknowns)] for one in side.documents.get(boundary, [])])
    reason = f"the role {printable(principal)}: it is bounded by {printable(boundary)}, which is not evaluated with it"
    return Unknown(UnknownKind.UNRESOLVED, reason, digest=digest_of(f"boundary {key} {content}"))


def _not_known(principal: str, why: str) -> Unknown:
    reason = f"the role {printable(principal)}: {why}"
    return Unknown(UnknownKind.UNRESOLVED, reason, digest=digest_of(f"{principal}{why}"))
