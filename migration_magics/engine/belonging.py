"""Which threads belong to a run of env.py: the one it runs in, those it starts, and those its context is carried into.

While env.py runs, names of the process are replaced for it (`Engine.connect`, `print`'s target, `fileConfig`). Other threads
of the kernel go on meanwhile and must notice nothing.
"""

from __future__ import annotations

import contextvars
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest import mock
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Run:
    """One run, and the threads that were started in it."""

    def __init__(self) -> None:
        self.threads: WeakSet[threading.Thread] = WeakSet()


_mine: contextvars.ContextVar[_Run | None] = contextvars.ContextVar("migration_magics_run", default=None)
_active: list[_Run] = []


def belongs() -> bool:
    """Say whether the calling thread belongs to the run that is going on; False where none is."""
    return bool(_active) and (
        _mine.get() in _active or any(threading.current_thread() in run.threads for run in _active)
    )


@contextmanager
def run_here() -> Iterator[None]:
    """Let the calling thread, and what it starts, belong to a run."""
    run, real = _Run(), threading.Thread.start

    def start(self: threading.Thread) -> None:
        if _mine.get() is run or threading.current_thread() in run.threads:
            run.threads.add(self)
        real(self)

    token = _mine.set(run)
    _active.append(run)
    try:
        with mock.patch.object(threading.Thread, "start", start):
            yield
    finally:
        _active.remove(run)
        _mine.reset(token)
