"""One version of one policy, by name."""

from collections.abc import Iterable

from tracker.archive.store import Archive
from tracker.errors import UsageError
from tracker.policy.history import PolicyHistory, PolicyVersion

__all__ = ["find_version"]


def find_version(archive: Archive, name: str, version_id: str | None) -> PolicyVersion:
    """Return a policy's version: the one named, else the one that is the default or was last, else the newest.

    Raises:
        UsageError: the archive has no such policy or version; names what there is.
    """
    found = [
        item for item in archive.histories(wanted=lambda policy: policy == name) if isinstance(item, PolicyHistory)
    ]
    in_force = [item for item in found if "~" not in item.folder]
    history = next((item for item in in_force if item.versions), None)
    _require_known(in_force, name, version_id, has_versions=history is not None)
    if history is None:
        raise UsageError(f"no policy {name!r} in the archive", hint="letter case counts")
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
