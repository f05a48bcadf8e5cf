"""What a `%%models` cell says: further material of the golden files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_magics.model.diff import Change, SchemaDiff
from migration_magics.model.schema import Column, ForeignKey, PrimaryKey, Table
from migration_magics.results import ModelsDefined

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


def examples() -> dict[str, Result]:
    """Return the examples by name."""
    return {
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
