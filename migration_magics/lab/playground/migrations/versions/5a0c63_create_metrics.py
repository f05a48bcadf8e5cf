"""Create metrics

Revision ID: 5a0c63
Revises: 1d9b42
Create Date: 2024-03-04 09:45:00

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = "5a0c63"
down_revision: Union[str, Sequence[str], None] = "1d9b42"
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    op.create_table(
        "metrics",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(40), nullable=False),
        sa.UniqueConstraint("name", name="uq_metrics_name"),
    )


def downgrade() -> None:
    op.drop_table("metrics")
