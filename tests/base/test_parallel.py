"""Work shared with a second process: the same results, the same errors, whatever happens to that process."""

import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tracker.base import parallel
from tracker.base.parallel import halves, shared_out
from tracker.errors import RenderError

HERE = os.getpid()
needs_two = pytest.mark.skipif(len(halves([1, 2])) < 2, reason="this machine works on one thing at a time")


@pytest.fixture(autouse=True)
def one_process() -> None:
    """Work in two processes where the machine can, which other tests do not."""


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_each_share_is_done_once_and_in_order(number: int) -> None:
    assert shared_out(lambda share: share * 2, range(number)) == [share * 2 for share in range(number)]


@needs_two
def test_the_first_is_done_here_and_the_others_elsewhere() -> None:
    first, *others = shared_out(lambda _: os.getpid(), range(3))
    assert first == HERE
    assert HERE not in others
    assert len(set(others)) == 1


def test_more_may_be_found_than_a_pipe_holds() -> None:
    assert shared_out(lambda share: share * 3_000_000, "ab") == ["a" * 3_000_000, "b" * 3_000_000]


@pytest.mark.parametrize("failing", ["a", "b"])
def test_an_error_comes_through_with_its_location_wherever_it_arose(failing: str) -> None:
    def work(share: str) -> str:
        if share == failing:
            raise RenderError("torn", where="x.j2:3", hint="mend it")
        return share

    with pytest.raises(RenderError) as raised:
        shared_out(work, ["a", "b"])
    assert str(raised.value) == "x.j2:3: torn (mend it)"


@pytest.mark.parametrize("dying", [1, 2])
def test_what_a_process_that_died_should_have_done_is_done_here(dying: int) -> None:
    def work(share: int) -> int:
        if os.getpid() != HERE and share == dying:
            os.kill(os.getpid(), signal.SIGKILL)
        return share

    assert shared_out(work, range(3)) == [0, 1, 2]


@needs_two
def test_no_process_is_left_behind_when_the_work_here_fails(tmp_path: Path) -> None:
    def work(share: str) -> None:
        if share == "a":
            while not (tmp_path / "pid").exists():
                os.sched_yield()
            raise RenderError("torn")
        (tmp_path / "writing").write_text(str(os.getpid()))
        (tmp_path / "writing").rename(tmp_path / "pid")
        signal.pause()

    with pytest.raises(RenderError):
        shared_out(work, ["a", "b"])
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def fails_here(share: str) -> str:
    if share == "a":
        raise RenderError("torn")
    return share


@pytest.mark.parametrize("work", [str, fails_here])
def test_no_file_is_left_open(work: Callable[[Any], Any]) -> None:
    shared_out(str, "ab")
    before = sorted(Path("/dev/fd").iterdir())
    with suppress(RenderError):
        shared_out(work, "ab")
    assert sorted(Path("/dev/fd").iterdir()) == before


def test_halves_are_neighbours_and_never_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_may_fork", lambda: True)
    assert halves([1, 2, 3, 4, 5]) == [[1, 2], [3, 4, 5]]
    assert halves([1]) == [[1]]
    assert halves([1, 2, 3, 4, 5], first=0.1) == [[1], [2, 3, 4, 5]]
    assert halves([1, 2, 3, 4, 5], first=0.9) == [[1, 2, 3, 4], [5]]


@pytest.mark.parametrize(
    ("sizes", "first"), [([1, 1, 1, 9], 3), ([9, 1, 1, 1], 1), ([0, 0, 0], 1), ([5, 5], 1), ([1, 2, 3, 4], 3)]
)
def test_halves_are_about_as_much_work(monkeypatch: pytest.MonkeyPatch, sizes: Sequence[int], first: int) -> None:
    monkeypatch.setattr(parallel, "_may_fork", lambda: True)
    assert [len(half) for half in halves(sizes, lambda size: size)] == [first, len(sizes) - first]


def test_where_no_process_is_to_be_had_one_does_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("os.fork", refuse)
    assert shared_out(lambda share: (share, os.getpid()), "ab") == [("a", HERE), ("b", HERE)]


def test_where_no_process_can_be_forked_one_does_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.fork")
    assert halves([1, 2, 3]) == [[1, 2, 3]]
    assert shared_out(lambda share: (share, os.getpid()), "ab") == [("a", HERE), ("b", HERE)]
