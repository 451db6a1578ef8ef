"""Build the wheel `policy-tracker-archive` from the archive: all versions, and the corpus of steps between them.

    python .github/scripts/build_archive_package.py SNAPSHOTS OUTPUT

docs/archive-package.md says what is in it. The same archive and program give the same wheel.
"""

import argparse
import lzma
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from msgspec.json import encode

from tracker.access import Answer, NetEffect, Witness, net_effect
from tracker.archive.packed import FILE, PACKAGE, packed_archive
from tracker.archive.store import archive_on_disk
from tracker.base.dates import format_time
from tracker.changelog.contract import change_to_json
from tracker.changelog.entries import entries_of, newest_first
from tracker.changelog.model import Entry, Event
from tracker.errors import DocumentError
from tracker.policy.history import PolicyHistory
from tracker.policy.model import Condition, PolicyDocument

OWNER = "aws"
CHECKOUT = Path(__file__).resolve().parents[2]
TEMPLATE = Path(__file__).with_name("archive_package")
STEPS = (Event.POLICY_ADDED, Event.POLICY_UPDATED, Event.POLICY_REISSUED)
NOTHING = PolicyDocument(())


def steps_of(history: PolicyHistory) -> Iterator[tuple[Entry, dict[str, Any]]]:
    """Yield each step of a policy with what the corpus says of it, the oldest first."""
    documents = {version.version_id: version.parsed for version in history.versions}
    for entry in entries_of(history):
        if isinstance(entry, Entry) and entry.event in STEPS and entry.version and entry.published:
            before = documents[entry.previous_version] if entry.previous_version else NOTHING
            yield (
                entry,
                {
                    "policy": entry.policy,
                    "before": entry.previous_version,
                    "after": entry.version,
                    "event": entry.event,
                    "created": format_time(entry.published),
                    "not_observed": entry.not_observed,
                    "net_effect": effect_of(before, documents[entry.version]),
                    "changes": [change_to_json(change) for change in entry.changes],
                },
            )


def effect_of(before: PolicyDocument, after: PolicyDocument) -> dict[str, Any] | None:
    """Return the net effect of a step; None where the documents are too large to say."""
    try:
        effect = net_effect(before, after)
    except DocumentError:
        return None
    return {
        "verdict": effect.verdict,
        "gains": effect.gains,
        "loses": effect.loses,
        "gained": _request(effect.gained),
        "lost": _request(effect.lost),
        "reasons": list(_reasons(effect)),
        "beside_others": effect.beside_others,
    }


def _request(witness: Witness | None) -> dict[str, Any] | None:
    if witness is None:
        return None
    request = witness.request
    return {
        "action": request.action,
        "resource": request.resource,
        "principal": request.principal,
        "context": dict(request.context),
        "assumed": [_test(test) for test in request.assumed],
    }


def _test(test: Condition) -> dict[str, Any]:
    return {"operator": test.operator, "key": test.key, "values": test.values}


def _reasons(effect: NetEffect) -> Iterator[dict[str, Any]]:
    for direction, answer, reasons in (
        ("gains", effect.gains, effect.gain_reasons),
        ("loses", effect.loses, effect.loss_reasons),
    ):
        assert bool(reasons) is (answer is Answer.UNKNOWN)
        for reason in reasons:
            yield {"direction": direction, "kind": reason.kind, "action": reason.action}


def corpus(snapshots: Path) -> bytes:
    """Return the steps of an archive, one JSON object a line, packed."""
    found: dict[str, dict[str, Any]] = {}
    entries = []
    for history in archive_on_disk(snapshots).histories(OWNER):
        assert isinstance(history, PolicyHistory), history
        for entry, step in steps_of(history):
            entries.append(entry)
            found[entry.id] = step
    lines = (encode(found[entry.id]) + b"\n" for entry in reversed(newest_first(entries)))
    return lzma.compress(b"".join(lines), preset=9 | lzma.PRESET_EXTREME)


def version_of(snapshots: Path) -> str:
    """Return the package's version: the day on which a policy was last seen to change."""
    last = archive_on_disk(snapshots).last_observed(OWNER)
    assert last is not None
    return f"{last.year}.{last.month}.{last.day}"


def build(snapshots: Path, output: Path) -> None:
    """Build the wheel into a folder."""
    with TemporaryDirectory() as place:
        project, package = Path(place), Path(place) / PACKAGE
        package.mkdir()
        code = (TEMPLATE / "__init__.py").read_text(encoding="utf-8")
        version = f'__version__ = "{version_of(snapshots)}"'
        (package / "__init__.py").write_text(code.replace('__version__ = "0"', version), encoding="utf-8")
        (package / "py.typed").touch()
        (package / FILE).write_bytes(packed_archive(snapshots))
        (package / "steps.jsonl.xz").write_bytes(corpus(snapshots))
        shutil.copy(snapshots / "LICENSES.txt", package)
        shutil.copy(TEMPLATE / "pyproject.toml", project)
        shutil.copy(CHECKOUT / "docs" / "archive-package.md", project / "README.md")
        shutil.copy(CHECKOUT / "LICENSE", project)
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(output.resolve())]
        subprocess.run(command, cwd=project, check=True)  # noqa: S603 - nothing in it comes from outside


def main() -> None:
    """Build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("snapshots", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    build(arguments.snapshots, arguments.output)


if __name__ == "__main__":
    main()
