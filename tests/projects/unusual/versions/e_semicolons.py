"""one line"""
revision = "aa05"; down_revision = "aa04"


def upgrade():
    pass


def downgrade():
    pass
