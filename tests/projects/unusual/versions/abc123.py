"""of Alembic 0.1, its id in its name"""
down_revision = "aa12"


def upgrade():
    pass


def downgrade():
    pass
