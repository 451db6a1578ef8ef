"""Worlds: combinations of results of a template's conditions, each condition having one result throughout.

A test such as `Env = prod` is true or false when a stack is made. A world says of some tests which of the two; a
document that rests on `Fn::If` exists once for each world. Two worlds that contradict each other in no test may be
one and the same stack, so the documents of both sides of a review are compared for each such pair.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import TypeVar

from tracker.inputs.model import World

__all__ = ["ALWAYS", "MAX_WORLDS", "paired_worlds", "simplified", "worlds_of"]

ALWAYS: World = ()
"""The world in which nothing is said of any test."""
MAX_WORLDS = 64
"""Worlds of one document that are looked at; beyond, what it says is unknown."""
_MAX_TESTS = 12
_Side = TypeVar("_Side")


def worlds_of(tests: Sequence[str], is_possible: Callable[[Mapping[str, bool]], bool]) -> list[World] | None:
    """Return all worlds of some tests that are possible; None where there are more than MAX_WORLDS."""
    if len(tests) > _MAX_TESTS:
        return None
    names = sorted(tests)
    found = []
    for answers in product((True, False), repeat=len(names)):
        world = tuple(zip(names, answers, strict=True))
        if is_possible(dict(world)):
            found.append(world)
        if len(found) > MAX_WORLDS:
            return None
    return found


def simplified(values: Mapping[World, _Side]) -> dict[World, _Side]:
    """Return the same without the tests that decide nothing.

    Args:
        values: what holds in each world, the worlds all of the same tests.
    """
    found = dict(values)
    for test in sorted({name for world in values for name, _ in world}):
        merged: dict[World, _Side] = {}
        for world, value in found.items():
            without = tuple(one for one in world if one[0] != test)
            if without in merged and merged[without] != value:
                break
            merged[without] = value
        else:
            found = merged
    return found


def paired_worlds(
    before: Mapping[World, _Side], after: Mapping[World, _Side]
) -> Iterator[tuple[World, _Side | None, _Side | None]]:
    """Yield each pair of values that may meet in one stack, None where there is none in that world.

    Args:
        before: what holds in each world of the old side; no two of them hold at once.
        after: the same of the new side.
    """
    for world, old in before.items():
        for other, new in after.items():
            both = _joined(world, other)
            if both is not None:
                yield both, old, new
    for world, old in before.items():
        if not _is_covered(world, list(after)):
            yield world, old, None
    for world, new in after.items():
        if not _is_covered(world, list(before)):
            yield world, None, new


def _joined(one: World, other: World) -> World | None:
    """Return the combination of two worlds; None where they contradict each other."""
    answers = dict(one)
    if any(answers.get(test, answer) is not answer for test, answer in other):
        return None
    return tuple(sorted({**answers, **dict(other)}.items()))


def _is_covered(world: World, others: Sequence[World]) -> bool:
    """Return whether other worlds cover this one, whatever the conditions are that it leaves open."""
    near = [other for other in others if _joined(world, other) is not None]
    if not near:
        return False
    said = dict(world)
    test = next((test for other in near for test, _ in other if test not in said), None)
    if test is None:
        return True
    return all(_is_covered(tuple(sorted({**said, test: answer}.items())), near) for answer in (True, False))
