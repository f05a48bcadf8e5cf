"""One command at a time: a button of a widget works in a thread of its own while the notebook's cells may run, too."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from ..errors import Busy

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S = 2.0
"""How long a command waits for its turn before it says what it waits for, in seconds."""


class AtWork(Protocol):
    """A form while its button's work goes on; *command* is what shows it."""

    command: str

    def stop(self) -> None:
        """Interrupt the work."""


class Turns:
    """Who may use the workspace now; a command may run commands of its own."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._holder = ""
        self.at_work: AtWork | None = None
        """The form that works now."""

    @contextmanager
    def take(self, what: str) -> Iterator[None]:
        """Hold the turn for *what*, the command as typed. Raises Busy where another thread keeps it."""
        if not self._lock.acquire(timeout=PATIENCE_S):
            gone = f"; if that is gone: {self.at_work.command} shows it again" if self.at_work is not None else ""
            raise Busy(
                f"{self._holder} is running in this notebook, started by a button.",
                hint=f"wait until it has ended, or press its Stop button{gone}; then run this cell again",
            )
        before, self._holder = self._holder, self._holder or what
        try:
            yield
        finally:
            self._holder = before
            self._lock.release()

    def stop(self) -> None:
        """Interrupt what a form does now; without one nothing."""
        if self.at_work is not None:
            self.at_work.stop()
