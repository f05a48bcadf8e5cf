"""Merge metrics and regions

Revision ID: 9b02c7
Revises: 8e27f5, 2b6d81
Create Date: 2024-03-11 09:00:00

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = "9b02c7"
down_revision: Union[str, Sequence[str], None] = ("8e27f5", "2b6d81")
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
