"""set by a function"""
revision = "wrong"
down_revision = None


def _set():
    global revision, down_revision
    revision, down_revision = "aaaa0006", "aaaa0005"


_set()


def upgrade():
    pass


def downgrade():
    pass
