"""One command at a time, also when a widget's button works in a thread of its own."""

from __future__ import annotations

import threading

import pytest

from migration_magics.commands import turns
from migration_magics.commands.turns import Turns
from migration_magics.errors import Busy


def test_another_thread_has_to_wait_and_is_told_for_what(monkeypatch):
    monkeypatch.setattr(turns, "PATIENCE_S", 0.05)
    held, begun, end = Turns(), threading.Event(), threading.Event()

    def work():
        with held.take("%migrate rehearse"), held.take("%migrate plan"):
            begun.set()
            end.wait(10)

    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(5)
    with pytest.raises(Busy, match="%migrate rehearse is running"), held.take("%migrate upgrade"):
        pass
    end.set()
    thread.join(5)
    with held.take("%migrate upgrade"):
        pass


def test_a_command_that_fails_gives_its_turn_back():
    held = Turns()
    with pytest.raises(ZeroDivisionError), held.take("one"):
        raise ZeroDivisionError
    other = threading.Thread(target=lambda: held.take("two").__enter__())
    other.start()
    other.join(5)
    assert not other.is_alive()
