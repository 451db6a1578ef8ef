"""Where documents to compare come from: files, folders, git revisions, the archive, standard input.

In folders and revisions documents are found by their content: in JSON, as texts of JSON within JSON, and in YAML
where PyYAML is installed. So templates of CloudFormation and plans of Terraform are read as what they hold.
What is like a policy and can't be read is given as such, never left out; what is not read at all is told.
"""

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tracker.archive.packed import open_archive
from tracker.base.git import Repository, Tip
from tracker.errors import DocumentError, UsageError
from tracker.inputs.pairs import DocumentPair, LoadedDocument
from tracker.policy.documents import MAX_DOCUMENT_BYTES, load_json, unwrap
from tracker.policy.json_text import canonical
from tracker.policy.model import Skipped

__all__ = ["ComparedInputs", "InputReader"]

_JSON, _YAML = (".json", ".template"), (".yaml", ".yml")
_TERRAFORM = (".tf", ".tf.json", ".hcl")
_RANGE = re.compile(r"(?P<before>.*?)(?P<dots>\.{2,3})(?P<after>.*)\Z")
_STATEMENT = frozenset(("Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal"))
_NAMES = ("address", "PolicyName", "RoleName", "Name", "name", "Id", "id")
MAX_VALUES = 500_000
"""Values of one file that are looked through for documents."""
MAX_DEPTH = 100


@dataclass(frozen=True, slots=True)
class ComparedInputs:
    """What is compared."""

    pairs: tuple[DocumentPair, ...]
    """Policies, by name."""
    skipped: tuple[Skipped, ...]
    """What was not read."""
    revision: str | None = None
    """The commit that the old side comes from; None where it is no commit."""


_DocumentsByName = dict[str, LoadedDocument]


@dataclass(frozen=True, slots=True)
class _InputFiles:
    """Files by path, each with what tells whether it changed, and how to read many."""

    files: Mapping[str, object]
    read: Callable[[list[str]], Iterable[bytes | None]]
    single: bool
    tip: Tip | None = None


@dataclass(frozen=True, slots=True)
class InputReader:
    """Reads what arguments name."""

    repository: Path
    """A folder of the repository in which revisions are looked up."""
    snapshots: Path
    """The archive."""
    stdin: Callable[[], bytes]
    """Reads standard input."""

    def compared(self, before: str, after: str | None) -> ComparedInputs:
        """Return what two arguments name, or one that names both: `REV..REV`, `REV...REV`, a plan of Terraform.

        Raises:
            UsageError: an argument names nothing.
            GitError, ArchiveError: it names something that can't be read.
        """
        if after is None:
            return self._both(before)
        if before == after == "-":
            raise UsageError("standard input can be one side only", where="-")
        return _compared(self._place(before), self._place(after))

    def _both(self, text: str) -> ComparedInputs:
        path = Path(text)
        if path.is_file():
            return _read_terraform_plan(path.read_bytes(), text)
        found = None if path.exists() else _RANGE.match(text)
        if not found:
            raise UsageError("missing the other side", where=text, hint="give BEFORE AFTER, or REV..REV")
        repository = Repository(self.repository)
        start, end = found["before"] or "HEAD", found["after"] or "HEAD"
        tip = repository.merge_base(start, end) if found["dots"] == "..." else repository.resolve(start)
        return _compared(_tree(repository, tip, ""), _tree(repository, repository.resolve(end), ""))

    def _place(self, text: str) -> _InputFiles:
        if text == "-":
            return _single_file("stdin", self.stdin())
        if text.startswith("archive:"):
            return self._archive_version(text.removeprefix("archive:"))
        path = Path(text)
        if path.is_dir():
            return _folder(path)
        if path.exists() or path.is_symlink():
            return _single_file(text, b"" if text == os.devnull else path.read_bytes())
        revision, colon, inside = text.partition(":")
        if not colon:
            raise UsageError("no such file or folder", where=text, hint="or REV:PATH, archive:NAME@VERSION, -")
        repository = Repository(self.repository)
        tip = repository.resolve(revision)
        inside = inside.strip("/")
        blobs = {path: blob for path, blob in repository.files(tip) if path == inside} if inside else {}
        if blobs:
            return _InputFiles(blobs, lambda paths: repository.blobs([blobs[path] for path in paths]), True, tip)
        found = _tree(repository, tip, inside)
        if inside and not found.files:
            raise UsageError(f"nothing at {inside!r}", where=revision, hint="paths begin at the top of the repository")
        return found

    def _archive_version(self, text: str) -> _InputFiles:
        from tracker.archive.lookup import find_version

        name, _, version_id = text.partition("@")
        version = find_version(open_archive(self.snapshots), name, version_id or None)
        return _single_file(name, canonical(version.document).encode())

    def file(self, tip: str, path: str) -> bytes | None:
        """Return a file as it was at a commit; None where there was none."""
        repository = Repository(self.repository)
        blobs = [blob for name, blob in repository.files(Tip(tip)) if name == path]
        return next(iter(repository.blobs(blobs)), None) if blobs else None


def _single_file(name: str, data: bytes) -> _InputFiles:
    return _InputFiles({name: data}, lambda _: [data], single=True)


def _folder(folder: Path) -> _InputFiles:
    files = sorted(_files(folder))
    return _InputFiles(
        {path: object() for path in files}, lambda paths: [(folder / path).read_bytes() for path in paths], single=False
    )


def _files(folder: Path) -> Iterator[str]:
    for base, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != ".git"]
        for name in names:
            path = Path(base, name)
            if _is_read(name) and path.is_file() and not path.is_symlink():
                yield path.relative_to(folder).as_posix()


def _tree(repository: Repository, tip: Tip, under: str) -> _InputFiles:
    top = len(under) + 1 if under else 0
    blobs = {path[top:]: blob for path, blob in repository.files(tip, under) if _is_read(path)}
    return _InputFiles(blobs, lambda paths: repository.blobs([blobs[path] for path in paths]), False, tip)


def _is_read(path: str) -> bool:
    return path.lower().endswith((*_JSON, *_YAML, *_TERRAFORM))


def _compared(before: _InputFiles, after: _InputFiles) -> ComparedInputs:
    if before.single != after.single:
        raise UsageError("one side is a file, the other a folder", hint="name two files, or two folders")
    skipped: dict[str, Skipped] = {}
    if before.single:
        name = next(iter(after.files))
        name = next(iter(before.files)) if name in (os.devnull, "stdin") else name
        old = _documents(before, list(before.files), skipped, always=True, name=name)
        new = _documents(after, list(after.files), skipped, always=True, name=name)
        if len(old) == len(new) == 1:
            old = {next(iter(new)): next(iter(old.values()))}
    else:
        differing = {
            path for path in before.files.keys() | after.files.keys() if before.files.get(path) != after.files.get(path)
        }
        old = _documents(before, sorted(differing & before.files.keys()), skipped)
        new = _documents(after, sorted(differing & after.files.keys()), skipped)
        _drop_unlikely_unreadable(old, new)
        old = _match_moved_documents(old, new)
    pairs = [
        DocumentPair(name, name.partition("#")[0], old.get(name), new.get(name))
        for name in sorted(old.keys() | new.keys())
    ]
    tip = before.tip.commit if before.tip else None
    return ComparedInputs(tuple(pairs), tuple(skipped.values()), tip)


def _drop_unlikely_unreadable(old: _DocumentsByName, new: _DocumentsByName) -> None:
    """Take a file that can't be read for one side's document only if the other side had one, or it looks like one."""
    for one, other in ((old, new), (new, old)):
        known = {name.partition("#")[0] for name, source in other.items() if source.published is not None}
        for name in [
            name for name, source in one.items() if source.published is None and not _may_hold_policy(source.text)
        ]:
            if name.partition("#")[0] not in known:
                del one[name]


def _match_moved_documents(old: _DocumentsByName, new: _DocumentsByName) -> _DocumentsByName:
    """Return the old side with the documents that moved under their new names: what is the same, or named the same."""
    gone, come = sorted(old.keys() - new.keys()), sorted(new.keys() - old.keys())
    renamed: dict[str, str] = {}

    def is_same(one: str, other: str) -> bool:
        return old[one].published is not None and old[one].published == new[other].published

    def is_namesake(one: str, other: str) -> bool:
        return Path(one).name == Path(other).name

    for same in (is_namesake, is_same):
        candidates: defaultdict[str, list[str]] = defaultdict(list)
        for one in gone:
            for other in come:
                if one not in renamed and other not in renamed.values() and same(one, other):
                    candidates[one].append(other)
        taken = [others[0] for others in candidates.values() if len(others) == 1]
        renamed |= {one: others[0] for one, others in candidates.items() if len(others) == 1 == taken.count(others[0])}
    return {renamed.get(name, name): source for name, source in old.items()}


def _documents(
    place: _InputFiles, paths: list[str], skipped: dict[str, Skipped], *, always: bool = False, name: str = ""
) -> _DocumentsByName:
    found: _DocumentsByName = {}
    for path, data in zip(paths, place.read(paths), strict=True):
        if data is None:
            skipped[path] = Skipped(path, "the repository lacks its content")
        elif path.lower().endswith(_TERRAFORM) and not always:
            if b"tatement" in data or b"policy" in data:
                skipped[path] = Skipped(path, "Terraform's source is not read: review the plan, `terraform show -json`")
        else:
            found |= _documents_of(name or path, data, skipped, always=always)
    return found


def _documents_of(name: str, data: bytes, skipped: dict[str, Skipped], *, always: bool) -> _DocumentsByName:
    """Return the documents of one file, by name; one that can't be read is its own document with a fault."""
    text = data.decode("utf-8", "replace")
    if always and not text.strip():
        return {}
    try:
        value = _value(name, data, always=always)
        found = dict(_documents_in_value(name, text, value, always=always))
    except _MissingReaderError as reason:
        if _may_hold_policy(text):
            skipped[name] = Skipped(name, str(reason))
        return {}
    except DocumentError as error:
        return {name: LoadedDocument(text, None, str(error))}
    if always and not found:
        return {name: LoadedDocument(text, None, "no policy document in it")}
    return found


def _may_hold_policy(text: str) -> bool:
    """Tell whether a text may hold a policy document, whatever else is wrong with it."""
    return "tatement" in text or ("\\u" in text and "{" in text)


class _MissingReaderError(Exception):
    """A format for which no reader is installed."""


def _value(name: str, data: bytes, *, always: bool) -> Any:
    if name.lower().endswith(_YAML):
        return _yaml(data)
    text = data.decode("utf-8", "replace").lstrip()
    if always and text.startswith("%7B"):
        return load_json(unquote(text))
    if name.lower().endswith(".template") and not text.startswith(("{", "[")):
        return _yaml(data)
    return load_json(data)


def _yaml(data: bytes) -> Any:
    """Read YAML as texts, lists and mappings: its tags are not followed, so nothing is made of it but those.

    Raises:
        DocumentError: it is no YAML, or a key stands twice in a mapping.
        _UnreadError: PyYAML is not installed.
    """
    try:
        import yaml
    except ImportError as error:
        raise _MissingReaderError("YAML is not read: install policy-tracker[yaml]") from error
    if len(data) > MAX_DOCUMENT_BYTES:
        raise DocumentError(f"too large: {len(data)} bytes, at most {MAX_DOCUMENT_BYTES} are read")

    class Loader(yaml.BaseLoader):
        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: ARG002 - PyYAML's
            keys = [self.construct_object(key, deep=True) for key, _ in node.value]
            texts = [str(key) for key in keys]
            if len(set(texts)) != len(texts):
                raise DocumentError("a key stands twice in one mapping")
            return dict(zip(texts, (self.construct_object(value, deep=True) for _, value in node.value), strict=True))

    try:
        documents = list(yaml.load_all(data.decode(), Loader=Loader))
    except UnicodeDecodeError as error:
        raise DocumentError(f"not UTF-8 (byte {error.start})") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1} column {mark.column + 1}" if mark else ""
        raise DocumentError(f"not YAML: {getattr(error, 'problem', None) or 'unreadable'}", where=where) from error
    except RecursionError as error:
        raise DocumentError("nested too deep") from error
    return documents[0] if len(documents) == 1 else documents


def _documents_in_value(name: str, text: str, value: Any, *, always: bool) -> Iterator[tuple[str, LoadedDocument]]:
    """Yield the documents of a file; what was named as one is one, what was found must look like one."""
    try:
        document = unwrap(value)[0]
    except DocumentError:
        document = None
    if document is not None and (always or _is_document(document)):
        yield name, LoadedDocument(text, document)
        return
    for pointer, source in _find_documents(value, text):
        yield f"{name}#{pointer}", source


def _find_documents(value: Any, text: str) -> Iterator[tuple[str, LoadedDocument]]:
    """Yield the policy documents anywhere in a value, by pointer.

    Raises:
        DocumentError: there are too many values to look through.
    """
    waiting: list[tuple[str, Any, int]] = [("", value, 0)]
    seen: dict[str, int] = {}
    for _ in range(MAX_VALUES):
        if not waiting:
            return
        pointer, item, depth = waiting.pop()
        source = _document_from_string(item, text) if isinstance(item, str) else _document_from_object(item, text)
        if source is not None:
            seen[pointer] = seen.get(pointer, 0) + 1
            yield pointer if seen[pointer] == 1 else f"{pointer}~{seen[pointer]}", source
        elif depth > MAX_DEPTH:
            raise DocumentError("nested too deep to look through")
        else:
            members = [(f"{pointer}/{key}" if pointer else key, member) for key, member in _members(item)]
            waiting += [(path, member, depth + 1) for path, member in reversed(members)]
    raise DocumentError(f"more than {MAX_VALUES} values to look through")


def _members(item: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(item, dict):
        yield from ((str(key), member) for key, member in item.items())
    elif isinstance(item, list):
        for place, member in enumerate(item):
            names = [member.get(name) for name in _NAMES] if isinstance(member, dict) else []
            yield next((name for name in names if isinstance(name, str) and name), str(place)), member


def _is_document(item: Any) -> bool:
    """Tell whether a value is a policy document. Rules of AWS WAF have a member `Statement`, too."""
    raw = item.get("Statement") if isinstance(item, dict) else None
    statements = raw if isinstance(raw, list) else [raw]
    return raw == [] or any(isinstance(one, dict) and not _STATEMENT.isdisjoint(one) for one in statements)


def _document_from_object(item: Any, text: str) -> LoadedDocument | None:
    return LoadedDocument(text, item) if _is_document(item) else None


def _document_from_string(item: str, text: str) -> LoadedDocument | None:
    """Return the document in a text of JSON, as Terraform's plans hold them."""
    if not item.lstrip().startswith(("{", "%7B")) or not _may_hold_policy(unquote(item)):
        return None
    try:
        value = load_json(unquote(item) if item.lstrip().startswith("%7B") else item)
    except DocumentError as error:
        return LoadedDocument(text, None, str(error))
    return LoadedDocument(text, value) if _is_document(value) else None


def _read_terraform_plan(data: bytes, name: str) -> ComparedInputs:
    """Return both sides of a plan of Terraform.

    Raises:
        UsageError: the file is none.
    """
    value = load_json(data, largest=64 * MAX_DOCUMENT_BYTES)
    changes = value.get("resource_changes") if isinstance(value, dict) else None
    if not isinstance(changes, list):
        raise UsageError("missing the other side", where=name, hint="one file alone must be `terraform show -json`")
    skipped: list[Skipped] = []
    pairs: list[DocumentPair] = []
    for item in changes:
        change = item.get("change") if isinstance(item, dict) else None
        if not isinstance(change, dict):
            continue
        address = str(item.get("address", "?"))
        before, after = (dict(_find_documents(change.get(side), "")) for side in ("before", "after"))
        pairs += [
            DocumentPair(f"{address}#{pointer}", name, before.get(pointer), after.get(pointer))
            for pointer in sorted(before.keys() | after.keys())
        ]
        skipped += [
            Skipped(f"{address}#{pointer}", "known only after the plan is applied")
            for pointer in _unknown_pointers(change.get("after_unknown"))
        ]
    return ComparedInputs(tuple(pairs), tuple(skipped))


def _unknown_pointers(value: Any, pointer: str = "", depth: int = 0) -> Iterator[str]:
    """Yield the pointers of what a plan does not know yet and is called a policy, or a part of one."""
    if value is True and "policy" in pointer.lower():
        yield pointer
    for name, member in _members(value) if depth < MAX_DEPTH else ():
        yield from _unknown_pointers(member, f"{pointer}/{name}" if pointer else name, depth + 1)
