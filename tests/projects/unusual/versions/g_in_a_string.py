"""lines in a docstring

revision = "no"
down_revision = "no"
def downgrade():
"""
revision = "aa07"
EXAMPLE = """
revision = "never"
"""
down_revision = "aa06"


def upgrade():
    pass


def downgrade():
    pass
