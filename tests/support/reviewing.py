"""Reviews of small folders in process: what tests of the gate have in common."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tracker.commands.diff import ReviewOutput, ReviewSettings, run_review
from tracker.inputs.files.selection import Selection
from tracker.inputs.model import ReadOptions
from tracker.inputs.reader import InputReader

__all__ = ["allow", "compared", "deny", "document", "reviewed_text", "rules_of", "states_of", "tree"]


def allow(*actions: str, resource: Any = "*", **more: Any) -> dict[str, Any]:
    """Return an Allow statement."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def deny(*actions: str, resource: Any = "*", **more: Any) -> dict[str, Any]:
    """Return a Deny statement."""
    return {**allow(*actions, resource=resource, **more), "Effect": "Deny"}


def document(*statements: Any) -> dict[str, Any]:
    """Return a policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def tree(folder: Path, files: Mapping[str, Any]) -> Path:
    """Write files, bytes and texts as they are, anything else as JSON; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content if isinstance(content, (str, bytes)) else json.dumps(content, indent=1)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return folder


def compared(
    folder: Path,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    attached: Path | None = None,
    ignore: str | None = None,
    selection: Selection | None = None,
    parameters: Mapping[str, str] | None = None,
) -> ReviewOutput:
    """Review two folders with these files."""
    old, new = tree(folder / "old", before), tree(folder / "new", after)
    settings = ReviewSettings(
        language="en", ignore=ignore, selection=selection or Selection(), options=ReadOptions(parameters or {})
    )
    return run_review(InputReader(folder, folder, lambda: b"", attached), str(old), str(new), settings)


def reviewed_text(before: Any, after: Any, folder: Path) -> ReviewOutput:
    """Review one document, or file, called `p.json`."""
    return compared(folder, {} if before is None else {"p.json": before}, {} if after is None else {"p.json": after})


def rules_of(found: ReviewOutput) -> set[str]:
    """Return the rules of all findings."""
    return {finding.rule for finding in found.review.findings}


def states_of(found: ReviewOutput) -> dict[str, str]:
    """Return name -> state and verdict of each policy."""
    return {one.name: f"{one.state} {one.verdict}" for one in found.review.policies}
