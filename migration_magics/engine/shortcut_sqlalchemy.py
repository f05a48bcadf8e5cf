"""Every private name of SQLAlchemy that the shortcut needs, each with what it is there for.

Checked with SQLAlchemy 2.0 and 2.1. What is replaced is replaced on one dialect object, for one
connection, and put back.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.mysql.base import MySQLDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from .host.comparators import comparators_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from alembic.runtime.migration import MigrationContext
    from sqlalchemy.engine import Connection
    from sqlalchemy.types import TypeEngine

_MASTER = "SELECT type, name, tbl_name, rootpage, sql FROM main.sqlite_master ORDER BY rowid"
_PRAGMAS = frozenset({"table_info", "table_xinfo", "foreign_key_list", "index_list", "index_info"})
_HIDDEN = 6
"""Where `table_xinfo` says that a column is generated; `table_info` leaves those out, and this."""

_FEW = 50
"""Questions after which a pragma is read for all tables at once: about five tables."""


def is_plain(context: MigrationContext) -> bool:
    """Return whether all that compares is Alembic's or ours, and nobody listens when tables are read.

    Others may look at anything: rows, files, other tables. Private: the listeners of a class; SQLAlchemy has no public way
    to ask for them.
    """
    functions = list(comparators_of(context))
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


def is_made_by_rule(item: Any) -> bool:
    """Return whether a function says if *item* is made at all. Private: `ddl_if()` has no reading side.

    The rules of SQLAlchemy's own types, by which a Boolean has a CHECK or none, are known by the types.
    """
    rule = getattr(item, "_create_rule", None)
    is_own = rule is None or type(rule).__module__.partition(".")[0] == "sqlalchemy"
    return not is_own or getattr(item, "_ddl_if", None) is not None


def extras(item: Any) -> tuple[dict[Any, Any], dict[str, Any]] | None:
    """Return `info` and the options for dialects of *item*, None where it has neither.

    Private: both are made when first asked for, which for 20,000 columns takes longer than all else.
    """
    made = vars(item)
    if "dialect_options" not in made and not made.get("info"):
        return None
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
    pragmas = _Pragmas(connection)
    pragma_of, sql_of = dialect._get_table_pragma, dialect._get_table_sql  # noqa: SLF001 - see above

    def pragma(other: Connection, asked: str, name: str, schema: str | None = None) -> Any:
        is_known = other is connection and schema is None and name in (indexes if asked == "index_info" else sql)
        rows = pragmas.rows(asked, name) if is_known else None
        return pragma_of(other, asked, name, schema=schema) if rows is None else rows

    def text(other: Connection, name: str, schema: str | None = None, **options: Any) -> Any:
        if other is connection and not schema and name in sql:
            return sql[name]
        return sql_of(other, name, schema, **options)

    return master, {"_get_table_pragma": pragma, "_get_table_sql": text}


class _Pragmas:
    """What SQLite's pragmas say of all tables, read when the first few questions are over: a second run has no more."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._read: dict[str, dict[str, list[Any]]] = {}
        self._asked = 0

    def rows(self, pragma: str, name: str) -> list[Any] | None:
        """Return the rows of *pragma* of a table or an index; None where the caller has to ask by itself."""
        self._asked += 1
        if self._asked <= _FEW or pragma not in _PRAGMAS:
            return None
        listed = self._all("table_xinfo" if pragma == "table_info" else pragma).get(name, [])
        if pragma != "table_info":
            return listed
        return None if any(row[_HIDDEN] for row in listed) else [row[:_HIDDEN] for row in listed]

    def _all(self, pragma: str) -> dict[str, list[Any]]:
        if pragma not in self._read:
            which = "type = 'index'" if pragma == "index_info" else "type = 'table' AND rootpage > 0"
            found: dict[str, list[Any]] = defaultdict(list)
            listed = f"SELECT name FROM main.sqlite_master WHERE {which}"  # noqa: S608 - words of this file
            query = f"SELECT m.name, x.* FROM ({listed}) m, pragma_{pragma}(m.name, 'main') x"  # noqa: S608 - as above
            for name, *row in self._connection.exec_driver_sql(query):
                found[name].append(tuple(row))
            self._read[pragma] = found
        return self._read[pragma]


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
