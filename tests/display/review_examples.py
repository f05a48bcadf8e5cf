"""What there is to decide about: further material of the golden files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_magics.model.diff import Change
from migration_magics.model.graph import Revision
from migration_magics.model.schema import Column, Index, IndexPart
from migration_magics.results import Authored, Planned, Review, ReviewedOperation
from tests.display.models_examples import QUESTIONS

if TYPE_CHECKING:
    from migration_magics.results import Result

RUNTIME = ReviewedOperation(
    "add column evaluations.runtime_ms",
    Change("add", ("evaluations", "columns", "runtime_ms"), None, Column("runtime_ms", "INTEGER", "integer")),
)
TITLE = ReviewedOperation(
    "add column evaluations.title",
    Change("add", ("evaluations", "columns", "title"), None, Column("title", "VARCHAR(80)", "text")),
    is_kept=False,
    waits=True,
)
NAME = ReviewedOperation(
    "drop column evaluations.name",
    Change("drop", ("evaluations", "columns", "name"), Column("name", "VARCHAR(80)", "text"), None),
    is_kept=False,
    drop="evaluations.name",
    waits=True,
)
TMP = ReviewedOperation(
    'drop column evaluations."<b>tmp"',
    Change("drop", ("evaluations", "columns", "<b>tmp"), Column("<b>tmp", "TEXT", "text"), None),
    is_kept=False,
    loses='evaluations."<b>tmp" is dropped, and 3 values with it (<i>one</i>, two).',
    drop='evaluations."<b>tmp"',
)
INDEX = ReviewedOperation(
    "add index evaluations.ix_runtime",
    Change("add", ("evaluations", "indexes", "ix_runtime"), None, Index("ix_runtime", (IndexPart("runtime_ms"),))),
    trouble=("evaluations (runtime_ms) becomes unique, and 2 rows repeat what another has there.",),
    remedy="op.execute('DELETE ...')",
    needs=("add column evaluations.runtime_ms",),
)


def examples(planned: Planned, empty: Planned) -> dict[str, Result]:
    """Return the examples by name; the plans are those of the other examples."""
    return {
        "review_plan": Review("heads", "eval", planned, next_command=planned.next_command),
        "review_plan_empty": Review("heads", "eval", empty),
        "review_questions": Review(
            connection="eval",
            message="auto",
            operations=(TITLE, RUNTIME, NAME),
            questions=QUESTIONS[:1],
            next_command="%migrate revision --autogenerate -m auto --rename evaluations.name=title",
        ),
        "review_models": Review(
            connection="eval",
            message="add runtime_ms to evaluations",
            draft=Authored(
                Revision("9c1f2ab34d56", ("1f0e5bb2a9c4",), message="add runtime_ms to evaluations"),
                "migrations/versions/9c1f2ab34d56_add_runtime_ms.py",
                "def upgrade():\n    op.add_column('evaluations', sa.Column('runtime_ms', sa.Integer()))\n",
                is_dry_run=True,
            ),
            operations=(RUNTIME, INDEX, TMP),
            without=(TMP.name,),
            notes=("Compared: models of env.py.",),
            next_command="%migrate revision --autogenerate -m 'add runtime_ms to evaluations' "
            "--without 'drop column evaluations.\"<b>tmp\"'",
        ),
        "review_models_same": Review(connection="eval", notes=("No changes: the database is what the models say.",)),
    }
