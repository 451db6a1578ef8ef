"""Work shared with a second process: the results that one process would give, in less time."""

import os
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

__all__ = ["alternating", "halves", "shared_out"]

Share = TypeVar("Share")
Result = TypeVar("Result")


def halves(
    items: Sequence[Share], size: Callable[[Share], int] = lambda _: 1, *, first: float = 0.5
) -> list[Sequence[Share]]:
    """Return the items in two runs of neighbours, neither of them empty; in one where a second process is no help.

    Args:
        items: in the order in which they stay.
        size: returns how much work an item is.
        first: the share of all work that the first run is to have.
    """
    if len(items) < 2 or not _may_fork():  # noqa: PLR2004 - one has no half
        return [items]
    done = list(accumulate(map(size, items)))
    middle = min(range(1, len(items)), key=lambda index: abs(done[index - 1] - first * done[-1]))
    return [items[:middle], items[middle:]]


def alternating(items: Sequence[Share]) -> list[Sequence[Share]]:
    """Return every other item and those between: as much work each, where neighbours are similar and none is long."""
    return [items[::2], items[1::2]] if len(items) > 1 else [items]


def _may_fork() -> bool:
    """Return whether there is a second processor, and a process for it can begin with all that this one knows.

    macOS can fork, but its own libraries may not survive it.
    """
    from sys import platform

    return (os.cpu_count() or 1) > 1 and hasattr(os, "fork") and platform != "darwin"


def shared_out(work: Callable[[Share], Result], shares: Sequence[Share]) -> list[Result]:
    """Return what a work makes of each share, in their order: of the first here, of the others in a forked process.

    Where no process can be started, or it dies, all is done here.

    Args:
        work: is called with a share. What it returns or raises must pass through pickle.
        shares: such as `halves` returns them.

    Raises:
        Exception: what the work raised, here or there.
    """
    if len(shares) < 2 or not _may_fork():  # noqa: PLR2004 - nothing to be done elsewhere
        return list(map(work, shares))
    from multiprocessing import get_context

    context = get_context("fork")
    answer, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(work, shares[1:], answer, sender), daemon=True)
    try:
        process.start()
    except OSError:
        answer.close()
        return list(map(work, shares))
    finally:
        sender.close()
    try:
        first = work(shares[0])
        try:
            others, error = answer.recv()
        except EOFError:
            others, error = list(map(work, shares[1:])), None
    finally:
        answer.close()
        process.terminate()
        process.join()
        process.close()
    if error is not None:
        raise error
    return [first, *others]


def _answer(
    work: Callable[[Share], Result], shares: Sequence[Share], answer: "Connection", sender: "Connection"
) -> None:
    """Do a work in the second process, and send the results, or the error in their place."""
    from signal import SIG_DFL, SIGINT, signal

    signal(SIGINT, SIG_DFL)  # the first process reports it when the user interrupts
    answer.close()
    try:
        sender.send((list(map(work, shares)), None))
    except BrokenPipeError:
        return
    except Exception as error:  # noqa: BLE001 - whatever it is, it is raised where the answer is read
        sender.send(([], error))
