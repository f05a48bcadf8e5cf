"""Add runtime_ms to evaluations

Revision ID: 1d9b42
Revises: 7c4e19
Create Date: 2024-02-02 14:10:00

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = "1d9b42"
down_revision: Union[str, Sequence[str], None] = "7c4e19"
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    op.add_column("evaluations", sa.Column("runtime_ms", sa.Integer()))
    op.create_index("ix_evaluations_runtime_ms", "evaluations", ["runtime_ms"])


def downgrade() -> None:
    op.drop_index("ix_evaluations_runtime_ms", table_name="evaluations")
    with op.batch_alter_table("evaluations") as batch:
        batch.drop_column("runtime_ms")
