"""Cases of conditions: which exist, which may meet, and what is left when a test decides nothing."""

from collections.abc import Mapping
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.inputs.condition_cases import ALWAYS, MAX_CASES, cases_of, paired_cases, simplified
from tracker.inputs.model import Case

TESTS = ("Env = prod", "Region = us-east-1", "Debug = true")


def meets(case: Case, stack: Mapping[str, bool]) -> bool:
    return all(stack[test] is answer for test, answer in case)


def stacks() -> list[dict[str, bool]]:
    return [dict(zip(TESTS, answers, strict=True)) for answers in product((True, False), repeat=len(TESTS))]


@st.composite
def sides(draw: st.DrawFn) -> dict[Case, str]:
    """Return what holds in some of the cases of some tests, drawn by splitting at a test again and again."""

    def split(case: Case, tests: tuple[str, ...]) -> dict[Case, str]:
        if not tests or draw(st.booleans()):
            return {tuple(sorted(case)): draw(st.sampled_from("abc"))} if draw(st.booleans()) else {}
        first, *rest = tests
        return split((*case, (first, True)), tuple(rest)) | split((*case, (first, False)), tuple(rest))

    return split((), tuple(draw(st.permutations(TESTS))))


def in_stack(side: Mapping[Case, str], stack: Mapping[str, bool]) -> str | None:
    return next((value for case, value in side.items() if meets(case, stack)), None)


@given(sides(), sides())
def test_the_pairs_are_those_of_all_stacks(before: dict[Case, str], after: dict[Case, str]) -> None:
    pairs = list(paired_cases(before, after))
    for stack in stacks():
        both = in_stack(before, stack), in_stack(after, stack)
        if both != (None, None):
            assert both in [(old, new) for _, old, new in pairs]


@given(sides(), sides())
def test_each_pair_is_that_of_some_stack(before: dict[Case, str], after: dict[Case, str]) -> None:
    for _, old, new in paired_cases(before, after):
        assert any((in_stack(before, stack), in_stack(after, stack)) == (old, new) for stack in stacks())


@given(st.lists(st.sampled_from("ab"), min_size=8, max_size=8))
def test_what_is_simplified_says_the_same_of_each_stack(values: list[str]) -> None:
    cases = cases_of(TESTS, lambda _: True)
    assert cases is not None
    whole = dict(zip(cases, values, strict=True))
    short = simplified(whole)
    assert all(in_stack(short, stack) == in_stack(whole, stack) for stack in stacks())


def test_a_test_that_decides_nothing_is_left_out() -> None:
    assert simplified({(("a", True),): "x", (("a", False),): "x"}) == {ALWAYS: "x"}


def test_cases_that_are_not_possible_are_left_out() -> None:
    found = cases_of(("a", "b"), lambda case: not (case["a"] and case["b"]))
    assert found is not None
    assert len(found) == 3


@pytest.mark.parametrize("count", [7, 40])
def test_the_number_of_cases_is_bounded(count: int) -> None:
    assert 2**count > MAX_CASES
    assert cases_of([f"t{number}" for number in range(count)], lambda _: True) is None
