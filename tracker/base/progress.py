"""Progress of long jobs."""

from collections.abc import Callable

__all__ = ["Progress", "no_progress"]

Progress = Callable[[int, int], None]
"""Called after each step with how many are done, and of how many; 0 where that is not known."""


def no_progress(_done: int, _of: int) -> None:
    """Show nothing."""
