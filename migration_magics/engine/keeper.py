"""Prepare a connection for a run: real transactions on SQLite, foreign keys kept safe, timeouts; put it back afterwards.

Facts, measured on SQLite 3.40 and Python 3.11 and 3.12 unless said:
- Python's sqlite3 sends no BEGIN before DDL, so a failed upgrade leaves half its tables. With `isolation_level = None` and
  a BEGIN of our own at SQLAlchemy's `begin` event, Alembic's own transactions are real ones.
- SQLAlchemy's `begin` event also comes in AUTOCOMMIT mode, where `VACUUM` wants no transaction: there we send nothing.
- `PRAGMA foreign_keys` is a no-op inside a transaction, and dropping a parent table for a rebuild deletes child rows by
  ON DELETE CASCADE when it is on. So it is switched off before BEGIN, and `foreign_key_check` runs before COMMIT
  (the order of steps in sqlite.org/lang_altertable.html, section 7).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from . import failures, foreign_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

    from ..settings import Settings


DEFAULT_LOCK_TIMEOUT_S = 30
"""For servers on which nobody set one: an open transaction elsewhere, or in the same kernel, would hold a run for ever."""

_NO_BOUND_S = 86_400
"""The lowest `lock_wait_timeout` that is a server's default: a day on MariaDB 10.11, a year on MySQL 8.0."""


class Keeper:
    """Keeps one run's connections in order. `prepare` each one before `configure()`, `restore` once after the run."""

    def __init__(self, family: str, name: str, settings: Settings) -> None:
        self.family = family
        self.name = name
        self.settings = settings
        self._undo: list[tuple[Connection, Callable[[], object]]] = []
        self._checked: list[tuple[Connection, foreign_keys.Violations]] = []

    def prepare(self, connection: Connection) -> None:
        """Prepare *connection*, which is in no transaction, or in one that its owner began and will end."""
        if self.family == "sqlite":
            self._prepare_sqlite(connection)
        elif self.family == "postgresql":
            self._prepare_postgresql(connection)
        elif self.family == "mysql":
            self._prepare_mysql(connection)

    def restore(self) -> None:
        """Put every connection back, also one that a pool keeps. One that does not let itself be put back is thrown away."""
        while self._undo:
            connection, undo = self._undo.pop()
            try:
                undo()
            except Exception:  # noqa: BLE001 - closed by its owner, or the server is gone: nobody may get it again
                if not (connection.closed or connection.invalidated):
                    connection.invalidate()

    def check(self, connection: Connection) -> None:
        """Check now what a commit would check: for a run that will be rolled back. Raises ForeignKeysBroken."""
        for checked, before in self._checked:
            if checked is connection:
                foreign_keys.require_no_new(_raw(connection), before)

    # -- SQLite

    def _prepare_sqlite(self, connection: Connection) -> None:
        if _is_autocommit(connection) and not connection.in_transaction():
            connection.execution_options(isolation_level="SERIALIZABLE")  # the engine's own level; the pool resets it
        raw = _raw(connection)
        self._set_attribute(connection, raw, "isolation_level", None)
        if getattr(raw, "autocommit", -1) is False:  # Python 3.12: it would always be in a transaction
            self._set_attribute(connection, raw, "autocommit", -1)
        if self.settings.lock_timeout_s is not None:
            self._pragma(connection, "busy_timeout", round(self.settings.lock_timeout_s * 1000))
        if _value(raw, "PRAGMA foreign_keys") == 1:
            before = foreign_keys.violations(raw)
            self._pragma(connection, "foreign_keys", 0)
            self._checked.append((connection, before))
            self._listen(connection, "commit", lambda c: self._check_before_commit(c, before))
        # After the listeners of the engine's owner, who may send a BEGIN of their own: those of a connection come first.
        self._listen(_root(connection.engine), "begin", lambda c: self._begin(c) if c is connection else None)
        if connection.in_transaction():
            self._begin(connection)
        self._undo.append((connection, lambda: _end_transaction(raw)))

    def _begin(self, connection: Connection) -> None:
        raw = _raw(connection)
        if _is_autocommit(connection):
            _end_transaction(raw)  # somebody's listener sent a BEGIN all the same
            return
        if _is_in_transaction(raw):
            return
        raw.isolation_level = None  # the end of an autocommit_block puts the driver's own mode back
        if self._checked:
            _execute(raw, "PRAGMA foreign_keys = 0")  # a revision may have switched it on between two transactions
        try:
            _execute(raw, "BEGIN IMMEDIATE")
        except Exception as error:
            problem = failures.connection_problem(error, self.name)
            if problem is None:
                raise
            raise problem from error

    def _check_before_commit(self, connection: Connection, before: foreign_keys.Violations) -> None:
        raw = _raw(connection)
        if _is_autocommit(connection) or not _is_in_transaction(raw):
            return
        try:
            foreign_keys.require_no_new(raw, before)
        except foreign_keys.ForeignKeysBroken:
            _execute(raw, "ROLLBACK")
            raise

    def _set_attribute(self, connection: Connection, raw: Any, name: str, value: object) -> None:
        before = getattr(raw, name)
        setattr(raw, name, value)
        self._undo.append((connection, lambda: setattr(raw, name, before)))

    def _pragma(self, connection: Connection, name: str, value: int) -> None:
        raw = _raw(connection)
        before = _value(raw, f"PRAGMA {name}")
        _execute(raw, f"PRAGMA {name} = {value}")
        self._undo.append((connection, lambda: _execute(raw, f"PRAGMA {name} = {before}")))

    # -- servers

    def _prepare_postgresql(self, connection: Connection) -> None:
        raw = _raw(connection)
        lock_timeout_s = self.settings.lock_timeout_s
        if lock_timeout_s is None and _value(raw, "SHOW lock_timeout") == "0":
            lock_timeout_s = DEFAULT_LOCK_TIMEOUT_S
        if not connection.in_transaction():
            raw.rollback()  # the driver began one for the question
        for name, seconds in (
            ("lock_timeout", lock_timeout_s),
            ("statement_timeout", self.settings.statement_timeout_s),
        ):
            if seconds is None:
                continue
            if connection.in_transaction():
                connection.exec_driver_sql(f"SET LOCAL {name} = {round(seconds * 1000)}")
                continue
            before = _value(raw, f"SHOW {name}")
            _execute(raw, f"SET {name} = {round(seconds * 1000)}")  # for the session: an autocommit_block has no LOCAL
            raw.commit()
            self._undo.append((connection, partial(_set_back, raw, f"SET {name} = '{before}'")))

    def _prepare_mysql(self, connection: Connection) -> None:
        is_mariadb = getattr(connection.dialect, "is_mariadb", False)
        raw = _raw(connection)
        wanted: dict[str, float] = {}
        if self.settings.lock_timeout_s is None and _value(raw, "SELECT @@SESSION.lock_wait_timeout") >= _NO_BOUND_S:
            wanted["lock_wait_timeout"] = DEFAULT_LOCK_TIMEOUT_S  # for tables; for rows the server's own is 50 s
        elif self.settings.lock_timeout_s is not None:
            wanted["lock_wait_timeout"] = wanted["innodb_lock_wait_timeout"] = max(
                1, round(self.settings.lock_timeout_s)
            )
        if self.settings.statement_timeout_s is not None:
            if is_mariadb:
                wanted["max_statement_time"] = self.settings.statement_timeout_s  # seconds (MariaDB 10.1.1)
            else:
                wanted["max_execution_time"] = round(
                    self.settings.statement_timeout_s * 1000
                )  # ms, SELECT only (MySQL 8.0)
        for name, value in wanted.items():
            before = _value(raw, f"SELECT @@SESSION.{name}")
            _execute(raw, f"SET SESSION {name} = {value}")
            self._undo.append((connection, partial(_execute, raw, f"SET SESSION {name} = {before}")))

    def _listen(self, target: Any, name: str, listener: Callable[[Connection], object]) -> None:
        event.listen(target, name, listener)
        self._undo.append((_ALWAYS, lambda: event.remove(target, name, listener)))


class _Always:
    """Stands for a connection in the list of what is to be undone, where that does not depend on one."""

    closed = invalidated = False


_ALWAYS: Any = _Always()


def _raw(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


def _root(engine: Any) -> Any:
    """The engine that `engine.execution_options()` was called on, whose listeners come last."""
    while getattr(engine, "_proxied", None) is not None:
        engine = engine._proxied  # noqa: SLF001 - SQLAlchemy offers no other way up (2.0 and 2.1)
    return engine


def _is_autocommit(connection: Connection) -> bool:
    return connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"


def _is_in_transaction(raw: Any) -> bool:
    """As SQLite itself sees it; SQLAlchemy's wrapper of an asynchronous driver does not say."""
    return bool(getattr(raw, "driver_connection", raw).in_transaction)


def _end_transaction(raw: Any) -> None:
    if _is_in_transaction(raw):
        _execute(raw, "ROLLBACK")


def _set_back(raw: Any, sql: str) -> None:
    raw.rollback()
    _execute(raw, sql)
    raw.commit()


def _execute(raw: Any, sql: str) -> None:
    cursor = raw.cursor()
    try:
        cursor.execute(sql)
    finally:
        cursor.close()


def _value(raw: Any, sql: str) -> Any:
    cursor = raw.cursor()
    try:
        cursor.execute(sql)
        row = cursor.fetchone()
        return row[0] if row else None
    finally:
        cursor.close()
