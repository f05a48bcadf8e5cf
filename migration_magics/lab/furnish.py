"""Make an empty copy look like its original: every table, view, type and trigger, and no row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import exc

from ..engine.host.running import run_body
from ..engine.operations import code
from ..engine.reflect import reflect
from ..model.diff import diff

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

    from ..engine.database import Database
    from ..model.schema import Schema


def furnish(copy: Database, source: Database) -> None:
    """Create on *copy*, which is empty, all that *source* has in its schema. Raises SQLAlchemy's errors."""
    if source.family == "sqlite":
        statements = source.run(statements_of) if not source.is_missing else ()
        copy.run(lambda connection: repeat(connection, statements))
        return
    schema = source.run(reflect)
    functions = source.run(functions_of) if source.family == "postgresql" else ()

    def build(connection: Connection) -> None:
        prepare(connection, schema, functions)
        complete(connection, schema)

    copy.run(build)


def statements_of(connection: Connection) -> tuple[str, ...]:
    """Return what SQLite was told to create, in an order that works: triggers last; it made the other objects by itself."""
    rows = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
        "AND NOT (type = 'table' AND name IN (SELECT name FROM pragma_table_list WHERE type = 'shadow')) "
        "ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'view' THEN 1 WHEN 'index' THEN 2 ELSE 3 END, rowid"
    )
    return tuple(str(row[0]) for row in rows)


def repeat(connection: Connection, statements: Iterable[str]) -> None:
    """Run *statements*, which are whole, and commit them."""
    for statement in statements:
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    connection.commit()


def prepare(copy: Connection, schema: Schema, functions: tuple[str, ...] = ()) -> None:
    """Create on the empty *copy* what rows need: all of *schema* but foreign keys and triggers. See `complete`."""
    types = replace(schema, tables=(), views=(), sequences=tuple(replace(each, owner="") for each in schema.sequences))
    _become(copy, types)
    left = _made(copy, functions)
    _become(copy, replace(schema, tables=tuple(replace(each, foreign_keys=(), triggers=()) for each in schema.tables)))
    _made(copy, left)


def complete(copy: Connection, schema: Schema) -> None:
    """Create on *copy* the rest: foreign keys, which the server checks against the rows, and triggers."""
    heirs = {table.key for table in schema.tables if "partition of" in dict(table.options)}
    bare = reflect(copy)
    _become(
        copy,
        replace(
            schema, tables=tuple(bare.table(each.key) or each if each.key in heirs else each for each in schema.tables)
        ),
    )
    if heirs:
        _become(copy, schema)  # partitions have most from their parents, now


def complete_unchecked(copy: Connection, schema: Schema) -> None:
    """Do as `complete`, for rows that break foreign keys: these are not validated, on MariaDB not checked."""
    if copy.dialect.name == "postgresql":
        tables = (
            replace(each, foreign_keys=tuple(replace(fk, is_validated=False) for fk in each.foreign_keys))
            for each in schema.tables
        )
        complete(copy, replace(schema, tables=tuple(tables)))
        return
    copy.exec_driver_sql("SET SESSION foreign_key_checks = 0")
    complete(copy, schema)


def functions_of(connection: Connection) -> tuple[str, ...]:
    """Return the statements that make the functions of a PostgreSQL database; those of extensions come with these."""
    rows = connection.exec_driver_sql(
        "SELECT pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
        "WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND p.prokind IN ('f', 'p') AND NOT EXISTS "
        "(SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e') "
        "ORDER BY p.oid"
    )
    return tuple(str(row[0]) for row in rows)


def _made(connection: Connection, functions: tuple[str, ...]) -> tuple[str, ...]:
    """Make *functions*; return those that cannot be made yet, since they speak of tables that are not there."""
    left = []
    for function in functions:
        try:
            with connection.begin_nested():
                connection.exec_driver_sql("SET LOCAL check_function_bodies = off")
                connection.exec_driver_sql(function, execution_options={"no_parameters": True})
        except exc.DatabaseError:
            left.append(function)
    connection.commit()
    return tuple(left)


def _become(connection: Connection, schema: Schema) -> None:
    now = reflect(connection)
    written = code(diff(now, schema), now, schema, connection.dialect)
    connection.rollback()
    run_body(connection, written.code, written.imports)
