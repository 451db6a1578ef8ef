"""`account history` and `account overlap` against brute force: every request of a small, complete set is tried.

ACCOUNT_LAW_EXAMPLES says how many accounts and how many policies are tried (10,000 in the long run).
"""

import os
from datetime import datetime
from typing import Any

from builders import day, history
from evaluator import allows
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import REQUESTS, STATEMENTS, examples

from tracker.access import Answer
from tracker.account.history import Attachments, principal_history
from tracker.account.overlap import NamedPolicy, OverlapCalculator
from tracker.account.timeline import timeline_of
from tracker.catalogue.catalogue import load_catalogue
from tracker.policy.documents import parse_document
from tracker.policy.history import PolicyHistory, PolicyVersion
from tracker.risk import facts_of, universe_of

EXAMPLES = int(os.environ.get("ACCOUNT_LAW_EXAMPLES", examples(25)))
DOCUMENTS = st.lists(STATEMENTS, min_size=1, max_size=3).map(
    lambda found: {"Version": "2012-10-17", "Statement": found}
)


@st.composite
def histories(draw: st.DrawFn) -> list[PolicyHistory]:
    """One to three policies, each with one to three versions on days of their own."""
    found = []
    for number in range(draw(st.integers(1, 3))):
        raws = draw(st.lists(DOCUMENTS, min_size=1, max_size=3))
        days = sorted(draw(st.lists(st.integers(1, 9), min_size=len(raws), max_size=len(raws), unique=True)))
        made = [
            PolicyVersion(f"v{index}", day(at), raw, "iam")
            for index, (at, raw) in enumerate(zip(days, raws, strict=True), 1)
        ]
        found.append(history(*made, name=f"P{number}"))
    return found


def union_at(items: list[PolicyHistory], moment: datetime | None) -> dict[str, Any]:
    """Return all statements in force at a moment, from the raw documents."""
    statements: list[Any] = []
    for item in items:
        past = [version for version in item.versions if moment is None or version.created_at <= moment]
        statements += past[-1].document["Statement"] if past else []
    return {"Version": "2012-10-17", "Statement": statements}


@settings(max_examples=EXAMPLES)
@given(histories(), st.integers(0, 9), st.integers(0, 9))
def test_what_aws_changed_for_a_role_is_what_requests_show(items: list[PolicyHistory], since: int, at: int) -> None:
    since, at = sorted((since, at))
    catalogue = load_catalogue()
    timelines = {item.facts.name: timeline_of(item) for item in items}
    attachments = Attachments("role", tuple(sorted(timelines)), 0, (), ())
    moments = (day(since), day(at))
    found = principal_history(attachments, timelines, *moments, universe_of(catalogue), facts_of(catalogue))
    before, after = (union_at(items, moment) for moment in moments)
    assert found.effect is not None
    if any(allows(after, request) and not allows(before, request) for request in REQUESTS):
        assert found.effect.gains is not Answer.NO or found.effect.gains_later is not Answer.NO
    if any(allows(before, request) and not allows(after, request) for request in REQUESTS):
        assert found.effect.loses is not Answer.NO or found.effect.loses_later is not Answer.NO


@settings(max_examples=EXAMPLES)
@given(histories(), DOCUMENTS)
def test_what_is_given_as_well_is_allowed_by_the_others(items: list[PolicyHistory], own: dict[str, Any]) -> None:
    catalogue = load_catalogue()
    timelines = {item.facts.name: timeline_of(item) for item in items}
    named = [NamedPolicy(name, timeline) for name, timeline in sorted(timelines.items())]
    grants = list(OverlapCalculator(parse_document(own), named, catalogue, facts_of(catalogue)).grants())
    denials = [each for each in own["Statement"] if each["Effect"] == "Deny"]
    for grant in grants:
        if grant.given is not Answer.YES or grant.rests_on_known_actions:  # the requests are of actions nobody knows
            continue
        assert grant.since is not None
        raw = own["Statement"][grant.statement - 1]
        alone = raw if "NotAction" in raw else {**raw, "Action": grant.action}
        ours = {"Version": "2012-10-17", "Statement": [alone, *denials]}
        for moment in [None, *(day(number) for number in range(10) if day(number) >= grant.since.at)]:
            theirs = union_at(items, moment)
            assert not any(allows(ours, request) and not allows(theirs, request) for request in REQUESTS)
        for name in grant.by:
            theirs = union_at([item for item in items if item.facts.name == name], None)
            assert not any(allows(ours, request) and not allows(theirs, request) for request in REQUESTS)
