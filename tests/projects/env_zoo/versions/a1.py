"""evaluations"""
import sqlalchemy as sa
from alembic import op

revision = "a1"
down_revision = None


def upgrade():
    op.create_table(
        "evaluations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(40), unique=True),
        sa.Column("score", sa.Integer, nullable=False, server_default="0"),
    )
    op.bulk_insert(
        sa.table("evaluations", sa.column("id", sa.Integer), sa.column("name", sa.String)),
        [{"id": 1, "name": "first"}, {"id": 2, "name": "second"}],
    )


def downgrade():
    op.drop_table("evaluations")
