"""Work in a thread of its own: what it returns and raises, its context, and how it is stopped."""

from __future__ import annotations

import asyncio
import contextvars
import signal
import sqlite3
import threading
import time

import pytest

from migration_magics.engine import worker
from migration_magics.engine.database import Database

here = contextvars.ContextVar("here", default="nowhere")


def test_it_returns_and_raises_what_the_work_does():
    assert worker.call(lambda: 42) == 42
    assert worker.call(lambda: None) is None
    with pytest.raises(KeyError, match="lost"):
        worker.call(lambda: {}["lost"])


def test_the_work_has_the_context_and_a_thread_without_a_loop():
    here.set("in a cell")

    def work():
        asyncio.run(asyncio.sleep(0))
        return here.get(), threading.current_thread() is threading.main_thread()

    async def cell():
        return worker.call(work)

    assert asyncio.run(cell()) == ("in a cell", False)


def interrupt_when(ready):
    """Send this process a SIGINT once *ready* is set."""

    def go():
        assert ready.wait(20)
        signal.raise_signal(signal.SIGINT) if threading.current_thread() is threading.main_thread() else _kill()

    thread = threading.Thread(target=go, daemon=True)
    thread.start()
    return thread


def _kill():
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_an_interrupt_reaches_python_code_however_deep(depth):
    ready, ended = threading.Event(), []

    def work():
        try:
            ready.set()
            while True:
                time.sleep(0.001)
        finally:
            ended.append("rolled back")

    def nested(level):
        return work() if level == 1 else worker.call(lambda: nested(level - 1))

    thread = interrupt_when(ready)
    with pytest.raises(worker.Interrupted):
        worker.call(lambda: nested(depth))
    thread.join()
    assert ended == ["rolled back"]


FOREVER = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"


@pytest.mark.parametrize("driver", ["sqlite", "sqlite+aiosqlite"])
def test_an_interrupt_stops_the_statement_that_runs(driver, tmp_path):
    sqlite3.connect(tmp_path / "x.db").close()
    database, ready = Database.from_url("x", f"{driver}:///{tmp_path}/x.db"), threading.Event()

    def work(connection):
        database.watch(connection)
        ready.set()
        connection.exec_driver_sql(FOREVER)

    thread = interrupt_when(ready)
    with pytest.raises(worker.Interrupted):
        database.run(work, in_thread=True)
    thread.join()
    assert database.run(lambda connection: connection.exec_driver_sql("SELECT 1").scalar()) == 1
    database.brake.cancel()  # safe at any time, also when what it would stop has ended
    database.dispose()


def test_work_that_does_not_stop_is_given_up_after_the_second_interrupt():
    ready, release = threading.Event(), threading.Event()

    def stubborn():
        while not release.is_set():
            try:
                ready.set()
                time.sleep(0.001)
            except worker.Interrupted:
                again.set()

    again = threading.Event()
    first, second = interrupt_when(ready), interrupt_when(again)
    with pytest.raises(worker.StillRunning):
        worker.call(stubborn)
    release.set()
    first.join()
    second.join()


def test_what_takes_too_long_is_stopped_and_has_ended():
    ended = threading.Event()

    def endless():
        try:
            while True:
                len("x")
        finally:
            ended.set()

    with pytest.raises(worker.OutOfTime) as caught:
        worker.call(endless, limit_s=0.05)
    assert caught.value.has_ended
    assert ended.is_set()
    assert worker.call(lambda: 42, limit_s=60) == 42


def test_a_statement_that_takes_too_long_is_cancelled():
    database = Database.from_url("app", "sqlite://")
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

    def work(connection):
        database.watch(connection)
        return connection.exec_driver_sql(endless).scalar()

    database.brake.reset()
    with pytest.raises(worker.OutOfTime) as caught:
        worker.call(lambda: database.run(work), database.brake, limit_s=0.1)
    assert caught.value.has_ended
    database.dispose()
