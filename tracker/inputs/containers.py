"""The kinds of container, and the order in which they are asked: the first that recognizes a file reads it."""

from types import ModuleType

from msgspec.structs import replace

from tracker.inputs import kubernetes, plain
from tracker.inputs.account import dump as account_dump
from tracker.inputs.cloudformation import assembly as cdk_assembly
from tracker.inputs.cloudformation import reader as cloudformation
from tracker.inputs.leftovers import leftovers
from tracker.inputs.model import Contents, FileLocation, LoadedDocument, ReadOptions
from tracker.inputs.parameter_files import is_sam_configuration
from tracker.inputs.serverless import reader as serverless
from tracker.inputs.syntax.parsing import ParsedFile
from tracker.inputs.terraform import plan as terraform_plan
from tracker.inputs.terraform import state as terraform_state

__all__ = ["CONTAINERS", "is_known_kind", "read_file", "read_sides", "says_both_sides"]

CONTAINERS: tuple[ModuleType, ...] = (
    terraform_plan,
    terraform_state,
    account_dump,
    cdk_assembly,
    cloudformation,
    kubernetes,
    serverless,
    plain,
)
"""Modules with `recognizes(parsed) -> bool` and `read(parsed, options) -> Contents`; the last one takes any file.

A module whose files say both what is there and what will be (plans) has `read_before`, too, for the first.

What a module leaves out and looks like a policy is unknown, unless the module has `IS_COMPLETE = True`: it knows its
format to the end.
"""


def read_file(parsed: ParsedFile, options: ReadOptions) -> Contents:
    """Return what a file holds, each document with the lines of its statements.

    Raises:
        DocumentError: the file is of a known kind and can't be read as such.
    """
    container = _container_of(parsed)
    found: Contents = container.read(parsed, options)
    if not getattr(container, "IS_COMPLETE", False):
        # What a configuration of SAM says is read with the templates that take its parameters.
        of_any_kind = container is plain and not is_sam_configuration(parsed.path)
        found = replace(found, unknowns=(*found.unknowns, *leftovers(parsed, found, of_any_kind=of_any_kind)))
    return _with_lines(found, parsed)


def is_known_kind(parsed: ParsedFile) -> bool:
    """Return whether a file is a template, a plan or another container, and not any data."""
    return _container_of(parsed) is not plain


def read_sides(parsed: ParsedFile, options: ReadOptions) -> tuple[Contents, Contents] | None:
    """Return both sides of a file that says what is there and what will be, as a plan does; None for any other.

    Raises:
        DocumentError: as `read_file`.
    """
    if not says_both_sides(parsed):
        return None
    container = _container_of(parsed)
    return _with_lines(container.read_before(parsed, options), parsed), read_file(parsed, options)


def says_both_sides(parsed: ParsedFile) -> bool:
    """Return whether a file says what is there and what will be."""
    return hasattr(_container_of(parsed), "read_before")


def _container_of(parsed: ParsedFile) -> ModuleType:
    return next(module for module in CONTAINERS if module.recognizes(parsed))


def _with_lines(found: Contents, parsed: ParsedFile) -> Contents:
    if not parsed.has_lines:
        return found
    return replace(
        found,
        documents=tuple(_with_statement_lines(document, parsed) for document in found.documents),
        attachments=tuple(replace(one, location=_with_line(one.location, parsed)) for one in found.attachments),
        unknowns=tuple((_with_line(location, parsed), unknown) for location, unknown in found.unknowns),
    )


def _with_line(location: FileLocation, parsed: ParsedFile) -> FileLocation:
    return replace(location, line=parsed.line_of(location.pointer)) if location.line is None else location


def _with_statement_lines(document: LoadedDocument, parsed: ParsedFile) -> LoadedDocument:
    located = replace(document, location=_with_line(document.location, parsed))
    if document.statement_lines or document.document is None:
        return located
    pointer = document.location.pointer
    statements = document.document.get("Statement")
    count = len(statements) if isinstance(statements, list) else 0
    pointers = document.statement_pointers or [f"{pointer}/Statement/{index}" for index in range(count)]
    return replace(located, statement_lines=tuple(map(parsed.line_of, pointers or [f"{pointer}/Statement"])))
