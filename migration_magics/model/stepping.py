"""One revision operation by operation, as a value: what each did to schema and rows, what it took and what it held."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .diff import SchemaDiff
from .trace import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .rowdiff import RowDiff
    from .trace import Operation


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock on a *table* ("": on the whole database) in the server's own word for its *mode*.

    Not *is_held*: it was held while the operation ran, and released with it. *is_new*: this operation took it.
    """

    table: str
    mode: str
    is_held: bool = True
    is_new: bool = True

    @property
    def means(self) -> str:
        """What others cannot do meanwhile, in words; "" where nobody is kept waiting."""
        return _MEANS.get(self.mode, "")

    @property
    def blocks_reading(self) -> bool:
        """Nobody else can even read."""
        return self.mode in _NO_READING


_NO_READING = frozenset({"AccessExclusiveLock", "MDL_EXCLUSIVE"})

# PostgreSQL 18 manual, 13.3.1, Table 13.2; MariaDB 11 manual, Metadata Lock Info plugin; sqlite.org/lockingv3.html, 3.0.
_MEANS = {
    "AccessExclusiveLock": "nobody else can read or write it",
    "ExclusiveLock": "others can only read it",
    "ShareRowExclusiveLock": "others can read it, not write",
    "ShareLock": "others can read it, not write",
    "ShareUpdateExclusiveLock": "others can read and write it, not change its schema",
    "RowExclusiveLock": "others can read it, and write rows that were not written here",
    "RowShareLock": "others can read it, and write rows that were not locked here",
    "MDL_EXCLUSIVE": "nobody else can read or write it",
    "MDL_SHARED_NO_READ_WRITE": "nobody else can read or write it",
    "MDL_SHARED_NO_WRITE": "others can read it, not write",
    "MDL_SHARED_UPGRADABLE": "others can read and write it, not change its schema",
    "MDL_SHARED_WRITE": "others can read it, and write rows that were not written here",
    "row locks": "others can read it, and write rows that were not written here",
    "metadata lock": "others wait at its start and its end; in between it depends on the kind of change",
    "RESERVED": "others can read, not write",
}


@dataclass(frozen=True, slots=True)
class Stop:
    """The copy after an *operation*, the *number*-th of its revision from 1.

    *schema* is what the operation changed, *so_far* what all up to it did, *rows* what it did to rows. *locks* are those held
    then, the new ones first; *rewritten* are the tables whose storage it made anew, row by row. *notes* say what could not be
    looked at.
    """

    number: int
    operation: Operation
    sentence: str
    schema: SchemaDiff = field(default_factory=SchemaDiff)
    so_far: SchemaDiff = field(default_factory=SchemaDiff)
    rows: tuple[RowDiff, ...] = ()
    locks: tuple[Lock, ...] = ()
    rewritten: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def has_failed(self) -> bool:
        """The operation failed: what is told of it is what it left behind."""
        return self.operation.outcome is Outcome.FAILED

    @property
    def duration_s(self) -> float:
        """How long it took, in seconds; of plain SQL how long its statements took."""
        return self.operation.duration_s or sum(each.duration_s for each in self.operation.statements)

    @property
    def tables(self) -> frozenset[str]:
        """The tables it touched: by name, in the schema, or in rows."""
        named = {self.operation.table} if self.operation.table else set[str]()
        changed = {part for change in self.schema.changes for part in _tables(change.path, change.after)}
        return frozenset(named | changed | {diff.table for diff in self.rows if diff} | set(self.rewritten))


def _tables(path: tuple[str, ...], after: object) -> tuple[str, ...]:
    if not path[0]:
        return ()
    return (path[0], after) if len(path) == 1 and isinstance(after, str) else (path[0],)


def first_touching(stops: Iterable[Stop], table: str) -> Stop | None:
    """Return the first of *stops* that touches *table*, however its name is cased, or None."""
    wanted = table.casefold()
    return next((stop for stop in stops if wanted in {name.casefold() for name in stop.tables}), None)


def slowest(stops: Iterable[Stop]) -> Stop | None:
    """Return the stop whose operation took longest, the first of equals; None where nothing took any time."""
    found = max(stops, key=lambda stop: stop.duration_s, default=None)
    return found if found is not None and found.duration_s > 0 else None
