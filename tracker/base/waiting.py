"""Answers from elsewhere, awaited by few threads: in the order in which they come, and not for ever."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from time import monotonic
from typing import TypeVar

__all__ = ["answers_of"]

Answer = TypeVar("Answer")
_LOOKS = 1.0
"""Seconds after which it is looked again whether to go on waiting."""


def answers_of(
    calls: Sequence[Callable[[], Answer]],
    workers: int,
    patience: float,
    is_late: Callable[[], bool] = lambda: False,
) -> Iterator[Answer]:
    """Make calls in few threads, and yield what they return as it comes; the first that fails ends them all.

    Args:
        calls: what is called.
        workers: how many threads.
        patience: seconds after which no call is awaited any longer if none has returned.
        is_late: says whether no call is to be awaited any longer though some return; asked about once a second.

    Raises:
        TimeoutError: none has returned for so long, or it is late. The threads that still wait are left behind.
        Exception: what a call raised.
    """
    if not calls:
        return
    threads = ThreadPoolExecutor(workers)
    try:
        running = {threads.submit(call) for call in calls}
        last_answer = monotonic()
        while running:
            done, running = wait(running, min(_LOOKS, patience), FIRST_COMPLETED)
            for future in done:
                yield future.result()
            now = monotonic()
            last_answer = now if done else last_answer
            if now - last_answer >= patience:
                raise TimeoutError(f"no answer for {patience:g} seconds")
            if running and is_late():
                raise TimeoutError("too many calls fail")
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
