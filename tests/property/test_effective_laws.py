"""What a change does to each action: tied to brute force over all requests of a small set, and to the net effect.

The oracle is the evaluator's (`enumerated_requests`), which shares no code with the program.
"""

import os
import random
from collections import Counter
from typing import Any

import pytest
from document_pairs import known, pair
from enumerated_requests import KNOWN_ACTIONS, among_others, gained
from evaluator import like

from tracker.access import Answer, Comparison, EffectiveChange, EffectKind, effective_changes, net_effect, says_it_all
from tracker.diff.changes import changes_between
from tracker.policy.documents import parse_document

Document = dict[str, Any]
EffectiveChanges = tuple[EffectiveChange, ...]
NAMES = {name.lower(): name for name in KNOWN_ACTIONS}
UNKNOWN = ("s3:getzz", "ec2:zz", "zz:zz")
NOTHING: Document = {"Statement": []}
GIVES = {EffectKind.POSSIBLE, EffectKind.UNDENIED, EffectKind.MORE, EffectKind.OTHER}
TAKES = {EffectKind.IMPOSSIBLE, EffectKind.DENIED, EffectKind.LESS}
MAY_TAKE = {*TAKES, EffectKind.OTHER, EffectKind.UNCLEAR}


def effective(before: Document, after: Document) -> EffectiveChanges:
    comparison = Comparison(parse_document(before), parse_document(after))
    changes = changes_between(comparison.before, comparison.after)
    return effective_changes(comparison, changes, lambda pattern: {name: NAMES[name] for name in known(pattern)})


def kinds(found: EffectiveChanges) -> dict[str, EffectKind]:
    """Return the kind of each action, folded; each has but one."""
    every = [(action.lower(), change.kind) for change in found for action in change.actions]
    assert len(every) == len(dict(every)), found
    return dict(every)


def new(before: Document, after: Document, action: str) -> bool:
    return next(gained(before, after, (action,)), None) is not None


def hold_against_brute_force(before: Document, after: Document, found: EffectiveChanges) -> Counter[str]:
    """Compare what is reported of each known action with all requests of the small set; count the kinds."""
    reported = kinds(found)
    old, now = among_others(before, after)
    for action in NAMES:
        kind = reported.get(action)
        case = (before, after, action, kind)
        if new(old, now, action):
            assert kind in {*GIVES, EffectKind.UNCLEAR}, case
        if new(now, old, action):
            assert kind in MAY_TAKE, case
        if kind is EffectKind.POSSIBLE:
            assert not new(NOTHING, old, action), case
        if kind is EffectKind.IMPOSSIBLE:
            assert not new(NOTHING, now, action), case
    return Counter(reported.values())


def hold_against_net_effect(before: Document, after: Document, reported: EffectiveChanges) -> None:
    """Compare what is reported of all actions together with the net effect."""
    effect = net_effect(parse_document(before), parse_document(after), known)
    found = {change.kind for change in reported if change.actions}
    if effect.gains is Answer.NO:
        assert not found & GIVES, (before, after, found)
    if effect.loses is Answer.NO:
        assert not found & TAKES, (before, after, found)
    every = {change.kind for change in reported}
    if effect.gains is Answer.YES:
        assert every & {*GIVES, EffectKind.UNCLEAR}, (before, after)
    if effect.loses is Answer.YES:
        assert every & MAY_TAKE, (before, after)


def run(pairs: int, seed: int) -> Counter[str]:
    rng = random.Random(seed)  # noqa: S311 - no secrets here
    count: Counter[str] = Counter()
    for _ in range(pairs):
        before, after = pair(rng)
        reported = effective(before, after)
        count += hold_against_brute_force(before, after, reported)
        hold_against_net_effect(before, after, reported)
    return count


def test_every_action_fares_as_brute_force_finds() -> None:
    count = run(150, seed=7)
    assert count.keys() == set(EffectKind), count
    assert count[EffectKind.UNCLEAR] < 0.1 * count.total(), count


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(200, 205))
def test_no_action_of_many_pairs_fares_otherwise(seed: int) -> None:
    run(int(os.environ.get("ACCESS_LAW_PAIRS", "5000")) // 5, seed=seed)


def test_what_becomes_of_unknown_actions_is_reported_of_a_wildcard_that_matches_them() -> None:
    rng = random.Random(8)  # noqa: S311
    seen: Counter[str] = Counter()
    for _ in range(150):
        before, after = pair(rng)
        reported = effective(before, after)
        old, now = among_others(before, after)
        for action in UNKNOWN:
            found = {
                change.kind for change in reported if any(like(each, action, blind=True) for each in change.patterns)
            }
            if new(old, now, action):
                assert found & {*GIVES, EffectKind.UNCLEAR}, (before, after, action)
            if new(now, old, action):
                assert found & MAY_TAKE, (before, after, action)
            seen[action] += len(found)
    assert all(seen[action] > 20 for action in UNKNOWN), seen


def test_back_and_forth_are_each_others_reverse() -> None:
    rng = random.Random(9)  # noqa: S311
    reverse = {
        EffectKind.POSSIBLE: EffectKind.IMPOSSIBLE,
        EffectKind.IMPOSSIBLE: EffectKind.POSSIBLE,
        EffectKind.MORE: EffectKind.LESS,
        EffectKind.LESS: EffectKind.MORE,
        EffectKind.DENIED: EffectKind.UNDENIED,
        EffectKind.UNDENIED: EffectKind.DENIED,
    }
    for _ in range(100):
        before, after = pair(rng)
        there, back = kinds(effective(before, after)), kinds(effective(after, before))
        assert back == {action: reverse.get(kind, kind) for action, kind in there.items()}, (before, after)


def test_where_the_changes_say_it_all_each_comes_or_goes_as_it_is_reported() -> None:
    rng = random.Random(10)  # noqa: S311
    seen = 0
    for _ in range(800):
        before, after = pair(rng)
        documents = parse_document(before), parse_document(after)
        changes = changes_between(*documents)
        comparison = Comparison(*documents)
        if not changes or not says_it_all(changes, comparison.statements.every):
            continue
        seen += 1
        for change in effective(before, after):
            assert change.kind in (EffectKind.POSSIBLE, EffectKind.IMPOSSIBLE, EffectKind.UNCLEAR)
            assert not change.before.denied
            assert not change.after.denied
    assert seen > 10
