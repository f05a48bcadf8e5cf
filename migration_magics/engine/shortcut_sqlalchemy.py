"""Every private name of SQLAlchemy and Alembic that the shortcut needs, each with what it is there for.

Checked with SQLAlchemy 2.0 and 2.1, Alembic 1.18 to 1.20. What is replaced is replaced on one dialect object, for one
connection, and put back.
"""

from __future__ import annotations

import contextlib
import gc
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.autogenerate.api import AutogenContext
from sqlalchemy.dialects.mysql.base import MySQLDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from alembic.runtime.migration import MigrationContext
    from sqlalchemy.engine import Connection
    from sqlalchemy.types import TypeEngine

_MASTER = "SELECT type, name, tbl_name, rootpage, sql FROM main.sqlite_master ORDER BY rowid"
_OF_TABLES = ("table_info", "table_xinfo", "foreign_key_list", "index_list")


@contextlib.contextmanager
def collection_paused() -> Iterator[None]:
    """No cycles are looked for meanwhile: with thousands of tables that takes a third of the time and finds nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def is_plain(context: MigrationContext) -> bool:
    """Return whether all that compares is Alembic's or ours, and nobody listens when tables are read.

    Others may look at anything: rows, files, other tables. Private: the comparators of a dispatcher, the listeners of a
    class; Alembic has no public way to ask for either.
    """
    comparators = AutogenContext(context).comparators._registry  # noqa: SLF001 - see above
    functions = [function for listed in comparators.values() for function, _subgroup in listed]
    functions += [
        member for kind in type(context.impl).__mro__[:-1] for member in vars(kind).values() if callable(member)
    ]
    return all(map(_is_known, functions)) and not any(map(_is_listened_to, _READ))


_READ = (
    (sa.Table, "column_reflect"),
    (sa.Table, "before_parent_attach"),
    (sa.Table, "after_parent_attach"),
    (sa.Column, "before_parent_attach"),
    (sa.Column, "after_parent_attach"),
)


def _is_listened_to(event: tuple[Any, str]) -> bool:
    """Return whether anybody but SQLAlchemy's naming conventions changes what is read."""
    listeners = getattr(event[0].dispatch, event[1])._clslevel  # noqa: SLF001 - see is_plain
    return any(each.__module__ != "sqlalchemy.sql.naming" for listed in listeners.values() for each in listed)


def _is_known(function: Any) -> bool:
    return str(getattr(function, "__module__", "")).partition(".")[0] in {
        "alembic",
        "migration_magics",
        "sqlalchemy",
        "builtins",
    }


def variants(type_: TypeEngine[Any]) -> Mapping[str, TypeEngine[Any]]:
    """Return the types that stand in for *type_* by dialect. Private: `with_variant()` has no reading side."""
    found: Mapping[str, TypeEngine[Any]] = vars(type_).get("_variant_mapping", {})
    return found


def is_nullable_said(column: sa.Column[Any]) -> bool:
    """Return whether the model says of *column* if it is nullable. Private: Alembic asks it of computed columns."""
    return isinstance(column._user_defined_nullable, bool)  # noqa: SLF001 - see above


def in_order(table: sa.Table) -> list[sa.Constraint]:
    """Return the constraints of *table* as they were made. Private: they are a set, whose order is another in each run."""
    return sorted(table.constraints, key=lambda each: each._creation_order)  # noqa: SLF001 - see above


def extras(item: Any) -> tuple[dict[Any, Any], dict[str, Any]]:
    """Return `info` and the options for dialects of *item*.

    Private: both are made when first asked for, which for 20,000 columns takes longer than all else.
    """
    made = vars(item)
    return made.get("info") or {}, dict(item.dialect_kwargs) if "dialect_options" in made else {}


@contextlib.contextmanager
def read_at_once(connection: Connection) -> Iterator[Any]:
    """SQLAlchemy's reflection on *connection* is answered from a few queries meanwhile; what it makes of them is its own.

    Yields the rows of `sqlite_master` on SQLite, the way to a CREATE TABLE by quoted name on MariaDB and MySQL, None
    elsewhere, and where not all can be told so.
    """
    dialect = connection.dialect
    replaced: dict[str, Any] = {}
    told: Any = None
    if isinstance(dialect, SQLiteDialect) and _is_ordinary(connection):
        told, replaced = _sqlite(connection)
    elif isinstance(dialect, MySQLDialect):
        told, replaced = _mysql(connection)
    for name, function in replaced.items():
        setattr(dialect, name, function)
    try:
        yield told
    finally:
        for name in replaced:
            delattr(dialect, name)


def _is_ordinary(connection: Connection) -> bool:
    """Temporary tables hide others, older servers have no such functions, and dialects of others read in ways of their own."""
    kind = type(connection.dialect)
    return (
        (connection.dialect.server_version_info or ()) >= (3, 26)
        and all(getattr(kind, name) is getattr(SQLiteDialect, name) for name in ("_get_table_pragma", "_get_table_sql"))
        and not connection.exec_driver_sql("SELECT count(*) FROM temp.sqlite_master").scalar()
    )


def _sqlite(connection: Connection) -> tuple[list[Any], dict[str, Any]]:
    """Private: `_get_table_pragma` and `_get_table_sql` are where SQLite's reflection asks, 11 times for each table."""
    dialect: Any = connection.dialect
    master = [tuple(row) for row in connection.exec_driver_sql(_MASTER)]
    sql = {name: text for kind, name, _, page, text in master if kind == "table" and page and text is not None}
    indexes = {name for kind, name, *_ in master if kind == "index"}
    pragmas = {pragma: _pragma(connection, pragma, "type = 'table' AND rootpage > 0") for pragma in _OF_TABLES[1:]}
    pragmas["table_info"] = {name: [row[:6] for row in rows] for name, rows in pragmas["table_xinfo"].items()}
    pragmas["index_info"] = _pragma(connection, "index_info", "type = 'index'")
    pragma_of, sql_of = dialect._get_table_pragma, dialect._get_table_sql  # noqa: SLF001 - see above

    def pragma(other: Connection, asked: str, name: str, schema: str | None = None) -> Any:
        is_known = other is connection and schema is None and name in (indexes if asked == "index_info" else sql)
        if (
            is_known
            and asked in pragmas
            and (asked != "table_info" or not _has_hidden(pragmas["table_xinfo"].get(name, ())))
        ):
            return pragmas[asked].get(name, [])
        return pragma_of(other, asked, name, schema=schema)

    def text(other: Connection, name: str, schema: str | None = None, **options: Any) -> Any:
        if other is connection and not schema and name in sql:
            return sql[name]
        return sql_of(other, name, schema, **options)

    return master, {"_get_table_pragma": pragma, "_get_table_sql": text}


def _has_hidden(rows: Any) -> bool:
    """`table_info` leaves out generated columns."""
    return any(row[6] for row in rows)


def _pragma(connection: Connection, pragma: str, which: str) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    query = f"SELECT m.name, x.* FROM (SELECT name FROM main.sqlite_master WHERE {which}) m, pragma_{pragma}(m.name, 'main') x"  # noqa: S608 - words of this file
    for row in connection.exec_driver_sql(query):
        found[row[0]].append(tuple(row[1:]))
    return found


def _mysql(connection: Connection) -> tuple[Any, dict[str, Any]]:
    """Private: `_show_create_table` is where all of MySQL's reflection comes from; each is asked for once."""
    dialect: Any = connection.dialect
    asked = dialect._show_create_table  # noqa: SLF001 - see above
    kept: dict[str, Any] = {}

    def show(other: Connection, table: Any, charset: str | None = None, full_name: str | None = None) -> Any:
        if other is not connection or full_name is None:
            return asked(other, table, charset, full_name)
        if full_name not in kept:
            kept[full_name] = asked(other, table, charset, full_name=full_name)
        return kept[full_name]

    return lambda name: show(connection, None, dialect._connection_charset, name), {"_show_create_table": show}  # noqa: SLF001
