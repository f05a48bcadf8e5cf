"""What a run's own connection holds locked, and where tables are stored: as the server itself says."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import exc

from ..model.schema import key
from ..model.stepping import Lock
from .capture_kept import execute

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.engine import Connection

    from ..model.rowdiff import RowDiff
    from ..model.trace import Statement

Storage = dict[str, tuple[int, int]]
"""Of each table, by its `schema.key`: its number, and the number of the place where its rows are."""

_ROLLS = re.compile(
    r"(?:\s|/\*.*?\*/)*(?:ALTER|CREATE(?!\s+TEMPORARY)|DROP(?!\s+TEMPORARY)|RENAME|TRUNCATE)\b",
    re.IGNORECASE | re.DOTALL,
)

_STRENGTH = (  # weakest first: PostgreSQL 18 manual, 13.3.1; what only reading takes keeps no one but a change of schema waiting
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
    "MDL_SHARED_WRITE",
    "MDL_SHARED_UPGRADABLE",
    "MDL_SHARED_NO_WRITE",
    "MDL_SHARED_NO_READ_WRITE",
    "MDL_EXCLUSIVE",
)

_STORED = {
    "postgresql": (
        "SELECT CASE WHEN n.nspname = current_schema() THEN '' ELSE n.nspname END, c.relname, c.oid::bigint, "
        "coalesce(pg_relation_filenode(c.oid), 0)::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' "
        "AND n.nspname <> 'information_schema'"
    ),
    "mysql": (
        "SELECT '', t.table_name, 0, i.table_id FROM information_schema.tables t JOIN "
        "information_schema.INNODB_SYS_TABLES i ON i.name = concat(t.table_schema, '/', t.table_name) "
        "WHERE t.table_schema = DATABASE() AND t.table_type = 'BASE TABLE'"
    ),
    "sqlite": "SELECT '', name, 0, rootpage FROM main.sqlite_master WHERE type = 'table' AND rootpage > 0",
}


def storage(connection: Connection) -> Storage:
    """Return where the rows of each table are; nothing where the server does not tell. Raises SQLAlchemy's errors."""
    family = _family(connection)
    if family not in _STORED:
        return {}
    rows = execute(connection, _STORED[family])
    return {key(str(schema), str(name)): (int(number), int(place)) for schema, name, number, place in rows}


def rewritten(before: Storage, now: Storage, renamed: Mapping[str, str]) -> tuple[str, ...]:
    """Return the tables of *now* that were there and have their rows elsewhere; *renamed* tells a table's old name."""
    old = {name: before.get(renamed.get(name, name)) for name in now}
    return tuple(sorted(name for name, was in old.items() if was is not None and was[1] != now[name][1]))


def held(connection: Connection, known: Storage) -> tuple[Lock, ...]:
    """Return the locks on tables that *connection* holds now, strongest of each, sorted by table.

    *known* are the tables that were there or are there. MariaDB says it where its plugin `metadata_lock_info` is installed,
    MySQL in its performance schema; else nothing is returned. Raises SQLAlchemy's errors.
    """
    family = _family(connection)
    if family == "postgresql":
        return _postgresql(connection, known)
    if family == "mysql":
        return _strongest(_mysql(connection))
    return ()


def _postgresql(connection: Connection, known: Storage) -> tuple[Lock, ...]:
    names = {number: name for name, (number, _) in known.items()}
    rows = connection.exec_driver_sql(
        "SELECT relation::bigint, mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return _strongest((names[number], str(mode)) for number, mode in rows.all() if number in names)


def _mysql(connection: Connection) -> list[tuple[str, str]]:
    asked = (
        "SELECT table_name, lock_mode FROM information_schema.METADATA_LOCK_INFO WHERE thread_id = connection_id() "
        "AND lock_type = 'Table metadata lock' AND table_schema = DATABASE()"
        if getattr(connection.dialect, "is_mariadb", False)
        else "SELECT object_name, concat('MDL_', lock_type) FROM performance_schema.metadata_locks WHERE "
        "object_type = 'TABLE' AND object_schema = DATABASE() AND owner_thread_id = ps_current_thread_id()"
    )
    try:
        return [(str(table), str(mode)) for table, mode in connection.execute(sa.text(asked)).all()]
    except exc.DatabaseError:
        return []  # no plugin, or no right to ask


def _strongest(found: Iterable[tuple[str, str]]) -> tuple[Lock, ...]:
    strongest: dict[str, str] = {}
    for table, mode in found:
        if mode in _STRENGTH and _STRENGTH.index(mode) > _STRENGTH.index(strongest.get(table, mode)) - (
            table not in strongest
        ):
            strongest[table] = mode
    return tuple(Lock(table, strongest[table]) for table in sorted(strongest))


class LocksSoFar:
    """The locks of a run as it goes on, one border after the other."""

    def __init__(self, family: str) -> None:
        self._family = family
        self._before: dict[str, str] = {}
        self._written: set[str] = set()

    def at_border(
        self, locks: tuple[Lock, ...], statements: Sequence[Statement], rows: Sequence[RowDiff], table: str
    ) -> tuple[Lock, ...]:
        """Return the locks after an operation on *table* that sent *statements*, the new ones first.

        What a server does not tell follows from what it did: MariaDB commits with each change of a schema, and locks the
        rows that are written until then; SQLite locks the whole database while a transaction writes.
        """
        if self._family == "sqlite":
            locks = (Lock("", "RESERVED"),)
        passing: tuple[Lock, ...] = ()
        if self._family == "mysql":
            has_committed = any(_ROLLS.match(each.sql) for each in statements)
            if has_committed:
                self._written.clear()
                passing = (Lock(table, "metadata lock", is_held=False),) if table else ()
            else:
                self._written |= {diff.table for diff in rows if diff}
            told = {lock.table for lock in locks}
            locks = (*locks, *(Lock(name, "row locks") for name in sorted(self._written - told)))
        now = {lock.table: lock.mode for lock in locks}
        judged = [replace(lock, is_new=self._before.get(lock.table) != lock.mode) for lock in locks]
        self._before = now
        return (*passing, *sorted(judged, key=lambda lock: not lock.is_new))


def _family(connection: Connection) -> str:
    return "mysql" if connection.dialect.name in {"mysql", "mariadb"} else connection.dialect.name
