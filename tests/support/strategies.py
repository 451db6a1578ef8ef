"""Policy documents over a small vocabulary, and all the requests there are in it."""

from itertools import product
from typing import Any

from evaluator import Request
from hypothesis import settings
from hypothesis import strategies as st

ACTIONS = ["s:a", "S:A", "s:b", "t:a", "s:*", "?:a", "*"]
RESOURCES = ["r1", "r2", "r*", "q", "*"]
VALUES = ["x", "y", "x*"]
REQUESTS = [
    Request(action, resource, context={} if value is None else {"k": (value,)})
    for action, resource, value in product(["s:a", "s:b", "t:a", "u:c"], ["r1", "r2", "q"], [None, "x", "y", "xy"])
]


def examples(number: int) -> int:
    """Return how many examples a law gets: `number` in the profile `ci`, else a quarter of it."""
    return max(1, number * settings().max_examples // 100)


def _one_or_more(items: list[str]) -> st.SearchStrategy[Any]:
    return st.sampled_from(items) | st.lists(st.sampled_from(items), min_size=1, max_size=3)


def _block(operator: str, values: Any) -> dict[str, Any]:
    return {"Condition": {operator: {"k": values}}}


EFFECTS = st.sampled_from(["Allow", "Allow", "Deny"]).map(lambda effect: {"Effect": effect})
ABOUT = st.builds(
    lambda name, items: {name: items},
    st.sampled_from(["Action", "Action", "NotAction"]),
    _one_or_more(ACTIONS),
)
ON = st.builds(
    lambda name, items: {name: items},
    st.sampled_from(["Resource", "Resource", "Resource", "NotResource"]),
    _one_or_more(RESOURCES),
)
OPERATORS = st.sampled_from(["StringEquals", "StringLike", "StringNotEquals", "StringLikeIfExists"])
NEVERMIND: dict[str, Any] = {}
WHEN = st.just(NEVERMIND) | st.builds(_block, OPERATORS, _one_or_more(VALUES))
STATEMENTS = st.builds(lambda effect, about, on, when: effect | about | on | when, EFFECTS, ABOUT, ON, WHEN)


@st.composite
def neighbours(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Two documents that share most of their statements, as versions of a policy do."""
    pool = draw(st.lists(STATEMENTS, min_size=1, max_size=4))
    sides = st.lists(st.sampled_from(pool), max_size=4)
    return draw(sides), draw(sides)
