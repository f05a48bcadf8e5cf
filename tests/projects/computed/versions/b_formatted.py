"""formatted"""
NUMBER = 2
revision = f"aaaa{NUMBER:04}"
down_revision = "aaaa0001"
print("a revision that prints")


def upgrade():
    pass


def downgrade():
    pass
