"""All policy documents of some files and folders, each with what it is called."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from tracker.errors import DocumentError
from tracker.inputs.comparing.comparison import compare_inputs
from tracker.inputs.comparing.pairs import DocumentPair
from tracker.inputs.files.file_trees import FileTree, folder_tree, read_bounded, single_file
from tracker.inputs.files.selection import Selection
from tracker.inputs.model import LoadedDocument, ReadOptions
from tracker.inputs.reader import OpenedInputs
from tracker.policy.documents import parse_document
from tracker.policy.json_text import canonical
from tracker.policy.model import PolicyDocument
from tracker.policy.symbols import as_variables

__all__ = ["OwnDocument", "OwnDocuments", "read_own_documents"]

_UNIONS = (" attached policies", " permissions boundary")
"""How the names of unions end, which a review makes of what is attached: no documents of the files."""
_ENDING = re.compile(r"(\.(policy|json|ya?ml|tf|template|tftpl|j2|jsonc|json5))+\Z")


class OwnDocument(Struct, frozen=True):
    """One document."""

    name: str
    """The file, with what names the document in it."""
    called: frozenset[str]
    """The parts of that name, without an ending: one of them may be what people call it."""
    line: int | None
    """The line at which it begins; None where that is not known."""
    document: PolicyDocument
    """With a variable for each value that is not known."""


class OwnDocuments(Struct, frozen=True):
    """What some files hold."""

    documents: tuple[OwnDocument, ...]
    unknown: tuple[str, ...]
    """What may hold more and could not be read: where, and why."""


def read_own_documents(paths: Iterable[Path]) -> OwnDocuments:
    """Return the policy documents of files and folders, by whatever holds them.

    Raises:
        UsageError: a file can't be read.
    """
    documents: list[OwnDocument] = []
    unknown: list[str] = []
    for name, pair in ((_name(path, pair), pair) for path in paths for pair in _pairs(path)):
        found = pair.after
        if found is None or found.identity.endswith(_UNIONS):
            continue
        unknown += [f"{name}: {each.reason}" for each in found.unknowns]
        try:
            documents += [_own(name, pair, found)] if found.document is not None and not pair.in_source else []
        except DocumentError as error:
            unknown.append(f"{name}: {error}")
    return OwnDocuments(tuple(documents), tuple(dict.fromkeys(unknown)))


def _pairs(path: Path) -> Iterator[DocumentPair]:
    is_folder = path.is_dir()
    after = folder_tree(path) if is_folder else single_file(str(path), read_bounded(path))
    before = FileTree({}, lambda _: iter(()), is_single=not is_folder)
    yield from compare_inputs(OpenedInputs(before, after), Selection(), ReadOptions(), lambda _: None).pairs


def _name(path: Path, pair: DocumentPair) -> str:
    """Return where a document stands, from where the program runs: several folders may have a file of one name."""
    return str(path / pair.name) if pair.path and path.is_dir() else pair.name


def _own(name: str, pair: DocumentPair, found: LoadedDocument) -> OwnDocument:
    document = parse_document(json.loads(as_variables(canonical(found.document or {}))))
    parts = {Path(pair.path).name, *re.split(r"[/#.]", found.identity)}
    called = frozenset(_ENDING.sub("", part) for part in parts if part)
    return OwnDocument(name, called, found.location.line, document)
