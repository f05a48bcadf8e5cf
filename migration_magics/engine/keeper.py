"""Prepare a connection for a run: real transactions on SQLite, foreign keys kept safe, timeouts; put it back afterwards.

Facts, measured on SQLite 3.40 and Python 3.11 and 3.12 unless said:
- Python's sqlite3 sends no BEGIN before DDL, so a failed upgrade leaves half its tables. With `isolation_level = None` and
  a BEGIN of our own at SQLAlchemy's `begin` event, Alembic's own transactions are real ones.
- `PRAGMA foreign_keys` is a no-op inside a transaction, and dropping a parent table for a rebuild deletes child rows by
  ON DELETE CASCADE when it is on. So it is switched off before BEGIN, and `foreign_key_check` runs before COMMIT
  (the order of steps in sqlite.org/lang_altertable.html, section 7).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection

from ..settings import Settings


class ForeignKeysBroken(Exception):
    """A run on SQLite would leave rows whose parent is missing; raised before COMMIT, so nothing was kept."""

    def __init__(self, violations: tuple[str, ...]) -> None:
        self.violations = violations
        super().__init__("; ".join(violations))


class Keeper:
    """Keeps one run's connections in order. `prepare` each one before `configure()`, `restore` once after the run."""

    def __init__(self, family: str, settings: Settings) -> None:
        self.family = family
        self.settings = settings
        self._undo: list[Callable[[], None]] = []
        self._checked: list[tuple[Any, set[tuple[Any, ...]]]] = []

    def prepare(self, connection: Connection) -> None:
        """Prepare *connection*, which is in no transaction, or in one that its owner began and will end."""
        if self.family == "sqlite":
            self._prepare_sqlite(connection)
        elif self.family == "postgresql":
            self._prepare_postgresql(connection)
        elif self.family == "mysql":
            self._prepare_mysql(connection)

    def restore(self) -> None:
        """Put every connection back, also one that is closed by now."""
        while self._undo:
            self._undo.pop()()

    def check(self, connection: Connection) -> None:
        """Check now what a commit would check: for a run that will be rolled back. Raises ForeignKeysBroken."""
        for raw, before in self._checked:
            if raw is connection.connection.dbapi_connection:
                _check_foreign_keys(raw, before, is_ending=False)

    # -- SQLite

    def _prepare_sqlite(self, connection: Connection) -> None:
        raw: Any = connection.connection.dbapi_connection
        level = raw.isolation_level
        raw.isolation_level = None
        self._undo.append(lambda: _unless_closed(lambda: setattr(raw, "isolation_level", level)))
        if self.settings.lock_timeout_s is not None:
            self._pragma(raw, "busy_timeout", round(self.settings.lock_timeout_s * 1000))
        violations: set[tuple[Any, ...]] | None = None
        if _value(raw, "PRAGMA foreign_keys") == 1:
            violations = _violations(raw)
            self._pragma(raw, "foreign_keys", 0)
        self._listen(connection, "begin", lambda _c: _execute(raw, "BEGIN IMMEDIATE"))
        if violations is not None:
            before = violations
            self._checked.append((raw, before))
            self._listen(connection, "commit", lambda _c: _check_foreign_keys(raw, before))
        if connection.in_transaction() and not raw.in_transaction:
            _execute(raw, "BEGIN IMMEDIATE")

    def _pragma(self, raw: Any, name: str, value: int) -> None:
        before = _value(raw, f"PRAGMA {name}")
        _execute(raw, f"PRAGMA {name} = {value}")
        self._undo.append(lambda: _unless_closed(lambda: _execute(raw, f"PRAGMA {name} = {before}")))

    # -- servers

    def _prepare_postgresql(self, connection: Connection) -> None:
        wanted = [
            f"SET LOCAL {name} = {round(seconds * 1000)}"
            for name, seconds in (("lock_timeout", self.settings.lock_timeout_s), ("statement_timeout", self.settings.statement_timeout_s))
            if seconds is not None
        ]
        if wanted:
            self._listen(connection, "begin", lambda c: [c.exec_driver_sql(sql) for sql in wanted])

    def _prepare_mysql(self, connection: Connection) -> None:
        is_mariadb = getattr(connection.dialect, "is_mariadb", False)
        wanted: dict[str, float] = {}
        if self.settings.lock_timeout_s is not None:
            wanted["lock_wait_timeout"] = wanted["innodb_lock_wait_timeout"] = max(1, round(self.settings.lock_timeout_s))
        if self.settings.statement_timeout_s is not None:
            if is_mariadb:
                wanted["max_statement_time"] = self.settings.statement_timeout_s  # seconds (MariaDB 10.1.1)
            else:
                wanted["max_execution_time"] = round(self.settings.statement_timeout_s * 1000)  # ms, SELECT only (MySQL 8.0)
        if not wanted:
            return
        raw: Any = connection.connection.dbapi_connection
        for name, value in wanted.items():
            before = _value(raw, f"SELECT @@SESSION.{name}")
            _execute(raw, f"SET SESSION {name} = {value}")
            self._undo.append(lambda name=name, before=before: _unless_closed(lambda: _execute(raw, f"SET SESSION {name} = {before}")))  # type: ignore[misc]

    def _listen(self, connection: Connection, name: str, listener: Callable[[Connection], object]) -> None:
        event.listen(connection, name, listener)

        def stop() -> None:
            if event.contains(connection, name, listener):
                event.remove(connection, name, listener)

        self._undo.append(stop)


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


def _violations(raw: Any) -> set[tuple[Any, ...]]:
    """The foreign key violations there are: (table, rowid, parent, key number)."""
    cursor = raw.cursor()
    try:
        cursor.execute("PRAGMA foreign_key_check")
        return {tuple(row) for row in cursor.fetchall()}
    finally:
        cursor.close()


def _check_foreign_keys(raw: Any, before: set[tuple[Any, ...]], *, is_ending: bool = True) -> None:
    """Compare by table and parent, not by rowid: a rebuild may renumber rows."""

    def counted(rows: set[tuple[Any, ...]]) -> dict[tuple[str, str], int]:
        counts: dict[tuple[str, str], int] = {}
        for table, _rowid, parent, _key in rows:
            counts[table, parent] = counts.get((table, parent), 0) + 1
        return counts

    known, now = counted(before), counted(_violations(raw))
    broken = tuple(
        f"{number - known.get(pair, 0):,} rows of {pair[0]} point at rows of {pair[1]} that are gone"
        for pair, number in sorted(now.items())
        if number > known.get(pair, 0)
    )
    if broken:
        if is_ending:
            _execute(raw, "ROLLBACK")
        raise ForeignKeysBroken(broken)


def _unless_closed(action: Callable[[], object]) -> None:
    """Run *action* on a connection that its owner may have closed meanwhile: then there is nothing to put back."""
    try:
        action()
    except Exception as error:  # noqa: BLE001 - each driver has its own class for "closed"
        if not any(word in str(error).lower() for word in ("closed", "gone away", "not open", "lost connection", "none")):
            raise
