"""What two arguments name, as pairs of policy documents.

Arguments are files, folders, commits (`REV`, `REV:PATH`), what is staged (`:`), versions in the archive
(`archive:NAME@VERSION`), all policies of an owner (`archive:aws-cn`), standard input (`-`), or one range of commits
(`REV..REV`), or one plan of Terraform.
"""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tracker.archive.packed import open_archive
from tracker.base.git import Repository, Tip
from tracker.base.git_trees import bounded_blobs, file_at, refuse_outside_objects
from tracker.errors import DocumentError, GitError, UsageError
from tracker.inputs.containers import says_both_sides
from tracker.inputs.files.file_trees import FileTree, folder_tree, git_tree, index_tree, read_bounded, single_file
from tracker.inputs.syntax.parsing import parse_file
from tracker.policy.json_text import canonical

__all__ = ["InputReader", "OpenedInputs"]

_OWNER = re.compile(r"aws(?:-[a-z-]+)?|\d{12}")
"""Whose policies an archive may hold: a partition, or an account."""
_RANGE = re.compile(r"(?P<before>.*?)(?P<dots>\.{2,3})(?P<after>.*)\Z")


@dataclass(frozen=True, slots=True)
class OpenedInputs:
    """Both sides of a review, nothing of them read yet."""

    before: FileTree
    """The old side."""
    after: FileTree
    """The new side; the same file for one that says both, as a plan does."""

    @property
    def revision(self) -> str | None:
        """The commit that the old side comes from; None where it is no commit."""
        return self.before.tip.commit if self.before.tip else None


@dataclass(frozen=True, slots=True)
class InputReader:
    """Opens what arguments name."""

    repository: Path
    """A folder of the repository in which revisions are looked up."""
    snapshots: Path
    """The archive."""
    stdin: Callable[[], bytes]
    """Reads standard input."""
    attached: Path | None = None
    """The archive from which attached policies are taken; None for what came with the program. The usual folder is not
    taken for it by itself: in a checkout it is what the change proposes."""

    def open(self, before: str, after: str | None) -> OpenedInputs:
        """Return what two arguments name, or one that names both: `REV..REV`, `REV...REV`, a plan of Terraform.

        Raises:
            UsageError: an argument names nothing.
            GitError, ArchiveError: it names something that can't be read.
        """
        if after is None:
            return self._both(before)
        if before == after == "-":
            raise UsageError("standard input can be one side only", where="-")
        old, new = self._tree(before), self._tree(after)
        if old.is_single != new.is_single:
            raise UsageError("one side is a file, the other a folder", hint="name two files, or two folders")
        return OpenedInputs(old, new)

    def _both(self, text: str) -> OpenedInputs:
        path = Path(text)
        if path.is_file() or text == "-":
            data = self.stdin() if text == "-" else read_bounded(path)
            _require_both_sides(text, data)
            tree = single_file(text, data)
            return OpenedInputs(tree, tree)
        found = None if path.exists() else _RANGE.match(text)
        if not found:
            raise UsageError("missing the other side", where=text, hint="give BEFORE AFTER, or REV..REV")
        repository = self._repository()
        start, end = found["before"] or "HEAD", found["after"] or "HEAD"
        tip = repository.merge_base(start, end) if found["dots"] == "..." else repository.resolve(start)
        return OpenedInputs(git_tree(repository, tip), git_tree(repository, repository.resolve(end)))

    def _tree(self, text: str) -> FileTree:
        if text == "-":
            return single_file("stdin", self.stdin())
        if text.startswith("archive:"):
            return self._archive_version(text.removeprefix("archive:"))
        path = Path(text)
        if text == ":":
            return index_tree(self._repository())
        if text == os.devnull:
            return FileTree({}, lambda _: iter(()), is_single=True)
        if path.is_dir():
            return folder_tree(path)
        if path.exists() or path.is_symlink():
            return single_file(text, read_bounded(path))
        revision, colon, inside = text.partition(":")
        if not colon and not self._is_revision(text):
            raise UsageError("no such file or folder", where=text, hint="or REV, REV:PATH, archive:NAME@VERSION, -")
        return self._at_revision(revision, inside.strip("/"))

    def _is_revision(self, text: str) -> bool:
        with suppress(GitError):
            return bool(self._repository().resolve(text))
        return False

    def _at_revision(self, revision: str, inside: str) -> FileTree:
        repository = self._repository()
        tip = repository.resolve(revision)
        whole = git_tree(repository, tip)
        if inside in whole.entries:
            return FileTree({inside: whole.entries[inside]}, whole.read, is_single=True, tip=tip)
        found = git_tree(repository, tip, inside)
        if inside and not found.entries:
            raise UsageError(f"nothing at {inside!r}", where=revision, hint="paths begin at the top of the repository")
        return found

    def _repository(self) -> Repository:
        repository = Repository(self.repository)
        refuse_outside_objects(repository)
        return repository

    def _archive_version(self, text: str) -> FileTree:
        from tracker.archive.lookup import find_version, no_policies_of, parse_reference
        from tracker.inputs.files.owner_tree import owner_tree

        archive = open_archive(self.snapshots)
        if archive.policy_keys(text):
            return owner_tree(archive, text)
        if _OWNER.fullmatch(text):
            raise no_policies_of(archive, text)
        wanted = parse_reference(text)
        version = find_version(archive, wanted.name, wanted.version, wanted.owner)
        return single_file(wanted.name, canonical(version.document).encode())

    def file(self, commit: str, path: str, largest: int) -> bytes | None:
        """Return a file as it was at a commit; None where there was none.

        Raises:
            UsageError: it is larger than that.
        """
        repository = Repository(self.repository)
        blob = file_at(repository, Tip(commit), path)
        if blob is None:
            return None
        found = next(iter(bounded_blobs(repository, [blob], largest)), None)
        if found is None:
            raise UsageError(f"can't be read, or larger than {largest} bytes", where=f"{commit[:12]}:{path}")
        return found


def _require_both_sides(name: str, data: bytes) -> None:
    """Raise UsageError for a file that says only one side."""
    try:
        is_plan = says_both_sides(parse_file(name, data))
    except DocumentError as error:
        raise UsageError(f"missing the other side ({error})", where=name) from error
    if not is_plan:
        raise UsageError("missing the other side", where=name, hint="one file alone must be `terraform show -json`")
