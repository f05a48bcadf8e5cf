"""One command at a time: a button of a widget works in a thread of its own while the notebook's cells may run, too."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import Busy

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S = 2.0
"""How long a command waits for its turn before it says what it waits for, in seconds."""


class Turns:
    """Who may use the workspace now; a command may run commands of its own."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._holder = ""

    @contextmanager
    def take(self, what: str) -> Iterator[None]:
        """Hold the turn for *what*, the command as typed. Raises Busy where another thread keeps it."""
        if not self._lock.acquire(timeout=PATIENCE_S):
            raise Busy(
                f"{self._holder} is running in this notebook, started by a button.",
                hint="wait until it has ended, or press its Stop button; then run this cell again",
            )
        before, self._holder = self._holder, self._holder or what
        try:
            yield
        finally:
            self._holder = before
            self._lock.release()
