"""A rehearsal as a value: each revision up, down and up again on a copy, and what came back of schema and rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .diff import SchemaDiff

if TYPE_CHECKING:
    from .expectations import Answer
    from .finding import Finding
    from .rowdiff import RowDiff
    from .trace import Step


@dataclass(frozen=True, slots=True)
class Lost:
    """What is gone after up and down: *values* of a *column*, or whole rows of the *table* where it is ""."""

    table: str
    column: str
    values: int


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One *revision* on a copy: its way *up*, *down* (None: it has none) and up *again*.

    *schema* and *rows* are what the way up did. *leftovers* are what the way down did not take back, *again_differs* what
    the second way up made otherwise than the first. *lost* is what of the rows before did not come back, *dropped* the
    values that the way down throws away because only the way up had made their place; *left* are rows that the way up made
    and the way down did not take back. *answers* are what the invariants gave before and after the way up. *findings* say
    what is wrong.
    """

    revision: str
    message: str
    up: Step | None = None
    schema: SchemaDiff = field(default_factory=SchemaDiff)
    rows: tuple[RowDiff, ...] = ()
    down: Step | None = None
    leftovers: SchemaDiff = field(default_factory=SchemaDiff)
    again: Step | None = None
    again_differs: SchemaDiff = field(default_factory=SchemaDiff)
    lost: tuple[Lost, ...] = ()
    dropped: tuple[Lost, ...] = ()
    left: tuple[Lost, ...] = ()
    answers: tuple[Answer, ...] = ()
    findings: tuple[Finding, ...] = ()
