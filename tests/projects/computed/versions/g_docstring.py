"""computed docstring"""
__doc__ = __doc__.title() + " Here"
revision = "aaaa0007"
down_revision = "aaaa0006"


def upgrade():
    pass


def downgrade():
    pass
