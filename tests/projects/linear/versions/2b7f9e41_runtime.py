"""add runtime_ms

Revision ID: 2b7f9e41
Revises: 1a0c5d2e
Create Date: 2024-01-30 09:15:00+00:00

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = '2b7f9e41'
down_revision: Union[str, Sequence[str], None] = '1a0c5d2e'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column("evaluations", sa.Column("runtime_ms", sa.Integer))


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("evaluations", "runtime_ms")
