"""Someone's git history of policies, one file each that changes over time, to policy histories.

Reads the layout of the public archives (`policies/<Name>`, a GetPolicyVersion envelope) and repositories of a
team's own policies (bare documents, `.json`). A bare document has no version: its states are numbered `v1`, `v2`…
and dated by their commits.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import groupby
from typing import Any

from tracker.base.dates import parse_time
from tracker.base.git import FileChange, Repository, tree_path
from tracker.diff.changes import changes_between
from tracker.errors import DocumentError, one_line
from tracker.policy.documents import unwrap
from tracker.policy.history import Observation, PolicyFacts, PolicyHistory, PolicyVersion, Skipped
from tracker.policy.json_text import load_json
from tracker.policy.model import Json
from tracker.policy.versions import is_version_id, version_number

__all__ = ["changes_by_name", "replay_histories"]


def changes_by_name(changes: Iterable[FileChange], under: str) -> dict[str, list[FileChange]]:
    """Return the file changes of each policy, oldest first, by its name.

    Args:
        changes: the file changes below a folder, oldest first.
        under: that folder; empty for the whole repository.
    """
    by_name: defaultdict[str, list[FileChange]] = defaultdict(list)
    top = len(tree_path(under)) + 1 if tree_path(under) else 0
    name_of = cache(lambda path: one_line(path[top:].removesuffix(".json")))
    for _, together in groupby(changes, key=lambda change: change.commit):
        # A file that was renamed to `X.json` is still there: what came is taken before what went.
        for change in sorted(together, key=lambda change: change.deleted):
            by_name[name_of(change.path)].append(change)
    return dict(sorted(by_name.items()))


def replay_histories(
    repository: Repository, by_name: Mapping[str, Sequence[FileChange]], *, owner: str, origin: str
) -> Iterator[PolicyHistory | Skipped]:
    """Yield one history per policy, and what was skipped on the way.

    Args:
        repository: where to read; nothing is written.
        by_name: the file changes of each policy.
        owner: whose policies these are, as histories name it.
        origin: what the versions' origin is to be.
    """
    contents = repository.blobs([blob for changes in by_name.values() for blob in _distinct(changes)])
    for name, changes in by_name.items():
        states = {blob: next(contents) for blob in _distinct(changes)}
        reader = _FileHistoryReader(name, owner, origin)
        for change in changes:
            reader.take(change, states.get(change.after))
        yield from reader.skipped
        if reader.versions:
            yield reader.history()


def _distinct(changes: Sequence[FileChange]) -> list[str]:
    return list(dict.fromkeys(change.after for change in changes if not change.deleted))


class _FileHistoryReader:
    """Reads the states of one policy's file, oldest first."""

    def __init__(self, name: str, owner: str, origin: str) -> None:
        self.name = name
        self.present: set[str] = set()
        self.owner = owner
        self.origin = origin
        self.versions: dict[str, PolicyVersion] = {}
        self.observations: list[Observation] = []
        self.skipped: list[Skipped] = []
        self.read: dict[str, str | None] = {}

    def take(self, change: FileChange, content: bytes | None) -> None:
        """Take in one state of the file; `content` is None when it was deleted or its blob is missing."""
        if change.deleted:
            self.present.discard(change.path)
            if not self.present:
                self._observe(change.at, None)
            return
        self.present.add(change.path)
        if self.read.get(change.after) is None:  # what is skipped is skipped, and told, each time it comes
            self.read[change.after] = self._version_in(change, content)
        version_id = self.read[change.after]
        if version_id is not None:
            self._observe(change.at, version_id)

    def _version_in(self, change: FileChange, content: bytes | None) -> str | None:
        """Return the id of the version in a state of the file; None, and a word on it, where there is none."""
        try:
            return self._add_version(*_parse_file_state(_present(content)), change.at)
        except DocumentError as error:
            self.skipped.append(Skipped(f"{one_line(change.path)} at {change.commit[:12]}", str(error)))
            return None

    def _add_version(self, label: Any, created: Any, document: Json, at: datetime) -> str:
        if not isinstance(label, str) or not is_version_id(label) or not isinstance(created, str):
            return self._numbered(document, at)
        known = self.versions.get(label)
        if known is not None and known.document == document:
            return label
        version = PolicyVersion(label, _time(created) if known is None else known.created_at, document, self.origin)
        if known is None:
            self.versions[label] = version
        elif changes_between(known.parsed, version.parsed):
            raise DocumentError(f"{label} stands here with another document than before; the first is kept")
        return label

    def _numbered(self, document: Json, at: datetime) -> str:
        number = 1 + max((version_number(label) or 0 for label in self.versions), default=0)
        new = PolicyVersion(f"v{number}", at, document, self.origin)
        known = next((version for version in self.versions.values() if version.has_document_of(new)), new)
        self.versions.setdefault(known.version_id, known)
        return known.version_id

    def _observe(self, at: datetime, version_id: str | None) -> None:
        if not self.observations and version_id is None:
            return
        if not self.observations or self.observations[-1].default_version != version_id:
            self.observations.append(Observation(at, version_id))

    def history(self) -> PolicyHistory:
        """Return the policy's history: versions by creation, observations by commit."""
        versions = sorted(
            self.versions.values(), key=lambda item: (item.created_at, version_number(item.version_id) or 0)
        )
        facts = PolicyFacts(self.name)
        return PolicyHistory(self.owner, facts, tuple(versions), tuple(self.observations))


def _parse_file_state(content: bytes) -> tuple[Any, Any, Json]:
    """Return VersionId and CreateDate, where an envelope has them, and the policy document.

    Raises:
        DocumentError: there is none in the content.
    """
    document, envelope = unwrap(load_json(content))
    return envelope.get("VersionId"), envelope.get("CreateDate"), document


def _present(content: bytes | None) -> bytes:
    if content is None:
        raise DocumentError("the repository lacks this blob")
    if not content.strip():
        raise DocumentError("the file is empty")
    return content


def _time(text: str) -> datetime:
    try:
        return parse_time(text)
    except ValueError as error:
        raise DocumentError(f"expected a time, got {json.dumps(text)}", where="CreateDate") from error
