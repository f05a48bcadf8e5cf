"""Interact: one revision operation by operation on a copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..model.stepping import first_touching
from .base import Result

if TYPE_CHECKING:
    from ..model.plan import Direction
    from ..model.sampling import Sampled
    from ..model.stepping import Stop


@dataclass(frozen=True, slots=True)
class Answer:
    """What the copy answers to a query: the *columns*, the first *rows* as short texts (None: NULL), how many more."""

    sql: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Stepper(Result):
    """`step`: what each operation of a *revision* did on a copy, which is gone now; one stop after each, in their order.

    *place* says on what copy, *sampled* which rows of the original were on it (None: all of them, or none). Where an
    operation failed it is the last stop, and *problem* says why.
    """

    revision: str
    message: str
    direction: Direction
    stops: tuple[Stop, ...]
    place: str
    problem: str = ""
    transactions: str = ""
    sampled: Sampled | None = None
    output: str = ""
    notes: tuple[str, ...] = ()
    next_command: str = ""

    def __bool__(self) -> bool:
        return not self.problem

    @property
    def passed(self) -> bool:
        """It ran to its end."""
        return not self.problem

    @property
    def duration_s(self) -> float:
        """How long its operations took, in seconds."""
        return sum(stop.duration_s for stop in self.stops)

    @property
    def command(self) -> str:
        """What to type to have it again."""
        return f"%migrate step {self.revision}{' --down' if self.direction == 'downgrade' else ''}"

    def after(self, number: int) -> StopShown:
        """Return the copy after operation *number*, in full; 0 is before the first. Beyond the last it is the last."""
        number = max(0, min(number, len(self.stops)))
        return StopShown(
            self.revision,
            self.direction,
            self.place,
            number,
            len(self.stops),
            self.stops[number - 1] if number else None,
            self.problem if number == len(self.stops) else "",
            protected=self.protected,
            elsewhere=self.elsewhere,
        )

    def first_on(self, table: str) -> StopShown | None:
        """Return the copy after the first operation that touches *table*, or None where none does."""
        found = first_touching(self.stops, table)
        return self.after(found.number) if found is not None else None

    def records(self) -> list[dict[str, Any]]:
        return [
            {
                "number": stop.number,
                "operation": stop.operation.kind,
                "target": stop.operation.target,
                "sentence": stop.sentence,
                "sql": [statement.sql for statement in stop.operation.statements],
                "duration_s": stop.duration_s,
                "schema_changes": len(stop.schema.changes),
                "rows_inserted": sum(diff.inserted for diff in stop.rows),
                "rows_updated": sum(diff.updated for diff in stop.rows),
                "rows_deleted": sum(diff.deleted for diff in stop.rows),
                "locks": [f"{lock.table}: {lock.mode}" if lock.table else lock.mode for lock in stop.locks],
                "rewritten": list(stop.rewritten),
                "outcome": stop.operation.outcome.value,
            }
            for stop in self.stops
        ]


@dataclass(frozen=True, slots=True)
class StopShown(Result):
    """`step REV --at N`: the copy after operation *number* of *total* (0: before the first), and what it *answers*.

    *stop* is what the operation did; None before the first, and where only an answer was wanted: then *total* is 0, too.
    """

    revision: str
    direction: Direction
    place: str
    number: int
    total: int = 0
    stop: Stop | None = None
    problem: str = ""
    answer: Answer | None = None

    def records(self) -> list[dict[str, Any]]:
        if self.answer is None:
            return []
        return [dict(zip(self.answer.columns, row, strict=True)) for row in self.answer.rows]
