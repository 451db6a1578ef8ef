"""The law of the gate, for every kind of container: what newly allows something trips `broadens`, and what may, too.

The commands' own function reviews files in memory, with a catalogue of few actions: to look through all of AWS's takes
longer than all else. The processes have the whole one. Each document and each change of it is tried in eight kinds of
container, drawn anew; `GATE_LAW_INPUTS=25000` tries so many inputs of each law, and `GATE_LAW_PROCESSES=500` so many
by processes; without them a sample is tried. How many there were is printed at the end (`-s`).
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from evaluator import allows
from holder_wrappings import HOLDERS
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from reviewing import tree
from strategies import REQUESTS, STATEMENTS, examples
from terraform_wrappings import JSON_FILES, PLANS, SOURCES
from wrappings import CLOUDFORMATION, OTHERS, leaves, replaced

from tracker.catalogue.actions import ActionFacts
from tracker.catalogue.catalogue import catalogue_of
from tracker.commands import diff
from tracker.commands.diff import ReviewSettings, run_review
from tracker.inputs.files.file_trees import Entry, EntryKind, FileTree
from tracker.inputs.reader import InputReader, OpenedInputs
from tracker.review.model import fails

TOP = Path(__file__).parents[2]
INPUTS = int(os.environ.get("GATE_LAW_INPUTS", examples(200)))
PROCESSES = int(os.environ.get("GATE_LAW_PROCESSES", examples(8)))
KINDS_OF_EACH = 8
"""Kinds of container in which each document is tried."""
PLAIN = {
    "a file": lambda document: document,
    "a member": lambda document: {"a": {"b": document}},
    "a text": lambda document: {"a": json.dumps(document)},
    "a list": lambda document: document["Statement"],
    "named members": lambda document: [{"PolicyName": "x", "PolicyDocument": document}],
}
SINGLE: dict[str, Any] = {**PLAIN, **CLOUDFORMATION, **OTHERS, **JSON_FILES, **SOURCES}
"""Kinds of file that say one side."""
KINDS = sorted({*SINGLE, *PLANS})
DOCUMENTS = st.lists(STATEMENTS, min_size=1, max_size=4).map(
    lambda statements: {"Version": "2012-10-17", "Statement": statements}
)
OTHER = {"Fn::GetAtt": ["Elsewhere", "Arn"]}
"""A value that nothing in the template decides, nor any of its conditions."""
AS_TEXT = {"json text", "sub", "text anywhere", "output"}
"""Where a document stands as text, into which no other function fits."""
ONLY_AS_WRITTEN = {*CLOUDFORMATION, "plan, text in a text", "argument of a module"}
"""Where another way to write the same may trip: under a condition of a template, and where nothing is read."""
VALUES = ("*", "s:*", "s:a", "t:a", "u:c", "r1", "r2", "q", "x", "y", "Allow")
"""Texts that an unknown leaf may turn out to be."""
law = settings(max_examples=max(1, INPUTS // KINDS_OF_EACH), deadline=None, suppress_health_check=list(HealthCheck))


COUNTED: Counter[str] = Counter()
"""Kind -> inputs that were reviewed."""


def several(kinds: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(kinds), min_size=KINDS_OF_EACH, max_size=KINDS_OF_EACH, unique=True)


@dataclass(frozen=True, slots=True)
class _InMemory(InputReader):
    """Opens two trees."""

    sides: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)

    def open(self, before: str, after: str | None) -> OpenedInputs:
        return OpenedInputs(self._side(before), self._side(after or ""))

    def _side(self, name: str) -> FileTree:
        files = self.sides[name]
        entries = {path: Entry(EntryKind.FILE, f"{name} {path}", len(data)) for path, data in files.items()}
        return FileTree(entries, lambda paths: (files[path] for path in paths))


@pytest.fixture(scope="module", autouse=True)
def one_catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give all reviews the same small catalogue. Yield a count of them."""
    names = ("s:a", "s:b", "s:c", "t:a", "t:b", "iam:PassRole", "iam:CreateUser", "s3:GetObject", "sts:AssumeRole")
    catalogue = catalogue_of((ActionFacts(name, name.partition(":")[0]) for name in names), date(2026, 1, 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(diff, "load_catalogue", lambda: catalogue)
        patch.chdir(tmp_path_factory.mktemp("no configuration"))
        yield
    print(f"\n{sum(COUNTED.values())} inputs in {len(COUNTED)} kinds of container")  # noqa: T201


def written(kind: str, before: Any, after: Any) -> tuple[Mapping[str, bytes], Mapping[str, bytes]]:
    """Return the files of both sides; a plan says both by itself."""
    if kind in PLANS:
        return {}, {"plan.json": json.dumps(PLANS[kind](before, after)).encode()}
    return _file(SINGLE[kind], before), _file(SINGLE[kind], after)


def _file(wrapping: Callable[[Any], Any], document: Any) -> Mapping[str, bytes]:
    made = wrapping(document)
    return {"main.tf": made.encode()} if isinstance(made, str) else {"p.json": json.dumps(made).encode()}


def broadens(kind: str, before: Any, after: Any) -> bool:
    return _broadens(kind, *written(kind, before, after))


def _broadens(kind: str, old: Mapping[str, bytes], new: Mapping[str, bytes]) -> bool:
    COUNTED[kind] += 1
    reader = _InMemory(TOP, TOP, lambda: b"", None, {"before": old, "after": new})
    return fails(run_review(reader, "before", "after", ReviewSettings(language="en")).review, "broadens")


def allows_more(before: Any, after: Any) -> bool:
    return any(allows(after, one) and not allows(before, one) for one in REQUESTS)


@law
@given(kinds=several(KINDS), data=st.data(), document=DOCUMENTS, more=STATEMENTS)
def test_a_statement_that_allows_something_new_trips(
    kinds: list[str], data: st.DataObject, document: Any, more: Any
) -> None:
    index = data.draw(st.integers(0, len(document["Statement"])))
    after = {**document, "Statement": [*document["Statement"][:index], more, *document["Statement"][index:]]}
    assume(allows_more(document, after))
    assert [kind for kind in kinds if not broadens(kind, document, after)] == []


@law
@given(kinds=several(KINDS), data=st.data(), document=DOCUMENTS)
def test_a_change_of_one_text_that_allows_something_new_trips(
    kinds: list[str], data: st.DataObject, document: Any
) -> None:
    path = data.draw(st.sampled_from(leaves(document["Statement"])))
    value = data.draw(st.sampled_from(VALUES))
    after = {**document, "Statement": replaced(document["Statement"], path, value)}
    try:
        assume(allows_more(document, after))
    except (KeyError, ValueError, AssertionError):
        return  # the evaluator takes no document that IAM would refuse
    assert [kind for kind in kinds if not broadens(kind, document, after)] == []


@law
@given(kinds=several(sorted(CLOUDFORMATION.keys() - AS_TEXT)), data=st.data(), document=DOCUMENTS)
def test_a_leaf_that_becomes_unknown_trips_where_some_value_would(
    kinds: list[str], data: st.DataObject, document: Any
) -> None:
    path = data.draw(st.sampled_from(leaves(document["Statement"])))
    after = {**document, "Statement": replaced(document["Statement"], path, OTHER)}
    assume(_would_for_some_value(document, path))
    assert [kind for kind in kinds if not broadens(kind, document, after)] == []


def _would_for_some_value(document: Any, path: tuple[Any, ...]) -> bool:
    for value in VALUES:
        try:
            if allows_more(document, {**document, "Statement": replaced(document["Statement"], path, value)}):
                return True
        except (KeyError, ValueError, AssertionError):
            continue
    return False


@law
@given(kinds=several(KINDS), document=DOCUMENTS)
def test_the_same_document_never_trips(kinds: list[str], document: Any) -> None:
    assert [kind for kind in kinds if broadens(kind, document, document)] == []
    twice = {**document, "Statement": [*document["Statement"], document["Statement"][0]]}
    assert [kind for kind in kinds if kind not in ONLY_AS_WRITTEN and broadens(kind, document, twice)] == []


@law
@given(kinds=several(sorted(HOLDERS)), document=DOCUMENTS, more=STATEMENTS)
def test_what_acts_as_a_role_that_allows_more_trips(kinds: list[str], document: Any, more: Any) -> None:
    greater = {**document, "Statement": [*document["Statement"], more]}
    assume(allows_more(document, greater))
    assert [kind for kind in kinds if not _gets_another_role(kind, document, greater)] == []


@law
@given(kinds=several(sorted(HOLDERS)), document=DOCUMENTS)
def test_what_acts_as_a_role_that_allows_the_same_never_trips(kinds: list[str], document: Any) -> None:
    assert [kind for kind in kinds if _gets_another_role(kind, document, document)] == []


def _gets_another_role(kind: str, before: Any, after: Any) -> bool:
    """Return whether it trips that something acts as the role with the one policy, then as that with the other."""
    files = (_file(lambda held: HOLDERS[kind](before, after, held), held) for held in "AB")
    return _broadens(kind, *files)


@pytest.mark.slow
def test_the_same_holds_of_processes(tmp_path: Path) -> None:
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}
    for number in range(PROCESSES):
        kind = KINDS[number % len(KINDS)]
        more = {"Effect": "Allow", "Action": f"sqs:Made{number}", "Resource": "*"}
        documents = [{"Version": "2012-10-17", "Statement": one} for one in ([read], [read, more])]
        sides = [
            str(tree(tmp_path / str(number) / name, files))
            for name, files in zip(("before", "after"), written(kind, *documents), strict=True)
        ]
        done = subprocess.run(
            [sys.executable, "-m", "tracker", "diff", *sides, "--fail-on", "broadens"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(TOP), "PYTHONUTF8": "1"},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 1, (kind, done.stderr)
