"""Fill status of evaluations

A data migration: no evaluation had a status so far.

Revision ID: 6f83ab
Revises: e4d158
Create Date: 2024-05-21 10:00:00

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = "6f83ab"
down_revision: Union[str, Sequence[str], None] = "e4d158"
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    op.execute("UPDATE evaluations SET status = 'completed' WHERE finished_at IS NOT NULL")
    op.execute("UPDATE evaluations SET status = 'pending' WHERE finished_at IS NULL")


def downgrade() -> None:
    op.execute("UPDATE evaluations SET status = NULL")
