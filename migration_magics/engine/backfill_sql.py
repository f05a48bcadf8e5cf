"""The statements of a backfill, made once per run: where a batch ends, the change itself, and what is asked beforehand.

A batch is a range of keys, never a list of them and never OFFSET: what the range leaves out on one side the next one has.
Rows compare as whole keys, `(a, b) > (x, y)`, which PostgreSQL and SQLite take to the index; MariaDB 10.11 does not, and gets
the same spelt out. Values are bound without a type, so that the server takes that of the column (an enum's, a UUID's).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import quoted_name

from ..model.families import family

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.engine import Connection

    from ..model.batches import Job, Key
    from ..model.schema import Table

_MOST_COUNTED = 1_000_000
_EXACT_BELOW = 10_000


class Statements:
    """What is sent for *job* on *table*, walked by *key*."""

    def __init__(self, job: Job, table: Table, key: tuple[str, ...], dialect: str) -> None:
        self.key = key
        self._is_spelt_out = dialect in {"mysql", "mariadb"}
        self._where = expression(job.where) if job.where else None
        self._assigned = tuple(each.column for each in job.assignments)
        names = dict.fromkeys((*key, *self._assigned))
        self.table = sa.table(
            quoted_name(table.name, quote=True),
            *(sa.column(quoted_name(name, quote=True)) for name in names),
            schema=quoted_name(table.schema, quote=True) if table.schema else None,
        )
        self._columns = [self.table.c[name] for name in key]
        column = table.column(key[0])
        is_number = column is not None and family(column.type) == "integer"
        # of others max() may not follow the order (an enum of MariaDB) or not be there (a UUID of PostgreSQL 15)
        self._has_max = len(key) == 1 and (is_number or dialect == "sqlite")
        change = self.table.update().values({each.column: expression(each.expression) for each in job.assignments})
        change = change.where(self._compare("upto", is_above=False))
        if self._where is not None:
            change = change.where(self._where)
        self.first_end, self.next_end = self._end(), self._end(self._compare("above", is_above=True))
        self.first_change, self.next_change = change, change.where(self._compare("above", is_above=True))

    def _binds(self, prefix: str) -> list[sa.BindParameter[Any]]:
        return [sa.bindparam(f"{prefix}_{at}", type_=sa.types.NullType()) for at in range(len(self.key))]

    def _compare(self, prefix: str, *, is_above: bool) -> sa.ColumnElement[bool]:
        """The rows whose key lies above the one bound as *prefix*, or at most there."""
        columns, values = self._columns, self._binds(prefix)
        if len(columns) == 1:
            return columns[0] > values[0] if is_above else columns[0] <= values[0]
        if not self._is_spelt_out:
            ours, theirs = sa.tuple_(*columns), sa.tuple_(*values)
            return ours > theirs if is_above else ours <= theirs
        return _spelt_out(columns, values, is_above=is_above)

    def _end(self, *conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
        """The last key of the next `size` rows, and how many they are."""
        rows = sa.select(*(column.label(f"k{at}") for at, column in enumerate(self._columns))).where(*conditions)
        batch = rows.order_by(*self._columns).limit(sa.bindparam("size", type_=sa.Integer())).subquery("batch")
        if self._has_max:  # measured on SQLite: a quarter of the time that sorting and counting by a window take
            return sa.select(*[sa.func.max(batch.c.k0), sa.func.count()])
        down = [column.desc() for column in batch.c]
        return sa.select(*batch.c, sa.func.count().over()).order_by(*down).limit(1)

    def end(self, connection: Connection, position: Key | None, size: int) -> tuple[Key, int] | None:
        """Return the last key of the next *size* rows beyond *position* and how many there are, or None at the end."""
        statement = self.first_end if position is None else self.next_end
        row = connection.execute(statement, {"size": size, **_bound("above", position or ())}).first()
        return None if row is None or not row[-1] else (tuple(row[:-1]), int(row[-1]))

    def change(self, connection: Connection, position: Key | None, end: Key) -> int:
        """Change the rows beyond *position* up to *end*; return how many."""
        statement = self.first_change if position is None else self.next_change
        changed = connection.execute(statement, {**_bound("above", position or ()), **_bound("upto", end)})
        return max(0, changed.rowcount)

    def overwritten(self, connection: Connection) -> int:
        """Return how many rows have a value already in a column that will be set; counting stops after a million."""
        has_value = sa.or_(*(self.table.c[name].is_not(None) for name in self._assigned))
        return self._count(connection, has_value)

    def left(self, connection: Connection) -> int | None:
        """Return how many rows the condition still holds for, None without one; counting stops after a million."""
        return None if self._where is None else self._count(connection, self._where)

    def has_null_key(self, connection: Connection) -> bool:
        """Say whether a row has no value in a column of its key."""
        is_null = sa.or_(*(column.is_(None) for column in self._columns))
        return (
            connection.execute(sa.select(sa.literal(1)).select_from(self.table).where(is_null).limit(1)).first()
            is not None
        )

    def _count(self, connection: Connection, condition: sa.ColumnElement[bool]) -> int:
        some = sa.select(sa.literal(1).label("one")).select_from(self.table).where(condition).limit(_MOST_COUNTED)
        return int(connection.scalar(sa.select(sa.func.count()).select_from(some.subquery())) or 0)

    def total(self, connection: Connection, table: Table) -> int:
        """Return about how many rows the table has: the server's own estimate where it is large."""
        estimate = _estimate(connection, table)
        if estimate >= _EXACT_BELOW:
            return estimate
        return int(connection.scalar(sa.select(sa.func.count()).select_from(self.table)) or 0)


def expression(text: str) -> sa.ColumnElement[Any]:
    """Return SQL that a person wrote as one operand, whatever is in it: colons and percent signs are its own.

    The line break before the bracket ends a comment.
    """
    return sa.literal_column(f"({text}\n)")


def _bound(prefix: str, key: Sequence[Any]) -> Mapping[str, Any]:
    return {f"{prefix}_{at}": value for at, value in enumerate(key)}


def _spelt_out(columns: Sequence[Any], values: Sequence[Any], *, is_above: bool) -> sa.ColumnElement[bool]:
    """`(a, b) > (x, y)` as `a >= x AND (a > x OR (a = x AND b > y))`."""
    clauses = []
    for at in range(len(columns)):
        same = [columns[each] == values[each] for each in range(at)]
        is_last = at == len(columns) - 1
        column, value = columns[at], values[at]
        beyond = column > value if is_above else column <= value if is_last else column < value
        clauses.append(sa.and_(*same, beyond))
    bound = columns[0] >= values[0] if is_above else columns[0] <= values[0]
    return sa.and_(bound, sa.or_(*clauses))


def _estimate(connection: Connection, table: Table) -> int:
    if connection.dialect.name == "postgresql":
        query = (
            "SELECT c.reltuples FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relname = :name AND n.nspname = coalesce(nullif(:schema, ''), current_schema())"
        )
    elif connection.dialect.name in {"mysql", "mariadb"}:
        query = (
            "SELECT table_rows FROM information_schema.tables "
            "WHERE table_name = :name AND table_schema = coalesce(nullif(:schema, ''), DATABASE())"
        )
    else:
        return -1
    return int(connection.scalar(sa.text(query), {"name": table.name, "schema": table.schema}) or 0)
