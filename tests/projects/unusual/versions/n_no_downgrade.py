"""no way back"""
revision = "aa14"
down_revision = "aa13"


def upgrade():
    pass
