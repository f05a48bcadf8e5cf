"""merge workers and metrics

Revision ID: dd04dd04
Revises: bb02bb02, cc03cc03
Create Date: 2024-01-01 10:00:00.000000

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = 'dd04dd04'
down_revision: Union[str, Sequence[str], None] = ('bb02bb02', 'cc03cc03')
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    pass


def downgrade() -> None:
    """Downgrade schema."""
    pass
