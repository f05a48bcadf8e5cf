"""A revision operation by operation, one that fails on MariaDB, and one operation in full: for the golden files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from migration_magics.model.diff import Change, SchemaDiff
from migration_magics.model.rowdiff import ColumnChange, RowDiff, Transition
from migration_magics.model.schema import Column
from migration_magics.model.stepping import Lock, Stop
from migration_magics.model.trace import Operation, Outcome, Statement
from migration_magics.results import Answer, Stepper

if TYPE_CHECKING:
    from migration_magics.results import Result

_ADDED = Change("add", ("evaluations", "columns", "grade"), None, Column("grade", "VARCHAR(5)", "string"))
_ALTERED = Change(
    "alter",
    ("evaluations", "columns", "size"),
    Column("size", "INTEGER", "integer"),
    Column("size", "BIGINT", "integer"),
)
_EXCLUSIVE = Lock("evaluations", "AccessExclusiveLock")
_GRADED = RowDiff(
    "evaluations",
    updated=1180,
    unchanged=24,
    columns=(ColumnChange("grade", 1180, from_null=1180),),
    transitions=(Transition("grade", None, "A", 1168), Transition("grade", None, "<b>B</b>", 12)),
    key=("id",),
)
_ADD = Operation(
    "add_column",
    "evaluations",
    "grade",
    (Statement("ALTER TABLE evaluations ADD COLUMN grade VARCHAR(5)", 0.002),),
    duration_s=0.003,
)
_UPDATE = Operation(
    "execute",
    statements=(Statement("UPDATE evaluations SET grade = 'A' WHERE status = 'done'", 0.2, 1180),),
    duration_s=0.21,
)
_ALTER = Operation(
    "alter_column",
    "evaluations",
    "size",
    (Statement("ALTER TABLE evaluations ALTER COLUMN size TYPE BIGINT", 1.4),),
    duration_s=1.4,
)


_SAID = {
    "add_column": "Adds the column grade (VARCHAR(5)) to evaluations; it is NULL in rows that are there.",
    "execute": "Changes rows of evaluations.",
    "alter_column": "Changes the type of evaluations.size from INTEGER to BIGINT.",
}


def _stop(number: int, operation: Operation, *changes: Change, **more: object) -> Stop:
    return Stop(number, operation, _SAID[operation.kind], SchemaDiff(changes), **more)  # type: ignore[arg-type] # by name


STEPPED = Stepper(
    "b7e210",
    "grade <evaluations>",
    "upgrade",
    (
        _stop(1, _ADD, _ADDED, so_far=SchemaDiff((_ADDED,)), locks=(_EXCLUSIVE,)),
        _stop(
            2,
            _UPDATE,
            so_far=SchemaDiff((_ADDED,)),
            rows=(_GRADED,),
            locks=(replace(_EXCLUSIVE, is_new=False),),
        ),
        _stop(
            3,
            _ALTER,
            _ALTERED,
            so_far=SchemaDiff((_ADDED, _ALTERED)),
            locks=(Lock("metrics", "ShareLock"), replace(_EXCLUSIVE, is_new=False)),
            rewritten=("evaluations",),
        ),
    ),
    "a scratch database on PostgreSQL 18, 1,000 rows a table",
    transactions="one transaction",
    notes=("a foreign key does not hold in the original, either: fk_<worker>",),
    next_command="%migrate rehearse b7e210",
)
_FAILING = replace(_ALTER, outcome=Outcome.FAILED, duration_s=0.0, statements=(Statement("ALTER <TABLE>", 0.0),))


def examples() -> dict[str, Result]:
    """Return the results by the name of their golden files."""
    failed = Stepper(
        "c3b8aa",
        "widen size",
        "downgrade",
        (
            _stop(1, _ADD, _ADDED, locks=(Lock("evaluations", "metadata lock", is_held=False),)),
            _stop(2, _FAILING, notes=("not all could be looked at here: <gone>",)),
        ),
        "a scratch database on MariaDB 11.4, whole",
        "(1406) Data too long for column 'size' at row <3>",
        "each DDL statement commits itself",
        output="working on <b>it</b>\n",
        next_command="%migrate edit c3b8aa",
    )
    answer = Answer("SELECT id, grade FROM evaluations", ("id", "grade"), (("1", "A"), ("2", None)), 1202)
    return {
        "stepped": STEPPED,
        "stepped_failed": failed,
        "stepped_nothing": replace(STEPPED, stops=(), notes=(), next_command=""),
        "step_before": STEPPED.after(0),
        "step_after": STEPPED.after(2),
        "step_rewrites": STEPPED.after(3),
        "step_failed": failed.after(2),
        "step_asked": replace(STEPPED.after(2), stop=None, total=0, answer=answer),
    }
