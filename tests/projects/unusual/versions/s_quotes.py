"""says "hello" and ""twice"" """
revision = "aa19"
down_revision = "aa18"


def upgrade():
    pass


def downgrade():
    pass
