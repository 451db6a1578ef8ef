"""Work shared among processes: the same results as one process would give, in less time."""

import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import accumulate
from typing import IO, Generic, NoReturn, TypeVar

__all__ = ["ALONE", "Peers", "halves", "runs", "shared_out"]

Share = TypeVar("Share")
Result = TypeVar("Result")

_MOST_SHARES = 256
"""Far fewer than the bytes that a pipe surely holds: 4096."""
_BUFFERED = 64 * 1024
"""Bytes of answers that are read and written in one go."""


def halves(
    items: Sequence[Share], size: Callable[[Share], int] = lambda _: 1, *, first: float = 0.5
) -> list[Sequence[Share]]:
    """Return the items in two runs of neighbours, for work that is best done in one go; never an empty one.

    They stay in one run where this machine works on one thing at a time.

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


def runs(items: Sequence[Share]) -> list[Sequence[Share]]:
    """Return the items in many short runs of neighbours, for work that can be cut anywhere."""
    length = -(-len(items) // _MOST_SHARES) or 1
    return [items[begin : begin + length] for begin in range(0, len(items), length)]


def _may_fork() -> bool:
    """Tell whether another process would help, and can begin with all that this one knows.

    macOS can fork, but its own libraries may not survive it; it has no files in memory.
    """
    return (os.cpu_count() or 1) > 1 and hasattr(os, "fork") and hasattr(os, "memfd_create")


class Peers:
    """The processes that do a work together, as one of them sees them."""

    def __init__(self, place: int = 0, other: tuple[IO[bytes], IO[bytes]] | None = None) -> None:
        """Take which of two this is, 0 or 1, and, if there is another, where it hears from it and speaks to it."""
        self._place, self._other = place, other

    def surveyed(self, look: Callable[[Sequence[Share]], Result], items: Sequence[Share]) -> list[Result]:
        """Return what there is in a run of items, for each run: every process looks at its own, and tells the other.

        It is for what must be known of all before anything is done; it can be called once.

        Args:
            look: finds something that passes through pickle.
            items: the same in all processes.
        """
        if self._other is None:
            return [look(items)]
        hear, say = self._other
        middle = len(items) // 2
        parts = items[:middle], items[middle:]
        found = look(parts[self._place])
        if not self._place:  # one has to listen while the other speaks: a pipe does not hold everything
            _speak(say, found)
        try:
            other = pickle.load(hear)  # noqa: S301 - from this very program
        except (EOFError, pickle.UnpicklingError):  # the other process is gone
            other = look(parts[1 - self._place])
        if self._place:
            _speak(say, found)
        return [other, found] if self._place else [found, other]


def _speak(say: IO[bytes], found: object) -> None:
    with suppress(BrokenPipeError):
        pickle.dump(found, say)
        say.flush()


ALONE = Peers()
"""One process that does all."""


def shared_out(begin: Callable[[Peers], Callable[[Share], Result]], shares: Sequence[Share]) -> list[Result]:
    """Return what a work makes of each share, in their order.

    It is done here from the first one on, and by another process from the last one back, until they meet: neighbours
    have much in common that need be found out only once. What a process that died had taken is done here, and so is
    everything where no process is to be had.

    Args:
        begin: is called in each process; returns the work, which is called with a share. What it returns or raises
            must pass through pickle.
        shares: at most 256, such as `runs` or `halves`.
    """
    if len(shares) < 2 or not _may_fork():  # noqa: PLR2004 - nothing to be done elsewhere
        return list(map(begin(ALONE), shares))
    try:
        other = _Helper(begin, shares)
    except OSError:
        return list(map(begin(ALONE), shares))
    with other as helper:
        work = begin(helper.peers)
        done = {place: work(shares[place]) for place in helper.not_taken(range(len(shares)))}
        done.update(helper.answers())
    return [done[place] if place in done else work(share) for place, share in enumerate(shares)]


class _Helper(Generic[Share, Result]):
    """A forked process that takes shares, the last one first, and leaves its answers in a file in memory.

    Whoever takes a share, but for the first and the last, reads a byte from a pipe that has one for each. The answers
    lie in a file, since in a pipe they would have to wait; that all are there is told by closing the pipe to here.
    """

    def __init__(self, begin: Callable[[Peers], Callable[[Share], Result]], shares: Sequence[Share]) -> None:
        self._permits, given = _pipe()
        with given:
            given.write(bytes(len(shares) - 2))
        self._answers = os.fdopen(os.memfd_create("answers"), "w+b", _BUFFERED)
        self._hear, said_there = _pipe()
        heard_there, self._say = _pipe()
        try:
            self._process = os.fork()
        except OSError:
            for file in (self._permits, self._answers, self._hear, self._say, said_there, heard_there):
                file.close()
            raise
        if not self._process:
            self._work(begin, shares, heard_there, said_there)
        heard_there.close()
        said_there.close()
        self.peers = Peers(0, (self._hear, self._say))

    def not_taken(self, places: Sequence[int]) -> Iterator[int]:
        """Yield the places of shares as long as the other process has not taken them from the other side."""
        yield places[0]
        for place in places[1:]:
            if not os.read(self._permits.fileno(), 1):
                return
            yield place

    def _work(
        self,
        begin: Callable[[Peers], Callable[[Share], Result]],
        shares: Sequence[Share],
        hear: IO[bytes],
        say: IO[bytes],
    ) -> NoReturn:
        """Work in the new process, and leave it without a look back: all else in it is the first one's."""
        try:
            self._hear.close()
            self._say.close()
            work = begin(Peers(1, (hear, say)))
            for place in self.not_taken(range(len(shares) - 1, -1, -1)):
                try:
                    answer: tuple[int, Result | None, Exception | None] = place, work(shares[place]), None
                except Exception as error:  # noqa: BLE001 - whatever it is, it is raised where the answers are read
                    answer = place, None, error
                self._answers.write(pickle.dumps(answer, pickle.HIGHEST_PROTOCOL))
                if answer[2]:
                    break
            self._answers.flush()
            say.close()  # which says so sooner than the end: to give back all memory takes a while
        finally:
            os._exit(0)

    def answers(self) -> Iterator[tuple[int, Result]]:
        """Wait for the other process, and yield what it made of the shares that it took, by place.

        Raises:
            Exception: what its work raised.
        """
        self._hear.read()
        self._answers.seek(0)
        with suppress(EOFError, pickle.UnpicklingError):
            while True:
                place, result, error = pickle.load(self._answers)  # noqa: S301 - from this very program
                if error is not None:
                    raise error
                yield place, result

    def __enter__(self) -> "_Helper[Share, Result]":
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        """Leave no process and no file behind."""
        if failure is not None:
            from signal import SIGTERM

            os.kill(self._process, SIGTERM)
        os.waitpid(self._process, 0)
        for file in (self._answers, self._permits, self._hear):
            file.close()
        with suppress(BrokenPipeError):
            self._say.close()


def _pipe() -> tuple[IO[bytes], IO[bytes]]:
    """Return the two ends of a pipe: what is written to the second is read from the first."""
    reading, writing = os.pipe()
    return os.fdopen(reading, "rb"), os.fdopen(writing, "wb")
