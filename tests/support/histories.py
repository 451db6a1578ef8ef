"""Generated git histories: merges, clocks that run backwards, deletions, renames, policies created again. Real git."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from archives import envelope, git
from builders import allowing, day
from hypothesis import strategies as st

__all__ = ["BARE", "DATED", "Merge", "Step", "made_repository", "steps"]

BARE: dict[str, bytes] = {
    **{f"bare {number}": json.dumps(allowing(f"s3:Get{number}")).encode() for number in range(4)},
    "bare 1 again": json.dumps(allowing("s3:Get1"), indent=1).encode(),
    "broken": b'{"Statement": ',
}
"""States of a file without AWS's version; two of them mean the same."""
DATED: dict[str, bytes] = {
    **{f"v{n}": envelope(f"v{n}", f"2020-01-0{n}T00:00:00Z", allowing(f"sns:Get{n}")) for n in range(1, 5)},
    **{f"new v{n}": envelope(f"v{n}", f"2021-01-0{n}T00:00:00Z", allowing(f"sqs:Get{n}")) for n in range(1, 3)},
    "third v1": envelope("v1", "2022-01-01T00:00:00Z", allowing("sqs:Get3")),
}
"""States with AWS's own version and date; the new and the third are of others that took the name."""

Edits = Mapping[str, bytes | None]
"""Path -> content; None for a deletion."""


@dataclass(frozen=True)
class Merge:
    """A branch from the commit before, and what the merge takes of it."""

    branch: tuple[Edits, ...]
    """Its commits."""
    taken: bool
    """Whether the merge takes over what the branch changed."""


@dataclass(frozen=True)
class Step:
    """One commit of the main line."""

    days: int
    """How many days its clock went on, or back."""
    edits: Edits
    """What it changes, against its first parent."""
    merge: Merge | None = None
    """The branch that it merges."""

    @property
    def all_edits(self) -> Edits:
        """What it changes on the main line, with what it takes of a branch."""
        taken: dict[str, bytes | None] = {}
        for edits in self.merge.branch if self.merge and self.merge.taken else ():
            taken |= edits
        return {**taken, **self.edits}


def _edits() -> st.SearchStrategy[Edits]:
    bare = st.dictionaries(
        st.sampled_from(["policies/A", "policies/A.json"]), st.sampled_from([*BARE.values(), None]), max_size=2
    )
    dated = st.dictionaries(
        st.sampled_from(["policies/B", "policies/B.json"]), st.sampled_from([*DATED.values(), None]), max_size=1
    )
    moved = st.dictionaries(
        st.sampled_from(["policies/x/C", "policies/y/C"]), st.sampled_from([BARE["bare 1"], None]), max_size=2
    )
    return st.builds(lambda one, two, three: {**one, **two, **three}, bare, dated, moved)


def steps() -> st.SearchStrategy[list[Step]]:
    """Return a strategy for the commits of a main line, oldest first."""
    branches = st.builds(Merge, st.lists(_edits(), min_size=1, max_size=2).map(tuple), st.booleans())
    one = st.builds(Step, st.integers(-3, 3), _edits(), st.none() | branches)
    return st.lists(one, min_size=1, max_size=6)


def made_repository(folder: Path, line: Sequence[Step]) -> list[str]:
    """Make a bare repository of a main line with `git fast-import`; return the ids of the line's commits.

    https://git-scm.com/docs/git-fast-import
    """
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main")
    stream = bytearray(b"feature done\n")
    clock, mark, tip = 10, 0, 0
    marks = []
    first: Edits = {"policies/Always": BARE["bare 0"]}
    for step in [Step(0, first), *line]:
        side = tip
        for edits in step.merge.branch if step.merge and tip else ():
            mark += 1
            stream += _commit("refs/heads/side", mark, clock, edits, side)
            side = mark
        clock += step.days
        mark += 1
        stream += _commit("refs/heads/main", mark, clock, step.all_edits, tip, side if side != tip else 0)
        tip = mark
        marks.append(mark)
    names = folder / "marks"
    git(folder, "fast-import", "--quiet", "--force", f"--export-marks={names}", stdin=bytes(stream) + b"done\n")
    known = dict(line.split() for line in names.read_text().splitlines())
    return [known[f":{mark}"] for mark in marks]


def _commit(branch: str, mark: int, clock: int, edits: Edits, parent: int, merged: int = 0) -> bytes:
    head = f"commit {branch}\nmark :{mark}\ncommitter C <c@example.org> {int(day(clock).timestamp())} +0000\ndata 0\n"
    head += f"from :{parent}\n" * bool(parent) + f"merge :{merged}\n" * bool(merged)
    parts = [head.encode()]
    for path, content in edits.items():
        if content is None:
            parts.append(f"D {path}\n".encode())
        else:
            parts.append(f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n")
    return b"".join(parts)
