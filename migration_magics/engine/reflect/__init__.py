"""A live database -> a `Schema`, in a fixed number of catalogue queries whatever the number of tables. Writes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...model.parts import ordered
from ..ours import UNDO

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from ...model.schema import Schema


def reflect(connection: Connection, only: frozenset[str] | None = None) -> Schema:
    """Return the schema that *connection* sees; with *only*, nothing but the tables of these keys that exist.

    Tables that keep rows for `undo` are none of it. Raises SQLAlchemy's errors. A dialect without a reader of its own is
    read through SQLAlchemy's Inspector.
    """
    found = _read(connection, only)
    if not any(table.name.startswith(UNDO) for table in found.tables):
        return found
    return replace(found, tables=tuple(table for table in found.tables if not table.name.startswith(UNDO)))


def _read(connection: Connection, only: frozenset[str] | None) -> Schema:
    family = connection.dialect.name
    if family == "sqlite":
        from .sqlite import read as read_sqlite

        return read_sqlite(connection, only)
    if family == "postgresql":
        from .postgresql import read as read_postgresql

        return read_postgresql(connection, only)
    if family in {"mysql", "mariadb"}:
        from .mysql import read as read_mysql

        return read_mysql(connection, only)
    from .other import read as read_other

    return ordered(read_other(connection, only))
