"""A short text that changes when a database's schema does, from one query: what a plan's fingerprint is told of it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sqlalchemy import exc

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from .database import Database

# sqlite.org/schematab.html. Not PRAGMA schema_version, which counts a change and its taking back as two.
_SQLITE = (
    "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE tbl_name <> 'migration_magics_backfill' ORDER BY 1, 2, 3"
)

# postgresql.org/docs/current/catalogs.html. An index has its columns in pg_attribute, too.
# Tables that keep rows for `undo` (`ours`) are left out: a move makes them.
_POSTGRESQL = """
SELECT md5(coalesce(string_agg(line, ' ' ORDER BY line COLLATE "C"), '')) FROM (
  SELECT concat_ws('.', n.nspname, c.relname, c.relkind, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull)
         AS line
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'i', 'I') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
     AND left(c.relname, 9) <> '_mm_undo_'
  UNION ALL
  SELECT concat_ws('.', n.nspname, t.relname, k.conname, k.contype)
    FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
   WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
) lines
"""

# dev.mysql.com/doc/refman/en/information-schema.html; the same in MariaDB. A sum, for GROUP_CONCAT is cut after 1 MB.
_MYSQL = """
SELECT COUNT(*), SUM(CRC32(CONCAT_WS('.', table_name, ordinal_position, column_name, column_type, is_nullable)))
  FROM information_schema.columns WHERE table_schema = DATABASE() AND left(table_name, 9) <> '_mm_undo_'
UNION ALL
SELECT COUNT(*), SUM(CRC32(CONCAT_WS('.', table_name, index_name, seq_in_index, column_name, non_unique)))
  FROM information_schema.statistics WHERE table_schema = DATABASE()
UNION ALL
SELECT COUNT(*), SUM(CRC32(CONCAT_WS('.', table_name, constraint_name, constraint_type)))
  FROM information_schema.table_constraints WHERE table_schema = DATABASE()
"""


def read(database: Database) -> str:
    """Return the token of *database*: tables, columns with their types, indexes and constraints.

    "" for one that is empty or not there yet, of a dialect not known here, or whose catalogue cannot be read in two
    seconds: two of these look alike, so a plan is then told apart by heads and files alone. Raises what opening the
    connection does.
    """
    if database.is_missing:
        return ""
    try:
        return database.run(_token)
    except exc.SQLAlchemyError:
        return ""


def _token(connection: Connection) -> str:
    query = _query(connection)
    if not query:
        return ""
    rows = [tuple(map(str, row)) for row in connection.exec_driver_sql(query)]
    if not rows:  # SQLite's, of a file without anything in it: as if it were not there
        return ""
    return hashlib.blake2b(repr(rows).encode(), digest_size=6).hexdigest()


def _query(connection: Connection) -> str:
    dialect = connection.dialect
    if dialect.name == "sqlite":
        return _SQLITE
    if dialect.name == "postgresql":
        return _POSTGRESQL
    if getattr(dialect, "is_mariadb", False):
        # information_schema opens tables there: it would wait behind somebody's ALTER TABLE
        return f"SET STATEMENT max_statement_time=2, lock_wait_timeout=2 FOR {_MYSQL}"
    return _MYSQL if dialect.name == "mysql" else ""
