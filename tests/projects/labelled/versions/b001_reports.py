"""reports need core

Revision ID: b001b001
Revises: 
Create Date: 2024-01-01 10:00:00.000000

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = 'b001b001'
down_revision: Union[str, Sequence[str], None] = None
branch_labels: Union[str, Sequence[str], None] = ('reports', 'bi')
depends_on: Union[str, Sequence[str], None] = 'core'


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table("reports", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50)))


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("reports")
