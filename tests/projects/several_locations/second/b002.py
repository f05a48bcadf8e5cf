"""second, on the first

Revision ID: b002b002
Revises: b001b001
Create Date: 2024-01-01 10:00:00.000000

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = 'b002b002'
down_revision: Union[str, Sequence[str], None] = 'b001b001'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = 'a002a002'


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column("workers", sa.Column("speed", sa.Integer))


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("workers", "speed")
