"""Files that say which managed policies are attached to whom.

Read with structure: answers of IAM (`get-account-authorization-details`, `list-policies --only-attached`,
`list-attached-role-policies`), CloudFormation, Terraform plans and state, permission sets. As the last resort any text
that holds ARNs of policies, such as CSV: it says which, and not who. A permissions boundary is no attachment.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from tracker.errors import DocumentError, UsageError
from tracker.inputs.account.items import CUT_OFF
from tracker.inputs.files.file_trees import read_bounded
from tracker.inputs.files.loading import load_file
from tracker.inputs.model import Attachment, FileLocation, ReadOptions
from tracker.inputs.syntax.parsing import decode_text, parse_file
from tracker.policy.history import Skipped
from tracker.policy.symbols import has_symbol, printable

__all__ = ["AttachedPolicies", "AttachmentFile", "attached_policies", "read_attachments"]

_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):iam::(?P<owner>aws|\d{12}):policy/(?:[^\s\"',;|]*/)?(?P<name>[\w+=,.@-]+)"
)
_DATA_SUFFIXES = frozenset((".json", ".tfstate", ".yaml", ".yml"))
_INTERPOLATED = re.compile(r"arn:[^\s\"',;|]*[$%{][^\s\"',;|]*:policy/[^\s\"',;|]+")


class AttachmentFile(Struct, frozen=True):
    """What one or more files say."""

    attachments: tuple[Attachment, ...]
    """Who has what; those that are not known among them."""
    unknown: tuple[Skipped, ...]
    """What may say more and could not be read."""


class AttachedPolicies(Struct, frozen=True):
    """Which policies are attached."""

    principals: Mapping[tuple[str, str], tuple[str, ...]]
    """Owner and name of a policy → who has it, sorted; empty where the file does not say."""
    unknown: tuple[Skipped, ...]
    """What is attached and not known, or could not be read."""

    def has(self, owner: str, name: str) -> bool:
        """Return whether a policy is attached."""
        return (owner, name) in self.principals


def read_attachments(paths: Iterable[Path]) -> AttachmentFile:
    """Return the attachments that some files name.

    Raises:
        UsageError: a file can't be read or is cut off, or no attached policy that it names is known.
    """
    attachments: list[Attachment] = []
    unknown: list[Skipped] = []
    for path in paths:
        data = read_bounded(path)
        value = _value(path, data)
        found = load_file(str(path), data, ReadOptions()).contents
        more = () if found.attachments else tuple(_listed(path, value) or _mentioned(path, data))
        # Of a text that is no data nothing more can be known than the ARNs in it.
        unread = () if more and not isinstance(value, (dict, list)) else found.unknowns
        read = AttachmentFile(
            (*found.attachments, *(one for one in more if isinstance(one, Attachment))),
            (
                *(one for one in more if isinstance(one, Skipped)),
                *(Skipped(f"{path}{location.pointer}", each.reason) for location, each in unread),
            ),
        )
        _require_known(path, read)
        attachments += read.attachments
        unknown += read.unknown
    return AttachmentFile(tuple(attachments), tuple(dict.fromkeys(unknown)))


def _require_known(path: Path, read: AttachmentFile) -> None:
    """Refuse a file of which no attached policy is known: without this, its output would look like "nothing new".

    Raises:
        UsageError: it names none, or all that it names is unknown. The message holds no name of the account.
    """
    found = attached_policies(read)
    if found.principals or ((read.attachments or read.unknown) and not found.unknown):
        return
    what = "names no attached policy"
    if found.unknown:
        what += f" that is known; not known in it: {len(found.unknown):,}"
    hint = "it takes a file such as the answer of `aws iam get-account-authorization-details`"
    if any(item.reason == CUT_OFF for item in found.unknown):
        hint = CUT_OFF
    raise UsageError(what, where=str(path), hint=hint)


def _value(path: Path, data: bytes) -> Any:
    """Return what a file holds as data; None for a text.

    Raises:
        UsageError: it begins as JSON does, or is called as JSON and YAML are, and can't be read. The ARNs that stand in
            the part that is there would look like all there are.
    """
    try:
        return parse_file(str(path), data).value
    except DocumentError as error:
        if path.suffix not in _DATA_SUFFIXES and data.lstrip()[:1] not in (b"{", b"["):
            return None
        hint = "more may be attached: fetch it again, as one JSON or YAML file"
        raise UsageError(f"can't be read whole: {error}", where=str(path), hint=hint) from error


def _listed(path: Path, value: Any) -> list[Attachment | Skipped]:
    """Return the policies of an answer of `list-policies` that are attached to anything; none for another file."""
    policies = value.get("Policies") if isinstance(value, dict) else None
    if not isinstance(policies, list) or not any(
        isinstance(one, dict) and "AttachmentCount" in one for one in policies
    ):
        return []
    found: list[Attachment | Skipped] = []
    for index, policy in enumerate(policies):
        location = FileLocation(str(path), f"/Policies/{index}")
        arn = policy.get("Arn") if isinstance(policy, dict) else None
        if not isinstance(arn, str):
            found.append(Skipped(f"{path}{location.pointer}", "a policy without an ARN"))
        elif policy.get("AttachmentCount") != 0:
            found.append(Attachment("", arn, location))
    if value.get("IsTruncated") or value.get("Marker") or value.get("NextToken"):
        found.append(Skipped(str(path), CUT_OFF))
    return found


def _mentioned(path: Path, data: bytes) -> Iterator[Attachment | Skipped]:
    """Yield the policies whose ARNs stand anywhere in a text."""
    try:
        text = decode_text(data)
    except DocumentError as error:
        yield Skipped(str(path), str(error))
        return
    for number, line in enumerate(text.splitlines(), 1):
        for found in _INTERPOLATED.finditer(line):
            yield Skipped(f"{path}:{number}", f"{found[0]} holds a value that is not known")
        for found in _ARN.finditer(_INTERPOLATED.sub("", line)):
            # A name may hold commas and full stops; at its end they belong to the sentence.
            yield Attachment("", found[0].rstrip(",."), FileLocation(str(path), line=number))


def attached_policies(read: AttachmentFile) -> AttachedPolicies:
    """Return which policies are attached by what some files say."""
    principals: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    unknown = list(read.unknown)
    for one in read.attachments:
        match = _ARN.fullmatch(one.policy)
        where = one.location.path + (f":{one.location.line}" if one.location.line else one.location.pointer)
        if one.boundary:
            continue
        if one.unknown:
            unknown.append(Skipped(where, f"{printable(one.policy)}: {one.unknown.reason}"))
        elif match is None:
            if not one.policy.startswith("arn:aws:iam::") or has_symbol(one.policy):
                unknown.append(Skipped(where, f"{printable(one.policy)}: no ARN of a policy"))
        else:
            key = (_owner(match["partition"], match["owner"]), match["name"])
            principals[key] |= {one.principal} - {""}
    known = {key: tuple(sorted(names)) for key, names in sorted(principals.items())}
    return AttachedPolicies(known, tuple(dict.fromkeys(unknown)))


def _owner(partition: str, owner: str) -> str:
    """Return whose policy it is, as an archive names owners: `aws`, `aws-cn`, an account."""
    return partition if owner == "aws" else owner
