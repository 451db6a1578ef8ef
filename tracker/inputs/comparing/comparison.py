"""Two trees of files to pairs of documents: what changed is read, or unknown, or surely holds no policy."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain

from msgspec.structs import replace

from tracker.errors import DocumentError, one_line
from tracker.inputs.cloudformation.exports import TAKING, exports_in, may_export
from tracker.inputs.comparing.attached import AttachedPolicies, attached_pairs
from tracker.inputs.comparing.own_archive import archive_changes
from tracker.inputs.comparing.pairing import document_name, pair_files, renamed_files
from tracker.inputs.comparing.pairs import DocumentPair
from tracker.inputs.comparing.role_holders import role_pairs
from tracker.inputs.comparing.safeguard_pairs import safeguard_pairs
from tracker.inputs.containers import read_sides
from tracker.inputs.files.file_trees import Entry, EntryKind, FileTree, TreeFiles
from tracker.inputs.files.loading import EACH, YAML, LoadedFile, load_file, unknown_file
from tracker.inputs.files.selection import Selection
from tracker.inputs.files.source_trees import is_source, load_projects, load_source, runs_policy_command
from tracker.inputs.model import Contents, FileLocation, LoadedDocument, ReadOptions, Unknown, UnknownKind, digest_of
from tracker.inputs.parameter_files import may_give_parameters, parameter_sets
from tracker.inputs.reader import OpenedInputs
from tracker.inputs.references import DATA_FILES, MAX_FILES, parameter_uses, unchanged_users
from tracker.inputs.syntax.parsing import parse_file

__all__ = ["ComparedInputs", "compare_inputs"]


@dataclass(frozen=True, slots=True)
class ComparedInputs:
    """What is compared."""

    pairs: tuple[DocumentPair, ...]
    """Policies that may differ, by name."""
    excluded: int = 0
    """Files that changed and were not to be looked at."""
    counted: Mapping[str, int] | None = None
    """What surely holds no policy: reason -> how many."""
    revision: str | None = None
    """The commit that the old side comes from; None where it is no commit."""


_Files = dict[str, LoadedFile]
_Content = bytes | LoadedFile | None
"""A file's bytes, or an unknown; None where nothing is there."""
MAX_CHANGED_BYTES = 128 * 1024 * 1024
"""Bytes of changed files, of both sides together, that are looked at; what is beyond is unknown."""
EACH_FILE = 2 * 1024
"""Bytes as which a file counts beside its own: opening it takes as long."""


def compare_inputs(
    opened: OpenedInputs, selection: Selection, options: ReadOptions, known: AttachedPolicies
) -> ComparedInputs:
    """Return the pairs of all documents of what changed.

    Args:
        opened: both sides.
        selection: which files are looked at.
        options: what is known of the case of the files.
        known: finds AWS managed policies that are attached.
    """
    if opened.before.is_single:
        return ComparedInputs(tuple(_single_pairs(opened, options, known)), revision=opened.revision)
    reader = _TreeComparison(opened, options)
    changed = [path for path in _candidates(opened.before, opened.after) if selection.has(path)]
    excluded = sum(1 for path in _candidates(opened.before, opened.after) if not selection.has(path))
    archive = archive_changes(changed, opened.before, opened.after)
    reader.note_exports(changed)
    before, after = reader.loaded([path for path in changed if path not in archive.paths])
    differing = before.keys() | after.keys()
    for old_users, new_users in (reader.users(differing), reader.with_parameters(differing)):
        before |= old_users
        after |= new_users
    after |= reader.not_searched(after)
    pairs = _pairs(before, after, known)
    counted = Counter({"versions that are not in force": archive.others} if archive.others else {})
    for file in after.values():
        counted.update(file.contents.counted)
    return ComparedInputs((*archive.pairs, *pairs), excluded, dict(counted), opened.revision)


def _candidates(before: FileTree, after: FileTree) -> list[str]:
    """Return the paths that differ, or may: of folders each file is looked into."""
    paths = sorted(before.entries.keys() | after.entries.keys())
    return [path for path in paths if _may_differ(before.entries.get(path), after.entries.get(path))]


def _may_differ(before: Entry | None, after: Entry | None) -> bool:
    if before is None or after is None or before.kind is not after.kind:
        return True
    return before.key != after.key or not before.key


def _pairs(before: _Files, after: _Files, known: AttachedPolicies) -> list[DocumentPair]:
    renamed = renamed_files(before, after)
    pairs = pair_files(before, after, renamed)
    nothing = Contents()
    for path in sorted(after.keys() | before.keys()):
        old = before.get(renamed.get(path, path))
        new = after.get(path)
        if new or path not in renamed.values():
            sides = (old.contents if old else nothing, new.contents if new else nothing)
            pairs += attached_pairs(path, *sides, known)
            pairs += role_pairs(path, *sides, known)
            pairs += safeguard_pairs(path, *sides)
    pairs += [
        DocumentPair(path, path, None, _mention(path, file.digest), in_source=True)
        for path, file in after.items()
        if file.in_source
    ]
    for path, file in after.items():
        old = before.get(renamed.get(path, path))
        pairs += [_dependency(path, *one) for one in sorted(file.dependencies.items() - _dependencies(old))]
    return pairs


def _dependencies(file: LoadedFile | None) -> AbstractSet[tuple[str, str]]:
    return file.dependencies.items() if file else set()


def _dependency(path: str, name: str, version: str) -> DocumentPair:
    """Return the mention of a chart or base that a file takes in at another version than before."""
    unknown = Unknown(UnknownKind.NOT_LOOKED_AT, one_line(version), "", digest_of(version))
    found = LoadedDocument(name, FileLocation(path, line=1), None, (unknown,))
    return DocumentPair(document_name(path, name), path, None, found, in_source=True, rule="dependency-changed")


def _mention(path: str, digest: str) -> LoadedDocument:
    unknown = Unknown(UnknownKind.NOT_LOOKED_AT, "a program or a text for people", "", digest)
    return LoadedDocument("", FileLocation(path, line=1), None, (unknown,))


class _TreeComparison:
    """Reads the files of two trees that differ."""

    def __init__(self, opened: OpenedInputs, options: ReadOptions) -> None:
        self.before, self.after = opened.before, opened.after
        self.options = options
        self.bytes = 0
        self.options_before = replace(options, files=TreeFiles(opened.before))
        self.options_after = replace(options, files=TreeFiles(opened.after))

    def loaded(self, paths: Sequence[str], *, with_equal: bool = False) -> tuple[_Files, _Files]:
        """Return what the files hold on both sides; those that are equal byte for byte only if they are asked for."""
        before: _Files = {}
        after: _Files = {}
        differing: list[str] = []
        beyond: dict[str, str] = {}
        old_data, new_data = self._contents(self.before, paths), self._contents(self.after, paths)
        for path, *sides_of_file in zip(paths, old_data, new_data, strict=True):
            old, new = sides_of_file
            if old is not None and old == new and not isinstance(old, LoadedFile) and not with_equal:
                continue
            differing.append(path)
            if self.bytes > MAX_CHANGED_BYTES:
                beyond[path] = digest_of(repr([_digest(old), _digest(new)]))
                continue
            self.bytes += sum(EACH_FILE + len(side) for side in (old, new) if isinstance(side, bytes))
            if is_source(path) and not isinstance(old, LoadedFile) and not isinstance(new, LoadedFile):
                if isinstance(new, bytes) and runs_policy_command(new):
                    after[path] = LoadedFile(Contents(), is_data=False, in_source=True, digest=digest_of(new))
                continue  # it is read with those beside it
            sides = self._plan(path, new) if isinstance(new, bytes) else None
            if sides:
                before[path], after[path] = sides
                self.bytes += len(new) if isinstance(new, bytes) else 0
                continue
            if old is not None and not (isinstance(old, bytes) and self._plan(path, old)):
                before[path] = _load(path, old, self.options_before)
            if new is not None:
                after[path] = _load(path, new, self.options_after)
            self.bytes += sum(side[path].effort for side in (before, after) if path in side)
        after |= _too_much(beyond)
        old_projects, new_projects = load_projects(self.before, self.after, differing, self.options)
        return before | old_projects, after | new_projects

    def users(self, differing: Collection[str]) -> tuple[_Files, _Files]:
        """Return what files hold on both sides that did not change and name one that did."""
        found = [*unchanged_users(self._data_files() if differing else (), differing)]
        if self.options_before.exports or self.options_after.exports:
            takes = (path for path, data in self._data_files() if any(text in data for text in TAKING))
            found = sorted({*found, *takes} - set(differing))
        return self.loaded([path for path in found if path in self.before.entries], with_equal=True)

    def note_exports(self, changed: Sequence[str]) -> None:
        """Note what changed files give by name that is not the same on both sides: it decides what takes it."""
        files = [path for path in changed if path.endswith(DATA_FILES)]
        old, new = (self._exports(tree, files) for tree in (self.before, self.after))
        names = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
        for side, attribute in ((old, "options_before"), (new, "options_after")):
            given = {name: side.get(name, "nothing") for name in names}
            setattr(self, attribute, replace(getattr(self, attribute), exports=given))

    def _exports(self, tree: FileTree, paths: Sequence[str]) -> dict[str, str]:
        files = [path for path in paths if _kind(tree, path) is EntryKind.FILE]
        found: dict[str, str] = {}
        effort = 0
        for path, data in zip(files, tree.read(files), strict=True):
            if data is None or not may_export(data) or effort > MAX_CHANGED_BYTES:
                continue
            with suppress(DocumentError):
                effort += EACH + len(data) * (1 if data.lstrip()[:1] in (b"{", b"[") else YAML)
                found |= exports_in(parse_file(path, data), self.options)
        self.bytes = max(self.bytes, effort)  # too much here is too much altogether
        return found

    def with_parameters(self, differing: Collection[str]) -> tuple[_Files, _Files]:
        """Return what templates hold on both sides with the parameters of a file that changed."""
        sides: tuple[_Files, _Files] = ({}, {})
        options = (self.options_before, self.options_after)
        given_by = [self._parameter_sets(tree, differing) for tree in (self.before, self.after)]
        values_by: dict[str, list[Mapping[str, str]]] = {}
        for path in sorted(given_by[0].keys() | given_by[1].keys()):
            given = [side.get(path, {}) for side in given_by]
            for label in sorted({label for one in given for label in one}):
                values_by[f"{path} ({label})" if label else path] = [one.get(label, {}) for one in given]
        sets = {source: frozenset(chain(*values)) for source, values in values_by.items()}
        templates = dict(parameter_uses(self._data_files(), set(sets.values()))) if sets else {}
        for source, values in values_by.items():
            for template in (path for path, names in templates.items() if sets[source] <= names):
                name = f"{template} with {source}"
                if self.bytes > MAX_CHANGED_BYTES:
                    sides[1].update(_too_much({name: digest_of(repr([sorted(one.items()) for one in values]))}))
                    continue
                for side, one, parameters in zip(sides, options, values, strict=True):
                    data = one.files.get(template)
                    if data is not None:
                        with_values = replace(one, parameters={**parameters, **one.parameters})
                        side[name] = load_file(template, data, with_values)
                        self.bytes += EACH_FILE + len(data) + side[name].effort
        return sides

    @staticmethod
    def _parameter_sets(tree: FileTree, paths: Collection[str]) -> dict[str, dict[str, Mapping[str, str]]]:
        """Return what files give to templates, all read at once: a process of git for each would take minutes."""
        files = [path for path in sorted(paths) if may_give_parameters(path) and _kind(tree, path) is EntryKind.FILE]
        contents = zip(files, tree.read(files), strict=True)
        found = ((path, parameter_sets(path, data)) for path, data in contents if data is not None)
        return {path: sets for path, sets in found if sets}

    def _data_files(self) -> Iterator[tuple[str, bytes]]:
        """Yield the files of the new side that may name others."""
        files = self._data_paths()[:MAX_FILES]
        for path, data in zip(files, self.after.read(files), strict=True):
            if data is not None:
                yield path, data

    def not_searched(self, after: Mapping[str, LoadedFile]) -> _Files:
        """Return what was not looked at: files that may name a changed one, beyond those that are searched."""
        paths = self._data_paths()[MAX_FILES:]
        if not paths or not any(path.endswith(DATA_FILES) for path in after):
            return {}
        reason = f"{len(paths)} more data files may use what changed: at most {MAX_FILES} are searched for that"
        name = f"{paths[0]} and what follows it"
        changed = " ".join(f"{path} {after[path].digest}" for path in sorted(after))
        return {name: unknown_file(name, UnknownKind.NOT_LOOKED_AT, reason, digest_of(changed))}

    def _data_paths(self) -> list[str]:
        paths = (path for path in self.after.entries if path.endswith(DATA_FILES))
        return [path for path in paths if _kind(self.after, path) is EntryKind.FILE]

    def _plan(self, path: str, data: bytes) -> tuple[LoadedFile, LoadedFile] | None:
        return plan_sides(path, data, self.options)

    def _contents(self, tree: FileTree, paths: Sequence[str]) -> "Iterator[bytes | LoadedFile | None]":
        """Yield the content of each path: bytes, an unknown, or None where nothing is there."""
        files = [path for path in paths if _kind(tree, path) is EntryKind.FILE]
        data = tree.read(files)
        for path in paths:
            entry = tree.entries.get(path)
            if entry is None:
                yield None
            elif entry.kind is not EntryKind.FILE:
                yield unknown_file(path, UnknownKind.NOT_LOOKED_AT, f"a {entry.kind}", digest_of(entry.key))
            else:
                content = next(data)
                yield _missing(path, entry) if content is None else content


def _load(path: str, content: "bytes | LoadedFile", options: ReadOptions) -> LoadedFile:
    return content if isinstance(content, LoadedFile) else load_file(path, content, options)


def _too_much(beyond: Mapping[str, str]) -> _Files:
    """Return one unknown for all files that are not looked at: path -> hash of both sides."""
    if not beyond:
        return {}
    first, *others = beyond
    name = f"{first} and {len(others):,} more files" if others else first
    reason = f"too much changed: at most {MAX_CHANGED_BYTES >> 20} MB are looked at in one review"
    digest = digest_of("\n".join(f"{path} {digest}" for path, digest in beyond.items()))
    return {name: unknown_file(name, UnknownKind.NOT_LOOKED_AT, reason, digest)}


def _digest(content: _Content) -> str:
    if isinstance(content, LoadedFile):
        return repr([unknown.digest for _, unknown in content.contents.unknowns])
    return "" if content is None else digest_of(content)


def _kind(tree: FileTree, path: str) -> EntryKind | None:
    entry = tree.entries.get(path)
    return entry.kind if entry else None


def _missing(path: str, entry: Entry) -> LoadedFile:
    reason = "too large, or its content is not here (a partial clone lacks it)"
    return unknown_file(path, UnknownKind.NOT_LOOKED_AT, reason, digest_of(entry.key or str(entry.size)))


def plan_sides(path: str, data: bytes, options: ReadOptions) -> tuple[LoadedFile, LoadedFile] | None:
    """Return both sides of a plan; None for any other file."""
    if b"resource_changes" not in data and b"planned_values" not in data:
        return None
    try:
        sides = read_sides(parse_file(path, data), options)
    except DocumentError:
        return None
    if sides is None:
        return None
    return LoadedFile(sides[0], digest=digest_of(data)), LoadedFile(sides[1], digest=digest_of(data))


# --- files that are named by themselves ------------------------------------------------------------------------------


def _single_pairs(opened: OpenedInputs, options: ReadOptions, known: AttachedPolicies) -> Iterator[DocumentPair]:
    name = next(iter(opened.after.entries), "")
    if name in ("", "stdin"):
        name = next(iter(opened.before.entries), name)
    trees = (opened.before, opened.after)
    contents = [next(iter(tree.read(list(tree.entries))), None) if tree.entries else None for tree in trees]
    data = contents[1]
    sides = plan_sides(name, data, options) if data is not None else None
    if sides:
        return chain(_pairs({name: sides[0]}, {name: sides[1]}, known))
    files = [_single(name, tree, found, options) for tree, found in zip(trees, contents, strict=True)]
    before, after = ({name: file} if file else {} for file in files)
    return chain(_pairs(before, after, known))


def _single(name: str, tree: FileTree, data: bytes | None, options: ReadOptions) -> LoadedFile | None:
    """Return what a file holds that was named as one with a policy."""
    if not tree.entries:
        return None
    if data is None:
        return _missing(name, next(iter(tree.entries.values())))
    found = LoadedFile(load_source(name, data, options)) if is_source(name) else load_file(name, data, options)
    contents = found.contents
    if not (contents.documents or contents.unknowns or contents.attachments):
        reason = "empty" if not data.strip() else "no policy document in it"
        found = unknown_file(name, UnknownKind.UNREADABLE, reason, digest_of(data))
    return replace(found, is_single=True, in_source=False)
