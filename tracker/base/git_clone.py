"""A bare copy of another repository, brought up to date: only new objects are fetched.

No hook runs, nothing is fetched on the way, no submodule is followed, and no protocol but https and files is spoken,
whatever a server redirects to: https://git-scm.com/docs/git#Documentation/git.txt-codeGITALLOWPROTOCOLcode
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from errno import EFBIG
from pathlib import Path

from tracker.base.git import Repository, Tip
from tracker.base.git_command import GitCommand
from tracker.errors import GitError, OutputError

__all__ = ["MAX_PACK_BYTES", "update_clone"]

MAX_PACK_BYTES = 4 * 1024**3
"""Bytes of one pack; the largest public archive of policies has a twentieth of it."""
_SETTINGS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "fetch.recurseSubmodules": "false",
    "http.lowSpeedLimit": "1000",  # bytes a second
    "http.lowSpeedTime": "60",  # seconds after which git gives up
}
_ENVIRONMENT = {"GIT_ALLOW_PROTOCOL": "https:file", "GIT_NO_LAZY_FETCH": "1"}
_TOO_LARGE = "died of signal 25"
"""What git says of a process of its own that wrote more than it may: SIGXFSZ."""
_TIP = "refs/heads/fetched"


def update_clone(address: str, folder: Path) -> tuple[Repository, Tip]:
    """Bring a bare copy of a repository's main line up to date; return it, and where the line ends.

    Killed at any moment, it is completed by the next run; deleted, it is fetched anew.

    Args:
        address: an https address, or an absolute path of a repository or bundle.
        folder: the copy; made if it is not there.

    Raises:
        GitError: the repository can't be reached or read, or is larger than MAX_PACK_BYTES.
        OutputError: the folder can't be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"can't be made: {error.strerror}", where=str(folder)) from error
    GitCommand(folder).run("init", "--quiet", "--bare", "--template=", str(folder))
    repository = Repository(folder)
    listed = _run(repository, address, "ls-remote", "--quiet", "--", address, "HEAD", "refs/heads/*")
    heads = {name: commit for commit, _, name in (line.partition("\t") for line in listed.splitlines())}
    name = _main_line(heads, address)
    if _held(repository) != heads[name]:
        options = ("--quiet", "--force", "--no-tags", "--no-recurse-submodules", "--no-auto-maintenance")
        with _largest_file(MAX_PACK_BYTES):
            _run(repository, address, "fetch", *options, "--", address, f"+{name}:{_TIP}")
    return repository, repository.resolve(_TIP)


def _run(repository: Repository, address: str, command: str, *arguments: str) -> str:
    """Run a git command that speaks to the other repository."""
    settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
    try:
        return repository.run(*settings, command, *arguments, environment=_ENVIRONMENT, network=True)
    except GitError as error:
        said = f"{error.what} {error.__cause__}"
        if _TOO_LARGE in said or os.strerror(EFBIG) in said:
            raise GitError(f"larger than {MAX_PACK_BYTES} bytes", where=address) from error
        what = f"git {command}: {error.what.partition(': ')[2] or error.what}"
        raise GitError(what, where=address, hint=error.hint) from error


def _main_line(heads: Mapping[str, str], address: str) -> str:
    """Return what is followed: HEAD, or the only branch of a repository whose HEAD names none that is there."""
    branches = sorted(name for name in heads if name != "HEAD")
    if "HEAD" in heads:
        return "HEAD"
    if len(branches) != 1:
        what = "has no branch" if not branches else "HEAD names none of its branches"
        raise GitError(what, where=address, hint="the default branch is followed: set it there")
    return branches[0]


def _held(repository: Repository) -> str:
    """Return the commit that the copy has; empty for a new copy."""
    try:
        return repository.resolve(_TIP).commit
    except GitError:
        return ""


@contextmanager
def _largest_file(size: int) -> Iterator[None]:
    """Limit the size of files that this process and its children write, where the system has such a limit."""
    if sys.platform == "win32":
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    allowed = [limit for limit in (size, soft, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_FSIZE, (min(allowed), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
