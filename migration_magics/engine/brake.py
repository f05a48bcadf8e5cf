"""Stop a run from outside: the statement it waits for, and whatever it would send next.

An exception thrown into a driver that waits leaves its statement running on the server, locks included (psycopg 3 and
PyMySQL, measured). So a statement that runs is cancelled on the server, one that would begin is refused here, and only
Python code between statements is interrupted as such (`worker`).
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection


class Interrupted(BaseException):
    """Raised inside the work when the user interrupts the kernel; not an Exception, so that no revision swallows it."""


class Brake:
    """The brake of one database's runs. `reset` before each, `watch` each connection that runs revisions."""

    def __init__(self) -> None:
        self.is_pulled = False
        self.is_in_statement = False
        self._cancel: Callable[[], None] | None = None

    def reset(self) -> None:
        """Forget the run before."""
        self.is_pulled = self.is_in_statement = False
        self._cancel = None

    @property
    def is_watching(self) -> bool:
        """It has a connection to stop."""
        return self._cancel is not None

    def pull(self) -> None:
        """Refuse every further statement."""
        self.is_pulled = True

    def cancel(self) -> None:
        """Ask the driver to stop the statement that runs now, from another thread. Safe at any time."""
        cancel = self._cancel
        if cancel is not None:
            with contextlib.suppress(Exception):  # the connection may have ended by itself: nothing is left to stop
                cancel()

    def watch(self, connection: Connection, kill: Callable[[int], None]) -> None:
        """Let the brake reach the statements of *connection*; *kill* ends a query of MySQL's by its connection's number."""
        self._cancel = _cancel_of(connection, kill)
        if event.contains(connection, "before_cursor_execute", self._before):
            return
        event.listen(connection, "before_cursor_execute", self._before)
        event.listen(connection, "after_cursor_execute", self._after)

    def _before(self, *_arguments: Any) -> None:
        if self.is_pulled:
            raise Interrupted
        self.is_in_statement = True

    def _after(self, *_arguments: Any) -> None:
        self.is_in_statement = False


def _cancel_of(connection: Connection, kill: Callable[[int], None]) -> Callable[[], None] | None:
    """How the driver of *connection* stops a statement from another thread; None where it cannot."""
    raw: Any = connection.connection.driver_connection
    if hasattr(raw, "interrupt"):  # sqlite3, aiosqlite
        return lambda: _finish(raw.interrupt())
    if not connection.dialect.is_async and hasattr(raw, "cancel_safe"):  # psycopg
        cancel_safe: Callable[[], None] = raw.cancel_safe
        return cancel_safe
    if hasattr(raw, "cancel"):  # psycopg2, asynchronous psycopg
        cancel: Callable[[], None] = raw.cancel
        return cancel
    if hasattr(raw, "thread_id"):  # MySQL's protocol: another connection must kill the query
        number = int(raw.thread_id())
        return lambda: kill(number)
    return None


def _finish(result: object) -> None:
    """Run a coroutine that awaits nothing: aiosqlite's `interrupt`."""
    if asyncio.iscoroutine(result):
        with contextlib.suppress(StopIteration):
            result.send(None)
