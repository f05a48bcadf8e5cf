"""How rows are kept and put back, in the words of PostgreSQL and of MariaDB and MySQL."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .ours import UNDO

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.engine import Connection

    from ..model.schema import Column, Table


class Words:
    """What both have in common."""

    sign = '"'
    overriding = ""

    def execute(self, connection: Connection, sql: str) -> Any:
        """Send *sql* as it stands: a percent sign in a name is no placeholder."""
        is_doubled = connection.dialect.paramstyle in {"format", "pyformat"}
        return connection.exec_driver_sql(sql.replace("%", "%%") if is_doubled else sql)

    def name(self, *parts: str) -> str:
        """Return the name of these *parts*, quoted; empty ones are left out."""
        return ".".join(self.sign + part.replace(self.sign, self.sign * 2) + self.sign for part in parts if part)

    def keep(self, connection: Connection, table: Table, place: str, values: Sequence[str] = ()) -> int:
        """Copy *table* to *place*, with *values* only these columns and the key, where they have a value; return how many."""
        key = table.primary_key.columns if table.primary_key is not None else ()
        columns = (*key, *values) if values else tuple(column.name for column in table.columns)
        wanted = ", ".join(f"{self.kept_as(self.name(column))} AS {self.name(column)}" for column in columns)
        where = " OR ".join(f"{self.name(column)} IS NOT NULL" for column in values) or "1 = 1"
        source = self.name(table.schema, table.name)
        self.execute(connection, f"CREATE TABLE {self.name(place)} AS SELECT {wanted} FROM {source} WHERE {where}")  # noqa: S608  # quoted
        return int(self.execute(connection, f"SELECT count(*) FROM {self.name(place)}").scalar() or 0)  # noqa: S608

    def put_rows(self, connection: Connection, table: Table, place: str) -> int:
        """Insert the rows of *place* that *table* has not, by its key; without one only into an empty table."""
        had = {str(row[0]) for row in self._columns(connection, place)}
        columns = [each for each in table.columns if each.computed is None and each.name in had]
        target = self.name(table.schema, table.name)
        names = ", ".join(self.name(each.name) for each in columns)
        wanted = ", ".join(self.value(each) for each in columns)
        done = self.execute(
            connection,
            f"INSERT INTO {target} ({names}) {self.overriding}SELECT {wanted} "  # noqa: S608 - quoted
            f"FROM {self.name(place)} k WHERE NOT EXISTS (SELECT 1 FROM {target} t WHERE {self.same(table) or '1 = 1'})",
        )
        self.count_on(connection, table)
        return int(done.rowcount)

    def left_out(self, connection: Connection, table: Table, place: str) -> int:
        """Return how many rows of *place* differ from those of *table* with their key."""
        key = self.same(table)
        had = {str(row[0]) for row in self._columns(connection, place)}
        there = [each for each in table.columns if each.computed is None and each.name in had]
        if not key or not there:
            return 0
        source = f"{self.name(table.schema, table.name)} t JOIN {self.name(place)} k ON {key}"
        differs = " OR ".join(self.differs(each) for each in there)
        return int(self.execute(connection, f"SELECT count(*) FROM {source} WHERE {differs}").scalar() or 0)  # noqa: S608

    def differs(self, column: Column) -> str:
        """Return the condition under which `t` has another value of *column* than was kept as `k`."""
        return f"NOT (t.{self.name(column.name)} <=> {self.value(column)})"

    def put_values(self, connection: Connection, table: Table, place: str, columns: Sequence[str]) -> int:
        """Set *columns* of *table* to what *place* has for its key; return in how many rows."""
        raise NotImplementedError

    def same(self, table: Table) -> str:
        """Return the condition under which `t` of *table* and `k` that was kept are one row."""
        key = table.primary_key.columns if table.primary_key is not None else ()
        found = [table.column(name) for name in key]
        return " AND ".join(f"t.{self.name(each.name)} = {self.value(each)}" for each in found if each is not None)

    def kept_as(self, column: str) -> str:
        """Return what is kept of *column*, a quoted name."""
        return column

    def value(self, column: Column) -> str:
        """Return what was kept as `k` for *column*, as a value for it."""
        return f"k.{self.name(column.name)}"

    def values(self, table: Table, columns: Sequence[str]) -> list[Column]:
        """Return those of *columns* that *table* has and that can be set."""
        found = [table.column(name) for name in columns]
        return [each for each in found if each is not None and each.computed is None]

    def count_on(self, connection: Connection, table: Table) -> None:
        """Let the numbers of *table* go on behind those that were put back."""

    def size_bytes(self, connection: Connection, table: Table) -> int:
        """Return about how much room *table* takes."""
        raise NotImplementedError

    def kept(self, connection: Connection) -> list[str]:
        """Return the tables that keep rows, sorted."""
        raise NotImplementedError

    def _columns(self, connection: Connection, place: str) -> Any:
        raise NotImplementedError

    @contextmanager
    def as_they_are(self, connection: Connection) -> Iterator[None]:
        """Take rows that the server would not let anybody write any more."""
        del connection
        yield

    @contextmanager
    def unwatched(self, connection: Connection, tables: Sequence[Table]) -> Iterator[None]:
        """Let triggers on *tables* rest meanwhile: what they did, they did when the rows came first."""
        del connection, tables
        yield


class PostgreSQL(Words):
    """postgresql.org/docs/current: catalogs, functions-sequence, sql-insert, sql-altertable.

    Values are kept as text, which every type has: a type of the user's could not be dropped while a table of ours has it.
    """

    overriding = "OVERRIDING SYSTEM VALUE "

    def differs(self, column: Column) -> str:
        """See `Words.differs`."""
        return f"t.{self.name(column.name)}::text IS DISTINCT FROM k.{self.name(column.name)}"

    def kept_as(self, column: str) -> str:
        """See `Words.kept_as`."""
        return f"{column}::text"

    def value(self, column: Column) -> str:
        """See `Words.value`; a cast to a length would cut values that do not fit, an assignment refuses them."""
        name = f"k.{self.name(column.name)}"
        if re.match(r"(?:text|char|varchar|character)\b", column.type) and not column.type.endswith("]"):
            return name
        is_bits = column.type.startswith("bit")
        return f"{name}::{column.type if is_bits else re.sub(r'[(][0-9, ]+[)]', '', column.type)}"

    def put_values(self, connection: Connection, table: Table, place: str, columns: Sequence[str]) -> int:
        """See `Words.put_values`."""
        there = self.values(table, columns)
        values = ", ".join(f"{self.name(each.name)} = {self.value(each)}" for each in there)
        changed = " OR ".join(
            f"t.{self.name(each.name)}::text IS DISTINCT FROM k.{self.name(each.name)}" for each in there
        )
        done = self.execute(
            connection,
            f"UPDATE {self.name(table.schema, table.name)} t SET {values} FROM {self.name(place)} k "  # noqa: S608
            f"WHERE {self.same(table)} AND ({changed})",
        )
        return int(done.rowcount)

    def count_on(self, connection: Connection, table: Table) -> None:
        """See `Words.count_on`; a sequence that stands further on stays there."""
        target = self.name(table.schema, table.name)
        text = target.replace("'", "''")
        for column in table.columns:
            name = column.name.replace("'", "''")
            sequence = self.execute(connection, f"SELECT pg_get_serial_sequence('{text}', '{name}')").scalar()
            if sequence:
                quoted = str(sequence).replace("'", "''")
                self.execute(
                    connection,
                    f"SELECT setval('{quoted}', m) FROM (SELECT max({self.name(column.name)}) AS m FROM {target}) AS found, "  # noqa: S608
                    f"{sequence} s WHERE m > s.last_value OR (m = s.last_value AND NOT s.is_called)",
                )

    def size_bytes(self, connection: Connection, table: Table) -> int:
        """See `Words.size_bytes`."""
        name = self.name(table.schema, table.name).replace("'", "''")
        return int(self.execute(connection, f"SELECT pg_table_size('{name}'::regclass)").scalar() or 0)

    def kept(self, connection: Connection) -> list[str]:
        """See `Words.kept`."""
        found = self.execute(
            connection,
            f"SELECT relname FROM pg_class WHERE left(relname, {len(UNDO)}) = '{UNDO}' AND relkind = 'r' "  # noqa: S608
            "AND pg_table_is_visible(oid) ORDER BY 1",
        )
        return [str(row[0]) for row in found]

    def _columns(self, connection: Connection, place: str) -> Any:
        return self.execute(
            connection,
            f"SELECT attname FROM pg_attribute WHERE attrelid = '{self.name(place)}'::regclass AND attnum > 0",  # noqa: S608
        )

    @contextmanager
    def as_they_are(self, connection: Connection) -> Iterator[None]:
        """See `Words.as_they_are`: text that is read again to the letter."""
        for setting in (
            "DateStyle = 'ISO, YMD'",
            "IntervalStyle = 'postgres'",
            "extra_float_digits = 1",
            "bytea_output = 'hex'",
        ):
            self.execute(connection, f"SET LOCAL {setting}")
        yield

    @contextmanager
    def unwatched(self, connection: Connection, tables: Sequence[Table]) -> Iterator[None]:
        """See `Words.unwatched`: those that are on, one by one, in the transaction."""
        found = []
        for table in tables:
            name = self.name(table.schema, table.name)
            text = name.replace("'", "''")
            asked = (
                f"SELECT quote_ident(tgname) FROM pg_trigger WHERE tgrelid = '{text}'::regclass "  # noqa: S608 - quoted
                "AND NOT tgisinternal AND tgenabled = 'O'"
            )
            found += [(name, str(row[0])) for row in self.execute(connection, asked)]
        for name, trigger in found:
            self.execute(connection, f"ALTER TABLE {name} DISABLE TRIGGER {trigger}")
        yield
        self.execute(connection, "SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come cannot be altered
        for name, trigger in found:
            self.execute(connection, f"ALTER TABLE {name} ENABLE TRIGGER {trigger}")


class MySQL(Words):
    """MariaDB and MySQL: the same, but for sequences. Triggers cannot rest there."""

    sign = "`"

    def put_values(self, connection: Connection, table: Table, place: str, columns: Sequence[str]) -> int:
        """See `Words.put_values`."""
        there = self.values(table, columns)
        values = ", ".join(f"t.{self.name(each.name)} = {self.value(each)}" for each in there)
        changed = " OR ".join(f"NOT (t.{self.name(each.name)} <=> {self.value(each)})" for each in there)
        done = self.execute(
            connection,
            f"UPDATE {self.name(table.schema, table.name)} t JOIN {self.name(place)} k ON {self.same(table)} "  # noqa: S608 - quoted
            f"SET {values} WHERE {changed}",
        )
        return int(done.rowcount)

    def size_bytes(self, connection: Connection, table: Table) -> int:
        """See `Words.size_bytes`: an estimate of the server's."""
        where = f"'{_text(table.schema)}'" if table.schema else "DATABASE()"
        found = self.execute(
            connection,
            "SELECT data_length FROM information_schema.tables "  # noqa: S608 - quoted
            f"WHERE table_schema = {where} AND table_name = '{_text(table.name)}'",
        )
        return int(found.scalar() or 0)

    def kept(self, connection: Connection) -> list[str]:
        """See `Words.kept`."""
        found = self.execute(
            connection,
            "SELECT table_name FROM information_schema.tables "  # noqa: S608 - quoted
            f"WHERE table_schema = DATABASE() AND left(table_name, {len(UNDO)}) = '{UNDO}' ORDER BY 1",
        )
        return [str(row[0]) for row in found]

    def _columns(self, connection: Connection, place: str) -> Any:
        return self.execute(
            connection,
            f"SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = '{place}'",  # noqa: S608
        )

    @contextmanager
    def as_they_are(self, connection: Connection) -> Iterator[None]:
        """See `Words.as_they_are`."""
        names = ("sql_mode", "foreign_key_checks")
        before = [self.execute(connection, f"SELECT @@SESSION.{name}").scalar() for name in names]
        connection.rollback()
        self.execute(
            connection, "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', foreign_key_checks = 0"
        )
        try:
            yield
        finally:
            for name, value in zip(names, before, strict=True):
                self.execute(
                    connection,
                    f"SET SESSION {name} = '{value}'" if isinstance(value, str) else f"SET SESSION {name} = {value}",
                )


def _text(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")


def words_of(connection: Connection) -> Words:
    """Return the words of the server of *connection*."""
    return PostgreSQL() if connection.dialect.name == "postgresql" else MySQL()
