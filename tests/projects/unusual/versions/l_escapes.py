"""escapes: \x41 and \\ and \"\"\" """
revision = "aa\x312"
down_revision = "aa11"


def upgrade():
    pass


def downgrade():
    pass
