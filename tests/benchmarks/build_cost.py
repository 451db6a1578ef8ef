"""What a build costs: time by the clock and of the processors, memory of all its processes, files and their size.

    python tests/benchmarks/build_cost.py [SNAPSHOTS] [ROUNDS]

Each round builds into an empty folder, then once more without news; all are removed at the end. Memory is the sum of
what its processes hold at a time, what they share counted once (PSS, of Linux alone).

A disk may take ten times as long for a new file when thousands were removed minutes ago (ext4 without a journal does);
TMPDIR=/dev/shm measures without one.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

TOP = Path(__file__).parent.parent.parent
BETWEEN_LOOKS = 0.05


def held(process: int) -> int:
    """Return how many bytes a process and its children hold now."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
        children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    except OSError:
        return 0
    own = sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return own + sum(held(int(child)) for child in children)


def built(snapshots: str, output: str) -> str:
    """Build; return what it cost."""
    before, began, most = getrusage(RUSAGE_CHILDREN), time.perf_counter(), 0
    command = [sys.executable, "-m", "tracker", "--quiet", "--snapshots", snapshots, "build", "--output", output]
    with subprocess.Popen(command, cwd=TOP) as process:
        while process.poll() is None:
            most = max(most, held(process.pid))
            time.sleep(BETWEEN_LOOKS)
    took, after = time.perf_counter() - began, getrusage(RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{took:.1f} s, {cpu:.1f} s CPU, at most {most / 1e6:.0f} MB"


def main(snapshots: str = str(TOP / "snapshots"), rounds: str = "3") -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as outputs:
        for number in range(int(rounds)):
            output = f"{outputs}/{number}"
            first, again = built(snapshots, output), built(snapshots, output)
            sizes = [path.stat().st_size for path in Path(output).rglob("*") if path.is_file()]
            size = f"{len(sizes)} files, {sum(sizes) / 1e6:.0f} MB"
            sys.stdout.write(f"build: {first}; again: {again}; {size}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
