"""labels from a list"""
revision, down_revision = "aaaa0008", "aaaa0007"
branch_labels = [name.lower() for name in ("ONE", "TWO")]
depends_on = tuple(["aaaa0001"])


def upgrade():
    pass


def downgrade():
    pass
