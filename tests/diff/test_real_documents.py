"""Real documents written otherwise say the same; with one thing changed they say just that.

What the edit of a document means is not guessed here: the oracle finds it in the raw JSON of both.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from random import Random
from typing import Any

import pytest
from archives import CHECKOUT
from oracle import disagreements, listed, statements

from tracker.changelog.contract import change_to_json
from tracker.diff.changes import changes_between
from tracker.errors import DocumentError
from tracker.policy.documents import parse_document
from tracker.policy.json_text import serialize_document

Document = dict[str, Any]
FILES = sorted((CHECKOUT / "snapshots").glob("*/*/v*.json"))
NAMES = ("Action", "NotAction", "Resource", "NotResource")


def chance(seed: object) -> Random:
    return Random(repr(seed))  # noqa: S311 - the same documents in every run


def documents(every: int, start: int = 0, longest: int | None = None) -> list[Document]:
    """Return some documents of the archive, of all times; those in files of at most `longest` bytes."""
    contents = (file.read_bytes() for file in FILES[start::every])
    return [json.loads(content)["Document"] for content in contents if longest is None or len(content) <= longest]


def changes(before: Document, after: Document) -> list[dict[str, Any]]:
    return [change_to_json(change) for change in changes_between(parse_document(before), parse_document(after))]


# --- written otherwise -----------------------------------------------------------------------------------------------


def _list_again(values: Any, dice: Random, spelt: Callable[[Any], Any]) -> Any:
    """Return a list in another order, something in it twice, each item spelt otherwise; one item alone perhaps bare."""
    items = list(listed(values))
    dice.shuffle(items)
    items = [spelt(item) for item in [*items, *items[: dice.randrange(2)]]]
    return items[0] if len(items) == 1 and dice.random() < 0.5 else items


def _cased(dice: Random) -> Callable[[Any], Any]:
    return lambda text: dice.choice((text, text.upper(), text.lower(), text.swapcase()))


def _truth(dice: Random) -> Callable[[Any], Any]:
    return lambda value: {"true": True, "false": False}.get(value, value) if dice.random() < 0.5 else value


def _shuffled(members: Mapping[str, Any], dice: Random) -> dict[str, Any]:
    items = list(members.items())
    dice.shuffle(items)
    return dict(items)


def _conditions_again(block: Mapping[str, Mapping[str, Any]], dice: Random) -> dict[str, Any]:
    return {
        dice.choice((operator, operator.lower())): _shuffled(
            {_cased(dice)(key): _list_again(values, dice, _truth(dice)) for key, values in keys.items()}, dice
        )
        for operator, keys in _shuffled(block, dice).items()
    }


def _parts(statement: Document, dice: Random) -> list[Document]:
    """Return statements that say together what one does."""
    parts = [statement]
    for name in ("Action", "Resource"):
        items = statement.get(name)
        if isinstance(items, list) and len(items) > 1 and dice.random() < 0.4:
            at = dice.randrange(1, len(items))
            parts = [part | {name: half} for part in parts for half in (items[:at], items[dice.randrange(at + 1) :])]
    return parts


def written_otherwise(document: Document, seed: object) -> Document:
    """Return a document with everything changed that means nothing."""
    dice, made = chance(seed), []
    for part in (part for statement in statements(document) for part in _parts(statement, dice)):
        again = dict(part)
        for name in NAMES:
            if name in again:
                spelt = _cased(dice) if name.endswith("Action") else str
                again[name] = _list_again(again[name], dice, spelt)
        if "Condition" in again:
            again["Condition"] = _conditions_again(again["Condition"], dice)
        again["Sid"] = f"Statement{dice.randrange(100)}"
        made += [_shuffled(again, dice)] * dice.choice((1, 1, 1, 2))
    dice.shuffle(made)
    return {**document, "Id": "again", "Statement": made[0] if len(made) == 1 else made}


@pytest.mark.parametrize("start", range(4))
def test_a_real_document_written_otherwise_is_no_change(start: int) -> None:
    """Order, duplicates, Sids, scalars, letter case, `true`, statements in parts."""
    for number, document in enumerate(documents(150, start)):
        other = written_otherwise(document, (start, number))
        assert (changes(document, other), changes(other, document)) == ([], []), document


# --- one thing changed -----------------------------------------------------------------------------------------------


def _with(document: Document, index: int, edit: Callable[[Document], object]) -> Document:
    copy = deepcopy(document)
    copy["Statement"] = list(statements(copy))
    edit(copy["Statement"][index])
    return copy


def _lists_edited(name: str, values: Any, at: int) -> Iterator[Callable[[Document], object]]:
    items = list(listed(values))
    new = "zzz:NewThing" if name.endswith("Action") else "arn:aws:zzz:::new"
    opposite = name.removeprefix("Not") if name.startswith("Not") else f"Not{name}"
    yield lambda it: it.update({name: items[:at] + items[at + 1 :] or [new]})
    yield lambda it: it.update({name: [*items, new]})
    yield lambda it: it.update({name: [*items[:at], f"{items[at]}x", *items[at + 1 :]]})
    yield lambda it: it.update({name: [*items[:at], f"{items[at][: len(items[at]) // 2]}*", *items[at + 1 :]]})
    if not (name == "NotAction" or items == ["*"]):
        yield lambda it: it.update({opposite: it.pop(name)})


def _conditions_edited(block: Mapping[str, Mapping[str, Any]], dice: Random) -> Iterator[Callable[[Document], object]]:
    operator, keys = dice.choice([*block.items()])
    key = dice.choice([*keys])
    values = list(listed(keys[key]))
    yield lambda it: it.pop("Condition")
    yield lambda it: it["Condition"][operator].update({f"zz{key}": it["Condition"][operator].pop(key)})
    if len(values) > 1:
        yield lambda it: it["Condition"][operator].update({key: values[1:]})
    if operator.startswith(("String", "ForAnyValue:String", "ForAllValues:String")):
        yield lambda it: it["Condition"][operator].update({key: [*values, "another"]})
        yield lambda it: it["Condition"][operator].update({key: ["another", *values[1:]]})


def edited(document: Document, seed: object) -> list[Document]:
    """Return documents with one thing changed each."""
    dice, found = chance(seed), []
    for index, statement in enumerate(statements(document)):
        edits: list[Callable[[Document], object]] = [
            lambda it: it.update(Effect="Deny" if it["Effect"] == "Allow" else "Allow"),
            lambda it: it.setdefault("Condition", {}).update(StringEquals={"aws:ResourceTag/zz": "1"}),
        ]
        for name in NAMES:
            if name in statement:
                edits += _lists_edited(name, statement[name], dice.randrange(len(listed(statement[name]))))
        if statement.get("Condition"):
            edits += _conditions_edited(statement["Condition"], dice)
        found += [_with(document, index, edit) for edit in edits]
        if len(statements(document)) > 1:
            left = [other for number, other in enumerate(statements(document)) if number != index]
            found.append({**document, "Statement": left})
    return dice.sample(found, min(5, len(found)))


@pytest.mark.parametrize("start", [0, *(pytest.param(each, marks=pytest.mark.slow) for each in (1, 2, 3))])
def test_one_thing_changed_in_a_real_document_is_reported_and_nothing_else(start: int) -> None:
    """Actions, resources and values that come, go and change; conditions, effects; `Action` for `NotAction`."""
    reported = 0
    for number, document in enumerate(documents(200, start, longest=40_000)):
        for other in edited(document, (start, number)):
            found = changes(document, other)
            assert [*disagreements(document, other, found)] == [], (document, other)
            reported += bool(found)
    assert reported > 100


# --- two readers -----------------------------------------------------------------------------------------------------


def test_texts_and_their_json_are_read_the_same() -> None:
    """There is a reader for what is written as IAM writes it, and one for everything."""
    for document in documents(17):
        assert _reported_by(serialize_document(document)) == _reported_by(document)


PIECES = [
    *b'" , : { } [ ] null true 1 1e999 -0 1.0 \\" \\u0041 NaN'.split(),
    b'"Effect":"Deny",',
    b'"Sid":null,',
    b'"Sid":"x",',
    b'"Action":"a:b",',
    b'"Resource":[],',
    b'"Condition":{},',
    b'"Condition":{"Bool":{"a":1.50}},',
    b'"Principal":"*",',
    b'"Version":"2012-10-17",',
    b'"Id":"x",',
    "é".encode(),
]


def test_broken_texts_are_read_the_same_by_both_readers() -> None:
    """Members that stand twice, nulls, numbers, quotes in texts: the quick reader must not know better."""
    dice = chance("broken")
    texts = [text for text in map(serialize_document, documents(100)) if len(text) < 3000]
    read = 0
    for _ in range(4000):
        text = dice.choice(texts)
        at = dice.choice((dice.randrange(len(text)), text.find(b"{", dice.randrange(len(text))) + 1))
        gone = dice.choice((0, 0, dice.randrange(8)))
        broken = text[:at] + dice.choice((*PIECES, text[gone : gone + 30])) + text[at + gone :]
        outcome = _reported_by(broken)
        assert outcome == _reported_by(broken.decode()), broken
        read += isinstance(outcome, list)
    assert read > 300


def _reported_by(source: bytes | str | Document) -> list[Any] | str:
    """Return all that was read, what compares as equal included, or the error."""
    try:
        return [
            (item.effect, item.inverted, item.scope, item.actions, item.order, item.sid, repr(item.scope))
            for item in parse_document(source).statements
        ]
    except DocumentError as error:
        return str(error)
