"""Laws of the diff; the last, that no change is hidden, against an evaluator that shares no code with it."""

from collections.abc import Sequence
from typing import Any

from builders import changes, document, raw_document, statement
from evaluator import verdict
from hypothesis import example, given, settings
from hypothesis import strategies as st
from strategies import REQUESTS, STATEMENTS, examples, neighbours

from tracker.diff.changes import changes_between
from tracker.diff.model import Change, ChangeKind
from tracker.policy import documents
from tracker.policy.grants import scopes_of
from tracker.policy.model import Effect, Scope
from tracker.policy.scopes import covers

Statements = list[dict[str, Any]]
DOCUMENTS = st.lists(STATEMENTS, max_size=3)
PAIRS = st.tuples(DOCUMENTS, DOCUMENTS) | neighbours()
MIRRORED = {
    ChangeKind.ACTION_ADDED: ChangeKind.ACTION_REMOVED,
    ChangeKind.ACTION_REMOVED: ChangeKind.ACTION_ADDED,
    ChangeKind.SCOPE_WIDENED: ChangeKind.SCOPE_NARROWED,
    ChangeKind.SCOPE_NARROWED: ChangeKind.SCOPE_WIDENED,
    ChangeKind.SCOPE_CHANGED: ChangeKind.SCOPE_CHANGED,
}


@given(DOCUMENTS)
def test_a_document_does_not_differ_from_itself(statements: Statements) -> None:
    assert changes(statements, statements) == ()


@given(PAIRS)
def test_changes_back_mirror_changes_forth(pair: tuple[Statements, Statements]) -> None:
    before, after = pair
    back = {(change.effect, change.inverted, change.action.lower()): change for change in changes(after, before)}
    forth = changes(before, after)
    assert len(forth) == len(back)
    for change in forth:
        mirrored = back[change.effect, change.inverted, change.action.lower()]
        assert mirrored.kind is MIRRORED[change.kind]
        assert (mirrored.before, mirrored.after) == (change.after, change.before)
        assert mirrored.covered_by == change.covered_by


_NAMES = st.lists(st.sampled_from(("a:B", "A:b", " a:b", "a:*", "A:*")), min_size=1, max_size=3)
_OTHERS = {"resource": st.sampled_from(("r", "q")), "effect": st.sampled_from(("Allow", "Deny"))}
SPELLINGS = st.builds(statement, _NAMES, **_OTHERS) | st.builds(statement, NotAction=_NAMES, **_OTHERS)


@given(st.lists(st.tuples(st.lists(SPELLINGS, max_size=2), st.lists(SPELLINGS, max_size=2)), max_size=4))
def test_what_was_read_before_makes_no_difference(pairs: list[tuple[Statements, Statements]]) -> None:
    """Statements and folded actions are remembered; each document is described in its own spelling."""
    reported = []
    for order in (pairs, pairs[::-1]):
        documents._make_statement.cache_clear()  # noqa: SLF001 - as at the program's start
        reported.append([changes(*pair) for pair in order])
    assert reported[0] == reported[1][::-1]


DENIED = [statement("s3:*"), statement(["s3:GetObject"], "r", effect="Deny")]


@given(PAIRS)
@example((DENIED, [*DENIED, statement("s3:GetObject", "r")]))
def test_whether_statements_are_shared_makes_no_difference(pair: tuple[Statements, Statements]) -> None:
    """What two documents share is one object, which is quicker, or two that are equal."""
    shared = changes(*pair)
    before = document(*pair[0])
    documents._make_statement.cache_clear()  # noqa: SLF001 - so that nothing is shared
    assert changes_between(before, document(*pair[1])) == shared


Meaning = dict[tuple[Effect, bool, str], tuple[Scope, ...]]


def _meaning(statements: Statements) -> Meaning:
    read = document(*statements).statements
    return {
        (effect, inverted, action): scopes
        for effect in Effect
        for inverted in (False, True)
        for action, scopes in scopes_of(read, effect, inverted=inverted).items()
    }


def _applied(meaning: Meaning, reported: Sequence[Change]) -> Meaning:
    moved = {(change.effect, change.inverted, change.action.lower()): change for change in reported}
    for line, change in moved.items():
        assert meaning.get(line, ()) == change.before
    together = meaning | {line: change.after for line, change in moved.items()}
    return {line: scopes for line, scopes in together.items() if scopes}


@given(PAIRS)
def test_before_plus_changes_gives_after(pair: tuple[Statements, Statements]) -> None:
    before, after = pair
    reached, wanted = _applied(_meaning(before), changes(before, after)), _meaning(after)
    assert reached.keys() == wanted.keys()
    for line, scopes in reached.items():
        assert covers(scopes, wanted[line])
        assert covers(wanted[line], scopes)


def _respelt(value: Any, draw: st.DrawFn) -> Any:
    items = list(value) if isinstance(value, list) else [value]
    items = draw(st.permutations([*items, *draw(st.lists(st.sampled_from(items), max_size=1))]))
    return items[0] if len(items) == 1 else items


@st.composite
def _respelt_documents(draw: st.DrawFn) -> tuple[Statements, Statements]:
    """Return a document, and it again with everything changed that means nothing."""
    statements = draw(st.lists(STATEMENTS, max_size=3))
    other = []
    for made in statements:
        again = dict(made)
        for name in ("Action", "NotAction", "Resource", "NotResource"):
            if name in again:
                again[name] = _respelt(again[name], draw)
        if isinstance(again.get("Action"), str):
            again["Action"] = draw(st.sampled_from([again["Action"].upper(), [again["Action"].lower()]]))
        if "Condition" in again:
            ((operator, keys),) = again["Condition"].items()
            again["Condition"] = {operator.lower(): {"K": _respelt(keys["k"], draw)}}
        other += [again | {"Sid": draw(st.text("ab", max_size=2))}] * draw(st.integers(1, 2))
    return statements, draw(st.permutations(other))


@given(_respelt_documents())
def test_spelling_never_matters(pair: tuple[Statements, Statements]) -> None:
    """Order, duplicates, Sid, one or a list, letter case of actions, operators and keys."""
    assert changes(*pair) == ()


@given(st.lists(STATEMENTS, max_size=2), STATEMENTS, st.integers(0, 3))
def test_a_statement_in_two_parts_is_the_same(others: Statements, made: dict[str, Any], at: int) -> None:
    """Actions may stand in one statement or in two on the same scope; so may resources."""
    for name in ("Action", "Resource"):
        items = made.get(name)
        if isinstance(items, list):
            first, second = made | {name: items[: at % len(items) + 1]}, made | {name: items[at % len(items) :]}
            assert changes([*others, made], [first, *others, second]) == ()


def _all_but(actions: str, resources: str) -> dict[str, Any]:
    return {"Effect": "Allow", "NotAction": actions.split(), "Resource": resources.split()}


# Exception by exception these two stand on the same resources; only together they show who lost what.
@example(
    ([_all_but("s:a", "r1"), _all_but("s:b", "r1 r2")], [_all_but("s:a s:b", "r1"), _all_but("s:b", "r2")]),
)
@example(([_all_but("s:a s:b", "*"), _all_but("s:b t:a", "*")], [_all_but("s:a s:b t:a", "*")]))
@settings(max_examples=examples(300))
@given(PAIRS)
def test_a_change_is_never_hidden(pair: tuple[Statements, Statements]) -> None:
    """Where two documents differ on any request there is, the diff is not empty."""
    before, after = pair
    if changes(before, after) == ():
        left, right = raw_document(*before), raw_document(*after)
        for request in REQUESTS:
            assert verdict(left, request) == verdict(right, request), request


@settings(max_examples=examples(300))
@given(PAIRS)
def test_what_covers_a_change_grants_the_same(pair: tuple[Statements, Statements]) -> None:
    """What comes was granted before, what goes is granted still, on every request there is."""
    before, after = pair
    for change in changes(before, after):
        if change.covered_by is not None:
            moved, other = (after, before) if change.kind in COMING else (before, after)
            alone = raw_document(*(made | {"Action": change.action} for made in moved if _names(made, change)))
            granted = ["Allow", "Deny"].index(change.effect)
            for request in REQUESTS:
                assert verdict(raw_document(*other), request)[granted] or not verdict(alone, request)[granted]


COMING = (ChangeKind.ACTION_ADDED, ChangeKind.SCOPE_WIDENED)


def _names(made: dict[str, Any], change: Change) -> bool:
    actions = made.get("Action", [])
    listed = [actions] if isinstance(actions, str) else actions
    return made["Effect"] == change.effect and change.action.lower() in [action.lower() for action in listed]
