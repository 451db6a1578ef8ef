"""One git command at a time, through GitPython's command layer: the only module that starts git.

What a user's configuration could change in git's output is set on each command.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from shutil import which
from subprocess import DEVNULL
from typing import TYPE_CHECKING, Any

from tracker.base.git_environment import git_environment
from tracker.errors import GitError

if TYPE_CHECKING:
    from git.cmd import Git

__all__ = ["GitCommand"]

_SETTINGS = ("core.deltaBaseCacheLimit=16m", "log.showRoot=true", "log.showSignature=false", "core.quotePath=false")
_HOOK_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX")
"""What git sets for its hooks; it would have each command read that repository, whichever was named."""


class GitCommand:
    """Runs git in one folder."""

    def __init__(self, folder: Path) -> None:
        """Take the folder.

        Raises:
            GitError: git is not installed, or there is no such folder.
        """
        if not folder.is_dir():
            raise GitError("no such folder", where=str(folder), hint="give a repository, a bare one, or a bundle")
        self.folder = folder
        self._git = _gitpython(folder)

    def run(
        self,
        *arguments: str,
        stdin: str | None = None,
        environment: Mapping[str, str] | None = None,
        network: bool = False,
    ) -> str:
        """Run a command and return what it prints.

        Args:
            arguments: the command and its arguments.
            stdin: what it reads.
            environment: variables beside those that git needs.
            network: whether it may reach other machines.

        Raises:
            GitError: git refused it.
        """
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

    def reading(self, *arguments: str, stdin: int = DEVNULL) -> Any:
        """Start a git command that only reads, and return its process; `finish` ends it."""
        settings = [part for setting in _SETTINGS for part in ("-c", setting)]
        return self._git.execute(["git", *settings, *arguments], istream=stdin, as_process=True, env=git_environment())

    def finish(self, process: Any, command: str) -> None:
        """Wait for a process of `reading`.

        Raises:
            GitError: git refused the command.
        """
        said = process.stderr.read().decode("utf-8", "replace").strip() if process.stderr else ""
        if process.proc.wait():
            raise GitError(f"git {command}: {said.splitlines()[-1] if said else 'failed'}", where=str(self.folder))


def _gitpython(folder: Path) -> "Git":
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
