"""Work shared among processes: the same results as one process would give, in less time."""

import os
import pickle
import signal
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate
from typing import Generic, TypeVar

__all__ = ["halves", "shared_out"]

Share = TypeVar("Share")
Result = TypeVar("Result")


def halves(
    items: Sequence[Share], size: Callable[[Share], int] = lambda _: 1, *, first: float = 0.5
) -> list[Sequence[Share]]:
    """Return the items in two runs of neighbours, as many as this machine can work on at once; never an empty one.

    Args:
        items: in the order in which they stay.
        size: returns how much work an item is.
        first: the share of it all that the first run is to have.
    """
    if len(items) < 2 or not _may_fork():  # noqa: PLR2004 - one has no half
        return [items]
    done = list(accumulate(map(size, items)))
    middle = min(range(1, len(items)), key=lambda place: abs(done[place - 1] - first * done[-1]))
    return [items[:middle], items[middle:]]


def _may_fork() -> bool:
    """Tell whether another process would help, and can begin with all that this one knows.

    macOS can fork, but its own libraries may not survive it; it has no files in memory.
    """
    return (os.cpu_count() or 1) > 1 and hasattr(os, "fork") and hasattr(os, "memfd_create")


def shared_out(work: Callable[[Share], Result], shares: Sequence[Share]) -> list[Result]:
    """Return what the work makes of each share, in their order: the first here, each other in a process of its own.

    A share whose process dies is done here.

    Args:
        work: is called with a share; what it returns or raises must pass through pickle.
        shares: at least one.
    """
    helpers = [_Helper(partial(work, share)) for share in shares[1:]]
    try:
        return [work(shares[0]), *(helper.result() for helper in helpers)]
    finally:
        for helper in helpers:
            helper.stop()


class _Helper(Generic[Result]):
    """A forked process that does one share, and leaves its answer in a file in memory: a pipe would have it wait."""

    def __init__(self, do: Callable[[], Result]) -> None:
        self._do = do
        self._answer = os.fdopen(os.memfd_create("share"), "w+b")
        self._process = os.fork()
        if not self._process:
            self._answered()

    def _answered(self) -> None:
        """Do the work in the new process, and leave it without a look back: all else in it is the first one's."""
        code = 1
        try:
            try:
                answer: tuple[bool, object] = True, self._do()
            except Exception as error:  # noqa: BLE001 - whatever it is, it is raised where the result is waited for
                answer = False, error
            self._answer.write(pickle.dumps(answer, pickle.HIGHEST_PROTOCOL))
            self._answer.flush()
            code = 0
        finally:
            os._exit(code)

    def result(self) -> Result:
        _, status = os.waitpid(self._process, 0)
        self._process = 0
        if status:
            return self._do()
        self._answer.seek(0)
        succeeded, value = pickle.loads(self._answer.read())  # noqa: S301 - from this very program
        if not succeeded:
            raise value
        result: Result = value
        return result

    def stop(self) -> None:
        if self._process:
            os.kill(self._process, signal.SIGTERM)
            os.waitpid(self._process, 0)
        self._answer.close()
