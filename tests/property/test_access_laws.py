"""Net effect against brute force: what the program says is never contradicted by a request that is tried."""

import os
import random
from collections import Counter
from copy import deepcopy
from typing import Any

import pytest
from document_pairs import known, pair
from enumerated_requests import ACTIONS, KNOWN_ACTIONS, among_others, gained
from evaluator import allows
from strategies import examples

from tracker.access import Answer, Comparison, Verdict, Witness, net_effect
from tracker.policy.documents import parse_document


def is_new(before: Any, after: Any, answer: Answer, witness: Witness | None, actions: tuple[str, ...]) -> bool:
    """Hold one direction against brute force; True when brute force found something new."""
    before, after = among_others(before, after)
    new = next(gained(before, after, actions), None)
    if answer is Answer.NO:
        assert new is None, (before, after, new)
    assert (answer is Answer.YES) == (witness is not None)
    if witness is not None:
        assert allows(after, witness.request), (before, after, witness)
        assert not allows(before, witness.request), (before, after, witness)
    return new is not None


def run(pairs: int, seed: int) -> Counter[str]:
    """Try that many pairs, without and with known actions; count the verdicts and what was left undecided."""
    rng = random.Random(seed)  # noqa: S311 - no secrets here
    count: Counter[str] = Counter()
    here = (Answer.UNKNOWN, Answer.UNKNOWN)
    for _ in range(pairs):
        before, after = pair(rng)
        documents = parse_document(before), parse_document(after)
        for name, universe, actions in (
            ("open", None, ACTIONS),
            ("known", known, tuple(action.lower() for action in KNOWN_ACTIONS)),
        ):
            effect = net_effect(*documents, universe)
            new = is_new(before, after, effect.gains, effect.gained, actions)
            gone = is_new(after, before, effect.loses, effect.lost, actions)
            here = (effect.loses, effect.gains) if universe is None else here
            count[f"{name} {effect.verdict}"] += 1
            for answer, seen in ((effect.gains, new), (effect.loses, gone)):
                if answer is Answer.UNKNOWN:
                    count[f"{name} unknown, {'' if seen else 'no '}difference by brute force"] += 1
        back = net_effect(documents[1], documents[0])
        assert (back.gains, back.loses) == here
    return count


def test_no_generated_pair_is_answered_wrongly() -> None:
    pairs = examples(500)
    count = run(pairs, seed=4)
    assert count["open undecided"] < pairs / 10, count


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 105))
def test_no_pair_of_many_is_answered_wrongly(seed: int) -> None:
    run(int(os.environ.get("ACCESS_LAW_PAIRS", "5000")) // 5, seed=seed)


def test_a_document_against_itself_is_the_same() -> None:
    rng = random.Random(5)  # noqa: S311
    for _ in range(examples(300)):
        before, _ = pair(rng)
        shuffled = deepcopy(before)
        rng.shuffle(shuffled["Statement"])
        assert net_effect(parse_document(before), parse_document(shuffled)).verdict is Verdict.SAME


def test_newly_possible_names_exactly_the_actions_that_brute_force_finds() -> None:
    rng = random.Random(6)  # noqa: S311
    for _ in range(examples(400)):
        before, after = pair(rng)
        comparison = Comparison(parse_document(before), parse_document(after))
        found = {
            action: each.gain
            for action, each in comparison.newly_possible({name.lower(): name for name in KNOWN_ACTIONS}).items()
        }
        for action in map(str.lower, KNOWN_ACTIONS):
            new = next(gained(before, after, (action,)), None)
            assert new is None or action in found, (before, after, action)
            if found.get(action) == "new":
                assert not any(gained({"Statement": []}, before, (action,))), (before, after, action)
