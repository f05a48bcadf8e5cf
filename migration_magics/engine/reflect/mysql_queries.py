"""What is asked of information_schema, by server and version. Columns are taken by place: MySQL 8 names them in capitals.

Sources: mariadb.com/kb/en/information-schema-tables and dev.mysql.com/doc/refman/8.4/en/information-schema.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import exc

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

LOCK_WAIT_S = 10
"""MariaDB reads the definition of a table under its metadata lock: it waits for a RENAME, an ALTER with LOCK=EXCLUSIVE.

MySQL 8 reads its data dictionary and waits for nobody.
"""

_LOCKED = 1205
"""ER_LOCK_WAIT_TIMEOUT, which is a mere warning here: the table is left out of the answer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A connection with what its server can be asked, for *only* these tables where it is not None."""

    connection: Connection
    is_mariadb: bool
    version: tuple[int, ...]
    only: frozenset[str] | None = None

    @staticmethod
    def of(connection: Connection, only: frozenset[str] | None) -> Asked:
        """Return *connection* as SQLAlchemy knows it; *only* are keys of tables."""
        dialect = connection.dialect
        version = tuple(part for part in dialect.server_version_info or () if isinstance(part, int))
        names = None if only is None else only | {name[1:-1] for name in only if "." in name}
        return Asked(connection, bool(getattr(dialect, "is_mariadb", False)), version, names)

    def at_least(self, *, mariadb: tuple[int, ...] | None = None, mysql: tuple[int, ...] | None = None) -> bool:
        """Return whether the server has what came with these versions; None: it never came."""
        since = mariadb if self.is_mariadb else mysql
        return since is not None and self.version >= since

    def rows(self, query: str, named: str = "table_name") -> list[tuple[Any, ...]]:
        """Return the rows of *query*, which ends in its WHERE, for the tables asked for.

        Raises SQLAlchemy's errors: `OperationalError` also where a table stayed locked for `LOCK_WAIT_S` seconds.
        """
        values: dict[str, Any] = {}
        brake = f"SET STATEMENT lock_wait_timeout={LOCK_WAIT_S}, max_statement_time=120 FOR " if self.is_mariadb else ""
        if self.only is None:
            statement = sa.text(brake + query)
        else:
            among: sa.BindParameter[str] = sa.bindparam("names", expanding=True)
            statement = sa.text(f"{brake}{query} AND {named} IN :names").bindparams(among)
            values = {"names": sorted(self.only)}
        found = self.connection.execute(statement, values)
        cursor = found.cursor
        rows = [tuple(map(_text, row)) for row in found] if _has_bytes(self.connection) else list(map(tuple, found))
        if self.is_mariadb and getattr(cursor, "warning_count", True):
            self._heed(query)
        return rows

    def _heed(self, query: str) -> None:
        """Raise the server's warning that it left out a table that another session has locked."""
        for _level, code, message in self.connection.execute(sa.text("SHOW WARNINGS")):
            if code == _LOCKED:
                original = self.connection.dialect.loaded_dbapi.OperationalError(code, message)
                raise exc.OperationalError(query, None, original)


def _has_bytes(connection: Connection) -> bool:
    """Some drivers give the long texts of MySQL 8's dictionary as bytes; PyMySQL and mysqlclient do not."""
    return connection.dialect.driver not in {"pymysql", "mysqldb", "asyncmy", "aiomysql"}


def _text(value: object) -> object:
    return bytes(value).decode() if isinstance(value, (bytes, bytearray)) else value


def database(asked: Asked) -> str | None:
    """Return the name of the database in use."""
    name = asked.connection.execute(sa.text("SELECT DATABASE()")).scalar()
    return None if name is None else str(_text(name))


def tables(asked: Asked) -> list[tuple[Any, ...]]:
    """Return name, type, engine, collation, comment, create options."""
    return asked.rows(
        "SELECT table_name, table_type, engine, table_collation, table_comment, create_options"
        " FROM information_schema.tables WHERE table_schema = DATABASE()"
    )


def columns(asked: Asked) -> list[tuple[Any, ...]]:
    """Return table, place, name, type, nullable, default, extra, collation, comment, generation expression."""
    return asked.rows(
        "SELECT table_name, ordinal_position, column_name, column_type, is_nullable, column_default, NULLIF(extra, ''),"
        " collation_name, NULLIF(column_comment, ''), generation_expression"
        " FROM information_schema.columns WHERE table_schema = DATABASE()"
    )


def indexes(asked: Asked) -> list[tuple[Any, ...]]:
    """Return table, index, place, not unique, column, prefix length, order, type, comment, hidden, expression."""
    return asked.rows(index_query(asked))


def index_query(asked: Asked) -> str:
    """Return the query of `indexes`: IGNORED came with MariaDB 10.6, INVISIBLE with MySQL 8.0, expressions with 8.0.13."""
    hidden = "NULL"
    if asked.at_least(mariadb=(10, 6)):
        hidden = "CASE ignored WHEN 'YES' THEN 'IGNORED' END"
    elif asked.at_least(mysql=(8, 0)):
        hidden = "CASE is_visible WHEN 'NO' THEN 'INVISIBLE' END"
    expression = "expression" if asked.at_least(mysql=(8, 0, 13)) else "NULL"
    return (
        "SELECT table_name, index_name, seq_in_index, non_unique, column_name, sub_part,"  # noqa: S608 - words of this file
        f" collation, index_type, NULLIF(index_comment, ''), {hidden}, {expression}"
        " FROM information_schema.statistics WHERE table_schema = DATABASE()"
    )


def foreign_keys(asked: Asked) -> list[tuple[Any, ...]]:
    """Return table, constraint, place, column, target's database, target, target's column."""
    return asked.rows(
        "SELECT table_name, constraint_name, ordinal_position, column_name, referenced_table_schema,"
        " referenced_table_name, referenced_column_name FROM information_schema.key_column_usage"
        " WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL"
    )


def rules(asked: Asked) -> list[tuple[Any, ...]]:
    """Return table, constraint, action on update, on delete. Those of a table that the user may only SELECT are hidden."""
    return asked.rows(
        "SELECT table_name, constraint_name, update_rule, delete_rule"
        " FROM information_schema.referential_constraints WHERE constraint_schema = DATABASE()"
    )


def checks(asked: Asked) -> list[tuple[Any, ...]]:
    """Return table, constraint ("" for that of a column), expression, whether it is enforced ("YES", "NO")."""
    if asked.at_least(mysql=(8, 0, 16)):
        return asked.rows(
            "SELECT t.table_name, t.constraint_name, c.check_clause, t.enforced FROM information_schema.table_constraints t"
            " JOIN information_schema.check_constraints c"
            " ON c.constraint_schema = t.constraint_schema AND c.constraint_name = t.constraint_name"
            " WHERE t.constraint_type = 'CHECK' AND t.table_schema = DATABASE()",
            named="t.table_name",
        )
    if not asked.at_least(mariadb=(10, 2, 22)):
        return []
    # A column's own check bears the column's name, which ALTER TABLE ... DROP CONSTRAINT does not know.
    name = "CASE level WHEN 'Column' THEN '' ELSE constraint_name END"
    if not asked.at_least(mariadb=(10, 5, 10)):
        name = "constraint_name"
    return asked.rows(
        f"SELECT table_name, {name}, check_clause, 'YES' FROM information_schema.check_constraints"  # noqa: S608 - words of this file
        " WHERE constraint_schema = DATABASE()"
    )


def triggers(asked: Asked) -> list[tuple[Any, ...]]:
    """Return table, time, event, place among those of one time and event, name, statement."""
    return asked.rows(
        "SELECT event_object_table, action_timing, event_manipulation, action_order, trigger_name, action_statement"
        " FROM information_schema.triggers WHERE trigger_schema = DATABASE()",
        named="event_object_table",
    )


def partitions(asked: Asked) -> list[tuple[Any, ...]]:
    """Return table, place, place below, name, method, expression, method below, expression below, values, comment."""
    return asked.rows(
        "SELECT table_name, partition_ordinal_position, COALESCE(subpartition_ordinal_position, 1), partition_name,"
        " partition_method, partition_expression, subpartition_method, subpartition_expression, partition_description,"
        " partition_comment FROM information_schema.partitions WHERE table_schema = DATABASE() AND partition_name IS NOT NULL"
    )


def views(asked: Asked) -> list[tuple[Any, ...]]:
    """Return name, definition ("" without the right to see it), check option, security, algorithm."""
    algorithm = "algorithm" if asked.is_mariadb else "'UNDEFINED'"
    return asked.rows(
        f"SELECT table_name, view_definition, check_option, security_type, {algorithm}"  # noqa: S608 - words of this file
        " FROM information_schema.views WHERE table_schema = DATABASE()"
    )


def routines(asked: Asked) -> list[tuple[Any, ...]]:
    """Return kind and name of the functions, procedures, packages and events."""
    return asked.rows(
        "SELECT LOWER(routine_type), routine_name FROM information_schema.routines WHERE routine_schema = DATABASE()"
        " UNION ALL SELECT 'event', event_name FROM information_schema.events WHERE event_schema = DATABASE()"
    )


def sequences(asked: Asked, names: Iterable[str]) -> list[tuple[Any, ...]]:
    """Return place in *names*, start, minimum, maximum, increment, cache size, cycle (0, 1) of sequences of MariaDB.

    No table of information_schema tells it (before MariaDB 11.5); mariadb.com/kb/en/select-from-sequence.
    """
    told = ("start_value", "minimum_value", "maximum_value", "increment", "cache_size", "cycle_option")
    each: list[Any] = [
        sa.select(sa.literal_column(str(place)), *map(sa.column, told)).select_from(
            sa.table(sa.quoted_name(name, quote=True))
        )
        for place, name in enumerate(names)
    ]
    return list(map(tuple, asked.connection.execute(sa.union_all(*each))))
