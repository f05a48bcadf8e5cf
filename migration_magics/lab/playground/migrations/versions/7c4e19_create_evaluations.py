"""Create evaluations

Revision ID: 7c4e19
Revises: 3f1a20
Create Date: 2024-01-15 10:30:00

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = "7c4e19"
down_revision: Union[str, Sequence[str], None] = "3f1a20"
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    op.create_table(
        "evaluations",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("worker_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("status", sa.String(20)),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime()),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.id"], name="fk_evaluations_worker_id"),
    )


def downgrade() -> None:
    op.drop_table("evaluations")
