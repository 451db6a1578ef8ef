"""One policy, or one version of it, by what a user calls it."""

import re
from collections.abc import Iterable

from msgspec import Struct

from tracker.archive.store import HOW_TO_FILL, Archive
from tracker.base.suggestions import suggestion
from tracker.errors import ArchiveError, UsageError
from tracker.policy.history import PolicyHistory, PolicyVersion
from tracker.policy.versions import is_version_id

__all__ = ["PolicyReference", "find_policy", "find_version", "no_policies_of", "parse_reference"]

_ARN = re.compile(r"arn:(?P<partition>aws[a-z-]*):iam::(?P<account>aws|\d{12}):policy/(?:[^@]*/)?(?P<name>[^/]+)\Z")


class PolicyReference(Struct, frozen=True):
    """What a user calls a policy."""

    name: str
    """PolicyName."""
    owner: str | None = None
    """None where no owner is named."""
    version: str | None = None
    """None where no version is named."""


def parse_reference(text: str, owner: str | None = None) -> PolicyReference:
    """Read a policy's name, `OWNER/NAME`, or ARN, each with `@VERSION` or without.

    Args:
        text: what the user wrote.
        owner: what the user said beside it.

    Raises:
        UsageError: it is an ARN of something else, or names another owner than `owner`.

    >>> parse_reference("arn:aws:iam::aws:policy/job-function/ViewOnlyAccess@v3")
    PolicyReference(name='ViewOnlyAccess', owner='aws', version='v3')
    """
    name, _, version = text.rpartition("@")
    if not name or not is_version_id(version):
        name, version = (name, version) if name and not version else (text, "")
    named = owner
    if name.startswith("arn:"):
        found = _ARN.match(name)
        if found is None:
            raise UsageError("no ARN of a policy", where=name, hint="such as arn:aws:iam::aws:policy/ReadOnlyAccess")
        named = found["partition"] if found["account"] == "aws" else found["account"]
        name = found["name"]
    elif "/" in name:
        named, _, name = name.partition("/")
    if owner is not None and named != owner:
        raise UsageError(f"{text!r} is a policy of {named}", where="--owner", hint="leave one of them out")
    return PolicyReference(name, named, version or None)


def find_policy(archive: Archive, reference: PolicyReference) -> tuple[str, str]:
    """Return owner and name of the policy that is meant.

    Raises:
        ArchiveError: the archive holds no policy at all.
        UsageError: the archive has no such policy, and which are near; or several owners have one of that name.
    """
    keys = archive.policy_keys(reference.owner)
    names = {key[1].partition("~")[0] for key in keys}
    if reference.name not in names:
        if not archive.policy_keys():
            raise ArchiveError("the archive holds no policy", hint=HOW_TO_FILL)
        if reference.owner is not None and not keys:
            raise no_policies_of(archive, reference.owner)
        raise UsageError(f"no policy {reference.name!r} in the archive", hint=suggestion(reference.name, names))
    owners = sorted({owner for owner, folder in keys if folder.partition("~")[0] == reference.name})
    if len(owners) > 1:
        hint = f"name one: --owner {owners[0]}, or {owners[0]}/{reference.name}"
        raise UsageError(f"several owners have a policy {reference.name!r}: {', '.join(owners)}", hint=hint)
    return owners[0], reference.name


def no_policies_of(archive: Archive, owner: str) -> UsageError:
    """Return the error that an archive has no policy of an owner: a partition, or an account."""
    there = ", ".join(sorted({each for each, _ in archive.policy_keys()})) or "none"
    return UsageError(f"no policies of {owner!r} in the archive", hint=f"owners in it: {there}")


def find_version(archive: Archive, name: str, version_id: str | None, owner: str | None = None) -> PolicyVersion:
    """Return a policy's version: the one named, else the one that is the default or was last, else the newest.

    Args:
        archive: where it is looked up.
        name: PolicyName.
        version_id: None for the one in force.
        owner: whose policy; None where only one owner has one of this name.

    Raises:
        UsageError: the archive has no such policy or version; names what there is.
    """
    whose, _ = find_policy(archive, PolicyReference(name, owner))
    items = archive.histories(whose, lambda policy: policy == name)
    in_force = [item for item in items if isinstance(item, PolicyHistory) and "~" not in item.folder]
    history = next((item for item in in_force if item.versions), None)
    _require_known(in_force, name, version_id, has_versions=history is not None)
    if history is None:
        raise UsageError(f"no policy {name!r} in the archive that has a version")
    if version_id is None:
        return history.last_version or history.versions[-1]
    version = history.version(version_id)
    if version is None:
        known = ", ".join(item.version_id for item in history.versions)
        raise UsageError(f"no version {version_id!r} of {name}", hint=f"there are: {known}")
    return version


def _require_known(
    histories: Iterable[PolicyHistory], name: str, version_id: str | None, *, has_versions: bool
) -> None:
    """Refuse what existed and has no document that anybody knows."""
    unknown = {item.version_id: item for history in histories for item in history.unknown}
    if version_id in unknown:
        created = unknown[version_id].created_at
        raise UsageError(f"{name} {version_id} was created on {created:%Y-%m-%d}; no source has its document")
    if unknown and not has_versions:
        raise UsageError(f"no source has a document of {name}", hint=f"there were: {', '.join(unknown)}")
