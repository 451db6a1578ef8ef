"""The AWS managed policies that were in force when the program was released; they come with it.

`tracker/data/documents_in_force.json.xz` is written by `.github/scripts/documents_in_force.py` from the archive.
"""

import lzma
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

from msgspec import Raw, Struct
from msgspec.json import Decoder, encode

from tracker.base.dates import format_time, parse_time

__all__ = ["DocumentInForce", "DocumentsInForce", "documents_in_force", "packed"]

_DATA = Path(__file__).parents[1] / "data" / "documents_in_force.json.xz"


class DocumentInForce(Struct, frozen=True):
    """The default version of one policy."""

    arn: str
    """Its ARN, in the partition `aws`: the policies of other partitions may differ."""
    name: str
    """PolicyName."""
    version_id: str
    """VersionId of the default version."""
    text: bytes
    """The policy document: JSON in UTF-8, not yet evaluated."""


class DocumentsInForce(Struct, frozen=True):
    """The default versions of all AWS managed policies on one day."""

    as_of: datetime
    """When the last of them was seen to change."""
    by_arn: Mapping[str, DocumentInForce]
    """ARN → document. A policy that is not here was unknown then, or not in force."""


class _Policy(Struct, forbid_unknown_fields=True):
    Arn: str
    PolicyName: str
    VersionId: str
    Document: Raw


class _File(Struct, forbid_unknown_fields=True):
    AsOf: str
    Policies: list[_Policy]


@cache
def documents_in_force() -> DocumentsInForce:
    """Return the documents that are shipped with the program; read once, in some 0.1 seconds."""
    read = Decoder(_File).decode(lzma.decompress(_DATA.read_bytes()))
    found = (DocumentInForce(item.Arn, item.PolicyName, item.VersionId, bytes(item.Document)) for item in read.Policies)
    return DocumentsInForce(parse_time(read.AsOf), {document.arn: document for document in found})


def packed(documents: DocumentsInForce) -> bytes:
    """Return the file that `documents_in_force` reads: the same documents give the same bytes."""
    policies = [
        _Policy(item.arn, item.name, item.version_id, Raw(item.text)) for _, item in sorted(documents.by_arn.items())
    ]
    text = encode(_File(format_time(documents.as_of), policies))
    return lzma.compress(text, preset=9 | lzma.PRESET_EXTREME)
