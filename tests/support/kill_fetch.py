"""Kill `fetch` at random moments and see that the next run ends with the same bytes.

    python tests/support/kill_fetch.py [TIMES [SEED]]

A checkout with an archive of 40 policies meets 25 changes of all kinds. One run is left alone; others are killed,
with all their processes, somewhere between their start and their end. After each the archive must be readable, and
the next run must leave the same files, the same commits and a clean work tree.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from iam_server import ACCOUNT, Account, client, iam_server

from tracker.archive.store import archive_on_disk
from tracker.policy.history import PolicyHistory

TOP = Path(__file__).parents[2]
BEFORE, AFTER = "2030-01-01T00:00:00Z", "2030-01-02T00:00:00Z"


def main(times: int, seed: int) -> int:
    """Kill as many runs while they are at work; return how many runs that took."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    with tempfile.TemporaryDirectory() as folder, iam_server(aws=False) as address:
        account = Account(client(address), "/kill/")
        first = Path(folder, "first")
        first.mkdir()
        git(first, "init", "--quiet", "--initial-branch=main")
        populate(account)
        ended(fetch(first, address, BEFORE))
        change(account)
        began = time.monotonic()
        ended(fetch(copied(first, "whole"), address, AFTER))
        lasted = time.monotonic() - began
        expected = state(first.with_name("whole"))
        killed = runs = 0
        while killed < times:
            runs += 1
            checkout = copied(first, "killed")
            run = fetch(checkout, address, AFTER)
            time.sleep(chance.uniform(0.2, 1) * lasted)
            if run.poll() is None:
                os.killpg(run.pid, signal.SIGKILL)
                killed += 1
            run.communicate()
            require_readable(checkout)
            ended(fetch(checkout, address, AFTER))
            assert state(checkout) == expected, f"run {runs} of seed {seed} left another state"
            shutil.rmtree(checkout)
    return runs


def populate(account: Account) -> None:
    """Make what the first run finds."""
    for number in range(40):
        account.create(f"Policy{number:02}", "s3:GetObject", "s3:PutObject")


def change(account: Account) -> None:
    """Update, re-issue, delete, create, and create again."""
    time.sleep(1.1)
    for number in range(10):
        account.update(f"Policy{number:02}", "s3:GetObject", "s3:ListBucket")
    for number in range(10, 20):
        account.update(f"Policy{number:02}", "s3:PutObject", "s3:GetObject")
    account.delete("Policy20")
    account.delete("Policy21")
    account.create("Policy21", "s3:*")
    for number in range(40, 43):
        account.create(f"Policy{number:02}", "s3:GetObject")


def fetch(checkout: Path, address: str, at: str) -> "subprocess.Popen[str]":
    """Start `fetch --commit` in a session of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GIT_", "GITHUB_"))}
    keys = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_REGION": "us-east-1"}
    environment = {**kept, **keys, "PYTHONPATH": str(TOP), "GIT_CONFIG_GLOBAL": os.devnull}
    where = ("--endpoint-url", address, "--scope", "local", "--owner", ACCOUNT)
    arguments = [sys.executable, "-m", "tracker", "fetch", *where, "--observed-at", at, "--commit"]
    return subprocess.Popen(
        arguments, cwd=checkout, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def ended(run: "subprocess.Popen[str]") -> None:
    """Wait for a run, which must succeed."""
    _, said = run.communicate()
    assert run.returncode == 0, said


def copied(checkout: Path, name: str) -> Path:
    """Return a copy of a checkout beside it."""
    return shutil.copytree(checkout, checkout.with_name(name))


def require_readable(checkout: Path) -> None:
    """Require that no version in the archive is half written, and that git finds all that it needs."""
    for item in archive_on_disk(checkout / "snapshots").histories():
        assert isinstance(item, PolicyHistory), item
    git(checkout, "fsck", "--strict")


def state(checkout: Path) -> tuple[dict[str, bytes], str, str]:
    """Return the files of the archive, the commits, and what git finds uncommitted."""
    folder = checkout / "snapshots"
    files = {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    return files, git(checkout, "log", "--format=%T %cI %s%n%b"), git(checkout, "status", "--porcelain")


def git(folder: Path, *arguments: str) -> str:
    """Run git, which must succeed."""
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    count = int(sys.argv[1]) if sys.argv[1:] else 50
    start = int(sys.argv[2]) if sys.argv[2:] else int(time.time())
    tried = main(count, start)
    sys.stdout.write(f"{count} of {tried} runs killed at work, all completed with the same bytes (seed {start})\n")
