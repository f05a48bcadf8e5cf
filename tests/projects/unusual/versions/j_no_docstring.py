revision = "aa10"
down_revision = "aa09"


def upgrade():
    pass


def downgrade():
    pass
