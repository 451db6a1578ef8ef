"""One policy through a git history: which versions there are, which was in force when, and what took its name.

Versions that carry AWS's own VersionId and CreateDate are facts, wherever in the history they stand. Documents without
are numbered `v1`, `v2`… and dated by the commits that brought them into force.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from msgspec.structs import replace

from tracker.archive.layouts import FoundPolicy, FoundVersion
from tracker.archive.merge import is_recreated, merge_facts
from tracker.archive.recreated import folder_aside, label_after
from tracker.diff.changes import changes_between
from tracker.errors import DocumentError
from tracker.policy.history import Observation, PolicyFacts, PolicyHistory, PolicyVersion
from tracker.policy.model import Json
from tracker.policy.versions import version_number, version_sort_key

__all__ = ["PolicyTimeline"]


class _OutOfDateError(DocumentError):
    """A file still shows a version of a policy that was deleted, after another one took its name."""


class _Life:
    """A policy from its creation to its deletion."""

    def __init__(self, facts: PolicyFacts, began: datetime | None) -> None:
        self.facts = facts
        self.began = began
        """CreateDate of the version by which it was known to be another policy; None for the first of its name."""
        self.versions: dict[str, PolicyVersion] = {}
        self.dated: set[str] = set()
        """The versions that carry AWS's own VersionId and CreateDate."""
        self.same_by: dict[str, str] = {}
        """`FoundVersion.same_by` → the id of the version that has it."""
        self.observations: list[Observation] = []

    @property
    def is_gone(self) -> bool:
        """Whether the policy was last seen to be removed."""
        return bool(self.observations) and self.observations[-1].default_version is None

    def observe(self, at: datetime, version_id: str | None) -> None:
        """Take in which version is in force; None for a policy that is not there."""
        last = self.observations[-1].default_version if self.observations else None
        if last != version_id:
            self.observations.append(Observation(at, version_id))

    def end_before(self, following: "_Life") -> None:
        """Date the removal no later than the creation of the policy that took the name, which it preceded.

        The commits only bound it, and what they show of this policy after that creation was out of date: that is dated
        no later, either. A version that has its date from a commit stays before the removal, and so does the first
        look at a policy that took a name itself: its entries are called by that day.
        """
        if not self.is_gone or following.began is None:
            return
        kept = [version.created_at for label, version in self.versions.items() if label not in self.dated]
        kept += [self.observations[0].at] if self.began is not None else []
        latest = max([following.began, *kept])
        self.observations = [replace(item, at=min(item.at, latest)) for item in self.observations]

    def newest(self, ids: Sequence[str]) -> str:
        """Return the newest of some versions: by date where all have one of their own, else by number."""
        if self.dated.issuperset(ids):
            return max(ids, key=lambda version_id: version_sort_key(self.versions[version_id]))
        return max(ids, key=lambda version_id: version_number(version_id) or 0)

    def add(self, new: PolicyVersion, *, is_dated: bool) -> str:
        """Take in a version, and return its id.

        Raises:
            DocumentError: it stands here with another document.
        """
        known = self.versions.get(new.version_id)
        if known is None:
            self.versions[new.version_id] = new
            self.dated |= {new.version_id} if is_dated else set()
        elif _differ(known, new):
            raise DocumentError(f"{new.version_id} stands here with another document than before; the first is kept")
        return new.version_id

    def add_numbered(self, found: FoundVersion, at: datetime, origin: str) -> str:
        """Take in a document without a version, and return the id of the version that has it, or is to have it."""
        if found.same_by:
            if found.same_by not in self.same_by:
                self.same_by[found.same_by] = self._add_document(found.document, at, origin)
            return self.same_by[found.same_by]
        return self._add_document(found.document, at, origin)

    def _add_document(self, document: Json, at: datetime, origin: str) -> str:
        number = 1 + max((version_number(label) or 0 for label in self.versions), default=0)
        new = PolicyVersion(f"v{number}", at, document, origin)
        known = next((version for version in self.versions.values() if version.has_document_of(new)), new)
        self.versions.setdefault(known.version_id, known)
        return known.version_id


class PolicyTimeline:
    """Builds the history of one policy from its states, given in the order in which they came into force."""

    def __init__(self, found: FoundPolicy, owner: str, origin: str) -> None:
        """Take the first state's name and facts; whose policy it is; and what its versions' origin is to be."""
        self.label = found.key
        self.owner = owner
        self.origin = origin
        self.lives = [_Life(found.facts, None)]
        self.faults: set[str] = set()
        self.unknown = ""
        """Why the document in force is not known; empty while it is."""

    def show(self, shown: Sequence[FoundPolicy], at: datetime) -> list[str]:
        """Take in what the files show of the policy after a commit; return what kept some of it from being read.

        What is one version of many is listed once: it is shown again with each of the others.

        Args:
            shown: what each file shows, the last written last; not empty.
            at: the time of the commit.
        """
        faults: list[str] = []
        ids: list[str | None] = []
        last = next((found for found in reversed(shown) if found.versions), None)
        unknown = "; ".join(dict.fromkeys(found.unknown for found in shown if found.unknown))
        if unknown and unknown != self.unknown:
            faults.append(f"{self.label} is not known from here on: {unknown}" if self.lives[-1].versions else unknown)
        self.unknown = unknown
        goes_on = self._goes_on(shown)
        for found in shown:
            for version in found.versions:
                if version.version_id is None and found is not last:
                    continue  # a document without a version is one once it is in force
                version_id: str | None = None
                try:
                    version_id = self._take(found, version, at, goes_on=goes_on)
                except DocumentError as error:
                    faults += self._fault(found, str(error))
                    if isinstance(error, _OutOfDateError):
                        continue  # it says nothing of the policy that has the name now
                if version.is_default or (found.default or "") == version_id:
                    ids.append(version_id)
            self._complete_facts(found.facts)
        default = self._in_force(shown, ids)
        if any(found.is_gone for found in shown):
            self.remove(at)
        elif default is not None:
            self.lives[-1].observe(at, default)
        return faults

    def _fault(self, found: FoundPolicy, reason: str) -> list[str]:
        """Return a reason that is to be listed: that of one version of many, once."""
        is_known = found.is_one_of_many and reason in self.faults
        self.faults.add(reason)
        return [] if is_known else [reason]

    def _complete_facts(self, facts: PolicyFacts) -> None:
        """Add facts from a file; once observed, without its CreateDate, which would date earlier states."""
        life = self.lives[-1]
        merged = merge_facts(life.facts, facts)
        life.facts = replace(merged, created_at=life.facts.created_at) if life.observations else merged

    def _in_force(self, shown: Sequence[FoundPolicy], ids: Sequence[str | None]) -> str | None:
        """Return the version in force; None where the files don't say, or the one they name was not read."""
        life = self.lives[-1]
        named = [found.default for found in shown if found.default is not None]
        if named:
            return named[-1] if named[-1] in life.versions else None
        if not ids:
            return None
        if any(found.is_one_of_many or len(found.versions) > 1 for found in shown):
            held = [version_id for version_id in ids if version_id in life.versions]
            return life.newest([version_id for version_id in held if version_id]) if held else None
        return ids[-1]

    def remove(self, at: datetime) -> None:
        """Take in that no file shows the policy any more."""
        if self.lives[-1].observations:
            self.lives[-1].observe(at, None)

    def add_fact(self, version: FoundVersion) -> None:
        """Take in a version that carries AWS's own id and date and was never seen in force.

        Raises:
            DocumentError: it stands here with another document.
        """
        if version.version_id is None or version.created_at is None:
            return
        later = [life for life in self.lives[1:] if life.began and life.began <= version.created_at]
        (later or self.lives)[-1 if later else 0].add(self._version(version, version.created_at), is_dated=True)

    def _goes_on(self, shown: Sequence[FoundPolicy]) -> bool:
        """Return whether some file still shows a version of the policy that was there before."""
        known = self.lives[-1].versions
        return any(
            version.version_id in known and known[version.version_id].created_at == version.created_at
            for found in shown
            for version in found.versions
        )

    def _take(self, found: FoundPolicy, version: FoundVersion, at: datetime, *, goes_on: bool) -> str:
        """Take in a version of a file that is in force; a new life begins where it can't be of the old one."""
        life = self.lives[-1]
        if version.version_id is None:
            return life.add_numbered(version, at, self.origin)
        if version.created_at is None:
            return self._take_undated(life, version, at)
        new = self._version(version, version.created_at)
        if life.began is not None and new.created_at < life.began:
            raise _OutOfDateError(f"{new.version_id} is of the policy that was deleted, and this one took its name")
        if self._is_another(life, found.facts, new, goes_on=goes_on):
            life.observe(at, None)
            life = _Life(found.facts, new.created_at)
            self.lives.append(life)
        return life.add(new, is_dated=True)

    def _take_undated(self, life: _Life, version: FoundVersion, at: datetime) -> str:
        """Add a version of which only the number is known: it is dated by the commit, unless it was added before."""
        new = self._version(version, at)
        number = version_number(new.version_id) or 0
        if new.version_id not in life.versions and any((version_number(key) or 0) > number for key in life.versions):
            raise DocumentError(f"{new.version_id} has no date of its own, and came after later versions")
        return life.add(new, is_dated=False)

    def _version(self, found: FoundVersion, at: datetime) -> PolicyVersion:
        return PolicyVersion(found.version_id or "", at, found.document, self.origin, found.created_before)

    @staticmethod
    def _is_another(life: _Life, facts: PolicyFacts, new: PolicyVersion, *, goes_on: bool) -> bool:
        """Return whether a version is of a policy that was created under the name of one that was deleted.

        IAM gives no number twice, and numbers rise with time. A date alone proves nothing: IAM has corrected some.
        """
        if is_recreated(life.facts, facts):
            return True
        if not life.dated or new.created_at <= max(life.versions[version_id].created_at for version_id in life.dated):
            return False
        numbers = [version_number(version_id) or 0 for version_id in life.dated]
        if (version_number(new.version_id) or 0) < max(numbers) and (life.is_gone or not goes_on):
            return True
        known = life.versions.get(new.version_id)
        return known is not None and (life.is_gone or _differ(known, new))

    def histories(self) -> list[PolicyHistory]:
        """Return the policy's histories, the oldest first: several where others took its name.

        One that was never in force has none. The first keeps the name for its entries, as it does in the archive.
        """
        folders: list[str] = []
        labels: list[str] = []
        for life, following in pairwise(self.lives):  # one that was never in force was created all the same
            life.end_before(following)
        seen = [life for life in self.lives if life.observations]
        for life in seen:
            before, policy_id, first = folders[-1] if folders else "", life.facts.policy_id, life.observations[0].at
            labels.append(label_after(self.label, before, policy_id, first, labels) if labels else self.label)
            is_last = life is self.lives[-1]
            folders.append("" if is_last else folder_aside(life.facts, life.observations[-1].at, folders))
        return [self._history(life, folder, label) for life, folder, label in zip(seen, folders, labels, strict=True)]

    def _history(self, life: _Life, folder: str, label: str) -> PolicyHistory:
        versions = tuple(sorted(life.versions.values(), key=version_sort_key))
        other_label = label if label != (folder or life.facts.name) else ""
        return PolicyHistory(
            self.owner, life.facts, versions, tuple(life.observations), folder=folder, published_name=other_label
        )


def _differ(known: PolicyVersion, new: PolicyVersion) -> bool:
    """Return whether two versions of one id have documents of another meaning."""
    if known.has_document_of(new):
        return False
    return bool(changes_between(known.parsed, new.parsed))
