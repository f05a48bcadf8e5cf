"""Expressions and queries as the database itself reads them: two that are equal to it have a spelling in common.

Nothing stays: PostgreSQL makes what it reads in a savepoint that is rolled back, SQLite only compiles.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc

from .reflect.sqlite_words import spelled, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import sqlalchemy as sa
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy.engine import Connection

_RAW = {"no_parameters": True}  # percent signs stay
_ON = """
    SELECT pg_get_expr(c.conbin, c.conrelid) FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
    WHERE t.relnamespace = pg_my_temp_schema() AND c.contype = 'c' AND c.conname = 'mm_check'"""


def on_sqlite(
    context: AutogenContext, schema: str | None, table: str, _wanted: sa.Table, texts: Sequence[str]
) -> dict[str, frozenset[str]]:
    """Return the spellings of CHECK expressions: their words, and, where the table has their columns, their program."""
    quote = context.dialect.identifier_preparer.quote
    place = ".".join(quote(part) for part in (schema, table) if part).replace("%%", "%")
    found: dict[str, frozenset[str]] = {}
    for text in texts:
        known = frozenset([spelled(words(text))])
        program = _program(context.connection, f"SELECT ({text}) FROM {place}")  # noqa: S608 - it is the database's own, or the models'
        found[text] = known | ({program} if program else frozenset())
    return found


def _program(connection: Any, query: str) -> str:
    """Return SQLite's program for *query*, or nothing where it cannot be compiled."""
    try:
        rows = connection.exec_driver_sql(f"EXPLAIN {query}", execution_options=_RAW).all()
    except exc.DBAPIError:
        return ""
    return repr([tuple(row)[1:7] for row in rows])


def on_postgresql(
    context: AutogenContext, schema: str | None, table: str, wanted: sa.Table, texts: Sequence[str]
) -> dict[str, frozenset[str]]:
    """Return the spellings of CHECK expressions, those that the server takes, on a table with the columns of both sides.

    A spelling read again may be another one (casts of arrays), so each is read twice.
    """
    connection = context.connection
    found: dict[str, frozenset[str]] = {}
    if connection is None:
        return found
    try:
        with rolled_back(connection):
            _like(context, connection, schema, table, wanted)
            for text in texts:
                once = _expression(connection, context, table, text)
                twice = once and _expression(connection, context, table, once)
                if once:
                    found[text] = frozenset(filter(None, (once, twice)))
    except (exc.DBAPIError, exc.CompileError):
        return {}
    return found


@contextmanager
def rolled_back(connection: Connection) -> Iterator[None]:
    """Give a savepoint of which nothing stays. Raises DBAPIError without one: then nothing may be made."""
    if connection.get_isolation_level() == "AUTOCOMMIT":
        raise exc.DBAPIError("SAVEPOINT", None, Exception("the connection commits by itself"))
    savepoint = connection.begin_nested()
    try:
        yield
    finally:
        savepoint.rollback()


def _like(context: AutogenContext, connection: Connection, schema: str | None, table: str, wanted: sa.Table) -> None:
    """Make a temporary table of the same name, with the columns that are there, by their new names, and those that come."""
    old, renamed = table, {}
    if hasattr(context.inspector, "as_it_is"):
        old, renamed = context.inspector.as_it_is(schema, table)
    place = f"{_quoted(context, schema or str(context.dialect.default_schema_name))}.{_quoted(context, old)}"
    temporary = _temporary(context, table)
    _run(connection, f"CREATE TEMPORARY TABLE {_quoted(context, table)} (LIKE {place})")
    for before, after in renamed.items():
        _run(
            connection, f"ALTER TABLE {temporary} RENAME COLUMN {_quoted(context, before)} TO {_quoted(context, after)}"
        )
    there = {each["name"] for each in context.inspector.get_columns(table, schema=schema)}
    for column in wanted.columns:
        if column.name not in there:
            type_ = column.type.compile(dialect=context.dialect).replace("%%", "%")
            _run(connection, f"ALTER TABLE {temporary} ADD COLUMN {_quoted(context, str(column.name))} {type_}")


def _expression(connection: Connection, context: AutogenContext, table: str, text: str) -> str:
    """Return *text* as PostgreSQL spells it, or nothing where it takes it not."""
    try:
        with rolled_back(connection):
            _run(connection, f"ALTER TABLE {_temporary(context, table)} ADD CONSTRAINT mm_check CHECK ({text})")
            return str(connection.exec_driver_sql(_ON).scalar_one())
    except exc.DBAPIError:
        return ""


def _temporary(context: AutogenContext, name: str) -> str:
    return f"pg_temp.{_quoted(context, name)}"


def _quoted(context: AutogenContext, name: str) -> str:
    return context.dialect.identifier_preparer.quote(str(name)).replace("%%", "%")


def _run(connection: Connection, sql: str) -> None:
    connection.exec_driver_sql(sql, execution_options=_RAW)


def queries_on_sqlite(context: AutogenContext, query: str) -> frozenset[str]:
    """Return the spellings of a view's query: its words, and, where it can be compiled, its columns and program."""
    if context.connection is None:
        return frozenset()
    program = _program(context.connection, query)
    if not program:
        return frozenset()
    select = f"SELECT * FROM ({query}) LIMIT 0"  # noqa: S608 - it is the database's own, or the models'
    columns = list(context.connection.exec_driver_sql(select, execution_options=_RAW).keys())
    return frozenset([spelled(words(query)), repr(columns) + program])


def queries_on_postgresql(context: AutogenContext, query: str) -> frozenset[str]:
    """Return the spellings of a view's query, read twice; none where the server does not take it as things are."""
    once = _viewdef(context.connection, query)
    return frozenset(filter(None, (once, once and _viewdef(context.connection, once))))


def _viewdef(connection: Connection | None, query: str) -> str:
    if connection is None:
        return ""
    try:
        with rolled_back(connection):
            _run(connection, f"CREATE TEMPORARY VIEW mm_view AS {query}")
            found = connection.exec_driver_sql("SELECT pg_get_viewdef('pg_temp.mm_view'::regclass)").scalar_one()
            return str(found).strip().rstrip(";")
    except exc.DBAPIError:
        return ""
