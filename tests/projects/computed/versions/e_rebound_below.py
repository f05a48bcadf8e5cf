"""rebound below"""
revision = "not this"
down_revision = None


def upgrade():
    pass


def downgrade():
    pass


revision = "aaaa0005"
down_revision = "0123456789"
