"""imported"""
from string import digits as revision

down_revision = "aaaa0003"


def upgrade():
    pass


def downgrade():
    pass
