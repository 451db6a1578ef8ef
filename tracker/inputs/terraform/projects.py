"""Which root modules of a tree a change touches, and their documents on both sides.

A folder is a root module unless another folder calls it by path. A root module is read again if anything changed in
its folder, below it, or in a module that it calls: an unchanged file may use what changed.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from posixpath import dirname

from msgspec.structs import replace

from tracker.inputs.model import Contents, ReadOptions
from tracker.inputs.terraform.addresses import renamed
from tracker.inputs.terraform.modules import ENDS, ParsedSources, ProjectFiles, inside, is_terraform, local_calls
from tracker.inputs.terraform.source import Project, read_project

__all__ = ["ModuleTree", "changed_projects", "project_name", "read_projects"]

_OUTSIDE = re.compile(r"(?:[\"}/])((?:\.\./)+[\w./-]*)")
"""A path that leads out of a folder, as `file` and `templatefile` take it."""


def project_name(folder: str) -> str:
    """Return what a root module is called in a review: its folder, `.` for the top of the tree."""
    return folder or "."


def changed_projects(
    before: Mapping[str, bytes], after: Mapping[str, bytes], changed: Collection[str], options: ReadOptions
) -> tuple[dict[str, Contents], dict[str, Contents]]:
    """Return the documents, on both sides, of the root modules that a change touches, by the project's name.

    Args:
        before: all files of the old side, path → content; only what is needed is asked for.
        after: all files of the new side.
        changed: paths that differ.
        options: values of variables, by name.
    """
    trees = ModuleTree(before), ModuleTree(after)
    touched = {folder for tree in trees for folder in tree.touched(changed)}
    own = {dirname(path) for path in changed if path.endswith(ENDS)}
    parsed = ParsedSources()
    sides = [read_projects(tree, touched, own, options, parsed) for tree in trees]
    old, new = sides
    before_moves = {name: _under_new_names(project, new.get(name)) for name, project in old.items()}
    return before_moves, {name: project.contents for name, project in new.items()}


def _under_new_names(before: Project, after: Project | None) -> Contents:
    """Return what the old side holds under the names to which the new side moves it."""
    moves = {old: new for new, old in after.moved.items() if before.moved.get(new) != old} if after else {}
    if not moves:
        return before.contents
    contents = before.contents
    taken = {document.identity for document in contents.documents}

    def name_of(identity: str) -> str:
        name = renamed(identity, moves)
        return identity if name in taken else name

    return replace(
        contents,
        documents=tuple(replace(one, identity=name_of(one.identity)) for one in contents.documents),
        attachments=tuple(
            replace(one, principal=name_of(one.principal), policy=name_of(one.policy)) for one in contents.attachments
        ),
        held_roles=tuple(
            replace(one, holder=renamed(one.holder, moves), role=renamed(one.role, moves))
            for one in contents.held_roles
        ),
        safeguards=tuple(replace(one, owner=renamed(one.owner, moves)) for one in contents.safeguards),
        roles={renamed(address, moves): principal for address, principal in contents.roles.items()},
        declared=frozenset(renamed(address, moves) for address in contents.declared),
    )


def read_projects(
    tree: "ModuleTree", touched: AbstractSet[str], own: AbstractSet[str], options: ReadOptions, parsed: ParsedSources
) -> dict[str, Project]:
    """Return the touched root modules by name, and the changed folders that no root module calls.

    Args:
        tree: the files of one side.
        touched: folders of the root modules that a change touches.
        own: folders with sources that changed.
        options: values of variables, by name.
        parsed: sources that were parsed before.
    """
    project = ProjectFiles(tree.files, parsed)
    found: dict[str, Project] = {}
    for folder in sorted(touched & tree.roots):
        found[project_name(folder)] = read_project(folder, project, options)
    for folder in sorted(own & tree.folders):
        if folder not in project.read_folders:
            found[project_name(folder)] = read_project(folder, project, options)
    return found


class ModuleTree:
    """The folders with sources of Terraform in one side of a review, and which of them calls which."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """Take all files of a side: path → content; only what is needed is asked for."""
        self.files = files
        self._paths: dict[str, list[str]] = {}
        for path in files:
            if path.endswith(ENDS):
                self._paths.setdefault(dirname(path), []).append(path)
        self.folders = frozenset(self._paths)
        self._calls = {folder: self._called_by(folder) for folder in self.folders}
        called = {one for folder, calls in self._calls.items() for one in calls if one != folder}
        self.roots = frozenset(self.folders - called) | self._in_circles(self.folders - called)

    def _called_by(self, folder: str) -> frozenset[str]:
        texts = [self.files[path].decode("utf-8", "replace") for path in self._paths[folder]]
        return frozenset(one for text in texts for one in local_calls(folder, text) if one in self._paths)

    def _in_circles(self, roots: Collection[str]) -> frozenset[str]:
        """Return the folders that call each other in a circle, so that no root module calls them."""
        reached = {one for root in roots for one in self._closure(root)}
        return frozenset(self.folders - reached)

    def _closure(self, root: str) -> set[str]:
        found, waiting = {root}, [root]
        while waiting:
            more = self._calls[waiting.pop()] - found
            found |= more
            waiting += more
        return found

    def touched(self, changed: Collection[str]) -> Iterator[str]:
        """Yield the root modules that a change touches."""
        places = {self._nearest(path) for path in changed}
        for root in self.roots:
            closure = self._closure(root)
            if not places.isdisjoint(closure) or any(self._names(folder, changed) for folder in closure):
                yield root

    def _nearest(self, path: str) -> str | None:
        """Return the folder with sources that a file stands in or below; a source's own folder."""
        folder = dirname(path)
        if path.endswith(ENDS):
            return folder
        while folder not in self.folders:
            if not folder:
                return None
            folder = dirname(folder)
        return folder

    def _names(self, folder: str, changed: Collection[str]) -> bool:
        """Return whether a folder's sources name a changed file outside of it."""
        others = [path for path in changed if not is_terraform(path)]
        if not others:
            return False
        texts = [self.files[path].decode("utf-8", "replace") for path in self._paths[folder]]
        starts = {inside(folder, found[1]) for text in texts for found in _OUTSIDE.finditer(text)}
        return any(path == start or path.startswith(start) for path in others for start in starts)
