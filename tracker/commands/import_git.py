"""Someone's git archive of policies into the archive: the order of the steps."""

from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from tracker.archive.merge import merge_histories
from tracker.archive.store import archive_on_disk, is_policy_name, write_history
from tracker.base.progress import Progress, no_progress
from tracker.changelog.builder import open_git_histories
from tracker.errors import ArchiveError, DocumentError
from tracker.policy.history import PolicyHistory, Skipped

__all__ = ["ImportResult", "import_git"]


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import brought."""

    policies: int
    """Policies read."""
    versions: int
    """Versions that the archive did not have."""
    written: tuple[Path, ...]
    """Files written."""
    skipped: tuple[Skipped, ...]
    """What was left out, and why."""


def import_git(
    place: Path,
    revision: str | None,
    under: str,
    snapshots: Path,
    owner: str,
    progress: Progress = no_progress,
) -> ImportResult:
    """Bring someone's git archive of policies into the archive.

    Args:
        place: a repository, a bare one, or a bundle.
        revision: the last commit that counts; None for the current branch.
        under: the folder of the policy files.
        snapshots: the archive; made if it is not there.
        owner: whose policies these are.
        progress: told after each policy.

    Raises:
        GitError: the repository can't be read.
        ArchiveError: a version is archived with another document.
        OutputError: a file can't be written.
    """
    known = _known(snapshots, owner)
    skipped: list[Skipped] = []
    written: list[Path] = []
    policies = versions = 0
    with open_git_histories(place, revision, under, owner) as (_, by_name, read):
        for item in read(list(by_name)):
            history = item if isinstance(item, Skipped) else _readable(item, skipped)
            if isinstance(history, Skipped):
                skipped.append(history)
                continue
            before = known.get(history.facts.name)
            after = merge_histories(before, history)
            if after != before:
                written += write_history(snapshots, before, after)
                versions += len(after.versions) - (len(before.versions) if before else 0)
            policies += 1
            progress(policies, 0)
    return ImportResult(policies, versions, tuple(written), tuple(skipped))


def _known(snapshots: Path, owner: str) -> dict[str, PolicyHistory]:
    """Return the histories in force, by policy; a broken version file must be mended before more is recorded."""
    if not snapshots.is_dir():
        return {}
    known = {}
    for item in archive_on_disk(snapshots).histories(owner):
        if isinstance(item, Skipped):
            raise ArchiveError(item.reason, where=item.where, hint="restore the file from git: `git checkout -- FILE`")
        if "~" not in item.folder:
            known[item.facts.name] = item
    return known


def _readable(history: PolicyHistory, skipped: list[Skipped]) -> PolicyHistory | Skipped:
    """Return a history without the versions that are no policy documents, or why it can't be recorded at all."""
    if not is_policy_name(history.facts.name):
        return Skipped(history.facts.name, "not a name that IAM would take for a policy")
    kept = []
    for version in history.versions:
        try:
            _ = version.parsed
            kept.append(version)
        except DocumentError as error:
            skipped.append(Skipped(f"{history.facts.name} {version.version_id}", str(error)))
    held = {version.version_id for version in kept} | {None}
    seen = tuple(item for item in history.observations if item.default_version in held)
    return replace(history, versions=tuple(kept), observations=seen)
