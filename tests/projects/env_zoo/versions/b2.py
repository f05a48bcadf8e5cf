"""runtime_ms"""
import sqlalchemy as sa
from alembic import op

revision = "b2"
down_revision = "a1"


def upgrade():
    with op.batch_alter_table("evaluations") as batch:
        batch.add_column(sa.Column("runtime_ms", sa.Integer))
        batch.alter_column("score", new_column_name="points", existing_type=sa.Integer)
    op.execute("UPDATE evaluations SET runtime_ms = 10 * id")
    print("runtimes filled")


def downgrade():
    with op.batch_alter_table("evaluations") as batch:
        batch.alter_column("points", new_column_name="score", existing_type=sa.Integer)
        batch.drop_column("runtime_ms")
