"""raises"""
revision = "aa15"
down_revision = "aa14"


def upgrade():
    pass


def downgrade():
    """Not possible."""
    raise NotImplementedError("no way back")
