"""Records as a build keeps them for the next one: nothing of them is lost, and no spelling."""

import pytest
from builders import condition
from msgspec import MsgspecError, msgpack
from msgspec.structs import replace
from sites import SITE_DATA

from tracker.diff.model import Change, ChangeKind
from tracker.policy.model import Effect, Scope
from tracker.site import PolicyRecord, decode_record, encode_record


@pytest.mark.parametrize("record", SITE_DATA.records, ids=lambda record: record.history.label)
def test_a_record_is_read_as_it_was_written(record: PolicyRecord) -> None:
    assert msgpack.encode(decode_record(encode_record(record))) == msgpack.encode(record)


def test_equal_conditions_keep_their_own_spelling_and_changes_their_order() -> None:
    changes = tuple(
        Change(ChangeKind.ACTION_ADDED, Effect.ALLOW, action, False, (), (Scope(conditions=(condition("Bool", key),)),))
        for action, key in (("b:B", "aws:Key"), ("a:A", "aws:key"), ("c:C", "aws:Key"))
    )
    record = replace(SITE_DATA.records[0], granted=changes)
    read = decode_record(encode_record(record))
    assert read is not None
    assert msgpack.encode(read.granted) == msgpack.encode(changes)


def test_that_nothing_of_a_policy_could_be_read_is_kept() -> None:
    assert decode_record(encode_record(None)) is None
    record = replace(SITE_DATA.records[0], granted=None)
    assert decode_record(encode_record(record)) == record


def test_a_damaged_record_is_refused() -> None:
    with pytest.raises(MsgspecError):
        decode_record(encode_record(SITE_DATA.records[0])[:-1])
