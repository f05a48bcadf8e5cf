"""at the top

Revision ID: c001c001
Revises: b001b001
Create Date: 2024-01-01 10:00:00.000000

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = 'c001c001'
down_revision: Union[str, Sequence[str], None] = 'b001b001'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column("evaluations", sa.Column("rank", sa.Integer))


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("evaluations", "rank")
