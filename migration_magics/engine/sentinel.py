"""Stop a run before it loses what nobody foresaw: names only computed at run time, helpers elsewhere, SQL out of variables.

What the sources spell out was counted before the run (`engine.losses`) and costs nothing here, nor does what the run itself
has made. Where the loss was agreed to there is no sentinel at all.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..model.losses import Loss
from ..model.sql_effects import LOSSES, Effect, effects
from . import losses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection

    from ..errors import MigrationError
    from .losses import CountedLoss

_SAVEPOINT = "migration_magics_count"

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Watch:
    """What a run is watched for: *told* needs no look any more; *stop* gives the error for a loss about to happen."""

    told: frozenset[Loss]
    stop: Callable[[CountedLoss], MigrationError]


class Sentinel:
    """Looks at each statement of the revisions before it is sent.

    Names are compared without their case. `is_asking`: the statements are its own.
    """

    def __init__(self, watch: Watch) -> None:
        self.is_asking = False
        self._watch = watch
        self._told = {_key(loss.how, loss.schema, loss.table, loss.column) for loss in watch.told}
        self._made: set[Key] = set()
        self._renamed: set[Key] = set()
        self._error: MigrationError | None = None

    def forget(self) -> None:
        """Look at every loss from now on: the run goes on with other tables of the same names (another tenant's)."""
        self._told, self._made, self._renamed = set(), set(), set()

    def check(self) -> None:
        """Raise what stopped the run, once more: a revision that catches it does not go on."""
        if self._error is not None:
            raise self._error

    def before_sql(self, connection: Connection, sql: str, parameters: Any, *, is_many: bool, revision: str) -> None:
        """Raise the error that stops the run if *sql* would lose rows, else take note of what it makes."""
        self.check()
        found = effects(sql)
        for effect in found:
            is_alone = len(found) == 1 and not is_many
            self._before(connection, effect, revision, parameters, is_alone=is_alone)

    def before_directive(self, connection: Connection, effect: Effect, revision: str) -> None:
        """Do the same for a directive in a batch, whose SQL is that of a table's rebuild."""
        self.check()
        self._before(connection, effect, revision, None, is_alone=False)

    def _before(
        self, connection: Connection, effect: Effect, revision: str, parameters: Any, *, is_alone: bool
    ) -> None:
        table = _key(effect.schema, effect.table)
        if effect.how not in LOSSES:
            self._note(connection, effect, table)
            return
        key = _key(effect.how, effect.schema, effect.table, effect.column)
        is_told = key in self._told and table not in self._renamed
        if is_told or table in self._made or (effect.column and (*table, effect.column.casefold()) in self._made):
            return
        loss = Loss(effect.how, effect.table, effect.column, effect.schema)
        query = effect.rows if is_alone else ""
        with self._asking(connection):
            rows = losses.rows_lost(connection, loss, query, parameters)
        if rows != 0:
            self._error = self._watch.stop(
                losses.counted(revision, loss, rows, is_exact=bool(query) and rows is not None)
            )
            raise self._error

    def _note(self, connection: Connection, effect: Effect, table: Key) -> None:
        column = (*table, effect.column.casefold())
        if effect.how == "create_table":
            if not effect.is_conditional or not self._is_there(connection, effect):
                self._made.add(table)
        elif effect.how == "add_column":
            if not effect.is_conditional or not self._is_there(connection, effect):
                self._made.add(column)
        else:
            old, new = (
                (table, _key(effect.schema, effect.to))
                if effect.how == "rename_table"
                else (column, (*table, effect.to.casefold()))
            )
            self._renamed.add(new if effect.how == "rename_table" else table)
            self._made.discard(new)
            if old in self._made:
                self._made.remove(old)
                self._made.add(new)

    def _is_there(self, connection: Connection, effect: Effect) -> bool:
        with self._asking(connection):
            return losses.found(connection, Loss("", effect.table, effect.column, effect.schema)) is not None

    @contextmanager
    def _asking(self, connection: Connection) -> Iterator[None]:
        """Ask the database without leaving a trace: in PostgreSQL a count that fails would end the user's transaction."""
        self.is_asking = True
        has_savepoint = False
        try:
            if connection.dialect.name == "postgresql" and not _is_autocommit(connection):
                connection.exec_driver_sql(f"SAVEPOINT {_SAVEPOINT}")
                has_savepoint = True
            yield
        finally:
            if has_savepoint:
                connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")
                connection.exec_driver_sql(f"RELEASE SAVEPOINT {_SAVEPOINT}")
            self.is_asking = False


def _is_autocommit(connection: Connection) -> bool:
    """Each statement is its own transaction: inside `autocommit_block`, or on an engine made so."""
    raw: Any = connection.connection.dbapi_connection
    return bool(getattr(raw, "autocommit", False))


def _key(*names: str) -> Key:
    return tuple(name.casefold() for name in names)
