"""A file that is one policy document, whatever holds it: plain, in an answer of IAM, or URL-encoded."""

from pathlib import Path

from tracker.errors import DocumentError, UsageError
from tracker.inputs.files.file_trees import read_bounded
from tracker.inputs.files.loading import load_file
from tracker.inputs.model import ReadOptions
from tracker.policy.documents import parse_document
from tracker.policy.json_text import canonical
from tracker.policy.model import PolicyDocument
from tracker.policy.symbols import has_symbol

__all__ = ["read_one_document"]


def read_one_document(path: Path) -> PolicyDocument:
    """Return the document of a file.

    Raises:
        UsageError: the file can't be read, or holds no document or several.
        DocumentError: the document is not well-formed, or rests on a value that is not known.
    """
    contents = load_file(str(path), read_bounded(path), ReadOptions()).contents
    unknowns = [unknown for _, unknown in contents.unknowns]
    unknowns += [unknown for found in contents.documents for unknown in found.unknowns]
    if unknowns:
        raise DocumentError(unknowns[0].reason, where=str(path))
    if len(contents.documents) != 1:
        found = len(contents.documents) or "no"
        raise UsageError(f"holds {found} policy documents", where=str(path), hint="name a file with one document")
    document = contents.documents[0].document
    if document is None or has_symbol(canonical(document)):
        raise DocumentError("rests on a value that is not known", where=str(path))
    try:
        return parse_document(document)
    except DocumentError as error:
        raise error.within(str(path)) from error
