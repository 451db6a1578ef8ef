"""How much work a question may cost: a bound against documents made to be slow."""

__all__ = ["MAX_STEPS", "MAX_STEPS_FOR_ALL", "Budget", "SpentError"]

MAX_STEPS = 300_000
"""Comparisons for each direction, beyond which the answer is `unknown`; the largest real step takes a quarter."""
MAX_STEPS_FOR_ALL = 50 * MAX_STEPS
"""Comparisons for many actions, mask by mask; beyond, the rest is `unclear`."""


class SpentError(Exception):
    """The budget is used up."""


class Budget:
    """Counts comparisons."""

    def __init__(self, weight: int) -> None:
        """Allow nothing yet; each comparison will cost `weight`."""
        self.left, self.weight = 0, weight

    def allow(self, most: int) -> None:
        """Begin a question that may take `most` comparisons."""
        self.left = most

    def spend(self, steps: int) -> None:
        """Count comparisons; SpentError when there were too many."""
        self.left -= steps * self.weight
        if self.left < 0:
            raise SpentError

    def note(self, steps: int) -> None:
        """Count steps that were taken already; the next comparison counts them."""
        self.left -= steps
