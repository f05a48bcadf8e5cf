"""A lock shown for real: an operation on a copy, and two programs that read and write the same table meanwhile.

PostgreSQL and SQLite keep a change open until its transaction ends, so the programs wait for the operation. MariaDB commits
each by itself, so it is the operation that waits, for a program that has the table open, and a third waits behind it.
Who waits is asked of the server, never guessed by the clock. Everything is bounded in time.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..engine import failures
from ..engine.database import Database
from ..errors import Refused
from ..model.explanation import Demonstration, Moment
from . import scratch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

    from .scratch import Scratch

Act = Callable[["Connection"], None]

_HOLD_S = 0.4
"""How long the first session goes on once it was seen who waits: so that the wait is long enough to be seen."""

_LIMIT_S = 5.0
"""How long anybody waits at most."""

_LOOK_EVERY_S = 0.02

MIGRATION, READER, WRITER, EARLIER = "migration", "a reader", "a writer", "an earlier reader"


@dataclass(slots=True)
class _Stage:
    """Where it is played: the copy, the table, and what everybody did so far."""

    database: Database
    table: sa.TableClause
    began: float = field(default_factory=time.perf_counter)
    moments: list[Moment] = field(default_factory=list)
    ids: dict[str, int] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)

    @property
    def reading(self) -> sa.Select[Any]:
        """What a program does that reads."""
        return sa.select(sa.func.count()).select_from(self.table)

    @property
    def writing(self) -> sa.Delete:
        """What a program does that writes: it changes no row, and needs the lock of one that does."""
        return sa.delete(self.table).where(sa.false())

    @property
    def now_s(self) -> float:
        return time.perf_counter() - self.began

    def note(self, session: str, what: str, start_s: float) -> None:
        self.moments.append(Moment(session, what, start_s, self.now_s, session in self.waiting))


@contextmanager
def stage(like: Database) -> Iterator[Scratch]:
    """Give an empty database of the kind of *like* that several sessions can use at once; it is dropped at the end.

    SQLite: a file in a temporary folder. Raises NoScratch.
    """
    if like.family != "sqlite":
        with scratch.empty(like, is_furnished=True) as made:
            yield made
        return
    with tempfile.TemporaryDirectory() as folder:
        database = Database.from_url("a scratch copy", f"sqlite:///{(Path(folder) / 'copy.db').as_posix()}")
        try:
            yield scratch.Scratch(database, "SQLite in a temporary file")
        finally:
            database.dispose()


def demonstrate(
    copy: Database, table: str, act: Act, *, operation: str, place: str, schema: str | None = None
) -> Demonstration:
    """Run *act* on *copy*, a database of one's own that has the *table*, between two other sessions, and return what they did.

    Raises Refused for drivers that work in an event loop.
    """
    if copy.is_async:
        raise Refused(
            "A demonstration needs several sessions at once, which this asynchronous driver gives no way for.",
            hint="connect by a synchronous driver for it, such as psycopg",
        )
    stage = _Stage(copy, sa.table(table, schema=schema))
    play = {"postgresql": _held, "sqlite": _held}.get(copy.family, _queued)
    with ThreadPoolExecutor(3) as threads:
        locks = play(stage, act, threads)
    order = (EARLIER, MIGRATION, READER, WRITER)
    moments = sorted(stage.moments, key=lambda moment: (order.index(moment.session), moment.start_s))
    return Demonstration(operation, place, tuple(moments), _said(stage), locks)


def _said(stage: _Stage) -> str:
    if MIGRATION in stage.waiting:
        behind = f", and {READER} waited behind it" if READER in stage.waiting else ""
        return f"The migration waited for {EARLIER} that had not ended its transaction{behind}."
    waited = [session for session in (READER, WRITER) if session in stage.waiting]
    went_on = [session for session in (READER, WRITER) if session not in stage.waiting]
    if not waited:
        return "Nobody waited for the migration."
    end = f"; {went_on[0]} went on" if went_on else ""
    return f"{' and '.join(waited)} waited until the migration had ended its transaction{end}.".capitalize()


# -- PostgreSQL, SQLite: the operation holds its lock


def _held(stage: _Stage, act: Act, threads: ThreadPoolExecutor) -> tuple[str, ...]:
    with stage.database.engine.connect() as connection:
        _prepare(stage, connection, MIGRATION)
        start = stage.now_s
        act(connection)
        stage.note(MIGRATION, "makes the change", start)
        locks = _locks(stage, connection)
        start = stage.now_s
        others = [
            threads.submit(partial(_program, stage, READER, stage.reading)),
            threads.submit(partial(_program, stage, WRITER, stage.writing)),
        ]
        _see_who_waits(stage, connection, {READER: others[0], WRITER: others[1]})
        time.sleep(_HOLD_S if stage.waiting else 0)
        connection.commit()
        stage.note(MIGRATION, "its transaction is open", start)
    for other in others:
        other.result(timeout=_LIMIT_S * 2)
    return locks


def _locks(stage: _Stage, connection: Connection) -> tuple[str, ...]:
    if stage.database.family != "postgresql":
        return ("the whole file",)
    found = connection.exec_driver_sql(
        "SELECT DISTINCT c.relname || ': ' || l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation "
        "WHERE l.pid = pg_backend_pid() AND c.relkind IN ('r', 'p') AND c.relname !~ '^pg_' AND l.mode <> 'AccessShareLock'"
    )
    return tuple(sorted(str(row[0]) for row in found))


# -- MariaDB: the operation waits for its lock


def _queued(stage: _Stage, act: Act, threads: ThreadPoolExecutor) -> tuple[str, ...]:
    with stage.database.engine.connect() as connection:
        _prepare(stage, connection, EARLIER)
        start = stage.now_s
        connection.execute(stage.reading).all()
        migration = threads.submit(partial(_migration, stage, act))
        _see_who_waits(stage, connection, {MIGRATION: migration})
        reader = threads.submit(partial(_program, stage, READER, stage.reading))
        _see_who_waits(stage, connection, {READER: reader})
        time.sleep(_HOLD_S if stage.waiting else 0)
        connection.commit()
        stage.note(EARLIER, "has read, its transaction is open", start)
    for other in (migration, reader):
        other.result(timeout=_LIMIT_S * 2)
    return ("metadata lock",) if MIGRATION in stage.waiting else ()


def _migration(stage: _Stage, act: Act) -> None:
    with stage.database.engine.connect() as connection:
        _prepare(stage, connection, MIGRATION)
        start = stage.now_s
        act(connection)
        connection.commit()
        stage.note(MIGRATION, "makes the change", start)


# -- shared


def _prepare(stage: _Stage, connection: Connection, session: str) -> None:
    """Bound how long *session* waits, and note by which number the server knows it."""
    family = stage.database.family
    if family == "postgresql":
        connection.exec_driver_sql(f"SET statement_timeout = {round(_LIMIT_S * 1000)}")
        stage.ids[session] = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        connection.commit()
    elif family == "mysql":
        connection.exec_driver_sql(f"SET lock_wait_timeout = {round(_LIMIT_S)}")
        stage.ids[session] = connection.exec_driver_sql("SELECT connection_id()").scalar_one()
        connection.commit()
    else:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {round(_LIMIT_S * 1000)}")
        if session == MIGRATION:
            connection.exec_driver_sql("BEGIN IMMEDIATE")


def _program(stage: _Stage, session: str, statement: sa.Select[Any] | sa.Delete) -> None:
    """Run *statement* as a program would, meanwhile; an error is what the program sees, and is noted."""
    with stage.database.engine.connect() as connection:
        _prepare(stage, connection, session)
        start, what = stage.now_s, "writes" if session == WRITER else "reads"
        try:
            if stage.database.family == "sqlite":
                _knock(stage, connection, session, statement)
            connection.execute(statement)
            connection.commit()
        except sa.exc.DBAPIError as error:
            what += f", which fails: {failures.words(error)}"
        stage.note(session, what, start)


def _knock(stage: _Stage, connection: Connection, session: str, statement: sa.Select[Any] | sa.Delete) -> None:
    """Ask SQLite, which tells nobody who waits, whether *statement* would have to."""
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    try:
        connection.execute(statement)
    except sa.exc.OperationalError as error:
        if "locked" in str(error.orig):
            stage.waiting.add(session)
    connection.rollback()
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {round(_LIMIT_S * 1000)}")


def _see_who_waits(stage: _Stage, connection: Connection, sessions: dict[str, Future[None]]) -> None:
    """Look, until each of *sessions* has ended or is seen waiting."""
    until = stage.now_s + _LIMIT_S / 2
    while stage.now_s < until:
        if stage.ids:
            numbers = _waiting(stage, connection)
            stage.waiting |= {session for session in sessions if stage.ids.get(session) in numbers}
        if all(future.done() or session in stage.waiting for session, future in sessions.items()):
            return
        time.sleep(_LOOK_EVERY_S)


def _waiting(stage: _Stage, connection: Connection) -> set[int]:
    if stage.database.family == "postgresql":
        found = connection.exec_driver_sql("SELECT pid FROM pg_locks WHERE NOT granted")
    else:
        found = connection.exec_driver_sql(
            "SELECT id FROM information_schema.processlist WHERE state LIKE 'Waiting for table%%'"
        )
    return {int(row[0]) for row in found}
