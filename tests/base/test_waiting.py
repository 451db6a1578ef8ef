"""How answers are awaited: in the order in which they come, and not for ever."""

from threading import Event

import pytest

from tracker.base.waiting import answers_of


def test_answers_come_as_they_are_given() -> None:
    slow = Event()

    def waits() -> str:
        slow.wait()
        return "slow"

    answers = answers_of([waits, lambda: "quick"], 2, 60)
    assert next(answers) == "quick"
    slow.set()
    assert list(answers) == ["slow"]


def test_no_call_is_awaited_for_longer_than_there_is_patience() -> None:
    slow = Event()
    with pytest.raises(TimeoutError, match=r"no answer for 0\.01 seconds"):
        list(answers_of([slow.wait], 1, 0.01))
    slow.set()


def test_when_it_is_late_no_call_is_awaited_though_others_were_answered() -> None:
    slow = Event()
    answers = answers_of([lambda: False, slow.wait], 1, 60, lambda: True)
    assert next(answers) is False
    with pytest.raises(TimeoutError, match="too many calls fail"):
        next(answers)
    slow.set()
