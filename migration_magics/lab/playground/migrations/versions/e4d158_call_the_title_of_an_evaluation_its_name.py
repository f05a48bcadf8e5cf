"""Call the title of an evaluation its name

Revision ID: e4d158
Revises: 9b02c7
Create Date: 2024-04-09 13:15:00

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = "e4d158"
down_revision: Union[str, Sequence[str], None] = "9b02c7"
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    with op.batch_alter_table("evaluations") as batch:
        batch.alter_column("title", new_column_name="name", existing_type=sa.String(80), existing_nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("evaluations") as batch:
        batch.alter_column("name", new_column_name="title", existing_type=sa.String(80), existing_nullable=False)
