"""Give metrics a unit

Revision ID: d51e96
Revises: a0c7d4
Create Date: 2024-06-17 15:40:00

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = "d51e96"
down_revision: Union[str, Sequence[str], None] = "a0c7d4"
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    op.add_column("metrics", sa.Column("unit", sa.String(10), nullable=False, server_default=""))
    op.execute("UPDATE metrics SET unit = 'ms' WHERE name = 'latency'")
    op.execute("UPDATE metrics SET unit = 'USD' WHERE name = 'cost'")


def downgrade() -> None:
    with op.batch_alter_table("metrics") as batch:
        batch.drop_column("unit")
