"""A run that is killed, with all its processes, at fifty random moments."""

import kill_fetch
import pytest


@pytest.mark.slow
def test_a_run_killed_at_any_moment_is_completed_with_the_same_bytes() -> None:
    assert kill_fetch.main(50, seed=2026) >= 50
