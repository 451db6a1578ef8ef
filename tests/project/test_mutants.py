"""The script that changes one thing at a time in a package."""

import signal
from pathlib import Path

from scripts import script

from tracker.policy import patterns

mutants = script("mutants")
MODULE = '''
BOUND = 3

def larger(number: int, *, strictly: bool = False) -> bool:
    """Say it."""
    return number > BOUND if strictly else number >= BOUND
'''


def test_each_expression_that_can_be_changed_is_a_mutant_of_its_function(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(MODULE, encoding="utf-8")
    assert [(each.line, each.function) for each in mutants.mutants_of(file)] == [(2, 0), (4, 0), (6, 4), (6, 4), (6, 4)]


def test_a_mutant_takes_the_place_of_a_function_that_is_loaded() -> None:
    file = Path(patterns.__file__)
    line = patterns.has_wildcard.__code__.co_firstlineno
    changed = [each for each in mutants.mutants_of(file) if each.function == line]

    def notices(mutant: object) -> int:
        mutants.load_mutant(mutant)
        return int(patterns.has_wildcard("s3:Get*") and not patterns.has_wildcard("s3:GetObject"))

    assert changed
    assert [mutants.in_fork(lambda mutant=mutant: notices(mutant)) for mutant in changed] == [0] * len(changed)
    assert patterns.has_wildcard("s3:Get*")


def test_a_fork_that_is_killed_or_fails_is_no_success() -> None:
    assert mutants.in_fork(lambda: 0) == 0
    assert mutants.in_fork(lambda: 2) != 0

    def end() -> int:
        signal.raise_signal(signal.SIGKILL)
        return 0

    assert mutants.in_fork(end) != 0
