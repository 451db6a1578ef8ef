"""Commits in a repository's work tree: one, or many at once."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from msgspec import Struct

from tracker.base.git import Repository
from tracker.errors import GitError

__all__ = ["Commit", "commit_all", "commit_paths"]

NO_BLOB = "0" * 40
_IDENTITY = re.compile(r"(.*) <([^<>]*)> \d+ [+-]\d{4}\s*\Z")
NEW_COMMITS = "refs/policy-tracker/new"
"""Where commits lie until all of them are made."""
DEFAULT_IDENTITY = ("Policy Tracker", "policy-tracker@localhost")
"""Who commits on a machine without a name."""


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


def commit_paths(repository: Repository, paths: Iterable[str], commit: Commit) -> None:
    """Commit the state of some paths of the work tree, and nothing else that may be staged.

    Args:
        repository: with a work tree.
        paths: files and folders, from the top of the work tree; deleted ones, too.
        commit: what to say, when, and by whom.
    """
    top = Repository(repository.top())
    environment = _identity(repository, commit)
    listed = "\0".join(paths)
    nul = ("--pathspec-from-file=-", "--pathspec-file-nul")
    literal = {"GIT_LITERAL_PATHSPECS": "1"}
    top.run("add", "--all", *nul, stdin=listed, environment=literal)
    message = f"{commit.subject}\n\n{commit.body}" if commit.body else commit.subject
    top.run(
        *("commit", "--quiet", "--only", "--no-verify", "--cleanup=verbatim", f"--message={message}"),
        *nul,
        stdin=listed,
        environment={**environment, **literal},
    )


def commit_all(repository: Repository, commits: Sequence[tuple[Sequence[str], Commit]]) -> None:
    """Commit the state of some files of the work tree, one commit after another, all of them or none.

    One `git fast-import` makes them all: a process per commit takes minutes for a wave of changes. The index
    is brought up to date first, so that a run killed in between leaves files that are staged and not committed.
    Hooks are not run and commits are not signed.

    Args:
        repository: with a work tree.
        commits: files, from the top of the work tree, deleted ones, too; and what to say, when, and by whom.
    """
    top = Repository(repository.top())
    with _staging(repository):
        listed = "\0".join(path for paths, _ in commits for path in paths)
        nul = ("--pathspec-from-file=-", "--pathspec-file-nul")
        top.run("add", "--all", *nul, stdin=listed, environment={"GIT_LITERAL_PATHSPECS": "1"})
        staged = (row.partition("\t") for row in top.run("ls-files", "--stage", "-z").split("\0"))
        blobs = {path: facts.rpartition(" ")[0] for facts, _, path in staged}
        before = "" if repository.is_unborn() else repository.resolve("HEAD").commit
        stream = "".join(
            _stream_of(commits, NEW_COMMITS, before, blobs, lambda commit: _identities(repository, commit))
        )
        repository.run("fast-import", "--quiet", "--force", "--done", stdin=stream)
        said = f"commit: {commits[-1][1].subject}"
        repository.run("update-ref", "-m", said, "HEAD", repository.resolve(NEW_COMMITS).commit, before or NO_BLOB)
        repository.run("update-ref", "-d", NEW_COMMITS)


@contextmanager
def _staging(repository: Repository) -> Iterator[None]:
    """Mark that git is writing; remove the locks of git's that a run left which was killed between the marks."""
    branch = (
        repository.run("rev-parse", "--symbolic-full-name", "HEAD").strip() if not repository.is_unborn() else "HEAD"
    )
    names = ("policy-tracker.staging", "index.lock", "HEAD.lock", f"{branch}.lock")
    found = repository.run("rev-parse", *(part for name in names for part in ("--git-path", name))).splitlines()
    mark, *locks = (repository.folder / path for path in found)
    if mark.exists():
        for lock in locks:
            lock.unlink(missing_ok=True)
    mark.touch()
    yield
    mark.unlink()


def _identities(repository: Repository, commit: Commit) -> tuple[str, str]:
    """Return author and committer of a commit as git writes them, without date."""
    own = None if commit.author and commit.committer else _own_identity(repository)
    author = commit.author or own or DEFAULT_IDENTITY
    committer = commit.committer or commit.author or own or DEFAULT_IDENTITY
    return f"{author[0]} <{author[1]}>", f"{committer[0]} <{committer[1]}>"


def _own_identity(repository: Repository) -> tuple[str, str] | None:
    try:
        found = _IDENTITY.match(repository.run("-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT"))
    except GitError:
        return None
    return (found[1], found[2]) if found else None


def _identity(repository: Repository, commit: Commit) -> dict[str, str]:
    """Return the environment that names author, committer and date; a machine without a name gets ours."""
    identity = {}
    if commit.at is not None:
        identity["GIT_AUTHOR_DATE"] = f"{int(commit.at.timestamp())} +0000"
    if commit.author is not None:
        identity["GIT_AUTHOR_NAME"], identity["GIT_AUTHOR_EMAIL"] = commit.author
    if not _has_user_identity(repository):
        name, address = commit.author or DEFAULT_IDENTITY
        identity = {
            "GIT_AUTHOR_NAME": name,
            "GIT_AUTHOR_EMAIL": address,
            "GIT_COMMITTER_NAME": name,
            "GIT_COMMITTER_EMAIL": address,
            **identity,
        }
    return identity


def _has_user_identity(repository: Repository) -> bool:
    try:
        repository.run("-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT")
    except GitError:
        return False
    return True


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
    for index, (paths, commit) in enumerate(commits):
        author, committer = identities(commit)
        when = f"{int((commit.at or datetime.now(UTC)).timestamp())} +0000"
        message = f"{commit.subject}\n\n{commit.body}".rstrip() + "\n"
        yield f"commit {reference}\nauthor {author} {when}\ncommitter {committer} {when}\n"
        yield f"data {len(message.encode())}\n{message}"
        if index == 0 and before:
            yield f"from {before}\n"
        for path in paths:
            quoted = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            yield f'M {blobs[path]} "{quoted}"\n' if path in blobs else f'D "{quoted}"\n'
    yield "done\n"
