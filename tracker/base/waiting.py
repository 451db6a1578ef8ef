"""Answers from elsewhere, awaited by few threads: in the order in which they come, and not for ever."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import TypeVar

__all__ = ["answers_of"]

Answer = TypeVar("Answer")


def answers_of(calls: Sequence[Callable[[], Answer]], workers: int, patience: float) -> Iterator[Answer]:
    """Make calls in few threads, and yield what they return as it comes; the first that fails ends them all.

    Args:
        calls: what is called.
        workers: how many threads.
        patience: seconds after which no call is awaited any longer if none has returned.

    Raises:
        TimeoutError: none has returned for so long. The threads that still wait are left behind.
        Exception: what a call raised.
    """
    if not calls:
        return
    threads = ThreadPoolExecutor(workers)
    try:
        running = {threads.submit(call) for call in calls}
        while running:
            done, running = wait(running, patience, FIRST_COMPLETED)
            if not done:
                raise TimeoutError(f"no answer for {patience:g} seconds")
            for future in done:
                yield future.result()
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
