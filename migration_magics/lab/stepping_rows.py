"""What each operation of a running revision does to rows, seen from inside its own transaction.

Nobody else sees what is not committed. So the rows before are kept in temporary tables of the run's own connection, and only
those of a table that has changed are kept anew.
"""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from ..model.rowdiff import RowDiff
from ..model.rowpairs import pairs
from .capture import MOST_COLUMNS, own_rows
from .capture_count import row_diff
from .capture_kept import PREFIX, execute
from .capture_sql import words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy.engine import Connection

    from ..model.diff import Change
    from ..model.rowpairs import TablePair
    from ..model.schema import Schema, Table

T = TypeVar("T")


class RowsInRun:
    """The rows as they were at the last border; a `capture_kept.Kept` on the run's own *connection*."""

    def __init__(self, connection: Connection) -> None:
        family = "mysql" if connection.dialect.name in {"mysql", "mariadb"} else connection.dialect.name
        self.words, self.token = words_of(family), secrets.token_hex(4)
        self.counts: dict[str, int] = {}
        self._connection, self._family = connection, family
        self._names: dict[str, str] = {}
        self._made = 0
        self._schema: Schema | None = None

    # -- Kept

    def run(self, work: Callable[[Connection], T]) -> T:
        """See `Kept.run`."""
        return work(self._connection)

    def keep(self, schema: Schema) -> None:
        """Keep the rows of *schema*, those of before are forgotten."""
        with _any_value(self._connection, self._family):
            for key in tuple(self._names):
                self._forget(key)
            self._schema = own_rows(schema, None, frozenset())
            for table in self._schema.tables:
                self._keep(table)

    def before(self, table: Table) -> str:
        """See `Kept.before`."""
        return self._names[table.key]

    def touched(self, connection: Connection, pair: TablePair) -> str:
        """Within one transaction, a row does not tell which operation wrote it."""
        del connection, pair
        return ""

    def close(self) -> None:
        """Throw away what was kept."""
        for key in tuple(self._names):
            self._forget(key)

    # -- borders

    def since(self, schema: Schema, renames: Iterable[Change], only: frozenset[str] | None) -> tuple[RowDiff, ...]:
        """Return what became of rows since the last border, where *schema* is now; then this is the last border.

        *only* these tables can have changed, None: any. Tables in which nothing did are left out.
        """
        now = own_rows(schema, None, frozenset())
        before = self._schema if self._schema is not None else replace(now, tables=())
        found = []
        with _any_value(self._connection, self._family):
            for pair in pairs(before, now, renames):
                names = {each.key for each in (pair.before, pair.after) if each is not None}
                if only is not None and not names & only:
                    continue
                diff = self._diff(pair)
                if diff:
                    found.append(diff)
                if diff or pair.before != pair.after:
                    if pair.before is not None:
                        self._forget(pair.before.key)
                    if pair.after is not None:
                        self._keep(pair.after)
        self._schema = now
        return tuple(found)

    def _diff(self, pair: TablePair) -> RowDiff:
        if len(pair.columns) > MOST_COLUMNS:
            return RowDiff(pair.key, how="not compared", notes=(f"more than {MOST_COLUMNS} columns",), is_exact=False)
        return row_diff(self._connection, self, pair)

    def _keep(self, table: Table) -> None:
        self._made += 1
        name = f"{PREFIX}{self.token}_{self._made}"
        columns = ", ".join(self.words.name(column.name) for column in table.columns) or "NULL AS mm_nothing"
        source = self.words.now(table)
        execute(self._connection, f"CREATE TEMPORARY TABLE {name} AS SELECT {columns} FROM {source}")  # noqa: S608 - quoted
        self._names[table.key] = name
        self.counts[table.key] = int(execute(self._connection, f"SELECT count(*) FROM {name}").scalar())  # noqa: S608 - ours

    def _forget(self, key: str) -> None:
        name = self._names.pop(key, "")
        self.counts.pop(key, None)
        if name:
            temporary = "TEMPORARY " if self._family == "mysql" else ""  # any other DROP would commit
            execute(self._connection, f"DROP {temporary}TABLE IF EXISTS {name}")


@contextmanager
def _any_value(connection: Connection, family: str) -> Iterator[None]:
    """Rows with dates that could not be written any more are kept, too; the revision's own mode stays as it is."""
    if family != "mysql":
        yield
        return
    mode = execute(connection, "SELECT @@SESSION.sql_mode").scalar()
    execute(connection, "SET SESSION sql_mode = ''")
    try:
        yield
    finally:
        execute(connection, f"SET SESSION sql_mode = '{mode}'")
