"""A branch and where it is pushed to."""

import re

from tracker.base.git import Repository, tree_path
from tracker.errors import GitError

__all__ = ["push", "reset_to_upstream", "upstream"]

_REFUSED = re.compile(r"\[remote rejected\] \((.*)\)")
_OF_REMOTE = re.compile(r"remote: *(\S.*?)\s*$", re.MULTILINE)
_NOT_FAST_FORWARD = ("[rejected]", "cannot lock ref", "failed to update ref")
"""What git says when a branch has moved: before the push, or while it was under way."""


def push(repository: Repository) -> bool:
    """Push the current branch to where it is pushed to; return False if others have pushed in between.

    Raises:
        GitError: there is no branch or no remote, or the remote refuses.
    """
    remote, branch = upstream(repository)
    try:
        repository.run("push", "--quiet", "--porcelain", remote, f"HEAD:{branch}", network=True)
    except GitError as error:
        said = str(error.__cause__)
        if any(mark in said for mark in _NOT_FAST_FORWARD):
            return False
        refused = _REFUSED.search(said)
        if refused is None:
            raise
        why = " ".join(_OF_REMOTE.findall(said)) or "may this branch be pushed to?"
        raise GitError(f"{remote} refuses the push: {refused[1]}", where=str(repository.folder), hint=why) from error
    return True


def reset_to_upstream(repository: Repository, under: str) -> None:
    """Fetch the branch, and go where it is now, without the commits below a folder that could not be pushed.

    Args:
        repository: with a work tree.
        under: that folder, from the top of the work tree.

    Raises:
        GitError: commits of others, or changes in the work tree, would be lost.
    """
    remote, branch = upstream(repository)
    repository.run("fetch", "--quiet", remote, branch, network=True)
    changed = repository.run("diff", "--name-only", "--no-renames", "-z", "FETCH_HEAD...HEAD").split("\0")
    folder = f"{tree_path(under)}/".lstrip("/")
    foreign = [path for path in changed if path and not path.startswith(folder)]
    if foreign:
        hint = "push or rebase them first: they are no record of the archive"
        raise GitError(f"commits that are not pushed change {foreign[0]!r}", where=str(repository.folder), hint=hint)
    repository.run("reset", "--quiet", "--keep", "FETCH_HEAD")


def upstream(repository: Repository) -> tuple[str, str]:
    """Return remote and branch that the current branch is pushed to; `origin` and its own name by default.

    Raises:
        GitError: no branch is checked out, or there is no such remote.
    """
    try:
        name = repository.run("symbolic-ref", "--quiet", "HEAD").strip()
    except GitError as error:
        raise GitError("no branch is checked out", where=str(repository.folder), hint="git switch BRANCH") from error
    short = name.removeprefix("refs/heads/")
    remote = _setting(repository, f"branch.{short}.remote") or "origin"
    if not (set(remote) & set("./:") or _setting(repository, f"remote.{remote}.url")):
        hint = f"git remote add {remote} ADDRESS"
        raise GitError(f"there is no remote {remote!r} to push to", where=str(repository.folder), hint=hint)
    return remote, _setting(repository, f"branch.{short}.merge") or name


def _setting(repository: Repository, name: str) -> str:
    try:
        return repository.run("config", "--get", name).strip()
    except GitError:
        return ""
