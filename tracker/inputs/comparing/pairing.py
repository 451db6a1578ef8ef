"""Pairs the documents of two sides: by identity, then by content, never by position.

A policy whose identity is gone is removed, and one with an identity that was not there is new. Where both have the
same content they are reported as one move; the gate takes it as new at its new path, unless it is a file that holds
nothing else and stays in its folder, or an inline policy that keeps its principal.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from msgspec import Struct
from msgspec.structs import replace

from tracker.errors import one_line
from tracker.inputs.comparing.pairs import DocumentPair
from tracker.inputs.condition_cases import paired_cases
from tracker.inputs.files.loading import LoadedFile
from tracker.inputs.model import Case, FileLocation, LoadedDocument, Unknown, UnknownKind, digest_of
from tracker.policy.json_text import canonical
from tracker.policy.symbols import printable

__all__ = ["Files", "document_name", "pair_documents", "pair_files", "renamed_files"]

Files = Mapping[str, LoadedFile]
"""Path -> what the file holds."""
MAX_RENAMES = 300
"""Files that are gone, or come, among which renamed ones are looked for by their words."""
_LEAST_COMMON = 0.5
"""Share of common words from which on two files are one file that was renamed."""


class _Couple(Struct, frozen=True):
    before: LoadedDocument | None
    after: LoadedDocument | None
    case: Case = ()


def pair_files(before: Files, after: Files, renamed: Mapping[str, str]) -> list[DocumentPair]:
    """Return the pairs of all documents of the files that changed, by name.

    Args:
        before: the files of the old side that changed, or are gone.
        after: those of the new side.
        renamed: new path -> old path, for files that were renamed.
    """
    pairs: list[DocumentPair] = []
    for path in sorted(after.keys() | (before.keys() - set(renamed.values()))):
        old = renamed.get(path, path)
        couples = list(_in_file(before.get(old), after.get(path), path))
        pairs += _named(couples, path, "" if old == path else old)
    return sorted(_moved(pairs), key=lambda pair: pair.name)


def renamed_files(before: Files, after: Files) -> dict[str, str]:
    """Return new path -> old path for files that are gone under the one and came under the other.

    Like git, files with the most words in common are taken first; of those with the same, those of the same name.
    """
    gone = [path for path in sorted(before.keys() - after.keys()) if before[path].words][:MAX_RENAMES]
    come = [path for path in sorted(after.keys() - before.keys()) if after[path].words][:MAX_RENAMES]
    ranked = []
    for old in gone:
        for new in come:
            share = _common(before[old].words, after[new].words)
            if share >= _LEAST_COMMON:
                is_same_name = PurePosixPath(old).name == PurePosixPath(new).name
                ranked.append((-share, not is_same_name, old, new))
    found: dict[str, str] = {}
    for _, _, old, new in sorted(ranked):
        if new not in found and old not in found.values():
            found[new] = old
    return found


def _common(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / len(one | other)


def pair_documents(
    before: Sequence[LoadedDocument], after: Sequence[LoadedDocument]
) -> Iterator[tuple[LoadedDocument | None, LoadedDocument | None, Case]]:
    """Yield the pairs of the documents of one file; the case is that in which both are there."""
    old, new = _by_identity(before), _by_identity(after)
    for identity in dict.fromkeys((*old, *new)):
        yield from _of_one_identity(old.get(identity, []), new.get(identity, []))


def _by_identity(documents: Sequence[LoadedDocument]) -> dict[str, list[LoadedDocument]]:
    found: defaultdict[str, list[LoadedDocument]] = defaultdict(list)
    for document in documents:
        found[document.identity].append(document)
    return found


def _of_one_identity(
    before: list[LoadedDocument], after: list[LoadedDocument]
) -> Iterator[tuple[LoadedDocument | None, LoadedDocument | None, Case]]:
    """Pair what goes by one name: case by case, or by content where a name stands for several."""
    if len(before) == len(after) == 1 and before[0].condition == after[0].condition:
        yield before[0], after[0], after[0].condition
        return
    cases = [{document.condition: document for document in side} for side in (before, after)]
    if len(cases[0]) == len(before) and len(cases[1]) == len(after):
        for case, old, new in paired_cases(*cases):
            yield old, new, case
        return
    rest = list(before)
    unpaired = []
    for document in after:
        same = next((other for other in rest if _is_same(other, document)), None)
        if same is None:
            unpaired.append(document)
        else:
            rest.remove(same)
            yield same, document, document.condition
    if len(rest) == len(unpaired) == 1:
        yield rest[0], unpaired[0], unpaired[0].condition
        return
    yield from ((None, document, document.condition) for document in unpaired)
    yield from ((document, None, document.condition) for document in rest)


def _is_same(one: LoadedDocument, other: LoadedDocument) -> bool:
    if one.document is None or other.document is None:
        return one.document is other.document and _digests(one) == _digests(other) != ("",) * len(one.unknowns)
    return one.document == other.document and one.condition == other.condition and _digests(one) == _digests(other)


def _digests(document: LoadedDocument) -> tuple[str, ...]:
    return tuple(sorted(unknown.digest for unknown in document.unknowns))


# --- one file --------------------------------------------------------------------------------------------------------


def _in_file(before: LoadedFile | None, after: LoadedFile | None, path: str) -> Iterator[_Couple]:
    old, new = _documents(before), _documents(after)
    whole = next((one for one in new if _is_whole_and_unknown(one)), None)
    lost = _lost_shape(before, after, path) if before and after and old and not new else None
    if whole or lost:
        yield _Couple(old[0] if len(old) == 1 else None, whole or lost)
        return
    whole = next((one for one in old if _is_whole_and_unknown(one)), None)
    if whole and new:
        yield from (_Couple(whole, document, document.condition) for document in new)
        return
    is_same_case = len(old) == len(new) == 1 and old[0].condition == new[0].condition
    if is_same_case and before and after and before.is_single and after.is_single:
        yield _Couple(old[0], new[0])
        return
    yield from (_Couple(*found) for found in pair_documents(old, new))


def _documents(file: LoadedFile | None) -> list[LoadedDocument]:
    """Return the documents of a file, and what is not known of it as documents without content."""
    if file is None:
        return []
    unknown = [
        LoadedDocument(unknown.identity or _pointer_name(location.pointer), location, None, (unknown,))
        for location, unknown in file.contents.unknowns
    ]
    return [*file.contents.documents, *unknown]


def _pointer_name(pointer: str) -> str:
    return pointer.removeprefix("/").replace("~1", "/").replace("~0", "~")


def _is_whole_and_unknown(document: LoadedDocument) -> bool:
    return document.document is None and not document.identity and not document.location.pointer


def _lost_shape(before: LoadedFile, after: LoadedFile, path: str) -> LoadedDocument | None:
    """Return the unknown that a file is which was a policy document and can't be read as one any more."""
    was_whole = any(not document.identity for document in before.contents.documents)
    if after.is_data and not was_whole:
        return None
    unknown = Unknown(UnknownKind.UNREADABLE, "was a policy document, and is none that can be read", "", after.digest)
    return LoadedDocument("", FileLocation(path, line=1), None, (unknown,))


# --- names and moves -------------------------------------------------------------------------------------------------


def _named(couples: Sequence[_Couple], path: str, old_path: str) -> Iterator[DocumentPair]:
    """Yield pairs with names that are unique."""
    is_new_place = bool(old_path) and PurePosixPath(old_path).parent != PurePosixPath(path).parent
    several: defaultdict[str, int] = defaultdict(int)
    cases: defaultdict[str, set[Case]] = defaultdict(set)
    for couple in couples:
        cases[_identity(couple)].add(couple.case)
    for couple in couples:
        identity = _identity(couple)
        label = _label(identity, couple.case if len(cases[identity]) > 1 else ())
        several[label] += 1
        number = f"~{several[label]}" if several[label] > 1 else ""
        place = _place(couple, path)
        name = document_name(place, label + number)
        moved = old_path if couple.before and couple.after else ""
        if couple.after is None and old_path:
            name = document_name(old_path, label + number)
        yield DocumentPair(
            name,
            place,
            couple.before,
            couple.after,
            moved and document_name(moved, identity),
            (bool(moved) and is_new_place) or _is_elsewhere(couple),
        )


def _is_elsewhere(couple: _Couple) -> bool:
    """Return whether a policy now belongs to somebody else, or is put on something else."""
    before, after = couple.before, couple.after
    if before is None or after is None:
        return False
    return (before.principal, before.target) != (after.principal, after.target)


def document_name(path: str, identity: str) -> str:
    """Return what a document is called: one printable line."""
    shown = printable(identity)
    return one_line(f"{path}#{shown}" if shown else path)


def _place(couple: _Couple, path: str) -> str:
    """Return the file of a pair: of a project of Terraform, the one in which the document stands."""
    document = couple.after or couple.before
    return document.location.path if document and couple.after else path


def _identity(couple: _Couple) -> str:
    document = couple.after or couple.before
    return document.identity if document else ""


def _label(identity: str, case: Case) -> str:
    if not case:
        return identity
    said = ", ".join(test if holds else f"not {test}" for test, holds in case)
    return f"{identity} (if {said})"


def _moved(pairs: Sequence[DocumentPair]) -> list[DocumentPair]:
    """Join what is gone with what came and is the same, each once."""
    gone: defaultdict[str, list[DocumentPair]] = defaultdict(list)
    for pair in pairs:
        if pair.after is None and pair.before and pair.before.document:
            gone[_content(pair.before)].append(pair)
    found: list[DocumentPair] = []
    joined: set[str] = set()
    for pair in pairs:
        sources = gone[_content(pair.after)] if pair.before is None and pair.after and pair.after.document else []
        if sources and not pair.in_source:
            source = sources.pop(0)
            joined.add(source.name)
            found.append(_move(source, pair))
        else:
            found.append(pair)
    return [pair for pair in found if pair.name not in joined or pair.after is not None]


def _content(document: LoadedDocument) -> str:
    return digest_of(canonical([document.document, document.condition, _digests(document)]))


def _move(source: DocumentPair, pair: DocumentPair) -> DocumentPair:
    is_file = not any(one.identity for one in (source.before, pair.after) if one)
    in_folder = PurePosixPath(source.path).parent == PurePosixPath(pair.path).parent
    is_same_place = (is_file and in_folder) or _is_renamed_inline(source, pair)
    return replace(pair, before=source.before, moved_from=source.name, is_new_place=not is_same_place)


def _is_renamed_inline(source: DocumentPair, pair: DocumentPair) -> bool:
    """Return whether a policy belongs to the same principal as before, in the same file, under another name."""
    before, after = source.before, pair.after
    if before is None or after is None or source.path != pair.path:
        return False
    return before.principal == after.principal != "" and _kind(before) == _kind(after)


def _kind(document: LoadedDocument) -> str:
    return document.identity.rpartition("/")[0]
