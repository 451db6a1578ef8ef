"""Net effect against z3 as a second oracle: random tests of one key, decided by a solver of strings and numbers.

z3 is given what each test means in its own terms (regular expressions, reals), not in the program's.
"""

import random
from typing import Any

import pytest
from evaluator import like

from tracker.access import Answer, net_effect
from tracker.policy.documents import parse_document

z3: Any = pytest.importorskip("z3")

TAG = "aws:ResourceTag/team"
PATTERNS = ("a", "b", "ab", "a*", "*b", "*", "a?", "?b*", "b*a", "A")
NUMBERS = ("1", "2", "2.5", "10")
ORDERS = {
    "NumericLessThan": lambda one, other: one < other,
    "NumericLessThanEquals": lambda one, other: one <= other,
    "NumericGreaterThan": lambda one, other: one > other,
    "NumericGreaterThanEquals": lambda one, other: one >= other,
    "NumericEquals": lambda one, other: one == other,
}


def regex(pattern: str) -> Any:
    """Return a pattern as a regular expression of z3; letters are those of a small alphabet."""
    letter = z3.Union(*(z3.Re(each) for each in "abAz"))
    parts = [z3.Star(letter) if each == "*" else letter if each == "?" else z3.Re(each) for each in pattern]
    return z3.Concat(*parts) if len(parts) > 1 else parts[0]


def text_test(operator: str, values: list[str], present: Any, text: Any) -> Any:
    """Return when a test of texts passes."""
    name = operator.removesuffix("IfExists")
    matches = z3.Or(*(z3.InRe(text, regex(each)) if "Like" in name else text == z3.StringVal(each) for each in values))
    negated = "Not" in name
    holds = z3.And(present, z3.Not(matches) if negated else matches)
    return z3.Or(holds, z3.Not(present)) if negated or operator.endswith("IfExists") else holds


def number_test(operator: str, values: list[str], present: Any, number: Any) -> Any:
    """Return when a test of numbers passes."""
    name = operator.removesuffix("IfExists")
    holds = z3.And(present, z3.Or(*(ORDERS[name](number, z3.RealVal(each)) for each in values)))
    return z3.Or(holds, z3.Not(present)) if operator.endswith("IfExists") else holds


class Model:
    """One key of one kind of values."""

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.numeric = rng, rng.random() < 0.3
        self.key = "aws:MultiFactorAuthAge" if self.numeric else TAG
        self.present = z3.Bool("present")
        self.value = z3.Real("number") if self.numeric else z3.String("text")
        letter = z3.Star(z3.Union(*(z3.Re(each) for each in "abAz")))
        self.domain = (
            z3.BoolVal(True) if self.numeric else z3.And(z3.InRe(self.value, letter), z3.Length(self.value) > 0)
        )

    def statement(self) -> tuple[dict[str, Any], Any]:
        """Return a statement and when it holds."""
        condition: dict[str, dict[str, list[str]]] = {}
        meaning = []
        for _ in range(self.rng.randint(0, 3)):
            operator, values = self.test()
            if operator in condition:
                continue
            condition[operator] = {self.key: values}
            if operator == "Null":
                meaning.append(z3.Not(self.present) if values == ["true"] else self.present)
            else:
                of = number_test if self.numeric else text_test
                meaning.append(of(operator, values, self.present, self.value))
        made: dict[str, Any] = {
            "Effect": "Deny" if self.rng.random() < 0.25 else "Allow",
            "Action": "s3:GetObject",
            "Resource": "*",
        }
        return made | ({"Condition": condition} if condition else {}), z3.And(*meaning)

    def test(self) -> tuple[str, list[str]]:
        if self.rng.random() < 0.15:
            return "Null", [self.rng.choice(("true", "false"))]
        suffix = self.rng.choice(("", "", "IfExists"))
        if self.numeric:
            return self.rng.choice(sorted(ORDERS)) + suffix, self.rng.sample(NUMBERS, self.rng.randint(1, 2))
        name = self.rng.choice(("StringEquals", "StringLike", "StringNotEquals", "StringNotLike"))
        pool = PATTERNS if "Like" in name else [each for each in PATTERNS if like(each, each) and each.isalpha()]
        return name + suffix, self.rng.sample(pool, self.rng.randint(1, 3))

    def document(self) -> tuple[dict[str, Any], Any]:
        """Return a document and when it allows."""
        found = [self.statement() for _ in range(self.rng.randint(1, 4))]
        allow = [meaning for made, meaning in found if made["Effect"] == "Allow"]
        deny = [meaning for made, meaning in found if made["Effect"] == "Deny"]
        statements = [made for made, _ in found]
        return {"Version": "2012-10-17", "Statement": statements}, z3.And(z3.Or(*allow), z3.Not(z3.Or(*deny)))


def run(pairs: int, seed: int) -> tuple[int, int]:
    """Try that many pairs; return how many directions were undecided here, and by z3."""
    rng = random.Random(seed)  # noqa: S311 - no secrets here
    here = there = 0
    for _ in range(pairs):
        model = Model(rng)
        (before, old), (after, new) = model.document(), model.document()
        if not any(each["Effect"] == "Allow" for each in (*before["Statement"], *after["Statement"])):
            continue
        effect = net_effect(parse_document(before), parse_document(after))
        for answer, more, less in ((effect.gains, new, old), (effect.loses, old, new)):
            solver = z3.Solver()
            solver.set("timeout", 2000)
            solver.add(model.domain, more, z3.Not(less))
            found = solver.check()
            here += answer is Answer.UNKNOWN
            there += found == z3.unknown
            if answer is not Answer.UNKNOWN and found != z3.unknown:
                assert (answer is Answer.YES) == (found == z3.sat), (before, after, answer)
    return here, there


MAX_UNDECIDED = 0.05
"""The share of directions that may be left undecided."""


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_z3_agrees_on_tests_of_one_key(seed: int) -> None:
    undecided, _ = run(250, seed)
    assert undecided <= MAX_UNDECIDED * 500
