"""The kinds of container, and the order in which they are asked: the first that recognizes a file reads it."""

from types import ModuleType

from msgspec.structs import replace

from tracker.inputs import plain
from tracker.inputs.model import Contents, LoadedDocument, ReadOptions
from tracker.inputs.parsing import ParsedFile

__all__ = ["CONTAINERS", "read_file"]

CONTAINERS: tuple[ModuleType, ...] = (plain,)
"""Modules with `recognizes(parsed) -> bool` and `read(parsed, options) -> Contents`; the last one takes any file."""


def read_file(parsed: ParsedFile, options: ReadOptions) -> Contents:
    """Return what a file holds, each document with the lines of its statements.

    Raises:
        DocumentError: the file is of a known kind and can't be read as such.
    """
    container = next(module for module in CONTAINERS if module.recognizes(parsed))
    found: Contents = container.read(parsed, options)
    return replace(
        found,
        documents=tuple(_with_lines(document, parsed) for document in found.documents),
        attachments=tuple(
            replace(one, location=replace(one.location, line=parsed.line_of(one.location.pointer)))
            for one in found.attachments
        ),
        unknowns=tuple(
            (replace(location, line=parsed.line_of(location.pointer)), unknown) for location, unknown in found.unknowns
        ),
    )


def _with_lines(document: LoadedDocument, parsed: ParsedFile) -> LoadedDocument:
    pointer = document.location.pointer
    statements = document.document.get("Statement") if document.document else None
    count = len(statements) if isinstance(statements, list) else 1
    several = [f"{pointer}/Statement/{place}" for place in range(count)]
    pointers = document.statement_pointers or (several if isinstance(statements, list) else [f"{pointer}/Statement"])
    return replace(
        document,
        location=replace(document.location, line=parsed.line_of(pointer)),
        statement_lines=tuple(map(parsed.line_of, pointers)),
    )
