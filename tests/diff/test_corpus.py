"""A public archive of all AWS managed policies, 2019-2024, against plain sets over its raw JSON.

Nothing of the program reads the JSON here that its answers are compared with. The archive is not shipped: the
folder that holds `archive/*.bundle` is named by POLICY_TRACKER_CORPUS.
"""

import json
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from archives import stored

from tracker.base.git import open_repository
from tracker.changelog.builder import Selection, build_git_changelog
from tracker.changelog.model import Changelog, Entry, Event
from tracker.commands.import_git import import_git
from tracker.diff.changes import added_grants
from tracker.diff.model import Change, ChangeKind
from tracker.policy.documents import parse_document

pytestmark = pytest.mark.corpus

Item = tuple[str, str, str]
"""Effect, `Action` or `NotAction`, and the action in lower case without blanks around it."""


@dataclass
class Raw:
    """The archive as git and json.loads give it."""

    versions: dict[str, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    """Policy → VersionId → the first document under that id."""
    created: dict[tuple[str, str], str] = field(default_factory=dict)
    """(Policy, VersionId) → CreateDate."""
    last: dict[str, str] = field(default_factory=dict)
    """Policy → VersionId of its last readable state."""
    empty: int = 0
    """File states without any content."""
    broken: int = 0
    """File states that are no JSON, or no policy."""


def _git(repository: Path, *arguments: str, given: str | None = None) -> bytes:
    command = ["git", "-C", str(repository), *arguments]
    output: bytes = subprocess.run(command, input=(given or "").encode(), capture_output=True, check=True).stdout
    return output


def _blobs(repository: Path, ids: list[str]) -> Iterator[bytes]:
    output = _git(repository, "cat-file", "--batch", given="".join(f"{item}\n" for item in ids))
    at = 0
    for _ in ids:
        end = output.index(b"\n", at)
        size = int(output[at:end].split()[2])
        yield output[end + 1 : end + 1 + size]
        at = end + 2 + size


def _states(repository: Path) -> list[tuple[str, str]]:
    """Return (policy, blob) of each file state below `policies/`, oldest first, deletions left out."""
    output = _git(repository, "log", "--reverse", "--raw", "--no-renames", "--abbrev=40", "--format=", "-z", "fetched")
    fields = output.decode().split("\0")
    pairs = [(facts.split(), path) for facts, path in pairwise(fields) if facts.startswith(":")]
    return [
        (path.removeprefix("policies/").removesuffix(".json"), facts[3])
        for facts, path in pairs
        if path.startswith("policies/") and facts[4] != "D"
    ]


@pytest.fixture(scope="module")
def raw(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Raw:
    repository = tmp_path_factory.mktemp("raw")
    _git(repository, "init", "--quiet", "--bare")
    heads = _git(repository, "bundle", "list-heads", str(bundle)).decode().splitlines()
    branch = next(line.split()[1] for line in heads if line.split()[1].startswith("refs/heads/"))
    _git(repository, "fetch", "--quiet", str(bundle), f"{branch}:refs/heads/fetched")
    states = _states(repository)
    found = Raw()
    for (policy, _), content in zip(states, _blobs(repository, [blob for _, blob in states]), strict=True):
        if not content.strip():
            found.empty += 1
            continue
        try:
            version = json.loads(content)["PolicyVersion"]
            label, document = version["VersionId"], version["Document"]
        except (ValueError, KeyError):
            found.broken += 1
            continue
        found.versions[policy].setdefault(label, document)
        found.created.setdefault((policy, label), version["CreateDate"])
        found.last[policy] = label
    return found


@pytest.fixture(scope="module")
def changelog(bundle: Path) -> Changelog:
    return build_git_changelog(bundle, None, "policies", Selection())


def _statements(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    statements = document["Statement"]
    return statements if isinstance(statements, list) else [statements]


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _items(document: Mapping[str, Any]) -> set[Item]:
    return {
        (statement["Effect"], kind, action.strip().lower())
        for statement in _statements(document)
        for kind in ("Action", "NotAction")
        for action in _listed(statement.get(kind, []))
    }


def _reported(changes: tuple[Change, ...], kind: ChangeKind) -> set[Item]:
    """Return what was reported of one kind; that all but some is granted (`*`, inverted) stands nowhere in the JSON."""
    return {
        (change.effect, "NotAction" if change.inverted else "Action", change.action.strip().lower())
        for change in changes
        if change.kind is kind and not (change.inverted and change.action == "*")
    }


def _canonical(document: Mapping[str, Any]) -> set[str]:
    """Return the statements with all that means nothing brought to one form."""
    return {
        json.dumps(
            {
                name: sorted({item.strip().lower() for item in _listed(value)})
                if name.endswith("Action")
                else sorted(set(_listed(value)))
                if name.endswith("Resource")
                else value
                for name, value in statement.items()
                if name != "Sid"
            },
            sort_keys=True,
        )
        for statement in _statements(document)
    }


def _steps(changelog: Changelog) -> Iterator[Entry]:
    return (entry for entry in changelog.entries if entry.version is not None and entry.previous_version is not None)


def test_every_step_adds_and_removes_the_actions_that_the_raw_json_does(raw: Raw, changelog: Changelog) -> None:
    checked = 0
    for entry in _steps(changelog):
        before = _items(raw.versions[entry.policy][entry.previous_version or ""])
        after = _items(raw.versions[entry.policy][entry.version or ""])
        assert _reported(entry.changes, ChangeKind.ACTION_ADDED) == after - before, entry.id
        assert _reported(entry.changes, ChangeKind.ACTION_REMOVED) == before - after, entry.id
        checked += 1
    assert checked > 1000


def test_a_new_policy_is_reported_with_all_its_actions(raw: Raw, changelog: Changelog) -> None:
    for entry in changelog.entries:
        if entry.event is Event.POLICY_ADDED:
            assert _reported(entry.changes, ChangeKind.ACTION_ADDED) == _items(
                raw.versions[entry.policy][entry.version or ""]
            )
        if entry.event is Event.TRACKING_STARTED:
            assert entry.changes == ()


def test_every_version_is_reported_and_each_step_starts_where_the_last_ended(raw: Raw, changelog: Changelog) -> None:
    reported: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in reversed(changelog.entries):
        reported[entry.policy].append(entry)
    assert reported.keys() == raw.versions.keys()
    for policy, entries in reported.items():
        assert {entry.version for entry in entries if entry.version} == raw.versions[policy].keys()
        assert entries[0].previous_version is None
        for before, after in pairwise(entries):
            assert after.previous_version == (before.version or before.previous_version)
        for entry in entries:
            if entry.published is not None:
                at = raw.created[policy, entry.version or ""].replace("Z", "+00:00")
                assert entry.published.isoformat() == at


def test_no_row_is_due_to_formatting_order_sids_or_letter_case(raw: Raw, changelog: Changelog) -> None:
    for entry in _steps(changelog):
        before = raw.versions[entry.policy][entry.previous_version or ""]
        after = raw.versions[entry.policy][entry.version or ""]
        if _canonical(before) == _canonical(after):
            assert entry.changes == (), entry.id
        if entry.event is Event.POLICY_UPDATED:
            assert entry.changes != (), entry.id


def test_no_row_is_due_to_an_empty_or_broken_file(raw: Raw, changelog: Changelog) -> None:
    assert [skipped.reason for skipped in changelog.skipped] == ["the file is empty"] * raw.empty
    assert (raw.empty, raw.broken) == (19, 0)
    assert not [
        entry for entry in changelog.entries if entry.event is Event.POLICY_REMOVED and entry.policy in raw.last
    ]


def test_ids_are_distinct(changelog: Changelog) -> None:
    ids = [entry.id for entry in changelog.entries]
    assert len(set(ids)) == len(ids)
    assert not [item for item in ids if " " in item]


def test_an_import_is_whole_and_a_second_one_changes_nothing(raw: Raw, bundle: Path, tmp_path: Path) -> None:
    snapshots = tmp_path / "snapshots"
    imported = import_git(bundle, None, "policies", snapshots, "aws")
    files = {path: path.read_bytes() for path in snapshots.rglob("*.json")}
    assert imported.policies == len(raw.versions)
    assert imported.versions == sum(map(len, raw.versions.values())) == len(files) - imported.policies
    for path, content in files.items():
        if path.name != "policy.json":
            document = json.loads(content)["Document"]
            published = raw.versions[path.parent.name][path.stem]
            assert document == published or _canonical(document) == _canonical(published)
            assert added_grants(parse_document(document)) == added_grants(parse_document(published))
    again = import_git(bundle, None, "policies", snapshots, "aws")
    assert (again.written, again.versions) == ((), 0)
    assert files == {path: path.read_bytes() for path in snapshots.rglob("*.json")}


def test_an_import_in_ten_steps_is_an_import_at_once(bundle: Path, tmp_path: Path) -> None:
    with open_repository(bundle) as (repository, tip):
        changes = repository.file_changes(tip, "policies")
        line = list(dict.fromkeys(change.commit for change in changes if not change.merged))
    for step in range(1, 11):
        import_git(bundle, line[len(line) * step // 10 - 1], "policies", tmp_path / "steps", "aws")
    import_git(bundle, None, "policies", tmp_path / "once", "aws")
    assert stored(tmp_path / "steps") == stored(tmp_path / "once")
