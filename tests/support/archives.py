"""Archives on disk, repositories with fixed dates, and runs of the program."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any
from unittest.mock import patch

from builders import day

from tracker.__main__ import _run
from tracker.archive.store import write_history
from tracker.policy.history import PolicyHistory

__all__ = [
    "CHECKOUT",
    "call",
    "envelope",
    "git",
    "git_environment",
    "new_repository",
    "record",
    "run",
    "stored",
]

CHECKOUT = Path(__file__).resolve().parents[2]
_OF_A_REPOSITORY = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")


def record(root: Path, *histories: PolicyHistory) -> Path:
    """Write histories to an archive; return its folder."""
    for item in histories:
        write_history(root, None, item)
    return root


def stored(root: Path) -> dict[str, bytes]:
    """Return the content of each file below a folder, by path."""
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def envelope(version_id: str, created: str, policy: Any) -> bytes:
    """Return a GetPolicyVersion answer."""
    facts = {"Document": policy, "VersionId": version_id, "IsDefaultVersion": True, "CreateDate": created}
    return json.dumps({"PolicyVersion": facts}).encode()


def git_environment(**more: str) -> dict[str, str]:
    """Return an environment in which git knows neither this machine's configuration nor a repository around it."""
    kept = {name: value for name, value in os.environ.items() if name not in _OF_A_REPOSITORY}
    fixed = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return {**kept, **fixed, **more}


def git(folder: Path, *arguments: str, at: int = 0, stdin: bytes = b"") -> str:
    """Run git in a folder, on a day, with a fixed author; return what it said."""
    moment = f"{int(day(at).timestamp())} +0000"
    environment = git_environment(
        GIT_AUTHOR_NAME="A",
        GIT_AUTHOR_EMAIL="a@example.org",
        GIT_COMMITTER_NAME="C",
        GIT_COMMITTER_EMAIL="c@example.org",
        GIT_AUTHOR_DATE=moment,
        GIT_COMMITTER_DATE=moment,
    )
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, (arguments, done.stderr)
    return done.stdout.decode("utf-8", "surrogateescape").strip()


def new_repository(folder: Path, *states: Mapping[str, bytes | None], options: tuple[str, ...] = ()) -> Path:
    """Make a repository with one commit a day; each state names the files that change, None for a deletion."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--initial-branch=main", *options)
    for number, files in enumerate(states):
        for name, content in files.items():
            path = os.path.join(os.fsencode(folder), os.fsencode(name))  # noqa: PTH118 - names need not be UTF-8
            if content is None:
                os.unlink(path)  # noqa: PTH108 - same
                continue
            os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120 - same
            with open(path, "wb") as file:  # noqa: PTH123 - same
                file.write(content)
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--allow-empty", f"--message=state {number}", at=number)
    return folder


def run(
    *arguments: str | Path | bytes,
    folder: Path,
    stdin: bytes | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run the program as a user does, in a process of its own."""
    command = [sys.executable, "-m", "tracker", *(os.fspath(argument) for argument in arguments)]
    environ = {**git_environment(), "PYTHONPATH": str(CHECKOUT), **(environment or {})}
    return subprocess.run(command, cwd=folder, env=environ, input=stdin, capture_output=True, check=False, timeout=120)


def call(
    *arguments: str | Path | bytes,
    folder: Path,
    stdin: bytes = b"",
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run the program as `run` does, but in this process: for what a start of Python adds nothing to."""
    given = [os.fsdecode(argument) for argument in arguments]
    out, err = (TextIOWrapper(BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    environ = patch.dict(os.environ, git_environment(**(environment or {})), clear=True)
    reading = patch("sys.stdin", TextIOWrapper(BytesIO(stdin)))
    with chdir(folder), environ, reading, redirect_stdout(out), redirect_stderr(err):
        code = _run(given)
    printed, reported = (stream.buffer.getvalue() for stream in (out, err))
    return subprocess.CompletedProcess(given, code, printed, reported)
