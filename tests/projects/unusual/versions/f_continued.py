"""continued"""
revision = \
    "aa06"
down_revision = ("aa"
    "05")


def upgrade():
    pass


def downgrade():
    pass
