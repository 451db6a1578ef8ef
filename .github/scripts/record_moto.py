"""Record the AWS managed policies that only old releases of moto have: they left AWS before the first whole list.

A release of moto carries the default versions of its day, as IAM gave them. A policy is recorded from these releases
where no other source has a document of it. `UpdateDate` is when its default version was created; it must be the date
in `snapshots/version-dates.tsv` where that has the version, and the dates must rise with the numbers of the versions.
The releases are taken as lists that were read at the first full hour after the newest change in them, oldest first.
Run again, it changes nothing.

    python .github/scripts/record_moto.py SNAPSHOTS

It needs pip, which fetches the releases by name. Other files than those that were checked are refused, and nothing
in them runs.
"""

import argparse
import ast
import csv
import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from msgspec import Struct

from tracker.archive.merge import add_observation, merge_histories, record_absence
from tracker.archive.store import archive_on_disk, write_history
from tracker.base.dates import parse_time
from tracker.policy.history import (
    PolicyFacts,
    PolicyHistory,
    PolicyState,
    PolicyVersion,
    Skipped,
    Snapshot,
)
from tracker.policy.json_text import load_json
from tracker.policy.versions import version_number

RELEASES = {
    "1.2.0": "7479ebc0fa1935c931ead95078ed87fe94a26f9dd208d742e682ff6cabf5d4d2",
    "1.3.16": "f51903b6b532f6c887b111b3343f6925b77eef0505a914138d98290cf3526df9",
    "2.0.0": "ce53ebf8ed5f2240b0645030d177823beab2fef79ed74ec605ad0acebcbd9a95",
    "2.2.0": "01cae56a272a5bf952335df854a8e616f7e6dbb135f88d5f00b979be61bfb448",
    "2.3.0": "0a1913f8cfe1ea8a14bf7807de1e34df9731818dca70c91f3f42015c2d7a102c",
    "3.1.0": "d45b9b1ed8db073109392ec3dd473a3bf79a2dd2bf740042819e019f3e054947",
    "4.0.0": "82d590021a7ef2bdbd83ee74a01b2ecc65c216915d117d7ae88778b79f81887c",
    "4.2.14": "6d242dbbabe925bb385ddb6958449e5c827670b13b8e153ed63f91dbdb50372c",
}
"""Release → SHA-256 of its wheel, oldest first."""
CONTENT = "moto/iam/aws_managed_policies.py"
MAX_BYTES = 16 * 1024 * 1024
"""The largest file that is read; those of these releases have at most 2.6 MB."""
OWNER = "aws"


class Release(Struct, frozen=True):
    """A list of all AWS managed policies."""

    origin: str
    """`moto 1.3.16`."""
    read_at: datetime
    """The first full hour after the newest change in it."""
    policies: Mapping[str, Any]
    """The policies by name, as moto has them."""


def wheel_of(release: str, checksum: str, folder: Path) -> Path:
    """Fetch the wheel of a release and check that it is the one that is known."""
    options = ("--quiet", "--no-deps", "--only-binary=:all:", f"--dest={folder}")
    subprocess.run([sys.executable, "-m", "pip", "download", *options, f"moto=={release}"], check=True)  # noqa: S603
    (wheel,) = folder.glob(f"moto-{release}-*.whl")
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != checksum:
        raise SystemExit(f"moto {release}: another file than the one that was checked")
    return wheel


def policies_in(wheel: Path) -> Mapping[str, Any]:
    """Return the policies of a release: the JSON in the one string of its module, which is read and not run."""
    with zipfile.ZipFile(wheel) as archive:
        if archive.getinfo(CONTENT).file_size > MAX_BYTES:
            raise SystemExit(f"{wheel.name}: {CONTENT} has more than {MAX_BYTES} bytes")
        module = ast.parse(archive.read(CONTENT))
    texts = [node.value for node in ast.walk(module) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    policies: Mapping[str, Any] = load_json(max(texts, key=len), largest=MAX_BYTES)
    return policies


def release_of(name: str, policies: Mapping[str, Any]) -> Release:
    """Return a release with the moment at which its list is taken to have been read."""
    newest = max(parse_time(policy["UpdateDate"]) for policy in policies.values())
    read_at = newest.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return Release(f"moto {name}", read_at, policies)


def state_of(name: str, policy: Mapping[str, Any], origin: str) -> PolicyState:
    """Return a policy as a release shows it."""
    version_id, created, updated = policy["DefaultVersionId"], policy["CreateDate"], policy["UpdateDate"]
    is_of_policy = version_id == "v1" or created != updated  # the oldest releases date the policy by its version
    facts = PolicyFacts(
        name,
        arn=f"arn:aws:iam::aws:policy{policy['Path']}{name}",
        policy_id=policy.get("PolicyId"),
        path=policy["Path"],
        created_at=parse_time(created) if is_of_policy else None,
    )
    version = PolicyVersion(version_id, parse_time(updated), policy["Document"], origin)
    return PolicyState(facts, version_id, (version,))


def history_of(name: str, releases: Iterable[Release]) -> PolicyHistory:
    """Return a policy's history as the releases show it, oldest first; at least one of them has it."""
    found: PolicyHistory | None = None
    for release in releases:
        if name in release.policies:
            state = state_of(name, release.policies[name], release.origin)
            found = add_observation(found, state, Snapshot(OWNER, release.read_at, ()))
        elif found is not None:
            found = record_absence(found, release.read_at)
    assert found is not None, name
    return found


def known_dates(path: Path) -> dict[tuple[str, str], datetime]:
    """Return the dates that IAM gave, by policy and version."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return {(row["policy"], row["version"]): parse_time(row["created"]) for row in rows}


def disagreements(history: PolicyHistory, given: Mapping[tuple[str, str], datetime]) -> Iterator[str]:
    """Yield what speaks against the dates of a history: IAM's own, and that dates rise with version numbers."""
    name = history.facts.name
    dated = {item.version_id: item.created_at for item in history.versions}
    dated |= {item.version_id: item.created_at for item in history.unknown}
    yield from (
        f"{name} {version_id}: IAM gave another date"
        for version_id, at in dated.items()
        if given.get((name, version_id), at) != at
    )
    for before, after in pairwise(sorted(dated, key=lambda version_id: version_number(version_id) or 0)):
        if dated[after] <= dated[before]:
            yield f"{name} {after}: not younger than {before}"


def archived(snapshots: Path) -> dict[str, PolicyHistory]:
    """Return the histories in an archive by policy."""
    found = {}
    for item in archive_on_disk(snapshots).histories(OWNER):
        if isinstance(item, Skipped):
            raise SystemExit(f"{item.where}: {item.reason}")
        found[item.facts.name] = item
    return found


def recorded(snapshots: Path, releases: Sequence[Release], given: Mapping[tuple[str, str], datetime]) -> Iterator[Path]:
    """Write the policies of which the archive has no document but from these releases; yield the files written."""
    known, origins = archived(snapshots), {release.origin for release in releases}
    for name in sorted({name for release in releases for name in release.policies}):
        before = known.get(name)
        if before is not None and any(version.origin not in origins for version in before.versions):
            continue
        after = merge_histories(before, history_of(name, releases))
        wrong = list(disagreements(after, given))
        if wrong:
            raise SystemExit("\n".join(wrong))
        if after != before:
            yield from write_history(snapshots, before, after)


def main() -> None:
    """Fetch the releases and record what only they have."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("snapshots", type=Path)
    snapshots: Path = parser.parse_args().snapshots
    with TemporaryDirectory(prefix="policy-tracker-") as folder:
        wheels = {release: wheel_of(release, checksum, Path(folder)) for release, checksum in RELEASES.items()}
        releases = [release_of(release, policies_in(wheel)) for release, wheel in wheels.items()]
    files = list(recorded(snapshots, releases, known_dates(snapshots / "version-dates.tsv")))
    sys.stdout.write(f"{len(files)} files written\n")


if __name__ == "__main__":
    main()
