"""Work shared among processes: the same results, the same errors, whatever happens to a process."""

import os
import signal
from pathlib import Path

import pytest

from tracker import shares
from tracker.errors import RenderError
from tracker.shares import halves, shared_out

HERE = os.getpid()


def test_each_share_is_done_once_and_in_order() -> None:
    done = shared_out(lambda share: (share, os.getpid()), ["a", "b", "c"])
    assert [share for share, _ in done] == ["a", "b", "c"]
    assert done[0][1] == HERE


@pytest.mark.skipif(len(halves([1, 2])) < 2, reason="this machine works on one thing at a time")
def test_all_but_the_first_are_done_elsewhere() -> None:
    assert HERE not in shared_out(lambda _: os.getpid(), ["a", "b"])[1:]


@pytest.mark.parametrize("failing", ["a", "b"])
def test_an_error_comes_through_with_its_place_wherever_it_arose(failing: str) -> None:
    def work(share: str) -> str:
        if share == failing:
            raise RenderError("torn", where="x.j2:3", hint="mend it")
        return share

    with pytest.raises(RenderError) as raised:
        shared_out(work, ["a", "b"])
    assert str(raised.value) == "x.j2:3: torn (mend it)"


def test_what_a_process_that_died_should_have_done_is_done_here() -> None:
    def work(share: str) -> str:
        if os.getpid() != HERE:
            os.kill(os.getpid(), signal.SIGKILL)
        return share

    assert shared_out(work, ["a", "b"]) == ["a", "b"]


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


def test_where_no_process_can_be_forked_one_does_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.fork")
    assert halves([1, 2, 3]) == [[1, 2, 3]]
