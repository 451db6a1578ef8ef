"""Someone's histories of policies into the archive: from git, or as another source has them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from tracker.archive.merge import merge_histories
from tracker.archive.names import is_policy_name
from tracker.archive.record import HistoryUpdate
from tracker.archive.recreated import put_aside
from tracker.archive.store import archive_on_disk, write_history
from tracker.base.progress import Progress, no_progress
from tracker.changelog.builder import open_git_histories
from tracker.commands.replay_progress import Replayed
from tracker.errors import ArchiveError, DocumentError, UsageError
from tracker.policy.history import PolicyHistory, Skipped

__all__ = ["ImportResult", "import_git", "import_histories"]


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import brought."""

    policies: int
    """Policies read."""
    versions: int
    """Versions that the archive did not have."""
    written: tuple[Path, ...]
    """Files written."""
    steps: tuple[HistoryUpdate, ...]
    """What happened to the policies that changed."""
    skipped: tuple[Skipped, ...]
    """What was left out, and why."""
    labels: Mapping[str, str]
    """The policies read: PolicyName → what their entries are called by."""


_ADDRESS = "a policy of a template or of Terraform has no name of its own, by which an archive could keep it"
"""Why a policy that is known by its address alone (`app.yaml#Reading`) is not imported."""


def import_git(
    path: Path,
    revision: str | None,
    under: str,
    snapshots: Path,
    owner: str,
    progress: Progress = no_progress,
    before: Replayed | None = None,
) -> ImportResult:
    """Bring a git archive of policies into the archive.

    Args:
        path: a repository, a bare one, or a bundle.
        revision: the last commit that counts; None for the current branch.
        under: the folder of the policy files.
        snapshots: the archive; made if it is not there.
        owner: whose policies these are.
        progress: called after each policy.
        before: how far it was replayed into this archive; None to replay it whole.

    Raises:
        GitError: the repository can't be read.
        ArchiveError: a version is archived with another document.
        UsageError: no policy could be read.
        OutputError: a file can't be written.
    """
    with open_git_histories(path, revision, under, owner) as opened:
        if before is None:
            imported = import_histories(opened.read(opened.names), snapshots, owner, progress)
        else:
            found = list(opened.read(opened.names_since(before.commit)))
            imported = import_histories(found, snapshots, owner, progress, before.labels)
    if not imported.policies:
        skipped = imported.skipped
        first = f" (the first of {len(skipped)} files: {skipped[0].reason})" if skipped else ""
        hint = "name the folder of the policies with --path"
        if skipped and all(item.reason == _ADDRESS for item in skipped):
            hint = "write the changelog of templates and Terraform with `policy-tracker changelog --git`"
        raise UsageError(f"no policy could be read below {under!r}{first}", where=str(path), hint=hint)
    return imported


def import_histories(
    histories: Iterable[PolicyHistory | Skipped],
    snapshots: Path,
    owner: str,
    progress: Progress = no_progress,
    labels: Mapping[str, str] | None = None,
) -> ImportResult:
    """Complete the archive by histories of another source.

    Args:
        histories: what the source has, and what could not be read of it; not yet evaluated.
        snapshots: the archive; made if it is not there.
        owner: whose policies these are.
        progress: called after each policy.
        labels: the policies that this source had before, and what their entries are called by; None if not known.

    Raises:
        ArchiveError: a version is archived with another document.
        OutputError: a file can't be written.
    """
    if labels is None:
        importer = _Importer(_known(snapshots, owner), snapshots, {})
    else:
        histories = list(histories)
        names = {item.facts.name for item in histories if isinstance(item, PolicyHistory)}
        importer = _Importer(_known(snapshots, owner, names.__contains__), snapshots, labels)
    skipped: list[Skipped] = []
    for item in histories:
        history = item if isinstance(item, Skipped) else _readable(item, skipped)
        problem = history if isinstance(history, Skipped) else importer.take(history)
        if problem is not None:
            skipped.append(problem)
        progress(importer.policies, 0)
    written, steps = tuple(importer.written), tuple(importer.steps)
    return ImportResult(importer.policies, importer.versions, written, steps, tuple(skipped), importer.taken)


class _Importer:
    """Completes the archive by one history after another."""

    def __init__(self, known: dict[str, list[PolicyHistory]], snapshots: Path, taken: Mapping[str, str]) -> None:
        self.known = known
        self.snapshots = snapshots
        self.taken = dict(taken)
        """Whose histories were taken, by name of the policy: what their entries are called by."""
        self.written: list[Path] = []
        self.steps: list[HistoryUpdate] = []
        self.versions = 0

    def take(self, history: PolicyHistory) -> Skipped | None:
        """Complete the archive by a history; return why it can't be recorded."""
        name, label = history.facts.name, history.label.partition("~")[0]
        if self.taken.setdefault(name, label) != label:
            return Skipped(history.label, f"{self.taken[name]} is called {name}, too, and was taken")
        held = self.known.setdefault(name, [])
        before = _counterpart(history, held)
        after = merge_histories(before, history)
        if before is not None:
            held.remove(before)
        if after != before:
            self.written += write_history(self.snapshots, before, after)
            self.steps.append(HistoryUpdate(before, after))
            self.versions += len(after.versions) - (len(before.versions) if before else 0)
        if history.folder and "~" not in after.folder:
            put_aside(self.snapshots, after.owner, after.folder, history.folder)
            after = replace(after, folder=history.folder)
        held.append(after)
        return None

    @property
    def policies(self) -> int:
        """How many policies were read."""
        return len(self.taken)


def _counterpart(history: PolicyHistory, held: Sequence[PolicyHistory]) -> PolicyHistory | None:
    """Return the policy of the archive that a history is of; None for one that the archive does not have.

    A policy that was deleted and created again is known by a version of the same number and date.
    """
    own = {(version.version_id, version.created_at) for version in history.versions}
    for item in held:
        if any((version.version_id, version.created_at) in own for version in item.versions):
            return item
    wanted = history.folder or history.facts.name
    return next((item for item in held if (item.folder or item.facts.name) == wanted), None)


def _known(
    snapshots: Path, owner: str, wanted: Callable[[str], bool] = lambda _: True
) -> dict[str, list[PolicyHistory]]:
    """Return the histories of those that are wanted, by policy.

    A broken version file must be mended before more is recorded.
    """
    known: dict[str, list[PolicyHistory]] = {}
    for item in archive_on_disk(snapshots).histories(owner, wanted) if snapshots.is_dir() else ():
        if isinstance(item, Skipped):
            raise ArchiveError(item.reason, where=item.where, hint="restore the file from git: `git checkout -- FILE`")
        known.setdefault(item.facts.name, []).append(item)
    return known


def _readable(history: PolicyHistory, skipped: list[Skipped]) -> PolicyHistory | Skipped:
    """Return a history without the versions that are no policy documents, or why it can't be recorded at all."""
    if not is_policy_name(history.facts.name):
        has_address = "#" in history.facts.name or "/" in history.facts.name
        return Skipped(history.facts.name, _ADDRESS if has_address else "not a name that IAM would take for a policy")
    kept = []
    for version in history.versions:
        try:
            _ = version.parsed
            kept.append(version)
        except DocumentError as error:
            skipped.append(Skipped(f"{history.facts.name} {version.version_id}", str(error)))
    if not kept:
        return Skipped(history.label, "none of its versions is a policy document")
    held = {version.version_id for version in kept} | {None}
    seen = tuple(item for item in history.observations if item.default_version in held)
    return replace(history, versions=tuple(kept), observations=seen)
