"""What the live database says about questions (`model.question.Facts`): counts and samples, asked lazily, once, and bounded.

Reads only, with a time limit where the server has one. What takes longer is counted up to a bound, and that is the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exc

from ..clean import clean
from ..model.narrowing import misfit
from ..model.parts import split
from ..model.remedies import literal, quoted

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from ..engine.database import Database

_TIMEOUT_S = 5
_BOUND = 10_000
_LONGEST = 80


class LiveFacts:
    """The facts of one database; each is asked once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, Any] = {}

    def rows(self, table: str) -> int:
        """Return the number of rows."""
        return self._count(self._table(table), "")

    def values(self, table: str, column: str) -> int:
        """Return the number of rows with a value there, not NULL."""
        return self._count(self._table(table), f"{self._name(column)} IS NOT NULL")

    def samples(self, table: str, column: str, count: int) -> tuple[str, ...]:
        """Return up to *count* different values of the first rows, as text, cut where they are long."""
        name = self._name(column)
        shown = f"CAST({name} AS TEXT)" if self._database.family == "postgresql" else name  # json has no equality
        some = f"SELECT {shown} AS v FROM {self._table(table)} WHERE {name} IS NOT NULL LIMIT {_BOUND}"  # noqa: S608 - quoted
        rows = self._rows(f"SELECT DISTINCT v FROM ({some}) AS s ORDER BY v LIMIT {int(count)}")  # noqa: S608 - quoted
        return tuple(_shortly(row[0]) for row in rows or ())

    def misfits(self, table: str, column: str, type_: str) -> int | None:
        """Return how many values do not fit the type; None where that cannot be told."""
        condition = misfit(self._name(column), self._type(table, column), type_, self._database.family)
        if condition is None:
            return None
        return (
            self._counted(self._table(table), f"{self._name(column)} IS NOT NULL AND ({condition})") if condition else 0
        )

    def duplicates(self, table: str, columns: tuple[str, ...]) -> int:
        """Return how many rows repeat what another has in *columns*; those with a NULL there do not count."""
        names = [self._name(column) for column in columns]
        some = " AND ".join(f"{name} IS NOT NULL" for name in names)
        twice = f"SELECT COUNT(*) - 1 AS n FROM {self._table(table)} WHERE {some} GROUP BY {', '.join(names)} HAVING COUNT(*) > 1"  # noqa: S608 - quoted
        rows = self._rows(f"SELECT SUM(n) FROM ({twice}) AS t")  # noqa: S608 - quoted
        return int(rows[0][0] or 0) if rows else 0

    def uses(self, table: str, column: str, value: str) -> int:
        """Return how many rows have that value."""
        name = self._name(column)
        text = f"CAST({name} AS TEXT)" if self._database.family == "postgresql" else name
        return self._count(self._table(table), f"{text} = {literal(value, self._database.family)}")

    # -- asking

    def _count(self, table: str, condition: str) -> int:
        """Count whole; what takes too long is counted up to a bound, and 1 stands for what cannot be counted at all."""
        if self._database.is_missing:
            return 0
        found = self._counted(table, condition)
        if found is None:
            where = f" WHERE {condition}" if condition else ""
            rows = self._rows(f"SELECT COUNT(*) FROM (SELECT 1 FROM {table}{where} LIMIT {_BOUND}) AS s")  # noqa: S608 - quoted
            found = int(rows[0][0]) if rows else 1
        return found

    def _counted(self, table: str, condition: str) -> int | None:
        rows = self._rows(f"SELECT COUNT(*) FROM {table}" + (f" WHERE {condition}" if condition else ""))  # noqa: S608 - quoted
        return int(rows[0][0]) if rows else None

    def _rows(self, sql: str) -> list[Any] | None:
        """Return the rows; None where the database would not answer, or not in time."""
        if sql not in self._known:
            try:
                self._known[sql] = self._database.run(lambda connection: self._asked(connection, sql))
            except exc.DBAPIError:
                self._known[sql] = None
        found: list[Any] | None = self._known[sql]
        return found

    def _asked(self, connection: Connection, sql: str) -> list[Any]:
        is_mariadb = bool(getattr(connection.dialect, "is_mariadb", False))
        if self._database.family == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {_TIMEOUT_S * 1000}")
        elif self._database.family == "mysql":
            limit = f"max_statement_time = {_TIMEOUT_S}" if is_mariadb else f"max_execution_time = {_TIMEOUT_S * 1000}"
            connection.exec_driver_sql(f"SET SESSION {limit}")
        try:
            doubled = sql.replace("%", "%%") if connection.dialect.paramstyle in {"format", "pyformat"} else sql
            return [tuple(row) for row in connection.exec_driver_sql(doubled)]
        finally:
            if self._database.family == "mysql":
                name = "max_statement_time" if is_mariadb else "max_execution_time"
                connection.exec_driver_sql(f"SET SESSION {name} = DEFAULT")
            connection.rollback()

    # -- spelling

    def _name(self, name: str) -> str:
        return quoted(name, self._database.family)

    def _table(self, key: str) -> str:
        return ".".join(self._name(part) for part in split(key) if part)

    def _type(self, table: str, column: str) -> str:
        return self._types(table).get(column, "")

    def _types(self, table: str) -> dict[str, str]:
        from ..engine.reflect import reflect

        if "types" not in self._known:
            schema = self._database.read(reflect)
            self._known["types"] = {each.key: {one.name: one.type for one in each.columns} for each in schema.tables}
        found: dict[str, str] = self._known["types"].get(table, {})
        return found


def _shortly(value: Any) -> str:
    text = clean(str(value))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
