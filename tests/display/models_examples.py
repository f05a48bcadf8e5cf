"""What a `%%models` cell says: further material of the golden files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_magics.model.diff import Change, SchemaDiff
from migration_magics.model.graph import Revision
from migration_magics.model.question import Evidence, Option, Question
from migration_magics.model.schema import Column, ForeignKey, PrimaryKey, Table
from migration_magics.results import Authored, ModelsDefined

if TYPE_CHECKING:
    from migration_magics.results import Result

WORKERS = Table(
    "workers",
    (Column("id", "INTEGER", "integer", is_nullable=False), Column("host", "VARCHAR(30)", "text")),
    PrimaryKey(("id",)),
)
EVALUATIONS = Table(
    "evaluations",
    (
        Column("id", "INTEGER", "integer", is_nullable=False),
        Column("title", "VARCHAR(80)", "text", is_nullable=False),
        Column("runtime_ms", "INTEGER", "integer"),
        Column("worker_id", "INTEGER", "integer"),
    ),
    PrimaryKey(("id",)),
    (ForeignKey(("worker_id",), "workers", ("id",)),),
)
PENDING = SchemaDiff(
    (
        Change("add", ("workers",), None, WORKERS),
        Change("add", ("evaluations", "columns", "runtime_ms"), None, EVALUATIONS.columns[2]),
    )
)


QUESTIONS = (
    Question(
        "drop",
        ("evaluations", "columns", "name"),
        "evaluations.name is dropped, and 120 values with it.",
        (
            Option("it is title now (both are text)", "--rename evaluations.name=title"),
            Option("drop it: 120 values lost", "--drop evaluations.name"),
        ),
        Evidence(120, ("baseline", "<b>bold</b>", 'it\'s "quoted"'), "all fit into title"),
    ),
    Question(
        "not null",
        ("evaluations", "columns", "runtime_ms"),
        "evaluations.runtime_ms is NOT NULL without a default, and evaluations has 120 rows.",
        evidence=Evidence(120),
        remedy="op.execute('UPDATE evaluations SET runtime_ms = 0')",
    ),
)


def examples() -> dict[str, Result]:
    """Return the examples by name."""
    return {
        "revision_questions": Authored(
            Revision("9c1f2ab34d56", ("1f0e5bb2a9c4",), message="rename name to title in evaluations"),
            "migrations/versions/9c1f2ab34d56_rename_name_to_title.py",
            "def upgrade():\n    op.add_column('evaluations', sa.Column('runtime_ms', sa.Integer(), nullable=False))\n",
            downgrade="written",
            questions=QUESTIONS,
            next_command="%migrate edit 9c1f2ab34d56",
        ),
        "models_defined": ModelsDefined(
            (WORKERS, EVALUATIONS),
            replaced=("evaluations",),
            removed=("metrics",),
            taken_over=("workers",),
            again=("notes",),
            waiting=("Score",),
            pending=PENDING,
            code="op.add_column('evaluations', sa.Column('runtime_ms', sa.Integer(), nullable=True))",
            connection="main",
            source="models of the %%models cells",
            next_command="%migrate revision --autogenerate -m auto",
        ),
        "models_defined_same": ModelsDefined(
            (WORKERS,),
            replaced=("workers",),
            pending=SchemaDiff(),
            connection="main",
            source="models of the %%models cells",
        ),
        "models_defined_alone": ModelsDefined(
            (WORKERS,),
            notes=("No database is connected, so nothing was compared.",),
            next_command="%migrate connect URL",
        ),
    }
