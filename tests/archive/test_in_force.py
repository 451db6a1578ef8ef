"""The documents that come with the program are those of the archive."""

import json
import lzma
from collections.abc import Callable
from functools import partial

import pytest
from archives import CHECKOUT

from tracker.archive.in_force import documents_in_force, packed
from tracker.policy.documents import parse_document


def _packed_fast(compress: Callable[..., bytes], text: bytes, *, preset: int) -> bytes:
    """Pack at the lowest level: the highest, which is asked for, takes most of a second or two."""
    assert preset & 9 == 9
    return compress(text, preset=0)


DATA = CHECKOUT / "tracker" / "data" / "documents_in_force.json.xz"


def test_each_document_is_that_of_the_version_in_the_archive() -> None:
    documents = documents_in_force()
    assert len(documents.by_arn) > 1500
    for arn, document in documents.by_arn.items():
        folder = CHECKOUT / "snapshots" / "aws" / document.name
        assert json.loads((folder / "policy.json").read_bytes())["Arn"] == arn == document.arn
        archived = json.loads((folder / f"{document.version_id}.json").read_bytes())
        assert json.loads(document.text) == archived["Document"], arn
        assert parse_document(document.text).statements


def test_a_policy_that_had_left_is_not_there() -> None:
    documents = documents_in_force()
    assert documents.by_arn["arn:aws:iam::aws:policy/AmazonConnect_FullAccess"].version_id == "v4"
    assert "arn:aws:iam::aws:policy/AWSMobileHub_FullAccess" not in documents.by_arn
    assert documents.as_of.tzinfo is not None


def test_the_same_documents_give_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lzma, "compress", partial(_packed_fast, lzma.compress))
    again = lzma.decompress(packed(documents_in_force()))
    assert again == lzma.decompress(DATA.read_bytes()), "another xz may pack the same text otherwise"
    assert DATA.stat().st_size < 1_500_000
