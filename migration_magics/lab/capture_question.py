"""What is asked of the database to count the changes of one table, whichever way: rows, their copy, a table of changes."""

# ruff: noqa: S608  # names are quoted by `Words`; nobody's values stand in the SQL

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..model.rowdiff import shown
from .capture_kept import execute

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from ..model.rowpairs import ColumnPair, Key, TablePair
    from .capture_kept import Kept


class Question:
    """Questions about one table. *connection* sees the rows before (`was`, called b) and now (`now`, called o)."""

    def __init__(self, connection: Connection, kept: Kept, pair: TablePair) -> None:
        self.connection, self.kept, self.pair = connection, kept, pair
        self.words = kept.words
        self.changes = f"mm_changes_{kept.token}"
        self.notes = list(pair.notes)
        self.was = f"{kept.before(pair.before)} b" if pair.before is not None else ""
        self.now = f"{self.words.now(pair.after)} o" if pair.after is not None else ""

    def rows_before(self) -> int:
        """Return how many rows there were."""
        if self.pair.before is None:
            return 0
        known = self.kept.counts.get(self.pair.before.key)
        return self._count(self.was) if known is None else known

    def rows_now(self) -> int:
        """Return how many rows there are."""
        return self._count(self.now) if self.now else 0

    def _count(self, source: str) -> int:
        return int(self.value(f"SELECT count(*) FROM {source}"))

    def holds(self, key: Key) -> bool:
        """Say whether these columns tell all rows apart, before and now."""
        for source, names in (
            (self.was, [each.old.name for each in key.pairs]),
            (self.now, [each.name for each in key.pairs]),
        ):
            columns = [self.words.name(name) for name in names]
            missing = " OR ".join(f"{column} IS NULL" for column in columns)
            twice = f"SELECT 1 AS x FROM {source} GROUP BY {', '.join(columns)} HAVING count(*) > 1"
            if self.value(f"SELECT count(*) FROM (SELECT 1 AS x FROM {source} WHERE {missing} LIMIT 1) s"):
                return False
            if self.value(f"SELECT count(*) FROM (SELECT x FROM ({twice}) t LIMIT 1) s"):
                return False
        return True

    @property
    def is_numbered(self) -> bool:
        """The table of changes is given its `mm_row`; other databases number rows by themselves."""
        return self.connection.dialect.name == "postgresql"

    def make(self, columns: tuple[ColumnPair, ...], values: list[str], rest: str, *, is_compared: bool = False) -> None:
        """Make the table of changes with these *values*.

        Of each of the *columns* it has the values before and now (`o0`, `n0`, ...), or `v0`, ... as it *is_compared*.
        """
        declared = ""
        if self.connection.dialect.name in {"mysql", "mariadb"}:
            types = [(at, self.words.changes_type(each.column)) for at, each in enumerate(columns)]
            sides = "v" if is_compared else "on"
            own = [
                f"{side}{at} {'LONGBLOB' if is_compared else type_}" for side in sides for at, type_ in types if type_
            ]
            declared = f"({', '.join(['mm_row BIGINT AUTO_INCREMENT PRIMARY KEY', *own])})"
        number = ["row_number() OVER () AS mm_row"] if self.is_numbered else []
        self.drop()
        self.do(f"CREATE TEMPORARY TABLE {self.changes} {declared} AS SELECT {', '.join([*number, *values])} {rest}")

    def drop(self) -> None:
        """Drop the table of changes; MariaDB commits before the DROP of any but a temporary one."""
        temporary = "TEMPORARY " if self.connection.dialect.name in {"mysql", "mariadb"} else ""
        self.do(f"DROP {temporary}TABLE IF EXISTS {self.changes}")

    def text(self, column: str, value: object) -> str | None:
        """Return the text to show for a *value* that came as `Words.shown`."""
        return shown(column, self.words.read(value))

    def do(self, sql: str) -> None:
        """Send *sql*."""
        execute(self.connection, sql)

    def rows(self, sql: str) -> list[Any]:
        """Return all rows of a short answer."""
        return [tuple(row) for row in execute(self.connection, sql)]

    def value(self, sql: str) -> Any:
        """Return the one value of an answer."""
        return execute(self.connection, sql).scalar()
