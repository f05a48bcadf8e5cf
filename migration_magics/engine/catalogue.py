"""The names of a database's tables, columns, indexes and constraints, in one query, for completion and did-you-mean.

Only what a statement can name without a schema is read: the schema in use, or those of the search path.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import exc

from ..errors import MigrationError
from ..model.names import Names
from . import failures
from .ours import is_ours

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

    from .database import Database

_LIMIT = 100_000
"""Rows read at most: some 5,000 tables. Nobody looks through more in a pop-up, and reading them would be felt."""

# sqlite.org/pragma.html: table-valued pragma functions. Those of a view or a virtual table fail when the table below or
# the module is gone, and with them the whole query: so only plain tables are asked for their columns.
_SQLITE = """
SELECT m.name, 'column', c.name FROM sqlite_master m LEFT JOIN pragma_table_info(m.name) c
 WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND m.sql NOT LIKE 'CREATE VIRTUAL%'
UNION ALL
SELECT m.name, 'table', NULL FROM sqlite_master m WHERE m.type = 'view' OR m.sql LIKE 'CREATE VIRTUAL%'
UNION ALL
SELECT m.tbl_name, 'index', m.name FROM sqlite_master m WHERE m.type = 'index' AND m.sql IS NOT NULL
"""

# postgresql.org/docs/current/catalogs.html. An index that a constraint made is listed as the constraint.
_POSTGRESQL = """
SELECT t.relname::text, x.kind, x.name::text
  FROM pg_class t
  JOIN LATERAL (
    SELECT 'table' AS kind, NULL::name AS name, 0 AS place
    UNION ALL
    SELECT 'column', a.attname, a.attnum FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT 'index', i.relname, 0 FROM pg_index n JOIN pg_class i ON i.oid = n.indexrelid
     WHERE n.indrelid = t.oid AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid AND k.conrelid = t.oid)
    UNION ALL
    SELECT 'constraint', k.conname, 0 FROM pg_constraint k WHERE k.conrelid = t.oid AND k.contype <> 'n'
  ) x ON true
 WHERE t.relkind IN ('r', 'p', 'v', 'm', 'f') AND t.relnamespace = ANY (current_schemas(false)::regnamespace[])
   AND pg_table_is_visible(t.oid)
 ORDER BY t.relname, x.place, x.name
"""

# dev.mysql.com/doc/refman/en/information-schema.html; the same in MariaDB. The key of a constraint is listed as both.
_MYSQL = """
SELECT table_name, 'column', column_name, ordinal_position FROM information_schema.columns WHERE table_schema = DATABASE()
UNION ALL
SELECT DISTINCT table_name, 'index', index_name, 0 FROM information_schema.statistics
 WHERE table_schema = DATABASE() AND index_name <> 'PRIMARY'
UNION ALL
SELECT table_name, 'constraint', constraint_name, 0 FROM information_schema.table_constraints
 WHERE table_schema = DATABASE() AND constraint_name <> 'PRIMARY'
ORDER BY 1, 4
"""

# How each server says that a table is missing; the last is MariaDB's of DROP TABLE.
_MISSING = re.compile(
    r"no such table: (\S+)"
    r"|(?:relation|table) \"([^\"]+)\" does not exist"
    r"|Table '([^']+)' doesn't exist"
    r"|Unknown table '([^']+)'"
)


def read(database: Database) -> Names:
    """Return the names in *database*; none where they cannot be read, for they are a convenience and nothing depends on them."""
    if database.is_missing:
        return Names()
    try:
        return database.run(names)
    except (MigrationError, exc.SQLAlchemyError):
        return Names()


def meant_table(database: Database, error: BaseException, made: tuple[str, ...] = ()) -> str:
    """Return the table of *database*, or *made* by the run, that is spelled most like the one that *error* misses, or ""."""
    said = failures.words(error)
    missing = _MISSING.search(said)
    if missing is not None:
        wanted = next(filter(None, missing.groups()))
    elif isinstance(error, exc.NoSuchTableError):
        wanted = said
    else:
        return ""
    wanted = wanted.rpartition(".")[2]
    known = {*read(database).tables, *made} - {wanted}
    return Names.of((table, "table", None) for table in known).nearest(wanted)


def names(connection: Connection) -> Names:
    """Return the names that *connection* sees. Raises SQLAlchemy's errors."""
    query = _query(connection)
    if query is None:
        return Names.of(_inspected(connection))
    rows = connection.exec_driver_sql(query).fetchmany(_LIMIT)
    return Names.of(
        (str(row[0]), str(row[1]), None if row[2] is None else str(row[2])) for row in rows if not is_ours(str(row[0]))
    )


def _query(connection: Connection) -> str | None:
    dialect = connection.dialect
    if dialect.name == "sqlite":
        return _SQLITE
    if dialect.name == "postgresql":
        return _POSTGRESQL
    if getattr(dialect, "is_mariadb", False):
        # information_schema opens tables there: it would wait behind somebody's ALTER TABLE
        return f"SET STATEMENT max_statement_time=2, lock_wait_timeout=2 FOR {_MYSQL}"
    return _MYSQL if dialect.name == "mysql" else None


def _inspected(connection: Connection) -> Iterator[tuple[str, str, str | None]]:
    """Ask SQLAlchemy, for a database whose catalogue is not known here: columns only."""
    for (_schema, table), columns in sa.inspect(connection).get_multi_columns().items():
        yield table, "table", None
        yield from ((table, "column", column["name"]) for column in columns)
