"""Interact: a plan, or what autogenerate would write, to decide about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .base import Result

if TYPE_CHECKING:
    from ..model.diff import Change
    from ..model.question import Question
    from .author import Authored
    from .move import Planned


@dataclass(frozen=True, slots=True)
class ReviewedOperation:
    """One operation that autogenerate has found; *name* is what `--without` takes.

    *is_kept*: it will be written. *loses* says what goes with it, *drop* is the answer that agrees to that. *waits*: an open
    question decides about it. *trouble* are rows that stand in its way, *remedy* the revision code that handles them.
    *needs* are the names of the operations that it does not work without.
    """

    name: str
    change: Change
    is_kept: bool = True
    loses: str = ""
    drop: str = ""
    waits: bool = False
    trouble: tuple[str, ...] = ()
    remedy: str = ""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepScript:
    """The *sql* of a planned step; where it has none without a database, *problem* says why, and *source* is its file."""

    revision: str
    sql: str = ""
    problem: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Review(Result):
    """`review`: of a *target* what `plan` shows, with each step's SQL in *scripts*; of the models what would be written.

    Then *planned* is None, *operations* are all that were found, *questions* those that are open, and *draft* is the file of
    the operations that are kept: None while a question is open, or where an operation needs one that is left out.
    *rename*, *drop* and *without* are the answers so far, *others* questions about no operation. *next_command* does the
    same without a click. *half_done* says what the last run left, that has to be undone by hand before this one.
    """

    target: str = ""
    connection: str = ""
    planned: Planned | None = None
    scripts: tuple[StepScript, ...] = ()
    message: str = ""
    draft: Authored | None = None
    operations: tuple[ReviewedOperation, ...] = ()
    questions: tuple[Question, ...] = ()
    others: tuple[Question, ...] = ()
    rename: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    models: str | None = None
    notes: tuple[str, ...] = ()
    next_command: str = ""
    half_done: str = ""

    @property
    def is_of_models(self) -> bool:
        """It is about what autogenerate would write."""
        return self.planned is None

    def records(self) -> list[dict[str, Any]]:
        if self.planned is not None:
            return self.planned.records()
        return [
            {
                "operation": each.name,
                "kind": each.change.kind,
                "is_kept": each.is_kept,
                "loses": each.loses,
                "needs": list(each.needs),
            }
            for each in self.operations
        ]
