"""Every evaluation has a status

Revision ID: a0c7d4
Revises: 6f83ab
Create Date: 2024-05-21 11:30:00

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = "a0c7d4"
down_revision: Union[str, Sequence[str], None] = "6f83ab"
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    with op.batch_alter_table("evaluations") as batch:
        batch.alter_column("status", existing_type=sa.String(20), nullable=False, server_default="pending")


def downgrade() -> None:
    with op.batch_alter_table("evaluations") as batch:
        batch.alter_column("status", existing_type=sa.String(20), nullable=True, server_default=None)
