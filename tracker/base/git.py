"""A git repository: its revisions, its files, and the contents of its objects.

Objects are read in bulk: one `git cat-file --batch` brings the contents of any number of files, since a process for
each costs minutes on a real archive.
"""

import os
import posixpath
import re
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import PIPE
from typing import IO

from msgspec import Struct

from tracker.base.git_command import GitCommand
from tracker.base.git_log import LOG_FORMAT, FileChange, changes_in_force, read_log
from tracker.errors import GitError, UsageError

__all__ = ["Repository", "Tip", "open_enclosing_repository", "open_repository", "tree_path"]

_BUNDLE = b"# v"
_ADDRESS = re.compile(r"(https?|ssh|git|file):/|[\w.-]+@[\w.-]+:")
"""What begins as an address does; a path has lost the second of two slashes."""


def tree_path(under: str) -> str:
    """Return a folder's path as git's trees have it: no dots, no slash at either end; empty for the top.

    >>> tree_path("./policies/"), tree_path(".")
    ('policies', '')
    """
    path = posixpath.normpath(under).strip("/")
    return "" if path == "." else path


class Tip(Struct, frozen=True):
    """Where a history ends: the commit that was asked for."""

    commit: str
    """Its full id."""


class Repository(GitCommand):
    """A git repository on this machine: a work tree, or a bare one."""

    def __init__(self, folder: Path) -> None:
        """Open it.

        Raises:
            GitError: git is not installed, or the folder is in no repository.
        """
        super().__init__(folder)
        self.run("rev-parse", "--git-dir")

    def path_of(self, name: str) -> Path:
        """Return where git keeps a file of its own, such as `objects`."""
        return self.folder / self.run("rev-parse", "--git-path", name).removesuffix("\n")

    def resolve(self, revision: str) -> Tip:
        """Return the commit that a revision names.

        Raises:
            GitError: there is no such commit; an empty repository has none at all.
        """
        try:
            commit = self.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        except GitError as error:
            raise GitError(f"no commit {revision!r}", where=str(self.folder), hint=self._hint(revision)) from error
        return Tip(commit.strip())

    def _hint(self, revision: str) -> str:
        """Return what to do about a revision that names no commit."""
        if self.is_unborn():
            return "the repository has no commit yet"
        remotes = self.run("for-each-ref", "--format=%(refname:lstrip=2)", "refs/remotes").split()
        there = next((name for name in remotes if name.partition("/")[2] == revision), "")
        if there:
            return f"only {there} is here: name that"
        if self.is_shallow():
            return "the clone is shallow: run `git fetch --unshallow`, or check out with fetch-depth: 0"
        return "see `git log --all --oneline`"

    def default_tip(self) -> Tip:
        """Return the commit of the current branch, or of the only branch where HEAD names none that is there.

        So it is in a clone of a bundle without HEAD, and in a mirror of a repository whose HEAD is another branch's.

        Raises:
            GitError: there is no branch, or there are several and HEAD names none of them.
        """
        with suppress(GitError):
            return self.resolve("HEAD")
        listed = [self.run("for-each-ref", "--format=%(refname)", f"refs/{kind}") for kind in ("heads", "remotes")]
        branches = next((names.split() for names in listed if names), [])
        if len(branches) > 1:
            some = ", ".join(name.removeprefix("refs/heads/").removeprefix("refs/remotes/") for name in branches[:5])
            raise GitError("HEAD names no branch that is there", where=str(self.folder), hint=f"name one: {some}")
        return self.resolve(branches[0] if branches else "HEAD")

    def merge_base(self, one: str, other: str) -> Tip:
        """Return the commit at which two revisions parted.

        Raises:
            GitError: one of them is no commit, or they have none in common.
        """
        ends = (self.resolve(one).commit, self.resolve(other).commit)
        try:
            return Tip(self.run("merge-base", *ends).strip())
        except GitError as error:
            hint = "the clone is shallow: run `git fetch --unshallow`" if self.is_shallow() else ""
            raise GitError(
                f"{one!r} and {other!r} have no commit in common", where=str(self.folder), hint=hint
            ) from error

    def is_unborn(self) -> bool:
        """Return whether there is no commit on the current branch yet."""
        try:
            self.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        except GitError:
            return True
        return False

    def is_shallow(self) -> bool:
        """Return whether the history was cut by a shallow clone."""
        return self.run("rev-parse", "--is-shallow-repository").strip() == "true"

    def is_bare(self) -> bool:
        """Return whether the repository has no work tree."""
        return self.run("rev-parse", "--is-bare-repository").strip() == "true"

    def top(self) -> Path:
        """Return the top folder of the work tree.

        Raises:
            GitError: the repository is bare.
        """
        if self.is_bare():
            raise GitError(
                "a bare repository has no files", where=str(self.folder), hint="`git clone` it, and go there"
            )
        return Path(self.run("rev-parse", "--show-toplevel").removesuffix("\n"))

    def file_changes(self, tip: Tip, under: str = "") -> list[FileChange]:
        """Return the changes of the files below a folder in the order in which they came into force.

        That is the line of first parents; what merges brought comes, too, and says so: see `git_log`.
        The folder is picked here: with a path git compares each pair of trees twice.
        """
        process = self.reading(
            "log",
            *("--raw", "--no-renames", "-z", "--no-abbrev", "--no-notes", "--no-color"),
            *("--diff-merges=first-parent", "--no-relative", "-O/dev/null", "--encoding=UTF-8"),
            *(f"--format={LOG_FORMAT}", tip.commit),
        )
        output = process.stdout.read()
        self.finish(process, "log")
        return changes_in_force(read_log(output, tree_path(under)), tip.commit)

    def new_commits(self, tip: Tip, last: str) -> frozenset[str] | None:
        """Return the commits that led to one and not to an earlier one; None where that is not on its main line.

        Args:
            tip: where the history ends.
            last: an earlier commit; where another line of first parents leads past it, the past is another one.
        """
        if last not in self.run("rev-list", "--first-parent", tip.commit).split():
            return None
        return frozenset(self.run("rev-list", tip.commit, f"^{last}").split())

    def files(self, tip: Tip, under: str = "") -> list[tuple[str, str]]:
        """Return (path, blob) of the files below a folder as they were at a commit, by path; empty if none."""
        arguments = ["ls-tree", "-r", "-z", "--full-tree", tip.commit]
        folder = tree_path(under)
        listing = self.run(*arguments, *(["--", f"{folder}/"] if folder else []))
        rows = (row.partition("\t") for row in listing.split("\0") if row)
        return [(path, facts.split()[2]) for facts, _, path in rows if facts.split()[1] == "blob"]

    def blobs(self, ids: Sequence[str]) -> Iterator[bytes | None]:
        """Yield the contents of blobs in the order asked; None for one that the repository lacks."""
        process = self.reading("cat-file", "--batch", "--buffer", stdin=PIPE)
        asking = threading.Thread(target=_request_blobs, args=(process.stdin, ids), daemon=True)
        asking.start()
        try:
            for _ in ids:
                yield _read_blob(process.stdout)
        finally:
            process.stdout.close()
            asking.join()
            process.proc.wait()

    def dirty(self, under: Path) -> list[str]:
        """Return the paths below a folder that differ from the last commit or are not known to git."""
        status = self.run(
            "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", str(under.absolute())
        )
        return [row[3:] for row in status.split("\0") if row]


@contextmanager
def open_repository(place: Path, revision: str | None = None) -> Iterator[tuple[Repository, Tip]]:
    """Open a repository or a bundle for reading, at a revision.

    Args:
        place: a work tree, a bare repository, or a bundle file (which is unpacked beside the temporary files).
        revision: None for the current branch, or the only one; in a bundle, for its HEAD or its only branch.

    Raises:
        GitError: it is none of these, or has no such revision.
        UsageError: it is an address.
    """
    if _ADDRESS.match(str(place)) and not place.exists():
        address = str(place) if "://" in str(place) else str(place).replace(":/", "://", 1)
        hint = "name the folder of a `git clone`, or record its policies with `policy-tracker fetch --from ADDRESS`"
        raise UsageError("an address, where a path is expected", where=address, hint=hint)
    if place.is_file():
        with tempfile.TemporaryDirectory(prefix="policy-tracker-") as folder:
            repository, branch = _clone_bundle(place, Path(folder))
            yield repository, repository.resolve(revision or branch)
    else:
        repository = Repository(place)
        yield repository, repository.resolve(revision) if revision else repository.default_tip()


@contextmanager
def open_enclosing_repository(folder: Path, revision: str) -> Iterator[tuple[Repository, Tip, str]]:
    """Open the repository around a folder at a revision, and give the folder's path within it.

    The folder need not be in the work tree any more. In a bare repository it is the last part of the path that
    names no folder on disk: `mirror.git/snapshots`.

    Raises:
        GitError: the folder is in no repository, or the repository has no such revision.
    """
    base = folder.absolute()
    while not base.is_dir():
        base = base.parent
    repository = Repository(base)
    start = base if repository.is_bare() else repository.top()
    under = Path(os.path.relpath(folder.resolve(), start.resolve())).as_posix()
    yield repository, repository.resolve(revision), tree_path(under)


def _clone_bundle(bundle: Path, folder: Path) -> tuple[Repository, str]:
    with bundle.open("rb") as file:
        if not file.read(len(_BUNDLE)) == _BUNDLE:
            raise GitError("neither a repository nor a bundle", where=str(bundle))
    GitCommand(folder).run("init", "--quiet", "--bare", str(folder))
    repository = Repository(folder)
    bundled = str(bundle.absolute())
    heads = repository.run("bundle", "list-heads", bundled).splitlines()
    names = [line.partition(" ")[2] for line in heads]
    own = ["+HEAD:refs/bundle/HEAD"] if "HEAD" in names else []
    only_files = {"GIT_ALLOW_PROTOCOL": "file"}
    repository.run("fetch", "--quiet", bundled, "+refs/*:refs/*", *own, environment=only_files, network=True)
    for wanted in ("HEAD", "refs/heads/main", "refs/heads/master", *names):
        if wanted in names:
            return repository, "refs/bundle/HEAD" if wanted == "HEAD" else wanted
    raise GitError("the bundle has no branch", where=str(bundle))


def _request_blobs(stdin: IO[bytes], ids: Sequence[str]) -> None:
    try:
        stdin.write("".join(f"{blob}\n" for blob in ids).encode())
        stdin.close()
    except BrokenPipeError:
        return


def _read_blob(stdout: IO[bytes]) -> bytes | None:
    header = stdout.readline().split()
    if len(header) < 3 or not header[2].isdigit():  # noqa: PLR2004 - "<id> missing" has two
        return None
    content = stdout.read(int(header[2]))
    stdout.read(1)
    return content
