"""What the steps of a public archive of all AWS managed policies, 2019-2024, give and take: the shares, and the proofs.

`pytest -s tests/access/test_access_corpus.py` prints the table. The archive is not shipped: the folder that holds
`archive/*.bundle` is named by POLICY_TRACKER_CORPUS.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from evaluator import allows

from tracker.access import NetEffect, Verdict, net_effect
from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.builder import HistoryOrigin, Selection, open_history_source
from tracker.policy.history import PolicyHistory
from tracker.risk import facts_of, universe_of
from tracker.settings.configuration import Configuration

pytestmark = pytest.mark.corpus

MAX_UNDECIDED = 0.005
"""The share of steps that may be left undecided."""

Step = tuple[str, dict[str, Any], dict[str, Any], NetEffect]
"""Id of the entry, both documents, the net effect."""


@pytest.fixture(scope="module")
def steps(bundle: Path) -> list[Step]:
    with open_history_source(HistoryOrigin(bundle, bundle), Configuration(), Selection()) as source:
        items = list(source.histories())
        changelog = source.changelog(items, Selection())
    histories = {item.facts.name: item for item in items if isinstance(item, PolicyHistory)}
    return list(
        _steps([(one.id, one.policy, one.previous_version, one.version) for one in changelog.entries], histories)
    )


def _steps(
    entries: list[tuple[str, str, str | None, str | None]], histories: dict[str, PolicyHistory]
) -> Iterator[Step]:
    catalogue = load_catalogue()
    known, facts = universe_of(catalogue), facts_of(catalogue)
    for name, policy, *pair in entries:
        versions = [histories[policy].version(each) for each in pair if each]
        found = [version for version in versions if version]
        if len(found) == len(pair):
            before, after = found
            effect = net_effect(before.parsed, after.parsed, known, facts)
            yield name, dict(before.document), dict(after.document), effect


def test_few_steps_are_undecided(steps: list[Step]) -> None:
    verdicts = Counter(effect.verdict for *_, effect in steps)
    reasons = Counter(
        reason
        for *_, effect in steps
        if effect.verdict is Verdict.UNDECIDED
        for reason in sorted({str(each.kind) for each in (*effect.gain_reasons, *effect.loss_reasons)})
    )
    table = [f"\n{len(steps)} steps"]
    table += [f"{verdict:>12} {verdicts[verdict]:>6} {verdicts[verdict] / len(steps):>7.2%}" for verdict in Verdict]
    table += [f"   {reason}: {count}" for reason, count in reasons.most_common()]
    sys.stdout.write("\n".join([*table, ""]))
    assert verdicts[Verdict.UNDECIDED] <= MAX_UNDECIDED * len(steps)
    assert {Verdict.BROADENS, Verdict.NARROWS, Verdict.BOTH, Verdict.SAME} <= verdicts.keys()


def test_each_request_that_shows_a_difference_is_one(steps: list[Step]) -> None:
    """Hold every witness without policy variables against the tests' own evaluator."""
    held = 0
    for name, before, after, effect in steps:
        if effect.beside_others or "${" in json.dumps((before, after)):
            continue
        for witness, more, less in ((effect.gained, after, before), (effect.lost, before, after)):
            if witness is not None and not witness.request.assumed:
                assert allows(more, witness.request), (name, witness)
                assert not allows(less, witness.request), (name, witness)
                held += 1
    sys.stdout.write(f"\n{held} requests held\n")
    assert held > len(steps) / 2
