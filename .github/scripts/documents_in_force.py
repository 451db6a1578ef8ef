"""Write `tracker/data/documents_in_force.json.xz` from the archive: the AWS managed policies as they are now.

    python .github/scripts/documents_in_force.py SNAPSHOTS

Run it before a release. The documents stand there without white space.
"""

import argparse
import json
from pathlib import Path

from tracker.archive.in_force import DocumentInForce, DocumentsInForce, packed
from tracker.archive.store import archive_on_disk
from tracker.policy.history import Skipped

OWNER = "aws"
DATA = Path(__file__).resolve().parents[2] / "tracker" / "data" / "documents_in_force.json.xz"


def in_force(snapshots: Path) -> DocumentsInForce:
    """Return the default versions of the policies that are in force in an archive."""
    archive = archive_on_disk(snapshots)
    found = {}
    for history in archive.histories(OWNER):
        if isinstance(history, Skipped):
            raise SystemExit(f"{history.where}: {history.reason}")
        version, facts = history.in_force, history.facts
        if version is not None:
            assert facts.arn is not None, facts.name
            text = json.dumps(version.document, separators=(",", ":"), ensure_ascii=False).encode()
            found[facts.arn] = DocumentInForce(facts.arn, facts.name, version.version_id, text)
    as_of = archive.last_observed(OWNER)
    assert as_of is not None
    return DocumentsInForce(as_of, found)


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("snapshots", type=Path)
    DATA.write_bytes(packed(in_force(parser.parse_args().snapshots)))


if __name__ == "__main__":
    main()
