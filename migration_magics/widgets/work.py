"""Long work of a widget: in a thread of its own, so that the kernel answers other cells meanwhile."""

from __future__ import annotations

import contextvars
import ctypes
import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Work(Generic[T]):
    """One piece of work at a time: begin it, hear of its end, stop it.

    *ended* gets what it returned, *failed* what it raised (KeyboardInterrupt where it was stopped); both are called in the
    work's thread, after which another piece may begin. Nothing raised is ever lost: what `ended` raises goes to `failed`.
    """

    def __init__(self, *, ended: Callable[[T], None], failed: Callable[[BaseException], None]) -> None:
        self._ended = ended
        self._failed = failed
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.was_stopped = False
        """`stop` was called on the piece that goes on, or on the last one: what that raised then may be anything."""

    @property
    def is_going_on(self) -> bool:
        """A piece of work has begun and not ended."""
        return self._lock.locked()

    def begin(self, work: Callable[[], T]) -> bool:
        """Begin *work* and return at once; False where an earlier piece still goes on: then nothing begins."""
        if not self._lock.acquire(blocking=False):
            return False
        self.was_stopped = False
        thread = threading.Thread(
            target=contextvars.copy_context().run, args=(self._run, work), name="migration-widget", daemon=True
        )
        self._thread = thread
        thread.start()
        return True

    def _run(self, work: Callable[[], T]) -> None:
        value: T
        try:
            try:
                value = work()
            finally:
                self._lock.release()
            self._ended(value)
        except BaseException as error:  # noqa: BLE001 - drawn in the widget
            self._failed(error)

    def stop(self) -> None:
        """Interrupt the work as the kernel's stop button would: commands roll back and say where the database stands."""
        thread = self._thread
        if self.is_going_on and thread is not None and thread.ident is not None:
            self.was_stopped = True
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread.ident), ctypes.py_object(KeyboardInterrupt)
            )

    def wait(self, limit_s: float | None = None) -> None:
        """Wait until the work and what it calls have ended, and what these began: for tests and for closing."""
        while (thread := self._thread) is not None and thread is not threading.current_thread() and thread.is_alive():
            thread.join(limit_s)
            if thread is self._thread:
                return
