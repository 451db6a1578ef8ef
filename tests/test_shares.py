"""Work shared among processes: the same results, the same errors, whatever happens to a process."""

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tracker.base import parallel as shares
from tracker.base.parallel import ALONE, Peers, halves, runs, shared_out
from tracker.errors import RenderError

HERE = os.getpid()
needs_two = pytest.mark.skipif(len(halves([1, 2])) < 2, reason="this machine works on one thing at a time")


def done_by(work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    return shared_out(lambda _: work, items)


def waiting_for(file: Path) -> None:
    while not file.exists():
        os.sched_yield()


@pytest.mark.parametrize("number", [0, 1, 2, 3, 256])
def test_each_share_is_done_once_and_in_order(number: int) -> None:
    assert done_by(lambda share: share * 2, range(number)) == [share * 2 for share in range(number)]


@needs_two
def test_the_last_is_done_elsewhere_and_the_first_here() -> None:
    processes = done_by(lambda _: os.getpid(), range(200))
    assert processes[0] == HERE
    assert processes[-1] != HERE
    assert len(set(processes)) == 2


@needs_two
def test_whoever_is_done_takes_what_is_left(tmp_path: Path) -> None:
    def slow_elsewhere(share: int) -> int:
        if os.getpid() != HERE:
            waiting_for(tmp_path / "done")
        elif share == 8:
            (tmp_path / "done").touch()
        return os.getpid()

    assert done_by(slow_elsewhere, range(10))[:9] == [HERE] * 9


@pytest.mark.parametrize("failing", ["a", "b"])
def test_an_error_comes_through_with_its_place_wherever_it_arose(failing: str) -> None:
    def work(share: str) -> str:
        if share == failing:
            raise RenderError("torn", where="x.j2:3", hint="mend it")
        return share

    with pytest.raises(RenderError) as raised:
        done_by(work, ["a", "b"])
    assert str(raised.value) == "x.j2:3: torn (mend it)"


@pytest.mark.parametrize("dying", [0, 3, 9])
def test_what_a_process_that_died_should_have_done_is_done_here(dying: int) -> None:
    def work(share: int) -> int:
        if os.getpid() != HERE and share == dying:
            os.kill(os.getpid(), signal.SIGKILL)
        return share

    assert done_by(work, range(10)) == list(range(10))


@needs_two
def test_no_process_is_left_behind_when_the_work_here_fails(tmp_path: Path) -> None:
    def work(share: str) -> None:
        if share == "a":
            waiting_for(tmp_path / "pid")
            raise RenderError("torn")
        (tmp_path / "writing").write_text(str(os.getpid()))
        (tmp_path / "writing").rename(tmp_path / "pid")
        signal.pause()

    with pytest.raises(RenderError):
        done_by(work, ["a", "b"])
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_no_file_is_left_open() -> None:
    done_by(str, range(9))
    before = sorted(Path("/dev/fd").iterdir())
    done_by(str, range(9))
    assert sorted(Path("/dev/fd").iterdir()) == before


# --- what must be known of all before ---------------------------------------------------------------------------------


def surveying(look: Callable[[Sequence[int]], Any]) -> list[Any]:
    """Return what each share is told of what was found in all of 0, 1 … 9, in both processes."""

    def begin(peers: Peers) -> Callable[[int], Any]:
        found = peers.surveyed(look, range(10))
        return lambda _: found

    return shared_out(begin, range(6))


def test_both_processes_know_what_each_of_them_found() -> None:
    assert ALONE.surveyed(list, range(3)) == [[0, 1, 2]]
    for found in surveying(list):
        assert [item for part in found for item in part] == list(range(10))


@needs_two
def test_each_looks_at_its_own_half() -> None:
    (first, second) = surveying(lambda items: (os.getpid(), len(items)))[0]
    assert (first, second[1]) == ((HERE, 5), 5)
    assert second[0] != HERE


def test_more_may_be_found_than_a_pipe_holds() -> None:
    for found in surveying(lambda items: "x" * 100_000 * len(items)):
        assert "".join(found) == "x" * 1_000_000


def test_what_a_process_that_died_should_have_looked_at_is_looked_at_here() -> None:
    def look(items: Sequence[int]) -> list[int]:
        if os.getpid() != HERE:
            os.kill(os.getpid(), signal.SIGKILL)
        return list(items)

    for found in surveying(look):
        assert [item for part in found for item in part] == list(range(10))


@pytest.mark.parametrize("failing", [0, 9])
def test_an_error_in_either_half_comes_through(failing: int) -> None:
    def look(items: Sequence[int]) -> None:
        if failing in items:
            raise RenderError(f"torn at {failing}")

    with pytest.raises(RenderError, match=f"torn at {failing}"):
        surveying(look)


# --- how work is cut --------------------------------------------------------------------------------------------------


def test_halves_are_neighbours_and_never_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "_may_fork", lambda: True)
    assert halves([1, 2, 3, 4, 5]) == [[1, 2], [3, 4, 5]]
    assert halves([1]) == [[1]]
    assert halves([1, 2, 3, 4, 5], first=0.1) == [[1], [2, 3, 4, 5]]
    assert halves([1, 2, 3, 4, 5], first=0.9) == [[1, 2, 3, 4], [5]]


@pytest.mark.parametrize(
    ("sizes", "first"), [([1, 1, 1, 9], 3), ([9, 1, 1, 1], 1), ([0, 0, 0], 1), ([5, 5], 1), ([1, 2, 3, 4], 3)]
)
def test_halves_are_about_as_much_work(monkeypatch: pytest.MonkeyPatch, sizes: list[int], first: int) -> None:
    monkeypatch.setattr(shares, "_may_fork", lambda: True)
    assert [len(half) for half in halves(sizes, lambda size: size)] == [first, len(sizes) - first]


@pytest.mark.parametrize("number", [0, 1, 255, 256, 257, 1378, 100_000])
def test_runs_are_neighbours_and_at_most_as_many_as_can_be_shared_out(number: int) -> None:
    cut = runs(range(number))
    assert [item for run in cut for item in run] == list(range(number))
    assert len(cut) <= 256
    assert all(cut)


def test_where_no_process_is_to_be_had_one_does_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    before = sorted(Path("/dev/fd").iterdir())
    monkeypatch.setattr("os.fork", refuse)
    assert done_by(lambda share: (share, os.getpid()), "ab") == [("a", HERE), ("b", HERE)]
    assert surveying(list)[0] == [list(range(10))]
    assert sorted(Path("/dev/fd").iterdir()) == before


def test_where_no_process_can_be_forked_one_does_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.fork")
    assert halves([1, 2, 3]) == [[1, 2, 3]]
    assert done_by(lambda share: (share, os.getpid()), "ab") == [("a", HERE), ("b", HERE)]
    assert surveying(list)[0] == [list(range(10))]
