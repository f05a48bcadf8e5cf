"""concatenated"""
PREFIX = "aaaa"
revision = PREFIX + "0001"
down_revision = None


def upgrade():
    pass


def downgrade():
    pass
