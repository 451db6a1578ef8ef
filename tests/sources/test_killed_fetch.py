"""A run that is killed, with all its processes, at random moments; `tests/support/kill_fetch.py` takes more."""

import kill_fetch
import pytest


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_run_killed_at_any_moment_is_completed_with_the_same_bytes(seed: int) -> None:
    assert kill_fetch.main(4, seed) >= 4
