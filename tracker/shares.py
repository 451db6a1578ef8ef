"""Work shared among processes: the same results as one process would give, in less time."""

import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

__all__ = ["halves", "shared_out"]

Share = TypeVar("Share")
Result = TypeVar("Result")


def halves(items: Sequence[Share], first: float = 0.5) -> list[Sequence[Share]]:
    """Return the items in two runs of neighbours, as many as this machine can work on at once; never an empty one.

    Args:
        items: the work.
        first: how much of it the first run is to have at the most.
    """
    if len(items) < 2 or not _may_fork():  # noqa: PLR2004 - one has no half
        return [items]
    middle = max(int(len(items) * first), 1)
    return [items[:middle], items[middle:]]


def _may_fork() -> bool:
    """Tell whether another process would help, and can begin with all that this one knows.

    macOS can fork, but its own libraries may not survive it.
    """
    return (os.cpu_count() or 1) > 1 and sys.platform != "darwin" and "fork" in multiprocessing.get_all_start_methods()


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
    """A forked process that does one share."""

    def __init__(self, do: Callable[[], Result]) -> None:
        self._do = do
        context = multiprocessing.get_context("fork")
        self._answer, giving = context.Pipe(duplex=False)
        self._process = context.Process(target=_answered, args=(do, giving), daemon=True)
        self._process.start()
        giving.close()

    def result(self) -> Result:
        try:
            succeeded, value = self._answer.recv()
        except EOFError:
            return self._do()
        if not succeeded:
            raise value
        result: Result = value
        return result

    def stop(self) -> None:
        self._process.terminate()
        self._process.join()
        self._answer.close()


def _answered(do: Callable[[], object], giving: "Connection[Any, Any]") -> None:
    try:
        giving.send((True, do()))
    except KeyboardInterrupt:
        return
    except Exception as error:  # noqa: BLE001 - whatever it is, it is raised where the result is waited for
        giving.send((False, error))
