"""How much longer the changelog takes than the reading that it can't do without: prints ratios from one run.

python tests/benchmarks/changelog_ratio.py git REPOSITORY     against git log, git cat-file and json.loads
python tests/benchmarks/changelog_ratio.py archive SNAPSHOTS  against reading the files and json.loads

A format may follow: json, unless another is named. Those that people read (markdown, html, text) say what becomes of
each action as well, which takes longer than to list what is written differently.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from time import perf_counter

ROUNDS = 9
_BLOB = re.compile(rb":\d+ \d+ [0-9a-f]{40} ([0-9a-f]{40}) [A-Z]")


def read_git(repository: str) -> None:
    """Read what any changelog must read of a history: all file changes, all contents, as JSON."""
    git = ["git", "-C", repository, "-c", "core.deltaBaseCacheLimit=16m"]
    log = [*git, "log", "--raw", "--no-renames", "-z", "--abbrev=40", "--reverse", "--format=%H %ct"]
    changes = subprocess.run(log, capture_output=True, check=True).stdout
    blobs = [blob for blob in _BLOB.findall(changes) if blob.strip(b"0")]
    asked = b"\n".join(blobs) + b"\n"
    cat = [*git, "cat-file", "--batch", "--buffer"]
    contents = subprocess.run(cat, input=asked, capture_output=True, check=True).stdout
    position = 0
    for _ in blobs:
        end = contents.index(b"\n", position)
        size = int(contents[position:end].split()[2])
        text = contents[end + 1 : end + 1 + size]
        position = end + size + 2
        if text.strip():
            json.loads(text)


def read_archive(snapshots: str) -> None:
    """Read all files of an archive, as JSON."""
    for file in Path(snapshots).rglob("*.json"):
        json.loads(file.read_bytes())


def timed(command: list[str]) -> tuple[float, float]:
    """Return the seconds that a process takes: by the clock, and of the processors."""
    before, began = getrusage(RUSAGE_CHILDREN), perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    took, after = perf_counter() - began, getrusage(RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Compare in turn, and print each pair and the median ratios."""
    kind, path = sys.argv[1:3]
    if kind.startswith("floor-"):
        (read_git if kind == "floor-git" else read_archive)(path)
        return
    tracker = [sys.executable, "-m", "tracker", "--quiet"]
    reported = [*tracker, "changelog", "--git", path] if kind == "git" else [*tracker, "--snapshots", path, "changelog"]
    changelog = [*reported, "--format", *(sys.argv[3:] or ["json"]), "--output", os.devnull]
    floor = [sys.executable, __file__, f"floor-{kind}", path]
    pairs = [(timed(floor), timed(changelog)) for _ in range(ROUNDS)]
    for (floor_wall, floor_cpu), (wall, cpu) in pairs:
        sys.stdout.write(f"floor {floor_wall:.2f} s, {floor_cpu:.2f} s CPU; changelog {wall:.2f} s, {cpu:.2f} s CPU\n")
    by_clock, by_cpu = (median(ours[of] / least[of] for least, ours in pairs) for of in (0, 1))
    sys.stdout.write(f"ratio {by_clock:.2f} by the clock, {by_cpu:.2f} CPU\n")


if __name__ == "__main__":
    main()
