"""Sources of Terraform in two trees of files: the root modules that a change touches, as if each were one file.

A symbolic link to a source within the tree is the source: what several root modules share is often linked.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from posixpath import dirname, join, normpath

from tracker.inputs.files.file_trees import EntryKind, FileTree
from tracker.inputs.files.loading import LoadedFile, load_file
from tracker.inputs.model import Contents, ReadOptions
from tracker.inputs.syntax.policy_text import attaches_policy
from tracker.inputs.terraform.modules import ENDS, VALUES, ProjectFiles, is_terraform
from tracker.inputs.terraform.projects import changed_projects
from tracker.inputs.terraform.source import read_project

__all__ = ["is_source", "load_projects", "load_source", "runs_policy_command"]

_COMMAND = re.compile(r'\bprovisioner"?\s*"?(?:local|remote)-exec|"external"|\blocal_file\b')


def is_source(path: str) -> bool:
    """Return whether a file is read with others as a root module, not by itself."""
    return is_terraform(path)


def runs_policy_command(data: bytes) -> bool:
    """Return whether a source has a command to run (a provisioner) and names a policy: a program within a source."""
    text = data.decode("utf-8", "replace")
    return _COMMAND.search(text) is not None and attaches_policy(text)


def load_source(path: str, data: bytes, options: ReadOptions) -> Contents:
    """Return what a source holds that was named by itself: what other files declare is not known."""
    return read_project("", ProjectFiles({path.rpartition("/")[2]: data}), options).contents


def load_projects(
    before: FileTree, after: FileTree, changed: Collection[str], options: ReadOptions
) -> tuple[dict[str, LoadedFile], dict[str, LoadedFile]]:
    """Return the root modules that a change touches on both sides, by their folders.

    Args:
        before: the old side.
        after: the new side.
        changed: paths that differ.
        options: values of variables.
    """
    if not any(is_terraform(path) for path in changed) and not any(
        path.endswith(ENDS) for tree in (before, after) for path in tree.entries
    ):
        return {}, {}
    trees = _TreeFiles(before), _TreeFiles(after)
    old_alone, new_alone = (_values_alone(tree, changed, options) for tree in trees)
    if not changed or not any(path.endswith(ENDS) for tree in trees for path in tree):
        return old_alone, new_alone
    linked = {path for tree in trees for path, target in tree.links.items() if target in changed}
    sides = changed_projects(*trees, {*changed, *linked}, options)
    old, new = ({name: LoadedFile(contents) for name, contents in side.items()} for side in sides)
    return old | old_alone, new | new_alone


def _values_alone(tree: "_TreeFiles", changed: Collection[str], options: ReadOptions) -> dict[str, LoadedFile]:
    """Return what changed files hold that set the variables of no module in the tree."""
    folders = {dirname(path) for path in tree if path.endswith(ENDS)}
    paths = [path for path in changed if path.endswith(VALUES) and path in tree]
    alone = [path for path in paths if "" not in folders and folders.isdisjoint(_folders_of(path))]
    return {path: load_file(path, tree[path], options) for path in alone}


def _folders_of(path: str) -> Iterator[str]:
    """Yield the folder of a file and those around it."""
    folder = dirname(path)
    while folder:
        yield folder
        folder = dirname(folder)


class _TreeFiles(Mapping[str, bytes]):
    """The plain files of a tree; the sources among them are read at once, others when they are asked for."""

    def __init__(self, tree: FileTree) -> None:
        self._tree = tree
        files = {path for path, entry in tree.entries.items() if entry.kind is EntryKind.FILE}
        self.links = {path: target for path, target in self._linked() if target in files}
        sources = sorted(path for path in files if is_terraform(path))
        contents = zip(sources, tree.read(sources), strict=True)
        self._contents: dict[str, bytes | None] = dict(contents)
        self._paths = {path for path in files if self._contents.get(path, b"") is not None} | self.links.keys()

    def _linked(self) -> Iterator[tuple[str, str]]:
        links = [
            path for path, entry in self._tree.entries.items() if entry.kind is EntryKind.LINK and is_terraform(path)
        ]
        if self._tree.tip is None:
            targets = [self._tree.entries[path].key for path in links]
        else:
            targets = [(data or b"").decode("utf-8", "replace") for data in self._tree.read(links)]
        for path, target in zip(links, targets, strict=True):
            yield path, normpath(join(dirname(path), target))

    def __getitem__(self, path: str) -> bytes:
        if path not in self._paths:
            raise KeyError(path)
        real = self.links.get(path, path)
        if real not in self._contents:
            self._contents[real] = next(iter(self._tree.read([real])), None)
        found = self._contents[real]
        if found is None:
            raise KeyError(path)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __contains__(self, path: object) -> bool:
        return path in self._paths
