"""Someone's git history of policies to policy histories, whatever the layout of the files.

What was in force is what the line of first parents shows, commit by commit; a file that can't be read there neither
adds nor removes anything. What merged branches held was not in force, but a version there that carries AWS's own id
and date is a fact.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from msgspec.structs import replace

from tracker.archive.layouts import FoundPolicy, NoPolicyError, StateReader, group_of, read_state
from tracker.archive.moves import FirstPaths
from tracker.archive.timeline import PolicyTimeline
from tracker.base.git import Repository, tree_path
from tracker.base.git_log import FileChange
from tracker.base.git_trees import bounded_blobs
from tracker.errors import DocumentError, one_line
from tracker.policy.history import PolicyHistory, Skipped

__all__ = ["MAX_STATE_BYTES", "ChangeReader", "changes_by_group", "name_of_plain", "replay_group", "replay_histories"]

MAX_STATE_BYTES = 256 * 1024 * 1024
"""Bytes of one state of one file; only collections of many policies come near it."""
ChangeReader = Callable[[FileChange], tuple[FoundPolicy, ...]]
"""Reads what a file is after a change; raises as a `StateReader` does."""


def changes_by_group(changes: Iterable[FileChange], under: str) -> dict[str, list[FileChange]]:
    """Return the file changes by what can be about one policy, in the order in which they came into force.

    A file that was moved to another folder keeps its name. One that was renamed as it is stays in its group: what is
    called by its content goes on under the new path.

    Args:
        changes: the file changes below a folder.
        under: that folder; empty for the whole repository.
    """
    grouping = _Grouping(_length(under))
    branch: list[FileChange] = []
    for _, together in groupby(changes, key=lambda change: (change.commit, change.merged)):
        commit = list(together)
        if commit[0].merged:
            branch += commit  # the merge says under which name the file goes on
        else:
            grouping.take(branch, commit)
            branch = []
    grouping.take(branch, [])
    return dict(sorted(grouping.groups.items()))


class _Grouping:
    """Sorts file changes into groups, commit by commit."""

    def __init__(self, top: int) -> None:
        self.groups: defaultdict[str, list[FileChange]] = defaultdict(list)
        self.top = top
        self.first_paths = FirstPaths()
        self.seen: set[str] = set()
        self.renamed: dict[str, str] = {}
        """Group → the one in which it goes on: its file was renamed as it is, and no other file had been in it."""

    def take(self, branch: Iterable[FileChange], commit: Sequence[FileChange]) -> None:
        """Take in the changes of a commit of the main line, after those of the branches that it merged."""
        names, moved = self.first_paths.take(commit)
        own = {path: group_of(name[self.top :]) for path, name in names.items()}
        gone = {change.before: change.path for change in commit if change.deleted}
        gone = {content: path for content, path in gone.items() if path not in moved.values()}
        sizes = Counter(own.values())
        for change in commit:
            group = own[change.path]
            is_fresh = group not in self.seen and sizes[group] == 1 and not change.before.strip("0")
            old = gone.pop(change.after, None) if is_fresh and change.path not in moved else None
            if old is not None:
                self.renamed[group] = self.renamed.get(own[old], own[old])
        self.seen.update(own.values())
        for change in branch:
            self._add(change, self.first_paths.of(change.path))
        for change in commit:
            self._add(change, names[change.path])

    def _add(self, change: FileChange, first: str) -> None:
        group = group_of(first[self.top :])
        named = change if first == change.path else replace(change, first_path=first)
        self.groups[self.renamed.get(group, group)].append(named)


def name_of_plain(path: str, under: str) -> str | None:
    """Return what the policy of a file is called if its path says it: a file without an ending; None for others."""
    name = path[_length(under) :]
    return None if "/" in name or "." in name else one_line(name)


def _length(under: str) -> int:
    return len(tree_path(under)) + 1 if tree_path(under) else 0


def replay_histories(
    repository: Repository,
    groups: Mapping[str, Sequence[FileChange]],
    *,
    under: str,
    owner: str,
    origin: str,
    read: StateReader = read_state,
) -> Iterator[PolicyHistory | Skipped]:
    """Yield the histories of the policies of some groups, and what was skipped on the way.

    Args:
        repository: where to read; nothing is written.
        groups: the file changes of each group.
        under: the folder of the policies.
        owner: whose policies these are, as histories name it.
        origin: what the versions' origin is to be.
        read: reads one state of one file.
    """
    asked = [blob for changes in groups.values() for blob in _distinct(changes)]
    contents = bounded_blobs(repository, asked, MAX_STATE_BYTES)
    for group, changes in groups.items():
        states = {blob: next(contents) for blob in _distinct(changes)}
        yield from replay_group(group, changes, _parser(states, _length(under), read), owner, origin)


def replay_group(
    group: str, changes: Sequence[FileChange], parse: ChangeReader, owner: str, origin: str
) -> Iterator[PolicyHistory | Skipped]:
    """Yield the histories of the policies of one group, and what was skipped on the way.

    Args:
        group: its name, with which the names of policies inside of files begin.
        changes: its file changes, in the order in which they came into force.
        parse: reads what a file is after a change.
        owner: whose policies these are, as histories name it.
        origin: what the versions' origin is to be.
    """
    reader = _GroupReader(one_line(group), parse, owner, origin)
    for _, together in groupby(changes, key=lambda change: (change.commit, change.merged)):
        reader.take(list(together))
    yield from reader.skipped
    yield from reader.histories()


def _parser(states: Mapping[str, bytes | None], top: int, read: StateReader) -> ChangeReader:
    def parsed(change: FileChange) -> tuple[FoundPolicy, ...]:
        content = states[change.after]
        if content is None:
            raise DocumentError(f"not in the repository (a submodule?), or larger than {MAX_STATE_BYTES} bytes")
        return read(change.named_path[top:], content)

    return parsed


def _distinct(changes: Sequence[FileChange]) -> list[str]:
    return list(dict.fromkeys(change.after for change in changes if not change.deleted))


class _GroupReader:
    """Reads the states of the files of one group, in the order in which they came into force."""

    def __init__(self, group: str, parse: ChangeReader, owner: str, origin: str) -> None:
        self.group = group
        self.parse = parse
        self.owner = owner
        self.origin = origin
        self.known: dict[tuple[str, str], tuple[FoundPolicy, ...]] = {}
        self.present: dict[str, tuple[FoundPolicy, ...]] = {}
        """What each file that is there shows, or showed when it could last be read; the last written last."""
        self.unreadable: set[str] = set()
        """Files that are there and can't be read: they may show any policy."""
        self.timelines: dict[str, PolicyTimeline] = {}
        self.faulty: set[str] = set()
        """Policies of which some states were skipped."""
        self.skipped: list[Skipped] = []

    def take(self, changes: Sequence[FileChange]) -> None:
        """Take in the changes of one commit."""
        if changes[0].merged:
            for change in changes:
                self._take_facts(change)
            return
        touched = {key for change in changes for key in self._keys_touched(change)}
        shown: defaultdict[str, list[FoundPolicy]] = defaultdict(list)
        for found in (found for file in self.present.values() for found in file):
            shown[found.key].append(found)
        for key in sorted(touched & shown.keys()):
            timeline = self.timelines.setdefault(key, PolicyTimeline(shown[key][-1], self.owner, self.origin))
            faults = timeline.show(shown[key], changes[-1].at)
            self.faulty |= {key} if faults else set()
            self._skip(changes[-1], faults)
        if not self.unreadable:
            for key in self.timelines.keys() - shown.keys():
                self.timelines[key].remove(changes[-1].at)

    def _keys_touched(self, change: FileChange) -> list[str]:
        """Take in one state of a file; return the keys of the policies that it shows or showed."""
        self.unreadable.discard(change.path)
        after = () if change.deleted else self._read(change)
        if after is None:
            self.unreadable.add(change.path)
            return []
        if any(found.unknown and not found.is_elsewhere for found in after):
            self.unreadable.add(change.path)  # what is not known may be any policy that the file showed before
        before = self.present.pop(change.path, ())
        if not change.deleted:
            after = (*after, *_perhaps_still_there(before, after))
            self.present[change.path] = after
        return [found.key for found in (*before, *after)]

    def _take_facts(self, change: FileChange) -> None:
        """Add from a state on a merged branch those versions that carry AWS's own id and date."""
        if change.deleted:
            return
        try:
            found = self._parsed(change)
        except DocumentError:
            return  # it was never in force
        for policy in found:
            for version in policy.versions:
                if version.version_id is None or version.created_at is None:
                    continue
                timeline = self.timelines.setdefault(policy.key, PolicyTimeline(policy, self.owner, self.origin))
                try:
                    timeline.add_fact(version)
                except DocumentError as error:
                    self._skip(change, [str(error)])

    def _read(self, change: FileChange) -> tuple[FoundPolicy, ...] | None:
        """Return the policies in a state of a file; None, and a `Skipped` each time, where it can't be read."""
        try:
            return self._parsed(change)
        except DocumentError as error:
            if isinstance(error, NoPolicyError) and self._showed_one_of_many(change.path):
                return ()
            self._skip(change, [str(error)])
            return None

    def _showed_one_of_many(self, path: str) -> bool:
        """Return whether a file showed policies by identities: it goes on as a file when they have gone."""
        shown = self.present.get(path)
        return shown is not None and all(found.key.startswith(f"{self.group}#") for found in shown)

    def _parsed(self, change: FileChange) -> tuple[FoundPolicy, ...]:
        key = (change.named_path, change.after)
        if key not in self.known:
            self.known[key] = tuple(self._with_own_key(item) for item in self.parse(change))
        return self.known[key]

    def _with_own_key(self, found: FoundPolicy) -> FoundPolicy:
        if not found.key.startswith("#"):
            return found
        key = f"{self.group}{found.key}"
        if found.facts.name.startswith("arn:"):
            return replace(found, key=key)
        name = key.replace("#", "", 1) if self.group.endswith("/") or not self.group else key
        return replace(found, key=key, facts=replace(found.facts, name=name))

    def _skip(self, change: FileChange, reasons: Iterable[str]) -> None:
        self.skipped += [Skipped(f"{one_line(change.path)} at {change.commit[:12]}", reason) for reason in reasons]

    def histories(self) -> Iterator[PolicyHistory | Skipped]:
        """Yield the histories of the group's policies, by key."""
        for key in sorted(self.timelines):
            found = self.timelines[key].histories()
            yield from found
            if not found and key not in self.faulty:
                yield Skipped(key, "stands here without a document, or on merged branches only")


def _perhaps_still_there(before: Sequence[FoundPolicy], after: Sequence[FoundPolicy]) -> Iterator[FoundPolicy]:
    """Yield the policies that a file does not show any more, and that may be what is unknown in it."""
    shown, there = {policy.key for policy in after}, {policy.key for policy in before}
    # What is known but for its name, and was there before, is none of those that went.
    open_ones = [one for one in after if one.may_be and (one.unknown or one.key not in there)]
    for policy in before:
        found = next((one for one in open_ones if re.fullmatch(one.may_be, policy.key)), None)
        if found and policy.key not in shown:
            reason = found.unknown or f"{found.key} may be the same"
            yield replace(policy, versions=(), unknown=reason, is_elsewhere=True, may_be="")
