"""Folders of Terraform's sources through a git history: each root module, its policies named by address.

What a root module declares rests on all of its files, and on the modules that it calls: after each commit that
touches one of them it is read as a whole, as a review reads it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from tracker.archive.git_history import replay_group
from tracker.archive.layouts import FoundPolicy
from tracker.base.git import Repository, tree_path
from tracker.base.git_log import FileChange
from tracker.base.git_trees import bounded_blobs
from tracker.changelog.attachments import attached_policies
from tracker.changelog.container_states import policies_of
from tracker.inputs.model import Contents, ReadOptions
from tracker.inputs.syntax.parsing import MAX_FILE_BYTES
from tracker.inputs.terraform.addresses import renamed
from tracker.inputs.terraform.modules import ParsedSources, is_terraform
from tracker.inputs.terraform.projects import ModuleTree, project_name, read_projects
from tracker.inputs.terraform.source import Project
from tracker.policy.history import PolicyHistory, Skipped

__all__ = ["TERRAFORM", "is_terraform", "replay_terraform"]

TERRAFORM = "*.tf"
"""What stands for all root modules of a repository; no file's group is called so."""
_GONE = "0" * 40
_UNAVAILABLE = b"\xff"
"""In place of a source that is too large, or that the repository lacks: it is there and can't be read."""
_INDEX = re.compile(r'\[(?:"[^"]*"|[^\]]*)\]')
_OF_OTHERS = ("/source", "/arguments")
"""Ends of the places at which a module from elsewhere is unknown: what it declares has addresses of its own."""


def replay_terraform(
    repository: Repository, changes: Sequence[FileChange], *, under: str, owner: str, origin: str
) -> Iterator[PolicyHistory | Skipped]:
    """Yield the histories of the policies of all root modules, and what was skipped on the way.

    Args:
        repository: where to read; nothing is written.
        changes: all file changes below a folder, in the order in which they came into force.
        under: that folder; modules outside of it are not in the tree.
        owner: whose policies these are, as histories name it.
        origin: what the versions' origin is to be.
    """
    top = len(tree_path(under)) + 1 if tree_path(under) else 0
    own = [replace(change, path=change.path[top:]) for change in changes if not change.merged]
    reader = _TreeReader(_Blobs(repository, own))
    for _, together in groupby(own, key=lambda change: change.commit):
        reader.take(list(together))
    for label, states in sorted(reader.states.items()):
        found = {state.change.commit: state.found for state in states}
        steps = [state.change for state in states]
        group = "" if label == "." else f"{label}/"
        yield from replay_group(group, steps, lambda change, found=found: found[change.commit], owner, origin)  # type: ignore[misc]


class _Blobs:
    """The contents of blobs: those of sources are read at once, others when they are asked for."""

    def __init__(self, repository: Repository, changes: Sequence[FileChange]) -> None:
        self._repository = repository
        ids = list(dict.fromkeys(one.after for one in changes if is_terraform(one.path) and not one.deleted))
        self._known = dict(zip(ids, bounded_blobs(repository, ids, MAX_FILE_BYTES), strict=True))

    def __getitem__(self, blob: str) -> bytes | None:
        if blob not in self._known:
            self._known[blob] = next(bounded_blobs(self._repository, [blob], MAX_FILE_BYTES))
        return self._known[blob]


class _Files(Mapping[str, bytes]):
    """The files after a commit by path."""

    def __init__(self, blobs: _Blobs, ids: Mapping[str, str]) -> None:
        self.ids = ids
        self._blobs = blobs

    def __getitem__(self, path: str) -> bytes:
        content = self._blobs[self.ids[path]]
        if content is None and not is_terraform(path):
            raise KeyError(path)
        return _UNAVAILABLE if content is None else content

    def __iter__(self) -> Iterator[str]:
        return iter(self.ids)

    def __len__(self) -> int:
        return len(self.ids)


class _State(Struct, frozen=True):
    """What a root module was after a commit."""

    change: FileChange
    """The commit, with the module's name in place of a path."""
    found: tuple[FoundPolicy, ...] = ()
    """Its policies; none where it was removed."""


class _TreeReader:
    """Reads the root modules that each commit touches."""

    def __init__(self, blobs: _Blobs) -> None:
        self.states: dict[str, list[_State]] = {}
        """What each root module was, by the name that it had first."""
        self._blobs = blobs
        self._tree = ModuleTree(_Files(blobs, {}))
        self._labels: dict[str, str] = {}
        """Root modules that are there: name → the one that it had first."""
        self._moved: dict[str, dict[str, str]] = {}
        """By that name: new address → the old one, of all moves up to now."""
        self._parsed = ParsedSources()

    def take(self, changes: Sequence[FileChange]) -> None:
        """Take in the changes of one commit."""
        before, ids = self._tree, dict(self._ids)
        for change in changes:
            if change.deleted:
                ids.pop(change.path, None)
            else:
                ids[change.path] = change.after
        if not any(map(is_terraform, ids)) and not self._labels:
            self._tree = ModuleTree(_Files(self._blobs, ids)) if ids else before
            return
        self._tree = ModuleTree(_Files(self._blobs, ids))
        paths = [change.path for change in changes]
        touched = {*before.touched(paths), *self._tree.touched(paths)}
        self._parsed = self._parsed.for_more()
        projects = read_projects(self._tree, touched, {_folder(path) for path in paths}, ReadOptions(), self._parsed)
        gone = self._labels.keys() - {*projects, *map(project_name, self._tree.roots)}
        for name in sorted(projects.keys() - self._labels.keys()):
            old = next((one for one in sorted(gone) if self._is_renamed(before, one, name)), "")
            gone -= {old}
            label = self._labels.pop(old, name)
            self._labels[name] = label
        for name, project in projects.items():
            self._show(name, project, changes[0])
        for name in gone:
            label = self._labels.pop(name)
            self.states[label].append(_State(replace(changes[0], path=label, after=_GONE)))

    @property
    def _ids(self) -> Mapping[str, str]:
        files = self._tree.files
        return files.ids if isinstance(files, _Files) else {}

    def _is_renamed(self, before: ModuleTree, old: str, new: str) -> bool:
        """Return whether a folder has the sources of one that is gone, as they were."""
        was = before.files.ids if isinstance(before.files, _Files) else {}
        return bool(_sources(was, old)) and _sources(was, old) == _sources(self._ids, new)

    def _show(self, name: str, project: Project, change: FileChange) -> None:
        """Take in what a root module declares after a commit."""
        label = self._labels[name]
        moved = self._moved.setdefault(label, {})
        moved |= {new: old for new, old in project.moved.items() if new not in moved}
        states = self.states.setdefault(label, [])
        contents = _with_paths(project.contents)
        shown = (*policies_of(contents), *attached_policies(label, contents))
        found = _under_first_names(shown, moved)
        kept = _not_known_any_more(states[-1].found if states else (), found)
        states.append(_State(replace(change, path=label, after=change.commit), (*found, *kept)))


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _sources(ids: Mapping[str, str], project: str) -> dict[str, str]:
    """Return the sources of a root module: name of the file → blob."""
    folder = "" if project == "." else project
    return {
        path.rpartition("/")[2]: blob for path, blob in ids.items() if is_terraform(path) and _folder(path) == folder
    }


def _with_paths(contents: Contents) -> Contents:
    """Return what a project holds with the file named in which something is unknown."""
    unknowns = contents.unknowns
    named = tuple((where, replace(one, reason=f"{where.path}: {one.reason}")) for where, one in unknowns)
    return replace(contents, unknowns=named)


def _under_first_names(found: Sequence[FoundPolicy], moved: Mapping[str, str]) -> tuple[FoundPolicy, ...]:
    """Return policies under the addresses that they had before moves, and mark what is unknown elsewhere."""
    taken = {policy.key for policy in found}
    named = []
    for policy in found:
        key = f"#{renamed(policy.key[1:], moved)}"
        is_elsewhere = policy.key.removesuffix("?").endswith(_OF_OTHERS) or not policy.key.endswith("?")
        key = policy.key if key in taken else key
        named.append(replace(policy, key=key, is_elsewhere=is_elsewhere))
    if len({policy.key for policy in named}) < len(named):
        seen: dict[str, FoundPolicy] = {}
        for policy in named:
            other = seen.get(policy.key)
            unknown = "several documents have this address" if other else policy.unknown
            seen[policy.key] = replace(policy, unknown=unknown, versions=() if other else policy.versions)
        return tuple(seen.values())
    return tuple(named)


def _not_known_any_more(before: Sequence[FoundPolicy], after: Sequence[FoundPolicy]) -> Iterator[FoundPolicy]:
    """Yield the policies that are not shown any more, and may be what is unknown at the same resource."""
    unknown = {_INDEX.sub("", policy.key.removesuffix("?")): policy.unknown for policy in after if policy.unknown}
    shown = {policy.key for policy in after}
    for policy in before:
        reason = unknown.get(_INDEX.sub("", policy.key))
        if reason and policy.key not in shown:
            yield replace(policy, versions=(), unknown=reason, is_elsewhere=True)
