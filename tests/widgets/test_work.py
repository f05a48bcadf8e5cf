"""Long work of a widget: one piece at a time, stoppable, and nothing it raises is lost."""

from __future__ import annotations

import threading

import pytest

from migration_magics.widgets.work import Work


class Heard:
    """A widget that only notes what it hears."""

    def __init__(self):
        self.said = []
        self.work = Work(ended=self.ended, failed=lambda error: self.said.append(type(error)))

    def ended(self, value):
        if value == "bad":
            raise LookupError
        self.said.append(value)


def test_what_the_work_returns_or_raises_is_heard_once():
    heard = Heard()
    for work in (lambda: 1, lambda: 1 / 0, lambda: "bad", lambda: 2):
        assert heard.work.begin(work)
        heard.work.wait(5)
    assert heard.said == [1, ZeroDivisionError, LookupError, 2]


def test_a_second_piece_does_not_begin_meanwhile():
    heard, go = Heard(), threading.Event()
    assert heard.work.begin(lambda: go.wait(10))
    assert heard.work.is_going_on
    assert not heard.work.begin(lambda: 2)
    go.set()
    heard.work.wait(5)
    assert heard.said == [True]
    assert not heard.work.is_going_on


def test_the_end_may_begin_the_next_piece():
    said = []
    work = Work(ended=lambda value: said.append(value) or (value < 3 and again(value)), failed=said.append)

    def again(value):
        assert work.begin(lambda: value + 1)

    again(0)
    while len(said) < 3:
        work.wait(5)
    assert said == [1, 2, 3]


def test_stopped_work_says_so():
    heard, begun = Heard(), threading.Event()

    def forever():
        begun.set()
        while True:
            pass

    heard.work.begin(forever)
    assert begun.wait(5)
    heard.work.stop()
    heard.work.wait(10)
    assert heard.said == [KeyboardInterrupt]


@pytest.mark.parametrize("times", [1, 3])
def test_to_stop_what_has_ended_does_nothing(times):
    heard = Heard()
    heard.work.begin(lambda: 1)
    heard.work.wait(5)
    for _ in range(times):
        heard.work.stop()
    assert heard.said == [1]
