"""IAM's answers as the program's own values: what is missing, odd or impossible in them is refused.

A name or an id of an answer becomes the name of a folder or a file, and a version that was written is never changed:
so each answer is checked whole before anything of it is recorded.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_Policy.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyVersion.html
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import unquote

import msgspec

from tracker.archive.files import version_text
from tracker.archive.names import is_owner, is_policy_id, is_policy_name
from tracker.errors import DocumentError, SourceError
from tracker.policy.history import PolicyFacts, PolicyState, PolicyVersion
from tracker.policy.json_text import load_json
from tracker.policy.versions import is_version_id

__all__ = ["attachment_count", "owner_of", "policy_state", "policy_version", "require_distinct", "version_ids"]

EARLIEST = datetime(2010, 1, 1, tzinfo=UTC)
"""IAM began in 2010: no policy of it is older."""
CLOCK_DIFFERENCE = timedelta(days=1)
"""How far a date may lie in this machine's future before it is not believed."""
_ARN = re.compile(r"arn:(?P<partition>aws[a-z-]*):iam::(?P<account>aws|\d{12}):policy(?P<rest>/.*)\Z")
_PATH = re.compile(r"/([\x21-\x2e\x30-\x7e]+/)*\Z")
_HINT = "nothing was recorded; is it IAM's endpoint?"


class _Policy(msgspec.Struct):
    PolicyName: str
    PolicyId: str
    Arn: str
    Path: str
    DefaultVersionId: str
    CreateDate: datetime
    Description: str = ""


class _Attached(msgspec.Struct):
    Arn: str
    AttachmentCount: int


class _Version(msgspec.Struct):
    VersionId: str
    CreateDate: datetime
    IsDefaultVersion: bool
    Document: str


class _VersionId(msgspec.Struct):
    VersionId: str


_Answer = TypeVar("_Answer")


def policy_state(answer: Mapping[str, Any], *, described: bool = False) -> PolicyState:
    """Return a policy as ListPolicies or GetPolicy shows it, without versions.

    Args:
        answer: an item of the list, or the policy of GetPolicy.
        described: whether the answer has the description, as GetPolicy's does; the list has none.

    Raises:
        SourceError: a member is missing, or makes no sense.
    """
    where = str(answer.get("PolicyName") or answer.get("Arn") or "a policy")
    found = _converted(answer, _Policy, where)
    faults = (
        (not is_policy_name(found.PolicyName), "PolicyName", found.PolicyName),
        (not is_policy_id(found.PolicyId), "PolicyId", found.PolicyId),
        (_PATH.match(found.Path) is None or _leaves(found.Path), "Path", found.Path),
        (_ARN.match(found.Arn) is None, "Arn", found.Arn),
        (not found.Arn.endswith(f":policy{found.Path}{found.PolicyName}"), "Arn", found.Arn),
        (not is_version_id(found.DefaultVersionId), "DefaultVersionId", found.DefaultVersionId),
        (not _is_text(found.Description), "Description", found.Description),
    )
    for is_odd, member, value in faults:
        if is_odd:
            raise SourceError(f"IAM answered with an impossible {member}: {value!r}", where=where, hint=_HINT)
    facts = PolicyFacts(
        name=found.PolicyName,
        arn=found.Arn,
        policy_id=found.PolicyId,
        path=found.Path,
        description=found.Description if described else None,
        created_at=_believed(found.CreateDate, where),
    )
    return PolicyState(facts, found.DefaultVersionId)


def attachment_count(answer: Mapping[str, Any]) -> tuple[str, int]:
    """Return the ARN of a policy that ListPolicies names, and to how many users, groups and roles it is attached.

    Raises:
        SourceError: a member is missing, or makes no sense.
    """
    found = _converted(answer, _Attached, str(answer.get("Arn") or "a policy"))
    if _ARN.match(found.Arn) is None:
        raise SourceError(f"IAM answered with an impossible Arn: {found.Arn!r}", hint=_HINT)
    return found.Arn, found.AttachmentCount


def _leaves(path: str) -> bool:
    return not {".", ".."}.isdisjoint(path.split("/"))


def _is_text(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)


def policy_version(
    answer: Mapping[str, Any], state: PolicyState, version_id: str, origin: str
) -> tuple[PolicyVersion, bool]:
    """Return the version that was asked for, and whether it is the default; its document can be read and recorded.

    Args:
        answer: the version of GetPolicyVersion, its document still as text.
        state: whose version it is.
        version_id: the version that was asked for.
        origin: where it is said to come from.

    Raises:
        SourceError: it is another version, or its document is none.
    """
    where = f"{state.facts.name} {version_id}"
    found = _converted(answer, _Version, where)
    if found.VersionId != version_id:
        raise SourceError(f"IAM answered with version {found.VersionId!r}", where=where, hint=_HINT)
    try:
        document = _object(load_json(unquote(found.Document, errors="strict")))
        version = PolicyVersion(version_id, _believed(found.CreateDate, where), document, origin)
        _ = version.parsed
        version_text(version)
    except (DocumentError, UnicodeDecodeError) as error:
        what = f"IAM answered with a document that can't be recorded: {error}"
        raise SourceError(what, where=where, hint="nothing was recorded") from error
    return version, found.IsDefaultVersion


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise DocumentError("expected an object")
    return value


def version_ids(answers: Iterable[Mapping[str, Any]], state: PolicyState) -> set[str]:
    """Return the ids of the versions that ListPolicyVersions names.

    Raises:
        SourceError: one has none.
    """
    return {_converted(answer, _VersionId, state.facts.name).VersionId for answer in answers}


def _converted(answer: Any, kind: type[_Answer], where: str) -> _Answer:
    try:
        return msgspec.convert(answer, kind)
    except msgspec.ValidationError as error:
        what = str(error).replace("Object", "the answer")
        raise SourceError(f"the answer is not IAM's: {what}", where=where, hint=_HINT) from error


def _believed(moment: datetime, where: str) -> datetime:
    """Return a date in UTC, to the second; it is written once and decides the order of versions."""
    latest = datetime.now(UTC) + CLOCK_DIFFERENCE
    try:
        found = moment.astimezone(UTC).replace(microsecond=0)
    except (OverflowError, ValueError):
        found = EARLIEST - CLOCK_DIFFERENCE
    if not EARLIEST <= found <= latest:
        what = f"IAM answered with an impossible CreateDate: {moment.isoformat()}"
        raise SourceError(what, where=where, hint="nothing was recorded; check the clock")
    return found


# --- the list as a whole ---------------------------------------------------------------------------------------------


def require_distinct(states: Iterable[PolicyState]) -> None:
    """Refuse a list with two policies of one name; IAM allows no two names that differ in letter case alone.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html

    Raises:
        SourceError: there are two; names both.
    """
    known: dict[str, str] = {}
    for state in states:
        arn = state.facts.arn or ""
        other = known.setdefault(state.facts.name.casefold(), arn)
        if other != arn:
            raise SourceError(f"IAM listed two policies of one name: {other} and {arn}", hint=_HINT)


def owner_of(states: Iterable[PolicyState]) -> str:
    """Return the owner as ARNs name it: `aws`, `aws-cn` … for AWS's own policies, else the account.

    Raises:
        SourceError: there are several, or it can be none.
    """
    owners = sorted({_owner(state.facts.arn or "") for state in states})
    if len(owners) != 1 or not is_owner(owners[0]):
        raise SourceError(f"IAM listed policies of {' and '.join(owners[:3]) or 'nobody'}", hint=_HINT)
    return owners[0]


def _owner(arn: str) -> str:
    found = _ARN.match(arn)
    if found is None:
        return arn
    return found["partition"] if found["account"] == "aws" else found["account"]
