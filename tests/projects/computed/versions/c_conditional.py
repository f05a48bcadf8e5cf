"""conditional"""
revision = "aaaa0003"
if True:
    down_revision = "aaaa0002"
else:
    down_revision = None


def upgrade():
    pass


def downgrade():
    pass
