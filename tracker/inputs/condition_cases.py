"""Cases: combinations of results of a template's conditions, each condition having one result throughout.

A test such as `Env = prod` is true or false when a stack is made. A case says of some tests which of the two; a
document that rests on `Fn::If` exists once for each case. Two cases that contradict each other in no test may be
one and the same stack, so the documents of both sides of a review are compared for each such pair.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import TypeVar

from tracker.inputs.model import Case

__all__ = ["ALWAYS", "MAX_CASES", "cases_of", "paired_cases", "simplified"]

ALWAYS: Case = ()
"""The case in which nothing is said of any test."""
MAX_CASES = 64
"""Cases of one document that are looked at; beyond, what it says is unknown."""
_MAX_TESTS = 12
_Side = TypeVar("_Side")


def cases_of(tests: Sequence[str], is_possible: Callable[[Mapping[str, bool]], bool]) -> list[Case] | None:
    """Return all cases of some tests that are possible; None where there are more than MAX_CASES."""
    if len(tests) > _MAX_TESTS:
        return None
    names = sorted(tests)
    found = []
    for answers in product((True, False), repeat=len(names)):
        case = tuple(zip(names, answers, strict=True))
        if is_possible(dict(case)):
            found.append(case)
        if len(found) > MAX_CASES:
            return None
    return found


def simplified(values: Mapping[Case, _Side]) -> dict[Case, _Side]:
    """Return the same without the tests that decide nothing.

    Args:
        values: what holds in each case, the cases all of the same tests.
    """
    found = dict(values)
    for test in sorted({name for case in values for name, _ in case}):
        merged: dict[Case, _Side] = {}
        for case, value in found.items():
            without = tuple(one for one in case if one[0] != test)
            if without in merged and merged[without] != value:
                break
            merged[without] = value
        else:
            found = merged
    return found


def paired_cases(
    before: Mapping[Case, _Side], after: Mapping[Case, _Side]
) -> Iterator[tuple[Case, _Side | None, _Side | None]]:
    """Yield each pair of values that may meet in one stack, None where there is none in that case.

    Args:
        before: what holds in each case of the old side; no two of them hold at once.
        after: the same of the new side.
    """
    for case, old in before.items():
        for other, new in after.items():
            both = _joined(case, other)
            if both is not None:
                yield both, old, new
    for case, old in before.items():
        if not _is_covered(case, list(after)):
            yield case, old, None
    for case, new in after.items():
        if not _is_covered(case, list(before)):
            yield case, None, new


def _joined(one: Case, other: Case) -> Case | None:
    """Return the combination of two cases; None where they contradict each other."""
    answers = dict(one)
    if any(answers.get(test, answer) is not answer for test, answer in other):
        return None
    return tuple(sorted({**answers, **dict(other)}.items()))


def _is_covered(case: Case, others: Sequence[Case]) -> bool:
    """Return whether other cases cover this one, whatever the conditions are that it leaves open."""
    near = [other for other in others if _joined(case, other) is not None]
    if not near:
        return False
    said = dict(case)
    test = next((test for other in near for test, _ in other if test not in said), None)
    if test is None:
        return True
    return all(_is_covered(tuple(sorted({**said, test: answer}.items())), near) for answer in (True, False))
