"""new

Revision ID: b001b001
Revises: a001a001
Create Date: 2024-01-01 10:00:00.000000

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = 'b001b001'
down_revision: Union[str, Sequence[str], None] = 'a001a001'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column("evaluations", sa.Column("score", sa.Integer))


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("evaluations", "score")
