"""Create results

Revision ID: 8e27f5
Revises: 5a0c63
Create Date: 2024-03-05 11:20:00

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = "8e27f5"
down_revision: Union[str, Sequence[str], None] = "5a0c63"
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    op.create_table(
        "results",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("metric_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluations.id"], name="fk_results_evaluation_id"),
        sa.ForeignKeyConstraint(["metric_id"], ["metrics.id"], name="fk_results_metric_id"),
    )
    op.create_index("ix_results_evaluation_id", "results", ["evaluation_id"])


def downgrade() -> None:
    op.drop_index("ix_results_evaluation_id", table_name="results")
    op.drop_table("results")
