"""Index evaluations by their start

Revision ID: 04b8fa
Revises: d51e96
Create Date: 2024-07-01 09:20:00

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = "04b8fa"
down_revision: Union[str, Sequence[str], None] = "d51e96"
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    op.create_index("ix_evaluations_started_at", "evaluations", ["started_at"])


def downgrade() -> None:
    op.drop_index("ix_evaluations_started_at", table_name="evaluations")
