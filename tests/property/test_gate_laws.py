"""The law of the gate, for every kind of container: what newly allows something trips `broadens`, and what may, too.

The commands' own function reviews files in memory. `GATE_LAW_EXAMPLES=100000` tries so many inputs of each law, and
`GATE_LAW_PROCESSES=500` so many by processes; without them a sample is tried.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from evaluator import allows
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from reviewing import tree
from strategies import REQUESTS, STATEMENTS
from terraform_wrappings import JSON_FILES, SOURCES
from wrappings import CLOUDFORMATION, OTHERS, leaves, replaced

from tracker.commands.diff import ReviewSettings, run_review
from tracker.inputs.file_trees import Entry, EntryKind, FileTree
from tracker.inputs.reader import InputReader, OpenedInputs
from tracker.review.model import fails

TOP = Path(__file__).parents[2]
EXAMPLES = int(os.environ.get("GATE_LAW_EXAMPLES", "25"))
PROCESSES = int(os.environ.get("GATE_LAW_PROCESSES", "5"))
PLAIN = {
    "a file": lambda document: document,
    "a member": lambda document: {"a": {"b": document}},
    "a text": lambda document: {"a": json.dumps(document)},
    "a list": lambda document: document["Statement"],
    "named members": lambda document: [{"PolicyName": "x", "PolicyDocument": document}],
}
KINDS: dict[str, Any] = {**PLAIN, **CLOUDFORMATION, **OTHERS, **JSON_FILES, **SOURCES}
PLANS = frozenset(name for name in JSON_FILES if "plan" in name)
"""Files that say both sides by themselves: the law holds for each of them alone."""
DOCUMENTS = st.lists(STATEMENTS, min_size=1, max_size=4).map(
    lambda statements: {"Version": "2012-10-17", "Statement": statements}
)
OTHER = {"Fn::GetAtt": ["Elsewhere", "Arn"]}
"""A value that nothing in the template decides, nor any of its conditions."""
AS_TEXT = {"json text", "sub", "text anywhere", "output"}
"""Where a document stands as text, into which no other function fits."""
VALUES = ("*", "s:*", "s:a", "t:a", "u:c", "r1", "r2", "q", "x", "y", "Allow")
"""Texts that an unknown leaf may turn out to be."""
law = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


@dataclass(frozen=True, slots=True)
class _InMemory(InputReader):
    """Opens two texts."""

    files: Mapping[str, bytes] = field(default_factory=dict)

    def open(self, before: str, after: str | None) -> OpenedInputs:
        return OpenedInputs(self._side(before), self._side(after or ""))

    def _side(self, name: str) -> FileTree:
        data = self.files[name]
        where = "main.tf" if data[:1] not in (b"{", b"[") else "p.json"
        return FileTree({where: Entry(EntryKind.FILE, name)}, lambda paths: iter([data] * len(paths)))


def written(kind: str, document: Any) -> bytes:
    made = KINDS[kind](document)
    return made.encode() if isinstance(made, str) else json.dumps(made).encode()


def broadens(kind: str, before: Any, after: Any) -> bool:
    reader = _InMemory(TOP, TOP, lambda: b"", None, {"before": written(kind, before), "after": written(kind, after)})
    return fails(run_review(reader, "before", "after", ReviewSettings(language="en")).review, "broadens")


def allows_more(before: Any, after: Any) -> bool:
    return any(allows(after, one) and not allows(before, one) for one in REQUESTS)


@law
@given(kind=st.sampled_from(sorted(KINDS.keys() - PLANS)), data=st.data(), document=DOCUMENTS, more=STATEMENTS)
def test_a_statement_that_allows_something_new_trips(kind: str, data: st.DataObject, document: Any, more: Any) -> None:
    place = data.draw(st.integers(0, len(document["Statement"])))
    after = {**document, "Statement": [*document["Statement"][:place], more, *document["Statement"][place:]]}
    assume(allows_more(document, after))
    assert broadens(kind, document, after)


@law
@given(kind=st.sampled_from(sorted(KINDS.keys() - PLANS)), data=st.data(), document=DOCUMENTS)
def test_a_change_of_one_text_that_allows_something_new_trips(kind: str, data: st.DataObject, document: Any) -> None:
    place = data.draw(st.sampled_from(leaves(document["Statement"])))
    value = data.draw(st.sampled_from(VALUES))
    after = {**document, "Statement": replaced(document["Statement"], place, value)}
    try:
        assume(allows_more(document, after))
    except (KeyError, ValueError, AssertionError):
        return  # the evaluator judges no document that IAM would refuse
    assert broadens(kind, document, after)


@law
@given(kind=st.sampled_from(sorted(CLOUDFORMATION.keys() - AS_TEXT)), data=st.data(), document=DOCUMENTS)
def test_a_leaf_that_becomes_unknown_trips_where_some_value_would(
    kind: str, data: st.DataObject, document: Any
) -> None:
    place = data.draw(st.sampled_from(leaves(document["Statement"])))
    after = {**document, "Statement": replaced(document["Statement"], place, OTHER)}
    assume(_would_for_some_value(document, place))
    assert broadens(kind, document, after)


def _would_for_some_value(document: Any, place: tuple[Any, ...]) -> bool:
    for value in VALUES:
        try:
            if allows_more(document, {**document, "Statement": replaced(document["Statement"], place, value)}):
                return True
        except (KeyError, ValueError, AssertionError):
            continue
    return False


@law
@given(kind=st.sampled_from(sorted(KINDS.keys() - PLANS)), document=DOCUMENTS)
def test_the_same_document_never_trips(kind: str, document: Any) -> None:
    shuffled = {**document, "Statement": [*document["Statement"], document["Statement"][0]]}
    assert not broadens(kind, document, document)
    if kind not in CLOUDFORMATION:  # a statement under a condition stands twice in a template only by itself
        assert not broadens(kind, document, shuffled)


@pytest.mark.slow
def test_the_same_holds_of_processes(tmp_path: Path) -> None:
    kinds = sorted(KINDS.keys() - PLANS)
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}
    for number in range(PROCESSES):
        kind = kinds[number % len(kinds)]
        more = {"Effect": "Allow", "Action": f"sqs:Made{number}", "Resource": "*"}
        sides = []
        for side, statements in (("before", [read]), ("after", [read, more])):
            data = written(kind, {"Version": "2012-10-17", "Statement": statements})
            name = "main.tf" if data[:1] not in (b"{", b"[") else "p.json"
            sides.append(str(tree(tmp_path / str(number) / side, {name: data})))
        done = subprocess.run(
            [sys.executable, "-m", "tracker", "diff", *sides, "--fail-on", "broadens"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(TOP), "PYTHONUTF8": "1"},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 1, (kind, done.stderr)
