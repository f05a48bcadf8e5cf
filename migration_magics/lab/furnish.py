"""Make an empty copy look like its original: every table, view, type and trigger, and no row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..engine.host.running import run_body
from ..engine.operations import code
from ..engine.reflect import reflect
from ..model.diff import diff
from ..model.schema import Schema

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from ..engine.database import Database
    from ..model.schema import Schema


def furnish(copy: Database, source: Database) -> None:
    """Create on *copy*, which is empty, all that *source* has in its schema. Raises SQLAlchemy's errors."""
    if source.family == "sqlite":
        statements = source.run(_statements) if not source.is_missing else ()
        copy.run(lambda connection: _repeat(connection, statements))
        return
    schema = source.run(reflect)
    copy.run(lambda connection: _create(connection, schema))


def _statements(connection: Connection) -> tuple[str, ...]:
    """What SQLite was told to create, in an order that works; it made the other objects by itself."""
    rows = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
        "AND NOT (type = 'table' AND name IN (SELECT name FROM pragma_table_list WHERE type = 'shadow')) "
        "ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'view' THEN 1 WHEN 'index' THEN 2 ELSE 3 END, rowid"
    )
    return tuple(str(row[0]) for row in rows)


def _repeat(connection: Connection, statements: tuple[str, ...]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)
    connection.commit()


def _create(connection: Connection, schema: Schema) -> None:
    empty = reflect(connection)
    written = code(diff(empty, schema), empty, schema, connection.dialect)
    connection.rollback()
    run_body(connection, written.code, written.imports)
