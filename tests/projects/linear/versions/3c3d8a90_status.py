"""add status

The second paragraph says why:

    it is indented.

Revision ID: 3c3d8a90
Revises: 2b7f9e41
Create Date: 2024-02-14T18:30:05.250000

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = '3c3d8a90'
down_revision: Union[str, Sequence[str], None] = '2b7f9e41'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column("evaluations", sa.Column("status", sa.Integer))


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("evaluations", "status")
