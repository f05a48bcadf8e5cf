"""Run work in a thread of its own, so that a notebook's running event loop is no obstacle, and stay interruptible.

env.py files call `asyncio.run`, which a running loop forbids, and some need a plain worker thread (measured on eight real
applications). Context variables travel along; an interrupt of the kernel is carried into the work.
"""

from __future__ import annotations

import contextvars
import ctypes
import math
import threading
import time
from typing import TYPE_CHECKING, Generic, TypeVar

from .brake import Brake, Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_POLL_S = 0.2
"""How often a waiting thread looks up, so that an interrupt meant for it gets through, in seconds."""

GRACE_S = 20.0
"""How long a cancelled run may take to roll back before we stop waiting for it, in seconds."""


_PATIENCE_S = 2.0
"""How long a statement is cancelled before its driver is interrupted as Python code is, in seconds."""


class _Job(Generic[T]):
    """One piece of work, its thread and what came of it."""

    def __init__(self, work: Callable[[], T]) -> None:
        self.work = work
        self.value: T
        self.error: BaseException | None = None
        self.has_value = False
        self.has_ended = self.has_noticed = False
        self._running = threading.Lock()
        self.thread = threading.Thread(
            target=contextvars.copy_context().run, args=(self._run,), name="migration", daemon=True
        )

    def _run(self) -> None:
        try:
            try:
                self.value = self.work()
                self.has_value = True
            except BaseException as error:  # noqa: BLE001 - carried to the waiting thread, which raises it
                self.error = error
        except Interrupted as late:  # it came while the work's own end was noted
            self.error = self.error or late
        finally:
            self.has_ended = True
            self._running.release()

    def start(self) -> None:
        """Begin the work."""
        self._running.acquire()
        self.thread.start()

    def wait(self, limit_s: float = math.inf) -> bool:
        """Wait until the work has ended, at most *limit_s*; say whether it has.

        A bare lock, since `Thread.join` takes a thread for ended when it is interrupted itself (CPython 3.11).
        """
        end = time.monotonic() + limit_s
        while not self.has_ended and time.monotonic() < end:
            self._running.acquire(timeout=max(0.0, min(_POLL_S, end - time.monotonic())))
        return self.has_ended

    def interrupt(self) -> None:
        """Raise Interrupted in the work at its next Python instruction (CPython's PyThreadState_SetAsyncExc)."""
        job = self

        class Noticed(Interrupted):
            """Tells when it is raised: until then the work is inside a call of the driver."""

            def __init__(self, *arguments: object) -> None:
                super().__init__(*arguments)
                job.has_noticed = True

        ident = self.thread.ident
        if ident is not None and not self.has_ended:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(Noticed))


class StillRunning(KeyboardInterrupt):
    """The work did not stop within the grace time, or was interrupted twice: what it does to the database is unknown."""


class OutOfTime(Exception):
    """The work took longer than it may; *has_ended*: it was stopped, else it may still go on."""

    def __init__(self, *, has_ended: bool) -> None:
        super().__init__()
        self.has_ended = has_ended


def call(work: Callable[[], T], brake: Brake | None = None, *, limit_s: float = math.inf) -> T:
    """Return what *work* returns, run in a thread of its own; raise what it raises.

    On KeyboardInterrupt, and after *limit_s*, the *brake* is pulled: the statement that runs is cancelled, no further one
    begins, Python code is interrupted. The end of the work (a rollback) is awaited: at most `GRACE_S`, or until a second
    interrupt.

    Raises:
        OutOfTime: it took longer than *limit_s*.
        Interrupted: the work was stopped and has ended.
        StillRunning: it has not.
    """
    job = _Job(work)
    try:
        job.start()  # inside: it waits for the thread, and an interrupt may come meanwhile
        if not job.wait(limit_s):
            _out_of_time(job, brake or Brake())
    except (KeyboardInterrupt, Interrupted) as interrupt:  # Interrupted: we wait in a job ourselves
        _stop(job, brake or Brake(), interrupt)
    if job.error is None and not job.has_value:
        job.error = Interrupted()
    if job.error is not None:
        try:
            raise job.error
        finally:
            del job  # the error's traceback would keep the job, and the job the error
    return job.value


def _out_of_time(job: _Job[T], brake: Brake) -> None:
    late = OutOfTime(has_ended=True)
    try:
        _stop(job, brake, late)
    except StillRunning as error:
        raise OutOfTime(has_ended=False) from error
    raise late


def _stop(job: _Job[T], brake: Brake, interrupt: BaseException) -> None:
    began = time.monotonic()
    try:
        brake.pull()
        has_ended = job.wait(_POLL_S) if brake.is_watching else False
        while not has_ended and time.monotonic() < began + GRACE_S:
            if brake.is_in_statement:
                brake.cancel()
            if not job.has_noticed and (not brake.is_in_statement or time.monotonic() > began + _PATIENCE_S):
                job.interrupt()
            has_ended = job.wait(_POLL_S)
    except (KeyboardInterrupt, Interrupted) as second:
        raise StillRunning from second
    if not has_ended:
        raise StillRunning from interrupt
    if job.error is not None and not isinstance(job.error, Interrupted):
        # the statement we cancelled fails with an error of the driver: it is the interrupt that caused it
        job.error = Interrupted().with_traceback(job.error.__traceback__)


__all__ = ["GRACE_S", "Interrupted", "OutOfTime", "StillRunning", "call"]
