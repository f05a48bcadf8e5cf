"""Look around at each border of a running revision, on its own connection: schema, rows, locks, storage.

What is looked at stays as it is: within a savepoint where there is a transaction, so that a question that fails (the
revision may have put the transaction into an error) spoils nothing.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc

from ..engine import failures
from ..engine.host.recorder import StepDraft
from ..engine.host.touched import renames, touched
from ..engine.reflect import reflect
from ..engine.reflect.version_tables import without
from ..model.diff import SchemaDiff, diff
from ..model.renamed import between
from .capture_kept import PREFIX
from .stepping_locks import LocksSoFar, held, rewritten, storage
from .stepping_rows import RowsInRun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy.engine import Connection

    from ..engine.host.recorder import Directive
    from ..model.diff import Change
    from ..model.rowdiff import RowDiff
    from ..model.schema import Schema
    from ..model.stepping import Lock
    from .stepping_locks import Storage

_SAVEPOINT = "mm_look"


@dataclass(slots=True)
class Seen:
    """What was seen at one border; *directives* are those that have ended since the one before."""

    directives: int
    schema: SchemaDiff = field(default_factory=SchemaDiff)
    so_far: SchemaDiff = field(default_factory=SchemaDiff)
    rows: tuple[RowDiff, ...] = ()
    locks: tuple[Lock, ...] = ()
    rewritten: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Watcher:
    """Looks at one revision as it runs: `begin` before its first operation, `reached` after each."""

    def __init__(self, family: str, tables: frozenset[str], *, with_rows: bool) -> None:
        self.seen: list[Seen] = []
        self.schema: Schema | None = None
        self._version_tables, self._with_rows = tables, with_rows
        self.start: Schema | None = None
        self._rows: RowsInRun | None = None
        self._renames: list[Change] = []
        self._storage: Storage = {}
        self._locks = LocksSoFar(family)

    def begin(self, connection: Connection) -> None:
        """See what the revision starts from. Raises SQLAlchemy's errors."""
        with looking(connection):
            self.schema = self.start = self._reflected(connection)
            self._storage = storage(connection)
            if self._with_rows:
                self._rows = RowsInRun(connection)
                self._rows.keep(self.schema)

    def reached(self, connection: Connection, directives: Sequence[Directive]) -> None:
        """See what *directives* did."""
        seen = Seen(len(directives))
        self.seen.append(seen)
        renamed = renames(_draft(directives))
        self._renames += renamed
        self._try(seen, connection, lambda: self._locks_of(seen, connection, directives))
        if self._try(seen, connection, lambda: self._schema_of(seen, connection, renamed)):
            self._try(seen, connection, lambda: self._rows_of(seen, renamed, _of_tables(directives)))
        seen.locks = self._locks.at_border(
            seen.locks,
            [sent.frozen() for directive in directives for sent in directive.sent],
            seen.rows,
            directives[-1].table,
        )

    def finished(self, schema: Schema) -> SchemaDiff:
        """Return what changed since the last border, where *schema* is what there is now: what a failure left behind."""
        return diff(self.schema, schema) if self.schema is not None else SchemaDiff()

    def so_far(self, schema: Schema) -> SchemaDiff:
        """Return what changed since the beginning, where *schema* is what there is now."""
        return diff(self.start, schema, between(self._renames)) if self.start is not None else SchemaDiff()

    def _try(self, seen: Seen, connection: Connection, look: Callable[[], None]) -> bool:
        try:
            with looking(connection):
                look()
        except exc.SQLAlchemyError as error:
            seen.notes = (*seen.notes, f"not all could be looked at here: {failures.words(error)}")
            return False
        return True

    def _locks_of(self, seen: Seen, connection: Connection, directives: Sequence[Directive]) -> None:
        now = storage(connection)
        seen.locks = held(connection, {**now, **self._storage})
        renamed = {change.after: change.before for change in renames(_draft(directives)) if len(change.path) == 1}
        seen.rewritten = rewritten(self._storage, now, renamed)
        self._storage = now

    def _schema_of(self, seen: Seen, connection: Connection, renamed: tuple[Change, ...]) -> None:
        now = self._reflected(connection)
        if self.schema is not None:
            seen.schema = diff(self.schema, now, between(renamed))
        seen.so_far = self.so_far(now)
        self.schema = now

    def _rows_of(self, seen: Seen, renamed: tuple[Change, ...], only: frozenset[str] | None) -> None:
        if self._rows is not None and self.schema is not None:
            seen.rows = self._rows.since(self.schema, renamed, only)

    def _reflected(self, connection: Connection) -> Schema:
        schema = reflect(connection)
        ours = {table.key for table in schema.tables if table.name.startswith(PREFIX)}
        return without(schema, self._version_tables | ours)


def _draft(directives: Sequence[Directive]) -> StepDraft:
    return StepDraft("", "", "upgrade", list(directives))


def _of_tables(directives: Sequence[Directive]) -> frozenset[str] | None:
    """The tables in which rows can have changed, where only the schema of some was: of SQL nobody knows."""
    found = [touched(_draft((directive,))) for directive in directives]
    return frozenset().union(*(each or () for each in found)) if all(found) else None


@contextmanager
def looking(connection: Connection) -> Iterator[None]:
    """Ask questions on *connection* meanwhile; a transaction that these begin is ended, one that was there goes on."""
    is_direct = connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
    is_within = connection.in_transaction() and not is_direct
    if is_within:
        connection.exec_driver_sql(f"SAVEPOINT {_SAVEPOINT}")
    try:
        yield
    except exc.SQLAlchemyError:
        if is_within:
            connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")
        raise
    finally:
        if is_within:
            connection.exec_driver_sql(f"RELEASE SAVEPOINT {_SAVEPOINT}")
        elif not is_direct and connection.in_transaction():
            raw: Any = connection.connection
            raw.commit()  # what was kept in temporary tables would go with a rollback
            connection.rollback()
