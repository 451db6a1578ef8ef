"""The only room that speaks to git, through GitPython's command layer.

Git's objects are read in bulk: one `git log --raw` tells all file changes, one `git cat-file --batch` brings the
contents, whatever the number of files (a process per file or commit costs minutes on a real archive).
What a user's configuration could change in git's output is set on each command.
"""

import os
import posixpath
import re
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from shutil import which
from subprocess import DEVNULL, PIPE
from typing import IO, TYPE_CHECKING, Any

from msgspec import Struct

from tracker.base.git_environment import git_environment
from tracker.base.git_log import LOG_FORMAT, FileChange, changes_in_force, read_log
from tracker.errors import GitError

if TYPE_CHECKING:
    from git.cmd import Git

__all__ = ["Commit", "Repository", "Tip", "open_enclosing_repository", "open_repository", "tree_path"]

NO_BLOB = "0" * 40
_SETTINGS = ("core.deltaBaseCacheLimit=16m", "log.showRoot=true", "log.showSignature=false", "core.quotePath=false")
_BUNDLE = b"# v"
_HOOK_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX")
"""What git sets for its hooks; it would have each command read that repository, whichever was named."""
_IDENTITY = re.compile(r"(.*) <([^<>]*)> \d+ [+-]\d{4}\s*\Z")
_REFUSED = re.compile(r"\[remote rejected\] \((.*)\)")
_OF_REMOTE = re.compile(r"remote: *(\S.*?)\s*$", re.MULTILINE)
_NOT_FAST_FORWARD = ("[rejected]", "cannot lock ref", "failed to update ref")
"""What git says when a branch has moved: before the push, or while it was under way."""
NEW_COMMITS = "refs/policy-tracker/new"
"""Where commits lie until all of them are made."""
DEFAULT_IDENTITY = ("Policy Tracker", "policy-tracker@localhost")
"""Who commits on a machine without a name."""


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


class Commit(Struct, frozen=True):
    """A commit to be made."""

    subject: str
    """First line."""
    body: str = ""
    """What follows after a blank line; may be empty."""
    at: datetime | None = None
    """Author date; None for now."""
    author: tuple[str, str] | None = None
    """Name and address; None for git's own configuration."""
    committer: tuple[str, str] | None = None
    """Name and address; None for the author."""


class Repository:
    """A git repository on this machine: a work tree, or a bare one."""

    def __init__(self, folder: Path) -> None:
        """Open it.

        Raises:
            GitError: git is not installed, or the folder is in no repository.
        """
        self.folder = folder
        if not folder.is_dir():
            raise GitError("no such folder", where=str(folder), hint="give a repository, a bare one, or a bundle")
        self._git = _git_command(folder)
        self._run("rev-parse", "--git-dir")

    def _run(
        self,
        *arguments: str,
        stdin: str | None = None,
        environment: Mapping[str, str] | None = None,
        network: bool = False,
    ) -> str:
        from git.exc import CommandError

        try:
            with tempfile.TemporaryFile() as given:
                given.write((stdin or "").encode("utf-8", "surrogateescape"))
                given.seek(0)
                return str(
                    self._git.execute(
                        ["git", *arguments],
                        istream=given,
                        env=git_environment(environment, network=network),
                        strip_newline_in_stdout=False,
                    )
                )
        except CommandError as error:
            raise _refusal(error, arguments[0], self.folder) from error

    def _stream(self, *arguments: str, stdin: int = DEVNULL) -> Any:
        settings = [part for setting in _SETTINGS for part in ("-c", setting)]
        return self._git.execute(
            ["git", *settings, *arguments],
            istream=stdin,
            as_process=True,
            env=git_environment(),
        )

    def reading(self, *arguments: str, stdin: int = DEVNULL) -> Any:
        """Start a git command that only reads, and return its process; `finish` ends it."""
        return self._stream(*arguments, stdin=stdin)

    def finish(self, process: Any, command: str) -> None:
        """Wait for a process of `reading`.

        Raises:
            GitError: git refused the command.
        """
        _finish(process, command, self.folder)

    def path_of(self, name: str) -> Path:
        """Return where git keeps a file of its own, such as `objects`."""
        return self.folder / self._run("rev-parse", "--git-path", name).removesuffix("\n")

    def resolve(self, revision: str) -> Tip:
        """Return the commit that a revision names.

        Raises:
            GitError: there is no such commit; an empty repository has none at all.
        """
        try:
            commit = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        except GitError as error:
            raise GitError(f"no commit {revision!r}", where=str(self.folder), hint=self._hint(revision)) from error
        return Tip(commit.strip())

    def _hint(self, revision: str) -> str:
        """Return what to do about a revision that names no commit."""
        if self.is_unborn():
            return "the repository has no commit yet"
        remotes = self._run("for-each-ref", "--format=%(refname:lstrip=2)", "refs/remotes").split()
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
        listed = [self._run("for-each-ref", "--format=%(refname)", f"refs/{kind}") for kind in ("heads", "remotes")]
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
            return Tip(self._run("merge-base", *ends).strip())
        except GitError as error:
            hint = "the clone is shallow: run `git fetch --unshallow`" if self.is_shallow() else ""
            raise GitError(
                f"{one!r} and {other!r} have no commit in common", where=str(self.folder), hint=hint
            ) from error

    def is_unborn(self) -> bool:
        """Tell whether there is no commit on the current branch yet."""
        try:
            self._run("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        except GitError:
            return True
        return False

    def is_shallow(self) -> bool:
        """Tell whether the history was cut by a shallow clone."""
        return self._run("rev-parse", "--is-shallow-repository").strip() == "true"

    def is_bare(self) -> bool:
        """Tell whether the repository has no work tree."""
        return self._run("rev-parse", "--is-bare-repository").strip() == "true"

    def top(self) -> Path:
        """Return the top folder of the work tree.

        Raises:
            GitError: the repository is bare.
        """
        if self.is_bare():
            raise GitError(
                "a bare repository has no files", where=str(self.folder), hint="`git clone` it, and go there"
            )
        return Path(self._run("rev-parse", "--show-toplevel").removesuffix("\n"))

    def file_changes(self, tip: Tip, under: str = "") -> list[FileChange]:
        """Return the changes of the files below a folder in the order in which they came into force.

        That is the line of first parents; what merges brought comes, too, and says so: see `git_log`.
        The folder is picked here: with a path git compares each pair of trees twice.
        """
        process = self._stream(
            "log",
            *("--raw", "--no-renames", "-z", "--abbrev=40", "--no-notes", "--no-color"),
            *("--diff-merges=first-parent", "--no-relative", "-O/dev/null", "--encoding=UTF-8"),
            *(f"--format={LOG_FORMAT}", tip.commit),
        )
        output = process.stdout.read()
        _finish(process, "log", self.folder)
        return changes_in_force(read_log(output, tree_path(under)), tip.commit)

    def files(self, tip: Tip, under: str = "") -> list[tuple[str, str]]:
        """Return (path, blob) of the files below a folder as they were at a commit, by path; empty if none."""
        arguments = ["ls-tree", "-r", "-z", "--full-tree", tip.commit]
        folder = tree_path(under)
        listing = self._run(*arguments, *(["--", f"{folder}/"] if folder else []))
        rows = (row.partition("\t") for row in listing.split("\0") if row)
        return [(path, facts.split()[2]) for facts, _, path in rows if facts.split()[1] == "blob"]

    def blobs(self, ids: Sequence[str]) -> Iterator[bytes | None]:
        """Yield the contents of blobs in the order asked; None for one that the repository lacks."""
        process = self._stream("cat-file", "--batch", "--buffer", stdin=PIPE)
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
        status = self._run(
            "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", str(under.absolute())
        )
        return [row[3:] for row in status.split("\0") if row]

    def commit(self, paths: Iterable[str], commit: Commit) -> None:
        """Commit the state of some paths of the work tree, and nothing else that may be staged.

        Args:
            paths: files and folders, from the top of the work tree; deleted ones, too.
            commit: what to say, when, and by whom.
        """
        environment = self._identity(commit)
        listed = "\0".join(paths)
        nul = ("--pathspec-from-file=-", "--pathspec-file-nul")
        literal = {"GIT_LITERAL_PATHSPECS": "1"}
        self._at_top("add", "--all", *nul, stdin=listed, environment=literal)
        message = f"{commit.subject}\n\n{commit.body}" if commit.body else commit.subject
        self._at_top(
            *("commit", "--quiet", "--only", "--no-verify", "--cleanup=verbatim", f"--message={message}"),
            *nul,
            stdin=listed,
            environment={**environment, **literal},
        )

    def commit_all(self, commits: Sequence[tuple[Sequence[str], Commit]]) -> None:
        """Commit the state of some files of the work tree, one commit after another, all of them or none.

        One `git fast-import` makes them all: a process per commit takes minutes for a wave of changes. The index
        is brought up to date first, so that a run killed in between leaves files that are staged and not committed.
        Hooks are not run and commits are not signed.

        Args:
            commits: files, from the top of the work tree, deleted ones, too; and what to say, when, and by whom.
        """
        top = Repository(self.top())
        with self._staging():
            listed = "\0".join(path for paths, _ in commits for path in paths)
            nul = ("--pathspec-from-file=-", "--pathspec-file-nul")
            top._run("add", "--all", *nul, stdin=listed, environment={"GIT_LITERAL_PATHSPECS": "1"})
            staged = (row.partition("\t") for row in top._run("ls-files", "--stage", "-z").split("\0"))
            blobs = {path: facts.rpartition(" ")[0] for facts, _, path in staged}
            before = "" if self.is_unborn() else self.resolve("HEAD").commit
            stream = "".join(_stream_of(commits, NEW_COMMITS, before, blobs, self._identities))
            self._run("fast-import", "--quiet", "--force", "--done", stdin=stream)
            said = f"commit: {commits[-1][1].subject}"
            self._run("update-ref", "-m", said, "HEAD", self.resolve(NEW_COMMITS).commit, before or NO_BLOB)
            self._run("update-ref", "-d", NEW_COMMITS)

    @contextmanager
    def _staging(self) -> Iterator[None]:
        """Mark that git is writing; remove the locks of git's that a run left which was killed between the marks."""
        branch = self._run("rev-parse", "--symbolic-full-name", "HEAD").strip() if not self.is_unborn() else "HEAD"
        names = ("policy-tracker.staging", "index.lock", "HEAD.lock", f"{branch}.lock")
        found = self._run("rev-parse", *(part for name in names for part in ("--git-path", name))).splitlines()
        mark, *locks = (self.folder / path for path in found)
        if mark.exists():
            for lock in locks:
                lock.unlink(missing_ok=True)
        mark.touch()
        yield
        mark.unlink()

    def _identities(self, commit: Commit) -> tuple[str, str]:
        """Return author and committer of a commit as git writes them, without date."""
        own = None if commit.author and commit.committer else self._own_identity()
        author = commit.author or own or DEFAULT_IDENTITY
        committer = commit.committer or commit.author or own or DEFAULT_IDENTITY
        return f"{author[0]} <{author[1]}>", f"{committer[0]} <{committer[1]}>"

    def _own_identity(self) -> tuple[str, str] | None:
        try:
            found = _IDENTITY.match(self._run("-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT"))
        except GitError:
            return None
        return (found[1], found[2]) if found else None

    def push(self) -> bool:
        """Push the current branch to where it is pushed to; return False if others have pushed in between.

        Raises:
            GitError: there is no branch or no remote, or the remote refuses.
        """
        remote, branch = self.upstream()
        try:
            self._run("push", "--quiet", "--porcelain", remote, f"HEAD:{branch}", network=True)
        except GitError as error:
            said = str(error.__cause__)
            if any(mark in said for mark in _NOT_FAST_FORWARD):
                return False
            refused = _REFUSED.search(said)
            if refused is None:
                raise
            why = " ".join(_OF_REMOTE.findall(said)) or "may this branch be pushed to?"
            raise GitError(f"{remote} refuses the push: {refused[1]}", where=str(self.folder), hint=why) from error
        return True

    def reset_to_upstream(self, under: str) -> None:
        """Fetch the branch, and go where it is now, without the commits below a folder that could not be pushed.

        Args:
            under: that folder, from the top of the work tree.

        Raises:
            GitError: commits of others, or changes in the work tree, would be lost.
        """
        remote, branch = self.upstream()
        self._run("fetch", "--quiet", remote, branch, network=True)
        changed = self._run("diff", "--name-only", "--no-renames", "-z", "FETCH_HEAD...HEAD").split("\0")
        folder = f"{tree_path(under)}/".lstrip("/")
        foreign = [path for path in changed if path and not path.startswith(folder)]
        if foreign:
            hint = "push or rebase them first: they are no record of the archive"
            raise GitError(f"commits that are not pushed change {foreign[0]!r}", where=str(self.folder), hint=hint)
        self._run("reset", "--quiet", "--keep", "FETCH_HEAD")

    def upstream(self) -> tuple[str, str]:
        """Return remote and branch that the current branch is pushed to; `origin` and its own name by default.

        Raises:
            GitError: no branch is checked out, or there is no such remote.
        """
        try:
            name = self._run("symbolic-ref", "--quiet", "HEAD").strip()
        except GitError as error:
            raise GitError("no branch is checked out", where=str(self.folder), hint="git switch BRANCH") from error
        short = name.removeprefix("refs/heads/")
        remote = self._setting(f"branch.{short}.remote") or "origin"
        if not (set(remote) & set("./:") or self._setting(f"remote.{remote}.url")):
            hint = f"git remote add {remote} ADDRESS"
            raise GitError(f"there is no remote {remote!r} to push to", where=str(self.folder), hint=hint)
        return remote, self._setting(f"branch.{short}.merge") or name

    def _setting(self, name: str) -> str:
        try:
            return self._run("config", "--get", name).strip()
        except GitError:
            return ""

    def _at_top(self, *arguments: str, stdin: str, environment: Mapping[str, str]) -> None:
        Repository(self.top())._run(*arguments, stdin=stdin, environment=environment)  # noqa: SLF001 - same class

    def _identity(self, commit: Commit) -> dict[str, str]:
        """Return the environment that names author, committer and date; a machine without a name gets ours."""
        identity = {}
        if commit.at is not None:
            identity["GIT_AUTHOR_DATE"] = f"{int(commit.at.timestamp())} +0000"
        if commit.author is not None:
            identity["GIT_AUTHOR_NAME"], identity["GIT_AUTHOR_EMAIL"] = commit.author
        if not self._has_user_identity():
            name, address = commit.author or DEFAULT_IDENTITY
            identity = {
                "GIT_AUTHOR_NAME": name,
                "GIT_AUTHOR_EMAIL": address,
                "GIT_COMMITTER_NAME": name,
                "GIT_COMMITTER_EMAIL": address,
                **identity,
            }
        return identity

    def _has_user_identity(self) -> bool:
        try:
            self._run("-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT")
        except GitError:
            return False
        return True


@contextmanager
def open_repository(place: Path, revision: str | None = None) -> Iterator[tuple[Repository, Tip]]:
    """Open a repository or a bundle for reading, at a revision.

    Args:
        place: a work tree, a bare repository, or a bundle file (which is unpacked beside the temporary files).
        revision: None for the current branch, or the only one; in a bundle, for its HEAD or its only branch.

    Raises:
        GitError: it is none of these, or has no such revision.
    """
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
    _git_command(folder).execute(["git", "init", "--quiet", "--bare", str(folder)])
    repository = Repository(folder)
    bundled = str(bundle.absolute())
    heads = repository._run("bundle", "list-heads", bundled).splitlines()  # noqa: SLF001 - same room
    names = [line.partition(" ")[2] for line in heads]
    own = ["+HEAD:refs/bundle/HEAD"] if "HEAD" in names else []
    only_files = {"GIT_ALLOW_PROTOCOL": "file"}
    repository._run("fetch", "--quiet", bundled, "+refs/*:refs/*", *own, environment=only_files, network=True)  # noqa: SLF001
    for wanted in ("HEAD", "refs/heads/main", "refs/heads/master", *names):
        if wanted in names:
            return repository, "refs/bundle/HEAD" if wanted == "HEAD" else wanted
    raise GitError("the bundle has no branch", where=str(bundle))


def _git_command(folder: Path) -> "Git":
    """Return GitPython's command layer for a folder.

    The command layer is used rather than `Repo`, which takes a bare repository whose configuration does not say
    so for a work tree and then runs git in the folder above.
    """
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    for name in _HOOK_VARIABLES:
        os.environ.pop(name, None)
    # Git runs in the repository that it reads, and there a relative folder of PATH may have a `git` of its own.
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    os.environ["PATH"] = os.pathsep.join(filter(os.path.isabs, folders))
    if which("git") is None:
        raise GitError("git was not found", hint="install git 2.30 or newer")
    from git.cmd import Git

    return Git(str(folder))


def _refusal(error: Any, command: str, folder: Path) -> GitError:
    said = str(error.stderr or error.stdout or "").strip().removeprefix("stderr:").removeprefix("stdout:")
    lines = said.strip(" '\n").splitlines()
    line = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[-1] if lines else "")
    text = line.removeprefix("fatal: ").removeprefix("error: ") or f"exit status {error.status}"
    if "dubious ownership" in text:
        hint = f"the folder belongs to somebody else: git config --global --add safe.directory {folder.absolute()}"
        return GitError("git does not trust the repository", where=str(folder), hint=hint)
    if "could not fetch" in text or "lazy fetching" in said:
        hint = "a partial clone: fetch the whole repository, nothing is fetched on the way"
        return GitError(f"git {command}: objects are missing", where=str(folder), hint=hint)
    if "not a git repository" in text:
        return GitError("not a git repository", where=str(folder), hint="run `git init` there, or name another")
    return GitError(f"git {command}: {text}", where=str(folder))


def _finish(process: Any, command: str, folder: Path) -> None:
    said = process.stderr.read().decode("utf-8", "replace").strip() if process.stderr else ""
    if process.proc.wait():
        raise GitError(f"git {command}: {said.splitlines()[-1] if said else 'failed'}", where=str(folder))


def _stream_of(
    commits: Sequence[tuple[Sequence[str], Commit]],
    reference: str,
    before: str,
    blobs: Mapping[str, str],
    identities: Callable[[Commit], tuple[str, str]],
) -> Iterator[str]:
    """Yield commits in the language of `git fast-import`, each on the one before.

    https://git-scm.com/docs/git-fast-import
    """
    for place, (paths, commit) in enumerate(commits):
        author, committer = identities(commit)
        when = f"{int((commit.at or datetime.now(UTC)).timestamp())} +0000"
        message = f"{commit.subject}\n\n{commit.body}".rstrip() + "\n"
        yield f"commit {reference}\nauthor {author} {when}\ncommitter {committer} {when}\n"
        yield f"data {len(message.encode())}\n{message}"
        if place == 0 and before:
            yield f"from {before}\n"
        for path in paths:
            quoted = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            yield f'M {blobs[path]} "{quoted}"\n' if path in blobs else f'D "{quoted}"\n'
    yield "done\n"


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
