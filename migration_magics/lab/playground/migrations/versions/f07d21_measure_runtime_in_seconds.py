"""Measure runtime in seconds

Revision ID: f07d21
Revises: 04b8fa
Create Date: 2024-07-22 17:55:00

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = "f07d21"
down_revision: Union[str, Sequence[str], None] = "04b8fa"
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    op.add_column("evaluations", sa.Column("runtime_s", sa.Integer()))
    op.execute("UPDATE evaluations SET runtime_s = runtime_ms / 1000")
    op.drop_index("ix_evaluations_runtime_ms", table_name="evaluations")
    with op.batch_alter_table("evaluations") as batch:
        batch.drop_column("runtime_ms")


def downgrade() -> None:
    op.add_column("evaluations", sa.Column("runtime_ms", sa.Integer()))
    op.execute("UPDATE evaluations SET runtime_ms = runtime_s * 1000")
    with op.batch_alter_table("evaluations") as batch:
        batch.drop_column("runtime_s")
