"""more metrics

Revision ID: dd04dd04
Revises: cc03cc03
Create Date: 2024-03-03 00:00:00

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = 'dd04dd04'
down_revision: Union[str, Sequence[str], None] = 'cc03cc03'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column("metrics", sa.Column("value", sa.Integer))


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("metrics", "value")
