"""Give workers a region

Revision ID: 2b6d81
Revises: 1d9b42
Create Date: 2024-03-06 16:05:00

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = "2b6d81"
down_revision: Union[str, Sequence[str], None] = "1d9b42"
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    op.add_column("workers", sa.Column("region", sa.String(20)))


def downgrade() -> None:
    with op.batch_alter_table("workers") as batch:
        batch.drop_column("region")
